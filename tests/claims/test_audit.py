"""The audit finds what should not be there, and is silent where nothing is."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from experiments.claims.answers import ClaimAnswer, judge
from experiments.claims.claim import CHANNELS, Claim
from experiments.claims.controls import FAILS, HOLDS, NOTHING, OPEN, outcome_of
from experiments.claims.laboratory import laboratory
from experiments.claims.ladder import share_of
from experiments.claims.over import Budget
from experiments.claims.robustness import audit as audits
from experiments.claims.robustness.audit import mediation, permutations
from experiments.sweep.session import Options
from tests.claims.toys import toy, toy_worlds

MEASURE = "final.independent_size"
SMALL = Budget("small", 2, 8, 60, 2, 2)


def table(gap: float, worlds: int = 40, seeds: int = 20) -> xr.Dataset:
    """Return outcomes of the toy's arms: luck that seeds share, noise, and a gap by which ``open`` is ahead."""
    rng = np.random.default_rng(3)
    luck = 1.0 + rng.random((1, worlds, seeds))
    values = luck + rng.normal(0.0, 0.1, (3, worlds, seeds)) + np.array([gap, 0.0, 0.0])[:, None, None]
    names = [MEASURE, *(f"final.{name}" for name in CHANNELS)]
    return xr.Dataset(
        dict.fromkeys(names, (("arm", "world", "seed"), values)), coords={"arm": ["open", "closed", "slow"]}
    )


@pytest.fixture
def claim(tmp_path: Path) -> Claim:
    return toy(tmp_path)


def test_a_null_world_passes_with_noise_alone_and_fails_with_an_effect(claim: Claim) -> None:
    for null in audits.nulls_of(claim, table(0.0)):
        assert null.passes
        assert null.worlds == 40
    for null in audits.nulls_of(claim, table(0.2)):
        assert not null.passes
        assert null.beyond > 30


def test_a_null_world_where_nothing_differs_passes_even_at_zero(claim: Claim) -> None:
    same = table(0.0)
    for values in (same * 0.0, same.map(lambda each: each.copy(data=np.broadcast_to(each.data[:1], each.shape)))):
        assert [(null.worlds, null.beyond) for null in audits.nulls_of(claim, values)] == [(40, 0)] * 2


def test_shuffled_arms_find_nothing_and_unshuffled_ones_would(claim: Claim, monkeypatch: pytest.MonkeyPatch) -> None:
    for found in permutations(claim, table(0.5), 400):
        assert found.passes
        assert found.deals == 400
    monkeypatch.setattr("numpy.take_along_axis", lambda values, *_, **__: values)
    assert not any(found.passes for found in permutations(claim, table(0.5), 400))


def test_an_effect_against_a_threshold_is_not_shuffled(tmp_path: Path) -> None:
    more = """
[[rung]]
name = "signature"
says = "x"
[[rung.effect]]
name = "threshold"
kind = "elasticity"
measure = "final.independent_size"
arms = ["open", "closed", "slow"]
doses = [1.0, 2.0, 4.0]
threshold = 1.0
sign = "-"
sesoi = 0.1
"""
    assert [found.rung for found in permutations(toy(tmp_path, more=more), table(0.0), 40)] == ["effect", "mechanism"]


def test_mediation_tells_which_arm_has_more(claim: Claim) -> None:
    first = mediation(claim, table(0.3))[0]
    assert (first.first, first.second) == ("open", "slow")
    assert first.difference.median == pytest.approx(0.3, abs=0.03)
    assert first.more == 1.0
    assert first.less == 0.0


@pytest.mark.parametrize(
    ("without", "supported", "undecided", "outcome"),
    [
        (0.2, 0, 0, NOTHING),
        (0.9, 5, 0, HOLDS),
        (0.9, 1, 2, FAILS),
        (0.9, 0, 9, OPEN),
    ],
)
def test_what_a_control_comes_to(without: float, supported: int, undecided: int, outcome: str) -> None:
    counts = (undecided, supported, 0, 16 - supported - undecided)
    assert outcome_of(without, tuple(share_of(count, 16) for count in counts)) == outcome


def test_a_calibration_that_fails_names_what_fails(tmp_path: Path) -> None:
    assert "was not calibrated" in audits.calibration_of(tmp_path).says
    (tmp_path / "calibration.csv").write_text("parameter,passed\na,1\nb,0\n")
    (tmp_path / "errors.csv").write_text("mechanism,passed\nreuse,1\n")
    assert audits.calibration_of(tmp_path) == (False, "the fit's calibration fails for b")


def test_a_real_audit_of_few_runs_shows_no_defect(claim: Claim, tmp_path: Path) -> None:
    with laboratory(tmp_path / "out", Options(engine="serial")) as lab:
        answers: list[ClaimAnswer] = judge([claim], toy_worlds(), lab, SMALL, 1)
        found = audits.audit(answers, lab, SMALL, Path("results/fit"))
        assert found.defects == []
        (control,) = found.claims[0].controls
        assert control.outcome == FAILS
        assert found.calibration.passes
        assert len(found.rival.races) == 3
