"""Read a configuration: TOML that says only what differs from its one parent, checked against the declarations.

Every fault found is one line: where it is written, which key, what is allowed, and what was given.
"""

from __future__ import annotations

import hashlib
import json
import os
import textwrap
import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import pydantic
import tomli_w

from experiments.declarations import Place, allowed, declarations, dotted, nearest, sections, toml_value
from experiments.errors import UsageError, first_of
from experiments.messages import names
from experiments.messages.terminal import note_once
from experiments.reading import MOST_EDGES, check_file, read_toml
from sim.parameters import Parameters

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Table: TypeAlias = dict[str, Any]

EDGES_FILE = "edges.csv"
_LONGEST_VALUE = 60
_MOST_PARENTS = 100


@dataclass(frozen=True)
class Config:
    """A checked configuration, and the social network if it brings its own."""

    parameters: Parameters
    edges: NDArray[np.int64] | None = None


def load(path: Path, changes: Iterable[str] = (), months: int | None = None, asked: str = "--months") -> Config:
    """Read a config with its parents, apply ``KEY=VALUE`` changes and then the months, and check the whole.

    Paths in a file are relative to it, paths in a change to the working folder. What will do nothing is said.

    Args:
        path: the config.
        changes: what to change.
        months: length of the run, in place of the config's.
        asked: who asked for the months.

    Raises:
        UsageError: with one line for each fault.
    """
    layers = _Layers()
    try:
        for file, table in _chain(path):
            layers.add(_anchored(table, file.parent), show_path(file))
        for change in changes:
            layers.add(_anchored(_parse_change(change), Path()), "--set")
        if months is not None:
            layers.add({"run": {"months": months}}, asked)
        parameters = _check(layers, show_path(path))
    except RecursionError as error:
        raise UsageError(f"{show_path(path)}: tables or lists are nested too deeply") from error
    config = _with_network(parameters, layers, show_path(path))
    for place, idle in _idle(config.parameters):
        note_once(f"{layers.origin(place) or show_path(path)}: {dotted(place)}: {idle}")
    return config


def config_hash(config: Config) -> str:
    """Return the address of a configuration: the same for the same parameters and links, wherever they were read."""
    return _hash(canonical_values(config))


def values_hash(values: Table, edges: NDArray[np.int64] | None) -> str:
    """Return the address of parameters given as plain data, whatever version of the model they are for."""
    return _hash(_with_links(values, edges))


def canonical_values(config: Config) -> Table:
    """Return what the address of a configuration is of, as plain data: its parameters, with a checksum of its links."""
    return _with_links(config.parameters.model_dump(mode="json"), config.edges)


