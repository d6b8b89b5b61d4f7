"""What a claim file may hold: the tables of ``configs/propositions/*.toml`` and ``configs/policies/*.toml``.

arms        worlds to compare, each as changes of the world they are set in; or
dose        one parameter over values, an arm each; or
switches    mechanisms, each on or off in every combination: an arm each, named by bits in order
measures    numbers read from a run, beside the outcomes ``final.NAME`` and ``mean.NAME``
rung        what must be there for a step of the ladder: effects over arms, with sign and smallest size of interest
control     negative controls: where rungs must fail
null        the world whose every payoff link is cut, where no effect may be found
phase       two parameters that should decide, and the theory's own boundary between them, if it has one

A change is a value, or a text that takes it from the world it is made in: ``"* 0.5"`` of the parameter's own value,
``"= demand.budget"`` that of another parameter.
"""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, field_validator
from pydantic_core import PydanticCustomError

Changes = dict[str, Any]
RungName = Literal["effect", "mechanism", "signature"]
RUNGS: tuple[RungName, ...] = ("effect", "mechanism", "signature")


def _like(pattern: str, said: str) -> AfterValidator:
    """Return a check of text that says in words what a pattern asks for."""

    def check(text: str) -> str:
        if not re.fullmatch(pattern, text):
            raise PydanticCustomError("like", said)
        return text

    return AfterValidator(check)


Line = Annotated[str, _like(r"[^\n]{1,100}", "must be a line of 1 to 100 characters")]
Name = Annotated[str, _like(r"[A-Za-z0-9_+.-]{1,40}", "must be 1 to 40 letters (a to z), digits or any of _ + . -")]
Id = Annotated[str, _like(r"[A-Z][A-Za-z0-9-]{0,15}", "must be a capital letter, then at most 15 letters, digits or -")]


class Table(BaseModel):
    """A table of a claim file: frozen, and what it does not know it refuses."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    @field_validator("*")
    @classmethod
    def _can_be_printed(cls, value: Any) -> Any:
        """Refuse control characters, but for ends of lines and tabs."""
        for text in [value] if isinstance(value, str) else value if isinstance(value, list) else ():
            if isinstance(text, str) and not re.sub(r"[\n\t]", "", text).isprintable():
                raise PydanticCustomError("unprintable", "must not hold characters that cannot be printed")
        return value


class Target(Table):
    """A level that each world sets for itself: a quantile over seeds of what an arm's ``column`` ends at."""

    arm: Name
    quantile: Annotated[float, Field(gt=0.0, lt=1.0)] = 0.5


class Measure(Table):
    """A number read from a run.

    ``product``: Π outcome^exponent over ``terms``; ``sum``: Σ weight × outcome; ``index``: the mean over ``ends`` of
    where an outcome stands from its first end (0) to its second (1), by logarithms for ``logs``; ``total``: a column
    summed over months; ``log-mean``: the mean over months of ln of a column; ``fall``: ln of its first value over its
    last; ``first-month``: when a column first is at or below a ``target``, missing if never. Months without a value, as
    those of a cost before the first release, do not count.
    """

    kind: Literal["product", "sum", "index", "total", "log-mean", "fall", "first-month"]
    title: Line
    unit: str
    terms: dict[str, float] = {}
    ends: dict[str, Annotated[list[float], Field(min_length=2, max_length=2)]] = {}
    logs: list[str] = []
    column: str | None = None
    target: Target | None = None


class Effect(Table):
    """One estimand, and what would count as an effect.

    ``sesoi``, the smallest effect size of interest, is in the unit of the estimand: a share of the mean of arm ``of``
    if that is named, log points on a log scale, a ratio for hazard ratios, an elasticity, a share. ``threshold`` moves
    the point of no effect, such as an elasticity of cost of 1. ``scale`` "log" takes the logarithm of each run,
    "log-of-means" that of the mean over seeds, for counts that may be 0. What each kind reads of the other fields, its file in
    ``estimands`` says.
    """

    name: Line
    kind: str
    sign: Literal["+", "-"]
    sesoi: Annotated[float, Field(gt=0)]
    measure: str
    arms: list[Name] = []
    scale: Literal["level", "log", "log-of-means"] = "level"
    of: Name | None = None
    threshold: float | None = None
    measures: list[str] = []
    against: str | None = None
    against_arms: list[Name] = []
    doses: list[float] = []
    weights: list[float] = []
    part: str | None = None

    @property
    def reads(self) -> list[str]:
        """Return the measures that it reads."""
        return [name for name in (self.measure, self.against, *self.measures) if name is not None]


class Rung(Table):
    """A step of the ladder: ``all`` or ``any`` of its effects must be there."""

    name: RungName
    says: str
    need: Literal["all", "any"] = "all"
    effect: Annotated[list[Effect], Field(min_length=1, max_length=64)]


class Control(Table):
    """A negative control: changes of the world that all arms share, under which ``rungs`` must not hold."""

    name: Line
    changes: Annotated[Changes, Field(min_length=1)]
    why: str
    rungs: Annotated[list[RungName], Field(min_length=1)] = ["effect"]


class Null(Table):
    """The world without payoff links: arms differ as ever, outcomes must not."""

    changes: Annotated[Changes, Field(min_length=1)]
    why: str


class Dose(Table):
    """One parameter, an arm for each value."""

    key: str
    values: Annotated[list[Any], Field(min_length=3, max_length=64)]


class Switch(Table):
    """A mechanism that is on or off; what each means, as changes of the world."""

    title: Line
    on: Changes = {}
    off: Annotated[Changes, Field(min_length=1)]


class Axis(Table):
    """An axis of a phase diagram."""

    key: str
    title: Line
    range: Annotated[list[int | float], Field(min_length=2, max_length=2)]
    scale: Literal["linear", "log"] = "linear"


class Phase(Table):
    """Where a rung holds over two parameters, and the theory's boundary there: the name of one, if it has one."""

    x: Axis
    y: Axis
    rung: RungName = "effect"
    boundary: Literal["break-even", "loop-gain"] | None = None


class File(Table):
    """A claim file."""

    id: Id
    title: Line
    title_zh: Line
    statement: str
    words: str
    words_zh: str
    mechanism: str
    wrong: str
    base: str
    months: Annotated[int, Field(ge=1)] | None = None
    world: Changes = {}
    arms: Annotated[dict[Name, Changes], Field(max_length=1000)] = {}
    dose: Dose | None = None
    switches: dict[Name, Switch] = {}
    measures: dict[Name, Measure] = {}
    rung: Annotated[list[Rung], Field(min_length=1, max_length=3)]
    control: Annotated[list[Control], Field(min_length=1, max_length=100)]
    null: Null
    phase: Phase
