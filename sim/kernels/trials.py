"""The trial: the one way in which anything improves.

A trial redraws the own modules of one cluster, each cost c'_j from F(c) = c^γ on (0, 1], designed to z*_j, the mean
requirement of its uses, and is kept iff it makes the cluster cheaper where it is used:

    Σ_j W_j(z*_j) c'_j < Σ_j W_j(z_j) c_j,    W_j(z) = ŵ_j Σ_r e^{μ|z − x_rj|}   over the live products r that use j

Exact shortcut. Extend the law of one draw to the measure γ c^(γ−1) dc on (0, ∞). Draws that fall into the simplex
Σ V_j c_j ≤ S, V_j = W_j(z*_j), then arrive at the rate of trials times

    M(S) = Γ(γ+1)^d / Γ(γd+1) · S^(γd) / Π V_j^γ,

their sum is S·U^(1/(γd)) and their shares are Dirichlet(γ, …, γ). Dropping those with any c_j > 1 leaves exactly the
kept trials of F, whatever S is (Poisson thinning). The same holds if only the k heaviest modules are drawn from the
simplex and the rest plainly from F, with candidates whose sum exceeds S dropped too: the k with the lowest M_k(S) is
used; k = 0 is plain trials. So the work grows with kept trials, about the logarithm of all.

Each cluster has a clock of its own, on which candidates come at unit rate; money moves the clock (random time change),
and luck is a function of the candidate's number. Worlds with other budgets or prices meet the same trials sooner or
later.

Shapes and units: T clusters with their members end to end; clocks in expected candidates; budgets in money a month.
Limits: L1, C ∝ n^(−1/(γ d*)); L2, the same distribution as trial by trial; L12, one slot of misfit ρ: kept with chance
min(1, (ρc)^γ), after which the misfit is 0.
Source: McNerney, Farmer, Redner, Trancik (2011); Auerswald et al. (2000); Bortz, Kalos, Lebowitz (1975); Rathinam,
Sheppard, Khammash (2010).
"""

from __future__ import annotations

from collections.abc import Callable
from math import exp, log

import numpy as np

from sim.declare import event
from sim.kernels.compiled import World, compiled
from sim.kernels.door import change
from sim.kernels.door import log as note
from sim.kernels.draws import key, nth, nth_gamma, stream
from sim.kernels.products import burden

Price = Callable[[World, int, int, int], float]

BEST = event("best")
OWN, OTHERS = 0, 1  # whose trials: each kind has its clocks
_TRIALS = stream("trials")
_TINY = 1e-300


@compiled
def weigh(world: World, firm: int) -> None:
    """Write what a unit of each of a firm's modules weighs: W_j(z_j), W_j(z*_j), and z*_j, in the modules' rows."""
    modules, design = world.modules, world.design
    for line in range(world.here.lines):
        product = world.products[firm, line]
        if product.state > 0:
            for slot in range(design.slots):
                if product.modules[slot] >= 0:
                    module = modules[product.modules[slot]]
                    module.weight, module.refitted, module.target = 0.0, 0.0, 0.0
    for line in range(world.here.lines):
        product = world.products[firm, line]
        if product.state > 0:
            for slot in range(design.slots):
                if product.modules[slot] >= 0:
                    module = modules[product.modules[slot]]
                    module.target += product.requirement[slot] / max(module.uses, 1)
    perceived = world.firms[firm].perceived
    for line in range(world.here.lines):
        product = world.products[firm, line]
        if product.state > 0:
            for slot in range(design.slots):
                if product.modules[slot] >= 0:
                    module, need = modules[product.modules[slot]], product.requirement[slot]
                    module.weight += perceived[slot] * burden(world, module.point, need)
                    module.refitted += perceived[slot] * burden(world, module.target, need)


@compiled
def lay_out(world: World, firm: int, only_open: bool) -> None:
    """List as tasks the clusters of own modules in a firm's live products; a set that several share is the first one's.

    With ``only_open``, the open parts of those whose root is open.
    """
    modules = world.modules
    openness = world.firms[firm].openness if only_open else 2.0
    world.here.tasks = 0
    for line in range(world.here.lines):
        product = world.products[firm, line]
        for slot in range(world.design.slots if product.state > 0 else 0):
            root = product.modules[slot]
            if root >= 0 and modules[root].owner == firm and modules[root].secrecy < openness:
                _list(world, firm, line, slot, openness)
                if not _stands_before(world):
                    world.here.tasks += 1


