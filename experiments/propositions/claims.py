"""Read a claim, and refuse one that could not be tested: every fault is one line.

A claim's hash covers all that its verdict follows from, but for the model and the analysis: base config, arms, effects
with their smallest effects of interest, boundary, null world and region.
"""

from __future__ import annotations

import hashlib
import itertools
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import pydantic

from experiments.config import Config, config_hash, load, show_path
from experiments.errors import UsageError
from experiments.propositions import schema
from experiments.propositions.schema import Changes, Effect, File
from experiments.sweep.design import NAMES
from experiments.sweep.factors import Factor, make_factor, resolve
from experiments.tables import meant, read_table

MOST_SWITCHES = 10
# Final outcomes that say through which channel an effect came: kept for every claim.
CHANNELS = (
    "independent", "integrated", "experience", "events_patched", "events_made", "events_copied", "events_reused",
    "events_adopted", "events_mastered", "events_imitated", "events_lost", "events_released",
)  # fmt: skip
_ARMS = {
    "difference": (2, 2), "interaction": (4, 64), "hazard-ratio": (2, 2), "inverted-u": (4, 64), "slope": (3, 64),
    "scale-elasticity": (2, 2), "coefficient": (3, 64), "shapley": (0, 0), "complements": (4, 16),
}  # fmt: skip
_AGAINST = ("slope", "scale-elasticity", "coefficient")
_KEYS = {
    "": tuple(File.model_fields), "effect": tuple(Effect.model_fields), "boundary": tuple(schema.Cell.model_fields),
    "region": tuple(schema.Region.model_fields), "null": tuple(schema.Null.model_fields),
    "dose": tuple(schema.Dose.model_fields), "measures": tuple(schema.Measure.model_fields),
    "switches": tuple(schema.Switch.model_fields),
}  # fmt: skip


@dataclass(frozen=True)
class Claim:
    """A checked claim.

    Attributes:
        path: its file.
        file: what the file says.
        config: the base world, with the file's own changes and months.
        arms: changes of the base, by name of the arm.
        region: the factors of the region.
    """

    path: Path
    file: File
    config: Config
    arms: dict[str, Changes]
    region: tuple[Factor, ...]

    @property
    def id(self) -> str:
        """Return the claim's name, such as P3."""
        return self.file.id

    @property
    def effects(self) -> list[Effect]:
        """Return the effects in the file's order."""
        return list(self.file.effect)

    def only(self, names: Sequence[str] = ()) -> Claim:
        """Return the claim with its required effects alone, or those named of them, and the arms that they need."""
        effects = [effect for effect in self.effects if effect.required and (not names or effect.name in names)]
        arms = {arm for effect in effects for arm in (*(effect.arms or self.arms), effect.of)}
        read = {name for effect in effects for name in effect.reads}
        measures = {name: measure for name, measure in self.file.measures.items() if name in read}
        file = self.file.model_copy(update={"effect": effects, "measures": measures})
        return replace(self, file=file, arms={arm: changes for arm, changes in self.arms.items() if arm in arms})

    @cached_property
    def hash(self) -> str:
        """Return the hash of what the claim says and of the base that it says it about."""
        content = {"claim": self.file.model_dump(mode="json"), "base": config_hash(self.config)}
        return hashlib.sha256(json.dumps(content, sort_keys=True, ensure_ascii=True).encode()).hexdigest()

    @property
    def kept(self) -> tuple[str, ...]:
        """Return the columns that a run of the claim keeps, as its design will have them."""
        return tuple(sorted({"month"}.union(*self.columns.values())))

    @cached_property
    def columns(self) -> dict[str, set[str]]:
        """Return the columns that must be kept: ``final``, ``mean`` and ``series``."""
        kept: dict[str, set[str]] = {"final": set(CHANNELS), "mean": set(), "series": set()}
        for effect in self.effects:
            for name in effect.reads:
                for kind, column in _needs(name, self.file.measures):
                    kept[kind].add(column)
        return kept


def read_claims(folder: Path) -> list[Claim]:
    """Read every claim of a folder, in the order of their names.

    Raises:
        UsageError: no claim there, two of one id, or a faulty one.
    """
    paths = sorted(folder.glob("*.toml"), key=lambda path: (len(path.stem), path.stem))
    if not paths:
        raise UsageError(f"{show_path(folder)}: holds no claim; a claim is a TOML file")
    claims = [read_claim(path) for path in paths]
    seen: dict[str, Path] = {}
    for claim in claims:
        if claim.id in seen:
            raise UsageError(f"{show_path(claim.path)}: id: {claim.id} is taken by {show_path(seen[claim.id])}")
        seen[claim.id] = claim.path
    return claims


