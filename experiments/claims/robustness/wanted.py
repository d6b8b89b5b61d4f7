"""What is wanted beyond answers: which tests of robustness, what they cost, and what they found."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from experiments.claims.answers import ClaimAnswer
from experiments.claims.claim import Claim
from experiments.claims.laboratory import Laboratory
from experiments.claims.over import Budget
from experiments.claims.phase import phase
from experiments.claims.robustness.audit import audit
from experiments.claims.robustness.falsifier import falsify
from experiments.claims.robustness.listings import Listing, audited, falsified, specified
from experiments.claims.robustness.multiverse import multiverse, read_specifications
from experiments.fit.config import default_fit, read_fit
from experiments.shipped import shipped


class Wanted(NamedTuple):
    """Which tests of robustness are asked for."""

    audit: bool = False
    phase: bool = False
    multiverse: bool = False
    falsifier: bool = False


class Robustness(NamedTuple):
    """What they found: answers with what belongs to claims, further tables, and a line for each defect of the model."""

    answers: list[ClaimAnswer]
    listings: list[Listing]
    defects: list[str]


def runs_beyond(wanted: Wanted, claim: Claim, worlds: int, budget: Budget) -> int:
    """Return about the most runs that what is wanted of a claim takes, judged in so many worlds."""
    arms, beside = len(claim.arms), min(worlds, budget.beside)
    place = arms * beside * budget.seeds_of(arms, beside)
    most = place * (1 + len(claim.file.control)) if wanted.audit else 0
    return most + budget.runs // 4 * wanted.phase + budget.runs * wanted.multiverse + budget.runs * wanted.falsifier


def find(wanted: Wanted, answers: Sequence[ClaimAnswer], lab: Laboratory, budget: Budget, fit: Path) -> Robustness:
    """Carry out what is wanted.

    Raises:
        FlywheelError: a sweep was stopped, or could not be carried out.
    """
    full, listings, defects = list(answers), list[Listing](), list[str]()
    if wanted.audit:
        told = audit(full, lab, budget, fit)
        pairs = zip(full, told.claims, strict=True)
        full = [replace(answer, null=of.null, controls=of.controls) for answer, of in pairs]
        listings, defects = audited(told), told.defects
    if wanted.phase:
        full = [replace(answer, phase=phase(answer.claim, answer.worlds, lab, budget)) for answer in full]
    if wanted.multiverse:
        given = read_specifications(shipped("configs/multiverse.toml"))
        listings.append(specified([multiverse(each.claim, given, each.worlds, lab, budget) for each in full]))
    if wanted.falsifier:
        factors = read_fit(default_fit()).factors
        listings.append(falsified([falsify(each, lab, budget, factors) for each in full]))
    return Robustness(full, listings, defects)
