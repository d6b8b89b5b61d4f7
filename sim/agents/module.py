"""A module: fills one slot of a product."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from sim.agents.actor import Actor, World

if TYPE_CHECKING:
    from sim.agents.firm import Firm

Origin = Literal["made", "adopted", "integrated"]


class Module(Actor):
    """One design for one slot.

    Attributes:
        slot: index of the slot; modules of the commons count on their own.
        owner: the firm that may redesign it; None for outside modules and for the commons.
        origin: made by its owner, adopted from outside as it is, or integrated: from outside, and mastered since.
        point: design point z; its distance to what a product requires is the mismatch.
        cost: cost c of one unit of capability, in (0, 1].
        uses: live products that use it.
        releases: releases that have used it.
        secrecy: the firm opens it if its openness is above this number in [0, 1).
        forks: how often contributors have forked it.
    """

    def __init__(
        self,
        model: World,
        slot: int,
        owner: Firm | None,
        origin: Origin,
        point: float,
        cost: float,
        secrecy: float = 0.0,
    ) -> None:
        super().__init__(model)
        self.slot = slot
        self.owner = owner
        self.origin: Origin = origin
        self.point = point
        self.cost = cost
        self.secrecy = secrecy
        self.uses = 0
        self.releases = 0
        self.forks = 0

    @property
    def outside(self) -> bool:
        """Whether the module came from outside, mastered since or not."""
        return self.origin != "made"
