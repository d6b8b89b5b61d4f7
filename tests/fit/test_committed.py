"""The committed fit is of the commit's own model and config, and the baseline is its central world."""

from __future__ import annotations

from experiments.config import canonical_values, load
from experiments.fit.config import default_fit, read_fit
from experiments.fit.worlds import check_kept, load_worlds
from experiments.fit.write import CENTRAL
from sim.parameters import Parameters
from tests.fit.toys import ROOT

FIT = ROOT / "results" / "fit"


def test_the_committed_fit_is_of_this_model_and_config() -> None:
    assert check_kept(read_fit(default_fit()), FIT)["accepted"] >= 1000
    assert len(load_worlds(FIT)) == 256


def test_the_baseline_is_the_central_world() -> None:
    fit, central = read_fit(default_fit()), load(FIT / CENTRAL)
    assert central.parameters == Parameters()
    assert canonical_values(load(ROOT / "configs" / "baseline.toml")) == canonical_values(central)
    given = (FIT / CENTRAL).read_text(encoding="utf-8")
    assert all(f"\n{key.partition('.')[2]} = " in given for key in fit.keys)
