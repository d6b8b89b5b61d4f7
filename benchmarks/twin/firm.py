"""A firm: earns, makes trials, releases products, and takes in what others give or leave open."""

from __future__ import annotations

from collections import Counter
from math import exp, inf
from typing import TYPE_CHECKING

import mesa

from benchmarks.twin.modules import Module, best_of, draw
from benchmarks.twin.products import Brief, Plan, Product
from benchmarks.twin.search import Input, Task, redesign

if TYPE_CHECKING:
    from benchmarks.twin.model import Twin
    from sim.parameters import Strategy


class Firm(mesa.Agent):
    """One firm with its cash, its experience, its perception of what matters, and its products."""

    model: Twin

    def __init__(self, model: Twin, strategy: Strategy, *, focal: bool) -> None:
        super().__init__(model)
        self.strategy = strategy
        self.focal = focal
        self.cash = strategy.endowment
        self.gap = model.parameters.arbitrage.gap
        self.perceived = self.perceive()
        self.record = [0.0 for _ in model.slots]
        self.products: list[Product] = []
        self.spare: dict[int, Module] = {}  # by slot, the best own module that no product uses
        self.brief: Brief | None = None
        self.joined: set[frozenset[Module]] = set()
        self.filled: Counter[str] = Counter()  # slots of releases by the way they were filled
        self.releases = self.independent = self.integrated = self.mastered = self.lost = 0
        self.kept = self.patches = self.imitations = self.users = self.contributors = self.forks = 0
        self.last_release = 0
        self.experience = self.spent = self.expected_development = self.review = 0.0
        self.trials = self.inflow = self.contributed = 0.0
        self.revenue = self.rd_spending = self.development = 0.0
        self.seen: dict[int, float] = {}  # by slot, the lowest cost among others' open modules
        self.found()

    # Founding.

    def perceive(self) -> list[float]:
        """Return the slots' weights as the firm sees them; a parent's use shows the focal firm what matters."""
        given = self.model.parameters.demand
        clarity = given.clarity if self.focal and given.steering else 0.0
        noise = given.noise * (1.0 - clarity)
        seen = [weight * exp(noise * self.random.gauss(0.0, 1.0)) for weight in self.model.weights]
        return [each / sum(seen) for each in seen]

    def found(self) -> None:
        """Bring out the founding product of fresh modules; the focal firm inherits what its parent improved."""
        given = self.model.parameters
        self.founding = [draw(given.search.gamma, self.random) for _ in self.model.slots]
        for slot, name in enumerate(self.model.slots):
            if self.focal and given.demand.inheritance and name in given.demand.inherited:
                trials = given.demand.inherited_trials
                inherited = best_of(trials, given.search.gamma, self.random, self.model.rng)
                self.founding[slot] = min(self.founding[slot], inherited)
        made = [Module(self.model, slot, self, 0.0, cost, outside=False) for slot, cost in enumerate(self.founding)]
        self.put_into_use(Product(0, [0.0 for _ in made], made))

    # What it has.

    def modules(self) -> list[Module]:
        """Return the modules in live products, each once."""
        return list(dict.fromkeys(module for product in self.products for module in product.modules))

    def at_hand(self, slot: int) -> list[Module]:
        """Return the modules for a slot that can be reused: those of live products, and the spare one."""
        everything = dict.fromkeys([*self.modules(), *self.spare.values()])
        return [module for module in everything if module.slot == slot]

    def open_modules(self) -> list[Module]:
        """Return the live modules that it owns and has opened."""
        return [module for module in self.modules() if module.owner is self and module.is_open]

    def unit_cost(self, product: Product) -> float:
        """Return what a unit of a product's capability costs."""
        return product.unit_cost(self.model.parameters.reuse.mismatch_penalty, self.model.weights)

    def offered(self) -> Product:
        """Return the product that it offers, the cheapest."""
        return min(self.products, key=self.unit_cost)

    @property
    def absorptive(self) -> float:
        """Absorptive capacity A."""
        return self.experience / (self.experience + self.model.parameters.absorption.half)

    def absorbs(self, hazard: float) -> bool:
        """Whether it absorbs one thing in a month, by chance."""
        return self.random.random() < 1.0 - exp(-hazard * self.absorptive)

    @property
    def arbitrage_effort(self) -> float:
        """Share of effort for arbitrage."""
        return self.strategy.arbitrage / max(1.0, self.strategy.arbitrage + self.strategy.innovation)

    @property
    def innovation_effort(self) -> float:
        """Share of effort for innovation; reviewing contributions takes some of it."""
        load = max(1.0, self.strategy.arbitrage + self.strategy.innovation)
        return self.strategy.innovation / load * (1.0 - self.review)

    # Money and trials.

    def open_books(self) -> None:
        """Begin a month's book."""
        self.revenue = self.rd_spending = self.development = 0.0

    def invent(self) -> None:
        """Earn, make the month's trials, and let them open again what arbitrage closes of the gap."""
        given = self.model.parameters
        self.cash += self.strategy.grant
        if self.focal and given.demand.funding:
            self.cash += given.demand.budget
        self.cash += given.arbitrage.earnings * self.arbitrage_effort * self.gap
        innovations = self.search()
        worked = self.gap * (1.0 - given.arbitrage.closing * self.arbitrage_effort)
        self.gap = worked + (1.0 - (1.0 - given.arbitrage.opening) ** innovations) * (1.0 - worked)

    def search(self) -> int:
        """Spend on trials what the next release leaves; return how many set a new best in the world."""
        self.trials, self.kept = 0.0, 0
        budget = self.budget()
        tasks = self.aim(budget)
        if not tasks or budget == 0.0:
            return 0
        self.pay(budget)
        self.rd_spending = budget
        self.trials, kept = redesign(tasks, self.model.parameters.search.gamma, self.random)
        best, innovations = list(self.model.frontier.best), 0
        self.record = [self.model.parameters.organisation.memory * each for each in self.record]
        for task, costs in kept:
            self.record[task.modules[0].slot] += 1.0
            better = [(m.slot, cost) for m, cost in zip(task.modules, costs, strict=True) if cost < best[m.slot]]
            for slot, cost in better:
                best[slot] = cost
            innovations += bool(better)
        self.kept = len(kept)
        self.experience += self.kept
        self.independent += innovations
        return innovations

    def budget(self) -> float:
        """Return what it can spend on trials: a part of the next release's cost is set aside each month."""
        waited = (self.model.month - self.last_release) / self.model.parameters.reuse.interval
        free = self.cash - self.expected_development * min(1.0, waited)
        return min(max(free, 0.0), self.innovation_effort * self.strategy.capacity)

    def pay(self, amount: float) -> None:
        """Spend an amount."""
        self.cash = max(0.0, self.cash - amount)
        self.spent += amount

    def aim(self, budget: float) -> list[Task]:
        """Divide a budget among tasks: from above by what is at stake, locally by past success."""
        given = self.model.parameters.organisation
        tasks = self.tasks()
        if not tasks:
            return []
        stakes = self.stakes(tasks)
        records = [1.0 + self.record[task.modules[0].slot] for task in tasks]
        budget *= min(1.0, given.span / len(self.modules()))
        for task, stake, record in zip(tasks, stakes, records, strict=True):
            above, local = stake / sum(stakes), record / sum(records)
            task.budget = budget * ((1.0 - given.autonomy) * above + given.autonomy * local)
        return tasks

    def tasks(self) -> list[Task]:
        """Return a task for each set of own modules that must be redrawn together in some live product."""
        given = self.model.parameters
        found: dict[tuple[Module, ...], list[tuple[int, Product]]] = {}
        for product in self.products:
            for slot, cluster in enumerate(self.model.clusters):
                own = [product.modules[j] for j in cluster if product.modules[j].owner is self]
                if own and own[0].slot == slot:
                    found.setdefault(tuple(own), []).append((slot, product))
        tasks = []
        for modules, uses in found.items():
            each = given.flywheel.elasticity / len(uses)
            inputs = [
                Input(product.modules[j], self.founding[j], each) for slot, product in uses
                for j in self.model.partners[slot]
            ]  # fmt: skip
            floor = given.flywheel.price_floor
            tasks.append(Task(list(modules), self.weigh(modules), 0.0, given.search.trial_price, floor, inputs))
        return tasks

    def weigh(self, modules: tuple[Module, ...]) -> list[float]:
        """Return the weights of modules in a task: as perceived, times the products that use them."""
        return [self.perceived[module.slot] * module.uses for module in modules]

    def stakes(self, tasks: list[Task]) -> list[float]:
        """Return what is at stake in each task: the weighted cost of its first module, shared by tasks of the same."""
        times = Counter(task.modules[0] for task in tasks)
        return [task.weights[0] * task.modules[0].cost / times[task.modules[0]] for task in tasks]

    # Releases.

    def supply(self) -> None:
        """Bring out what is due and can be paid for, and master what was adopted."""
        if self.model.month >= self.last_release + self.model.parameters.reuse.interval:
            self.brief = self.brief or Brief(self)
            plans = self.brief.plans()
            self.expected_development = sum(plan.development for plan in plans)
            if self.expected_development <= self.cash:
                self.bring_out(self.brief, plans)
                self.brief = None
        for module in self.modules():
            if module.owner is None and self.absorbs(self.model.parameters.absorption.mastery):
                module.owner = self
                self.mastered += 1

    def bring_out(self, brief: Brief, plans: list[Plan]) -> None:
        """Fill the slots as planned, and renew the product's line."""
        modules = [brief.fill(slot, plan) for slot, plan in enumerate(plans)]
        self.put_into_use(Product(brief.line, brief.requirement, modules))
        self.develop(self.expected_development)
        self.releases += 1
        self.last_release = self.model.month
        self.filled.update(plan.way for plan in plans)
        joined = frozenset(module for module in modules if module.outside)
        if 2 <= len(joined) < len(modules) and joined not in self.joined:
            self.joined.add(joined)
            self.integrated += 1

    def develop(self, cost: float) -> None:
        """Pay for development."""
        self.pay(cost)
        self.development += cost

    def put_into_use(self, product: Product) -> None:
        """Let a product take the place of its line's present one."""
        displaced = [old for old in self.products if old.line == product.line]
        self.products = [old for old in self.products if old.line != product.line] + [product]
        for module in product.modules:
            module.uses += 1
        for module in [module for old in displaced for module in old.modules]:
            module.uses -= 1
            self.retire(module)

    def retire(self, module: Module) -> None:
        """Remove a module that no product uses, but keep an own one to spare if it is the best of its slot."""
        if module.uses:
            return
        spare = self.spare.get(module.slot)
        if spare is module:
            return
        if module.owner is self and (spare is None or spare.uses or module.cost < spare.cost):
            self.spare[module.slot] = module
            if spare is not None and not spare.uses:
                spare.remove()
        else:
            module.remove()

    def lose_adopted(self) -> None:
        """Replace outside modules when supply is cut: by its best own one, or else by a fresh one."""
        for product in self.products:
            for slot, old in enumerate(product.modules):
                if old.owner is not None:
                    continue
                own = [module for module in self.at_hand(slot) if module.owner is self]
                product.modules[slot] = min(own, key=lambda m: m.cost) if own else self.remake(product, slot)
                product.modules[slot].uses += 1
                old.uses -= 1
                self.retire(old)
                self.lost += 1

    def remake(self, product: Product, slot: int) -> Module:
        """Return a fresh module for a slot that has none, paid as far as cash goes."""
        given = self.model.parameters
        self.develop(min(self.cash, given.reuse.fresh_cost))
        cost = draw(given.search.gamma, self.random)
        module = Module(self.model, slot, self, product.requirement[slot], cost, outside=False)
        self.spare[slot] = module
        return module

    # Users, commons, feedback.

    def offer(self) -> None:
        """Say what its product can do, how open it is, and what using it costs."""
        given, product = self.model.parameters.market, self.offered()
        lost = self.model.parameters.frontier.severity if self.model.frontier.cut else 0.0
        compute = self.strategy.compute * (1.0 + given.compute_growth) ** self.model.month * (1.0 - lost)
        self.capability = 1.0 - (1.0 + compute / self.unit_cost(product)) ** -given.scaling
        own = [(w, m) for w, m in zip(self.model.weights, product.modules, strict=True) if m.owner is self]
        self.openness = sum(w for w, m in own if m.is_open) / sum(w for w, _ in own) if own else 0.0
        price = (1.0 - self.openness) * given.price
        self.cost_of_use = price + (self.openness * given.hosting + given.tooling) * self.model.commons_relative
        self.contributors = 0

    def collect(self) -> None:
        """Earn from users."""
        given = self.model.parameters.market
        price = (1.0 - self.openness) * given.price + self.openness * given.service * given.hosting
        self.revenue = self.users * price * given.revenue
        self.cash += self.revenue

    def receive(self, contributors: int) -> None:
        """Count the trials that its users contribute, ``contributors`` being those of all; they may fork a module."""
        given = self.model.parameters.commons
        crowding = (1.0 + contributors / given.congestion) * (1.0 + self.forks)
        self.contributed = self.contributors * given.trials / crowding
        if self.random.random() < given.fork and self.contributors and self.open_modules():
            self.forks += 1

    def review_contributions(self) -> None:
        """Take in trials that users make on its open modules, as far as it can review and absorb them."""
        given = self.model.parameters
        self.inflow, self.patches = 0.0, 0
        bandwidth = given.organisation.bandwidth
        reviewed = min(given.feedback.upstream * self.contributed * self.strategy.accept, bandwidth)
        self.review = given.feedback.review * reviewed / bandwidth
        trials = reviewed * self.absorptive
        tasks = self.open_tasks()
        if trials == 0.0 or not tasks:
            return
        stakes = self.stakes(tasks)
        for task, stake in zip(tasks, stakes, strict=True):
            task.budget = trials * stake / sum(stakes)
        self.inflow = trials
        _, kept = redesign(tasks, given.search.gamma, self.random)
        self.patches = len(kept)

    def open_tasks(self) -> list[Task]:
        """Return the tasks that outsiders can work on: what is open of each, if its first module is; they are free."""
        found: dict[tuple[Module, ...], Task] = {}
        for task in self.tasks():
            if task.modules[0].is_open:
                modules = tuple(module for module in task.modules if module.is_open)
                found.setdefault(modules, Task(list(modules), self.weigh(modules), 0.0, 1.0, 1.0, []))
        return list(found.values())

    def look_around(self) -> None:
        """See what others have opened."""
        self.seen = {}
        for other in self.model.firms:
            if other is not self and other.releases:
                for module in other.open_modules():
                    self.seen[module.slot] = min(self.seen.get(module.slot, inf), module.cost)

    def imitate(self) -> None:
        """Bring own modules, by chance, to the cost of cheaper open ones of others."""
        self.imitations = 0
        for module in self.modules():
            seen, hazard = self.seen.get(module.slot, inf), self.model.parameters.feedback.imitation
            if module.owner is self and seen < module.cost and self.absorbs(hazard):
                module.cost = seen
                self.imitations += 1
