"""The reference model: it obeys the limits of the theory, and every switch and every lever does what it says."""

from __future__ import annotations

from math import exp, isnan, log
from random import Random
from statistics import fmean, stdev
from typing import Any

import mesa
import networkx as nx
import pytest

from sim.declare import SWITCH
from sim.parameters import Parameters, declared
from sim.reference import Reference
from sim.reference.aim import own_tasks, part_of
from sim.reference.architecture import Architecture
from sim.reference.modules import Module, draw
from sim.reference.outcomes import REPORTERS
from sim.reference.plans import Brief
from sim.reference.prices import log_link, relative_price
from sim.reference.products import Product
from sim.reference.release import displace, join, lose_outside, put
from sim.reference.search import Part, Task, search
from tests.runs import in_batches
from tests.worlds import CLASSIC, classic

SMALL = CLASSIC | {"diffusion.adopters": 100, "run.months": 16}
# A firm whose users contribute and which learns fast, so that all that can come back does.
OPEN = {
    "diffusion.p": 0.3, "commons.cost": 0.0, "absorption.half": 1.0, "feedback.upstream": 0.9,
    "organisation.bandwidth": 1000, "commons.trials": 50, "rival.compute": 1.0,
}  # fmt: skip
# One slot, which the firm can only make; nothing else goes on.
ALONE = {
    "architecture.slots": ("a",), "architecture.coupling": 0, "demand.inheritance": False, "frontier.enabled": False,
    "rival.count": 0, "firm.endowment": 1e6, "firm.openness": 0.0, "reuse.interval": 1, "reuse.lines": 1,
    "diffusion.adopters": 1, "diffusion.enabled": False, "run.months": 1,
}  # fmt: skip


def world(changes: dict[str, Any] | None = None, seed: int = 0, **options: Any) -> Reference:
    return Reference(Parameters().replace({**SMALL, **(changes or {})}), rng=seed, **options)


def run(changes: dict[str, Any] | None = None, seed: int = 0) -> Reference:
    model = world(changes, seed)
    model.run_model()
    return model


def series(model: Reference, name: str) -> list[float]:
    return list(model.datacollector.model_vars[name])


def within(found: list[float], expected: float) -> bool:
    """Whether a mean is what it should be, within four standard errors."""
    return abs(fmean(found) - expected) < 4.0 * stdev(found) / len(found) ** 0.5


def lone_task(model: Reference, cost: float, rho: float = 1.0) -> Task:
    module = Module(model, 0, model.firms[0], "made", 1.0, cost)
    return Task([Part(module, rho, 0.0, 1.0)], lambda: 1.0, 8.0)


# The model as a whole.


def test_it_runs_in_batches_observes_and_repeats() -> None:
    rows = in_batches(Reference, {"parameters": [Parameters().replace({**SMALL, "run.months": 5})]}, [3, 3, 4])
    one, same, other = ({name: row[name] for name in REPORTERS} for row in rows)
    assert repr(one) == repr(same)
    assert repr(one) != repr(other)
    assert one["month"] == 5


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {**OPEN, "frontier.hazard": 0.2, "frontier.duration": 2, "displacement.step": 0.6},
        {"firm.self_reliance": 0.0, "rival.count": 2, "reuse.lines": 3, "reuse.interval": 1, "reuse.fresh_cost": 20},
    ],
)
def test_every_month_the_books_balance(changes: dict[str, Any]) -> None:
    model = world({**changes, "run.months": 24}, seed=1)
    while model.running:
        model.step()
        products = [product for firm in model.firms for product in firm.products]
        for module in model.agents_by_type[Module]:
            assert module.uses == sum(module in product.modules.values() for product in products)
            assert 0.0 < module.cost <= 1.0
            assert (module.owner is None) == (module.origin == "adopted")
            if module.uses and module.owner is not None:
                assert module.cost >= model.frontier.best[module.slot]
        for firm in model.firms:
            assert firm.users == sum(adopter.choice is firm for adopter in model.adopters)
            assert firm.cash >= 0.0
            assert 0.0 <= firm.gap <= 1.0
            assert [product.line for product in firm.products] == sorted({product.line for product in firm.products})
            assert all(slot == module.slot and not module.uses for slot, module in firm.shelf.items())
            if firm.releases:
                assert all(sorted(product.modules) == list(range(9)) for product in firm.products)
    live = {module for firm in model.firms for module in (*firm.modules(), *firm.shelf.values())}
    assert set(model.agents_by_type[Module]) == live


