"""What a sweep will cost, from a few timed runs: how many runs, how long, how much disk. Leaves nothing behind."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path

from experiments.config import show_path
from experiments.errors import UsageError
from experiments.sweep.design import Design
from experiments.sweep.engines import check_engine, default_workers
from experiments.sweep.plan import address_of, changes_of, count_runs, seed_of
from experiments.sweep.progress import duration
from experiments.sweep.sampling import count_rows, preview
from experiments.sweep.session import Options, room_left
from experiments.sweep.tasks import Context, Job, run_one

_PILOTS = 6
_PILOT_SECONDS = 10.0
_LEDGER_BYTES = 1300  # of a run: its row, its 78 outcomes, its slot and its part of the indices
_EXPORT_BYTES = 9  # of a value in runs.parquet, hardly compressible
_SERIES_BYTES = 12  # of a value: in its part and in series.parquet, compressed


def estimate(design: Design, folder: Path, options: Options) -> Iterator[str]:
    """Yield what a sweep will cost, line by line."""
    check_engine(options.engine, options.workers, options.scheduler)
    runs, rows = count_runs(design), count_rows(design)
    yield f"{runs:,} runs: {rows:,} rows of a {design.kind} design × {design.replicates} replicates"
    seconds, months = _pilot(design, options)
    mean = sum(seconds) / len(seconds)
    workers = 1 if options.engine == "serial" else default_workers(options.workers)
    yield (
        f"a run takes about {duration(mean)} ({len(seconds)} timed, {duration(min(seconds))} to "
        f"{duration(max(seconds))}); about {duration(mean * runs / workers)} in total, "
        f"with {workers} worker{'s' * (workers != 1)} ({options.engine})"
    )
    size = runs * bytes_of_a_run(design, months)
    yield f"about {in_bytes(size)} on disk, of {in_bytes(room_left(folder))} free at {show_path(folder)}"


def bytes_of_a_run(design: Design, months: float) -> float:
    """Return about how many bytes a run of so many months takes on disk."""
    columns = len(design.factors) + len(design.final) + len(design.mean)
    return _LEDGER_BYTES + _EXPORT_BYTES * columns + _SERIES_BYTES * months * len(design.series)


def _pilot(design: Design, options: Options) -> tuple[list[float], float]:
    """Return the seconds of each pilot run that ended well, and their mean months."""
    base = design.config.parameters.model_dump_json()
    context = Context(base, design.config.edges, design.kept, design.series, options.limit, options.task)
    seconds, months, error, start = list[float](), list[int](), "", time.monotonic()
    for number, row in enumerate(preview(design, _PILOTS)):
        changes = changes_of(design, row)
        address_of(design, json.loads(base), changes, number)
        done = run_one(context, Job(number, json.dumps(changes), seed_of(design.seed, number)))
        error = error or done.error
        if not done.error and number:  # the first also loads the model
            seconds.append(done.seconds)
            months.append(done.months)
        if seconds and time.monotonic() - start > _PILOT_SECONDS:
            break
    if not seconds:
        raise UsageError(f"every pilot run failed: {error}")
    return seconds, sum(months) / len(months)


def in_bytes(size: float) -> str:
    """Return a size in words."""
    for unit in ("B", "kB", "MB", "GB"):
        if size < 1000:
            return f"{size:.3g} {unit}"
        size /= 1000
    return f"{size:.3g} TB"
