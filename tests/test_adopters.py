"""Adopters as agents: views that write through, sets with Mesa's own interface, and no leak."""

from __future__ import annotations

import copy
import gc
import pickle
import weakref

import mesa
import numpy as np
import pytest
from mesa.agent import AgentSet
from mesa.datacollection import DataCollector

from sim.agents.adopter import Adopter, AdopterSet
from sim.agents.rows import Column, Row, RowSet
from tests.town import build, offer, step

NONE = -1


def choice(adopter: Adopter) -> int:
    return adopter.choice


def number(agent: mesa.Agent) -> int:
    return agent.unique_id


class Passer(mesa.Agent):
    """A registered agent that is no adopter."""


class Firm(Row):
    """A view of another table, to see that sets serve any."""

    noun = "firm"
    users = Column("world.firms", "users", "Users of its product.")


class Town(mesa.Model):
    """The least model that has adopters."""

    def __init__(self, seed: int = 0, **changes):
        super().__init__(rng=seed)
        lively = {"adopters": 30, "p": 0.2, "q": 1.5, "churn": 0.15, "switching_cost": 0.02, "degree": 4.0}
        self.world = build(seed, **lively | changes)
        self.tables, self.crowd, self.state = self.world.tables, self.world.crowd, self.world.tables.world[0]
        self.passer = Passer(self)
        self.agents_by_type[Adopter] = AdopterSet(self)
        self.agents_by_type[Firm] = RowSet(self, Firm, range(2))
        self.datacollector = DataCollector(agenttype_reporters={Adopter: {"choice": choice}, Firm: {"id": number}})

    @property
    def adopters(self) -> AdopterSet:
        return self.agents_by_type[Adopter]

    def step(self):
        offer(self.world, capability=[1.0, 1.2])
        step(self.world)
        self.datacollector.collect(self)


def test_views_read_and_write_the_columns():
    town = Town(churn=0.0)
    traits, adopter = town.world.crowd.traits, Adopter(town, 7)
    assert (adopter.unique_id, adopter.row, adopter.model, adopter.pos, adopter.leaves) == (10, 7, town, None, None)
    for name in ("taste", "benefit"):
        setattr(adopter, name, 0.25)
        assert traits[name][7] == 0.25 == getattr(Adopter(town, 7), name)
        assert np.count_nonzero(traits[name] == 0.25) == 1
        assert type(getattr(adopter, name)) is float
    assert type(adopter.choice) is int
    assert adopter.random is town.random
    assert Town(seeds=1.0).adopters[0].leaves >= 1


@pytest.mark.parametrize("network", ["small-world", "complete"])
def test_setting_a_choice_tells_the_neighbours(network):
    town = Town(network=network)
    adopter = town.adopters[3]
    known = [agent.row for agent in adopter.neighbours]
    assert 3 not in known
    for option, expected in ((1, [0, 1]), (0, [1, 0]), (0, [1, 0]), (NONE, [0, 0])):
        adopter.choice = option
        assert town.world.firms.users.tolist() == expected
        for other in town.adopters:
            degree = len(other.neighbours)
            assert other.shares() == [used * (other.row in known) / degree for used in expected]
    for wrong in (2, -2):
        with pytest.raises(ValueError, match=f"an option below 2, not {wrong}"):
            adopter.choice = wrong


def test_a_view_tells_what_it_is():
    town = Town()
    adopter = town.adopters[14]
    n = len(adopter.neighbours)
    assert repr(adopter) == f"Adopter 17: uses nothing, {n} neighbours"
    adopter.choice = 0
    assert repr(adopter) == f"Adopter 17: uses firm 0, {n} neighbours"
    assert repr(Town(network="complete").adopters[0]) == "Adopter 3: uses nothing, 29 neighbours"
    assert repr(town.adopters) == "30 of Adopter"


def test_views_of_a_row_are_one_agent():
    one, other = Town(), Town()
    assert one.adopters[3] == one.adopters[3] != one.adopters[4]
    assert one.adopters[3] != other.adopters[3]
    assert Firm(one, 3) != one.adopters[3]
    assert len({one.adopters[3], one.adopters[3], other.adopters[3]}) == 2


def test_adopters_are_not_registered_and_cannot_be_removed():
    town = Town()
    assert set(map(type, town.agents)) == {Passer}
    assert Adopter in town.agent_types
    with pytest.raises(TypeError, match="set its choice to -1 instead"):
        town.adopters[0].remove()
    assert len(town.adopters) == 30


def test_views_do_not_keep_the_model_alive():
    town = Town()
    getattr(mesa.Agent, "_ids", {}).pop(town, None)  # of the passer, whom Mesa 3.3 keeps
    made = [town.adopters[3].neighbours, town.adopters.select(at_most=3), town.adopters.to_frame()]
    gone = weakref.ref(town)
    del town, made
    gc.collect()
    assert gone() is None


