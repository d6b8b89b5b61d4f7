"""Run a model once and keep the result: a folder that is there whole or not at all.

The files are written into a hidden folder beside the target, which takes the target's place when the last is complete.
"""

from __future__ import annotations

import csv
import datetime
import errno
import hashlib
import json
import math
import os
import shlex
import shutil
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from experiments import provenance
from experiments.config import EDGES_FILE, Config, config_hash, show_path, to_toml
from experiments.errors import RunError, UsageError
from experiments.text import in_cell

if TYPE_CHECKING:
    import pandas as pd

    from sim.model import InnovationModel

MANIFEST = "manifest.json"
_PROGRAM = "innovation-flywheel"
_EXACT = 1e15  # whole numbers below are written in full


def simulate(config: Config, seed: int, on_month: Callable[[], None] | None = None) -> InnovationModel:
    """Run a model to its end in one compiled call, or month by month if ``on_month`` is called after each."""
    from sim.model import InnovationModel

    try:
        model = InnovationModel(config.parameters, rng=seed, edges=config.edges)
    except ValueError as error:  # values that are each in range, but do not go together
        raise UsageError(str(error)) from error
    if on_month is None:
        model.run_model()
    while model.running:
        model.step()
        if on_month is not None:
            on_month()
    return model


def series_of(model: InnovationModel) -> pd.DataFrame:
    """Return the observed series, a row a month."""
    frame: pd.DataFrame = model.datacollector.get_model_vars_dataframe()
    return frame


def write_result(folder: Path, model: InnovationModel, config: Config) -> None:
    """Write config, series, events, dictionaries and summary of a run into a folder."""
    from sim.outcomes import COLUMNS, EVENT_FIELDS, EVENT_KINDS, summary

    (folder / "config.toml").write_text(to_toml(config.parameters), encoding="utf-8", newline="\n")
    if config.edges is not None:
        from experiments.edges import edges_text

        (folder / EDGES_FILE).write_text(edges_text(config.edges), encoding="utf-8")
    names = [column.name for column in COLUMNS]
    write_csv(folder / "series.csv", names, series_of(model)[names].itertuples(index=False, name=None))
    described = ((column.name, column.unit, column.description) for column in COLUMNS)
    write_csv(folder / "series_dictionary.csv", ["column", "unit", "description"], described)
    events = ([getattr(event, name) for name in EVENT_FIELDS] for event in model.events)
    write_csv(folder / "events.csv", list(EVENT_FIELDS), events)
    described_events = [*EVENT_FIELDS.items(), *((f"kind: {kind}", meaning) for kind, meaning in EVENT_KINDS.items())]
    write_csv(folder / "events_dictionary.csv", ["column", "description"], described_events)
    _write_json(folder / "summary.json", {name: _plain(value) for name, value in summary(model).items()})


def write_manifest(folder: Path, config: Config, seed: int | str) -> None:
    """Write where the result comes from, and a checksum of each file; the last file to be written."""
    files = [name for name in _files(folder) if name != MANIFEST]
    _write_json(
        folder / MANIFEST,
        {
            "program": _PROGRAM,
            "version": provenance.version(),
            "commit": provenance.commit(),
            "date": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
            "command": shlex.join(["flywheel", *sys.argv[1:]]),
            "seed": seed,
            "months": config.parameters.run.months,
            "config_hash": config_hash(config),
            "environment": provenance.environment(),
            "sha256": {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in files},
        },
    )


@contextmanager
def result_folder(target: Path) -> Iterator[Path]:
    """Give a folder to write into, and put it at ``target`` if all went well; else leave everything as it was.

    An earlier result at ``target`` stays until the new one is complete.

    Raises:
        UsageError: the target holds something that is not an earlier result.
        RunError: the disk is full, or the folder cannot be written.
    """
    place = Path(os.path.realpath(target))
    _refuse_if_not_ours(place, show_path(target))
    partial = place.with_name(f".{place.name}.partial-{os.getpid()}")
    try:
        if place.parent.is_file():
            raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR))
        place.parent.mkdir(parents=True, exist_ok=True)
        partial.mkdir()
        try:
            yield partial
            _swap(partial, place)
        finally:
            shutil.rmtree(partial, ignore_errors=True)
    except OSError as error:
        reason = error.strerror or str(error)
        raise RunError(f"{show_path(target)}: cannot write the result: {reason}; nothing was kept") from error


def write_csv(path: Path, header: Iterable[str], rows: Iterable[Iterable[Any]]) -> None:
    """Write a table: floats exactly (shortest text that reads back the same), nothing for a value that is undefined.

    Text that a spreadsheet could take for a formula gets an apostrophe before it (``experiments.text.in_cell``).
    """
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(map(_cell, header))
        writer.writerows([_cell(value) for value in row] for row in rows)


def _cell(value: Any) -> str:
    value = _plain(value)
    if isinstance(value, float) and value.is_integer() and abs(value) < _EXACT:
        value = int(value)  # a month is 1, not 1.0
    return "" if value is None else in_cell(value) if isinstance(value, str) else str(value)


def _plain(value: Any) -> Any:
    """Return a number as Python's own, None if it is undefined."""
    value = value.item() if hasattr(value, "item") else value
    return None if isinstance(value, float) and math.isnan(value) else value


def _write_json(path: Path, content: Any) -> None:
    text = json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False)
    path.write_text(text + "\n", encoding="utf-8", newline="\n")


def _refuse_if_not_ours(place: Path, shown: str) -> None:
    """Raise unless a result may take this place: it is free, empty, or holds an earlier result and nothing else."""
    if place.is_file():
        raise UsageError(f"{shown}: is a file; name a folder with --out")
    if not place.is_dir():
        return
    if Path.cwd().is_relative_to(place):
        raise UsageError(f"{shown}: is the working folder or one above it; name another with --out")
    if not any(place.iterdir()):
        return
    try:
        manifest = json.loads((place / MANIFEST).read_text(encoding="utf-8"))
        ours = {MANIFEST, *manifest["sha256"]} if manifest["program"] == _PROGRAM else set()
    except (OSError, ValueError, KeyError, TypeError):
        ours = set()
    if not ours:
        raise UsageError(f"{shown}: is not empty and no earlier result; name another folder with --out")
    if foreign := [name for name in _files(place) if name not in ours]:
        raise UsageError(f"{shown}: also holds {foreign[0]!r}, which is no part of a result; move it or use --out")


def _files(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if not path.is_dir())


def _swap(new: Path, place: Path) -> None:
    """Put the new folder in its place; if that fails, the old one is put back."""
    old = new.with_name(new.name.replace(".partial-", ".replaced-"))
    had_old = place.exists()
    if had_old:
        place.rename(old)
    try:
        new.rename(place)
    except BaseException:
        if had_old:
            old.rename(place)
        raise
    if had_old:
        shutil.rmtree(old, ignore_errors=True)
