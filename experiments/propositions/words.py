"""One effect in words: natural units, intervals, what it means, and how many seeds it would take to settle it.

Effects are plain data (``evidence.Finding.as_data``), estimands and measures too (``told``). Names of arms and
parameters stand between backticks, as in Markdown; ``bare`` takes them off for figures and terminals.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np

from experiments.figures.words import NBSP, number

Data = Mapping[str, Any]

_MOST_PLACES = 6
_MOST_TIMES = 1000.0

EFFECT_WORDS = {
    "supported": "as claimed",
    "contradicted": "the other way",
    "negligible": "too small to matter",
    "undecided": "not settled",
}


class Natural(NamedTuple):
    """An effect in a unit that people use: percent for log points and shares, a ratio for hazards.

    ``zone`` holds what is too small to matter, around ``nothing``; ``ratio`` belongs on a log axis.
    """

    estimate: float
    low: float
    high: float
    nothing: float
    zone: tuple[float, float]
    unit: str
    ratio: bool = False

    def said(self, value: float) -> str:
        """Return a number as precisely as the interval allows: half its width has two digits."""
        half = 0.5 * (self.high - self.low)
        if self.ratio or not math.isfinite(value) or not math.isfinite(half) or half <= 0.0:
            return figure(value)
        places = max(0, 1 - math.floor(math.log10(half)))
        return figure(value) if places > _MOST_PLACES else f"{round(value, places) + 0.0:,.{places}f}"

    def quantity(self, value: float) -> str:
        """Return a number with its unit; of a share, only percent."""
        unit = "%" if self.unit.startswith("%") else self.unit
        return f"{self.said(value)}{NBSP}{unit}" if unit else self.said(value)


def natural(effect: Data, estimand: Data | None = None, measures: Data | None = None) -> Natural:
    """Return an effect in natural units; log points x become 100 (exp x − 1) percent, log hazard ratios exp x."""
    unit = str(effect["unit"])
    convert: Callable[[float], float] = _same
    if unit == "log points":
        convert, unit = _percent_of_log, "%"
    elif unit.startswith("share"):
        convert, unit = _hundredfold, "%" + unit.removeprefix("share").replace("of ", "of the mean of ")
    elif unit == "log hazard ratio":
        convert, unit = _exp, "times"
    elif unit == "elasticity":
        unit = ""
    elif unit == "outcome's":
        unit = str((measures or {}).get((estimand or {}).get("measure", ""), {}).get("unit", ""))
    nothing, sesoi = float(effect["nothing"]), float(effect["sesoi"])
    return Natural(
        estimate=convert(number_of(effect["estimate"])),
        low=convert(number_of(effect["low"], -math.inf)),
        high=convert(number_of(effect["high"], math.inf)),
        nothing=convert(nothing),
        zone=(convert(nothing - sesoi), convert(nothing + sesoi)),
        unit=unit,
        ratio=effect["unit"] == "log hazard ratio",
    )


def number_of(value: Any, missing: float = math.nan) -> float:
    """Return a number that went through JSON: nothing is ``missing``, infinities may be text."""
    return missing if value is None else float(value)


def in_sesoi(effect: Data) -> tuple[float, float, float]:
    """Return estimate, low and high in units of the smallest effect of interest, positive in the direction claimed."""
    sign = 1.0 if effect["sign"] == "+" else -1.0
    scaled = [
        sign * (number_of(effect[key], missing) - effect["nothing"]) / effect["sesoi"]
        for key, missing in (("estimate", math.nan), ("low", -math.inf), ("high", math.inf))
    ]
    return scaled[0], min(scaled[1:]), max(scaled[1:])


def short(effect: Data, estimand: Data | None = None, measures: Data | None = None) -> str:
    """Return estimate and interval: -19 % (-20 to -18)."""
    n = natural(effect, estimand, measures)
    if math.isnan(n.estimate):
        return "no estimate"
    return f"{n.quantity(n.estimate)} ({n.said(n.low)} to {n.said(n.high)})"


def figure(value: float) -> str:
    """Return a number for reading; infinite ones as ∞."""
    return number(value) if math.isfinite(value) else "?" if math.isnan(value) else "∞" if value > 0.0 else "-∞"


def sesoi_words(effect: Data, estimand: Data | None = None, measures: Data | None = None) -> str:
    """Return from where on the effect matters in the direction claimed: at most -15 %."""
    n = natural(effect, estimand, measures)
    bound = n.zone[1] if effect["sign"] == "+" else n.zone[0]
    unit = n.unit.removesuffix("s") if bound == 1.0 else n.unit
    return f"at {'least' if effect['sign'] == '+' else 'most'} {figure(bound)}{NBSP if unit else ''}{unit}"


def meaning(effect: Data, estimand: Data, measures: Data) -> str:
    """Return what the effect says, as a sentence with its interval."""
    n = natural(effect, estimand, measures)
    if math.isnan(n.estimate):
        return f"{_label(estimand['measure'], estimand, measures)}: no estimate ({effect['note'] or 'no number'})."
    told = _KINDS[effect["kind"]](n, estimand, measures)
    confidence = f"{100.0 * effect['confidence']:.0f}{NBSP}%"
    return f"{told} ({confidence} interval: {_span(n, effect['kind'])})."


def bare(text: str) -> str:
    """Return words without backticks."""
    return text.replace("`", "")


def seeds_needed(effect: Data) -> tuple[int | None, bool]:
    """Return about how many seeds would settle an effect, and whether it lies near the bound of interest itself.

    Half-widths shrink with the root of the seeds. An interval wider than the smallest effect of interest must shrink to
    that: n (half-width/SESOI)². A narrower one lies across a bound; it must shrink to its distance from it. Nothing if
    the interval has no width yet, or no bounds, or would have to shrink a thousandfold.
    """
    low, high = number_of(effect["low"], -math.inf), number_of(effect["high"], math.inf)
    estimate = number_of(effect["estimate"])
    half = 0.5 * (high - low)
    if not math.isfinite(half) or half <= 0.0 or math.isnan(estimate):
        return None, False
    near = half <= effect["sesoi"]
    distance = abs(abs(estimate - effect["nothing"]) - effect["sesoi"])
    room = distance if near else float(effect["sesoi"])
    if room * _MOST_TIMES <= half:
        return None, near
    return math.ceil(effect["seeds"] * (half / room) ** 2), near


def power_words(effect: Data) -> str:
    """Return where power is lacking for an effect that is not settled."""
    needed, near = seeds_needed(effect)
    half = 0.5 * (number_of(effect["high"], math.inf) - number_of(effect["low"], -math.inf))
    if not math.isfinite(half):
        return f"With {effect['seeds']} seeds its interval has no bounds; how many more it needs cannot be said."
    reached = (
        f"the interval reaches {figure(half / effect['sesoi'])} times the smallest effect of interest to each side"
    )
    if needed is None:
        return f"After {effect['seeds']} seeds {reached}; no number of seeds worth naming would settle it."
    about = f"about {needed:,} seeds would be needed"
    if near:
        return (
            f"After {effect['seeds']} seeds {reached}, but across a bound of interest: to tell on which side the "
            f"effect lies, {about}, if the estimate stays where it is."
        )
    return f"After {effect['seeds']} seeds {reached}, too wide to tell: {about} to bring that down to once."


def _same(value: float) -> float:
    return value


def _hundredfold(value: float) -> float:
    return 100.0 * value


def _percent_of_log(value: float) -> float:
    with np.errstate(over="ignore"):
        return float(100.0 * np.expm1(value))


def _exp(value: float) -> float:
    with np.errstate(over="ignore"):
        return float(np.exp(value))


# What each kind of estimand says.


def _label(name: str, estimand: Data, measures: Data) -> str:
    label = str(measures[name]["label"]) if name in measures else name
    label = label[:1].upper() + label[1:]
    return f"{label}, plus one" if estimand["scales"][0] == "log1p" else label


def _words_of(n: Natural, value: float, more: str, less: str) -> str:
    return f"{n.quantity(abs(value))} {more if value >= 0.0 else less}"


_DIRECTIONS = {
    "difference": ("higher", "lower"),
    "interaction": ("above", "below"),
    "complements": ("above", "below"),
    "inverted-u": ("above", "below"),
    "slope": ("% more", "% less"),
    "coefficient": ("% more", "% less"),
}


def _span(n: Natural, kind: str) -> str:
    if kind not in _DIRECTIONS:
        return f"{n.said(n.low)} to {n.quantity(n.high)}"
    return f"{_words_of(n, n.low, *_DIRECTIONS[kind])} to {_words_of(n, n.high, *_DIRECTIONS[kind])}"


def _difference(n: Natural, estimand: Data, measures: Data) -> str:
    one, other = estimand["arms"]
    of = estimand["of"]
    base = f", in parts of the mean of `{of}`" if of not in (None, other) else ""
    far = _words_of(n, n.estimate, *_DIRECTIONS["difference"])
    half = ", in the median of seeds" if estimand["statistic"] == "median" else ""
    return f"{_label(estimand['measure'], estimand, measures)}: {far} in `{one}` than in `{other}`{base}{half}"


def _interaction(n: Natural, estimand: Data, measures: Data) -> str:
    arms = estimand["arms"]
    far = _words_of(n, n.estimate, *_DIRECTIONS["interaction"])
    if estimand["of"] is not None:
        far = far.replace("%", f"% of the mean of `{estimand['of']}`", 1)
    sums = "add up to" if estimand["scales"][0] == "level" else "multiply to"
    label = _label(estimand["measure"], estimand, measures)
    if len(arms) > 4:
        one, other = (f"`{arms[n]}` against `{arms[n + 1]}`" for n in (0, 2))
        return f"{label}: in the mean of {len(arms) // 4} comparisons such as this, {one} lies {far} {other}"
    return f"{label}: `{arms[0]}` lies {far} what `{arms[1]}` and `{arms[2]}` alone {sums}"


def _complements(n: Natural, estimand: Data, measures: Data) -> str:
    far = _words_of(n, n.estimate, *_DIRECTIONS["complements"])
    groups = len(estimand["arms"]) // 4
    which = "both together lie" if groups == 1 else f"in the least of {groups} comparisons both together lie"
    return f"{_label(estimand['measure'], estimand, measures)}: {which} {far} the sum of each alone"


def _hazard(n: Natural, estimand: Data, measures: Data) -> str:
    one, other = estimand["arms"]
    label = _label(estimand["measure"], estimand, measures)
    return f"{label}: `{one}` gets there first {n.said(n.estimate)} times as often as `{other}`"


def _inverted_u(n: Natural, estimand: Data, measures: Data) -> str:
    far = _words_of(n, n.estimate, *_DIRECTIONS["inverted-u"])
    return (
        f"{_label(estimand['measure'], estimand, measures)}: the best dose between lies {far} the better of both ends"
    )


def _elasticity(n: Natural, estimand: Data, measures: Data) -> str:
    plain = {**estimand, "scales": ["level"]}
    against = _label(estimand["against"], plain, measures)
    held = " and ".join(_lower(_label(name, plain, measures)) for name in estimand["controls"])
    beside = f", at the same {held}," if held else ""
    far = f"{n.said(abs(n.estimate))}{NBSP}{_DIRECTIONS['slope'][n.estimate < 0.0]}"
    label = _lower(_label(estimand["measure"], plain, measures))
    return f"1{NBSP}% more {_lower(against)}{beside} goes with {far} {label}"


def _scale(n: Natural, estimand: Data, measures: Data) -> str:
    label = _label(estimand["measure"], estimand, measures)
    return f"{label}: average cost is {n.said(n.estimate)} times marginal cost; only above 1 does scale save"


def _shapley(n: Natural, estimand: Data, measures: Data) -> str:
    label = _label(estimand["measure"], estimand, measures)
    share = n.quantity(n.estimate)
    if estimand["part"] == "spread":
        return f"{label}: {share} of what all mechanisms add is not the largest one's"
    return f"{label}: {share} of what all mechanisms add, none of them adds alone"


def _lower(text: str) -> str:
    """Return a label within a sentence; R&D and the like stay as they are."""
    return text if text[:2].isupper() or text[1:2] == "&" else text[:1].lower() + text[1:]


_KINDS: dict[str, Callable[[Natural, Data, Data], str]] = {
    "difference": _difference,
    "interaction": _interaction,
    "complements": _complements,
    "hazard-ratio": _hazard,
    "inverted-u": _inverted_u,
    "slope": _elasticity,
    "coefficient": _elasticity,
    "scale-elasticity": _scale,
    "shapley": _shapley,
}