def test_what_needs_a_product_is_missing_until_there_is_one() -> None:
    model = world()
    model.step()
    row = model.datacollector.get_model_vars_dataframe().iloc[-1]
    missing = {name for name in REPORTERS if isnan(row[name])}
    assert missing == {
        "unit_cost", "rival_unit_cost", "capability", "rival_capability", "openness", "cost_of_use",
        "rival_cost_of_use", "trial_price", "rival_trial_price", "misfit", "systems_cost", "algorithms_cost",
    }  # fmt: skip
    assert row["modules"] == 1
    assert row["trials"] > 0
    while not model.firms[0].releases:
        model.step()
    row = model.datacollector.get_model_vars_dataframe().iloc[-1]
    assert not any(isnan(row[name]) for name in REPORTERS if not name.startswith("rival"))
    assert row["modules"] == 9


# Trials.


def test_l1_the_best_of_n_draws_costs_1_over_n_plus_1_on_average() -> None:
    model, random, found = world(), Random(1), []
    for _ in range(2000):
        task = lone_task(model, draw(1.0, random))
        for _ in range(7):
            task.renew()
            task.attempt(1.0, random)
        found.append(task.root.cost)
    assert within(found, 1.0 / 9.0)


@pytest.mark.parametrize(("gamma", "cost", "rho"), [(1.0, 0.1, 2.5), (2.0, 0.3, 1.5), (0.5, 0.6, 2.0)])
def test_l12_the_next_trial_removes_a_misfit_with_chance_rho_c_to_the_gamma(
    gamma: float, cost: float, rho: float
) -> None:
    model, random, waits = world(), Random(2), []
    for _ in range(2000):
        task, tries = lone_task(model, cost, rho), 1
        task.renew()
        while not task.attempt(gamma, random):
            tries += 1
        waits.append(float(tries))
        assert task.root.point == 0.0
        task.renew()
        assert task.present == task.root.cost < rho * cost
    chance = min(1.0, (rho * cost) ** gamma)
    if chance == 1.0:
        assert set(waits) == {1.0}
    else:
        assert within(waits, 1.0 / chance)
        assert within([float(wait == 1.0) for wait in waits], chance)
        assert within([float(wait > 2.0) for wait in waits], (1.0 - chance) ** 2)


def test_trials_follow_prices_and_fit_shared_modules_to_the_mean_of_their_uses() -> None:
    model, random = world({"reuse.mismatch_penalty": 0.7, "reuse.lines": 2}), Random(0)
    firm = model.firms[0]
    firm.products = [Product(line, [float(line)] * 9) for line in (0, 1)]
    shared = Module(model, 0, firm, "made", 3.0, 0.5)
    for product in firm.products:
        put(firm, product, 0, shared)
    part = part_of(firm, shared)
    assert part.target == 0.5
    assert part.present == pytest.approx(firm.perceived[0] * (exp(0.7 * 3) + exp(0.7 * 2)))
    assert part.fitted == pytest.approx(firm.perceived[0] * 2 * exp(0.7 * 0.5))
    for slot in (1, 2):
        beside = Module(model, slot, firm, "made", 0.0, 0.5)
        for product in firm.products:
            put(firm, product, slot, beside)
    sets = [[part.module.slot for part in task.parts] for task in own_tasks(firm, 50.0)]
    assert sets == [[0, 1], [1, 2], [2]]  # one set of modules in two products is one cluster
    for product in firm.products:
        del product.modules[1], product.modules[2]
    (task,) = own_tasks(firm, 50.0)
    bought, kept = search([task], 1.0, random)
    assert kept
    assert bought == pytest.approx(50.0 / 10.0)
    assert shared.point == 0.5


# Releases.


