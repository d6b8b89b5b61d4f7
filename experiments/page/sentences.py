"""What the numbers of the page say, in words."""

from __future__ import annotations

import numpy as np

from experiments.page.bands import Difference
from experiments.page.charts import shown
from experiments.page.outcomes import OUTCOMES
from experiments.page.words import unit, word


def axis_of(outcome: str, language: str) -> str:
    """Return an outcome in words, with its unit."""
    name, measure = word(f"outcome.{outcome}", language), unit(OUTCOMES[outcome].unit, language)
    return f"{name} ({measure})" if measure else name


def answer_of(found: Difference) -> str:
    """Return the name of the word for what the last month's difference says."""
    mean, low, high = found.mean[-1], found.low[-1], found.high[-1]
    if not found.pairs[-1]:
        return "no_value"
    if low == high == mean == 0.0:
        return "equal"
    if not np.isfinite(low) or low <= 0.0 <= high:
        return "not_told"
    return "b_higher" if mean > 0.0 else "b_lower"


def finding_of(found: Difference, language: str) -> str:
    """Return the last month's difference in a sentence."""
    kind = {"b_higher": "higher", "b_lower": "lower", "not_told": "none", "equal": "equal"}.get(answer_of(found))
    if kind is None:
        return word("no_pairs", language)
    mean = found.mean[-1] if kind == "none" else abs(found.mean[-1])
    low, high = found.low[-1], found.high[-1]
    if kind == "lower":
        low, high = -high, -low
    return word(
        f"finding_{kind}", language, month=len(found.mean), difference=shown(mean), low=shown(low), high=shown(high),
        pairs=int(found.pairs[-1]),
    )  # fmt: skip
