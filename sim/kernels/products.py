"""What a product is: its cost over its slots, how open it is, and which of a firm's products is on offer."""

from __future__ import annotations

from math import exp, inf

from sim.kernels.compiled import World, compiled

_LOG_CEILING = 230.0  # however badly a module fits, what it costs stays a number
NO_PRODUCT, PROTOTYPE, ON_MARKET = 0, 1, 2
ALL, SYSTEMS, ALGORITHMS = 0, 1, 2


@compiled
def burden(world: World, point: float, need: float) -> float:
    """Return what a misfit does to running cost, e^{μ|z − x|}."""
    return exp(min(world.parameters.reuse.mismatch_penalty * abs(point - need), _LOG_CEILING))


@compiled
def cost(world: World, firm: int, line: int, part: int) -> float:
    """Return Σ w_i c_i e^{μ|z_i − x_i|} / Σ w_i over a product's slots: all (C), its systems (H) or algorithms (Q).

    NaN where there are none of a kind.
    """
    design, product = world.design, world.products[firm, line]
    total, weights = 0.0, 0.0
    for slot in range(design.slots):
        if part == ALL or (part == SYSTEMS) == (design.systems[slot] != 0):
            module = world.modules[product.modules[slot]]
            total += design.weights[slot] * module.cost * burden(world, module.point, product.requirement[slot])
            weights += design.weights[slot]
    return total / weights


@compiled
def offered(world: World, firm: int) -> int:
    """Return the line of the product that a firm offers: the cheapest, the first on a tie; -1 without one."""
    cheapest, lowest = -1, inf
    for line in range(world.here.lines):
        if world.products[firm, line].state == ON_MARKET:
            present = cost(world, firm, line, ALL)
            if present < lowest:
                cheapest, lowest = line, present
    return cheapest


@compiled
def is_open(world: World, firm: int, module: int) -> bool:
    """Return whether a firm owns the module in a row and has opened it."""
    return world.modules[module].owner == firm and world.modules[module].secrecy < world.firms[firm].openness


@compiled
def openness(world: World, firm: int, line: int) -> float:
    """Return the share by weight of the firm's own modules in a product that are open; 0 where none is its own."""
    design, product = world.design, world.products[firm, line]
    opened, own = 0.0, 0.0
    for slot in range(design.slots):
        module = product.modules[slot]
        if world.modules[module].owner == firm:
            own += design.weights[slot]
            if is_open(world, firm, module):
                opened += design.weights[slot]
    return opened / own if own > 0.0 else 0.0


@compiled
def first_use(world: World, firm: int, line: int, slot: int) -> bool:
    """Return whether a live product has a module in a slot that no product of an earlier line has."""
    module = world.products[firm, line].modules[slot]
    if world.products[firm, line].state == NO_PRODUCT or module < 0:
        return False
    for earlier in range(line):
        product = world.products[firm, earlier]
        if product.state != NO_PRODUCT and product.modules[slot] == module:
            return False
    return True


@compiled
def count_modules(world: World, firm: int) -> int:
    """Return the number of modules in a firm's live products."""
    count = 0
    for line in range(world.here.lines):
        for slot in range(world.design.slots):
            count += first_use(world, firm, line, slot)
    return count