def test_l3_reuse_costs_b_and_a_part_of_g() -> None:
    """A library made once and reused n times costs 1 + R (b − 1 + G/n) of as many fresh modules, all reused: R = 1."""
    times, b, generality = 6, 0.3, 1.8
    model = run(
        {
            "reuse.heterogeneity": 0.0, "displacement.enabled": False, "search.enabled": False, "reuse.stake": 0.0,
            "reuse.reuse_cost": b, "reuse.coupling_cost": 0.0, "reuse.generality": generality, "firm.platform": 1.0,
            "reuse.interval": 1, "demand.inheritance": False, "frontier.enabled": False, "firm.endowment": 1e6,
            "run.months": times + 1,
        }
    )  # fmt: skip
    fresh = 9 * SMALL["reuse.fresh_cost"]
    spent = sum(series(model, "development_spending"))
    assert spent / (times * fresh) == pytest.approx(1.0 + 1.0 * (b - 1.0 + generality / times))
    assert model.firms[0].events == {"released": times + 1, "made": 9, "reused": 9 * times}


@pytest.mark.parametrize("premium", [0.0, 1.0])
def test_l13_development_buys_a_first_draw_and_trials(premium: float) -> None:
    n, found = 5.0, []
    changes = {**ALONE, "reuse.fresh_cost": 10.0 * n, "firm.platform": premium, "flywheel.elasticity": 0.0}
    for seed in range(1200):
        model = run(changes, seed)
        found.append(model.firms[0].offered().modules[0].cost)
        assert series(model, "development_trials") == [pytest.approx(n)]
    getattr(mesa.Agent, "_ids", {}).clear()
    assert within(found, (n - 1.0 + exp(-n)) / n**2)


def test_the_first_release_reuses_and_copies_nothing_but_what_was_inherited() -> None:
    def at_first(changes: dict[str, Any]) -> list[int]:
        own = []
        for seed in range(12):
            model = world({**changes, "firm.self_reliance": 0.9}, seed)
            firm = model.firms[0]
            while not firm.releases:
                model.step()
            own.append(firm.events["reused"] + firm.events["copied"])
            made = sum(module.origin == "made" for module in firm.offered().modules.values())
            assert made + firm.events["adopted"] - firm.events["mastered"] <= 9
            assert not any(product.prototype for product in firm.products)
        return own

    assert set(at_first({"demand.inheritance": False})) == {0}
    assert max(at_first({})) == 1
    assert 1 < max(at_first({"demand.inherited": ("base", "framework", "pipeline")})) <= 3


def test_what_is_made_displaces_the_cores_of_coupled_slots_and_only_those() -> None:
    model = world()
    firm = model.firms[0]
    product = Product(0, [1.0] * 9)
    displace(firm, product, 4)
    moved = [slot for slot in range(9) if firm.core[slot] != 0.0]
    assert moved == [2, 3, 5, 6]  # its partners on the ring, and those whose partner it is
    assert product.requirement == pytest.approx([1.0 + core for core in firm.core])
    model = world({"displacement.enabled": False})
    displace(model.firms[0], product, 4)
    assert not any(model.firms[0].core)


def test_only_what_is_made_displaces() -> None:
    makes = run({"firm.self_reliance": 1.0, "frontier.enabled": False, "demand.inheritance": False})
    takes = run(
        {
            "firm.self_reliance": 0.0, "arbitrage.alertness": 50, "frontier.adoption_cost": 0.0,
            "demand.inheritance": False, "firm.platform": 0.0, "frontier.trials": 1000, "frontier.hazard": 0.0,
        }
    )  # fmt: skip
    assert makes.firms[0].events["made"] > 0 < series(makes, "core_distance")[-1]
    assert takes.firms[0].events["adopted"] > 0 == takes.firms[0].events["made"]
    assert takes.firms[0].core == [0.0] * 9


def test_waiting_redraws_nothing() -> None:
    model = world({"firm.endowment": 0.0, "firm.grant": 0.0, "demand.funding": False, "arbitrage.enabled": False})
    firm = model.firms[0]
    for _ in range(8):
        model.step()
    assert firm.releases == 0
    assert firm.brief is not None
    brief, before = firm.brief, list(firm.brief.deviations)
    model.step()
    assert firm.brief is brief
    assert brief.deviations == before


