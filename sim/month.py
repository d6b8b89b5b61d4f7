"""A month, compiled, in the order of the theory: a table of contents."""

from __future__ import annotations

from typing import Any

from sim.kernels.adoption import Crowd
from sim.kernels.compiled import World, compiled, entry
from sim.kernels.door import write_down
from sim.mechanisms import (
    absorption,
    commons,
    demand,
    diffusion,
    displacement,
    effort,
    feedback,
    flywheel,
    frontier,
    leak,
    market,
    organisation,
    policy,
    release,
    run,
    search,
    shock,
)


@compiled
def found(world: World) -> None:
    """Month 0: the commons, what firms see, libraries that are empty but for a parent's gifts, the world outside."""
    world.here.founded = True
    commons.found(world)
    demand.found(world)
    flywheel.found(world)
    effort.found(world)
    release.found(world)
    frontier.found(world)


@compiled
def month(world: World, crowd: Crowd) -> None:
    """Policy and supply, aim, search, release, adoption, commons, feedback and leak; then it is written down."""
    world.here.month += 1
    policy.govern(world)
    effort.open_books(world)
    release.open_books(world)
    frontier.advance(world)
    feedback.equip(world)  # the commons' tools and what users show, as of last month
    release.replace_lost(world, flywheel.price, displacement.displace)
    shock.strike(world)
    demand.perceive(world)
    for stage in range(2):
        for k in range(world.here.firms):
            if stage == world.parameters.run.order:
                invent(world, k)
            else:
                supply(world, k)
    effort.close_and_open_gaps(world)
    market.offer(world)
    diffusion.consider(world, crowd)
    market.collect(world)
    commons.contribute(world, crowd)
    for k in range(world.here.firms):
        feedback.take_in(world, k, absorption.capacity(world, k), organisation.bandwidth(world), flywheel.price)
    leak.imitate(world, absorption.capacity)
    frontier.note(world)
    feedback.equip(world)  # what firms plan with next month
    flywheel.quote(world)


@compiled
def invent(world: World, k: int) -> None:
    """Arbitrage earns, innovation pays for trials."""
    effort.earn(world, k)
    most = effort.innovation(world, k) * world.firms[k].strategy.capacity
    budget = min(max(release.free_cash(world, k), 0.0), most)
    search.spend(world, k, budget, flywheel.price, organisation.aim, organisation.remember)


@compiled
def supply(world: World, k: int) -> None:
    """Products come out, and what was adopted is mastered."""
    release.supply(world, k, effort.notices(world, k), flywheel.price, displacement.displace)
    absorption.master(world, k)


@compiled
def observe(world: World, row: Any) -> None:
    """Write the month down; nothing is changed."""
    run.observe(world, row)
    market.observe(world, row)
    search.observe(world, row)
    flywheel.observe(world, row)
    effort.observe(world, row)
    absorption.observe(world, row)
    organisation.observe(world, row)
    release.observe(world, row)
    displacement.observe(world, row)
    frontier.observe(world, row)
    diffusion.observe(world, row)
    commons.observe(world, row)
    feedback.observe(world, row)
    leak.observe(world, row)
    policy.observe(world, row)
    shock.observe(world, row)
    tally = world.firms[0].tally
    row.events_released, row.events_made, row.events_copied = tally.released, tally.made, tally.copied
    row.events_reused, row.events_adopted, row.events_mastered = tally.reused, tally.adopted, tally.mastered
    row.events_lost, row.events_patched, row.events_imitated = tally.lost, tally.patched, tally.imitated


@entry
def advance(worlds: Any, crowd: Crowd, releases: Any, events: Any, record: Any, until: int) -> bool:
    """Found a world if it is not yet, and go on to the end of month ``until``, writing down what happens.

    Args:
        worlds: its record, shape (1,).
        crowd: its adopters.
        releases, events, record: what is written down: a row a release, an event, a month.

    Returns:
        Whether it got there; False if there was no room left for events, which then wait.
    """
    world = worlds[0]
    if not world.here.founded:
        found(world)
    while True:
        if not write_down(world, releases, events):
            return False
        if world.here.month >= until:
            return True
        month(world, crowd)
        observe(world, record[world.here.month - 1])