@compiled
def add_task(world: World, firm: int, line: int, slot: int, budget: float) -> None:
    """List the cluster of a product's slot as a task with a budget."""
    _list(world, firm, line, slot, 2.0)
    world.tasks[world.here.tasks].budget = budget
    world.here.tasks += 1


@compiled
def _list(world: World, firm: int, line: int, slot: int, openness: float) -> None:
    """Write down as the next task the own modules of a cluster that are more open than secret."""
    design, task = world.design, world.tasks[world.here.tasks]
    task.line, task.slot, task.width, task.trials, task.kept = line, slot, 0, 0.0, 0
    for place in range(design.sizes[slot]):
        member = world.products[firm, line].modules[design.clusters[slot, place]]
        if member >= 0 and world.modules[member].owner == firm and world.modules[member].secrecy < openness:
            task.members[task.width] = member
            task.heaviest[task.width] = member
            task.width += 1


@compiled
def _stands_before(world: World) -> bool:
    """Return whether the next task's modules are those of an earlier one."""
    task = world.tasks[world.here.tasks]
    for t in range(world.here.tasks):
        other = world.tasks[t]
        if other.width == task.width:
            same = True
            for place in range(task.width):
                same = same and other.members[place] == task.members[place]
            if same:
                return True
    return False


@compiled
def stakes(world: World) -> float:
    """Write what is at stake in each task's root, W c, divided among tasks of one root, and return the sum."""
    total = 0.0
    for t in range(world.here.tasks):
        task, shared = world.tasks[t], 0
        root = world.modules[task.members[0]]
        for other in range(world.here.tasks):
            shared += world.tasks[other].members[0] == task.members[0]
        task.stake = root.weight * root.cost / shared
        total += task.stake
    return total


@compiled
def kept(world: World) -> int:
    """Return how many of the tasks' trials were kept."""
    total = 0
    for t in range(world.here.tasks):
        total += world.tasks[t].kept
    return total


@compiled
def redesign(world: World, firm: int, price: Price, whose: int, why: int) -> float:
    """Spend the tasks' budgets on trials over one unit of time, prices following costs at once; return the trials made.

    Trials of others cost one each. ``why`` is the kind of event that a kept trial is; the tasks' ``trials`` and
    ``kept`` tell what was made of each.
    """
    size, tasks = world.here.tasks, world.tasks
    for t in range(size):
        _wake(world, firm, t, whose)
        _see(world, t)
        tasks[t].rate = tasks[t].budget / (1.0 if whose == OTHERS else price(world, firm, tasks[t].line, tasks[t].slot))
    left, made = 1.0, 0.0
    while True:
        following, wait = -1, left
        for t in range(size):
            pace, until = tasks[t].rate * tasks[t].chance, _until(world, firm, t, whose)
            if pace > 0.0 and until < pace * wait:
                following, wait = t, until / pace
        for t in range(size):
            product = world.products[firm, tasks[t].line]
            product.clock[whose, tasks[t].slot] += tasks[t].rate * tasks[t].chance * wait
            tasks[t].trials += tasks[t].rate * wait
            made += tasks[t].rate * wait
        left -= wait
        if following < 0:
            return made
        if _try(world, firm, following, whose, why):
            for t in range(size):
                _see(world, t)
                if whose == OWN:
                    tasks[t].rate = tasks[t].budget / price(world, firm, tasks[t].line, tasks[t].slot)


@compiled
def _until(world: World, firm: int, t: int, whose: int) -> float:
    """Return what is left on a task's clock until its next candidate."""
    product, slot = world.products[firm, world.tasks[t].line], world.tasks[t].slot
    return product.alarm[whose, slot] - product.clock[whose, slot]


@compiled
def _wake(world: World, firm: int, t: int, whose: int) -> None:
    """Draw when the first candidate comes, for a cluster that never had one."""
    product, slot = world.products[firm, world.tasks[t].line], world.tasks[t].slot
    if product.candidates[whose, slot] == 0:
        product.candidates[whose, slot] = 1
        product.alarm[whose, slot] = -log(nth(_luck(world, firm, t, whose), 0))


@compiled
def _luck(world: World, firm: int, t: int, whose: int) -> np.uint64:
    line, slot = world.tasks[t].line, world.tasks[t].slot
    candidate = world.products[firm, line].candidates[whose, slot]
    return key(world.here.seed, _TRIALS, (firm * 8 + line) * 2 + whose, slot, candidate)