def test_a_release_joins_outside_designs_once_a_combination() -> None:
    model = world({"frontier.trials": 0.0, "rival.count": 0})
    firm = model.firms[0]
    product = Product(0, [0.0] * 9)
    for slot in range(9):
        origin = ("adopted", "integrated", "made")[min(slot, 2)]
        product.modules[slot] = Module(model, slot, firm, origin, 0.0, 0.5, version=slot)
    join(firm, product)
    join(firm, product)
    assert firm.integrated == 1
    product.modules[0].version = 7
    join(firm, product)
    assert firm.integrated == 2
    product.modules[1].origin = "made"
    join(firm, product)
    assert firm.integrated == 2


def test_dated_releases_come_in_their_months_and_make_what_they_introduce() -> None:
    schedule = (
        {"month": 2, "name": "one", "line": 1, "introduces": ("base", "framework")},
        {"month": 3, "name": "two", "introduces": ("attention",)},
        {"month": 3, "name": "three", "line": 1},
    )
    dated = {
        "release.schedule": schedule, "firm.endowment": 1e5, "firm.self_reliance": 0.0, "run.months": 8,
        "frontier.adoption_cost": 0.0, "frontier.hazard": 0.0, "arbitrage.alertness": 50, "firm.arbitrage": 1.0,
    }  # fmt: skip
    model = run(dated)
    released = series(model, "events_released")
    assert released == [0, 1, 3, 3, 3, 3, 4, 4]
    model = run({**dated, "reuse.stake": 0.0})  # adopting is cheapest, and is what the others do
    assert series(model, "events_made")[1:3] == [2, 3]


# Supply.


def test_a_cut_of_supply_leaves_no_outside_module() -> None:
    cut = {"policy.schedule": [{"lever": "supply_cut", "start": 10, "end": 12}]}
    model = world({**cut, "firm.self_reliance": 0.2, "absorption.mastery": 0.01, "frontier.hazard": 0.0})
    firm = model.firms[0]
    for _ in range(9):
        model.step()
    outside = sum(module.owner is None for product in firm.products for module in product.modules.values())
    before = firm.events["adopted"]
    assert outside > 0
    for _ in range(3):
        model.step()
        assert not any(module.owner is None for owner in model.firms for module in owner.modules())
        assert model.frontier.cut
    assert firm.events["lost"] == outside
    assert firm.events["adopted"] == before
    assert firm.spent > 0.0
    for _ in range(4):
        model.step()
    assert not model.frontier.cut
    assert firm.events["adopted"] > before


def test_what_a_cut_takes_is_made_as_far_as_cash_goes() -> None:
    model = world({"demand.inheritance": False, "search.enabled": False})
    firm = model.firms[0]
    firm.products = [Product(line, [0.0] * 9) for line in (0, 1)]
    for product in firm.products:
        for slot in range(9):
            put(firm, product, slot, Module(model, slot, None, "adopted", 0.0, 0.01))
    firm.cash = 250.0
    lose_outside(firm)
    first, second = firm.products
    assert first.modules == second.modules  # the second takes what the first had made
    assert all(module.uses == 2 and module.origin == "made" for module in firm.modules())
    assert (firm.events["lost"], firm.cash, firm.development) == (18, 0.0, 250.0)
    assert all(firm.core)


# Absorption, diffusion, feedback.


def test_l8_without_absorptive_capacity_nothing_is_absorbed() -> None:
    def absorbed(changes: dict[str, Any], seed: int) -> list[float]:
        model = run({**OPEN, "rival.openness": 1.0, "leak.imitation": 5.0, "frontier.hazard": 0.0, **changes}, seed)
        return [model.firms[0].events[kind] for kind in ("mastered", "patched", "imitated")]

    assert all(map(sum, zip(*(absorbed({}, seed) for seed in range(4)), strict=True)))
    assert not any(absorbed({"absorption.enabled": False}, 0))


def test_l10_nobody_considers_without_p_and_q() -> None:
    assert run({"diffusion.p": 0.0}).firms[0].users == 0
    assert run({"diffusion.p": 0.3}).firms[0].users > 0


def test_l9_adoption_under_complete_mixing_is_that_of_bass() -> None:
    p, q, months = 0.004, 0.1, 40
    model = run(
        {
            **ALONE, "diffusion.enabled": True, "diffusion.adopters": 3000, "diffusion.network": "complete",
            "diffusion.p": p, "diffusion.q": q, "diffusion.churn": 0.0, "diffusion.taste": 100.0, "run.months": months,
            "reuse.interval": 1, "search.enabled": False,
        }
    )  # fmt: skip
    decay = exp(-(p + q) * months)
    bass = (1.0 - decay) / (1.0 + q / p * decay)
    assert model.firms[0].users / 3000 == pytest.approx(bass, abs=0.04)


