"""Part of a claim: one rung, with the arms that it needs, for questions that cost many runs."""

from __future__ import annotations

from dataclasses import replace

from experiments.claims.claim import Claim
from experiments.claims.schema import RungName


def part_of(claim: Claim, name: RungName, effects: int | None = None) -> Claim:
    """Return a claim with one of its rungs alone, and the arms that this needs.

    Args:
        claim: that has the rung.
        name: of the rung.
        effects: how many of its effects, the first ones; all if None.
    """
    (rung,) = (rung for rung in claim.rungs if rung.name == name)
    rung = rung.model_copy(update={"effect": rung.effect[:effects]})
    needed = set[str]()
    for effect in rung.effect:
        needed |= {*(effect.arms or claim.arms), *effect.against_arms, *([effect.of] if effect.of else [])}
        targets = [claim.file.measures[each].target for each in effect.reads if each in claim.file.measures]
        needed |= {target.arm for target in targets if target is not None}
    file = claim.file.model_copy(update={"rung": [rung]})
    return replace(claim, file=file, arms={name: changes for name, changes in claim.arms.items() if name in needed})
