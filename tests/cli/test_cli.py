"""The command line as a process: what it prints, writes and returns, and what it never leaves behind."""

from __future__ import annotations

import csv
import hashlib
import json
import os
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from experiments.cli.app import main
from experiments.config import Config, config_hash
from experiments.errors import RunError, UsageError
from experiments.store import result_folder, simulate
from sim.parameters import Parameters

ROOT = Path(__file__).parents[2]
BASELINE = str(ROOT / "configs" / "baseline.toml")
pytestmark = pytest.mark.usefixtures("compiled")


def environment(**extra: str) -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(ROOT), **extra}


def flywheel(*arguments: str, cwd: Path = ROOT, preexec: Any = None, **env: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "experiments", *arguments], capture_output=True, text=True, cwd=cwd,
        env=environment(**env), preexec_fn=preexec, timeout=60, check=False,
    )  # fmt: skip


ONE_BY_ONE = """
import contextlib, io, json, sys
from experiments.cli.app import main
ends = []
for words in json.loads(sys.argv[1]):
    sys.argv[1:], out, err, code = words, io.StringIO(), io.StringIO(), 0
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            main()
    except SystemExit as end:
        code = end.code or 0
    ends.append((code, out.getvalue(), err.getvalue()))
print(json.dumps(ends))
"""


def in_one_process(*commands: list[str], preexec: Any = None, **env: str) -> list[subprocess.CompletedProcess[str]]:
    """Call the program once for each command, in one process that loads it once."""
    done = subprocess.run(
        [sys.executable, "-c", ONE_BY_ONE, json.dumps(commands)], capture_output=True, text=True, cwd=ROOT,
        env=environment(**env), preexec_fn=preexec, timeout=60, check=True,
    )  # fmt: skip
    ends = json.loads(done.stdout)
    return [subprocess.CompletedProcess(words, *end) for words, end in zip(commands, ends, strict=True)]


def test_help_is_quick_and_heavy_libraries_stay_out() -> None:
    program = (
        "import sys\nfrom experiments.cli.app import app\n"
        "for words in ([], ['run'], ['params']): app([*words, '--help'], standalone_mode=False)\n"
        "print('loaded', *sorted({'mesa', 'numpy', 'matplotlib', 'pandas', 'sim'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, env=environment()
    )
    assert done.stdout.rstrip().endswith("loaded")
    assert "--seed" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["run"], "flywheel: Missing argument 'CONFIG'"),
        (["run", BASELINE, "--sed", "1"], "flywheel: No such option: --sed"),
        (["run", BASELINE, "--seed", "-1"], "flywheel: --seed: must be a whole number from 0 to "),
        (["run", BASELINE, "--months", "x"], "flywheel: --months: must be a whole number (see --help)"),
        (["run", "none.toml"], "flywheel: none.toml: no such file"),
        (["run", BASELINE, "--set", "firm.opennes=1"], "flywheel: --set: firm.opennes: no such key; did you mean"),
        (["run", BASELINE, "--out", "."], "flywheel: .: is the working folder or one above it"),
        (["run", BASELINE, "--seed", "1.5"], "flywheel: --seed: must be a whole number (see --help)"),
        (["compare", BASELINE, BASELINE, "--seeds", "1"], "flywheel: --seeds: must be 2 or more (see --help)"),
        (["page", "--port", "99999"], "flywheel: --port: must be 65535 or less (see --help)"),
        (["run", BASELINE, "--months", "0"], "flywheel: --months: run.months: must be a whole number from 1 to 1200"),
        (["sweep", "x.toml", "--workers", "0"], "flywheel: --workers: must be 1 or more (see --help)"),
        (["sweep", "x.toml", "--time-limit", "soon"], "flywheel: --time-limit: must be a number (see --help)"),
        (
            ["sweep", "x.toml", "--engine", "gpu"],
            "flywheel: --engine: must be one of auto, serial, threads, processes, dask, mpi, not",
        ),
        (
            ["sweep", "x.toml", "--engine", "gpu", "--dry-run"],
            "flywheel: --engine: must be one of auto, serial, threads, ",
        ),
        (
            ["propositions", "--engine", "gpu"],
            "flywheel: --engine: must be one of auto, serial, threads, processes, dask, mpi, not",
        ),
        (["params", "polcy"], "flywheel: params: no such section: 'polcy'; did you mean policy?"),
        (["params", "--schema", "--toml"], "flywheel: --schema: describes the whole file; leave out --toml"),
    ],
)
def test_misuse_is_one_line_and_exit_code_2(
    arguments: list[str],
    message: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["flywheel", *arguments])
    monkeypatch.setattr(signal, "signal", lambda *_: None)
    with pytest.raises(SystemExit) as caught:
        main()
    assert caught.value.code == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith(message)
    assert err.count("\n") == 1
    assert not list(tmp_path.iterdir())


