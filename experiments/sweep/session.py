"""One call of a sweep, from design to manifest: plan, drive, export. The same call again goes on from there."""

from __future__ import annotations

import datetime
import json
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from experiments.config import show_path
from experiments.errors import FlywheelError, RunError, UsageError
from experiments.messages import names
from experiments.messages.compiling import blocks_at_hand
from experiments.provenance import origin
from experiments.sweep import files, pairing, parts
from experiments.sweep.choice import choose
from experiments.sweep.design import Design
from experiments.sweep.driver import AllAlikeError, Driver, Tally
from experiments.sweep.engines import AUTO, Engine, check_engine, open_engine
from experiments.sweep.export import export
from experiments.sweep.faults import told
from experiments.sweep.keeping import keeper
from experiments.sweep.ledger import FILE, Counts, Ledger
from experiments.sweep.manifest import write_manifest
from experiments.sweep.places import DESIGN, LEDGER_FILES, PROGRESS, check_places, left_without_ledger
from experiments.sweep.plan import check_size, count_runs, plan
from experiments.sweep.progress import shown
from experiments.sweep.room import check_room
from experiments.sweep.sampling import count_rows
from experiments.sweep.tasks import MODEL, Context, task_named
from sim.founding import is_alone

_ENDING = (signal.SIGINT, signal.SIGTERM)
_ONE_SIGNAL = 0.1  # seconds within which a signal that comes twice is one, as 'timeout' and supervisors send it
_TELL_SECONDS, _TELL_RARELY = 5.0, 60.0  # between lines on how far planning is
_PATIENCE = 2.0  # seconds in which a second signal is heard, unless compiled code runs


class HaltedError(FlywheelError):
    """The reader stopped the sweep; what is finished is kept."""

    def __init__(self, line: str, signal_number: int) -> None:
        super().__init__(line)
        self.exit_code = 128 + signal_number


@dataclass(frozen=True)
class Options:
    """How a sweep is carried out; nothing here changes its results.

    A ``label`` is what a larger work calls it: its progress is told by that name, less often, and no revision is.
    """

    engine: str = AUTO
    workers: int | None = None
    batch: int | None = None
    scheduler: str | None = None
    limit: float | None = None
    task: str = MODEL
    patience: float | None = None
    label: str = ""


class _Halt:
    """The first Ctrl-C, termination or closed terminal is noted, a second Ctrl-C or termination strikes.

    Python hears signals between two steps of its own, so not while compiled code runs here. A thread hears them at any
    time, and tells a second one from the first sent twice. If what it tells the main thread is not heard there, it ends
    the process: what was kept stays.
    """

    def __init__(self) -> None:
        self.signal = 0
        self._again = False
        self._struck = threading.Event()

    def __call__(self) -> bool:
        return self.signal != 0

    @contextmanager
    def listening(self) -> Iterator[None]:
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        numbers = [signal.SIGINT, signal.SIGTERM]
        if signal.getsignal(signal.SIGHUP) != signal.SIG_IGN:  # as nohup leaves it
            numbers.append(signal.SIGHUP)
        before = {number: signal.signal(number, self._note) for number in numbers}
        heard, told = os.pipe()
        os.set_blocking(told, False)
        outer = signal.set_wakeup_fd(told, warn_on_full_buffer=False)
        over = threading.Event()
        ears = threading.Thread(target=self._hear, args=(heard, over), daemon=True)
        ears.start()
        try:
            yield
        finally:
            over.set()
            signal.set_wakeup_fd(outer)
            os.close(told)
            ears.join()
            os.close(heard)
            for number, handler in before.items():
                signal.signal(number, handler)

    def _note(self, number: int, _: Any) -> None:
        self.signal = self.signal or number
        if self._again:
            self._struck.set()
            raise KeyboardInterrupt

    def _hear(self, heard: int, over: threading.Event) -> None:
        """On a second signal interrupt the main thread, and if it does not come to hear of it, end the process."""
        first: float | None = None
        while numbers := os.read(heard, 1):
            number, now = numbers[0], time.monotonic()
            if number not in (*_ENDING, signal.SIGHUP):
                continue
            if first is None:
                first = now
            elif number in _ENDING and now - first > _ONE_SIGNAL:
                self._again = True
                signal.pthread_kill(threading.main_thread().ident or 0, number)
                self._struck.wait(_PATIENCE)
                if self._struck.is_set() or over.is_set():
                    return
                with suppress(OSError):
                    os.write(
                        2, b"flywheel: stopped at once; runs of the last second may be lost: the same command goes on\n"
                    )
                os._exit(128 + number)


