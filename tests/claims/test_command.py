"""The commands of claims: what they leave, refuse, and do when they are struck."""

from __future__ import annotations

import csv
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from experiments.claims import command
from experiments.claims.judging import VERDICTS
from experiments.claims.laboratory import Task
from experiments.claims.preregistration import record_of
from experiments.claims.results import read_record
from experiments.errors import RunError, UsageError
from experiments.sweep.files import checksum
from tests.test_folders import contents, flywheel

pytestmark = pytest.mark.usefixtures("compiled")
CONFIGS = Path(__file__).parents[2] / "configs"
BASELINE = str(CONFIGS / "baseline.toml")
FIT = CONFIGS.parent / "results" / "fit"
CLAIM = """
id = "T1"
title = "Openness pays"
title_zh = "开放有益"
statement = "An open firm innovates more."
words = "Openness pays."
words_zh = "开放有益。"
mechanism = "Others give back."
wrong = "They do not."
base = "{base}"
months = 20
world = {{ "diffusion.adopters" = 50 }}

[arms]
open = {{}}
closed = {{ "firm.openness" = 0.0 }}
poor = {{ "firm.capacity" = "* 0.1" }}

[[rung]]
name = "effect"
says = "It innovates more."
[[rung.effect]]
name = "own innovation"
kind = "difference"
measure = "final.independent_size"
arms = ["open", "closed"]
of = "closed"
sign = "+"
sesoi = 0.05

[[rung]]
name = "mechanism"
says = "Money makes trials."
[[rung.effect]]
name = "money"
kind = "difference"
measure = "final.independent_size"
arms = ["open", "poor"]
of = "poor"
sign = "+"
sesoi = 0.05

[[control]]
name = "no search"
changes = {{ "search.enabled" = false }}
why = "Nobody tries."

[null]
changes = {{ "search.enabled" = false }}
why = "Nobody tries."

[phase]
x = {{ key = "reuse.reuse_cost", title = "cost of reuse", range = [0.05, 0.95] }}
y = {{ key = "reuse.generality", title = "premium of reusability", range = [1.0, 4.0] }}
"""


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "claims").mkdir()
    (tmp_path / "claims" / "T1.toml").write_text(CLAIM.format(base=CONFIGS / "case.toml"), encoding="utf-8")
    return tmp_path


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def tiny_fit(folder: Path, model: str | None = None) -> Path:
    """Make a fit of two worlds, of another model if one is named."""
    folder.mkdir()
    about = json.loads((FIT / "fit.json").read_text())
    about |= {"accepted": 2} if model is None else {"accepted": 2, "model": model}
    (folder / "fit.json").write_text(json.dumps(about))
    (folder / "worlds.csv").write_text("".join((FIT / "worlds.csv").read_text().splitlines(keepends=True)[:3]))
    return folder


