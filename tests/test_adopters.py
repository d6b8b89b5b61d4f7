"""Adopters: three engines that agree bit for bit, views that write through, and Mesa's own interface on top."""

from __future__ import annotations

import copy
import pickle

import mesa
import numpy as np
import pytest
from mesa.agent import AgentSet
from mesa.datacollection import DataCollector

from sim import networks
from sim.agents.actor import Actor
from sim.agents.adopter import Adopter, AdopterSet
from sim.agents.offers import NONE, Offers
from sim.agents.population import Population
from sim.parameters import Diffusion
from sim.streams import Streams, keyed_uniform

NETWORKS = ("complete", "ring", "small-world", "scale-free", "poisson", "edges")
LIVELY = {"p": 0.2, "q": 1.5, "churn": 0.15, "seeds": 0.1, "switching_cost": 0.02, "degree": 4.0}


class Passer(Actor):
    """A registered agent that is no adopter."""


class Town(mesa.Model):
    """The least model that has adopters."""

    def __init__(self, seed: int = 0, options: int = 2, **changes):
        super().__init__(rng=seed)
        given = Diffusion(**{"adopters": 30, **LIVELY, **changes})
        streams = Streams(seed)
        ring = np.stack([np.arange(30), (np.arange(30) + 1) % 30], axis=1)
        edges = np.concatenate([ring, [[0, 5], [0, 9], [3, 20]]])
        network = networks.build(given, streams["network"], edges)
        self.options = options
        self.passer = Passer(self)
        self.population = Population(self, given, 1.0, options, streams, network)
        self.agents_by_type[Adopter] = self.population.adopters
        self.month = 0
        self.datacollector = DataCollector(
            agenttype_reporters={Adopter: {"choice": "choice", "taste": "taste"}, Population: {"size": "size"}}
        )

    @property
    def adopters(self) -> AdopterSet:
        return self.agents_by_type[Adopter]

    def offers(self) -> Offers:
        """Offers that change places, so that adopters switch, and are not always there."""
        rng = np.random.default_rng(self.month)
        available = rng.random(self.options) < 0.9
        return Offers(rng.choice([0.9, 1.0, 1.4], self.options), rng.random(self.options), available)

    def step(self):
        self.month += 1
        self.adoption = self.population.consider(self.offers(), self.month)
        self.datacollector.collect(self)


def state(population: Population) -> dict[str, np.ndarray]:
    columns = {name: getattr(population, name) for name in Population.COLUMNS}
    return columns if population.network is None else {**columns, "near": population.near}


def assert_same(one: Population, other: Population) -> None:
    counted = [np.count_nonzero(one.choice == k) for k in range(one.options)]
    assert np.array_equal(one.users, counted)
    assert np.array_equal(other.users, counted)
    for name, column in state(one).items():
        assert np.array_equal(column, state(other)[name]), name


# The reference engine.


@pytest.mark.parametrize("rule", ["hazard", "threshold"])
@pytest.mark.parametrize("options", [1, 2, 3])
@pytest.mark.parametrize("network", NETWORKS)
@pytest.mark.parametrize("engine", ["compiled", "arrays"])
def test_engines_agree_bit_for_bit(network, options, rule, engine):
    fast, slow = (
        Town(3, options, network=network, rule=rule, engine=either, threshold=0.05, taste_spread=0.8)
        for either in (engine, "agents")
    )
    for row in range(4 * options):
        for town in (fast, slow):
            town.population.put(row, row % options)
    assert_same(fast.population, slow.population)
    totals = np.zeros(5)
    for _ in range(20):
        fast.step()
        slow.step()
        assert_same(fast.population, slow.population)
        assert np.array_equal(fast.adoption, slow.adoption)
        totals += np.sum(fast.adoption, axis=1)
    considered, adopted, switched_to, _, left = totals
    assert min(considered, adopted, left) > 0, "nothing happened, so nothing was compared"
    assert switched_to > 0 or options == 1


