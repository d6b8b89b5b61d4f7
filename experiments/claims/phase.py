"""Where a rung holds over two parameters, all else as in some of the worlds, with the theory's own boundary.

Boundaries by name, each where a number of the theory is 1 in the median world:

    break-even   n (1 - b) / G: n uses of a module pay for the premium G of making it reusable, at b a use (Gaffney,
                 Durek 1989); n is what worlds typically show where modules are reused at all: reuses a module made
    loop-gain    θ = ρ(B E): a cheapening that comes back through price links as large as it set out
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
import xarray as xr
from contourpy import contour_generator

from experiments.claims.answers import Line, PhaseDiagram, judged
from experiments.claims.claim import Claim, part_of
from experiments.claims.estimands.base import Floats
from experiments.claims.judging import CONTRADICTED, SUPPORTED
from experiments.claims.laboratory import Laboratory, rows_of
from experiments.claims.over import Budget, Worlds
from experiments.claims.schema import Axis, Changes
from experiments.sweep.factors import make_factor, resolve
from sim.architecture import lay_out, loop_gain
from sim.parameters import Parameters

MOST_WORLDS = 16
_SHARE = 4  # of the runs of a claim
_FINE = 21  # places on each axis of a boundary


def phase(claim: Claim, worlds: Worlds, laboratory: Laboratory, budget: Budget) -> PhaseDiagram:
    """Run a claim's rung over the two parameters of its phase diagram, in some worlds.

    Args:
        claim: what is asked.
        worlds: some of these are used, spread evenly: as many as controls get, at most 16.
        laboratory: where runs are made.
        budget: how many.

    Raises:
        FlywheelError: the sweep was stopped, or could not be carried out.
    """
    asked = part_of(_free(claim), claim.file.phase.rung)
    some = worlds.first(min(MOST_WORLDS, budget.beside))
    x, y = _axes(claim, budget)
    placed = _placed(claim, some, x, y)
    seeds = _seeds(asked, len(placed), budget)
    table = laboratory.outcomes(asked, placed, seeds, "phase")
    (found,) = judged(asked, table)
    shape = (len(y), len(x), len(some))

    def share(code: int) -> Floats:
        return np.asarray((found.verdict == code).reshape(shape).mean(axis=2))

    return PhaseDiagram(
        claim.file.phase.rung, tuple(x), tuple(y), share(SUPPORTED), share(CONTRADICTED),
        _medians(found.effects[0].size.reshape(shape)), len(some), seeds, boundary(claim, some, table),
    )  # fmt: skip


def runs_of_phase(claim: Claim, worlds: int, budget: Budget) -> int:
    """Return the runs that a claim's phase diagram takes, of so many worlds."""
    asked = part_of(_free(claim), claim.file.phase.rung)
    x, y = _axes(claim, budget)
    placed = len(x) * len(y) * min(MOST_WORLDS, budget.beside, worlds)
    return len(asked.arms) * placed * _seeds(asked, placed, budget)


def _axes(claim: Claim, budget: Budget) -> tuple[list[float], list[float]]:
    return _values(claim.file.phase.x, budget.places, claim), _values(claim.file.phase.y, budget.places, claim)


def _seeds(asked: Claim, placed: int, budget: Budget) -> int:
    return budget._replace(runs=budget.runs // _SHARE).seeds_of(len(asked.arms), placed)


def _medians(sizes: Floats) -> Floats:
    """Return the median over worlds of what is known, shape (y, x); NaN where nothing is."""
    known = xr.DataArray(np.where(np.isfinite(sizes), sizes, np.nan), dims=("y", "x", "world"))
    return np.asarray(known.median("world", skipna=True))


def boundary(claim: Claim, worlds: Worlds, table: xr.Dataset) -> tuple[Line, ...]:
    """Return the theory's boundary in a claim's phase diagram, in the parts of it that lie there.

    A claim without one gets no line. A boundary that lies wholly elsewhere is one line without points.

    Args:
        claim: what is asked.
        worlds: those of the diagram.
        table: what runs showed: how many uses modules have.
    """
    name = claim.file.phase.boundary
    if name is None:
        return ()
    title, of = _break_even(table) if name == "break-even" else ("loop gain θ = 1", _gain)
    x, y = (_values(axis, _FINE, claim) for axis in (claim.file.phase.x, claim.file.phase.y))
    asked = part_of(_free(claim), claim.file.phase.rung)
    base = json.loads(claim.config.parameters.model_dump_json())
    rows = rows_of(asked, _placed(claim, worlds, x, y), {}, list(asked.arms)[:1])
    values = np.array([of(resolve(base, row)) for row in rows]).reshape(len(y), len(x), len(worlds))
    parts = contour_generator(np.array(x, float), np.array(y, float), np.median(values, axis=2)).lines(1.0)
    found = (Line(title, tuple(part[:, 0].tolist()), tuple(part[:, 1].tolist())) for part in map(np.asarray, parts))
    return tuple(found) or (Line(title, (), ()),)


def _break_even(table: xr.Dataset) -> tuple[str, Callable[[Parameters], float]]:
    made, reused = (table[f"final.events_{name}"].mean("seed") for name in ("made", "reused"))
    uses = float((reused / made.where((made > 0.0) & (reused > 0.0))).median())  # an arm without reuse has no say
    if not np.isfinite(uses):
        uses = 0.0
    return (
        f"break-even at {uses:.2g} reuses a module, G/(1 - b)",
        lambda given: uses * (1.0 - given.reuse.reuse_cost) / given.reuse.generality,
    )


def _gain(given: Parameters) -> float:
    layout = lay_out(given.architecture, given.flywheel, 0)
    return loop_gain(layout.elasticity, np.array([len(each) for each in layout.clusters], float), given.search.gamma)


def _free(claim: Claim) -> Claim:
    """Return a claim that leaves both axes to the diagram."""
    axes = (claim.file.phase.x.key, claim.file.phase.y.key)
    world = {key: value for key, value in claim.file.world.items() if key not in axes}
    return replace(claim, file=claim.file.model_copy(update={"world": world}))


def _values(axis: Axis, places: int, claim: Claim) -> list[float]:
    """Return the values of an axis: evenly over its range, whole numbers once each."""
    given: Changes = {"key": axis.key, "range": list(axis.range), "scale": axis.scale}
    return make_factor(given, str(claim.path)).grid(places)


def _placed(claim: Claim, worlds: Worlds, x: Sequence[float], y: Sequence[float]) -> Worlds:
    """Return worlds at every place: y by y, x by x, world by world."""
    keys = claim.file.phase.x.key, claim.file.phase.y.key
    places: list[Changes] = [dict(zip(keys, (one, other), strict=True)) for other in y for one in x]
    return replace(
        worlds, changes=tuple({**world, **place} for place in places for world in worlds.changes),
        numbers=worlds.numbers * len(places), typicality=worlds.typicality * len(places),
    )  # fmt: skip
