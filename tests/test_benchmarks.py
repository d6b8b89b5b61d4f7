"""The benchmarks compare like with like, and notice when they do not; nothing here depends on how long it takes."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from benchmarks import adopters, bench, fit, peers, reference, store, sweeps, whole
from benchmarks.agreement import Curves, agreements, curves
from benchmarks.figure import draw, title
from benchmarks.harness import Comparison, Part, Spread
from benchmarks.sides import FLOOR, MESA, OBJECTS, OURS, REACHED, SPARSE, by_mesa, makers
from benchmarks.sides.bare import finals
from benchmarks.sides.blocks import make_runs, settings
from benchmarks.sides.floor import BYTES, Floor, FloorOfChanges
from benchmarks.sides.flywheel import Flywheel
from benchmarks.sweeps import BARE, BARE_ONE, DASK, ONE, SWEEP, TWO
from benchmarks.usage import Usage, python
from benchmarks.whole import BATCH, CALL, REFERENCE, STEPS
from benchmarks.world import MONTHS, OPTIONS, World, offer
from experiments.fit.config import default_fit, read_fit
from experiments.fit.table import read_columns, table_design
from tests.runs import ONCE
from tests.worlds import classic

SMALL, LARGER = 300, 2000
pytestmark = ONCE


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
    timed = whole.time_runs(1, runs, classic(**QUICK))
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


# Sweeps.

BUSY = """
import subprocess, sys, time
begun = time.process_time()
while time.process_time() < begun + {own}:
    pass
held = bytearray({megabytes} << 20)
if {others}:
    subprocess.run([sys.executable, "-c", {other!r}], check=True)
