"""Read a design: TOML that says what is varied, how, how often, and what is kept.

base = "../baseline.toml"

[design]
kind = "latin-hypercube"
points = 100
replicates = 10

[[factor]]
key = "flywheel.elasticity"
range = [0.05, 0.8]

[outcomes]
final = ["unit_cost", "users"]
series = ["unit_cost"]
read = ["users_at_8"]
"""

from __future__ import annotations

import difflib
import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from experiments.config import Config, config_hash, load, show_path
from experiments.errors import UsageError
from experiments.reading import MOST_LIST, check_file
from experiments.sweep.factors import Factor, check_distinct, make_factor
from experiments.sweep.listed import read_list
from experiments.tables import read_table
from sim.outcomes import COLUMNS
from sim.readings import Reading, check, is_reading, parse

Kind = Literal["grid", "list", "latin-hypercube", "sobol-points", "sobol", "morris", "factorial"]
_MOST = 10**11  # points, trajectories or replicates
_MOST_LEVELS = 10_000  # values of one factor; a list may have more
NAMES = tuple(column.name for column in COLUMNS)


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class _Plan(_Table):
    kind: Kind
    points: Annotated[int, Field(ge=1, le=_MOST)] | None = None
    levels: Annotated[int, Field(ge=1, le=_MOST_LEVELS)] | None = None
    trajectories: Annotated[int, Field(ge=2, le=_MOST)] | None = None
    second_order: bool = True
    file: str | None = None
    replicates: Annotated[int, Field(ge=1, le=_MOST)] = 1
    seed: Annotated[int, Field(ge=0, le=2**63 - 1)] = 0
    months: int | None = None
    common_random_numbers: bool = True


class _Factor(_Table):
    key: str
    range: Annotated[list[int | float], Field(min_length=2, max_length=2)] | None = None
    scale: Literal["linear", "log"] = "linear"
    values: Annotated[list[Any], Field(max_length=_MOST_LEVELS)] | None = None
    levels: Annotated[int, Field(ge=1, le=_MOST_LEVELS)] | None = None


class _Outcomes(_Table):
    final: list[str] = list(NAMES)
    mean: list[str] = []
    series: list[str] = []
    read: list[str] = []


class Stop(_Table):
    """A rule that ends a sweep early: once the mean of an outcome is known this well at every point."""

    outcome: str
    half_width: Annotated[float, Field(gt=0)]
    confidence: Annotated[float, Field(gt=0, lt=1)] = 0.95
    least: Annotated[int, Field(ge=3)] = 5


class _File(_Table):
    base: str
    design: _Plan
    factor: list[_Factor] = []
    outcomes: _Outcomes = _Outcomes()
    stop: Stop | None = None


@dataclass(frozen=True)
class Design:
    """A checked design; ``listed`` holds the points of a list, ``source`` the file as it was written.

    ``read`` are readings (``sim.readings``), of which each run has one value: they are told among the final ones.
    """

    config: Config
    kind: Kind
    factors: tuple[Factor, ...]
    points: int | None
    levels: int | None
    trajectories: int | None
    second_order: bool
    replicates: int
    seed: int
    common_random_numbers: bool
    final: tuple[str, ...]
    mean: tuple[str, ...]
    series: tuple[str, ...]
    stop: Stop | None
    listed: tuple[tuple[Any, ...], ...]
    source: str
    read: tuple[str, ...] = ()

    @property
    def kept(self) -> tuple[str, ...]:
        """Return the names that a run keeps, sorted: the months, all outcomes, and what a rule stops on."""
        stop = () if self.stop is None else (self.stop.outcome.partition(".")[2],)
        return tuple(sorted({"month", *self.final, *self.mean, *self.series, *self.read, *stop}))

    @property
    def months(self) -> int:
        """Return the months of a run, of the longest if they are varied."""
        varied = next((factor for factor in self.factors if factor.key == "run.months"), None)
        if varied is None:
            return self.config.parameters.run.months
        return int(varied.high) if varied.high is not None else max(varied.values or ())

    def described(self) -> dict[str, Any]:
        """Return all that the points, runs and exports follow from, as plain data: equal for equal designs."""
        return {
            "kind": self.kind,
            "factors": [factor.described() for factor in self.factors],
            "points": self.points,
            "levels": self.levels,
            "grid_levels": [factor.levels for factor in self.factors],
            "trajectories": self.trajectories,
            "second_order": self.second_order,
            "replicates": self.replicates,
            "seed": self.seed,
            "common_random_numbers": self.common_random_numbers,
            "outcomes": {"final": [*self.final, *self.read], "mean": list(self.mean), "series": list(self.series)},
            "stop": None if self.stop is None else self.stop.model_dump(),
            "listed": _checksum(self.listed),
            "base": config_hash(self.config),
        }


