"""``python -m experiments`` is ``flywheel``."""

from experiments.cli import main

main()
