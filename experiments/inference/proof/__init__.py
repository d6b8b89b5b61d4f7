"""``flywheel verify --inference``: coverage, size and power of the inference, over many data sets of known truth.

Each method is a function from ``quick`` to a list of checks. Data come from ``synthetic`` by fixed seeds. Methods that
are *not* used are shown failing as they are known to: checks that could not see that would see nothing.
"""

from experiments.inference.proof.check import Check
from experiments.inference.proof.command import inference_command
from experiments.inference.proof.suite import METHODS, run_checks

__all__ = ["METHODS", "Check", "inference_command", "run_checks"]
