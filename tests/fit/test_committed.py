"""The committed fit is of the commit's own model and config."""

from __future__ import annotations

from experiments.fit.config import default_fit, read_fit
from experiments.fit.kept import check_kept
from experiments.fit.worlds import load_worlds
from tests.fit.toys import ROOT

FIT = ROOT / "results" / "fit"


def test_the_committed_fit_is_of_this_model_and_config() -> None:
    if (FIT / "worlds.csv").exists():  # else none is committed yet
        assert check_kept(read_fit(default_fit()), FIT)["accepted"] > 0
        assert 0 < len(load_worlds(FIT)) <= 256
