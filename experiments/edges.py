"""Read a social network from an edge list: the ids of two adopters a line, and a link is there.

Lists may look as spreadsheets, R, pandas and network archives write them: commas, semicolons, tabs or blanks between
cells, quotes, a header, comments behind ``#`` or ``%``, empty rows, whole numbers with a point, gzip. Further columns
are not read. Links have no direction: one listed twice, or both ways, counts once, and the order of lines does not
matter. Ids that are not 0 to N-1 are renumbered in rising order. What is not taken as it stands is said in a line.
"""

from __future__ import annotations

import csv
import gzip
import io
import re
import warnings
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from experiments.errors import UsageError
from experiments.messages.terminal import note_once

MOST = 10_000_000
"""How many adopters there may be."""
CHUNK = 1 << 20  # characters read at once
LONGEST = 1 << 20  # characters of a line

_Ids = NDArray[np.uint64]
_GZIP = b"\x1f\x8b"
_MARKET = "%%MatrixMarket"  # such a file begins with its sizes
_SPLIT, _LOW = np.uint64(32), np.uint64(0xFFFFFFFF)
_EXACT = 2.0**53
_ENDS = (0, 1)  # columns
_EMPTY = " \t,;\"'"


def read_edges(path: Path, shown: str) -> NDArray[np.int64]:
    """Return the links as sorted pairs, shape (E, 2), of adopters 0 to N-1; messages name the file as ``shown``.

    Raises:
        UsageError: unreadable, a line that does not begin with two ids, too many adopters, or no link at all.
    """
    links, lines = _Links(), _Lines(shown)
    try:
        with _opened(path) as file:
            for chunk in _chunks(file, shown):
                links.add(lines.pairs(chunk))
    except (OSError, EOFError, zlib.error, ValueError, csv.Error) as error:
        reason = getattr(error, "strerror", None)
        reason = reason or ("not UTF-8 text" if isinstance(error, UnicodeError) else str(error))
        raise UsageError(f"{shown}: cannot read the edge list: {reason}") from error
    return links.edges(shown, further=lines.further)


def edges_text(edges: NDArray[np.int64]) -> str:
    """Return links as ``read_edges`` reads them."""
    lines = io.StringIO()
    np.savetxt(lines, edges, fmt="%d", delimiter=",", header="one,other", comments="")
    return lines.getvalue()


def _opened(path: Path) -> IO[str]:
    with path.open("rb") as file:
        packed = file.read(2) == _GZIP
    return gzip.open(path, "rt", encoding="utf-8-sig") if packed else path.open(encoding="utf-8-sig")


def _chunks(file: IO[str], shown: str) -> Iterator[list[str]]:
    rest, number = "", 0
    while block := file.read(CHUNK):
        *lines, rest = (rest + block).split("\n")
        number += len(lines)
        if len(rest) > LONGEST:
            raise UsageError(f"{shown}, line {number + 1}: is longer than {LONGEST:,} characters")
        yield lines
    yield [rest]


