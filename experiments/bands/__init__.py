"""Bands: one world, or two side by side, over many seeds."""
