"""The runs behind an answer, done again."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from experiments.claims.answers import judge
from experiments.claims.laboratory import laboratory
from experiments.claims.lineage import Given, lineage
from experiments.claims.over import BUDGETS, Budget
from experiments.claims.phase import phase
from experiments.claims.results import record_of
from experiments.claims.robustness.audit import controls, null_world
from experiments.errors import RunError, UsageError
from experiments.sweep.session import Options
from tests.claims.toys import toy, toy_worlds

OPTIONS = Options(engine="serial")


def test_runs_done_again_are_the_same_unless_what_they_follow_from_is_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    budget = Budget("small", 2, 8, 60, 2, 2)
    monkeypatch.setitem(BUDGETS, "small", budget)
    claim, worlds = toy(tmp_path), toy_worlds()
    with laboratory(tmp_path / "out", OPTIONS) as lab:
        (answer,) = judge([claim], worlds, lab, budget, 1)
        null_world(claim, worlds, lab, budget)
        controls(answer, lab, budget)
        phase(claim, worlds, lab, budget)
        record = record_of("propositions", "small", [answer], lab)
    given = Given([claim], worlds, [], [])

    lines = list(lineage(record, "T1-phase.png", given, OPTIONS, False, lambda _: None))
    assert [line for line in lines if line.startswith("T1")] == [
        f"T1 {name}: {runs} runs"
        for name, runs in (("main", 48), ("null", 48), ("control-1", 48), ("phase", 128))
    ]  # fmt: skip
    assert sum("the same to the byte" in line for line in lines) == 4

    (told,) = record.claims
    other = told.stores[1].model_copy(update={"sha256": "0" * 64})
    changed = told.model_copy(update={"stores": (told.stores[0], other)})
    with pytest.raises(RunError, match="T1: null: not what"):
        list(lineage(record.model_copy(update={"claims": (changed,)}), "T1", given, OPTIONS, True, lambda _: None))
    for bad in (replace(given, claims=[toy(tmp_path, "closed")]), replace(given, worlds=toy_worlds(3))):
        with pytest.raises(UsageError, match="not what"):
            list(lineage(record, "T1", bad, OPTIONS, False, lambda _: None))
    with pytest.raises(UsageError, match="T2: no such answer"):
        list(lineage(record, "T2", given, OPTIONS, False, lambda _: None))
