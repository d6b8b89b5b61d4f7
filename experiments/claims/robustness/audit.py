"""The anti-tautology audit: could this model say anything but what it was built to say?

    1 null world     every payoff link cut: effects are there in no more worlds than chance allows
    2 permutation    the names of arms shuffled within seeds: rungs are supported no more often than chance allows
    3 forms          other functional forms, networks and orders: see ``multiverse``
    4 controls       where a rung must fail, it fails; says something only where the rung holds without the control
    5 rival          a competent closed rival can win
    6 mediation      the channels that the event log counts, between the arms of the first effect
    7 calibration    the fit's posterior holds the truth of made-up cases
    8 preregistered  nothing was changed after the preregistration

A null world or a permutation that shows an effect is a defect. The other outcomes are findings, reported as they are.
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from experiments.claims.answers import ClaimAnswer, Control, Null, Status, judged
from experiments.claims.claim import Claim
from experiments.claims.estimands import ESTIMANDS
from experiments.claims.judging import NEGLIGIBLE, SUPPORTED, UNDECIDED, VERDICTS, Codes, EffectFound, RungFound
from experiments.claims.laboratory import Laboratory
from experiments.claims.ladder import Share, share_of
from experiments.claims.over import Budget, Worlds
from experiments.claims.robustness.mediation import Channel, mediation
from experiments.claims.robustness.permutation import Permutation, allowed, permutations
from experiments.claims.robustness.rival import Rival, rival
from experiments.claims.schema import Effect, Rung
from experiments.config import show_path
from experiments.errors import UsageError

HOLDS, FAILS, OPEN, NOTHING = "holds though it must fail", "fails as it must", "not settled", "says nothing"
_HARDLY = 0.25  # a rung supported in fewer worlds hardly holds
_ROUNDING = 1e-9  # of the smallest effect of interest: below it figures differ by their last bits


@dataclass(frozen=True)
class ClaimAudit:
    """What the audit finds of a claim; ``status`` is that of its answer."""

    id: str
    null: tuple[Null, ...]
    permutations: tuple[Permutation, ...]
    controls: tuple[Control, ...]
    channels: tuple[Channel, ...]
    status: Status | None


class FitCalibration(NamedTuple):
    """Whether the fit's calibration passes, and in a line how."""

    passes: bool
    says: str


@dataclass(frozen=True)
class Audit:
    """What the audit finds: of each claim, of a closed rival, and of the fit."""

    claims: tuple[ClaimAudit, ...]
    rival: Rival
    calibration: FitCalibration

    @property
    def defects(self) -> list[str]:
        """Return a line for each null world that shows an effect, and each permutation that finds one."""
        found = []
        for claim in self.claims:
            found += [
                f"{claim.id} {null.rung}: {null.effect}: the null world shows an effect in {null.beyond} of "
                f"{null.worlds} worlds, more than the {null.allowed} that chance allows"
                for null in claim.null
                if not null.passes
            ]
            found += [
                f"{claim.id} {each.rung}: supported in {each.supported} of {each.deals} shuffles of arms, more than "
                f"the {each.allowed} that chance allows"
                for each in claim.permutations
                if not each.passes
            ]
        return found


def audit(answers: Sequence[ClaimAnswer], laboratory: Laboratory, budget: Budget, fit: Path) -> Audit:
    """Audit claims that were judged; the runs of the judgement are read again, not made.

    Args:
        answers: of each claim.
        laboratory: where runs are made.
        budget: how many.
        fit: the folder of the fit.

    Raises:
        FlywheelError: a sweep was stopped, or could not be carried out, or there is no fit.
    """
    first = answers[0]
    beside = first.worlds.first(budget.beside)
    return Audit(
        tuple(_audited(each, laboratory, budget) for each in answers),
        rival(first.claim, beside, laboratory, budget.seeds_of(1, len(beside))),
        calibration_of(fit),
    )


def _audited(answer: ClaimAnswer, laboratory: Laboratory, budget: Budget) -> ClaimAudit:
    claim = answer.claim
    table = laboratory.outcomes(claim, answer.worlds, answer.seeds)
    return ClaimAudit(
        claim.id,
        null_world(claim, answer.worlds, laboratory, budget),
        permutations(claim, table),
        controls(answer, laboratory, budget),
        mediation(claim, table),
        answer.status,
    )


def null_world(claim: Claim, worlds: Worlds, laboratory: Laboratory, budget: Budget) -> tuple[Null, ...]:
    """Run a claim in the world whose payoff links are cut, in some of the worlds; return what each effect is there.

    Raises:
        FlywheelError: the sweep was stopped, or could not be carried out.
    """
    beside = worlds.first(budget.beside)
    seeds = budget.seeds_of(len(claim.arms), len(beside))
    return nulls_of(claim, laboratory.outcomes(claim, beside, seeds, "null", claim.file.null.changes))


