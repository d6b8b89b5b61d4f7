"""What a store touches: its own names in its own folder, never through a link; who may only read leaves nothing."""

from __future__ import annotations

import os
import shutil
import sqlite3
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import experiments
from experiments.errors import FlywheelError, RunError, UsageError
from experiments.sweep.ledger import Ledger
from experiments.sweep.repair import repair
from experiments.sweep.status import status
from tests.sweep.stores import ask, carry_out, change, grid

LEDGER, LOCK = "ledger.sqlite", "driver.lock"
NOBODY, OWNER = 65534, 1001


def again(store: Path) -> list[str]:
    return carry_out(store.parent / "design.toml", store)


def more(store: Path) -> list[str]:
    return carry_out(grid(store.parent, replicates=4), store)


def content(folder: Path) -> dict[str, bytes | None]:
    """Return all that is in a folder."""
    found = sorted(folder.rglob("*"))
    return {str(path.relative_to(folder)): path.read_bytes() if path.is_file() else None for path in found}


# Deletes.


@pytest.mark.parametrize("name", ["../../victim.txt", "/{victim}", "../victim.txt", "..", "", "notes.txt"])
@pytest.mark.parametrize("sha256", ["x", None])
def test_a_row_that_names_a_file_outside_deletes_nothing(store: Path, name: str, sha256: str | None) -> None:
    victims = [store.parent.parent / "victim.txt", store.parent / "victim.txt", store / "victim.txt"]
    victims += [store / "parts" / "notes.txt"]
    for victim in victims:
        victim.write_text("mine")
    named, sha256 = name.format(victim=victims[0]), "sha256" if sha256 is None else repr(sha256)
    change(store, f"UPDATE parts SET name = '{named}', sha256 = {sha256} WHERE id = 1")
    change(store, "DELETE FROM meta WHERE key = 'exported'")
    with pytest.raises(RunError, match=r"no part of a sweep; 'flywheel repair"):
        _ = experiments.load(store).series
    assert "is no part of a sweep: 4 runs planned again" in next(repair(store))
    again(store)
    assert all(victim.read_text() == "mine" for victim in victims)
    assert list(repair(store)) == ["nothing is damaged"]


def test_a_folder_of_parts_that_is_a_link_is_refused_and_what_it_leads_to_stays(whole: Path, tmp_path: Path) -> None:
    scratch = tmp_path / "scratch"
    shutil.copytree(whole / "s" / "parts", scratch)
    before = content(scratch)
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        (tmp_path / name / LOCK).touch()
        (tmp_path / name / "parts").symlink_to(scratch)
        with pytest.raises(UsageError, match=r"is a link, and the sweep keeps a folder of its own there"):
            carry_out(grid(tmp_path), tmp_path / name)
    assert content(scratch) == before


def test_a_store_whose_parts_were_moved_behind_a_link_is_read_and_not_written(store: Path) -> None:
    scratch = store.parent / "scratch"
    (store / "parts").rename(scratch)
    (store / "parts").symlink_to(scratch)
    (store / "series.parquet").unlink()
    before = content(scratch)
    assert len(experiments.load(store).series) == 90
    for call in (more, again, lambda store: list(repair(store))):
        with pytest.raises(UsageError, match=r"parts: is a link, and the sweep keeps a folder of its own there"):
            call(store)
    assert content(scratch) == before


@pytest.mark.parametrize(
    "name",
    [LOCK, LEDGER, "runs.parquet", "series.parquet", "design.toml", "config.toml", "manifest.json", "progress.json"],
)
@pytest.mark.parametrize("dangling", [False, True])
def test_nothing_is_written_through_a_link(store: Path, name: str, dangling: bool) -> None:
    victim = store.parent / "victim"
    if not dangling:
        victim.write_bytes((store / name).read_bytes())
    before = None if dangling else victim.read_bytes()
    (store / name).unlink()
    (store / name).symlink_to(victim)
    for call in (more, lambda store: list(repair(store))):
        with pytest.raises(UsageError, match=r"is a link|holds no sweep|is missing"):
            call(store)
    assert (victim.read_bytes() if victim.exists() else None) == before


