"""The fit of the invented case is a template: copied as docs/fit.md says, it is the same fit, and runs."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from experiments.fit.command import fit_command
from experiments.fit.config import read_fit
from experiments.fit.worlds import load_worlds
from experiments.sweep.session import Options
from tests.fit.toys import ROOT

SHIPPED = ROOT / "configs" / "fit" / "example.toml"


def copied(folder: Path) -> Path:
    """Copy the template as a theorist does, and make its worlds few."""
    shutil.copytree(ROOT / "experiments" / "data" / "example", folder / "my-case")
    config = (ROOT / "configs" / "example_case.toml").read_text(encoding="utf-8")
    (folder / "my.toml").write_text(config.replace('extends = "baseline.toml"\n', ""), encoding="utf-8")
    text = SHIPPED.read_text(encoding="utf-8")
    for old, new in (("../example_case.toml", "my.toml"), ('case = "example"', 'case = "my-case"'),
                     ("worlds = 32", "worlds = 2"), ("seeds = 20", "seeds = 2")):  # fmt: skip
        assert old in text
        text = text.replace(old, new)
    (folder / "my-fit.toml").write_text(text, encoding="utf-8")
    return folder / "my-fit.toml"


@pytest.mark.usefixtures("compiled")
def test_a_copy_of_the_template_is_the_same_fit_and_runs(tmp_path: Path) -> None:
    fit, shipped = read_fit(path := copied(tmp_path)), read_fit(SHIPPED)
    assert replace(fit, settings=shipped.settings).address() == shipped.address()  # but for the number of worlds
    assert fit.case.last_month <= (fit.settings.months or 0)
    assert fit_command(path, 64, Options("threads", 2), tmp_path / "tables", tmp_path / "result") == 0
    assert len(load_worlds(tmp_path / "result")) == 2
