"""Blocks of runs: whatever shares a compiled call, each run is what it is alone."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from experiments.sweep import observe
from experiments.sweep.tasks import MODEL, Context, Done, Job, do, task_named
from sim.block import Block, summary
from sim.founding import is_alone, start_of, vary
from sim.parameters import Parameters, declared
from sim.world import columns
from tests.runs import run, series
from tests.worlds import CLASSIC

TINY = CLASSIC | {"run.months": 5, "diffusion.adopters": 40, "diffusion.p": 0.2}
ALONE = [key for key, _ in declared() if is_alone(key)]
WORLDS: list[dict[str, Any]] = [
    {}, {"architecture.links": "random", "flywheel.topology": "rewired"}, {"flywheel.topology": "acyclic"},
    {
        "reuse.lines": 3, "policy.enabled": True, "commons.modules": ["a", "b", "c"], "shock.slot": "attention",
        "release.schedule": [{"name": "r", "month": 3, "line": 2, "introduces": ["attention"]}],
        "policy.schedule": [{"lever": "commons_fund", "start": 1, "end": 4, "level": 3.0}],
    },
]  # fmt: skip


def context(base: dict[str, Any], kept: Sequence[str] = (), limit: float | None = None, edges: Any = None) -> Context:
    parameters = Parameters().replace(base)
    return Context(parameters.model_dump_json(), edges, tuple(c.name for c in columns()), tuple(kept), limit, MODEL)


def by_number(done: Done) -> dict[int, tuple[Any, ...]]:
    """Return what is kept of each run, as bytes."""
    ends = np.cumsum(done.outcomes.months)
    return {
        int(number): (
            int(done.outcomes.months[n]), done.outcomes.final[n].tobytes(), done.outcomes.mean[n].tobytes(),
            done.outcomes.series[ends[n] - done.outcomes.months[n] : ends[n]].tobytes(),
        )
        for n, number in enumerate(done.outcomes.number)
    }  # fmt: skip


def another(key: str, of: Parameters) -> Any:
    """Return a value of a parameter far from the one it has: an end of its range."""
    info, (section, _, name) = dict(declared())[key], key.partition(".")
    now = getattr(getattr(of, section), name)
    if info.annotation is bool:
        return not now
    low, high = (next(getattr(m, end) for m in info.metadata if hasattr(m, end)) for end in ("ge", "le"))
    return info.annotation(high if now != high else low)


@pytest.mark.parametrize("world", WORLDS)
def test_a_number_that_is_alone_alters_its_own_field_and_never_misfits(world: dict[str, Any]) -> None:
    base = Parameters().replace(world)
    before = start_of(base, 0)
    assert len(ALONE) > 90
    for key in ALONE:
        value = another(key, base)
        changed = start_of(base.replace({key: value}), 0)  # which raises if it does not fit
        start = vary(before, {key: np.array([value])})
        assert start.given.tobytes() == changed.given.tobytes(), f"{key}: say in sim.founding what it goes with"
        assert start.setting.tobytes() == changed.setting.tobytes(), f"{key}: say in sim.founding what it goes with"
        assert start.given.tobytes() != before.given.tobytes(), key


def test_runs_of_a_block_are_what_they_are_alone() -> None:
    shared = context(TINY, ("users", "unit_cost"))
    changes: list[dict[str, Any]] = [
        {}, {"firm.openness": 0.25, "rival.count": 3}, {"search.gamma": 0.4, "rival.compute": 7.0},
        {"run.months": 9}, {"diffusion.adopters": 77, "flywheel.elasticity": 0.0}, {"architecture.links": "random"},
        {"diffusion.network": "ring"}, {"rival.count": 0, "flywheel.enabled": False},
    ]  # fmt: skip
    jobs = [Job(n, json.dumps(each), seed) for n, (each, seed) in enumerate((c, s) for c in changes for s in (0, 9))]
    together = by_number(do(shared, jobs))
    assert together == {job.number: by_number(do(shared, [job]))[job.number] for job in reversed(jobs)}
    assert len({final for _, final, *_ in together.values()}) == len(jobs)


def test_what_a_block_keeps_is_what_the_model_shows() -> None:
    changes = {"firm.openness": 0.5, "rival.openness": 1.0}
    shown = series(run(7, **TINY, **changes))
    alone = run(7, **TINY).parameters  # the small world's own numbers
    kept = do(
        Context(alone.model_dump_json(), None, tuple(shown), ("users",)), [Job(0, json.dumps(changes), 7)]
    ).outcomes
    np.testing.assert_array_equal(kept.final[0], [values[-1] for values in shown.values()])
    np.testing.assert_array_equal(kept.series[:, 0], shown["users"])
    for mean, values in zip(kept.mean[0], shown.values(), strict=True):
        known = values[~np.isnan(values)]
        assert math.isnan(mean) if not len(known) else math.isclose(mean, math.fsum(known) / len(known), rel_tol=1e-15)


def test_a_network_is_its_edges() -> None:
    ring = np.array([(n, (n + 1) % 30) for n in range(30)])
    base = {**TINY, "diffusion.network": "edges", "diffusion.adopters": 30}
    star = np.array([(0, n) for n in range(1, 30)])
    found = [by_number(do(context(base, edges=edges), [Job(0, "{}", 3)])) for edges in (ring, star, ring.copy())]
    assert found[0] == found[2] != found[1]


@settings(deadline=None, max_examples=300)
@given(st.lists(st.floats(width=64), min_size=1, max_size=40))
@example([1e16, 1.0, -1e16])
@example([1.0, 1e16, 1.0, -1e16])
@example([1.7e308, 1.7e308, -1.0])
@example([-1.7e308, -1.7e308, math.inf])
def test_a_mean_is_that_of_exact_arithmetic(values: list[float]) -> None:
    final, mean = np.empty(1), np.empty(1)
    summary(np.array(values)[:, None], final, mean)
    np.testing.assert_array_equal(final[0], values[-1])
    known = [value for value in values if not math.isnan(value)]
    if any(map(math.isinf, known)) and any(1e300 < abs(value) < math.inf for value in known):
        assert not math.isfinite(mean[0])  # finite values may overflow to the other infinity, which leaves none
        return
    if not known or any(map(math.isinf, known)):
        np.testing.assert_array_equal(
            mean[0], sum(value for value in known if math.isinf(value)) if known else math.nan
        )
        return
    exact, size = (Fraction(sum(map(Fraction, each))) / len(known) for each in (known, map(abs, known)))
    assert abs(Fraction(mean[0]) - exact) <= abs(exact) / 10**15 + size / 10**28 + Fraction(5e-324)


def test_a_zero_and_a_missing_value_have_one_form() -> None:
    final, mean = np.empty(2), np.empty(2)
    summary(np.array([[-0.0, -math.nan]]), final, mean)
    one = np.array([0.0, math.nan]).tobytes()
    assert final.tobytes() == mean.tobytes() == one == observe.canonical(np.array([-0.0, -math.nan])).tobytes()


def test_a_run_that_takes_too_long_is_given_up_alone() -> None:
    slow = {"run.months": 1200, "diffusion.adopters": 200_000}
    jobs = [Job(1, "{}", 0), Job(2, '{"diffusion.adopters": 60}', 0), Job(3, "{}", 1), Job(4, '{"run.months": 3}', 0)]
    started = time.monotonic()
    done = do(context(slow, ("users",), limit=0.5), jobs)
    assert [(each.number, each.error) for each in done.failures] == [
        (number, "RunTimeout: took longer than the time limit of 0.5 s") for number in (1, 3)
    ]
    alone = do(context(slow, ("users",)), jobs[1::2])
    assert by_number(done) == by_number(alone)
    assert time.monotonic() - started < 30


@pytest.mark.parametrize(("base", "settings"), [({}, 1), ({"architecture.links": "random"}, 1), ({}, 100)])
def test_a_block_ends_when_its_time_is_up_and_tells_what_is_done(
    base: dict[str, Any], settings: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(observe, "LONGEST_BLOCK", 0.3)
    slow = {"run.months": 60, "diffusion.adopters": 50_000, **base}
    jobs = [Job(n, json.dumps({"firm.openness": n / 100, "run.months": 60 + n % settings}), n) for n in range(100)]
    done = do(context(slow), jobs)
    count = len(done.outcomes.number)
    assert 1 <= count < 100
    assert done.outcomes.number.tolist() == list(range(count))
    assert not done.failures
    monkeypatch.setattr(observe, "LONGEST_BLOCK", 0.0)
    assert by_number(do(context(slow), jobs[:1])) == {0: by_number(done)[0]}


@pytest.mark.parametrize("shown", [[], 1.0, [[1.0, 2.0]]])
def test_what_is_no_series_of_months_is_a_failure(shown: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.sweep.jobs.quick", lambda *_: {"users": shown})
    task_named.cache_clear()
    base = Parameters().model_dump_json()
    done = do(Context(base, None, ("users",), (), None, "tests.sweep.jobs:quick"), [Job(1, "{}", 0)])
    task_named.cache_clear()
    assert done.failures[0].error.startswith("ValueError: a task shows a value a month for each column")


def test_a_run_that_fails_takes_no_other_along(monkeypatch: pytest.MonkeyPatch) -> None:
    real, failed = Block._call, list[int]()

    def call(self: Block, start: Any, until: int) -> None:
        if until == 5 and 2 not in failed:  # at first, the third run fails
            real(self, start, 2)
            self.gate.at[0] = 2
            failed.append(2)
            raise MemoryError("no room")
        real(self, start, until)

    monkeypatch.setattr(Block, "_call", call)
    jobs = [Job(n, json.dumps({"firm.openness": n / 10}), n) for n in range(5)]
    done = do(context(TINY), jobs)
    assert [(each.number, each.error) for each in done.failures] == [(2, "MemoryError: no room")]
    assert "Traceback" in done.failures[0].details
    monkeypatch.undo()
    assert by_number(done) == by_number(do(context(TINY), [job for job in jobs if job.number != 2]))


def test_points_that_do_not_fit_fail_with_their_words() -> None:
    done = do(context(TINY), [Job(0, '{"architecture.coupling": 9}', 0), Job(1, "{}", 0), Job(2, "{}", -1)])
    assert [each.number for each in done.failures] == [0, 2]
    assert "coupling" in done.failures[0].error
    assert done.outcomes.number.tolist() == [1]