def read_claim(path: Path) -> Claim:
    """Read and check a claim.

    Raises:
        UsageError: with one line for each fault of form, else for the first of meaning.
    """
    where = show_path(path)
    _, file = read_table(path, File, _KEYS)
    config = load(path.parent / file.base, (), file.months, f"{where}: months")
    base = json.loads(config.parameters.model_dump_json())
    config = Config(_resolved(base, file.world, f"{where}: world"), config.edges)
    base = json.loads(config.parameters.model_dump_json())
    arms = dict(_arms(file, where))
    _check_worlds(base, file, arms, where)
    _check_measures(file, where)
    names = [effect.name for effect in file.effect]
    if len(set(names)) < len(names):
        raise UsageError(f"{where}: effect: two have one name")
    if not any(effect.required for effect in file.effect):
        raise UsageError(f"{where}: effect: none is required, so nothing could decide the claim")
    for effect in file.effect:
        _check_effect(effect, file, arms, f"{where}: effect {effect.name!r}")
    return Claim(path, file, config, arms, _region(file, arms, where))


def _arms(file: File, where: str) -> Iterator[tuple[str, Changes]]:
    given = [name for name in ("arms", "dose", "switches") if getattr(file, name)]
    if len(given) != 1:
        raise UsageError(f"{where}: needs arms, dose or switches, one of them; has {' and '.join(given) or 'none'}")
    if file.dose is not None:
        for value in file.dose.values:
            yield str(value), {file.dose.key: value}
    elif file.switches:
        if not 2 <= len(file.switches) <= MOST_SWITCHES:
            raise UsageError(f"{where}: switches: must be 2 to {MOST_SWITCHES}, not {len(file.switches)}")
        for bits in itertools.product((0, 1), repeat=len(file.switches)):
            changes: Changes = {}
            for bit, switch in zip(bits, file.switches.values(), strict=True):
                changes |= switch.on if bit else switch.off
            yield "".join(map(str, bits)), changes
    else:
        yield from file.arms.items()


def _resolved(base: dict[str, Any], changes: Mapping[str, Any], where: str) -> Any:
    """Return the parameters with changes, checked."""
    for key in changes:
        make_factor({"key": key, "values": [changes[key]]}, where)  # tells of an unknown key or a bad value
    try:
        return resolve(base, dict(changes))
    except pydantic.ValidationError as error:
        fault = error.errors(include_url=False)[0]
        said = fault["ctx"]["error"] if fault["type"] == "value_error" else fault["msg"]
        raise UsageError(f"{where}: {said}") from None


def _check_worlds(base: dict[str, Any], file: File, arms: dict[str, Changes], where: str) -> None:
    """Every arm, and every arm in every cell, must be a world, and no two arms the same one."""
    worlds: dict[str, str] = {}
    for name, changes in arms.items():
        content = _resolved(base, changes, f"{where}: arm {name}").model_dump_json()
        if content in worlds:
            raise UsageError(f"{where}: arm {name}: changes nothing: it is the same world as arm {worlds[content]}")
        worlds[content] = name
    plain = next(iter(worlds))
    names = [effect.name for effect in file.effect if effect.required]
    for cell in file.boundary:
        for effect in cell.effects:
            if effect not in names:
                said = f"no such required effect: {effect!r}; {meant(effect, sorted(names))}"
                raise UsageError(f"{where}: boundary {cell.name!r}: {said}")
        first = {**next(iter(arms.values())), **cell.changes}
        if _resolved(base, first, f"{where}: boundary {cell.name!r}").model_dump_json() == plain:
            raise UsageError(f"{where}: boundary {cell.name!r}: changes nothing")
        _refuse_overlap(cell.changes, arms, f"{where}: boundary {cell.name!r}")
    _resolved(base, file.null.changes, f"{where}: null")


def _refuse_overlap(keys: Mapping[str, Any], arms: dict[str, Changes], where: str) -> None:
    for name, changes in arms.items():
        if both := sorted(set(keys) & set(changes)):
            raise UsageError(f"{where}: {both[0]}: is set by arm {name} too, which would undo it")


def _check_measures(file: File, where: str) -> None:
    for name, measure in file.measures.items():
        place = f"{where}: measures.{name}"
        if measure.kind == "index":
            _check_index(measure, place)
            continue
        if measure.ends or measure.logs:
            raise UsageError(f"{place}: ends and logs belong to an index")
        if measure.kind in ("product", "sum"):
            if not measure.terms or measure.column is not None:
                raise UsageError(f"{place}: a {measure.kind} needs terms, and no column")
            for term in measure.terms:
                _check_column(term, place)
            continue
        if measure.column is None or measure.terms:
            raise UsageError(f"{place}: a {measure.kind} needs a column, and no terms")
        _check_name(measure.column, place)
        bounds = [measure.at_most, measure.at_least].count(None)
        if bounds != (1 if measure.kind == "first-month" else 2):
            raise UsageError(f"{place}: at_most or at_least, one of them, belongs to a first-month, and only there")


