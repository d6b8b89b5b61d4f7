"""Diffusion: the limits L9 and L10, Watts's window, and every parameter of the choice biting."""

from __future__ import annotations

import mesa
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim import networks
from sim.agents.offers import Offers
from sim.agents.population import Population
from sim.mechanisms import diffusion
from sim.parameters import Diffusion
from sim.streams import Streams


def population(seed: int = 0, options: int = 1, edges=None, **changes) -> Population:
    given = Diffusion(**{"network": "complete", "churn": 0.0, "taste_spread": 0.0, **changes})
    streams = Streams(seed)
    network = networks.build(given, streams["network"], None if edges is None else np.array(edges))
    return Population(mesa.Model(rng=0), given, 1.0, options, streams, network)


def offers(capability=(1.0,), cost=0.0, available=True) -> Offers:
    shape = len(capability)
    return Offers(np.array(capability), np.full(shape, cost), np.full(shape, available))


# The equations.


def test_hazard_and_chance_to_consider():
    assert diffusion.hazard(np.array([0.0, 0.5, 1.0]), 0.03, 0.4).tolist() == pytest.approx([0.03, 0.23, 0.43])
    assert diffusion.consider_probability(1e-12) == pytest.approx(1e-12, rel=1e-9)
    assert diffusion.consider_probability([0.0, np.log(2.0)]).tolist() == pytest.approx([0.0, 0.5])


def test_prompted_needs_the_share_and_at_least_one_user():
    assert diffusion.prompted(np.array([0.0, 0.17, 0.18, 1.0]), 0.18).tolist() == [False, False, True, True]
    assert diffusion.prompted(np.array([0.0, 0.01]), 0.0).tolist() == [False, True]


def test_options_are_drawn_in_proportion_to_their_hazards():
    uniform = (np.arange(1000) + 1.0) / 1000.0
    drawn = diffusion.drawn_option(np.tile([0.0, 0.1, 0.0, 0.3, 0.0], (1000, 1)), uniform)
    assert np.bincount(drawn, minlength=5).tolist() == [0, 250, 0, 750, 0]


@given(st.lists(st.sampled_from([0.0, 1e-300, 0.1, 0.3, 7.0]), min_size=1, max_size=9).filter(any), st.floats(0, 1))
def test_an_option_without_hazard_is_never_drawn(weights, uniform):
    uniform = max(uniform, 2.0**-54)
    option = diffusion.drawn_option(np.array([weights]), np.array([uniform]))[0]
    assert weights[option] > 0.0


def test_utility_is_taste_times_capability_less_cost_plus_network_benefit():
    worth = diffusion.utility(np.array([[2.0], [1.0]]), np.array([1.0, 3.0]), np.array([0.5, 1.0]), 0.1, np.eye(2))
    assert worth.tolist() == [pytest.approx([1.6, 5.0]), pytest.approx([0.5, 2.1])]


@given(data=st.data(), options=st.integers(1, 4), switching_cost=st.floats(0, 1))
def test_the_adoption_rule_word_for_word(data, options, switching_cost):
    level = st.sampled_from([-1.0, 0.0, 0.5, 1.0, 1.5])
    worth = data.draw(st.lists(level, min_size=options, max_size=options))
    available = data.draw(st.lists(st.booleans(), min_size=options, max_size=options))
    choice = data.draw(st.integers(-1, options - 1))
    found = diffusion.acceptable(np.array([worth]), np.array(available), np.array([choice]), switching_cost)[0]
    for k in range(options):
        best = all(worth[k] >= worth[j] for j in range(options) if available[j])
        gains = choice == -1 or worth[k] > worth[choice] + switching_cost
        assert found[k] == (available[k] and k != choice and best and worth[k] > 0 and gains)


def test_largest_keeps_ties_among_those_taken():
    takes = np.array([[True, True, False], [True, False, True]])
    shares = np.array([[0.2, 0.2, 0.9], [0.0, 0.5, 0.1]])
    assert diffusion.largest(takes, shares).tolist() == [[1.0, 1.0, 0.0], [0.0, 0.0, 1.0]]


def test_bass_solves_its_differential_equation():
    time = np.linspace(0.0, 30.0, 30_001)
    share = diffusion.bass(0.03, 0.38, time)
    assert share[0] == 0.0
    growth = np.gradient(share, time)[1:-1]
    assert growth == pytest.approx(((0.03 + 0.38 * share) * (1.0 - share))[1:-1], abs=1e-6)


# Limits of the population.


def bass_path(seed: int, adopters: int, step: float, years: float = 15.0) -> tuple[np.ndarray, np.ndarray]:
    """Simulated and theoretical adoption, with ``step`` of a year for a month; coefficients of Sultan et al. (1990)."""
    p, q = 0.03, 0.38
    people = population(seed, adopters=adopters, p=p * step, q=q * step)
    months = np.arange(1, int(years / step) + 1)
    path = []
    for month in months.tolist():
        people.consider(offers(), month)
        path.append(people.users[0] / adopters)
    return np.array(path), diffusion.bass(p, q, step * months)


