"""What a claim file may hold: the tables of ``configs/propositions/*.toml`` and ``configs/policies/*.toml``.

arms        worlds to compare, each as changes of the base; or
dose        one parameter over values, an arm each; or
switches    mechanisms, each on or off in every combination: an arm each, named by bits in order
measures    numbers read from a run, beside the kept columns ``final.NAME`` and ``mean.NAME``
effect      an estimand over arms, with expected sign and smallest effect of interest (SESOI)
boundary    cells where the claim must fail
null        the world whose every payoff link is cut, where all effects must be nil
region      the parameters and ranges over which it is asked where the claim holds
"""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, field_validator
from pydantic_core import PydanticCustomError

Changes = dict[str, Any]
Kind = Literal[
    "difference", "interaction", "complements", "hazard-ratio", "inverted-u", "slope", "scale-elasticity",
    "coefficient", "shapley",
]  # fmt: skip
Statistic = Literal["mean", "median"]
Scale = Literal["level", "log", "log1p"]


def _like(pattern: str, said: str) -> AfterValidator:
    """Return a check of text that says in words what a pattern asks for."""

    def check(text: str) -> str:
        if not re.fullmatch(pattern, text):
            raise PydanticCustomError("like", said)
        return text

    return AfterValidator(check)


Place = Annotated[str, _like(r"[^\n]{1,80}", "must be a line of 1 to 80 characters")]
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


class Measure(Table):
    """A number read from a run.

    ``product``: Π column^exponent over ``terms``; ``sum``: Σ weight × column; ``index``: the mean over ``ends`` of
    where a column stands from its first end (0) to its second (1), by logarithms for ``logs``; ``total``: a column
    summed over months; ``log-mean``: the mean over months of ln of a column; ``fall``: ln of its first value over its
    last; ``first-month``: when a column first is ``at_most`` or ``at_least`` so much, missing if never. Months without
    a value, as those of a cost before the first release, do not count.
    """

    kind: Literal["product", "sum", "index", "total", "log-mean", "fall", "first-month"]
    unit: str
    terms: dict[str, float] = {}
    ends: dict[str, Annotated[list[float], Field(min_length=2, max_length=2)]] = {}
    logs: list[str] = []
    column: str | None = None
    at_most: float | None = None
    at_least: float | None = None


class Effect(Table):
    """One estimand, and what would count as an effect.

    ``sesoi`` is in the unit of the estimand: a share of the mean of arm ``of`` if that is named, log points on a log
    scale, a ratio for hazard ratios, an elasticity, a share. ``threshold`` moves the point of no effect from 0, such as
    an elasticity of scale of 1. ``statistic``: whether the mean of the seeds' differences is meant, or, where a few of
    them are wild, the median.
    """

    name: str
    kind: Kind
    sign: Literal["+", "-"]
    sesoi: Annotated[float, Field(gt=0)]
    measure: str
    statistic: Statistic = "mean"
    arms: list[Name] = []
    scales: Annotated[list[Scale], Field(min_length=1)] = ["level"]
    of: Name | None = None
    against: str | None = None
    controls: list[str] = []
    threshold: float = 0.0
    part: str | None = None
    required: bool = True

    @property
    def reads(self) -> list[str]:
        """Return the measures that it reads."""
        return [name for name in (self.measure, self.against, *self.controls) if name is not None]


class Cell(Table):
    """A place in the space of parameters: changes of the base that all arms share; ``effects`` it is on, or all."""

    name: Place
    changes: Annotated[Changes, Field(min_length=1)]
    why: str = ""
    effects: list[str] = []


class Null(Table):
    """The world without payoff links: arms differ as ever, outcomes must not."""

    changes: Annotated[Changes, Field(min_length=1)]
    why: str


class Dose(Table):
    """One parameter, an arm for each value."""

    key: str
    values: Annotated[list[Any], Field(min_length=3)]


class Switch(Table):
    """A mechanism that is on or off; what each means, as changes of the base."""

    on: Changes = {}
    off: Annotated[Changes, Field(min_length=1)]


class Region(Table):
    """A parameter of the region, like a factor of a design."""

    key: str
    range: Annotated[list[int | float], Field(min_length=2, max_length=2)] | None = None
    scale: Literal["linear", "log"] = "linear"
    values: list[Any] | None = None


class File(Table):
    """A claim file."""

    id: Id
    title: Place
    statement: str
    words: str
    mechanism: str
    base: str
    months: Annotated[int, Field(ge=1)] | None = None
    world: Changes = {}
    arms: dict[Name, Changes] = {}
    dose: Dose | None = None
    switches: dict[Name, Switch] = {}
    measures: dict[Name, Measure] = {}
    effect: Annotated[list[Effect], Field(min_length=1)]
    boundary: Annotated[list[Cell], Field(min_length=1)]
    null: Null
    region: Annotated[list[Region], Field(min_length=2)]
