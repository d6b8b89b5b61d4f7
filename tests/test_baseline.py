"""One regression baseline: the classic world of seed 0 is what it was. A change is a decision for the changelog.

Re-made by ``python -m tests.test_baseline`` after such a decision.
"""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from sim.model import InnovationModel
from sim.outcomes import summary
from tests.worlds import classic

BASELINE = Path(__file__).with_name("baseline.json")


def observed() -> dict[str, Any]:
    model = InnovationModel(classic(), rng=0)
    while model.running:
        model.step()
    return {"summary": summary(model), "events": dict(sorted(Counter(event.kind for event in model.events).items()))}


def test_the_classic_world_is_what_it_was() -> None:
    was, now = json.loads(BASELINE.read_text()), observed()
    assert now["events"] == was["events"]
    kept = {name: now["summary"][name] for name in was["summary"]}  # new columns change nothing
    assert kept == pytest.approx(was["summary"], rel=1e-9, nan_ok=True)


if __name__ == "__main__":
    BASELINE.write_text(json.dumps(observed(), indent=1) + "\n")
