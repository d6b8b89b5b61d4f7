"""Diffusion: the compiled engine against a plain reference, the limits L9 and L10, and Watts's window."""

from __future__ import annotations

import os
import subprocess
import sys
from math import ceil
from pathlib import Path
from typing import get_args

import numpy as np
import pytest
from pydantic import ValidationError

from sim.kernels.adoption import BLOCK, NEVER
from sim.kernels.draws import stream
from sim.kernels.networks import KINDS
from sim.mechanisms.diffusion import Diffusion, bass
from tests.town import World, build, due, exponential, leaving, live, offer, put, step, uniform

NETWORKS = ("complete", "ring", "small-world", "scale-free", "poisson", "edges")
EDGES = [*[[i, (i + 1) % 150] for i in range(150)], [0, 5], [0, 9], [3, 20], [3, 80]]
LIVELY = {"adopters": 150, "p": 0.05, "q": 0.8, "degree": 4.0, "taste_spread": 0.8, "switching_cost": 0.02}
CONSIDER, OPTION = stream("consider"), stream("option")
FLOWS = ("considered", "adopted", "switched_to", "switched_from", "left")


class Reference:
    """The law word for word: everybody is asked every month, and counts whom it sees afresh."""

    def __init__(self, world: World) -> None:
        crowd, self.given, self.seed = world.crowd, world.parameters[0].diffusion, world.here.seed[0]
        self.n, self.options, self.mixed = len(crowd.adopters), range(len(world.firms)), len(crowd.near) == 0
        self.known = [np.delete(np.arange(self.n), i) for i in range(self.n)]
        if not self.mixed:
            self.known = [crowd.neighbours[crowd.start[i] : crowd.start[i + 1]] for i in range(self.n)]
        self.choice, self.left = crowd.adopters.choice.copy(), crowd.adopters.left.copy()
        self.leave, self.since = crowd.adopters.leave.astype(int), np.zeros(self.n, dtype=int)
        self.taste, self.available, self.month = crowd.traits.taste.copy(), np.zeros(len(world.firms), dtype=bool), 0

    def count(self, i: int, k: int) -> int:
        return int((self.choice[self.known[i]] == k).sum())

    def hazard(self, i: int) -> float:
        others = [k for k in self.options if self.available[k] and k != self.choice[i]]
        users = sum(self.count(i, k) for k in others)
        return len(others) * self.given.p + self.given.q * (users / max(len(self.known[i]), 1))

    def book(self, i: int, month: int) -> None:
        self.left[i] -= (month - self.since[i]) * self.hazard(i)
        self.since[i] = month

    def stirred(self, i: int) -> bool:
        if self.given.rule == 1:
            shares = [self.count(i, k) / max(len(self.known[i]), 1) for k in self.options if k != self.choice[i]]
            others = [self.available[k] for k in self.options if k != self.choice[i]]
            return any(a and s > 0.0 and s >= self.given.threshold for a, s in zip(others, shares, strict=True))
        hazard = self.hazard(i)
        if self.mixed:
            self.left[i] -= hazard
            return hazard > 0.0 and self.left[i] <= 0.0
        return hazard > 0.0 and self.month >= self.since[i] + max(1, ceil(self.left[i] / hazard))

    def pick(self, i: int, firms) -> tuple[list[int], int]:
        own, luck = self.choice[i], uniform(self.seed, OPTION, i, self.month)
        shares = [self.count(i, k) / max(len(self.known[i]), 1) for k in self.options]
        others = [k for k in self.options if self.available[k] and k != own]
        if self.given.rule == 1:
            considered = [k for k in others if shares[k] > 0.0 and shares[k] >= self.given.threshold]
        else:
            running = np.cumsum([self.given.p + self.given.q * shares[k] for k in others])
            considered = [others[int(np.argmax(running >= luck * running[-1]))]]
        worth = [
            self.taste[i] * firms.capability[k] - firms.cost_of_use[k] + self.given.network_benefit * shares[k]
            for k in self.options
        ]
        best = max(worth[k] for k in self.options if self.available[k])
        bar = max(worth[own] + self.given.switching_cost, 0.0) if own >= 0 else 0.0
        takes = [k for k in considered if worth[k] >= best and worth[k] > bar]
        tied = [k for k in takes if shares[k] == max(shares[j] for j in takes)]
        return considered, tied[ceil(luck * len(tied)) - 1] if tied else own

    def live(self, firms) -> None:
        self.month += 1
        if not self.mixed and not np.array_equal(firms.available, self.available):
            for i in range(self.n):
                self.book(i, self.month - 1)
        self.available = firms.available.copy()
        intent, self.considered = self.choice.copy(), np.zeros(len(firms), dtype=int)
        for i in range(self.n):
            if self.choice[i] >= 0 and self.leave[i] <= self.month:
                self.left[i] -= 0.0 if self.mixed else (self.month - 1 - self.since[i]) * self.hazard(i)
                intent[i], self.since[i] = -1, self.month
            elif self.stirred(i):
                considered, intent[i] = self.pick(i, firms)
                self.considered[considered] += 1
                self.left[i], self.since[i] = exponential(self.seed, CONSIDER, i, self.month), self.month
        moved = intent != self.choice
        for i in range(self.n):
            if not self.mixed and moved[self.known[i]].any() and self.since[i] < self.month:
                self.book(i, self.month)
            if moved[i] and intent[i] < 0:
                self.leave[i] = NEVER
            elif moved[i]:
                self.leave[i] = leaving(self.seed, self.given.churn, i, self.month)
        self.choice = intent


