"""What the page shows, as plain data: to and from its address, to parameters, to configs and to a command.

The address holds everything: which worlds, what was changed of each, the outcome, seeds, month and language.

    lang=en&a=baseline&a.flywheel.enabled=false&b=baseline&outcome=unit_cost&seeds=100&seed=0&month=0
"""

from __future__ import annotations

import shlex
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, urlencode

from experiments.bands.worlds import LARGEST_SEED
from experiments.config import to_toml
from experiments.declarations import allowed, toml_value
from experiments.errors import UsageError
from experiments.messages.text import visible
from experiments.page.words import LANGUAGES, OUTCOMES
from experiments.page.worlds import BASELINE, base_of
from sim.parameters import Parameters, ValidationError

SEEDS = (2, 1000)
_LONGEST = 20_000


class NotAllowedError(UsageError):
    """Values that are not allowed: a line each, and the keys that are out of range."""

    def __init__(self, *lines: str, keys: tuple[str, ...] = ()) -> None:
        super().__init__(*lines)
        self.keys = keys


@dataclass(frozen=True)
class Side:
    """One of the two worlds: where it starts from, and what is changed, values by dotted key."""

    source: str = BASELINE
    changes: Mapping[str, Any] = field(default_factory=dict)

    def with_value(self, key: str, value: Any) -> Side:
        """Return the world with a parameter at a value; one that it starts with is no change."""
        rest = {name: kept for name, kept in self.changes.items() if name != key}
        if value == value_of(base_of(self.source), key):
            return replace(self, changes=rest)
        return replace(self, changes={**rest, key: value})

    def parameters(self) -> Parameters:
        """Return all its parameters.

        Raises:
            NotAllowedError: a value that is not allowed; a line each.
        """
        try:
            made = base_of(self.source).replace(self.changes)
        except KeyError as error:
            raise UsageError(str(error.args[0])) from None
        except ValidationError as error:
            faults = error.errors(include_url=False)
            keys = tuple(".".join(map(str, each["loc"][:2])) for each in faults if each["type"] != "value_error")
            raise NotAllowedError(*map(_fault, faults), keys=keys) from None
        if made.diffusion.network == "edges":
            raise UsageError("diffusion.network: the page reads no edge list; use flywheel run for this world")
        return made


@dataclass(frozen=True)
class View:
    """All that the page shows.

    Attributes:
        a, b: the two worlds.
        outcome: the outcome that is drawn.
        seeds: how many paired seeds, 0, 1, 2, …
        seed: the seed that is shown month by month.
        month: the month that is shown of it; 0 for the last.
        language: "en" or "zh".
    """

    a: Side = field(default_factory=Side)
    b: Side = field(default_factory=Side)
    outcome: str = "unit_cost"
    seeds: int = 100
    seed: int = 0
    month: int = 0
    language: str = "en"

    def side(self, letter: str) -> Side:
        """Return world "a" or "b"."""
        return self.a if letter == "a" else self.b

    def with_side(self, letter: str, side: Side) -> View:
        """Return the view with another world "a" or "b"."""
        return replace(self, a=side) if letter == "a" else replace(self, b=side)


class Preset(NamedTuple):
    """A step of the source's story: what world A lacks of world B, the baseline, and the outcome to look at."""

    lacks: dict[str, Any]
    outcome: str


_REUSE, _FLYWHEEL, _OPENNESS = {"reuse.enabled": False}, {"flywheel.enabled": False}, {"firm.openness": 0.0}
_FEEDBACK = {"feedback.patches": False, "feedback.tooling": False, "feedback.signal": False}
PRESETS = {
    "reuse": Preset(_REUSE, "average_rd_cost"),
    "flywheel": Preset(_FLYWHEEL, "unit_cost"),
    "openness": Preset(_OPENNESS, "users"),
    "feedback": Preset(_FEEDBACK, "independent_size"),
    "joint": Preset({**_REUSE, **_FLYWHEEL, **_OPENNESS, **_FEEDBACK}, "unit_cost"),
}


def with_preset(view: View, name: str) -> View:
    """Return the view with the worlds and the outcome of a step."""
    step = PRESETS[name]
    return replace(view, a=Side(changes=step.lacks), b=Side(), outcome=step.outcome)


