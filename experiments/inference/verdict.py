"""From an interval to a verdict on a claim of direction, and over a family of claims by Holm (1979).

With the claimed sign turned to +, and s the smallest effect of interest (SESOI):

    supported      the interval lies above s          contradicted   it lies below -s
    negligible     it lies within [-s, s]: the effect is equivalent to none (two one-sided tests, at half the level)
    undecided      else

If the interval covers with 1 - α, a verdict other than undecided is wrong with α at most. Its p-value is the least α at
which the interval would decide anything; nested intervals decide the same at every larger α.

A claim that several effects are all there, k of them, is supported if each is: an intersection-union test, which needs
no correction (Berger 1982). That one of them is the wrong way or too small speaks against it, and any one would do:
each is held to α/k (Bonferroni). So the claim's verdict is wrong with α at most, whatever is true of its effects.

Holm over the p-values of a family of claims keeps the chance of any false rejection at α or less, however the claims
hang together; that of any wrong direction, too, is proved for independent claims (Shaffer 1980).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal, NamedTuple

from experiments.inference.intervals import Interval

Kind = Literal["supported", "contradicted", "negligible", "undecided"]

_LEAST = 1e-12  # no level below this is told apart
_HALVINGS = 24


class Verdict(NamedTuple):
    """A verdict, its p-value (``adjusted`` for the family, if any), its interval if it rests on one, and why."""

    kind: Kind
    p: float
    adjusted: float
    interval: Interval | None
    why: str


def judge(interval: Interval, expected_sign: int, sesoi: float) -> Kind:
    """Return the verdict of an interval on a claim that the effect has this sign.

    Raises:
        ValueError: the sign is not 1 or -1, or ``sesoi`` is negative or no number.
    """
    if expected_sign not in (1, -1):
        raise ValueError(f"the expected sign must be 1 or -1, not {expected_sign}")
    if not sesoi >= 0.0:
        raise ValueError(f"the smallest effect of interest must be 0 or more, not {sesoi}")
    low, high = (interval.low, interval.high) if expected_sign > 0 else (-interval.high, -interval.low)
    if low > sesoi:
        return "supported"
    if high < -sesoi:
        return "contradicted"
    return "negligible" if -sesoi <= low and high <= sesoi else "undecided"


def decide(
    interval_of: Callable[[float], Interval], expected_sign: int, sesoi: float, confidence: float = 0.95
) -> Verdict:
    """Return the verdict and its p-value; ``interval_of`` gives the interval of any confidence."""
    interval = interval_of(confidence)
    kind = judge(interval, expected_sign, sesoi)
    p = _least_level(lambda level: judge(interval_of(1.0 - level), expected_sign, sesoi) != "undecided")
    return Verdict(kind, p, p, interval, _reason(kind, interval, sesoi))


def weigh(p_supported: float, p_contradicted: float, confidence: float = 0.95) -> Verdict:
    """Return the verdict of two one-sided tests, one against each direction; it cannot be negligible.

    The smaller p-value counts twice, since either could have decided.
    """
    p = min(1.0, 2.0 * min(p_supported, p_contradicted))
    kind: Kind = "supported" if p_supported < p_contradicted else "contradicted"
    if p > 1.0 - confidence:
        return Verdict("undecided", p, p, None, "neither direction is rejected")
    return Verdict(kind, p, p, None, "the opposite is rejected")


def jointly(verdicts: Sequence[Verdict], confidence: float = 0.95) -> Verdict:
    """Return the verdict on a claim that all of some effects are there, given the verdict on each; and whose it is.

    Its ``why`` is that of the effect that decides; of one that is undecided, that of an effect which is not settled, or
    does not outlast the correction.
    """
    if all(verdict.kind == "supported" for verdict in verdicts):
        return max(verdicts, key=lambda verdict: verdict.p)
    # By the alphabet: contradicted first, which says more.
    against = sorted((v for v in verdicts if v.kind in ("contradicted", "negligible")), key=lambda v: (v.kind, v.p))
    for verdict in against:
        if (p := len(verdicts) * verdict.p) <= 1.0 - confidence:
            return Verdict(verdict.kind, p, p, None, verdict.why)
    open_ones = [verdict for verdict in verdicts if verdict.kind == "undecided"]
    return Verdict("undecided", 1.0, 1.0, None, (open_ones or against)[0].why)


def holm(verdicts: Sequence[Verdict], confidence: float = 0.95) -> list[Verdict]:
    """Return the verdicts of a family: what does not survive Holm's correction is undecided, and says so."""
    adjusted = holm_adjusted([verdict.p for verdict in verdicts])
    return [_corrected(*each, len(verdicts), confidence) for each in zip(verdicts, adjusted, strict=True)]


def holm_adjusted(p: Sequence[float]) -> list[float]:
    """Return Holm's adjusted p-values: of m, the smallest times m, the next times m - 1, …, in the same order."""
    adjusted, running = [0.0] * len(p), 0.0
    for rank, place in enumerate(sorted(range(len(p)), key=p.__getitem__)):
        running = max(running, min(1.0, (len(p) - rank) * p[place]))
        adjusted[place] = running
    return adjusted


def _corrected(verdict: Verdict, adjusted: float, claims: int, confidence: float) -> Verdict:
    if verdict.kind == "undecided" or adjusted <= 1.0 - confidence:
        return verdict._replace(adjusted=adjusted)
    why = f"{verdict.kind} by itself, p = {verdict.p:.2g}; not after Holm over {claims} claims, p = {adjusted:.2g}"
    return verdict._replace(kind="undecided", adjusted=adjusted, why=why)


def _least_level(decides: Callable[[float], bool]) -> float:
    """Return the least level at which something decides, by halving its logarithm; 1 if nothing does."""
    if decides(_LEAST):
        return _LEAST
    low, high = _LEAST, 1.0
    for _ in range(_HALVINGS):
        middle = (low * high) ** 0.5
        low, high = (low, middle) if decides(middle) else (middle, high)
    return high


def _reason(kind: Kind, interval: Interval, sesoi: float) -> str:
    place = {
        "supported": "beyond the smallest effect of interest", "contradicted": "beyond it on the wrong side",
        "negligible": "within the smallest effect of interest", "undecided": "across a bound of interest",
    }[kind]  # fmt: skip
    shown = f"[{interval.low:.4g}, {interval.high:.4g}]"
    return f"the {100.0 * interval.confidence:.4g} % interval {shown} lies {place}, {sesoi:.4g}"
