"""The model: a month, in order. Agents choose, mechanisms compute, the model commits."""

from __future__ import annotations

import secrets
from collections import Counter
from math import inf
from typing import Any

import mesa
import numpy as np
from mesa.datacollection import DataCollector
from numpy.typing import NDArray

from sim import architecture, networks
from sim.agents.adopter import Adopter
from sim.agents.firm import Firm, SearchProblem
from sim.agents.module import Module
from sim.agents.offers import Offers
from sim.agents.population import Population
from sim.agents.releases import Brief, Plan, Product, fill, write_brief
from sim.environment import Environment
from sim.founding import found_commons, found_firms
from sim.mechanisms import absorption, arbitrage, capability, commons, feedback, organisation, policy, search
from sim.outcomes import COLUMNS, Event
from sim.parameters import LEVERS, Lever, Parameters, ScheduledRelease
from sim.streams import Streams

Floats = NDArray[np.float64]


class InnovationModel(mesa.Model):
    """A focal firm, its rivals, their modules, and adopters on a network, over months.

    Args:
        parameters: all parameters; the defaults if None.
        rng: the run's seed, 0 or more; drawn from the system if None, and kept in ``seed``.
        edges: edge list of shape (E, 2) when ``diffusion.network`` is 'edges'.
        changes: dotted keys of parameters to change, e.g. ``**{"flywheel.elasticity": 0.5}`` (for ``mesa.batch_run``).

    Raises:
        KeyError: a change names no parameter.
        ValueError: a negative seed, a value out of range, or a faulty edge list.
    """

    def __init__(
        self,
        parameters: Parameters | None = None,
        rng: int | None = None,
        edges: NDArray[np.int64] | None = None,
        **changes: Any,
    ) -> None:
        seed = secrets.randbits(32) if rng is None else int(rng)
        self.streams = Streams(seed)
        super().__init__(rng=seed)
        self.parameters = (parameters or Parameters()).replace(changes) if changes else parameters or Parameters()
        self.month = 0
        self.events: list[Event] = []
        self.tally: Counter[str] = Counter()
        self._was_cut = False
        first_search = self.parameters.run.order == "search-first"
        self._stages = (self._invent, self._supply) if first_search else (self._supply, self._invent)
        self._measures = [policy.Measure(m.lever, m.start, m.end, m.level) for m in self._schedule()]
        self.policy = policy.in_force([], LEVERS, 0)
        self.policy_cost = 0.0
        self.architecture = architecture.build(self.parameters, self.streams)
        self.environment = Environment(self.parameters, len(self.architecture.slots), self.streams)
        self.firms = found_firms(self, self.streams)
        self.environment.note(self._lowest_costs())
        self.commons = found_commons(self, self.streams)
        self._commons_reference = sum(module.cost for module in self.commons)
        self.commons_trials = 0.0
        self.forks, self.contributors, self.inflow = (np.zeros(len(self.firms)) for _ in range(3))
        self.patches, self.imitations = (np.zeros(len(self.firms), dtype=np.int64) for _ in range(2))
        given = self.parameters.diffusion
        network = networks.build(given, self.streams["network"], edges)
        spread = self.parameters.commons.benefit_spread
        self.population = Population(self, given, spread, len(self.firms), self.streams, network)
        self.agents_by_type[Adopter] = self.population.adopters
        self.offers = self._offers()
        self.datacollector = DataCollector(model_reporters={c.name: c.function for c in COLUMNS})

    @property
    def focal(self) -> Firm:
        """The focal firm."""
        return self.firms[0]

    def step(self) -> None:
        """Demand aims, trials improve, releases reuse, users adopt, and what they give back feeds the next month."""
        self.month += 1
        for firm in self.firms:
            firm.open_ledger()
        self._govern()
        self.environment.pass_month(self.month, self.policy["supply_cut"] > 0.0)
        self._cut_or_restore_supply()
        self._shock()
        for stage in self._stages:
            for firm in self.firms:
                stage(firm)
        self.offers = self._offers()
        if self.parameters.diffusion.enabled:
            self.population.consider(self.offers, self.month)
        self._collect_revenue()
        contributed = self._contribute()
        self._improve_commons(contributed)
        for number, firm in enumerate(self.firms):
            self._take_in(number, firm, float(contributed[number]))
        self._imitate()
        self.environment.note(self._lowest_costs())
        self.datacollector.collect(self)
        self.running = self.month < self.parameters.run.months

    def _invent(self, firm: Firm) -> None:
        arbitrage_effort, innovation_effort = firm.allocate()
        self._earn(firm, arbitrage_effort)
        innovations = self._search(firm, firm.rd_budget(innovation_effort))
        self._close_and_open_gap(firm, arbitrage_effort, innovations)

    def _supply(self, firm: Firm) -> None:
        self._release(firm)
        self._master(firm)

    # Policy, supply and money.

    def _schedule(self) -> list[Lever]:
        given = self.parameters.policy
        return list(given.schedule) if given.enabled else []

    def _govern(self) -> None:
        before, self.policy = self.policy, policy.in_force(self._measures, LEVERS, self.month)
        for lever, level in self.policy.items():
            if level != before[lever]:
                self.log("policy", value=level, detail=lever)
        for firm in self.firms:
            firm.mandate(self.policy["mandate"])

    def _spend_publicly(self, amount: float) -> float:
        self.policy_cost += amount
        return amount

    def _earn(self, firm: Firm, effort: float) -> None:
        given = self.parameters
        support = firm.strategy.grant
        if firm.focal:
            support += given.demand.budget if given.demand.funding else 0.0
            support += self._spend_publicly(self.policy["subsidy"] + self.policy["matching"] * firm.matched)
        if firm.releases:
            openness = firm.product_openness(firm.offered())
            support += self._spend_publicly(self.policy["open_reward"] * openness)
        earned = arbitrage.income(firm.gap, effort, given.arbitrage.earnings)
        firm.month.funding, firm.month.earnings = support, earned
        firm.cash += support + earned

    def _collect_revenue(self) -> None:
        given = self.parameters.market
        users = self.population.users
        for k, firm in enumerate(self.firms):
            price = (1.0 - self.openness[k]) * given.price + self.openness[k] * given.service * given.hosting
            firm.month.revenue = float(users[k]) * price * given.revenue
            firm.cash += firm.month.revenue

    def _cut_or_restore_supply(self) -> None:
        cut = self.environment.cut
        if cut == self._was_cut:
            return
        self._was_cut = cut
        self.log("cut" if cut else "restored")
        if cut:
            for firm in self.firms:
                self._lose_adopted(firm)

    def _lose_adopted(self, firm: Firm) -> None:
        """Replace adopted modules at once: by the firm's own best, or else by fresh ones, paid as far as cash goes."""
        given, slots = self.parameters, len(self.architecture.slots)
        rng = self.streams[f"fallback/{firm.name}"]
        costs = search.draw(given.search.gamma, 1.0 - rng.random(slots))
        secrecy = rng.random(slots)
        for product in firm.products:
            for slot, old in enumerate(product.modules):
                if old.owner is not None:
                    continue
                own = firm.own_modules(slot)
                module = min(own, key=lambda module: module.cost) if own else None
                if module is None:
                    need = float(product.requirement[slot])
                    module = Module(self, slot, firm, "made", need, float(costs[slot]), float(secrecy[slot]))
                    firm.shelf[slot] = module
                    self._develop(firm, min(firm.cash, given.reuse.fresh_cost))
                firm.replace_module(product, slot, module)
                self.log("lost", firm, product=product.name, slot=slot, module=module, value=module.cost)

    def _shock(self) -> None:
        """Let the experimenter make what fills one slot of the focal firm's products cheaper, once."""
        given = self.parameters.shock
        if not given.slot or given.lasting or self.month != given.month:
            return
        for module in self.focal.modules:
            if self.architecture.slots[module.slot] == given.slot:
                module.cost *= 1.0 - given.size
                self.log("shocked", self.focal, slot=module.slot, module=module, value=module.cost)

    # Search.

    def _search(self, firm: Firm, budget: float) -> int:
        """Spend the budget on trials; return the independent innovations among them."""
        firm.trials, firm.kept = 0.0, 0
        problem = firm.search_problem(budget)
        if not self.parameters.search.enabled or budget <= 0.0 or not problem.clusters:
            return 0
        firm.month.rd_spending = budget
        firm.spent += budget
        firm.pay(budget)
        found = self._redesign(f"search/{firm.name}", problem)
        best, innovations = self.environment.best.copy(), 0
        kept = np.zeros(len(self.architecture.slots))
        for trial in found.kept:
            modules = [problem.modules[n] for n in problem.clusters[trial.cluster]]
            kept[modules[0].slot] += 1.0
            self.log("redesigned", firm, slot=modules[0].slot, module=modules[0], value=trial.costs[0])
            records = [(m, c) for m, c in zip(modules, trial.costs, strict=True) if c < best[m.slot]]
            for module, cost in records:
                best[module.slot] = cost
            if records:
                innovations += 1
                self.log("best", firm, slot=records[0][0].slot, module=records[0][0], value=records[0][1])
        for module, cost in zip(problem.modules, found.costs.tolist(), strict=True):
            module.cost = cost
        firm.trials, firm.kept = float(found.trials.sum()), len(found.kept)
        firm.experience += firm.kept
        firm.independent += innovations
        firm.record = organisation.remember(firm.record, kept, self.parameters.organisation.memory)
        return innovations

    def _redesign(self, stream: str, problem: SearchProblem) -> search.Redesign:
        given = self.parameters.search
        return search.redesign(
            problem.costs,
            problem.weights,
            problem.clusters,
            problem.budgets,
            problem.price,
            given.gamma,
            self.streams[stream],
            given.engine == "shortcut",
        )

    def _close_and_open_gap(self, firm: Firm, effort: float, innovations: int) -> None:
        given = self.parameters.arbitrage
        firm.gap = arbitrage.next_gap(firm.gap, effort, given.closing, given.opening, innovations)

    def _lowest_costs(self) -> Floats:
        lowest = [1.0] * len(self.architecture.slots)
        for firm in self.firms:
            for module in firm.modules:
                lowest[module.slot] = min(lowest[module.slot], module.cost)
        return np.array(lowest)

    # Release.

    def next_release(self, firm: Firm) -> int:
        """Return the month for which a firm's next release is planned."""
        dated = self._next_dated(firm)
        return dated.month if dated else firm.last_release + self.parameters.reuse.interval

    def _next_dated(self, firm: Firm) -> ScheduledRelease | None:
        dated = self.parameters.release.schedule if firm.focal else ()
        return dated[firm.releases] if firm.releases < len(dated) else None

    def _release(self, firm: Firm) -> None:
        """Bring out what is due and can be paid for; what cannot is saved for."""
        while self.month >= self.next_release(firm):
            if firm.brief is None:
                rng = self.streams[f"release/{firm.name}"]
                firm.brief = write_brief(firm, self._next_dated(firm), rng)
            outside = self.environment.frontier if self.environment.supplied else None
            plans = firm.plan(firm.brief, outside)
            cost = sum(plan.development for plan in plans) + self.policy["audit"]
            firm.expected_development = cost
            if cost > firm.cash:
                return
            self._bring_out(firm, firm.brief, plans, cost)
            firm.brief = None

    def _develop(self, firm: Firm, cost: float) -> None:
        firm.pay(cost)
        firm.spent += cost
        firm.month.development += cost

    def _bring_out(self, firm: Firm, brief: Brief, plans: list[Plan], cost: float) -> None:
        outside = self.environment.frontier.tolist()
        modules = [fill(firm, slot, brief, plan, outside[slot]) for slot, plan in enumerate(plans)]
        product = Product(brief.name, brief.line, brief.requirement, modules)
        firm.put_into_use(product)
        self._develop(firm, cost)
        firm.releases += 1
        firm.last_release = self.month
        reused = sum(plan.way == "reused" for plan in plans)
        firm.reused += reused
        firm.filled += len(plans)
        for plan, module in zip(plans, modules, strict=True):
            self.log(plan.way, firm, product=brief.name, slot=module.slot, module=module, value=module.cost)
        detail = f"reused {reused} of {len(plans)}"
        self.log("released", firm, product=brief.name, value=firm.unit_cost(product), detail=detail)
        joined = frozenset(module.unique_id for module in modules if module.outside)
        if 2 <= len(joined) < len(modules) and joined not in firm.joined:
            firm.joined.add(joined)
            firm.integrated += 1
            self.log("integrated", firm, product=brief.name, value=len(joined))

    def _master(self, firm: Firm) -> None:
        given = self.parameters.absorption
        chance = absorption.chance(given.mastery, firm.absorptive)
        rng = self.streams[f"mastery/{firm.name}"]
        luck, secrecy = rng.random((2, self.parameters.reuse.lines, len(self.architecture.slots)))
        for product, module in firm.first_uses:
            place = product.line, module.slot
            if module.owner is None and luck[place] < chance:
                module.owner, module.origin, module.secrecy = firm, "integrated", float(secrecy[place])
                self.log("mastered", firm, product=product.name, slot=module.slot, module=module, value=module.cost)

    # Adoption, commons, feedback.

    def _offers(self) -> Offers:
        given = self.parameters
        products = [firm.offered() for firm in self.firms]
        self.openness = np.array([f.product_openness(p) for f, p in zip(self.firms, products, strict=True)])
        self.commons_relative = sum(m.cost for m in self.commons) / self._commons_reference
        capabilities = []
        for firm, product in zip(self.firms, products, strict=True):
            lost, tariff = self.environment.compute_lost, self.policy["compute_tariff"]
            growth = given.market.compute_growth
            compute = capability.compute(firm.strategy.compute, growth, self.month, lost, tariff)
            self._spend_publicly(-tariff * compute)
            capabilities.append(capability.capability(compute, firm.unit_cost(product), given.market.scaling))
        return Offers(
            capability=np.array(capabilities),
            cost_of_use=commons.cost_of_use(
                self.openness, self.commons_relative, given.market.price, given.market.hosting, given.market.tooling
            ),
            available=np.array([firm.releases > 0 for firm in self.firms]),
        )

    def _contribute(self) -> Floats:
        """Return the trials contributed by the users of each product (K,)."""
        given = self.parameters.commons
        if not given.enabled:
            return np.zeros(len(self.firms))
        least = commons.least_benefit(self.openness, given.rights, given.cost)
        self.contributors = self.population.contributors(least).astype(np.float64)
        contributed = commons.trials(self.contributors, self.forks, given.trials, given.congestion)
        self._fork(given.fork)
        return contributed

    def _fork(self, hazard: float) -> None:
        luck, which = self.streams["fork"].random((2, len(self.firms)))
        for k, firm in enumerate(self.firms):
            is_open = [module for module in firm.modules if firm.opens(module)]
            if luck[k] < hazard and self.contributors[k] > 0.0 and is_open:
                module = is_open[int(which[k] * len(is_open))]
                module.forks += 1
                self.forks[k] += 1.0
                self.log("forked", firm, slot=module.slot, module=module, value=module.forks)

    def _improve_commons(self, contributed: Floats) -> None:
        given = self.parameters
        if not given.commons.enabled:
            return
        funded = self._spend_publicly(self.policy["commons_fund"]) / given.search.trial_price
        self.commons_trials = (1.0 - given.feedback.upstream) * float(contributed.sum()) + funded
        each = self.commons_trials / len(self.commons)
        uniforms = 1.0 - self.streams["commons"].random(len(self.commons))
        for module, cost in zip(self.commons, search.best_of(each, given.search.gamma, uniforms), strict=True):
            module.cost = min(module.cost, float(cost))

    def _take_in(self, number: int, firm: Firm, contributed: float) -> None:
        """Review what users contribute to the firm's open modules, and keep what improves them."""
        given = self.parameters
        self.inflow[number], self.patches[number], firm.review = 0.0, 0, 0.0
        if not given.feedback.inflow:
            return
        offered = given.feedback.upstream * contributed * firm.strategy.accept
        bandwidth = given.organisation.bandwidth if given.organisation.enabled else inf
        firm.review = feedback.review(offered, bandwidth, given.feedback.review)
        trials = feedback.inflow(offered, bandwidth, firm.absorptive)
        if trials <= 0.0:
            return
        problem = firm.open_problem(trials)
        if not problem.clusters or not problem.budgets.any():
            return
        self.inflow[number] = problem.budgets.sum()
        found = self._redesign(f"contributions/{firm.name}", problem)
        for trial in found.kept:
            root = problem.modules[problem.clusters[trial.cluster][0]]
            self.log("patched", firm, slot=root.slot, module=root, value=trial.costs[0])
        for module, cost in zip(problem.modules, found.costs.tolist(), strict=True):
            module.cost = cost
        self.patches[number] = len(found.kept)

    def _imitate(self) -> None:
        """Imitate cheaper open modules of others: a trial drawn at the other's design, kept if it is cheaper."""
        given = self.parameters
        self.imitations[:] = 0
        if not given.feedback.leak:
            return
        opened = [(firm, m, m.cost) for firm in self.firms for m in firm.modules if firm.opens(m) and firm.releases]
        for number, firm in enumerate(self.firms):
            chance = absorption.chance(given.feedback.imitation, firm.absorptive)
            luck = self.streams[f"imitation/{firm.name}"].random((given.reuse.lines, len(self.architecture.slots)))
            cheapest = dict.fromkeys(range(len(self.architecture.slots)), inf)
            for owner, module, cost in opened:
                if owner is not firm:
                    cheapest[module.slot] = min(cheapest[module.slot], cost)
            for product, own in firm.first_uses:
                found = cheapest[own.slot]
                if own.owner is firm and found < own.cost and luck[product.line, own.slot] < chance:
                    own.cost = found
                    self.imitations[number] += 1
                    self.log("imitated", firm, product=product.name, slot=own.slot, module=own, value=found)

    # The record.

    def log(
        self,
        kind: str,
        firm: Firm | None = None,
        product: str = "",
        slot: int | None = None,
        module: Module | None = None,
        value: float = 0.0,
        detail: str = "",
    ) -> None:
        """Add an event to the log."""
        name = "" if slot is None else self.architecture.slots[slot]
        number = 0 if module is None else int(module.unique_id)
        if firm is not None and firm.focal:
            self.tally[kind] += 1
        self.events.append(
            Event(self.month, kind, firm.name if firm else "", product, name, number, float(value), detail)
        )
