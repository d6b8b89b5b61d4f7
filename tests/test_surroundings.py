"""Where the program finds itself: closed streams, a notebook's settings, names that are no text, no working folder."""

from __future__ import annotations

import errno
import json
import os
import re
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from experiments.cli.app import main
from experiments.config import load
from experiments.errors import RunError
from experiments.messages.names import command_line, shown
from experiments.store import result_folder

ROOT = Path(__file__).parents[1]
SMALL = "[run]\nmonths = 12\n[diffusion]\nadopters = 200\n"
DESIGN = """
base = "small.toml"
[design]
kind = "grid"
levels = 2
replicates = 3
[[factor]]
key = "flywheel.elasticity"
range = [0.1, 0.3]
[outcomes]
final = ["unit_cost"]
series = ["unit_cost"]
"""
COMMANDS = (
    ["run", "small.toml"], ["sweep", "tiny.toml"], ["case", "--seeds", "1"], ["verify", "--quick", "--out", "v"],
    ["analyse", "store"], ["status", "store"], ["propositions", "P3"],
)  # fmt: skip
pytestmark = pytest.mark.usefixtures("compiled")


@pytest.fixture
def here(tmp_path: Path) -> Path:
    """A folder with a small config and a small design."""
    (tmp_path / "small.toml").write_text(SMALL)
    (tmp_path / "tiny.toml").write_text(DESIGN)
    return tmp_path


def bash(command: str | bytes, folder: Path, **env: str) -> subprocess.CompletedProcess[bytes]:
    """Run a line in which flywheel is the program."""
    given = command if isinstance(command, bytes) else command.encode()
    program = f'flywheel() {{ "{sys.executable}" -m experiments "$@"; }}\nset -o pipefail\n'.encode()
    return subprocess.run(
        ["bash", "-c", program + given], cwd=folder, env={**os.environ, "PYTHONPATH": str(ROOT), **env},
        capture_output=True, timeout=120, check=False,
    )  # fmt: skip


@pytest.mark.parametrize(("streams", "code"), [(">&- 2>&- <&-", 0), ("2>&1 | true", 0), (">/dev/full", 1)])
def test_a_result_is_kept_whatever_becomes_of_the_streams(here: Path, streams: str, code: int) -> None:
    done = bash(f"flywheel run small.toml --out a --no-figures {streams}", here)
    assert done.returncode == code
    assert (here / "a" / "manifest.json").is_file()
    assert done.stderr.decode() == ("flywheel: output: No space left on device\n" if code else "")


@pytest.mark.parametrize("streams", [">&- 2>&- <&-", "2>/dev/full"])
def test_a_sweep_and_its_workers_need_no_streams(here: Path, streams: str) -> None:
    done = bash(f"flywheel sweep tiny.toml --out c --workers 2 {streams}", here)
    assert done.returncode == 0
    assert json.loads((here / "c" / "manifest.json").read_text())["runs"] == {"planned": 0, "done": 6, "failed": 0}


def test_figures_need_nobodys_settings(here: Path) -> None:
    (here / "matplotlibrc").write_text("backend: nonsense\nfont.size: 40\n")
    notebook = "module://matplotlib_inline.backend_inline"
    done = bash("flywheel run small.toml --out a", here, MPLBACKEND=notebook, MPLCONFIGDIR="/dev/null/none")
    assert (done.returncode, done.stderr) == (0, b"")
    assert (here / "a" / "figures" / "costs.png").is_file()


# Names that are no text.


@pytest.fixture
def odd(here: Path) -> Path:
    """A folder below whose name is no UTF-8, with the same files."""
    folder = here / os.fsdecode(b"d\xf6")
    try:
        folder.mkdir()
    except OSError:
        pytest.skip("this file system takes text only")
    for name in ("small.toml", "tiny.toml"):
        (folder / os.fsdecode(b"\xf6" + name.encode())).write_text((here / name).read_text().replace('"s', '"../s'))
    return folder


