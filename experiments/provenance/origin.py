"""Where a result comes from: the version of this package, its commit, and what it ran on."""

from __future__ import annotations

import importlib.metadata
import platform
import subprocess
import tomllib
from pathlib import Path
from typing import Any

PROGRAM = "innovation-flywheel"
_ROOT = Path(__file__).resolve().parents[2]


def version() -> str:
    """Return the version of this package: of the checkout it runs from, or as installed."""
    project = _ROOT / "pyproject.toml"
    if project.is_file():
        return str(tomllib.loads(project.read_text(encoding="utf-8"))["project"]["version"])
    return importlib.metadata.version(PROGRAM)


def commit() -> str | None:
    """Return the commit of the checkout this package runs from, with ``+changes`` if edited, else None."""
    try:
        top = _git("rev-parse", "--show-toplevel")
        # An environment inside somebody else's repository must not lend us its commit.
        if Path(top).resolve() != _ROOT:
            return None
        changed = _git("status", "--porcelain", "--untracked-files=no")
        return _git("rev-parse", "HEAD") + ("+changes" if changed else "")
    except (OSError, subprocess.SubprocessError):
        return None


def environment(*libraries: str) -> dict[str, str]:
    """Return the versions and the platform that the numbers depend on; ``libraries`` are those besides the model's."""
    names = ("llvmlite", "mesa", "numba", "numpy", "pydantic", *libraries)
    versions = {name.lower(): importlib.metadata.version(name) for name in names}
    return {"python": platform.python_version(), **versions, "platform": platform.platform()}


def origin(kind: str, *libraries: str) -> dict[str, Any]:
    """Return what every manifest begins with: what it is of, and what made it.

    Args:
        kind: what it is a manifest of: run, case, fit, sweep.
        libraries: those that the numbers depend on besides the model's.
    """
    return {"program": PROGRAM, "kind": kind, **made_by(*libraries)}


def made_by(*libraries: str) -> dict[str, Any]:
    """Return what of this program, and of the libraries that numbers depend on, made a result."""
    return {"version": version(), "commit": commit(), "environment": environment(*libraries)}


def _git(*arguments: str) -> str:
    done = subprocess.run(["git", "-C", str(_ROOT), *arguments], capture_output=True, check=True, text=True, timeout=10)
    return done.stdout.strip()
