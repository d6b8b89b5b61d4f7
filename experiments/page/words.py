"""What the page says in each language: its texts, from one table, outcomes with units, numbers, and findings."""

from __future__ import annotations

import csv
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from experiments.bands.numbers import Answer, Differences, answer_of
from experiments.messages.language import catalogue
from sim.outcomes import COLUMNS

LANGUAGES = {"en": "English", "zh": "中文"}
_COLUMNS = {column.name: column for column in COLUMNS}
_SHOWN = (
    "unit_cost", "capability", "average_rd_cost", "trial_price", "loop_gain", "reuse_share", "independent",
    "independent_size", "integrated", "users", "rival_users", "rival_unit_cost", "rival_capability",
    "adopted_openness", "cost_of_use", "commons_cost", "contributors", "inflow", "absorptive_capacity", "kept",
    "rd_spending", "cash", "misfit", "surplus", "frontier_cost",
)  # fmt: skip
OUTCOMES = {name: _COLUMNS[name] for name in _SHOWN}
"""Outcomes that can be drawn."""
HEADLINES = (
    "unit_cost", "capability", "average_rd_cost", "independent_size", "integrated", "users", "adopted_openness",
    "commons_cost",
)  # fmt: skip
"""Outcomes of the table."""
_RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
_FINDINGS: dict[Answer, str] = {
    "no_value": "no_pairs", "equal": "finding_equal", "not_told": "finding_none", "b_higher": "finding_higher",
    "b_lower": "finding_lower",
}  # fmt: skip


@cache
def table() -> dict[str, dict[str, str]]:
    """Return the words: by name, and then by language; Chinese that figures say too is in their catalogue alone."""
    with Path(__file__).with_name("words.csv").open(encoding="utf-8", newline="") as file:
        made = {row.pop("name"): row for row in csv.DictReader(file)}
    for name, texts in made.items():
        kind, _, rest = name.partition(".")
        texts["zh"] = texts["zh"] or catalogue().terms[f"{kind}s"][rest]
    return made


def word(name: str, language: str, **values: Any) -> str:
    """Return a text of the page.

    Args:
        name: its name in the table.
        language: "en" or "zh".
        values: what stands in its braces.
    """
    text = table()[name][language]
    return text.format(**values) if values else text


def known_word(name: str, else_said: str, language: str) -> str:
    """Return a text of the page, or another where the table has none, as of a user's own slots."""
    return word(name, language) if name in table() else else_said


def unit(name: str, language: str) -> str:
    """Return a unit in words; empty for none."""
    return "" if name == "1" else word(f"unit.{name}", language)


def axis_of(outcome: str, language: str) -> str:
    """Return an outcome in words, with its unit."""
    name, measure = word(f"outcome.{outcome}", language), unit(OUTCOMES[outcome].unit, language)
    return f"{name} ({measure})" if measure else name


def shown(value: float) -> str:
    """Return a number for people, with three digits."""
    if not np.isfinite(value):
        return "–"
    digits, _, power = (f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}").partition("e")
    return (digits + (f"×10{str(int(power)).translate(_RAISED)}" if power else "")).replace("-", "−")


def last_answer(found: Differences) -> Answer:
    """Return what the last month's difference tells."""
    return answer_of(found.mean[-1], found.low[-1], found.high[-1])


def finding_of(found: Differences, language: str) -> str:
    """Return the last month's difference in a sentence."""
    answer, mean = last_answer(found), found.mean[-1]
    ends = found.low[-1], found.high[-1]
    if answer == "b_lower":
        mean, ends = -mean, (-ends[1], -ends[0])
    return word(
        _FINDINGS[answer], language, month=len(found.mean), difference=shown(mean), low=shown(ends[0]),
        high=shown(ends[1]), pairs=int(found.seeds[-1]),
    )  # fmt: skip