def read_design(path: Path, changes: Iterable[str] = ()) -> Design:
    """Read and check a design and its base config; ``changes`` are ``KEY=VALUE`` for the base.

    Raises:
        UsageError: with one line for each fault found in the file's form, else for the first in its meaning.
    """
    where = show_path(path)
    source, given = read_table(path, _File, _KEYS)
    if not given.base or "\0" in given.base:
        raise UsageError(f"{where}: base: must be the path of a config, as in base = \"../baseline.toml\"")  # fmt: skip
    config = load(path.parent / given.base, changes, given.design.months, f"{where}: design.months")
    _check_columns(given, where)
    _check_sizes(given, where)
    factors, listed = _factors(path, given, where)
    if given.design.months is not None and any(factor.key == "run.months" for factor in factors):
        raise UsageError(f"{where}: design.months: run.months is a factor already; leave one out")
    _check_network(config, factors, where)
    plan, kept = given.design, given.outcomes
    design = Design(
        config=config, kind=plan.kind, factors=factors, points=plan.points,
        levels=plan.levels or (4 if plan.kind == "morris" else None), trajectories=plan.trajectories,
        second_order=plan.second_order, replicates=plan.replicates, seed=plan.seed,
        common_random_numbers=plan.common_random_numbers, final=_in_order(kept.final), mean=_in_order(kept.mean),
        series=_in_order(name for name in kept.series if name != "month"), stop=given.stop, listed=listed,
        source=source, read=tuple(kept.read),
    )  # fmt: skip
    _check_slots(design, where)
    for factor in factors if plan.kind == "grid" else ():
        factor.grid(plan.levels)
    return design


_KEYS = {
    "": tuple(_File.model_fields),
    "design": tuple(_Plan.model_fields),
    "factor": tuple(_Factor.model_fields),
    "outcomes": tuple(_Outcomes.model_fields),
    "stop": tuple(Stop.model_fields),
}


def _check_columns(given: _File, where: str) -> None:
    asked = {f"outcomes.{name}": getattr(given.outcomes, name) for name in ("final", "mean", "series", "read")}
    for place, names in asked.items():
        for name in names:
            (_parsed if place == "outcomes.read" else _check_column)(name, f"{where}: {place}")
        if len(set(names)) < len(names):
            raise UsageError(f"{where}: {place}: names an outcome twice")
    if given.stop is not None:
        what, _, name = given.stop.outcome.partition(".")
        if what not in ("final", "mean"):
            raise UsageError(f"{where}: stop.outcome: must be final.COLUMN or mean.COLUMN, not {given.stop.outcome!r}")
        if what == "mean" or not is_reading(name):
            _check_column(name, f"{where}: stop.outcome")


def _check_column(name: str, where: str) -> None:
    if name not in NAMES:
        if is_reading(name):
            raise UsageError(f"{where}: {name!r} is a reading, one value of a run: name it under read")
        meant = difflib.get_close_matches(name, NAMES, n=1)
        hint = f"did you mean {meant[0]}?" if meant else f"outcomes are {', '.join(NAMES)}"
        raise UsageError(f"{where}: no such outcome: {name!r}; {hint}")


def _parsed(name: str, where: str) -> Reading:
    try:
        return parse(name)
    except ValueError as error:
        raise UsageError(f"{where}: {error}") from None


def _check_slots(design: Design, where: str) -> None:
    """Check that runs have the slots and months that readings look at."""
    varied = next((factor.values for factor in design.factors if factor.key == "architecture.slots"), None)
    for name in filter(is_reading, design.kept):
        try:
            for slots in varied or (design.config.parameters.architecture.slots,):
                check(parse(name), slots, design.months)
        except ValueError as error:
            raise UsageError(f"{where}: outcomes.read: {error}") from None