@pytest.mark.parametrize("engine", ["compiled", "arrays"])
def test_engines_agree_without_churn_and_with_isolated_adopters(engine):
    fast, slow = (
        Town(1, 2, network="poisson", degree=0.8, churn=0.0, engine=either, adopters=60)
        for either in (engine, "agents")
    )
    for _ in range(15):
        fast.step()
        slow.step()
        assert_same(fast.population, slow.population)
    assert (fast.population.network.degrees == 0).sum() > 5
    assert np.all(np.isinf(fast.population.leave_at))


def test_complete_mixing_is_the_complete_network():
    everybody = np.stack(np.triu_indices(30, 1), axis=1)
    streams = Streams(5)
    given = Diffusion(adopters=30, network="complete", **LIVELY)
    counted = Population(mesa.Model(rng=0), given, 1.0, 2, streams, None)
    linked = Population(mesa.Model(rng=0), given, 1.0, 2, Streams(5), networks.from_edges(everybody))
    town = Town()
    for month in range(1, 15):
        town.month = month
        counted.consider(town.offers(), month)
        linked.consider(town.offers(), month)
        for name in Population.COLUMNS:
            assert np.array_equal(getattr(counted, name), getattr(linked, name)), name
    assert counted.users.sum() > 0


def test_staged_activation_news_travel_one_link_a_month():
    edges = np.array([[i, i + 1] for i in range(9)])
    for engine in ("compiled", "arrays", "agents"):
        given = Diffusion(rule="threshold", threshold=0.4, churn=0.0, engine=engine)
        people = Population(mesa.Model(rng=0), given, 1.0, 1, Streams(0), networks.from_edges(edges))
        people.put(0, 0)
        offer = Offers(np.ones(1), np.zeros(1), np.ones(1, dtype=bool))
        for month in range(1, 10):
            people.consider(offer, month)
            assert people.users[0] == month + 1


# Random numbers.


def test_same_seed_same_history():
    one, other, third = Town(7), Town(7), Town(8)
    for _ in range(10):
        for town in (one, other, third):
            town.step()
    assert_same(one.population, other.population)
    assert not np.array_equal(one.population.taste, third.population.taste)
    assert not np.array_equal(one.population.threshold, third.population.threshold)


def test_draws_belong_to_the_row_and_its_count():
    calm, busy = Town(2, q=0.1, churn=0.0), Town(2, q=3.0, churn=0.9)
    for _ in range(10):
        calm.step()
        busy.step()
    key, rows = Streams(2).key("consider"), np.arange(30)
    for town in (calm, busy):
        counts = town.population.considerations.astype(np.int64)
        assert np.array_equal(town.population.threshold, -np.log(keyed_uniform(key, rows, counts)))
    assert not np.array_equal(calm.population.considerations, busy.population.considerations)
    assert np.array_equal(calm.population.taste, busy.population.taste)
    assert np.array_equal(calm.population.benefit, busy.population.benefit)


def test_streams_of_traits_and_decisions_are_apart():
    wide, narrow = Town(2, taste_spread=1.0), Town(2, taste_spread=0.0)
    assert np.array_equal(wide.population.threshold, narrow.population.threshold)
    assert np.array_equal(wide.population.leave_at, narrow.population.leave_at)
    assert not np.allclose(np.log(wide.population.taste), np.log(wide.population.benefit))


# What the model asks of the population.


def test_contributors_are_users_above_their_products_minimum():
    population = Town(4).population
    population.choice[:] = np.arange(30) % 3 - 1
    minimum = np.array([0.5, 1.0])
    expected = [sum(a.choice == k and a.benefit > minimum[k] for a in population.adopters) for k in (0, 1)]
    assert 0 < expected[1] < expected[0] < 10
    assert population.contributors(minimum).tolist() == expected
    assert population.contributors(np.array([0.0, np.inf])).tolist() == [10, 0]


