"""Where verdicts go: a folder that is free, or one of earlier verdicts of the same claims."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from experiments.config import show_path
from experiments.errors import UsageError
from experiments.propositions.laboratory import RUNS
from experiments.propositions.results import PLAN, VERDICTS
from experiments.sweep.files import LOCK
from experiments.sweep.ledger import FILE


def shipped(kind: str) -> Path:
    """Return what comes with the project: the claims of ``propositions`` or ``policies``, or the multiverse's file."""
    root = Path(__file__).resolve().parents[1]
    near = root.parent / "configs" / kind
    return near if near.exists() else root / "configs" / kind


def folder_for(kind: str, claims: Path, ids: Sequence[str]) -> Path:
    """Return where results go if not told.

    Named claims get a folder of their own, so that the report of all stays; so does each other folder of claims.
    """
    named = sorted(set(ids), key=lambda name: (len(name), name))
    some = bool(named) and len(named) < len(list(claims.glob("*.toml")))
    place = claims.resolve()
    own = [] if place == shipped(kind).resolve() else [place.name, hashlib.sha256(bytes(place)).hexdigest()[:8]]
    return Path("runs", "-".join([kind, *own, *(named if some else ())]))


def refuse_if_not_ours(folder: Path, kind: str) -> None:
    """Raise unless verdicts may go into a folder: it is free, empty, or has earlier verdicts on claims of that kind.

    Raises:
        UsageError: it is a file, or holds something else.
    """
    shown = show_path(folder)
    if folder.exists() and not folder.is_dir():
        raise UsageError(f"{shown}: is a file; name a folder with --out")
    names = {path.name for path in folder.iterdir() if not path.name.startswith(".")} if folder.is_dir() else set()
    verdicts, plan = _read(folder / VERDICTS), _read(folder / PLAN)
    if names and not ("claims" in verdicts or "budget" in plan or (names == {RUNS} and _stores_only(folder / RUNS))):
        raise UsageError(f"{shown}: is not empty and holds no verdicts; name another folder with --out")
    if (earlier := verdicts.get("kind", kind)) != kind:
        raise UsageError(f"{shown}: holds verdicts on other claims ({earlier}); name another folder with --out")


def _read(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}


def _stores_only(folder: Path) -> bool:
    """Return whether a folder holds sweeps only, as an interrupted call leaves it."""
    return folder.is_dir() and all(
        any((path / name).exists() for name in (FILE, LOCK)) or (path.is_dir() and not any(path.iterdir()))
        for path in folder.iterdir()
    )