_SIZES = {
    "grid": ("levels",),
    "list": ("file",),
    "latin-hypercube": ("points",),
    "sobol-points": ("points",),
    "sobol": ("points", "second_order"),
    "morris": ("trajectories", "levels"),
    "factorial": (),
}
_NEEDED = {
    "list": "file", "latin-hypercube": "points", "sobol-points": "points", "sobol": "points",
    "morris": "trajectories",
}  # fmt: skip


def _check_sizes(given: _File, where: str) -> None:
    plan = given.design
    for name in ("points", "levels", "trajectories", "file", "second_order"):
        if name in plan.model_fields_set and name not in _SIZES[plan.kind]:
            raise UsageError(f"{where}: design.{name}: means nothing for a {plan.kind} design")
    needed = _NEEDED.get(plan.kind)
    if needed and getattr(plan, needed) is None:
        raise UsageError(f"{where}: design.{needed}: is missing; a {plan.kind} design needs it")
    if plan.kind == "morris" and plan.levels is not None and (plan.levels % 2 or plan.levels < 2):
        raise UsageError(f"{where}: design.levels: must be even for a morris design, not {plan.levels}")
    for factor in given.factor:
        if factor.levels is not None and plan.kind != "grid":
            raise UsageError(f"{where}: factor {factor.key}: levels means nothing for a {plan.kind} design")
    if plan.kind == "sobol" and plan.points and plan.points & (plan.points - 1):
        rows = 2 * len(given.factor) + 2 if plan.second_order else len(given.factor) + 2
        below = 1 << (plan.points.bit_length() - 1)
        raise UsageError(
            f"{where}: design.points: a Sobol' sequence is balanced only at powers of two; {plan.points} would cost "
            f"{plan.points * rows:,} runs a replicate for no better an estimate than {below}: use {below} "
            f"({below * rows:,} runs) or {2 * below} ({2 * below * rows:,} runs)"
        )


def _factors(path: Path, given: _File, where: str) -> tuple[tuple[Factor, ...], tuple[tuple[Any, ...], ...]]:
    """Return the factors, and of a list its points."""
    plan = given.design
    if plan.kind == "list":
        if given.factor:
            raise UsageError(f"{where}: factor: the factors of a list design are the columns of its file")
        assert plan.file is not None
        listed = path.parent / plan.file
        check_file(listed, MOST_LIST, f"{where}: design.file: {show_path(listed)}: cannot be read")
        return read_list(listed, f"{where}: design.file")
    if not given.factor:
        raise UsageError(f"{where}: factor: is missing; name at least one with [[factor]]")
    check_distinct((each.key for each in given.factor), where)
    factors = tuple(make_factor(each.model_dump(exclude_unset=True), where) for each in given.factor)
    if plan.kind == "factorial":
        factors = tuple(_two_level(factor, where) for factor in factors)
    return factors, ()


def _two_level(factor: Factor, where: str) -> Factor:
    """Return a factor of a factorial design: a switch, or the two ends of a range."""
    values = (factor.low, factor.high) if factor.values is None else factor.values
    if len(values) != 2:
        raise UsageError(
            f"{where}: factor {factor.key}: a factorial design takes two values of each factor, not "
            f"{len(values)}; use kind = \"grid\""
        )  # fmt: skip
    return replace(factor, values=tuple(values), low=None, high=None, scale="linear")


def _check_network(config: Config, factors: Iterable[Factor], where: str) -> None:
    """An edge list sets the number of adopters, and comes with the base or not at all."""
    varied = {factor.key: factor for factor in factors}
    if config.edges is not None and "diffusion.adopters" in varied:
        raise UsageError(f"{where}: factor diffusion.adopters: the edge list of the base config sets it")
    network = varied.get("diffusion.network")
    if config.edges is None and network is not None and "edges" in (network.values or ()):
        raise UsageError(f"{where}: factor diffusion.network: the base config names no edge list; list the values")


def _checksum(rows: Sequence[tuple[Any, ...]]) -> str | None:
    """Return what stands for the points of a list, which may be many."""
    digest = hashlib.sha256()
    for start in range(0, len(rows), 10_000):
        digest.update(f"{json.dumps(rows[start : start + 10_000])}\n".encode())
    return digest.hexdigest() if rows else None


def _in_order(names: Iterable[str]) -> tuple[str, ...]:
    asked = set(names)
    return tuple(name for name in NAMES if name in asked)