@compiled
def _see(world: World, t: int) -> None:
    """Bring a cluster's sum, its order of weights, its chance and k up to date."""
    modules, gamma, task = world.modules, world.parameters.search.gamma, world.tasks[t]
    total = 0.0
    for place in range(task.width):
        row = task.heaviest[place]
        total += modules[row].weight * modules[row].cost
        back = place
        while back > 0 and modules[task.heaviest[back - 1]].refitted < modules[row].refitted:
            task.heaviest[back] = task.heaviest[back - 1]
            back -= 1
        task.heaviest[back] = row
    task.present, task.depth = total, 0
    lowest, weights, log_total = 0.0, 0.0, log(total)
    for k in range(1, task.width + 1):
        weights += log(modules[task.heaviest[k - 1]].refitted)
        log_chance = world.design.simplices[k] - gamma * weights + gamma * k * log_total
        if log_chance < lowest:
            lowest, task.depth = log_chance, k
    task.chance = exp(lowest)


@compiled
def _draw(world: World, t: int, luck: np.uint64) -> None:
    """Draw a candidate's costs into a task, heaviest module first."""
    modules, gamma, task = world.modules, world.parameters.search.gamma, world.tasks[t]
    k = task.depth
    if k > 0:  # from the extended measure, given that their weighted sum is below the present one
        bound, parts = task.present * nth(luck, 1) ** (1.0 / (gamma * k)), 0.0
        for i in range(k):
            task.drawn[i] = nth_gamma(luck, 2 + i, gamma) if k > 1 else 1.0
            parts += task.drawn[i]
        for i in range(k):
            task.drawn[i] = max(bound / parts * task.drawn[i] / modules[task.heaviest[i]].refitted, _TINY)
    for i in range(k, task.width):
        task.drawn[i] = max(nth(luck, 64 * (2 + i)) ** (1.0 / gamma), _TINY)


@compiled
def _try(world: World, firm: int, t: int, whose: int, why: int) -> bool:
    """Try the candidate that has come, set the alarm for the next one, and say whether this one was kept."""
    modules, task = world.modules, world.tasks[t]
    product = world.products[firm, task.line]
    _draw(world, t, _luck(world, firm, t, whose))
    product.candidates[whose, task.slot] += 1
    product.clock[whose, task.slot] = 0.0
    product.alarm[whose, task.slot] = -log(nth(_luck(world, firm, t, whose), 0))
    reached, highest = 0.0, 0.0
    for i in range(task.width):
        reached += modules[task.heaviest[i]].refitted * task.drawn[i]
        highest = max(highest, task.drawn[i])
    if reached >= task.present or highest > 1.0:
        return False
    for i in range(task.width):
        row = task.heaviest[i]
        change(world, row, task.drawn[i], modules[row].target, why, firm, task.slot)
        modules[row].weight = modules[row].refitted
    task.kept += 1
    if whose == OWN:
        _innovate(world, firm, t)
    return True


@compiled
def _innovate(world: World, firm: int, t: int) -> None:
    """See whether a kept trial set a new best in the world: an independent innovation, and its size."""
    actor, task, gain, record = world.firms[firm], world.tasks[t], 0.0, -1
    for place in range(task.width - 1, -1, -1):
        module = world.modules[task.members[place]]
        if module.cost < actor.best[module.slot]:
            gain += log(actor.best[module.slot] / module.cost)
            actor.best[module.slot] = module.cost
            record = task.members[place]
    if record >= 0:
        actor.innovations += 1
        actor.independent += 1
        actor.independent_size += gain
        note(world, BEST, firm, -1, world.modules[record].slot, record, world.modules[record].cost, gain)


@compiled
def best_of(expected: float, gamma: float, uniform: float) -> float:
    """Return the lowest cost among a Poisson number of trials on a single module; 1 where none was made.

    The lowest of a Poisson stream passes x with chance exp(-expected · x^γ), solved for x.
    """
    if expected <= 0.0:
        return 1.0
    return max((min(-log(uniform), expected) / expected) ** (1.0 / gamma), _TINY)


@compiled
def first_draw(gamma: float, uniform: float) -> float:
    """Return the cost that one trial comes to, drawn from F(c) = c^γ."""
    return max(uniform ** (1.0 / gamma), _TINY)
