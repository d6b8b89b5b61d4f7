"""Every limit of the theory holds in the model's own code, and the checks notice when it does not."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from experiments.verify import LIMITS, Check, check, command, figure, laws, run_checks, verify_command
from experiments.verify.words import verdict
from sim.agents.firm import Firm
from sim.mechanisms import absorption, arbitrage, diffusion, feedback, flywheel, reuse, search


def failures(checks: list[Check]) -> list[str]:
    return [f"{c.name}: expected {c.expected:g}, observed {c.low:g} to {c.high:g}" for c in checks if not c.passed]


@pytest.mark.parametrize("limit", LIMITS)
def test_limit_holds(limit: str) -> None:
    checks = LIMITS[limit][1](True)
    assert checks
    assert {c.id for c in checks} == {limit}
    assert failures(checks) == []


@pytest.mark.slow
def test_all_limits_hold_at_full_length() -> None:
    heard: list[tuple[str, int, int]] = []
    checks = run_checks(progress=lambda *step: heard.append(step))
    assert failures(checks) == []
    assert list(dict.fromkeys(c.id for c in checks)) == list(LIMITS)
    assert len({(c.id, c.name) for c in checks}) == len(checks)
    assert [done for _, done, _ in heard] == list(range(len(LIMITS) + 1))


def test_checks_repeat_to_the_bit() -> None:
    assert LIMITS["L1"][1](True) == LIMITS["L1"][1](True)


# What is wrong with the model must show: each entry breaks one mechanism in one way.

Original = Callable[..., Any]
Mutant = Callable[[Original], Original]


def steeper_price(right: Original) -> Original:
    return lambda costs, reference, elasticity, base, floor: right(costs, reference, 2.0 * elasticity, base, floor)


def lucky_draws(right: Original) -> Original:
    def mutant(rate: Any, trials: Any, clock: Any, cost: Any, *given: Any) -> int:
        cluster: int = right(rate, trials, clock, cost, *given)
        cost *= 0.98
        return cluster

    return mutant


def missing_volume(right: Original) -> Original:
    def mutant(*given: Any) -> tuple[Any, ...]:
        heaviest, volumes, *rest = right(*given)
        return heaviest, 0.5 * volumes, *rest

    return mutant


def dearer_reuse(right: Original) -> Original:
    return lambda *given: right(*given) + 0.001


def lost_budget(right: Original) -> Original:
    return lambda firm, budget: right(firm, budget**0.7)


def only_moved(_: Original) -> Original:
    return lambda elasticity, *_rest: elasticity[::-1, ::-1]


def gap_that_widens(right: Original) -> Original:
    return lambda *given: right(*given) + 1e-6


def no_experience_needed(right: Original) -> Original:
    return lambda hazard, _: right(hazard, 1.0)


def half_imitation(right: Original) -> Original:
    return lambda share, p, q: right(share, p, 0.9 * q)


def sceptics(right: Original) -> Original:
    return lambda *given: right(*given[:-2], 1.2 * given[-2], given[-1])


def open_door(_: Original) -> Original:
    return lambda offered, _bandwidth, _absorptive: offered


@pytest.mark.parametrize(
    ("limit", "home", "name", "mutant"),
    [
        ("L1", search, "_next_kept", lucky_draws),
        ("L2", search, "_measure", missing_volume),
        ("L3", reuse, "relative_cost", dearer_reuse),
        ("L3", reuse, "fresh_cost", dearer_reuse),
        ("L4", Firm, "search_problem", lost_budget),
        ("L5", flywheel, "trial_price", steeper_price),
        ("L6", flywheel, "acyclic", only_moved),
        ("L7", arbitrage, "next_gap", gap_that_widens),
        ("L8", absorption, "chance", no_experience_needed),
        ("L9", diffusion, "hazard", half_imitation),
        ("L10", diffusion, "prompt", sceptics),
        ("L11", feedback, "inflow", open_door),
    ],
)
def test_limit_notices_what_is_wrong(
    monkeypatch: pytest.MonkeyPatch, limit: str, home: Any, name: str, mutant: Mutant
) -> None:
    monkeypatch.setattr(home, name, mutant(getattr(home, name)))
    search._lay_out.cache_clear()  # what is remembered was computed rightly, or will have been wrongly
    assert failures(LIMITS[limit][1](True))
    search._lay_out.cache_clear()


# Verdicts.


def test_noise_alone_never_passes() -> None:
    samples = np.random.default_rng(0).normal(1.0, 1.0, 50)
    assert check.mean("L1", "", 1.0, samples, widest=1.0).passed
    assert not check.mean("L1", "", 1.0, samples, widest=0.1).passed
    assert not check.mean("L1", "", 3.0, samples, widest=1.0).passed
    assert not check.mean("L1", "", 1.0, samples, widest=0.1, bias=5.0).passed


def test_intervals_cover_as_often_as_they_say() -> None:
    rng = np.random.default_rng(1)
    missed = sum(not check.mean("L1", "", 0.0, rng.normal(size=12), widest=np.inf).passed for _ in range(5000))
    assert missed <= 15  # 5 are expected


def test_two_samples_pass_at_p_above_one_in_a_thousand() -> None:
    rng = np.random.default_rng(2)
    one, same, other = rng.normal(size=500), rng.normal(size=500), rng.normal(0.5, 1.0, size=500)
    assert check.same_distribution("L2", "", one, same, 0.2).passed
    assert not check.same_distribution("L2", "", one, other, 0.2).passed
    assert not check.same_distribution("L2", "", one, same, 0.05).passed


def test_exact_figures_must_agree_to_rounding() -> None:
    assert check.equal("L3", "", 0.1 + 0.2, 0.3).passed
    assert not check.equal("L3", "", 0.3, 0.3 + 1e-6).passed
    assert not check.equal("L8", "", 0.0, 1e-300).passed


# The closed forms themselves, where the literature gives figures.


def test_cascade_window_is_the_one_of_the_paper() -> None:
    assert laws.cascade_window(0.18) == pytest.approx((1.02, 5.76), abs=0.005)


def test_linear_programme_gives_the_leontief_inverse() -> None:
    links = np.array([[0.0, 0.3, 0.3], [0.6, 0.0, 0.0], [0.1, 0.5, 0.0]])
    clusters = [(0, 1), (1, 2), (2, 0)]
    assert laws.flywheel_exponents(links, clusters, 1.0) == pytest.approx(laws.leontief(links, 2, 1.0))
    assert laws.leontief(links, 2, 1.0) == pytest.approx(0.5 / (1.0 - 0.3))


def test_linear_programme_knows_a_run_away() -> None:
    assert np.isinf(laws.flywheel_exponents(np.array([[0.0, 1.1], [1.1, 0.0]]), [(0,), (1,)], 1.0)).all()


def test_poisson_mean_is_the_mean_over_poisson() -> None:
    drawn = np.random.default_rng(3).poisson(5.0, 400_000)
    assert laws.lowest_of_poisson(5.0) == pytest.approx((1.0 / (drawn + 2.0)).mean(), abs=1e-3)


# The command.

GOOD = Check("L1", "a law that holds", 1.0, 0.99, 0.9, 1.08, True)
BAD = Check("L2", "a law that does not", 0.0, 0.5, 0.4, 0.6, False)


@pytest.mark.parametrize(("checks", "code"), [([GOOD], 0), ([GOOD, BAD], 1)])
def test_exit_code_tells_of_failures(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], checks: list[Check], code: int
) -> None:
    monkeypatch.setattr(command, "run_checks", lambda _quick, _progress: checks)
    assert verify_command(json=False, quick=True, out=None) == code
    shown = capsys.readouterr().out
    assert verdict(checks) in shown
    assert all(c.name in shown for c in checks)


def test_json_is_all_there_is_on_stdout(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setattr(command, "run_checks", lambda _quick, _progress: [GOOD, BAD])
    assert verify_command(json=True, quick=True, out=tmp_path / "new" / "folder") == 1
    shown = json.loads(capsys.readouterr().out)
    assert [list(row) for row in shown] == [["id", "name", "expected", "observed", "low", "high", "passed"]] * 2
    assert shown == [GOOD._asdict(), BAD._asdict()]
    assert json.loads((tmp_path / "new" / "folder" / "verify.json").read_text(encoding="utf-8")) == shown
    assert sorted(path.name for path in (tmp_path / "new" / "folder").iterdir()) == ["verify.json", "verify.png"]


def test_folder_that_cannot_be_made_is_refused_first(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(command, "run_checks", lambda *_: pytest.fail("ran"))
    (tmp_path / "file").touch()
    with pytest.raises(OSError, match="file"):
        verify_command(json=True, quick=True, out=tmp_path / "file" / "folder")


def test_verdict_names_the_limits_that_fail() -> None:
    assert verdict([GOOD, GOOD]) == "All 2 checks of 1 limits pass"
    assert verdict([GOOD, BAD]) == "1 of 2 checks fail: L2"


def test_rows_are_scaled_by_their_interval() -> None:
    assert figure.scaled(GOOD) == pytest.approx(-0.01 / 0.09)
    assert figure.scaled(BAD) == pytest.approx(5.0)
    assert figure.scaled(Check("L8", "", 0.0, 3.0, 3.0, 3.0, False)) == figure.OUTSIDE
