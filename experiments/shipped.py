"""What comes with the project: configs, claims and the fit of the case, in the checkout or as installed."""

from __future__ import annotations

from pathlib import Path

_HERE = Path(__file__).resolve().parent


def shipped(place: str) -> Path:
    """Return the path of what comes with the project, such as ``configs/propositions`` or ``results/fit``."""
    near = _HERE.parent / place
    return near if near.exists() else _HERE / place
