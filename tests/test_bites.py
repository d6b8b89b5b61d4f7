"""Every parameter bites: another value of it, in a world where it has a say, changes what is observed."""

from __future__ import annotations

import ast
from functools import cache
from typing import Any, Literal, get_args, get_origin

import numpy as np
import pytest

from sim.founding import advance_tables, found_tables
from sim.parameters import Parameters, declared
from tests.worlds import CLASSIC

# A small world in which most things happen: two kinds of firm, much adoption, a cut of supply, contributors.
WORLD: dict[str, Any] = CLASSIC | {
    "run.months": 24, "diffusion.adopters": 200, "diffusion.p": 0.05, "diffusion.q": 0.3, "frontier.hazard": 0.08,
    "frontier.duration": 3, "commons.cost": 0.3, "commons.trials": 5.0, "absorption.half": 2.0, "commons.fork": 0.2,
    "firm.self_reliance": 0.3, "rival.openness": 0.5, "rival.self_reliance": 0.3, "organisation.span": 8.0,
    "commons.congestion": 50.0, "leak.imitation": 1.0, "absorption.mastery": 1.0, "market.revenue": 20.0,
    "organisation.bandwidth": 20.0, "search.trial_price": 2.0, "firm.accept": 0.9,
}  # fmt: skip
# What else a parameter needs to have a say, and the value that it is changed to where the rule below finds none.
NEEDS: dict[str, dict[str, Any]] = {
    "diffusion.threshold": {"diffusion.rule": "threshold", "diffusion.seeds": 0.05},
    "diffusion.rule": {"diffusion.seeds": 0.05},
    "diffusion.edges": {"diffusion.network": "edges"},
    "policy.enabled": {"policy.schedule": [{"lever": "subsidy", "level": 500.0}]},
    "shock.size": {"shock.slot": "attention", "shock.month": 9},
    "shock.month": {"shock.slot": "attention", "shock.size": 0.5},
    "shock.lasting": {"shock.slot": "attention", "shock.size": 0.5, "shock.month": 9},
    "shock.slot": {"shock.size": 0.5, "shock.month": 9},
    "demand.misfit": {"demand.steering": True},
    "frontier.severity": {"frontier.hazard": 0.3},
    "displacement.step": {"reuse.mismatch_penalty": 2.0},
    "reuse.generality": {"firm.platform": 1.0},
}
OTHER: dict[str, Any] = {
    "architecture.slots": ("a", "b", "c", "framework"),
    "architecture.systems": ("attention",),
    "architecture.weights": {"attention": 5.0},
    "architecture.partners": {"attention": ("base", "prediction", "precision")},
    "demand.inherited": ("attention", "base"),
    "commons.modules": ("one",),
    "policy.schedule": [{"lever": "subsidy", "level": 500.0}],
    "release.schedule": [{"month": 2, "name": "first", "introduces": ["base"]}],
    "shock.slot": "attention",
    "diffusion.p": 0.02,
    "commons.rights": 0.2,
    "firm.accept": 0.1,
    "firm.openness": 0.3,
    "rival.openness": 1.0,
    "firm.platform": 0.2,
    "rival.platform": 1.0,
    "rival.accept": 0.1,
    "flywheel.price_floor": 0.5,
    "run.months": 25,
    "architecture.widening": 1.0,
    "reuse.stake": 1e5,
    "reuse.generality": 2.0,
    "shock.month": 9,
}
CHOICES = {"diffusion.network": ["complete", "ring", "scale-free", "poisson"]}
ELSEWHERE = {"diffusion.edges": "tests/test_diffusion.py and the command line: a path, which sim does not open"}


@cache
def observed(changes: tuple[tuple[str, Any], ...]) -> np.ndarray:
    parameters = Parameters().replace({key: _thawed(value) for key, value in changes})
    return advance_tables(found_tables(parameters, 3), parameters.run.months).record


def _frozen(changes: dict[str, Any]) -> tuple[tuple[str, Any], ...]:
    return tuple((key, repr(value)) for key, value in changes.items())


def _thawed(text: str) -> Any:
    return ast.literal_eval(text)


def others(key: str, info: Any, present: Any) -> list[Any]:
    """Other values of a parameter: the declared one, each other choice, the other side of a switch, or half as much."""
    if key in OTHER:
        return [OTHER[key]]
    if key in CHOICES:
        return CHOICES[key]
    kind = info.annotation
    if kind is bool:
        return [not present]
    if get_origin(kind) is Literal:
        return [choice for choice in get_args(kind) if choice != present]
    return [present + 1] if kind is int else [present / 2 if present else 0.5]


CASES = [(key, info) for key, info in declared() if key not in ELSEWHERE]


@pytest.mark.parametrize(("key", "info"), CASES, ids=[key for key, _ in CASES])
def test_it_bites(key: str, info: Any) -> None:
    world = WORLD | NEEDS.get(key, {})
    section, name = key.split(".")
    present = world.get(key, getattr(getattr(Parameters(), section), name))
    before = observed(_frozen(world))
    for value in others(key, info, present):
        after = observed(_frozen(world | {key: value}))
        bites = before.tobytes() != after.tobytes()
        assert bites, f"{key}: {present!r} and {value!r} give the same run"
