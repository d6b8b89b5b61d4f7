"""Run a model once and keep the result: a folder that is there whole or not at all.

The files are written into a hidden folder, and put in their place when the last is complete.
"""

from __future__ import annotations

import csv
import datetime
import errno
import hashlib
import json
import math
import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from experiments.config import EDGES_FILE, Config, config_hash, show_path, to_toml
from experiments.errors import RunError, UsageError, naming
from experiments.folders import MANIFEST, hidden_folder, is_hidden, is_hidden_name, put_in_place
from experiments.messages import names
from experiments.messages.text import in_cell
from experiments.provenance import origin

if TYPE_CHECKING:
    import pandas as pd

    from sim.model import InnovationModel

CONFIG_FILE = "config.toml"
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

    write_config(folder, config)
    columns = [column.name for column in COLUMNS]
    series = ((int(month), *map(float, rest)) for month, *rest in series_of(model)[columns].itertuples(index=False))
    write_csv(folder / "series.csv", columns, series, whole=False)
    described = ((column.name, column.unit, column.description) for column in COLUMNS)
    write_csv(folder / "series_dictionary.csv", ["column", "unit", "description"], described)
    events = ([getattr(event, name) for name in EVENT_FIELDS] for event in model.events)
    write_csv(folder / "events.csv", list(EVENT_FIELDS), events)
    described_events = [*EVENT_FIELDS.items(), *((f"kind: {kind}", meaning) for kind, meaning in EVENT_KINDS.items())]
    write_csv(folder / "events_dictionary.csv", ["column", "description"], described_events)
    _write_json(folder / "summary.json", {name: _plain(value) for name, value in summary(model).items()})


def write_config(folder: Path, config: Config) -> None:
    """Write a config so that it runs again by itself: resolved, with its links if it brings its own."""
    write_text(folder / CONFIG_FILE, to_toml(config.parameters))
    if config.edges is not None:
        from experiments.edges import edges_text

        write_text(folder / EDGES_FILE, edges_text(config.edges))


def write_manifest(folder: Path, config: Config, seed: int | str, kind: str = "run", model: str | None = None) -> None:
    """Write where the result comes from, and a checksum of each file; the last file to be written.

    Args:
        folder: the result.
        config: what it is a result of.
        seed: the seed or seeds.
        kind: what it is a result of.
        model: identity of the model, where later steps are held to it.
    """
    about = {
        **origin.origin(kind),
        **_asked(),
        "seed": seed,
        "months": config.parameters.run.months,
        **_made_of(config, model),
        "sha256": _checksums(folder),
    }
    _write_json(folder / MANIFEST, about)


def write_origin(folder: Path, kind: str, about: dict[str, Any]) -> None:
    """Write where a result that no single config gave comes from, and what is ``about`` it; the last file too."""
    told = {**origin.origin(kind), **_asked(), **about, "sha256": _checksums(folder)}
    _write_json(folder / MANIFEST, told)


def write_step(folder: Path, earlier: Path, step: str, config: Config, model: str) -> None:
    """Write the manifest of a result that a further step added to: what the earlier one told, and of this step.

    Args:
        folder: the result with what the step added.
        earlier: the result as it was; an entry of the same step there is replaced, all else is kept.
        step: its name.
        config: what it ran.
        model: identity of the model it ran.
    """
    about = _manifest(earlier) or {}
    steps = {**about.get("steps", {}), step: {**origin.made_by(), **_asked(), **_made_of(config, model)}}
    _write_json(folder / MANIFEST, {**about, "steps": steps, "sha256": _checksums(folder)})


def _asked() -> dict[str, Any]:
    return {"date": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"), "command": names.command()}


def _made_of(config: Config, model: str | None) -> dict[str, Any]:
    known = {} if model is None else {"model": model}
    return {"config_hash": config_hash(config), **known}


def _checksums(folder: Path) -> dict[str, str]:
    files = [name for name in _files(folder) if name != MANIFEST]
    return {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in files}


def check_target(target: Path, kind: str, beside: str = "") -> None:
    """Raise if no result of a kind can go into a folder: before the work for one is done.

    Raises:
        UsageError: it holds something that is not an earlier result of that kind.
        RunError: nothing can be written there.
    """
    place, shown = Path(os.path.realpath(target)), show_path(target)
    _refuse_if_not_ours(place, shown, kind, beside)
    there = next(path for path in (place, *place.parents) if path.exists())
    try:
        with hidden_folder(there):
            pass
    except OSError as error:
        within = "" if there == place else f" in {show_path(there)}"
        raise RunError(
            f"{shown}: nothing can be written there ({error.strerror or error}{within}); name another folder with --out"
        ) from None


@contextmanager
def result_folder(target: Path, kind: str = "run", beside: str = "") -> Iterator[Path]:
    """Give a folder to write into, and put it at ``target`` if all went well; else leave everything as it was.

    An earlier result at ``target`` stays until the new one is complete.

    Args:
        target: where the result goes.
        kind: what it is a result of; only such a one is replaced.
        beside: the name of a folder in the target that is left alone, if there is one.

    Raises:
        UsageError: the target holds something that is not an earlier result of that kind.
        RunError: the disk is full, or the folder cannot be written.
    """
    shown, place = show_path(target), Path(os.path.realpath(target))
    ours = _refuse_if_not_ours(place, shown, kind, beside)
    try:
        if place.parent.is_file():
            raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), place)
        place.parent.mkdir(parents=True, exist_ok=True)
        with hidden_folder(place if place.is_dir() else place.parent) as new:
            yield new
            _refuse_if_not_ours(place, shown, kind, beside, ours)  # somebody may have put something there meanwhile
            put_in_place(new, place, beside)
    except OSError as error:
        raise RunError(f"{_failure(error, place, shown)}; nothing was kept") from error


