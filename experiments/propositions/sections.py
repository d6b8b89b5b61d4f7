"""The part of the report on one claim, in Markdown: answer, picture, numbers, boundary, region, channels, how to rerun.

Each part is a function of a result that returns lines, none if it has nothing to say; ``PARTS`` lists them in order.
Results come with their text made ``inert``.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Iterable, Sequence

from experiments.figures.words import percent
from experiments.propositions import answers
from experiments.propositions.markup import original
from experiments.propositions.words import EFFECT_WORDS, Data, figure, meaning, number_of, sesoi_words

Lines = list[str]


def table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> Lines:
    """Return a table, with a line of space on either side; nothing if it has no row."""
    body = ["| " + " | ".join(row) + " |" for row in rows]
    if not body:
        return []
    return ["", "| " + " | ".join(headings) + " |", "|" + "---|" * len(headings), *body, ""]


def bullets(lines: Iterable[str]) -> Lines:
    """Return a list, with a line of space on either side; nothing if it is empty."""
    found = [f"- {line}" for line in lines]
    return ["", *found, ""] if found else []


def picture(name: str, said: str) -> Lines:
    """Return a figure with what it shows under it."""
    return ["", f"![{said}](figures/{name}.png)", "", f"*{said}*", ""]


def changes_words(changes: Data) -> str:
    """Return changes of a world as code."""
    return ", ".join(f"`{key} = {json.dumps(value, ensure_ascii=False)}`" for key, value in changes.items())


def _answer(result: Data, data: Data) -> Lines:  # noqa: ARG001
    lines = [f"> {result['words']}", "", f"**The claim as tested.** {result['statement']}", ""]
    lines += [f"**Answer.** {answers.answer(result)}", ""]
    if result.get("status") == "exploratory":
        lines += [f"This verdict is exploratory: {result['because']}.", ""]
    said = "Its effects with their intervals, and what each arm came to. Grey: what is too small to matter."
    return [*lines, *picture(result["id"], said)]


def _effects(result: Data, data: Data) -> Lines:  # noqa: ARG001
    rows = []
    for effect in sorted(result["effects"], key=lambda each: not each["required"]):
        estimand = result["estimands"][effect["name"]]
        rows.append((
            effect["name"], answers.shown(result, effect), sesoi_words(effect, estimand, result["measures"]),
            EFFECT_WORDS[effect["verdict"]], "yes" if effect["required"] else "no", str(effect["seeds"]),
        ))  # fmt: skip
    said = [
        f"{effect['name']}. {meaning(effect, result['estimands'][effect['name']], result['measures'])}"
        for effect in result["effects"]
        if effect["required"]
    ]
    headings = ("effect", "estimate (interval)", "to matter it must be", "came out", "required", "seeds")
    return ["### Effects", *table(headings, rows), "What the required ones say:", *bullets(said)]


def _why(result: Data, data: Data) -> Lines:  # noqa: ARG001
    lines = ["### Why", "", f"The mechanism claimed: {result['mechanism']}"]
    lines += ["", f"Counted from the event log, the mean of {result['channels']['seeds']} runs of each arm:"]
    lines += bullets(answers.channel_words(result))
    lines += _channels(result)
    lines += [""]
    if result["verdict"] != "supported":
        lines += [answers.would_have_to_hold(result), ""]
    lacking = answers.power(result)
    return [*lines, *(["### Where power is lacking", *bullets(lacking)] if lacking else [])]


def _channels(result: Data) -> Lines:
    told = result["channels"]
    rows = {(row["arm"], row["channel"]): row for row in told["rows"]}
    kinds = [kind for kind in answers.CHANNEL_WORDS if any((arm, kind) in rows for arm in told["arms"])]
    kinds = [kind for kind in kinds if any(number_of(rows[arm, kind]["mean"]) != 0.0 for arm in told["arms"])]

    def shown(arm: str, kind: str) -> str:
        row = rows[arm, kind]
        mean = figure(number_of(row["mean"]))
        gap = row["difference"]
        if gap is None:
            return mean
        ends = number_of(gap["low"]), number_of(gap["high"])
        return f"**{mean}** ({figure(ends[0])} to {figure(ends[1])})" if ends[0] > 0.0 or ends[1] < 0.0 else mean

    names = [answers.arm_words(result, arm) for arm in told["arms"]]
    lines = table(
        ("per run", *names), [(answers.CHANNEL_WORDS[kind], *(shown(a, kind) for a in told["arms"])) for kind in kinds]
    )
    reference = answers.arm_words(result, told["reference"])
    said = f"Bold: differs clearly from {reference}; in brackets the interval of the difference, one at a time."
    return [*lines, said] if lines else []


def _boundary(result: Data, data: Data) -> Lines:  # noqa: ARG001
    rows = [
        (
            each["name"], changes_words(each["changes"]), each["why"],
            answers.CELL_WORDS[each["outcome"]], _in_cell(result, each), str(each["seeds"]),
        )
        for each in result["boundary"]
    ]  # fmt: skip
    headings = ("cell", "what is changed", "why it must fail there", "what came out", "effects there", "seeds")
    lines = ["### Where it was declared to fail", *table(headings, rows)]
    return [*lines, *answers.boundary_words(result)[len(result["boundary"]) :]]


def _in_cell(result: Data, found: Data) -> str:
    required = [effect for effect in found["effects"] if effect["required"]]
    return "; ".join(f"{e['name']}: {answers.shown(result, e)}, {EFFECT_WORDS[e['verdict']]}" for e in required)


def _region(result: Data, data: Data) -> Lines:  # noqa: ARG001
    found = result["region"]
    lines = ["### Where it holds", *bullets(answers.region_words(result))]
    axes = " and ".join(f"`{key}`" for key in found["axes"])
    said = f"Its verdict at each place, over {axes}; the other parameters of the region vary as well."
    lines += picture(f"{result['id']}-region", said)
    rows = [
        (EFFECT_WORDS[kind], percent(each["share"]), f"{percent(each['low'])} to {percent(each['high'])}")
        for kind, each in found["shares"].items()
    ]
    lines += table((f"the claim, with {found['seeds']} seeds a place", "places", "95 % interval"), rows)
    return [
        *lines,
        *table(("parameter", "what it is", "region", "base world"), map(_parameter(result), found["parameters"])),
    ]


def _parameter(result: Data) -> Callable[[Data], tuple[str, str, str, str]]:
    def row(factor: Data) -> tuple[str, str, str, str]:
        listed = factor["values"]
        span = (
            " or ".join(map(str, listed))
            if listed is not None
            else f"{figure(factor['low'])} to {figure(factor['high'])}"
        )
        base = result["base"][factor["key"]]
        shown = figure(base) if isinstance(base, (int, float)) and not isinstance(base, bool) else str(base)
        return f"`{factor['key']}`", factor["description"], f"{span}{_on(factor)}", shown

    return row


def _on(factor: Data) -> str:
    return ", by logs" if factor["scale"] == "log" and factor["values"] is None else ""


def _attribution(result: Data, data: Data) -> Lines:  # noqa: ARG001
    parts: Sequence[Data] = result.get("attribution") or []
    if not parts:
        return []
    lines = [
        "### Whose doing it is",
        "",
        "Every mechanism is switched on and off in every combination. A mechanism's share is what it adds on average "
        "over all orders in which mechanisms could be switched on (Shapley's value); the shares add up to 100 %. A "
        "pair interacts if both together add more, or less, than one by one.",
        "",
    ]
    lines += picture(f"{result['id']}-shares", "Each mechanism's share of what all together add, with 95 % intervals.")
    names = [each["switch"] for each in parts[0]["switches"]]
    rows = [
        (part["name"], *(_share(each["share"]) for each in part["switches"]), _share(part["together"] or {}))
        for part in parts
    ]
    lines += table(("share of", *names, "only together"), rows)
    lines += picture(
        f"{result['id']}-interactions", "What pairs add together beyond what each adds, in percent of what all add."
    )
    pairs = sum(len(part["pairs"]) for part in parts)
    lines += [f"{pairs} pairs are looked at, each by itself: about one in twenty would look clear by luck alone.", ""]
    strongest = [
        f"{part['name']}: {' and '.join(each['switches'])} {_share(each['share'])}"
        for part in parts
        for each in sorted(part["pairs"], key=lambda pair: -abs(number_of(pair["share"]["estimate"], 0.0)))[:3]
    ]
    return [*lines, "The strongest pairs, with intervals:", *bullets(strongest)]


def _share(share: Data) -> str:
    if not share:
        return "?"
    low, middle, high = (100.0 * number_of(share[key]) for key in ("low", "estimate", "high"))
    return f"{_whole(middle)}\u00a0% ({_whole(low)} to {_whole(high)})"


def _whole(value: float) -> str:
    return f"{round(value) + 0:d}" if math.isfinite(value) else figure(value)


def _rerun(result: Data, data: Data) -> Lines:
    claim, command = result["id"], "policy" if data.get("kind") == "policies" else "propositions"
    return [
        "### How to rerun just this",
        "",
        "DIR is the folder that this report lies in.",
        "",
        "```",
        f"flywheel {command} {claim} --budget {data['budget']}",
        f"flywheel lineage DIR {claim}",
        "```",
        "",
        "The first judges the claim anew, alone and so without the correction for several claims, in a folder of its "
        "own. The second names the runs behind its verdict and figures, runs them again and compares.",
        "",
    ]


PARTS: tuple[Callable[[Data, Data], Lines], ...] = (
    _answer, _effects, _why, _boundary, _region, _attribution, _rerun,
)  # fmt: skip


def section(result: Data, data: Data) -> Lines:
    """Return a claim's part of the report."""
    lines = [f"## {result['id']} {result['title']}", ""]
    for part in PARTS:
        lines += [*part(result, data), ""]
    return lines


def anchor(result: Data) -> str:
    """Return the name of a claim's section in links."""
    return slug(original(f"{result['id']} {result['title']}"))


def slug(heading: str) -> str:
    """Return the name of a heading in links, as renderers of Markdown make it."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-")
