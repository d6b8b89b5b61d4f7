"""From findings to the verdict of a claim, and from verdicts to a family of them.

A claim says that all its required effects are there: it is supported if each is (an intersection-union test, which
needs no correction), contradicted if one goes the other way, negligible if one is too small to matter, else undecided.
Over the family Holm's procedure keeps the chance of any wrong verdict at the nominal level; what it strikes becomes
undecided.
"""

from __future__ import annotations

from collections.abc import Sequence

from experiments.propositions.evidence import Finding

ALPHA = 0.05


def verdict_of(findings: Sequence[Finding]) -> tuple[str, float]:
    """Return a claim's verdict and the smallest level at which it would be so."""
    required = [finding for finding in findings if finding.required]
    verdicts = [finding.verdict for finding in required]
    if all(verdict == "supported" for verdict in verdicts):
        return "supported", max(finding.p for finding in required)
    for verdict in ("contradicted", "negligible"):
        if verdict in verdicts:
            least = min(finding.p for finding in required if finding.verdict == verdict)
            return verdict, min(1.0, least * len(required))  # any one of them would do
    return "undecided", 1.0


def holm(levels: Sequence[float], alpha: float = ALPHA) -> list[bool]:
    """Return which of a family of verdicts stand, from the smallest level of each (Holm 1979)."""
    order = sorted(range(len(levels)), key=lambda n: levels[n])
    stand = [False] * len(levels)
    for rank, n in enumerate(order):
        if levels[n] > alpha / (len(levels) - rank):
            break
        stand[n] = True
    return stand
