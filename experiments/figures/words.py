"""Numbers in words, for titles and ticks: they read first and last values and compute nothing else."""

from __future__ import annotations

import math
import re

import numpy as np
from numpy.typing import NDArray

from experiments.messages.language import LANGUAGES, language, marked, phrase, term
from sim.parameters import Parameters

Floats = NDArray[np.float64]

NBSP = "\u00a0"  # a number must not be parted from its unit at the end of a line
_RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def number(value: float, digits: int = 2) -> str:
    """Return a number to that many significant digits, whole ones in full: 1,234 or 0.24 or 3×10⁻⁹."""
    if not math.isfinite(value):
        return "?"
    if value == 0.0:
        return "0"
    if 1e-3 <= abs(value) < 1e6:
        decimals = max(0, digits - 1 - math.floor(math.log10(abs(value))))
        text = f"{value:,.{decimals}f}"
        return text.rstrip("0").rstrip(".") if "." in text else text
    mantissa, exponent = f"{value:.{digits - 1}e}".split("e")
    mantissa = mantissa.rstrip("0").rstrip(".") if "." in mantissa else mantissa
    power = power_of_ten(int(exponent))
    return power if mantissa == "1" else f"-{power}" if mantissa == "-1" else f"{mantissa}×{power}"


def labelled(name: str, unit: str) -> str:
    """Return a name with its unit, for an axis."""
    if unit in ("", "1"):
        return reworded(name)
    return phrase("{name} ({unit})", name=reworded(name), unit=unit_in_words(unit))


def unit_in_words(unit: str) -> str:
    """Return a unit in the language that is spoken."""
    return term("units", unit) or unit


_SAID = {"rd": "R&D"}
_NAMED = re.compile(
    r"\b(final|mean|[a-z_]+)\.([a-z][a-z0-9_]*)\b", re.ASCII
)  # a name may stand between Chinese letters
_AT = re.compile(r"_at_(\d+)$")
_ENDS = {"final": marked("{outcome} at the end"), "mean": marked("{outcome}, mean over the months")}


def in_words(name: str) -> str:
    """Return the name of a column, outcome or parameter in words.

    ``rd_spending`` is "R&D spending", ``final.unit_cost`` "unit cost at the end", ``final.users_at_12`` "users at month
    12", and ``flywheel.elasticity`` "flywheel elasticity".
    """
    if (parameter := term("parameters", name)) is not None:
        return parameter
    section, _, last = name.rpartition(".")
    column, dated = _AT.sub("", last), _AT.search(last)
    said = term("outcomes", column) or _spaced(column)
    if dated is not None:
        said = phrase("{outcome} at month {month}", outcome=said, month=dated[1])
    if section in _ENDS:
        return said if dated else phrase(_ENDS[section], outcome=said)
    return f"{_spaced(section.replace('.', '_'))} {said}" if section else said


def _spaced(name: str) -> str:
    return " ".join(_SAID.get(word, word) for word in name.split("_"))


def reworded(text: str) -> str:
    """Return text with outcomes and parameters in words in place of names such as ``final.users``."""
    return _NAMED.sub(lambda found: in_words(found[0]) if _is_name(found[1]) else found[0], text)


def _is_name(section: str) -> bool:
    return section in _ENDS or section in Parameters.model_fields


def capital(text: str) -> str:
    """Return a text that begins with a capital letter."""
    return text[:1].upper() + text[1:]


def power_of_ten(exponent: int) -> str:
    """Return a power of ten: 10⁻⁹."""
    return f"10{str(exponent).translate(_RAISED)}"


def percent(share: float) -> str:
    """Return a share as a percentage: 12 %."""
    return phrase("{number}\u00a0%", number=number(100.0 * share))


def count(value: float, one: str, many: str) -> str:
    """Return how many, with the noun in its number: 1 release, 2 releases, no releases.

    In other languages it is the phrase "{number} releases", also of one or none.
    """
    if language() != LANGUAGES[0]:
        counted = f"{{number}} {many}"
        return phrase(counted, number=f"{value:,.0f}" if math.isfinite(value) else 0)
    if not math.isfinite(value):
        return f"no {many}"
    return f"{value:,.0f}{NBSP}{one if value == 1 else many}" if value else f"no {many}"


def first(values: Floats) -> float:
    """Return the first finite value, NaN if there is none."""
    finite = values[np.isfinite(values)]
    return float(finite[0]) if finite.size else math.nan


def last(values: Floats) -> float:
    """Return the last finite value, NaN if there is none."""
    finite = values[np.isfinite(values)]
    return float(finite[-1]) if finite.size else math.nan


def course(start: float, end: float) -> str:
    """Return the verb for the way from one value to another."""
    return phrase("falls to" if end < start else "rises to" if end > start else "stays at")
