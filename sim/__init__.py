"""The theory: a Mesa model of the innovation mechanisms behind a low-cost, high-performance, open product."""

from sim import sources as sources  # first of all: its text is read before the rest is loaded

__distribution__ = "innovation-flywheel"  # whose package this is: see experiments/door.py
