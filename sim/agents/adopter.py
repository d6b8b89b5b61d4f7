"""Adopters: the rows of a population, from one to millions, each still an agent.

``Population`` is the one registered agent and owns the columns; ``Adopter`` is a view of one row, made when asked for
and writing through; ``AdopterSet`` is Mesa's ``AgentSet`` over rows. Activation is staged: all look at the state at the
start of the month, then all move. The array engine and the reference engine, which asks one ``Adopter`` after the
other, agree bit for bit.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING, Any, NamedTuple

import mesa
import numpy as np
from mesa.agent import AgentSet
from numpy.typing import NDArray

from sim.agents.actor import Actor
from sim.mechanisms import diffusion as theory
from sim.networks import Network
from sim.parameters import Diffusion
from sim.streams import Streams, keyed_uniform

if TYPE_CHECKING:
    from sim.model import InnovationModel

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Ints = NDArray[np.int64]

NONE = -1  # the choice of an adopter that uses nothing
EVERYBODY = slice(None)


@dataclass(frozen=True, eq=False)
class Offers:
    """What each of K options is worth and costs this month.

    Attributes:
        capability: shape (K,).
        cost_of_use: utility, shape (K,).
        available: whether it is on offer, shape (K,).
    """

    capability: Floats
    cost_of_use: Floats
    available: Bools


class Adoption(NamedTuple):
    """What a month did to each option, adopters, int64, shape (K,) each.

    users after = users before + adopted + switched_to - switched_from - left.
    """

    considered: Ints
    adopted: Ints
    switched_to: Ints
    switched_from: Ints
    left: Ints


class Intent(NamedTuple):
    """What one adopter means to do after looking: the options it considered, and its next choice."""

    considered: tuple[int, ...]
    choice: int


class Population(Actor):
    """The adopters of a model as columns, one entry each.

    Attributes:
        choice: option in use, -1 for none, int8.
        near: how many neighbours use each option, shape (N, K); kept up only around those who change.
        taste: utility per unit of capability, lognormal.
        benefit: private benefit of contributing, lognormal of median 1.
        exposure: hazard summed since the last consideration; at ``threshold``, a draw from Exp(1), comes the next one.
        leave_at: month at which the adopter leaves what it uses, inf for never.
        considerations, adoptions: how many of either there were, which number the adopter's own random draws.
    """

    COLUMNS = ("choice", "taste", "benefit", "exposure", "threshold", "leave_at", "considerations", "adoptions")

    def __init__(
        self,
        model: InnovationModel,
        diffusion: Diffusion,
        benefit_spread: float,
        options: int,
        streams: Streams,
        network: Network | None,
    ) -> None:
        """Draw the columns.

        Args:
            model: the model that the population is registered with.
            diffusion: parameters; the network, if there is one, sets the number of adopters.
            benefit_spread: standard deviation of log ``benefit``.
            options: K, one product per firm.
            streams: the run's random streams.
            network: who knows whom, or None if everybody knows everybody.
        """
        super().__init__(model)
        self.diffusion = diffusion
        self.options = options
        self.network = network
        self.size = n = diffusion.adopters if network is None else network.n
        self._keys = {name: streams.key(name) for name in ("consider", "option", "leave")}
        self.choice = np.full(n, NONE, dtype=np.int8)
        self.taste = diffusion.taste * np.exp(diffusion.taste_spread * streams["taste"].standard_normal(n))
        self.benefit = np.exp(benefit_spread * streams["benefit"].standard_normal(n))
        self.considerations = np.zeros(n, dtype=np.int32)
        self.adoptions = np.zeros(n, dtype=np.int32)
        self.exposure = np.zeros(n)
        self.threshold = self.wait("consider", np.arange(n), self.considerations)
        self.leave_at = np.full(n, np.inf)
        if network is not None:
            degrees = network.degrees
            small = np.min_scalar_type(int(degrees.max()))
            self._known = np.maximum(degrees, 1).astype(small)  # an isolated adopter's share is 0 / 1
            self.near = np.zeros((n, options), dtype=small, order="F")
        if diffusion.seeds > 0.0:
            seeds = streams["seeds"].permutation(n)[: max(1, round(diffusion.seeds * n))]
            self._move(np.sort(seeds), np.zeros(len(seeds), dtype=np.int64), 0)

    @property
    def users(self) -> Ints:
        """Users of each option, shape (K,)."""
        return np.array([np.count_nonzero(self.choice == k) for k in range(self.options)], dtype=np.int64)

    @property
    def adopters(self) -> AdopterSet:
        """All adopters, as agents."""
        return AdopterSet.of(self, range(self.size))

    def contributors(self, minimum: Floats) -> Ints:
        """Return how many users of each option have a private benefit above its ``minimum`` (K,), shape (K,)."""
        willing = [
            np.count_nonzero((self.choice == k) & (self.benefit > least)) for k, least in enumerate(minimum.tolist())
        ]
        return np.array(willing, dtype=np.int64)

    def surplus(self, offers: Offers) -> float:
        """Return the sum of users' utilities from what they use."""
        total = 0.0
        for k in range(self.options):
            rows = np.flatnonzero(self.choice == k)
            worth = theory.utility(
                self.taste[rows],
                offers.capability[k],
                offers.cost_of_use[k],
                self.diffusion.network_benefit,
                self.share(k, rows),
            )
            total += float(worth.sum())
        return total

    def share(self, option: int, rows: Ints | slice = EVERYBODY) -> Floats:
        """Return the share of their neighbours that use ``option``, for some rows; 0 for who has no neighbours."""
        if self.network is None:
            mine = self.choice[rows] == option
            return np.asarray((np.count_nonzero(self.choice == option) - mine) / max(self.size - 1, 1))
        return np.asarray(self.near[rows, option] / self._known[rows])

    def consider(self, offers: Offers, month: int) -> Adoption:
        """Let all adopters look at the offers and at each other, then move; ``month`` counts from 1."""
        before = self.choice.copy()
        if self.diffusion.engine == "agents":
            intents = self.adopters.map("look", offers, month)
            counted = [sum(k in intent.considered for intent in intents) for k in range(self.options)]
            considered = np.array(counted, dtype=np.int64)
            for adopter, intent in zip(self.adopters, intents, strict=True):
                adopter.move(intent, month)
        else:
            considered = self._consider_at_once(offers, month)
        return self._account(before, considered)

    def draw(self, stream: str, rows: Ints, draws: NDArray[np.integer[Any]]) -> Floats:
        """Return one uniform per row from a keyed stream: "consider", "option" or "leave"."""
        return keyed_uniform(self._keys[stream], rows, draws.astype(np.int64))

    def wait(self, stream: str, rows: Ints, draws: NDArray[np.integer[Any]]) -> Floats:
        """Return one draw from Exp(1) per row from a keyed stream."""
        return -np.log(self.draw(stream, rows, draws))

    def leaving_month(self, rows: Ints, month: int) -> Floats:
        """Return the month at which adopters of ``month`` will leave, inf without churn, shape of ``rows``."""
        if self.diffusion.churn == 0.0:
            return np.full(len(rows), np.inf)
        with np.errstate(over="ignore"):  # a churn of next to nothing means never
            return month + self.wait("leave", rows, self.adoptions[rows]) / self.diffusion.churn

    def neighbours(self, row: int) -> Ints:
        """Return the rows of the neighbours of one adopter."""
        if self.network is None:
            return np.delete(np.arange(self.size), row)
        return self.network.neighbours(row).astype(np.int64)

    def put(self, row: int, option: int) -> None:
        """Make one adopter use ``option`` (-1 for none) and tell its neighbours.

        Raises:
            ValueError: there is no such option.
        """
        if not NONE <= option < self.options:
            raise ValueError(f"choice: must be -1 for none or an option below {self.options}, not {option}")
        old = int(self.choice[row])
        self.choice[row] = option
        if self.network is not None:
            known = self.network.neighbours(row)
            if old != NONE:
                self.near[known, old] -= 1
            if option != NONE:
                self.near[known, option] += 1

    def _consider_at_once(self, offers: Offers, month: int) -> Ints:
        leaving = (self.choice != NONE) & (self.leave_at <= month)
        find = self._past_share if self.diffusion.rule == "threshold" else self._past_hazard
        rows, considering = find(offers, leaving)
        shares = self._shares(rows)
        worth = theory.utility(
            self.taste[rows, None], offers.capability, offers.cost_of_use, self.diffusion.network_benefit, shares
        )
        accepts = theory.acceptable(
            worth, offers.available, self.choice[rows].astype(np.int64), self.diffusion.switching_cost
        )
        takes = considering & accepts
        taking = np.flatnonzero(takes.any(axis=1))
        ties = theory.largest(takes[taking], shares[taking])
        target = theory.drawn_option(ties, self.draw("option", rows[taking], self.considerations[rows[taking]]))
        self.considerations[rows] += 1
        out = np.flatnonzero(leaving)
        self._move(np.concatenate([rows[taking], out]), np.concatenate([target, np.full(len(out), NONE)]), month)
        return np.asarray(considering.sum(axis=0, dtype=np.int64))

    def _past_hazard(self, offers: Offers, leaving: Bools) -> tuple[Ints, Bools]:
        """Add the month's hazard to exposures; return the rows past their threshold and the option each considers."""
        p, q = self.diffusion.p, self.diffusion.q
        total = np.zeros(self.size)
        for k in np.flatnonzero(offers.available).tolist():
            total += theory.hazard(self.share(k), p, q) * (self.choice != k)
        total *= ~leaving
        self.exposure += total
        rows = np.flatnonzero((self.exposure >= self.threshold) & (total > 0.0))
        others = offers.available & (self.choice[rows, None] != np.arange(self.options))
        hazards = np.where(others, theory.hazard(self._shares(rows), p, q), 0.0)
        option = theory.drawn_option(hazards, self.draw("option", rows, self.considerations[rows]))
        self.exposure[rows] = 0.0
        self.threshold[rows] = self.wait("consider", rows, self.considerations[rows] + 1)
        return rows, option[:, None] == np.arange(self.options)

    def _past_share(self, offers: Offers, leaving: Bools) -> tuple[Ints, Bools]:
        """Return the rows with a share of neighbours past the threshold rule, and which options they consider."""
        past = np.zeros((self.size, self.options), dtype=np.bool_)
        for k in np.flatnonzero(offers.available).tolist():
            past[:, k] = theory.prompted(self.share(k), self.diffusion.threshold) & (self.choice != k)
        past[leaving] = False
        rows = np.flatnonzero(past.any(axis=1))
        return rows, past[rows]

    def _shares(self, rows: Ints) -> Floats:
        """Shares of all options for some rows, shape (rows, K)."""
        return np.stack([self.share(k, rows) for k in range(self.options)], axis=1)

    def _move(self, rows: Ints, target: Ints, month: int) -> None:
        """Commit new choices, tell neighbours, and draw when those who took something up will leave it."""
        old = self.choice[rows]
        if self.network is not None:
            for k in range(self.options):
                for known in self.network.around(rows[old == k]):
                    np.subtract.at(self.near[:, k], known, 1)
                for known in self.network.around(rows[target == k]):
                    np.add.at(self.near[:, k], known, 1)
        self.choice[rows] = target
        self.leave_at[rows] = np.inf
        taken = rows[target != NONE]
        self.leave_at[taken] = self.leaving_month(taken, month)
        self.adoptions[taken] += 1

    def _account(self, before: NDArray[np.int8], considered: Ints) -> Adoption:
        changed = np.flatnonzero(before != self.choice)
        old, new = before[changed], self.choice[changed]
        came, went, both = old == NONE, new == NONE, (old != NONE) & (new != NONE)
        counted = (new[came], new[both], old[both], old[went])
        return Adoption(considered, *(np.bincount(part, minlength=self.options) for part in counted))


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
    def model(self) -> InnovationModel:  # type: ignore[override]
        """The population's model."""
        model: InnovationModel = self.population.model
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
        self.threshold = -np.log(self._draw("consider", ahead=1))
        return [_drawn(hazards, uniform)]

    def _draw(self, stream: str, ahead: int = 0) -> np.float64:
        count = np.array([self.considerations + ahead])
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
        if attr_names in Population.COLUMNS:
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
