"""What people open: ``runs.parquet`` and ``series.parquet``, sorted, typed, each column with its unit and description.

Their bytes depend on the design and the outcomes alone: not on engine, workers, batches, order or interruptions.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from experiments.config import show_path
from experiments.sweep import files
from experiments.sweep.ledger import DONE, FAILED, Ledger, digest_of
from experiments.sweep.ordered import STATES, blank, ordered, read_or_damaged
from experiments.sweep.places import RUNS, SERIES
from sim.outcomes import COLUMNS
from sim.parameters import declared
from sim.readings import is_reading, parse

_VALUES = 1 << 20  # in a row group
_UNLIKE = (RUNS, "run_id")
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
    written = {RUNS: _write(folder / RUNS, _runs_schema(ledger), lambda: _runs_batches(ledger))}
    if files.is_plain(folder / SERIES):
        (folder / SERIES).unlink()
    if ledger.design()["outcomes"]["series"]:
        written[SERIES] = _write(folder / SERIES, _series_schema(ledger), lambda: _series_batches(ledger))
    with ledger.change():
        ledger.note("exported", written)
    return written


def runs_table(folder: Path, columns: Sequence[str] | None = None) -> pa.Table:
    """Return the runs, all columns or those named: as exported, if nothing was done since, else from the ledger."""
    return _table(folder, RUNS, _runs_schema, _runs_batches, columns)


def series_table(folder: Path, columns: Sequence[str] | None = None) -> pa.Table:
    """Return the series likewise."""
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
        with read_or_damaged(ledger):
            table = pa.Table.from_batches(list(batches(ledger)), schema(ledger))
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


def _write(path: Path, schema: pa.Schema, batches: Callable[[], Iterator[Any]]) -> str:
    with files.fresh(path) as file:
        # A dictionary is of use where text is repeated; for what is hardly ever the same it costs more than all else.
        repeated = [field.name for field in schema if field.type == pa.string() and (path.name, field.name) != _UNLIKE]
        with pq.ParquetWriter(file, schema, compression="zstd", compression_level=1, use_dictionary=repeated) as writer:
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
    design = ledger.design()
    columns = _described(design["outcomes"]["final"])
    fields = _addresses("run_id", "point", "replicate", "seed", "status", "error")
    for factor in design["factors"]:
        fields.append(_field(factor["key"], _type_of(factor["key"]), factor["unit"], factor["description"]))
    for kind, said in (("final", "at the last month: "), ("mean", "mean over the months with a value: ")):
        for name in design["outcomes"][kind]:
            unit, description = columns.get(name, ("", name))
            told = description if is_reading(name) else said + description
            fields.append(_field(f"{kind}.{name}", pa.float64(), unit, told))
    return pa.schema(fields, metadata=_about(ledger))


def _series_schema(ledger: Ledger) -> pa.Schema:
    columns, kept = _described(), ledger.design()["outcomes"]["series"]
    fields = [_field(name, pa.float64(), *columns.get(name, ("", name))) for name in kept]
    return pa.schema([*_addresses("run_id", "point", "replicate", "month"), *fields], metadata=_about(ledger))


def _described(names: Iterable[str] = ()) -> dict[str, tuple[str, str]]:
    """Return unit and description of each column that the model shows now, and of those of some names that are read."""
    every = [*COLUMNS, *(parse(name).column for name in names if is_reading(name))]
    return {column.name: (column.unit, column.description) for column in every}


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
    names = [f"{kind}.{name}" for kind in ("final", "mean") for name in design["outcomes"][kind]]
    factors = [(factor["key"], schema.field(factor["key"]).type) for factor in design["factors"]]
    with ordered(ledger) as runs:
        ledger.check_points()
        cells, step = runs.outcomes(names), max(1, _VALUES // len(schema))
        for at in range(0, len(runs), step):
            found = runs.read(at, min(step, len(runs) - at))
            place = np.arange(at, at + len(found))
            point, replicate = np.divmod(place, runs.replicates)
            outcomes = blank(found, cells.read(at, len(found))) if names else np.empty((len(found), 0))
            yield pa.record_batch(
                [
                    _run_ids(found), point, replicate, found["seed"], _states(found), _errors(ledger, found),
                    *_varied(ledger, point, factors), *(pa.array(each, from_pandas=True) for each in outcomes.T.copy()),
                ],
                schema=schema,
            )  # fmt: skip


def _run_ids(found: Any) -> pa.Array:
    return pa.array(found["run_id"]).cast(pa.string())


def _states(found: Any) -> pa.Array:
    return pa.array(STATES).take(pa.array(found["status"]))


def _errors(ledger: Ledger, found: Any) -> pa.Array:
    """Return what went wrong in runs that failed."""
    failed, said = found["status"] == STATES.index(FAILED), np.full(len(found), None, dtype=object)
    for place in np.flatnonzero(failed).tolist():
        number = int(found["id"][place])
        query = "SELECT error, digest FROM runs WHERE id = ?"
        said[place], digest = ledger.connection.execute(query, (number,)).fetchone()
        if digest != digest_of(said[place]):
            raise ValueError("what went wrong in a run is not as it was kept")
    return pa.array(said, pa.string())


def _varied(ledger: Ledger, point: Any, factors: list[tuple[str, Any]]) -> Iterator[pa.Array]:
    """Yield the column of each factor."""
    first, last = int(point[0]), int(point[-1])
    query = """SELECT changes FROM design_points CROSS JOIN points ON points.id = point
        WHERE number BETWEEN ? AND ? ORDER BY number"""
    texts = [text for (text,) in ledger.connection.execute(query, (first, last))]
    changes = json.loads(f"[{','.join(texts)}]")  # one by one, reading them takes as long as all else
    if len(changes) != last - first + 1:
        raise LookupError("points of the plan are missing")
    which = pa.array(point - first)
    for key, kind in factors:
        yield pa.array([_cell(change[key]) for change in changes], kind).take(which)


def _cell(value: Any) -> Any:
    return json.dumps(value, ensure_ascii=False, sort_keys=True) if isinstance(value, (list, dict)) else value


def _series_batches(ledger: Ledger) -> Iterator[pa.RecordBatch]:
    schema, names = _series_schema(ledger), ledger.design()["outcomes"]["series"]
    if not names:
        return
    with ordered(ledger) as runs:
        cells, most = runs.series(names), max(1, _VALUES // len(schema))
        for at in range(0, len(runs), most):
            found = runs.read(at, min(most, len(runs) - at))
            done = np.flatnonzero((found["status"] == STATES.index(DONE)) & (found["months"] > 0))
            ends = np.cumsum(found["months"][done])
            first = 0
            while first < len(done):
                begin = int(ends[first] - found["months"][done[first]])
                last = max(first + 1, int(np.searchsorted(ends, begin + most, side="right")))
                ours = done[first:last]
                kept = found[ours]
                which = np.repeat(np.arange(len(ours)), kept["months"])
                row = int(kept["first"][0]) + np.arange(len(which))
                point, replicate = np.divmod(at + ours[which], runs.replicates)
                read = cells.read(int(kept["first"][0]), len(which))
                yield pa.record_batch(
                    [
                        _run_ids(kept).take(pa.array(which)), point, replicate, row - kept["first"][which] + 1,
                        *(pa.array(each, from_pandas=True) for each in read.T.copy()),
                    ],
                    schema=schema,
                )  # fmt: skip
                first = last
