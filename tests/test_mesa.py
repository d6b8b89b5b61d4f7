"""The model is a good citizen of Mesa: agents, data, batch runs, pickles, copies, memory."""

from __future__ import annotations

import copy
import gc
import pickle
import sys
import weakref
from collections.abc import Callable
from typing import Any

import mesa
import numpy as np
import pytest

from sim.agents.adopter import Adopter
from sim.agents.firm import Firm
from sim.agents.module import Module
from sim.model import InnovationModel
from sim.outcomes import COLUMNS, EVENT_KINDS
from tests.runs import SMALL, differs, in_batches, run, series


def test_firms_modules_and_adopters_are_agents_with_ids_of_their_own() -> None:
    model = run(**{"rival.count": 2})
    firms, modules, adopters = (model.agents_by_type[kind] for kind in (Firm, Module, Adopter))
    assert [firm.name for firm in firms] == ["focal", "rival-1", "rival-2"]
    assert {module for firm in firms for module in firm.modules} < set(modules)
    assert len(adopters) == 200
    assert adopters.agg("taste", np.mean) == pytest.approx(np.mean([adopter.taste for adopter in adopters]))
    ids = [agent.unique_id for kind in (firms, modules, adopters) for agent in kind]
    assert len(set(ids)) == len(ids) == len(firms) + len(modules) + len(adopters)
    for kind in (firms, modules, adopters):
        assert kind.to_frame().index.tolist() == [agent.unique_id for agent in kind]
    assert repr(firms[0]).startswith("Firm 1 (focal): cash ")
    assert repr(modules[0]).startswith(f"Module {modules[0].unique_id} (tooling, commons, made): cost ")
    assert repr(model) == "InnovationModel(seed 0): month 24 of 24, 3 firms, 200 adopters"


@pytest.mark.parametrize("kind", [Firm, Module, Adopter])
def test_sets_of_agents_do_what_mesa_promises(kind: type[mesa.Agent]) -> None:
    agents = run().agents_by_type[kind]
    name = "cash" if kind is Firm else "cost" if kind is Module else "taste"
    values = agents.get(name)
    assert values == [getattr(agent, name) for agent in agents]
    assert agents.agg(name, max) == max(values)
    some = agents.select(lambda agent: getattr(agent, name) > min(values))
    assert 0 < len(some) < len(agents)
    assert set(some) <= set(agents)
    seen: list[int] = []
    agents.do(lambda agent: seen.append(agent.unique_id))
    agents.shuffle_do(lambda agent: seen.append(agent.unique_id))
    assert sorted(seen[: len(agents)]) == sorted(seen[len(agents) :])
    agents.set(name, 0.25)
    assert set(agents.get(name)) == {0.25}


def test_a_view_writes_its_row_and_dies_with_its_module() -> None:
    model = InnovationModel(rng=0, **SMALL)
    views: set[Module] = set()
    while model.running:
        model.step()
        views |= set(model.agents_by_type[Module])
    living = set(model.agents_by_type[Module])
    retired = next(view for view in views if view not in living)
    assert repr(retired) == f"Module {retired.unique_id}: retired"
    with pytest.raises(LookupError, match="is retired"):
        _ = retired.cost
    module = next(iter(model.focal.modules))
    module.cost = 0.5
    assert module.cost == 0.5
    assert (model.events[-1].kind, model.events[-1].module) == ("edited", module.unique_id)
    with pytest.raises(ValueError, match="at most 1"):
        module.cost = 2.0
    before = model.focal.users
    Adopter(model, 0).choice = -1
    Adopter(model, 0).choice = 0
    assert model.focal.users in (before, before + 1)


def test_sets_of_modules_hold_what_was_chosen_and_nothing_else() -> None:
    model = InnovationModel(rng=1, **SMALL)
    for _ in range(12):
        model.step()
    living = model.agents_by_type[Module]
    for none in (living.select(lambda _: False), living.select(at_most=0), living - living, living & []):
        assert len(none) == 0
    own = living.select(lambda module: module.owner == "focal")
    before = {module.unique_id for module in own}
    assert living.shuffle(inplace=True) is not living
    while model.running:
        model.step()
    assert {module.unique_id for module in own} == before & {module.unique_id for module in living}
    assert len(living) == len(model.agents_by_type[Module]) > len(own)
    own.discard(next(iter(own)))
    assert {module.unique_id for module in own} < before


def test_what_the_model_keeps_cannot_be_set() -> None:
    firm = run().focal
    for name in ("releases", "users", "openness"):
        with pytest.raises(AttributeError, match="cannot be set"):
            setattr(firm, name, 1)
    with pytest.raises(AttributeError, match="has no 'csh'"):
        firm.csh = 1.0
    with pytest.raises(ValueError, match="must be from 0"):
        firm.cash = float("nan")


def test_uses_count_the_live_products_of_each_module() -> None:
    model = run()
    state = model.state
    for k in range(len(model.firms)):
        products = state.products[k, : state.here.lines]
        used = [int(row) for product in products for row in product.modules[: state.design.slots]]
        for module in model.firms[k].modules:
            assert module.uses == used.count(module.row)


def test_the_data_frame_has_a_row_a_month() -> None:
    frame = run().datacollector.get_model_vars_dataframe()
    assert list(frame["month"]) == list(range(1, 25))
    assert list(frame.columns) == [column.name for column in COLUMNS]


