"""Firm, Module and Adopter: views of rows, for people and for Mesa."""
