"""A fit that is killed at any moment goes on by the same command, and ends with the bytes of one that was not."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from experiments.fit.command import fit_command
from experiments.sweep.session import Options
from tests.cli.test_cli import environment
from tests.fit.toys import small_fit

_PATIENCE = 60.0  # seconds in which a moment comes
Moment = Callable[[Path], bool]


def _begun(sweep: str, part: str) -> Moment:
    """In the middle of a sweep: something of it is there, and its export is not."""
    return lambda tables: any((tables / sweep).glob(part)) and not (tables / sweep / "runs.parquet").exists()


def _drawing(tables: Path) -> bool:
    return any(tables.glob(".flywheel-*/*.png")) and not (tables / "result").exists()


MOMENTS: dict[str, Moment] = {
    "the table": _begun("table", "parts/*.arrow"),
    "the worlds": _begun("worlds", "ledger.sqlite"),
    "without a mechanism": _begun("off-trials", "parts/*.arrow"),
    "drawing": _drawing,
}


def start(config: Path, tables: Path) -> subprocess.Popen[bytes]:
    """Start the fit as a process group of its own."""
    words = ["fit", str(config), "--engine", "processes", "--workers", "2", "--table", str(tables)]
    return subprocess.Popen([sys.executable, "-m", "experiments", *words], env=environment(), stdout=subprocess.DEVNULL,
                            stderr=subprocess.DEVNULL, start_new_session=True)  # fmt: skip


def kill_at(moment: Moment, config: Path, tables: Path) -> None:
    """Start or go on with a fit, and kill it with all its workers once a moment has come."""
    running = start(config, tables)
    end = time.monotonic() + _PATIENCE
    while not moment(tables):
        assert running.poll() is None, "it ended before the moment came"
        assert time.monotonic() < end
        time.sleep(0.002)
    os.killpg(running.pid, signal.SIGKILL)
    assert running.wait() == -signal.SIGKILL


@pytest.mark.slow
@pytest.mark.usefixtures("compiled")
def test_a_fit_that_was_killed_again_and_again_ends_with_the_same_bytes(tmp_path: Path) -> None:
    config = small_fit(tmp_path, runs=6000, off_runs=6000)
    fit_command(config, None, Options("serial"), tmp_path / "unkilled", None)
    killed = tmp_path / "killed"
    for moment in MOMENTS.values():
        kill_at(moment, config, killed)
    assert start(config, killed).wait() == 0
    expected, found = ({path.name: path.read_bytes() for path in (folder / "result").iterdir()}
                       for folder in (tmp_path / "unkilled", killed))  # fmt: skip
    manifests = [json.loads(files.pop("manifest.json")) for files in (expected, found)]
    assert [name for name in expected if expected[name] != found.get(name)] == []
    assert found.keys() == expected.keys()
    for key in ("model", "config_hash", "seed", "sha256"):
        assert manifests[0][key] == manifests[1][key]
    assert not list(killed.glob(".flywheel-*"))
