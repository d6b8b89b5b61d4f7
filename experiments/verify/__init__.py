"""``flywheel verify``: checks the model against the closed-form results of the theory, L1-L15.

Each limit is a function from ``quick`` to a list of checks. Expected figures come from ``laws``, which reads nothing of
``sim``; observed ones from whole runs of suitable worlds, with fixed seeds. Where a limit lies beyond what parameters
allow, the state is set between two months.
"""

from experiments.verify.check import Check
from experiments.verify.command import verify_command
from experiments.verify.limits import LIMITS, run_checks

__all__ = ["LIMITS", "Check", "run_checks", "verify_command"]
