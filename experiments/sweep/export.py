"""What people open: ``runs.parquet`` and ``series.parquet``, sorted, typed, each column with its unit and description.

Their bytes depend on the design and the outcomes alone: not on engine, workers, batches, order or interruptions.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from experiments.config import show_path
from experiments.errors import RunError
from experiments.sweep import files
from experiments.sweep.checks import wrong_outcomes
from experiments.sweep.faults import damaged
from experiments.sweep.ledger import DONE, Ledger
from experiments.sweep.places import RUNS, SERIES
from experiments.sweep.series import read_part
from sim.outcomes import COLUMNS
from sim.parameters import declared

_CHUNK = 2_000
_SERIES_CHUNK = 1 << 14
_ZEROS = 1 << 20
_ADDRESS = {
    "run_id": (pa.string(), "", "address of the run: hash of parameters, seed and model version"),
    "point": (pa.int64(), "", "number of the point in the design"),
    "replicate": (pa.int64(), "", "number of the replicate"),
    "seed": (pa.int64(), "", "seed of the run"),
    "status": (pa.string(), "", "done, failed or planned"),
    "error": (pa.string(), "", "what went wrong"),
    "month": (pa.int64(), "month", "months since founding"),
}


def export(ledger: Ledger) -> dict[str, str]:
    """Write both files if they are not those of the ledger as it stands; return their checksums."""
    folder, known = ledger.folder, ledger.exported()
    if known and all(files.holds(folder / name, digest) for name, digest in known.items()):
        return dict(known)
    _check_outcomes(ledger)
    written = {RUNS: _write(folder / RUNS, _runs_schema(ledger), lambda: _runs_batches(ledger))}
    if files.is_plain(folder / SERIES):
        (folder / SERIES).unlink()
    if ledger.design()["outcomes"]["series"]:
        written[SERIES] = _write(folder / SERIES, _series_schema(ledger), lambda: _series_batches(ledger))
    with ledger.change():
        ledger.note("exported", written)
    return written


def runs_table(folder: Path) -> pa.Table:
    """Return the runs: as exported, if nothing was done since, else from the ledger."""
    return _table(folder, RUNS, _runs_schema, _runs_batches)


def series_table(folder: Path, columns: Sequence[str] | None = None) -> pa.Table:
    """Return the series likewise, all columns or those named."""
    return _table(folder, SERIES, _series_schema, _series_batches, columns)


def _table(
    folder: Path,
    name: str,
    schema: Callable[[Ledger], pa.Schema],
    batches: Callable[[Ledger], Iterator[Any]],
    columns: Sequence[str] | None = None,
) -> pa.Table:
    wanted = None if columns is None else list(columns)
    with Ledger.read(folder) as ledger:
        ledger.connection.execute("BEGIN")  # one state throughout, though a driver writes
        ledger.check_whole()
        if digest := ledger.exported().get(name):
            try:
                return read_checked(folder / name, digest, wanted)
            except OSError as error:
                said = "is missing" if isinstance(error, FileNotFoundError) else error.strerror
                in_the_way = not isinstance(error, FileNotFoundError) and not files.is_plain(folder / name)
                _say(f"{show_path(folder)}: {name} {said}, so the ledger is read in its place; "
                     f"{'move it away, and ' * in_the_way}the sweep's command makes it again")  # fmt: skip
        _check_outcomes(ledger)
        try:
            table = pa.Table.from_batches(list(batches(ledger)), schema(ledger))
        except (pa.ArrowException, KeyError, TypeError, ValueError) as error:  # rows that are not as they were kept
            raise damaged(folder, str(error)) from None
        return table if wanted is None else table.select(wanted)


def read_checked(path: Path, digest: str, columns: list[str] | None = None) -> pa.Table:
    """Return an export if its bytes are those of its checksum: what is read is what was checked.

    The file is opened once, so that another in its place is not read; one that is written to meanwhile is not believed.

    Raises:
        OSError: it is missing, no plain file, or not what was exported.
    """
    with files.opened(path) as file:
        before = os.fstat(file.fileno())
        if hashlib.file_digest(file, "sha256").hexdigest() == digest:
            file.seek(0)
            with suppress(pa.ArrowException):  # written to since: its bytes were those of an export
                table = pq.ParquetFile(file).read(columns=columns)
                after = os.fstat(file.fileno())
                if (before.st_size, before.st_mtime_ns, before.st_ctime_ns) == (
                    after.st_size, after.st_mtime_ns, after.st_ctime_ns
                ):  # fmt: skip
                    return table
    raise OSError(errno.EBADMSG, "is not what was exported", str(path))


@lru_cache
def _say(line: str) -> None:
    """Say a line, once."""
    with suppress(OSError):
        print(f"flywheel: {line}", file=sys.stderr)


def _check_outcomes(ledger: Ledger) -> None:
    if wrong := sum(1 for _ in wrong_outcomes(ledger)):
        shown = show_path(ledger.folder)
        raise RunError(f"{shown}: outcomes of {wrong} runs are damaged; 'flywheel repair {shown}' mends it")


def _write(path: Path, schema: pa.Schema, batches: Callable[[], Iterator[Any]]) -> str:
    with files.fresh(path) as file:
        with pq.ParquetWriter(file, schema, compression="zstd") as writer:
            for batch in batches():
                writer.write_batch(batch, row_group_size=batch.num_rows)
        file.flush()
        file.seek(0)
        return hashlib.file_digest(file, "sha256").hexdigest()


# Schemas.


def _field(name: str, kind: Any, unit: str, description: str) -> pa.Field:
    return pa.field(name, kind, metadata={"unit": unit or "1", "description": description})


def _addresses(*names: str) -> list[pa.Field]:
    return [_field(name, *_ADDRESS[name]) for name in names]


def _runs_schema(ledger: Ledger) -> pa.Schema:
    design, columns = ledger.design(), _described()
    fields = _addresses("run_id", "point", "replicate", "seed", "status", "error")
    for factor in design["factors"]:
        fields.append(_field(factor["key"], _type_of(factor["key"]), factor["unit"], factor["description"]))
    for kind, said in (("final", "at the last month: "), ("mean", "mean over the months with a value: ")):
        for name in design["outcomes"][kind]:
            unit, description = columns.get(name, ("", name))
            fields.append(_field(f"{kind}.{name}", pa.float64(), unit, said + description))
    return pa.schema(fields, metadata=_about(ledger))


def _series_schema(ledger: Ledger) -> pa.Schema:
    columns, kept = _described(), ledger.design()["outcomes"]["series"]
    fields = [_field(name, pa.float64(), *columns.get(name, ("", name))) for name in kept]
    return pa.schema([*_addresses("run_id", "point", "replicate", "month"), *fields], metadata=_about(ledger))


def _described() -> dict[str, tuple[str, str]]:
    """Return unit and description of each outcome that the model shows now."""
    return {column.name: (column.unit, column.description) for column in COLUMNS}


def _about(ledger: Ledger) -> dict[str, str]:
    current = ledger.revision()
    assert current is not None
    about = {"design": json.loads(current.design), "model": current.model}
    return {"flywheel": json.dumps(about, sort_keys=True)}


def _type_of(key: str) -> Any:
    kind: Any = dict(declared())[key].annotation
    return {bool: pa.bool_(), int: pa.int64(), float: pa.float64()}.get(kind, pa.string())


# Rows.


def _runs_batches(ledger: Ledger) -> Iterator[pa.RecordBatch]:
    schema, design = _runs_schema(ledger), ledger.design()
    keys = [factor["key"] for factor in design["factors"]]
    names = [f"{kind}.{name}" for kind in ("final", "mean") for name in design["outcomes"][kind]]
    quoted = "".join(f', outcomes."{name}"' for name in names)
    cursor = ledger.connection.execute(
        f"""SELECT runs.run_id, number, replicate, runs.seed, runs.status, runs.error, points.changes{quoted}
        FROM slots JOIN runs ON runs.id = slots.run JOIN points ON points.id = runs.point
        LEFT JOIN outcomes ON outcomes.id = runs.id WHERE replicate < ? ORDER BY number, replicate""",
        (_replicates(ledger),),
    )
    while rows := cursor.fetchmany(_CHUNK):
        columns = list(zip(*rows, strict=True))
        changes = [json.loads(text) for text in columns[6]]
        varied = [[_cell(change[key]) for change in changes] for key in keys]
        yield pa.record_batch([*columns[:6], *varied, *columns[7:]], schema=schema)


def _cell(value: Any) -> Any:
    return json.dumps(value, ensure_ascii=False, sort_keys=True) if isinstance(value, (list, dict)) else value


def _replicates(ledger: Ledger) -> int:
    stopped = ledger.stopped_after()
    return 2**62 if stopped is None else stopped


_KEPT = np.dtype([(name, np.int64) for name in ("run", "point", "replicate", "months", "part")])
_IN_ORDER = """FROM slots JOIN runs ON runs.id = slots.run
    WHERE replicate < ? AND status = ? AND part IS NOT NULL ORDER BY number, replicate"""


def _series_batches(ledger: Ledger) -> Iterator[pa.RecordBatch]:
    """Yield the series in order; parts are in the order in which runs ended, so they are sorted through a file."""
    schema, names = _series_schema(ledger), ledger.design()["outcomes"]["series"]
    execute, chosen = ledger.connection.execute, (_replicates(ledger), DONE)
    found = np.fromiter(execute(f"SELECT runs.id, number, replicate, months, part {_IN_ORDER}", chosen), dtype=_KEPT)
    if not len(found) or not names:
        return
    ends = np.cumsum(found["months"])
    run_ids = execute(f"SELECT run_id {_IN_ORDER}", chosen)
    with _sorted(ledger, found, ends, names) as values:
        last = 0
        while last < len(found):
            first, begin = last, int(ends[last] - found["months"][last])
            last = max(first + 1, int(np.searchsorted(ends, begin + _SERIES_CHUNK, side="right")))
            kept = found[first:last]
            which = np.repeat(np.arange(len(kept)), kept["months"])
            month = np.arange(begin, int(ends[last - 1])) - (ends - found["months"])[first:last][which] + 1
            ids = pa.array([run_id for (run_id,) in run_ids.fetchmany(len(kept))]).take(pa.array(which))
            addresses = [pa.array(each) for each in (kept["point"][which], kept["replicate"][which], month)]
            columns = [pa.array(values(n, begin, len(which)), from_pandas=True) for n in range(len(names))]
            yield pa.record_batch([ids, *addresses, *columns], schema=schema)


@contextmanager
def _sorted(ledger: Ledger, found: Any, ends: Any, names: list[str]) -> Iterator[Callable[[int, int, int], Any]]:
    """Sort the kept series through a file, and give what reads it: name, first row and count to values.

    The file is mapped for one part at a time only, so that memory stays flat however many runs there are.
    """
    rows, order = int(ends[-1]), np.argsort(found["run"])
    with tempfile.TemporaryFile(dir=ledger.folder if os.access(ledger.folder, os.W_OK) else None) as file:
        _reserve(file, rows * len(names) * 8)
        filled = 0
        for part in np.unique(found["part"]).tolist():
            values = np.memmap(file, dtype=np.float64, mode="r+", shape=(len(names), rows))
            filled += _scatter(ledger, part, found, order, ends, names, values)
        if filled != rows:
            raise RunError(
                f"{show_path(ledger.folder)}: the ledger tells of {rows} months of series, its parts hold {filled} of "
                f"them; 'flywheel repair {show_path(ledger.folder)}' mends it"
            )

        def read(name: int, first: int, count: int) -> Any:
            return np.frombuffer(os.pread(file.fileno(), 8 * count, 8 * (name * rows + first)), dtype=np.float64)

        yield read


def _reserve(file: Any, size: int) -> None:
    """Take room on the disk, so that a full one is told of here: in a mapped file it would end the process."""
    if hasattr(os, "posix_fallocate"):
        try:
            os.posix_fallocate(file.fileno(), 0, size)
        except OSError as error:
            if error.errno not in (errno.EOPNOTSUPP, errno.EINVAL):  # a file system that cannot
                raise
        else:
            return
    zeros = bytes(_ZEROS)
    for at in range(0, size, _ZEROS):
        file.write(zeros[: size - at])
    file.flush()


def _scatter(ledger: Ledger, part: int, found: Any, order: Any, ends: Any, names: list[str], values: Any) -> int:
    """Put a part's series where they belong; return how many months it held."""
    named = ledger.connection.execute("SELECT name, sha256 FROM parts WHERE id = ?", (part,)).fetchone()
    if named is None:
        return 0
    table = read_part(ledger.folder, *named)
    run, month = table["run"].to_numpy(), table["month"].to_numpy()
    ours = order[np.minimum(np.searchsorted(found["run"], run, sorter=order), len(order) - 1)]
    kept = found[ours]
    # A run done again has its series in a later part too: the part that the ledger names counts.
    known = (kept["run"] == run) & (kept["part"] == part) & (month <= kept["months"])
    at = (ends[ours] - kept["months"] + month - 1)[known]
    for n, name in enumerate(names):
        values[n, at] = table[name].to_numpy()[known]
    return int(known.sum())
