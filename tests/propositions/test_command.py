"""The command as a process: it ends with verdicts on a terminal of 80 columns, and a report."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from experiments.propositions.results import read_json

pytestmark = pytest.mark.usefixtures("compiled")
CLAIM = """
id = "P1"
title = "Trials lower cost"
statement = "A firm that makes trials ends with a lower unit cost."
words = "Trials help."
mechanism = "A trial that is cheaper is kept."
base = "{base}"
months = 6
world = {{ "diffusion.adopters" = 50 }}
[arms]
trials = {{}}
none = {{ "search.enabled" = false }}
[[effect]]
name = "unit cost"
kind = "difference"
measure = "final.unit_cost"
arms = ["trials", "none"]
scales = ["log"]
sign = "-"
sesoi = 0.05
[[boundary]]
name = "no money"
changes = {{ "firm.endowment" = 0.0, "firm.grant" = 0.0, "demand.funding" = false }}
[null]
changes = {{ "search.enabled" = false }}
why = "Nobody tries."
[[region]]
key = "search.gamma"
range = [0.5, 2.0]
scale = "log"
[[region]]
key = "firm.capacity"
range = [10.0, 1000.0]
scale = "log"
"""


def test_a_claim_is_judged_told_and_reported(tmp_path):
    (tmp_path / "claims").mkdir()
    base = os.path.relpath("configs/baseline.toml", tmp_path / "claims")
    (tmp_path / "claims" / "P1.toml").write_text(CLAIM.format(base=base))
    out = tmp_path / "out"
    command = [sys.executable, "-m", "experiments", "propositions", "--claims", str(tmp_path / "claims")]
    done = subprocess.run(
        [*command, "--out", str(out), "--engine", "serial"], capture_output=True, text=True, timeout=300,
        env={**os.environ, "COLUMNS": "80"}, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    (result,) = read_json(out / "verdicts.json")["claims"]
    table, _, told = done.stdout.rstrip().rpartition("\n")
    assert all(len(line) <= 80 for line in table.split("\n"))
    assert f"P1      {result['verdict']}" in table
    assert told.startswith("report: ")
    assert told.endswith("report.html")
    assert f"**{result['verdict']}**" in (out / "report.md").read_text()
    assert result["channels"]["reference"] == "none"
    assert (out / "figures" / "P1.png").stat().st_size > 0