def test_mesa_batch_run_works() -> None:
    rows = in_batches(InnovationModel, {**SMALL, "run.months": 6, "flywheel.elasticity": [0.0, 0.5]}, [0, 1])
    alone = [run(seed, **{"run.months": 6, "flywheel.elasticity": e}) for e in (0.0, 0.5) for seed in (0, 1)]
    assert {row["unit_cost"] for row in rows} == {series(model)["unit_cost"][-1] for model in alone}
    assert len({row["unit_cost"] for row in rows}) == len(rows) == 4


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
    for seed in range(300):
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
    assert InnovationModel(rng=None, **SMALL).seed != InnovationModel(rng=None, **SMALL).seed
    assert InnovationModel(seed=7, **SMALL).seed == 7 == InnovationModel(rng=np.int64(7), **SMALL).seed
    big = InnovationModel(rng=2**80, **SMALL)
    big.step()
    assert big.seed == 2**80


@pytest.mark.parametrize("make", [np.random.default_rng, np.random.SeedSequence, np.random.PCG64])
def test_a_generator_or_seed_sequence_gives_a_seed_of_the_command_line(make: Callable[[int], Any]) -> None:
    seeds = [InnovationModel(seed=make(3), **SMALL).seed, InnovationModel(rng=make(3), **SMALL).seed]
    assert seeds == [seeds[0]] * 2
    assert seeds[0] != InnovationModel(rng=make(4), **SMALL).seed
    assert 0 <= seeds[0] < 2**63
    assert (
        InnovationModel(rng=seeds[0], **SMALL).random.random() == InnovationModel(rng=make(3), **SMALL).random.random()
    )


def test_a_generator_goes_on() -> None:
    rng = np.random.default_rng(3)
    assert InnovationModel(rng=rng, **SMALL).seed != InnovationModel(rng=rng, **SMALL).seed


@pytest.mark.parametrize(
    ("given", "error", "said"),
    [
        ({"rng": -1}, ValueError, "^rng: the seed must be 0 or more, not -1$"),
        ({"rng": 1.5}, TypeError, "must be a whole number, or a generator or seed sequence of NumPy's, not 1.5"),
        ({"seed": 3.0}, TypeError, "^seed: the seed must be a whole number, .* not 3.0$"),
        ({"seed": "3"}, TypeError, "^seed: the seed must be a whole number, .* not '3'$"),
        ({"rng": True}, TypeError, "must be a whole number"),
        ({"rng": np.True_}, TypeError, "must be a whole number"),
        ({"rng": np.array([3, 4])}, TypeError, "must be a whole number"),
        ({"rng": 1, "seed": 1}, ValueError, "give one of them"),
        ({"flywheel.elasticty": 1.0}, KeyError, "did you mean 'flywheel.elasticity'"),
        ({"architecture.coupling": 9}, ValueError, "9 slots can have 8 partners"),
        ({"architecture.links": "blocks", "architecture.coupling": 3}, ValueError, "cannot be divided into blocks"),
        ({"architecture.slots": ("a", "a ")}, ValueError, "is no name"),
        ({"architecture.slots": ("a", "")}, ValueError, "a name is empty"),
        ({"commons.modules": ("a\nb",)}, ValueError, "cannot be printed"),
        ({"parameters": 1}, TypeError, "must be Parameters"),
        ({"release.schedule": [{"month": 6, "name": "x"}, {"month": 6, "name": "x"}]}, ValueError, "two releases"),
        ({"release.schedule": [{"month": 6, "name": " "}]}, ValueError, "a name is empty"),
        ({"release.schedule": [{"month": 6, "name": "x\x1b[2J"}]}, ValueError, "cannot be printed"),
        ({"release.schedule": [{"month": 6, "name": "X"}, {"month": 6, "name": "x "}]}, ValueError, "with a blank"),
        ({"release.schedule": [{"month": 6, "name": "a b"}, {"month": 6, "name": "ab"}]}, ValueError, "two releases"),
        ({"architecture.slots": ("a", "b", "a")}, ValueError, "slots: 'a' is there twice"),
        ({"architecture.slots": ("a b", "ab")}, ValueError, "'ab' and 'a b' differ only in blanks or form"),
        ({"architecture.slots": ("é", "e\u0301")}, ValueError, "differ only in blanks or form"),
        ({"architecture.slots": ("ﬁt", "fit")}, ValueError, "differ only in blanks or form"),
        ({"architecture.slots": ("a", "a\u200b")}, ValueError, "cannot be printed"),
        ({"policy.schedule": [{"lever": "tax"}]}, ValueError, "no lever is named 'tax'"),
        ({"policy.schedule": [{"lever": "mandate", "level": 2.0}]}, ValueError, "above the highest"),
    ],
)
def test_what_cannot_be_is_refused(given: dict[str, object], error: type[Exception], said: str) -> None:
    with pytest.raises(error, match=said):
        InnovationModel(**given)  # type: ignore[arg-type]


def test_every_event_is_of_a_known_kind() -> None:
    model = run(**{"policy.schedule": [{"lever": "supply_cut", "start": 9, "end": 12}], "firm.self_reliance": 0.0})
    assert {event.kind for event in model.events} <= set(EVENT_KINDS)
    assert {"inherited", "released", "reused", "adopted", "redesigned", "cut", "lost", "restored", "policy"} <= {
        event.kind for event in model.events
    }


def test_counts_of_innovation_are_counts_of_events() -> None:
    model = run()
    kinds = [event.kind for event in model.events if event.firm == "focal"]
    assert model.focal.independent == kinds.count("best") > 0
    assert model.focal.integrated == kinds.count("integrated")
    assert 0 < model.focal.experience <= kinds.count("redesigned") + kinds.count("developed")
