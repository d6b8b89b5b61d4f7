"""The anti-tautology audit: could this model say anything but what it was built to say? Five checks.

    null world   every payoff link cut: no effect of any claim is there
    labels       the names of arms shuffled within seeds: effects are found no more often than by chance
    forms        other functional forms of the price link: signs of effects and verdicts survive
    boundary     where a claim must fail, it fails; it means something only where the claim is supported
    rival        a competent closed rival wins in users, cost or innovations in half of its seeds: one world for all

A null world that shows an effect is a defect of the model. The other outcomes are findings, reported as they are.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from experiments.propositions.budget import Budget, once
from experiments.propositions.claims import Claim
from experiments.propositions.evidence import Finding, Look, find
from experiments.propositions.judge import verdict_of
from experiments.propositions.labels import shuffled
from experiments.propositions.laboratory import SEEDS, Laboratory
from experiments.propositions.pipeline import BASE
from experiments.propositions.schema import Changes
from experiments.propositions.worlds import Sample, Spot, list_of

if TYPE_CHECKING:
    from pathlib import Path

PASSES, FAILS, OPEN, MEANINGLESS = "passes", "fails", "open", "not meaningful"
CHECKS = ("null world", "labels", "forms", "boundary")
FORMS = ("ces", "additive")
_FORM = "flywheel.form"
_ROUNDING = 1e-9  # of an effect's smallest effect of interest: below it figures differ by their last bits
_MOST_RIVAL_SEEDS = 40

# A rival that lives by the opposite of the source's recipe, and does it well.
RIVAL: Changes = {
    "rival.openness": 0.0, "rival.self_reliance": 1.0, "rival.platform": 0.9, "rival.capacity": 6000.0,
    "rival.grant": 4000.0, "rival.compute": 10000.0,
}  # fmt: skip
_RACES = {  # what the rival and the focal firm are compared in, and whether more is better
    "users": ("rival_users", "users", 1.0),
    "unit cost": ("rival_unit_cost", "unit_cost", -1.0),
    "independent innovations": ("rival_independent", "independent", 1.0),
}


def planned_runs(claim: Claim, budget: Budget) -> int:
    """Return the most runs that a claim's audit adds."""
    worlds = len(_spots(claim)) * len(claim.arms)
    return worlds * _seeds(worlds, budget, budget.looks(len(claim.arms))[-1].seeds)


def _seeds(worlds: int, budget: Budget, base: int) -> int:
    """Return the seeds of each world: those that the base has at most."""
    return min(base, budget.beyond(worlds, base))


def audit(
    claims: Sequence[Claim], results: Sequence[dict[str, Any]], laboratory: Laboratory, budget: Budget
) -> dict[str, Any]:
    """Return what the audit finds of each claim, and of the rival, as plain data."""
    audited = [audit_one(claim, result, laboratory, budget) for claim, result in zip(claims, results, strict=True)]
    return {"claims": audited, "rival": rival(claims[0], laboratory, min(budget.cap, _MOST_RIVAL_SEEDS))}


def audit_one(claim: Claim, result: dict[str, Any], laboratory: Laboratory, budget: Budget) -> dict[str, Any]:
    """Return the checks of one claim, from its result and its runs."""
    places = _spots(claim)
    seeds = _seeds(len(places) * len(claim.arms), budget, int(result["seeds"]))
    look = once(seeds)
    base = laboratory.samples(claim, [BASE], int(result["seeds"]), "main")[0].first(seeds)
    null, *forms = laboratory.samples(claim, places, seeds, "audit")
    return {
        "id": claim.id,
        "seeds": seeds,
        "null world": null_world(claim, null, look),
        "labels": labels(claim, base, look),
        "forms": functional_forms(find(claim, base, look), [find(claim, form, look) for form in forms]),
        "boundary": boundary(result),
    }


def _spots(claim: Claim) -> list[Spot]:
    """Return the audit's own places: the null world, and the base under each form that the arms leave alone."""
    forms = [] if any(_FORM in changes for changes in claim.arms.values()) else FORMS
    return [Spot("null", claim.file.null.changes), *(Spot(form, {_FORM: form}) for form in forms)]


# The checks.


def null_world(claim: Claim, sample: Sample, look: Look) -> dict[str, Any]:
    """Return whether every effect's interval contains "no effect" in the world whose payoff links are cut."""
    effects = []
    for finding, effect in zip(find(claim, sample, look), claim.effects, strict=True):
        named = effect.arms or list(claim.arms)
        effects.append({**_shown(finding), "state": _state(finding, sample, named, effect.reads)})
    bad = [each for each in effects if each["state"] == "effect"]
    unclear = [each for each in effects if each["state"] == "unclear"]
    same = sum(each["state"] == "nothing differs" for each in effects)
    if bad:
        says = "; ".join(f"{e['effect']}: {e['estimate']:.3g} [{e['low']:.3g}, {e['high']:.3g}]" for e in bad)
        return {"outcome": FAILS, "says": f"shows an effect: {says}", "effects": effects}
    says = f"no effect in {len(effects) - len(unclear)} of {len(effects)}; nothing differs at all in {same}"
    return {"outcome": OPEN if unclear else PASSES, "says": says, "effects": effects}


