"""What pydantic finds wrong with a value, as the end of "KEY: ..., not VALUE"."""

from __future__ import annotations

import re
from typing import Any

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
_TYPER = {
    r"Invalid value for '(--[\w-]+)'": r"\1",
    r"Input should be a valid integer.*": "must be a whole number",
    r"Input should be a valid number.*": "must be a number",
    r"Input should be greater than or equal to (\S+)": r"must be \1 or more",
}


def worded(fault: Any) -> str:
    """Return one fault in words, without what was given."""
    template = _WORDS.get(fault["type"])
    if template is None:
        return str(fault["msg"])
    return template.format(**fault.get("ctx", {})).replace("must have 1 entries", "must have 1 entry")


def misuse(message: str) -> str:
    """Return what Typer says of a wrong command line in the words of the other messages."""
    text = " ".join(message.split()).rstrip(".")
    for said, plain in _TYPER.items():
        text = re.sub(said, plain, text)
    return text
