"""Addresses of many points at once: what is the same in all of them is checked, written and hashed once.

The address of a point is the SHA-256 of its parameters as canonical JSON (``experiments.config.config_hash``). A number
or switch that no check of several values looks at is valid if it is within its own bounds, and stands in that text as
it is. So points that agree in all else are a *group*: one of them is resolved as a config is, its text is cut where
those values stand, and the others are put together from the pieces.
"""

from __future__ import annotations

import hashlib
import itertools
import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from experiments.config import Config, canonical_values, to_canonical
from experiments.sweep.factors import Factor, resolve

_MOST_GROUPS = 4096  # kept at a time


class _Group(NamedTuple):
    """The canonical text of a group: hashed up to its first free value, and from there on with a mark for each."""

    start: Any
    template: str


class Addresses:
    """Makes the addresses of points that change the same parameters of one base."""

    def __init__(self, base: dict[str, Any], edges: NDArray[np.int64] | None, factors: Sequence[Factor]) -> None:
        """Take what the points share.

        Args:
            base: the parameters that they change, as plain data.
            edges: the links of the base, if it brings its own.
            factors: what they change, and what it may be.
        """
        self._base, self._edges, self._keys = base, edges, [factor.key for factor in factors]
        numbers = range(len(factors))
        self._free = sorted((n for n in numbers if factors[n].plain), key=lambda n: self._keys[n].split("."))
        self._joined = [n for n in numbers if not factors[n].plain]
        self._groups: dict[tuple[str, ...], _Group] = {}

    def of(self, texts: Sequence[Sequence[str]]) -> Iterator[str]:
        """Yield the address of each point, in order.

        Args:
            texts: the values of the points as JSON, a sequence a factor.

        Raises:
            pydantic.ValidationError: the values of the point that would come next do not go together.
        """
        nothing: Iterable[tuple[str, ...]] = itertools.repeat((), len(texts[0]))
        kinds = zip(*(texts[n] for n in self._joined), strict=True) if self._joined else nothing
        values = zip(*(texts[n] for n in self._free), strict=True) if self._free else nothing
        last: tuple[str, ...] | None = None
        for row, (kind, each) in enumerate(zip(kinds, values, strict=True)):
            if kind != last:
                start, template = self._groups.get(kind) or self._group(kind, [column[row] for column in texts])
                last = kind
            hasher = start.copy()
            hasher.update((template % each).encode())
            yield hasher.hexdigest()

    def _group(self, kind: tuple[str, ...], texts: Sequence[str]) -> _Group:
        """Return the text of the group that a point is in."""
        if len(self._groups) >= _MOST_GROUPS:
            self._groups.clear()
        changes = {key: json.loads(text) for key, text in zip(self._keys, texts, strict=True)}
        found = self._groups[kind] = self._made(changes, {self._keys[n] for n in self._free})
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
