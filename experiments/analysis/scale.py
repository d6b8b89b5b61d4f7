"""Outcomes whose squares no floating-point number holds: analysed in units of a power of two, told in their own.

Division by a power of two changes no digit, so what is a ratio comes out the same to the bit.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from experiments.analysis.effects import Cells, MainEffect
from experiments.analysis.index import IN_UNITS, Index
from experiments.analysis.intervals import Estimate, Floats
from experiments.analysis.noise import Noise
from experiments.analysis.replication import Replication

if TYPE_CHECKING:
    from experiments.analysis.compute import Outcome

_SQUARED = 200  # exponents of two up to which all squares are numbers


def scale_of(values: Floats) -> float:
    """Return the power of two in which values are analysed: 1 unless their squares would be no numbers."""
    exponent = math.frexp(float(np.abs(values).max()))[1]
    return math.ldexp(1.0, exponent) if abs(exponent) > _SQUARED else 1.0


def told_in_units(found: Outcome, scale: float) -> Outcome:
    """Return what was found of values in units of ``scale``, in the outcome's own unit."""
    if scale == 1.0:
        return found
    return replace(
        found,
        mean=found.mean * scale,
        noise=_noise(found.noise, scale),
        replication=_replication(found.replication, scale),
        indices=tuple(_index(each, scale) for each in found.indices),
        effects=tuple(_effect(each, scale) for each in found.effects),
        pairs=tuple(_cells(each, scale) for each in found.pairs),
        heat=None if found.heat is None else _cells(found.heat, scale),
    )


def _times(values: tuple[float, ...], scale: float) -> tuple[float, ...]:
    return tuple(value * scale for value in values)


def _estimate(given: Estimate, scale: float) -> Estimate:
    return Estimate(*_times(given, scale))


def _noise(given: Noise, scale: float) -> Noise:
    return replace(given, spread=given.spread * scale)


def _replication(given: Replication, scale: float) -> Replication:
    return replace(
        given, median=_times(given.median, scale), worst=_times(given.worst, scale),
        compared=_times(given.compared, scale), spread=given.spread * scale,
    )  # fmt: skip


def _index(given: Index, scale: float) -> Index:
    return given._replace(estimate=_estimate(given.estimate, scale)) if given.method in IN_UNITS else given


def _effect(given: MainEffect, scale: float) -> MainEffect:
    means = tuple(_estimate(each, scale) for each in given.means)
    return replace(given, means=means, spread=tuple((low * scale, high * scale) for low, high in given.spread))


def _cells(given: Cells, scale: float) -> Cells:
    return replace(given, means=tuple(tuple(_estimate(each, scale) for each in row) for row in given.means))
