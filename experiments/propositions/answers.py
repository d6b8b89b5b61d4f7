"""A claim's answer in sentences, none of which says more than its numbers do.

Results are those of ``pipeline.decide``, after Holm's correction.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from experiments.figures.words import NBSP, percent
from experiments.propositions.words import (
    Data,
    figure,
    meaning,
    number_of,
    power_words,
    seeds_needed,
    sesoi_words,
    short,
)

_BY_ITSELF = {
    "supported": "speaks for the claim",
    "contradicted": "speaks against the claim",
    "negligible": "says that an effect which the claim needs is too small to matter",
}
CELL_WORDS = {
    "failed": "failed as declared",
    "held": "held, although it was declared to fail",
    "open": "open: not settled there",
}
CELL_SHORT = {"failed": "failed as it must", "held": "held after all", "open": "not settled"}
CHANNEL_WORDS = {
    "independent": "own innovations",
    "integrated": "integrated innovations",
    "experience": "own trials kept",
    "events_patched": "contributed trials kept",
    "events_made": "modules made",
    "events_copied": "modules copied and fitted",
    "events_reused": "modules reused",
    "events_adopted": "modules adopted from outside",
    "events_mastered": "adopted modules mastered",
    "events_imitated": "others' modules imitated",
    "events_lost": "modules lost to cuts",
    "events_released": "products released",
}
_MOST_ARMS, _MOST_CHANNELS = 3, 4
_FEW_SETTLED = 0.5


def deciding(result: Data) -> Data:
    """Return the effect that decides the verdict."""
    named = [effect for effect in result["effects"] if effect["name"] == result["decided_by"]]
    return named[0] if named else next(effect for effect in result["effects"] if effect["required"])


def shown(result: Data, effect: Data) -> str:
    """Return an effect's estimate and interval in natural units."""
    return short(effect, result["estimands"].get(effect["name"]), result["measures"])


def answer(result: Data) -> str:
    """Return the one-line answer."""
    effect = deciding(result)
    bound = sesoi_words(effect, result["estimands"].get(effect["name"]), result["measures"])
    name, said = f"\u201c{effect['name']}\u201d", f"{shown(result, effect)}; needed is {bound}"
    if result["verdict"] == "supported":
        count = sum(bool(each["required"]) for each in result["effects"])
        all_are = {1: "its required effect is", 2: "both required effects are"}.get(
            count, f"all {count} required effects are"
        )
        return f"Supported: {all_are} as claimed and large enough to matter. The weakest, {name}, is {said}."
    if result["verdict"] == "contradicted":
        return f"Contradicted: {name}, which the claim needs, goes the other way: {said}."
    if result["verdict"] == "negligible":
        return f"Negligible: {name}, which the claim needs, is too small to matter: {said}."
    if result.get("struck"):
        return (
            f"Undecided: by itself the evidence {_BY_ITSELF[result['alone']]} ({name}: {said}), but it does not "
            f"outlast the correction for judging several claims at once (p = {result['p']:.2g}, corrected "
            f"{result['adjusted']:.2g})."
        )
    if effect["verdict"] != "undecided":
        many = sum(bool(each["required"]) for each in result["effects"])
        return (
            f"Undecided: by itself {name} {_BY_ITSELF[effect['verdict']]}: {said}; but any one of the claim's {many} "
            "required effects could have said so, and corrected for that it is not settled."
        )
    return f"Undecided: {name}, which the claim needs, is not settled: {said}."


def reasons(result: Data) -> list[str]:
    """Return why the verdict is what it is: what the deciding effect means, and what every other required one says."""
    required = [effect for effect in result["effects"] if effect["required"]]
    effect = deciding(result)
    lines = [f"What decides: {meaning(effect, result['estimands'][effect['name']], result['measures'])}"]
    if effect["note"]:
        lines.append(f"Note on it: {effect['note']}.")
    if len(required) > 1:
        fine = sum(each["verdict"] == "supported" for each in required)
        many = "all" if fine == len(required) else fine or "none"
        lines.append(f"Of its {len(required)} required effects {many} came out as claimed.")
    return lines


