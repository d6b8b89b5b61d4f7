"""Read the points of a list design: a CSV file, a column a parameter, each cell read by the type of its parameter.

Lists may look as spreadsheets, R, pandas and NumPy write them: quotes, ``TRUE``, ``.5``, ``4.0`` for a whole number,
empty rows and columns, lines of comment that begin with ``#``.
"""

from __future__ import annotations

import csv
import re
import tomllib
import typing
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

from experiments.config import show_path
from experiments.declarations import toml_value
from experiments.errors import UsageError
from experiments.sweep.factors import Factor, check_distinct, declaration, make_factor, plainly

_SWITCH = {"true": True, "t": True, "1": True, "1.0": True, "false": False, "f": False, "0": False, "0.0": False}
_NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")
_COMMA = re.compile(r"[+-]?[0-9]*(,[0-9]+)+([eE][+-]?[0-9]+)?")
_EXACT = 2.0**53
_SEPARATORS = {";": "semicolons", "\t": "tabs", "|": "bars", " ": "blanks"}
_LEAVE_OUT = "leave it out (index=False in pandas, row.names = FALSE in R)"

Points = tuple[tuple[Any, ...], ...]


def read_list(path: Path, where: str) -> tuple[tuple[Factor, ...], Points]:
    """Return the factors of a list, which are its columns, and its points, which are its rows.

    Args:
        path: the list.
        where: who names it.

    Raises:
        UsageError: unreadable, no header of parameters, or a cell that its parameter refuses.
    """
    where = f"{where}: {show_path(path)}"
    lines = _rows(path, where)
    number, header = next(lines, (0, []))
    keys = _header(header, f"{where}, line {number}")
    check_distinct(keys, where)
    known: list[dict[str, Any]] = [{} for _ in keys]  # the value of each cell of a column
    points: list[tuple[Any, ...]] = []
    for number, row in lines:
        at = f"{where}, line {number}"
        cells = _fitted(row, header, at)
        point = []
        for key, cell, values in zip(keys, cells, known, strict=True):
            if cell not in values:
                values[cell] = _value(key, cell, at)
            point.append(values[cell])
        points.append(tuple(point))
    if not points:
        raise UsageError(f"{where}: must be a header of parameters and a line for each point")
    columns = [list({toml_value(value): value for value in values.values()}.values()) for values in known]
    factors = tuple(make_factor({"key": k, "values": v}, where) for k, v in zip(keys, columns, strict=True))
    return factors, tuple(points)


def _rows(path: Path, where: str) -> Iterator[tuple[int, list[str]]]:
    """Yield the number and the cells of each line that has any."""
    try:
        lines = path.read_text(encoding="utf-8-sig").split("\n")
    except OSError as error:
        raise UsageError(f"{where}: cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise UsageError(f"{where}: is not UTF-8 text; save it as CSV in UTF-8") from error
    for number, line in enumerate(lines, start=1):
        if line.startswith("#") or line.strip().lower() == "sep=,":  # as a spreadsheet may begin
            continue
        try:
            cells = [cell.strip() for cell in next(csv.reader([line], skipinitialspace=True), [])]
        except csv.Error as error:
            raise UsageError(f"{where}, line {number}: cannot be read: {error}") from error
        if any(cells):
            yield number, cells


def _header(cells: list[str], where: str) -> list[str]:
    """Return the parameters that a header names; nothing may stand in the columns behind them."""
    keys = list(cells)
    while keys and not keys[-1]:
        keys.pop()
    for column, key in enumerate(keys, start=1):
        if not key or key.startswith("Unnamed:"):
            hint = f", so it seems to number the rows; {_LEAVE_OUT}" if column == 1 else "; name its parameter"
            raise UsageError(f"{where}: column {column} has no name{hint}")
        apart = next((name for sign, name in _SEPARATORS.items() if sign in key), None)
        if apart is not None:
            raise UsageError(
                f"{where}: its cells seem to be separated by {apart}; write the list with commas between cells, and "
                "decimals with a point, as in 0.5"
            )
        if _NUMBER.fullmatch(key):
            raise UsageError(
                f"{where}: must be the header, which names the parameters, as in firm.openness; a line that begins "
                "with # is a comment"
            )
        declaration(key, f"{where}: factor {key}")
    return keys


def _fitted(row: list[str], header: list[str], where: str) -> list[str]:
    """Return the cells of a row below the names of the header."""
    width = len(header)
    while header[width - 1] == "":
        width -= 1
    cells = list(row)
    while len(cells) > width and not cells[-1]:
        cells.pop()
    if len(cells) != width:
        hint = f"; if the first column names the rows, {_LEAVE_OUT}" if len(cells) == width + 1 else ""
        hint = hint or ("; write decimals with a point, as in 0.5" if len(cells) == 2 * width else "")
        raise UsageError(f"{where}: has {_counted(len(cells))}, the header {width}{hint}")
    return cells


def _counted(cells: int) -> str:
    return f"{cells} cell{'s' * (cells != 1)}"


def _value(key: str, cell: str, where: str) -> Any:
    if not cell:
        raise UsageError(f"{where}: factor {key}: the cell is empty")
    kind = declaration(key, where).annotation
    if kind in (int, float) and _COMMA.fullmatch(cell):
        raise UsageError(f"{where}: factor {key}: must be a number with a point, as in 0.5, not '{cell}'")
    value = _read(cell, kind)
    taken = plainly(key, value)
    if taken is not None:
        return taken
    factor = make_factor({"key": key, "values": [value]}, where)
    assert factor.values is not None
    return factor.values[0]


def _read(cell: str, kind: Any) -> Any:
    """Return a cell as its parameter's type; as text if it is none, which the parameter then refuses."""
    if kind is bool:
        return _SWITCH.get(cell.lower(), cell)
    if kind in (int, float):
        return _number(cell, kind)
    text = kind is str or typing.get_origin(kind) is Literal
    if text and cell[0] not in "\"'":
        return cell
    try:
        parsed = tomllib.loads(f"value = {cell}")
    except ValueError:
        return cell
    return parsed["value"] if parsed.keys() == {"value"} else cell


def _number(cell: str, kind: type) -> int | float | str:
    if not _NUMBER.fullmatch(cell):
        return cell
    if re.fullmatch(r"[+-]?[0-9]+", cell) and len(cell) < 400:
        return int(cell)
    value = float(cell)
    return int(value) if kind is int and abs(value) < _EXACT and value.is_integer() else value
