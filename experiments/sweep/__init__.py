"""Sweeps: a design becomes points, points become runs with an address, and every run ends in a store that lasts."""
