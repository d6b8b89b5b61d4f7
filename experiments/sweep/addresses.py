"""Addresses of many points at once: what is the same in all of them is checked, written and hashed once.

The address of a point is the SHA-256 of its parameters as canonical JSON (``experiments.config.config_hash``). A number
or switch that no check of several values looks at is valid if it is within its own bounds, and stands in that text as
it is. So points that agree in all else are a *group*: one of them is resolved as a config is, its text is cut where
those values stand, and the others are put together from the pieces.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from experiments.config import Config, canonical_values, to_canonical
from experiments.sweep.factors import plain_of, resolve

_MOST_GROUPS = 4096  # kept at a time


class _Group(NamedTuple):
    """The canonical text of a group: hashed up to its first free value, and from there on with a mark for each."""

    start: Any
    template: str


class Addresses:
    """Makes the addresses of points that change the same keys of one base."""

    def __init__(self, base: dict[str, Any], edges: NDArray[np.int64] | None, keys: Sequence[str]) -> None:
        """Take what the points share.

        Args:
            base: the parameters that they change, as plain data.
            edges: the links of the base, if it brings its own.
            keys: the keys that they change.
        """
        self._base, self._edges, self._keys = base, edges, tuple(keys)
        self._groups: dict[tuple[tuple[int, ...], tuple[str, ...]], _Group] = {}

    def of(self, columns: Sequence[Sequence[Any]], texts: Sequence[Sequence[str]]) -> Iterator[str]:
        """Yield the address of each point, in order.

        Args:
            columns: the values, a sequence a key.
            texts: the same as JSON (``texts_of``).

        Raises:
            pydantic.ValidationError: the values of the point that would come next do not go together.
        """
        free = tuple(n for n, key in enumerate(self._keys) if _is_free(key, columns[n]))
        order = tuple(sorted(free, key=lambda n: self._keys[n].split(".")))  # as they stand in the text
        joined = [n for n in range(len(self._keys)) if n not in free]
        count = len(columns[0]) if columns else 0
        values = zip(*(texts[n] for n in order), strict=True) if order else iter([()] * count)
        kinds = zip(*(texts[n] for n in joined), strict=True) if joined else iter([()] * count)
        last: tuple[str, ...] | None = None
        for row, (kind, inside) in enumerate(zip(kinds, values, strict=True)):
            if kind != last:
                start, template = self._group(order, kind, columns, row)
                last = kind
            hasher = start.copy()
            hasher.update((template % inside).encode())
            yield hasher.hexdigest()

    def _group(
        self, order: tuple[int, ...], kind: tuple[str, ...], columns: Sequence[Sequence[Any]], row: int
    ) -> _Group:
        """Return the text of the group that a row is in."""
        found = self._groups.get((order, kind))
        if found is None:
            if len(self._groups) >= _MOST_GROUPS:
                self._groups.clear()
            changes = {key: column[row] for key, column in zip(self._keys, columns, strict=True)}
            found = self._groups[order, kind] = self._made(changes, {self._keys[n] for n in order})
        return found

    def _made(self, changes: dict[str, Any], free: set[str]) -> _Group:
        parameters = resolve(self._base, changes)
        edges = self._edges if parameters.diffusion.network == "edges" else None
        values = canonical_values(Config(parameters, edges))
        pieces = [""]
        for section in sorted(values):
            pieces[-1] += f"{',' if pieces != [''] else '{'}{to_canonical(section)}:{{"
            for n, name in enumerate(sorted(values[section])):
                pieces[-1] += f"{',' if n else ''}{to_canonical(name)}:"
                if f"{section}.{name}" in free:
                    pieces.append("")
                else:
                    pieces[-1] += to_canonical(values[section][name])
            pieces[-1] += "}"
        pieces[-1] += "}"
        marked = ["", *(piece.replace("%", "%%") for piece in pieces[1:])]
        return _Group(hashlib.sha256(pieces[0].encode()), "%s".join(marked))


def texts_of(column: Sequence[Any]) -> list[str]:
    """Return values as JSON."""
    if {*map(type, column)} == {float}:
        return [*map(_float, column)]
    distinct = {id(value): value for value in column}  # the values of a factor are the same objects
    known = {each: json.dumps(value, ensure_ascii=False) for each, value in distinct.items()}
    return [known[id(value)] for value in column]


def _float(value: float) -> str:
    return float.__repr__(value)


def _is_free(key: str, column: Sequence[Any]) -> bool:
    """Return whether each of some values is valid by itself, whatever else a point has, and written as it is."""
    plain = plain_of(key)
    if plain is None or not {*map(type, column)} <= {plain.kind}:
        return False
    values = np.asarray(column, dtype=np.float64)
    return bool(((values >= plain.low) & (values <= plain.high)).all())
