"""A case is read from its folder, its facts are computed as they were, and one that does not hold gets one line."""

from __future__ import annotations

import datetime
import shutil
from pathlib import Path

import pytest

from experiments.case import Case, read_case
from experiments.case.derivations import DERIVATIONS, lineages, logit_slope, training_compute
from experiments.case.operators import OPERATORS
from experiments.case.reading import shipped
from experiments.case.runs import case_parameters, default_config
from experiments.config import load
from experiments.errors import UsageError
from sim.parameters import Parameters
from sim.readings import check, parse

ROOT = Path(__file__).parents[2]
DATA = ROOT / "experiments" / "data"
GIVEN = load(ROOT / "configs" / "case.toml").parameters
EXAMPLE = load(ROOT / "configs" / "example_case.toml").parameters


@pytest.fixture(scope="module")
def case() -> Case:
    return read_case("deepseek", GIVEN)


def test_config_follows_the_dated_facts(case: Case) -> None:
    facts, schedule = case.facts, {release.name: release for release in GIVEN.release.schedule}
    assert list(schedule) == list(facts.releases)
    for name, date in facts.releases.items():
        assert schedule[name].month == facts.month(date)
        assert set(schedule[name].introduces) == {
            one.slot for one in facts.modules if (one.product, one.relation) == (name, "introduces")
        }
    assert set(GIVEN.demand.inherited) == {one.slot for one in facts.modules if one.relation == "inherited"}
    assert {fact.slot for fact in facts.modules} == set(GIVEN.architecture.slots)
    assert case_parameters() == GIVEN
    assert default_config() == ROOT / "configs" / "case.toml"


def test_config_differs_from_the_baseline_only_where_the_case_says_so() -> None:
    """So that nothing can be tuned without this test being changed."""
    given, base = GIVEN.model_dump(), Parameters().model_dump()
    differing = {f"{s}.{key}" for s, keys in given.items() for key, value in keys.items() if base[s][key] != value}
    assert differing == {"run.months", "release.schedule"}  # demand.inherited is said again, as the facts do


def test_every_fact_is_dated_sourced_and_of_the_time_before_2025(case: Case) -> None:
    dates = [fact.date for fact in case.facts.facts]
    assert dates == sorted(dates)
    assert max(dates).year == 2024
    assert case.facts.month(max(dates)) == case.last_month == 19
    assert all(fact.source for fact in (*case.facts.facts, *case.facts.modules))
    assert {fact.product: fact.date for fact in case.facts.modules} == case.facts.releases


def test_facts_are_computed_as_the_brief_has_them(case: Case) -> None:
    expected = {
        "hump up": 8.23 / 4.49, "hump down": 4.87 / 8.23, "gain to V2": 1.94, "gain to V2.5": 2.16, "gain to V3": 0.944,
        "introductions": 7, "reuse": 0.3375, "outside progress": 8, "diffusion": 21 / 8, "slowing": 0.941, "serving": 7,
    }  # fmt: skip
    assert {one.name: one.fact for one in case.patterns} == pytest.approx(expected, rel=2e-3)
    scores = {name: one for name, one in case.facts.measured("MMLU base").items() if name.startswith("Llama 2 ")}
    compute = {name: training_compute(case.facts, name) for name in (*scores, "DeepSeek-V2")}
    assert logit_slope(scores, compute, "Llama 2") == pytest.approx(0.98, abs=0.005)
    assert compute["DeepSeek-V2"] == pytest.approx(1.02e24, rel=0.01)


@pytest.mark.parametrize(("name", "parameters"), [("deepseek", GIVEN), ("example", EXAMPLE)])
def test_shipped_cases_read_only_what_their_runs_can_show(name: str, parameters: Parameters) -> None:
    assert name in shipped()
    found = read_case(name, parameters)
    later = found.predicted(parameters)
    assert later.release.schedule[: len(parameters.release.schedule)] == parameters.release.schedule
    for names, given in ((found.readings, parameters), (found.prediction_readings, later)):
        for reading in names:
            check(parse(reading), given.architecture.slots, given.run.months)
            assert parse(reading).released <= len(given.release.schedule)
    assert all(one.refuted.endswith(".") for one in found.predictions)


