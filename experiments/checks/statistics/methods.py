"""The methods in order: each estimand, what several of them come to, and the share of worlds."""

from __future__ import annotations

from functools import partial

from experiments.checks.statistics.effects import estimand_checks
from experiments.checks.statistics.families import family_checks, rung_checks
from experiments.checks.statistics.shapes import ratio_checks, test_checks
from experiments.checks.statistics.shares import share_checks, word_checks
from experiments.checks.suite import Source, Suite
from experiments.claims.estimands import ESTIMANDS

STATISTICS = Suite(
    "inference",
    "methods",
    {
        "t test": Source("of a mean over seeds, by the shape of what is measured", test_checks),
        "ratio": Source("Fieller's interval of a ratio of means", ratio_checks),
        **{kind: Source("an estimand", partial(estimand_checks, kind)) for kind in ESTIMANDS},
        "rung": Source("several effects", rung_checks),
        "family": Source("several claims (Holm)", family_checks),
        "share": Source("the share of worlds (Jeffreys)", share_checks),
        "words": Source("the answer in words", word_checks),
    },
)