def test_users_leave_at_the_hazard_of_churn_from_the_month_after_they_came() -> None:
    changes = {
        **ALONE, "diffusion.enabled": True, "diffusion.adopters": 4000, "diffusion.p": 0.0, "diffusion.q": 0.0,
        "diffusion.seeds": 1.0, "diffusion.churn": 0.5, "run.months": 2, "search.enabled": False,
    }  # fmt: skip
    users = series(run(changes), "users")
    assert users[0] / 4000 == pytest.approx(exp(-0.5), abs=0.04)
    assert users[1] / 4000 == pytest.approx(exp(-1.0), abs=0.04)


def test_a_share_of_neighbours_prompts_under_the_threshold_rule() -> None:
    edges = [(0, 1), (1, 2), (2, 3), (3, 4), (2, 4)]
    model = world(
        {"diffusion.network": "edges", "diffusion.rule": "threshold", "diffusion.threshold": 0.4, "rival.count": 0,
         "diffusion.taste": 100.0, "diffusion.churn": 0.0, "firm.endowment": 1e5, "reuse.interval": 1},
        edges=edges,
    )  # fmt: skip
    model.adopters[0].next = model.firms[0]
    model.adopters[0].move()
    for users in (2, 2, 2):  # node 2 sees one of its three neighbours: a third is not enough
        model.step()
        assert model.firms[0].users == users


@pytest.mark.parametrize(
    ("network", "degree"), [("ring", 6), ("small-world", 6), ("scale-free", 6), ("poisson", 6), ("complete", 0)]
)
def test_networks_have_the_mean_degree(network: str, degree: float) -> None:
    model = world({"diffusion.network": network, "diffusion.degree": 6.0, "diffusion.adopters": 400})
    assert fmean(adopter.known for adopter in model.adopters) == pytest.approx(degree, rel=0.1, abs=1e-9)
    assert len(model.adopters) == 400


def patched(changes: dict[str, Any]) -> tuple[float, float]:
    model = run({**OPEN, **changes})
    return sum(series(model, "inflow")), sum(series(model, "patches"))


def test_l11_without_openness_capacity_or_bandwidth_there_are_no_patches() -> None:
    inflow, patches = patched({})
    assert inflow > patches > 0
    for off in ({"firm.openness": 0.0}, {"absorption.enabled": False}, {"organisation.bandwidth": 0.0}):
        assert patched(off) == (0.0, 0.0)


@pytest.mark.parametrize(("openness", "exponent"), [(1.0, 0.4), (0.0, 0.4 * 0.25)])
def test_l14_cheaper_commons_buy_more_trials(openness: float, exponent: float) -> None:
    changes = {
        "feedback.tooling_elasticity": 0.4, "feedback.closed_share": 0.25, "firm.openness": openness,
        "commons.enabled": False, "firm.endowment": 1e6,
    }  # fmt: skip
    trials = []
    for g in (1.0, 0.01):
        model = world({**changes, "flywheel.enabled": False})
        model.commons_cost = g
        model.run_model()
        trials.append(series(model, "trials"))
    for held, as_founded in zip(trials[1][8:], trials[0][8:], strict=True):
        assert held / as_founded == pytest.approx(0.01**-exponent)
    model = world({**changes, "feedback.tooling": False})
    model.commons_cost = 0.01
    assert relative_price(model.firms[0], Product(0, [0.0] * 9), 0) == 1.0


def test_l15_use_sharpens_sight_and_endless_use_perfects_it() -> None:
    def sight(users: int, changes: dict[str, Any]) -> list[float]:
        firm = world(changes).firms[0]
        firm.releases, firm.users = 1, users
        firm.perceive()
        return firm.perceived

    blind = sight(10**6, {"feedback.signal": False, "demand.steering": False})
    assert sight(10**6, {"feedback.signal_half": 1e12, "demand.steering": False}) == pytest.approx(blind, rel=1e-4)
    assert sight(10**15, {"demand.steering": False}) == pytest.approx([1 / 9] * 9)
    halved = sight(500, {"demand.steering": False})
    spread = [log(halved[i] / halved[0]) / log(blind[i] / blind[0]) for i in range(1, 9)]
    assert spread == pytest.approx([0.5] * 8)
    wrong = {"demand.misfit": 1.0}
    assert sight(10**15, wrong) == pytest.approx(world(wrong).parent_weights) != pytest.approx([1 / 9] * 9)


