"""Read a case from its folder: ``case.toml``, ``facts.csv`` and ``modules.csv``, and refuse one that does not hold.

A table of ``case.toml`` may make several: ``each = "release"`` writes a table for every dated release but those in
``but``, ``each = "month"`` for every ``step`` months ``from`` one ``to`` another. Wherever the table has text,
``{release}`` or ``{month}`` stands for it.
"""

from __future__ import annotations

import datetime
import hashlib
import json
import math
import tomllib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field

from experiments.case.derivations import DERIVATIONS, Derived
from experiments.case.facts import Facts, month_of, read_facts
from experiments.case.operators import OPERATORS
from experiments.case.patterns import COUNTED, Compiled, Kind, Pattern, Quantity, Scale, Setting
from experiments.case.vocabulary import checked_row
from experiments.config import show_path
from experiments.errors import UsageError
from experiments.tables import checked, meant, read_table
from sim.parameters import Parameters

_RULE_KEYS = ("each", "but", "from", "to", "step")


class _Rule(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    each: Literal["release", "month"]
    but: list[str] = []
    begin: str = Field(default="", alias="from")
    end: str = Field(default="", alias="to")
    step: int = Field(default=1, ge=1)


def written_out(given: dict[str, Any], setting: Setting, where: str) -> list[dict[str, Any]]:
    """Return the tables that a rule makes, or the one that is none.

    Args:
        given: the table.
        setting: its releases and months.
        where: what each line of a fault begins with.

    Raises:
        UsageError: a faulty rule.
        ValueError: it names a release or a month that there is not.
    """
    if "each" not in given:
        return [given]
    rule = checked({key: given[key] for key in _RULE_KEYS if key in given}, _Rule, {"": _RULE_KEYS}, where)
    rest = {key: value for key, value in given.items() if key not in _RULE_KEYS}
    return [_filled(rest, f"{{{rule.each}}}", value) for value in _values(rule, setting)]


def _values(rule: _Rule, setting: Setting) -> list[str]:
    if rule.each == "release":
        for name in rule.but:
            setting.number(name)
        return [name for name in setting.facts.releases if name not in rule.but]
    first, last, origin = setting.month(rule.begin), setting.month(rule.end), setting.facts.origin
    months = [origin.year * 12 + origin.month - 1 + month for month in range(first, last + 1, rule.step)]
    return [f"{month // 12}-{month % 12 + 1:02}" for month in months]


def _filled(value: Any, mark: str, word: str) -> Any:
    """Return plain data with a word put in wherever its text has the mark."""
    if isinstance(value, dict):
        return {key: _filled(each, mark, word) for key, each in value.items()}
    if isinstance(value, list):
        return [_filled(each, mark, word) for each in value]
    return value.replace(mark, word) if isinstance(value, str) else value


_DATA = Path(__file__).resolve().parents[1] / "data"
_Raw = dict[str, Any]
_Item = TypeVar("_Item", Pattern, Quantity)
_Row = TypeVar("_Row", bound=BaseModel)


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class Further(_Table):
    """A release that a prediction adds to the config's."""

    month: int = Field(ge=1)
    name: str
    line: int = Field(default=0, ge=0)
    introduces: list[str] = []


class _Predict(_Table):
    months: int = Field(ge=1)
    release: list[Further] = []


class _File(_Table):
    title: str
    origin: datetime.date
    last: datetime.date
    pattern: list[_Raw] = Field(min_length=1)
    question: list[_Raw] = []
    prediction: list[_Raw] = []
    predict: _Predict | None = None


class _Pattern(_Table):
    name: str
    title: str
    kind: Kind
    derived: str
    compared: str
    fact: _Raw
    operator: _Raw
    discrepancy: float | None = None
    factor: float | None = Field(default=None, gt=1.0)


class _Quantity(_Table):
    name: str
    title: str
    unit: str
    scale: Scale
    operator: _Raw


class _Question(_Quantity):
    known: str = ""


class _Prediction(_Quantity):
    refuted: str


_KEYS = {
    "": tuple(_File.model_fields), "predict": tuple(_Predict.model_fields), "release": tuple(Further.model_fields),
}  # fmt: skip


@dataclass(frozen=True)
class Case:
    """A case, checked against the config that it is compared with."""

    name: str  # of its folder
    title: str  # what it is
    last_month: int  # month of a run in which the facts end
    facts: Facts  # the dated facts
    patterns: tuple[Pattern, ...]  # what runs are held to
    questions: tuple[Quantity, ...]  # what could still be looked up
    predictions: tuple[Quantity, ...]  # what is read in a run of ``predicted``
    further: tuple[Further, ...]  # releases that a prediction adds to the config's
    months: int  # length of a run of a prediction; 0 if the case predicts nothing
    digest: str  # hash of all that its files say, however they say it

    @property
    def readings(self) -> tuple[str, ...]:
        """Return the readings that patterns and questions need."""
        return _distinct((*self.patterns, *self.questions))

    @property
    def pattern_readings(self) -> list[str]:
        """Return the readings that patterns need, in order of name."""
        return sorted(_distinct(self.patterns))

    @property
    def prediction_readings(self) -> tuple[str, ...]:
        """Return the readings that predictions need, of runs of ``predicted``."""
        return _distinct(self.predictions)

    def predicted(self, parameters: Parameters) -> Parameters:
        """Return parameters with the further releases, run on to the last month of the predictions.

        Raises:
            ValueError: the model has no such world.
        """
        schedule = [release.model_dump() for release in parameters.release.schedule]
        schedule += [{**one.model_dump(), "introduces": tuple(one.introduces)} for one in self.further]
        return parameters.replace({"release.schedule": tuple(schedule), "run.months": self.months})


def _distinct(given: Sequence[Pattern | Quantity]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for one in given for name in one.readings))