@pytest.mark.parametrize("make", [Path.mkdir, os.mkfifo])
@pytest.mark.parametrize("name", [LOCK, "runs.parquet", "design.toml", "manifest.json"])
def test_what_is_in_the_way_is_named_before_any_run(store: Path, name: str, make: Callable[[Path], Any]) -> None:
    (store / name).unlink()
    make(store / name)
    with pytest.raises(UsageError, match=rf"{name}: is a .*, and the sweep keeps a file of its own there; move"):
        more(store)
    assert ask(store, "SELECT count(*) FROM runs") == [(30,)]


@pytest.mark.parametrize("kind", ["text", "second name"])
def test_a_lock_that_no_driver_wrote_is_left_alone(store: Path, kind: str) -> None:
    (store / LOCK).unlink()
    victim = store.parent / "victim"
    victim.write_text("mine" if kind == "text" else "")
    (victim.rename if kind == "text" else lambda place: os.link(victim, place))(store / LOCK)
    with pytest.raises(UsageError, match=r"driver\.lock: is not what a sweep wrote; move it away"):
        again(store)
    assert (store / LOCK).read_text() == ("mine" if kind == "text" else "")


def test_what_is_not_ours_stays_and_is_no_hindrance(store: Path) -> None:
    mine = [store / name for name in ("parts/notes.txt", "parts/old.arrow", "notes.tmp", ".mine.tmp", ".x.1.tmp")]
    for path in mine:
        path.write_text("mine")
    folders = [store / name for name in ("parts/old", "parts/.x.tmp", "old", "parts/" + "0a" * 10 + ".arrow")]
    for path in folders:
        path.mkdir()
    again(store)
    assert list(repair(store)) == ["nothing is damaged"]
    more(store)
    assert all(path.read_text() == "mine" for path in mine)
    assert all(path.is_dir() for path in folders)
    assert len(experiments.load(store).runs) == 40


@pytest.mark.parametrize("kind", ["missing", "empty"])
def test_results_without_their_ledger_are_not_started_over(store: Path, kind: str) -> None:
    (store / LEDGER).write_bytes(b"") if kind == "empty" else (store / LEDGER).unlink()
    before = content(store)
    for call in (
        again, more, lambda store: list(repair(store)), lambda store: list(status(store)), experiments.load
    ):  # fmt: skip
        with pytest.raises(UsageError, match=rf"{LEDGER} is {kind}, though results are there \(runs.*parts/\)"):
            call(store)
    assert {name: text for name, text in content(store).items() if name != LOCK} == {
        name: text for name, text in before.items() if name != LOCK
    }


def test_parts_of_another_ledger_are_not_taken_for_strays(store: Path) -> None:
    before = {path.name for path in (store / "parts").iterdir()}
    change(store, *(f"DELETE FROM {table}" for table in ("runs", "slots", "parts")))
    assert "parts/ holds 8 parts that no run of the ledger is in: left alone, nothing reads them" in again(store)
    assert before <= {path.name for path in (store / "parts").iterdir()}


# Readers.


def as_user(number: int, doing: Callable[[Path], str], store: Path) -> str:
    """Return what a user without rights of root comes to."""
    reading, writing = os.pipe()
    if (child := os.fork()) == 0:
        try:
            os.setgroups([])
            os.setresgid(number, number, number)
            os.setresuid(number, number, number)
            os.write(writing, doing(store).encode())
        finally:
            os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as said:
        found = said.read()
    os.waitpid(child, 0)
    return found


def as_nobody(store: Path) -> str:
    """Return what a user who owns nothing reads of a store: lines of its status and runs, or the failure told."""
    return as_user(NOBODY, read, store)


def read(store: Path) -> str:
    try:
        return f"{len(list(status(store)))} {len(experiments.load(store).runs)}"
    except FlywheelError as error:
        return str(error)


