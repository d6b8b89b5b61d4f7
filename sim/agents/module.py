"""Modules as agents: views of the rows of the modules' table, for as long as the module lives."""

from __future__ import annotations

from collections.abc import Iterable
from random import Random
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.agents.rows import Column, Row, RowSet
from sim.mechanisms.shock import edit

COMMONS, OUTSIDE = -2, -1
ORIGINS = ("made", "adopted", "integrated")


class _Design(Column):
    """The cost or the point of a module, which changes by the door that logs it."""

    def __set__(self, row: Row, value: Any) -> None:
        module = row.model.state.modules[row.row]
        changed = {"cost": float(module.cost), "point": float(module.point), self._field: float(value)}
        if not 0.0 < changed["cost"] <= 1.0:
            raise ValueError(f"cost: must be above 0 and at most 1, not {value}")
        edit(row.model.tables.world, row.row, changed["cost"], changed["point"])
        row.model.write_down()


class Module(Row):
    """One design for one slot.

    Its row is used again once it is retired: a view of a retired module raises ``LookupError``.
    """

    noun = "module"

    cost = _Design("state.modules", "cost", "Cost c of one unit of capability, in (0, 1]; setting it is logged.")
    point = _Design("state.modules", "point", "Design point z, design distance; setting it is logged.")
    uses = Column("state.modules", "uses", "Live products that use it.")
    secrecy = Column("state.modules", "secrecy", "Its owner has opened it if its openness is above this.")
    forks = Column("state.modules", "forks", "How often contributors have forked it.")
    lineage = Column("state.modules", "lineage", "Id of the module whose design it descends from by copying.")

    def __init__(self, model: Any, row: int) -> None:
        self._row, self._id = row, int(model.state.modules[row].id)
        super().__init__(model, row)

    @property
    def row(self) -> int:
        """The number of its row.

        Raises:
            LookupError: the module is retired.
        """
        if self.model.state.modules[self._row].id != self._id or not self._id:
            raise LookupError(f"module {self._id} is retired: no product uses it any more")
        return self._row

    @row.setter
    def row(self, row: int) -> None:
        self._row = row

    @property
    def unique_id(self) -> int:  # type: ignore[override]
        """The module's number, unique in its model; retired ones are not used again."""
        return self._id

    @classmethod
    def ids(cls, model: Any, rows: list[int]) -> NDArray[np.int64]:
        """Return the numbers of the modules in some rows."""
        return np.asarray(model.state.modules["id"][rows], dtype=np.int64)

    @property
    def slot(self) -> str:
        """The name of its slot; of the commons' module, if it is one."""
        number, given = int(self.model.state.modules[self.row].slot), self.model.parameters
        return str((given.commons.modules if self.owner == "commons" else given.architecture.slots)[number])

    @property
    def owner(self) -> str:
        """The name of the firm that may redesign it, ``outside`` or ``commons``."""
        owner = int(self.model.state.modules[self.row].owner)
        return {COMMONS: "commons", OUTSIDE: "outside", 0: "focal"}.get(owner, f"rival-{owner}")

    @property
    def origin(self) -> str:
        """Made by its owner, adopted from outside as it is, or integrated: from outside, and mastered since."""
        return ORIGINS[int(self.model.state.modules[self.row].origin)]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Module) and other._id == self._id and other.model is self.model

    def __hash__(self) -> int:
        return hash(("module", self._id))

    def __repr__(self) -> str:
        if self.model.state.modules[self._row].id != self._id:
            return f"Module {self._id}: retired"
        return f"Module {self._id} ({self.slot}, {self.owner}, {self.origin}): cost {self.cost:.4g}, {self.uses} uses"


class ModuleSet(RowSet):
    """A set of modules: of all that live, by default, or of some, from which those that retire drop out."""

    def __init__(self, model: Any, rows: Iterable[int] | None = None, random: Random | None = None) -> None:
        """Make a set of the modules in ``rows``; of all that live at any time if None."""
        self._chosen: dict[int, int] | None = None
        super().__init__(model, Module, () if rows is None else rows, random)
        if rows is None:
            self._chosen = None

    @property
    def _rows(self) -> dict[int, None]:
        ids = self.model.state.modules["id"]
        if self._chosen is None:
            return dict.fromkeys(np.flatnonzero(ids[: self.model.state.here.modules]).tolist())
        return {row: None for row, own in self._chosen.items() if ids[row] == own}

    @_rows.setter
    def _rows(self, rows: Iterable[int]) -> None:
        ids = self.model.state.modules["id"]
        self._chosen = {row: int(ids[row]) for row in rows}

    def _with(self, rows: Iterable[int]) -> RowSet:
        """Return the set with other rows; the set of all that live is never cut or put in order itself."""
        return self._part(rows) if self._chosen is None else super()._with(rows)

    def add(self, agent: Any) -> None:
        """Add a module."""
        self._rows = [*self._rows, *self._rows_of([agent])]

    def discard(self, agent: Any) -> None:
        """Drop a module from the set, if it is there; it stays in the world."""
        self._rows = [row for row in self._rows if agent not in self or row != agent.row]
