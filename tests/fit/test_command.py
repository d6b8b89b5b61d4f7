"""``flywheel fit`` from end to end, on a small case: the same bytes on any engine, and one line for what cannot be."""

from __future__ import annotations

import csv
import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from matplotlib.figure import Figure

from experiments.checks.verify_fit import calibration_checks, verify_fit
from experiments.errors import RunError, UsageError
from experiments.figures.draw import draw_into
from experiments.fit import calibrate
from experiments.fit.calibrate import Proof
from experiments.fit.command import fit_command
from experiments.fit.config import Mechanism, read_fit
from experiments.fit.pipeline import off_without, run_on
from experiments.fit.predict import predict_command
from experiments.fit.table import read_readings
from experiments.fit.worlds import added_to, load_worlds, read_about
from experiments.sweep.session import Options
from tests.fit.toys import KEYS, small_fit

pytestmark = pytest.mark.usefixtures("compiled")
FILES = ("worlds.csv", "posterior.csv", "pairs.csv", "patterns.csv", "compromise.csv", "evidence.csv", "still.csv",
         "next.csv", "told.csv", "dictionary.csv", "fit.json")  # fmt: skip
FIGURES = ("posterior.png", "pairs.png", "typicality.png", "patterns.png", "excludes.png", "evidence.png")


@pytest.fixture(scope="module")
def fitted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("fit")
    fit_command(small_fit(folder), None, Options("serial"), folder / "tables", folder / "result")
    return folder


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_a_fit_keeps_its_tables_and_figures_and_explains_each_column(fitted: Path) -> None:
    result = fitted / "result"
    assert {path.name for path in result.iterdir()} >= {*FILES, *FIGURES, "manifest.json"}
    explained = {(row["file"], row["column"]) for row in rows(result / "dictionary.csv")}
    for path in result.glob("*.csv"):
        if path.name != "dictionary.csv":
            with path.open(encoding="utf-8", newline="") as file:
                assert {(path.name, column) for column in next(csv.reader(file))} <= explained


def test_accepted_runs_are_within_the_tolerance_and_worlds_among_them(fitted: Path) -> None:
    about, worlds = read_about(fitted / "result"), rows(fitted / "result" / "worlds.csv")
    assert about["accepted"] >= about["accepted_other"] > 4
    assert about["few"]
    assert len(worlds) == 4
    assert all(float(row["distance"]) <= 6.0 and 0.0 <= float(row["typicality"]) <= 1.0 for row in worlds)
    whole = rows(fitted / "result" / "patterns.csv")[-1]
    assert float(whole["share"]) == about["accepted"] / about["runs"]


def test_another_engine_gives_the_same_bytes(fitted: Path, tmp_path: Path) -> None:
    fit_command(fitted / "fit.toml", None, Options("threads", 2), tmp_path / "tables", tmp_path / "result")
    for name in (*FILES, *FIGURES):
        assert (tmp_path / "result" / name).read_bytes() == (fitted / "result" / name).read_bytes(), name


def test_worlds_are_read_back_as_they_were(fitted: Path) -> None:
    worlds = load_worlds(fitted / "result" / "worlds.csv")
    assert [world.number for world in worlds] == [0, 1, 2, 3]
    for world, row in zip(worlds, rows(fitted / "result" / "worlds.csv"), strict=True):
        assert tuple(world.parameters) == KEYS
        assert [repr(value) for value in world.parameters.values()] == [row[key] for key in KEYS]


def test_worlds_of_another_model_are_refused_with_what_renews_them(fitted: Path, tmp_path: Path) -> None:
    for name in ("worlds.csv", "fit.json"):
        (tmp_path / name).write_bytes((fitted / "result" / name).read_bytes())
    about = json.loads((tmp_path / "fit.json").read_text())
    (tmp_path / "fit.json").write_text(json.dumps({**about, "model": "0" * 16}))
    with pytest.raises(UsageError, match=r"another model than this; renew it with 'flywheel fit .*fit\.toml --out "):
        load_worlds(tmp_path)


@pytest.mark.parametrize("kept", [0, 1, 500, -40])
def test_worlds_that_were_cut_off_are_noticed(fitted: Path, tmp_path: Path, kept: int) -> None:
    (tmp_path / "fit.json").write_bytes((fitted / "result" / "fit.json").read_bytes())
    (tmp_path / "worlds.csv").write_bytes((fitted / "result" / "worlds.csv").read_bytes()[:kept])
    with pytest.raises(UsageError, match=r"worlds\.csv: is damaged .*; renew it with"):
        load_worlds(tmp_path)