def sweep(
    design: Design,
    folder: Path,
    options: Options,
    yes: bool = False,
    say: Callable[[str], None] = lambda _: None,
    engine: Engine | None = None,
    watch: Callable[[Tally], None] | None = None,
    revise: bool = False,
) -> Counts:
    """Carry out a design into a folder, going on where an earlier call ended.

    Args:
        design: what to run.
        folder: the store, made if there is none.
        options: how.
        yes: whether a design of more than a million runs is meant.
        say: told of each thing worth a line.
        engine: an open engine to use, in place of one that is opened for this call.
        watch: told how far it is, in place of the progress that is shown otherwise.
        revise: whether a design that shares no run with the one in the folder may take its place.

    Raises:
        UsageError: the folder holds something else, such as runs of another design; the design cannot be run, or
            no such engine.
        RunError: another driver is at work, the engine is gone, nothing can be written, or the disk is too
                small.
        HaltedError: the reader stopped it.
    """
    check_size(design, yes)
    check_engine(options.engine, options.workers, options.scheduler, options.patience)
    _refuse_if_not_ours(folder)
    check_room(design, folder)
    halt = _Halt()
    try:
        with told(folder):
            made = _make(folder)
            lock = files.driver_lock(folder)
            with lock, _removed_if_vain(made), Ledger.write(folder) as ledger:
                _plan(ledger, design, revise, say, bool(options.label))
                _remove_strays(ledger, say)
                before = ledger.counts()
                if before.planned and ledger.stopped_after() is None:
                    with halt.listening():
                        _drive(ledger, design, options, before, halt, say, engine, watch)
                return _end(ledger, design, halt, say)
    except KeyboardInterrupt:
        number = halt.signal or signal.SIGINT
        raise HaltedError("stopped; what is finished is kept: the same command goes on", number) from None


def _make(folder: Path) -> list[Path]:
    """Make a folder and return what was made, the innermost first; nothing if it was there."""
    missing = [each for each in (folder, *folder.parents) if not each.exists()]
    try:
        folder.mkdir(parents=True)
    except FileExistsError:
        if folder.is_dir():
            return []
        raise
    return missing


@contextmanager
def _removed_if_vain(made: list[Path]) -> Iterator[None]:
    """Leave no folder where none was if a call fails before any run was begun; the caller holds the driver's lock."""
    try:
        yield
    except (RunError, UsageError):
        if made and _never_begun(made[0]):
            for name in (PROGRESS, *LEDGER_FILES, files.LOCK):
                (made[0] / name).unlink(missing_ok=True)
            with suppress(OSError):  # not empty: somebody else put something there
                for each in made:
                    each.rmdir()
        raise


def _never_begun(folder: Path) -> bool:
    """Return whether no engine was ever opened for a folder's runs."""
    try:
        with Ledger.read(folder) as ledger:
            (sessions,) = ledger.connection.execute("SELECT count(*) FROM sessions").fetchone()
    except UsageError:  # nothing was planned
        return True
    except RunError:
        return False
    return bool(sessions == 0)


def default_folder(design: Path) -> Path:
    """Return where the sweep of a design file goes if not told."""
    return Path("runs", design.stem)


def _refuse_if_not_ours(folder: Path) -> None:
    shown_folder = show_path(folder)
    if folder.is_file():
        raise UsageError(f"{shown_folder}: is a file; name a folder with --out")
    if not folder.is_dir():
        return
    check_places(folder)
    names = {path.name for path in folder.iterdir()}
    if FILE not in names and (lone := left_without_ledger(folder)):
        raise lone
    if names and not names & {FILE, files.LOCK}:
        raise UsageError(f"{shown_folder}: is not empty and no sweep; name another folder with --out")


def _plan(ledger: Ledger, design: Design, revise: bool, say: Callable[[str], None], brief: bool) -> None:
    known = ledger.revision()
    planned = plan(ledger, design, revise, _now_and_then(design, say, _TELL_RARELY if brief else _TELL_SECONDS))
    if known is None or planned.revision == known.revision:
        return
    if planned.model_changed:
        say("the model has changed since: runs of the earlier one are kept, but are not part of this sweep")
    if planned.kept_changed:
        say("a run keeps other outcomes than before, so all are done anew")
    if brief:
        return
    gone = f"; {planned.dropped} runs are no longer part of it, but are kept" if planned.dropped else ""
    say(f"revision {planned.revision} of the design: {planned.runs} runs, {planned.new} of them new{gone}")


def _now_and_then(design: Design, say: Callable[[str], None], seconds: float) -> Callable[[int], None]:
    """Return what says how far planning is, every so many seconds."""
    last, total = time.monotonic(), count_rows(design) + count_runs(design)

    def tell(done: int) -> None:
        nonlocal last
        if time.monotonic() - last >= seconds:
            last = time.monotonic()
            say(f"planning: {done:,} of {total:,} rows and runs")

    return tell