def random_offer(world: World, rng: np.random.Generator) -> None:
    options, openness = len(world.firms), rng.choice([0.0, 0.5, 1.0])
    offer(world, rng.choice([0.9, 1.0, 1.4], options), rng.random(options) / 2, openness, rng.random(options) < 0.85)


def worlds():
    for number, network in enumerate(NETWORKS):
        for rule in ("hazard", "threshold"):
            churn, seeds = (0.0, 0.15)[number % 2], (0.1, 0.0, 0.4)[number % 3]
            edges = EDGES if network == "edges" else None
            changes = {"network": network, "rule": rule, "churn": churn, "seeds": max(seeds, 0.1 * (rule != "hazard"))}
            yield pytest.param(
                number, 1 + number % 4, edges, LIVELY | changes | {"threshold": 0.1}, id=f"{network}-{rule}"
            )


@pytest.mark.parametrize(("seed", "options", "edges", "changes"), list(worlds()))
def test_the_engine_is_the_law_to_the_bit(seed, options, edges, changes):
    world, rng, total = build(seed, options, edges, **changes), np.random.default_rng(seed), 0
    plain = Reference(world)
    for _ in range(25):
        before = world.crowd.adopters.choice.copy()
        if rng.random() < 0.7 or world.here.month[0] == 0:
            random_offer(world, rng)
        step(world)
        plain.live(world.firms)
        assert np.array_equal(world.crowd.adopters.choice, plain.choice)
        assert np.array_equal(world.crowd.adopters.leave, plain.leave)
        assert np.array_equal(world.crowd.adopters.left, plain.left) or changes["rule"] == "threshold"
        assert np.array_equal(world.firms.considered, plain.considered)
        assert_counts(world, before)
        total += (world.crowd.adopters.choice != before).sum()
    assert total > 30, "nothing happened, so nothing was compared"


def assert_counts(world: World, before) -> None:
    """Everything that is kept up with each move equals a count from scratch."""
    crowd, firms, given = world.crowd, world.firms, world.parameters[0]
    choice, options = crowd.adopters.choice, range(len(firms))
    n, users = len(choice), np.array([(choice == k).sum() for k in options])
    least = given.commons.cost / np.maximum(firms.product_openness, 1e-300)
    willing = [((choice == k) & (crowd.traits.benefit > least[k])).sum() for k in options]
    assert firms.users.tolist() == users.tolist()
    assert firms.contributors.tolist() == willing
    moved = firms.adopted + firms.switched_to - firms.switched_from - firms.left
    assert moved.tolist() == [(choice == k).sum() - (before == k).sum() for k in options]
    shares = np.array([(users - (own == np.arange(len(firms)))) / max(n - 1, 1) for own in choice])
    if len(crowd.near):
        near = [np.bincount(choice[around] + 1, minlength=len(firms) + 1)[1:] for around in rows_of(crowd)]
        assert np.array_equal(crowd.near[:, :-1], near)
        shares = near / crowd.near[:, -1:]
        assert_dates(world)
    for k in options:
        uses = choice == k
        worth = crowd.traits.taste[uses] * firms.capability[k] - firms.cost_of_use[k]
        surplus = (worth + given.diffusion.network_benefit * shares[uses, k]).sum()
        assert firms.surplus[k] == pytest.approx(surplus, rel=1e-9, abs=1e-9)
    row = world.record[0]
    assert (row.users, row.rival_users) == (users[0], users[1:].sum())
    assert row.adopted_openness == pytest.approx(users @ firms.product_openness / n)
    assert row.surplus == pytest.approx(firms.surplus.sum())


