"""The world that is timed: the first edition's, in ``configs/worlds/classic.toml``, so that figures can be compared."""

from __future__ import annotations

from experiments.config import load, to_toml
from experiments.shipped import shipped

CLASSIC = load(shipped("configs/worlds/classic.toml")).parameters
TOML = to_toml(CLASSIC)
