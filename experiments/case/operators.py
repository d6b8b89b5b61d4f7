"""What in a run a fact is compared with, or a question asks: a small vocabulary, used by name in ``case.toml``.

Each compiles to readings of a run (``sim.readings``) and arithmetic on them, and raises ``ValueError`` if it refers to
what the setting does not have. What a run does not have, as a release that never came out, is NaN. Months are written
2024-12; a reading takes a column at the end of its month.
"""

from __future__ import annotations

import math
from typing import Annotated, Literal, TypeAlias

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from experiments.case.facts import INHERITED, INTRODUCES
from experiments.case.patterns import Compiled, Floats, Readings, Setting
from experiments.case.vocabulary import Vocabulary
from sim.world import WAYS

ReleaseField: TypeAlias = Literal[
    "month", "cost", "systems", "algorithms", "development", "kept", "patches", "made", "copied", "reused", "adopted"
]
From: TypeAlias = Annotated[str, Field(alias="from")]
To: TypeAlias = Annotated[str, Field(alias="to")]
OPERATORS = Vocabulary[Setting, Compiled]()


@OPERATORS.named("release")
def release_value(setting: Setting, *, field: ReleaseField, of: str) -> Compiled:
    """A field of a release; of slots made, copied, reused and adopted their share."""
    name, scale = setting.field(field, of), len(setting.slots) if field in WAYS else 1
    return Compiled((name,), lambda table: np.asarray(table[name] / scale))


@OPERATORS.named("release-ratio")
def release_ratio(
    setting: Setting, *, field: ReleaseField, of: str, to: str, reusing: Annotated[int | None, Field(ge=1)] = None
) -> Compiled:
    """A field of one release over that of another; if wanted only where the first reuses so many slots, else NaN."""
    one, other = setting.field(field, of), setting.field(field, to)
    if reusing is None:
        return Compiled((one, other), lambda table: _ratio(table[one], table[other]))
    reused, least = setting.field("reused", of), reusing
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
def lineages_kept(setting: Setting, *, links: Annotated[list[Link], Field(min_length=1)]) -> Compiled:
    """How many links hold: named slots whose module descends from an earlier own one, not adopted."""
    each = [_roots(link, setting) for link in links]

    def value(table: Readings) -> Floats:
        held = [np.any([table[name] == 1.0 for name in roots], axis=0) for roots in each]
        return np.asarray(np.sum(held, axis=0, dtype=np.float64))

    return Compiled(tuple(name for roots in each for name in roots), value)


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
def lineages_left(setting: Setting, *, of: str, origin: From) -> Compiled:
    """How many slots of a release hold a module that descends from those of one earlier release."""
    numbers = setting.number(of), setting.number(origin)
    if numbers[0] <= numbers[1]:
        raise ValueError(f"'{of}' cannot descend from '{origin}', which is not earlier")
    names = tuple(f"{slot}_of_{numbers[0]}_from_{numbers[1]}" for slot in setting.slots)
    return Compiled(names, lambda table: np.asarray(np.sum([table[name] for name in names], axis=0)))


@OPERATORS.named("reuse-rise")
def reuse_rise(setting: Setting) -> Compiled:
    """Share of slots reused, mean of the later half of the dated releases less that of the earlier half."""
    names, slots = [setting.field("reused", release) for release in setting.facts.releases], len(setting.slots)
    if (half := len(names) // 2) == 0:
        raise ValueError("needs two releases or more")

    def value(table: Readings) -> Floats:
        shares = np.array([table[name] / slots for name in names])
        return np.asarray(shares[half:].mean(axis=0) - shares[:half].mean(axis=0))

    return Compiled(tuple(names), value)


@OPERATORS.named("halving-time")
def halving_time(setting: Setting, *, column: str, begin: From, end: To) -> Compiled:
    """Months in which a column halves, by least squares of its logarithm; infinite if it rises."""
    first, last = _in_order(setting, begin, end)
    setting.at(column, last)
    name = f"{column}_trend_{first}_{last}"

    def value(table: Readings) -> Floats:
        slope = np.asarray(table[name], dtype=np.float64)
        with np.errstate(divide="ignore"):
            return np.where(np.isnan(slope), np.nan, np.where(slope < 0.0, math.log(2.0) / -slope, np.inf))

    return Compiled((name,), value)


@OPERATORS.named("column-ratio")
def column_ratio(setting: Setting, *, column: str, of: str, to: str) -> Compiled:
    """A column in one month over the same in another."""
    one, other = (setting.at(column, setting.month(month)) for month in (of, to))
    return Compiled((one, other), lambda table: _ratio(table[one], table[other]))


@OPERATORS.named("columns-ratio")
def columns_ratio(setting: Setting, *, column: str, over: str, month: str) -> Compiled:
    """A column over another in one month."""
    one, other = (setting.at(each, setting.month(month)) for each in (column, over))
    return Compiled((one, other), lambda table: _ratio(table[one], table[other]))


@OPERATORS.named("column-share")
def column_share(setting: Setting, *, column: str, beside: str, begin: From, end: To) -> Compiled:
    """Rise of a column between two months over the rise of it and another: NaN if neither rises."""
    first, last = _in_order(setting, begin, end)
    ours, theirs = ([setting.at(each, month) for month in (last, first)] for each in (column, beside))

    def value(table: Readings) -> Floats:
        rise, other = (np.asarray(table[late] - table[early]) for late, early in (ours, theirs))
        return _ratio(rise, rise + other)

    return Compiled((*ours, *theirs), value)


@OPERATORS.named("growth-slows")
def growth_slows(
    setting: Setting, *, column: str, months: Annotated[list[str], Field(min_length=3, max_length=3)]
) -> Compiled:
    """Factor a month by which a column grows after the middle of three months, over that before it."""
    first, middle = _in_order(setting, *months[:2])
    middle, last = _in_order(setting, *months[1:])
    names = [setting.at(column, month) for month in (first, middle, last)]

    def value(table: Readings) -> Floats:
        start, turn, end = (table[name] for name in names)
        early, late = _ratio(turn, start) ** (1.0 / (middle - first)), _ratio(end, turn) ** (1.0 / (last - middle))
        return _ratio(late, early)

    return Compiled(tuple(names), value)


@OPERATORS.named("fall-after")
def fall_after(setting: Setting, *, column: str, release: str, months: Annotated[int, Field(ge=1)]) -> Compiled:
    """Factor by which a column falls in the months after a release came out; NaN if it comes too late to see them."""
    came, last = setting.field("month", release), setting.facts.month(max(setting.facts.releases.values()))
    planned, last = setting.releases[release], min(last, setting.months)
    if planned + months > last:
        raise ValueError(f"{months} months after '{release}' are outside the run or the case")
    names = [setting.at(column, month) for month in range(planned, last + 1)]

    def value(table: Readings) -> Floats:
        fallen = np.full(np.shape(table[came]), np.nan)
        for place, later in enumerate(names[months:]):
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
