"""The second edition of the theory, being built beside the first."""
