"""From a claim to its result: look, judge, look again until it is decided or the budget is spent; so in each cell where
it must fail; then the region. In cells and region only those arms are run that the required effects need.

A result is plain data, the one that is written, drawn and reported; nothing later computes.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from experiments.identity import identity
from experiments.propositions.attribution import attribution
from experiments.propositions.budget import Budget, once
from experiments.propositions.channels import channels
from experiments.propositions.claims import Claim
from experiments.propositions.evidence import Look, find
from experiments.propositions.fingerprint import digests, fingerprint
from experiments.propositions.judge import settled, verdict_of
from experiments.propositions.laboratory import RUNS, Laboratory, store_name
from experiments.propositions.lock import status_of
from experiments.propositions.region import Place, describe, spots_of
from experiments.propositions.told import told
from experiments.propositions.worlds import Sample, Spot

BASE = Spot("base", {})
_FIRST = 3  # runs whose digests stand in a result
_OUTCOMES = {"supported": "held", "undecided": "open"}  # of a cell where a claim must fail; else it failed


def asked(claim: Claim, purpose: str, places: int) -> tuple[Claim, list[Spot]]:
    """Return what is run for a purpose: the claim, or the part of it that decides, and where.

    ``main`` is the base, with all arms; ``cell-1`` and so on a cell where the claim must fail; ``region`` its places.
    """
    if purpose == "main":
        return claim, [BASE]
    if purpose == "region":
        part = claim.only()
        return part, spots_of(part, places)
    cell = claim.file.boundary[int(purpose.partition("-")[2]) - 1]
    return claim.only(cell.effects), [Spot(cell.name, cell.changes)]


def cells(claim: Claim) -> list[str]:
    """Return the purposes of a claim's cells."""
    return [f"cell-{number}" for number in range(1, len(claim.file.boundary) + 1)]


def planned_runs(claim: Claim, budget: Budget) -> int:
    """Return the most runs that a claim may take."""
    looked_at = [len(asked(claim, purpose, 1)[0].arms) for purpose in ("main", *cells(claim))]
    arms = len(claim.only().arms)
    return sum(arms * budget.looks(arms)[-1].seeds for arms in looked_at) + arms * math.prod(budget.region(arms))


def decide(claim: Claim, laboratory: Laboratory, budget: Budget, family: int = 1) -> dict[str, Any]:
    """Return the result of a claim; ``family`` is how many are judged together."""
    looks = budget.looks(len(claim.arms))
    for look in looks:
        (sample,) = laboratory.samples(claim, [BASE], look.seeds, "main")
        findings = find(claim, sample, look)
        if settled(findings, family):
            break
    verdict = verdict_of(findings)
    boundary = [_cell(claim, purpose, laboratory, budget) for purpose in cells(claim)]
    region = _region(claim, laboratory, budget)
    return {
        "id": claim.id,
        "title": claim.file.title,
        "statement": claim.file.statement,
        "words": claim.file.words,
        "mechanism": claim.file.mechanism,
        "file": claim.path.name,
        "hash": claim.hash,
        **status_of(claim, budget),
        **told(claim),
        "verdict": verdict.kind,
        "p": verdict.p,
        "decided_by": verdict.why,
        "seeds": look.seeds,
        "looks": [each.seeds for each in looks],
        "effects": [finding.as_data() for finding in findings],
        "arms": _arms(claim, sample),
        "boundary": boundary,
        "channels": channels(claim, sample),
        "attribution": attribution(claim, sample),
        "region": region,
        "model": identity(claim.kept),
        "stores": {
            "main": _store(laboratory, claim, "main", 1, look.seeds),
            **{
                purpose: _store(laboratory, claim, purpose, 1, cell["seeds"])
                for purpose, cell in zip(cells(claim), boundary, strict=True)
            },
            "region": _store(laboratory, claim, "region", len(region["places"]), region["seeds"]),
        },
    }


def _store(laboratory: Laboratory, claim: Claim, purpose: str, places: int, seeds: int) -> dict[str, Any]:
    """Return enough of a store to do its runs again and to tell whether they are the same."""
    name = store_name(claim.id, purpose)
    store = laboratory.folder / RUNS / name
    return {
        "runs": laboratory.stores[name], "places": places, "seeds": seeds, "sha256": fingerprint(store),
        "first": digests(store, _FIRST),
    }  # fmt: skip


def _arms(claim: Claim, sample: Sample) -> list[dict[str, Any]]:
    """Return mean and quartiles of each measure in each arm, for the reader to see what was compared."""
    names = list(dict.fromkeys(name for effect in claim.effects for name in (effect.measure, effect.against) if name))
    rows = []
    for arm, changes in claim.arms.items():
        for name in names:
            values = sample.measure(arm, name)
            known = values[np.isfinite(values)]
            low, middle, high = np.percentile(known, [25, 50, 75]) if len(known) else (np.nan,) * 3
            mean = float(known.mean()) if len(known) else np.nan
            rows.append({
                "arm": arm, "changes": changes, "measure": name, "mean": mean, "low": float(low),
                "median": float(middle), "high": float(high), "never": len(values) - len(known),
            })  # fmt: skip
    return rows


def _cell(claim: Claim, purpose: str, laboratory: Laboratory, budget: Budget) -> dict[str, Any]:
    """Return what came of a cell where the claim must fail: looked at until that is settled, or the budget is spent."""
    part, (spot,) = asked(claim, purpose, 1)
    for look in budget.looks(len(part.arms)):
        (sample,) = laboratory.samples(part, [spot], look.seeds, purpose)
        findings = find(part, sample, look)
        verdict = verdict_of(findings)
        if verdict.kind != "undecided":
            break
    return {
        "name": spot.name, "why": claim.file.boundary[cells(claim).index(purpose)].why, "changes": spot.changes,
        "seeds": look.seeds, "verdict": verdict.kind, "p": verdict.p, "decided_by": verdict.why,
        "outcome": _OUTCOMES.get(verdict.kind, "failed"), "effects": [finding.as_data() for finding in findings],
    }  # fmt: skip


def _region(claim: Claim, laboratory: Laboratory, budget: Budget) -> dict[str, Any]:
    count, seeds = budget.region(len(claim.only().arms))
    part, found = asked(claim, "region", count)
    samples = laboratory.samples(part, found, seeds, "region")
    places = [place_of(part, spot, sample, once(seeds)) for spot, sample in zip(found, samples, strict=True)]
    return describe(part, places, seeds)


def place_of(claim: Claim, spot: Spot, sample: Sample, look: Look) -> Place:
    """Return the verdict of a claim's required effects at a place, and the strength of the weakest."""
    findings = find(claim, sample, look)
    strengths = [finding.strength for finding in findings]
    return Place(spot.changes, verdict_of(findings).kind, min(strengths) if np.isfinite(strengths).all() else np.nan)
