"""The compiled core: the same bits however it is run, luck that is keyed, a whole log, machine code that is kept."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from sim.batch import run_batch
from sim.founding import advance_tables, found_tables
from sim.model import InnovationModel
from sim.outcomes import COLUMNS, events_of
from sim.parameters import Parameters
from sim.world import JOURNAL, Tables
from tests.runs import SMALL, run, series
from tests.worlds import CLASSIC, classic

ONE_SLOT = {
    "architecture.slots": ("a",), "architecture.coupling": 0, "demand.inherited": ("a",), "rival.count": 0,
    "frontier.enabled": False, "diffusion.enabled": False, "displacement.enabled": False, "reuse.heterogeneity": 0.0,
    "run.months": 36,
}  # fmt: skip
RUN = """
import json, sys
from sim.founding import advance_tables, found_tables
from sim.parameters import Parameters
tables = advance_tables(found_tables(Parameters().replace(json.loads(sys.argv[1])), 7), int(sys.argv[2]))
print(json.dumps({name: tables.record[name][: int(sys.argv[2])].tolist() for name in tables.record.dtype.names}))
"""


def tables(changes: dict[str, object], seed: int = 0, **options: bool) -> Tables:
    """Run a world in one call."""
    parameters = classic(**changes)
    return advance_tables(found_tables(parameters, seed, **options), parameters.run.months)


def elsewhere(changes: dict[str, object], months: int, **environment: str) -> dict[str, np.ndarray]:
    """Run a world in a process of its own, and return what it observed."""
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", RUN, json.dumps(CLASSIC | changes), str(months)],
        capture_output=True, check=True, text=True, env=os.environ | environment,
        cwd=Path(__file__).resolve().parents[1], timeout=300,
    )  # fmt: skip
    return {name: np.array(values, dtype=float) for name, values in json.loads(done.stdout).items()}


@pytest.mark.parametrize("changes", [{}, {"diffusion.network": "complete"}, {"rival.count": 3, "reuse.lines": 3}])
def test_step_by_step_in_one_call_and_in_threads_are_the_same_bits(changes: dict[str, object]) -> None:
    changes = SMALL | changes
    stepped = run(4, **changes)
    whole = InnovationModel(Parameters().replace(changes), rng=4)
    whole.run_model()
    assert whole.steps == stepped.steps == whole.month
    assert whole.tables.record.tobytes() == stepped.tables.record.tobytes()
    assert whole.events == stepped.events
    seeds = [4, 0, 9, 4]
    many = [run_batch(Parameters().replace(changes), seeds, threads) for threads in (1, 2)]
    assert many[0].tobytes() == many[1].tobytes()
    assert many[0][0].tobytes() == many[0][3].tobytes() == whole.tables.record.tobytes()
    assert many[0][1].tobytes() != many[0][0].tobytes()


def test_interpreted_it_is_the_same_but_for_rounding() -> None:
    changes = {
        "run.months": 9, "diffusion.adopters": 40, "diffusion.p": 0.2, "rival.openness": 1.0, "rival.count": 2,
        "reuse.lines": 3, "frontier.hazard": 0.2,
    }  # fmt: skip
    compiled = tables(changes, 7).record
    interpreted = elsewhere(changes, 9, NUMBA_DISABLE_JIT="1")
    for column in COLUMNS:
        np.testing.assert_allclose(interpreted[column.name], compiled[column.name], rtol=1e-9, err_msg=column.name)


@pytest.mark.slow
def test_no_index_is_out_of_bounds(tmp_path: Path) -> None:
    changes = {"run.months": 30, "rival.count": 2, "reuse.lines": 3, "frontier.hazard": 0.2, "diffusion.adopters": 300}
    for network in ("small-world", "complete", "scale-free"):
        for rule in ("hazard", "threshold"):
            world = changes | {"diffusion.network": network, "diffusion.rule": rule, "diffusion.seeds": 0.1}
            checked = elsewhere(world, 30, NUMBA_BOUNDSCHECK="1", NUMBA_CACHE_DIR=str(tmp_path))
            assert np.isfinite(checked["cash"]).all()


@pytest.mark.slow
def test_machine_code_that_cannot_be_kept_or_read_is_made_anew(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("no folder")
    elsewhere(SMALL, 2, NUMBA_CACHE_DIR=str(blocked / "below"))
    kept = tmp_path / "kept"
    before = elsewhere(SMALL, 24, NUMBA_CACHE_DIR=str(kept))
    spoiled = [path for path in kept.rglob("*.nb?") if path.write_bytes(path.read_bytes()[:100])]
    assert spoiled
    after = elsewhere(SMALL, 24, NUMBA_CACHE_DIR=str(kept))
    assert all(np.array_equal(before[name], after[name], equal_nan=True) for name in before)


def test_more_money_meets_the_same_trials_sooner() -> None:
    def kept(capacity: float) -> list[float]:
        changes = ONE_SLOT | {"firm.capacity": capacity, "firm.endowment": 1e6, "reuse.interval": 60}
        made = tables(changes, 2)
        names = events_of(made, classic(**changes))
        return [event.value for event in names if event.kind == "redesigned"]

    poor, rich = kept(20.0), kept(2000.0)
    assert 0 < len(poor) < len(rich)
    assert rich[: len(poor)] == poor


def test_what_is_logged_is_what_was_counted() -> None:
    taking = {"firm.self_reliance": 0.0, "arbitrage.alertness": 50.0, "frontier.head_start": 1000.0}
    model = run(1, **taking, **{"frontier.hazard": 0.2, "absorption.half": 10.0, "absorption.mastery": 0.5})
    logged = Counter(event.kind for event in model.events if event.firm == "focal")
    last = model.tables.record[-1]
    for kind in ("released", "made", "copied", "reused", "adopted", "lost", "mastered", "imitated"):
        assert last[f"events_{kind}"] == logged[kind], kind
    assert logged["lost"] > 0
    assert logged["best"] == last["independent"]
    assert logged["integrated"] == last["integrated"]


def test_a_module_changes_only_by_what_the_log_says() -> None:
    """From the log alone each module's cost follows: nothing changes a module but by the one door."""
    model = InnovationModel(Parameters().replace(SMALL | {"rival.openness": 1.0, "commons.cost": 0.1}), rng=5)
    costs: dict[int, float] = {}
    read = 0
    while model.running:
        model.step()
        events = model.events
        for event in events[read:]:
            if event.module and event.kind not in ("best", "forked", "retired"):
                costs[event.module] = event.value
        read = len(events)
        for firm in model.firms:
            for module in firm.modules:
                assert costs[module.unique_id] == module.cost


