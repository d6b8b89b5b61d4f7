"""From a claim to its result: look, judge, look again until it is decided or the budget is spent; then the region.

A result is plain data, the one that is written, drawn and reported; nothing later computes.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from experiments.propositions.attribution import attribution
from experiments.propositions.budget import Budget
from experiments.propositions.channels import channels
from experiments.propositions.claims import Claim
from experiments.propositions.evidence import Finding, Look, find
from experiments.propositions.fingerprint import digests, fingerprint
from experiments.propositions.judge import settled, verdict_of
from experiments.propositions.laboratory import RUNS, Laboratory, store_name
from experiments.propositions.lock import status_of
from experiments.propositions.region import Place, describe, spots_of
from experiments.propositions.told import told
from experiments.propositions.worlds import Sample, Spot
from experiments.sweep.plan import model_version

BASE = Spot("base", {})
_FIRST = 3  # runs whose digests stand in a result
_OUTCOMES = {"supported": "held", "undecided": "open"}  # of a cell where a claim must fail; else it failed


def spots(claim: Claim) -> list[Spot]:
    """Return where a claim is judged: the base, and the cells where it must fail."""
    return [BASE, *(Spot(cell.name, cell.changes) for cell in claim.file.boundary)]


def planned_runs(claim: Claim, budget: Budget) -> int:
    """Return the most runs that a claim may take."""
    worlds = len(spots(claim)) * len(claim.arms)
    region = budget.places_for(len(claim.arms)) * budget.place_seeds * len(claim.arms)
    return budget.looks(worlds)[-1].seeds * worlds + region


def decide(claim: Claim, laboratory: Laboratory, budget: Budget, family: int = 1) -> dict[str, Any]:
    """Return the result of a claim; ``family`` is how many are judged together."""
    places = spots(claim)
    looks = budget.looks(len(places) * len(claim.arms))
    for look in looks:
        samples = laboratory.samples(claim, places, look.seeds, "main")
        findings = find(claim, samples[0], look)
        if settled(findings, family):
            break
    verdict = verdict_of(findings)
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
        "arms": _arms(claim, samples[0]),
        "boundary": [_cell(claim, n, sample, look) for n, sample in enumerate(samples[1:])],
        "channels": channels(claim, samples[0]),
        "attribution": attribution(claim, samples[0]),
        "region": _region(claim, laboratory, budget),
        "model": model_version(),
        "stores": {
            "main": _store(laboratory, claim, "main", len(places), look.seeds),
            "region": _store(laboratory, claim, "region", budget.places_for(len(claim.arms)), budget.place_seeds),
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


def _cell(claim: Claim, number: int, sample: Sample, look: Look) -> dict[str, Any]:
    """Return what came of a cell where the claim must fail."""
    cell = claim.file.boundary[number]
    findings = find(claim, sample, look)
    judged = [f for f in findings if f.name in cell.effects] if cell.effects else findings
    verdict = verdict_of(judged)
    return {
        "name": cell.name, "why": cell.why, "changes": cell.changes, "verdict": verdict.kind, "p": verdict.p,
        "outcome": _OUTCOMES.get(verdict.kind, "failed"), "effects": [finding.as_data() for finding in findings],
    }  # fmt: skip


def _region(claim: Claim, laboratory: Laboratory, budget: Budget) -> dict[str, Any]:
    found = spots_of(claim, budget.places_for(len(claim.arms)))
    samples = laboratory.samples(claim, found, budget.place_seeds, "region")
    places = [place_of(claim, spot, sample, budget.at_a_place) for spot, sample in zip(found, samples, strict=True)]
    return describe(claim, places, budget.place_seeds)


def place_of(claim: Claim, spot: Spot, sample: Sample, look: Look) -> Place:
    """Return the verdict at a place, and the strength of its weakest required effect."""
    findings: list[Finding] = [finding for finding in find(claim, sample, look) if finding.required]
    strengths = [finding.strength for finding in findings]
    return Place(spot.changes, verdict_of(findings).kind, min(strengths) if np.isfinite(strengths).all() else np.nan)
