"""How a mechanism declares what belongs to it: parameters, columns of the record, kinds of events, levers of policy.

Each is declared once, beside the law that it belongs to, and gathered in ``sim/world.py``; validation,
reference tables, the commented configuration, the JSON schema, the tables of the world and the data dictionary derive
from that. Money has no currency: only its ratio to the price of a trial, ``search.trial_price``, matters. ``D7`` and
the like point to ``docs/decisions.md``; a name and year point to the literature.
"""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Mapping
from functools import partial
from typing import Any, NamedTuple, get_args, get_origin

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, GetCoreSchemaHandler
from pydantic_core import PydanticKnownError, core_schema

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
    field: Any = Field(default, description=description, ge=ge, le=le, json_schema_extra=extra, **constraints)
    field.metadata.append(_Exact())
    return field


class _Exact:
    """What is not converted in Python either: text is no number, and a number no switch. JSON is read strictly."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        made = handler(source)
        if source in (bool, int, float):
            check = partial(_exact, source)
        elif get_origin(source) is dict:
            inner = get_args(get_args(source)[1])[0]
            check = partial(_each_exact, inner)
        else:
            return made
        return core_schema.json_or_python_schema(
            json_schema=made, python_schema=core_schema.no_info_before_validator_function(check, made)
        )


def _exact(kind: type, value: Any) -> Any:
    switch = isinstance(value, (bool, np.bool_))
    if kind is bool and not switch:
        raise PydanticKnownError("bool_type")
    if kind in (int, float) and (switch or isinstance(value, (str, bytes))):
        raise PydanticKnownError("int_type" if kind is int else "float_type")
    return value


def _each_exact(kind: type, values: Any) -> Any:
    for value in values.values() if isinstance(values, Mapping) else ():
        _exact(kind, value)
    return values


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


def check_name(name: str, where: str) -> None:
    """Raise ``ValueError`` if a name is empty, begins or ends with a blank, or cannot be printed."""
    if not name.strip():
        raise ValueError(f"{where}: a name is empty")
    if name != name.strip() or not name.isprintable():
        raise ValueError(f"{where}: {name!r} is no name: it begins or ends with a blank, or cannot be printed")


def check_names(names: tuple[str, ...], where: str) -> None:
    """Raise ``ValueError`` if names are empty, cannot be printed, or look the same."""
    seen: dict[str, str] = {}
    for name in names:
        check_name(name, where)
        if look(name) in seen:
            other = seen[look(name)]
            alike = "is there twice" if other == name else f"and '{other}' differ only in blanks or form"
            raise ValueError(f"{where}: '{name}' {alike}")
        seen[look(name)] = name


def look(name: str) -> str:
    """Return what names have in common that look alike: blanks and the form of letters do not count."""
    return "".join(unicodedata.normalize("NFKC", name).split())
