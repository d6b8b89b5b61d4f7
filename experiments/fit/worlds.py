"""Plausible worlds and the result that keeps them: read, checked, and added to.

The worlds are the posterior thinned so that shares over worlds are shares of it, each with its typicality. A world is
plausible because one run of it fits; its typicality is the share of its seeds that do.
"""

from __future__ import annotations

import csv
import json
import shutil
import tomllib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from experiments.case.patterns import Floats, Pattern, distances
from experiments.config import show_path
from experiments.errors import UsageError
from experiments.fit.config import Fit
from experiments.fit.table import read_values
from experiments.folders import MANIFEST
from experiments.messages.text import from_cell
from experiments.provenance.identity import identity
from experiments.store import result_folder, write_step
from experiments.sweep.factors import make_factor
from experiments.sweep.results import Results

WORLDS, ABOUT = "worlds.csv", "fit.json"


class Seeds(NamedTuple):
    """What worlds give over seeds."""

    values: Floats  # what each pattern reads, shape (patterns, worlds, seeds)
    off: Floats  # in discrepancies, likewise

    def typicality(self, tolerance: float) -> Floats:
        """Return the share of each world's seeds that fit, shape (worlds,)."""
        return np.asarray((self.off <= tolerance).all(axis=0).mean(axis=-1))

    def shares(self, tolerance: float) -> Floats:
        """Return the share of each world's seeds that meet each pattern, shape (patterns, worlds)."""
        return np.asarray((self.off <= tolerance).mean(axis=-1))


class World(NamedTuple):
    """A plausible world as it is kept: its parameters by key, its typicality, and the seed of its run that fits."""

    number: int
    parameters: dict[str, Any]
    typicality: float
    seed: int


def read_seeds(folder: Path, patterns: Sequence[Pattern]) -> Seeds:
    """Return what a sweep of listed worlds over seeds holds, in the order in which they were listed."""
    order = Results(folder).design.rows
    values = read_values(folder, patterns)
    values = values.reshape(len(patterns), int(order.max()) + 1, -1)[:, order]
    return Seeds(values, distances(patterns, values))


def load_worlds(path: Path) -> list[World]:
    """Return the plausible worlds of a fit.

    Args:
        path: ``worlds.csv`` of a fit, or the folder that holds it.

    Raises:
        UsageError: there are none, or they were found with another model than this.
    """
    folder = path.parent if path.name == WORLDS else path
    file, about = folder / WORLDS, read_about(folder)
    check_identity(folder, about)
    try:
        with file.open(encoding="utf-8", newline="") as opened:
            header, *cells = csv.reader(opened)
        rows = [dict(zip(header, map(from_cell, row), strict=True)) for row in cells]
        if len(rows) != (wanted := min(about["accepted"], about["settings"]["worlds"])):
            raise ValueError(f"{len(rows)} worlds of {wanted}")
        free = [{key: _value(key, row[key]) for key in about["free"]} for row in rows]
        return [World(int(row["world"]), point, float(row["typicality"]), int(row["seed"]))
                for row, point in zip(rows, free, strict=True)]  # fmt: skip
    except OSError as error:
        raise UsageError(f"{show_path(file)}: cannot be read: {error.strerror}") from error
    except (KeyError, ValueError, UsageError) as error:
        raise UsageError(f"{show_path(file)}: is damaged ({error}); {_renew(about, folder)}") from error


def read_about(folder: Path) -> dict[str, Any]:
    """Return what a result says of its fit.

    Raises:
        UsageError: it says nothing that can be read.
    """
    file = folder / ABOUT
    try:
        about: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
        return dict(about, free=list(about["free"]), readings=list(about["readings"]), model=str(about["model"]))
    except FileNotFoundError:
        raise UsageError(f"{show_path(folder)}: holds no fit; make one with 'flywheel fit CONFIG'") from None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UsageError(f"{show_path(file)}: cannot be read ({error}); make it anew with 'flywheel fit'") from error


def check_identity(folder: Path, about: dict[str, Any]) -> None:
    """Raise ``UsageError`` if a fit was made with another model than this, with the command that renews it."""
    try:
        now = identity(about["readings"], {})
    except KeyError:  # a reading that this model does not have
        now = ""
    if now != about["model"]:
        raise UsageError(f"{show_path(folder)}: was made with another model than this; {_renew(about, folder)}")


def _renew(about: dict[str, Any], folder: Path) -> str:
    return f"renew it with 'flywheel fit {about.get('config', 'CONFIG')} --out {show_path(folder)}'"


def _value(key: str, cell: str) -> Any:
    """Return a parameter as it was written, checked."""
    factor = make_factor({"key": key, "values": [tomllib.loads(f"value = {cell}")["value"]]}, WORLDS)
    assert factor.values is not None
    return factor.values[0]


KIND = "fit"
RESULT, TABLE = "result", "table"


def places(fit: Fit, tables: Path | None, out: Path | None) -> tuple[Path, Path]:
    """Return the folder of the tables and that of the result, where these go if not told."""
    folder = Path("runs", f"fit-{fit.case.name}") if tables is None else tables
    return folder, folder / RESULT if out is None else out


def check_kept(fit: Fit, result: Path) -> dict[str, Any]:
    """Return what a result says of itself, if it is one of this fit and model.

    Raises:
        UsageError: it is not, with the command that renews it.
    """
    about = read_about(result)
    check_identity(result, about)
    if about.get("config_hash") != fit.address():
        shown = show_path(fit.path)
        raise UsageError(
            f"{show_path(result)}: is of other priors, facts or mechanisms than {shown} says; "
            f"renew it with 'flywheel fit {shown}'"
        )
    return about


@contextmanager
def added_to(result: Path, fit: Fit, step: str) -> Iterator[Path]:
    """Give a copy of a result to write what a step adds into, and put it in the result's place if all went well."""
    with result_folder(result, KIND) as folder:
        for path in result.iterdir():
            if path.is_file() and path.name != MANIFEST and not path.name.startswith("."):
                shutil.copyfile(path, folder / path.name)
        yield folder
        write_step(folder, result, step, fit.config, fit.model())
