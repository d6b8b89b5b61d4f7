"""Kills, full disks, damage, second drivers: after each, the very bytes of a sweep that nothing disturbed."""

from __future__ import annotations

import ctypes
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

import experiments
from benchmarks.store import drive
from experiments.errors import RunError
from experiments.sweep import progress
from experiments.sweep.repair import repair
from experiments.sweep.rerun import rerun_all
from experiments.sweep.tasks import MODEL
from tests.cli.test_cli import in_one_process
from tests.sweep.jobs import QUICK, SLOW
from tests.sweep.stores import ask, carry_out, change, driver, exports, grid, in_parts
from tests.sweep.test_store import wait_for

LIBC = ctypes.CDLL(None)
DROP_FROM_BOUNDING_SET, MAY_WRITE_ANYWHERE, MAY_READ_ANYWHERE = 24, 1, 2


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished sweep of 30 runs in several parts, never changed."""
    folder = tmp_path_factory.mktemp("whole")
    in_parts(grid(folder), folder / "s")
    return folder


def check(store: Path, whole: Path) -> None:
    """Hold that a store is sound, and its exports those of the sweep that nothing disturbed."""
    assert ask(store, "PRAGMA integrity_check") == [("ok",)]
    assert ask(store, "SELECT count(*) FROM runs WHERE status != 'done'") == [(0,)]
    assert list(repair(store)) == ["nothing is damaged"]
    assert exports(store) == exports(whole)


def done(store: Path) -> dict[str, float]:
    """Return the runs that the ledger has acknowledged, with the seconds that tell one doing of them from another."""
    if not (store / "ledger.sqlite").exists() or not ask(store, "SELECT 1 FROM sqlite_master WHERE name = 'runs'"):
        return {}
    return dict(ask(store, "SELECT run_id, seconds FROM runs WHERE status = 'done'"))


# Kills.


def test_a_closed_terminal_ends_a_sweep_gently(tmp_path: Path) -> None:
    path, store = grid(tmp_path, replicates=50), tmp_path / "s"
    closed = driver(path, store, "processes", SLOW, batch=2, start_new_session=True, workers=1)
    wait_for(store, 4)
    os.killpg(closed.pid, signal.SIGHUP)
    _, said = closed.communicate(timeout=30)
    assert closed.returncode == 128 + signal.SIGHUP
    assert said.startswith("stopped; ")
    assert said.count("\n") == 1
    assert ask(store, "SELECT outcome FROM sessions") == [("ended",)]


def test_a_pipe_that_breaks_ends_no_sweep(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Broken:
        tried = 0

        def isatty(self) -> bool:
            return False

        def write(self, _: str) -> int:
            self.tried += 1
            raise BrokenPipeError(32, "Broken pipe")

    monkeypatch.setattr(progress, "LINE_SECONDS", 0.0)
    monkeypatch.setattr(sys, "stderr", broken := Broken())
    carry_out(grid(tmp_path), tmp_path / "s", batch=5)
    assert broken.tried > 0
    assert ask(tmp_path / "s", "SELECT count(*) FROM runs WHERE status = 'done'") == [(30,)]


def workers_of(pid: int) -> list[int]:
    """Return the workers below a driver: what was spawned, but for multiprocessing's own helpers."""
    below: list[int] = []
    try:
        for task in Path(f"/proc/{pid}/task").iterdir():
            for child in map(int, (task / "children").read_text().split()):
                if b"spawn_main" in Path(f"/proc/{child}/cmdline").read_bytes():
                    below.append(child)
                below += workers_of(child)
    except OSError:  # it ended meanwhile
        pass
    return below


def strike(running: subprocess.Popen[str], victim: str, luck: random.Random) -> str:
    """Kill a victim with no chance to tidy up, everything if there is no worker yet; return who was hit."""
    if victim == "worker" and (found := workers_of(running.pid)):
        with suppress(ProcessLookupError):
            os.kill(luck.choice(found), signal.SIGKILL)
        return "worker"
    if victim == "driver":
        running.kill()
        return "driver"
    os.killpg(running.pid, signal.SIGKILL)
    return "everything"


def end(running: subprocess.Popen[str], engine: str) -> None:
    """See that a sweep goes on though its worker was killed, and end it; a Dask cluster may not survive its start."""
    running.send_signal(signal.SIGINT)
    _, said = running.communicate(timeout=60)
    *_, last = ["", *said.splitlines()]  # before it a worker may say that it was ended as it started
    gone = engine == "dask" and last.startswith("--engine dask: cannot reach a local cluster: ")
    assert running.returncode == (1 if gone else 130 if last.startswith("stopped; ") else 0), said


