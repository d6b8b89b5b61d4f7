"""``flywheel verify``: checks the model against the closed-form results of the theory, L1-L15.

Each limit is a function from ``quick`` to a list of checks. Expected figures come from ``laws``, which reads nothing of
``sim``; observed ones from whole runs of suitable worlds, with fixed seeds. Where a limit lies beyond what parameters
allow, the state is set between two months.
"""
