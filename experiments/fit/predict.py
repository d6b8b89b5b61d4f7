"""``flywheel fit predict``: the plausible worlds run on, and what they predict, written before it can be compared."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from experiments.config import show_path
from experiments.errors import RunError, UsageError
from experiments.figures import draw_into
from experiments.figures.words import number
from experiments.fit.config import read_fit
from experiments.fit.kept import added_to, check_kept, places
from experiments.fit.pipeline import Sweeps
from experiments.fit.predictions import Predictions, predict
from experiments.fit.worlds import load_worlds
from experiments.store import write_csv
from experiments.streams import aside
from experiments.sweep.session import Options
from experiments.terminal import console, note

FILE = "predictions.csv"
HEADER = (
    "prediction", "title", "unit", "scale", "q025", "q25", "q50", "q75", "q975", "typical_q025", "typical_q50",
    "typical_q975", "missing", "worlds", "runs", "refuted",
)  # fmt: skip


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
    from experiments.fit.draw_predictions import draw_predictions

    with added_to(result, fit, "predict") as new:
        write_csv(new / FILE, HEADER, _rows(predictions))
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