def test_params_fits_a_pipe_and_cuts_no_word() -> None:
    whole, found, nothing = in_one_process(
        ["params"], ["params", "--search", "distance"], ["params", "--search", "zzz"], COLUMNS="80"
    )
    for done, said in ((whole, "flywheel params --search WORD"), (found, "1/design distance")):
        assert max(map(len, done.stdout.splitlines())) <= 80
        assert said in " ".join(done.stdout.split())
        assert done.returncode == 0
    assert nothing.stderr.startswith("flywheel: --search: no parameter has 'zzz'")
    wide = flywheel("params", "flywheel", COLUMNS="160").stdout
    assert all(word in wide for word in ("elasticity", "ε", "0 to 2", "D66"))


def test_params_section_and_small_alphabets() -> None:
    done = flywheel("params", "search", PYTHONIOENCODING="ascii")
    assert (done.returncode, done.stderr) == (0, "")
    assert "gamma  ?" in done.stdout


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One run from a folder of its own, into the default place."""
    folder = tmp_path_factory.mktemp("one")
    (folder / "edges.csv").write_text("0,1\n1,2\n")
    (folder / "small.toml").write_text(f"extends = '{BASELINE}'\n[run]\nmonths = 6\n")
    done = flywheel("run", "small.toml", "--no-figures", cwd=folder, PYTHONHASHSEED="1")
    assert (done.returncode, done.stderr) == (0, "")
    assert "month 6" in done.stdout
    assert "runs/small-0" in done.stdout
    return folder / "runs" / "small-0"


def test_result_is_complete_and_documented(result: Path) -> None:
    manifest = json.loads((result / "manifest.json").read_text())
    files = {path.name for path in result.iterdir()}
    assert files == {"manifest.json", *manifest["sha256"]}
    assert files >= {"config.toml", "series.csv", "series_dictionary.csv", "events.csv", "summary.json"}
    for name, digest in manifest["sha256"].items():
        assert hashlib.sha256((result / name).read_bytes()).hexdigest() == digest
    assert manifest["command"] == "flywheel run small.toml --no-figures"
    assert (manifest["seed"], manifest["months"]) == (0, 6)
    assert manifest["config_hash"] == config_hash(Config(Parameters().replace({"run.months": 6})))
    with (result / "series.csv").open(encoding="utf-8") as file:
        header, *rows = csv.reader(file)
    assert [row[header.index("month")] for row in rows] == ["1", "2", "3", "4", "5", "6"]
    with (result / "series_dictionary.csv").open(encoding="utf-8") as file:
        described = list(csv.DictReader(file))
    assert [line["column"] for line in described] == header
    assert all(line["unit"] and line["description"] for line in described)
    summary = json.loads((result / "summary.json").read_text())
    assert repr(summary["unit_cost"]) == rows[-1][header.index("unit_cost")]
    assert not list(result.parent.glob(".*"))


def test_same_bytes_from_the_stored_config_elsewhere(result: Path, tmp_path: Path) -> None:
    (tmp_path / "again").mkdir()
    done = flywheel(
        "run", str(result / "config.toml"), "--no-figures", "--seed", "0", "--out", "../other", cwd=tmp_path / "again",
        PYTHONHASHSEED="2",
    )  # fmt: skip
    assert done.returncode == 0
    for name in ("series.csv", "events.csv", "config.toml", "summary.json"):
        assert (tmp_path / "other" / name).read_bytes() == (result / name).read_bytes()


def _tiny_files() -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))


def test_full_disk_leaves_nothing_and_keeps_the_earlier_result(tmp_path: Path) -> None:
    target = tmp_path / "result"
    target.mkdir()
    (target / "manifest.json").write_text('{"program": "innovation-flywheel", "sha256": {"old.csv": ""}}')
    (target / "old.csv").write_text("old")
    done = flywheel("run", BASELINE, "--no-figures", "--out", str(target), preexec=_tiny_files)
    assert done.returncode == 1
    assert done.stderr == f"flywheel: {target}: cannot write the result: File too large; nothing was kept\n"
    assert {path.name for path in tmp_path.iterdir()} == {"result"}
    assert (target / "old.csv").read_text() == "old"


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)])
def test_interrupted_run_leaves_nothing(tmp_path: Path, number: int, code: int) -> None:
    running = subprocess.Popen(
        [sys.executable, "-m", "experiments", "run", BASELINE, "--months", "1200", "--no-figures", "--out", "r",
         "--set", "diffusion.adopters=100000"],
        cwd=tmp_path, env=environment(), stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    while not list(tmp_path.iterdir()) and running.poll() is None:
        time.sleep(0.01)
    running.send_signal(number)
    _, said = running.communicate(timeout=60)
    # An interrupt that struck inside an import may make CPython end itself by the signal: 130 to a shell all the same.
    assert running.returncode == code or (number == signal.SIGINT and running.returncode == -number)
    assert said.strip() == ("flywheel: interrupted; nothing new was kept" if code == 130 else "")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_an_end_that_strikes_inside_a_destructor_is_not_lost(number: int, code: int) -> None:
    program = f"""