def test_surplus_adds_up_the_utility_of_users():
    town = Town(4, network_benefit=0.7)
    for row in range(20):
        town.population.put(row, row % 2)
    offers = Offers(np.array([1.0, 2.0]), np.array([0.3, 0.4]), np.array([True, False]))
    expected = sum(
        a.taste * offers.capability[a.choice] - offers.cost_of_use[a.choice] + 0.7 * a.shares()[a.choice]
        for a in town.adopters
        if a.choice != NONE
    )
    assert town.population.surplus(offers) == pytest.approx(expected, rel=1e-12)
    assert Town(4, seeds=0.0).population.surplus(offers) == 0.0


def test_memory_is_at_most_80_bytes_an_adopter():
    population = Town(options=9, adopters=5000, network="scale-free", degree=8.0).population
    owned = [value for value in vars(population).values() if isinstance(value, np.ndarray)]
    assert sum(column.nbytes for column in owned) <= 80 * 5000
    assert population.near.dtype.itemsize <= 2


# Views.


def test_views_read_and_write_the_columns():
    town = Town()
    population, adopter = town.population, Adopter(town.population, 7)
    assert (adopter.unique_id, adopter.model, adopter.pos) == (7, town, None)
    for name in ("taste", "benefit", "exposure", "threshold", "leave_at"):
        setattr(adopter, name, 0.25)
        assert getattr(population, name)[7] == 0.25 == getattr(Adopter(population, 7), name)
        assert np.count_nonzero(getattr(population, name) == 0.25) == 1
        assert type(getattr(adopter, name)) is float
    adopter.considerations, adopter.adoptions = 4, 5
    assert (population.considerations[7], population.adoptions[7]) == (4, 5)
    assert type(adopter.choice) is int
    assert adopter.random is town.random


@pytest.mark.parametrize("network", ["small-world", "complete"])
def test_setting_a_choice_tells_the_neighbours(network):
    town = Town(network=network, seeds=0.0)
    adopter = town.adopters[3]
    known = [agent.unique_id for agent in adopter.neighbours]
    assert 3 not in known
    for option, expected in ((1, [0, 1]), (0, [1, 0]), (0, [1, 0]), (NONE, [0, 0])):
        adopter.choice = option
        assert town.population.users.tolist() == expected
        for row in range(30):
            degree = len(town.population.neighbours(row))
            shares = [town.population.share(k)[row] for k in (0, 1)]
            assert shares == [used * (row in known) / degree for used in expected]
            assert Adopter(town.population, row).shares() == shares
    for wrong in (2, -2):
        with pytest.raises(ValueError, match=f"an option below 2, not {wrong}"):
            adopter.choice = wrong


def test_views_of_a_row_are_one_agent():
    one, other = Town(), Town()
    assert one.adopters[3] == one.adopters[3] != one.adopters[4]
    assert one.adopters[3] != other.adopters[3]
    assert len({one.adopters[3], one.adopters[3], other.adopters[3]}) == 2


def test_adopters_are_not_registered_and_cannot_be_removed():
    town = Town()
    assert set(map(type, town.agents)) == {Passer, Population}
    assert Adopter in town.agent_types
    with pytest.raises(TypeError, match="set its choice to -1 instead"):
        town.adopters[0].remove()
    assert len(town.adopters) == 30
    town.remove_all_agents()
    assert len(town.agents) == 0


# Mesa's AgentSet.


def rows(agents) -> list[int]:
    return [agent.unique_id for agent in agents]


@pytest.fixture
def adopters() -> AdopterSet:
    town = Town()
    for row in range(30):
        town.population.put(row, row % 3 - 1)
    return town.adopters


def test_is_an_agent_set(adopters):
    assert isinstance(adopters, AgentSet)
    assert len(adopters) == 30
    assert rows(adopters) == list(range(30)) == rows(adopters.to_list()) == rows(reversed(list(adopters)))[::-1]
    assert (adopters[4].unique_id, adopters[-1].unique_id, rows(adopters[2:5])) == (4, 29, [2, 3, 4])
    assert adopters[4] in adopters
    assert adopters.index(adopters[4]) == 4
    assert Town().adopters[4] not in adopters
    assert adopters.population not in adopters
    assert adopters.random is adopters.population.model.random


