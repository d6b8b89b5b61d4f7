"""What was frozen before the first run, and what changed since."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from experiments.claims.budget import BUDGETS
from experiments.claims.claim import Claim
from experiments.claims.laboratory import SEEDS
from experiments.claims.preregistration import FILE, preregister, status_of
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
