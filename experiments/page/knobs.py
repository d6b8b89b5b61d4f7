"""The parameters as things to move: kind, range, and which of them matter."""

from __future__ import annotations

import csv
import math
import tomllib
import typing
from functools import cache
from typing import Any, Literal, NamedTuple, TypeAlias

from pydantic.fields import FieldInfo

from experiments.declarations import Declaration, declarations, sections
from experiments.page.words import LANGUAGES, word
from experiments.shipped import shipped
from sim.declare import SWITCH
from sim.parameters import declared

POSTERIOR = "results/fit/posterior.csv"
_SURE = 0.05  # the chance, over all parameters, with which the fit would move one as far by luck
_LEAST = 12  # sliders
ALSO = ("firm.openness",)
"""Parameters that the source's story turns on and the fit holds fixed."""

Kind: TypeAlias = Literal["switch", "choice", "whole", "number", "other"]


class Knob(NamedTuple):
    """One parameter.

    Attributes:
        key: its dotted key.
        kind: what is moved; "other" are texts, lists and tables, written as TOML.
        low, high: the ends of its slider; NaN if it has none.
        log: whether the slider moves in logarithms.
        choices: what may be chosen.
        about: its declaration.
    """

    key: str
    kind: Kind
    low: float
    high: float
    log: bool
    choices: tuple[str, ...]
    about: Declaration

    def label(self, language: str) -> str:
        """Return its name in words."""
        return word(f"parameter.{self.key}", language)

    def at(self, position: float) -> float | int:
        """Return the value at a position of the slider, 0 to 1, rounded to three digits."""
        if self.log:
            value = float(self.low * (self.high / self.low) ** position)
        else:
            value = self.low + (self.high - self.low) * position
        if self.kind == "whole":
            return round(value)
        return float(min(max(float(f"{value:.3g}"), self.low), self.high))

    def position(self, value: float) -> float:
        """Return where a value lies on the slider, 0 to 1; one beyond an end at that end."""
        if self.log:
            place = math.log(max(value, self.low) / self.low) / math.log(self.high / self.low)
        else:
            place = (value - self.low) / (self.high - self.low)
        return min(max(place, 0.0), 1.0)


class _Prior(NamedTuple):
    low: float
    high: float
    log: bool
    moved: float
    chance: float


@cache
def knobs() -> dict[str, Knob]:
    """Return all parameters by key, in the order of the theory."""
    fields, priors = dict(declared()), _priors()
    return {
        key: _knob(key, fields[key], about, priors.get(key))
        for section in sections()
        for about in declarations(section)
        if not about.nested
        for key in [f"{section}.{about.key}"]
    }


@cache
def sliders() -> tuple[str, ...]:
    """Return the parameters that matter: what the fit moved, the most moved first, and what the story turns on."""
    priors = _priors()
    order = sorted(priors, key=lambda key: -priors[key].moved)
    sure = [key for key in order if priors[key].chance < _SURE]
    return (*ALSO, *(sure if len(sure) >= _LEAST else order[:_LEAST]))


@cache
def switches() -> tuple[str, ...]:
    """Return the switches of mechanisms."""
    return tuple(key for key, knob in knobs().items() if knob.about.unit == SWITCH and not key.startswith("shock."))


def found(text: str) -> list[Knob]:
    """Return the parameters, but for sliders and switches, whose key, name or description holds a text."""
    wanted, shown = text.strip().casefold(), {*sliders(), *switches()}
    if not wanted:
        return []

    def said(knob: Knob) -> str:
        return " ".join([knob.key, knob.about.description, *(knob.label(each) for each in LANGUAGES)]).casefold()

    return [knob for key, knob in knobs().items() if key not in shown and wanted in said(knob)]


def _knob(key: str, field: FieldInfo, about: Declaration, prior: _Prior | None) -> Knob:
    kind, choices = _kind(field.annotation)
    low = high = math.nan
    log = False
    if kind in ("number", "whole"):
        bounds = {name: getattr(each, name) for each in field.metadata for name in ("ge", "le") if hasattr(each, name)}
        low, high = float(bounds.get("ge") or 0.0), float(bounds.get("le") or math.inf)
    if prior is not None:
        low, high, log = prior.low, prior.high, prior.log
    return Knob(key, kind, low, high, log, choices, about)


def _kind(annotation: Any) -> tuple[Kind, tuple[str, ...]]:
    if typing.get_origin(annotation) is Literal:
        return "choice", typing.get_args(annotation)
    kinds: dict[Any, Kind] = {bool: "switch", int: "whole", float: "number"}
    return kinds.get(annotation, "other"), ()


@cache
def _priors() -> dict[str, _Prior]:
    """Return the range of each parameter of the fit, and how far the facts moved it (Kolmogorov-Smirnov)."""
    with shipped(POSTERIOR).open(encoding="utf-8", newline="") as file:
        return {row["parameter"]: _prior(row) for row in csv.DictReader(file)}


def _prior(row: dict[str, str]) -> _Prior:
    if row["scale"] == "listed":
        values = tomllib.loads(f"values = {row['prior']}")["values"]
        low, high = min(values), max(values)
    else:
        low, high = map(float, row["prior"].split(" to "))
    return _Prior(float(low), float(high), row["scale"] == "log", float(row["statistic"]), float(row["p"]))