def power(result: Data) -> list[str]:
    """Return where power is lacking: for each required effect that is not settled, and for the region."""
    lines = [
        f"{effect['name']}: {power_words(effect)}"
        for effect in result["effects"]
        if effect["required"] and effect["verdict"] == "undecided"
    ]
    open_share = result["region"]["shares"]["undecided"]["share"]
    if open_share >= _FEW_SETTLED:
        lines.append(
            f"At {percent(open_share)} of the places of the region the {result['region']['seeds']} seeds of a place do "
            "not settle the claim; that it does not hold there is not shown."
        )
    return lines


def most_seeds(result: Data) -> int | None:
    """Return about how many seeds the required effects that are not settled need; nothing if that cannot be said."""
    found = [
        math.ceil(needed * result["seeds"] / effect["seeds"])  # some seeds have no number for it
        for effect in result["effects"]
        if effect["required"] and effect["verdict"] == "undecided" and (needed := seeds_needed(effect)[0]) is not None
    ]
    return max(found, default=None)


def region_short(result: Data) -> str:
    """Return where the claim holds as a share: 6 % (0 to 30)."""
    share = result["region"]["shares"]["supported"]
    middle, low, high = (100.0 * share[key] for key in ("share", "low", "high"))
    return f"{middle:.0f}{NBSP}% ({low:.0f} to {high:.0f})"


def region_words(result: Data) -> list[str]:
    """Return where in its region the claim holds, what decides it, and how far that rule can be trusted."""
    region = result["region"]
    places = len(region["places"])
    held = sum(place["verdict"] == "supported" for place in region["places"])
    share = region["shares"]["supported"]
    lines = [
        f"The claim holds at {held} of {places} places of its region, drawn evenly: {region_short(result)} of it."
        if share["share"] > 0.0
        else f"The claim holds at none of {places} places of its region, drawn evenly: at most at "
        f"{percent(share['high'])} of it."
    ]
    rule = region["rule"]
    if rule["conditions"]:
        lines.append(f"Where most: {rule['words']}.")
        better = rule["accuracy"] > rule["majority"]
        lines.append(
            f"That rule tells {percent(rule['accuracy'])} of places held out rightly; always saying the commoner "
            f"answer tells {percent(rule['majority'])}{'.' if better else ', so the rule is no better than that.'}"
        )
    return [*lines, *_what_matters(region)]


def _what_matters(region: Data) -> list[str]:
    clear = [each for each in region["indices"] if each["low"] > 0.0 or each["high"] < 0.0]
    if not region["indices"]:
        return ["Too few places, or too little that varies, to say which parameter decides."]
    if not clear:
        return ["No single parameter clearly decides how strong its weakest effect is."]
    rises = [
        f"{'rises' if each['index'] > 0.0 else 'falls'} with `{each['key']}` ({figure(each['index'])}, "
        f"{figure(each['low'])} to {figure(each['high'])})"
        for each in clear[:_MOST_ARMS]
    ]
    return [f"The strength of its weakest effect {' and '.join(rises)}, on a scale from -1 to 1."]


def would_have_to_hold(result: Data) -> str:
    """Return what would have to hold for the claim to be right."""
    region = result["region"]
    rule, places = region["rule"], region["places"]
    if rule["conditions"]:
        there = f"there the claim holds at {rule['held']} of {rule['inside']} places"
        return f"For the claim to be right: {' and '.join(f'`{each}`' for each in rule['conditions'])} ({there})."
    tally = [place["verdict"] for place in places]
    held, unsettled = tally.count("supported"), tally.count("undecided")
    if held:
        return f"For the claim to be right no rule was found: the claim holds at {held} of {len(places)} places."
    said = f"What would make the claim right was not found: the claim holds at none of {len(places)} places"
    said += f", though at {unsettled} of them it is not settled." if unsettled else "."
    clear = [each for each in region["indices"] if each["low"] > 0.0 or each["high"] < 0.0]
    if not clear:
        return said
    return f"{said} It comes nearer with {'more' if clear[0]['index'] > 0.0 else 'less'} of `{clear[0]['key']}`."


