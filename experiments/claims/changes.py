"""Changes of a world: values, or texts that take them from the world: ``"* 0.5"`` and ``"= demand.budget"``."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from experiments.claims.schema import Changes
from experiments.errors import UsageError

_TIMES = re.compile(r"\*\s*([0-9.eE+-]+)")
_SAME = re.compile(r"=\s*([a-z_]+\.[a-z_0-9]+)")


def resolved_changes(world: Mapping[str, Mapping[str, Any]], changes: Changes, where: str) -> Changes:
    """Return changes with values in place of texts that take them from a world.

    Args:
        world: its parameters, by section and name.
        changes: by key, as ``section.name``.
        where: what a fault's line begins with.

    Raises:
        UsageError: a text names what is no number there.
    """
    return {key: _value(world, key, value, f"{where}: {key}") for key, value in changes.items()}


def _value(world: Mapping[str, Mapping[str, Any]], key: str, value: Any, where: str) -> Any:
    if not isinstance(value, str):
        return value
    if times := _TIMES.fullmatch(value):
        own = _parameter(world, key, where)
        try:
            found = own * float(times[1])
        except ValueError:
            raise UsageError(f"{where}: {value!r}: no number follows the *") from None
        return round(found) if isinstance(own, int) else found
    if same := _SAME.fullmatch(value):
        return _parameter(world, same[1], where)
    return value


def _parameter(world: Mapping[str, Mapping[str, Any]], key: str, where: str) -> Any:
    section, _, name = key.partition(".")
    found = world.get(section, {}).get(name)
    if isinstance(found, bool) or not isinstance(found, (int, float)):
        raise UsageError(f"{where}: {key} is no number of a world")
    return found
