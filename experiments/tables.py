"""TOML tables other than configs: read, and every fault told in one line."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

import pydantic
from pydantic import BaseModel

from experiments.config import show_path
from experiments.declarations import dotted, toml_value
from experiments.errors import UsageError, first_of
from experiments.reading import read_toml

Form = TypeVar("Form", bound=BaseModel)
_LONGEST = 60
_WORDS = {
    "bool_type": "must be true or false",
    "dict_type": "must be a table",
    "finite_number": "must be a finite number",
    "float_type": "must be a number",
    "greater_than": "must be above {gt:g}",
    "greater_than_equal": "must be {ge:,} or more",
    "int_from_float": "must be a whole number",
    "int_type": "must be a whole number",
    "less_than": "must be below {lt:g}",
    "less_than_equal": "must be {le:,} or less",
    "list_type": "must be a list",
    "literal_error": "must be {expected}",
    "model_type": "must be a table of keys",
    "string_type": "must be text in quotes",
    "too_long": "must have {max_length:,} entries or fewer",
    "too_short": "must have {min_length:,} entries or more",
}


def read_table(path: Path, form: type[Form], keys: Mapping[str, Sequence[str]]) -> tuple[str, Form]:
    """Return a file's text, and its content checked against a form.

    Args:
        path: the file.
        form: what it must hold.
        keys: the keys of the file ("") and of each of its tables, to guess what an unknown one was meant to be.

    Raises:
        UsageError: unreadable, or with one line for each fault.
    """
    source, table = read_toml(path)
    return source, checked(table, form, keys, show_path(path))


def checked(table: Mapping[str, Any], form: type[Form], keys: Mapping[str, Sequence[str]], where: str) -> Form:
    """Return a table checked against a form.

    Args:
        table: what was given.
        form: what it must hold.
        keys: as for ``read_table``.
        where: what each line of a fault begins with.

    Raises:
        UsageError: with one line for each fault.
    """
    try:
        return form.model_validate(table, strict=True)
    except pydantic.ValidationError as error:
        shown, more = first_of(error.errors(include_url=False), f"{where}: ")
        raise UsageError(*(f"{where}: {_fault(fault, keys)}" for fault in shown), *more) from None


def meant(name: str, known: Sequence[str]) -> str:
    """Return "did you mean", or else what there is."""
    folded = {each.lower(): each for each in reversed(known)}
    near = difflib.get_close_matches(name[:_LONGEST].lower(), folded, n=1)
    return f"did you mean {folded[near[0]]}?" if near else f"there are {', '.join(known)}"


def _fault(fault: Any, keys: Mapping[str, Sequence[str]]) -> str:
    """Return one fault as a line: where it is, what is allowed, what was given."""
    place = tuple(part for part in fault["loc"] if part != "[key]")  # as a name in a table is told
    shown = dotted(place)
    if fault["type"] == "extra_forbidden":
        known = keys.get(str(place[0]) if len(place) > 1 else "", ())
        near = difflib.get_close_matches(str(place[-1])[:_LONGEST], known, n=1)
        return f"{shown}: no such key; " + (f"did you mean {near[0]}?" if near else f"keys are {', '.join(known)}")
    if fault["type"] == "missing":
        return f"{shown}: is missing"
    if fault["type"] == "too_long":
        limits = fault["ctx"]
        return f"{shown}: has {limits['actual_length']:,} entries, and may have {limits['max_length']:,}"
    said = _worded(fault)
    given = toml_value(fault["input"])
    return f"{shown}: {said}, not {given if len(given) <= _LONGEST else given[: _LONGEST - 1] + '…'}"


def _worded(fault: Any) -> str:
    """Return one fault in words, without what was given."""
    template = _WORDS.get(fault["type"])
    if template is None:
        return str(fault["msg"])
    return template.format(**fault.get("ctx", {})).replace("must have 1 entries", "must have 1 entry")
