"""``flywheel fit predict``: the plausible worlds run on, and what they predict, written before it can be compared.

Each world is run over seeds with the further releases of the case. Runs that do not fit the facts are left out; those
of a world share its weight, so that each world counts once. Beside it each fitting run counts once, so that worlds
count by their typicality.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from experiments.case import Quantity
from experiments.case.setting import Floats
from experiments.config import show_path
from experiments.errors import RunError, UsageError
from experiments.figures.words import number
from experiments.fit.config import Fit, read_fit
from experiments.fit.kept import added_to, check_kept, places
from experiments.fit.pipeline import Sweeps
from experiments.fit.table import distances, list_design, read_readings
from experiments.fit.worlds import World, load_worlds
from experiments.store import write_csv
from experiments.streams import aside
from experiments.sweep.results import Results
from experiments.sweep.session import Options
from experiments.terminal import console, note

QUANTILES = (0.025, 0.25, 0.5, 0.75, 0.975)
FILE = "predictions.csv"
HEADER = (
    "prediction", "title", "unit", "scale", "q025", "q25", "q50", "q75", "q975", "typical_q025", "typical_q50",
    "typical_q975", "missing", "worlds", "runs", "refuted",
)  # fmt: skip


class Predicted(NamedTuple):
    """What fitting runs of the plausible worlds give of one quantity.

    Attributes:
        quantity: what is predicted.
        quantiles: at ``QUANTILES``, each world counting once.
        typical: at the same, worlds counting by their typicality.
        missing: share of the weight of runs that do not have it.
    """

    quantity: Quantity
    quantiles: Floats
    typical: Floats
    missing: float


class Predictions(NamedTuple):
    """All predictions, the worlds with a run that fits, and how many runs that are."""

    each: list[Predicted]
    worlds: int
    runs: int


def predict_command(config: Path, options: Options, tables: Path | None, out: Path | None) -> int:
    """Run the plausible worlds of a fit on, add what they predict to its result, print it, return the exit code.

    Raises:
        UsageError: a faulty config, a case that predicts nothing, or no fit of it with this model.
        RunError: no run of any world fits.
    """
    fit = read_fit(config)
    if not fit.case.months:
        raise UsageError(f"case '{fit.case.name}': predicts nothing; say what, in [predict] and [[prediction]]")
    folder, result = places(fit, tables, out)
    check_kept(fit, result)
    predictions = predict(fit, load_worlds(result), Sweeps(folder, options, note))
    from experiments.figures import save, styled
    from experiments.fit.draw_predictions import draw_predictions

    with added_to(result, fit) as new:
        write_csv(new / FILE, HEADER, _rows(predictions))
        with styled():
            save(draw_predictions(predictions), new / "predictions.png")
    with aside():
        _print(predictions, result)
    return 0


def predict(fit: Fit, worlds: list[World], sweeps: Sweeps) -> Predictions:
    """Return what worlds predict."""
    case = fit.case
    later = replace(fit, config=replace(fit.config, parameters=case.predicted(fit.config.parameters)))
    readings = sorted({*(each for one in case.patterns for each in one.readings), *case.prediction_readings})
    points, seeds = [world.parameters for world in worlds], fit.settings.prediction_seeds
    folder = sweeps.run(list_design(later, points, seeds, readings), "predict")
    table = read_readings(folder, readings)
    off = distances(case.patterns, np.array([pattern.value(table) for pattern in case.patterns]))
    order = Results(folder).design.rows
    fits = (off <= fit.settings.tolerance).all(axis=0).reshape(-1, seeds)[order]
    if not fits.any():
        raise RunError(f"no run of {len(worlds)} worlds over {seeds} seeds fits; take more fit.prediction_seeds")
    even, typical = world_weights(fits)
    each = []
    for quantity in case.predictions:
        values = quantity.value(table).reshape(-1, seeds)[order]
        quantiles, by_type = weighted_quantiles(values, even), weighted_quantiles(values, typical)
        each.append(Predicted(quantity, quantiles, by_type, float(even[~np.isfinite(values)].sum())))
    return Predictions(each, int(fits.any(axis=1).sum()), int(fits.sum()))


def world_weights(fits: NDArray[np.bool_]) -> tuple[Floats, Floats]:
    """Return weights of runs that sum to 1: each world counting once, and each fitting run; shape (worlds, seeds)."""
    counts = fits.sum(axis=1, keepdims=True)
    even = np.where(fits, 1.0 / np.maximum(counts, 1), 0.0)
    return even / even.sum(), fits / fits.sum()


def weighted_quantiles(values: Floats, weights: Floats) -> Floats:
    """Return quantiles of the values that are finite and have a weight; NaN if none does."""
    known = np.isfinite(values) & (weights > 0.0)
    if not known.any():
        return np.full(len(QUANTILES), np.nan)
    return np.quantile(values[known], QUANTILES, weights=weights[known], method="inverted_cdf")


def _rows(found: Predictions) -> Iterable[tuple[object, ...]]:
    for one in found.each:
        quantity = one.quantity
        yield (quantity.name, quantity.title, quantity.unit, quantity.scale, *one.quantiles, *one.typical[[0, 2, 4]],
               one.missing, found.worlds, found.runs, quantity.refuted)  # fmt: skip


def _print(found: Predictions, result: Path) -> None:
    from rich import box
    from rich.table import Table

    terminal = console()
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, collapse_padding=True, width=78)
    table.add_column("prediction")
    for heading in ("median", "95 % interval"):
        table.add_column(heading, justify="right", no_wrap=True)
    for one in found.each:
        low, middle, high = (number(float(one.quantiles[n]), 3) for n in (0, 2, 4))
        table.add_row(one.quantity.title, middle, f"{low} to {high}")
    terminal.print(f"{found.runs:,} runs of {found.worlds} plausible worlds fit and are run on")
    terminal.print(table)
    terminal.print(f"Written to {show_path(result / FILE)}", soft_wrap=True)
