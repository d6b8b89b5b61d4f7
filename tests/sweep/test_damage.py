"""Damage to the ledger: it ends in one line or in the very same exports, and no more is done again than need be."""

from __future__ import annotations

import random
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

import experiments
from experiments.errors import FlywheelError, RunError, UsageError
from experiments.sweep.export import export
from experiments.sweep.ledger import FILE, Ledger
from experiments.sweep.places import ASIDE
from experiments.sweep.repair import repair
from experiments.sweep.rerun import rerun
from experiments.sweep.status import status
from tests.sweep.jobs import QUICK
from tests.sweep.stores import ask, carry_out, change, exports, grid


def again(store: Path) -> list[str]:
    return carry_out(store.parent / "design.toml", store)


@pytest.mark.parametrize(
    ("harm", "said"),
    [
        ("UPDATE runs SET seed = seed + 1 WHERE id IN (4, 9)", "the plan in ledger.sqlite is damaged: 2 runs"),
        ("UPDATE runs SET run_id = 'x' WHERE id = 4", "the plan in ledger.sqlite is damaged: 1 run"),
        ("UPDATE points SET changes = replace(changes, '0.1', '0.3') WHERE id = 1",
         "the plan in ledger.sqlite is damaged: 3 runs"),
        ("UPDATE points SET changes = '{' WHERE id = 2", "the plan in ledger.sqlite is damaged: 3 runs"),
        ("UPDATE points SET address = 'x' WHERE id = 2", "the plan in ledger.sqlite is damaged: 3 runs"),
        ("UPDATE runs SET status = 'dome' WHERE id = 4", "outcomes are not as they were kept: 1 run"),
        ("UPDATE runs SET part = NULL WHERE id = 4", "outcomes are not as they were kept: 1 run"),
        ("UPDATE runs SET part = 99 WHERE id = 4", "outcomes are not as they were kept: 1 run"),
        ("UPDATE runs SET part = 1 + (part = 1) WHERE id = 4", "outcomes are not as they were kept: 1 run"),
        ("UPDATE runs SET digest = 'x' WHERE id = 4", "outcomes are not as they were kept: 1 run"),
        ("UPDATE runs SET months = 4 WHERE id = 1", "outcomes are not as they were kept: 1 run"),
    ],
)  # fmt: skip
def test_rows_that_changed_are_found_and_they_alone_done_again(store: Path, harm: str, said: str) -> None:
    before, times = exports(store), dict(ask(store, "SELECT run_id, seconds FROM runs"))
    change(store, harm)
    first = next(repair(store))
    assert first == f"{said} planned again"
    again(store)
    assert ask(store, "SELECT count(*) FROM slots JOIN runs ON runs.id = run WHERE status = 'done'") == [(30,)]
    assert exports(store) == before
    assert list(repair(store)) == ["nothing is damaged"]
    kept = [run for run, seconds in ask(store, "SELECT run_id, seconds FROM runs") if times.get(run) == seconds]
    assert len(kept) >= 24


def test_a_damaged_index_is_made_again(store: Path) -> None:
    before = exports(store)
    change(store, "PRAGMA writable_schema = ON", "UPDATE sqlite_master SET sql = 'CREATE INDEX runs_that_failed ON runs "
           "(months)' WHERE name = 'runs_that_failed'")  # fmt: skip
    assert next(repair(store)) == "indices of ledger.sqlite were damaged: made again"
    again(store)
    assert exports(store) == before


@pytest.mark.parametrize(
    ("harm", "what", "fault"),
    [
        ("UPDATE revisions SET design = replace(design, 'grid', 'list')", "design", "the design is not as it was kept"),
        ("UPDATE revisions SET design = CAST(x'ff' AS TEXT)", "design", "Could not decode to UTF-8"),
        ("DELETE FROM meta WHERE key = 'design'", "design", "the design is not as it was kept"),
        ("UPDATE bases SET parameters = replace(parameters, '60', '61')", "base config", ""),
        ("DELETE FROM bases", "base config", ""),
        ("DELETE FROM meta WHERE key LIKE 'columns of %'", "list of outcomes", ""),
        (
            "UPDATE meta SET value = replace(value, 'users', 'usert') WHERE key LIKE 'columns of %'",
            "list of outcomes",
            "",
        ),
        ("DELETE FROM design_rows WHERE row = 3", "list of its rows", ""),
        ("UPDATE design_rows SET number = 4 WHERE row = 3", "list of its rows", ""),
    ],
)
def test_what_the_design_says_is_put_back_by_the_sweeps_command(
    store: Path, harm: str, what: str, fault: str
) -> None:  # fmt: skip
    before, times = exports(store), dict(ask(store, "SELECT run_id, seconds FROM runs"))
    change(store, harm)
    if fault:
        with pytest.raises(
            RunError, match=rf"{FILE} is damaged \({fault}.*\); .* move the folder aside and start"
        ) as told:
            list(status(store))
        assert len(told.value.lines) == 1
    said = f"the {what} in {FILE} is damaged: the sweep's command writes it again; then repair once more"
    assert list(repair(store))[-1] == said
    again(store)
    assert exports(store) == before
    assert dict(ask(store, "SELECT run_id, seconds FROM runs")) == times
    assert list(repair(store)) == ["nothing is damaged"]


