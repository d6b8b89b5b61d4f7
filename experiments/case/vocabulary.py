"""The vocabularies of ``case.toml``: forms by the name that a table calls them by, each checked as the table it is."""

from __future__ import annotations

from abc import ABC
from collections.abc import Callable
from typing import Generic, TypeVar

from pydantic import BaseModel, ConfigDict


class Form(BaseModel, ABC):
    """A table of ``case.toml`` that a name stands for: it takes its own keys and no others."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False, populate_by_name=True)


_Form = TypeVar("_Form", bound=Form)


class Vocabulary(dict[str, type[_Form]], Generic[_Form]):
    """Forms by name."""

    def named(self, name: str) -> Callable[[type[_Form]], type[_Form]]:
        """Return the decorator that enters a form under a name."""

        def enter(form: type[_Form]) -> type[_Form]:
            self[name] = form
            return form

        return enter
