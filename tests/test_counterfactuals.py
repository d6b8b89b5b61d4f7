"""A switch changes what it should and nothing else: off means exactly no effect, other streams untouched."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from sim.architecture import acyclic, cost_exponents, lay_out, loop_gain, rewired
from sim.model import InnovationModel
from sim.world import kinds as event_kinds
from tests.runs import SMALL, differs, run, series
from tests.worlds import classic

OUTSIDE = {"firm.self_reliance": 0.0, "arbitrage.alertness": 50.0, "frontier.head_start": 1000.0}
CROWD = {"diffusion.p": 0.2, "commons.cost": 0.1, "commons.trials": 10.0, "absorption.half": 0.1}
POOR = {"market.revenue": 0.0}
SEALED = {"feedback.patches": False, "feedback.tooling": False, "feedback.signal": False, "leak.enabled": False}
FORMS = ("power", "ces", "additive")
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
    "displacement.enabled",
    "feedback.patches",
    "feedback.tooling",
    "feedback.signal",
    "leak.enabled",
    "policy.enabled",
]


def kinds(model: InnovationModel, firm: str = "focal") -> set[str]:
    return {event.kind for event in model.events if event.firm == firm}


@pytest.mark.parametrize("switch", SWITCHES)
def test_other_luck_is_untouched(switch: str) -> None:
    on, off = run(**OUTSIDE), run(**OUTSIDE, **{switch: False})
    if switch != "frontier.enabled":
        for name in ("supply_cut", "frontier_cost"):
            np.testing.assert_array_equal(series(on)[name], series(off)[name], err_msg=name)
    for name in ("taste", "benefit"):
        np.testing.assert_array_equal(on.crowd.traits[name], off.crowd.traits[name], err_msg=name)
    for k in (0, 1):
        assert on.state.firms[k].errors.tolist() == off.state.firms[k].errors.tolist()


def test_search_off_makes_no_trial() -> None:
    model = run(**{"search.enabled": False} | SEALED)
    observed = series(model)
    assert not observed["trials"].any()
    assert not observed["experience"].any()
    assert not observed["rd_spending"].any()
    assert not observed["development_trials"].any()
    assert not {"redesigned", "best", "mastered"} & kinds(model)


def test_flywheel_off_is_elasticity_zero() -> None:
    off = run(**{"flywheel.enabled": False})
    assert not differs(off, run(**{"flywheel.elasticity": 0.0}))
    untooled = series(run(**{"flywheel.enabled": False, "feedback.tooling": False}))
    assert set(untooled["trial_price"][3:]) == {1.0}
    assert set(untooled["loop_gain"][3:]) == {0.0}


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
    world = OUTSIDE | CROWD | {"leak.imitation": 5.0, "absorption.mastery": 5.0}
    world |= {"organisation.bandwidth": 1000.0, "frontier.head_start": 10.0, "firm.capacity": 50.0}
    world |= {"rival.openness": 1.0}
    on, off = run(**world), run(**world, **{"absorption.enabled": False})
    absorbed = {"mastered", "patched", "imitated"}
    assert {event.kind for event in on.events} >= absorbed
    assert not {event.kind for event in off.events} & absorbed
    assert not series(off)["inflow"].any()


def test_funding_off_takes_away_the_budget_and_no_more() -> None:
    on, off = run(), run(**{"demand.funding": False})
    np.testing.assert_allclose(series(on)["funding"] - series(off)["funding"], 400.0)
    assert not differs(off, run(**{"demand.budget": 0.0}))


def test_inheritance_gives_the_inherited_slots_and_no_more() -> None:
    on, off = InnovationModel(rng=3, **SMALL), InnovationModel(rng=3, **SMALL, **{"demand.inheritance": False})
    assert {module.slot for module in on.focal.modules} == set(on.parameters.demand.inherited)
    assert not list(off.focal.modules)
    assert not list(on.firms[1].modules)


def test_the_library_starts_empty_so_that_first_products_are_made_or_adopted() -> None:
    model = run()
    first = [event for event in model.events if event.product in ("focal-1", "rival-1-1") and event.slot]
    inherited = set(model.parameters.demand.inherited)
    assert {event.kind for event in first if event.slot not in inherited or event.firm != "focal"} <= {
        "made",
        "adopted",
        "mastered",
    }
    for name in ("unit_cost", "capability", "openness", "cost_of_use", "trial_price", "misfit"):
        assert np.isnan(series(model)[name][:3]).all()
        assert not np.isnan(series(model)[name][4:]).any()


def test_displacement_off_leaves_the_core_where_it_was() -> None:
    on, off = run(), run(**{"displacement.enabled": False})
    assert not series(off)["core_distance"].any()
    assert not differs(off, run(**{"displacement.step": 0.0}))
    assert series(on)["core_distance"][-1] > 0.0
    made = sum(event.kind == "made" and event.firm == "focal" for event in on.events)
    assert made > 0


def test_steering_shows_the_parents_weights_and_can_mislead() -> None:
    world = {"demand.clarity": 1.0, "demand.noise": 1.0, "feedback.signal": False}
    true = run(**world).focal.perceived
    np.testing.assert_allclose(true, 1.0 / len(true))
    blind = run(**world, **{"demand.steering": False}).focal.perceived
    misled = run(**world, **{"demand.misfit": 1.0}).focal.perceived
    assert np.abs(blind - true).max() > 0.02
    assert np.abs(misled - true).max() > 0.02
    assert misled.sum() == pytest.approx(1.0)
    rival = [run(**world, **{"demand.steering": switch}).firms[1].perceived for switch in (True, False)]
    np.testing.assert_array_equal(rival[0], rival[1])


def test_organisation_off_is_no_autonomy_and_no_limit() -> None:
    off = run(**{"organisation.enabled": False, "feedback.review": 0.0})
    free = {"organisation.autonomy": 0.0, "organisation.span": 1e6, "organisation.bandwidth": 1e12}
    assert not differs(off, run(**free, **{"feedback.review": 0.0}))


def test_diffusion_off_leaves_the_firm_alone_but_for_what_users_pay_and_give() -> None:
    off = run(**{"diffusion.enabled": False})
    observed = series(off)
    assert not observed["users"].any()
    assert not observed["contributors"].any()
    alone = POOR | SEALED
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
    on, off = run(**CROWD), run(**CROWD, **{"feedback.patches": False})
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
    sealed = CROWD | POOR | SEALED
    changed = differs(run(**sealed), run(**sealed, **{"firm.openness": 0.0}))
    about_users = {
        "openness",
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
    world = {"leak.imitation": 5.0, "absorption.half": 0.1}
    on, off = run(**world), run(**world, **{"leak.enabled": False})
    first = next(event.month for event in on.events if event.kind == "imitated")
    assert "imitated" not in kinds(off, "rival-1") | kinds(off)
    a, b = series(on), series(off)
    for name in a:
        np.testing.assert_array_equal(a[name][: first - 1], b[name][: first - 1], err_msg=name)


def test_what_is_closed_is_not_imitated() -> None:
    world = {"leak.imitation": 5.0, "absorption.half": 0.1, "firm.openness": 0.0}
    assert "imitated" not in kinds(run(**world), "rival-1")


def test_policy_off_is_an_empty_schedule() -> None:
    schedule = [{"lever": "subsidy", "level": 500.0}, {"lever": "mandate", "level": 1.0}]
    off = run(**{"policy.schedule": schedule, "policy.enabled": False})
    assert not differs(off, run())
    assert off.events == run().events


def test_rivals_do_not_touch_the_focal_firm_before_they_meet() -> None:
    alone = SEALED | {"commons.enabled": False, "arbitrage.opening": 0.0} | POOR
    changed = differs(run(**alone), run(**alone, **{"rival.count": 3}))
    assert not changed & {"unit_cost", "trials", "kept", "cash", "capability", "integrated"}


def test_placebo_cuts_the_loops_that_joint_redesign_closes() -> None:
    world = classic(**{"flywheel.elasticity": 0.6})
    ring = lay_out(world.architecture, world.flywheel, 0)
    size = len(ring.weights)
    cut = acyclic(ring.elasticity, ring.clusters)
    feeds = np.zeros((size, size))
    for j, cluster in enumerate(ring.clusters):
        feeds[list(cluster)] += cut[j]  # whatever trials on j redraw gains from what prices them
    assert not np.linalg.matrix_power(feeds, size).any()
    exponents = cost_exponents(cut, ring.clusters, 1.0)
    assert exponents.min() < cost_exponents(ring.elasticity, ring.clusters, 1.0).min()
    assert not acyclic(ring.elasticity, (tuple(range(size)),) * size).any()


def test_placebos_keep_weight_and_cut_loops() -> None:
    rng = np.random.default_rng(0)
    looped = np.where(rng.random((8, 8)) < 0.3, rng.random((8, 8)), 0.0)
    np.fill_diagonal(looped, 0.0)
    cut = acyclic(looped, tuple((i, (i + 1) % 8) for i in range(8)))
    assert cut.sum() == pytest.approx(looped.sum())
    assert loop_gain(cut, np.full(8, 2), 1.0) == pytest.approx(0.0, abs=1e-12)
    assert loop_gain(looped, np.full(8, 2), 1.0) > 0.1
    shuffled = rewired(looped, rng)
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
    assert differs(still, struck) >= {"unit_cost", "shocked_cost"}
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


def test_forms_of_the_price_link_agree_for_small_changes_and_differ_for_large() -> None:
    prices = {form: series(run(**{"flywheel.form": form, "flywheel.elasticity": 0.01})) for form in FORMS}
    for form in FORMS:
        np.testing.assert_allclose(prices[form]["trial_price"][4], prices["power"]["trial_price"][4], rtol=0.05)
    strong = {form: run(**{"flywheel.form": form, "flywheel.elasticity": 0.4}) for form in FORMS}
    assert differs(strong["power"], strong["ces"]) >= {"trial_price", "trials"}
    assert differs(strong["power"], strong["additive"]) >= {"trial_price", "trials"}


def test_counted_events_are_those_of_the_log() -> None:
    dated = {"release.schedule": [{"month": 2, "name": "first", "introduces": ("base",)}]}
    open_rival = {"rival.openness": 1.0, "leak.imitation": 5.0}
    worlds = [
        run(**OUTSIDE, **CROWD, **open_rival, **dated, **{"frontier.hazard": 0.2}),
        run(**OUTSIDE, **{"absorption.half": 0.1, "absorption.mastery": 5.0, "frontier.hazard": 0.0}),
        run(**CROWD),
        run(**OUTSIDE, **{"absorption.enabled": False, "frontier.hazard": 0.3}, seed=2),
    ]
    seen, counted = set(), {kind.name for kind in event_kinds() if kind.counted} - {"patched"}
    for world in worlds:
        for kind in counted:
            ours = [e.month for e in world.events if e.kind == kind and e.firm == "focal"]
            counts = [sum(month <= now for month in ours) for now in range(1, 25)]
            np.testing.assert_array_equal(series(world)[f"events_{kind}"], counts, err_msg=kind)
            seen |= {kind} if ours else set()
    assert seen == counted
    assert series(worlds[2])["patches"].sum() == series(worlds[2])["events_patched"][-1] > 0


def test_order_of_stages_moves_releases_before_trials() -> None:
    late, early = run(), run(**{"run.order": "release-first"})
    first = [
        [e for e in model.events if e.month == 8 and e.firm == "focal" and e.kind in ("redesigned", "released")]
        for model in (late, early)
    ]
    assert first[0][0].kind == "redesigned"
    assert first[1][0].kind == "released"
