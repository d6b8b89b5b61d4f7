"""What tests of robustness found, as tables that files, report and terminal share."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

from experiments.claims.judging import CONTRADICTED, SUPPORTED
from experiments.claims.ladder import Share
from experiments.claims.robustness.audit import Audit
from experiments.claims.robustness.falsifier import Falsified
from experiments.claims.robustness.multiverse import Multiverse
from experiments.report import Paragraph, Section, Table

Cell: TypeAlias = str | int | float


class Column(NamedTuple):
    """A column: its name, unit and description."""

    name: str
    unit: str
    description: str


@dataclass(frozen=True)
class Listing:
    """A table of findings.

    Attributes:
        file: its name as a file.
        title: in words.
        says: what it finds, in a sentence or two.
        columns: from left to right.
        rows: cells, row by row.
    """

    file: str
    title: str
    says: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]

    def section(self) -> Section:
        """Return it as a section of a report."""
        numbers = frozenset(
            n for n in range(len(self.columns)) if any(not isinstance(row[n], str) for row in self.rows)
        )
        shown = [[said(cell) for cell in row] for row in self.rows]
        table = Table([column.name.replace("_", " ") for column in self.columns], shown, numbers)
        return Section(self.title, [Paragraph(self.says), *([table] if shown else [])])


def said(cell: Cell) -> str:
    """Return a cell as it is read."""
    if isinstance(cell, float):
        return "-" if math.isnan(cell) else f"{cell:.3g}"
    return f"{cell:,}" if isinstance(cell, int) else cell


def audited(audit: Audit) -> list[Listing]:
    """Return what the audit found beside negative controls and null worlds, which are told with their claims."""
    return [_permutations(audit), _channels(audit), _rival(audit)]


_OF = Column("claim", "name", "claim")
_RUNG = Column("rung", "name", "rung")


def _permutations(audit: Audit) -> Listing:
    rows = tuple(
        (claim.id, str(each.rung), each.deals, each.supported, each.allowed)
        for claim in audit.claims
        for each in claim.permutations
    )
    found = sum(not each.passes for claim in audit.claims for each in claim.permutations)
    says = "The names of arms were shuffled within seeds, so that nothing can be found but by chance: "
    says += f"{found} of {len(rows)} rungs find more." if found else f"none of {len(rows)} rungs finds more."
    return Listing(
        "permutations.csv", "Audit: permutation test", says,
        (
            _OF, _RUNG,
            Column("deals", "number", "worlds times shuffles"),
            Column("supported", "number", "of them, in which the rung is supported"),
            Column("allowed", "number", "in which it may be by chance"),
        ),
        rows,
    )  # fmt: skip


def _channels(audit: Audit) -> Listing:
    rows = tuple(
        (claim.id, each.name, each.first, each.second, each.mean_first, each.mean_second, *each.difference, each.more,
         each.less)
        for claim in audit.claims
        for each in claim.channels
    )  # fmt: skip
    return Listing(
        "channels.csv", "Audit: through which channel",
        "What the event log counts in the two arms of each claim's first effect. An effect without a difference in its "
        "channel did not come through it.",
        (
            _OF,
            Column("channel", "outcome", "what is counted"),
            Column("first", "name", "an arm"),
            Column("second", "name", "the arm it is compared with"),
            Column("mean_first", "as outcome", "mean over worlds and seeds"),
            Column("mean_second", "as outcome", "mean over worlds and seeds"),
            Column("difference", "as outcome", "median over worlds of the paired difference"),
            Column("low", "as outcome", "10 % quantile over worlds"),
            Column("high", "as outcome", "90 % quantile over worlds"),
            Column("more", "share of worlds", "with surely more in the first arm"),
            Column("less", "share of worlds", "with surely less"),
        ),
        rows,
    )  # fmt: skip


def _rival(audit: Audit) -> Listing:
    rival = audit.rival
    wins = "can" if rival.can_win else "cannot"
    return Listing(
        "rival.csv", "Audit: a closed rival, and the fit",
        f"A rival as rich as the focal firm that opens nothing and insists on its own {wins} win in some worlds "
        f"({rival.seeds} seeds a world). {audit.calibration.says[0].upper()}{audit.calibration.says[1:]}.",
        (
            Column("race", "text", "in what the rival and the focal firm are compared"),
            Column("runs", "share of runs", "in which the rival ends ahead"),
            *_shares("worlds", "in which it is ahead in more than half of the seeds"),
        ),
        tuple((race.title, race.runs, *_ends(race.worlds)) for race in rival.races),
    )  # fmt: skip


def specified(found: Sequence[Multiverse]) -> Listing:
    """Return what claims are under other specifications."""
    rows = tuple(
        (claim.id, str(each.rung), each.axis, each.name, each.word, *_ends(each.shares[SUPPORTED]),
         *_ends(each.shares[CONTRADICTED]), *each.strength, "yes" if each.flips else "no", claim.worlds, claim.seeds)
        for claim in found
        for each in claim.rungs
    )  # fmt: skip
    flips = [f"{claim.id} {each.rung} ({each.name})" for claim in found for each in claim.rungs if each.flips]
    says = f"Choices that the source does not make reverse {', '.join(flips)}." if flips else (
        "No choice that the source does not make reverses a rung.")  # fmt: skip
    if unlike := [f"{c.id}: {each.name} is not {each.same_as}" for c in found for each in c.checks if not each.same]:
        says += f" What must be the same to the bit is not: {'; '.join(unlike)}."
    if left := {f"{claim.id}: {name}" for claim in found for name in claim.left_out}:
        says += f" Left out, as arms set them: {', '.join(sorted(left))}."
    return Listing(
        "multiverse.csv", "Multiverse: choices made otherwise", says,
        (
            _OF, _RUNG,
            Column("axis", "text", "what the choice is about"),
            Column("specification", "text", "the choice"),
            Column("word", "text", "the answer in words"),
            *_shares("supported", "in which the rung is supported"),
            *_shares("contradicted", "in which it is contradicted"),
            Column("strength", "smallest effects of interest", "of the weakest effect, median over worlds"),
            Column("strength_low", "smallest effects of interest", "10 % quantile over worlds"),
            Column("strength_high", "smallest effects of interest", "90 % quantile over worlds"),
            Column("flips", "yes or no", "the opposite of the word without changes"),
            Column("worlds", "number", "worlds behind it"),
            Column("seeds", "number", "seeds a world"),
        ),
        rows,
    )  # fmt: skip


def falsified(found: Sequence[Falsified]) -> Listing:
    """Return the smallest changes that make effects go."""
    rows = tuple(
        (each.id, str(each.rung), each.effect, "" if each.world is None else str(each.world), each.outcome, each.looked,
         each.distance, each.verdict, each.size,
         "; ".join(f"{moved.key} {_value(moved.was)} to {_value(moved.value)}" for moved in each.changes))
        for each in found
    )  # fmt: skip
    gone = sum(each.outcome == "found" for each in found)
    return Listing(
        "falsifier.csv", "Falsifier: the smallest change at which an effect is gone",
        f"For {gone} of {len(found)} claims a change of a world in which the effect holds was found, and confirmed on "
        "fresh seeds, at which it is gone or reversed. That none is found is no proof that there is none.",
        (
            _OF, _RUNG,
            Column("effect", "text", "the rung's first effect"),
            Column("world", "number", "the world that was changed"),
            Column("outcome", "text", "found, not confirmed, none found, or holds nowhere"),
            Column("looked", "number", "places that were looked at"),
            Column("distance", "prior ranges", "how far the change is; empty if none was confirmed"),
            Column("verdict", "text", "on the effect there"),
            Column("size", "as in sizes.csv", "of the effect there"),
            Column("changes", "text", "what was changed, the most first"),
        ),
        rows,
    )  # fmt: skip


def _value(value: object) -> str:
    return f"{value:.3g}" if isinstance(value, float) else str(value)


def _shares(name: str, description: str) -> Iterable[Column]:
    yield Column(name, "share of worlds", description)
    yield Column(f"{name}_low", "share of worlds", "lower end of its 95 % interval (Jeffreys)")
    yield Column(f"{name}_high", "share of worlds", "upper end")


def _ends(share: Share) -> tuple[float, float, float]:
    return share.share, share.low, share.high
