"""A check passes iff it should, whatever it checks; and the command tells, keeps and draws any suite."""

from __future__ import annotations

import json
import signal
import sys
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from experiments.checks import check, command
from experiments.checks.check import Check, Source, Suite
from experiments.checks.command import verify_command
from experiments.checks.theory import laws
from experiments.cli.app import main

# Verdicts.


def test_noise_alone_never_passes() -> None:
    samples = np.random.default_rng(0).normal(1.0, 1.0, 50)
    assert check.mean("", 1.0, samples, widest=1.0).passed
    assert not check.mean("", 1.0, samples, widest=0.1).passed
    assert not check.mean("", 3.0, samples, widest=1.0).passed
    assert not check.mean("", 1.0, samples, widest=0.1, bias=5.0).passed


def test_intervals_cover_as_often_as_they_say() -> None:
    rng = np.random.default_rng(1)
    missed = sum(not check.mean("", 0.0, rng.normal(size=12), widest=np.inf).passed for _ in range(5000))
    assert missed <= 15  # 5 are expected


def test_two_samples_pass_at_p_above_one_in_a_thousand() -> None:
    rng = np.random.default_rng(2)
    one, same, other = rng.normal(size=500), rng.normal(size=500), rng.normal(0.5, 1.0, size=500)
    assert check.same_distribution("", one, same, 0.2).passed
    assert not check.same_distribution("", one, other, 0.2).passed
    assert not check.same_distribution("", one, same, 0.05).passed


def test_samples_pass_iff_they_follow_a_law() -> None:
    rng = np.random.default_rng(3)
    waits, chance = rng.geometric(0.3, 2000).astype(float), 0.3
    assert check.follows("", waits, partial(laws.geometric, chance), 0.05).passed
    assert not check.follows("", waits, partial(laws.geometric, 0.4), 0.05).passed
    assert not check.follows("", waits, partial(laws.geometric, chance), 0.01).passed
    assert check.follows("", np.minimum(waits, 4.0), partial(laws.geometric, chance), 0.05, last=3.0).passed
    costs = 0.5 * rng.random(2000) ** (1.0 / 2.0)
    assert check.follows("", costs, partial(laws.drawn_below, 0.5, 2.0), 0.05).passed
    assert not check.follows("", costs, partial(laws.drawn_below, 0.5, 1.0), 0.05).passed


def test_exact_figures_must_agree_to_rounding() -> None:
    assert check.equal("", 0.1 + 0.2, 0.3).passed
    assert not check.equal("", 0.3, 0.3 + 1e-6).passed
    assert not check.equal("", 0.0, 1e-300).passed


def hits(share: float, sets: int = 3000) -> np.ndarray:
    return np.arange(sets) < share * sets


def test_rates_pass_as_their_rule_says() -> None:
    assert check.rate("coverage", "", "≥", 0.95, hits(0.99)).passed
    assert not check.rate("coverage", "", "=", 0.95, hits(0.99)).passed
    assert check.rate("coverage", "", "≥", 0.95, hits(0.945)).passed
    assert not check.rate("coverage", "", "≥", 0.95, hits(0.92)).passed
    assert check.rate("coverage", "", "≥", 0.95, hits(0.92), 0.02).passed
    assert check.rate("error", "", "≤", 0.05, hits(0.01)).passed
    assert not check.rate("error", "", "≤", 0.05, hits(0.08)).passed
    assert not check.rate("coverage", "", "≥", 0.95, hits(0.95, 40)).passed  # noise alone


def test_medians_are_near_0_or_not() -> None:
    drawn = np.random.default_rng(0).normal(0.0, 1.0, 2001)
    assert check.median("bias", "", drawn, 0.0).passed
    assert not check.median("bias", "", drawn + 0.3, 0.1).passed
    assert check.median("bias", "", drawn + 0.3, 0.3).passed


# The command.

