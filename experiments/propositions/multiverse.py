"""The multiverse: the same claim under choices that the source does not make, as a specification curve.

Specifications are data (``configs/multiverse.toml``): a name, an axis such as the network, and changes of the base that
all arms share. At each the claim is judged on as many seeds; what is drawn is its weakest required effect in units of
its smallest effect of interest (Simonsohn, Simmons, Nelson 2020). A specification may name another one that it must be
the ``same_as`` to the bit: another way to compute the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import numpy as np
from pydantic import Field

from experiments.config import show_path
from experiments.errors import UsageError
from experiments.propositions.budget import Budget, once
from experiments.propositions.claims import Claim
from experiments.propositions.evidence import Finding, Look, find
from experiments.propositions.judge import verdict_of
from experiments.propositions.laboratory import Laboratory
from experiments.propositions.region import VERDICTS
from experiments.propositions.schema import Changes, Place, Table
from experiments.propositions.worlds import Sample, Spot
from experiments.sweep.factors import make_factor
from experiments.tables import meant, read_table

FILE = "multiverse.toml"


class Specification(Table):
    """One choice made otherwise."""

    name: Place
    axis: Place
    changes: Changes
    same_as: str | None = None


class _File(Table):
    specification: Annotated[list[Specification], Field(min_length=1, max_length=1000)]


_KEYS: dict[str, Sequence[str]] = {"": tuple(_File.model_fields), "specification": tuple(Specification.model_fields)}


def read_specifications(path: Path) -> list[Specification]:
    """Read and check the specifications of a file.

    Raises:
        UsageError: a faulty file, an unknown parameter or a value that it refuses, or a name that is not there.
    """
    where = show_path(path)
    given = read_table(path, _File, _KEYS)[1].specification
    names = [each.name for each in given]
    if len(set(names)) < len(names):
        raise UsageError(f"{where}: specification: two have one name")
    for each in given:
        place = f"{where}: specification {each.name!r}"
        for key, value in each.changes.items():
            make_factor({"key": key, "values": [value]}, place)
        if each.same_as is not None and each.same_as not in names:
            raise UsageError(f"{place}: same_as: no such specification: {each.same_as!r}; {meant(each.same_as, names)}")
    return given


def fitting(claim: Claim, given: Sequence[Specification]) -> list[Specification]:
    """Return the specifications that change nothing which the claim's arms set."""
    keys = {key for changes in claim.arms.values() for key in changes}
    return [each for each in given if not keys & set(each.changes)]


def planned_runs(claim: Claim, given: Sequence[Specification], budget: Budget) -> int:
    """Return how many runs a claim's multiverse takes."""
    worlds = len(fitting(claim, given)) * len(claim.only().arms)
    return worlds * budget.beyond(worlds)


def multiverse(claim: Claim, given: Sequence[Specification], laboratory: Laboratory, budget: Budget) -> dict[str, Any]:
    """Return what the claim is under each specification, the weakest effect first, as plain data."""
    fit, part = fitting(claim, given), claim.only()
    seeds = budget.beyond(len(fit) * len(part.arms))
    look = once(seeds)
    samples = laboratory.samples(part, [Spot(each.name, each.changes) for each in fit], seeds, "multiverse")
    by_name = {each.name: sample for each, sample in zip(fit, samples, strict=True)}
    rows = [_row(part, each, by_name[each.name], look) for each in fit]
    return {
        "id": claim.id,
        "seeds": seeds,
        "specifications": sorted(rows, key=lambda row: row["strength"]),
        "left_out": [each.name for each in given if each not in fit],
        "verdicts": {verdict: sum(row["verdict"] == verdict for row in rows) for verdict in VERDICTS},
        "checks": [
            {"name": each.name, "same_as": each.same_as, "same": _same(by_name[each.name], by_name[each.same_as])}
            for each in fit
            if each.same_as is not None and each.same_as in by_name
        ],
    }


def _row(claim: Claim, given: Specification, sample: Sample, look: Look) -> dict[str, Any]:
    findings = find(claim, sample, look)
    weakest = min(findings, key=_strength)
    low, high = bounds(weakest)
    return {
        "name": given.name, "axis": given.axis, "changes": given.changes, "verdict": verdict_of(findings).kind,
        "effect": weakest.name, "strength": _strength(weakest), "low": low, "high": high, "note": weakest.note,
    }  # fmt: skip


def _strength(finding: Finding) -> float:
    """Return the strength; one that cannot be estimated is the weakest."""
    return finding.strength if np.isfinite(finding.strength) else -np.inf


def bounds(finding: Finding) -> tuple[float, float]:
    """Return the ends of a finding's interval in units of its smallest effect, positive in the claimed direction."""
    low, high = ((end - finding.nothing) / finding.sesoi for end in (finding.low, finding.high))
    return (low, high) if finding.sign == "+" else (-high, -low)


def _same(one: Sample, other: Sample) -> bool:
    return all(
        np.array_equal(values, other.values[arm][name], equal_nan=True)
        for arm, columns in one.values.items()
        for name, values in columns.items()
    )
