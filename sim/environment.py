"""The firm's environment: the outside technology frontier, the supply of it, and the best known design of each slot."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sim.mechanisms import search
from sim.parameters import Parameters
from sim.streams import Streams

Floats = NDArray[np.float64]


class Environment:
    """Outside modules (M,), whether supply is cut, and the lowest cost anybody has reached in each slot (M,)."""

    def __init__(self, parameters: Parameters, slots: int, streams: Streams) -> None:
        self._given = parameters.frontier
        self._gamma = parameters.search.gamma
        self._streams = streams
        self.frontier = np.ones(slots)
        self._try_outside(1.0 + self._given.head_start)
        self.best = self.frontier.copy() if self._given.enabled else np.ones(slots)
        self.cut = False
        self._cut_until = 0

    @property
    def supplied(self) -> bool:
        """Whether outside modules can be had."""
        return self._given.enabled and not self.cut

    @property
    def compute_lost(self) -> float:
        """Share of compute lost to a cut of supply."""
        return self._given.severity if self.cut else 0.0

    def pass_month(self, month: int, cut_by_policy: bool) -> None:
        """Advance the frontier by its own trials and see whether supply is cut."""
        struck = self._streams["supply"].random() < self._given.hazard
        if struck and month > self._cut_until:
            self._cut_until = month + self._given.duration - 1
        self.cut = self._given.enabled and (cut_by_policy or month <= self._cut_until)
        self._try_outside(self._given.trials)
        if self._given.enabled:
            self.note(self.frontier)

    def note(self, costs: Floats) -> None:
        """Take note of what firms have reached (M,)."""
        self.best = np.minimum(self.best, costs)

    def _try_outside(self, trials: float) -> None:
        uniforms = 1.0 - self._streams["frontier"].random(len(self.frontier))
        self.frontier = np.minimum(self.frontier, search.best_of(trials, self._gamma, uniforms))