@pytest.mark.slow
def test_killed_at_fifty_moments_and_never_harmed(tmp_path: Path) -> None:
    path, store, luck = grid(tmp_path, replicates=500), tmp_path / "s", random.Random(5)
    carry_out(path, tmp_path / "whole")
    engines = ["serial", "threads", "threads"] + ["processes"] * 4 + ["dask"] * bool(find_spec("distributed"))
    known: dict[str, float] = {}
    hit: Counter[str] = Counter()
    for _ in range(50):
        engine = luck.choice(engines)
        alone = engine in ("serial", "threads")
        victim = luck.choice(["driver", "everything"] if alone else ["driver", "worker", "everything"])
        options: dict[str, Any] = {} if engine == "serial" else {"workers": 2}
        struck = driver(path, store, engine, SLOW, batch=luck.choice([1, 3, 9]), start_new_session=True, **options)
        time.sleep(luck.uniform(0.1, 3.0 if engine != "dask" else 6.0))
        who = strike(struck, victim, luck)
        hit[f"{who} of {engine}"] += 1
        if who == "worker":
            time.sleep(luck.uniform(0.0, 1.0))
            end(struck, engine)
        else:
            struck.communicate(timeout=60)
        now = done(store)
        assert known.items() <= now.items()
        assert not now or ask(store, "PRAGMA integrity_check") == [("ok",)]
        known = now
    assert len(known) < 5000
    assert {"driver of threads", "driver of processes", "worker of processes", "everything of processes"} <= set(hit)
    carry_out(path, store)
    assert known.items() <= done(store).items()
    check(store, tmp_path / "whole")
    assert list(rerun_all(store, "serial", task=QUICK))[-1].startswith("all 5000 runs are the same to the byte")


# Two drivers.


def rivals(path: Path, store: Path, count: int) -> None:
    """Start drivers at once, and hold that one works and the others are sent away in a line."""
    started = [driver(path, store, "serial", SLOW, batch=1) for _ in range(count)]
    until = time.monotonic() + 60
    while sum(each.poll() is None for each in started) > 1:
        assert time.monotonic() < until
        time.sleep(0.02)
    (winner,) = [each for each in started if each.poll() is None]
    wait_for(store, 1)
    winner.send_signal(signal.SIGINT)
    assert "stopped; " in winner.communicate(timeout=30)[1]
    for each in started:
        if each is not winner:
            said = each.communicate()[1].splitlines()
            assert each.returncode == 1
            assert len(said) == 1
            assert said[0].endswith(f"process {winner.pid} on {os.uname().nodename} is working on it; wait for it, or "
                                    "use --out")  # fmt: skip


def test_of_drivers_started_at_once_one_works(tmp_path: Path) -> None:
    rivals(grid(tmp_path, replicates=1000), tmp_path / "s", 3)


@pytest.mark.slow
def test_of_drivers_started_at_once_one_works_each_time(tmp_path: Path) -> None:
    path = grid(tmp_path, replicates=1000)
    for trial in range(10):
        rivals(path, tmp_path / f"s{trial}", 4)
    carry_out(path, tmp_path / "s0")
    carry_out(path, tmp_path / "whole")
    check(tmp_path / "s0", tmp_path / "whole")


# Folders that cannot be written.


def _may_not_write_anywhere() -> None:
    for capability in (MAY_WRITE_ANYWHERE, MAY_READ_ANYWHERE):
        LIBC.prctl(DROP_FROM_BOUNDING_SET, capability, 0, 0, 0)


def test_a_read_only_folder_is_read_and_told_of_in_one_line(tmp_path: Path) -> None:
    path, store = grid(tmp_path, replicates=1, levels=2, rivals=(0,), more="months = 2"), tmp_path / "s"
    carry_out(path, store, task=MODEL)
    before = {each: each.read_bytes() for each in store.rglob("*") if each.is_file()}
    folders = [store, store / "parts"]
    for each in folders:
        each.chmod(0o500)
    for each in before:
        each.chmod(0o400)
    try:
        words = (["rerun", str(store), "--all", "--engine", "serial"], ["sweep", str(path), "--out", str(store)],
                 ["repair", str(store)])  # fmt: skip
        again, *others = in_one_process(*words, preexec=_may_not_write_anywhere)
        assert again.returncode == 0, again.stderr
        for told in others:
            assert (told.returncode, told.stdout) == (1, "")
            assert told.stderr.startswith(f"flywheel: {store}: cannot write driver.lock: Permission denied; ")
            assert told.stderr.count("\n") == 1
    finally:
        for each in folders:
            each.chmod(0o700)
    assert {each: each.read_bytes() for each in store.rglob("*") if each.is_file()} == before


# Full disks: real ones, small and in memory, where this user may mount them.


@pytest.fixture
def disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[int], Path]]:
    """Mount a disk of so many kilobytes, or give a mounted one another size; unmounted at the end.

    No sweep is refused beforehand, as where somebody else fills the disk meanwhile.
    """
    monkeypatch.setattr("experiments.sweep.session.check_room", lambda *_: None)
    place = tmp_path / "disk"
    place.mkdir()

    def sized(kilobytes: int) -> Path:
        options = f"{'remount,' if place.is_mount() else ''}size={kilobytes}k"
        words = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(place)]
        if subprocess.run(words, capture_output=True, check=False).returncode:
            pytest.skip("this user may not mount a disk")
        return place

    if shutil.which("mount") is None:
        pytest.skip("there is no mount")
    yield sized
    while place.is_mount():
        subprocess.run(["umount", str(place)], check=True)


