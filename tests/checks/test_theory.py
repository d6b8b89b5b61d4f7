"""Every limit of the theory holds in the model's own code, and the checks notice when it does not."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest

from experiments.checks.check import Check
from experiments.checks.theory import laws
from experiments.checks.theory.limits import THEORY
from experiments.checks.theory.searching import turns
from experiments.checks.theory.worlds import ALONE, Case, begin, exponents, joint, parameters
from sim.architecture import lay_out


def failures(checks: list[Check]) -> list[str]:
    return [f"{c.name}: expected {c.expected:g}, observed {c.low:g} to {c.high:g}" for c in checks if not c.passed]


@pytest.mark.parametrize("limit", THEORY.sources)
def test_limit_holds(limit: str) -> None:
    checks = THEORY.checks(limit, True)
    assert checks
    assert {c.source for c in checks} == {limit}
    assert failures(checks) == []


@pytest.mark.slow
def test_all_limits_hold_at_full_length() -> None:
    heard: list[tuple[str, int, int]] = []
    checks = THEORY.run(progress=lambda *step: heard.append(step))
    assert failures(checks) == []
    assert list(dict.fromkeys(c.source for c in checks)) == list(THEORY.sources)
    assert len({(c.source, c.name) for c in checks}) == len(checks)
    assert [done for _, done, _ in heard] == list(range(len(THEORY.sources) + 1))


def test_checks_repeat_to_the_bit() -> None:
    assert THEORY.checks("L1", True) == THEORY.checks("L1", True)


# What is wrong with the model must show: a copy of its sources is broken in ways that do not touch each other's limits.


class Mutant(NamedTuple):
    """A line of the model made wrong, the limit that must notice, and what the check that does is about."""

    limit: str
    file: str
    right: str
    wrong: str
    noticed_by: str


BROKEN = {
    "first": [
        Mutant(
            "L1", "kernels/trials.py", "bound / parts * task.drawn[i]", "0.9 * bound / parts * task.drawn[i]", "E[c]"
        ),
        Mutant("L3", "mechanisms/release.py", "min(1.0, given.reuse_cost", "min(1.0, 0.001 + given.reuse_cost", "G/n"),
        Mutant("L7", "mechanisms/effort.py", "1.0 - given.closing * arb", "1.0 - 0.999 * given.closing * arb", "g₀"),
        Mutant("L8", "mechanisms/absorption.py", "mastery * capacity(world, k)", "mastery", "mastered"),
        Mutant(
            "L9", "mechanisms/diffusion.py", "given.p + given.q * (users", "given.p + 0.9 * given.q * (users", "Bass"
        ),
        Mutant("L10", "kernels/adoption.py", "share >= given.threshold", "share >= 1.2 * given.threshold", "edge"),
        Mutant("L11", "mechanisms/feedback.py", "firm.strategy.accept, bandwidth)", "1.0, 1e9)", "bandwidth 0"),
        Mutant(
            "L15", "mechanisms/feedback.py", "users / given.signal_half", "users / given.signal_half / 2.0", "perceived"
        ),
    ],
    "second": [
        Mutant("L2", "founding.py", "[k * lgamma", "[(k > 1) * -0.7 + k * lgamma", "experience"),
        Mutant(
            "L4",
            "mechanisms/release.py",
            "if way == REUSE:\n        return source",
            "if way == REUSE:\n        way = COPY",
            "full reuse",
        ),
        Mutant("L6", "architecture.py", "ahead = fed(k)", "ahead = [j for j in ahead if j != k]", "what the law adds"),
        Mutant("L14", "mechanisms/feedback.py", "(1.0 - given.closed_share) * firm", "firm", "elasticity of trials"),
    ],
    "third": [
        Mutant(
            "L5",
            "mechanisms/flywheel.py",
            "+= elasticity * log(relative)",
            "+= 1.3 * elasticity * log(relative)",
            "θ=0.6",
        ),
        Mutant(
            "L12", "kernels/trials.py", "drawn[i], modules[row].target", "drawn[i], modules[row].point", "misfit after"
        ),
        Mutant("L13", "mechanisms/release.py", "k, line, slot, budget)", "k, line, slot, 0.8 * budget)", "E[c at"),
    ],
}
ASKED = """
import json, sys
from experiments.checks.theory.limits import THEORY
print(json.dumps({limit: [c.name for c in THEORY.checks(limit, True) if not c.passed] for limit in sys.argv[1:]}))
"""


def test_every_limit_has_a_mutant() -> None:
    assert {mutant.limit for mutants in BROKEN.values() for mutant in mutants} == set(THEORY.sources)


@pytest.mark.slow
@pytest.mark.parametrize("group", BROKEN)
def test_limits_notice_what_is_wrong(tmp_path: Path, group: str) -> None:
    root = Path(__file__).parents[2]
    for package in ("sim", "experiments", "configs"):
        shutil.copytree(root / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__"))
    for mutant in BROKEN[group]:
        source = tmp_path / "sim" / mutant.file
        text = source.read_text(encoding="utf-8")
        assert text.count(mutant.right) == 1, mutant
        source.write_text(text.replace(mutant.right, mutant.wrong), encoding="utf-8")
    failed = json.loads(
        subprocess.run(
            [sys.executable, "-c", ASKED, *(mutant.limit for mutant in BROKEN[group])],
            env={**os.environ, "PYTHONPATH": str(tmp_path), "NUMBA_CACHE_DIR": str(tmp_path / "cache")},
            cwd=tmp_path, capture_output=True, text=True, check=True,
        ).stdout
    )  # fmt: skip
    for mutant in BROKEN[group]:
        assert any(mutant.noticed_by in name for name in failed[mutant.limit]), (mutant, failed[mutant.limit])


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


def test_chance_to_be_kept_is_at_most_one() -> None:
    assert laws.kept(0.2, 2.0) == pytest.approx(0.04)
    assert laws.kept(1.5, 2.0) == 1.0


# The worlds.


@pytest.mark.parametrize(
    "case", [joint(6, 3, 1.0), turns(0.6, 2, 1.0), Case("", ((1, 2), (2,), (3, 0, 1), ()), 0.5, 0.35, 1.0)]
)
def test_cases_lay_out_as_the_model_does(case: Case) -> None:
    given = parameters(case.changes)
    layout = lay_out(given.architecture, given.flywheel, 0)
    assert layout.clusters == case.clusters
    assert np.array_equal(layout.elasticity, case.links)


def test_nothing_but_trials_happens_to_a_firm_alone() -> None:
    tables = begin(ALONE, 0, until=59)
    last = tables.record[58]
    assert (last.events_released, last.events_made, last.trials, last.cash, last.misfit) == (1, 9, 0, 0, 0)
    assert (last.users, last.commons_cost, last.trial_price > 0.0) == (0, 1, True)
    assert len(set(tables.record.unit_cost[:59])) == 1


def test_exponents_are_slopes_in_logs() -> None:
    time = 10.0 ** np.arange(10.0)
    logs = np.log(time)[None, :, None] * np.array([-0.5, -2.0])
    assert exponents(time, logs, 3.0) == pytest.approx(np.array([[0.5, 2.0]]))