def to_canonical(value: Any) -> str:
    """Return plain data as the JSON that is hashed: one text for the same data."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)


def _hash(values: Table) -> str:
    return hashlib.sha256(to_canonical(values).encode()).hexdigest()


def _with_links(values: Table, edges: NDArray[np.int64] | None) -> Table:
    if edges is None:
        return values
    links = hashlib.sha256(edges.astype("<i8").tobytes()).hexdigest()
    return {**values, "diffusion": {**values["diffusion"], "edges": links}}


def to_toml(parameters: Parameters, *, commented: bool = False, only: str | None = None) -> str:
    """Return a complete config that loads to the same parameters, if wanted with every declaration as a comment.

    Args:
        parameters: what to write.
        commented: precede each key by its description, symbol, unit, range and source.
        only: a section to write alone.
    """
    names = [only] if only else list(sections())
    if not commented:
        return tomli_w.dumps({name: getattr(parameters, name).model_dump() for name in names})
    lines: list[str] = []
    for name in names:
        section = getattr(parameters, name)
        lines += [*_comment(section.__doc__ or ""), f"[{name}]"]
        for declared in declarations(name):
            facts = {
                "symbol": declared.symbol,
                "range": declared.range,
                "unit": declared.unit,
                "source": declared.source,
            }
            stated = "; ".join(f"{name} {fact}" for name, fact in facts.items() if fact)
            if declared.nested:
                # The keys of a list's tables stand with its description, before the list itself.
                lines[-1:-1] = _comment(f"{declared.key}: {declared.description} {stated}", "#   ")
            else:
                assignment = _assignment(declared.key, getattr(section, declared.key))
                lines += ["", *_comment(declared.description), *_comment(stated), assignment]
        lines += [""]
    return "\n".join(lines)


def schema() -> Table:
    """Return the JSON schema of a config file, for editors."""
    described = Parameters.model_json_schema()
    parent = {"type": "string", "description": "Path of the one parent, relative to this file."}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **described,
        "title": "flywheel configuration",
        "properties": {"extends": parent, **described["properties"]},
    }


def show_path(path: Path) -> str:
    """Return a path fit for one line of a message."""
    return names.shown(str(path))


class _Layers:
    """Tables merged from parent to child, and for each key the file or option that set it last."""

    def __init__(self) -> None:
        self.data: Table = {}
        self._origins: dict[Place, str] = {}

    def add(self, table: Table, origin: str) -> None:
        """Lay a table over those before; tables merge, anything else is replaced."""
        self._merge(self.data, table, (), origin)

    def _merge(self, under: Table, over: Table, place: Place, origin: str) -> None:
        for key, value in over.items():
            here = (*place, key)
            self._origins[here] = origin
            if isinstance(value, dict):
                if not isinstance(under.get(key), dict):
                    under[key] = {}
                self._merge(under[key], value, here, origin)
            else:
                under[key] = value

    def origin(self, place: Place) -> str | None:
        """Return what set a place, or else the closest table around it; None if nothing did."""
        names = tuple(part for part in place if isinstance(part, str))
        around = (names[:length] for length in range(len(names), 0, -1))
        return next((self._origins[near] for near in around if near in self._origins), None)

    def explicit(self, *place: str) -> bool:
        """Return whether a key was set by a file or option."""
        return place in self._origins


def _chain(path: Path) -> list[tuple[Path, Table]]:
    """Return a config and its parents with their tables, the oldest first."""
    chain: list[tuple[Path, Table]] = []
    seen: list[str] = []
    named_by = ""
    following: Path | None = path
    while following is not None:
        file = following
        if (resolved := os.path.realpath(file)) in seen:
            loop = [*(show_path(known) for known, _ in chain[seen.index(resolved) :]), show_path(file)]
            raise UsageError(f"{named_by}circular: {' -> '.join(loop)}")
        if len(chain) > _MOST_PARENTS:
            raise UsageError(f"{named_by}more than {_MOST_PARENTS} configs extend one another")
        if os.path.isdir(file):  # of a name too long, pathlib asks the system in vain
            raise UsageError(f"{named_by}{show_path(file)}: is a folder, not a config file")
        _, table = read_toml(file, named_by)
        parent = table.pop("extends", None)
        named_by = f"{show_path(file)}: extends: "
        if parent is not None and (not isinstance(parent, str) or not parent or "\0" in parent):
            raise UsageError(f"{named_by}must be the path of one parent, in quotes, not {_brief(parent)}")
        chain.append((file, table))
        seen.append(resolved)
        following = None if parent is None else _normal(file.parent / parent)
    return chain[::-1]


def _normal(path: Path) -> Path:
    """Return a path without ``a/..``, unless links make that another place."""
    plain = Path(os.path.normpath(path))
    return plain if os.path.realpath(plain) == os.path.realpath(path) else path


def _anchored(table: Table, folder: Path) -> Table:
    """Make the path of an edge list absolute, as seen from the folder of who names it."""
    diffusion = table.get("diffusion")
    edges = diffusion.get("edges") if isinstance(diffusion, dict) else None
    if isinstance(edges, str) and edges and "\0" not in edges:
        table["diffusion"]["edges"] = str(_normal(folder / edges).absolute())
    return table


def _parse_change(change: str) -> Table:
    """Return ``KEY=VALUE`` as a table; the value is TOML, or else text."""
    key, equals, text = change.partition("=")
    shown = change if change.isprintable() else repr(change)
    if not equals:
        raise UsageError(f"--set {shown}: must be KEY=VALUE, as in --set flywheel.elasticity=0.5")
    try:
        table = tomllib.loads(f"{key.strip()} = 0")
    except ValueError:
        table = {}
    inner, path = table, list[str]()
    while len(inner) == 1:
        path += inner
        if not isinstance(following := inner[path[-1]], dict):
            break
        inner = following
    if not path or "\n" in key:
        raise UsageError(f"--set {shown}: the key must be SECTION.NAME, as in --set flywheel.elasticity=0.5")
    try:
        parsed = tomllib.loads(f"value = {text}")
    except ValueError:
        parsed = {}
    if path != ["diffusion", "edges"] and text != text.encode(errors="replace").decode():
        raise UsageError(f"--set {shown}: the value must be text in UTF-8")
    inner[path[-1]] = parsed["value"] if parsed.keys() == {"value"} else text
    return table


def _check(layers: _Layers, main: str) -> Parameters:
    """Return the parameters, or raise with every fault found."""
    try:
        # As JSON, strictly: lists become tuples, but text never becomes a number nor a number a switch. The bytes of a
        # path that are no text become '?': the edge list is read by the path as it was given.
        data = json.dumps(layers.data, default=str, ensure_ascii=False).encode(errors="replace")
        return Parameters.model_validate_json(data, strict=True)
    except pydantic.ValidationError as error:
        faults = error.errors(include_url=False)
    if any(fault["type"] == "json_invalid" for fault in faults):
        raise RecursionError
    lines = []
    # A short list that is too short is an echo of faulty entries, each named by itself.
    faults = [fault for fault in faults if fault["type"] != "too_short" or not fault["input"]]
    shown, more = first_of(faults, f"{main}: ")
    for fault in shown:
        place, given = fault["loc"], fault["input"]
        if fault["type"] == "value_error":
            section = dotted(fault["loc"])
            said = str(fault["ctx"]["error"]).removeprefix(f"{section}.")
            place = (*place, *said.partition(":")[0].split("."))
            text = f"{section}.{said}" if section else said
        elif fault["type"] == "extra_forbidden":
            text = f"{dotted(place)}: {_unknown(place, given)}"
        elif fault["type"] == "missing":
            text = f"{dotted(place)}: is missing; must be {allowed(place)}"
        else:
            text = f"{dotted(place)}: must be {allowed(place)}, not {_brief(given)}"
        lines.append(f"{layers.origin(place) or main}: {text}")
    raise UsageError(*lines, *more) from None


def _idle(given: Parameters) -> Iterator[tuple[Place, str]]:
    """Yield what of a config does nothing in its run, and why."""
    end = f"after the end of the run, run.months = {given.run.months}"
    for number, measure in enumerate(given.policy.schedule if given.policy.enabled else ()):
        place: Place = ("policy", "schedule", number)
        if measure.start > given.run.months:
            yield place, f"'{measure.lever}' starts in month {measure.start}, {end}: it does nothing"
        elif measure.lever == "supply_cut" and measure.level and not given.frontier.enabled:
            yield place, "'supply_cut' does nothing, as frontier.enabled = false: there is no supply to cut"
    if given.shock.slot and given.shock.month > given.run.months:
        yield ("shock", "month"), f"month {given.shock.month} is {end}: it does nothing"
    schedule = given.release.schedule
    if late := sum(release.month > given.run.months for release in schedule):
        yield ("release", "schedule"), f"{late} of {len(schedule)} dated releases come {end}"
    for number, (one, other) in enumerate(pairwise(schedule), start=1):
        if (one.month, one.line) == (other.month, other.line):
            said = f"'{other.name}' renews line {one.line} in the same month as '{one.name}', which no adopter will see"
            yield ("release", "schedule", number), said


def _unknown(place: Place, given: Any) -> str:
    kind = "section" if len(place) == 1 and isinstance(given, dict) else "key"
    meant = nearest(place, tables=kind == "section")
    return f"no such {kind}; " + (f"did you mean {meant}?" if meant else "'flywheel params' lists all")


def _with_network(parameters: Parameters, layers: _Layers, main: str) -> Config:
    """Read the edge list, if one is used; it sets the number of adopters."""
    given = parameters.diffusion
    if given.network != "edges":
        return Config(parameters)
    if not given.edges:
        where = layers.origin(("diffusion", "network")) or main
        raise UsageError(f'{where}: diffusion.edges: must name an edge list, as diffusion.network is "edges"')
    from experiments.edges import read_edges

    file = Path(layers.data["diffusion"]["edges"])
    where = f"{layers.origin(('diffusion', 'edges'))}: diffusion.edges: "
    check_file(file, MOST_EDGES, f"{where}{_near(file)}: cannot read the edge list")
    edges = read_edges(file, where + _near(file))
    adopters = int(edges.max()) + 1
    if layers.explicit("diffusion", "adopters") and given.adopters != adopters:
        raise UsageError(
            f"{layers.origin(('diffusion', 'adopters'))}: diffusion.adopters: must be {adopters}, as the edge list "
            f"says, or be left out, not {given.adopters}"
        )
    changes = {"diffusion.edges": EDGES_FILE, "diffusion.adopters": adopters}
    return Config(parameters.replace(changes), edges)


def _near(path: Path) -> str:
    """Return a path as seen from the working folder, if it lies below."""
    return show_path(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else show_path(path)


def _brief(value: Any) -> str:
    text = toml_value(value)
    return text if len(text) <= _LONGEST_VALUE else text[: _LONGEST_VALUE - 1] + "…"


def _comment(text: str, margin: str = "# ") -> list[str]:
    return textwrap.wrap(text, 100, initial_indent=margin, subsequent_indent=margin, break_long_words=False)


def _assignment(key: str, value: Any) -> str:
    if isinstance(value, tuple) and value and not isinstance(value[0], str):
        return f"{key} = [\n" + "".join(f"    {toml_value(item)},\n" for item in value) + "]"
    return f"{key} = {toml_value(value)}"