def given_away(folder: Path, mode: int) -> None:
    """Give a store to a user of its own, in folders that all may look into."""
    for path in (folder, *folder.rglob("*")):
        os.chown(path, OWNER, OWNER)
    folder.chmod(mode)
    for parent in folder.parents:
        if not parent.stat().st_mode & stat.S_IXOTH:
            parent.chmod(parent.stat().st_mode | stat.S_IXOTH)


@pytest.fixture
def opened_up(whole: Path, store: Path) -> Path:
    """A store of another user, in a folder that all can write."""
    if os.geteuid() != 0:
        pytest.skip("only root can be two users")
    assert read(whole / "s")  # what is imported for it is imported now: the other user need not be able to
    given_away(store, 0o777)
    return store


@pytest.mark.parametrize("mode", [0o777, 0o755, 0o555])
def test_a_second_user_reads_and_leaves_nothing(opened_up: Path, mode: int) -> None:
    opened_up.chmod(mode)
    before = content(opened_up)
    assert as_nobody(opened_up) == "5 30"
    assert content(opened_up) == before


def test_a_second_user_reads_what_a_driver_writes(opened_up: Path) -> None:
    """A connection that is open stands for the driver: its log and index are there, and hold what the file lacks."""
    writer = sqlite3.connect(opened_up / LEDGER, isolation_level=None)
    try:
        writer.execute("PRAGMA journal_mode = WAL")
        writer.execute("DELETE FROM meta WHERE key = 'exported'")
        before = set(content(opened_up))
        assert f"{LEDGER}-wal" in before
        assert as_nobody(opened_up) == "5 30"
        assert set(content(opened_up)) == before
        writer.execute("INSERT INTO meta VALUES ('more', '1')")
    finally:
        writer.close()


def test_a_killed_drivers_log_is_read_or_refused_in_one_line(opened_up: Path) -> None:
    writer = sqlite3.connect(opened_up / LEDGER, isolation_level=None)
    writer.execute("PRAGMA journal_mode = WAL")
    writer.execute("DELETE FROM meta WHERE key = 'exported'")
    left = {end: (opened_up / f"{LEDGER}{end}").read_bytes() for end in ("-wal", "-shm")}
    writer.close()
    for end, kept in left.items():
        (opened_up / f"{LEDGER}{end}").write_bytes(kept)
        os.chown(opened_up / f"{LEDGER}{end}", OWNER, OWNER)
    before = set(content(opened_up))
    assert as_nobody(opened_up) == "5 30"
    (opened_up / f"{LEDGER}-shm").unlink()
    said = f"{opened_up}: its driver was killed; its owner's 'flywheel status' makes it readable"
    assert as_nobody(opened_up) == said
    assert set(content(opened_up)) == before - {f"{LEDGER}-shm"}


def test_what_a_second_user_left_earlier_keeps_nobody_out(opened_up: Path) -> None:
    """An empty log and an index, of another user, which the owner of the ledger cannot write."""
    for end in ("-wal", "-shm"):
        (opened_up / f"{LEDGER}{end}").touch()
        os.chown(opened_up / f"{LEDGER}{end}", NOBODY, NOBODY)
        (opened_up / f"{LEDGER}{end}").chmod(0o644)
    design = grid(opened_up.parent, replicates=4)

    def extended(store: Path) -> str:
        try:
            carry_out(design, store)
        except FlywheelError as error:
            return str(error)
        return read(store)

    assert as_user(OWNER, extended, opened_up) == "5 40"


def test_a_ledger_with_a_second_name_is_not_written(store: Path) -> None:
    os.link(store / LEDGER, store.parent / "copy")
    with pytest.raises(UsageError, match=r"has a second name elsewhere"):
        more(store)


def test_a_ledger_written_to_while_it_was_read_as_it_stands_says_so(
    store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "access", lambda *_: False)
    ledger = Ledger.read(store)
    ledger.counts()
    change(store, "INSERT INTO meta VALUES ('x', '1')")
    with pytest.raises(RunError, match=r"was written to while it was read; read it again"):
        ledger.__exit__(None, None, None)