def preset_of(view: View) -> str:
    """Return the step whose worlds a view shows, or nothing."""
    return next((name for name in PRESETS if with_preset(view, name) == view), "")


def value_of(parameters: Parameters, key: str) -> Any:
    """Return the value of a dotted key."""
    section, _, name = key.partition(".")
    return getattr(getattr(parameters, section), name)


def toml_or_text(text: str) -> Any:
    """Return a value as TOML, or else as text, as ``--set`` does."""
    try:
        parsed = tomllib.loads(f"value = {text}")
    except (ValueError, RecursionError):
        return text
    return parsed["value"] if parsed.keys() == {"value"} else text


def to_address(view: View) -> str:
    """Return the view as the query of an address, without the question mark."""
    pairs: list[tuple[str, object]] = [("lang", view.language)]
    for letter in "ab":
        side = view.side(letter)
        pairs.append((letter, side.source))
        pairs += [(f"{letter}.{key}", toml_value(value)) for key, value in sorted(side.changes.items())]
    pairs += [
        ("outcome", view.outcome), ("seeds", str(view.seeds)), ("seed", str(view.seed)), ("month", str(view.month)),
    ]  # fmt: skip
    return urlencode(pairs)


def from_address(query: str) -> View:
    """Return the view that an address holds; what it leaves out is as in a new view.

    Raises:
        UsageError: a name or a value that the page does not know.
    """
    if len(query) > _LONGEST:
        raise UsageError(f"address: longer than {_LONGEST:,} characters")
    plain: dict[str, str] = {}
    changes: dict[str, dict[str, Any]] = {"a": {}, "b": {}}
    for name, text in parse_qsl(query, keep_blank_values=True):
        letter, dot, key = name.partition(".")
        if dot and letter in changes:
            changes[letter][key] = toml_or_text(text)
        else:
            plain[name] = text
    known = {"lang", "a", "b", "outcome", "seeds", "seed", "month"}
    if unknown := [name for name in plain if name not in known]:
        raise UsageError(f"address: '{unknown[0]}' is not known; names are {', '.join(sorted(known))}, a.KEY and b.KEY")
    view = View(
        a=Side(plain.get("a", BASELINE), changes["a"]),
        b=Side(plain.get("b", BASELINE), changes["b"]),
        outcome=_one_of("outcome", plain.get("outcome", "unit_cost"), OUTCOMES),
        seeds=_whole("seeds", plain.get("seeds", "100"), *SEEDS),
        seed=_whole("seed", plain.get("seed", "0"), 0, LARGEST_SEED),
        month=_whole("month", plain.get("month", "0"), 0, 1200),
        language=_one_of("lang", plain.get("lang", "en"), LANGUAGES),
    )
    for letter in "ab":
        try:
            view.side(letter).parameters()
        except UsageError as error:
            keys = error.keys if isinstance(error, NotAllowedError) else ()
            raise NotAllowedError(*(f"address: {letter}: {line}" for line in error.lines), keys=keys) from None
    return view


def to_config(side: Side) -> str:
    """Return a world as a complete config, which runs by itself."""
    return to_toml(side.parameters())


def to_command(view: View) -> str:
    """Return the command that shows this view."""
    return f"flywheel page --view {shlex.quote(to_address(view))}"


def _one_of(name: str, given: str, known: Mapping[str, Any]) -> str:
    if given not in known:
        raise UsageError(f"address: {name}: must be one of {', '.join(known)}, not '{given}'")
    return given


def _whole(name: str, given: str, low: int, high: int) -> int:
    if not given.isascii() or not given.isdigit() or len(given) > 19 or not low <= int(given) <= high:
        raise UsageError(f"address: {name}: must be a whole number from {low} to {high}, not '{given}'")
    return int(given)


def _fault(fault: Any) -> str:
    place = fault["loc"]
    key = ".".join(map(str, place))
    if fault["type"] == "value_error":
        return f"{key}: {fault['ctx']['error']}".removeprefix(": ")
    return f"{key}: must be {allowed(place)}, not {visible(toml_value(fault['input']))[:60]}"
