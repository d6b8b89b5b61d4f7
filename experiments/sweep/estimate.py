"""What a sweep will cost, from a few timed runs: how many runs, how long, how much disk. Leaves nothing behind."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path

from experiments.config import show_path
from experiments.errors import UsageError
from experiments.messages.compiling import blocks_at_hand
from experiments.sweep.choice import choose
from experiments.sweep.design import Design
from experiments.sweep.engines import check_engine, default_workers, open_engine
from experiments.sweep.plan import address_of, changes_of, count_runs, seed_of
from experiments.sweep.progress import duration
from experiments.sweep.room import bytes_of_a_run, check_room, in_bytes, room_left
from experiments.sweep.sampling import count_rows, preview
from experiments.sweep.session import Options
from experiments.sweep.tasks import MODEL, Context, Job, do, task_named

_PILOTS = 6
_PILOT_SECONDS = 10.0
_MOST = 10**18  # runs or bytes; what is more need not be told apart


def estimate(design: Design, folder: Path, options: Options) -> Iterator[str]:
    """Yield what a sweep will cost, line by line.

    Raises:
        UsageError: no such engine, or every pilot run failed.
        RunError: no worker can be started, or the disk is too small.
    """
    check_engine(options.engine, options.workers, options.scheduler)
    runs, rows = count_runs(design), count_rows(design)
    yield f"{_count(runs)} runs: {_count(rows)} rows of a {design.kind} design × {_count(design.replicates)} replicates"
    engine = choose(options.engine, design, runs, options.workers, options.task).engine
    start = _start(engine, options.task)
    seconds = _pilot(design, options)
    mean = sum(seconds) / len(seconds)
    workers = 1 if engine == "serial" else default_workers(options.workers)
    yield (
        f"a run takes about {duration(mean)} ({len(seconds)} timed, {duration(min(seconds))} to "
        f"{duration(max(seconds))}); about {duration(start + mean * min(runs, _MOST) / min(workers, runs))} in total, "
        f"with {workers} worker{'s' * (workers != 1)} ({engine}), {duration(start)} of it to start up"
    )
    size = min(int(bytes_of_a_run(design, design.months)) * runs, _MOST)
    yield f"about {in_bytes(size)} on disk, of {in_bytes(room_left(folder))} free at {show_path(folder)}"
    check_room(design, folder)


def _start(engine: str, task: str) -> float:
    """Return the seconds in which an engine comes to its first run: the model is loaded here, and in each worker."""
    compiled = task != MODEL or blocks_at_hand()
    begun = time.monotonic()
    task_named(task)
    here = time.monotonic() - begun if compiled else 0.0  # what is compiled now, the sweep finds
    if engine in ("serial", "threads"):
        return here
    begun = time.monotonic()
    with open_engine("processes", 1) as opened:
        opened.executor.submit(_load, task).result()
    return here + time.monotonic() - begun


def _load(task: str) -> None:
    task_named(task)


def _count(number: int) -> str:
    return f"{number:,}" if number < _MOST else f"10^{len(str(number)) - 1} and more"


def _pilot(design: Design, options: Options) -> list[float]:
    """Return the seconds of each pilot run that ended well."""
    base = design.config.parameters.model_dump_json()
    context = Context(base, design.config.edges, design.kept, design.series, options.limit, options.task)
    seconds, error, start = list[float](), "", time.monotonic()
    for number, row in enumerate(preview(design, _PILOTS)):
        changes = changes_of(design, row)
        address_of(design, json.loads(base), changes, number)
        outcomes, failures = do(context, [Job(number, json.dumps(changes), seed_of(design.seed, number))])
        seconds += outcomes.seconds.tolist()
        error = error or "".join(each.error for each in failures)
        if seconds and time.monotonic() - start > _PILOT_SECONDS:
            break
    if not seconds:
        raise UsageError(f"every pilot run failed: {error}")
    return seconds
