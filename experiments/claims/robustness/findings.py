"""What is wanted beyond answers: which tests of robustness, what they cost, what they found, and its tables."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

from experiments.claims import sentences
from experiments.claims.answers import ClaimAnswer
from experiments.claims.claim import Claim
from experiments.claims.judging import CONTRADICTED, SUPPORTED
from experiments.claims.laboratory import Laboratory
from experiments.claims.listing import Column, Listing, listing, shares, spreads
from experiments.claims.over import Budget
from experiments.claims.phase import phase, runs_of_phase
from experiments.claims.robustness.audit import Audit, Channel, Permutation, Race, audit
from experiments.claims.robustness.falsifier import Falsified, falsify
from experiments.claims.robustness.multiverse import Multiverse, Specified, multiverse, read_specifications
from experiments.fit.config import default_fit, read_fit
from experiments.messages.language import marked
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
    most += runs_of_phase(claim, worlds, budget) if wanted.phase else 0
    return most + budget.runs * wanted.multiverse + budget.runs * wanted.falsifier


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


# Tables. A row is a finding with the claim that it is of.


def audited(told: Audit) -> list[Listing]:
    """Return what the audit found beside negative controls and null worlds, which are told with their claims."""
    dealt = [(claim.id, each) for claim in told.claims for each in claim.permutations]
    more = sum(not each.passes for _, each in dealt)
    can = "can" if told.rival.can_win else "cannot"
    fit = told.calibration.says
    return [
        listing(
            "permutations.csv", dealt, _PERMUTATIONS, marked("Audit: permutation test"),
            "The names of arms were shuffled within seeds, so that any effect found is due to chance: "
            + (f"{more} of {len(dealt)} rungs find more than chance allows." if more else
               f"none of {len(dealt)} rungs finds more than chance allows."),
        ),
        listing(
            "channels.csv", [(claim.id, each) for claim in told.claims for each in claim.channels], _CHANNELS,
            marked("Audit: through which channel"),
            "What the event log counts in the two arms of each claim's first effect. An effect without a difference "
            "in its channel did not come through it.",
        ),
        listing(
            "rival.csv", told.rival.races, _RACES, marked("Audit: a closed rival, and the fit"),
            f"A rival as rich as the focal firm that opens nothing and insists on its own {can} win in some worlds "
            f"({told.rival.seeds} seeds a world). {fit[0].upper()}{fit[1:]}.",
        ),
    ]  # fmt: skip


def specified(found: Sequence[Multiverse]) -> Listing:
    """Return what claims are under other specifications."""
    flips = [f"{claim.id} {each.rung} ({each.name})" for claim in found for each in claim.rungs if each.flips]
    says = f"Choices that the source leaves open reverse {', '.join(flips)}." if flips else (
        "No choice that the source leaves open reverses a rung.")  # fmt: skip
    if unlike := [f"{c.id}: {each.name} is not {each.same_as}" for c in found for each in c.checks if not each.same]:
        says += f" What must be the same to the bit is not: {'; '.join(unlike)}."
    if left := {f"{claim.id}: {name}" for claim in found for name in claim.left_out}:
        says += f" Left out, as arms set them: {', '.join(sorted(left))}."
    rows = [(claim.id, each, claim) for claim in found for each in claim.rungs]
    return listing("multiverse.csv", rows, _MULTIVERSE, marked("Multiverse: choices made otherwise"), says)


def falsified(found: Sequence[Falsified]) -> Listing:
    """Return the smallest changes that make effects go."""
    gone, nowhere = (sum(each.outcome == outcome for each in found) for outcome in ("found", "holds nowhere"))
    nothing = f" Of {nowhere} the effect holds in no world, so that there is nothing to remove." if nowhere else ""
    return listing(
        "falsifier.csv", [(each.id, each) for each in found], _FALSIFIER,
        marked("Falsifier: the smallest change at which an effect is gone"),
        f"For {gone} of {len(found)} claims a change of a world in which the effect holds was found, and confirmed on "
        f"fresh seeds, at which it is gone or reversed. That none is found is no proof that there is none.{nothing}",
    )  # fmt: skip


def _changes(found: Falsified) -> str:
    return "; ".join(f"{moved.key} {_value(moved.was)} to {_value(moved.value)}" for moved in found.changes)


def _value(value: object) -> str:
    return f"{value:.3g}" if isinstance(value, float) else str(value)


_CLAIM = Column[Any]("claim", "name", "claim", lambda row: row[0])
_RUNG = Column[Any]("rung", "name", "rung", lambda row: str(row[1].rung))
_PERMUTATIONS: tuple[Column[tuple[str, Permutation]], ...] = (
    _CLAIM, _RUNG,
    Column("deals", "number", "worlds times shuffles", lambda row: row[1].deals),
    Column("supported", "number", "of them, in which the rung is supported", lambda row: row[1].supported),
    Column("allowed", "number", "in which it may be by chance", lambda row: row[1].allowed),
)  # fmt: skip
_CHANNELS: tuple[Column[tuple[str, Channel]], ...] = (
    _CLAIM,
    Column("channel", "outcome", "what is counted", lambda row: row[1].name,
           sentences.channel_words),
    Column("first", "name", "an arm", lambda row: row[1].first, sentences.arm_words),
    Column("second", "name", "the arm it is compared with", lambda row: row[1].second, sentences.arm_words),
    Column("mean_first", "as outcome", "mean over worlds and seeds", lambda row: row[1].mean_first),
    Column("mean_second", "as outcome", "mean over worlds and seeds", lambda row: row[1].mean_second),
    *spreads(("difference", "low", "high"), "as outcome", "median over worlds of the paired difference",
             lambda row: row[1].difference),
    Column("more", "share of worlds", "with surely more in the first arm", lambda row: row[1].more),
    Column("less", "share of worlds", "with surely less", lambda row: row[1].less),
)  # fmt: skip
_RACES: tuple[Column[Race], ...] = (
    Column("race", "text", "in what the rival and the focal firm are compared", lambda race: race.title),
    Column("runs", "share of runs", "in which the rival ends ahead", lambda race: race.runs),
    *shares("worlds", "in which it is ahead in more than half of the seeds", lambda race: race.worlds),
)  # fmt: skip
_MULTIVERSE: tuple[Column[tuple[str, Specified, Multiverse]], ...] = (
    _CLAIM, _RUNG,
    Column("axis", "text", "what the choice is about", lambda row: row[1].axis),
    Column("specification", "text", "the choice", lambda row: row[1].name),
    Column("word", "text", "the answer in words", lambda row: row[1].word),
    *shares("supported", "in which the rung is supported", lambda row: row[1].shares[SUPPORTED]),
    *shares("contradicted", "in which it is contradicted", lambda row: row[1].shares[CONTRADICTED]),
    *spreads(("strength", "strength_low", "strength_high"), "smallest effects of interest",
             "of the weakest effect, median over worlds", lambda row: row[1].strength),
    Column("flips", "yes or no", "the opposite of the word without changes",
           lambda row: "yes" if row[1].flips else "no"),
    Column("worlds", "number", "worlds behind it", lambda row: row[2].worlds),
    Column("seeds", "number", "seeds a world", lambda row: row[2].seeds),
)  # fmt: skip
_FALSIFIER: tuple[Column[tuple[str, Falsified]], ...] = (
    _CLAIM, _RUNG,
    Column("effect", "text", "the rung's first effect", lambda row: row[1].effect),
    Column("world", "number", "the world that was changed",
           lambda row: "" if row[1].world is None else str(row[1].world)),
    Column("outcome", "text", "found, not confirmed, none found, or holds nowhere", lambda row: row[1].outcome),
    Column("looked", "number", "places that were looked at", lambda row: row[1].looked),
    Column("distance", "prior ranges", "how far the change is; empty if none was confirmed",
           lambda row: row[1].distance),
    Column("verdict", "text", "on the effect there", lambda row: row[1].verdict),
    Column("size", "as in sizes.csv", "of the effect there", lambda row: row[1].size),
    Column("changes", "text", "what was changed, the most first", lambda row: _changes(row[1])),
)  # fmt: skip
