"""The benchmarks compare like with like, and notice when they do not; nothing here depends on how long it takes."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from benchmarks import adopters, bench, reference, whole
from benchmarks.agreement import Curves, agreements, curves
from benchmarks.figure import draw, title
from benchmarks.harness import Comparison, Part
from benchmarks.sides import FLOOR, MESA, OBJECTS, OURS, REACHED, SPARSE, makers
from benchmarks.sides.floor import BYTES, Floor, FloorOfChanges
from benchmarks.sides.flywheel import Flywheel
from benchmarks.whole import BATCH, CALL, REFERENCE, STEPS
from benchmarks.world import MONTHS, OPTIONS, World, offer
from sim.parameters import Parameters

SMALL, LARGER = 300, 2000


@pytest.fixture(scope="module")
def world() -> World:
    return Flywheel(SMALL, 0).world()


@pytest.fixture(scope="module")
def ours() -> Curves:
    return curves(lambda seed: Flywheel(SMALL, seed), range(60), MONTHS)


# Adopters.


@pytest.mark.parametrize("side", [*OBJECTS, SPARSE])
def test_the_curves_of_a_side_are_ours(side: str, world: World, ours: Curves) -> None:
    theirs = curves(makers(world, [side])[side], range(500, 516), MONTHS)
    assert theirs[:, -1].min() > 0
    assert agreements(ours, {side: theirs}, SMALL)[side].holds


@pytest.fixture(scope="module")
def larger() -> tuple[World, Curves]:
    return Flywheel(LARGER, 0).world(), curves(lambda seed: Flywheel(LARGER, seed), range(40), MONTHS)


OTHER = [("churn", 0.015), ("p", 0.004), ("q", 0.045), ("switching_cost", 2.0), ("taste_spread", 1.0)]


@pytest.mark.parametrize(("parameter", "value"), OTHER)
def test_a_side_of_other_rules_is_found_out(parameter: str, value: float, larger: tuple[World, Curves]) -> None:
    world, ours = larger
    other = World(world.given.model_copy(update={parameter: value}), world.network)
    theirs = curves(makers(other, [SPARSE])[SPARSE], range(500, 512), MONTHS)
    found = agreements(ours, {SPARSE: theirs}, LARGER)[SPARSE]
    assert found.errors > found.bound
    assert not found.holds


def test_a_side_of_other_rules_ends_the_benchmark(monkeypatch: pytest.MonkeyPatch) -> None:
    adopters.check(SMALL, 12, ours=20, theirs=6, sides=[SPARSE])
    strange = makers(Flywheel(SMALL, 0, p=0.05).world(), [SPARSE])
    monkeypatch.setattr(adopters, "makers", lambda *_: strange)
    with pytest.raises(SystemExit, match=r"another model than ours.*sparse"):
        adopters.check(SMALL, 12, ours=20, theirs=6, sides=[SPARSE])


def test_the_world_tries_every_rule() -> None:
    """Else sides could agree and differ in what never happens: leaving, switching, an option off the market."""
    months = [offer(month) for month in range(1, MONTHS + 1)]
    assert {month.available for month in months} == {(True, True), (True, False)}
    side = Flywheel(SMALL, 0)
    names = ("adopted", "switched_to", "left")
    totals = dict.fromkeys(names, np.zeros(OPTIONS, dtype=np.int64))
    for _ in range(MONTHS):
        was = side.tables.crowd.adopters.choice.copy()
        side.step()
        firms = side.tables.world[0].firms[:OPTIONS]
        totals = {name: totals[name] + firms[name] for name in names}
        assert side.changed() == np.count_nonzero(side.tables.crowd.adopters.choice != was)
    assert (totals["adopted"] > 0).all()
    assert totals["switched_to"][1] > 0
    assert (totals["left"] > 0).all()


def test_our_side_gets_what_the_month_offers() -> None:
    side = Flywheel(SMALL, 0)
    for _ in range(21):
        side.step()
    firms, now = side.tables.world[0].firms[:OPTIONS], offer(21)
    assert firms["capability"].tolist() == pytest.approx(now.capability)
    assert firms["cost_of_use"].tolist() == pytest.approx(now.cost)
    assert tuple(firms["available"]) == now.available == (True, False)


def test_the_floor_touches_the_bytes_that_it_says(world: World) -> None:
    floor = Floor(world)
    floor.step()
    floor.step()
    assert (floor.exposure == 2.0).all()
    columns = (floor.small, floor.exposure, floor.threshold, floor.leave_at)
    assert sum(column.nbytes for column in columns) + floor.exposure.nbytes == BYTES * world.size


@pytest.mark.parametrize("column", [0, 1, 2, 3, "threshold", "leave_at"])
@pytest.mark.parametrize("row", [0, SMALL - 1])
def test_no_byte_is_left_out_of_the_floor(column: int | str, row: int, world: World) -> None:
    floor = Floor(world)
    touched = floor.small[column] if isinstance(column, int) else getattr(floor, column)
    touched[row] = 1 if isinstance(column, int) else -1.0
    with pytest.raises(AssertionError, match="zeros"):
        floor.step()


def test_the_floor_of_changes_reaches_the_neighbours_of_who_changed(world: World) -> None:
    rows, share = adopters.changes(SMALL, 12)
    floor = FloorOfChanges(world, rows)
    for _ in range(12):
        floor.step()
    degrees = np.diff(world.network.start)
    reached = sum(degrees[each].sum() for each in rows)
    assert floor.hazards.sum() == reached > 0
    assert share == sum(map(len, rows)) / (12 * SMALL)


def test_one_size_is_timed_on_all_sides() -> None:
    sides = (*adopters.ARRAYS, MESA)
    found, share = adopters.run(adopters.Stage(SMALL, sides, 2, 2))
    assert {side: len(seconds) for side, seconds in found.seconds.items()} == dict.fromkeys(sides, 2)
    assert min(map(min, found.seconds.values())) > 0.0
    assert 0.0 < share < 0.1


def test_quiet_months_are_quiet() -> None:
    found, share = adopters.calm(20_000, 2)
    assert set(found.seconds) == {OURS, FLOOR}
    assert share <= 3e-4  # 1e-4 wanted of 10^6: here that is two adopters


def test_ten_times_the_adopters_live_through_the_same_months() -> None:
    found = adopters.tenfold(SMALL, 2)
    assert {side: len(seconds) for side, seconds in found.seconds.items()} == {OURS: 2, adopters.LARGER: 2}


# Whole runs.

QUICK = {"run.months": 6, "diffusion.adopters": 60, "flywheel.price_floor": 1e-2}


def test_whole_runs_are_timed_on_all_sides_and_each_makes_the_same_run(monkeypatch: pytest.MonkeyPatch) -> None:
    months: dict[str, set[int]] = {STEPS: set(), CALL: set(), REFERENCE: set()}
    runs = dict.fromkeys((STEPS, CALL, BATCH, REFERENCE), 2)
    step, advance = whole.InnovationModel.step, whole.advance_tables
    look = whole.Reference.step
    monkeypatch.setattr(whole.InnovationModel, "step", lambda self: (step(self), months[STEPS].add(self.month)))
    monkeypatch.setattr(whole, "advance_tables", lambda t, until: (months[CALL].add(until), advance(t, until))[1])
    monkeypatch.setattr(whole.Reference, "step", lambda self: (look(self), months[REFERENCE].add(self.month)))
    timed = whole.time_runs(1, runs, Parameters().replace(QUICK))
    assert months == {STEPS: set(range(1, 7)), CALL: {6}, REFERENCE: set(range(1, 7))}
    assert set(timed.seconds) == set(runs)


def test_another_reference_ends_the_benchmark(monkeypatch: pytest.MonkeyPatch) -> None:
    def row(p: float) -> list[reference.Compared]:
        return [reference.Compared("default", "users", 60, 1.0, 2.0, 0.5, p)]

    monkeypatch.setattr(reference, "compare", lambda *_: row(0.2))
    assert whole.check(20) == {"runs": 20, "tests": 1, "least_p": 0.2}
    monkeypatch.setattr(reference, "compare", lambda *_: row(1e-6))
    with pytest.raises(SystemExit, match="another model"):
        whole.check(20)


def test_paired_arms_share_their_luck(monkeypatch: pytest.MonkeyPatch) -> None:
    assert 0.0 < whole.correlation(range(60), {"diffusion.adopters": 60}) < 1.0
    monkeypatch.setattr(whole, "ARM", {})
    assert whole.correlation(range(8), {"diffusion.adopters": 60}) == pytest.approx(1.0)


# What is told.


def told() -> tuple[Part, Part]:
    """Parts of a benchmark that never was: a month of ours takes 1 ns an adopter, of Mesa 800, of the floor 0.5."""
    each = {OURS: 1.0, SPARSE: 30.0, FLOOR: 0.5, REACHED: 0.8, MESA: 800.0}
    plan = (
        adopters.Stage(10**6, (OURS, SPARSE, FLOOR, REACHED), 2, 1),
        adopters.Stage(10**7, (OURS, FLOOR, REACHED), 2, 1),
        adopters.Stage(10**6, (OURS, MESA), 2, 1),
    )
    comparisons = [
        Comparison("a month", OURS, {side: [1e-9 * each[side] * stage.adopters] * 2 for side in stage.sides})
        for stage in plan
    ]
    quiet = Comparison("a quiet month", OURS, {OURS: [1e-4, 1e-4], FLOOR: [1e-3, 1e-3]})
    ten = Comparison("a month", OURS, {OURS: [1e-3, 1e-3], adopters.LARGER: [1e-2, 1e-2]})
    months = Part("adopters", [*comparisons, quiet], found={"stages": [stage._asdict() for stage in plan]})
    months.targets = adopters.targets(plan, comparisons, 0.007, quiet, 5e-5, ten)
    runs = Comparison("a run", STEPS, {STEPS: [4e-3], CALL: [2e-3], BATCH: [1e-3], REFERENCE: [1.0]})
    return months, Part("whole runs", [runs], whole.targets(runs))


def test_targets_are_read_from_the_right_sides() -> None:
    months, runs = told()
    read = {target.what: (target.measured.median, target.verdict) for target in months.targets if target.measured}
    assert read == {
        "10^6 adopters, 0.70% change: ours / floor, and changes": (pytest.approx(1.25), "met"),
        "10^6 adopters, 0.005% change: ours / one plain pass": (pytest.approx(0.1), "met"),
        "10^7 / 10^6 adopters: a month of ours": (pytest.approx(10.0), "met"),
        "10^6 adopters: month of Mesa / ours": (pytest.approx(800.0), "met"),
    }
    assert [target.measured and target.measured.median for target in runs.targets] == pytest.approx([250, 500, 1000])


def test_the_figure_says_and_draws_what_was_found(tmp_path: Path) -> None:
    months, runs = told()
    assert title(months, runs) == (
        "A default run is 250 times as fast as in Mesa step by step, 500 times in one call; a month of 10⁶ adopters "
        "800 times, and one of 10⁷ takes 1.25 times the floor with changes"
    )
    path = draw(tmp_path / "bench.png", months, runs)
    assert path.read_bytes().startswith(b"\x89PNG")
    assert list(tmp_path.iterdir()) == [path]


def test_the_document_is_plain_json() -> None:
    months, runs = told()
    document = bench.document({"cpu": "one"}, False, 1.23, {"adopters": months, "whole runs": runs})
    read = json.loads(json.dumps(document))
    assert read["targets"][3]["verdict"] == "met"
    assert read["targets"][3]["measured"]["median"] == pytest.approx(800.0)
    assert read["parts"]["whole runs"]["comparisons"][0]["seconds"][REFERENCE] == [1.0]
    assert read["minutes"] == 1.2