def _remove_strays(ledger: Ledger, say: Callable[[str], None]) -> None:
    """Remove what a killed driver left behind; the bytes of parts are checked when they are read."""
    named = [name for (name,) in ledger.connection.execute("SELECT name FROM parts")]
    if left := parts.remove_strays(ledger.folder, named).left:
        say(left)


def _drive(
    ledger: Ledger,
    design: Design,
    options: Options,
    before: Counts,
    halt: _Halt,
    say: Callable[[str], None],
    given: Engine | None,
    watch: Callable[[Tally], None] | None,
) -> None:
    current = ledger.revision()
    assert current is not None
    base, edges = ledger.base(current.base)
    context = Context(base, edges, design.kept, design.series, options.limit, options.task)
    if options.task != MODEL or not blocks_at_hand():
        task_named(options.task)  # compiled here, once, and not by all workers at a time
    named = options.engine if given is None else given.name
    choice = choose(named, design, before.planned, options.workers, options.task)
    if choice.line:
        say(choice.line)
    own = open_engine(choice.engine, options.workers, options.scheduler, options.limit, options.patience)
    with (
        own if given is None else nullcontext(given) as engine,
        _session(ledger, current.revision, engine),
        shown(ledger.folder, before, engine.name, watch, options.label) as bar,
    ):
        apart = tuple(factor.key for factor in design.factors if not is_alone(factor.key))
        driver = Driver(keeper(ledger, context), context, engine, options.batch, apart, halt, bar.show)
        state = "failed"
        try:
            if design.stop is None:
                driver.drive(ledger.pending(), before.planned)
            else:
                _drive_until_settled(ledger, design, driver, say)
            state = "interrupted" if halt() else "finished"
        except AllAlikeError as error:
            again = f"mend it, then 'flywheel repair {show_path(ledger.folder)} --failed' plans them again"
            raise AllAlikeError(f"{error}; {again}") from None
        finally:
            bar.end(state)


def _drive_until_settled(ledger: Ledger, design: Design, driver: Driver, say: Callable[[str], None]) -> None:
    """Do whole replicates until the rule is met, so that every point has as many."""
    assert design.stop is not None
    query = "SELECT count(*) FROM slots JOIN runs ON runs.id = run WHERE replicate = ? AND status = 'planned'"
    for replicate in range(design.replicates):
        (left,) = ledger.connection.execute(query, (replicate,)).fetchone()
        driver.drive(ledger.pending(range(replicate, replicate + 1)), left)
        if driver.halted():
            return
        if replicate + 1 < design.stop.least or replicate + 1 == design.replicates:
            continue
        reached = pairing.half_width(ledger, design.stop, replicate + 1)
        if reached <= design.stop.half_width:
            with ledger.change():
                ledger.note("stopped", replicate + 1)
                ledger.note("exported", None)
            say(
                f"stopped after {replicate + 1} of {design.replicates} replicates: {design.stop.outcome} is known to "
                f"± {reached:.3g} at every point. This is a rule for effort, not inference: intervals of what it "
                "stopped on are too narrow"
            )
            return


@contextmanager
def _session(ledger: Ledger, revision: int, engine: Engine) -> Iterator[None]:
    """Keep who did what when: a row for each call, closed with how it ended."""
    command = names.command()
    known = (
        revision,
        _now(),
        command,
        f"{engine.name}, {engine.workers()} workers",
        json.dumps(origin.environment()),
    )
    with ledger.change():
        (number,) = ledger.connection.execute(
            "INSERT INTO sessions (revision, started, command, engine, environment) VALUES (?, ?, ?, ?, ?) "
            "RETURNING session",
            known,
        ).fetchone()
    outcome = "failed"
    try:
        yield
        outcome = "ended"
    finally:
        with ledger.change():
            ledger.connection.execute(
                "UPDATE sessions SET ended = ?, outcome = ? WHERE session = ?", (_now(), outcome, number)
            )


def _end(ledger: Ledger, design: Design, halt: _Halt, say: Callable[[str], None]) -> Counts:
    counts = ledger.counts()
    if halt():
        kept = "1 run is" if counts.done == 1 else f"{counts.done} runs are"
        left = "1 is" if counts.planned == 1 else f"{counts.planned} are"
        raise HaltedError(f"stopped; {kept} kept, {left} left: the same command goes on", halt.signal)
    files.put(ledger.folder / DESIGN, design.source.encode())
    export(ledger)
    warning = pairing.warning_of(write_manifest(ledger))
    if warning:
        say(f"warning: {warning}")
    return counts


def _now() -> str:
    return datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