import os, time
from experiments.cli import app as cli

class Struck:
    def __del__(self):
        os.kill(os.getpid(), {int(number)})
        sum(range(1000))

def app(**_):
    Struck()
    time.sleep(30)

cli.app = app
cli.main()
"""
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, cwd=ROOT, env=environment(), capture_output=True, text=True, timeout=25, check=False)
    assert done.returncode == code
    assert "Exception ignored" not in done.stderr


def test_closed_pipe_and_full_device_end_quietly() -> None:
    for target, said in (("| true", ""), ("> /dev/full", "flywheel: output: No space left on device\n")):
        command = f"{sys.executable} -m experiments params {target}; exit ${{PIPESTATUS[0]}}"
        done = subprocess.run(
            ["bash", "-c", command], cwd=ROOT, env=environment(), capture_output=True, text=True, check=False
        )
        assert (done.returncode, done.stderr) == (1, said)


def test_faults_of_a_config_each_have_a_line(tmp_path: Path) -> None:
    (tmp_path / "bad.toml").write_text("[frim]\nopenness = 1\n[run]\nmonths = 0\n")
    done = flywheel("run", "bad.toml", cwd=tmp_path)
    assert done.returncode == 2
    assert sorted(done.stderr.splitlines()) == [
        "flywheel: bad.toml: frim: no such section; did you mean firm?",
        "flywheel: bad.toml: run.months: must be a whole number from 1 to 1200 (month), not 0",
    ]


def test_values_that_do_not_go_together(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise ValueError("network: too small")

    monkeypatch.setattr("sim.model.InnovationModel", refuse)
    with pytest.raises(UsageError, match="network: too small"):
        simulate(Config(Parameters()), 0)


@pytest.mark.parametrize(
    ("blocks", "core", "what"),
    [("", "month.advance", "the model"), ("blocks=True", "block._run", "the model for many seeds")],
)
def test_a_first_compilation_is_announced_once(tmp_path: Path, blocks: str, core: str, what: str) -> None:
    program = (
        "from experiments.messages.compiling import announce\nfrom sim import block, month\n"
        f"announce({blocks})\n{core}._cache._cache_file._save_index({{'a signature': 'a file'}})\nannounce({blocks})"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True,
        env=environment(NUMBA_CACHE_DIR=str(tmp_path)),
    )  # fmt: skip
    assert done.stderr == f"flywheel: compiling {what}, once on this machine: some 25 seconds\n"


# The result folder, without a process.


def test_result_folder_appears_whole_and_replaces_an_earlier_result(tmp_path: Path) -> None:
    for content in ("first", "second"):
        with result_folder(tmp_path / "r") as folder:
            (folder / "series.csv").write_text(content)
            (folder / "manifest.json").write_text('{"program": "innovation-flywheel", "sha256": {"series.csv": ""}}')
            assert folder.parent == (tmp_path if content == "first" else tmp_path / "r")
            assert (tmp_path / "r").exists() == (content == "second")
        assert (tmp_path / "r" / "series.csv").read_text() == content
    assert [path.name for path in tmp_path.iterdir()] == ["r"]


def test_failure_inside_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(RunError), result_folder(tmp_path / "r") as folder:  # noqa: PT012
        (folder / "series.csv").write_text("half")
        (folder / "none.csv").read_text()
    assert not list(tmp_path.iterdir())


def test_unwritable_place(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(RunError, match="cannot write the result: Not a directory; nothing was kept"):
        _enter(tmp_path / "file" / "r")


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({"thesis.docx": "x"}, "is not empty and holds no earlier result"),
        ({"manifest.json": "{}", "app.js": ""}, "is not empty and holds no earlier result"),
        ({"manifest.json": "not JSON"}, "is not empty and holds no earlier result"),
        (
            {"manifest.json": '{"program": "innovation-flywheel", "sha256": {}}', "figures/mine.png": "x"},
            "also holds 'figures/mine.png', which is no part of a result",
        ),
    ],
)
def test_never_replaces_what_is_not_ours(tmp_path: Path, files: dict[str, str], message: str) -> None:
    for name, content in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(content)
    with pytest.raises(UsageError, match=message):
        _enter(tmp_path)
    assert all((tmp_path / name).read_text() == content for name, content in files.items())


def test_target_is_a_file(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match="is a file; name a folder with --out"):
        _enter(tmp_path / "file")


def _enter(target: Path) -> None:
    with result_folder(target):
        pytest.fail("entered")