@pytest.mark.parametrize("note", ["exported", "stopped", "written"])
@pytest.mark.parametrize("text", ["'{'", "CAST(x'ff' AS TEXT)"])
def test_a_note_that_cannot_be_read_is_given_up(store: Path, note: str, text: str) -> None:
    before = exports(store)
    change(store, f"INSERT OR REPLACE INTO meta VALUES ('{note}', {text})")
    assert list(repair(store)) == [
        f"note '{note}' in {FILE} cannot be read: given up", "the sweep's command does the rest"
    ]  # fmt: skip
    again(store)
    assert exports(store) == before
    assert list(repair(store)) == ["nothing is damaged"]


@pytest.mark.parametrize(
    ("harm", "runs"),
    [
        ("UPDATE runs SET run_id = CAST(x'ff41' AS TEXT) WHERE id = 4", 1),
        ("UPDATE runs SET seed = x'00' WHERE id = 4", 1),
        ("UPDATE runs SET model = 'other' WHERE id = 4", 1),
        ("UPDATE runs SET model = x'ff' WHERE id = 4", 1),
        ("UPDATE runs SET error = CAST(x'ff' AS TEXT), status = 'failed' WHERE id = 4", 1),
        ("UPDATE runs SET status = CAST(x'ff' AS TEXT) WHERE id = 4", 1),
        ("UPDATE points SET base = 'x' WHERE id = 2", 3),
        ("UPDATE points SET changes = CAST(x'ff' AS TEXT) WHERE id = 2", 3),
        ("DELETE FROM points WHERE id = 2", 0),
        ("UPDATE runs SET point = 'x' WHERE id = 4", 0),
        ("UPDATE runs SET point = 9223372036854775807 WHERE id = 4", 0),
        ("DELETE FROM runs WHERE id = 4", 1),
        ("DELETE FROM slots WHERE run = 4", 0),
        ("UPDATE slots SET run = 3 WHERE run = 4", 0),
        ("DELETE FROM design_points WHERE number = 3", 0),
        ("UPDATE parts SET columns = '[' WHERE id = 1", 4),
        ("UPDATE sessions SET command = CAST(x'ff' AS TEXT)", 0),
        ("UPDATE revisions SET source = CAST(x'ff' AS TEXT)", 0),
    ],
)
def test_one_unreadable_row_costs_its_runs_alone(store: Path, harm: str, runs: int) -> None:
    before, times = exports(store), dict(ask(store, "SELECT run_id, seconds FROM runs"))
    change(store, harm)
    assert list(repair(store))[-1] != "nothing is damaged"
    again(store)
    assert exports(store) == before
    now = dict(ask(store, "SELECT run_id, seconds FROM runs"))
    assert len([run for run, seconds in times.items() if now[run] == seconds]) >= 30 - runs
    assert list(repair(store)) == ["nothing is damaged"]


def pages(path: Path, table: str) -> list[int]:
    """Return the pages of a table that hold rows, by reading the file as SQLite lays it out."""
    with closing(sqlite3.connect(path)) as connection:
        (root,) = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = ?", (table,)).fetchone()
        (size,) = connection.execute("PRAGMA page_size").fetchone()
    content, found, left = path.read_bytes(), [], [root]
    while left:
        page = content[(at := (left.pop() - 1) * size) : at + size]
        if page[0] == 13:  # a leaf
            found.append(at)
        else:
            cells = [int.from_bytes(page[12 + 2 * n : 14 + 2 * n]) for n in range(int.from_bytes(page[3:5]))]
            left += [int.from_bytes(page[cell : cell + 4]) for cell in cells] + [int.from_bytes(page[8:12])]
    return found


