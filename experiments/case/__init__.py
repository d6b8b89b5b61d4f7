"""The case: dated facts, runs driven by them, and the patterns that the runs are held to."""

from experiments.case.command import case_command
from experiments.case.patterns import Pattern, Quantity
from experiments.case.reading import Case, last_month, read_case

__all__ = ["Case", "Pattern", "Quantity", "case_command", "last_month", "read_case"]
