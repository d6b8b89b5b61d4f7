"""The theory: a Mesa model of the innovation mechanisms behind a low-cost, high-performance, open product."""

__distribution__ = "innovation-flywheel"  # whose package this is: see experiments/door.py
