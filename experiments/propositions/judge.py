"""From findings to the verdict of a claim.

A claim says that all its required effects are there: it is supported if each is (an intersection-union test, which
needs no correction), contradicted if one goes the other way, negligible if one is too small to matter, else undecided.
Over the family of claims Holm's procedure follows (``experiments.inference.verdict.holm``).
"""

from __future__ import annotations

from collections.abc import Sequence

from experiments.inference.verdict import Verdict
from experiments.propositions.evidence import Finding


def verdict_of(findings: Sequence[Finding]) -> Verdict:
    """Return a claim's verdict, with the smallest level at which it would be decided, and which finding decides."""
    required = [finding for finding in findings if finding.required]
    if all(finding.verdict == "supported" for finding in required):
        weakest = max(required, key=lambda finding: finding.p)
        return Verdict("supported", weakest.p, weakest.p, None, weakest.name)
    for kind in ("contradicted", "negligible"):
        speaking = [finding for finding in required if finding.verdict == kind]
        if speaking:
            clearest = min(speaking, key=lambda finding: finding.p)
            p = min(1.0, clearest.p * len(required))  # any one of them would do
            return Verdict(kind, p, p, None, clearest.name)
    return Verdict("undecided", 1.0, 1.0, None, next(f.name for f in required if f.verdict == "undecided"))
