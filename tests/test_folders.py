"""Folders of results: filled where they are, never another's, never by default one that holds something else."""

from __future__ import annotations

import json
import os
import pkgutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from experiments.case import case_command
from experiments.claims.laboratory import folder_for
from experiments.cli.app import main
from experiments.config import Config, config_hash
from experiments.errors import UsageError
from experiments.folders import hidden_folder
from experiments.provenance.origin import PROGRAM
from experiments.shipped import shipped
from experiments.store import default_folder, result_folder
from sim.parameters import Parameters

ROOT = Path(__file__).parents[1]
CONFIGS = ROOT / "configs"
SMALL = "[run]\nmonths = 2\n[diffusion]\nadopters = 50\n"


def result(folder: Path, *names: str, content: str = "old", **manifest: Any) -> None:
    """Write a result, with figures below it."""
    for name in ("series.csv", "figures/costs.png", *names):
        (folder / name).parent.mkdir(exist_ok=True, parents=True)
        (folder / name).write_text(content)
    files = ["series.csv", "figures/costs.png", *names]
    known = {"program": PROGRAM, "sha256": dict.fromkeys(files, ""), "content": content, **manifest}
    (folder / "manifest.json").write_text(json.dumps(known))


def contents(folder: Path) -> dict[str, str]:
    return {path.relative_to(folder).as_posix(): path.read_text() for path in folder.rglob("*") if path.is_file()}


