"""The tables of a fit, and what explains their columns.

The central world is, of the typical worlds, the one in the middle of the posterior, in round numbers. Typical are the
plausible worlds of which as many seeds fit as in the best quarter of them. Where a world lies is told on the scales of
the priors, from 0 to 1; the middle is the mean of all runs that fit. Round is two significant digits, within the range
of the prior.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from experiments.case.patterns import Floats
from experiments.codebook import codebook
from experiments.config import show_path
from experiments.declarations import toml_value
from experiments.fit.config import Fit
from experiments.fit.inference import FEW, LUCK, below, quantiles, share_interval, verdict
from experiments.fit.pipeline import Findings, Prior
from experiments.fit.table import value_at
from experiments.fit.worlds import ABOUT, WORLDS
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


_THREE = (0.05, 0.5, 0.95)

CODEBOOK = codebook("fit", luck=LUCK)


def write_prior(folder: Path, prior: Prior) -> None:
    """Write what is known whether or not any run fits: patterns, compromises, and what it is a fit of."""
    keys = prior.fit.keys
    CODEBOOK.write(folder, "patterns.csv", _patterns(prior))
    rows = ((one.row, one.missed, one.largest, *(toml_value(point[key]) for key in keys))
            for one, point in prior.compromises)  # fmt: skip
    CODEBOOK.write(folder, "compromise.csv", rows, keys)
    _write_about(folder, prior)


def write_findings(folder: Path, found: Findings) -> None:
    """Write what the runs that fit say."""
    _write_worlds(folder, found)
    write_central(folder, found)
    CODEBOOK.write(folder, "posterior.csv", _posterior(found))
    keys = found.prior.fit.keys
    CODEBOOK.write(
        folder, "pairs.csv", ((keys[one.one], keys[one.other], one.correlation, one.p) for one in found.pairs)
    )
    CODEBOOK.write(folder, "evidence.csv", _evidence(found))
    CODEBOOK.write(folder, "still.csv", _still(found))
    CODEBOOK.write(folder, "next.csv", _next(found))
    CODEBOOK.write(folder, "told.csv", _told(found))


def write_dictionary(folder: Path, fit: Fit) -> None:
    """Write what the columns of the tables mean."""
    shares = ((WORLDS, f"met {one.name}", "share of seeds", f"that meet: {one.title}") for one in fit.case.patterns)
    places = ((file, factor.key, factor.unit or "1", factor.description)
              for file in (WORLDS, "compromise.csv") for factor in fit.factors)  # fmt: skip
    CODEBOOK.write_dictionary(folder, [*places, *shares])


def _write_about(folder: Path, prior: Prior) -> None:
    fit = prior.fit
    about = {
        "config": show_path(fit.path),
        "case": fit.case.name,
        "model": fit.model(),
        "config_hash": fit.address(),
        "free": list(fit.keys),
        "readings": list(fit.case.readings),
        "settings": fit.settings.model_dump(),
        "runs": prior.table.runs,
        "tolerance": fit.settings.tolerance,
        "accepted": len(prior.rows),
        "few": len(prior.rows) < FEW,
        "other": fit.settings.other,
        "accepted_other": len(prior.rows_other),
    }
    write_text(folder / ABOUT, json.dumps(about, indent=2, ensure_ascii=False) + "\n")


def _write_worlds(folder: Path, found: Findings) -> None:
    fit, seeds = found.prior.fit, found.seeds
    near, far = seeds.typicality(fit.settings.tolerance), seeds.typicality(fit.settings.other)
    shares = seeds.shares(fit.settings.tolerance)
    distance = found.prior.table.off[:, found.rows].max(axis=0)

    def rows() -> Iterator[tuple[Any, ...]]:
        for n, world in enumerate(found.worlds):
            values = (toml_value(world.parameters[key]) for key in fit.keys)
            yield n, int(found.rows[n]), world.seed, distance[n], near[n], far[n], *values, *shares[:, n]

    names = [f"met {pattern.name}" for pattern in fit.case.patterns]
    CODEBOOK.write(folder, WORLDS, rows(), (*fit.keys, *names))


def _posterior(found: Findings) -> Iterator[tuple[Any, ...]]:
    fit = found.prior.fit
    for factor, why, one in zip(fit.factors, fit.reasons, found.marginals, strict=True):
        listed = factor.values is not None
        said = toml_value(list(factor.values or ())) if listed else f"{factor.low:g} to {factor.high:g}"
        quantiles = (_shown(value_at(factor, place)) for place in one.quantiles)
        scale = "listed" if listed else factor.scale
        yield factor.key, said, scale, *quantiles, one.width, one.statistic, one.p, why


def _shown(value: Any) -> Any:
    return value if isinstance(value, (int, float)) and not isinstance(value, bool) else toml_value(value)


def _patterns(prior: Prior) -> Iterator[tuple[Any, ...]]:
    fit, table = prior.fit, prior.table
    for n, pattern in enumerate(fit.case.patterns):
        near, far = prior.exclusions[n], prior.exclusions_other[n]
        before, after = quantiles(table.values[n], _THREE), quantiles(table.values[n, prior.rows], _THREE)
        yield (pattern.name, pattern.fact, *pattern.plausible(fit.settings.tolerance), near.share, far.share,
               near.without, far.without, *before, *after)  # fmt: skip
    shares = len(prior.rows) / table.runs, len(prior.rows_other) / table.runs
    yield ("all", *(None,) * 3, *shares, *(None,) * 8)


def _evidence(found: Findings) -> Iterator[tuple[Any, ...]]:
    for mechanism, one in zip(found.prior.fit.mechanisms, found.evidence, strict=True):
        yield (mechanism.name, one.accepted, one.runs, *one.factor, verdict(one), *one.other, one.typicality,
               one.without, one.own, *one.ratio)  # fmt: skip


def _still(found: Findings) -> Iterator[tuple[Any, ...]]:
    fit, worlds = found.prior.fit, len(found.worlds)
    patterns = [*(pattern.name for pattern in fit.case.patterns), "all"]
    rows = {
        LUCK: found.luck,
        **{each.name: one.still for each, one in zip(fit.mechanisms, found.evidence, strict=True)},
    }
    for name, shares in rows.items():
        for pattern, share, luck in zip(patterns, shares.tolist(), found.luck.tolist(), strict=True):
            yield (name, pattern, worlds, share, *share_interval(share, worlds),
                   int(below(share, luck, worlds)))  # fmt: skip


def _next(found: Findings) -> Iterator[tuple[Any, ...]]:
    names = [mechanism.name for mechanism in found.prior.fit.mechanisms]
    for n, one in enumerate(found.worths, start=1):
        tells = "" if one.most is None else names[one.most]
        defined = " ".join(name for told, name in zip(one.told, names, strict=True) if told.defined)
        yield (n if one.ranked else None, one.quantity.name, one.quantity.title, one.quantity.unit, one.worth, one.low,
               one.high, tells, defined, one.known)  # fmt: skip


def _told(found: Findings) -> Iterator[tuple[Any, ...]]:
    for one in found.worths:
        for mechanism, told in zip(found.prior.fit.mechanisms, one.told, strict=True):
            yield (one.quantity.name, mechanism.name, told.worth, told.low, told.high, *told.with_it, *told.without,
                   int(told.defined))  # fmt: skip