# Prices and the architecture.


@pytest.mark.parametrize("form", ["power", "ces", "additive"])
def test_forms_of_the_price_link_have_the_same_elasticities_at_founding(form: str) -> None:
    assert log_link([(0.3, 1.0), (0.5, 1.0)], form) == pytest.approx(0.0)
    step = 1e-6
    assert log_link([(0.3, 1.0 + step), (0.5, 1.0)], form) / step == pytest.approx(0.3, rel=1e-4)
    assert log_link([], form) == 0.0
    far = {"power": log(0.1), "ces": 2.0 * log(0.5 * 0.1 + 0.5 * 1.0), "additive": log(1.0 - 0.5 * 0.99)}
    assert log_link([(0.5, 0.01), (0.5, 1.0)], form) == pytest.approx(far[form])


def test_a_price_has_a_floor_and_slots_without_a_module_count_as_at_founding() -> None:
    model = world({"flywheel.elasticity": 2.0})
    firm, product = model.firms[0], Product(0, [0.0] * 9)
    assert relative_price(firm, product, 0) == 1.0
    put(firm, product, 1, Module(model, 1, firm, "made", 0.0, 0.1))
    assert relative_price(firm, product, 0) == pytest.approx(0.2**2)
    put(firm, product, 2, Module(model, 2, firm, "made", 0.0, 1e-9))
    assert relative_price(firm, product, 0) == pytest.approx(1e-3)


def links(changes: dict[str, Any], seed: int = 0) -> tuple[Architecture, nx.DiGraph]:
    design = Architecture(classic(**changes), Random(seed))
    graph = nx.DiGraph([(i, j, {"weight": e}) for i, row in enumerate(design.links) for j, e in row])
    return design, graph


def test_placebos_keep_what_they_should_and_lose_what_they_must() -> None:
    given = {"architecture.coupling": 3, "architecture.widening": 0.4}
    design, graph = links(given)
    assert design.clusters[0] == [0, 1]
    _, other = links({**given, "flywheel.topology": "rewired"})
    assert dict(other.out_degree()) == dict(graph.out_degree()) == dict.fromkeys(range(9), 3)
    assert dict(other.in_degree()) == dict(graph.in_degree())
    assert set(other.edges) != set(graph.edges)
    design, one_way = links({**given, "flywheel.topology": "acyclic"})
    redrawn = nx.DiGraph([(j, k) for i, k in one_way.edges for j in range(9) if i in design.clusters[j]])
    helped = nx.DiGraph([(m, k) for j, k in one_way.edges for m in design.clusters[j]])
    assert nx.is_directed_acyclic_graph(helped)
    assert redrawn.number_of_edges() > 0
    assert one_way.size("weight") == pytest.approx(graph.size("weight"))


def test_partners_follow_the_layout_or_are_named() -> None:
    assert links({"architecture.links": "blocks"})[0].partners[4] == [3, 5]
    assert links({})[0].partners[8] == [0, 1]
    assert (
        links({"architecture.links": "random"}, 1)[0].partners != links({"architecture.links": "random"}, 2)[0].partners
    )
    named = links({"architecture.partners": {"base": ("alignment",)}})[0]
    assert named.partners[0] == [8]
    assert 0 in named.coupled[8]


# Every switch and every lever.

SWITCHES: dict[str, tuple[str, dict[str, Any]]] = {
    "search.enabled": ("trials", {}),
    "reuse.enabled": ("events_reused", {}),
    "displacement.enabled": ("core_distance", {}),
    "arbitrage.enabled": ("events_adopted", {}),
    "frontier.enabled": ("events_adopted", {}),
    "absorption.enabled": ("absorptive_capacity", {}),
    "diffusion.enabled": ("users", OPEN),
    "commons.enabled": ("contributors", OPEN),
    "feedback.patches": ("inflow", OPEN),
    "leak.enabled": (
        "imitations",
        {"leak.imitation": 5.0, "run.months": 24, "firm.innovation": 1.0, "firm.arbitrage": 0.0},
    ),
}  # switch: what is 0 without it
OTHERS = {
    "flywheel.enabled", "demand.funding", "demand.inheritance", "demand.steering", "organisation.enabled",
    "feedback.tooling", "feedback.signal", "policy.enabled", "shock.lasting",
}  # fmt: skip


