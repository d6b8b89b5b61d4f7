"""The compiled core and the reference are the same model, in distribution: quickly here, whole behind the marker."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.reference import LEVEL, compare, compared, core_samples, worlds
from experiments.stats.holm import holm
from tests.worlds import classic

SHORT = {"run.months": 12, "diffusion.adopters": 100}


def test_a_short_world_agrees() -> None:
    rows = compare("short", classic(**SHORT), 20)
    assert len({row.outcome for row in rows}) >= 40
    assert min(holm([row.p for row in rows])) >= LEVEL


def test_another_world_is_told_apart() -> None:
    """A difference of a fifth in a mechanism shows: the comparison can fail."""
    months = (6, 12)
    one = core_samples(classic(**SHORT), range(60), months)
    other = core_samples(classic(**SHORT, **{"reuse.fresh_cost": 80.0}), range(60, 120), months)
    rows = [compared("changed", key, one[key], other[key]) for key in one]
    assert min(holm([row.p for row in rows])) < LEVEL


def test_missing_values_are_compared_as_missing() -> None:
    missing, there = np.full(60, np.nan), np.linspace(0.0, 1.0, 60)
    assert compared("none", ("unit_cost", 1), missing, there).p < LEVEL
    assert compared("none", ("unit_cost", 1), missing, missing).p == 1.0


@pytest.mark.slow
def test_default_case_and_random_worlds_agree() -> None:
    rows = [row for name, world in worlds(12).items() for row in compare(name, world, 60)]
    adjusted = holm([row.p for row in rows])
    assert [row for row, p in zip(rows, adjusted, strict=True) if p < LEVEL] == []
