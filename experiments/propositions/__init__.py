"""Propositions: a claim is data, its worlds are runs, and its verdict follows from paired differences of seeds."""
