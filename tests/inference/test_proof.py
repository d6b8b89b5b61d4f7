"""Coverage, size and power are as they should be, and the checks notice when they are not."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from experiments.cli import main
from experiments.inference import intervals, inverted_u, looking, loops, pairs, ratios, regression, shapley
from experiments.inference import supermodularity as signs
from experiments.inference import verdict as verdicts
from experiments.inference.proof import METHODS, Check, check, command, inference_command, run_checks, synthetic
from experiments.inference.proof.figure import draw
from experiments.inference.proof.suite import verdict

ROOT = Path(__file__).parents[2]
LONG = ("mean", "claim", "family", "signs")


def failures(checks: list[Check]) -> list[str]:
    return [f"{c.name}: {c.rule} {c.nominal:g}, observed {c.low:g} to {c.high:g}" for c in checks if not c.passed]


def methods() -> list[Any]:
    return [pytest.param(name, marks=pytest.mark.slow) if name in LONG else name for name in METHODS]


@pytest.mark.parametrize("method", methods())
def test_method_does_as_often_as_it_says(method: str) -> None:
    checks = METHODS[method][1](True)
    assert {c.id for c in checks} == {method}
    assert failures(checks) == []


@pytest.mark.slow
def test_all_methods_do_over_many_data_sets() -> None:
    heard: list[tuple[str, int, int]] = []
    checks = run_checks(progress=lambda *step: heard.append(step))
    assert failures(checks) == []
    assert len({(c.id, c.name) for c in checks}) == len(checks)
    assert [done for _, done, _ in heard] == list(range(len(METHODS) + 1))


def test_checks_repeat_to_the_bit() -> None:
    assert METHODS["ratio"][1](True) == METHODS["ratio"][1](True)


# What is wrong with the inference must show: each entry breaks one function in one way.

Original = Callable[..., Any]
Mutant = Callable[[Original], Original]


def too_sure(right: Original) -> Original:
    return lambda *given: right(*given[:-1], 0.8) if isinstance(given[-1], float) else right(*given, 0.8)


def narrower(right: Original) -> Original:
    return lambda *given, **named: 0.8 * right(*given, **named)


def halved(right: Original) -> Original:
    return lambda *given: right(*given) / 2.0


def everything(_: Original) -> Original:
    return lambda *_given: 1.0


def low_bar(right: Original) -> Original:
    return lambda interval, sign, sesoi: right(interval, sign, 0.5 * sesoi)


def deaf_to_the_sign(right: Original) -> Original:
    return lambda interval, _sign, sesoi: right(interval, 1, sesoi)


def rash(right: Original) -> Original:
    return lambda interval, sign, sesoi: "contradicted" if (k := right(interval, sign, sesoi)) == "undecided" else k


def no_correction(_: Original) -> Original:
    return list


def any_one(right: Original) -> Original:
    return lambda each: right([v._replace(p=v.p / len(each)) for v in each])


def links_only(_: Original) -> Original:
    return lambda links: links + np.eye(links.shape[-1])


def no_intercepts(_: Original) -> Original:
    return lambda _name, column, _groups: np.asarray(column)


def one_constraint(right: Original) -> Original:
    return lambda statistic, _constraints, n: right(statistic, 1, n)


def unscaled(_: Original) -> Original:
    return lambda n, k: 1 if k == 0 else n


def backwards(right: Original) -> Original:
    return lambda treated, control: right(control, treated)


@pytest.mark.parametrize(
    ("method", "home", "name", "mutant"),
    [
        pytest.param("mean", intervals, "quantile_t", narrower, marks=pytest.mark.slow),
        pytest.param("mean", intervals, "_mean_and_error", lambda _: lambda v: (v[0], 1.0), marks=pytest.mark.slow),
        ("median", intervals, "median_interval", too_sure),
        ("middle", intervals, "median_interval", too_sure),
        ("middle", verdicts, "judge", low_bar),
        ("middle", verdicts, "judge", rash),
        ("ratio", ratios, "quantile_t", narrower),
        ("looks", looking, "share", everything),
        ("looks", looking, "t_interval", too_sure),
        ("verdict", verdicts, "judge", low_bar),
        ("verdict", verdicts, "judge", deaf_to_the_sign),
        ("verdict", verdicts, "judge", rash),
        pytest.param("claim", verdicts, "jointly", any_one, marks=pytest.mark.slow),
        pytest.param("family", verdicts, "holm_adjusted", no_correction, marks=pytest.mark.slow),
        ("times", pairs, "log_odds", too_sure),
        ("times", pairs, "hazard_ratio", backwards),
        pytest.param("signs", signs, "p_bounds", one_constraint, marks=pytest.mark.slow),
        pytest.param("signs", signs, "p_at_most", halved, marks=pytest.mark.slow),
        ("hump", inverted_u, "_best_between", lambda _: lambda _responses: 0.0),
        pytest.param("hump", inverted_u, "p_at_most", halved, marks=pytest.mark.slow),
        ("loops", loops, "_without_return", links_only),
        ("regression", regression, "_within", no_intercepts),
        ("shares", shapley, "comb", unscaled),
        ("shares", shapley, "ratio_interval", too_sure),
    ],
)
def test_method_notices_what_is_wrong(
    monkeypatch: pytest.MonkeyPatch, method: str, home: Any, name: str, mutant: Mutant
) -> None:
    monkeypatch.setattr(home, name, mutant(getattr(home, name)))
    assert failures(METHODS[method][1](True))


# Verdicts on rates.


def hits(share: float, sets: int = 2000) -> np.ndarray:
    return np.arange(sets) < share * sets


def test_rates_pass_as_their_rule_says() -> None:
    assert check.coverage("mean", "", hits(0.99)).passed
    assert not check.coverage("mean", "", hits(0.99), rule="=").passed
    assert check.coverage("mean", "", hits(0.945)).passed
    assert not check.coverage("mean", "", hits(0.92)).passed
    assert check.coverage("mean", "", hits(0.92), tolerance=0.02).passed
    assert check.error("mean", "", hits(0.01)).passed
    assert not check.error("mean", "", hits(0.08)).passed
    assert not check.counterexample("mean", "", hits(0.10), known=0.25, tolerance=0.02).passed
    assert check.exact("mean", "", 1.0 / 3.0, 0.1 / 0.3).passed
    assert not check.exact("mean", "", 0.0, 1e-6).passed


def test_noise_alone_never_passes() -> None:
    assert not check.coverage("mean", "", hits(0.95, 40)).passed
    assert not check.power("mean", "", hits(0.5, 300), nominal=0.1).passed


@pytest.mark.parametrize("kind", ["normal", "two points", "skewed", "heavy"])
def test_synthetic_differences_have_mean_0_and_deviation_1(kind: Any) -> None:
    drawn = synthetic.differences(kind, 400, 500, synthetic.stream("test"))
    assert drawn.mean() == pytest.approx(0.0, abs=0.01)
    assert drawn.std() == pytest.approx(1.0, abs=0.05)
    assert np.median(drawn) == pytest.approx(synthetic.median_of(kind), abs=0.01) or kind == "two points"


# The command.

GOOD = check.coverage("mean", "an interval that covers", hits(0.95))
BAD = check.error("looks", "a test that errs", hits(0.5))


@pytest.mark.parametrize(("checks", "code"), [([GOOD], 0), ([GOOD, BAD], 1)])
def test_exit_code_tells_of_failures(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], checks: list[Check], code: int
) -> None:
    monkeypatch.setattr(command, "run_checks", lambda _quick, _progress: checks)
    assert inference_command(json=False, quick=True, out=None) == code
    shown = capsys.readouterr().out
    assert verdict(checks) in shown
    assert all(c.name in shown for c in checks)
    assert ("FAIL" in shown) == bool(code)


def test_json_and_figure_are_kept_whole(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setattr(command, "run_checks", lambda _quick, _progress: [GOOD, BAD])
    folders = tmp_path / "one" / "deep", tmp_path / "two"
    for folder in folders:
        assert inference_command(json=True, quick=True, out=folder) == 1
        shown = json.loads(capsys.readouterr().out)
        assert shown == [GOOD._asdict(), BAD._asdict()]
        assert json.loads((folder / "inference.json").read_text(encoding="utf-8")) == shown
        assert sorted(path.name for path in folder.iterdir()) == ["inference.json", "inference.png"]
    assert (folders[0] / "inference.png").read_bytes() == (folders[1] / "inference.png").read_bytes()


def test_figure_without_some_measure_is_drawn(tmp_path: Path) -> None:
    assert draw([check.exact("loops", "", 0.0, 0.0)], tmp_path / "none.png").stat().st_size > 10_000


def test_verdict_names_the_methods_that_fail() -> None:
    assert verdict([GOOD, GOOD]) == "All 2 checks of 1 methods pass"
    assert verdict([GOOD, BAD]) == "1 of 2 checks fail: looks"


def flywheel(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "experiments", "verify", "--inference", *arguments], capture_output=True, text=True,
        cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}, check=False,
    )  # fmt: skip


def test_folder_that_cannot_be_made_is_refused_first(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setattr(command, "run_checks", lambda *_: pytest.fail("ran"))
    (tmp_path / "file").touch()
    folder = str(tmp_path / "file" / "folder")
    monkeypatch.setattr(sys, "argv", ["flywheel", "verify", "--inference", "--out", folder])
    monkeypatch.setattr(signal, "signal", lambda *_: None)
    with pytest.raises(SystemExit) as caught:
        main()
    assert caught.value.code == 1
    assert capsys.readouterr() == ("", f"flywheel: {folder}: Not a directory\n")


@pytest.mark.slow
def test_command_gives_the_same_bytes_again(tmp_path: Path) -> None:
    one, two = (flywheel("--quick", "--json", "--out", str(tmp_path / name)) for name in ("one", "two"))
    assert (one.returncode, one.stderr) == (0, "")
    assert one.stdout == two.stdout
    assert all(c["passed"] for c in json.loads(one.stdout))