def test_questions_and_predictions_are_written_out_by_rules(case: Case) -> None:
    names = [one.name for one in case.questions]
    assert "unit cost, DeepSeek Coder" not in names
    assert [name for name in names if name.startswith("users")] == [
        f"users, {month}" for month in ("2023-11", "2024-01", "2024-03", "2024-05", "2024-07", "2024-09", "2024-11")
    ]
    users = [one for one in case.predictions if one.name.startswith("users")]
    assert [one.readings for one in users] == [(f"users_at_{month}", "users_at_19") for month in range(20, 32)]
    assert "2025-07" in users[6].refuted
    assert (case.months, case.further[0].introduces) == (31, ["alignment"])


# Cases that do not hold: a copy of the example with one thing changed.


FAULTS = [
    ("case.toml", 'name = "reuse-rise" }', 'name = "reuse-rize" }', r"pattern 'reuse': operator: name: .*reuse-rise\?"),
    ("case.toml", 'operator = { name = "reuse-rise" }', "", "pattern 'reuse': operator: is missing"),
    ("case.toml", 'operator = { name = "reuse-rise" }', "operator = {}", "'reuse': operator: name: is missing"),
    ("case.toml", 'derivation = "growth"', 'derivation = "growht"', r"'spread': fact: derivation: .*growth\?"),
    ("case.toml", "discrepancy = 0.2\n", "", "pattern 'reuse': discrepancy: is missing"),
    ("case.toml", "discrepancy = 0.2", "discrepancy = 0.0", "'reuse': discrepancy: must be above 0, not 0"),
    ("case.toml", "factor = 2.0\n", "", "'spread': factor: an interval needs"),
    ("case.toml", "factor = 2.0", "factor = 2.0\nfacter = 1", r"no such key; did you mean factor\?"),
    ("case.toml", '"assembly time"', '"assembly times"', r"'assembly': no fact has .*did you mean assembly time\?"),
    ("case.toml", 'of = "Pomona 2", to', 'of = "Pomona 9", to', "'assembly': no fact is the 'assembly time' of"),
    ("case.toml", 'slot = "vision"', 'slot = "visoin"', r"'roots': no slot is 'visoin'; did you mean vision\?"),
    ("case.toml", 'from = ["Pomona 2"]', 'from = ["Pomona 3"]', "'roots': .*which is not earlier"),
    ("case.toml", 'from = ["Pomona 2"]', 'from = ["Pomona 1"]', "does not say that 'Pomona 1' introduces"),
    ("case.toml", '["vision", "gripper"]', '["vision"]', "'roots': operator: has 2 links, and the fact says 1"),
    ("case.toml", '["vision", "gripper"]', '["planner"]', "does not say that 'Pomona 3' reuses"),
    ("case.toml", 'of = "2031-05"', 'of = "2032-05"', "'spread': 2032-05 is month 28, outside the run's 1 to 20"),
    ("case.toml", 'column = "users", of', 'column = "user", of', r"no column is 'user'; did you mean users\?"),
    ("case.toml", 'field = "cost"', 'field = "price"', "operator: field: must be 'month'"),
    ("case.toml", 'name = "slowing"', 'name = "spread"', "pattern 'spread': stands there twice"),
    ("case.toml", "last = 2031-06-30", "last = 2031-05-30", "date: 2031-05-31 is after 2031-05-30"),
    ("case.toml", "last = 2031-06-30", "last = 2032-06-30", "last: 2032-06-30 is month 29, and run.months is 20"),
    ("case.toml", 'title = "Orchards grow"', 'title = "Orchards', "broken TOML"),
    ("case.toml", "[predict]\nmonths = 24", "[predict]\nmonths = 21", "'Pomona 4': month: must be 16 to 21, not 22"),
    ("case.toml", 'introduces = ["planner"]', 'introduces = ["plan"]', r"'plan'; did you mean planner\?"),
    ("facts.csv", "hour,invented", "hour", "line 12: has 7 cells, and must have 8"),
    ("facts.csv", ",30,hour", ",many,hour", "line 12: value: must be a number, not 'many'"),
    ("facts.csv", ",30,hour", ",nan,hour", "line 12: value: must be a number, not 'nan'"),
    ("facts.csv", ",30,hour", ",30,minute", "'assembly time' is measured in 'minute' and in 'hour'"),
    ("facts.csv", "2030-07-01", "1.7.2030", "line 13: date: must be a date such as"),
    ("facts.csv", "date,kind", "day,kind", "line 1: columns must be date,kind"),
    ("facts.csv", "2030-12-30,diffusion,orchards,orchards in the register,130", '2030-12-30,x,"', "broken CSV"),
    ("facts.csv", "2031-05-12,release,Pomona 3", "2031-05-12,release,Pomona 4", r"no release is 'Pomona 3'"),
    ("facts.csv", "2031-05-12,release,Pomona 3", "2030-12-09,release,Pomona 1", "'Pomona 1' came out on 2030-06-03"),
    ("modules.csv", "2031-05-12,Pomona 3,training", "2031-05-13,Pomona 3,training", "is of 2031-05-13 here"),
    ("modules.csv", "training,introduces", "training,invents", "relation: must be one of introduces"),
    ("modules.csv", "training,introduces", "school,introduces", "architecture.slots has no 'school'"),
    ("modules.csv", "training,introduces,night school", "gripper,introduces,soft gripper", "both reuses and intr"),
]  # fmt: skip


