"""What the declarations of ``sim.parameters`` say of each parameter, in words: for messages, tables and configs."""

from __future__ import annotations

import difflib
import json
import re
import typing
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple, TypeAlias

from pydantic.fields import FieldInfo

from sim.declare import Section
from sim.parameters import Parameters

Place: TypeAlias = tuple[str | int, ...]
"""Where something stands in a config: names of tables and keys, and positions in lists."""


class Declaration(NamedTuple):
    """One parameter as a reader wants to see it; ``default`` is TOML, empty if the parameter is required."""

    key: str
    symbol: str
    default: str
    range: str
    unit: str
    description: str
    source: str

    @property
    def nested(self) -> bool:
        """Whether this is a key of a list's tables."""
        return "[]" in self.key


def sections() -> dict[str, type[Section]]:
    """Return the class of each section, in the order of the theory."""
    return {name: field.annotation for name, field in Parameters.model_fields.items()}  # type: ignore[misc]


def declarations(section: str) -> Iterator[Declaration]:
    """Yield every parameter of a section; the keys of a list of tables follow it as ``schedule[].lever``."""
    yield from _declarations(sections()[section], "")


def _declarations(kind: type[Section], prefix: str) -> Iterator[Declaration]:
    for name, info in kind.model_fields.items():
        extra = typing.cast(Mapping[str, str], info.json_schema_extra)
        default = "" if info.is_required() else toml_value(info.get_default(call_default_factory=True))
        span = span_of(info.annotation, info.metadata)
        yield Declaration(
            prefix + name, extra["symbol"], default, span, extra["unit"], info.description or "", extra["source"]
        )
        item = _item(info.annotation)
        if _is_section(item):
            yield from _declarations(item, f"{prefix}{name}[].")


def span_of(annotation: Any, metadata: Sequence[Any]) -> str:
    """Return the values that a type and its bounds allow, briefly: ``0 to 2``; ``ring, random``; ``1 to 64 names``."""
    if typing.get_origin(annotation) is typing.Literal:
        return ", ".join(typing.get_args(annotation))
    if annotation is bool:
        return "true, false"
    if annotation in (int, float):
        return _bounds(metadata)
    if annotation is str:
        return "text"
    if typing.get_origin(annotation) is dict:
        return "table"
    least, most = _bound(metadata, "min_length"), _bound(metadata, "max_length")
    noun = "tables" if _is_section(_item(annotation)) else "names"
    return f"{least:g} to {most:g} {noun}" if least is not None and most is not None else f"list of {noun}"


def allowed(place: Place) -> str:
    """Return what may stand at a place of the config, as the end of "must be ..."."""
    annotation, metadata, unit = _find(place)
    if _is_section(annotation):
        return "a table of keys"
    span = span_of(annotation, metadata)
    if typing.get_origin(annotation) is typing.Literal:
        return f"one of {span}"
    if annotation is bool:
        return "true or false"
    if annotation in (int, float):
        number = "a whole number" if annotation is int else "a number"
        return f"{number} {span}{_shown_unit(unit)}" if "above" in span else f"{number} from {span}{_shown_unit(unit)}"
    if annotation is str:
        return "text in quotes"
    if typing.get_origin(annotation) is dict:
        return "a table"
    return f"a list of {span}" if span[0].isdigit() else f"a {span}"


def nearest(place: Place, *, tables: bool = False) -> str:
    """Return the key (or, of ``tables``, the section) that an unknown one was most likely meant to be, or nothing."""
    *around, last = place
    siblings = {name: dotted((*around, name)) for name in _find(tuple(around))[0].model_fields}
    if not around and not tables:
        siblings = {}
    elsewhere = {name: f"{section}.{name}" for section, kind in sections().items() for name in kind.model_fields}
    for names in (siblings,) if tables else (siblings, elsewhere):
        found = difflib.get_close_matches(str(last).lower(), names, n=1, cutoff=0.6)
        if found:
            return names[found[0]]
    return ""


def dotted(place: Place) -> str:
    """Return a place of the config as a reader would name it: ``policy.schedule (entry 2).lever``, counted from 1."""
    text = ""
    for part in place:
        if isinstance(part, int):
            text += f" (entry {part + 1})"
        else:
            text += ("." if text else "") + toml_key(part)
    return text


def toml_key(name: str) -> str:
    """Return a key as TOML writes it."""
    return name if re.fullmatch(r"[A-Za-z0-9_-]+", name) else toml_value(name)


def toml_value(value: Any) -> str:
    """Return a value as TOML writes it on one line."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return "".join(each if each.isprintable() else _escaped(each) for each in json.dumps(value, ensure_ascii=False))
    if isinstance(value, Section):
        return toml_value(value.model_dump())
    if isinstance(value, Mapping):
        inside = ", ".join(f"{toml_key(key)} = {toml_value(item)}" for key, item in value.items())
        return f"{{ {inside} }}" if inside else "{}"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(map(toml_value, value)) + "]"
    return repr(value) if isinstance(value, (int, float)) else str(value)


def _escaped(character: str) -> str:
    number = ord(character)
    return f"\\u{number:04x}" if number < 1 << 16 else f"\\U{number:08x}"


def _find(place: Place) -> tuple[Any, Sequence[Any], str]:
    """Walk from the root to the type, bounds and unit declared for a place of the config."""
    annotation: Any = Parameters
    metadata: Sequence[Any] = ()
    unit = ""
    for part in place:
        if _is_section(annotation):
            info: FieldInfo = annotation.model_fields[part]
            annotation, metadata = info.annotation, info.metadata
            extra = info.json_schema_extra
            unit = str(extra.get("unit", "")) if isinstance(extra, Mapping) else ""
        else:
            annotation, metadata, unit = _item(annotation), (), ""
            if typing.get_origin(annotation) is typing.Annotated:
                annotation, declared = typing.get_args(annotation)
                metadata = declared.metadata
    return annotation, metadata, unit


def _item(annotation: Any) -> Any:
    """Return the type of what a list or table holds."""
    arguments = typing.get_args(annotation)
    if typing.get_origin(annotation) is tuple:
        return arguments[0]
    return arguments[1] if typing.get_origin(annotation) is dict else None


def _is_section(annotation: Any) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, Section)


def _bound(metadata: Sequence[Any], name: str) -> float | None:
    return next((getattr(constraint, name) for constraint in metadata if hasattr(constraint, name)), None)


def _bounds(metadata: Sequence[Any]) -> str:
    least, above, most = (_bound(metadata, name) for name in ("ge", "gt", "le"))
    return (
        f"above {_number(above)}, at most {_number(most)}"
        if above is not None
        else f"{_number(least)} to {_number(most)}"
    )


def _number(value: float | None) -> str:
    return "any" if value is None else re.sub(r"e\+?(-?)0*", r"e\1", f"{value:.6g}")


def _shown_unit(unit: str) -> str:
    return "" if unit in ("", "1") else f" ({unit})"