def test_answers_are_written_shown_and_read_back(
    here: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    fit = tiny_fit(here / "fit")
    monkeypatch.setenv("COLUMNS", "80")
    assert flywheel(monkeypatch, "propositions", "--claims", "claims", "--fit", str(fit), "--out", "out") == 0
    told = capsys.readouterr()
    assert all(len(line) <= 80 for line in told.out.splitlines())
    assert "report: out/report.html and out/report.md" in told.out
    assert "in 2 plausible worlds" in told.err

    out = here / "out"
    record = read_record(out)
    (claim,) = record.claims
    assert (record.worlds.over, record.worlds.numbers, claim.id, claim.seeds) == ("plausible", (0, 1), "T1", 80)
    assert [(store.purpose, store.runs) for store in claim.stores] == [("main", 480)]
    assert not claim.confirmatory
    answers, worlds, effects = (rows(out / f"{name}.csv") for name in ("answers", "worlds", "effects"))
    for rung, row in zip(claim.rungs, answers, strict=True):
        assert (row["rung"], row["word"]) == (rung.name, rung.word)
        for code, verdict in enumerate(VERDICTS):
            assert float(row[verdict]) == rung.held[code] / 2
            assert sum(w["rung"] == rung.name and w["verdict"] == verdict for w in worlds) == rung.held[code]
    assert [(row["world"], row["seeds"]) for row in effects] == [("0", "80"), ("1", "80")] * 2

    described = {(row["file"], row["column"]) for row in rows(out / "dictionary.csv")}
    for path in out.glob("*.csv"):
        header = path.read_text().splitlines()[0].split(",")
        assert {(path.name, column) for column in header} <= described or path.name == "dictionary.csv"
    assert {file for file, _ in described} <= {path.name for path in out.glob("*.csv")}
    assert len(described) == len(rows(out / "dictionary.csv"))
    manifest = json.loads((out / "manifest.json").read_text())
    assert manifest["kind"] == "answers to claims"
    assert manifest["sha256"] == {name: checksum(out / name) for name in manifest["sha256"]}
    assert {"report.md", "report.html", "answers.json", "figures/T1-worlds.png"} <= manifest["sha256"].keys()


def test_what_was_preregistered_is_confirmed_and_its_runs_are_found_again(
    here: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    given = ["propositions", "--claims", "claims", "--fit", str(tiny_fit(here / "fit"))]
    assert flywheel(monkeypatch, *given, "--preregister", "--seen", "Nothing yet.") == 0
    assert (frozen := record_of(here / "claims")) is not None
    assert frozen.seen == "Nothing yet."
    assert capsys.readouterr().out == "preregistered: claims/preregistration.json; commit it before the first run\n"
    assert flywheel(monkeypatch, *given, "--out", "out") == 0
    record = read_record(here / "out")
    assert record.claims[0].confirmatory, record.claims[0].because
    capsys.readouterr()
    again = ["lineage", "out", "T1-worlds.png", "--claims", "claims", "--fit", "fit"]
    assert flywheel(monkeypatch, *again) == 0
    assert "T1 main: 480 runs\n" in (told := capsys.readouterr().out)
    assert told.endswith("  done again: the same to the byte\n")

    changed = record.claims[0].model_copy(
        update={"stores": tuple(store.model_copy(update={"sha256": "0"}) for store in record.claims[0].stores)}
    )
    (here / "out" / "answers.json").write_text(record.model_copy(update={"claims": (changed,)}).model_dump_json())
    assert flywheel(monkeypatch, *again) == 1
    assert "NOT the same" in capsys.readouterr().out


def test_a_plan_says_what_budgets_cost_and_decide(
    here: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    given = ["--claims", "claims", "--over", BASELINE, "--out", "out", "--plan"]
    assert flywheel(monkeypatch, "propositions", *given) == 0
    told = capsys.readouterr().out
    assert all(f"{name} " in told for name in ("quick", "standard", "full", "effect", "mechanism"))
    assert [path.name for path in (here / "out").iterdir()] == ["runs"]


def test_a_defect_that_the_audit_finds_ends_with_exit_code_1_once_all_is_written(
    here: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nothing is cut in this null world, so that it shows the effect."""
    claim = here / "claims" / "T1.toml"
    text = claim.read_text().replace('changes = { "search.enabled" = false }', 'changes = { "feedback.review" = 0.02 }')
    claim.write_text(text.replace('["open", "closed"]', '["open", "poor"]').replace('of = "closed"', 'of = "poor"'))
    given = ["--claims", "claims", "--fit", str(tiny_fit(here / "fit")), "--out", "out", "--audit"]
    assert flywheel(monkeypatch, "propositions", *given) == 1
    assert "T1 effect: own innovation: the null world shows an effect in 2 of 2 worlds" in capsys.readouterr().err
    assert {"null.csv", "controls.csv", "permutations.csv", "channels.csv", "rival.csv", "report.html"} <= {
        path.name for path in (here / "out").iterdir()
    }


def test_the_world_of_a_config_has_its_defaults_whatever_claims_start_from(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (here / "steep.toml").write_text("[search]\ngamma = 2.5\n")
    (here / "plain.toml").write_text("")
    found = {}
    for base in ("steep", "plain"):
        (here / "claims" / "T1.toml").write_text(CLAIM.format(base=here / f"{base}.toml"), encoding="utf-8")
        given = ["--claims", "claims", "--over", "plain.toml", "--out", base, "--engine", "serial"]
        assert flywheel(monkeypatch, "propositions", *given) == 0
        found[base] = rows(here / base / "effects.csv")
    assert found["steep"] == found["plain"]


def test_remaining_time_is_told_by_the_runs_of_the_last_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    said, now = list[str](), [0.0]
    monkeypatch.setattr(command, "time", SimpleNamespace(monotonic=lambda: now[0]))
    watch = command.watcher(lambda _, text: said.append(text), 10_000)
    for now[0], done in ((0.0, 0), (5.0, 5_000), (10.0, 6_000), (70.0, 8_000)):  # half was run before
        watch(Task("T1", done))
    assert said == [
        "0 of 10,000 runs; T1", "5,000 of 10,000 runs; T1", "6,000 of 10,000 runs, about 6.7 s left; T1",
        "8,000 of 10,000 runs, about 60 s left; T1",
    ]  # fmt: skip


@pytest.mark.usefixtures("here")
def test_without_a_name_the_lineage_lists_answers(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert flywheel(monkeypatch, "propositions", "--claims", "claims", "--over", BASELINE, "--out", "out") == 0
    capsys.readouterr()
    assert flywheel(monkeypatch, "lineage", "out") == 0
    assert capsys.readouterr().out == "answers to T1; name one to repeat the runs behind it\n"


def test_data_stay_where_nothing_can_be_drawn(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object) -> Iterator[Path]:
        raise RunError("no ink")

    monkeypatch.setattr(command, "write_report", fails)
    given = ["propositions", "--claims", "claims", "--over", BASELINE, "--out", "out", "--engine", "serial"]
    assert flywheel(monkeypatch, *given) == 1
    assert read_record(here / "out").worlds.count == 1
    assert not (here / "out" / "report.md").exists()
    monkeypatch.undo()
    monkeypatch.chdir(here)
    assert flywheel(monkeypatch, *given) == 0
    assert (here / "out" / "report.md").exists()


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (["t11"], "t11: no such claim in claims; did you mean T1?"),
        (["--claims", "nowhere"], "--claims: nowhere: no such folder; name one that holds claim files"),
        (["t1"], "t1: no such claim in claims; did you mean T1?"),
        (["claims/T1.toml"], "claims/T1.toml: is the file of a claim, not its name; judge it with"),
        (["--over", "none.toml"], "--over: must be plausible, prior or the path of a config; there is no none.toml"),
        (["--budget", "huge"], "--budget: must be one of quick, standard, full, not 'huge'"),
        (["--format", "png,gif"], "--format: must be one or more of png,svg,pdf, not 'gif'"),
        (["--fit", "nofit"], "nofit: holds no fit; make one with 'flywheel fit CONFIG'"),
        (["--fit", "other"], "other: was made with another model than this; renew it with 'flywheel fit "),
        (["--preregister", "--out", "x"], "--out: does nothing with --preregister"),
        (["--seen", "x"], "--seen: is for --preregister"),
    ],
)
def test_misuse_is_one_line_and_leaves_nothing(
    given: list[str], told: str, here: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    tiny_fit(here / "other", model="0123456789abcdef")
    before = contents(here)
    assert flywheel(monkeypatch, "propositions", "--claims", "claims", *given) == 2
    err = capsys.readouterr().err
    assert err.startswith(f"flywheel: {told}")
    assert err.count("\n") == 1
    assert contents(here) == before


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="nothing can be written into /proc, by nobody")
@pytest.mark.usefixtures("here")
def test_a_place_where_nothing_can_be_written_is_told_before_any_run(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert flywheel(monkeypatch, "propositions", "--claims", "claims", "--out", "/proc/none") == 1
    err = capsys.readouterr().err
    assert err.startswith("flywheel: /proc/none: nothing can be written there (")
    assert err.count("\n") == 1


@pytest.mark.parametrize("what", ["runs", "report", "other claims"])
def test_a_folder_of_somebody_else_is_left_alone(
    what: str, here: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    out = here / "out"
    (out / "runs").mkdir(parents=True)
    if what == "runs":
        (out / "runs" / "mine.txt").write_text("mine")
    elif what == "report":
        (out / "report.md").write_text("mine")
    else:
        manifest = {"program": "innovation-flywheel", "kind": "answers to policies", "sha256": {}}
        (out / "manifest.json").write_text(json.dumps(manifest))
    before = contents(out)
    given = ["--claims", "claims", "--over", BASELINE, "--out", "out"]
    assert flywheel(monkeypatch, "propositions", *given) == 2
    assert capsys.readouterr().err.endswith("--out\n")
    assert contents(out) == before


def test_what_was_struck_goes_on_to_the_same_answers(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the engine and however it was stopped, answers are the same to the byte."""
    fit = str(tiny_fit(here / "fit"))
    given = ["propositions", "--claims", "claims", "--fit", fit, "--budget", "full"]
    environment = {**os.environ, "PYTHONPATH": str(CONFIGS.parent)}
    store = here / "out" / "runs" / "T1-main"
    for blow, exit_code, pause in ((signal.SIGINT, 130, 0.0), (signal.SIGKILL, -signal.SIGKILL, 0.3)):
        struck = subprocess.Popen(
            [sys.executable, "-m", "experiments", *given, "--out", "out", "--engine", "serial"],
            env=environment,
            stderr=subprocess.PIPE,
            text=True,
        )
        until = time.monotonic() + 60.0
        while not (store / "progress.json").exists() and struck.poll() is None and time.monotonic() < until:
            time.sleep(0.02)
        time.sleep(pause)
        struck.send_signal(blow)
        _, err = struck.communicate(timeout=60)
        assert struck.returncode == exit_code, err
        assert not (here / "out" / "answers.json").exists()
    for out, engine in (("out", "threads"), ("whole", "serial")):
        assert flywheel(monkeypatch, *given, "--out", out, "--engine", engine) == 0
    for name in ("answers.csv", "effects.csv", "worlds.csv", "arms.csv", "answers.json"):
        assert (here / "out" / name).read_bytes() == (here / "whole" / name).read_bytes(), name


def test_a_run_that_is_stopped_shows_the_claims_that_are_wholly_run(here: Path) -> None:
    """What they show is marked as partial, and nothing of it is written."""
    long = CLAIM.format(base=CONFIGS / "case.toml").replace('"T1"', '"T2"').replace("months = 20", "months = 240")
    (here / "claims" / "T2.toml").write_text(long.replace('"diffusion.adopters" = 50', '"diffusion.adopters" = 5000'))
    given = ["propositions", "--claims", "claims", "--fit", str(tiny_fit(here / "fit")), "--engine", "serial"]
    struck = subprocess.Popen(
        [sys.executable, "-m", "experiments", *given, "--out", "out"], text=True, stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(CONFIGS.parent)}, stderr=subprocess.PIPE,
    )  # fmt: skip
    until = time.monotonic() + 60.0
    while not (here / "out/runs/T2-main/progress.json").exists() and time.monotonic() < until:
        time.sleep(0.02)
    struck.send_signal(signal.SIGINT)
    out, err = struck.communicate(timeout=60)
    assert struck.returncode == 130, err
    assert out.startswith("Partial: 1 of 2 claims; nothing of this is written"), out
    assert "T1 Openness" in out
    assert "T2" not in out
    assert err.splitlines()[-1] == (
        "flywheel: stopped: 1 of 2 claims are wholly run; finished runs are kept in out/runs, no answer was written; "
        "the same command goes on"
    )
    assert {path.name for path in (here / "out").iterdir()} == {"runs"}


def test_a_record_that_was_damaged_is_told(here: Path) -> None:
    with pytest.raises(UsageError, match=r"holds no answers\.json; 'flywheel propositions' makes one"):
        read_record(here)
    (here / "answers.json").write_text('{"form": 1}')
    with pytest.raises(UsageError, match=r"answers\.json: is not complete \(kind: Field required\)"):
        read_record(here)
