"""Reading a configuration: what it loads to, and what each bad input is told, in one line a fault."""

from __future__ import annotations

import json
import math
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from experiments.config import Config, config_hash, load, schema, to_toml
from experiments.declarations import declarations, sections
from experiments.errors import UsageError
from experiments.messages.terminal import note_once
from sim.declare import look
from sim.model import InnovationModel
from sim.parameters import Parameters

CONFIGS = Path(__file__).parents[1] / "configs"


@pytest.fixture(autouse=True)
def _in_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    note_once.cache_clear()


def loaded(text: str, *changes: str, months: int | None = None) -> Config:
    Path("x.toml").write_text(text, encoding="utf-8")
    return load(Path("x.toml"), changes, months)


def faults(text: str, *changes: str, months: int | None = None) -> list[str]:
    with pytest.raises(UsageError) as caught:
        loaded(text, *changes, months=months)
    assert caught.value.exit_code == 2
    assert all(line.isprintable() for line in caught.value.lines)
    return list(caught.value.lines)


# Loading.


def test_child_says_only_what_differs() -> None:
    Path("grand.toml").write_text(
        "[run]\nmonths = 7\n[architecture.weights]\nbase = 2\n[commons]\nmodules = ['a', 'b']"
    )
    Path("parent.toml").write_text("extends = 'grand.toml'\n[firm]\nopenness = 0.5")
    given = loaded(
        "extends = 'parent.toml'\n[architecture.weights]\nexperts = 3\n[commons]\nmodules = ['c']", "firm.openness=0.25"
    ).parameters
    assert given.run.months == 7
    assert given.firm.openness == 0.25
    assert given.architecture.weights == {"base": 2.0, "experts": 3.0}  # tables merge
    assert given.commons.modules == ("c",)  # lists are replaced


def test_parent_is_found_from_the_file_not_the_working_folder() -> None:
    Path("sub").mkdir()
    Path("sub/parent.toml").write_text("[run]\nmonths = 7")
    Path("sub/child.toml").write_text("extends = 'parent.toml'")
    assert load(Path("sub/child.toml")).parameters.run.months == 7


def test_windows_files_load() -> None:
    Path("x.toml").write_bytes(b"\xef\xbb\xbf[run]\r\nmonths = 7\r\n")
    assert load(Path("x.toml")).parameters.run.months == 7


@pytest.mark.parametrize(
    ("change", "key", "value"),
    [
        ("diffusion.network=ring", ("diffusion", "network"), "ring"),
        ('diffusion.network="ring"', ("diffusion", "network"), "ring"),
        ("search.enabled=false", ("search", "enabled"), False),
        ("firm.openness = 0", ("firm", "openness"), 0.0),
        ("demand.inherited=['base']", ("demand", "inherited"), ("base",)),
        ("architecture.weights.base=2", ("architecture", "weights"), {"base": 2.0}),
    ],
)
def test_set_reads_toml_or_text(change: str, key: tuple[str, str], value: Any) -> None:
    assert getattr(getattr(loaded("", change).parameters, key[0]), key[1]) == value


def test_later_wins_and_months_last() -> None:
    given = loaded("[run]\nmonths = 3", "run.months=4", "run.months=5", "firm.openness=0", months=6).parameters
    assert (given.run.months, given.firm.openness) == (6, 0.0)


NO_WORLD = CONFIGS / "multiverse.toml"  # changes of whatever world a claim is about
WORLDS = {*CONFIGS.glob("*.toml"), *CONFIGS.glob("worlds/*.toml")} - {NO_WORLD}


@pytest.mark.parametrize("path", sorted(WORLDS), ids=lambda path: path.stem)
def test_shipped_configs_load(path: Path) -> None:
    given = load(path).parameters
    assert (given == Parameters()) == (path.stem == "baseline") or path.stem == "classic"  # which defaults may equal


