"""The world that defaults are taken from."""

from __future__ import annotations

import numpy as np

from experiments.fit.write import central, rounded
from experiments.sweep.factors import make_factor


def test_the_central_world_is_typical_and_in_the_middle() -> None:
    places = np.array([[0.5, 0.9, 0.6, 0.1, 0.55], [0.5, 0.1, 0.5, 0.1, 0.45]])
    typicality = np.array([0.0, 0.4, 0.4, 0.1, 0.1])
    assert central(places, np.array([0.5, 0.5]), typicality) == 2  # 0 lies in the middle, but is not typical
    assert central(places, np.array([0.9, 0.0]), typicality) == 1
    assert central(places, np.array([0.5, 0.5]), np.zeros(5)) == 0


def test_a_rounded_value_stays_within_its_prior() -> None:
    factor = make_factor({"key": "search.gamma", "range": [0.726, 2.5]}, "here")
    assert rounded(factor, 1.2345) == 1.2
    assert rounded(factor, 0.7261) == 0.73
    assert rounded(factor, 0.7262) >= 0.726
    listed = make_factor({"key": "architecture.coupling", "values": [2, 3]}, "here")
    assert rounded(listed, 3) == 3
