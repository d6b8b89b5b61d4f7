"""Tables of ``case.toml`` that make several.

``each = "release"`` writes a table for every dated release but those in ``but``, ``each = "month"`` for every ``step``
months ``from`` one ``to`` another. Wherever the table has text, ``{release}`` or ``{month}`` stands for it.
"""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from experiments.case.setting import Setting
from experiments.tables import checked

_KEYS = ("each", "but", "from", "to", "step")


class _Rule(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    each: Literal["release", "month"]
    but: list[str] = []
    begin: str = Field(default="", alias="from")
    end: str = Field(default="", alias="to")
    step: int = Field(default=1, ge=1)


def written_out(given: dict[str, Any], setting: Setting, where: str) -> list[dict[str, Any]]:
    """Return the tables that a rule makes, or the one that is none.

    Args:
        given: the table.
        setting: its releases and months.
        where: what each line of a fault begins with.

    Raises:
        UsageError: a faulty rule.
        ValueError: it names a release or a month that there is not.
    """
    if "each" not in given:
        return [given]
    rule = checked({key: given[key] for key in _KEYS if key in given}, _Rule, {"": _KEYS}, where)
    rest = {key: value for key, value in given.items() if key not in _KEYS}
    return [_filled(rest, f"{{{rule.each}}}", value) for value in _values(rule, setting)]


def _values(rule: _Rule, setting: Setting) -> list[str]:
    if rule.each == "release":
        for name in rule.but:
            setting.number(name)
        return [name for name in setting.facts.releases if name not in rule.but]
    first, last, origin = setting.month(rule.begin), setting.month(rule.end), setting.facts.origin
    months = [origin.year * 12 + origin.month - 1 + month for month in range(first, last + 1, rule.step)]
    return [f"{month // 12}-{month % 12 + 1:02}" for month in months]


def _filled(value: Any, mark: str, word: str) -> Any:
    """Return plain data with a word put in wherever its text has the mark."""
    if isinstance(value, dict):
        return {key: _filled(each, mark, word) for key, each in value.items()}
    if isinstance(value, list):
        return [_filled(each, mark, word) for each in value]
    return value.replace(mark, word) if isinstance(value, str) else value
