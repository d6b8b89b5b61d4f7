"""Numbers in words, for titles and ticks: they read first and last values and compute nothing else."""

from __future__ import annotations

import math
import re

import numpy as np
from numpy.typing import NDArray

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
    return reworded(name) if unit in ("", "1") else f"{reworded(name)} ({unit})"


_SAID = {"rd": "R&D"}
_NAMED = re.compile(r"\b(final|mean|[a-z_]+)\.([a-z][a-z0-9_]*)\b")
_AT = re.compile(r"_at_(\d+)$")
_ENDS = {"final": "{} at the end", "mean": "{}, mean over the months"}


def in_words(name: str) -> str:
    """Return the name of a column, outcome or parameter in words.

    ``rd_spending`` is "R&D spending", ``final.unit_cost`` "unit cost at the end", ``final.users_at_12`` "users at month
    12", and ``flywheel.elasticity`` "flywheel elasticity".
    """
    section, _, last = name.rpartition(".")
    dated = _AT.search(last) is not None
    said = " ".join(_SAID.get(word, word) for word in _AT.sub(r" at month \1", last).split("_"))
    if section in _ENDS:
        return said if dated else _ENDS[section].format(said)
    return " ".join([*section.replace(".", "_").split("_"), said]) if section else said


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
    return f"{number(100.0 * share)}{NBSP}%"


def count(value: float, one: str, many: str) -> str:
    """Return how many, with the noun in its number: 1 release, 2 releases, no releases."""
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
    return "falls to" if end < start else "rises to" if end > start else "stays at"
