"""Can a competent rival win that lives by the opposite of the source's recipe? Once for all claims, over the worlds."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

import numpy as np

from experiments.claims.claim import Claim
from experiments.claims.laboratory import Laboratory
from experiments.claims.ladder import SOME, Share, share_of
from experiments.claims.over import Worlds
from experiments.claims.schema import Changes, Effect, Rung

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
