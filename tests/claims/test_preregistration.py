"""What was frozen before the first run, and what changed since."""

from __future__ import annotations

import importlib
import json
from pathlib import Path

import pytest

from experiments.claims.claim import Claim
from experiments.claims.estimands import ESTIMANDS
from experiments.claims.laboratory import SEEDS
from experiments.claims.over import BUDGETS
from experiments.claims.preregistration import FILE, preregister, record_of, status_of
from experiments.errors import UsageError
from tests.claims.toys import toy, toy_worlds

QUICK = BUDGETS["quick"]


@pytest.fixture
def claim(tmp_path: Path) -> Claim:
    return toy(tmp_path)


def test_nothing_changed_confirms_and_any_change_explores(claim: Claim, monkeypatch: pytest.MonkeyPatch) -> None:
    worlds = toy_worlds()
    assert status_of(claim, worlds, QUICK) == (False, "the claims were not preregistered")
    path = preregister(claim.path.parent, [claim], [worlds])
    assert status_of(claim, worlds, QUICK).confirmatory
    assert "worlds not among" in status_of(claim, toy_worlds(3), QUICK).because
    assert "the budget changed" in status_of(claim, worlds, QUICK._replace(seeds=41)).because
    other = toy(path.parent, "closed")
    assert not status_of(other, worlds, QUICK).confirmatory
    assert "the claim changed since" in status_of(other, worlds, QUICK).because
    monkeypatch.setitem(SEEDS, "main", 22)
    assert "the seeds changed" in status_of(claim, worlds, QUICK).because


def test_what_code_leads_to_verdicts_is_frozen_and_comments_are_not(
    claim: Claim, monkeypatch: pytest.MonkeyPatch
) -> None:
    preregister(claim.path.parent, [claim], [toy_worlds()])
    own = Path.read_text

    def read(path: Path, *args: str, **names: str) -> str:
        source = own(path, *args, **names)
        return source.replace("_LEAST_SEEDS = 3", changed) if path.name == "judging.py" else source

    monkeypatch.setattr(Path, "read_text", read)
    changed = "_LEAST_SEEDS = 3  # another word"
    assert status_of(claim, toy_worlds(), QUICK).confirmatory
    changed = "_LEAST_SEEDS = 4"
    assert "the analysis changed" in status_of(claim, toy_worlds(), QUICK).because


def test_only_the_kinds_that_a_claim_asks_for_are_frozen_with_it(claim: Claim, monkeypatch: pytest.MonkeyPatch) -> None:
    preregister(claim.path.parent, [claim], [toy_worlds()])
    own, changed = Path.read_text, [""]

    def read(path: Path, *args: str, **names: str) -> str:
        return own(path, *args, **names) + ("\nMORE = 1\nprint(MORE)\n" if path.name == changed[0] else "")

    monkeypatch.setattr(Path, "read_text", read)
    for changed[0] in ("elasticity.py", "shapley.py", "__init__.py"):
        assert status_of(claim, toy_worlds(), QUICK).confirmatory
    for changed[0] in ("difference.py", "base.py", "judging.py", "holm.py", "over.py"):
        assert "the analysis changed" in status_of(claim, toy_worlds(), QUICK).because


def test_no_kind_takes_from_another_what_would_not_be_frozen() -> None:
    kinds = {type(estimand).__module__ for estimand in ESTIMANDS.values()}
    for module in kinds:
        source = Path(importlib.import_module(module).__file__ or "").read_text("utf-8")
        assert not [other for other in kinds - {module} if other in source]


def test_a_record_of_old_is_read_and_kept(claim: Claim) -> None:
    path = preregister(claim.path.parent, [claim], [toy_worlds()])
    old = json.loads(path.read_bytes())
    del old["seen"]
    path.write_text(json.dumps({**old, "analysis": "0123456789abcdef"}))
    assert "the analysis changed" in status_of(claim, toy_worlds(), QUICK).because
    preregister(path.parent, [claim], [toy_worlds()])
    found = record_of(path.parent)
    assert found is not None
    assert found.before[0].analysis == "0123456789abcdef"
    assert status_of(claim, toy_worlds(), QUICK).confirmatory


def test_what_was_seen_before_is_in_the_record_and_stays(claim: Claim) -> None:
    folder, worlds = claim.path.parent, toy_worlds()
    assert record_of(folder) is None
    preregister(folder, [claim], [worlds], "A quick run on other seeds.")
    preregister(folder, [toy(folder, "closed")], [worlds])
    found = record_of(folder)
    assert found is not None
    assert (found.seen, len(found.before)) == ("A quick run on other seeds.", 1)


def test_earlier_records_are_kept_and_an_equal_one_is_not_written_again(claim: Claim) -> None:
    folder, worlds = claim.path.parent, toy_worlds()
    first = preregister(folder, [claim], [worlds]).read_bytes()
    assert preregister(folder, [claim], [worlds]).read_bytes() == first
    other = toy(folder, "closed")
    record = json.loads(preregister(folder, [other], [worlds]).read_bytes())
    assert [each["claims"] for each in record["before"]] == [{"T1": claim.hash}]
    assert "replaced 1 earlier" in status_of(other, worlds, QUICK).because


@pytest.mark.parametrize("content", [b"", b"[]", b'{"date": "x"}', b"\xff"])
def test_what_is_no_preregistration_is_left_and_named(claim: Claim, content: bytes) -> None:
    path = claim.path.parent / FILE
    path.write_bytes(content)
    for ask in (
        lambda: status_of(claim, toy_worlds(), QUICK),
        lambda: preregister(path.parent, [claim], [toy_worlds()]),
    ):
        with pytest.raises(UsageError, match="is no preregistration"):
            ask()
    assert path.read_bytes() == content
