"""A factor: one parameter, and how a number from 0 to 1 becomes one of its values.

A value v of a range [a, b] is

    linear   v = a + u (b - a)             log   v = a (b/a)^u             u in [0, 1]

to 12 significant digits, so that a design has the same addresses whatever the machine's last bit. A whole number takes
each value of its range with equal chance (log: in proportion to the logarithm of its neighbourhood), listed values
likewise.
"""

from __future__ import annotations

import json
import math
import sys
import typing
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any, Literal, NamedTuple

import numpy as np
import pydantic
from numpy.typing import NDArray
from pydantic.fields import FieldInfo

from experiments.declarations import allowed, nearest, sections, toml_value
from experiments.errors import UsageError
from sim.founding import is_alone
from sim.parameters import Parameters, declared

Scale = Literal["linear", "log"]
_DIGITS = 12
_NEAR = 1e-11  # relative: more than so many digits leave open
_RESERVED = {
    "diffusion.edges": "the social network is part of the base config; make a design for each network",
}


@dataclass(frozen=True)
class Factor:
    """One parameter that a design varies: over a range from ``low`` to ``high``, or over listed ``values``."""

    key: str
    whole: bool
    scale: Scale
    low: float | None
    high: float | None
    values: tuple[Any, ...] | None
    unit: str
    description: str
    levels: int | None = None

    def value(self, u: float) -> Any:
        """Return the value at ``u`` from 0 to 1."""
        if self.values is not None:
            return self.values[min(int(u * len(self.values)), len(self.values) - 1)]
        assert self.low is not None
        assert self.high is not None
        low, high = self.low, self.high
        if self.whole:
            inside = _between(low - 0.5, high + 0.5, self.scale, u)
            return int(min(max(math.floor(inside + 0.5), low), high))
        if u in (0.0, 1.0):
            return high if u else low
        return min(max(float(f"{_between(low, high, self.scale, u):.{_DIGITS}g}"), low), high)

    def texts(self, units: NDArray[np.float64]) -> list[str]:
        """Return the values at many places as JSON: of each what ``value`` gives, to the bit."""
        if self.values is not None:
            places = np.minimum((units * len(self.values)).astype(np.int64), len(self.values) - 1)
            known = texts_of(self.values)
            return [known[place] for place in places.tolist()]
        assert self.low is not None
        assert self.high is not None
        low, high = self.low, self.high
        if self.whole:
            inside = _all_between(low - 0.5, high + 0.5, self.scale, units)
            return [*map(repr, np.clip(np.floor(inside + 0.5), low, high).astype(np.int64).tolist())]
        inside = _all_between(low, high, self.scale, units)
        texts = (f"%.{_DIGITS}g " * len(units) % (*inside.tolist(),)).split()
        # That is JSON but for whole numbers and the very large or small, and at the ends rounding may leave the range.
        size = np.abs(inside)
        near = [np.abs(inside - place) <= _NEAR * size for place in (np.rint(inside), low, high)]
        ends = (units <= 0.0) | (units >= 1.0) | (size > 1e11) | (size < 1e-290)
        for place in np.flatnonzero(np.logical_or.reduce([ends, *near])).tolist():
            texts[place] = repr(self.value(float(units[place])))
        return texts

    @cached_property
    def plain(self) -> bool:
        """Whether this is a number or switch of which each value is valid whatever else a point has."""
        allowed = plain_of(self.key)
        if allowed is None:
            return False
        values: tuple[Any, ...] = (self.low, self.high) if self.values is None else self.values
        return all(type(value) is allowed.kind and plainly(self.key, value) is not None for value in values)

    def grid(self, levels: int | None) -> list[Any]:
        """Return the listed values, or that many evenly over the range with both ends; each value once."""
        if self.values is not None:
            return list(self.values)
        assert self.low is not None
        assert self.high is not None
        count = self.levels or levels
        if count is None:
            raise UsageError(f"factor {self.key}: a grid needs values, or levels to divide the range")
        steps = [step / (count - 1) for step in range(count)] if count > 1 else [0.0]
        if self.whole:
            found = [math.floor(_between(self.low, self.high, self.scale, u) + 0.5) for u in steps]
            return list(dict.fromkeys(int(min(max(value, self.low), self.high)) for value in found))
        return list(dict.fromkeys(self.value(u) for u in steps))

    def described(self) -> dict[str, Any]:
        """Return the factor as plain data."""
        values = None if self.values is None else list(self.values)
        return {
            "key": self.key, "scale": self.scale, "low": self.low, "high": self.high, "values": values,
            "unit": self.unit, "description": self.description,
        }  # fmt: skip


