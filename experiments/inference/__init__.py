"""Inference: intervals, tests and verdicts on paired differences of seeds."""