# Faults.


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[firm]\nopennes = 1", "x.toml: firm.opennes: no such key; did you mean firm.openness?"),
        ("[search]\nelasticity = 1", "x.toml: search.elasticity: no such key; did you mean flywheel.elasticity?"),
        ("[frim]\nopenness = 1", "x.toml: frim: no such section; did you mean firm?"),
        ("months = 3", "x.toml: months: no such key; did you mean run.months?"),
        ("[zzz]", "x.toml: zzz: no such section; 'flywheel params' lists all"),
        ("firm = 3", "x.toml: firm: must be a table of keys, not 3"),
        ("[[run]]\nmonths = 3", "x.toml: run: must be a table of keys, not [{ months = 3 }]"),
        ("[run]\nmonths = 0", "x.toml: run.months: must be a whole number from 1 to 1200 (month), not 0"),
        ("[run]\nmonths = 1.5", "x.toml: run.months: must be a whole number from 1 to 1200 (month), not 1.5"),
        ("[run]\nmonths = true", "x.toml: run.months: must be a whole number from 1 to 1200 (month), not true"),
        ("[run]\nmonths = '9'", 'x.toml: run.months: must be a whole number from 1 to 1200 (month), not "9"'),
        ("[market]\nprice = nan", "x.toml: market.price: must be a number from 0 to 10 (utility), not nan"),
        ("[market]\nprice = 1e999", "x.toml: market.price: must be a number from 0 to 10 (utility), not inf"),
        ("[search]\nenabled = 1", "x.toml: search.enabled: must be true or false, not 1"),
        ("[diffusion]\nrule = 'x'", 'x.toml: diffusion.rule: must be one of hazard, threshold, not "x"'),
        (
            "[[policy.schedule]]\nlever = 'mandat'",
            "x.toml: policy.schedule: no lever is named 'mandat'; did you mean 'mandate'?",
        ),
        (
            "[[policy.schedule]]\nlever = 'x'",
            "x.toml: policy.schedule: no lever is named 'x'; levers are audit, subsidy, matching, mandate, "
            "open_reward, supply_cut, compute_tariff, commons_fund",
        ),
        (
            "[architecture]\ncoupling = 9",
            "x.toml: architecture.coupling: 9 slots can have 8 partners each at most, not 9",
        ),
        ("[commons]\nmodules = []", "x.toml: commons.modules: must be a list of 1 to 16 names, not []"),
        ("[commons]\nmodules = [1]", "x.toml: commons.modules (entry 1): must be text in quotes, not 1"),
        (
            "[architecture.weights]\nbase = 0",
            "x.toml: architecture.weights.base: must be a number above 0, at most 1e6, not 0",
        ),
        (
            "[[policy.schedule]]\nlever = 'audit'\nstart = 3\nend = 2",
            "x.toml: policy.schedule (entry 1).end: month 2 is before start 3",
        ),
        ("extends = 3", "x.toml: extends: must be the path of one parent, in quotes, not 3"),
        ("extends = 'no.toml'", "x.toml: extends: no.toml: no such file"),
        ("extends = '.'", "x.toml: extends: .: is a folder, not a config file"),
        ("extends = './x.toml'", "x.toml: extends: circular: x.toml -> x.toml"),
        ("[run]\nmonths = \n", "x.toml, line 2, column 10: broken TOML: Invalid value"),
        ("[run]\nmonths = 3\nmonths = 4", "x.toml, line 3, end of file: broken TOML: Cannot overwrite a value"),
        ("a" + ".a" * 1500 + " = 1", "x.toml: tables or lists are nested too deeply"),
        (
            "[diffusion]\nnetwork = 'edges'",
            'x.toml: diffusion.edges: must name an edge list, as diffusion.network is "edges"',
        ),
    ],
)
def test_fault_is_one_clear_line(text: str, message: str) -> None:
    assert faults(text) == [message]


