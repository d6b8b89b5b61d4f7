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
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
import xarray as xr
from numpy.typing import NDArray
from scipy import stats

from experiments.claims.answers import ClaimAnswer, Control, Null, judged
from experiments.claims.claim import CHANNELS, Claim
from experiments.claims.controls import outcome_of
from experiments.claims.estimands import ESTIMANDS, Means
from experiments.claims.judging import (
    CONFIDENCE,
    NEGLIGIBLE,
    SUPPORTED,
    UNDECIDED,
    VERDICTS,
    Codes,
    EffectFound,
    RungFound,
    found_of,
    judge_rung,
)
from experiments.claims.laboratory import Laboratory
from experiments.claims.ladder import SOME, Share, Spread, share_of, spread_of
from experiments.claims.over import Budget, Worlds
from experiments.claims.schema import Changes, Effect, Rung, RungName
from experiments.config import show_path
from experiments.errors import UsageError

DEALS = 1000  # of the permutation test, over all worlds
SURE = 0.99
_DEAL_SEED = 20_261_125
_ROUNDING = 1e-9  # of the smallest effect of interest: below it figures differ by their last bits
# Closed, self-reliant, with a platform, and as rich as the focal firm.
RIVAL: Changes = {
    "rival.openness": 0.0, "rival.self_reliance": 1.0, "rival.platform": 0.9, "rival.capacity": "= firm.capacity",
    "rival.grant": "= demand.budget", "rival.compute": "= firm.compute",
}  # fmt: skip
_RACES = {  # what the rival and the focal firm are compared in, and whether more is better
    "users": ("rival_users", "users", 1.0),
    "unit cost": ("rival_unit_cost", "unit_cost", -1.0),
    "independent innovations": ("rival_independent", "independent", 1.0),
}


class Permutation(NamedTuple):
    """How often a rung is supported although the names of arms mean nothing.

    Attributes:
        rung: which.
        effects: of its effects those that were judged.
        deals: worlds times shuffles.
        supported: in how many it is supported.
        allowed: in how many it may be by chance (the 99 % quantile of a binomial of 5 %).
    """

    rung: RungName
    effects: int
    deals: int
    supported: int
    allowed: int

    @property
    def passes(self) -> bool:
        """Return whether it finds an effect no more often than chance allows."""
        return self.supported <= self.allowed


class Channel(NamedTuple):
    """A channel in two arms.

    Attributes:
        name: the outcome.
        first, second: the arms.
        mean_first, mean_second: over all worlds and seeds.
        difference: the mean of paired differences of each world, over worlds.
        more, less: the share of worlds in which it is surely more or less in the first arm (95 %).
    """

    name: str
    first: str
    second: str
    mean_first: float
    mean_second: float
    difference: Spread
    more: float
    less: float


class Race(NamedTuple):
    """How often the rival ends ahead.

    Attributes:
        title: in what.
        runs: the share of worlds times seeds.
        worlds: the share of worlds in which it is ahead in more than half of the seeds.
    """

    title: str
    runs: float
    worlds: Share


class Rival(NamedTuple):
    """What came of the rival: each race, over how many seeds a world."""

    races: tuple[Race, ...]
    seeds: int

    @property
    def can_win(self) -> bool:
        """Return whether there are worlds in which it usually wins something."""
        return any(race.worlds.share >= SOME for race in self.races)


@dataclass(frozen=True)
class ClaimAudit:
    """What the audit finds of a claim."""

    id: str
    null: tuple[Null, ...]
    permutations: tuple[Permutation, ...]
    controls: tuple[Control, ...]
    channels: tuple[Channel, ...]


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


# The permutation test. In each world and seed the runs are dealt anew to the arms, and each rung is judged. Arms stay
# paired by seed, and what they do to outcomes is gone. An elasticity to an outcome of the run itself does not mind the
# names of arms: there the response alone is dealt anew. Effects that nothing satisfies are left out, since shuffling
# makes nothing of an effect: those against a threshold of their own, and those that must only not be worse.


def allowed(tests: int) -> int:
    """Return how many of so many tests may be wrong by chance."""
    return int(stats.binom.ppf(SURE, tests, 1.0 - CONFIDENCE)) if tests else 0