def _between(low: float, high: float, scale: Scale, u: float) -> float:
    return low * (high / low) ** u if scale == "log" else low + u * (high - low)


def texts_of(values: Sequence[Any]) -> list[str]:
    """Return values as JSON."""
    if {*map(type, values)} == {float} and all(map(math.isfinite, values)):
        return [*map(repr, values)]
    distinct = {id(value): value for value in values}  # the values of a factor are the same objects
    known = {each: json.dumps(value, ensure_ascii=False) for each, value in distinct.items()}
    return [known[id(value)] for value in values]


def _all_between(low: float, high: float, scale: Scale, units: NDArray[np.float64]) -> NDArray[np.float64]:
    if scale == "linear":
        return low + units * (high - low)
    ratio = high / low  # Python's power: that of arrays may differ in the last bit
    return np.array([low * ratio**u for u in units.tolist()], dtype=np.float64)


class Plain(NamedTuple):
    """A number or switch: its type and its bounds, both included."""

    kind: type
    low: float
    high: float

    @property
    def written(self) -> type:
        """Return what else it may be written as: a whole number for a number."""
        return int if self.kind is float else self.kind


@cache
def plain_of(key: str) -> Plain | None:
    """Return what a parameter may be if it is a number or switch that no check of several values looks at."""
    info = _declared()[key]
    kind: Any = info.annotation
    if not is_alone(key):
        return None
    bounds = {name: getattr(each, name) for each in info.metadata for name in ("ge", "le") if hasattr(each, name)}
    low, high = (0, 1) if kind is bool else (-sys.float_info.max, sys.float_info.max)
    return Plain(kind, bounds.get("ge", low), bounds.get("le", high))


def plainly(key: str, value: Any) -> bool | int | float | None:
    """Return a value as its parameter holds it if that is plain and takes it, else None: look closer."""
    plain = plain_of(key)
    if plain is None or type(value) not in (plain.kind, plain.written) or not plain.low <= value <= plain.high:
        return None
    taken: bool | int | float = plain.kind(value)
    return taken


def make_factor(given: dict[str, Any], where: str) -> Factor:
    """Return a checked factor from its table in a design; ``where`` is the design's name in messages.

    Raises:
        UsageError: an unknown key, an empty range, a log range that spans 0, a value that the parameter refuses.
    """
    key = given["key"]
    where = f"{where}: factor {key}"
    info = declaration(key, where)
    kind = info.annotation
    bounds, values, scale = given.get("range"), given.get("values"), given.get("scale", "linear")
    if bounds is not None and values is not None:
        raise UsageError(f"{where}: has a range and values; leave one out")
    if bounds is None and values is None:
        values = _all_values(kind)
        if values is None:
            raise UsageError(f"{where}: needs a range, as in range = [0, 1], or values; must be {_allowed(key)}")
    if bounds is not None:
        _check_range(bounds, kind, scale, where)
    elif scale != "linear":
        raise UsageError(f"{where}: a scale belongs to a range, not to listed values")
    if values is not None and not values:
        raise UsageError(f"{where}: values: is empty")
    tried = values if values is not None else bounds
    assert tried is not None
    resolved = [_resolved(key, value, where) for value in tried]
    if values is not None and len({*_told_apart(key, resolved)}) < len(values):
        raise UsageError(f"{where}: values: names a value twice")
    extra = info.json_schema_extra
    low, high = (resolved[0], resolved[-1]) if values is None else (None, None)
    return Factor(
        key=key, whole=kind is int, scale=scale, low=low, high=high,
        values=None if values is None else tuple(_plain(value) for value in resolved),
        unit=str(extra.get("unit", "")) if isinstance(extra, dict) else "", description=info.description or "",
        levels=given.get("levels"),
    )  # fmt: skip