LATE = "[[policy.schedule]]\nlever = 'audit'\nstart = 25\n[shock]\nslot = 'base'\nmonth = 30\n"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "[run]\nmonths = 24\n" + LATE,
            [
                "x.toml: policy.schedule (entry 1): 'audit' starts in month 25, after the end of the run, "
                "run.months = 24: it does nothing",
                "x.toml: shock.month: month 30 is after the end of the run, run.months = 24: it does nothing",
            ],
        ),
        ("[run]\nmonths = 30\n" + LATE, []),
        ("[shock]\nmonth = 99\n[policy]\nenabled = false\nschedule = [{ lever = 'audit', start = 99 }]", []),
        (
            "[frontier]\nenabled = false\n[[policy.schedule]]\nlever = 'supply_cut'",
            [
                "x.toml: policy.schedule (entry 1): 'supply_cut' does nothing, as frontier.enabled = false: there is "
                "no supply to cut"
            ],
        ),
        (
            "".join(f"[[release.schedule]]\nmonth = 3\nname = 'A{n}'\nline = {n // 2}\n" for n in (1, 2, 3)),
            [
                "x.toml: release.schedule (entry 3): 'A3' renews line 1 in the same month as 'A2', which no adopter "
                "will see"
            ],
        ),
    ],
)  # fmt: skip
def test_what_does_nothing_is_said(text: str, said: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    loaded(text)
    assert capsys.readouterr().err.splitlines() == [f"flywheel: {line}" for line in said]


def test_a_run_may_be_cut_short_before_its_last_releases(capsys: pytest.CaptureFixture[str]) -> None:
    late = "".join(f"[[release.schedule]]\nmonth = {month}\nname = 'A{month}'\n" for month in (2, 11, 12))
    short = loaded(f"[run]\nmonths = 12\n[diffusion]\nadopters = 200\n{late}", months=9)
    (line,) = capsys.readouterr().err.splitlines()
    assert (
        line
        == "flywheel: x.toml: release.schedule: 2 of 3 dated releases come after the end of the run, run.months = 9"
    )
    assert loaded(to_toml(short.parameters)).parameters == short.parameters
    begun = InnovationModel(short.parameters, 0), InnovationModel(short.parameters.replace({"run.months": 12}), 0)
    for model in begun:
        for _ in range(9):
            model.step()
    one, other = (model.datacollector.get_model_vars_dataframe() for model in begun)
    pd.testing.assert_frame_equal(one, other)


def test_who_asked_for_the_months_is_blamed() -> None:
    Path("x.toml").write_text("")
    with pytest.raises(
        UsageError, match=r"^d\.toml: design\.months: run\.months: must be a whole number from 1 to 1200"
    ):
        load(Path("x.toml"), months=0, asked="d.toml: design.months")


@pytest.mark.parametrize(
    "text",
    [
        "[architecture.weights]\ndta = 1",
        "[architecture.partners]\nbase = ['dta']",
        "[demand]\ninherited = ['dta']",
        "[[release.schedule]]\nmonth = 1\nname = 'a'\nintroduces = ['dta']",
    ],
)
def test_slot_that_no_module_has(text: str) -> None:
    (line,) = faults(text)
    assert "no module has the slot 'dta' (slots: base, attention," in line


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ("run.months", "--set run.months: must be KEY=VALUE, as in --set flywheel.elasticity=0.5"),
        ("=3", "--set =3: the key must be SECTION.NAME, as in --set flywheel.elasticity=0.5"),
        ("a\nb=3", "--set 'a\\nb=3': the key must be SECTION.NAME, as in --set flywheel.elasticity=0.5"),
        ("months=3", "--set: months: no such key; did you mean run.months?"),
        ("run.months=", '--set: run.months: must be a whole number from 1 to 1200 (month), not ""'),
    ],
)
def test_bad_change(change: str, message: str) -> None:
    assert faults("", change) == [message]


def test_all_faults_each_with_its_own_file() -> None:
    Path("parent.toml").write_text("[firm]\nopenness = 2\nopennes = 1")
    lines = faults("extends = 'parent.toml'\n[run]\nmonths = 0", "market.price=-1")
    assert sorted(line.split(": ")[:2] for line in lines) == [
        ["--set", "market.price"],
        ["parent.toml", "firm.opennes"],
        ["parent.toml", "firm.openness"],
        ["x.toml", "run.months"],
    ]
    assert faults("", months=0)[0].startswith("--months: run.months: must be a whole number from 1")


