"""The population: adopters as columns, from one to millions of rows, in one registered agent.

Activation is staged: all look at the state at the start of the month, then all move. Three engines agree bit for bit:
compiled loops; whole arrays, which spell out the theory; and one ``Adopter`` asked after the other.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.agents.actor import Actor, World
from sim.agents.adopter import AdopterSet
from sim.agents.offers import NONE, Adoption, Offers
from sim.mechanisms import commons
from sim.mechanisms import diffusion as theory
from sim.networks import Network
from sim.parameters import Diffusion
from sim.streams import Streams, keyed_exponential, keyed_uniform

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Ints = NDArray[np.int64]

EVERYBODY = slice(None)


class Population(Actor):
    """The adopters of a model as columns, one entry each.

    Attributes:
        choice: option in use, -1 for none, int8.
        near: how many neighbours use each option, shape (N, K); kept up only around those who change. Without a network
            it has no rows.
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
        self._users = np.zeros(options, dtype=np.int64)
        self.choice = np.full(n, NONE, dtype=np.int8)
        self.taste = diffusion.taste * np.exp(diffusion.taste_spread * streams["taste"].standard_normal(n))
        self.benefit = np.exp(benefit_spread * streams["benefit"].standard_normal(n))
        self.considerations = np.zeros(n, dtype=np.int32)
        self.adoptions = np.zeros(n, dtype=np.int32)
        self.exposure = np.zeros(n)
        self.threshold = self.wait("consider", np.arange(n), self.considerations)
        self.leave_at = np.full(n, np.inf)
        degrees = np.zeros(0, dtype=np.int64) if network is None else network.degrees
        small = np.min_scalar_type(int(degrees.max(initial=0)))
        around = np.zeros((len(degrees), options + 1), dtype=small)  # side by side, since they are read together
        around[:, options] = np.maximum(degrees, 1)  # an isolated adopter's share is 0 / 1
        self.near, self._known = around[:, :options], around[:, options]
        self._available = np.zeros(options, dtype=np.bool_)
        self._hazards = np.zeros(len(degrees))
        if diffusion.seeds > 0.0:
            seeds = streams["seeds"].permutation(n)[: max(1, round(diffusion.seeds * n))]
            self._move(np.sort(seeds).astype(np.int64), np.zeros(len(seeds), dtype=np.int64), 0)

    @property
    def users(self) -> Ints:
        """Users of each option, shape (K,)."""
        return self._users.copy()

    @property
    def adopters(self) -> AdopterSet:
        """All adopters, as agents."""
        return AdopterSet.of(self, range(self.size))

    def contributors(self, minimum: Floats) -> Ints:
        """Return how many users of each option have a private benefit above its ``minimum`` (K,), shape (K,)."""
        return commons.willing(self.choice, self.benefit, minimum)

    def surplus(self, offers: Offers) -> float:
        """Return the sum of users' utilities from what they use."""
        return theory.surplus(
            self.choice,
            self.taste,
            self.near,
            self._known,
            self._users,
            offers.capability,
            offers.cost_of_use,
            self.diffusion.network_benefit,
        )

    def share(self, option: int, rows: Ints | slice = EVERYBODY) -> Floats:
        """Return the share of their neighbours that use ``option``, for some rows; 0 for who has no neighbours."""
        if self.network is None:
            mine = self.choice[rows] == option
            return np.asarray((self._users[option] - mine) / max(self.size - 1, 1))
        return np.asarray(self.near[rows, option] / self._known[rows])

    def consider(self, offers: Offers, month: int) -> Adoption:
        """Let all adopters look at the offers and at each other, then move; ``month`` counts from 1."""
        match self.diffusion.engine:
            case "compiled":
                considered, rows, target = self._consider_compiled(offers, month)
            case "arrays":
                considered, rows, target = self._consider_at_once(offers, month)
            case "agents":
                return self._consider_one_by_one(offers, month)
        old = self.choice[rows].astype(np.int64)
        self._move(rows, target, month)
        return self._account(considered, old, target)

    def draw(self, stream: str, rows: Ints, draws: NDArray[np.integer[Any]]) -> Floats:
        """Return one uniform per row from a keyed stream: "consider", "option" or "leave"."""
        return keyed_uniform(self._keys[stream], rows, draws.astype(np.int64))

    def wait(self, stream: str, rows: Ints, draws: NDArray[np.integer[Any]]) -> Floats:
        """Return one draw from Exp(1) per row from a keyed stream."""
        return keyed_exponential(self._keys[stream], rows, draws.astype(np.int64))

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
        self._change(np.array([row]), np.array([old]), np.array([option]))

    def _consider_one_by_one(self, offers: Offers, month: int) -> Adoption:
        before = self.choice.astype(np.int64)
        intents = self.adopters.map("look", offers, month)
        counted = [sum(k in intent.considered for intent in intents) for k in range(self.options)]
        for adopter, intent in zip(self.adopters, intents, strict=True):
            adopter.move(intent, month)
        changed = np.flatnonzero(before != self.choice)
        return self._account(np.array(counted, dtype=np.int64), before[changed], self.choice[changed].astype(np.int64))

    def _consider_compiled(self, offers: Offers, month: int) -> tuple[Ints, Ints, Ints]:
        """Return considerations of each option, the rows that change, and what they will use."""
        given, by_share = self.diffusion, self.diffusion.rule == "threshold"
        around = (self.near, self._known, self._users, offers.available)
        if by_share:
            rows, leaving = theory.prompt(self.choice, self.leave_at, *around, given.threshold, float(month))
        else:
            self._follow(offers.available)
            rows, leaving = theory.stir(
                self.exposure, self.threshold, self._hazards, self.choice, self.leave_at, float(month)
            )
        uniforms = self.draw("option", rows, self.considerations[rows])
        target, considered = theory.choose(
            rows,
            uniforms,
            self.choice,
            self.taste,
            *around,
            offers.capability,
            offers.cost_of_use,
            given.network_benefit,
            given.switching_cost,
            given.p,
            given.q,
            given.threshold if by_share else -1.0,
        )
        self.considerations[rows] += 1
        if not by_share:
            self._start_again(rows)
        moving = target != self.choice[rows]
        gone = np.full(len(leaving), NONE)
        return considered, np.concatenate([rows[moving], leaving]), np.concatenate([target[moving], gone])

    def _follow(self, available: Bools) -> None:
        """Renew everybody's hazard if the offers changed, or if everybody knows everybody."""
        if self.network is None:
            offered = available & (np.arange(NONE, self.options)[:, None] != np.arange(self.options))
            shares = self._users / max(self.size - 1, 1)
            by_choice = np.cumsum(
                np.where(offered, theory.hazard(shares, self.diffusion.p, self.diffusion.q), 0.0), axis=1
            )
            self._hazards = by_choice[self.choice + 1, -1]
        elif not np.array_equal(available, self._available):
            self._available = available.copy()
            self._hazards = theory.total_hazards(
                self.near, self._known, self.choice, self._available, self.diffusion.p, self.diffusion.q
            )

    def _start_again(self, rows: Ints) -> None:
        """Begin a new wait for those who considered."""
        self.exposure[rows] = 0.0
        self.threshold[rows] = self.wait("consider", rows, self.considerations[rows])

    def _consider_at_once(self, offers: Offers, month: int) -> tuple[Ints, Ints, Ints]:
        """Return what ``_consider_compiled`` does, from whole arrays."""
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
        if self.diffusion.rule == "hazard":
            self._start_again(rows)
        out = np.flatnonzero(leaving)
        counted = np.asarray(considering.sum(axis=0, dtype=np.int64))
        return counted, np.concatenate([rows[taking], out]), np.concatenate([target, np.full(len(out), NONE)])

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
        """Commit new choices, and draw when those who took something up will leave it."""
        self._change(rows, self.choice[rows].astype(np.int64), target)
        self.leave_at[rows] = np.inf
        taken = rows[target != NONE]
        self.leave_at[taken] = self.leaving_month(taken, month)
        self.adoptions[taken] += 1

    def _change(self, rows: Ints, old: Ints, new: Ints) -> None:
        """Exchange choices, keep count of users, and tell neighbours."""
        self.choice[rows] = new
        self._users += np.bincount(new + 1, minlength=self.options + 1)[1:]
        self._users -= np.bincount(old + 1, minlength=self.options + 1)[1:]
        if self.network is not None:
            theory.tell(
                rows,
                old,
                new,
                self.network.indptr,
                self.network.indices,
                self.near,
                self._known,
                self.choice,
                self._hazards,
                self._available,
                self.diffusion.p,
                self.diffusion.q,
            )

    def _account(self, considered: Ints, old: Ints, new: Ints) -> Adoption:
        came, went, both = old == NONE, new == NONE, (old != NONE) & (new != NONE)
        counted = (new[came], new[both], old[both], old[went])
        return Adoption(considered, *(np.bincount(part, minlength=self.options) for part in counted))
