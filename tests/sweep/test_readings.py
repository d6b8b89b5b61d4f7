"""Single values read off runs: what they are, where they are kept, and what is said of a wrong one."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import experiments
from experiments.analysis.table import read_table
from experiments.config import load
from experiments.errors import UsageError
from experiments.sweep.rerun import rerun, rerun_all
from experiments.sweep.tasks import MODEL, Context, Job, Outcomes, do
from sim.block import Block
from sim.founding import advance_tables, found_tables
from sim.parameters import Parameters
from sim.readings import Seen, parse
from sim.world import WAYS, table
from tests.sweep.stores import carry_out, exports, read, write

ROOT = Path(__file__).parents[2]
MONTHS, SEEDS = 20, (3, 4, 5)
WANTED = (
    "experts_of_8_from_3", "users", "reused_of_8", "users_at_8", "month", "frontier_cost_trend_1_19", "systems_of_5",
    "month_of_8", "made_of_1", "kept_of_8", "patches_of_8", "cost_of_9", "users_at_21", "users_trend_1_21",
    "users_trend_1_6", "development_of_2", "algorithms_of_6",
)  # fmt: skip


@pytest.fixture(scope="module")
def case() -> Parameters:
    return load(ROOT / "configs" / "case.toml", (), MONTHS, "the test").parameters


@pytest.fixture(scope="module")
def done(case: Parameters) -> Outcomes:
    context = Context(case.model_dump_json(), None, WANTED, ("gap",), task=MODEL)
    return do(context, [Job(n, "{}", seed) for n, seed in enumerate(SEEDS)]).outcomes


def shown(case: Parameters, seed: int) -> Iterator[float]:
    """Yield what a run shows, by its tables."""
    tables = advance_tables(found_tables(case, seed), MONTHS)
    own = {int(row.number): row for row in tables.releases if row.firm == 0 and row.month > 0}
    record, slots = tables.record, case.architecture.slots
    for name in WANTED:
        match name:
            case "users" | "month":
                yield record[name][-1]
            case "users_at_8":
                yield record["users"][7]
            case "frontier_cost_trend_1_19":
                yield np.polyfit(np.arange(19), np.log(record["frontier_cost"][:19]), 1)[0]
            case "experts_of_8_from_3":
                place = slots.index("experts")
                adopted = own[3].ways[place] == WAYS.index("adopted")
                yield float(not adopted and own[3].lineages[place] == own[8].lineages[place])
            case "reused_of_8" | "made_of_1":
                way, _, number = name.partition("_of_")
                yield sum(own[int(number)].ways[n] == WAYS.index(way) for n in range(len(slots)))
            case "cost_of_9" | "users_at_21" | "users_trend_1_21" | "users_trend_1_6":
                yield math.nan  # there are eight releases and 20 months, and no users before the first release
            case _:
                field, _, number = name.partition("_of_")
                yield float(own[int(number)][field])


def test_readings_are_what_the_tables_of_a_run_say_in_the_order_asked_for(case: Parameters, done: Outcomes) -> None:
    expected = [[*shown(case, seed)] for seed in SEEDS]
    np.testing.assert_allclose(done.final, expected, rtol=1e-12)
    read_off = [n for n, name in enumerate(WANTED) if name not in ("users", "month")]
    np.testing.assert_array_equal(done.mean[:, read_off], done.final[:, read_off])
    assert (done.mean[:, WANTED.index("users")] != done.final[:, WANTED.index("users")]).all()
    assert done.series.shape == (MONTHS * len(SEEDS), 1)  # what readings need of others is not kept


def test_a_run_alone_has_the_same_bits(case: Parameters, done: Outcomes) -> None:
    context = Context(case.model_dump_json(), None, WANTED, ("gap",), task=MODEL)
    alone = do(context, [Job(0, "{}", SEEDS[1])]).outcomes
    assert alone.final.tobytes() == done.final[1].tobytes()


def test_runs_without_readings_keep_no_release(case: Parameters, monkeypatch: pytest.MonkeyPatch) -> None:
    made = list[Block]()
    monkeypatch.setattr("experiments.sweep.observe.Block", lambda *given: made.append(Block(*given)) or made[-1])
    do(Context(case.model_dump_json(), None, ("users",), (), task=MODEL), [Job(0, "{}", 1)])
    assert made[0].kept.releases.size == made[0].kept.series.size == 0


def test_a_module_descends_from_the_firms_own_of_an_earlier_release() -> None:
    releases = table("releases", 5, 2)
    releases["month"] = [[1, 2], [1, 2], [1, 2], [1, 0], [0, 0]]
    releases["lineages"][:, :, 1] = [[7, 7], [7, 8], [7, 7], [7, 7], [0, 0]]
    releases["ways"][2, 0, 1] = WAYS.index("adopted")
    seen = Seen({}, np.asarray(releases), ("other", "a_of_9"))
    values = parse("a_of_9_of_2_from_1").values(seen)  # a slot may have any name
    np.testing.assert_array_equal(values, [1.0, 0.0, 0.0, np.nan, np.nan])


def test_a_trend_needs_a_value_above_0_in_each_month() -> None:
    series = np.exp(0.25 * np.arange(4.0)) * np.ones((4, 1))
    series[1, 1], series[2, 1], series[3, 3] = 0.0, np.nan, np.inf
    values = parse("users_trend_1_4").values(Seen({"users": series}, table("releases", 4, 0), ()))
    np.testing.assert_allclose(values, [0.25, np.nan, np.nan, np.nan], rtol=1e-14)


DESIGN = """
base = "base.toml"
[design]
kind = "sobol-points"
points = {points}
months = 12
common_random_numbers = false
[[factor]]
key = "flywheel.elasticity"
range = [0.1, 0.5]
[outcomes]
final = ["unit_cost"]
mean = ["users"]
series = ["users"]
read = {read}
{more}
"""


def text(*names: str, points: int = 5, more: str = "") -> str:
    return DESIGN.format(points=points, read=json.dumps(names), more=more)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("user_at_8", "no column is named 'user'; did you mean users?"),
        ("users_at_0", "month 0 is out of range; months go from 1 to 1200"),
        ("users_at_13", "month 13 is beyond the runs, which have 12 months"),
        ("users_at_08", "is no reading; a reading is COLUMN_at_MONTH, "),
        ("users", "'users' is a column, not a reading; say when, as in users_at_12"),
        ("users_trend_5_5", "a trend goes from a month to a later one, not from 5 to 5"),
        ("users_trend_2_13", "month 13 is beyond the runs"),
        ("coost_of_2", "a release has no 'coost'; did you mean cost?"),
        ("cost_of_0", "release 0 is out of range; releases go from 1 to 240"),
        ("cost_of_241", "release 241 is out of range"),
        ("expert_of_3_from_2", "no slot is named 'expert'; did you mean experts?"),
        ("experts_of_2_from_3", "a module descends from an earlier release, and 3 is not before 2"),
        ("", "'' is no reading"),
    ],
)
def test_a_wrong_reading_is_one_line(tmp_path: Path, name: str, said: str) -> None:
    with pytest.raises(UsageError) as caught:
        read(tmp_path, text(name))
    (line,) = caught.value.lines
    assert f"outcomes.read: {name!r}" in line
    assert said in line


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (text("users_at_8", "users_at_8"), "outcomes.read: names an outcome twice"),
        (text().replace('["unit_cost"]', '["users_at_8"]'), "outcomes.final: 'users_at_8' is a reading, one value"),
        (text(more='[stop]\noutcome = "mean.users_at_8"\nhalf_width = 1.0'), "stop.outcome: 'users_at_8' is a reading"),
        (text("users_at_10").replace("flywheel.elasticity", "run.months").replace("months = 12\n", "")
         .replace("[0.1, 0.5]", "[3, 9]"), "month 10 is beyond the runs, which have 9 months"),
        (text("base_of_2_from_1").replace("flywheel.elasticity", "architecture.slots")
         .replace("range = [0.1, 0.5]", 'values = [["pipeline", "framework", "precision", "x"]]'), "no slot is named"),
    ],
)  # fmt: skip
def test_readings_are_held_to_the_rest_of_the_design(tmp_path: Path, given: str, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        read(tmp_path, given)


def test_a_sweep_keeps_readings_and_more_points_of_it_go_on(tmp_path: Path) -> None:
    names = ("users_at_12", "cost_of_1", "cost_of_200", "experts_of_2_from_1")
    stop = '[stop]\noutcome = "final.users_at_8"\nhalf_width = 1.0'
    assert "users_at_8" in read(tmp_path, text(*names, more=stop)).kept
    store = tmp_path / "s"
    carry_out(write(tmp_path, text(*names)), store, "threads", MODEL)
    first = experiments.load(store).runs
    carry_out(write(tmp_path, text(*names, points=9)), store, "serial", MODEL)
    results = experiments.load(store)
    runs: Any = results.runs
    assert runs["run_id"][:5].tolist() == first["run_id"].tolist()
    assert runs["seed"].nunique() == 9
    assert [name for name in runs if name.startswith(("final.", "mean."))] == [
        "final.unit_cost", *(f"final.{name}" for name in names), "mean.users",
    ]  # fmt: skip
    assert runs.attrs["columns"]["final.users_at_12"]["unit"] == "adopters"
    assert (
        runs.attrs["columns"]["final.cost_of_1"]["description"] == "release 1 of the focal firm: unit cost at release"
    )
    last = results.series[results.series["month"] == 12]["users"].to_numpy()
    np.testing.assert_array_equal(runs["final.users_at_12"], last)
    assert runs["final.cost_of_200"].isna().all()
    analysed = read_table(results, ["final.cost_of_1"], False)
    assert analysed.unit == "point"
    assert (analysed.values["final.cost_of_1"].ravel() == runs["final.cost_of_1"]).all()
    assert [*rerun(store, runs["run_id"][7])][-1] == "same to the byte: outcomes and series"
    assert [*rerun_all(store, "serial")][-1] == "all 9 runs are the same to the byte: outcomes and series"
    carry_out(tmp_path / "design.toml", tmp_path / "whole", "threads", MODEL)
    assert exports(tmp_path / "whole") == exports(store)


def test_a_run_without_the_slot_of_a_reading_fails_alone(case: Parameters) -> None:
    context = Context(case.model_dump_json(), None, ("cost_of_1", "x_of_2_from_1"), (), task=MODEL)
    done = do(context, [Job(0, "{}", 1)])
    assert not len(done.outcomes.number)
    assert "no slot is named 'x'" in done.failures[0].error
