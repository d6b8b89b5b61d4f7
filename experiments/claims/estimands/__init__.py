"""The estimands by kind, a file each. A new one needs its file, its line here and its test."""

from __future__ import annotations

from experiments.claims.estimands.base import Among, Ask, Estimand, Known, Means
from experiments.claims.estimands.behind import Behind
from experiments.claims.estimands.best_dose import BestDose
from experiments.claims.estimands.contrast import Contrast
from experiments.claims.estimands.difference import Difference
from experiments.claims.estimands.elasticity import Elasticity
from experiments.claims.estimands.hazard_ratio import HazardRatio
from experiments.claims.estimands.interaction import Interaction
from experiments.claims.estimands.shapley import Shapley

ESTIMANDS: dict[str, Estimand] = {
    estimand.kind: estimand
    for estimand in (
        Difference(), Interaction(), Contrast(), HazardRatio(), Elasticity(), BestDose(), Behind(), Shapley(),
    )
}  # fmt: skip

__all__ = ["ESTIMANDS", "Among", "Ask", "Estimand", "Known", "Means"]
