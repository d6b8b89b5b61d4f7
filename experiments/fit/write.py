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

from experiments.case.setting import Floats
from experiments.codebook import Codebook, interval
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

CODEBOOK = Codebook(
    {
        WORLDS: (
            ("world", "number", "plausible world, from 0, in the order of the table"),
            ("row", "number", "its point in the table"),
            ("seed", "number", "seed of that run"),
            ("distance", "discrepancies", "largest distance of that run from a fact"),
            ("typicality", "share of seeds", "seeds that fit at the tolerance of the fit"),
            ("typicality_other", "share of seeds", "seeds that fit at the other tolerance"),
        ),
        "posterior.csv": (
            ("parameter", "key", "free parameter"),
            ("prior", "as parameter", "its range, or listed values"),
            ("scale", "choice", "scale on which the prior is even: linear, log, or listed"),
            ("q05", "as parameter", "5 % quantile of the runs that fit"),
            ("q25", "as parameter", "25 %"),
            ("q50", "as parameter", "median"),
            ("q75", "as parameter", "75 %"),
            ("q95", "as parameter", "95 %"),
            ("width", "1", "from 5 to 95 % on the scale of the prior, of that of all runs: 1 if not narrower"),
            ("statistic", "1", "greatest distance of its distribution from that of all runs"),
            ("p", "chance", "of as much by luck in any parameter (Kolmogorov, Smirnov; Holm)"),
            ("why", "text", "why the prior has its range"),
        ),
        "pairs.csv": (
            ("one", "key", "free parameter"),
            ("other", "key", "another, whose rank goes with it in the runs that fit, beyond chance"),
            ("correlation", "1", "rank correlation"),
            ("p", "chance", "of as much by luck in any pair (Holm)"),
        ),
        "patterns.csv": (
            ("pattern", "name", "pattern of the case, or all: every one at once"),
            ("fact", "as pattern", "its value"),
            ("low", "as pattern", "least value within the tolerance"),
            ("high", "as pattern", "greatest"),
            ("share", "share of runs", "within the tolerance of the fit"),
            ("share_other", "share of runs", "within the other tolerance"),
            ("without", "share of runs", "that would fit were this pattern not asked for"),
            ("without_other", "share of runs", "the same at the other tolerance"),
            *((f"prior_q{q}", "as pattern", f"{int(q)} % quantile of all runs") for q in ("05", "50", "95")),
            *((f"fit_q{q}", "as pattern", f"{int(q)} % of the runs that fit") for q in ("05", "50", "95")),
        ),
        "compromise.csv": (
            ("row", "number", "point of the table that comes near"),
            ("missed", "patterns", "patterns that it misses"),
            ("distance", "discrepancies", "its largest distance, of those that have one"),
        ),
        "evidence.csv": (
            ("mechanism", "name", "what is switched off"),
            ("accepted", "runs", "that fit without it"),
            ("runs", "runs", "without it"),
            ("factor", "1", "Bayes factor at the tolerance of the fit: above 1 for the mechanism"),
            *interval("1"),
            ("grade", "text", "in words (Kass, Raftery 1995), unless the interval holds 1 or tolerances disagree"),
            ("other", "1", "Bayes factor at the other tolerance"),
            *interval("1", "", "other_"),
            ("typicality", "share of seeds", "that fit in the plausible worlds, mean"),
            ("typicality_without", "share of seeds", "the same worlds without the mechanism"),
            ("typicality_own", "share of seeds", "worlds that were found without it; empty if none was"),
            ("ratio", "1", "typicality with over without, in the same worlds"),
            *interval("1", "of its 95 % interval, over worlds", "ratio_"),
        ),
        "still.csv": (
            ("mechanism", "name", f"what is switched off, all else and all luck as before; '{LUCK}': nothing is"),
            ("pattern", "name", "pattern of the case, or all: every one at once"),
            ("worlds", "number", "plausible worlds, which all meet it in their own run with everything on"),
            ("share", "share of worlds", f"whose own run still meets it; of '{LUCK}' the share of all their seeds"),
            *interval("share of worlds"),
            ("below", "0 or 1", f"clearly below '{LUCK}': the pattern needs the mechanism"),
        ),
        "next.csv": (
            ("rank", "number", "1 for the fact that is worth most; empty if it is known, or nothing can be said"),
            ("quantity", "name", "what could be looked up"),
            ("title", "text", "in words"),
            ("unit", "text", "its unit"),
            (
                "worth",
                "1",
                "expected change of the log Bayes factors by knowing it, mean over mechanisms but those defined",
            ),
            *interval("1", "of its 90 % interval"),
            ("tells", "name", "mechanism of which it tells most, but not by definition"),
            ("defined", "names", "mechanisms that it tells by definition: without each, all runs give one value"),
            ("known", "text", "pattern that compares it, or how else it is known; empty if it is not"),
        ),
        "told.csv": (
            ("quantity", "name", "what could be looked up"),
            ("mechanism", "name", "what is switched off"),
            ("worth", "1", "expected change of its log Bayes factor; empty if too few runs fit without it"),
            *interval("1", "of its 90 % interval"),
            *(
                (f"{name}_{kind}", "as quantity", f"{said} of what runs that fit give, {kind} the mechanism")
                for kind in ("with", "without")
                for name, said in (("q25", "25 % quantile"), ("q50", "median"), ("q75", "75 % quantile"))
            ),
            ("defined", "0 or 1", "told by definition: all runs without the mechanism give one value"),
        ),
        "predictions.csv": (
            ("prediction", "name", "what is predicted, by 'flywheel fit predict'"),
            ("title", "text", "in words"),
            ("unit", "text", "its unit"),
            ("scale", "choice", "on which it is to be compared"),
            *(
                (f"q{q}", "as prediction", f"{said} quantile of the worlds' runs that fit, run on")
                for q, said in (("025", "2.5 %"), ("25", "25 %"), ("50", "50 %"), ("75", "75 %"), ("975", "97.5 %"))
            ),
            *(
                (f"typical_q{q}", "as prediction", f"{said} of all their seeds that fit: worlds by their typicality")
                for q, said in (("025", "2.5 %"), ("50", "50 %"), ("975", "97.5 %"))
            ),
            ("missing", "share of worlds", "whose run does not have it"),
            ("worlds", "number", "plausible worlds"),
            ("runs", "number", "of their runs over seeds, how many fit"),
            ("refuted", "text", "what would refute it"),
        ),
        "calibration.csv": (
            ("parameter", "key", "free parameter, by 'flywheel verify --fit'"),
            ("cases", "number", "pseudo-cases"),
            ("p", "chance", "of ranks as uneven by luck in any parameter (Kolmogorov, Smirnov; Holm)"),
            ("p_bins", "chance", "of ranks as uneven by luck in this one, in ten bins (chi-square)"),
            *(
                (f"covered{level}{end}", "share of cases", f"{said}intervals of {level} % that hold the truth")
                for level in (50, 90)
                for end, said in (("", ""), ("_low", "lower 95 % bound of: "), ("_high", "upper: "))
            ),
            ("passed", "0 or 1", "nothing is against it"),
        ),
        "errors.csv": (
            ("mechanism", "name", "what was off in the pseudo-cases"),
            ("cases", "number", "pseudo-cases"),
            ("judged", "number", "of them that enough runs fit to be judged"),
            ("above3", "number", "of those judged: find it needed with a Bayes factor above 3"),
            ("above20", "number", "above 20"),
            ("share3", "share of judged", "above 3; empty if none could be judged"),
            ("share20", "share of judged", "above 20"),
            ("p3", "chance", "of as many if the share were 1/3, the most that may be"),
            ("p20", "chance", "of as many if it were 1/20"),
            ("passed", "0 or 1", "some could be judged, and neither share is beyond its bound"),
        ),
    }
)


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
