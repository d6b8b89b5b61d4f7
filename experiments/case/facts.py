"""The case's dated facts, as kept in ``experiments/data``, and what is computed from them.

    systems cost      GPU-hours per token and active parameter
    compute           6 · active parameters · tokens
    gain              10^((logit b - logit a) / slope) / (compute b / compute a)
    slope             rise of logit MMLU from the smallest to the largest Llama 2, a decade of compute at equal tokens
    reuse             share of a release's named modules that it reuses, an inherited one among them

A gain above 1 means more capability than the compute alone would have bought: better algorithms and data.
"""

from __future__ import annotations

import csv
import datetime
import math
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from typing import NamedTuple

import numpy as np

ORIGIN = datetime.date(2023, 5, 1)
"""Month 0: six months before the first release, as no founding is dated among the facts."""
LAST_MONTH = 19
"""Month of the last facts, December 2024."""

CODER, DENSE, EXPERTS, MATH = "DeepSeek Coder", "DeepSeek LLM 67B", "DeepSeekMoE 16B", "DeepSeekMath 7B"
SPARSE, MERGED, LATEST = "DeepSeek-V2", "DeepSeek-V2.5", "DeepSeek-V3"

COST, ACTIVE, TOKENS = "training time per 10^12 tokens", "active parameters", "training tokens"
BASE, CHAT = "MMLU base", "MMLU-Pro chat"
HALVING = "halving time of compute for a performance"
SERVING = "throughput of DeepSeek MLA against before"
INTEGRATIONS = "third-party integrations"
_YARDSTICK = "Llama 2 "


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


@cache
def facts() -> tuple[Fact, ...]:
    """Return all facts, in order of date."""
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
        for row in _rows("case_facts.csv")
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


def releases() -> dict[str, datetime.date]:
    """Return the dated releases, in order."""
    return {fact.subject: fact.date for fact in facts() if fact.kind == "release"}


def introduced(product: str) -> frozenset[str]:
    """Return the slots for which a release introduced a module."""
    return frozenset(fact.slot for fact in modules() if fact.product == product and fact.relation == "introduces")


def inherited() -> frozenset[str]:
    """Return the slots that hold what the parent left."""
    return frozenset(fact.slot for fact in modules() if fact.relation == "inherited")


def measured(measure: str) -> dict[str, float]:
    """Return a measure by subject."""
    return {fact.subject: fact.value for fact in facts() if fact.measure == measure}


def integrations() -> dict[int, float]:
    """Return the rows of the vendor's list of integrations by month."""
    return {month(fact.date): fact.value for fact in facts() if fact.subject == INTEGRATIONS}


# What is computed.


def hours_per_parameter(product: str) -> float:
    """Return GPU-hours per token and active parameter: 10³ hours per 10¹² tokens and 10⁹ parameters."""
    return measured(COST)[product] / measured(ACTIVE)[product]


def compute(model: str) -> float:
    """Return training compute, FLOP."""
    return 6.0 * measured(ACTIVE)[model] * 1e9 * measured(TOKENS)[model] * 1e12


def yardstick_slope() -> float:
    """Return the rise of logit MMLU with a decade of compute from the smallest to the largest Llama 2: same recipe."""
    scores = {model: score for model, score in measured(BASE).items() if model.startswith(_YARDSTICK)}
    small, large = min(scores, key=compute), max(scores, key=compute)
    return (_logit(scores[large]) - _logit(scores[small])) / math.log10(compute(large) / compute(small))


def gain(before: str, after: str, benchmark: str) -> float:
    """Return the gain in capability from one model to another at equal compute, as a factor of compute."""
    scores = measured(benchmark)
    decades = (_logit(scores[after]) - _logit(scores[before])) / yardstick_slope()
    return float(10.0**decades * compute(before) / compute(after))


def _logit(score: float) -> float:
    return math.log(score / (100.0 - score))


def reuse_shares() -> dict[str, float]:
    """Return the share of each release's named modules that it did not introduce."""
    shares = {}
    for product in releases():
        relations = [fact.relation for fact in modules() if fact.product == product]
        shares[product] = 1.0 - relations.count("introduces") / len(relations)
    return shares


def later_less_earlier(values: list[float]) -> float:
    """Return the mean of the later half less that of the earlier."""
    half = len(values) // 2
    return float(np.mean(values[half:]) - np.mean(values[:half]))