def shipped() -> list[str]:
    """Return the names of the cases that come with the program."""
    return sorted(path.parent.name for path in _DATA.glob("*/case.toml"))


def case_folder(given: str | Path) -> Path:
    """Return the folder of a case, given as such or as the name of one that comes with the program.

    Raises:
        UsageError: there is none.
    """
    if str(given) in shipped():
        return _DATA / str(given)
    if Path(given).is_dir():
        return Path(given)
    raise UsageError(
        f"case '{given}': no such folder, and no case of that name comes with flywheel; {meant(str(given), shipped())}"
    )


def last_month(given: str | Path) -> int:
    """Return the month of a run in which the facts of a case end.

    Raises:
        UsageError: there is no such case, or it cannot be read.
    """
    _, file = read_table(case_folder(given) / "case.toml", _File, _KEYS)
    return month_of(file.last, file.origin)


def read_case(given: str | Path, parameters: Parameters) -> Case:
    """Read a case and check it against the parameters that it is compared with.

    Args:
        given: its folder, or the name of one that comes with the program.
        parameters: its releases, slots and months are what operators may refer to.

    Raises:
        UsageError: a case that cannot be read, contradicts itself, or is not of these parameters, in one line.
    """
    folder = case_folder(given)
    where = show_path(folder / "case.toml")
    source, file = read_table(folder / "case.toml", _File, _KEYS)
    facts = read_facts(folder, file.origin, file.last)
    last, planned, slots = facts.month(file.last), _planned(facts, parameters, where), parameters.architecture.slots
    if not 1 <= last <= (months := parameters.run.months):
        raise UsageError(f"{where}: last: {file.last} is month {last}, and run.months is {months}; it must not be less")
    _refuse_other_slots(facts, slots, show_path(folder / "modules.csv"))
    setting = Setting(facts, planned, slots, parameters.run.months)
    if file.prediction and file.predict is None:
        raise UsageError(f"{where}: predict: is missing; it says how many months a run of the predictions has")
    predict = file.predict or _Predict(months=last)
    added = _further(predict, setting, where)
    later = Setting(facts, planned | added, slots, predict.months)
    return Case(
        name=folder.name, title=file.title, last_month=last, facts=facts,
        patterns=_made(file.pattern, "pattern", where, setting, _pattern),
        questions=_made(file.question, "question", where, setting, partial(_quantity, form=_Question)),
        predictions=_made(file.prediction, "prediction", where, later, partial(_quantity, form=_Prediction)),
        further=tuple(predict.release), months=predict.months if file.predict else 0,
        digest=_digest(source, facts),
    )  # fmt: skip


def _digest(source: str, facts: Facts) -> str:
    """Return a hash of what the files of a case say: not of comments, nor of how they are laid out."""
    content = [tomllib.loads(source), facts.facts, facts.modules]
    return hashlib.sha256(json.dumps(content, sort_keys=True, default=str).encode()).hexdigest()


def _planned(facts: Facts, parameters: Parameters, where: str) -> dict[str, int]:
    """Return the month of each release that the config plans, by name; raise if it is not of this case."""
    schedule = parameters.release.schedule
    names = [release.name for release in schedule]
    if absent := [name for name in facts.releases if name not in names]:
        raise UsageError(f"{where}: the config brings out no '{absent[0]}', so it is of another case; name that one")
    if repeated := [name for name in names if names.count(name) > 1]:
        raise UsageError(f"{where}: the config brings out '{repeated[0]}' twice")
    return {release.name: release.month for release in schedule}


