"""Addresses of many points at once are those of each alone, and what is refused alone is refused there."""

from __future__ import annotations

import json
import math
from typing import Any, Literal, get_args, get_origin

import numpy as np
import pydantic
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from experiments.sweep.addresses import Addresses
from experiments.sweep.factors import Factor, plain_of, texts_of
from experiments.sweep.plan import point_address
from sim.parameters import Parameters, declared

BASE = Parameters().model_dump(mode="json")
LINKED = {**BASE, "diffusion": {**BASE["diffusion"], "network": "edges", "edges": "e.csv"}}
EDGES = np.array([[0, 1], [1, 2]])
OTHERS: dict[str, list[Any]] = {  # of the parameters that are neither numbers nor words of a choice
    "architecture.slots": [["base", "attention"], ["a", 'é"%s\\'], BASE["architecture"]["slots"]],
    "architecture.systems": [[], ["base"], ["nothing"]],
    "architecture.weights": [{}, {"base": 2}, {"base": 0.1 + 0.2, "attention": 1e-7}],
    "architecture.partners": [{}, {"base": ["attention"]}],
    "demand.inherited": [[], ["base"], ["nothing"]],
    "commons.modules": [["a"], ["b", "a"], ["a", "a"]],
    "policy.schedule": [[], [{"lever": "commons_fund", "start": 2, "end": 9, "level": 1}], [{"lever": "none"}]],
    "release.schedule": [[], [{"month": 3, "name": "a", "line": 1}], [{"month": 3, "name": "a", "line": 5}]],
    "shock.slot": ["", "base", "nothing"],
}
FLOATS = [0.0, -0.0, 1.0, 0.5, 1e-7, 1e22, 0.1 + 0.2, 0.3, 5e-324, math.inf]
KEYS = [key for key, _ in declared() if key != "diffusion.edges"]
KINDS = {key: info.annotation for key, info in declared()}


def values_of(key: str) -> st.SearchStrategy[Any]:
    kind, plain = KINDS[key], plain_of(key)
    if get_origin(kind) is Literal:
        return st.sampled_from(get_args(kind))
    if kind is bool:
        return st.booleans()
    if kind is int:
        return st.integers(0, 12)
    if kind is float:
        low, high = (plain.low, plain.high) if plain else (0.0, 1.0)
        return st.floats(low, high) | st.sampled_from(FLOATS) | st.integers(0, 2)
    return st.sampled_from(OTHERS[key])


@st.composite
def designs(draw: st.DrawFn) -> tuple[list[str], list[list[Any]]]:
    keys = draw(st.lists(st.sampled_from(KEYS), min_size=1, max_size=6, unique=True))
    rows = draw(st.integers(1, 6))
    return keys, [draw(st.lists(values_of(key), min_size=rows, max_size=rows)) for key in keys]


def one_by_one(base: dict[str, Any], keys: list[str], columns: list[list[Any]]) -> list[str | None]:
    """Return the addresses of points up to the first that is refused, for which there is none."""
    found: list[str | None] = []
    for values in zip(*columns, strict=True):
        try:
            found.append(point_address(base, EDGES, dict(zip(keys, values, strict=True))))
        except pydantic.ValidationError:
            return [*found, None]
    return found


def at_once(base: dict[str, Any], keys: list[str], columns: list[list[Any]]) -> list[str | None]:
    both = zip(keys, columns, strict=True)
    factors = [Factor(key, False, "linear", None, None, tuple(column), "", "") for key, column in both]
    found: list[str | None] = []
    try:
        for address in Addresses(base, EDGES, factors).of([*map(texts_of, columns)]):
            found.append(address)  # noqa: PERF402
    except pydantic.ValidationError:
        found.append(None)
    return found


SECOND = OTHERS["release.schedule"][1]


@given(designs(), st.sampled_from([BASE, LINKED]))
@example((["release.schedule", "reuse.lines"], [[SECOND, SECOND], [2, 1]]), BASE)
@example((["demand.inherited", "demand.inheritance"], [[["nothing"], ["nothing"]], [False, True]]), BASE)
@example((["architecture.slots", "architecture.coupling"], [[["base", "a"], ["base", "a"]], [1, 2]]), BASE)
@example((["diffusion.network", "firm.openness"], [["edges", "ring"], [0.5, 1]]), LINKED)
@settings(max_examples=60)
def test_addresses_at_once_are_those_of_each_point(
    design: tuple[list[str], list[list[Any]]], base: dict[str, Any]
) -> None:
    assert at_once(base, *design) == one_by_one(base, *design)


@pytest.mark.parametrize("end", ["low", "high"])
def test_plain_values_at_their_ends_go_together_and_beyond_are_refused(end: Literal["low", "high"]) -> None:
    """No check of several values may look at a parameter that is said to be plain."""
    plains = {key: plain for key in KEYS if (plain := plain_of(key)) is not None}
    columns = [[plain.kind(getattr(plain, end))] for plain in plains.values()]
    assert at_once(BASE, [*plains], columns) == one_by_one(BASE, [*plains], columns) != [None]
    for key, plain in plains.items():
        beyond = math.nextafter(plain.high, math.inf) if plain.kind is float else plain.high + 1
        if plain.kind is not bool:
            assert at_once(BASE, [key], [[plain.kind(beyond)]]) == [None]


def test_what_a_point_changes_is_written_as_json_writes_it() -> None:
    values = [True, 1, 1.0, -0.0, 1e22, "é", [1, {"a": "b"}], [], 10**30]
    assert texts_of(values) == [json.dumps(value, ensure_ascii=False) for value in values]
    assert texts_of(FLOATS[:-1]) == [json.dumps(value) for value in FLOATS[:-1]]
