"""The case: dated facts, runs driven by them, and the patterns that the runs are held to."""
