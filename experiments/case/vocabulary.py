"""The vocabularies of ``case.toml``: functions by the name that a table calls them by.

A table holds the arguments that its function takes beside the first, and is checked against them.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Generic, TypeVar, get_type_hints

from pydantic import BaseModel, ConfigDict, create_model

from experiments.errors import UsageError
from experiments.tables import checked, meant

_STRICT = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False, populate_by_name=True)
_Given = TypeVar("_Given")
_Made = TypeVar("_Made")
_Row = TypeVar("_Row", bound=BaseModel)


class Vocabulary(dict[str, tuple[type[BaseModel], Callable[..., _Made]]], Generic[_Given, _Made]):
    """Functions by name, each with the form of its table."""

    def named(self, name: str) -> Callable[[Callable[..., _Made]], Callable[..., _Made]]:
        """Return the decorator that enters a function under a name."""

        def enter(function: Callable[..., _Made]) -> Callable[..., _Made]:
            kinds = get_type_hints(function, include_extras=True)
            _, *further = inspect.signature(function).parameters.values()
            fields: dict[str, Any] = {
                each.name: (kinds[each.name], ... if each.default is each.empty else each.default) for each in further
            }
            self[name] = create_model(function.__name__, __config__=_STRICT, **fields), function
            return function

        return enter

    def read(self, table: Mapping[str, Any], key: str, where: str) -> Callable[[_Given], _Made]:
        """Return the function that a table names under a key, with the other arguments that the table gives.

        Raises:
            UsageError: there is no such function, or it takes others.
        """
        name, rest = table.get(key), {other: value for other, value in table.items() if other != key}
        if not isinstance(name, str):
            raise UsageError(f"{where}: {key}: is missing; there are {', '.join(self)}")
        if name not in self:
            raise UsageError(f"{where}: {key}: nothing is called '{name}'; {meant(name, list(self))}")
        form, function = self[name]
        return partial(function, **dict(checked_row(rest, form, where)))


def checked_row(row: Mapping[str, Any], form: type[_Row], where: str) -> _Row:
    """Return a table without tables of its own, checked against a form."""
    return checked(row, form, {"": [field.alias or name for name, field in form.model_fields.items()]}, where)
