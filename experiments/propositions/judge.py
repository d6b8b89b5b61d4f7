"""From findings to the verdict of a claim, which says that all its required effects are there.

The rule, and what it corrects for, is ``experiments.inference.verdict.jointly``; over the family of claims Holm's
procedure follows (``experiments.inference.verdict.holm``).
"""

from __future__ import annotations

from collections.abc import Sequence

from experiments.inference.verdict import Verdict, jointly
from experiments.propositions.evidence import Finding


def verdict_of(findings: Sequence[Finding]) -> Verdict:
    """Return a claim's verdict, with the smallest level at which it would be decided, and which finding decides."""
    required = [finding for finding in findings if finding.required]
    return jointly([Verdict(f.verdict, f.p, f.p, None, f.name) for f in required], required[0].confidence)


def settled(findings: Sequence[Finding], family: int) -> bool:
    """Return whether more seeds would change nothing: each required effect is decided, and Holm leaves the verdict.

    ``family`` is how many claims are judged together: Holm's procedure asks no more of a p-value than α over that.
    """
    required = [finding for finding in findings if finding.required]
    decided = all(finding.verdict != "undecided" for finding in required)
    return decided and verdict_of(required).p * family <= 1.0 - required[0].confidence
