"""The result of a fit as others use it: checked, and added to."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from experiments.config import show_path
from experiments.errors import UsageError
from experiments.fit.config import Fit
from experiments.fit.worlds import check_identity, read_about
from experiments.folders import MANIFEST
from experiments.store import result_folder, write_step

KIND = "fit"
RESULT, TABLE = "result", "table"


def default_tables(fit: Fit) -> Path:
    """Return where the tables of a fit go if not told."""
    return Path("runs", f"fit-{fit.case.name}")


def places(fit: Fit, tables: Path | None, out: Path | None) -> tuple[Path, Path]:
    """Return the folder of the tables and that of the result, where these go if not told."""
    folder = default_tables(fit) if tables is None else tables
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
