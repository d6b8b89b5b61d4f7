"""From a claim to its result: look, judge, look again until it is decided or the budget is spent; then the region.

A result is plain data, the one that is written, drawn and reported; nothing later computes.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from experiments.propositions.budget import Budget, looks_for, places_for
from experiments.propositions.claims import Claim
from experiments.propositions.evidence import Finding, find
from experiments.propositions.judge import ALPHA, verdict_of
from experiments.propositions.laboratory import Laboratory
from experiments.propositions.region import Place, describe, spots_of
from experiments.propositions.worlds import Sample, Spot

BASE = Spot("base", {})


def spots(claim: Claim) -> list[Spot]:
    """Return where a claim is judged: the base, and the cells where it must fail."""
    return [BASE, *(Spot(cell.name, cell.changes) for cell in claim.file.boundary)]


def planned_runs(claim: Claim, budget: Budget) -> int:
    """Return the most runs that a claim may take."""
    worlds = len(spots(claim)) * len(claim.arms)
    region = places_for(budget, len(claim.arms)) * budget.place_seeds * len(claim.arms)
    return looks_for(budget, worlds)[-1] * worlds + region


def confidence_at(looks: Sequence[int]) -> float:
    """Return the confidence of the interval at each of the planned looks, so that all hold together with 1 − α."""
    return 1.0 - ALPHA / len(looks)


def decide(claim: Claim, laboratory: Laboratory, budget: Budget) -> dict[str, Any]:
    """Return the result of a claim."""
    places = spots(claim)
    looks = looks_for(budget, len(places) * len(claim.arms))
    confidence = confidence_at(looks)
    samples: list[Sample] = []
    findings: list[Finding] = []
    taken = 0
    for seeds in looks:
        samples, taken = laboratory.samples(claim, places, seeds, "main"), seeds
        findings = find(claim, samples[0], confidence)
        if all(finding.verdict != "undecided" for finding in findings if finding.required):
            break
    verdict, p = verdict_of(findings)
    return {
        "id": claim.id,
        "title": claim.file.title,
        "statement": claim.file.statement,
        "words": claim.file.words,
        "mechanism": claim.file.mechanism,
        "hash": claim.hash,
        "verdict": verdict,
        "p": p,
        "seeds": taken,
        "looks": list(looks),
        "effects": [finding.as_data() for finding in findings],
        "arms": _arms(claim, samples[0]),
        "boundary": [_cell(claim, n, sample, confidence) for n, sample in enumerate(samples[1:])],
        "region": _region(claim, laboratory, budget),
        "stores": {name: runs for name, runs in laboratory.stores.items() if name.startswith(f"{claim.id}-")},
    }


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


def _cell(claim: Claim, number: int, sample: Sample, confidence: float) -> dict[str, Any]:
    """Return what came of a cell where the claim must fail."""
    cell = claim.file.boundary[number]
    findings = find(claim, sample, confidence)
    judged = [f for f in findings if f.name in cell.effects] if cell.effects else [f for f in findings if f.required]
    verdict, p = verdict_of(judged)
    outcome = {"supported": "held", "undecided": "open"}.get(verdict, "failed")
    return {
        "name": cell.name, "why": cell.why, "changes": cell.changes, "verdict": verdict, "p": p, "outcome": outcome,
        "effects": [finding.as_data() for finding in findings],
    }  # fmt: skip


def _region(claim: Claim, laboratory: Laboratory, budget: Budget) -> dict[str, Any]:
    count, seeds = places_for(budget, len(claim.arms)), budget.place_seeds
    found = spots_of(claim, count)
    samples = laboratory.samples(claim, found, seeds, "region")
    places = [_place(claim, spot, sample) for spot, sample in zip(found, samples, strict=True)]
    return describe(claim, places, seeds)


def _place(claim: Claim, spot: Spot, sample: Sample) -> Place:
    findings = [finding for finding in find(claim, sample, 1.0 - ALPHA) if finding.required]
    return Place(spot.changes, verdict_of(findings)[0], min(finding.strength for finding in findings))