def permutations(claim: Claim, table: xr.Dataset, deals: int = DEALS) -> tuple[Permutation, ...]:
    """Return what becomes of each rung when arms are shuffled within seeds; rungs of thresholds alone are left out.

    Args:
        claim: what is judged.
        table: its outcomes over arm, world and seed.
        deals: about how many shuffles over all worlds.
    """
    rng = np.random.default_rng(_DEAL_SEED)
    rungs = [_testable(rung) for rung in claim.rungs]
    hits = [0] * len(rungs)
    rounds = max(1, -(-deals // table.sizes["world"]))
    for _ in range(rounds):
        shape = tuple(table.sizes[name] for name in ("arm", "world", "seed"))
        order = rng.permuted(np.broadcast_to(np.arange(shape[0])[:, None, None], shape), axis=0)
        dealt = table.map(lambda values, order=order: values.copy(data=np.take_along_axis(values.data, order, axis=0)))
        for n, rung in enumerate(rungs):
            if rung is not None:
                hits[n] += int(
                    (judge_rung(rung, _kept(rung, table, dealt), claim.doses, {}).verdict == SUPPORTED).sum()
                )
    tests = rounds * table.sizes["world"]
    return tuple(
        Permutation(rung.name, len(rung.effect), tests, found, allowed(tests))
        for rung, found in zip(rungs, hits, strict=True)
        if rung is not None
    )


def _testable(rung: Rung) -> Rung | None:
    """Return a rung with those of its effects that are nothing when arms mean nothing."""
    effects = [each for each in rung.effect if _centred(each)]
    return rung.model_copy(update={"effect": effects}) if effects else None


def _centred(effect: Effect) -> bool:
    own = effect.threshold is None or effect.threshold == ESTIMANDS[effect.kind].none
    return own and effect.part != "not-worse"


def _kept(rung: Rung, table: xr.Dataset, dealt: xr.Dataset) -> xr.Dataset:
    """Return the dealt table, with the measures that effects regress on as they were."""
    causes = {effect.against for effect in rung.effect if effect.against is not None}
    return dealt.assign({name: table[name] for name in causes})


# Channels. The event log says how often each way of getting at a module was taken. An effect without a difference in
# its channel did not come through it.


def mediation(claim: Claim, table: xr.Dataset) -> tuple[Channel, ...]:
    """Return how the channels differ between the two arms that a claim's first effect compares."""
    first, second = _compared(claim)
    return tuple(_channel(table, name, first, second) for name in CHANNELS)


def _compared(claim: Claim) -> tuple[str, str]:
    """Return the first and last arm of the first effect; of switches, all on and all off."""
    if claim.file.switches:
        return "1" * len(claim.file.switches), "0" * len(claim.file.switches)
    arms = claim.rungs[0].effect[0].arms or list(claim.arms)
    return arms[0], arms[-1]


def _channel(table: xr.Dataset, name: str, first: str, second: str) -> Channel:
    counts = table[f"final.{name}"].transpose("arm", "world", "seed")
    one, other = (counts.sel(arm=arm).to_numpy() for arm in (first, second))
    effect = Effect(name=name, kind="difference", sign="+", sesoi=1.0, measure=name)
    found = found_of(effect, Means(one - other, np.ones_like(one)), (0.0, 0.0), "")
    means = counts.mean(("world", "seed"))
    return Channel(
        name, first, second, float(means.sel(arm=first)), float(means.sel(arm=second)), spread_of(found.size),
        float((found.low > 0.0).mean()), float((found.high < 0.0).mean()),
    )  # fmt: skip


# The rival that lives by the opposite of the source's recipe: once for all claims, over the worlds.


def rival(claim: Claim, worlds: Worlds, laboratory: Laboratory, seeds: int) -> Rival:
    """Run a competent closed rival in the worlds of a claim.

    Raises:
        FlywheelError: the sweep was stopped, or could not be carried out.
    """
    names = [f"final.{name}" for theirs, ours, _ in _RACES.values() for name in (theirs, ours)]
    effect = Effect(name="ahead", kind="difference", sign="+", sesoi=1.0, measure=names[0], measures=names[1:])
    rung = Rung(name="effect", says="the rival is ahead", effect=[effect])
    file = claim.file.model_copy(update={"id": "rival", "world": {}, "measures": {}, "rung": [rung]})
    table = laboratory.outcomes(replace(claim, file=file, arms={"rival": RIVAL}), worlds, seeds, "control")
    races = []
    for title, (theirs, ours, sign) in _RACES.items():
        ahead = (sign * (table[f"final.{theirs}"] - table[f"final.{ours}"]) > 0.0).sel(arm="rival")
        most = int((ahead.mean("seed") > 0.5).sum())
        races.append(Race(title, float(np.mean(ahead)), share_of(most, len(worlds))))
    return Rival(tuple(races), seeds)


# The fit.


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
