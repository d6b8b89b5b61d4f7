"""The multiverse: the same claim under choices that the source does not make (Simonsohn, Simmons, Nelson 2020).

Specifications are data (``configs/multiverse.toml``): a name, an axis such as the network, and changes of the world
that all arms share. Each is judged in some of the worlds. A specification may name another one that it must be the
``same_as`` to the bit: another way to compute the same.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any, NamedTuple

import xarray as xr
from pydantic import Field, ValidationError

from experiments.claims.answers import judged
from experiments.claims.claim import Claim
from experiments.claims.laboratory import Laboratory, rows_of
from experiments.claims.ladder import WORDS, Share, Spread, answer, spread_of, strength_of
from experiments.claims.over import Budget, Worlds
from experiments.claims.schema import Changes, Line, RungName, Table
from experiments.config import show_path
from experiments.errors import UsageError
from experiments.sweep.factors import make_factor, resolve
from experiments.tables import meant, read_table

FILE = "multiverse.toml"
_FOR, _AGAINST = WORDS[:2], WORDS[4:5]  # holds robustly, mostly; the other way


class Specification(Table):
    """One choice made otherwise; the one without changes is what the others are held against."""

    name: Line
    axis: Line
    changes: Changes
    same_as: str | None = None


class _File(Table):
    specification: Annotated[list[Specification], Field(min_length=1, max_length=1000)]


_KEYS: dict[str, Sequence[str]] = {"": tuple(_File.model_fields), "specification": tuple(Specification.model_fields)}


class Specified(NamedTuple):
    """What a rung is under a specification.

    Attributes:
        name, axis: of the specification.
        rung: which.
        shares: the share of worlds with each verdict, in the order of ``VERDICTS``.
        word: the answer in words.
        strength: over worlds, that of its weakest effect in units of the smallest one of interest, sign turned.
        flips: whether the word is the opposite of the one without changes.
    """

    name: str
    axis: str
    rung: RungName
    shares: tuple[Share, ...]
    word: str
    strength: Spread
    flips: bool


class Same(NamedTuple):
    """Whether a specification is the same to the bit as the one that it must be the same as."""

    name: str
    same_as: str
    same: bool


@dataclass(frozen=True)
class Multiverse:
    """What a claim is under each specification.

    Attributes:
        id: of the claim.
        worlds, seeds: behind each specification; fewer worlds where it cannot be in some, as blocks that do not fit.
        rungs: each rung under each specification, in the order of the file.
        left_out: specifications that change what an arm sets, or that can be in none of the worlds.
        checks: specifications that must be the same as others.
    """

    id: str
    worlds: int
    seeds: int
    rungs: tuple[Specified, ...]
    left_out: tuple[str, ...]
    checks: tuple[Same, ...]


def read_specifications(path: Path) -> list[Specification]:
    """Read and check the specifications of a file.

    Raises:
        UsageError: a faulty file, an unknown parameter or a value that it refuses, or a name that is not there.
    """
    where = show_path(path)
    given = read_table(path, _File, _KEYS)[1].specification
    names = [each.name for each in given]
    if len(set(names)) < len(names):
        raise UsageError(f"{where}: specification: two have one name")
    if given[0].changes:
        raise UsageError(f"{where}: specification {names[0]!r}: changes: the first must have none, to compare with")
    for each in given:
        place = f"{where}: specification {each.name!r}"
        for key, value in each.changes.items():
            make_factor({"key": key, "values": [value]}, place)
        if each.same_as is not None and each.same_as not in names:
            raise UsageError(f"{place}: same_as: no such specification: {each.same_as!r}; {meant(each.same_as, names)}")
    return given


def fitting(claim: Claim, given: Sequence[Specification]) -> list[Specification]:
    """Return the specifications that change nothing which the claim's arms set."""
    keys = {key for changes in claim.arms.values() for key in changes}
    return [each for each in given if not keys & set(each.changes)]


def multiverse(
    claim: Claim, given: Sequence[Specification], worlds: Worlds, laboratory: Laboratory, budget: Budget
) -> Multiverse:
    """Judge a claim under each specification, in some of the worlds; all together take no more runs than the claim may.

    Raises:
        FlywheelError: a sweep was stopped, or could not be carried out.
    """
    beside = worlds.first(budget.beside)
    places = {each.name: _possible(claim, beside, each.changes) for each in fitting(claim, given)}
    fit = [each for each in given if each.name in places and len(places[each.name])]
    seeds = budget.seeds_of(len(claim.arms) * len(fit), len(beside))
    tables = {
        each.name: laboratory.outcomes(claim, places[each.name], seeds, f"form-{given.index(each) + 1}", each.changes)
        for each in fit
    }
    return Multiverse(
        claim.id,
        len(beside),
        seeds,
        tuple(specified(claim, fit, tables)),
        tuple(each.name for each in given if each not in fit),
        tuple(
            Same(each.name, each.same_as, tables[each.name].identical(tables[each.same_as]))
            for each in fit
            if each.same_as is not None and each.same_as in tables
        ),
    )


def _possible(claim: Claim, worlds: Worlds, changes: Changes) -> Worlds:
    """Return the worlds that some changes leave possible for every arm."""
    base = json.loads(claim.config.parameters.model_dump_json())
    rows = rows_of(claim, worlds, changes)
    arms = len(claim.arms)
    at = [n for n in range(len(worlds)) if all(_is_possible(base, row) for row in rows[n * arms : (n + 1) * arms])]
    return replace(
        worlds, changes=tuple(worlds.changes[n] for n in at), numbers=tuple(worlds.numbers[n] for n in at),
        typicality=tuple(worlds.typicality[n] for n in at),
    )  # fmt: skip


def _is_possible(base: dict[str, Any], changes: Changes) -> bool:
    try:
        resolve(base, changes)
    except ValidationError:
        return False
    return True


def specified(claim: Claim, given: Sequence[Specification], tables: dict[str, xr.Dataset]) -> list[Specified]:
    """Return each rung under each specification, from the outcomes of each by name."""
    found = []
    words = dict[RungName, str]()
    for each in given:
        for rung in judged(claim, tables[each.name]):
            told = answer(rung)
            first = words.setdefault(told.name, told.word)
            flips = (first in _FOR and told.word in _AGAINST) or (first in _AGAINST and told.word in _FOR)
            strength = spread_of(strength_of(rung))
            found.append(Specified(each.name, each.axis, told.name, told.shares, told.word, strength, flips))
    return found