def _check_index(measure: schema.Measure, place: str) -> None:
    if not measure.ends or measure.terms or measure.column is not None:
        raise UsageError(f"{place}: an index needs ends, and no terms or column")
    for column, ends in measure.ends.items():
        _check_column(column, place)
        if ends[0] == ends[1]:
            raise UsageError(f"{place}: ends of {column} are the same")
    for column in measure.logs:
        if min(measure.ends.get(column, [0.0])) <= 0.0:
            raise UsageError(f"{place}: logs: {column} needs ends above 0")


def _check_column(term: str, where: str) -> None:
    kind, _, column = term.partition(".")
    if kind not in ("final", "mean"):
        raise UsageError(f"{where}: must be final.COLUMN or mean.COLUMN, not {term!r}")
    _check_name(column, where)


def _check_name(column: str, where: str) -> None:
    if column not in NAMES:
        raise UsageError(f"{where}: no such outcome: {column!r}; {meant(column, NAMES)}")


def _check_effect(effect: Effect, file: File, arms: dict[str, Changes], where: str) -> None:
    for name in effect.reads:
        if name not in file.measures:
            _check_column(name, f"{where}: no such measure, and")
    named = list(arms) if file.dose is not None and not effect.arms else effect.arms
    for arm in (*named, *([effect.of] if effect.of else [])):
        if arm not in arms:
            raise UsageError(f"{where}: no such arm: {arm!r}; {meant(arm, list(arms))}")
    least, most = _ARMS[effect.kind]
    if not least <= len(named) <= most:
        raise UsageError(f"{where}: {_a(effect.kind)} compares {_span(least, most)} arms, not {len(named)}")
    if effect.kind in ("interaction", "complements") and len(named) % 4:
        raise UsageError(f"{where}: arms come in fours: both, one, the other, neither")
    if (effect.against is not None) != (effect.kind in _AGAINST):
        raise UsageError(f"{where}: against: belongs to {', '.join(_AGAINST)}, and is needed there")
    if effect.controls and effect.kind != "coefficient":
        raise UsageError(f"{where}: controls: belong to a coefficient")
    if effect.of is not None and (effect.kind not in ("difference", "interaction") or effect.scales != ["level"]):
        raise UsageError(f"{where}: of: is for a difference or interaction in levels; a log is relative already")
    if effect.statistic == "median" and (effect.kind != "difference" or effect.of is not None):
        raise UsageError(f"{where}: statistic: a median is for a difference, and not as a share of an arm's mean (of)")
    if (effect.kind == "shapley") != bool(file.switches):
        raise UsageError(f"{where}: a shapley effect needs switches, and switches need one")
    if (effect.kind == "inverted-u") != (file.dose is not None):
        raise UsageError(f"{where}: an inverted-u needs a dose, and a dose needs one")
    if effect.kind == "hazard-ratio" and effect.sesoi <= 1.0:
        raise UsageError(f"{where}: sesoi: of a hazard ratio must be above 1, such as 1.25, not {effect.sesoi:g}")


def _a(kind: str) -> str:
    return f"a{'n' * kind.startswith(('i', 'u'))} {kind}"


def _span(least: int, most: int) -> str:
    return f"{least}" if least == most else f"{least} or more"


def _region(file: File, arms: dict[str, Changes], where: str) -> tuple[Factor, ...]:
    factors = []
    for given in file.region:
        factors.append(make_factor(given.model_dump(exclude_unset=True), f"{where}: region"))
        _refuse_overlap({given.key: None}, arms, f"{where}: region")
    keys = [factor.key for factor in factors]
    if len(set(keys)) < len(keys):
        raise UsageError(f"{where}: region: names a parameter twice")
    return tuple(factors)


def _needs(name: str, measures: Mapping[str, schema.Measure]) -> Iterator[tuple[str, str]]:
    """Yield what a measure is read from, as (final, mean or series; column)."""
    measure = measures.get(name)
    terms = [name] if measure is None else [*measure.terms, *measure.ends]
    for term in terms:
        kind, _, column = term.partition(".")
        yield kind, column
    if measure is not None and measure.column is not None:
        yield "mean" if measure.kind == "total" else "series", measure.column
        if measure.kind == "total":
            yield "final", "month"