def test_l9_bass_in_the_mean_of_small_populations():
    paths = [bass_path(seed, 5_000, 0.05) for seed in range(8)]
    assert np.abs(np.mean([path for path, _ in paths], axis=0) - paths[0][1]).max() < 0.02


def test_l9_bass_in_one_large_population_and_only_for_a_small_step():
    path, theory = bass_path(1, 50_000, 0.05)
    assert np.abs(path - theory).max() < 0.02
    path, theory = bass_path(1, 50_000, 1.0)
    assert np.abs(path - theory).max() > 0.03


@pytest.mark.parametrize("network", ["complete", "small-world"])
def test_l10_nobody_considers_without_hazard(network):
    people = population(network=network, adopters=500, p=0.0, q=0.0, seeds=0.3)
    for month in range(1, 25):
        assert people.consider(offers([9.0]), month).considered.sum() == 0
    assert people.users.tolist() == [150]


def test_a_month_considers_with_the_chance_of_its_hazard():
    people = population(adopters=100_000, options=2, p=0.2, q=0.0)
    considered = people.consider(offers([1.0, 1.0]), 1).considered
    chance = diffusion.consider_probability(0.4)
    assert considered.sum() / 100_000 == pytest.approx(chance, abs=4 * np.sqrt(chance / 100_000))
    assert considered[0] / considered.sum() == pytest.approx(0.5, abs=4 * np.sqrt(0.25 / considered.sum()))
    after = people.consider(offers([1.0, 1.0], cost=9.0), 2).considered.sum()
    users = int(people.users.sum())
    expected = (100_000 - users) * chance + users * diffusion.consider_probability(0.2)
    assert after == pytest.approx(expected, rel=0.02), "memoryless, and a user's own option does not stir it"


def watts(degree: float, seed: int, threshold: float = 0.18) -> float:
    people = population(
        seed, network="poisson", adopters=10_000, degree=degree, rule="threshold", threshold=threshold, seeds=5e-4
    )
    for month in range(1, 200):
        if not people.consider(offers(), month).adopted.any():
            break
    return people.users[0] / 10_000


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_watts_cascade_window(seed):
    assert watts(0.7, seed) < 0.01
    assert watts(3.0, seed) > 0.85
    assert watts(8.0, seed) < 0.01
    assert watts(3.0, seed, threshold=0.5) < 0.01


def test_largest_share_first_among_equal_offers():
    # Stars: the centre has one neighbour on option 0 and two on option 1.
    centres = 4 * np.arange(50)
    edges = np.concatenate([np.stack([centres, centres + leaf], 1) for leaf in (1, 2, 3)])
    people = population(options=2, edges=edges, network="edges", rule="threshold", network_benefit=0.0)
    for centre in centres.tolist():
        for leaf, option in ((1, 0), (2, 1), (3, 1)):
            people.put(centre + leaf, option)
    adoption = people.consider(offers([1.0, 1.0]), 1)
    assert adoption.considered.tolist() == [50, 50]
    assert adoption.adopted.tolist() == [0, 50]


def test_equal_shares_of_equal_offers_are_a_fair_draw():
    pairs = 2000
    centres = 3 * np.arange(pairs)
    edges = np.concatenate([np.stack([centres, centres + 1], 1), np.stack([centres, centres + 2], 1)])
    people = population(options=2, edges=edges, network="edges", rule="threshold")
    for centre in centres.tolist():
        people.put(centre + 1, 0)
        people.put(centre + 2, 1)
    people.consider(offers([1.0, 1.0]), 1)
    assert np.mean(people.choice[centres] == 0) == pytest.approx(0.5, abs=4 * np.sqrt(0.25 / pairs))


def test_threshold_rule_takes_the_second_share_if_the_first_is_not_the_best():
    people = population(options=2, edges=[[0, 1], [0, 2], [0, 3]], network="edges", rule="threshold")
    for row, option in ((1, 0), (2, 1), (3, 1)):
        people.put(row, option)
    people.consider(offers([2.0, 1.0]), 1)
    assert people.choice[0] == 0


# Choice: every parameter bites.


def everybody_on_the_first(options: int = 2, **changes) -> Population:
    return population(adopters=300, options=options, p=5.0, seeds=1.0, **changes)


def test_switching_cost_keeps_users():
    better = offers([1.0, 1.1])
    adoption = everybody_on_the_first(switching_cost=0.05, network_benefit=0.0).consider(better, 1)
    assert adoption.switched_to[1] == adoption.switched_from[0] > 250
    assert everybody_on_the_first(switching_cost=0.15, network_benefit=0.0).consider(better, 1).switched_to[1] == 0


def test_network_benefit_locks_in():
    better = offers([1.0, 1.1])
    assert everybody_on_the_first(switching_cost=0.0, network_benefit=0.05).consider(better, 1).switched_to[1] > 250
    assert everybody_on_the_first(switching_cost=0.0, network_benefit=0.15).consider(better, 1).switched_to[1] == 0