@pytest.mark.parametrize("name", [b"gr\xf6.toml", b"it's \xff\\x", "grün".encode(), b"a\nb\x1b[1m", b"plain-1"])
def test_a_shell_reads_a_shown_name_back(name: bytes, tmp_path: Path) -> None:
    text = command_line(["printf", "%s", os.fsdecode(name)])
    assert text.isprintable()
    assert bash(text, tmp_path).stdout == name
    assert shown(os.fsdecode(name)).isprintable()


def test_a_run_of_files_whose_names_are_no_text(here: Path, odd: Path) -> None:
    done = bash(b"flywheel run d\xf6/\xf6small.toml --no-figures", here)
    assert (done.returncode, done.stderr) == (0, b"")
    place = here / "runs" / os.fsdecode(b"\xf6small-0")
    assert r"Result in $'runs/\xf6small-0'/" in done.stdout.decode()
    assert json.loads((place / "manifest.json").read_bytes())["command"] == (
        r"flywheel run $'d\xf6/\xf6small.toml' --no-figures"
    )
    assert odd.is_dir()


def test_a_sweep_of_files_whose_names_are_no_text(here: Path, odd: Path) -> None:
    done = bash(b"flywheel sweep d\xf6/\xf6tiny.toml --engine serial --out s\xf6 && flywheel analyse s\xf6", here)
    assert done.returncode == 0, done.stderr
    store = here / os.fsdecode(b"s\xf6")
    with closing(sqlite3.connect(store / "ledger.sqlite")) as ledger:
        ((command,),) = ledger.execute("SELECT command FROM sessions")
    assert command.startswith(r"flywheel sweep $'d\xf6/\xf6tiny.toml'")
    assert r"s\xf6" in (store / "analysis" / "report.html").read_text(encoding="utf-8")
    assert odd.is_dir()


def test_an_edge_list_in_a_folder_whose_name_is_no_text(odd: Path) -> None:
    (odd / "edges.csv").write_text("0,1\n1,2\n")
    (odd / "a.toml").write_text('[diffusion]\nnetwork = "edges"\nedges = "edges.csv"\n')
    config = load(odd / "a.toml")
    assert config.edges is not None
    assert config.parameters.diffusion.edges == "edges.csv"


# Whose fault it is.


@pytest.mark.parametrize("arguments", COMMANDS)
def test_a_working_folder_that_is_gone_is_named(
    arguments: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "gone").mkdir()
    monkeypatch.chdir(tmp_path / "gone")
    (tmp_path / "gone").rmdir()
    monkeypatch.setattr(sys, "argv", ["flywheel", *arguments])
    monkeypatch.setattr(signal, "signal", lambda *_: None)
    monkeypatch.setenv("MPLBACKEND", "agg")
    with pytest.raises(SystemExit) as caught:
        main()
    assert caught.value.code == 1
    assert capsys.readouterr().err == (
        "flywheel: the working folder cannot be found: No such file or directory; it may have been deleted: go to "
        "another with cd\n"
    )


def _full(path: str | None) -> Callable[[], None]:
    def fail() -> None:
        raise OSError(errno.ENOSPC, "No space left on device", path)

    return fail


@pytest.mark.parametrize(
    ("path", "told"),
    [
        (None, "{a}: no result, as a file elsewhere failed: No space left on device; nothing was kept"),
        ("/cache/month.nbi", "/cache/month.nbi: No space left on device; nothing was kept"),
        ("{a}/series.csv", "{a}: cannot write the result: No space left on device; nothing was kept"),
    ],
)
def test_a_full_disk_is_not_blamed_on_another_folder(tmp_path: Path, path: str | None, told: str) -> None:
    target = tmp_path / "a"
    fail = _full(None if path is None else path.format(a=target))
    with pytest.raises(RunError, match=f"^{re.escape(told.format(a=target))}$"), result_folder(target):
        fail()
    assert not list(tmp_path.iterdir())
