"""Holm's procedure, over one family or many; ``tests.claims`` compares it with statsmodels."""

from __future__ import annotations

import numpy as np
import pytest

from experiments.stats.holm import holm


def test_holm_is_that_of_the_book() -> None:
    assert holm([0.04, 0.01, 0.03]).tolist() == pytest.approx([0.06, 0.03, 0.06])
    assert holm([0.9, 0.2]).tolist() == pytest.approx([0.9, 0.4])


def test_families_are_apart() -> None:
    p = np.random.default_rng(0).uniform(size=(7, 40)) ** 3
    assert holm(p).T.tolist() == [holm(family).tolist() for family in p.T]


def test_absent_tests_count_as_not_rejected() -> None:
    assert holm([0.01, 0.02], absent=3).tolist() == pytest.approx(holm([0.01, 0.02, 1.0, 1.0, 1.0])[:2])
