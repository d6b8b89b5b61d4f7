"""The least world that has adopters: the tables that diffusion reads and writes, and a month of it."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, NamedTuple, get_args, get_origin

import numpy as np

from sim.kernels.adoption import Crowd, count_contributors, found_crowd
from sim.kernels.compiled import entry
from sim.kernels.draws import seed_key
from sim.mechanisms import diffusion
from sim.mechanisms.diffusion import COLUMNS, STATE, Diffusion

COMMONS = {"rights": 1.0, "cost": 3.0, "benefit_spread": 1.0}
OFFER = [("capability", "f8"), ("cost_of_use", "f8"), ("product_openness", "f8"), ("available", "?")]


class World(NamedTuple):
    parameters: Any
    here: Any
    firms: Any
    crowd: Crowd
    record: Any


def numbers(given: Diffusion) -> tuple[list[tuple[str, str]], tuple[Any, ...]]:
    """Numbers, switches and choices (by place) of the section, as fields of a record and their values."""
    fields, values = [], []
    for name, info in Diffusion.model_fields.items():
        value, choices = getattr(given, name), get_args(info.annotation)
        if get_origin(info.annotation) is not None:
            value = choices.index(value)
        if not isinstance(value, str):
            fields.append((name, {bool: "?", int: "i8", float: "f8"}[type(value)]))
            values.append(value)
    return fields, tuple(values)


def build(seed: int = 0, options: int = 2, edges=None, commons: dict[str, float] | None = None, **changes) -> World:
    """A world at month 0; ``changes`` are parameters of diffusion."""
    given, common = Diffusion(**changes), COMMONS | (commons or {})
    fields, values = numbers(given)
    parameters = np.zeros(1, dtype=[("diffusion", fields), ("commons", [(name, "f8") for name in common])])
    parameters["diffusion"], parameters["commons"] = values, tuple(common.values())
    here = np.zeros(1, dtype=[("seed", "u8"), ("month", "i8")]).view(np.recarray)
    here.seed[0] = seed_key(seed)
    asked = SimpleNamespace(diffusion=given, commons=SimpleNamespace(**common))
    crowd = found_crowd(asked, here.seed[0], options, None if edges is None else np.array(edges))
    firms = np.zeros(options, dtype=[*OFFER, *STATE["firms"]]).view(np.recarray)
    firms.users = crowd.options.users
    record = np.zeros(1, dtype=[(column.name, "f8") for column in COLUMNS]).view(np.recarray)
    return World(parameters.view(np.recarray), here, firms, crowd, record)


@entry
def step(world: World) -> None:
    """Let a month pass."""
    world.here[0].month += 1
    diffusion.consider(world)
    count_contributors(world)
    diffusion.observe(world, world.record[0])


def offer(world: World, capability=(1.0,), cost=0.0, openness=0.0, available=True) -> None:
    """Set what a month offers, an entry an option or one for all."""
    firms = world.firms
    firms.capability, firms.cost_of_use, firms.product_openness, firms.available = capability, cost, openness, available


def live(world: World, **offers) -> Any:
    """Set offers, let a month pass, and return the firms' table."""
    offer(world, **offers)
    step(world)
    return world.firms
