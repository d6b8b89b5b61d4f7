"""Read a claim, and refuse one that could not be tested: every fault is one line.

A claim's hash covers all that its answer follows from, but for worlds, model and analysis: base config, arms, measures,
rungs with their smallest effects of interest, controls and null world.
"""

from __future__ import annotations

import hashlib
import itertools
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import pydantic

from experiments.claims import schema
from experiments.claims.estimands import ESTIMANDS
from experiments.claims.schema import Changes, Effect, File, Rung, RungName
from experiments.config import Config, config_hash, load, show_path
from experiments.errors import UsageError
from experiments.sweep.design import NAMES
from experiments.sweep.factors import make_factor, resolve
from experiments.tables import meant, read_table
from sim.readings import parse

MOST_SWITCHES = 8
# Outcomes that say through which channel an effect came: kept for every claim.
CHANNELS = (
    "independent", "integrated", "experience", "events_patched", "events_made", "events_copied", "events_reused",
    "events_adopted", "events_mastered", "events_imitated", "events_released",
)  # fmt: skip
_FIELDS = ("of", "threshold", "measures", "against", "against_arms", "doses", "weights", "part")
_MONTHLY = ("fall", "log-mean", "first-month")
_KEYS = {
    "": tuple(File.model_fields), "rung": (*Rung.model_fields, *Effect.model_fields),
    "control": tuple(schema.Control.model_fields), "null": tuple(schema.Null.model_fields),
    "dose": tuple(schema.Dose.model_fields), "measures": tuple(schema.Measure.model_fields),
    "switches": tuple(schema.Switch.model_fields), "phase": tuple(schema.Phase.model_fields),
}  # fmt: skip
_TIMES = re.compile(r"\*\s*([0-9.eE+-]+)")
_SAME = re.compile(r"=\s*([a-z_]+\.[a-z_0-9]+)")


@dataclass(frozen=True)
class Claim:
    """A checked claim.

    Attributes:
        path: its file.
        file: what the file says.
        config: its base; worlds change it.
        arms: changes of a world, by name of the arm.
    """

    path: Path
    file: File
    config: Config
    arms: dict[str, Changes]

    @property
    def id(self) -> str:
        """Return the claim's name, such as P3."""
        return self.file.id

    @property
    def rungs(self) -> list[Rung]:
        """Return the rungs, the lowest first."""
        return sorted(self.file.rung, key=lambda rung: schema.RUNGS.index(rung.name))

    @property
    def doses(self) -> dict[str, float]:
        """Return the dose of each arm, if the claim has a dose of numbers."""
        values = self.file.dose.values if self.file.dose is not None else []
        return {str(value): float(value) for value in values if isinstance(value, (int, float))}

    @property
    def units(self) -> dict[str, str]:
        """Return the unit of each measure that its effects read."""
        return {name: self._unit(name) for rung in self.rungs for effect in rung.effect for name in effect.reads}

    def _unit(self, name: str) -> str:
        from sim.outcomes import COLUMNS

        if name in self.file.measures:
            return self.file.measures[name].unit
        column = name.partition(".")[2]
        return next((each.unit for each in COLUMNS if each.name == column), "")

    @cached_property
    def hash(self) -> str:
        """Return the hash of what the claim says and of the base that it says it about."""
        content = {"claim": self.file.model_dump(mode="json"), "base": config_hash(self.config)}
        return hashlib.sha256(json.dumps(content, sort_keys=True, ensure_ascii=True).encode()).hexdigest()

    @cached_property
    def columns(self) -> dict[str, tuple[str, ...]]:
        """Return what a run must keep: ``final`` and ``mean`` columns, and readings (``read``)."""
        kept: dict[str, set[str]] = {"final": {"month", *CHANNELS}, "mean": set(), "read": set()}
        for rung in self.rungs:
            for effect in rung.effect:
                for name in effect.reads:
                    for kind, column in self._needs(name):
                        kept[kind].add(column)
        order = {kind: tuple(name for name in NAMES if name in kept[kind]) for kind in ("final", "mean")}
        return {**order, "read": tuple(sorted(kept["read"]))}

    @property
    def kept(self) -> tuple[str, ...]:
        """Return the columns and readings that a run keeps, in order."""
        return tuple(sorted({name for names in self.columns.values() for name in names}))

    def _needs(self, name: str) -> Iterator[tuple[str, str]]:
        """Yield what a measure is read from, as (final, mean or read; column)."""
        measure = self.file.measures.get(name)
        if measure is None or measure.kind in ("product", "sum", "index"):
            for term in [name] if measure is None else [*measure.terms, *measure.ends]:
                kind, _, column = term.partition(".")
                yield kind, column
        elif measure.kind == "total":
            yield "mean", measure.column or ""
        else:
            for month in range(1, self.config.parameters.run.months + 1):
                yield "read", f"{measure.column}_at_{month}"
            if measure.target is not None:
                yield "final", measure.column or ""


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
    world = resolved_changes(base, file.world, f"{where}: world")
    config = Config(_resolved(base, world, f"{where}: world"), config.edges)
    base = json.loads(config.parameters.model_dump_json())
    arms = dict(_arms(file, where))
    _check_worlds(base, file, arms, where)
    _check_measures(file, arms, where)
    _check_rungs(file, arms, where)
    _check_phase(file, where)
    return Claim(path, file, config, arms)


