"""Statistical inference for claims: pure functions over arrays, one idea a file.

The paired difference of a seed, the same seed under two or more arms, is the unit of evidence. Nothing here knows of
runs, files or figures; ``proof`` measures coverage, size and power on data whose truth is known
(``flywheel verify --inference``).
"""
