"""What is wanted beyond answers: which tests of robustness, what they cost, and what they found."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from experiments.claims.answers import ClaimAnswer
from experiments.claims.budget import Budget
from experiments.claims.claim import Claim
from experiments.claims.laboratory import Laboratory
from experiments.claims.robustness.audit import audit
from experiments.claims.robustness.listings import Listing, audited


class Wanted(NamedTuple):
    """Which tests of robustness are asked for."""

    audit: bool = False


class Robustness(NamedTuple):
    """What they found: answers with what belongs to claims, further tables, and a line for each defect of the model."""

    answers: list[ClaimAnswer]
    listings: list[Listing]
    defects: list[str]


def runs_beyond(wanted: Wanted, claim: Claim, worlds: int, budget: Budget) -> int:
    """Return the most runs that what is wanted of a claim takes, judged in so many worlds."""
    arms, beside = len(claim.arms), min(worlds, budget.beside)
    place = arms * beside * budget.seeds_of(arms, beside)
    return place * (1 + len(claim.file.control)) if wanted.audit else 0


def find(wanted: Wanted, answers: Sequence[ClaimAnswer], lab: Laboratory, budget: Budget, fit: Path) -> Robustness:
    """Carry out what is wanted.

    Raises:
        FlywheelError: a sweep was stopped, or could not be carried out.
    """
    found = Robustness(list(answers), [], [])
    if wanted.audit:
        told = audit(found.answers, lab, budget, fit)
        pairs = zip(found.answers, told.claims, strict=True)
        full = [replace(answer, null=of.null, controls=of.controls) for answer, of in pairs]
        found = Robustness(full, [*found.listings, *audited(told)], [*found.defects, *told.defects])
    return found