class _Lines:
    """Lines of text made pairs of ids, whole chunks at once where they are plain."""

    def __init__(self, shown: str) -> None:
        self.further = False
        self._shown, self._number = shown, 1  # of the next line
        self._separator: str | None = None
        self._named: list[str] | None = None  # the header
        self._begun = False  # there was a line of data
        self._sizes = False  # a line of sizes comes first

    def pairs(self, lines: list[str]) -> _Ids:
        """Return the ids, shape (m, 2), of the next lines."""
        pairs = self._parsed(lines, np.uint64, _ENDS if self.further else None) if self._begun else None
        if pairs is None or pairs.shape[1] != 2:
            content = [(number, text) for number, line in enumerate(lines, self._number) if (text := self._text(line))]
            if content and not self._begun:
                content = self._begin(content)
            pairs = self._close(content) if content else np.zeros((0, 2), dtype=np.uint64)
        self._number += len(lines)
        return pairs

    def _text(self, line: str) -> str:
        """Return a line without its comment, empty if it has no cell."""
        if line.startswith(_MARKET):
            self._sizes = True
        text = line.partition("#")[0].partition("%")[0]
        return text if text.strip(_EMPTY) else ""

    def _begin(self, content: list[tuple[int, str]]) -> list[tuple[int, str]]:
        """Return what follows the header, if there is one."""
        if self._sizes:
            content, self._sizes = content[1:], False
        if content and self._named is None:
            number, text = content[0]
            cells = _cells(text, _separator(text))
            if not any(map(_numeric, cells[:2])):
                self._check_header(cells, f"{self._shown}, line {number}")
                self._named, content = cells, content[1:]
        if content:
            number, text = content[0]
            self._separator, self._begun = _separator(text), True
            columns = len(_cells(text, self._separator))
            if self._named and 2 <= len(self._named) < columns:
                raise UsageError(
                    f"{self._shown}, line {number}: has {columns} columns, the header {len(self._named)}; if row names "
                    "come first, leave them out (row.names = FALSE in R)"
                )
        return content

    def _check_header(self, cells: list[str], where: str) -> None:
        if not cells[0]:
            raise UsageError(
                f"{where}: the first column has no name, so it seems to number the rows; leave it out (index=False in "
                "pandas, row.names = FALSE in R)"
            )
        for place, ends in enumerate((("source", "from"), ("target", "to"))):
            for column, name in enumerate(cells):
                if name.lower() in ends and column != place:
                    raise UsageError(f"{where}: '{name}' is column {column + 1}, but must be column {place + 1}")

    def _close(self, content: list[tuple[int, str]]) -> _Ids:
        """Return the pairs of lines that need a closer look: more columns, empty cells, or a fault."""
        texts = [text for _, text in content]
        pairs = self._parsed(texts, np.uint64, _ENDS)
        if pairs is None and (table := self._parsed(texts, np.float64, _ENDS)) is not None:
            pairs = table.astype(np.uint64) if ((table >= 0) & (table < _EXACT) & (table % 1 == 0)).all() else None
        if pairs is None:
            pairs = np.array([self._line(*each) for each in content], dtype=np.uint64).reshape(-1, 2)
        self.further = self.further or any(len(_cells(text, self._separator)) > 2 for text in texts)
        return pairs

    def _parsed(self, lines: list[str], kind: type, columns: tuple[int, int] | None) -> NDArray[Any] | None:
        """Return the columns of plain lines, None if one of them is not plain."""
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            try:
                table: NDArray[Any] = np.loadtxt(
                    lines, dtype=kind, delimiter=self._separator, comments=None, quotechar='"', usecols=columns, ndmin=2
                )
            except (ValueError, OverflowError, Warning):
                return None
        return table if len(table) == len(lines) else None

    def _line(self, number: int, text: str) -> tuple[int, int]:
        where = f"{self._shown}, line {number}"
        cells = _cells(text, self._separator)
        if len(cells) < 2:
            raise UsageError(f"{where}: must have two columns, the ids of two adopters, not '{text.strip()[:40]}'")
        return _adopter(cells[0], where), _adopter(cells[1], where)


