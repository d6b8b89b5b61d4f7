"""Tell a file that was given to the wrong command, and name the right one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from experiments.config import show_path
from experiments.declarations import sections
from experiments.errors import UsageError
from experiments.reading import read_toml

_DESIGN = {"design", "factor"}
_FIT = {"fit", "prior"}
_CLAIM = {"id", "statement"}


def refuse_other(path: Path, wanted: str) -> None:
    """Raise if a file is readable, and plainly of another kind than wanted: "config", "design" or "fit".

    Raises:
        UsageError: with the command that takes it.
    """
    keys = _read(path)
    kind, command = _told(keys, path)
    if kind and kind != wanted:
        raise UsageError(f"{show_path(path)}: is a {kind}, not a {wanted}; {command}")


def refuse_claim_file(path: Path) -> None:
    """Raise if what was given for the name of a claim is its file.

    Raises:
        UsageError: with the claim's name.
    """
    kind, command = _told(_read(path), path)
    if kind == "claim":
        raise UsageError(f"{show_path(path)}: is the file of a claim, not its name; {command}")


def _read(path: Path) -> dict[str, Any] | None:
    try:
        return read_toml(path)[1]
    except UsageError:
        return None


def _told(keys: dict[str, Any] | None, path: Path) -> tuple[str, str]:
    """Return what a file is, if that is plain, and what to do with it."""
    if keys is None:
        return "", ""
    shown = show_path(path)
    if keys.keys() & _DESIGN:
        return "design", f"run it with 'flywheel sweep {shown}'"
    if keys.keys() & _FIT:
        return "fit", f"make it with 'flywheel fit {shown}'"
    if "specification" in keys:
        return "multiverse", "'flywheel propositions --multiverse' reads it"
    if keys.keys() >= _CLAIM and isinstance(keys["id"], str):
        return "claim", f"judge it with '{_judging(keys['id'], path)}'"
    if keys.keys() <= {"extends", *sections()}:
        return "config", f"run it with 'flywheel run {shown}'"
    return "", ""


def _judging(claim: str, path: Path) -> str:
    from experiments.shipped import shipped

    for kind, command in (("propositions", "propositions"), ("policies", "policy")):
        if path.parent.resolve() == shipped(f"configs/{kind}").resolve():
            return f"flywheel {command} {claim}"
    return f"flywheel propositions {claim} --claims {show_path(path.parent)}"
