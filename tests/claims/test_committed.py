"""The committed answers are of the commit's own model, claims and worlds, and were preregistered."""

from __future__ import annotations

from pathlib import Path

import pytest

from experiments.claims.claim import read_claims
from experiments.claims.over import budget_named, worlds_over
from experiments.claims.preregistration import status_of
from experiments.claims.results import read_record

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("kind", ["propositions", "policies"])
def test_committed_answers_confirm_what_was_preregistered(kind: str) -> None:
    record = read_record(ROOT / "results" / kind)
    worlds = worlds_over(record.worlds.over, record.worlds.count, ROOT / "results" / "fit")
    claims = read_claims(ROOT / "configs" / kind)
    assert [claim.id for claim in claims] == [each.id for each in record.claims]
    for claim, answered in zip(claims, record.claims, strict=True):
        status = status_of(claim, worlds, budget_named(record.budget))
        assert status.confirmatory, f"{claim.id}: {status.because}"
        assert answered.hash == claim.hash