def test_select(adopters):
    assert rows(adopters.select(lambda a: a.choice == 1)) == list(range(2, 30, 3))
    assert rows(adopters.select(lambda a: a.choice == 1, at_most=2)) == [2, 5]
    assert rows(adopters.select(at_most=0.1)) == [0, 1, 2]
    assert rows(adopters.select(at_most=1.0)) == rows(adopters.select(at_most=40)) == rows(adopters.select())
    assert rows(adopters.select(agent_type=Adopter, at_most=1)) == [0]
    assert rows(adopters.select(agent_type=mesa.Agent)) == list(range(30))
    assert rows(adopters.select(agent_type=Passer)) == []
    assert rows(adopters.select(lambda _: False).select(lambda _: True)) == []
    part = adopters.select(at_most=5)
    assert part.select(lambda a: a.unique_id > 2, inplace=True) is part
    assert rows(part) == [3, 4]
    assert rows(part.select(lambda a: a.unique_id > 3)) == [4]
    assert len(adopters) == 30


def test_shuffle_and_sort(adopters):
    shuffled = adopters.shuffle()
    assert rows(shuffled) != list(range(30)) == sorted(rows(shuffled))
    assert rows(shuffled.sort("unique_id", ascending=True)) == list(range(30))
    assert rows(shuffled.sort(lambda a: a.unique_id)) == list(range(30))[::-1]
    copied = shuffled.copy()
    assert copied.shuffle(inplace=True) is copied
    assert rows(copied) != rows(shuffled)
    assert copied.sort("taste", inplace=True) is copied
    assert copied.get("taste") == sorted(adopters.get("taste"), reverse=True)


def test_do_map_and_shuffle_do(adopters):
    seen: list[int] = []

    def visit(agent: Adopter, step: int, scale: int = 1) -> int:
        seen.append(agent.unique_id)
        return agent.unique_id + step * scale

    assert adopters.do(visit, 1) is adopters
    assert seen == list(range(30))
    seen.clear()
    assert adopters.shuffle_do(visit, 1, scale=2) is adopters
    assert seen != list(range(30)) == sorted(seen)
    assert adopters.map(visit, 1, scale=2) == list(range(2, 32))
    assert adopters.map("shares")[3] == adopters[3].shares()
    assert adopters.do("__setattr__", "taste", 0.5).get("taste") == [0.5] * 30
    part = adopters.select(at_most=6)
    part.do(lambda agent: part.discard(agent))
    assert len(part) == 0


def test_get_set_and_agg(adopters):
    population = adopters.population
    assert adopters.get("choice") == population.choice.tolist()
    assert adopters.get(["unique_id", "choice"])[:2] == [[0, -1], [1, 0]]
    assert adopters.select(at_most=2).shuffle().sort("unique_id").get("choice") == [0, -1]
    assert adopters.agg("benefit", max) == population.benefit.max()
    assert adopters.agg("choice", [min, max]) == [-1, 1]
    assert adopters.set("choice", 1) is adopters
    assert population.users.tolist() == [0, 30]
    with pytest.raises(AttributeError):
        adopters.get("wealth")
    assert adopters.get("wealth", handle_missing="default", default_value=3) == [3] * 30
    assert adopters.get(["wealth", "choice"], "default", 3)[0] == [3, 1]
    with pytest.raises(ValueError, match="handle_missing"):
        adopters.get("choice", handle_missing="no")


def test_groupby(adopters):
    groups = adopters.groupby("choice")
    assert groups.count() == {-1: 10, 0: 10, 1: 10}
    assert rows(groups.groups[0]) == list(range(1, 30, 3))
    assert isinstance(groups.groups[0], AdopterSet)
    assert adopters.groupby(lambda a: a.unique_id < 5, result_type="list").count() == {True: 5, False: 25}
    assert groups.agg("choice", sum) == {-1: -10, 0: 0, 1: 10}
    assert groups.map(len) == groups.count()
    groups.do("set", "taste", 2.0)
    assert adopters.get("taste") == [2.0] * 30


