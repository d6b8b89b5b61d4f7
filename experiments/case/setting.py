"""What the operators of a case are compiled for, a config and the facts, and into what."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from experiments.case.facts import Facts
from experiments.tables import meant
from sim.outcomes import COLUMNS

Floats: TypeAlias = NDArray[np.float64]
Readings: TypeAlias = Mapping[str, Floats]
"""Values by name of the reading, shape (runs,) each."""


class Compiled(NamedTuple):
    """What an operator reads from runs, and what it makes of it, shape (runs,)."""

    readings: tuple[str, ...]
    value: Callable[[Readings], Floats]


@dataclass(frozen=True)
class Setting:
    """What operators may refer to."""

    facts: Facts  # the case's
    releases: dict[str, int]  # month for which each release of the config is planned, by name and in order
    slots: tuple[str, ...]  # of the product
    months: int  # length of the run

    def number(self, release: str) -> int:
        """Return the number of a release, from 1."""
        if release not in self.releases:
            raise ValueError(f"no release is '{release}'; {meant(release, list(self.releases))}")
        return list(self.releases).index(release) + 1

    def slot(self, slot: str) -> str:
        """Return the name of a slot, if there is one."""
        if slot not in self.slots:
            raise ValueError(f"no slot is '{slot}'; {meant(slot, self.slots)}")
        return slot

    def month(self, text: str) -> int:
        """Return the month of a run in which a month of the calendar falls."""
        try:
            date = datetime.date.fromisoformat(f"{text}-01")
        except ValueError:
            raise ValueError(f"a month must be written as 2024-05, not '{text}'") from None
        month = self.facts.month(date)
        if not 1 <= month <= self.months:
            raise ValueError(f"{text} is month {month}, outside the run's 1 to {self.months}")
        return month

    def at(self, column: str, month: int) -> str:
        """Return the reading of a column at the end of a month."""
        if column not in (known := [one.name for one in COLUMNS]):
            raise ValueError(f"no column is '{column}'; {meant(column, known)}")
        return f"{column}_at_{month}"

    def field(self, field: str, release: str) -> str:
        """Return the reading of a field of a release."""
        return f"{field}_of_{self.number(release)}"
