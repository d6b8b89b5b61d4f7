"""The parameters as things to move: kind, range, and which of them matter."""

from __future__ import annotations

import csv
import math
import re
import tomllib
import typing
from functools import cache
from pathlib import Path
from typing import Any, Literal, NamedTuple, TypeAlias

from pydantic.fields import FieldInfo

from experiments.declarations import Declaration, declarations, sections
from experiments.page.words import LANGUAGES, unit, word
from experiments.shipped import shipped
from sim.declare import SWITCH
from sim.parameters import declared

POSTERIOR, DECIDERS = "results/fit/posterior.csv", "results/propositions/deciders.csv"
_SURE = 0.05  # the chance, over all parameters, with which the fit would move one as far by luck
_MOST = 15  # sliders
ALSO = ("firm.openness",)
"""Parameters that the source's story turns on and the fit holds fixed."""

_PLAIN = ("1", "choice", "names", "list", "name", "path")
_SOURCES = {
    "fit": r"fit of the case, (.+)", "claim": r"claim (.+)", "brief": r"brief (\d+)", "D": r"D(\d+)",
    "case": r"brief, (the case as evidence)",
}  # fmt: skip

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

    def range(self, language: str) -> str:
        """Return in words what it may be; nothing for a switch."""
        text = self.about.range
        if self.kind in ("switch", "choice"):
            return "" if self.kind == "switch" else text
        if span := re.fullmatch(r"(\S+) to (\S+)( names)?", text):
            said = word("span_names" if span[3] else "span", language, low=span[1], high=span[2])
        else:
            said = word(f"range.{text}", language)
        measure = "" if self.about.unit in _PLAIN else unit(self.about.unit, language)
        return said + (word("range_units", language, unit=measure) if measure else "")

    def source(self, language: str) -> str:
        """Return where its value comes from: the fit, a claim, a decision; or the literature, named as it is."""
        text = self.about.source
        for kind, form in _SOURCES.items():
            if found := re.fullmatch(form, text):
                return word(f"source.{kind}", language, where=found[1])
        return text

    def help(self, language: str) -> str:
        """Return what it is, its range, and where its value comes from."""
        section, _, name = self.key.partition(".")
        about = self.about.description if language == "en" else chinese()[section][name]
        said = "choices" if self.kind == "choice" else "range"
        span = word(said, language, range=self.range(language)) if self.kind != "switch" else ""
        return word("help", language, key=self.key, about=about, range=span, source=self.source(language))

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
def chinese() -> dict[str, dict[str, str]]:
    """Return what each parameter is in Chinese, by section and name."""
    return tomllib.loads(Path(__file__).with_name("parameters.zh.toml").read_text(encoding="utf-8"))


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
    """Return the parameters that matter: what the story turns on, then what the claims and the fit hang on most.

    A parameter weighs the sum of its rank correlations with the effects of the claims' rungs that it decides, and its
    Kolmogorov-Smirnov distance of posterior from prior where the facts moved it beyond chance. All lie in 0 to 1.
    """
    weights = {key: prior.moved for key, prior in _priors().items() if prior.chance < _SURE}
    if (deciders := shipped(DECIDERS)).is_file():  # not in a package: then the fit alone
        with deciders.open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                weights[row["parameter"]] = weights.get(row["parameter"], 0.0) + abs(float(row["strength"]))
    return (*ALSO, *sorted(weights.keys() & _priors().keys(), key=lambda key: (-weights[key], key))[:_MOST])


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
        return " ".join(f"{knob.label(each)} {knob.help(each)}" for each in LANGUAGES).casefold()

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
