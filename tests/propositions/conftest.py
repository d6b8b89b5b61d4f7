"""A claim whose truth is known, judged once for the tests of a file."""

from __future__ import annotations

from typing import Any

import pytest

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
