"""Looking again and again: seeds come in batches, and the intervals of all looks together keep their confidence.

Looks are planned from a cap on the seeds: the cap, half of it, a quarter and so on, down to 20 or so. The error that is
allowed, α, is spent in proportion to the seeds: the look at n, after one at m, is a t interval of level

    α (n - m) / cap

so the last look spends half of it. By Bonferroni's inequality all intervals cover together with 1 - α or more, whatever
the rule by which one stops, as far as each t interval covers. The linear spending function is Kim and DeMets's (1987).
A p-value of a look is valid over all looks once divided by the same share: so any other test, too, can look again.
"""

from __future__ import annotations

from numpy.typing import ArrayLike

from experiments.inference.intervals import Interval, finite, t_interval

FEWEST = 20


def looks(cap: int, fewest: int = FEWEST) -> tuple[int, ...]:
    """Return the planned numbers of seeds, ascending; the last is ``cap``.

    Raises:
        ValueError: ``cap`` or ``fewest`` is below 2.
    """
    if min(cap, fewest) < 2:
        raise ValueError(f"a look needs 2 seeds or more, not {min(cap, fewest)}")
    planned = [cap]
    while (half := (planned[-1] + 1) // 2) >= fewest:
        planned.append(half)
    return tuple(reversed(planned))


def share(n: int, cap: int, fewest: int = FEWEST) -> float:
    """Return the share of the allowed error that the look at ``n`` seeds spends.

    Raises:
        ValueError: no look is planned there.
    """
    planned = looks(cap, fewest)
    if n not in planned:
        raise ValueError(f"no look is planned at {n} seeds: looks are at {', '.join(map(str, planned))}")
    before = planned[planned.index(n) - 1] if n != planned[0] else 0
    return (n - before) / cap


def confidence_at(n: int, cap: int, confidence: float = 0.95, fewest: int = FEWEST) -> float:
    """Return what confidence an interval of the look at ``n`` must have, for all looks to have ``confidence``."""
    return 1.0 - (1.0 - confidence) * share(n, cap, fewest)


def p_at(p: float, n: int, cap: int, fewest: int = FEWEST) -> float:
    """Return the p-value of a test at the look at ``n``, made valid over all looks."""
    return min(1.0, p / share(n, cap, fewest))


def interval_at(differences: ArrayLike, cap: int, confidence: float = 0.95, fewest: int = FEWEST) -> Interval:
    """Return the interval of the mean that is valid over all looks, at the look that the differences make.

    Raises:
        ValueError: no look is planned at that many, or one is not a finite number.
    """
    checked = finite(differences)
    found = t_interval(checked, confidence_at(len(checked), cap, confidence, fewest))
    return found._replace(confidence=confidence, method="t over looks")