def test_set_operators(adopters):
    low, even = adopters.select(at_most=4), adopters.select(lambda a: a.unique_id % 2 == 0)
    assert rows(low & even) == [0, 2]
    assert rows(low - even) == [1, 3]
    assert rows(low | even) == [0, 1, 2, 3, *range(4, 30, 2)]
    assert rows(low ^ even) == [1, 3, *range(4, 30, 2)]
    assert (low & even) <= low < adopters
    assert low == adopters.select(at_most=4).shuffle()
    assert low != even
    assert (low - even).isdisjoint(even)
    assert rows(low & adopters.select(at_most=0)) == []
    assert rows(low | [adopters[9]]) == [0, 1, 2, 3, 9]
    model = adopters.population.model
    assert rows(low & model.agents) == []
    assert rows(low - model.agents) == rows(low)
    assert set(model.agents - low) == set(model.agents)
    with pytest.raises(TypeError, match="adopters of one population only"):
        low | model.agents
    with pytest.raises(TypeError, match="adopters of one population only"):
        low ^ Town().adopters


def test_sets_can_be_changed_without_touching_the_population(adopters):
    part = adopters.select(at_most=3)
    part.add(adopters[9])
    part.add(adopters[1])
    part.discard(adopters[0])
    part.discard(adopters[0])
    part.remove(adopters[2])
    assert rows(part) == [1, 9]
    with pytest.raises(KeyError):
        part.remove(adopters[2])
    with pytest.raises(TypeError, match="adopters of one population only"):
        part.add(adopters.population.model.passer)
    part |= adopters.select(at_most=2)
    assert rows(part) == [1, 9, 0]
    part -= adopters.select(at_most=1)
    assert rows(part) == [1, 9]
    copied = copy.copy(part)
    copied.add(adopters[5])
    assert (len(part), len(copied)) == (2, 3)
    whole = adopters.copy()
    whole.discard(adopters[0])
    assert (len(whole), len(adopters)) == (29, 30)
    assert rows(AdopterSet([adopters[3], adopters[1], adopters[3]])) == [3, 1]
    with pytest.raises(ValueError, match="no adopters"):
        AdopterSet([])


def test_datacollector_reports_adopters():
    town = Town()
    town.step()
    town.step()
    table = town.datacollector.get_agenttype_vars_dataframe(Adopter)
    assert table.shape == (60, 2)
    last = table.xs(table.index.get_level_values(0).max(), level=0)
    assert last.index.tolist() == list(range(30))
    assert last["choice"].tolist() == town.population.choice.tolist()
    assert last["taste"].tolist() == town.population.taste.tolist()
    assert len(town.datacollector.get_agenttype_vars_dataframe(Population)) == 2


CLONES = {
    "deepcopy": copy.deepcopy,
    "pickle": lambda town: pickle.loads(pickle.dumps(town)),
    "pickled by its population": lambda town: pickle.loads(pickle.dumps(town.population)).model,
    "pickled by an adopter": lambda town: pickle.loads(pickle.dumps(town.favourite)).model,
    "copied by a set": lambda town: copy.deepcopy(town.circle).population.model,
}


@pytest.mark.parametrize("clone", CLONES.values(), ids=CLONES)
@pytest.mark.parametrize("network", ["scale-free", "complete"])
def test_clones_live_on_apart(clone, network):
    town = Town(6, network=network)
    town.favourite = town.adopters[3]
    town.circle = town.adopters.select(at_most=4)
    town.friends = {town.favourite: "by name"}
    town.datacollector = DataCollector()  # one with reporters by name holds local functions, which do not pickle
    town.step()
    other = clone(town)
    assert other.population is not town.population
    assert other.adopters.population is other.population is other.favourite.population
    assert other.favourite == other.adopters[3]
    assert other.friends[other.adopters[3]] == "by name"
    assert rows(other.circle) == [0, 1, 2, 3]
    before = town.population.choice.copy()
    for _ in range(6):
        other.step()
    assert np.array_equal(town.population.choice, before)
    assert other.favourite.choice == other.population.choice[3]
    for _ in range(6):
        town.step()
    assert_same(town.population, other.population)
