"""A claim whose truth is known, judged once for the tests of a file."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from experiments.propositions import laboratory
from experiments.propositions.pipeline import decide
from tests.propositions.toys import CLAIM, TINY, claim, opened

MORE_CELLS = """
[[boundary]]
name = "other reliance"
changes = { "firm.self_reliance" = 0.2 }

[[boundary]]
name = "some accepted"
changes = { "firm.accept" = 0.35 }

[[boundary]]
name = "luck rules"
changes = { "firm.innovation" = 0.0 }

[null]"""


@pytest.fixture(scope="module")
def judged(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A claim with a planted effect, judged; its laboratory is still open."""
    folder = tmp_path_factory.mktemp("judged")
    checked = claim(folder, CLAIM.replace("\n[null]", MORE_CELLS))
    with opened(folder) as lab:
        yield checked, decide(checked, lab, TINY), lab


@pytest.fixture(scope="module", autouse=True)
def known_seeds() -> Iterator[None]:
    """Give toys seeds of their own, so that what the tests know of their luck outlasts new seeds for the claims."""
    numbers = {"main": 0, "cell": 0, "audit": 0, "multiverse": 0, "region": 1, "search": 2, "confirm": 3, "pilot": 4}
    assert numbers.keys() == laboratory.SEEDS.keys()
    with pytest.MonkeyPatch.context() as changed:
        changed.setattr(laboratory, "SEEDS", numbers)
        yield
