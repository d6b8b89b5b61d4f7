"""Adopters as agents: views of the rows of the crowd, and the set of all of them."""

from __future__ import annotations

from collections.abc import Iterable
from random import Random
from typing import Any

import numpy as np

from sim.agents.rows import Column, Row, RowSet
from sim.kernels.adoption import NEVER, NONE
from sim.mechanisms.diffusion import put


class _Choice(Column):
    """The option in use, which neighbours see: it is written through the door that tells them."""

    def __set__(self, row: Row, value: Any) -> None:
        options = len(row.model.crowd.options)
        if value != int(value) or not NONE <= value < options:
            raise ValueError(f"choice: must be -1 for none or an option below {options}, not {value}")
        put(row.model.tables.world, row.model.crowd, row.row, int(value))


class Adopter(Row):
    """One adopter: an agent that considers what firms offer, and uses one product at most.

    Activation is staged, by the compiled month: all look, then all move. A view reads and writes the present state.
    """

    noun = "adopter"

    choice = _Choice("crowd.adopters", "choice", "Option (firm) in use, -1 for none; setting it tells the neighbours.")
    taste = Column("crowd.traits", "taste", "Utility per unit of capability.", least=0.0)
    benefit = Column("crowd.traits", "benefit", "Private benefit of contributing, relative to the median.", least=0.0)
    left = Column("crowd.adopters", "left", "Hazard still to come, as of month since, until it considers next.")
    since = Column("crowd.adopters", "since", "Month in which its hazard last changed.")

    @classmethod
    def first_id(cls, model: Any) -> int:
        """Return the number of the first adopter: firms come first."""
        return int(model.state.here.firms) + 1

    @property
    def leaves(self) -> int | None:
        """Month in which it leaves what it uses, None for never."""
        month = int(self.model.crowd.adopters.leave[self.row])
        return None if month == NEVER else month

    @property
    def neighbours(self) -> AdopterSet:
        """The adopters that it knows."""
        crowd = self.model.crowd
        if len(crowd.near) == 0:
            return AdopterSet(self.model, (row for row in range(len(crowd.adopters)) if row != self.row))
        return AdopterSet(self.model, crowd.neighbours[crowd.start[self.row] : crowd.start[self.row + 1]].tolist())

    def shares(self) -> list[float]:
        """Return the share of neighbours that use each option, shape (K,), 0 for who has no neighbours."""
        crowd = self.model.crowd
        if len(crowd.near):
            row = crowd.near[self.row]
            return list((row[:-1] / row[-1]).tolist())
        mine = np.arange(len(crowd.options)) == self.choice
        return list(((crowd.options.users - mine) / max(len(crowd.adopters) - 1, 1)).tolist())

    def remove(self) -> None:
        """Refuse: a row cannot leave the crowd."""
        raise TypeError("an adopter is a row of the crowd and cannot be removed: set its choice to -1 instead")

    def __repr__(self) -> str:
        crowd, choice = self.model.crowd, self.choice
        n = len(crowd.adopters) - 1 if len(crowd.near) == 0 else int(np.diff(crowd.start[self.row : self.row + 2])[0])
        uses = "uses nothing" if choice == NONE else f"uses firm {choice}"
        return f"Adopter {self.unique_id}: {uses}, {n} neighbour{'' if n == 1 else 's'}"


class AdopterSet(RowSet):
    """An ordered set of adopters of one model, with the interface of Mesa's ``AgentSet``."""

    def __init__(self, model: Any, rows: Iterable[int] | None = None, random: Random | None = None) -> None:
        """Make a set of the adopters in ``rows``, all by default."""
        everybody = range(len(model.crowd.adopters))
        super().__init__(model, Adopter, everybody if rows is None else rows, random)