def _further(predict: _Predict, setting: Setting, where: str) -> dict[str, int]:
    """Return the month of each release that the predictions add, by name; raise if it cannot follow the config's."""
    added, before = dict[str, int](), max(setting.releases.values())
    for one in predict.release:
        place = f"{where}: predict.release: '{one.name}'"
        if one.name in setting.releases or one.name in added:
            raise UsageError(f"{place}: is the name of another release")
        if not before <= one.month <= predict.months:
            raise UsageError(f"{place}: month: must be {before} to {predict.months}, not {one.month}")
        if unknown := [slot for slot in one.introduces if slot not in setting.slots]:
            raise UsageError(f"{place}: introduces: no slot is '{unknown[0]}'; {meant(unknown[0], setting.slots)}")
        added[one.name] = before = one.month
    return added


def _refuse_other_slots(facts: Facts, slots: Sequence[str], where: str) -> None:
    for one in facts.modules:
        if one.slot not in slots:
            raise UsageError(
                f"{where}: '{one.product}': architecture.slots has no '{one.slot}'; {meant(one.slot, slots)}"
            )


def _made(rows: list[_Raw], kind: str, where: str, setting: Setting, make: Callable[..., _Item]) -> tuple[_Item, ...]:
    """Return what tables say, each fault told with the name of its table."""
    made = dict[str, _Item]()
    for number, given in enumerate(rows, start=1):
        place = f"{where}: {kind} {_called(given, number)}"
        try:
            for row in written_out(given, setting, place):
                one = make(row, f"{where}: {kind} {_called(row, number)}", setting)
                if one.name in made:
                    raise ValueError("stands there twice")
                made[one.name] = one
        except ValueError as error:
            raise UsageError(f"{place}: {error}") from error
    return tuple(made.values())


def _called(row: _Raw, number: int) -> str:
    return f"'{row['name']}'" if isinstance(row.get("name"), str) else str(number)


def _pattern(row: _Raw, where: str, setting: Setting) -> Pattern:
    given = checked_row(row, _Pattern, where)
    fact = DERIVATIONS.read(given.fact, "derivation", f"{where}: fact")(setting.facts)
    operator = _operator(given, where)
    _refuse_unmeetable(given, fact)
    low, high = fact.low, fact.high
    if given.factor is not None:
        low, high = fact.value / given.factor, fact.value * given.factor
    if given.kind != "interval":
        low, high = 0.0, fact.value if given.kind == "bound" else math.inf
    derivation = f"{given.derived}: {fact.said}" if fact.said else given.derived
    discrepancy = math.nan if given.discrepancy is None else given.discrepancy
    return Pattern(given.name, given.title, given.kind, fact.value, derivation, given.compared, operator(setting),
                   discrepancy, low, high)  # fmt: skip


def _operator(given: _Pattern | _Quantity, where: str) -> Callable[[Setting], Compiled]:
    return OPERATORS.read(given.operator, "name", f"{where}: operator")


def _refuse_unmeetable(given: _Pattern, fact: Derived) -> None:
    """Raise ``ValueError`` if a pattern lacks what its kind needs, or no run could meet it."""
    counted, discrepancy = given.kind in COUNTED, given.discrepancy
    if counted and (discrepancy is None or discrepancy <= 0.0):
        said = "is missing" if discrepancy is None else f"must be above 0, not {discrepancy:g}"
        raise ValueError(f"discrepancy: {said}; kind '{given.kind}' counts distances in it")
    if not counted and discrepancy is not None:
        raise ValueError(f"discrepancy: kind '{given.kind}' has none")
    ends = [not math.isnan(fact.low), given.factor is not None]
    if given.kind == "interval" and sum(ends) != 1:
        raise ValueError("factor: an interval needs either this, such as 1.5, or the fact's derivation 'interval'")
    if given.kind != "interval" and given.factor is not None:
        raise ValueError(f"factor: kind '{given.kind}' has none")
    if given.kind in ("ratio", "interval") and fact.value <= 0.0:
        raise ValueError(f"fact: must be above 0 for kind '{given.kind}', not {fact.value:g}")
    if given.kind == "order" and fact.value == 1.0:
        raise ValueError("fact: is 1, neither above nor below")
    links = len(given.operator.get("links", ()))
    if given.kind == "yes-no" and given.operator["name"] == "lineages-kept" and links != fact.value:
        raise ValueError(f"operator: has {links} links, and the fact says {fact.value:g}")


def _quantity(row: _Raw, where: str, setting: Setting, form: type[_Question] | type[_Prediction]) -> Quantity:
    given = checked_row(row, form, where)
    more = given.model_dump(include={"known", "refuted"})
    return Quantity(given.name, given.title, given.unit, given.scale, _operator(given, where)(setting), **more)