def test_sets_serve_any_table_and_the_collector():
    town = Town()
    for _ in range(3):
        town.step()
    firms = town.agents_by_type[Firm]
    assert firms.get("users") == town.world.firms.users.tolist() == [firms.agg("users", list)[0], firms[1].users]
    assert (firms[1].unique_id, repr(firms[1])) == (2, "Firm 2")
    found = town.datacollector.get_agenttype_vars_dataframe(Adopter).loc[3].choice
    assert found.tolist() == town.adopters.get("choice")
    assert found.index.tolist() == list(range(3, 33)) == town.adopters.get("unique_id")


def test_to_frame():
    town = Town(seeds=0.5)
    frame = town.adopters.to_frame()
    assert set(frame) == {"choice", "taste", "benefit", "left", "since"}
    assert frame.index.tolist() == list(range(3, 33))
    assert np.array_equal(frame.taste, town.world.crowd.traits.taste)
    part = town.adopters.select(lambda a: a.choice == 0).to_frame("choice", "leaves")
    assert list(part) == ["choice", "leaves"]
    assert part.choice.tolist() == [0] * 15


def test_sets_and_views_can_be_pickled():
    town = Town()
    town.favourite = town.adopters[3]
    town.step()
    other = pickle.loads(pickle.dumps(town))
    assert other.favourite.model is other is other.adopters.model
    before = town.adopters.get("choice")
    other.step()
    assert town.adopters.get("choice") == before
    town.step()
    assert town.adopters.get("choice") == other.adopters.get("choice")


# Mesa's AgentSet.


def rows(agents) -> list[int]:
    return [agent.row for agent in agents]


@pytest.fixture
def adopters() -> AdopterSet:
    town = Town()
    for row in range(30):
        town.adopters[row].choice = row % 3 - 1
    return town.adopters


def test_is_an_agent_set(adopters):
    assert isinstance(adopters, AgentSet)
    assert len(adopters) == 30
    assert rows(adopters) == list(range(30)) == rows(adopters.to_list()) == rows(reversed(list(adopters)))[::-1]
    assert (adopters[4].row, adopters[-1].row, rows(adopters[2:5])) == (4, 29, [2, 3, 4])
    assert adopters[4] in adopters
    assert adopters.index(adopters[4]) == 4
    assert Town().adopters[4] not in adopters
    assert adopters.random is adopters.model.random


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
    assert part.select(lambda a: a.row > 2, inplace=True) is part
    assert rows(part) == [3, 4]
    assert rows(part.select(lambda a: a.row > 3)) == [4]
    assert len(adopters) == 30


def test_shuffle_and_sort(adopters):
    shuffled = adopters.shuffle()
    assert rows(shuffled) != list(range(30)) == sorted(rows(shuffled))
    assert rows(shuffled.sort("row", ascending=True)) == list(range(30))
    assert rows(shuffled.sort(lambda a: a.row)) == list(range(30))[::-1]
    copied = shuffled.copy()
    assert copied.shuffle(inplace=True) is copied
    assert rows(copied) != rows(shuffled)
    assert copied.sort("taste", inplace=True) is copied
    assert copied.get("taste") == sorted(adopters.get("taste"), reverse=True)


def test_do_map_and_shuffle_do(adopters):
    seen: list[int] = []

    def visit(agent: Adopter, step: int, scale: int = 1) -> int:
        seen.append(agent.row)
        return agent.row + step * scale

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
    world = adopters.model.world
    assert adopters.get("choice") == world.crowd.adopters.choice.tolist()
    assert adopters.get(["row", "choice"])[:2] == [[0, -1], [1, 0]]
    assert adopters.select(at_most=2).shuffle().sort("row").get("choice") == [0, -1]
    assert adopters.agg("benefit", max) == world.crowd.traits.benefit.max()
    assert adopters.agg("choice", [min, max]) == [-1, 1]
    assert adopters.set("choice", 1) is adopters
    assert world.firms.users.tolist() == [0, 30]
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
    assert adopters.groupby(lambda a: a.row < 5, result_type="list").count() == {True: 5, False: 25}
    assert groups.agg("choice", sum) == {-1: -10, 0: 0, 1: 10}
    assert groups.map(len) == groups.count()
    groups.do("set", "taste", 2.0)
    assert adopters.get("taste") == [2.0] * 30


def test_set_operators(adopters):
    low, even = adopters.select(at_most=4), adopters.select(lambda a: a.row % 2 == 0)
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
    model = adopters.model
    assert rows(low & model.agents) == []
    assert rows(low - model.agents) == rows(low)
    assert set(model.agents - low) == set(model.agents)
    with pytest.raises(TypeError, match="adopters of one model only"):
        low | model.agents
    with pytest.raises(TypeError, match="adopters of one model only"):
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
    with pytest.raises(TypeError, match="adopters of one model only"):
        part.add(adopters.model.passer)
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