def test_only_products_worth_something_and_on_offer_are_taken():
    def adopted(offer: Offers) -> list[int]:
        return population(adopters=300, options=2, p=5.0).consider(offer, 1).adopted.tolist()

    first, second = adopted(offers([0.9, 1.0], cost=0.5))
    assert (first, second > 100) == (0, True), "only the best"
    assert adopted(offers([0.9, 1.0], cost=1.0)) == [0, 0], "worth more than nothing"
    assert adopted(offers([0.9, 1.0], available=False)) == [0, 0]
    only_first = Offers(np.array([0.9, 1.0]), np.zeros(2), np.array([True, False]))
    assert adopted(only_first)[0] > 250


def test_taste_is_lognormal_about_its_median():
    people = population(adopters=50_000, taste=2.0, taste_spread=0.5)
    assert np.median(people.taste) == pytest.approx(2.0, rel=0.02)
    assert np.log(people.taste).std() == pytest.approx(0.5, rel=0.02)
    assert np.all(population(adopters=10, taste=2.0).taste == 2.0)
    assert np.median(people.benefit) == pytest.approx(1.0, rel=0.02)
    assert np.log(people.benefit).std() == pytest.approx(1.0, rel=0.02)
    taste_of_users = population(adopters=20_000, taste_spread=0.5, p=5.0)
    taste_of_users.consider(offers(cost=1.0), 1)
    assert taste_of_users.taste[taste_of_users.choice == 0].min() > 1.0


def test_churn_empties_a_product_at_its_rate():
    n, churn = 20_000, 0.1
    people = population(adopters=n, churn=churn, seeds=1.0, p=0.0, q=0.0)
    for month in range(1, 21):
        left = people.consider(offers(), month).left
        expected = n * np.exp(-churn * month)
        assert people.users[0] == pytest.approx(expected, abs=4.5 * np.sqrt(n * 0.25))
        assert left[0] > 0
    for next_to_nothing in (0.0, 5e-324):
        kept = population(adopters=n, churn=next_to_nothing, seeds=1.0)
        assert kept.consider(offers(), 500).left[0] == 0


def test_leavers_can_come_back_and_then_stay_a_new_while():
    people = population(adopters=2000, churn=0.5, seeds=1.0, p=1.0)
    first = people.leave_at.copy()
    for month in range(1, 13):
        people.consider(offers(), month)
    again = (people.adoptions > 1) & (people.choice == 0)
    assert again.sum() > 500
    assert np.all(people.leave_at[again] > 12)
    assert np.all(first[again] <= 12)
    assert np.all(np.isinf(people.leave_at[people.choice == -1]))


def test_seeds_are_a_share_of_one_at_least_and_nested():
    assert population(adopters=1000, seeds=0.0).users.tolist() == [0]
    assert population(adopters=1000, seeds=1e-6).users.tolist() == [1]
    few, many = (population(adopters=1000, seeds=share, options=2) for share in (0.1, 0.2))
    assert (few.users.tolist(), many.users.tolist()) == ([100, 0], [200, 0])
    assert np.all(many.choice[few.choice == 0] == 0)


def test_an_isolated_adopter_hears_of_nothing():
    network = networks.from_edges(np.array([[0, 1]]), n=3)
    quiet = Diffusion(p=0.0, q=5.0, churn=0.0)
    people = Population(mesa.Model(rng=0), quiet, 1.0, 1, Streams(0), network)
    people.put(0, 0)
    for month in range(1, 30):
        people.consider(offers([9.0]), month)
    assert people.choice.tolist() == [0, 0, -1]
    assert people.share(0).tolist() == [1.0, 1.0, 0.0]


@settings(deadline=None, max_examples=40)
@given(
    seed=st.integers(0, 2**32),
    adopters=st.integers(1, 30),
    options=st.integers(1, 4),
    network=st.sampled_from(["complete", "ring", "small-world", "scale-free", "poisson"]),
    rule=st.sampled_from(["hazard", "threshold"]),
    churn=st.floats(0, 2),
    seeds=st.floats(0, 1),
)
def test_books_balance_whatever_happens(seed, adopters, options, network, rule, churn, seeds):
    people = population(
        seed, options, adopters=adopters, network=network, rule=rule, churn=churn, seeds=seeds, p=0.5, q=2.0,
        taste_spread=1.0,
    )  # fmt: skip
    rng = np.random.default_rng(seed)
    for month in range(1, 8):
        before = people.users
        offer = Offers(rng.normal(1, 1, options), rng.random(options), rng.random(options) < 0.8)
        did = people.consider(offer, month)
        moved = did.adopted + did.switched_to - did.switched_from - did.left
        assert np.array_equal(people.users, before + moved)
        assert np.all(did.adopted + did.switched_to <= did.considered)
        assert not (did.adopted + did.switched_to)[~offer.available].any()
        assert did.switched_to.sum() == did.switched_from.sum()
        assert people.users.sum() + (people.choice == -1).sum() == adopters
        if people.network is not None:
            rows = range(adopters)
            fresh = [[(people.choice[people.neighbours(i)] == k).sum() for k in range(options)] for i in rows]
            assert np.array_equal(people.near, fresh)