@pytest.mark.parametrize("table", ["runs", "points", "parts"])
@pytest.mark.parametrize("fill", [b"\xff", b"\0"])
def test_a_page_that_was_overwritten_costs_its_rows_alone(store: Path, table: str, fill: bytes) -> None:
    before, times = exports(store), dict(ask(store, "SELECT run_id, seconds FROM runs"))
    path = store / FILE
    content, leaves = bytearray(path.read_bytes()), sorted(pages(path, table))
    at = leaves[len(leaves) // 2]
    content[at : at + 512] = 512 * fill
    path.write_bytes(content)
    said = list(repair(store))
    assert said[0].endswith(f"cannot be read: made again without them; the damaged one is {ASIDE}")
    assert (store / ASIDE).is_file()
    again(store)
    assert exports(store) == before
    assert list(repair(store)) == ["nothing is damaged"]
    now = dict(ask(store, "SELECT run_id, seconds FROM runs"))
    kept = sum(now[run] == seconds for run, seconds in times.items())
    assert kept >= (10 if table == "runs" else 30), kept


def test_each_page_of_the_ledger_may_be_lost(whole: Path, tmp_path: Path) -> None:
    content, store = (whole / "s" / FILE).read_bytes(), tmp_path / "s"
    before, times = exports(whole / "s"), dict(ask(whole / "s", "SELECT run_id, seconds FROM runs"))
    ((root,),) = ask(whole / "s", "SELECT rootpage FROM sqlite_master WHERE name = 'runs'")
    costly = {4096 * (root - 1), *pages(whole / "s" / FILE, "runs")}
    shutil.copyfile(whole / "base.toml", tmp_path / "base.toml")
    shutil.copyfile(whole / "design.toml", tmp_path / "design.toml")
    for at in range(0, len(content), 4096):
        shutil.rmtree(store, ignore_errors=True)
        shutil.copytree(whole / "s", store)
        (store / FILE).write_bytes(content[:at] + 4096 * b"\xff" + content[at + 4096 :])
        assert list(repair(store))[-1] != "nothing is damaged"
        again(store)
        assert exports(store) == before
        assert list(repair(store)) == ["nothing is damaged"]
        now = dict(ask(store, "SELECT run_id, seconds FROM runs"))
        assert at in costly or now == times, f"page {at // 4096 + 1}"


@pytest.mark.parametrize("tables", [("revisions",), ("meta",), ("bases",), ("points",), ("meta", "bases", "revisions"),
                                    ("meta", "revisions", "points", "design_rows", "design_points")])  # fmt: skip
def test_whole_tables_but_runs_may_be_lost(store: Path, tables: tuple[str, ...]) -> None:
    before, times = exports(store), dict(ask(store, "SELECT run_id, seconds FROM runs"))
    change(store, *(f"DELETE FROM {table}" for table in tables))
    list(repair(store))
    with pytest.raises(RunError, match=r"the sweep's command (writes it again|mend it)$"):
        experiments.load(store).runs  # noqa: B018
    if {"meta", "revisions"} & {*tables}:
        with pytest.raises(
            RunError, match=r"the design in ledger\.sqlite is lost: the sweep's command writes it again$"
        ):
            list(status(store))
    if "revisions" in tables:
        with pytest.raises(UsageError, match=r"holds 30 finished runs of another design \(lost by damage\), and"):
            carry_out(grid(store.parent, rivals=(1, 2), name="other.toml"), store)
    again(store)
    assert exports(store) == before
    assert dict(ask(store, "SELECT run_id, seconds FROM runs")) == times
    assert list(repair(store)) == ["nothing is damaged"]


@pytest.mark.parametrize("size", [100, 5000, 8192])
def test_a_ledger_of_which_no_run_is_left_is_one_true_line(store: Path, size: int) -> None:
    cut = (store / FILE).read_bytes()[:size]
    (store / FILE).write_bytes(cut)
    with pytest.raises(
        RunError, match=rf"{FILE} is damaged \(none of its runs can be read\); .*start the sweep again$"
    ):
        list(repair(store))
    assert (store / FILE).read_bytes() == cut
    assert not [path.name for path in store.iterdir() if path.name.startswith(".")]


def test_a_model_of_before_does_not_keep_a_ledger_from_being_mended(store: Path) -> None:
    design = store.parent / "design.toml"
    design.write_text(design.read_text().replace('"gap"]', '"gap", "cash"]'))
    again(store)
    before = exports(store)
    change(store, "DELETE FROM meta")
    list(repair(store))
    again(store)
    assert exports(store) == before


def test_damaged_outcomes_are_never_exported(store: Path) -> None:
    ((name,), *_) = ask(store, "SELECT name FROM parts")
    content = bytearray((store / "parts" / name).read_bytes())
    content[len(content) // 2] ^= 4
    (store / "parts" / name).write_bytes(content)
    change(store, "DELETE FROM meta WHERE key = 'exported'")
    with (
        Ledger.read(store) as ledger,
        pytest.raises(RunError, match=rf"part parts/{name} is damaged; 'flywheel repair"),
    ):
        export(ledger)


@pytest.mark.parametrize(
    ("harm", "said"),
    [
        (
            "UPDATE runs SET part = 1 + (part = 1) WHERE id = 4",
            "tells of 30 runs, its parts hold 29 of them; 'flywheel",
        ),
        ("UPDATE runs SET months = 4 WHERE id = 4", "tells of 30 runs, its parts hold 29 of them; 'flywheel repair"),
        ("UPDATE runs SET seed = seed + 1 WHERE id = 4", r"damaged \(a run is not what its id says\); "),
        ("UPDATE slots SET run = 3 WHERE run = 4", r"runs of the plan are missing|a run is not what its id says"),
        ("UPDATE points SET changes = replace(changes, '0.1', '0.3') WHERE id = 1", r"points of the design are not as"),
        ("UPDATE runs SET status = 'dome' WHERE id = 4", r"is damaged \(.*dome"),
        (
            "UPDATE runs SET status = 'failed', error = 'x', digest = 'x' WHERE id = 4",
            r"what went wrong in a run is not",
        ),
    ],
)
def test_what_is_not_as_the_ledger_says_is_never_exported(store: Path, harm: str, said: str) -> None:
    before = (store / "runs.parquet").read_bytes()
    change(store, harm, "DELETE FROM meta WHERE key = 'exported'")
    with Ledger.read(store) as ledger, pytest.raises(RunError, match=said) as told:
        export(ledger)
    assert len(told.value.lines) == 1
    assert (store / "runs.parquet").read_bytes() == before
    with pytest.raises(RunError, match=said):
        _ = experiments.load(store).runs


def test_a_ledger_not_yet_planned_says_so(tmp_path: Path) -> None:
    store = tmp_path / "s"
    store.mkdir()
    (store / "ledger.sqlite").write_bytes(b"")
    calls: list[Callable[[], Any]] = [
        lambda: list(status(store)), lambda: list(rerun(store, "a")), lambda: experiments.load(store)
    ]  # fmt: skip
    for call in [*calls, lambda: list(repair(store))]:
        with pytest.raises(UsageError, match=r"holds no planned sweep yet; start it again$"):
            call()


def test_the_database_of_another_program_is_left_alone(store: Path) -> None:
    path = store / "ledger.sqlite"
    path.unlink()
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("CREATE TABLE theirs (x)")
    before = path.read_bytes()
    for call in (lambda: again(store), lambda: list(status(store))):
        with pytest.raises(UsageError, match=r"ledger\.sqlite is another program's; name another folder"):
            call()
    assert path.read_bytes() == before


def harmed(content: bytes, luck: random.Random) -> bytes:
    """Return a file with some bits flipped, a block of zeros, or its end cut off."""
    spoilt, kind = bytearray(content), luck.choice(["flip", "flips", "zeros", "cut"])
    if kind == "cut":
        return bytes(spoilt[: luck.randrange(len(spoilt))])
    if kind == "zeros":
        at = luck.randrange(len(spoilt))
        spoilt[at : at + 512] = bytes(len(spoilt[at : at + 512]))
        return bytes(spoilt)
    for _ in range(1 if kind == "flip" else 20):
        spoilt[luck.randrange(len(spoilt))] ^= 1 << luck.randrange(8)
    return bytes(spoilt)


def harm_and_mend(whole: Path, store: Path, luck: random.Random) -> Iterator[str]:
    """Spoil a ledger, call everything, and yield what came of each call: "done", or the failure it told."""
    shutil.rmtree(store, ignore_errors=True)
    shutil.copytree(whole / "s", store)
    path = store / "ledger.sqlite"
    path.write_bytes(harmed(path.read_bytes(), luck))
    (run,) = ask(whole / "s", "SELECT run_id FROM runs WHERE id = 7")[0]
    calls: list[Callable[[], Any]] = [
        lambda: list(status(store)), lambda: experiments.load(store).series, lambda: experiments.load(store).design,
        lambda: list(rerun(store, run, QUICK)), lambda: list(repair(store)),
        lambda: carry_out(whole / "design.toml", store),
    ]  # fmt: skip
    for call in calls:
        try:
            call()
            yield "done"
        except FlywheelError as error:
            yield str(error)


def check_harms(whole: Path, store: Path, trials: int, seed: int) -> None:
    """Hold that a spoilt ledger ends in a failure of one line, or in the very exports of the one that was whole."""
    luck, expected, ends = random.Random(seed), exports(whole / "s"), []
    for _ in range(trials):
        said = list(harm_and_mend(whole, store, luck))
        assert not [text for text in said if "\n" in text]
        ends.append(said[-1] == "done")
        if ends[-1]:
            assert exports(store) == expected
    assert set(ends) == {True, False}


def test_a_spoilt_ledger_ends_in_one_line_or_in_the_same_bytes(whole: Path, tmp_path: Path) -> None:
    check_harms(whole, tmp_path / "s", trials=12, seed=1)


@pytest.mark.slow
def test_many_spoilt_ledgers_end_in_one_line_or_in_the_same_bytes(whole: Path, tmp_path: Path) -> None:
    check_harms(whole, tmp_path / "s", trials=400, seed=2)
