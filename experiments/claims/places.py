"""Where answers go: a folder that is free, or one of earlier answers to the same claims, with the runs behind them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path

from experiments.claims.laboratory import RUNS
from experiments.config import show_path
from experiments.errors import UsageError
from experiments.folders import MANIFEST
from experiments.shipped import shipped
from experiments.store import check_target
from experiments.sweep.files import LOCK
from experiments.sweep.ledger import FILE


def folder_for(kind: str, claims: Path, ids: Sequence[str], over: str = "") -> Path:
    """Return where results go if not told.

    Named claims get a folder of their own, so that the report of all stays; so do each other folder of claims, and
    other worlds than plausible ones.

    Args:
        kind: "propositions" or "policies".
        claims: the folder of claims.
        ids: the claims that are named.
        over: what else they are judged over; nothing for plausible worlds.
    """
    named = sorted(set(ids), key=lambda name: (len(name), name))
    some = bool(named) and len(named) < len(list(claims.glob("*.toml")))
    place = claims.resolve()
    own = [] if place == shipped(f"configs/{kind}").resolve() else [place.name, _short(bytes(place))]
    elsewhere = [] if not over else [Path(over).stem, *([_short(bytes(Path(over).resolve()))] if "." in over else [])]
    return Path("runs", "-".join([kind, *own, *elsewhere, *(named if some else ())]))


def _short(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:8]


def kind_of(claims: Path) -> str:
    """Return the kind of result that answers to a folder of claims are."""
    return f"answers to {show_path(Path(claims.resolve().name))}"


def refuse_if_not_ours(folder: Path, kind: str) -> None:
    """Raise unless answers may go into a folder: it is free, empty, or has earlier answers to claims of that kind.

    Raises:
        UsageError: it is a file, or holds something else.
    """
    check_target(folder, kind, RUNS)
    stores = folder / RUNS
    if not _is_ours(folder, kind) and (stores.exists() or stores.is_symlink()) and not _stores_only(stores):
        raise UsageError(
            f"{show_path(stores)}: is not what judging claims left; name another folder than its own with --out"
        )


def _is_ours(folder: Path, kind: str) -> bool:
    try:
        return bool(json.loads((folder / MANIFEST).read_text(encoding="utf-8"))["kind"] == kind)
    except (OSError, ValueError, KeyError, TypeError):
        return False


def _stores_only(folder: Path) -> bool:
    """Return whether a folder holds sweeps only, as an interrupted call leaves it."""
    return folder.is_dir() and all(
        any((path / name).exists() for name in (FILE, LOCK)) or (path.is_dir() and not any(path.iterdir()))
        for path in folder.iterdir()
    )
