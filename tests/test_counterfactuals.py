"""A switch changes what it should and nothing else: off means exactly no effect, other streams untouched."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from sim.architecture import build
from sim.mechanisms import demand, flywheel
from sim.model import InnovationModel
from sim.outcomes import COUNTED
from sim.parameters import Parameters
from sim.streams import Streams
from tests.runs import SMALL, differs, run, series

OUTSIDE = {"firm.self_reliance": 0.0, "arbitrage.alertness": 50.0, "frontier.head_start": 1000.0}
CROWD = {"diffusion.p": 0.2, "commons.cost": 0.1, "commons.trials": 10.0, "absorption.half": 0.1}
POOR = {"market.revenue": 0.0}
SWITCHES = [
    "search.enabled",
    "reuse.enabled",
    "flywheel.enabled",
    "arbitrage.enabled",
    "frontier.enabled",
    "absorption.enabled",
    "demand.funding",
    "demand.inheritance",
    "demand.steering",
    "organisation.enabled",
    "diffusion.enabled",
    "commons.enabled",
    "feedback.inflow",
    "feedback.leak",
    "policy.enabled",
]
EVEN_PACE = ["supply", "frontier", "mastery/focal", "mastery/rival-1"]  # so many draws a month, whatever happens


def kinds(model: InnovationModel, firm: str = "focal") -> set[str]:
    return {event.kind for event in model.events if event.firm == firm}


@pytest.mark.parametrize("switch", SWITCHES)
def test_other_streams_are_untouched(switch: str) -> None:
    on, off = run(**OUTSIDE), run(**OUTSIDE, **{switch: False})
    for name in EVEN_PACE:
        assert on.streams[name].bit_generator.state == off.streams[name].bit_generator.state, name
    np.testing.assert_array_equal(on.population.taste, off.population.taste)
    np.testing.assert_array_equal(on.population.benefit, off.population.benefit)
    rivals = [[e for e in model.events if e.kind == "founded" and e.firm == "rival-1"] for model in (on, off)]
    assert [e.value for e in rivals[0]] == [e.value for e in rivals[1]]


@pytest.mark.parametrize("switch", ["reuse.enabled", "frontier.enabled", "flywheel.enabled", "feedback.inflow"])
def test_products_require_the_same_whatever_fills_them(switch: str) -> None:
    on, off = run(), run(**{switch: False})
    for a, b in zip(on.focal.products, off.focal.products, strict=True):
        np.testing.assert_array_equal(a.requirement, b.requirement)


def test_search_off_makes_no_trial() -> None:
    model = run(**{"search.enabled": False, "feedback.inflow": False, "feedback.leak": False})
    observed = series(model)
    assert not observed["trials"].any()
    assert not observed["experience"].any()
    assert not observed["rd_spending"].any()
    assert not {"redesigned", "best", "mastered"} & kinds(model)


def test_flywheel_off_is_elasticity_zero() -> None:
    off = run(**{"flywheel.enabled": False})
    assert not differs(off, run(**{"flywheel.elasticity": 0.0}))
    assert set(series(off)["trial_price"]) == {1.0}
    assert set(series(off)["loop_gain"]) == {0.0}


def test_reuse_off_reuses_nothing_and_pays_no_generality() -> None:
    off = run(**{"reuse.enabled": False})
    assert "reused" not in kinds(off) | kinds(off, "rival-1")
    assert not series(off)["reuse_share"].any()
    assert not differs(off, run(**{"reuse.enabled": False, "reuse.generality": 5.0, "reuse.reuse_cost": 1.0}))


def test_arbitrage_off_earns_and_notices_nothing() -> None:
    off = run(**{"arbitrage.enabled": False, "firm.self_reliance": 0.0})
    assert not series(off)["earnings"].any()
    assert "adopted" not in kinds(off) | kinds(off, "rival-1")
    assert not differs(off, run(**{"arbitrage.enabled": False, "firm.self_reliance": 0.0, "arbitrage.earnings": 0.0}))


def test_frontier_off_leaves_nothing_to_adopt_or_to_cut() -> None:
    cut = {"policy.schedule": [{"lever": "supply_cut", "start": 5, "end": 9}], "frontier.hazard": 0.5}
    off = run(**OUTSIDE, **cut, **{"frontier.enabled": False})
    assert not {"adopted", "mastered", "integrated", "lost"} & kinds(off)
    assert not series(off)["supply_cut"].any()
    assert not differs(off, run(**OUTSIDE, **{"frontier.enabled": False})) - {"policy_cost"}


def test_a_cut_changes_nothing_before_it_and_takes_adopted_modules() -> None:
    cut = {"policy.schedule": [{"lever": "supply_cut", "start": 13, "end": 18}]}
    still = run(**OUTSIDE, **{"frontier.hazard": 0.0, "absorption.enabled": False})
    struck = run(**OUTSIDE, **cut, **{"frontier.hazard": 0.0, "absorption.enabled": False})
    a, b = series(still), series(struck)
    for name in a:
        np.testing.assert_array_equal(a[name][:12], b[name][:12], err_msg=name)
    lost = [event for event in struck.events if event.kind == "lost" and event.firm == "focal"]
    assert lost
    assert {event.month for event in lost} == {13}
    assert not [e for e in struck.events if e.kind == "adopted" and 13 <= e.month <= 18]
    assert b["unit_cost"][12] > a["unit_cost"][12]
    assert b["capability"][12] < a["capability"][12]


def test_self_reliance_one_adopts_nothing_and_is_untouched_by_a_cut_but_for_compute() -> None:
    reliant = OUTSIDE | {"firm.self_reliance": 1.0, "frontier.severity": 0.0, "frontier.hazard": 0.0, "rival.count": 0}
    cut = {"policy.schedule": [{"lever": "supply_cut", "start": 5, "end": 18}]}
    assert "adopted" not in kinds(run(**reliant))
    assert differs(run(**reliant), run(**reliant, **cut)) == {"supply_cut"}


def test_absorption_off_absorbs_nothing() -> None:
    world = OUTSIDE | CROWD | {"feedback.imitation": 5.0, "absorption.mastery": 5.0}
    world |= {"organisation.bandwidth": 1000.0, "frontier.head_start": 10.0, "firm.capacity": 50.0}
    on, off = run(**world), run(**world, **{"absorption.enabled": False})
    absorbed = {"mastered", "patched", "imitated"}
    assert {event.kind for event in on.events} >= absorbed
    assert not {event.kind for event in off.events} & absorbed
    assert not series(off)["inflow"].any()


def test_funding_off_takes_away_the_budget_and_no_more() -> None:
    on, off = run(), run(**{"demand.funding": False})
    np.testing.assert_allclose(series(on)["funding"] - series(off)["funding"], 400.0)
    assert not differs(off, run(**{"demand.budget": 0.0}))


def test_inheritance_lowers_the_inherited_slots_only() -> None:
    on, off = InnovationModel(rng=3, **SMALL), InnovationModel(rng=3, **SMALL, **{"demand.inheritance": False})
    slots = np.array(on.architecture.slots)
    lower = on.focal.reference < off.focal.reference
    assert set(slots[lower]) <= set(on.parameters.demand.inherited)
    assert lower.any()
    assert (on.focal.reference <= off.focal.reference).all()


def test_steering_shows_the_parents_weights_and_can_mislead() -> None:
    world = {"demand.clarity": 1.0, "demand.noise": 1.0}
    true = run(**world).focal.perceived
    np.testing.assert_allclose(true, 1.0 / len(true))
    blind = run(**world, **{"demand.steering": False}).focal.perceived
    misled = run(**world, **{"demand.misfit": 1.0}).focal.perceived
    assert np.abs(blind - true).max() > 0.02
    assert np.abs(misled - true).max() > 0.02
    rival = [run(**world, **{"demand.steering": switch}).firms[1].perceived for switch in (True, False)]
    np.testing.assert_array_equal(rival[0], rival[1])


def test_perceived_weights_sum_to_one() -> None:
    seen = demand.perceived_weights(np.array([0.5, 0.3, 0.2]), np.array([3.0, -2.0, 0.1]), 1.0, 0.5)
    assert seen.sum() == pytest.approx(1.0)


def test_organisation_off_is_no_autonomy_and_no_limit() -> None:
    off = run(**{"organisation.enabled": False, "feedback.review": 0.0})
    free = {"organisation.autonomy": 0.0, "organisation.span": 1e6, "organisation.bandwidth": 1e12}
    assert not differs(off, run(**free, **{"feedback.review": 0.0}))


def test_diffusion_off_leaves_the_firm_alone_but_for_what_users_pay_and_give() -> None:
    off = run(**{"diffusion.enabled": False})
    observed = series(off)
    assert not observed["users"].any()
    assert not observed["contributors"].any()
    alone = POOR | {"feedback.inflow": False, "feedback.leak": False}
    changed = differs(run(**alone), run(**alone, **{"diffusion.enabled": False}))
    assert {"users", "surplus"} <= changed
    assert not changed & {"unit_cost", "trials", "kept", "cash", "capability", "independent", "integrated", "gap"}


def test_commons_off_leaves_cost_of_use_and_the_firm_alone() -> None:
    off = run(**CROWD, **{"commons.enabled": False})
    observed = series(off)
    assert set(observed["commons_cost"]) == {1.0}
    assert not observed["contributors"].any()
    assert not observed["inflow"].any()
    funded = {"policy.schedule": [{"lever": "commons_fund", "level": 1000.0}]}
    assert set(series(run(**CROWD, **{"commons.enabled": False}, **funded))["commons_cost"]) == {1.0}


def test_commons_lower_the_cost_of_use_of_other_products_too() -> None:
    model = run(**CROWD)
    assert series(model)["rival_cost_of_use"][-1] < series(run(**{"commons.enabled": False}))["rival_cost_of_use"][-1]


def test_no_rights_no_contribution() -> None:
    off = run(**CROWD, **{"commons.rights": 0.0})
    assert not series(off)["contributors"].any()
    assert not differs(off, run(**CROWD, **{"commons.enabled": False}))


def test_inflow_off_changes_nothing_before_the_first_contribution() -> None:
    on, off = run(**CROWD), run(**CROWD, **{"feedback.inflow": False})
    a, b = series(on), series(off)
    first = int(np.flatnonzero(a["inflow"])[0])
    assert not b["inflow"].any()
    assert not b["patches"].any()
    for name in a:
        np.testing.assert_array_equal(a[name][:first], b[name][:first], err_msg=name)


@pytest.mark.parametrize(
    "closed", [{"firm.openness": 0.0}, {"absorption.enabled": False}, {"organisation.bandwidth": 0.0}]
)
def test_l11_without_openness_or_absorption_or_bandwidth_no_inflow(closed: dict[str, Any]) -> None:
    assert series(run(**CROWD))["inflow"].any()
    assert not series(run(**CROWD, **closed))["inflow"].any()


def test_l11_without_inflow_and_leak_openness_changes_adoption_only() -> None:
    sealed = CROWD | POOR | {"feedback.inflow": False, "feedback.leak": False}
    changed = differs(run(**sealed), run(**sealed, **{"firm.openness": 0.0}))
    about_users = {
        "users",
        "rival_users",
        "adopted_openness",
        "surplus",
        "cost_of_use",
        "rival_cost_of_use",
        "commons_cost",
        "commons_trials",
        "contributors",
    }
    assert {"users", "adopted_openness"} <= changed <= about_users


def test_leak_off_lets_no_rival_imitate_and_leaves_the_past_alone() -> None:
    world = {"feedback.imitation": 5.0, "absorption.half": 0.1}
    on, off = run(**world), run(**world, **{"feedback.leak": False})
    first = next(event.month for event in on.events if event.kind == "imitated")
    assert "imitated" not in kinds(off, "rival-1") | kinds(off)
    a, b = series(on), series(off)
    for name in a:
        np.testing.assert_array_equal(a[name][: first - 1], b[name][: first - 1], err_msg=name)


def test_what_is_closed_is_not_imitated() -> None:
    world = {"feedback.imitation": 5.0, "absorption.half": 0.1, "firm.openness": 0.0}
    assert "imitated" not in kinds(run(**world), "rival-1")


def test_policy_off_is_an_empty_schedule() -> None:
    schedule = [{"lever": "subsidy", "level": 500.0}, {"lever": "mandate", "level": 1.0}]
    off = run(**{"policy.schedule": schedule, "policy.enabled": False})
    assert not differs(off, run())
    assert off.events == run().events


def test_rivals_do_not_touch_the_focal_firm_before_they_meet() -> None:
    alone = {"feedback.leak": False, "commons.enabled": False, "arbitrage.opening": 0.0} | POOR
    changed = differs(run(**alone), run(**alone, **{"rival.count": 3}))
    assert not changed & {"unit_cost", "trials", "kept", "cash", "capability", "integrated"}


def test_placebo_cuts_the_loops_that_joint_redesign_closes() -> None:
    ring = build(Parameters().replace({"flywheel.elasticity": 0.6}), Streams(0))
    cut = flywheel.acyclic(ring.elasticity, ring.clusters)
    feeds = np.zeros((8, 8))
    for j, cluster in enumerate(ring.clusters):
        feeds[list(cluster)] += cut[j]  # whatever trials on j redraw gains from what prices them
    assert not np.linalg.matrix_power(feeds, 8).any()
    exponents = flywheel.cost_exponents(cut, ring.clusters, 1.0)
    assert exponents.min() < flywheel.cost_exponents(ring.elasticity, ring.clusters, 1.0).min()
    assert not flywheel.acyclic(ring.elasticity, [range(8)] * 8).any()


def test_placebos_keep_weight_and_cut_loops() -> None:
    rng = np.random.default_rng(0)
    looped = np.where(rng.random((8, 8)) < 0.3, rng.random((8, 8)), 0.0)
    np.fill_diagonal(looped, 0.0)
    cut = flywheel.acyclic(looped, [(i, (i + 1) % 8) for i in range(8)])
    assert cut.sum() == pytest.approx(looped.sum())
    assert flywheel.loop_gain(cut, np.full(8, 2), 1.0) == pytest.approx(0.0, abs=1e-12)
    assert flywheel.loop_gain(looped, np.full(8, 2), 1.0) > 0.1
    shuffled = flywheel.rewired(looped, rng)
    np.testing.assert_array_equal((shuffled > 0).sum(axis=1), (looped > 0).sum(axis=1))
    np.testing.assert_array_equal((shuffled > 0).sum(axis=0), (looped > 0).sum(axis=0))
    np.testing.assert_allclose(shuffled.sum(axis=1), looped.sum(axis=1))
    assert not shuffled.diagonal().any()
    assert (shuffled != looped).any()


def test_a_shock_strikes_once_and_leaves_the_past_alone() -> None:
    named = {"shock.slot": "attention", "shock.month": 9}
    still, struck = run(**named, **{"shock.size": 0.0}), run(**named, **{"shock.size": 0.5})
    for name, values in series(still).items():
        np.testing.assert_array_equal(values[:8], series(struck)[name][:8], err_msg=name)
    shocks = [event for event in struck.events if event.kind == "shocked"]
    assert {(event.month, event.slot, event.firm) for event in shocks} == {(9, "attention", "focal")}
    assert differs(still, run(**{"shock.slot": "attention", "shock.size": 0.5})) >= {"unit_cost", "trial_price"}
    assert not differs(run(), still) - {"shocked_cost"}


def test_a_lasting_shock_makes_trials_on_its_slot_cheaper_from_its_month_on() -> None:
    lasting = {"shock.slot": "alignment", "shock.lasting": True, "shock.month": 9}
    still, struck = run(**lasting, **{"shock.size": 0.0}), run(**lasting, **{"shock.size": 0.9})
    for name, values in series(still).items():
        np.testing.assert_array_equal(values[:8], series(struck)[name][:8], err_msg=name)
    assert not [event for event in struck.events if event.kind == "shocked"]
    assert series(struck)["rd_spending"][8] == series(still)["rd_spending"][8]
    assert series(struck)["trials"][8] > series(still)["trials"][8]
    assert differs(still, struck) >= {"shocked_cost", "unit_cost"}
    assert not differs(run(), still) - {"shocked_cost"}


def test_forms_of_the_price_link_agree_at_founding_and_differ_beyond() -> None:
    elasticity = np.array([[0.0, 0.3, 0.2], [0.0, 0.0, 0.0], [0.5, 0.0, 0.0]])
    founding, forms = np.array([0.5, 0.2, 0.9]), ("power", "ces", "additive")
    for j in range(3):
        near, far = founding.copy(), founding.copy()
        near[j] *= 1.0 - 1e-6
        far[j] *= 0.1
        slopes, prices = [], []
        for form in forms:
            price = flywheel.trial_price(near, founding, elasticity, 1.0, 1e-9, form)
            slopes.append((1.0 - price) / 1e-6)
            prices.append(flywheel.trial_price(far, founding, elasticity, 1.0, 1e-9, form))
        for slope in slopes:
            np.testing.assert_allclose(slope, elasticity[:, j], atol=1e-5)
        linked = elasticity[:, j] > 0.0
        assert (prices[0] < prices[2])[linked].all()
        for price in prices:
            np.testing.assert_array_equal(price[~linked], 1.0)
    np.testing.assert_allclose(prices[1][1], 1.0)
    floor = flywheel.trial_price(1e-9 * founding, founding, 2.0 * elasticity, 3.0, 0.5, "additive")
    np.testing.assert_allclose(floor, [1.5, 3.0, 1.5])


def test_counted_events_are_those_of_the_log() -> None:
    dated = {"release.schedule": [{"month": 2, "name": "first", "introduces": ("data",)}]}
    open_rival = {"rival.openness": 1.0, "feedback.imitation": 5.0}
    worlds = [
        run(**OUTSIDE, **CROWD, **open_rival, **dated, **{"frontier.hazard": 0.2}),
        run(**OUTSIDE, **{"absorption.half": 0.1, "absorption.mastery": 5.0, "frontier.hazard": 0.0}),
        run(**CROWD),
    ]
    seen = set()
    for world in worlds:
        for kind in COUNTED:
            ours = [e.month for e in world.events if e.kind == kind and e.firm == "focal"]
            counts = [sum(month <= now for month in ours) for now in range(1, 25)]
            np.testing.assert_array_equal(series(world)[f"events_{kind}"], counts, err_msg=kind)
            seen |= {kind} if ours else set()
    assert seen == set(COUNTED)
    assert series(worlds[2])["patches"].sum() == series(worlds[2])["events_patched"][-1]


def test_order_of_stages_moves_releases_before_trials() -> None:
    late, early = run(), run(**{"run.order": "release-first"})
    first = [
        [e for e in model.events if e.month == 4 and e.kind in ("redesigned", "released")] for model in (late, early)
    ]
    assert first[0][0].kind == "redesigned"
    assert first[1][0].kind == "released"