def _state(finding: Finding, sample: Sample, arms: Sequence[str], measures: Sequence[str]) -> str:
    """Return what a null world shows: nothing differs, no effect, effect, or unclear where nothing bounds it."""
    first, *others = ([sample.measure(arm, name) for name in measures] for arm in arms)
    if all(np.array_equal(first, other, equal_nan=True) for other in others):
        return "nothing differs"
    slack = _ROUNDING * finding.sesoi
    if finding.low > finding.nothing + slack or finding.high < finding.nothing - slack:
        return "effect"
    return "no effect" if math.isfinite(finding.low) and math.isfinite(finding.high) else "unclear"


def labels(claim: Claim, sample: Sample, look: Look) -> dict[str, Any]:
    """Return whether shuffled names of arms give effects more often than chance allows."""
    found = shuffled(claim, sample, look)
    high = [each["effect"] for each in found["effects"] if each["too_high"]]
    if found["supported"]["too_high"]:
        high.append("the claim as a whole")
    most = max(each["share"] for each in found["effects"])
    says = f"supported in {found['supported']['share']:.1%} of {found['deals']} deals; an effect in {most:.1%} at most"
    return {"outcome": FAILS if high else PASSES, "says": says, "too_high": high, **found}


def functional_forms(base: Sequence[Finding], others: Sequence[Sequence[Finding]]) -> dict[str, Any]:
    """Return whether signs of effects and the verdict survive another form of the price link."""
    if not others:
        return {"outcome": MEANINGLESS, "says": f"arms set {_FORM} themselves", "forms": []}
    verdict, forms, bad = verdict_of(base).kind, [], []
    for form, findings in zip(FORMS, others, strict=True):
        turned = [one.name for one, other in zip(base, findings, strict=True) if _turned(one, other)]
        kind = verdict_of(findings).kind
        forms.append({"form": form, "verdict": kind, "turned": turned, "effects": [_shown(f) for f in findings]})
        bad += [f"{name} changes its sign under {form}" for name in turned]
        if kind != verdict and "undecided" not in (kind, verdict):
            bad.append(f"{kind} under {form}")
    said = ", ".join(f"{form['verdict']} under {form['form']}" for form in forms)
    says = f"by itself {verdict} under power, {said}" + (f"; {'; '.join(bad)}" if bad else "; no sign changes")
    return {"outcome": FAILS if bad else PASSES, "says": says, "verdict": verdict, "forms": forms}


def _turned(one: Finding, other: Finding) -> bool:
    """Whether a required effect is surely there under both forms, with opposite signs."""
    there = one.required and not one.contains_nothing and not other.contains_nothing
    return there and (one.strength > 0.0) != (other.strength > 0.0)


def boundary(result: dict[str, Any]) -> dict[str, Any]:
    """Return whether a supported claim fails in every cell where it must."""
    cells = [{"name": cell["name"], "outcome": cell["outcome"]} for cell in result["boundary"]]
    says = "; ".join(f"{cell['name']}: {cell['outcome']}" for cell in cells)
    if result["verdict"] != "supported":
        said = f"the claim is {result['verdict']} at its base, so that to fail elsewhere tells nothing ({says})"
        return {"outcome": MEANINGLESS, "says": said, "cells": cells}
    outcomes = {cell["outcome"] for cell in cells}
    outcome = FAILS if "held" in outcomes else OPEN if "open" in outcomes else PASSES
    return {"outcome": outcome, "says": says, "cells": cells}


def rival(claim: Claim, laboratory: Laboratory, seeds: int) -> dict[str, Any]:
    """Return in what share of seeds a competent closed rival ends ahead of the focal firm."""
    import experiments
    from experiments.config import load
    from experiments.propositions.region import share_of

    base: Path = claim.path.parent / claim.file.base
    names = {name for race in _RACES.values() for name in race[:2]}
    kept = {"final": names, "mean": set[str](), "series": set[str]()}
    design = list_of(load(base), [RIVAL], kept, seeds, SEEDS["audit"], base)
    folder = laboratory.carry_out(design, "rival-audit", f"a closed rival: {seeds} seeds")
    runs = experiments.load(folder).runs
    races: list[dict[str, Any]] = []
    for name, (theirs, ours, sign) in _RACES.items():
        lead = sign * (runs[f"final.{theirs}"] - runs[f"final.{ours}"]).to_numpy()
        races.append({"race": name, "rival": float(runs[f"final.{theirs}"].mean()),
                      "focal": float(runs[f"final.{ours}"].mean()), **share_of((lead > 0.0).tolist())})  # fmt: skip
    best = max(races, key=lambda race: race["share"])
    says = "ahead in " + ", ".join(f"{r['race']} {r['share']:.0%} [{r['low']:.0%}, {r['high']:.0%}]" for r in races)
    outcome = PASSES if best["share"] >= 0.5 else FAILS
    return {"outcome": outcome, "says": f"{says} of {seeds} seeds", "seeds": seeds, "changes": RIVAL, "races": races}


def _shown(finding: Finding) -> dict[str, Any]:
    return {
        "effect": finding.name, "required": finding.required, "estimate": finding.estimate, "low": finding.low,
        "high": finding.high, "nothing": finding.nothing, "verdict": finding.verdict, "note": finding.note,
    }  # fmt: skip


def defects(found: dict[str, Any]) -> list[str]:
    """Return a line for each claim whose null world shows an effect."""
    return [
        f"{each['id']}: its null world {each['null world']['says']}"
        for each in found["claims"]
        if each["null world"]["outcome"] == FAILS
    ]
