"""Adopters as agents: views of the rows of a population, and sets of them.

``Adopter`` is a view of one row, made when asked for and writing through; ``AdopterSet`` is Mesa's ``AgentSet`` over
rows. Their ``look`` and ``move`` are the reference engine.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Iterator
from random import Random
from typing import TYPE_CHECKING, Any

import mesa
import numpy as np
from mesa.agent import AgentSet

from sim.agents.offers import NONE, Intent, Offers

if TYPE_CHECKING:
    from sim.agents.actor import World
    from sim.agents.population import Population


class _Column:
    """One entry of a column of the population, read and written through a row's view."""

    def __init__(self, meaning: str) -> None:
        self.__doc__ = meaning

    def __set_name__(self, owner: type[Adopter], name: str) -> None:
        self._name = name

    def __get__(self, adopter: Adopter | None, owner: type[Adopter]) -> Any:
        return self if adopter is None else getattr(adopter.population, self._name)[adopter.unique_id].item()

    def __set__(self, adopter: Adopter, value: float) -> None:
        getattr(adopter.population, self._name)[adopter.unique_id] = value


class Adopter(mesa.Agent):
    """One row of a population as an agent: made when asked for, written through, never registered.

    ``look`` and ``move`` are the reference engine. They spell out in scalars what the population does with arrays,
    and count neighbours afresh, so that each checks the other.

    Attributes:
        population: the population that owns the row.
        unique_id: the number of the row.
    """

    taste = _Column("Utility per unit of capability.")
    benefit = _Column("Private benefit of contributing, relative to the median.")
    exposure = _Column("Hazard summed since the last consideration.")
    threshold = _Column("Exposure at which the adopter considers next.")
    leave_at = _Column("Month at which it leaves what it uses, inf for never.")
    considerations = _Column("How often it considered.")
    adoptions = _Column("How often it took something up.")

    def __init__(self, population: Population, row: int) -> None:
        # Mesa's own constructor would register the view.
        self.population = population
        self.unique_id = row
        self.pos = None

    @property
    def model(self) -> World:  # type: ignore[override]
        """The population's model."""
        model: World = self.population.model
        return model

    @property
    def choice(self) -> int:
        """The option in use, -1 for none; setting it tells the neighbours and draws nothing."""
        return int(self.population.choice[self.unique_id])

    @choice.setter
    def choice(self, option: int) -> None:
        self.population.put(self.unique_id, option)

    @property
    def neighbours(self) -> AdopterSet:
        """The adopters that it knows."""
        return AdopterSet.of(self.population, self.population.neighbours(self.unique_id).tolist())

    def shares(self) -> list[float]:
        """Return the share of neighbours that use each option, counted afresh."""
        used = self.population.choice[self.population.neighbours(self.unique_id)]
        return [np.count_nonzero(used == k) / max(len(used), 1) for k in range(self.population.options)]

    def look(self, offers: Offers, month: int) -> Intent:
        """Leave, or consider and choose; nothing changes yet that others see."""
        if self.choice != NONE and self.leave_at <= month:
            return Intent((), NONE)
        given, shares = self.population.diffusion, self.shares()
        others = [k for k in range(self.population.options) if offers.available[k] and k != self.choice]
        uniform = self._draw("option")
        if given.rule == "threshold":
            considered = [k for k in others if shares[k] >= given.threshold and shares[k] > 0.0]
        else:
            considered = self._stirred({k: given.p + given.q * shares[k] for k in others}, uniform)
        if not considered:
            return Intent((), self.choice)
        self.considerations += 1
        worth = [
            self.taste * offers.capability[k] - offers.cost_of_use[k] + given.network_benefit * shares[k]
            for k in range(self.population.options)
        ]
        best = max(worth[k] for k in range(self.population.options) if offers.available[k])
        bar = 0.0 if self.choice == NONE else max(worth[self.choice] + given.switching_cost, 0.0)
        takes = [k for k in considered if worth[k] >= best and worth[k] > bar]
        tied = [k for k in takes if shares[k] == max(shares[j] for j in takes)]
        return Intent(tuple(considered), _drawn(dict.fromkeys(tied, 1.0), uniform) if tied else self.choice)

    def move(self, intent: Intent, month: int) -> None:
        """Do what ``look`` decided."""
        if intent.choice == self.choice:
            return
        self.choice = intent.choice
        self.leave_at = np.inf
        if self.choice != NONE:
            self.leave_at = self.population.leaving_month(np.array([self.unique_id]), month)[0]
            self.adoptions += 1

    def remove(self) -> None:
        """Refuse: a row cannot leave its population."""
        raise TypeError("an adopter is a row of its population and cannot be removed: set its choice to -1 instead")

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Adopter) and self.unique_id == other.unique_id and self.population is other.population

    def __hash__(self) -> int:
        return hash(self.unique_id)

    def __reduce__(self) -> tuple[type[Adopter], tuple[Population, int]]:
        return Adopter, (self.population, self.unique_id)

    def _stirred(self, hazards: dict[int, float], uniform: float) -> list[int]:
        """Add hazards to the exposure; past the threshold, return the option that it considers, and start again."""
        total = 0.0
        for hazard in hazards.values():
            total += hazard
        self.exposure += total
        if total == 0.0 or self.exposure < self.threshold:
            return []
        self.exposure = 0.0
        self.threshold = self.population.wait(
            "consider", np.array([self.unique_id]), np.array([self.considerations + 1])
        )[0]
        return [_drawn(hazards, uniform)]

    def _draw(self, stream: str) -> np.float64:
        count = np.array([self.considerations])
        return np.float64(self.population.draw(stream, np.array([self.unique_id]), count)[0])


