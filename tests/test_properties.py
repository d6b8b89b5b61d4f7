"""Over the whole parameter space, corners included, numbers stay finite and within their meaning."""

from __future__ import annotations

from typing import Any, Literal, get_args, get_origin

import numpy as np
import pytest
from annotated_types import Ge, Le
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from sim.mechanisms import flywheel
from sim.model import InnovationModel
from sim.parameters import LEVERS, Parameters, declared
from tests.runs import series

FIXED = {
    "architecture.slots", "architecture.weights", "architecture.partners", "demand.inherited", "commons.modules",
    "policy.schedule", "release.schedule", "diffusion.edges", "diffusion.network",
    "search.engine",  # trial by trial is a reference: 10¹² trials one by one take for ever
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
        return st.sampled_from(["", "data"])  # of the strings only the shocked slot is not fixed
    low = next(bound.ge for bound in info.metadata if isinstance(bound, Ge))
    high = SMALLER.get(key, next(bound.le for bound in info.metadata if isinstance(bound, Le)))
    inside = st.integers(low, high) if kind is int else st.floats(low, high)
    return st.one_of(st.sampled_from([low, high]), st.just(info.default if key not in SMALLER else high), inside)


SPACE = {key: _values(key, info) for key, info in declared() if key not in FIXED}
LEVER = st.fixed_dictionaries(
    {
        "lever": st.sampled_from([lever for lever in LEVERS if lever != "mandate"]),
        "start": st.integers(1, 6),
        "end": st.integers(6, 12),
        "level": st.one_of(st.sampled_from([0.0, 1.0, 1e12]), st.floats(0, 1e12)),
    }
)


def check(model: InnovationModel) -> None:
    while model.running:
        model.step()
    for name, values in series(model).items():
        undefined = {"rival_": not model.parameters.rival.count, "shocked_cost": not model.parameters.shock.slot}
        if not any(absent for start, absent in undefined.items() if name.startswith(start)):
            assert np.isfinite(values).all(), (name, values)
    observed = series(model)
    for name in ("capability", "adopted_openness", "reuse_share", "absorptive_capacity", "gap"):
        assert (observed[name] >= 0.0).all(), name
        assert (observed[name] <= 1.0).all(), name
    assert (observed["cash"] >= 0.0).all()
    assert (observed["unit_cost"] > 0.0).all()
    assert (observed["users"] + observed["rival_users"] <= model.population.size).all()
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
)
def test_numbers_stay_finite(changes: dict[str, Any], network: str, schedule: list[Any], seed: int) -> None:
    fixed = {"run.months": 12, "diffusion.network": network, "policy.schedule": schedule}
    sized = {"diffusion.adopters": 60}
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
    changes = {"flywheel.elasticity": 2.0, "architecture.widening": 0.0, "firm.capacity": 1e9, "demand.budget": 1e9}
    model = InnovationModel(rng=0, **changes, **{"diffusion.adopters": 50, "run.months": 24})
    check(model)
    floor = model.parameters.flywheel.price_floor
    assert series(model)["trial_price"][-1] == pytest.approx(floor)
    assert flywheel.loop_gain(model.architecture.elasticity, model.architecture.sizes, 1.0) > 1.0
    assert series(model)["loop_gain"][-1] == 0.0