def rows_of(crowd):
    return [crowd.neighbours[crowd.start[i] : crowd.start[i + 1]] for i in range(len(crowd.adopters))]


def assert_dates(world: World) -> None:
    crowd, given, offered = world.crowd, world.parameters[0].diffusion, int(world.crowd.offered[0])
    for row, adopter in enumerate(crowd.adopters):
        date = due(given, crowd.near, row, adopter.choice, offered, adopter.left, int(adopter.since))
        assert crowd.dates[row] == min(date, adopter.leave)
        assert world.here.month[0] < crowd.dates[row] >= crowd.blocks[row // BLOCK]


def test_complete_mixing_is_the_complete_network():
    everybody = np.stack(np.triu_indices(60, 1), axis=1)
    given = LIVELY | {"adopters": 60, "churn": 0.1}
    counted, linked = build(5, network="complete", **given), build(5, edges=everybody, network="edges", **given)
    for month in range(1, 15):
        for world in (counted, linked):
            random_offer(world, np.random.default_rng(month))
            step(world)
        assert np.array_equal(counted.crowd.adopters.choice, linked.crowd.adopters.choice)
    assert counted.firms.users.sum() > 20


def test_one_signature_whatever_the_world():
    for changes in (
        {"network": "complete"},
        {"adopters": 1},
        {"network": "ring", "degree": 0.0},
        {"rule": "threshold"},
    ):
        live(build(options=3, **changes), capability=1.0)
    live(build(edges=[[0, 1]], network="edges"), capability=1.0)
    assert len(getattr(step, "signatures", [None])) == 1


def test_a_put_choice_is_told_and_keeps_the_books():
    world = build(3, 3, **LIVELY | {"churn": 0.1})
    rng = np.random.default_rng(3)
    for _ in range(12):
        for row in rng.integers(0, 150, 9).tolist():
            put(world, row, int(rng.integers(-1, 3)))
        before = world.crowd.adopters.choice.copy()
        random_offer(world, rng)
        step(world)
        assert_counts(world, before)


def test_disabled_nobody_moves():
    world = build(enabled=False, seeds=0.3, p=5.0, adopters=100, churn=1.0)
    for _ in range(3):
        firms = live(world, capability=[1.0, 2.0])
    assert firms.users.tolist() == [30, 0]
    assert not any(firms[flow].any() for flow in FLOWS)


def test_an_edge_list_needs_its_network():
    assert get_args(Diffusion.model_fields["network"].annotation) == KINDS == NETWORKS
    with pytest.raises(ValueError, match="there is no edge list"):
        build(network="edges")
    assert len(build(network="edges", edges=[[0, 1], [1, 2]]).crowd.adopters) == 3, "the list sets the size"
    with pytest.raises(ValidationError, match="needs diffusion"):
        Diffusion(edges="friends.csv")
    assert Diffusion(edges="friends.csv", network="edges").edges


# Limits.

SIMPLE = {"network": "complete", "churn": 0.0, "taste_spread": 0.0}


def bass_gap(seed: int, adopters: int, length: float) -> float:
    """Largest gap to Bass over 15 years, with ``length`` of a year for a month (Sultan et al. 1990)."""
    p, q, gap = 0.03, 0.38, 0.0
    world = build(seed, 1, adopters=adopters, p=p * length, q=q * length, **SIMPLE)
    for month in range(1, int(15 / length) + 1):
        gap = max(gap, abs(live(world).users[0] / adopters - float(bass(p, q, length * month))))
    return gap


def test_l9_bass_for_small_steps_only():
    assert bass_gap(1, 50_000, 0.05) < 0.02
    assert bass_gap(1, 50_000, 1.0) > 0.03
    time = np.linspace(0.0, 30.0, 30_001)
    share = bass(0.03, 0.38, time)
    assert np.gradient(share, time)[1:-1] == pytest.approx(((0.03 + 0.38 * share) * (1.0 - share))[1:-1], abs=1e-6)


@pytest.mark.parametrize("network", ["complete", "small-world"])
def test_l10_nobody_considers_without_hazard(network):
    world = build(options=1, adopters=500, p=0.0, q=0.0, seeds=0.3, **SIMPLE | {"network": network})
    for _ in range(24):
        assert live(world, capability=9.0).considered[0] == 0
    assert world.firms.users[0] == 150


def watts(degree: float, seed: int, threshold: float = 0.18) -> float:
    world = build(
        seed, 1, network="poisson", adopters=10_000, degree=degree, rule="threshold", threshold=threshold, seeds=5e-4,
        churn=0.0, taste_spread=0.0,
    )  # fmt: skip
    while live(world).adopted[0]:
        pass
    return world.firms.users[0] / 10_000


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_watts_cascade_window(seed):
    assert watts(0.7, seed) < 0.01
    assert watts(3.0, seed) > 0.85
    assert watts(8.0, seed) < 0.01
    assert watts(3.0, seed, threshold=0.5) < 0.01


def test_a_month_considers_with_the_chance_of_its_hazard():
    for network in ("complete", "ring"):
        world = build(options=2, adopters=100_000, p=0.2, q=0.0, **SIMPLE | {"network": network})
        considered = live(world, capability=1.0).considered
        chance = 1.0 - np.exp(-0.4)
        assert considered.sum() / 100_000 == pytest.approx(chance, abs=4 * np.sqrt(chance / 100_000))
        assert considered[0] / considered.sum() == pytest.approx(0.5, abs=0.01)
        after, users = live(world, capability=1.0, cost=9.0).considered.sum(), world.firms.users.sum()
        expected = (100_000 - users) * chance + users * (1.0 - np.exp(-0.2))
        assert after == pytest.approx(expected, rel=0.02), "memoryless, and a user's own option does not stir it"


def test_equal_shares_of_equal_offers_are_a_fair_draw():
    centres = 3 * np.arange(2000)
    edges = np.concatenate([np.stack([centres, centres + leaf], 1) for leaf in (1, 2)])
    world = build(edges=edges, network="edges", rule="threshold", churn=0.0, taste_spread=0.0)
    for centre in centres.tolist():
        put(world, centre + 1, 0)
        put(world, centre + 2, 1)
    live(world, capability=1.0)
    assert np.mean(world.crowd.adopters.choice[centres] == 0) == pytest.approx(0.5, abs=4 * np.sqrt(0.25 / 2000))


def test_churn_empties_a_product_at_its_rate():
    n, churn = 20_000, 0.1
    world = build(options=1, adopters=n, seeds=1.0, p=0.0, q=0.0, **SIMPLE | {"churn": churn, "network": "ring"})
    for month in range(1, 21):
        live(world)
        assert world.firms.users[0] == pytest.approx(n * np.exp(-churn * month), abs=4.5 * np.sqrt(n * 0.25))
    kept = build(options=1, adopters=n, seeds=1.0, **SIMPLE | {"churn": 5e-324})
    assert live(kept).left[0] == 0
    assert set(kept.crowd.adopters.leave) == {NEVER}


def test_traits_and_seeds():
    world = build(adopters=50_000, taste=2.0, taste_spread=0.5, network="complete")
    taste, benefit = np.log(world.crowd.traits.taste), np.log(world.crowd.traits.benefit)
    assert (taste.mean(), taste.std()) == (pytest.approx(np.log(2.0), abs=0.01), pytest.approx(0.5, rel=0.02))
    assert (benefit.mean(), benefit.std()) == (pytest.approx(0.0, abs=0.02), pytest.approx(1.0, rel=0.02))
    assert abs(np.corrcoef(taste, benefit)[0, 1]) < 0.02
    few, many = (build(adopters=1000, seeds=share).crowd.adopters.choice for share in (0.1, 0.2))
    assert ((few == 0).sum(), (many == 0).sum()) == (100, 200)
    assert np.all(many[few == 0] == 0)
    assert build(adopters=1000, seeds=1e-6).firms.users.tolist() == [1, 0]


HISTORY = """
import numpy as np
from tests.town import build, live
for rule in ("hazard", "threshold"):
    for network in ("small-world", "complete", "scale-free"):
        w = build(4, 3, adopters=90, network=network, rule=rule, churn=0.1, seeds=0.1, p=0.05, q=0.8)
        for month in range(12):
            live(w, capability=[1.0, 1.0 + 0.2 * (month > 5), 0.9], openness=0.9, available=[True, month % 5 > 0, True])
            print(w.crowd.adopters.choice.tolist(), w.firms.contributors.tolist(), w.firms.surplus.round(9).tolist())
"""


def test_interpreted_is_the_same_as_compiled():
    def run(**environment) -> str:
        asked = [sys.executable, "-W", "ignore", "-c", HISTORY]
        where = {**os.environ, **environment, "PYTHONPATH": str(Path(__file__).parents[1])}
        return subprocess.run(asked, env=where, capture_output=True, text=True, check=True).stdout

    assert run(NUMBA_DISABLE_JIT="1") == run() != ""