def _arms(file: File, where: str) -> Iterator[tuple[str, Changes]]:
    given = [name for name in ("arms", "dose", "switches") if getattr(file, name)]
    if not given or given in (["dose", "switches"], ["arms", "dose", "switches"], ["arms", "switches"]):
        raise UsageError(
            f"{where}: needs arms, a dose (with further arms or without) or switches; has {given or 'none'}"
        )
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
    """Every arm, and every arm under every control, must be a world, and no two arms the same one."""
    worlds: dict[str, str] = {}
    for name, changes in arms.items():
        here = f"{where}: arm {name}"
        content = _resolved(base, resolved_changes(base, changes, here), here).model_dump_json()
        if content in worlds:
            raise UsageError(f"{here}: changes nothing: it is the same world as arm {worlds[content]}")
        worlds[content] = name
    for control in file.control:
        here = f"{where}: control {control.name!r}"
        _resolved(base, resolved_changes(base, control.changes, here), here)
        _refuse_overlap(control.changes, arms, here)
        if missing := set(control.rungs) - {rung.name for rung in file.rung}:
            raise UsageError(f"{here}: rungs: the claim has no rung {missing.pop()!r}")
    _resolved(base, resolved_changes(base, file.null.changes, f"{where}: null"), f"{where}: null")


def _refuse_overlap(keys: Mapping[str, Any], arms: dict[str, Changes], where: str) -> None:
    for name, changes in arms.items():
        if both := sorted(set(keys) & set(changes)):
            raise UsageError(f"{where}: {both[0]}: is set by arm {name} too, which would undo it")


def _check_measures(file: File, arms: Mapping[str, Changes], where: str) -> None:
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
        if (measure.target is not None) != (measure.kind == "first-month"):
            raise UsageError(f"{place}: a target belongs to a first-month, which needs one")
        if measure.target is not None and measure.target.arm not in arms:
            raise UsageError(
                f"{place}: target: no such arm: {measure.target.arm!r}; {meant(measure.target.arm, list(arms))}"
            )


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
    if kind == "read":
        try:
            parse(column)
        except ValueError as error:
            raise UsageError(f"{where}: {error}") from None
        return
    if kind not in ("final", "mean"):
        raise UsageError(f"{where}: must be final.COLUMN, mean.COLUMN or read.READING, not {term!r}")
    _check_name(column, where)


def _check_name(column: str, where: str) -> None:
    if column not in NAMES:
        raise UsageError(f"{where}: no such outcome: {column!r}; {meant(column, NAMES)}")


def _check_rungs(file: File, arms: Mapping[str, Changes], where: str) -> None:
    if len({rung.name for rung in file.rung}) < len(file.rung):
        raise UsageError(f"{where}: rung: two have one name")
    if "effect" not in (rung.name for rung in file.rung):
        raise UsageError(f"{where}: rung: the first rung, effect, is missing")
    for rung in file.rung:
        names = [effect.name for effect in rung.effect]
        if len(set(names)) < len(names):
            raise UsageError(f"{where}: rung {rung.name}: two effects have one name")
        for effect in rung.effect:
            _check_effect(effect, file, arms, f"{where}: rung {rung.name}: effect {effect.name!r}")


def _check_effect(effect: Effect, file: File, arms: Mapping[str, Changes], where: str) -> None:
    if effect.kind not in ESTIMANDS:
        raise UsageError(f"{where}: no such kind: {effect.kind!r}; {meant(effect.kind, list(ESTIMANDS))}")
    estimand = ESTIMANDS[effect.kind]
    for name in effect.reads:
        if name not in file.measures:
            _check_column(name, f"{where}: no such measure, and")
    for arm in (*effect.arms, *effect.against_arms, *([effect.of] if effect.of else [])):
        if arm not in arms:
            raise UsageError(f"{where}: no such arm: {arm!r}; {meant(arm, list(arms))}")
    for field in _FIELDS:
        if getattr(effect, field) not in (None, []) and field not in (*estimand.needs, *estimand.takes):
            raise UsageError(f"{where}: {field}: belongs to no {effect.kind}")
    for field in estimand.needs:
        if getattr(effect, field) in (None, []):
            raise UsageError(f"{where}: {field}: a {effect.kind} needs it")
    if effect.scale != "level" and "scale" not in estimand.takes:
        raise UsageError(f"{where}: scale: a {effect.kind} has none")
    if effect.scale != "level" and effect.of is not None:
        raise UsageError(f"{where}: of: is for levels; a log is relative already")
    least, most = estimand.arms
    if not least <= len(effect.arms) <= most:
        span = f"{least}" if least == most else f"{least} to {most}"
        raise UsageError(f"{where}: a {effect.kind} compares {span} named arms, not {len(effect.arms)}")
    _refuse_twice(effect, where)
    if effect.kind == "shapley" and not file.switches:
        raise UsageError(f"{where}: a shapley effect needs switches")
    if fault := estimand.fault(effect):
        raise UsageError(f"{where}: {fault}")


