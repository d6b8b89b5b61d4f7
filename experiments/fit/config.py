"""Read the config of a fit: which case, which priors and why, which mechanisms are switched off, and how many runs.

``configs/fit/example.toml`` is a template, and ``docs/fit.md`` goes through it.

``instead`` may send the value of a free parameter to another one, as who else pays what the parent paid.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any, Literal

import pydantic
from pydantic import BaseModel, ConfigDict, Field

from experiments.case import Case, last_month, read_case
from experiments.config import Config, canonical_values, load, show_path, to_canonical
from experiments.errors import UsageError
from experiments.kinds import refuse_other
from experiments.provenance.identity import identity
from experiments.sweep.factors import Factor, make_factor
from experiments.tables import read_table

_LEAST_OFF = 1000  # runs of a mechanism's table, however few are asked for


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class Settings(_Table):
    """How much is run and how close is close: tolerances are in discrepancies."""

    runs: Annotated[int, Field(ge=1, le=10**9)] = 1_000_000
    seed: Annotated[int, Field(ge=0, le=2**63 - 1)] = 0
    months: Annotated[int, Field(ge=1)] | None = None
    tolerance: Annotated[float, Field(gt=0)] = 3.0
    other: Annotated[float, Field(gt=0)] = 2.0
    worlds: Annotated[int, Field(ge=1, le=10_000)] = 256
    seeds: Annotated[int, Field(ge=1, le=100_000)] = 100
    off_runs: Annotated[int, Field(ge=1, le=10**9)] = 200_000


class _Prior(_Table):
    key: str
    why: Annotated[str, Field(min_length=1)]
    range: Annotated[list[int | float], Field(min_length=2, max_length=2)] | None = None
    scale: Literal["linear", "log"] = "linear"
    values: list[Any] | None = None


class _Mechanism(_Table):
    name: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]*$")]
    title: Annotated[str, Field(min_length=1)]
    off: Annotated[dict[str, Any], Field(min_length=1)]
    instead: dict[str, str] = {}


class _File(_Table):
    base: Annotated[str, Field(min_length=1)]
    case: Annotated[str, Field(min_length=1)]
    fit: Settings = Settings()
    prior: Annotated[list[_Prior], Field(min_length=1)]
    mechanism: list[_Mechanism] = []


_KEYS = {
    "": tuple(_File.model_fields),
    "fit": tuple(Settings.model_fields),
    "prior": tuple(_Prior.model_fields),
    "mechanism": tuple(_Mechanism.model_fields),
}


@dataclass(frozen=True)
class Mechanism:
    """A mechanism, what switches it off, by key, and which free parameter's value goes to which other one then."""

    name: str
    title: str
    off: dict[str, Any]
    instead: dict[str, str]

    def stripped(self, point: dict[str, Any]) -> dict[str, Any]:
        """Return the free parameters of a world with the mechanism switched off."""
        return {self.instead.get(key, key): value for key, value in point.items() if key not in self.off}


@dataclass(frozen=True)
class Fit:
    """A checked config of a fit."""

    path: Path  # the file
    source: str  # its text
    config: Config  # what every run starts from; free parameters of it do not matter
    case: Case  # what it is compared with
    factors: tuple[Factor, ...]  # the priors, in the order of the file
    reasons: tuple[str, ...]  # why each has its range
    mechanisms: tuple[Mechanism, ...]  # what is switched off, one at a time
    settings: Settings  # how much is run

    @property
    def keys(self) -> tuple[str, ...]:
        """Return the keys of the free parameters."""
        return tuple(factor.key for factor in self.factors)

    def without(self, mechanism: Mechanism) -> Fit:
        """Return the fit with a mechanism switched off: what switches it is no longer free."""
        config = replace(self.config, parameters=self.config.parameters.replace(mechanism.off))
        kept = [n for n, key in enumerate(self.keys) if key not in mechanism.off]
        factors = (self.factors[n] for n in kept)
        return replace(
            self, config=config,
            factors=tuple(replace(each, key=mechanism.instead.get(each.key, each.key)) for each in factors),
            reasons=tuple(self.reasons[n] for n in kept), mechanisms=(),
        )  # fmt: skip

    def sized(self, runs: int) -> Fit:
        """Return the fit with another number of runs; the tables of mechanisms grow or shrink with it."""
        off = max(_LEAST_OFF, round(self.settings.off_runs * runs / self.settings.runs))
        return replace(self, settings=self.settings.model_copy(update={"runs": runs, "off_runs": off}))

    def model(self) -> str:
        """Return the identity of the model for what its runs keep."""
        return identity(self.case.readings, {})

    def address(self) -> str:
        """Return a hash of what a fit follows from beside the model: base, case, and config but for how many runs.

        Defaults of what is free do not count: they come from the fit.
        """
        values = canonical_values(self.config)
        for key in self.keys:
            section, _, name = key.partition(".")
            values[section].pop(name, None)
        content = {
            "base": values,
            "priors": [[factor.described(), why] for factor, why in zip(self.factors, self.reasons, strict=True)],
            "off": {each.name: [each.title, each.off, each.instead] for each in self.mechanisms},
            "case": self.case.digest,
            "settings": self.settings.model_dump(exclude={"runs", "off_runs"}),
        }
        return hashlib.sha256(to_canonical(content).encode()).hexdigest()[:16]


