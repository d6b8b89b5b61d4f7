"""The central world of a fit: of its typical worlds the one in the middle of the posterior, in round numbers.

Typical are the plausible worlds of which as many seeds fit as in the best quarter of them. Where a world lies is told
on the scales of the priors, from 0 to 1; the middle is the mean of all runs that fit. Round is two significant digits,
within the range of the prior.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from experiments.case.setting import Floats
from experiments.declarations import toml_value
from experiments.fit.findings import Findings
from experiments.store import write_text
from experiments.sweep.factors import Factor

CENTRAL = "central.toml"
_TYPICAL = 0.75  # quantile of typicality from which on a world is typical
_DIGITS = 2


def central(places: Floats, middle: Floats, typicality: Floats) -> int:
    """Return which world is the central one.

    Args:
        places: where the worlds lie, shape (parameters, worlds).
        middle: where the middle of the posterior lies, shape (parameters,).
        typicality: share of each world's seeds that fit, shape (worlds,).
    """
    far = ((places - middle[:, None]) ** 2).sum(axis=0)
    return int(np.argmin(np.where(typicality >= np.quantile(typicality, _TYPICAL), far, np.inf)))


def rounded(factor: Factor, value: Any) -> Any:
    """Return a parameter's value in round numbers; of a listed or whole one the value itself."""
    if factor.values is not None or factor.whole:
        return value
    assert factor.low is not None
    assert factor.high is not None
    return min(max(float(f"{value:.{_DIGITS}g}"), factor.low), factor.high)


def write_central(folder: Path, found: Findings) -> None:
    """Write the central world as a config that changes what is free, and nothing else."""
    fit, tolerance = found.prior.fit, found.prior.fit.settings.tolerance
    near = found.seeds.typicality(tolerance)
    rows = np.searchsorted(found.prior.rows, found.rows)
    best = central(found.places[:, rows], found.places.mean(axis=1), near)
    point = {factor.key: rounded(factor, found.points[best][factor.key]) for factor in fit.factors}
    head = (
        f"# Plausible world {best} of the fit, in round numbers: of the typical ones the nearest to the middle of the\n"
        f"# posterior; {near[best]:.1%} of its seeds fit within {tolerance:g} discrepancies before rounding.\n"
    )
    write_text(folder / CENTRAL, head + "".join(_sections(point)))


def _sections(point: Mapping[str, Any]) -> list[str]:
    sections: dict[str, list[str]] = {}
    for key, value in point.items():
        section, _, name = key.partition(".")
        sections.setdefault(section, []).append(f"{name} = {toml_value(value)}\n")
    return [f"\n[{section}]\n{''.join(lines)}" for section, lines in sections.items()]
