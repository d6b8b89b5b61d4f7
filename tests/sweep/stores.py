"""What the tests of sweeps share: designs, sweeps of small tasks, and what a store holds."""

from __future__ import annotations

import hashlib
import json
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from experiments.sweep.design import Design, read_design
from experiments.sweep.session import Options, sweep
from tests.cli.test_cli import ROOT, environment
from tests.sweep.jobs import QUICK

GRID = """
base = "base.toml"
[design]
kind = "grid"
replicates = {replicates}
{more}
[[factor]]
key = "flywheel.elasticity"
range = [0.1, 0.5]
levels = {levels}
[[factor]]
key = "rival.count"
values = {rivals}
[outcomes]
final = ["unit_cost", "users", "rival_cash", "gap"]
mean = ["unit_cost"]
series = {series}
"""


def write(folder: Path, text: str, name: str = "design.toml") -> Path:
    """Write a design beside an empty base."""
    (folder / "base.toml").write_text("")
    (folder / name).write_text(text)
    return folder / name


def grid(folder: Path, replicates: int = 3, levels: int = 5, rivals: Any = (0, 4), series: Any = ("users",),
         more: str = "", name: str = "design.toml") -> Path:  # fmt: skip
    """Write a small grid."""
    text = GRID.format(
        replicates=replicates,
        levels=levels,
        rivals=json.dumps(list(rivals)),
        series=json.dumps(list(series)),
        more=more,
    )
    return write(folder, text, name)


def read(folder: Path, text: str) -> Design:
    """Read a design from its text."""
    return read_design(write(folder, text))


def carry_out(
    design: Path | Design, store: Path, engine: str = "serial", task: str = QUICK, **options: Any
) -> list[str]:
    """Sweep small tasks, and return what was said."""
    said: list[str] = []
    checked = read_design(design) if isinstance(design, Path) else design
    sweep(checked, store, Options(engine=engine, task=task, **options), say=said.append)
    return said


def in_parts(design: Path, store: Path) -> None:
    """Sweep small tasks and keep them in parts of four runs."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("experiments.sweep.driver._KEEP_RUNS", 4)
        carry_out(design, store, batch=4)


def exports(store: Path) -> dict[str, str]:
    """Return the checksums of what people open."""
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in store.glob("*.parquet")}


def ask(store: Path, query: str) -> list[Any]:
    """Ask a ledger."""
    connection = sqlite3.connect(store / "ledger.sqlite")
    try:
        return connection.execute(query).fetchall()
    finally:
        connection.close()


def change(store: Path, *statements: str) -> None:
    """Change a ledger behind its driver's back."""
    connection = sqlite3.connect(store / "ledger.sqlite")
    try:
        for statement in statements:
            connection.execute(statement)
        connection.commit()
    finally:
        connection.close()


def spoil(store: Path, number: int, column: str, value: float) -> None:
    """Change what a part holds of one run, and have the ledger think that it has always been so.

    Of a series it is the second month that changes.
    """
    ((part, name),) = ask(
        store, f"SELECT parts.id, name FROM runs JOIN parts ON parts.id = part WHERE runs.id = {number}"
    )
    path = store / "parts" / name
    table = pa.ipc.open_file(path.read_bytes()).read_all()
    values, row = table[column].to_pylist(), table["run"].to_pylist().index(number)
    if column.startswith("series."):
        values[row][1] = value
    else:
        values[row] = value
    at = table.column_names.index(column)
    table = table.set_column(at, table.schema.field(at), pa.array(values, table.schema.field(at).type))
    with pa.ipc.new_file(path, table.schema) as writer:
        writer.write_table(table)
    change(store, f"UPDATE parts SET sha256 = '{hashlib.sha256(path.read_bytes()).hexdigest()}' WHERE id = {part}")


def program(design: Path, store: Path, engine: str, task: str, **keywords: Any) -> str:
    """Return a program that sweeps small tasks and ends as ours does."""
    return (
        "import sys\nfrom pathlib import Path\nfrom experiments.errors import FlywheelError\n"
        "from experiments.sweep.design import read_design\nfrom experiments.sweep.session import Options, sweep\n"
        "if __name__ == '__main__':\n"
        "    try:\n"
        f"        sweep(read_design(Path({str(design)!r})), Path({str(store)!r}), "
        f"Options(engine={engine!r}, task={task!r}, **{keywords!r}))\n"
        "    except FlywheelError as error:\n        print(error, file=sys.stderr)\n"
        "        sys.exit(error.exit_code)\n"
    )


def driver(design: Path, store: Path, engine: str, task: str, **keywords: Any) -> subprocess.Popen[str]:
    """Start a sweep as a process of its own; ``scheduler``, ``workers`` and ``limit`` are options."""
    limits, own_group = keywords.pop("preexec_fn", None), keywords.pop("start_new_session", False)
    text = program(design, store, engine, task, **keywords)
    script = design.parent / f"drive_{store.name}.py"
    if not script.exists() or script.read_text() != text:  # a rival that is starting may be reading it
        script.write_text(text)
    return subprocess.Popen(
        [sys.executable, str(script)], cwd=ROOT, env=environment(), stderr=subprocess.PIPE, text=True,
        preexec_fn=limits, start_new_session=own_group,
    )  # fmt: skip
