"""``flywheel verify``: every limit of the theory, simulated by the model's own code and held against its closed form.

Each limit is a function from ``quick`` to a list of checks. Expected figures come from ``laws``, which reads nothing of
``sim``; observed ones from ``sim``, by fixed seeds.
"""

from experiments.verify.check import Check
from experiments.verify.command import verify_command
from experiments.verify.limits import LIMITS, run_checks

__all__ = ["LIMITS", "Check", "run_checks", "verify_command"]