def test_the_log_makes_room_for_itself() -> None:
    changes = SMALL | {"run.months": 400, "diffusion.adopters": 20, "rival.count": 8, "reuse.interval": 1}
    logged = tables(changes)
    assert len(logged.events) > JOURNAL
    silent = tables(changes, keeps_events=False)
    assert len(silent.events) == 0
    assert logged.record.tobytes() == silent.record.tobytes()


def test_a_month_that_the_log_cannot_hold_is_refused_not_cut_short() -> None:
    slots = tuple(f"s{n}" for n in range(64))
    releases = [{"month": 1, "name": f"r{n}", "line": n % 8, "introduces": slots} for n in range(240)]
    full = {
        "architecture.slots": slots, "architecture.coupling": 16, "architecture.widening": 1.0, "reuse.lines": 8,
        "demand.inheritance": False, "frontier.enabled": False, "firm.endowment": 1e12, "release.schedule": releases,
        "run.months": 1, "diffusion.adopters": 10,
    }  # fmt: skip
    with pytest.raises(OverflowError, match="the log takes 65,536 a month"):
        tables(full)
    assert tables(full, keeps_events=False).record["events_made"][0] == 240 * 64


def test_a_column_that_nobody_writes_is_missing() -> None:
    made = found_tables(Parameters(), 0)
    assert np.isnan(made.record["unit_cost"]).all()


def test_luck_is_keyed_by_decision() -> None:
    base, other = run(3), run(3, **{"market.price": 2.0, "feedback.patches": False, "leak.enabled": False})
    for name in ("supply_cut", "frontier_cost"):
        np.testing.assert_array_equal(series(base)[name], series(other)[name])
    np.testing.assert_array_equal(base.crowd.traits["taste"], other.crowd.traits["taste"])
    firms = [model.state.firms[0].errors.tolist() for model in (base, other)]
    assert firms[0] == firms[1]