def default_fit() -> Path:
    """Return the project's own config of a fit: in the checkout, or as installed with the package."""
    from experiments.case.runs import default_config

    return default_config().parent / "fit" / "case.toml"


def read_fit(path: Path) -> Fit:
    """Read and check the config of a fit, its base and its case.

    Raises:
        UsageError: with one line for each fault found in the file's form, else for the first in its meaning.
    """
    refuse_other(path, "fit")
    where = show_path(path)
    source, given = read_table(path, _File, _KEYS)
    beside = path.parent / given.case
    chosen = beside if beside.is_dir() else given.case
    months, last = given.fit.months, last_month(chosen)
    if months is not None and months < last:
        raise UsageError(f"{where}: fit.months: must be {last} or more, not {months}, as the facts end in that month")
    config = load(path.parent / given.base, (), months, f"{where}: fit.months")
    factors = _priors(given, where)
    mechanisms = _mechanisms(given, config, {factor.key for factor in factors}, where)
    case = read_case(chosen, config.parameters)
    return Fit(path, source, config, case, factors, tuple(one.why for one in given.prior), mechanisms, given.fit)


def _priors(given: _File, where: str) -> tuple[Factor, ...]:
    if twice := [key for key, count in Counter(one.key for one in given.prior).items() if count > 1]:
        raise UsageError(f"{where}: prior {twice[0]}: appears twice; one parameter has one prior")
    if "run.months" in (one.key for one in given.prior):
        raise UsageError(f"{where}: prior run.months: every run is as long as fit.months says; leave it out")
    factors = []
    for one in given.prior:
        if not one.why.strip():
            raise UsageError(f"{where}: prior {one.key}: why: is empty; say where its range comes from")
        factors.append(_checked(one.model_dump(exclude_unset=True, exclude={"why"}), "prior", where))
    return tuple(factors)


def _checked(given: dict[str, Any], what: str, where: str) -> Factor:
    """Return a parameter with its values, told as what it is here if it is faulty."""
    try:
        return make_factor(given, where)
    except UsageError as error:
        raise UsageError(*(line.replace(": factor ", f": {what} ", 1) for line in error.lines)) from None


def _mechanisms(given: _File, config: Config, free: set[str], where: str) -> tuple[Mechanism, ...]:
    found = list[Mechanism]()
    for one in given.mechanism:
        here = f"{where}: mechanism {one.name}"
        if one.name in (each.name for each in found):
            raise UsageError(f"{here}: appears twice")
        for key, value in one.off.items():
            _checked({"key": key, "values": [value]}, f"mechanism {one.name}: off", where)
        try:
            config.parameters.replace(one.off)
        except pydantic.ValidationError as error:
            raise UsageError(f"{here}: off: {error.errors(include_url=False)[0]['msg']}") from None
        for key, other in one.instead.items():
            _check_instead(key, other, free - set(one.off), f"{here}: instead")
            prior = next(each for each in given.prior if each.key == key)
            own = {**prior.model_dump(exclude_unset=True, exclude={"why"}), "key": other}
            _checked(own, f"mechanism {one.name}: instead", where)
        found.append(Mechanism(one.name, one.title, dict(one.off), dict(one.instead)))
    return tuple(found)


def _check_instead(key: str, other: str, free: set[str], here: str) -> None:
    if key not in free:
        raise UsageError(f"{here}: '{key}' is no prior that stays free, so its value cannot go to '{other}'")
    if other in free:
        raise UsageError(f"{here}: '{other}' has a prior of its own; it cannot take the value of '{key}'")