def test_every_switch_is_tried() -> None:
    switches = {key for key, info in declared() if (info.json_schema_extra or {}).get("unit") == SWITCH}  # type: ignore[union-attr]
    assert switches == set(SWITCHES) | OTHERS


@pytest.mark.parametrize("switch", SWITCHES)
def test_a_switch_bites(switch: str) -> None:
    outcome, changes = SWITCHES[switch]
    seeds = range(3)
    assert any(sum(series(run(changes, seed), outcome)) > 0 for seed in seeds)
    assert not any(sum(series(run({**changes, switch: False}, seed), outcome)) for seed in seeds)


def last_price(changes: dict[str, Any]) -> float:
    return series(run({**OPEN, **changes}), "trial_price")[-1]


def test_other_switches_bite() -> None:
    assert last_price({"flywheel.enabled": False, "feedback.tooling": False}) == 1.0
    assert last_price({"flywheel.enabled": False}) < 1.0
    assert last_price({"feedback.tooling": False}) < 1.0
    with_parent, without = (world({"demand.funding": funding}) for funding in (True, False))
    for model in (with_parent, without):
        model.step()
    spent = [model.firms[0].cash + model.firms[0].spent for model in (with_parent, without)]
    assert spent[0] - spent[1] == pytest.approx(400.0)
    assert not world({"demand.inheritance": False}).firms[0].products
    seen = [world({"demand.steering": on}).firms[0].perceived for on in (True, False)]
    assert max(seen[0]) - min(seen[0]) < max(seen[1]) - min(seen[1])
    assert patched({"organisation.bandwidth": 0.0, "organisation.enabled": False})[0] > 0.0
    narrow = {"organisation.span": 1, "flywheel.enabled": False, "feedback.tooling": False, "firm.endowment": 1e6}
    trials = [series(run({**narrow, "organisation.enabled": on}), "trials")[-1] for on in (True, False)]
    assert trials[0] < 0.2 * trials[1]


def with_policy(lever: str, level: float, changes: dict[str, Any] | None = None, *, enabled: bool = True) -> Reference:
    schedule = [{"lever": lever, "level": level / 2.0}] * 2  # levels add up
    return run({"run.months": 8, **(changes or {}), "policy.schedule": schedule, "policy.enabled": enabled})


def test_money_that_policy_pays_arrives_and_is_counted() -> None:
    def received(model: Reference, month: int = 7) -> float:
        return series(model, "cash")[month] + model.firms[0].spent - sum(series(model, "revenue"))

    rich = {"firm.endowment": 1e5, "arbitrage.enabled": False}
    plain = run({"run.months": 8, **rich})
    subsidised = with_policy("subsidy", 70.0, rich)
    assert received(subsidised) - received(plain) == pytest.approx(8 * 70.0)
    assert subsidised.policy_cost == pytest.approx(8 * 70.0)
    matched = with_policy("matching", 0.5, rich)
    assert matched.policy_cost > 0.0
    assert matched.policy_cost == pytest.approx(0.5 * sum(series(matched, "rd_spending")[:-1]))
    assert received(matched) - received(plain) == pytest.approx(matched.policy_cost)
    rewarded = with_policy("open_reward", 30.0, {**rich, "rival.count": 0})
    assert rewarded.policy_cost == pytest.approx(
        30.0 * sum(released > 0 for released in series(rewarded, "events_released")[:-1])
    )
    off = with_policy("subsidy", 70.0, rich, enabled=False)
    assert (off.policy_cost, received(off)) == (0.0, received(plain))


