"""The model is a good citizen of Mesa: agents, data, batch runs, pickles, copies, memory."""

from __future__ import annotations

import copy
import gc
import pickle
import sys
import warnings
import weakref

import mesa
import numpy as np
import pytest

from sim.agents.adopter import Adopter
from sim.agents.firm import Firm
from sim.agents.module import Module
from sim.agents.population import Population
from sim.model import InnovationModel
from sim.outcomes import COLUMNS, EVENT_KINDS
from tests.runs import SMALL, differs, run


def test_firms_modules_and_adopters_are_agents() -> None:
    model = run(**{"rival.count": 2})
    assert [firm.name for firm in model.agents_by_type[Firm]] == ["focal", "rival-1", "rival-2"]
    live = {module for firm in model.firms for module in (*firm.modules, *firm.shelf.values())}
    assert set(model.agents_by_type[Module]) == live | set(model.commons)
    assert len(model.agents_by_type[Population]) == 1
    adopters = model.agents_by_type[Adopter]
    assert len(adopters) == 200
    assert adopters.agg("taste", np.mean) == pytest.approx(np.mean([adopter.taste for adopter in adopters]))
    assert len({agent.unique_id for agent in model.agents}) == len(model.agents)


def test_uses_count_the_live_products_of_each_module() -> None:
    model = run()
    for firm in model.firms:
        for module in firm.modules:
            assert module.uses == sum(module in product.modules for product in firm.products)


def test_the_data_frame_has_a_row_a_month() -> None:
    frame = run().datacollector.get_model_vars_dataframe()
    assert list(frame["month"]) == list(range(1, 25))
    assert list(frame.columns) == [column.name for column in COLUMNS]


def test_mesa_batch_run_works() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Mesa 3.5 deprecates an argument that 3.3 needs
        rows = mesa.batch_run(
            InnovationModel,
            {**SMALL, "run.months": 6, "flywheel.elasticity": [0.0, 0.5], "rng": [0, 1]},
            number_processes=1,
            display_progress=False,
        )
    assert len(rows) == 4
    assert len({row["unit_cost"] for row in rows}) == 4


@pytest.mark.parametrize("duplicate", [copy.deepcopy, lambda model: pickle.loads(pickle.dumps(model))])
def test_a_copy_goes_on_like_the_original(duplicate: object) -> None:
    model = InnovationModel(rng=5, **SMALL)
    for _ in range(10):
        model.step()
    twin = duplicate(model)  # type: ignore[operator]
    assert twin.focal is not model.focal
    for _ in range(10):
        model.step()
        twin.step()
    assert not differs(model, twin)
    assert model.events == twin.events


def test_models_in_a_row_leave_memory_flat() -> None:
    gone = []
    for seed in range(200):
        model = InnovationModel(rng=seed, **SMALL)
        if seed % 50 == 0:
            model.step()
        gone.append(weakref.ref(model))
    del model
    gc.collect()
    assert sum(ref() is not None for ref in gone) == 0
    assert sys.getrefcount(InnovationModel) < 500


def test_seed_0_is_a_seed_and_none_is_drawn() -> None:
    assert not differs(run(0), run(0))
    assert differs(run(0), run(1))
    assert InnovationModel(rng=None, **SMALL).streams.seed != InnovationModel(rng=None, **SMALL).streams.seed
    with pytest.raises(ValueError, match="seed"):
        InnovationModel(rng=-1)


def test_every_event_is_of_a_known_kind() -> None:
    model = run(**{"policy.schedule": [{"lever": "supply_cut", "start": 9, "end": 12}], "firm.self_reliance": 0.0})
    assert {event.kind for event in model.events} <= set(EVENT_KINDS)
    assert {"founded", "released", "reused", "adopted", "redesigned", "cut", "lost", "restored", "policy"} <= {
        event.kind for event in model.events
    }


def test_counts_of_innovation_are_counts_of_events() -> None:
    model = run()
    kinds = [event.kind for event in model.events if event.firm == "focal"]
    assert model.focal.independent == kinds.count("best") > 0
    assert model.focal.integrated == kinds.count("integrated")
    assert model.focal.experience == kinds.count("redesigned")
