"""The case: dated facts, runs driven by them, and the patterns that the runs are held to."""

from experiments.case.command import case_command

__all__ = ["case_command"]
