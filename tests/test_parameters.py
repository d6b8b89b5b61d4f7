"""Parameters are declared in full and checked; levers and edge lists bite."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from sim.parameters import Parameters, ValidationError, declared
from tests.runs import differs, run

OUTSIDE = {"firm.self_reliance": 0.0, "arbitrage.alertness": 50.0, "frontier.head_start": 1000.0}
RING = tuple(range(200))


def test_the_edge_list_bites() -> None:
    ring = np.array([(i, (i + 1) % 200) for i in RING])
    star = np.array([(0, i) for i in RING[1:]])
    assert differs(run(edges=ring, **{"diffusion.network": "edges"}), run(edges=star, **{"diffusion.network": "edges"}))


@pytest.mark.parametrize(
    ("lever", "level", "context", "column"),
    [
        ("subsidy", 500.0, {}, "funding"),
        ("matching", 1.0, {}, "funding"),
        ("supply_cut", 1.0, OUTSIDE, "supply_cut"),
        ("mandate", 1.0, {"firm.openness": 0.0}, "adopted_openness"),
        ("open_reward", 500.0, {}, "funding"),
        ("compute_tariff", 2.0, {}, "capability"),
        ("audit", 300.0, {}, "development_spending"),
        ("commons_fund", 1e4, {}, "commons_cost"),
    ],
)
def test_each_lever_bites_only_from_its_first_month(
    lever: str, level: float, context: dict[str, Any], column: str
) -> None:
    start = {"lever": lever, "level": level, "start": 9, "end": 16}
    without, with_it = run(**context), run(**context, **{"policy.schedule": [start]})
    assert column in differs(without, with_it)
    for name, values in without.datacollector.model_vars.items():
        np.testing.assert_array_equal(values[:8], with_it.datacollector.model_vars[name][:8], err_msg=name)


def test_every_declaration_is_complete() -> None:
    for key, info in declared():
        extra = info.json_schema_extra
        assert isinstance(extra, dict), key
        assert info.description, key
        assert extra["unit"], key
        assert extra["source"], key


def test_a_value_out_of_range_is_refused() -> None:
    with pytest.raises(ValidationError, match="less than or equal to 4"):
        Parameters().replace({"search.gamma": 5.0})
    with pytest.raises(KeyError, match=r"flywheel\.elastic'.*did you mean 'flywheel\.elasticity'"):
        Parameters().replace({"flywheel.elastic": 0.5})
    with pytest.raises(ValidationError, match="no module has the slot 'atention'"):
        Parameters().replace({"architecture.weights": {"atention": 2.0}})


def test_systems_are_those_defaults_that_the_slots_have() -> None:
    given = Parameters().replace({"architecture.slots": ("a", "framework", "b"), "architecture.coupling": 2})
    assert given.architecture.systems == ("framework",)
    again = given.replace({"architecture.slots": ("precision", "framework", "c")})
    assert again.architecture.systems == ("framework", "precision")
    with pytest.raises(ValidationError, match="systems: no module has the slot 'd'"):
        given.replace({"architecture.systems": ("d",)})


def test_a_lever_that_nobody_registered_is_refused() -> None:
    with pytest.raises(ValidationError, match="no lever is named 'mandat'; did you mean 'mandate'"):
        Parameters().replace({"policy.schedule": [{"lever": "mandat"}]})
    with pytest.raises(ValidationError, match="level 2 of 'mandate' is above the highest, 1"):
        Parameters().replace({"policy.schedule": [{"lever": "mandate", "level": 2.0}]})


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("firm.openness", "0.5"),
        ("firm.openness", b"0.5"),
        ("firm.openness", True),
        ("firm.openness", np.True_),
        ("reuse.interval", "4"),
        ("reuse.interval", True),
        ("reuse.interval", 4.5),
        ("reuse.enabled", "true"),
        ("reuse.enabled", 1),
        ("reuse.enabled", 0.0),
        ("architecture.weights", {"base": "2"}),
        ("architecture.weights", {"base": True}),
        ("policy.schedule", [{"lever": "audit", "level": "2"}]),
    ],
)
def test_text_is_no_number_and_a_number_no_switch_in_python_either(key: str, value: Any) -> None:
    with pytest.raises(ValidationError, match="Input should be a valid"):
        Parameters().replace({key: value})


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("firm.openness", 1),
        ("firm.openness", np.float32(0.5)),
        ("firm.openness", np.int64(1)),
        ("reuse.interval", np.int64(4)),
        ("reuse.interval", np.float64(4)),
        ("reuse.enabled", np.False_),
        ("architecture.weights", {"base": 2}),
        ("demand.inherited", ["base"]),
    ],
)
def test_what_python_and_numpy_hold_is_taken(key: str, value: Any) -> None:
    given: Any = Parameters().replace({key: value})
    for name in key.split("."):
        given = getattr(given, name)
    assert given == (tuple(value) if isinstance(value, list) else value)
