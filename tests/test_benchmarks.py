"""The benchmarks compare like with like, and notice when they do not; nothing here depends on how long it takes."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from benchmarks.searching import COMPILED, PLAIN, SHORTCUT

from benchmarks import bench, diffusion, growth, searching
from benchmarks.agreement import Curves, agreements, curves
from benchmarks.figure import draw, search_costs, title
from benchmarks.harness import Comparison, Part, Spread
from benchmarks.sides import FLOOR, MESA, OBJECTS, OURS, REACHED, SPARSE, makers
from benchmarks.sides.floor import BYTES, Floor, FloorOfChanges
from benchmarks.world import MONTHS, World, build, offer

SMALL, LARGER = 300, 2000


@pytest.fixture(scope="module")
def world() -> World:
    return build(SMALL)


@pytest.fixture(scope="module")
def ours(world: World) -> Curves:
    return curves(makers(world, [OURS])[OURS], range(60), MONTHS)


# Diffusion.


@pytest.mark.parametrize("side", [*OBJECTS, SPARSE])
def test_the_curves_of_a_side_are_ours(side: str, world: World, ours: Curves) -> None:
    theirs = curves(makers(world, [side])[side], range(500, 516), MONTHS)
    assert theirs[:, -1].min() > 0
    assert agreements(ours, {side: theirs}, SMALL)[side].holds


@pytest.fixture(scope="module")
def larger() -> tuple[World, Curves]:
    world = build(LARGER)
    return world, curves(makers(world, [OURS])[OURS], range(40), MONTHS)


OTHER = [("churn", 0.015), ("p", 0.004), ("q", 0.045), ("switching_cost", 2.0), ("taste_spread", 1.0)]


@pytest.mark.parametrize(("parameter", "value"), OTHER)
def test_a_side_of_other_rules_is_found_out(parameter: str, value: float, larger: tuple[World, Curves]) -> None:
    world, ours = larger
    other = World(build(LARGER, **{parameter: value}).given, world.network)
    theirs = curves(makers(other, [SPARSE])[SPARSE], range(500, 512), MONTHS)
    found = agreements(ours, {SPARSE: theirs}, LARGER)[SPARSE]
    assert found.errors > found.bound
    assert not found.holds


def test_a_side_of_other_rules_ends_the_benchmark(monkeypatch: pytest.MonkeyPatch) -> None:
    diffusion.check(SMALL, 12, ours=20, theirs=6, sides=[SPARSE])
    strange = makers(build(SMALL, p=0.05), [SPARSE])
    monkeypatch.setattr(diffusion, "makers", lambda world, names: makers(world, names) | strange)
    with pytest.raises(SystemExit, match=r"another model than ours.*sparse"):
        diffusion.check(SMALL, 12, ours=20, theirs=6, sides=[SPARSE])


def test_the_world_tries_every_rule(world: World) -> None:
    """Else sides could agree and differ in what never happens: leaving, switching, an option off the market."""
    months = [offer(month) for month in range(1, MONTHS + 1)]
    assert {month.available for month in months} == {(True, True), (True, False)}
    side = makers(world, [OURS])[OURS](0)
    totals = np.zeros((5, 2), dtype=np.int64)
    for month in range(MONTHS):
        totals += np.array(side.population.consider(side.offers[month], month + 1))
    considered, adopted, switched_to, switched_from, left = totals
    assert (adopted > 0).all()
    assert (considered > adopted + switched_to).any()
    assert switched_to[1] == switched_from[0] > 0
    assert (left > 0).all()


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


def test_one_size_is_measured_alone() -> None:
    found = growth.alone(2000)
    assert found["adopters"] == 2000
    assert 0 < found["columns_bytes"] <= found["held_bytes"] <= found["month_bytes"] < 1000 * 2000
    assert found["more_bytes"] <= found["peak_bytes"]
    assert found["set_up_seconds"] == pytest.approx(found["network_seconds"] + found["population_seconds"])


def test_growth_is_judged_by_exponents_and_bytes() -> None:
    def one(adopters: float, month: float) -> dict[str, float]:
        return {
            "adopters": adopters, "month_seconds": month, "set_up_seconds": adopters**1.2,
            "more_bytes": 1e9 if adopters < 1e5 else 100.0 * adopters, "month_bytes": 79.0 * adopters,
        }  # fmt: skip

    sizes = (1e4, 1e5, 1e6, 1e7)
    found = [[one(size, factor * size) for size in sizes] for factor in (1.0, 3.0)]
    month, set_up, memory, bytes_each = growth.targets(found)
    assert month.measured == pytest.approx((1.0, 1.0, 1.0))
    assert set_up.measured == pytest.approx((1.2, 1.2, 1.2))
    assert memory.measured == pytest.approx((1.0, 1.0, 1.0))  # the smallest size does not count
    assert bytes_each.measured == pytest.approx((79.0, 79.0, 79.0))
    assert [target.verdict for target in (month, set_up, memory, bytes_each)] == ["met", "missed", "met", "met"]


# Search.


def test_searches_end_alike() -> None:
    chances = searching.check(trials=100, seeds=150)
    assert set(chances) == {PLAIN, COMPILED}


@pytest.mark.parametrize("side", [PLAIN, COMPILED])
def test_another_search_ends_the_benchmark(side: str, monkeypatch: pytest.MonkeyPatch) -> None:
    right = searching.sides()
    wrong: Callable[[float, int], float] = lambda trials, seed: right[side](2.0 * trials, seed)  # noqa: E731
    monkeypatch.setattr(searching, "sides", lambda: right | {side: wrong})
    with pytest.raises(SystemExit, match=rf"another search.*{side}"):
        searching.check(trials=100, seeds=150)


# What is told.


def told() -> tuple[Part, Part]:
    """Parts of a benchmark that never was: a month of ours takes 1 ns an adopter, of Mesa 600, of the floor 0.5."""
    each = {OURS: 1.0, SPARSE: 30.0, FLOOR: 0.5, REACHED: 0.8, MESA: 600.0}
    plan = (
        diffusion.Stage(10**6, (OURS, SPARSE, FLOOR, REACHED), 2, 1),
        diffusion.Stage(10**7, (OURS, SPARSE, FLOOR), 2, 1),
        diffusion.Stage(10**6, (OURS, MESA), 2, 1),
    )
    comparisons = [
        Comparison("a month", OURS, {side: [1e-9 * each[side] * stage.adopters] * 2 for side in stage.sides})
        for stage in plan
    ]
    stages = [stage._asdict() for stage in plan]
    targets = diffusion.targets(plan, comparisons)
    search = Part("search", found={"trials": [10**3, 10**9]})
    search.comparisons = [
        Comparison("a search", SHORTCUT, {SHORTCUT: [1e-3], PLAIN: [2e-3]}),
        Comparison("a search", SHORTCUT, {SHORTCUT: [3e-3]}),
    ]
    return Part("diffusion", comparisons, targets, {"stages": stages}), search


def test_targets_of_a_month_are_read_from_the_right_sides() -> None:
    part, _ = told()
    mesa, floor, sparse, reached = part.targets
    assert (mesa.measured, mesa.verdict) == (pytest.approx((600.0, 600.0, 600.0)), "met")
    assert (floor.measured, floor.verdict) == (pytest.approx((2.0, 2.0, 2.0)), "met")
    assert (sparse.measured, sparse.verdict) == (pytest.approx((30.0, 30.0, 30.0)), "met")
    assert (reached.measured, reached.verdict) == (pytest.approx((1.25, 1.25, 1.25)), "met")


def test_the_whole_run_against_the_product_is_of_sums() -> None:
    stages = (diffusion.Stage(10**6, (OURS, SPARSE, FLOOR, REACHED), 2, 1), diffusion.Stage(10**6, (OURS, MESA), 2, 1))
    seconds = {OURS: [1.0, 3.0], SPARSE: [10.0, 90.0], FLOOR: [1.0, 1.0], REACHED: [1.0, 1.0]}
    comparisons = [Comparison("", OURS, seconds), Comparison("", OURS, {OURS: [1.0], MESA: [1.0]})]
    assert diffusion.targets(stages, comparisons)[2].measured == Spread(25.0, 10.0, 30.0)


def test_the_figure_says_and_draws_what_was_found(tmp_path: Path) -> None:
    month, search = told()
    assert title(month, search_costs(search)) == (
        "A month of 10⁶ adopters is 600 times as fast as in Mesa, one of 10⁷ takes 2 times the memory's floor; "
        "10⁶ times the trials take 3 times the time"
    )
    path = draw(tmp_path / "bench.png", month, search)
    assert path.read_bytes().startswith(b"\x89PNG")
    assert list(tmp_path.iterdir()) == [path]


def test_the_document_is_plain_json() -> None:
    month, search = told()
    document = bench.document({"cpu": "one"}, False, 1.23, {"diffusion": month, "search": search})
    read = json.loads(json.dumps(document))
    assert read["targets"][0]["verdict"] == "met"
    assert read["targets"][0]["measured"]["median"] == pytest.approx(600.0)
    assert read["parts"]["search"]["comparisons"][1]["seconds"] == {SHORTCUT: [3e-3]}
    assert read["minutes"] == 1.2


def test_the_floor_of_changes_reaches_the_neighbours_of_who_changed(world: World) -> None:
    floor = FloorOfChanges(world, 0)
    for _ in range(12):
        floor.step()
    reached = sum(world.network.degrees[rows].sum() for rows in floor.changed[:12])
    assert reached > 0
    assert floor.hazards.sum() == reached
    assert floor.near[:, 0].sum(dtype=int) == reached
