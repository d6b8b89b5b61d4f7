"""What in a run a fact is compared with, or a question asks: a small vocabulary, used by name in ``case.toml``.

    release         a field of a release; of slots made, copied, reused and adopted their share
    release-ratio   a field of one release over that of another; if wanted only where it reuses so many slots
    lineages-kept   how many named slots of releases hold a module that descends from an earlier own one
    lineages-left   how many slots of a release hold a module that descends from those of one earlier release
    reuse-rise      share of slots reused, later half of the dated releases less earlier half
    halving-time    months in which a column halves, by least squares of its logarithm; infinite if it rises
    column-ratio    a column in one month over the same in another
    columns-ratio   a column over another in one month
    column-share    rise of a column since a month over its own and another column's
    growth-slows    factor a month by which a column grows after the middle of three months over that before it
    fall-after      factor by which a column falls in the months after a release came out

Each compiles to readings of a run (``sim.readings``) and arithmetic on them. What a run does not have, as a release
that never came out, is NaN. Months are written 2024-12; a reading takes a column at the end of its month.
"""

from __future__ import annotations

import math
from abc import abstractmethod
from typing import Literal, TypeAlias

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from experiments.case.facts import INHERITED, INTRODUCES
from experiments.case.setting import Compiled, Floats, Readings, Setting
from experiments.case.vocabulary import Form, Vocabulary
from sim.world import WAYS

ReleaseField: TypeAlias = Literal[
    "month", "cost", "systems", "algorithms", "development", "kept", "patches", "made", "copied", "reused", "adopted"
]


class Operator(Form):
    """What an operator needs to know, as its table in ``case.toml``."""

    @abstractmethod
    def compile(self, setting: Setting) -> Compiled:
        """Return what it reads and computes.

        Raises:
            ValueError: it refers to what the setting does not have.
        """


OPERATORS = Vocabulary[Operator]()


@OPERATORS.named("release")
class ReleaseValue(Operator):
    """A field of a release."""

    field: ReleaseField
    of: str

    def compile(self, setting: Setting) -> Compiled:
        """Return what it reads and computes."""
        name, scale = setting.field(self.field, self.of), len(setting.slots) if self.field in WAYS else 1
        return Compiled((name,), lambda table: np.asarray(table[name] / scale))


@OPERATORS.named("release-ratio")
class ReleaseRatio(Operator):
    """A field of one release over that of another; NaN where the first reuses fewer slots than ``reusing``."""

    field: ReleaseField
    of: str
    to: str
    reusing: int | None = Field(default=None, ge=1)

    def compile(self, setting: Setting) -> Compiled:
        """Return what it reads and computes."""
        one, other = setting.field(self.field, self.of), setting.field(self.field, self.to)
        if (least := self.reusing) is None:
            return Compiled((one, other), lambda table: _ratio(table[one], table[other]))
        reused = setting.field("reused", self.of)
        if least > len(setting.slots):
            raise ValueError(f"reusing: must be {len(setting.slots)} or less, the number of slots, not {least}")

        def value(table: Readings) -> Floats:
            return np.where(table[reused] >= least, _ratio(table[one], table[other]), np.nan)

        return Compiled((one, other, reused), value)


class Link(BaseModel):
    """A slot of a release, and the releases from one of which its module descends, by reuse or copying."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    release: str
    slot: str
    origins: list[str] = Field(alias="from", min_length=1)


@OPERATORS.named("lineages-kept")
class LineagesKept(Operator):
    """How many links hold; a root must be the firm's own, not adopted."""

    links: list[Link] = Field(min_length=1)

    def compile(self, setting: Setting) -> Compiled:
        """Return what it reads and computes."""
        links = [self._roots(link, setting) for link in self.links]

        def value(table: Readings) -> Floats:
            held = [np.any([table[name] == 1.0 for name in roots], axis=0) for roots in links]
            return np.asarray(np.sum(held, axis=0, dtype=np.float64))

        return Compiled(tuple(name for roots in links for name in roots), value)

    @staticmethod
    def _roots(link: Link, setting: Setting) -> list[str]:
        product, slot, names = setting.number(link.release), setting.slot(link.slot), list[str]()
        came = {(one.product, one.slot) for one in setting.facts.modules if one.relation in (INTRODUCES, INHERITED)}
        for origin in link.origins:
            if (root := setting.number(origin)) >= product:
                raise ValueError(f"links: '{link.release}' cannot descend from '{origin}', which is not earlier")
            if (origin, slot) not in came:
                said = f"modules.csv does not say that '{origin}' introduces or inherits a module for '{slot}'"
                raise ValueError(f"links: {said}")
            names.append(f"{slot}_of_{product}_from_{root}")
        return names


@OPERATORS.named("lineages-left")
class LineagesLeft(Operator):
    """How many slots of a release descend from the own modules of another."""

    of: str
    origin: str = Field(alias="from")

    def compile(self, setting: Setting) -> Compiled:
        """Return what it reads and computes."""
        numbers = setting.number(self.of), setting.number(self.origin)
        if numbers[0] <= numbers[1]:
            raise ValueError(f"'{self.of}' cannot descend from '{self.origin}', which is not earlier")
        names = tuple(f"{slot}_of_{numbers[0]}_from_{numbers[1]}" for slot in setting.slots)
        return Compiled(names, lambda table: np.asarray(np.sum([table[name] for name in names], axis=0)))