print("done")
time.sleep(0.1)
"""


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="processor time is read from /proc")
def test_the_time_of_a_process_is_told_from_that_of_those_it_started() -> None:
    other = BUSY.format(own=1.0, megabytes=1, others=0, other="")
    used = python("-c", BUSY.format(own=0.1, megabytes=60, others=1, other=other))
    assert used.said == "done\ndone\n"  # of both
    assert 0.09 <= used.own < 0.95 <= used.others < used.seconds
    assert 60 < used.peak < 120


def test_a_command_that_fails_ends_the_benchmark() -> None:
    with pytest.raises(SystemExit, match="no such thing"):
        python("-c", "raise ValueError('no such thing')")


@pytest.mark.parametrize("name", peers.present())
def test_what_others_sweep_with_makes_the_runs_of_our_model(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(peers, "PROCESSES", 1)
    assert peers.time_tool(name, 3) > 0.0


def test_another_model_s_runs_are_not_timed(monkeypatch: pytest.MonkeyPatch) -> None:
    name = next(iter(peers.PEERS))
    monkeypatch.setattr(by_mesa, "batch_run", lambda seeds, _: finals(range(1, len(seeds) + 1)))
    with pytest.raises(SystemExit, match="not those of our model"):
        peers.time_tool(name, 3)


def test_a_tool_that_is_not_installed_is_told_and_left_out(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    others = {"strange tool": peers.Peer("no_such_package", "by_none", "run")}
    monkeypatch.setattr(peers, "PEERS", peers.PEERS | others)
    assert "strange tool" not in peers.present()
    assert "strange tool: not installed, and takes no part (pip install no_such_package)\n" in capsys.readouterr().out


def test_a_sweep_is_made_and_opened_as_its_user_does(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = store.drive(tmp_path, 20)
    assert found["runs"] == 20
    assert found["megabytes"] > 0.01
    for side in (store.PYARROW, store.SERIES):
        exec(store.SIDES[side].format(store=str(tmp_path / "20")), {})
    assert capsys.readouterr().out.split("\n") == ["80", "(1, 2)", "(9,)", ""]


@pytest.mark.slow
def test_all_about_sweeps_is_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    timed = sweeps.time_tools
    monkeypatch.setattr(sweeps, "WANTED", 40)
    monkeypatch.setattr(sweeps, "time_tools", lambda *_: timed([], 1, 2, 1))
    monkeypatch.setattr(sweeps, "overhead", lambda *_: Spread.of([sweeps.sweep(40, sweeps.SEEDED, sweeps.TINY).own]))
    part = sweeps.measure_at(40, 1)
    assert [target.what for target in part.targets if target.measured is None] == []


def sweeping(runs: int) -> dict[str, tuple[float, float]]:
    each = {BARE_ONE: 1.0, BARE: 0.5, SWEEP: 0.51, ONE: 1.1, TWO: 0.55, DASK: 0.6}
    compared = Comparison("runs", BARE, {side: [seconds, 2 * seconds] for side, seconds in each.items()})
    targets = sweeps.targets_of(compared, runs)
    return {target.what: (target.bound, target.measured.median) for target in targets if target.measured}


def test_targets_of_sweeps_are_read_from_the_right_sides_and_judged_at_their_size_only() -> None:
    assert sweeping(100_000) == {
        "100,000 runs, sweep / two bare processes": (1.03, pytest.approx(1.02)),
        "100,000 runs, processes, one / two": (1.9, pytest.approx(2.0)),
        "100,000 runs, one process / Dask with two workers": (1.85, pytest.approx(1.1 / 0.6)),
    }
    assert sweeping(2_000) == {}


def test_where_the_time_of_a_sweep_goes_adds_up() -> None:
    used = {side: [Usage(10.0, 2.0, 15.0, 100.0, "")] for side in (BARE, TWO)}
    lines = sweeps.where_it_goes(used, 1_000).splitlines()[2:6]
    assert [float(line.split()[-1]) for line in lines] == [20.0, 15.0, 2.0, 3.0]


# The table of a fit.


def test_bare_calls_make_the_runs_of_the_points_of_the_table_of_a_fit(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    given = read_fit(default_fit())
    design = table_design(given, 40)
    exec(fit.TABLE.format(runs=40, store=str(tmp_path / "table"), workers=2), {})
    assert capsys.readouterr().out == "40\n"
    table = dict(read_columns(tmp_path / "table", given.keys))
    rows = []
    for parameters, of_setting, numbers in settings(design):
        rows += of_setting.tolist()
        for key, values in table.items():
            section, _, name = key.partition(".")
            shared = getattr(getattr(parameters, section), name)
            assert (values[of_setting] == numbers.get(key, shared)).all()
    assert sorted(rows) == list(range(40))
    assert make_runs(design) == 40


def test_a_table_of_fewer_runs_than_asked_for_ends_the_benchmark(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fit, "python", lambda *_: Usage(1.0, 1.0, 0.0, 1.0, "39\n"))
    with pytest.raises(SystemExit, match="40 runs of a fit say: 39"):
        fit.swept(40, 1)


def judged(start: float, run: float) -> list[tuple[str, float | None]]:
    """Judge tables that take so many seconds to start and a run on a core, and hold 200 MB and 1 MB a run."""
    names = {fit.name_of(side, runs): (runs, cores) for side, cores in fit.CORES.items() for runs in (100, 400)}
    seconds = {name: [start + runs * run / cores] * 2 for name, (runs, cores) in names.items()}
    used = {name: [Usage(1.0, 1.0, 0.0, 200.0 + runs, "")] * 2 for name, (runs, _) in names.items()}
    told = fit.targets_of(Comparison("", fit.BARE, seconds), used, 400)
    return [(target.verdict, target.measured and target.measured.median) for target in told]


def test_how_long_the_table_of_a_fit_takes_is_told_without_its_start() -> None:
    memory = ("missed", pytest.approx(600 / 300))
    assert judged(start=1e3, run=4e-3) == [("met", pytest.approx(4e-3 / 2 * 1e6 / 60)), memory]
    assert judged(start=0.0, run=6e-3) == [("missed", pytest.approx(50.0)), memory]
    assert judged(start=1e3, run=0.0) == [("not measured", None), memory]


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
