"""Follows the tutorial and the how-tos word by word: runs commands, writes files, applies changes.

Each page is followed in a copy of the project of its own, so that nothing here is touched. In a page,

    sh          is run, line by line, from the root of the copy; a line that fails fails the page
    toml, python, csv   whose first line is a comment with a path is written there; other Python is run
    diff        is applied

``python docs/site/blocks.py [PAGE ...]``; all pages if none is named.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[2]
PAGES = ("tutorial.md", *(f"howto/{name}.md" for name in ("sweep", "claim", "case", "mechanism", "cluster")))
DATA = ("configs", "experiments/data", "results/fit")  # what commands read
CODE = ("sim", "experiments", "configs", "results/fit", "pyproject.toml")  # what a page may change
_PLACE = re.compile(r"# ([\w./-]+/[\w.-]+\.(?:toml|py|csv))")
_SKIPPED = ("make", ". .venv/bin/activate", "xdg-open")  # a reader's own machine: installing, and looking


class Block(NamedTuple):
    """A fenced block of a page: its language, its text, and the line at which it begins."""

    language: str
    text: str
    line: int


def blocks(page: Path) -> Iterator[Block]:
    """Yield the fenced blocks of a page."""
    text = page.read_text(encoding="utf-8")
    for found in re.finditer(r"^```(\w+)\n(.*?)^```$", text, flags=re.MULTILINE | re.DOTALL):
        yield Block(found[1], found[2], text.count("\n", 0, found.start()) + 1)


def lines(block: Block) -> list[str]:
    """Return the commands of a block of the shell; a line that ends with a backslash goes on."""
    joined = block.text.replace("\\\n", " ")
    return [line for line in joined.splitlines() if line.strip() and not line.lstrip().startswith("#")]


def place(block: Block) -> str:
    """Return the path that a block is to be written to, or nothing."""
    found = _PLACE.match(block.text)
    return found[1] if found and block.language in ("toml", "python", "csv") else ""


def follow(page: str) -> None:
    """Follow a page in a copy of the project.

    Raises:
        SystemExit: a command fails, or a change cannot be applied; it says which.
    """
    found = list(blocks(ROOT / "docs" / page))
    changes_code = any(re.search(r"^# \S+\.py$|^\+\+\+ b/\S+\.py$", block.text, re.MULTILINE) for block in found)
    with tempfile.TemporaryDirectory(prefix="flywheel-docs-") as folder:
        copy = Path(folder)
        for name in CODE if changes_code else DATA:
            source = ROOT / name
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            if source.is_dir():
                shutil.copytree(source, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy(source, copy / name)
        environment = {**os.environ, "PYTHONPATH": str(copy if changes_code else ROOT)}
        environment["PATH"] = os.pathsep.join([str(_programs(copy)), os.environ["PATH"]])
        if changes_code:
            environment["NUMBA_CACHE_DIR"] = str(copy / "cache")  # machine code of a model that is gone soon
        for block in found:
            _do(block, page, copy, environment)


def _programs(copy: Path) -> Path:
    """Make a folder with ``flywheel`` and ``python``, which take the code that PYTHONPATH names."""
    folder = copy / "bin"
    folder.mkdir()
    starts = "import sys; sys.argv[0] = 'flywheel'; from experiments.cli.app import main; main()"
    for name, call in (("flywheel", f'-P -c "{starts}"'), ("python", "")):
        (folder / name).write_text(f"#!/bin/sh\nexec '{sys.executable}' {call} \"$@\"\n", encoding="utf-8")
        (folder / name).chmod(0o755)
    return folder


def _do(block: Block, page: str, copy: Path, environment: dict[str, str]) -> None:
    if place(block):
        target = copy / place(block)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(block.text, encoding="utf-8")
    elif block.language == "diff":
        _run(["patch", "-p1", "--batch", "--fuzz=0"], f"{page}:{block.line}", copy, environment, block.text)
    elif block.language == "python":
        _run([sys.executable, "-P", "-c", block.text], f"{page}:{block.line}", copy, environment)
    elif block.language == "sh":
        for line in lines(block):
            if not line.startswith(_SKIPPED):
                _run(["sh", "-ec", line], f"{page}:{block.line}: {line}", copy, environment)


def _run(command: list[str], said: str, folder: Path, environment: dict[str, str], given: str = "") -> None:
    start = time.monotonic()
    done = subprocess.run(
        command, cwd=folder, env=environment, input=given, text=True, capture_output=True, check=False
    )
    if done.returncode:
        sys.exit(
            f"docs: {said}\n{done.stdout[-2000:]}{done.stderr[-2000:]}docs: failed with exit code {done.returncode}"
        )
    print(f"{time.monotonic() - start:6.1f} s  {said}", flush=True)


if __name__ == "__main__":
    for each in sys.argv[1:] or PAGES:
        follow(each)