def _drawn(weights: dict[int, float], uniform: float) -> int:
    """Return the first key at which the running sum of weights reaches ``uniform`` times their total."""
    total = 0.0
    for weight in weights.values():
        total += weight
    running = 0.0
    for key, weight in weights.items():
        running += weight
        if running >= uniform * total:
            return key
    raise ValueError("no weight is positive")


class AdopterSet(AgentSet):
    """An ordered set of adopters of one population, with the interface of Mesa's ``AgentSet``.

    Mesa's own set holds its agents weakly, and so would lose views; this one holds their rows.
    """

    def __init__(self, agents: Iterable[Adopter], random: Random | None = None) -> None:
        """Make a set of adopters of one population, one of them at least.

        Raises:
            ValueError: no adopters.
            TypeError: something else than adopters of one population.
        """
        adopters = list(agents)
        if not adopters:
            raise ValueError("no adopters: take a part of population.adopters instead")
        self.population = adopters[0].population
        self.random = random or self.population.model.random
        self._rows: range | dict[int, None] = dict.fromkeys(self._rows_of(adopters))

    @classmethod
    def of(cls, population: Population, rows: range | Iterable[int], random: Random | None = None) -> AdopterSet:
        """Return the set of the adopters in ``rows`` of ``population``, perhaps none."""
        made = cls.__new__(cls)
        made.population = population
        made.random = random or population.model.random
        made._rows = rows if isinstance(rows, range) else dict.fromkeys(rows)
        return made

    def __len__(self) -> int:
        return len(self._rows)

    def __iter__(self) -> Iterator[Adopter]:
        return (Adopter(self.population, row) for row in self._rows)

    def __contains__(self, agent: object) -> bool:
        return isinstance(agent, Adopter) and agent.population is self.population and agent.unique_id in self._rows

    def __getitem__(self, item: Any) -> Any:
        rows = self._rows if isinstance(self._rows, range) else list(self._rows)
        if isinstance(item, slice):
            return [Adopter(self.population, row) for row in rows[item]]
        return Adopter(self.population, rows[item])

    def to_list(self) -> list[Adopter]:
        """Return the adopters as a list."""
        return list(self)

    def copy(self) -> AdopterSet:
        """Return a set of the same adopters."""
        return self._part(self._rows)

    __copy__ = copy

    def select(
        self,
        filter_func: Callable[[Any], bool] | None = None,
        at_most: float = float("inf"),
        inplace: bool = False,
        agent_type: type[mesa.Agent] | None = None,
    ) -> AdopterSet:
        """Return the first ``at_most`` adopters (a share if it is a float up to 1) that pass ``filter_func``."""
        most = int(len(self) * at_most) if isinstance(at_most, float) and at_most <= 1.0 else at_most
        rows: list[int] = []
        if agent_type is None or issubclass(Adopter, agent_type):
            for agent in self:
                if len(rows) >= most:
                    break
                if filter_func is None or filter_func(agent):
                    rows.append(agent.unique_id)
        return self._update_rows(rows) if inplace else self._part(rows)

    def shuffle(self, inplace: bool = False) -> AdopterSet:
        """Return the adopters in random order."""
        rows = list(self._rows)
        self.random.shuffle(rows)
        return self._update_rows(rows) if inplace else self._part(rows)

    def sort(self, key: Callable[[Any], Any] | str, ascending: bool = False, inplace: bool = False) -> AdopterSet:
        """Return the adopters in the order of an attribute or a function, falling unless ``ascending``."""
        by = operator.attrgetter(key) if isinstance(key, str) else key
        rows = [agent.unique_id for agent in sorted(self, key=by, reverse=not ascending)]
        return self._update_rows(rows) if inplace else self._part(rows)

    def do(self, method: str | Callable[..., Any], *args: Any, **kwargs: Any) -> AdopterSet:
        """Call a method or function on each adopter."""
        for row in tuple(self._rows):
            agent = Adopter(self.population, row)
            if isinstance(method, str):
                getattr(agent, method)(*args, **kwargs)
            else:
                method(agent, *args, **kwargs)
        return self

    def shuffle_do(self, method: str | Callable[..., Any], *args: Any, **kwargs: Any) -> AdopterSet:
        """Call a method or function on each adopter in random order."""
        self.shuffle().do(method, *args, **kwargs)
        return self

    def map(self, method: str | Callable[..., Any], *args: Any, **kwargs: Any) -> list[Any]:
        """Call a method or function on each adopter and return what it returns."""
        agents = (Adopter(self.population, row) for row in tuple(self._rows))
        if isinstance(method, str):
            return [getattr(agent, method)(*args, **kwargs) for agent in agents]
        return [method(agent, *args, **kwargs) for agent in agents]

    def get(self, attr_names: Any, handle_missing: Any = "error", default_value: Any = None) -> list[Any]:
        """Return an attribute of each adopter, or a list of several; whole columns are read at once."""
        if handle_missing not in ("error", "default"):
            raise ValueError(f"handle_missing: must be 'error' or 'default', not {handle_missing!r}")
        if not isinstance(attr_names, str):
            columns = [self.get(name, handle_missing, default_value) for name in attr_names]
            return [list(row) for row in zip(*columns, strict=True)]
        if attr_names in self.population.COLUMNS:
            entries: list[Any] = getattr(self.population, attr_names)[list(self._rows)].tolist()
            return entries
        missing = (default_value,) if handle_missing == "default" else ()
        return [getattr(agent, attr_names, *missing) for agent in self]

    def groupby(self, by: Callable[[Any], Any] | str, result_type: str = "agentset") -> Any:
        """Group by an attribute or a function into adopter sets, or lists with ``result_type="list"``."""
        groups = super().groupby(by, result_type="list")
        if result_type == "agentset":
            groups.groups = {key: self._part(a.unique_id for a in agents) for key, agents in groups.groups.items()}
        return groups

    def add(self, agent: mesa.Agent) -> None:
        """Add an adopter of the same population."""
        self._own().update(dict.fromkeys(self._rows_of([agent])))

    def discard(self, agent: mesa.Agent) -> None:
        """Drop an adopter from the set, if it is there; it stays in the population."""
        if agent in self:
            del self._own()[agent.unique_id]

    def remove(self, agent: mesa.Agent) -> None:
        """Drop an adopter from the set; it stays in the population.

        Raises:
            KeyError: it is not there.
        """
        if agent not in self:
            raise KeyError(agent)
        self.discard(agent)

    def __and__(self, other: Iterable[Any]) -> AdopterSet:
        mine = {agent.unique_id for agent in other if agent in self}
        return self._part(row for row in self._rows if row in mine)

    def __or__(self, other: Iterable[Any]) -> AdopterSet:
        return self._part([*self._rows, *self._rows_of(other)])

    def __sub__(self, other: Iterable[Any]) -> AdopterSet:
        gone = {agent.unique_id for agent in other if agent in self}
        return self._part(row for row in self._rows if row not in gone)

    def __xor__(self, other: Iterable[Any]) -> AdopterSet:
        theirs = dict.fromkeys(self._rows_of(other))
        mine = [row for row in self._rows if row not in theirs]
        return self._part([*mine, *(row for row in theirs if row not in self._rows)])

    def __rsub__(self, other: Iterable[Any]) -> AgentSet:
        return AgentSet([agent for agent in other if agent not in self], self.random)

    __rand__, __ror__, __rxor__ = __and__, __or__, __xor__

    def __getstate__(self) -> dict[str, Any]:
        return {"population": self.population, "rows": self._rows, "random": self.random}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.population, self._rows, self.random = state["population"], state["rows"], state["random"]

    def _part(self, rows: range | Iterable[int]) -> AdopterSet:
        return AdopterSet.of(self.population, rows, self.random)

    def _update_rows(self, rows: Iterable[int]) -> AdopterSet:
        self._rows = dict.fromkeys(rows)
        return self

    def _own(self) -> dict[int, None]:
        """The rows as a dictionary that may be changed."""
        if isinstance(self._rows, range):
            self._rows = dict.fromkeys(self._rows)
        return self._rows

    def _rows_of(self, agents: Iterable[Any]) -> list[int]:
        """Rows of adopters of this population; anything else has no row."""
        rows = []
        for agent in agents:
            if not (isinstance(agent, Adopter) and agent.population is self.population):
                raise TypeError(f"a set of adopters holds adopters of one population only, not {agent!r}")
            rows.append(agent.unique_id)
        return rows