def _refuse_twice(effect: Effect, where: str) -> None:
    """Refuse an arm or measure that is compared with itself; sets of four arms may share some."""
    each = 4 if effect.kind == "interaction" else len(effect.arms)
    sets = [effect.arms[n : n + each] for n in range(0, len(effect.arms), each or 1)]
    for field, arms in [*(("arms", some) for some in sets), ("against_arms", effect.against_arms)]:
        if twice := next((arm for arm in arms if arms.count(arm) > 1), None):
            raise UsageError(f"{where}: {field}: {twice} is there twice; an arm cannot be compared with itself")
    if len(set(effect.reads)) < len(effect.reads):
        raise UsageError(f"{where}: measure, measures, against: one is there twice")


def _check_phase(file: File, where: str) -> None:
    for axis in (file.phase.x, file.phase.y):
        given = {"key": axis.key, "range": list(axis.range), "scale": axis.scale}
        make_factor(given, f"{where}: phase")
    if file.phase.rung not in {rung.name for rung in file.rung}:
        raise UsageError(f"{where}: phase: the claim has no rung {file.phase.rung!r}")


def only(claims: Sequence[Claim], ids: Sequence[str], folder: Path) -> list[Claim]:
    """Return the claims that are named, or all.

    Raises:
        UsageError: there is none of a name.
    """
    known = {claim.id: claim for claim in claims}
    for name in ids:
        if name not in known:
            same = next((each for each in known if each.lower() == name.lower()), name)
            raise UsageError(f"{name}: no such claim in {show_path(folder)}; {meant(same, list(known))}")
    return [claim for name, claim in known.items() if not ids or name in ids]


def part_of(claim: Claim, name: RungName, effects: int | None = None) -> Claim:
    """Return a claim with one of its rungs alone, and the arms that this needs.

    Args:
        claim: that has the rung.
        name: of the rung.
        effects: how many of its effects, the first ones; all if None.
    """
    (rung,) = (rung for rung in claim.rungs if rung.name == name)
    rung = rung.model_copy(update={"effect": rung.effect[:effects]})
    needed = set[str]()
    for effect in rung.effect:
        needed |= {*(effect.arms or claim.arms), *effect.against_arms, *([effect.of] if effect.of else [])}
        targets = [claim.file.measures[each].target for each in effect.reads if each in claim.file.measures]
        needed |= {target.arm for target in targets if target is not None}
    file = claim.file.model_copy(update={"rung": [rung]})
    return replace(claim, file=file, arms={name: changes for name, changes in claim.arms.items() if name in needed})


def resolved_changes(world: Mapping[str, Mapping[str, Any]], changes: Changes, where: str) -> Changes:
    """Return changes with values in place of texts that take them from a world.

    Args:
        world: its parameters, by section and name.
        changes: by key, as ``section.name``.
        where: what a fault's line begins with.

    Raises:
        UsageError: a text names what is no number there.
    """
    return {key: _value(world, key, value, f"{where}: {key}") for key, value in changes.items()}


def _value(world: Mapping[str, Mapping[str, Any]], key: str, value: Any, where: str) -> Any:
    if not isinstance(value, str):
        return value
    if times := _TIMES.fullmatch(value):
        own = _parameter(world, key, where)
        try:
            found = own * float(times[1])
        except ValueError:
            raise UsageError(f"{where}: {value!r}: no number follows the *") from None
        return round(found) if isinstance(own, int) else found
    if same := _SAME.fullmatch(value):
        return _parameter(world, same[1], where)
    return value


def _parameter(world: Mapping[str, Mapping[str, Any]], key: str, where: str) -> Any:
    section, _, name = key.partition(".")
    found = world.get(section, {}).get(name)
    if isinstance(found, bool) or not isinstance(found, (int, float)):
        raise UsageError(f"{where}: {key} is no number of a world")
    return found