def test_other_levers_bite() -> None:
    closed = {"firm.openness": 0.0, "firm.endowment": 1e5}
    assert series(with_policy("mandate", 1.0, closed), "openness")[-1] == 1.0
    assert series(run({**closed, "run.months": 8}), "openness")[-1] == 0.0
    first = [series(with_policy("audit", level, closed), "development_spending")[3] for level in (0.0, 77.0)]
    assert first[1] - first[0] == pytest.approx(77.0)
    taxed, untaxed = (with_policy("compute_tariff", level, {**closed, "rival.count": 0}) for level in (1.0, 0.0))
    assert series(taxed, "capability")[3] < series(untaxed, "capability")[3]
    computes = [100.0 * 1.02**month / 2.0 for month in range(4, 9)]
    assert taxed.policy_cost == pytest.approx(-sum(computes))
    funded = with_policy("commons_fund", 50.0, closed)
    assert series(funded, "commons_trials") == [5.0] * 8
    assert funded.policy_cost == pytest.approx(8 * 50.0)
    assert series(funded, "commons_cost")[-1] < 1.0
    assert series(with_policy("supply_cut", 1.0), "supply_cut") == [1] * 8
    assert with_policy("supply_cut", 1.0).firms[0].events["adopted"] == 0


def test_a_shock_strikes_once_or_lasts() -> None:
    given = {"shock.slot": "framework", "shock.size": 0.5, "search.enabled": False, "run.months": 2, "shock.month": 2}
    model = world(given)
    cost = model.firms[0].modules()[0].cost
    model.step()
    assert model.firms[0].modules()[0].cost == cost
    model.step()
    assert model.firms[0].modules()[0].cost == 0.5 * cost
    lasting = {**given, "search.enabled": True, "shock.lasting": True, "shock.month": 1, "flywheel.enabled": False}
    assert series(run(lasting), "trials")[0] == pytest.approx(
        2.0 * series(run({**lasting, "shock.slot": ""}), "trials")[0]
    )


def test_releases_can_come_before_the_months_trials() -> None:
    first = {
        "reuse.interval": 1,
        "firm.endowment": 1e5,
        "demand.inheritance": False,
        "run.months": 1,
        "leak.enabled": False,
    }
    assert series(run(first), "trials") == [0.0]
    assert series(run({**first, "run.order": "release-first"}), "trials")[0] > 0.0


def test_all_that_a_brief_says_of_a_slot_is_weighed() -> None:
    model = world(
        {"firm.platform": 0.5, "firm.self_reliance": 0.0, "arbitrage.alertness": 50, "reuse.heterogeneity": 0.0}
    )
    firm = model.firms[0]
    firm.perceived = [1.0] + [1e-12] * 8
    brief = Brief(firm)
    stake, fresh = 1000.0, 100.0
    make = brief.make(0)
    assert make.development == pytest.approx((1.0 + 0.3 * 0.5) * fresh)
    assert make.total - make.development == pytest.approx(stake * 0.5 * (1.0 + 10.0) ** (-1.0 / 2.0))
    own = Module(model, 0, firm, "made", 0.5, 0.2)
    reuse = brief.reuse(0, own, 1.0)
    assert reuse.development == pytest.approx(fresh * (0.2 + 0.6 * 0.5 + 0.05))
    assert reuse.total - reuse.development == pytest.approx(stake * 0.2 * exp(0.5 * 0.5))
    adopt = brief.adopt(0, 1.0)
    assert adopt.development == pytest.approx(0.3 * fresh)
    assert adopt.total - adopt.development == pytest.approx(stake * model.frontier.costs[0] * exp(0.5))
    (copy,) = brief.copies(0, [own])
    assert (copy.development, copy.total) == (fresh, pytest.approx(fresh + stake * 0.2))


def test_systems_and_algorithms_are_costed_at_release() -> None:
    model = world()
    product = Product(0, [0.0] * 9)
    for slot in range(9):
        product.modules[slot] = Module(model, slot, model.firms[0], "made", 1.0, 0.1 * (slot + 1))
    assert product.unit_cost(0.0, model.design.weights, model.design.systems) == pytest.approx((0.5 + 0.6 + 0.7) / 3)
    assert product.unit_cost(1.0, model.design.weights, [0]) == pytest.approx(0.1 * exp(1.0))
    assert isnan(product.unit_cost(1.0, model.design.weights, []))
    firm = run().firms[0]
    assert firm.systems_cost > 0.0 < firm.algorithms_cost