GOOD = Check("L1", "value", "a law that holds", "=", 1.0, 0.0, 0.99, 0.9, 1.08, True)
BAD = Check("L2", "value", "a law that does not", "=", 0.0, 0.0, 0.5, 0.4, 0.6, False)
SEEN = check.rate("coverage", "an interval that covers", "≥", 0.95, hits(0.95))._replace(source="t test")
ERRED = check.rate("error", "a test that errs", "≤", 0.05, hits(0.5))._replace(source="family")
FIELDS = ["source", "measure", "name", "rule", "expected", "tolerance", "observed", "low", "high", "passed"]


def suite(checks: list[Check]) -> Suite:
    """A suite of checks, each of a source of its own."""
    sources = {one.source: Source("a limit", lambda _, one=one: [one._replace(source="")]) for one in checks}
    return Suite("verify", "limits", sources)


@pytest.mark.parametrize(("checks", "code"), [([GOOD, SEEN], 0), ([GOOD, BAD], 1), ([SEEN, ERRED], 1)])
def test_exit_code_tells_of_failures(capsys: pytest.CaptureFixture[str], checks: list[Check], code: int) -> None:
    assert verify_command(suite(checks), json=False, quick=True, out=None) == code
    shown = capsys.readouterr().out
    assert suite(checks).verdict(checks) in shown
    assert all(c.name in shown for c in checks)
    assert ("FAIL" in shown) == bool(code)


@pytest.mark.parametrize("checks", [[GOOD, BAD], [SEEN, ERRED], [GOOD, SEEN, ERRED]])
def test_json_and_figure_are_kept_whole(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, checks: list[Check]
) -> None:
    folders = tmp_path / "one" / "deep", tmp_path / "two"
    for folder in folders:
        assert verify_command(suite(checks), json=True, quick=True, out=folder) == 1
        shown = json.loads(capsys.readouterr().out)
        assert shown == [c._asdict() for c in checks]
        assert list(shown[0]) == FIELDS
        assert json.loads((folder / "verify.json").read_text(encoding="utf-8")) == shown
        assert sorted(path.name for path in folder.iterdir()) == ["verify.json", "verify.png"]
    assert (folders[0] / "verify.png").read_bytes() == (folders[1] / "verify.png").read_bytes()


def test_a_figure_that_fails_costs_no_data(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setattr(command, "draw", lambda *_: 1 // 0)
    with pytest.raises(ZeroDivisionError):
        verify_command(suite([GOOD]), json=False, quick=True, out=tmp_path)
    assert GOOD.name in capsys.readouterr().out
    assert [path.name for path in tmp_path.iterdir()] == ["verify.json"]


@pytest.mark.parametrize("inference", [[], ["--inference"]])
def test_folder_that_cannot_be_made_is_refused_first(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path, inference: list[str]
) -> None:
    monkeypatch.setattr(Suite, "run", lambda *_: pytest.fail("ran"))
    monkeypatch.setattr("experiments.messages.compiling.announce", lambda: None)
    (tmp_path / "file").touch()
    folder = str(tmp_path / "file" / "folder")
    monkeypatch.setattr(sys, "argv", ["flywheel", "verify", *inference, "--out", folder])
    monkeypatch.setattr(signal, "signal", lambda *_: None)
    with pytest.raises(SystemExit) as caught:
        main()
    assert caught.value.code == 1
    assert capsys.readouterr() == ("", f"flywheel: {folder}: Not a directory\n")


def test_verdict_names_the_sources_that_fail() -> None:
    assert suite([]).verdict([GOOD, GOOD]) == "All 2 checks of 1 limits pass"
    assert suite([]).verdict([GOOD, BAD]) == "1 of 2 checks fail: L2"


def test_a_suite_says_what_comes_next() -> None:
    heard: list[tuple[str, int, int]] = []
    assert suite([GOOD]).run(True, lambda *step: heard.append(step)) == [GOOD]
    assert heard == [("L1 a limit", 0, 1), ("done", 1, 1)]


def test_rows_are_scaled_by_their_interval() -> None:
    assert command.scaled(GOOD) == pytest.approx(-0.01 / 0.09)
    assert command.scaled(BAD) == pytest.approx(5.0)
    assert command.scaled(GOOD._replace(expected=0.0, observed=3.0, low=3.0, high=3.0)) == command.OUTSIDE