def test_a_result_that_has_no_place_is_refused_before_any_run(fitted: Path, tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("mine")
    with pytest.raises(UsageError, match="taken: is a file"):
        fit_command(fitted / "fit.toml", None, Options("serial"), tmp_path / "tables", tmp_path / "taken")
    assert not (tmp_path / "tables").exists()


def test_each_step_is_told_in_one_line(fitted: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shutil.copytree(fitted / "tables", tmp_path / "tables")
    fit_command(fitted / "fit.toml", 129, Options(), tmp_path / "tables", tmp_path / "result")
    told = [line.partition(": ")[2] for line in capsys.readouterr().err.splitlines()]
    steps = {"table": 129, "worlds": 12, "off-trials": 1000, "worlds-off-trials": 12, "own-off-trials": 12}
    assert [line.rpartition(",")[0] for line in told] == [f"{name}: {runs:,} runs" for name, runs in steps.items()]


def test_predictions_are_added_to_the_result(fitted: Path) -> None:
    assert predict_command(fitted / "fit.toml", Options("serial"), fitted / "tables", fitted / "result") == 0
    found = rows(fitted / "result" / "predictions.csv")
    assert [row["prediction"] for row in found] == [one.name for one in read_fit(fitted / "fit.toml").case.predictions]
    for row in found:
        if row["q50"]:
            assert float(row["q025"]) <= float(row["q50"]) <= float(row["q975"])
        assert row["refuted"]
    assert "predictions.csv" in json.loads((fitted / "result" / "manifest.json").read_text())["sha256"]
    assert load_worlds(fitted / "result")


def test_the_manifest_tells_of_each_step_whose_files_are_there(fitted: Path, tmp_path: Path) -> None:
    result, fit = tmp_path / "result", read_fit(fitted / "fit.toml")
    shutil.copytree(fitted / "result", result)
    told = [json.loads((result / "manifest.json").read_text())]
    for step in ("predict", "verify", "predict"):
        with added_to(result, fit, step) as folder:
            (folder / f"{step}.csv").write_text(f"{len(told)}\n")
        told.append(json.loads((result / "manifest.json").read_text()))
    first, last = told[0], told[-1]
    assert first["model"] == read_about(result)["model"]
    assert {**last, "sha256": {}, "steps": {}} == {**first, "sha256": {}, "steps": {}}
    assert last["steps"].keys() == {"predict", "verify"}
    assert last["steps"]["verify"] == told[2]["steps"]["verify"]
    for entry in last["steps"].values():
        assert entry.keys() == {"version", "commit", "date", "command", "config_hash", "model", "environment"}
    assert last["sha256"].keys() == {path.name for path in result.iterdir()} - {"manifest.json"}


def test_what_is_run_on_is_the_run_that_fits(fitted: Path) -> None:
    fit, worlds = read_fit(fitted / "fit.toml"), load_worlds(fitted / "result")
    readings = sorted({reading for pattern in fit.case.patterns for reading in pattern.readings})
    later = replace(fit, config=replace(fit.config, parameters=fit.case.predicted(fit.config.parameters)))
    known = [int(row["row"]) for row in rows(fitted / "result" / "worlds.csv")]
    table = read_readings(fitted / "tables" / "table", readings, np.array(known))
    for name, values in run_on(later, worlds, readings).items():
        assert values.tolist() == table[name].tolist(), name
    other = [world._replace(seed=world.seed + 1) for world in worlds]
    assert any(values.tolist() != table[name].tolist() for name, values in run_on(later, other, readings).items())


def test_with_nothing_off_a_world_s_own_run_still_fits(fitted: Path) -> None:
    fit, worlds = read_fit(fitted / "fit.toml"), load_worlds(fitted / "result")
    table = rows(fitted / "result" / "worlds.csv")
    same = off_without(fit, Mechanism("none", "None", {}, {}), worlds)
    assert same.max(axis=0).tolist() == [float(row["distance"]) for row in table]
    still = {(row["mechanism"], row["pattern"]): row for row in rows(fitted / "result" / "still.csv")}
    off = off_without(fit, fit.mechanisms[0], worlds)
    assert (off != same).any()
    for pattern, each in zip(fit.case.patterns, off, strict=True):
        assert float(still["trials", pattern.name]["share"]) == (each <= 6.0).mean()
        luck = np.mean([float(row[f"met {pattern.name}"]) for row in table])
        assert float(still["other luck", pattern.name]["share"]) == pytest.approx(luck)
    assert float(still["trials", "all"]["share"]) == (off <= 6.0).all(axis=0).mean()


def test_a_calibration_without_any_case_says_so_in_a_line(
    fitted: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(calibrate, "LEAST", 10**9)
    with added_to(fitted / "result", read_fit(fitted / "fit.toml"), "verify") as new:
        (new / "calibration.png").write_bytes(b"of a calibration before")
    assert verify_fit(True, True, fitted / "fit.toml", fitted / "tables", fitted / "result") == 1
    told = json.loads(capsys.readouterr().out)
    assert [(row["source"], row["expected"], row["observed"], row["passed"]) for row in told] == [
        ("pseudo-cases", 100.0, 0.0, False), ("Trials", pytest.approx(1 / 3), 0.0, False), ("Trials", 0.05, 0.0, False),
    ]  # fmt: skip
    (trials,) = rows(fitted / "result" / "errors.csv")
    assert (trials["judged"], trials["share3"], trials["passed"]) == ("0", "", "0")
    assert not (fitted / "result" / "calibration.png").exists()


def test_a_calibration_without_enough_cases_fails_and_says_so(fitted: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert verify_fit(False, True, fitted / "fit.toml", fitted / "tables", fitted / "result") == 1
    assert "pseudo-cases could be used" in " ".join(capsys.readouterr().out.split())
    assert (fitted / "result" / "errors.csv").is_file()


def test_a_calibration_needs_the_table(fitted: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"no such table; make it with 'flywheel fit"):
        verify_fit(False, True, fitted / "fit.toml", tmp_path, fitted / "result")


def test_a_result_of_other_priors_is_not_added_to(fitted: Path, tmp_path: Path) -> None:
    other = small_fit(tmp_path, seed=4)
    with pytest.raises(UsageError, match="is of other priors, facts or mechanisms"):
        predict_command(other, Options("serial"), fitted / "tables", fitted / "result")


def test_where_no_run_fits_one_line_says_what_excludes(tmp_path: Path) -> None:
    path = small_fit(tmp_path, runs=8, tolerance=0.001)
    with pytest.raises(RunError) as raised:
        fit_command(path, None, Options("serial"), tmp_path / "tables", tmp_path / "result")
    (line,) = raised.value.lines
    assert "no run of 8 fits within 0.001 discrepancies" in line
    assert "excludes most" in line
    assert "the best compromise" in line
    assert {path.name for path in (tmp_path / "result").iterdir()} >= {"patterns.csv", "compromise.csv", "excludes.png"}
    with pytest.raises(RunError, match=r"result: holds no worlds to run on, as no run of 8 fitted; .* more --runs of"):
        predict_command(path, Options("serial"), tmp_path / "tables", tmp_path / "result")


def test_what_is_added_is_kept_whole_or_not_at_all(fitted: Path) -> None:
    fit, before = read_fit(fitted / "fit.toml"), sorted(path.name for path in (fitted / "result").iterdir())

    def stopped() -> None:
        with added_to(fitted / "result", fit, "more") as folder:
            (folder / "half.csv").write_text("a")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        stopped()
    assert sorted(path.name for path in (fitted / "result").iterdir()) == before


def _broken() -> Figure:
    raise ZeroDivisionError("division by zero")


def test_a_figure_that_cannot_be_drawn_costs_no_data(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    draw_into(tmp_path / "broken.png", _broken)
    assert "broken.png: not drawn (division by zero); its data are kept" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def test_a_proof_fails_if_anything_does() -> None:
    from experiments.fit.calibrate import Errors, judge, ranks
    from tests.fit.test_statistics import QUIET
    from tests.fit.toys import toy_patterns, toy_table

    found = ranks(toy_patterns(), toy_table(20_000, 6), 3.0, 50, 0, QUIET)
    right, wrong = Errors(100, 90, (5, 0), (1.0, 1.0)), Errors(100, 90, (85, 80), (0.0, 0.0))
    given: dict[str, Any] = {"keys": KEYS, "places": found.places, "thin": 0, "wanted": 50, "each": judge(found.places)}

    def failing(proof: Proof) -> set[str]:
        return {check.source for check in calibration_checks(proof) if not check.passed}

    assert failing(Proof(**given, errors={"Trials": right})) == set()
    assert failing(Proof(**given, errors={"Trials": wrong})) == {"Trials"}
    assert failing(Proof(**{**given, "wanted": 51}, errors={"Trials": right})) == {"pseudo-cases"}
    assert "fails for Trials" in Proof(**given, errors={"Trials": wrong}).verdict()
    unjudged = Proof(**given, errors={"Trials": Errors(100, 0, (0, 0), (1.0, 1.0))})
    assert failing(unjudged) == {"Trials"}
    assert "Not shown: no pseudo-case without Trials" in unjudged.verdict()
