"""Where a rung holds over two parameters, and the theory's boundary there."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from experiments.claims.claim import Claim
from experiments.claims.laboratory import laboratory
from experiments.claims.over import Budget
from experiments.claims.phase import boundary, phase
from experiments.claims.schema import Axis, Phase
from experiments.sweep.session import Options
from tests.claims.toys import toy, toy_worlds


def with_phase(claim: Claim, phase: Phase) -> Claim:
    return replace(claim, file=claim.file.model_copy(update={"phase": phase}))


def seen(made: float, reused: float) -> xr.Dataset:
    """Return the channels that break-even reads: in every run of one arm; in the other, nothing is reused."""
    counts = {"final.events_made": [made, 3.0 * made], "final.events_reused": [reused, 0.0]}
    return xr.Dataset({
        name: (("arm", "world", "seed"), np.broadcast_to(np.array(values)[:, None, None], (2, 2, 2)))
        for name, values in counts.items()
    })  # fmt: skip


def test_break_even_is_where_uses_pay_for_reusability(tmp_path: Path) -> None:
    claim = toy(tmp_path)
    asked = with_phase(claim, claim.file.phase.model_copy(update={"boundary": "break-even"}))
    (line,) = boundary(asked, toy_worlds(), seen(2.0, 8.0))
    b, g = np.array(line.x), np.array(line.y)
    assert g == pytest.approx(4.0 * (1.0 - b), abs=0.02)
    assert line.title == "break-even at 4 reuses a module, G/(1 - b)"
    (outside,) = boundary(asked, toy_worlds(), seen(0.0, 0.0))
    assert (outside.x, outside.y) == ((), ())
    assert boundary(claim, toy_worlds(), seen(2.0, 8.0)) == ()


def test_loop_gain_is_one_where_elasticity_times_partners_is_what_trials_are_worth(tmp_path: Path) -> None:
    x = Axis(key="architecture.coupling", title="partners", range=[1, 6])
    y = Axis(key="flywheel.elasticity", title="elasticity", range=[0.0, 2.0])
    claim = toy(tmp_path, more="")
    asked = with_phase(claim, Phase(x=x, y=y, boundary="loop-gain"))
    same = replace(toy_worlds(1), changes=({"search.gamma": 1.2, "architecture.widening": 0.0},))
    (line,) = boundary(asked, same, seen(1.0, 1.0))
    assert np.array(line.x) * np.array(line.y) == pytest.approx(1.2, rel=0.02)  # θ = ε k / γ on a ring


def test_a_diagram_of_few_runs_has_its_places_in_order(tmp_path: Path) -> None:
    claim = toy(tmp_path)
    x = Axis(key="search.gamma", title="γ", range=[0.8, 3.2])
    y = Axis(key="feedback.upstream", title="upstream", range=[0.0, 1.0])
    asked = with_phase(replace(claim, arms={**claim.arms, "slow": {"search.gamma": 3.2}}), Phase(x=x, y=y))
    held = replace(asked, file=asked.file.model_copy(update={"world": {"search.gamma": 1.0}}))
    with laboratory(tmp_path / "out", Options(engine="serial")) as lab:
        found = phase(held, toy_worlds(), lab, Budget("small", 2, 8, 64, 2, 2))
        assert lab.finished == 2 * 2 * 2 * 8  # γ (that of slow is that of open at x = 3.2), y, worlds, seeds
    assert found.x == (0.8, 3.2)
    assert found.y == (0.0, 1.0)
    assert found.supported.shape == found.size.shape == (2, 2)
    assert (found.size[:, 0] > 0.5).all()
    assert (found.size[:, 1] == 0.0).all()  # both arms are one world there
    assert (found.worlds, found.seeds, found.lines) == (2, 8, ())
