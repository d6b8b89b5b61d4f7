"""Every declared parameter bites: moved, it moves an outcome; and each is declared in full."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pytest

from sim.parameters import Parameters, ValidationError, declared
from tests.runs import differs, run

LEVER = {"lever": "subsidy", "level": 500.0}
CUT = {"lever": "supply_cut", "start": 13, "end": 20}
OUTSIDE = {"firm.self_reliance": 0.0, "arbitrage.alertness": 50.0, "frontier.head_start": 1000.0}
CUT_OFF = OUTSIDE | {"policy.schedule": [CUT]}
FLOOR = {"flywheel.elasticity": 2.0}
CROWD = {"diffusion.p": 0.2, "commons.cost": 0.1, "commons.trials": 10.0, "absorption.half": 0.1}
OPEN_RIVAL = {"rival.openness": 1.0, "rival.capacity": 1e5, "rival.grant": 1e5}
RING = tuple(range(200))

# key → (value to move it to, what else is set in both runs so that it can matter)
MOVES: dict[str, tuple[Any, dict[str, Any]]] = {
    "run.months": (30, {}),
    "run.order": ("release-first", {}),
    "architecture.slots": (("a", "b", "c"), {"demand.inherited": ()}),
    "architecture.weights": ({"attention": 5.0}, {}),
    "architecture.coupling": (4, {}),
    "architecture.links": ("random", {}),
    "architecture.partners": ({"data": ("experts",)}, {}),
    "architecture.widening": (1.0, {}),
    "search.enabled": (False, {}),
    "search.gamma": (2.0, {}),
    "search.trial_price": (20.0, {}),
    "search.engine": ("trials", {}),
    "reuse.enabled": (False, {}),
    "reuse.lines": (4, {}),
    "reuse.interval": (6, {}),
    "reuse.heterogeneity": (0.5, {}),
    "reuse.fresh_cost": (200.0, {}),
    "reuse.generality": (3.0, {"firm.platform": 0.5}),
    "reuse.reuse_cost": (0.5, {}),
    "reuse.mismatch_cost": (2.0, {}),
    "reuse.coupling_cost": (0.3, {}),
    "reuse.mismatch_penalty": (2.0, {}),
    "reuse.stake": (1e5, {}),
    "flywheel.enabled": (False, {}),
    "flywheel.elasticity": (0.6, {}),
    "flywheel.topology": ("acyclic", {}),
    "flywheel.form": ("additive", {}),
    "flywheel.price_floor": (0.5, FLOOR),
    "arbitrage.enabled": (False, {}),
    "arbitrage.gap": (0.5, {}),
    "arbitrage.earnings": (100.0, {}),
    "arbitrage.closing": (0.5, {}),
    "arbitrage.opening": (0.5, {}),
    "arbitrage.alertness": (0.0, {"firm.self_reliance": 0.0}),
    "frontier.enabled": (False, OUTSIDE),
    "frontier.head_start": (1000.0, {}),
    "frontier.trials": (100.0, {}),
    "frontier.adoption_cost": (1.0, OUTSIDE),
    "frontier.hazard": (1.0, {}),
    "frontier.duration": (2, {"frontier.hazard": 0.2}),
    "frontier.severity": (0.9, CUT_OFF),
    "absorption.enabled": (False, {}),
    "absorption.half": (200.0, {}),
    "absorption.mastery": (2.0, OUTSIDE),
    "firm.arbitrage": (0.05, {}),
    "firm.innovation": (0.2, {}),
    "firm.self_reliance": (0.0, {}),
    "firm.openness": (0.2, {}),
    "firm.platform": (0.1, {}),
    "firm.accept": (0.0, CROWD),
    "firm.capacity": (100.0, {}),
    "firm.endowment": (0.0, {}),
    "firm.grant": (300.0, {}),
    "firm.compute": (500.0, {}),
    "rival.count": (2, {}),
    "rival.arbitrage": (0.05, {}),
    "rival.innovation": (0.2, {}),
    "rival.self_reliance": (1.0, {"arbitrage.alertness": 50.0}),
    "rival.openness": (1.0, {}),
    "rival.platform": (1.0, {}),
    "rival.accept": (0.0, CROWD | OPEN_RIVAL | {"rival.compute": 1e9}),
    "rival.capacity": (100.0, {}),
    "rival.endowment": (0.0, {}),
    "rival.grant": (100.0, {}),
    "rival.compute": (500.0, {}),
    "demand.funding": (False, {}),
    "demand.budget": (100.0, {}),
    "demand.inheritance": (False, {}),
    "demand.inherited": (("data",), {}),
    "demand.inherited_trials": (1e4, {}),
    "demand.steering": (False, {}),
    "demand.clarity": (0.0, {}),
    "demand.misfit": (1.0, {}),
    "demand.noise": (2.0, {}),
    "organisation.enabled": (False, {}),
    "organisation.autonomy": (1.0, {}),
    "organisation.memory": (0.0, {"organisation.autonomy": 1.0}),
    "organisation.span": (4.0, {}),
    "organisation.bandwidth": (0.1, CROWD),
    "market.price": (0.1, {}),
    "market.hosting": (0.5, {}),
    "market.tooling": (0.3, {}),
    "market.revenue": (10.0, {}),
    "market.service": (1.0, {}),
    "market.scaling": (0.05, {}),
    "market.compute_growth": (0.1, {}),
    "diffusion.enabled": (False, {}),
    "diffusion.adopters": (300, {}),
    "diffusion.network": ("ring", {}),
    "diffusion.degree": (2.0, {}),
    "diffusion.rewiring": (1.0, {}),
    "diffusion.p": (0.05, {}),
    "diffusion.q": (0.5, {}),
    "diffusion.rule": ("threshold", {"diffusion.seeds": 0.2}),
    "diffusion.threshold": (0.6, {"diffusion.rule": "threshold", "diffusion.seeds": 0.2}),
    "diffusion.seeds": (0.2, {}),
    "diffusion.taste": (0.5, {}),
    "diffusion.taste_spread": (1.0, {}),
    "diffusion.network_benefit": (1.0, {}),
    "diffusion.switching_cost": (0.5, CROWD | {"diffusion.p": 1.0}),
    "diffusion.churn": (0.2, {}),
    "commons.enabled": (False, {}),
    "commons.modules": (("tooling",), {}),
    "commons.benefit_spread": (2.0, {}),
    "commons.cost": (1.0, {}),
    "commons.rights": (0.2, {}),
    "commons.trials": (2.0, {}),
    "commons.congestion": (10.0, {}),
    "commons.fork": (1.0, {}),
    "feedback.inflow": (False, CROWD),
    "feedback.upstream": (0.9, {}),
    "feedback.review": (1.0, CROWD),
    "feedback.leak": (False, {"feedback.imitation": 5.0}),
    "feedback.imitation": (5.0, {}),
    "policy.enabled": (False, {"policy.schedule": [LEVER]}),
    "policy.schedule": ([LEVER], {}),
    "shock.slot": ("data", {}),
    "shock.size": (0.9, {"shock.slot": "data"}),
    "shock.month": (9, {"shock.slot": "data"}),
    "shock.lasting": (True, {"shock.slot": "data", "shock.size": 0.9}),
    "release.schedule": ([{"month": 2, "name": "first", "introduces": ("data",)}], {}),
}
ELSEWHERE = {
    "diffusion.edges": "read by the configuration, tests/test_config.py",
    "diffusion.engine": "must change nothing, test_adopters_engines_agree_in_the_whole_model",
}


@cache
def _still(context: str) -> Any:
    return run(**eval(context))  # the context is written above, in this file


@pytest.mark.parametrize("key", [key for key, _ in declared() if key not in ELSEWHERE])
def test_it_bites(key: str) -> None:
    value, context = MOVES[key]
    still = _still(repr(context))
    moved = run(**context | {key: value})
    assert still.parameters != moved.parameters
    assert differs(still, moved) or still.month != moved.month


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


def test_adopters_engines_agree_in_the_whole_model() -> None:
    for engine in ("arrays", "agents"):
        assert not differs(run(), run(**{"diffusion.engine": engine}))


def test_every_declaration_is_complete() -> None:
    for key, info in declared():
        extra = info.json_schema_extra
        assert isinstance(extra, dict), key
        assert info.description, key
        assert extra["unit"], key
        assert extra["source"], key
    assert set(MOVES) | set(ELSEWHERE) == {key for key, _ in declared()}


def test_a_value_out_of_range_is_refused() -> None:
    with pytest.raises(ValidationError, match="less than or equal to 4"):
        Parameters().replace({"search.gamma": 5.0})
    with pytest.raises(KeyError, match=r"flywheel\.elastic"):
        Parameters().replace({"flywheel.elastic": 0.5})
    with pytest.raises(ValidationError, match="no module has the slot 'atention'"):
        Parameters().replace({"architecture.weights": {"atention": 2.0}})