def flywheel(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int | str | None:
    """Call the program in this process; return its exit code."""
    monkeypatch.setattr(sys, "argv", ["flywheel", *arguments])
    monkeypatch.setattr(signal, "signal", lambda *_: None)
    monkeypatch.setenv("MPLBACKEND", "agg")
    with pytest.raises(SystemExit) as caught:
        main()
    return caught.value.code or 0


# A place that exists is filled, and stays the folder that it is.


@pytest.mark.parametrize("earlier", [False, True])
def test_a_folder_that_exists_is_filled_and_its_parent_left_alone(tmp_path: Path, earlier: bool) -> None:
    place = tmp_path / "mounted"
    place.mkdir()
    if earlier:
        result(place, "gone.csv")
    inode = place.stat().st_ino
    with result_folder(place) as folder:
        result(folder, content="new")
        assert folder.parent == place
        assert [path.name for path in tmp_path.iterdir()] == ["mounted"]
        assert (place / "series.csv").exists() == earlier
    assert place.stat().st_ino == inode
    assert contents(place).keys() == {"manifest.json", "series.csv", "figures/costs.png"}
    assert {path.name for path in place.iterdir()} == {"manifest.json", "series.csv", "figures"}
    assert (place / "series.csv").read_text() == "new"


@pytest.mark.parametrize("nth", range(5))
def test_a_move_that_fails_leaves_the_earlier_result(tmp_path: Path, nth: int, monkeypatch: pytest.MonkeyPatch) -> None:
    place, rename, replace = tmp_path / "r", Path.rename, Path.replace
    result(place)
    before, left = contents(place), [nth]

    def failing(method: Any) -> Any:
        def move(self: Path, goal: Path) -> Path:
            left[0] -= 1
            if left[0] == -1:
                raise KeyboardInterrupt
            return Path(method(self, goal))

        return move

    monkeypatch.setattr(Path, "rename", failing(rename))
    monkeypatch.setattr(Path, "replace", failing(replace))
    with pytest.raises(KeyboardInterrupt), result_folder(place) as folder:
        result(folder, content="new")
    assert left[0] < 0
    assert contents(place) == before
    assert {path.name for path in place.iterdir()} == {"manifest.json", "series.csv", "figures"}


def test_of_two_at_a_time_the_last_to_end_stays(tmp_path: Path) -> None:
    with result_folder(tmp_path / "r") as last:
        with result_folder(tmp_path / "r") as first:
            result(first, "more.csv", content="first")
        result(last, content="last")
    assert {path.name for path in tmp_path.iterdir()} == {"r"}
    assert {path.name for path in (tmp_path / "r").iterdir()} == {"manifest.json", "series.csv", "figures"}
    assert (tmp_path / "r" / "series.csv").read_text() == "last"


def test_a_working_folder_deleted_meanwhile_costs_no_result(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    with result_folder(tmp_path / "r") as folder:
        result(folder, content="new")
        (tmp_path / "here").rmdir()
    assert (tmp_path / "r" / "series.csv").read_text() == "new"


TWICE = """
import json
from pathlib import Path
from experiments.store import result_folder
for seed in (0, 1):
    with result_folder(Path("out")) as folder:
        known = {"program": "innovation-flywheel", "sha256": {}, "seed": seed}
        (folder / "manifest.json").write_text(json.dumps(known))
"""


def test_a_mount_point_takes_a_result_and_the_next(tmp_path: Path) -> None:
    for name in ("host", "out"):
        (tmp_path / name).mkdir()
    (tmp_path / "twice.py").write_text(TWICE)
    mounted = "mount --bind host out || exit 77"
    try:
        done = subprocess.run(
            ["unshare", "--mount", "sh", "-c", f"{mounted}; {sys.executable} twice.py"], cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, text=True, timeout=120, check=False,
        )  # fmt: skip
    except FileNotFoundError:
        pytest.skip("no unshare here")
    if done.returncode == 77 or "unshare" in done.stderr:
        pytest.skip("nothing can be mounted here")
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads((tmp_path / "host" / "manifest.json").read_text())["seed"] == 1


# Hidden folders.


def _killed(within: Path) -> Path:
    """Let a process make a hidden folder and be killed in it."""
    program = (
        "import os, sys\nfrom pathlib import Path\nfrom experiments.folders import hidden_folder\n"
        "with hidden_folder(Path(sys.argv[1])) as folder:\n"
        "    (folder / 'half.csv').write_text('')\n    os.kill(os.getpid(), 9)\n"
    )
    before = set(within.iterdir())
    subprocess.run([sys.executable, "-c", program, str(within)], env={**os.environ, "PYTHONPATH": str(ROOT)})
    (left,) = set(within.iterdir()) - before
    return left


def test_strays_are_removed_and_folders_in_use_and_of_others_are_not(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / ".flywheel-notes").mkdir()
    (tmp_path / f".flywheel-{'0' * 16}").symlink_to(tmp_path / "mine")
    stray = _killed(tmp_path)
    with hidden_folder(tmp_path) as first, hidden_folder(tmp_path) as second:
        assert not stray.exists()
        assert len({first.name, second.name}) == 2
        assert first.is_dir()
    assert {path.name for path in tmp_path.iterdir()} == {"mine", ".flywheel-notes", f".flywheel-{'0' * 16}"}


@pytest.mark.parametrize("struck", ["pathlib.Path.mkdir", "fcntl.flock"])
def test_an_interrupt_while_a_hidden_folder_is_made_leaves_none(
    struck: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = pkgutil.resolve_name(struck)

    def interrupted(*given: Any, **named: Any) -> None:
        done(*given, **named)
        raise KeyboardInterrupt

    monkeypatch.setattr(struck, interrupted)
    with pytest.raises(KeyboardInterrupt), hidden_folder(tmp_path):
        pass
    assert not list(tmp_path.iterdir())


def test_what_a_killed_run_left_hinders_no_other(tmp_path: Path) -> None:
    place = tmp_path / "r"
    place.mkdir()
    stray = _killed(place)  # killed while it moved its files: some are in their place already
    (place / "new.csv").write_text("")
    (stray / "manifest.json").write_text(json.dumps({"program": PROGRAM, "sha256": {"new.csv": ""}}))
    with result_folder(place) as folder:
        result(folder)
    assert {path.name for path in place.iterdir()} == {"manifest.json", "series.csv", "figures"}


# What is not theirs.


@pytest.mark.parametrize(
    "arguments",
    [
        ["propositions", "P3", "--out", "it"], ["policy", "H1", "--out", "it"],
        ["propositions", "P3", "--plan", "--out", "it"],
        ["verify", "--quick", "--out", "it"], ["verify", "--quick", "--inference", "--out", "it"],
        ["case", "--seeds", "1", "--out", "it"], ["run", str(CONFIGS / "case.toml"), "--out", "it"],
    ],
)  # fmt: skip
@pytest.mark.parametrize("what", ["sweep", "thesis", "file", "verdicts"])
def test_no_command_writes_into_what_is_not_its_own(
    arguments: list[str], what: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    place = tmp_path / "it"
    if what == "file":
        place.write_text("mine")
    elif what == "thesis":
        (place / "figures").mkdir(parents=True)
        (place / "figures" / "P3.png").write_text("mine")
        (place / "report.md").write_text("mine")
    elif what == "sweep":
        result(place, "ledger.sqlite", "runs.parquet", kind="sweep")
    else:
        result(place, "verdicts.json", kind="verdicts")
        (place / "verdicts.json").write_text('{"kind": "others", "claims": []}')
    before = contents(tmp_path) if place.is_dir() else place.read_text()
    monkeypatch.chdir(tmp_path)
    assert flywheel(monkeypatch, *arguments) == 2
    err = capsys.readouterr().err
    assert err.startswith("flywheel: it: ")
    assert err.endswith(" with --out\n") or err.endswith("use --out\n")
    assert err.count("\n") == 1
    assert (contents(tmp_path) if place.is_dir() else place.read_text()) == before


def test_a_run_and_a_case_do_not_take_each_others_place(tmp_path: Path) -> None:
    result(tmp_path / "a", kind="run")
    with pytest.raises(UsageError, match="holds results of another kind \\(run\\)"):
        case_command(None, 1, tmp_path / "a")
    with result_folder(tmp_path / "a") as folder:
        result(folder, kind="run")


# Where results go if not told.


@pytest.mark.parametrize("seed", [0, "0-4"])
def test_a_default_folder_hides_no_other_result(
    seed: int | str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    one, other = Config(Parameters()), Config(Parameters().replace({"firm.openness": 0.0}))
    plain, apart = Path("runs", "it"), Path("runs", f"it-{config_hash(other)[:8]}")
    assert default_folder("it", one, seed, changed=False) == plain
    assert default_folder("it", other, seed, changed=True) == apart
    result(plain, config_hash=config_hash(one), seed=seed)
    assert default_folder("it", one, seed, changed=False) == plain  # the same command again
    assert default_folder("it", other, seed, changed=False) == apart  # the file was edited, or is another of that name
    assert default_folder("it", other, 7, changed=False) == apart


@pytest.mark.usefixtures("compiled")
def test_options_that_change_the_config_change_the_default_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "small.toml").write_text(SMALL)
    every = (
        [],
        ["--months", "3"],
        ["--set", "firm.openness=0"],
        ["--set", "firm.openness=0"],
        ["--set", "run.months=3"],
    )
    for changes in every:
        assert flywheel(monkeypatch, "run", "small.toml", "--no-figures", *changes) == 0
    (tmp_path / "small.toml").write_text(SMALL.replace("2", "4"))
    assert flywheel(monkeypatch, "run", "small.toml", "--no-figures") == 0
    folders = {path.name: json.loads((path / "manifest.json").read_text()) for path in (tmp_path / "runs").iterdir()}
    assert len(folders) == 4
    assert all(name in ("small-0", f"small-0-{told['config_hash'][:8]}") for name, told in folders.items())
    assert sorted(told["months"] for told in folders.values()) == [2, 2, 3, 4]


def test_claims_of_ones_own_get_a_folder_of_their_own(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name / "propositions").mkdir(parents=True)
    folders = [
        shipped("configs/propositions"), tmp_path / "one" / "propositions", tmp_path / "two" / "propositions"
    ]  # fmt: skip
    places = [folder_for("propositions", folder, ()) for folder in folders]
    assert places[0] == Path("runs", "propositions")
    assert len(set(places)) == 3
    assert all(place.name.startswith("propositions") for place in places)


# Files given to the wrong command.


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["run", "designs/grid.toml"], "is a design, not a config; run it with 'flywheel sweep designs/grid.toml'"),
        (
            ["case", "designs/morris.toml"],
            "is a design, not a config; run it with 'flywheel sweep designs/morris.toml'",
        ),
        (["run", "propositions/P3.toml"], "is a claim, not a config; judge it with 'flywheel propositions P3'"),
        (["run", "policies/H1.toml"], "is a claim, not a config; judge it with 'flywheel policy H1'"),
        (["sweep", "policies/H1.toml"], "is a claim, not a design; judge it with 'flywheel policy H1'"),
        (["sweep", "baseline.toml"], "is a config, not a design; run it with 'flywheel run baseline.toml'"),
        (["sweep", "worlds/closed.toml"], "is a config, not a design; run it with 'flywheel run worlds/closed.toml'"),
        (["run", "multiverse.toml"], "is a multiverse, not a config; 'flywheel propositions --multiverse' reads it"),
        (["policy", "policies/H1.toml"], "is the file of a claim, not its name; judge it with 'flywheel policy H1'"),
    ],
)
def test_a_file_for_another_command_names_that_command(
    arguments: list[str], told: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(CONFIGS)
    assert flywheel(monkeypatch, *arguments) == 2
    assert capsys.readouterr() == ("", f"flywheel: {arguments[1]}: {told}\n")


def test_a_claim_of_ones_own_is_judged_in_its_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "X1.toml").write_text('id = "X1"\nstatement = "Cost falls."\n')
    from experiments.kinds import refuse_other

    with pytest.raises(UsageError, match="judge it with 'flywheel propositions X1 --claims \\.'"):
        refuse_other(Path("X1.toml"), "config")
