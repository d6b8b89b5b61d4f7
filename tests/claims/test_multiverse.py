"""The same claim under choices that the source does not make."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from experiments.claims.laboratory import laboratory
from experiments.claims.over import Budget
from experiments.claims.robustness.multiverse import multiverse, read_specifications, specified
from experiments.errors import UsageError
from experiments.sweep.session import Options
from tests.claims.toys import CONFIGS, toy, toy_worlds

_BASE = '[[specification]]\nname = "as it is"\naxis = "base"\nchanges = {}\n'
_OTHER = '[[specification]]\nname = "%s"\naxis = "%s"\nchanges = { %s }\n'


def table(gap: float) -> xr.Dataset:
    """Return outcomes in which ``open`` is ahead of ``slow`` by a gap, in each of 40 worlds."""
    values = 1.0 + np.random.default_rng(2).normal(0.0, 0.05, (3, 40, 20))
    values[0] += gap
    return xr.Dataset(
        {"final.independent_size": (("arm", "world", "seed"), values)}, coords={"arm": ["open", "closed", "slow"]}
    )


def test_a_word_flips_only_to_its_opposite(tmp_path: Path) -> None:
    path = tmp_path / "m.toml"
    path.write_text(_BASE + _OTHER % ("ring", "network", '"diffusion.network" = "ring"')
                    + _OTHER % ("complete", "network", '"diffusion.network" = "complete"'))  # fmt: skip
    given = read_specifications(path)
    tables = dict(zip(("as it is", "ring", "complete"), map(table, (0.3, -0.3, 0.0)), strict=True))
    found = [each for each in specified(toy(tmp_path), given, tables) if each.rung == "effect"]
    assert [(each.word, each.flips) for each in found] == [
        ("holds robustly", False), ("the other way", True), ("nowhere", False)
    ]  # fmt: skip
    assert found[0].strength.median == pytest.approx(6.0, abs=0.5)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (_OTHER % ("ring", "network", '"diffusion.network" = "ring"'), "the first must have none"),
        (_BASE + _BASE, "two have one name"),
        (_BASE + _OTHER % ("x", "network", '"diffusion.network" = "hexagon"'), "must be"),
        (_BASE + 'same_as = "as it was"\n', "no such specification"),
    ],
)
def test_a_faulty_file_is_refused(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "m.toml"
    path.write_text(text)
    with pytest.raises(UsageError, match=said):
        read_specifications(path)


def test_a_real_one_leaves_out_what_arms_set_and_is_the_same_to_itself(tmp_path: Path) -> None:
    assert len(read_specifications(CONFIGS / "multiverse.toml")) > 10
    path = tmp_path / "m.toml"
    path.write_text(_BASE + _OTHER % ("steep", "search", '"search.gamma" = 3.0')
                    + _OTHER % ("again", "base", '"run.order" = "search-first"')
                    + 'same_as = "as it is"\n')  # fmt: skip
    with path.open("a") as file:
        file.write(_OTHER % ("blocks of 3", "links", '"architecture.links" = "blocks", "architecture.coupling" = 2'))
        file.write(_OTHER % ("blocks of 4", "links", '"architecture.links" = "blocks", "architecture.coupling" = 3'))
    claim = toy(tmp_path / "claim")
    with laboratory(tmp_path / "out", Options(engine="serial")) as lab:
        found = multiverse(claim, read_specifications(path), toy_worlds(), lab, Budget("small", 2, 8, 60, 2, 2))
    assert found.left_out == ("steep", "blocks of 4")
    assert [(each.name, each.same) for each in found.checks] == [("again", True)]
    assert len(found.rungs) == 6
