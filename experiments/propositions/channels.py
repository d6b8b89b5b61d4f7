"""Through which channel did it come? Events of the focal firm, counted in every run and compared between arms.

A claim names a mechanism; the event log says how often each way of getting at a module was taken: own trials kept,
contributed trials kept, modules made, reused, adopted, mastered, imitated, lost. An arm is compared with the claim's
reference arm by paired differences, one a seed. An effect without a difference in its channel did not come through it.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from experiments.inference.intervals import t_interval
from experiments.propositions.claims import CHANNELS, Claim
from experiments.propositions.worlds import Sample

_CONFIDENCE = 0.95
_FEWEST = 2
_MOST = 8  # arms that a reader can take in
_COMPARE = ("difference", "interaction", "hazard-ratio", "complements")


def channels(claim: Claim, sample: Sample) -> dict[str, Any]:
    """Return the mean of each channel in each arm, and its difference from the reference arm, as plain data."""
    reference, arms = compared(claim)
    rows = [_row(sample, arm, reference, column) for arm in arms for column in CHANNELS]
    return {"reference": reference, "arms": arms, "confidence": _CONFIDENCE, "seeds": sample.seeds, "rows": rows}


def compared(claim: Claim) -> tuple[str, list[str]]:
    """Return the arm that the others are held against, and the arms to show; of switches, each one off, and all.

    Of many arms those are shown that effects of few arms compare.

    The reference is the last arm of the first effect that compares arms, else the first arm of the claim.
    """
    if claim.file.switches:
        count = len(claim.file.switches)
        each_off = ["".join("0" if n == off else "1" for n in range(count)) for off in range(count)]
        return "1" * count, ["1" * count, *each_off, "0" * count]
    against = next((effect.arms[-1] for effect in claim.effects if effect.kind in _COMPARE), None)
    arms = list(claim.arms)
    if len(arms) > _MOST:
        named = {arm for effect in claim.effects if len(effect.arms) <= _MOST for arm in effect.arms}
        arms = [arm for arm in arms if arm in named] or arms[:_MOST]
    return against or next(iter(claim.arms)), arms


def _row(sample: Sample, arm: str, reference: str, column: str) -> dict[str, Any]:
    values, others = (sample.values[name][f"final.{column}"] for name in (arm, reference))
    row: dict[str, Any] = {"arm": arm, "channel": column, "mean": np.nan, "difference": None}
    if len(values) < _FEWEST:
        return row
    row["mean"] = float(values.mean())
    if arm != reference:
        found = t_interval(values - others, _CONFIDENCE)
        row["difference"] = {"estimate": found.estimate, "low": found.low, "high": found.high}
    return row