def nulls_of(claim: Claim, table: xr.Dataset) -> tuple[Null, ...]:
    """Return what each effect is in the table of a null world."""
    return tuple(
        _null(rung.rung, found, table, list(claim.arms)) for rung in judged(claim, table) for found in rung.effects
    )


def _null(rung: Rung, found: EffectFound, table: xr.Dataset, arms: list[str]) -> Null:
    none, slack = ESTIMANDS[found.effect.kind].none_of(found.effect), _ROUNDING * found.effect.sesoi
    same = _nothing_differs(found.effect, table, arms)
    known = np.isfinite(found.size)
    beyond = ~same & known & ((found.low > none + slack) | (found.high < none - slack))
    worlds = int((same | known).sum())
    return Null(rung.name, found.effect.name, worlds, int(beyond.sum()), allowed(worlds))


def _nothing_differs(effect: Effect, table: xr.Dataset, arms: list[str]) -> NDArray[np.bool_]:
    """Return in which worlds all arms of an effect give the same to the bit, seed by seed."""
    named = [*effect.arms, *effect.against_arms] or arms
    same = np.ones(table.sizes["world"], dtype=bool)
    for name in effect.reads:
        values = table[name].sel(arm=named).transpose("arm", "world", "seed").to_numpy()
        same &= ((values == values[0]) | (np.isnan(values) & np.isnan(values[0]))).all(axis=(0, 2))
    return same


def controls(answer: ClaimAnswer, laboratory: Laboratory, budget: Budget) -> tuple[Control, ...]:
    """Run a claim under its negative controls, in some of its worlds; return what came of each rung that must fail.

    Raises:
        FlywheelError: a sweep was stopped, or could not be carried out.
    """
    claim, beside = answer.claim, answer.worlds.first(budget.beside)
    seeds, told = budget.seeds_of(len(claim.arms), len(beside)), list[Control]()
    for n, control in enumerate(claim.file.control):
        table = laboratory.outcomes(claim, beside, seeds, f"control-{n + 1}", control.changes)
        for rung in judged(claim, table):
            base = answer.rung(rung.rung.name)
            if base is not None and rung.rung.name in control.rungs:
                verdict = _verdict(rung, table, list(claim.arms))
                shares = tuple(share_of(int((verdict == code).sum()), len(beside)) for code in range(len(VERDICTS)))
                outcome = outcome_of(base.shares[SUPPORTED].share, shares)
                told.append(Control(control.name, control.why, rung.rung.name, shares, outcome))
    return tuple(told)


def _verdict(found: RungFound, table: xr.Dataset, arms: list[str]) -> Codes:
    """Return a rung's verdict in each world; negligible where it needs an effect whose arms are the same to the bit."""
    same = np.stack([_nothing_differs(each.effect, table, arms) for each in found.effects])
    nothing = same.any(axis=0) if found.rung.need == "all" else same.all(axis=0)
    return np.where(nothing & (found.verdict == UNDECIDED), NEGLIGIBLE, found.verdict).astype(np.int8)


def outcome_of(without: float, shares: tuple[Share, ...]) -> str:
    """Return what a control comes to: a rung is said to hold where it is supported in a quarter of worlds or more.

    Args:
        without: the share of worlds in which the rung is supported without the control.
        shares: of worlds under the control, in the order of ``VERDICTS``.
    """
    if without < _HARDLY:
        return NOTHING
    if shares[SUPPORTED].share >= _HARDLY:
        return HOLDS
    return FAILS if shares[SUPPORTED].share + shares[UNDECIDED].share < _HARDLY else OPEN


def calibration_of(fit: Path) -> FitCalibration:
    """Return whether a fit's calibration passes, as ``flywheel verify --fit`` left it.

    Raises:
        UsageError: its files cannot be read.
    """
    failed, counts = list[str](), dict[str, int]()
    for name, key in (("calibration.csv", "parameter"), ("errors.csv", "mechanism")):
        path = fit / name
        if not path.exists():
            return FitCalibration(False, "the fit was not calibrated: run flywheel verify --fit")
        try:
            with path.open(encoding="utf-8", newline="") as file:
                rows = list(csv.DictReader(file))
            failed += [row[key] for row in rows if row["passed"] != "1"]
            counts[key] = len(rows)
        except (OSError, UnicodeDecodeError, csv.Error, KeyError) as error:
            raise UsageError(f"{show_path(path)}: is no calibration: {error}; make it anew by verify --fit") from None
    if not all(counts.values()):
        return FitCalibration(False, "the fit was not calibrated: no pseudo-case could be used")
    if failed:
        return FitCalibration(False, f"the fit's calibration fails for {', '.join(failed)}")
    said = f"{counts['parameter']} parameters and {counts['mechanism']} mechanisms"
    return FitCalibration(True, f"the fit's calibration passes: {said}")