@OPERATORS.named("reuse-rise")
class ReuseRise(Operator):
    """Share of slots reused, mean of the later half of the dated releases less that of the earlier half."""

    def compile(self, setting: Setting) -> Compiled:
        """Return what it reads and computes."""
        names, slots = [setting.field("reused", release) for release in setting.facts.releases], len(setting.slots)
        if (half := len(names) // 2) == 0:
            raise ValueError("needs two releases or more")

        def value(table: Readings) -> Floats:
            shares = np.array([table[name] / slots for name in names])
            return np.asarray(shares[half:].mean(axis=0) - shares[:half].mean(axis=0))

        return Compiled(tuple(names), value)


@OPERATORS.named("halving-time")
class HalvingTime(Operator):
    """Months in which a column halves between two months."""

    column: str
    begin: str = Field(alias="from")
    end: str = Field(alias="to")

    def compile(self, setting: Setting) -> Compiled:
        """Return what it reads and computes."""
        first, last = _in_order(setting, self.begin, self.end)
        setting.at(self.column, last)
        name = f"{self.column}_trend_{first}_{last}"

        def value(table: Readings) -> Floats:
            slope = np.asarray(table[name], dtype=np.float64)
            with np.errstate(divide="ignore"):
                return np.where(np.isnan(slope), np.nan, np.where(slope < 0.0, math.log(2.0) / -slope, np.inf))

        return Compiled((name,), value)


@OPERATORS.named("column-ratio")
class ColumnRatio(Operator):
    """A column in one month over the same in another."""

    column: str
    of: str
    to: str

    def compile(self, setting: Setting) -> Compiled:
        """Return what it reads and computes."""
        one, other = (setting.at(self.column, setting.month(month)) for month in (self.of, self.to))
        return Compiled((one, other), lambda table: _ratio(table[one], table[other]))


@OPERATORS.named("columns-ratio")
class ColumnsRatio(Operator):
    """A column over another in one month."""

    column: str
    over: str
    month: str

    def compile(self, setting: Setting) -> Compiled:
        """Return what it reads and computes."""
        one, other = (setting.at(column, setting.month(self.month)) for column in (self.column, self.over))
        return Compiled((one, other), lambda table: _ratio(table[one], table[other]))


@OPERATORS.named("column-share")
class ColumnShare(Operator):
    """Rise of a column between two months over the rise of it and another: NaN if neither rises."""

    column: str
    beside: str
    begin: str = Field(alias="from")
    end: str = Field(alias="to")

    def compile(self, setting: Setting) -> Compiled:
        """Return what it reads and computes."""
        first, last = _in_order(setting, self.begin, self.end)
        ours, theirs = ([setting.at(column, month) for month in (last, first)] for column in (self.column, self.beside))

        def value(table: Readings) -> Floats:
            rise, other = (np.asarray(table[end] - table[begin]) for end, begin in (ours, theirs))
            return _ratio(rise, rise + other)

        return Compiled((*ours, *theirs), value)


@OPERATORS.named("growth-slows")
class GrowthSlows(Operator):
    """Factor a month by which a column grows after the middle of three months, over that before it."""

    column: str
    months: list[str] = Field(min_length=3, max_length=3)

    def compile(self, setting: Setting) -> Compiled:
        """Return what it reads and computes."""
        first, middle = _in_order(setting, *self.months[:2])
        middle, last = _in_order(setting, *self.months[1:])
        names = [setting.at(self.column, month) for month in (first, middle, last)]

        def value(table: Readings) -> Floats:
            start, turn, end = (table[name] for name in names)
            early, late = _ratio(turn, start) ** (1.0 / (middle - first)), _ratio(end, turn) ** (1.0 / (last - middle))
            return _ratio(late, early)

        return Compiled(tuple(names), value)


@OPERATORS.named("fall-after")
class FallAfter(Operator):
    """Factor by which a column falls in the months after a release; NaN if it comes too late to see them."""

    column: str
    release: str
    months: int = Field(ge=1)

    def compile(self, setting: Setting) -> Compiled:
        """Return what it reads and computes."""
        came, last = setting.field("month", self.release), setting.facts.month(max(setting.facts.releases.values()))
        planned, last = setting.releases[self.release], min(last, setting.months)
        if planned + self.months > last:
            raise ValueError(f"{self.months} months after '{self.release}' are outside the run or the case")
        names = [setting.at(self.column, month) for month in range(planned, last + 1)]

        def value(table: Readings) -> Floats:
            fallen = np.full(np.shape(table[came]), np.nan)
            for place, later in enumerate(names[self.months :]):
                here = table[came] == planned + place
                fallen = np.where(here, _ratio(table[names[place]], table[later]), fallen)
            return fallen

        return Compiled((came, *names), value)


def _in_order(setting: Setting, begin: str, end: str) -> tuple[int, int]:
    first, last = setting.month(begin), setting.month(end)
    if last <= first:
        raise ValueError(f"{end} must be later than {begin}")
    return first, last


def _ratio(one: Floats, other: Floats) -> Floats:
    """Return one over the other; NaN over nothing."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(np.asarray(other) > 0.0, np.asarray(one) / np.asarray(other), np.nan)
