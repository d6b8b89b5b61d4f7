"""The source's story in five steps: in each, world A lacks what world B, the baseline, has."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, NamedTuple

from experiments.page.state import Side, View

_REUSE = {"reuse.enabled": False}
_FLYWHEEL = {"flywheel.enabled": False}
_OPENNESS = {"firm.openness": 0.0}
_FEEDBACK = {"feedback.patches": False, "feedback.tooling": False, "feedback.signal": False}


class Preset(NamedTuple):
    """One step: what world A lacks, and the outcome to look at."""

    lacks: dict[str, Any]
    outcome: str


PRESETS = {
    "reuse": Preset(_REUSE, "average_rd_cost"),
    "flywheel": Preset(_FLYWHEEL, "unit_cost"),
    "openness": Preset(_OPENNESS, "users"),
    "feedback": Preset(_FEEDBACK, "independent_size"),
    "joint": Preset({**_REUSE, **_FLYWHEEL, **_OPENNESS, **_FEEDBACK}, "unit_cost"),
}


def show(view: View, name: str) -> View:
    """Return the view with the worlds and the outcome of a step."""
    step = PRESETS[name]
    return replace(view, a=Side(changes=step.lacks), b=Side(), outcome=step.outcome)


def shown(view: View) -> str:
    """Return the step whose worlds a view shows, or nothing."""
    return next((name for name in PRESETS if show(view, name) == view), "")
