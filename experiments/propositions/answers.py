"""A claim's answer in sentences, none of which says more than its numbers do. Results are those of ``pipeline.decide``."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from experiments.figures.words import NBSP, percent
from experiments.propositions.words import Data, figure, meaning, number_of, power_words, seeds_needed, sesoi_words, short

_BY_ITSELF = {
    "supported": "in favour of the claim",
    "contradicted": "against the claim",
    "negligible": "that an effect which the claim needs is too small to matter",
}
CELL_WORDS = {
    "failed": "failed as declared",
    "held": "held, although it was declared to fail",
    "open": "open: not settled there",
}
CHANNEL_WORDS = {
    "independent": "own innovations",
    "integrated": "integrated innovations",
    "experience": "own trials kept",
    "events_patched": "contributed trials kept",
    "events_made": "modules made afresh",
    "events_redeveloped": "modules redeveloped",
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
    verdict, effect = result["verdict"], deciding(result)
    said = f"{effect['name']}: {shown(result, effect)}"
    bound = sesoi_words(effect, result["estimands"].get(effect["name"]), result["measures"])
    if verdict == "supported":
        count = sum(bool(each["required"]) for each in result["effects"])
        all_are = "Its required effect is" if count == 1 else f"All {count} required effects are"
        return f"Supported. {all_are} as claimed and large enough to matter; the weakest is {said}, needed is {bound}."
    if verdict == "contradicted":
        return f"Contradicted. An effect that the claim needs goes the other way. {said}; needed is {bound}."
    if verdict == "negligible":
        return f"Negligible. An effect that the claim needs is too small to matter. {said}; needed is {bound}."
    if result.get("struck"):
        return (
            f"Undecided. By itself the evidence speaks {_BY_ITSELF[result['alone']]} ({said}; needed is {bound}), but it "
            f"does not outlast the correction for judging several claims at once (p = {result['p']:.2g}, corrected "
            f"{result['adjusted']:.2g})."
        )
    return f"Undecided. An effect that the claim needs is not settled. {said}; needed is {bound}."


def reasons(result: Data) -> list[str]:
    """Return why the verdict is what it is: what the deciding effect means, and what every other required one says."""
    required = [effect for effect in result["effects"] if effect["required"]]
    effect = deciding(result)
    lines = [f"What decides: {meaning(effect, result['estimands'][effect['name']], result['measures'])}"]
    if effect["note"]:
        lines.append(f"Note on it: {effect['note']}.")
    if len(required) > 1:
        fine = sum(each["verdict"] == "supported" for each in required)
        lines.append(f"Of its {len(required)} required effects {fine if fine else 'none'} came out as claimed.")
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
        seeds_needed(effect)[0]
        for effect in result["effects"]
        if effect["required"] and effect["verdict"] == "undecided"
    ]
    return max((each for each in found if each is not None), default=None)


def region_short(result: Data) -> str:
    """Return where the claim holds as a share: 6 % (0 to 30)."""
    share = result["region"]["shares"]["supported"]
    return f"{percent(share['share'])} ({figure(100.0 * share['low'])} to {figure(100.0 * share['high'])})"


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
            f"That rule tells {percent(rule['accuracy'])} of places held out rightly; always saying the commoner answer "
            f"tells {percent(rule['majority'])}{'.' if better else ', so the rule is no better than that.'}"
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
    """Return what would have to hold for the authors to be right."""
    region = result["region"]
    rule, share = region["rule"], region["shares"]["supported"]["share"]
    if rule["conditions"]:
        return f"For the authors to be right: {' and '.join(rule['conditions'])} (there it holds at {rule['held']} of {rule['inside']} places)."
    if share > 0.5:  # noqa: PLR2004
        return "For the authors to be right nothing special is needed: it holds nearly everywhere in the region."
    clear = [each for each in region["indices"] if each["low"] > 0.0 or each["high"] < 0.0]
    few = "Almost nowhere" if share > 0.0 else "Nowhere"
    said = f"{few} in the region is what the authors say found true, so no rule tells where it would be."
    if not clear:
        return said
    one = clear[0]
    return f"{said} It comes nearer with {'more' if one['index'] > 0.0 else 'less'} of `{one['key']}`."


def boundary_short(result: Data) -> str:
    """Return what came of the cells where the claim must fail."""
    return ", ".join(cell["outcome"] for cell in result["boundary"])


def boundary_words(result: Data) -> list[str]:
    """Return what came of each cell where the claim must fail, and what that is worth."""
    lines = [f"{cell['name']}: {CELL_WORDS[cell['outcome']]}." for cell in result["boundary"]]
    if result["verdict"] != "supported" and any(cell["outcome"] == "failed" for cell in result["boundary"]):
        lines.append("As the claim is not found in the base world either, that it fails in a cell says little for it.")
    return lines


def channel_words(result: Data) -> list[str]:
    """Return what the event log says of the arms that the deciding effect compares, a sentence an arm."""
    told = result["channels"]
    estimand = result["estimands"].get(deciding(result)["name"], {})
    named = estimand.get("arms") or told["arms"]
    arms = [arm for arm in dict.fromkeys(named) if arm != told["reference"] and arm in told["arms"]]
    lines = [_channel_line(told, arm) for arm in arms[:_MOST_ARMS]]
    if len(arms) > _MOST_ARMS:
        lines.append(f"Further arms: {len(arms) - _MOST_ARMS}, in the table.")
    return lines


def _channel_line(told: Data, arm: str) -> str:
    rows = [row for row in told["rows"] if row["arm"] == arm and row["difference"] is not None]
    base = {row["channel"]: row["mean"] for row in told["rows"] if row["arm"] == told["reference"]}
    clear = [row for row in rows if _clear(row["difference"])]
    clear.sort(key=lambda row: -_distinct(row["difference"]))
    if not clear:
        return f"`{arm}` differs from `{told['reference']}` in no channel clearly."
    parts = [
        f"{figure(number_of(row['mean']))} {CHANNEL_WORDS[row['channel']]} against "
        f"{figure(number_of(base[row['channel']]))}"
        for row in clear[:_MOST_CHANNELS]
    ]
    own = next((row for row in rows if row["channel"] == "independent"), None)
    if own is not None and own not in clear:
        mean, other = (figure(number_of(value)) for value in (own["mean"], base["independent"]))
        parts.append(f"but {mean} own innovations against {other}, no clear difference")
    return f"A run of `{arm}`, against one of `{told['reference']}`, has {_listed(parts)}."


def _clear(difference: Data) -> bool:
    return number_of(difference["low"], -math.inf) > 0.0 or number_of(difference["high"], math.inf) < 0.0


def _distinct(difference: Data) -> float:
    half = 0.5 * (number_of(difference["high"], math.inf) - number_of(difference["low"], -math.inf))
    return abs(number_of(difference["estimate"])) / half if half > 0.0 else math.inf


def _listed(parts: Sequence[str]) -> str:
    return ", ".join(parts)


def counts(results: Sequence[Mapping[str, Any]]) -> str:
    """Return how many claims have which verdict: 1 supported, 7 undecided."""
    tally = [(kind, sum(r["verdict"] == kind for r in results)) for kind in _ORDER]
    return ", ".join(f"{number}{NBSP}{kind}" for kind, number in tally if number)


_ORDER = ("supported", "contradicted", "negligible", "undecided")