def _failure(error: OSError, place: Path, shown: str) -> str:
    """Say what failed: the result's own place, or a file elsewhere."""
    reason = error.strerror or str(error)
    if error.filename is None:
        return f"{shown}: no result, as a file elsewhere failed: {reason}"
    path = Path(os.fsdecode(error.filename))
    hidden = any(map(is_hidden_name, path.parts))
    if hidden or path.is_relative_to(place) or place.is_relative_to(path):
        return f"{shown}: cannot write the result: {reason}"
    return f"{show_path(path)}: {reason}"


def default_folder(name: str, config: Config, seed: int | str, changed: bool) -> Path:
    """Return where a result goes if not told: runs/NAME, with the config's hash if that is for, or holds, another one.

    Args:
        name: what the result is called.
        config: what it is a result of.
        seed: the seed or seeds.
        changed: whether options made the config another one than the file says.
    """
    return folder_named(name, config_hash(config), seed, changed)


def folder_named(name: str, address: str, seed: int | str, changed: bool) -> Path:
    """Return the same for what has an ``address`` without being a single config."""
    plain = Path("runs", name)
    known = _manifest(plain)
    taken = known is not None and (known.get("config_hash"), known.get("seed")) != (address, seed)
    return plain.with_name(f"{name}-{address[:8]}") if changed or taken else plain


def write_csv(path: Path, header: Iterable[str], rows: Iterable[Iterable[Any]], whole: bool = True) -> None:
    """Write a table: floats exactly (shortest text that reads back the same), nothing for a value that is undefined.

    Text that a spreadsheet could take for a formula gets an apostrophe before it (``messages.text.in_cell``).

    Args:
        path: the file.
        header: names of the columns.
        rows: the cells of each row.
        whole: whether a float that is a whole number is written as one, 1 for 1.0; else who reads the table gives each
            column the type that it has here.
    """
    with naming(path), path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(map(_cell, header))
        writer.writerows([_cell(value, whole) for value in row] for row in rows)


def _cell(value: Any, whole: bool = True) -> str:
    value = _plain(value)
    if whole and isinstance(value, float) and value.is_integer() and abs(value) < _EXACT:
        value = int(value)  # a month is 1, not 1.0
    return "" if value is None else in_cell(value) if isinstance(value, str) else str(value)


def _plain(value: Any) -> Any:
    """Return a number as Python's own, None if it is undefined."""
    value = value.item() if hasattr(value, "item") else value
    return None if isinstance(value, float) and math.isnan(value) else value


def write_text(path: Path, text: str) -> None:
    """Write a text file."""
    with naming(path):
        path.write_text(text, encoding="utf-8", newline="\n")


def _write_json(path: Path, content: Any) -> None:
    write_text(path, json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False) + "\n")


def _manifest(folder: Path) -> dict[str, Any] | None:
    """Return the manifest of a result of ours, if there is one."""
    try:
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        return dict(manifest, sha256=dict(manifest["sha256"])) if manifest["program"] == origin.PROGRAM else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _refuse_file_or_working_folder(place: Path, shown: str) -> None:
    """Raise if a place cannot be a folder of results."""
    if place.exists() and not place.is_dir():
        raise UsageError(f"{shown}: is a file; name a folder with --out")
    with suppress(FileNotFoundError):  # the working folder was deleted while the run went on
        if Path.cwd().is_relative_to(place):
            raise UsageError(f"{shown}: is the working folder or one above it; name another with --out")


def _refuse_if_not_ours(
    place: Path, shown: str, kind: str, beside: str = "", known: frozenset[str] = frozenset()
) -> frozenset[str]:
    """Raise unless a result may take this place: it is free, empty, or holds an earlier result and nothing else.

    Returns:
        The files that are ours: those ``known``, and those that a manifest names, that of a run that was killed too.
    """
    _refuse_file_or_working_folder(place, shown)
    if not (there := _files(place, beside)) and not _others(place, beside):
        return known
    hidden = [path for path in place.iterdir() if is_hidden(path)]
    found = [manifest for folder in (place, *hidden) if (manifest := _manifest(folder)) is not None]
    if not found and not known:
        raise UsageError(f"{shown}: is not empty and holds no earlier result; name another folder with --out")
    if others := {manifest.get("kind", kind) for manifest in found} - {kind}:
        raise UsageError(f"{shown}: holds results of another kind ({others.pop()}); name another folder with --out")
    ours = known.union({MANIFEST}, *(manifest["sha256"] for manifest in found))
    if foreign := [name for name in there if name not in ours]:
        raise UsageError(f"{shown}: also holds {foreign[0]!r}, which is no part of a result; move it or use --out")
    return ours


def _others(folder: Path, beside: str = "") -> list[Path]:
    """Return what a folder holds but for hidden folders of ours, and one that is left alone."""
    return [p for p in folder.iterdir() if not is_hidden(p) and p.name != beside] if folder.is_dir() else []


def _files(folder: Path, beside: str = "") -> list[str]:
    """Return the files of a folder, below it too, but for those in folders that are left alone."""
    paths = (below for path in _others(folder, beside) for below in (path, *path.rglob("*")))
    return sorted(path.relative_to(folder).as_posix() for path in paths if path.is_symlink() or not path.is_dir())
