"""``flywheel fit predict``: the plausible worlds run on, and what they predict, written before it can be compared.

What is run on is of each world the run that fits, with its own seed and the further releases of the case: up to the
facts' end it is the same run, so that the quantiles are those of the posterior. Beside them are those of all seeds that
fit, in which worlds count by their typicality; with few such runs nothing is said.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from experiments.case.patterns import Readings, distances, values_of
from experiments.config import show_path
from experiments.errors import RunError, UsageError
from experiments.figures.draw import draw_into
from experiments.figures.words import number
from experiments.fit.config import Fit, read_fit
from experiments.fit.inference import quantiles
from experiments.fit.pipeline import Predicted, Predictions, Sweeps, run_on
from experiments.fit.table import list_design, read_readings
from experiments.fit.worlds import World, added_to, check_kept, load_worlds, places
from experiments.fit.write import CODEBOOK
from experiments.messages.streams import aside
from experiments.messages.terminal import console, note
from experiments.sweep.session import Options

QUANTILES = (0.025, 0.25, 0.5, 0.75, 0.975)
_LEAST = 40  # seeds that fit, for quantiles over them


def predict(fit: Fit, worlds: list[World], sweeps: Sweeps) -> Predictions:
    """Return what worlds predict.

    Raises:
        RunError: a world's own run no longer fits.
    """
    case = fit.case
    later = replace(fit, config=replace(fit.config, parameters=case.predicted(fit.config.parameters)))
    readings = sorted({*case.pattern_readings, *case.prediction_readings})
    own = run_on(later, worlds, readings)
    if lost := np.flatnonzero(~_fits(fit, own)).tolist():
        raise RunError(f"{len(lost)} of {len(worlds)} worlds do not fit as they did; 'flywheel fit' makes them anew")
    points = [world.parameters for world in worlds]
    folder = sweeps.run(list_design(later, points, fit.settings.seeds, readings), "predict")
    seeds = read_readings(folder, readings)
    fits = _fits(fit, seeds)
    each = []
    for quantity in case.predictions:
        values, typical = quantity.value(own), quantity.value(seeds)[fits]
        missing = float(np.mean(~np.isfinite(values)))
        each.append(Predicted(quantity, quantiles(values, QUANTILES), quantiles(typical, QUANTILES, _LEAST), missing))
    return Predictions(each, len(worlds), int(fits.sum()))


def _fits(fit: Fit, readings: Readings) -> NDArray[np.bool_]:
    off = distances(fit.case.patterns, values_of(fit.case.patterns, readings))
    return np.asarray((off <= fit.settings.tolerance).all(axis=0))


FILE = "predictions.csv"


def predict_command(config: Path, options: Options, tables: Path | None, out: Path | None) -> int:
    """Run the plausible worlds of a fit on, add what they predict to its result, print it, return the exit code.

    Raises:
        UsageError: a faulty config, a case that predicts nothing, or no fit of it with this model.
        RunError: no run fitted, or a world no longer fits.
    """
    fit = read_fit(config)
    if not fit.case.months:
        raise UsageError(f"case '{fit.case.name}': predicts nothing; say what, in [predict] and [[prediction]]")
    folder, result = places(fit, tables, out)
    about = check_kept(fit, result)
    if not about["accepted"]:
        raise RunError(
            f"{show_path(result)}: holds no worlds to run on, as no run of {about['runs']:,} fitted; compromise.csv "
            "there says what comes near: free or widen a prior, or ask for more --runs of 'flywheel fit'"
        )
    predictions = predict(fit, load_worlds(result), Sweeps(folder, options, note))
    from experiments.fit.draw import draw_predictions

    with added_to(result, fit, "predict") as new:
        CODEBOOK.write(new, FILE, _rows(predictions))
        draw_into(new / "predictions.png", lambda: draw_predictions(predictions))
    with aside():
        _print(predictions, result)
    return 0


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
    terminal.print(f"The runs that fit of {found.worlds} plausible worlds, run on")
    terminal.print(table)
    terminal.print(f"Written to {show_path(result / FILE)}", soft_wrap=True)
