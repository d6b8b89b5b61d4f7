"""Which engine is chosen where the reader names none."""

from __future__ import annotations

from pathlib import Path

import pytest

from experiments.sweep.choice import choose
from tests.sweep.jobs import QUICK
from tests.sweep.stores import read

DESIGN = """
base = "base.toml"
[design]
kind = "latin-hypercube"
points = 5000
[[factor]]
key = "flywheel.elasticity"
range = [0.1, 0.5]
[[factor]]
key = "{key}"
{values}
"""


@pytest.mark.parametrize(
    ("key", "values", "runs", "chosen"),
    [
        ("firm.openness", "range = [0, 1]", 5000, "threads, because all points share their setting"),
        ("rival.count", "values = [0, 3]", 5000, "threads, because all points share their setting"),
        ("reuse.lines", "values = [1, 2, 3]", 5000, "threads, because points share 3 settings"),
        ("reuse.lines", "range = [2, 5]", 5000, "threads, because points share 4 settings"),
        ("run.months", "range = [12, 240]", 5000, "processes, because points differ in more than numbers and switches"),
        ("run.months", "range = [12, 240]", 900, "threads, because there are few runs"),
        ("flywheel.topology", "", 5000, "processes, because each run draws a design of its own"),
        ("flywheel.topology", 'values = ["links"]', 5000, "threads, because all points share their setting"),
    ],
)
def test_the_fastest_engine_is_chosen_and_why_is_said(
    tmp_path: Path, key: str, values: str, runs: int, chosen: str
) -> None:
    design = read(tmp_path, DESIGN.format(key=key, values=values))
    engine, line = choose("auto", design, runs, workers=2)
    assert line == f"engine: 2 {chosen}"
    assert engine == chosen.partition(",")[0]


def test_what_is_named_is_taken_and_tasks_in_python_go_to_processes(tmp_path: Path) -> None:
    design = read(tmp_path, DESIGN.format(key="firm.openness", values="range = [0, 1]"))
    assert choose("serial", design, 5000) == ("serial", "")
    assert choose("auto", design, 5, 1, QUICK) == ("processes", "engine: 1 process, because the task is Python's")
