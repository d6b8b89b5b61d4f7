"""The least world that has adopters: founded like any other, of which only adopters live through the months."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from sim.founding import advance_tables, found_tables
from sim.kernels import adoption, draws
from sim.kernels.adoption import Crowd, count_contributors
from sim.kernels.compiled import entry
from sim.mechanisms import diffusion
from sim.parameters import Parameters
from sim.world import Tables
from tests.worlds import CLASSIC


class World(NamedTuple):
    """A world's tables, and parts of them as record arrays: parameters (1,), here (1,), firms (K,), record (T,)."""

    tables: Tables
    parameters: Any
    here: Any
    firms: Any
    crowd: Crowd
    record: Any


def build(seed: int = 0, options: int = 2, edges=None, commons: dict[str, float] | None = None, **changes) -> World:
    """A world at month 0; ``changes`` are parameters of diffusion, ``commons`` of the commons."""
    asked: dict[str, Any] = CLASSIC | {"rival.count": options - 1, "commons.benefit_spread": 1.0}
    asked |= {f"diffusion.{name}": value for name, value in changes.items()}
    asked |= {f"commons.{name}": value for name, value in (commons or {}).items()}
    given = found_tables(Parameters().replace(asked), seed, None if edges is None else np.array(edges))
    tables = advance_tables(given, 0)
    state = tables.world
    firms = np.asarray(state["firms"])[0, :options].view(np.recarray)
    return World(tables, state.parameters, state.here, firms, tables.crowd, tables.record)


@entry
def uniform(seed: np.uint64, stream: np.uint64, a: int, b: int) -> float:
    """The model's own uniform for a decision, as Python may ask for it."""
    return draws.uniform(seed, stream, a, b, 0)


@entry
def exponential(seed: np.uint64, stream: np.uint64, a: int, b: int) -> float:
    """The model's own draw from Exp(1)."""
    return draws.exponential(seed, stream, a, b, 0)


@entry
def leaving(seed: np.uint64, churn: float, row: int, month: int) -> int:
    """The month in which a user leaves."""
    return adoption.leaving(seed, churn, row, month)


@entry
def due(given: Any, near: Any, row: int, own: int, offered: int, left: float, since: int) -> int:
    """The month of an adopter's next consideration."""
    return adoption.due(given, near, row, own, offered, left, since)


def put(world: World, row: int, new: int) -> None:
    """Make an adopter use an option."""
    diffusion.put(world.tables.world, world.crowd, row, new)


@entry
def _step(worlds: Any, crowd: Crowd, record: Any) -> None:
    world = worlds[0]
    world.here.month += 1
    diffusion.consider(world, crowd)
    count_contributors(world, crowd)
    diffusion.observe(world, record[0])


def step(world: World) -> None:
    """Let a month pass."""
    _step(world.tables.world, world.crowd, world.record)


def offer(world: World, capability=(1.0,), cost=0.0, openness=0.0, available=True) -> None:
    """Set what a month offers, an entry an option or one for all."""
    firms = world.firms
    firms.capability, firms.cost_of_use, firms.product_openness, firms.available = capability, cost, openness, available


def live(world: World, **offers) -> Any:
    """Set offers, let a month pass, and return the firms' table."""
    offer(world, **offers)
    step(world)
    return world.firms