def _told_apart(key: str, values: list[Any]) -> Iterable[str]:
    if plain_of(key) is not None:
        return map(repr, values)
    return (json.dumps(value, sort_keys=True, default=list) for value in values)


def check_distinct(keys: Iterable[str], where: str) -> None:
    """Raise if two factors move one parameter."""
    seen: set[str] = set()
    for key in keys:
        if key in seen:
            raise UsageError(f"{where}: factor {key}: appears twice; one parameter can be one factor only")
        seen.add(key)


@cache
def _declared() -> dict[str, FieldInfo]:
    return dict(declared())


def declaration(key: str, where: str) -> Any:
    """Return what is declared of a parameter.

    Raises:
        UsageError: no such parameter, or one that cannot be varied.
    """
    if key in _RESERVED:
        raise UsageError(f"{where}: {_RESERVED[key]}")
    found = _declared().get(key)
    if found is None:
        section, _, name = key.partition(".")
        around = (section,) if section in sections() else ()
        meant = nearest((*around, name or section))
        hint = f"did you mean {meant}?" if meant else "'flywheel params' lists all"
        raise UsageError(f"{where}: no such parameter; {hint}")
    return found


def _all_values(kind: Any) -> list[Any] | None:
    if kind is bool:
        return [False, True]
    return list(typing.get_args(kind)) if typing.get_origin(kind) is Literal else None


def _check_range(bounds: list[float], kind: Any, scale: str, where: str) -> None:
    if kind not in (int, float):
        raise UsageError(f"{where}: only a number has a range; list its values")
    low, high = bounds
    if not low < high:
        raise UsageError(f"{where}: range: is empty: {low:g} is not below {high:g}")
    if scale == "log" and low <= 0:
        raise UsageError(
            f"{where}: range: a log scale cannot reach or span 0, as [{low:g}, {high:g}] does; "
            "start above 0, or use scale = \"linear\""
        )  # fmt: skip


def _resolved(key: str, value: Any, where: str) -> Any:
    """Return the value as its parameter holds it; checked alone, so only against its own type and bounds."""
    taken = plainly(key, value)
    if taken is not None:
        return taken
    if value in typing.get_args(_declared()[key].annotation):
        return value  # whether a choice goes with the rest is a matter of the base
    section, _, name = key.partition(".")
    try:
        text = json.dumps({name: value}, default=str)
        return getattr(sections()[section].model_validate_json(text, strict=True), name)
    except pydantic.ValidationError as error:
        fault = error.errors(include_url=False)[0]
        if fault["type"] == "value_error":
            raise UsageError(f"{where}: {fault['ctx']['error']}") from None
        raise UsageError(f"{where}: must be {_allowed(key)}, not {toml_value(value)}") from None


def _allowed(key: str) -> str:
    return allowed(tuple(key.split(".", 1)))


def _plain(value: Any) -> Any:
    """Return a value as JSON holds it."""
    if isinstance(value, pydantic.BaseModel):
        return value.model_dump(mode="json")
    return [_plain(item) for item in value] if isinstance(value, (list, tuple)) else value


def resolve(base: dict[str, Any], changes: dict[str, Any]) -> Parameters:
    """Return the base parameters with dotted keys changed, checked as strictly as a config file.

    Raises:
        pydantic.ValidationError: the values do not go together.
    """
    data = {section: dict(values) for section, values in base.items()}
    for key, value in changes.items():
        section, _, name = key.partition(".")
        data[section][name] = value
    return Parameters.model_validate_json(json.dumps(data), strict=True)
