"""Over the whole parameter space, corners included, numbers stay finite and within their meaning."""

from __future__ import annotations

from typing import Any, Literal, get_args, get_origin

import numpy as np
import pytest
from annotated_types import Ge, Le
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from sim.architecture import lay_out, loop_gain
from sim.model import InnovationModel
from sim.parameters import Parameters, declared
from sim.world import levers
from tests.runs import series
from tests.worlds import CLASSIC

FIXED = {
    "architecture.slots", "architecture.systems", "architecture.coupling", "architecture.links",
    "architecture.weights", "architecture.partners", "demand.inherited", "commons.modules",
    "policy.schedule", "release.schedule", "diffusion.edges", "diffusion.network",
    "run.months",
}  # fmt: skip
SMALLER = {"diffusion.adopters": 60, "diffusion.degree": 10}  # the range asks for memory, not for other arithmetic


def _values(key: str, info: Any) -> st.SearchStrategy[Any]:
    kind = info.annotation
    if kind is bool:
        return st.booleans()
    if get_origin(kind) is Literal:
        return st.sampled_from(get_args(kind))
    if kind is str:
        return st.sampled_from(["", "attention"])  # of the strings only the shocked slot is not fixed
    low = next(bound.ge for bound in info.metadata if isinstance(bound, Ge))
    high = SMALLER.get(key, next(bound.le for bound in info.metadata if isinstance(bound, Le)))
    inside = st.integers(low, high) if kind is int else st.floats(low, high)
    return st.one_of(st.sampled_from([low, high]), st.just(info.default if key not in SMALLER else high), inside)


SPACE = {key: _values(key, info) for key, info in declared() if key not in FIXED}
LEVER = st.fixed_dictionaries(
    {
        "lever": st.sampled_from([lever.name for lever in levers() if lever.highest > 1.0]),
        "start": st.integers(1, 6),
        "end": st.integers(6, 12),
        "level": st.one_of(st.sampled_from([0.0, 1.0, 1e12]), st.floats(0, 1e12)),
    }
)


NEEDS_A_PRODUCT = {
    "unit_cost", "capability", "openness", "cost_of_use", "trial_price", "loop_gain", "misfit", "shocked_cost",
    "systems_cost", "algorithms_cost",
}  # fmt: skip


def check(model: InnovationModel) -> None:
    model.run_model()
    observed, released = series(model), series(model)["events_released"] > 0
    for name, values in observed.items():
        if name.startswith("rival_") or (name == "shocked_cost" and not model.parameters.shock.slot):
            continue
        asked = values[released] if name in NEEDS_A_PRODUCT else values
        assert np.isfinite(asked).all(), (name, values)
        if name in NEEDS_A_PRODUCT:
            assert np.isnan(values[~released]).all(), name
    for name in ("capability", "adopted_openness", "reuse_share", "absorptive_capacity", "gap"):
        assert not (observed[name] < 0.0).any(), name
        assert not (observed[name] > 1.0).any(), name
    assert (observed["cash"] >= 0.0).all()
    assert (observed["unit_cost"][released] > 0.0).all()
    assert (observed["users"] + observed["rival_users"] <= len(model.crowd.adopters)).all()
    for firm in model.firms:
        assert all(0.0 < module.cost <= 1.0 for module in firm.modules)


@settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    derandomize=True,
    phases=[Phase.generate],  # shrinking takes minutes, and the corners are small already
)
@given(
    st.fixed_dictionaries({}, optional=SPACE),
    st.sampled_from(["complete", "ring", "small-world", "scale-free", "poisson"]),
    st.lists(LEVER, max_size=3),
    st.integers(0, 2**32),
    st.sampled_from([("ring", 0), ("ring", 8), ("random", 5), ("blocks", 2), ("blocks", 8)]),
)
def test_numbers_stay_finite(
    changes: dict[str, Any], network: str, schedule: list[Any], seed: int, layout: tuple[str, int]
) -> None:
    fixed = {"run.months": 12, "diffusion.network": network, "policy.schedule": schedule}
    sized = {"diffusion.adopters": 60, "architecture.links": layout[0], "architecture.coupling": layout[1]}
    check(InnovationModel(Parameters().replace(sized | changes | fixed), rng=seed))


@pytest.mark.parametrize("end", [0, 1])
def test_numbers_stay_finite_with_everything_at_one_end(end: int) -> None:
    changes: dict[str, Any] = {"run.months": 12}
    for key, info in declared():
        bounds = [bound for bound in info.metadata if isinstance(bound, Ge | Le)]
        if key in SPACE and len(bounds) == 2:
            changes[key] = SMALLER.get(key, bounds[1].le) if end else bounds[0].ge
    check(InnovationModel(Parameters().replace(changes), rng=0))


def test_a_runaway_flywheel_meets_its_floor() -> None:
    rich = {"firm.capacity": 1e9, "demand.budget": 1e9}
    changes = CLASSIC | {"flywheel.elasticity": 2.0, "architecture.widening": 0.0} | rich
    model = InnovationModel(rng=0, **changes, **{"diffusion.adopters": 50, "run.months": 24})
    check(model)
    floor = model.parameters.flywheel.price_floor
    assert series(model)["trial_price"][-1] == pytest.approx(floor)
    layout = lay_out(model.parameters.architecture, model.parameters.flywheel, 0)
    assert loop_gain(layout.elasticity, np.array([len(cluster) for cluster in layout.clusters]), 1.0) > 1.0
    assert series(model)["loop_gain"][-1] == 0.0