class _Links:
    """Links gathered chunk by chunk, eight bytes each as long as ids are below 2^32."""

    def __init__(self) -> None:
        self._packed: list[_Ids] = []
        self._wide: list[tuple[_Ids, _Ids]] = []
        self._alone: _Ids = np.zeros(0, dtype=np.uint64)  # linked to themselves
        self._read, self._loops = 0, 0

    def add(self, pairs: _Ids) -> None:
        """Take pairs of ids, shape (m, 2)."""
        low, high = pairs.min(axis=1), pairs.max(axis=1)
        self._read += len(pairs)
        if (loops := low == high).any():
            self._loops += int(loops.sum())
            self._alone = np.union1d(self._alone, low[loops])
            low, high = low[~loops], high[~loops]
        if high.max(initial=0) <= _LOW:
            self._packed.append(_pack(low, high))
        else:
            self._wide.append((low, high))

    def edges(self, shown: str, further: bool) -> NDArray[np.int64]:
        """Return all links between adopters 0 to N-1, and say what was left out or changed."""
        packed = _distinct(self._packed)
        parts = [*self._wide, (packed >> _SPLIT, packed & _LOW)]
        ids = _ids(parts)
        if not len(ids):
            raise UsageError(f"{shown}: the edge list holds no link")
        if len(ids) > MOST:
            raise UsageError(f"{shown}: has {len(ids):,} adopters; there may be {MOST:,}")
        if ids[-1] >= len(ids):
            places = [[np.searchsorted(ids, end).astype(np.uint64) for end in part] for part in parts]
            packed = _distinct([_pack(*each) for each in places])
        edges = np.stack([packed >> _SPLIT, packed & _LOW], axis=1).astype(np.int64)
        self._tell(shown, ids, len(edges), further)
        return edges

    def _tell(self, shown: str, ids: _Ids, links: int, further: bool) -> None:
        if further:
            note_once(f"{shown}: only the first two columns are read; links have no weight")
        left_out, again = [], self._read - self._loops - links
        if again:
            left_out.append(f"{again:,} listed again, the same way or the other")
        if self._loops:
            only = len(np.setdiff1d(self._alone, ids))
            hint = f" ({only:,} of the ids are on no other line, and so no adopters)" if only else ""
            left_out.append(f"{self._loops:,} of an adopter to itself{hint}")
        if left_out:
            note_once(f"{shown}: {links:,} links; left out were {', and '.join(left_out)}")
        if ids[-1] >= len(ids):
            note_once(
                f"{shown}: {len(ids):,} adopters; their ids, {ids[0]} to {ids[-1]}, became 0 to {len(ids) - 1} in "
                "rising order"
            )


def _pack(low: _Ids, high: _Ids) -> _Ids:
    return np.unique((low << _SPLIT) | high)


def _distinct(parts: list[_Ids]) -> _Ids:
    return np.unique(np.concatenate([np.zeros(0, dtype=np.uint64), *parts]))


def _ids(parts: list[tuple[_Ids, _Ids]]) -> _Ids:
    """Return all ids once, in rising order."""
    highest = max(int(high.max(initial=0)) for _, high in parts)
    if highest >= 8 * MOST:
        return np.unique(np.concatenate([end for part in parts for end in part]))
    there = np.zeros(highest + 1, dtype=bool)
    for end in (end for part in parts for end in part):
        there[end] = True
    return np.flatnonzero(there).astype(np.uint64)


def _separator(text: str) -> str | None:
    """Return what stands between cells: a semicolon, a comma, or None for blanks and tabs."""
    if ";" in text:
        return ";"
    first = re.match(r"\s*(\"[^\"]*\"|'[^']*'|[^\s,]*)\s*,", text)
    return "," if first else None


def _cells(text: str, separator: str | None) -> list[str]:
    """Return the cells of a line without quotes and without empty ones at its end, at least one."""
    if separator is None:
        cells = [cell.strip("\"'") for cell in re.findall(r"\"[^\"]*\"|'[^']*'|\S+", text)]
    else:
        cells = [cell.strip(" \t'") for cell in next(csv.reader([text], delimiter=separator, skipinitialspace=True))]
    while len(cells) > 1 and not cells[-1]:
        cells.pop()
    return cells


def _numeric(cell: str) -> bool:
    """Return whether a cell is a number or meant to be one."""
    return re.match(r"[+-]?[.,]?[0-9]|nan$", cell, re.IGNORECASE) is not None


def _adopter(cell: str, where: str) -> int:
    if re.fullmatch(r"\+?[0-9]{1,20}", cell) and int(cell) < 2**64:
        return int(cell)
    if re.fullmatch(r"\+?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]{1,4})?", cell):
        value = float(cell)
        if value < _EXACT and value.is_integer():
            return int(value)
    raise UsageError(f"{where}: the id of an adopter is a whole number from 0, not '{cell[:40]}'")