def boundary_short(result: Data) -> str:
    """Return what came of the cells where the claim must fail: 1 failed as it must, 1 held after all."""
    outcomes = [cell["outcome"] for cell in result["boundary"]]
    return ", ".join(f"{outcomes.count(kind)}{NBSP}{said}" for kind, said in CELL_SHORT.items() if kind in outcomes)


def boundary_words(result: Data) -> list[str]:
    """Return what came of each cell where the claim must fail, and what that is worth."""
    lines = [f"{cell['name']}: {CELL_WORDS[cell['outcome']]}." for cell in result["boundary"]]
    if result["verdict"] != "supported" and any(cell["outcome"] == "failed" for cell in result["boundary"]):
        lines.append("As the claim is not found in the base world either, that it fails in a cell says little.")
    return lines


def channel_words(result: Data) -> list[str]:
    """Return what the event log says of the arms that the deciding effect compares, a sentence an arm."""
    told = result["channels"]
    estimand = result["estimands"].get(deciding(result)["name"], {})
    named = estimand.get("arms") or told["arms"]
    arms = [arm for arm in dict.fromkeys(named) if arm != told["reference"] and arm in told["arms"]]
    if not any(_clear(row["difference"]) for row in told["rows"] if row["arm"] in arms and row["difference"]):
        return [f"None of the arms differs clearly from {arm_words(result, told['reference'])} in any channel."]
    lines = [_channel_line(result, arm) for arm in arms[:_MOST_ARMS]]
    if len(arms) > _MOST_ARMS:
        lines.append(f"Further arms: {len(arms) - _MOST_ARMS}, in the table.")
    return lines


def arm_words(result: Data, arm: str) -> str:
    """Return an arm's name for the reader: which switches are off, or which dose it is."""
    if result["design"] == "dose":
        return f"`{result['dose']} = {arm}`"
    if result["design"] != "switches":
        return f"`{arm}`"
    off = [name for name, bit in zip(result["switches"], arm, strict=True) if bit == "0"]
    if not off:
        return "`all on`"
    return "`all off`" if len(off) == len(arm) else f"`without {' and '.join(off)}`"


def _channel_line(result: Data, arm: str) -> str:
    told = result["channels"]
    rows = [row for row in told["rows"] if row["arm"] == arm and row["difference"] is not None]
    base = {row["channel"]: row["mean"] for row in told["rows"] if row["arm"] == told["reference"]}
    clear = sorted((row for row in rows if _clear(row["difference"])), key=lambda row: -_distinct(row["difference"]))
    name, reference = arm_words(result, arm), arm_words(result, told["reference"])
    if not clear:
        return f"{name} differs from {reference} in no channel clearly."
    parts = [
        f"{_mean(row)} {CHANNEL_WORDS[row['channel']]} against {figure(number_of(base[row['channel']]))}"
        for row in clear[:_MOST_CHANNELS]
    ]
    own = next((row for row in rows if row["channel"] == "independent"), None)
    if own is not None and own not in clear:
        other = figure(number_of(base["independent"]))
        parts.append(f"but {_mean(own)} own innovations against {other}, no clear difference")
    return f"A run of {name}, against one of {reference}, has {', '.join(parts)}."


def _mean(row: Data) -> str:
    return figure(number_of(row["mean"]))


def _clear(difference: Data) -> bool:
    return number_of(difference["low"], -math.inf) > 0.0 or number_of(difference["high"], math.inf) < 0.0


def _distinct(difference: Data) -> float:
    half = 0.5 * (number_of(difference["high"], math.inf) - number_of(difference["low"], -math.inf))
    return abs(number_of(difference["estimate"])) / half if half > 0.0 else math.inf


def counts(results: Sequence[Mapping[str, Any]]) -> str:
    """Return how many claims have which verdict: 1 supported, 7 undecided."""
    tally = [(kind, sum(r["verdict"] == kind for r in results)) for kind in _ORDER]
    return ", ".join(f"{number}{NBSP}{kind}" for kind, number in tally if number)


_ORDER = ("supported", "contradicted", "negligible", "undecided")