@pytest.mark.slow
def test_a_disk_too_small_stops_with_one_line_and_resumes(tmp_path: Path, disk: Callable[[int], Path]) -> None:
    path, luck, said = grid(tmp_path, replicates=20), random.Random(3), list[str]()
    carry_out(path, tmp_path / "whole", batch=7)
    size = sum(each.stat().st_size for each in (tmp_path / "whole").rglob("*") if each.is_file()) // 1024
    for _ in range(60):
        store = disk(luck.randrange(16, 3 * size)) / "s"
        try:
            carry_out(path, store, batch=luck.choice([1, 7, 50]))
            said.append("")
        except RunError as error:
            said.append(str(error))
        disk(10 * size)
        known = done(store)
        carry_out(path, store, batch=9)
        assert known.items() <= done(store).items()
        check(store, tmp_path / "whole")
        shutil.rmtree(store)
    told = [line for line in said if line]
    assert 0 < len(told) < len(said)
    ending = "; what is finished is kept, and the same command resumes"
    assert [line for line in told if "\n" in line or ": cannot write: " not in line or not line.endswith(ending)] == []


@pytest.mark.slow
@pytest.mark.parametrize("engine", ["serial", "processes"])
def test_a_disk_that_fills_at_any_moment(tmp_path: Path, disk: Callable[[int], Path], engine: str) -> None:
    path, luck, stopped = grid(tmp_path, replicates=40), random.Random(4), 0
    carry_out(path, tmp_path / "whole")
    for _ in range(6):
        store = disk(4000) / "s"
        running = driver(path, store, engine, SLOW, batch=luck.choice([1, 5]))
        time.sleep(luck.uniform(0.5, 5.0))
        with (store.parent / "ballast").open("wb", buffering=0) as ballast:
            try:
                while True:
                    ballast.write(bytes(4096))
            except OSError:
                pass
        _, said = running.communicate(timeout=120)
        told = [line for line in said.splitlines() if not line.startswith("flywheel: ")]
        assert (running.returncode, len(told)) in ((0, 0), (1, 1)), said
        stopped += running.returncode
        (store.parent / "ballast").unlink()
        known = done(store)
        carry_out(path, store)
        assert known.items() <= done(store).items()
        check(store, tmp_path / "whole")
        shutil.rmtree(store)
    assert stopped > 0


# Damage to parts, exports and outcomes.


def spoil(path: Path, luck: random.Random) -> None:
    """Flip a bit of a file, cut off its end, empty or remove it."""
    content, kind = bytearray(path.read_bytes()), luck.choice(["flip", "flip", "cut", "empty", "gone"])
    if kind == "gone":
        path.unlink()
        return
    if kind == "flip":
        content[luck.randrange(len(content))] ^= 1 << luck.randrange(8)
    path.write_bytes(content if kind == "flip" else content[: luck.randrange(len(content))] if kind == "cut" else b"")


def damage_and_mend(whole: Path, store: Path, trials: int, luck: random.Random) -> None:
    """Damage parts, exports and outcomes, and hold that they are named and their runs alone done again."""
    for _ in range(trials):
        shutil.rmtree(store, ignore_errors=True)
        shutil.copytree(whole / "s", store)
        parts = dict(ask(store, "SELECT name, id FROM parts"))
        harmed = luck.sample(sorted(parts), luck.choice([0, 1, 1, 2]))
        rows = set(luck.sample(range(1, 31), luck.choice([0, 0, 1, 3])))
        files = luck.sample(["runs.parquet", "series.parquet"], luck.choice([0, 0, 1, 2]))
        for each in [*(store / "parts" / name for name in harmed), *(store / name for name in files)]:
            spoil(each, luck)
        for row in rows:
            column, value = luck.choice([("digest", "'x'"), ("part", "NULL"), ("months", "months + 1")])
            change(store, f"UPDATE runs SET {column} = {value} WHERE id = {row}")
        theirs = ",".join(str(parts[name]) for name in harmed)
        wanted = rows | {run for (run,) in ask(store, f"SELECT id FROM runs WHERE part IN ({theirs})")}
        said = "\n".join(repair(store))
        assert all(f"part parts/{name} is " in said for name in harmed)
        assert {run for (run,) in ask(store, "SELECT id FROM runs WHERE status = 'planned'")} == wanted
        carry_out(whole / "design.toml", store, batch=luck.choice([1, 4, 30]))
        check(store, whole / "s")


def test_damage_is_named_and_its_runs_alone_are_done_again(whole: Path, tmp_path: Path) -> None:
    damage_and_mend(whole, tmp_path / "s", 8, random.Random(7))


@pytest.mark.slow
def test_damage_of_many_kinds_is_mended(whole: Path, tmp_path: Path) -> None:
    damage_and_mend(whole, tmp_path / "s", 200, random.Random(8))
    assert len(experiments.load(tmp_path / "s").runs) == 30


@pytest.mark.slow
def test_the_memory_of_a_driver_stays_flat(tmp_path: Path) -> None:
    small, large = (drive(tmp_path, runs)["peak_kb"] for runs in (1_000, 30_000))
    assert large < small + 32 * 1024
