"""What audit, falsifier and multiverse found, as rows of words: for the terminal and for the report alike."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from experiments.propositions.words import figure

Rows = Sequence[tuple[str, ...]]

_WHAT = {
    "null world": "null world", "labels": "labels shuffled", "forms": "other functional forms",
    "boundary": "cells where it must fail",
}  # fmt: skip


class Told(NamedTuple):
    """One part: its name, what it is in a sentence, and a table."""

    name: str
    sentence: str
    headings: tuple[str, ...]
    rows: Rows


def told(found: Mapping[str, Any]) -> Iterator[Told]:
    """Yield each part that was asked for."""
    if "audit" in found:
        yield Told("Audit", _AUDIT, ("claim", "check", "outcome", "what was found"), list(_audit(found["audit"])))
    if "falsifier" in found:
        rows = [(each["id"], each["base"], *_falsifier(each)) for each in found["falsifier"]]
        yield Told("Falsifier", _FALSIFIER, ("claim", "verdict", "smallest reversal", "distance", "evaluations"), rows)
    if "multiverse" in found:
        curves = [_multiverse(each) for each in found["multiverse"]]
        columns = ("claim", "verdicts", "another one under", "weakest under", "strength", "strongest under", "checks")
        yield Told("Multiverse", _MULTIVERSE, columns, curves)


_AUDIT = (
    "Could the claims fail at all? Every payoff link cut: no effect may be left. Labels of arms shuffled within seeds: "
    "no effect. Other functional forms: signs stay, or it is told. Where a claim must fail, it does. A competent "
    "closed rival can win."
)
_FALSIFIER = (
    "A search for the smallest change of parameters that reverses a verdict: distance in ranges of the region, found "
    "on some seeds and confirmed on others. Nothing found is no proof."
)
_MULTIVERSE = (
    "The same verdict under choices that the source does not make: network, number of adopters, functional form, order "
    "of a month's stages, layout of links. Strength is the weakest required effect, in smallest effects of interest. "
    "Ties between products or modules have no chance in the model, whose draws are continuous."
)


def _audit(found: dict[str, Any]) -> Iterator[tuple[str, ...]]:
    for each in found["claims"]:
        for number, check in enumerate(name for name in _WHAT if name in each):
            yield "" if number else each["id"], _WHAT[check], each[check]["outcome"], each[check]["says"]
    yield "all", "a closed rival can win", found["rival"]["outcome"], found["rival"]["says"]


def _falsifier(found: dict[str, Any]) -> tuple[str, str, str]:
    done = f"{found['evaluations']} of {found['limit']}" if "limit" in found else f"{found['evaluations']}"
    if found["outcome"] != "found":
        return found["outcome"], "", done
    moves = ", ".join(f"{c['key']} {_short(c['base'])} → {_short(c['value'])}" for c in found["changes"])
    return f"{found['verdict']} at {moves}", f"{found['distance']:.2f}", done


def _short(value: Any) -> str:
    return f"{value:.3g}" if isinstance(value, float) else str(value)


def _multiverse(found: dict[str, Any]) -> tuple[str, ...]:
    rows = found["specifications"]
    verdicts = ", ".join(f"{count} {verdict}" for verdict, count in found["verdicts"].items() if count)
    same = sum(check["same"] for check in found["checks"])
    span = f"{figure(rows[0]['strength'])} to {figure(rows[-1]['strength'])}"
    ends = rows[0]["name"], span, rows[-1]["name"]
    return found["id"], verdicts, _others(rows) or "none", *ends, f"{same} of {len(found['checks'])} same"


def _others(rows: Sequence[dict[str, Any]]) -> str:
    """Return the specifications that decide, and otherwise than most of those that do."""
    decided = [row["verdict"] for row in rows if row["verdict"] != "undecided"]
    most = max(sorted(set(decided)), key=decided.count, default="")
    return ", ".join(f"{row['name']} ({row['verdict']})" for row in rows if row["verdict"] not in (most, "undecided"))