@pytest.mark.parametrize(("file", "old", "new", "said"), FAULTS)
def test_one_that_does_not_hold_is_refused_in_one_line(
    file: str, old: str, new: str, said: str, tmp_path: Path
) -> None:
    folder = shutil.copytree(DATA / "example", tmp_path / "mine")
    text = (folder / file).read_text(encoding="utf-8")
    assert old in text
    (folder / file).write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(UsageError, match=said) as caught:
        read_case(folder, EXAMPLE)
    assert len(caught.value.lines) == 1
    assert ".toml" in caught.value.lines[0] or ".csv" in caught.value.lines[0]


def test_facts_that_contradict_each_other_are_refused(tmp_path: Path) -> None:
    folder = shutil.copytree(DATA / "example", tmp_path / "mine")
    with (folder / "facts.csv").open("a", encoding="utf-8") as file:
        file.write("2030-06-03,cost,Pomona 1,assembly time,31,hour,another source,\n")
    with pytest.raises(UsageError, match="'assembly time' of 'Pomona 1' on 2030-06-03 is 30 and also 31"):
        read_case(folder, EXAMPLE)


def test_what_is_no_case_is_told_with_what_there_is(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"did you mean deepseek\?"):
        read_case("deepseak", GIVEN)
    with pytest.raises(UsageError, match="no such file"):
        read_case(tmp_path, GIVEN)
    with pytest.raises(UsageError, match="no 'Pomona 1', so it is of another case"):
        read_case("example", GIVEN)


def test_the_template_uses_a_vocabulary_that_its_page_lists() -> None:
    page = (ROOT / "docs" / "cases.md").read_text(encoding="utf-8")
    for name in (*DERIVATIONS, *OPERATORS):
        assert f"`{name}`" in page, name
    with pytest.raises(ValueError, match="'Pomona 1' reuses"):
        lineages(read_case("example", EXAMPLE).facts, reused={"Pomona 1": ["vision"]})
    assert read_case("example", EXAMPLE).facts.month(datetime.date(2031, 1, 1)) == 12
