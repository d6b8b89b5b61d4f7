"""Read a social network from an edge list: two columns of adopter numbers, 0 to N-1, a link a line.

A header and ``#`` comments are allowed. Links have no direction: one listed twice, or both ways, counts once, and the
order of lines does not matter.
"""

from __future__ import annotations

import io
import warnings
from itertools import islice
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from experiments.errors import UsageError

LARGEST = 10_000_000 - 1
CHUNK = 1 << 16  # lines read at once


def read_edges(path: Path, shown: str) -> NDArray[np.int64]:
    """Return the links as sorted pairs, shape (E, 2); errors name the file as ``shown`` and the line.

    Raises:
        UsageError: unreadable, not two whole numbers a line, a link to oneself, an unused number, or no link at all.
    """
    parts, first, header_allowed = [np.zeros(0, dtype=np.int64)], 1, True
    try:
        with path.open(encoding="utf-8-sig") as file:
            while lines := list(islice(file, CHUNK)):
                pairs = _plain(lines)
                if pairs is None:
                    pairs, header_allowed = _line_by_line(lines, first, shown, header_allowed)
                else:
                    header_allowed = False
                if len(pairs):
                    parts.append(np.unique((pairs.min(axis=1) << 32) | pairs.max(axis=1)))
                first += len(lines)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "not UTF-8 text"
        raise UsageError(f"{shown}: cannot read the edge list: {reason}") from error
    links = np.unique(np.concatenate(parts))
    if not len(links):
        raise UsageError(f"{shown}: the edge list holds no link")
    edges = np.stack([links >> 32, links & 0xFFFFFFFF], axis=1)
    absent = np.flatnonzero(np.bincount(edges.ravel()) == 0)
    if absent.size:
        some = ", ".join(map(str, absent[:3])) + (", …" if absent.size > 3 else "")
        raise UsageError(
            f"{shown}: adopters must be numbered 0 to {edges.max()} without holes, but {absent.size} of them "
            f"{'appears' if absent.size == 1 else 'appear'} on no line: {some}"
        )
    return edges


def _plain(lines: list[str]) -> NDArray[np.int64] | None:
    """Return the pairs (m, 2) of lines that hold nothing but sound links, None if any needs a closer look."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            pairs = np.loadtxt(lines, dtype=np.int64, delimiter=",", comments=None, ndmin=2)
        except (ValueError, Warning):
            return None
    sound = len(pairs) == len(lines) and pairs.shape[1] == 2 and pairs.min() >= 0 and pairs.max() <= LARGEST
    return pairs if sound and (pairs[:, 0] != pairs[:, 1]).all() else None


def _line_by_line(lines: list[str], first: int, shown: str, header_allowed: bool) -> tuple[NDArray[np.int64], bool]:
    """Return the pairs (m, 2) of lines with comments, gaps or a header, and whether a header may still come.

    ``first`` is the number of the first line.
    """
    pairs: list[tuple[int, int]] = []
    for number, line in enumerate(lines, start=first):
        content = line.partition("#")[0].strip()
        if not content:
            continue
        cells = [cell.strip() for cell in content.split(",")]
        where = f"{shown}, line {number}"
        if len(cells) != 2:
            raise UsageError(f"{where}: must be two columns with a comma between, not {len(cells)}: '{content[:40]}'")
        if header_allowed and not any(_numeric(cell) for cell in cells):
            header_allowed = False
            continue
        header_allowed = False
        one, other = (_adopter(cell, where) for cell in cells)
        if one == other:
            raise UsageError(f"{where}: links adopter {one} to itself")
        pairs.append((one, other))
    return np.array(pairs, dtype=np.int64).reshape(-1, 2), header_allowed


def edges_text(edges: NDArray[np.int64]) -> str:
    """Return links as ``read_edges`` reads them."""
    lines = io.StringIO()
    np.savetxt(lines, edges, fmt="%d", delimiter=",", header="one,other", comments="")
    return lines.getvalue()


def _numeric(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


def _adopter(cell: str, where: str) -> int:
    if not (cell.isascii() and cell.isdecimal()) or len(cell) > 18 or int(cell) > LARGEST:
        raise UsageError(f"{where}: an adopter is a whole number from 0 to {LARGEST}, not '{cell[:40]}'")
    return int(cell)
