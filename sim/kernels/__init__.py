"""Compiled loops that several mechanisms share: counter-based draws, trials, adoption, networks."""
