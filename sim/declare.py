"""How a mechanism declares what belongs to it: parameters, columns of the record, kinds of events, levers of policy.

Each is declared once, beside the law that it belongs to, and gathered in ``sim/world.py``; validation,
reference tables, the commented configuration, the JSON schema, the tables of the world and the data dictionary derive
from that. Money has no currency: only its ratio to the price of a trial, ``search.trial_price``, matters. ``D7`` and
the like point to ``docs/decisions.md``; a name and year point to the literature.
"""

from __future__ import annotations

import hashlib
from typing import Any, NamedTuple

from pydantic import BaseModel, ConfigDict, Field

SWITCH = "switch"
SHARE = "share"
MONEY = "money"
PER_MONTH = "1/month"


def param(
    default: Any,
    description: str,
    *,
    unit: str,
    source: str,
    symbol: str = "",
    ge: float | None = None,
    le: float | None = None,
    **constraints: Any,
) -> Any:
    """Declare one parameter; bounds are inclusive, and ``symbol`` is the letter used in the equations."""
    extra: dict[str, Any] = {"symbol": symbol, "unit": unit, "source": source}
    return Field(default, description=description, ge=ge, le=le, json_schema_extra=extra, **constraints)


class Section(BaseModel):
    """A named group of parameters; frozen, finite numbers only, unknown keys refused."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False, validate_default=True, strict=False)


class Column(NamedTuple):
    """One observed series, written by its mechanism's ``observe``: name, unit, and what it is."""

    name: str
    unit: str
    description: str


class Kind(NamedTuple):
    """One kind of event: its name, what happened, and whether the focal firm's are counted as ``events_<name>``.

    ``counted`` is the unit of that count, empty for none.
    """

    name: str
    description: str
    counted: str = ""


class Lever(NamedTuple):
    """One lever of policy: its name, what its level means, and the highest level there is."""

    name: str
    description: str
    highest: float = 1e12


def event(name: str) -> int:
    """Return the number that stands for a kind of event in the log."""
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:4], "little")


def check_names(names: tuple[str, ...], where: str) -> None:
    """Raise ``ValueError`` if names are empty, cannot be printed, or are the same but for blanks."""
    for name in names:
        if not name.strip():
            raise ValueError(f"{where}: a name is empty")
        if name != name.strip() or not name.isprintable():
            raise ValueError(f"{where}: {name!r} is no name: it begins or ends with a blank, or cannot be printed")
    if len(set(names)) != len(names):
        raise ValueError(f"{where}: names must differ")
