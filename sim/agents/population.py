"""The population: adopters as columns, from one to millions of rows, in one registered agent.

Activation is staged: all look at the state at the start of the month, then all move. The array engine here and the
reference engine, which asks one ``Adopter`` after the other, agree bit for bit.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.agents.actor import Actor, World
from sim.agents.adopter import AdopterSet
from sim.agents.offers import NONE, Adoption, Offers
from sim.mechanisms import diffusion as theory
from sim.networks import Network
from sim.parameters import Diffusion
from sim.streams import Streams, keyed_uniform

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Ints = NDArray[np.int64]

EVERYBODY = slice(None)


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
        model: World,
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