def test_circular_parents_are_shown() -> None:
    Path("a.toml").write_text("extends = 'b.toml'")
    Path("b.toml").write_text("extends = 'a.toml'")
    assert faults("extends = 'a.toml'") == ["b.toml: extends: circular: a.toml -> b.toml -> a.toml"]


def test_files_that_cannot_be_read() -> None:
    Path("latin.toml").write_bytes("# Schöpfung".encode("latin-1"))
    for name, message in [
        ("latin.toml", "latin.toml: byte 5 is not UTF-8; save the file as UTF-8"),
        ("none.toml", "none.toml: no such file"),
        ("latin.toml/x", "latin.toml/x: cannot be read: Not a directory"),
        (".", ".: is a folder, not a config file"),
    ]:
        with pytest.raises(UsageError) as caught:
            load(Path(name))
        assert caught.value.lines == (message,)


# Writing.


@pytest.mark.parametrize("commented", [False, True])
def test_every_parameter_survives_writing(commented: bool) -> None:
    assert loaded(to_toml(Parameters(), commented=commented)).parameters == Parameters()


def test_commented_config_tells_every_declaration() -> None:
    text = " ".join(to_toml(Parameters(), commented=True).replace("\n#  ", "").replace("\n#", "").split())
    for section in sections():
        for declared in declarations(section):
            for fact in (declared.description, declared.symbol, declared.range, declared.unit, declared.source):
                assert fact in text


def a_name() -> st.SearchStrategy[str]:
    return st.text(st.characters(codec="utf-8"), min_size=1, max_size=8).filter(
        lambda text: text == text.strip() and text.isprintable()
    )


def a_share() -> st.SearchStrategy[float]:
    return st.floats(0, 1)


@settings(max_examples=30, deadline=None)
@given(
    slots=st.lists(a_name(), min_size=1, max_size=5, unique_by=look),
    weight=st.floats(0, 1e6, exclude_min=True),
    shares=st.tuples(a_share(), a_share(), a_share()),
    name=a_name(),
    switch=st.booleans(),
    commented=st.booleans(),
)
def test_any_parameters_survive_writing(
    slots: list[str], weight: float, shares: tuple[float, ...], name: str, switch: bool, commented: bool
) -> None:
    given = Parameters.model_validate(
        {
            "architecture": {"slots": slots, "weights": {slots[0]: weight}, "widening": shares[0], "coupling": 0},
            "demand": {"inherited": [], "clarity": shares[1]},
            "firm": {"openness": shares[2]},
            "search": {"enabled": switch},
            "policy": {"schedule": [{"lever": "mandate", "level": shares[0]}]},
            "release": {"schedule": [{"month": 3, "name": name, "introduces": slots}]},
        }
    )
    text = to_toml(given, commented=commented)
    assert Parameters.model_validate(tomllib.loads(text)) == given


def test_hash_depends_on_values_alone() -> None:
    base = config_hash(Config(Parameters()))
    assert config_hash(loaded("[run]\nmonths = 60\n[firm]\nopenness = 1")) == base
    assert config_hash(loaded("", "firm.openness=0.5")) != base
    program = "from experiments.config import *; print(config_hash(Config(Parameters())))"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, env={"PYTHONHASHSEED": "7"},
        cwd=CONFIGS.parent,
    )  # fmt: skip
    assert done.stdout.strip() == base


def test_schema_covers_the_config() -> None:
    described = json.loads(json.dumps(schema()))
    assert described["additionalProperties"] is False
    assert set(described["properties"]) == {"extends", *sections()}
    openness = described["$defs"]["Strategy"]["properties"]["openness"]
    assert (openness["minimum"], openness["maximum"], openness["unit"]) == (0, 1, "share")
    assert math.isfinite(openness["default"])
