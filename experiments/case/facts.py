"""The case's dated facts, as kept in ``experiments/data``, and what the patterns read from them."""

from __future__ import annotations

import csv
import datetime
import math
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from typing import NamedTuple

ORIGIN = datetime.date(2023, 5, 1)
"""Month 0: six months before the first release, as no founding is dated among the facts."""

DENSE, SPARSE, LATEST = "DeepSeek LLM 67B", "DeepSeek-V2", "DeepSeek-V3"
GENERATIONS = (DENSE, SPARSE, LATEST)
"""The three generations whose cost and capability are known."""

COST = "training time per 10^12 tokens"
ACTIVE = "active parameters"
CAPABILITY = "MMLU base"
INTEGRATIONS = "third-party integrations"


class Fact(NamedTuple):
    """One dated fact with its source."""

    date: datetime.date
    kind: str
    subject: str
    measure: str
    value: float
    unit: str
    source: str
    note: str


class ModuleFact(NamedTuple):
    """What one release did with one named module: introduces, reuses, or inherited; the slot is our reading."""

    date: datetime.date
    product: str
    slot: str
    relation: str
    module: str
    source: str
    note: str


class Observation(NamedTuple):
    """What is compared, of the case or of one run: by release, by generation where that is all there is, and by date.

    Attributes:
        unit_cost: cost per unit of compute, any unit.
        capability: any scale that rises with it.
        reuse_share: modules reused over all.
        users: users, or a count that follows them, by month.
    """

    unit_cost: dict[str, float]
    capability: dict[str, float]
    reuse_share: dict[str, float]
    users: dict[int, float]


@cache
def facts() -> tuple[Fact, ...]:
    """Return all facts, in order of date."""
    rows = _rows("case_facts.csv")
    return tuple(
        Fact(
            datetime.date.fromisoformat(row["date"]),
            row["kind"],
            row["subject"],
            row["measure"],
            float(row["value"] or math.nan),
            row["unit"],
            row["source"],
            row["note"],
        )
        for row in rows
    )


@cache
def modules() -> tuple[ModuleFact, ...]:
    """Return which release introduced or reused which module, in order of date."""
    rows = _rows("case_modules.csv")
    return tuple(ModuleFact(datetime.date.fromisoformat(row.pop("date")), **row) for row in rows)


def _rows(name: str) -> Iterator[dict[str, str]]:
    text = (files("experiments") / "data" / name).read_text(encoding="utf-8")
    yield from csv.DictReader(text.splitlines())


def month(date: datetime.date) -> int:
    """Return the month of a date, counted from ``ORIGIN``."""
    return 12 * (date.year - ORIGIN.year) + date.month - ORIGIN.month


def date_of(month: int) -> datetime.date:
    """Return the first day of a month counted from ``ORIGIN``."""
    years, months = divmod(ORIGIN.month - 1 + month, 12)
    return datetime.date(ORIGIN.year + years, months + 1, 1)


def releases() -> dict[str, datetime.date]:
    """Return the dated releases, in order."""
    return {fact.subject: fact.date for fact in facts() if fact.kind == "release"}


def measured(measure: str) -> dict[str, float]:
    """Return a measure by subject."""
    return {fact.subject: fact.value for fact in facts() if fact.measure == measure}


def introduced(product: str) -> frozenset[str]:
    """Return the slots for which a release introduced a module."""
    return frozenset(fact.slot for fact in modules() if fact.product == product and fact.relation == "introduces")


def inherited() -> frozenset[str]:
    """Return the slots that hold what the parent left."""
    return frozenset(fact.slot for fact in modules() if fact.relation == "inherited")


def active_parameters() -> dict[str, float]:
    """Return the active parameters of the three generations, 10^9: facts of design, given to the model's side too."""
    values = measured(ACTIVE)
    return {product: values[product] for product in GENERATIONS}


def observed() -> Observation:
    """Return the case as the patterns see it. An inherited module counts as reused, as it does in the model."""
    hours, active, mmlu = measured(COST), active_parameters(), measured(CAPABILITY)
    shares = {}
    for product in releases():
        relations = [fact.relation for fact in modules() if fact.product == product]
        shares[product] = 1.0 - relations.count("introduces") / len(relations)
    return Observation(
        unit_cost={product: hours[product] / active[product] for product in GENERATIONS},
        capability={product: mmlu[product] for product in GENERATIONS},
        reuse_share=shares,
        users={month(fact.date): fact.value for fact in facts() if fact.subject == INTEGRATIONS},
    )
