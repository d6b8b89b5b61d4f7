"""The tables of a fit, and what explains their columns."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from experiments.config import show_path
from experiments.declarations import toml_value
from experiments.fit.accept import FEW
from experiments.fit.central import write_central
from experiments.fit.config import Fit
from experiments.fit.evidence import LUCK, below, share_interval, verdict
from experiments.fit.findings import Findings, Prior
from experiments.fit.posterior import spread
from experiments.fit.table import value_at
from experiments.fit.worlds import ABOUT, PLAIN, WORLDS
from experiments.store import write_csv, write_text

_THREE = (0.05, 0.5, 0.95)

DICTIONARY = (
    (WORLDS, "world", "number", "plausible world, from 0, in the order of the table"),
    (WORLDS, "row", "number", "its point in the table"),
    (WORLDS, "seed", "number", "seed of that run"),
    (WORLDS, "distance", "discrepancies", "largest distance of that run from a fact"),
    (WORLDS, "typicality", "share of seeds", "seeds that fit at the tolerance of the fit"),
    (WORLDS, "typicality_other", "share of seeds", "seeds that fit at the other tolerance"),
    ("posterior.csv", "parameter", "key", "free parameter"),
    ("posterior.csv", "prior", "as parameter", "its range, or listed values"),
    ("posterior.csv", "scale", "choice", "scale on which the prior is even: linear, log, or listed"),
    ("posterior.csv", "q05", "as parameter", "5 % quantile of the runs that fit"),
    ("posterior.csv", "q25", "as parameter", "25 %"),
    ("posterior.csv", "q50", "as parameter", "median"),
    ("posterior.csv", "q75", "as parameter", "75 %"),
    ("posterior.csv", "q95", "as parameter", "95 %"),
    ("posterior.csv", "width", "1", "from 5 to 95 % on the scale of the prior, of that of all runs: 1 if not narrower"),
    ("posterior.csv", "statistic", "1", "greatest distance of its distribution from that of all runs"),
    ("posterior.csv", "p", "chance", "of as much by luck in any parameter (Kolmogorov, Smirnov; Holm)"),
    ("posterior.csv", "why", "text", "why the prior has its range"),
    ("pairs.csv", "one", "key", "free parameter"),
    ("pairs.csv", "other", "key", "another, whose rank goes with it in the runs that fit, beyond chance"),
    ("pairs.csv", "correlation", "1", "rank correlation"),
    ("pairs.csv", "p", "chance", "of as much by luck in any pair (Holm)"),
    ("patterns.csv", "pattern", "name", "pattern of the case, or all: every one at once"),
    ("patterns.csv", "fact", "as pattern", "its value"),
    ("patterns.csv", "low", "as pattern", "least value within the tolerance"),
    ("patterns.csv", "high", "as pattern", "greatest"),
    ("patterns.csv", "share", "share of runs", "within the tolerance of the fit"),
    ("patterns.csv", "share_other", "share of runs", "within the other tolerance"),
    ("patterns.csv", "without", "share of runs", "that would fit were this pattern not asked for"),
    ("patterns.csv", "without_other", "share of runs", "the same at the other tolerance"),
    *(("patterns.csv", f"prior_q{q}", "as pattern", f"{int(q)} % quantile of all runs") for q in ("05", "50", "95")),
    *(("patterns.csv", f"fit_q{q}", "as pattern", f"{int(q)} % of the runs that fit") for q in ("05", "50", "95")),
    ("compromise.csv", "row", "number", "point of the table that comes near"),
    ("compromise.csv", "missed", "patterns", "patterns that it misses"),
    ("compromise.csv", "distance", "discrepancies", "its largest distance, of those that have one"),
    ("evidence.csv", "mechanism", "name", "what is switched off"),
    ("evidence.csv", "accepted", "runs", "that fit without it"),
    ("evidence.csv", "runs", "runs", "without it"),
    ("evidence.csv", "factor", "1", "Bayes factor at the tolerance of the fit: above 1 for the mechanism"),
    ("evidence.csv", "low", "1", "lower end of its 95 % interval"),
    ("evidence.csv", "high", "1", "upper end"),
    (
        "evidence.csv",
        "grade",
        "text",
        "in words (Kass, Raftery 1995), unless the interval holds 1 or tolerances disagree",
    ),
    ("evidence.csv", "other", "1", "Bayes factor at the other tolerance"),
    ("evidence.csv", "other_low", "1", "lower end"),
    ("evidence.csv", "other_high", "1", "upper end"),
    ("evidence.csv", "typicality", "share of seeds", "that fit in the plausible worlds, mean"),
    ("evidence.csv", "typicality_without", "share of seeds", "the same worlds without the mechanism"),
    ("evidence.csv", "typicality_own", "share of seeds", "worlds that were found without it; empty if none was"),
    ("evidence.csv", "ratio", "1", "typicality with over without, in the same worlds"),
    ("evidence.csv", "ratio_low", "1", "lower end of its 95 % interval, over worlds"),
    ("evidence.csv", "ratio_high", "1", "upper end"),
    ("still.csv", "mechanism", "name", f"what is switched off, all else and all luck as before; '{LUCK}': nothing is"),
    ("still.csv", "pattern", "name", "pattern of the case, or all: every one at once"),
    ("still.csv", "worlds", "number", "plausible worlds, which all meet it in their own run with everything on"),
    (
        "still.csv",
        "share",
        "share of worlds",
        f"whose own run still meets it; of '{LUCK}' the share of all their seeds",
    ),
    ("still.csv", "low", "share of worlds", "lower end of its 95 % interval"),
    ("still.csv", "high", "share of worlds", "upper end"),
    ("still.csv", "below", "0 or 1", f"clearly below '{LUCK}': the pattern needs the mechanism"),
    ("next.csv", "rank", "number", "1 for the fact that is worth most; empty if it is known, or nothing can be said"),
    ("next.csv", "quantity", "name", "what could be looked up"),
    ("next.csv", "title", "text", "in words"),
    ("next.csv", "unit", "text", "its unit"),
    (
        "next.csv",
        "worth",
        "1",
        "expected change of the log Bayes factors by knowing it, mean over mechanisms but those defined",
    ),
    ("next.csv", "low", "1", "lower end of its 90 % interval"),
    ("next.csv", "high", "1", "upper end"),
    ("next.csv", "tells", "name", "mechanism of which it tells most, but not by definition"),
    ("next.csv", "defined", "names", "mechanisms that it tells by definition: without each, all runs give one value"),
    ("next.csv", "known", "text", "pattern that compares it, or how else it is known; empty if it is not"),
    ("told.csv", "quantity", "name", "what could be looked up"),
    ("told.csv", "mechanism", "name", "what is switched off"),
    ("told.csv", "worth", "1", "expected change of its log Bayes factor; empty if too few runs fit without it"),
    ("told.csv", "low", "1", "lower end of its 90 % interval"),
    ("told.csv", "high", "1", "upper end"),
    *(
        ("told.csv", f"{name}_{kind}", "as quantity", f"{said} of what runs that fit give, {kind} the mechanism")
        for kind in ("with", "without")
        for name, said in (("q25", "25 % quantile"), ("q50", "median"), ("q75", "75 % quantile"))
    ),
    ("told.csv", "defined", "0 or 1", "told by definition: all runs without the mechanism give one value"),
    ("predictions.csv", "prediction", "name", "what is predicted, by 'flywheel fit predict'"),
    ("predictions.csv", "title", "text", "in words"),
    ("predictions.csv", "unit", "text", "its unit"),
    ("predictions.csv", "scale", "choice", "on which it is to be compared"),
    *(
        ("predictions.csv", f"q{q}", "as prediction", f"{said} quantile of the worlds' runs that fit, run on")
        for q, said in (("025", "2.5 %"), ("25", "25 %"), ("50", "50 %"), ("75", "75 %"), ("975", "97.5 %"))
    ),
    *(
        (
            "predictions.csv",
            f"typical_q{q}",
            "as prediction",
            f"{said} of all their seeds that fit: worlds by their typicality",
        )
        for q, said in (("025", "2.5 %"), ("50", "50 %"), ("975", "97.5 %"))
    ),
    ("predictions.csv", "missing", "share of worlds", "whose run does not have it"),
    ("predictions.csv", "worlds", "number", "plausible worlds"),
    ("predictions.csv", "runs", "number", "of their runs over seeds, how many fit"),
    ("predictions.csv", "refuted", "text", "what would refute it"),
    ("calibration.csv", "parameter", "key", "free parameter, by 'flywheel verify --fit'"),
    ("calibration.csv", "cases", "number", "pseudo-cases"),
    ("calibration.csv", "p", "chance", "of ranks as uneven by luck in any parameter (Kolmogorov, Smirnov; Holm)"),
    ("calibration.csv", "p_bins", "chance", "of ranks as uneven by luck in this one, in ten bins (chi-square)"),
    *(
        (
            "calibration.csv",
            f"covered{level}{end}",
            "share of cases",
            f"{said}intervals of {level} % that hold the truth",
        )
        for level in (50, 90)
        for end, said in (("", ""), ("_low", "lower 95 % bound of: "), ("_high", "upper: "))
    ),
    ("calibration.csv", "passed", "0 or 1", "nothing is against it"),
    ("errors.csv", "mechanism", "name", "what was off in the pseudo-cases"),
    ("errors.csv", "cases", "number", "pseudo-cases"),
    ("errors.csv", "judged", "number", "of them that enough runs fit to be judged"),
    ("errors.csv", "above3", "number", "of those judged: find it needed with a Bayes factor above 3"),
    ("errors.csv", "above20", "number", "above 20"),
    ("errors.csv", "share3", "share of judged", "above 3; empty if none could be judged"),
    ("errors.csv", "share20", "share of judged", "above 20"),
    ("errors.csv", "p3", "chance", "of as many if the share were 1/3, the most that may be"),
    ("errors.csv", "p20", "chance", "of as many if it were 1/20"),
    ("errors.csv", "passed", "0 or 1", "some could be judged, and neither share is beyond its bound"),
)


def header(file: str) -> list[str]:
    """Return the columns of a file."""
    return [column for name, column, _, _ in DICTIONARY if name == file]


def write_prior(folder: Path, prior: Prior) -> None:
    """Write what is known whether or not any run fits: patterns, compromises, and what it is a fit of."""
    keys = prior.fit.keys
    _write(folder, "patterns.csv", _patterns(prior))
    rows = ((one.row, one.missed, one.largest, *(toml_value(point[key]) for key in keys))
            for one, point in prior.compromises)  # fmt: skip
    write_csv(folder / "compromise.csv", [*header("compromise.csv"), *keys], rows)
    _write_about(folder, prior)


def write_findings(folder: Path, found: Findings) -> None:
    """Write what the runs that fit say."""
    _write_worlds(folder, found)
    write_central(folder, found)
    _write(folder, "posterior.csv", _posterior(found))
    keys = found.prior.fit.keys
    _write(folder, "pairs.csv", ((keys[one.one], keys[one.other], one.correlation, one.p) for one in found.pairs))
    _write(folder, "evidence.csv", _evidence(found))
    _write(folder, "still.csv", _still(found))
    _write(folder, "next.csv", _next(found))
    _write(folder, "told.csv", _told(found))


def write_dictionary(folder: Path, fit: Fit) -> None:
    """Write what the columns of the tables mean."""
    shares = ((WORLDS, f"met {one.name}", "share of seeds", f"that meet: {one.title}") for one in fit.case.patterns)
    places = ((file, factor.key, factor.unit or "1", factor.description)
              for file in (WORLDS, "compromise.csv") for factor in fit.factors)  # fmt: skip
    rows = [*DICTIONARY, *places, *shares]
    write_csv(folder / "dictionary.csv", ["file", "column", "unit", "description"], rows)


def _write(folder: Path, name: str, rows: Iterable[Iterable[Any]]) -> None:
    write_csv(folder / name, header(name), rows)


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
    write_csv(folder / WORLDS, [*PLAIN, *fit.keys, *names], rows())


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
        before, after = spread(table.values[n], _THREE), spread(table.values[n, prior.rows], _THREE)
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
