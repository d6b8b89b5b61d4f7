"""Numbers and sentences of answers: they read an answer and compute nothing but how it is said."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from experiments.claims.answers import ClaimAnswer, Null
from experiments.claims.claim import Claim
from experiments.claims.estimands import ESTIMANDS
from experiments.claims.judging import CONTRADICTED, SUPPORTED, VERDICTS
from experiments.claims.ladder import (
    ENOUGH_POWER,
    WORDS,
    Decider,
    EffectAnswer,
    RungAnswer,
    Share,
    Spread,
    spread_of,
    strength_of,
)
from experiments.claims.schema import RUNGS, Effect
from experiments.figures.words import NBSP, number, percent

LETTERS = {"supported": "S", "undecided": "?", "negligible": "N", "contradicted": "C"}
ORDER = tuple(LETTERS)  # of the parts of a bar
MEANING = {
    "effect": "the outcome differs as claimed",
    "mechanism": "it does so through the claimed mechanism",
    "signature": "it leaves the pattern that only this mechanism would leave",
}
_SHARE = "share of "
_BEFORE = ("elasticity", "hazard ratio")  # said before the number
PLUS = "+ seeds: about how many more seeds a world would settle nine of ten undecided worlds"
_MANY = 1e6
_FOUND = {
    "holds robustly": "holds robustly",
    "mostly": "holds in most worlds",
    "in some worlds": "holds in some worlds",
    "nowhere": "holds nowhere",
    "the other way": "goes the other way",
    "not settled": "is not settled",
    "supported": "holds",  # and the words for a single world
    "contradicted": "goes the other way",
    "negligible": "is too small to matter",
    "undecided": "is undecided",
}
_VERBS = {
    "holds robustly": "holds robustly for {}",
    "mostly": "holds in most worlds for {}",
    "in some worlds": "holds in some worlds only for {}",
    "nowhere": "holds nowhere for {}",
    "the other way": "goes the other way for {}",
    "not settled": "is not settled for {}",
    "supported": "holds for {}",
    "contradicted": "goes the other way for {}",
    "negligible": "is too small to matter for {}",
    "undecided": "is undecided for {}",
}


def listed(words: Sequence[str]) -> str:
    """Return words as a list in a sentence: a, b and c."""
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def capital(text: str) -> str:
    """Return text with its first letter as a capital."""
    return text[:1].upper() + text[1:]


# Numbers.


def _whole(unit: str) -> str:
    """Return what a unit is a share of; arms of switches and of doses in words."""
    arm = unit.removeprefix(_SHARE)
    if len(arm) > 1 and set(arm) in ({"0"}, {"1"}):
        return f"all mechanisms {'on' if arm[0] == '1' else 'off'}"
    return f"dose {arm}" if arm.replace(".", "", 1).isdigit() else arm


def share_words(share: Share) -> str:
    """Return a share of worlds with its interval: 62 % (53 to 70 %)."""
    low, high = (f"{100.0 * end:.0f}" for end in (share.low, share.high))
    return f"{whole_percent(share.share)} ({low} to {high}{NBSP}%)"


def whole_percent(share: float) -> str:
    """Return a share as a whole percentage."""
    return f"{100.0 * share:.0f}{NBSP}%"


def size_words(spread: Spread, unit: str) -> str:
    """Return the size of an effect over worlds, median and 10 and 90 % quantiles, with its unit."""
    if not math.isfinite(spread.median):
        return "not known in any world"
    if unit.startswith(_SHARE):
        low, high = (number(100.0 * end) for end in (spread.low, spread.high))
        return f"{percent(spread.median)} ({low} to {high}{NBSP}%) of {_whole(unit)}"
    if unit in _BEFORE:
        return f"{unit} {number(spread.median)} ({number(spread.low)} to {number(spread.high)})"
    return f"{number(spread.median)} ({number(spread.low)} to {number(spread.high)}) {unit}".rstrip()


def amount(value: float, unit: str) -> str:
    """Return one value with its unit."""
    if unit.startswith(_SHARE):
        return f"{percent(value)} of {_whole(unit)}"
    if unit in _BEFORE:
        return f"{unit} {number(value)}"
    return f"{number(value)} {unit}".rstrip()


def bounds_words(effect: Effect, unit: str) -> str:
    """Say beyond which value an effect counts, in the claimed direction."""
    low, high = ESTIMANDS[effect.kind].bounds(effect)
    return f"above {amount(high, unit)}" if effect.sign == "+" else f"below {amount(low, unit)}"


def unit_words(unit: str) -> str:
    """Return the label of an axis of sizes of an effect."""
    if unit.startswith(_SHARE):
        return f"Size of the effect (% of {_whole(unit)})"
    return f"Size of the effect ({unit})" if unit else "Size of the effect"


def unit_scale(unit: str) -> float:
    """Return by what sizes are multiplied on such an axis: shares are shown in percent."""
    return 100.0 if unit.startswith(_SHARE) else 1.0


def measure_title(claim: Claim, name: str) -> tuple[str, str]:
    """Return what a measure is in words, and its unit."""
    from sim.outcomes import COLUMNS

    if name in claim.file.measures:
        measure = claim.file.measures[name]
        return measure.title, measure.unit
    kind, _, column = name.partition(".")
    found = next((each for each in COLUMNS if each.name == column), None)
    if found is None:
        return f"{column} (a reading)", ""
    when = "mean over months" if kind == "mean" else "at the end"
    return f"{capital(found.description)}, {when}", found.unit


def measure_words(claim: Claim, name: str) -> str:
    """Return what a measure is in words, with its unit in brackets."""
    title, unit = measure_title(claim, name)
    return f"{title} ({unit})" if unit else title


def compared_words(effect: Effect) -> str:
    """Say in words what is compared with what."""
    return ESTIMANDS[effect.kind].compared(effect)


def strength(rung: RungAnswer) -> Spread:
    """Return a rung's strength over worlds, in multiples of the smallest effect of interest; below 0 the other way."""
    return spread_of(strength_of(rung.found))


# Sentences.


def rung_words(rung: RungAnswer) -> str:
    """Return how widely a rung holds: supported in 62 % (53 to 70 %) of worlds, and what would settle it."""
    if rung.word in VERDICTS:
        return "in this world"
    said = f"supported in {share_words(rung.shares[SUPPORTED])} of worlds"
    return f"{said}; {more_words(rung)}" if rung.word == "not settled" else said


def found_words(rung: RungAnswer) -> str:
    """Return the finding on a rung in few words: holds mostly (62 %)."""
    return _FOUND[rung.word] if rung.word in VERDICTS else f"{_FOUND[rung.word]} ({share_short(rung)})"


def telling(rung: RungAnswer) -> int:
    """Return the verdict whose share the word for a rung goes by: contradicted if it goes the other way."""
    return CONTRADICTED if rung.word == "the other way" else SUPPORTED


def deciding(rung: RungAnswer) -> EffectAnswer:
    """Return the effect that a rung's word hangs on.

    Of a rung that goes the other way it is the one contradicted in most worlds; else, if all effects are needed, the
    one supported in fewest, and if any will do, in most.
    """
    if telling(rung) == CONTRADICTED:
        return max(rung.effects, key=lambda each: int((each.found.verdict == CONTRADICTED).sum()))
    of = min if rung.found.rung.need == "all" else max
    return of(rung.effects, key=lambda each: int((each.found.verdict == SUPPORTED).sum()))


def share_short(rung: RungAnswer) -> str:
    """Return the share of worlds that a word goes by: 62 %, or 62 % against."""
    said = whole_percent(rung.shares[telling(rung)].share)
    return f"{said} against" if telling(rung) == CONTRADICTED else said


def seeds_words(seeds: float) -> str:
    """Return a number of seeds that are needed."""
    return f"about {seeds:,.0f}" if seeds < _MANY else "more than a million"


def more_words(rung: RungAnswer) -> str:
    """Say how many more seeds would settle a rung."""
    if not math.isfinite(rung.seeds_more):
        return "no number of seeds would settle it as it was measured"
    return f"{seeds_words(rung.seeds_more)} more seeds a world would settle nine of ten undecided worlds"


def more_short(rung: RungAnswer) -> str:
    """Say in fewest words how many more seeds would settle a rung: +868 seeds."""
    if not math.isfinite(rung.seeds_more):
        return "not by more seeds"
    return f"+{rung.seeds_more:,.0f} seeds" if rung.seeds_more < _MANY else "+ millions of seeds"


def others_words(rung: RungAnswer) -> str:
    """Say in how many worlds the other verdicts were met."""
    found = [f"{name} in {whole_percent(share.share)}" for name, share in by_order(rung.shares)[1:] if share.held]
    return listed(found)


def by_order(shares: Sequence[Share]) -> list[tuple[str, Share]]:
    """Return shares by verdict, supported first."""
    return [(name, shares[VERDICTS.index(name)]) for name in ORDER]


def answer_paragraph(answers: Sequence[ClaimAnswer]) -> str:
    """Say which claims hold, how widely and how strongly."""
    first = answers[0]
    many, worlds = len(answers), len(first.worlds)
    where = f"{worlds} {first.worlds.title}" if worlds > 1 else first.worlds.title
    asked = "One claim was tested" if many == 1 else f"{capital(count_word(many))} claims were tested"
    parts = [f"{asked} in {where}; {'it' if many == 1 else 'each'} could have failed."]
    parts += [said for name in RUNGS if (said := _rung_sentence(name, answers))]
    parts.append(_strong_sentence(answers))
    if any(rung.word == "not settled" for answer in answers for rung in answer.rungs):
        parts.append(f"{PLUS}.")
    return " ".join(filter(None, parts))


def _rung_sentence(name: str, answers: Sequence[ClaimAnswer]) -> str:
    groups = []
    for word in (*WORDS, *VERDICTS):
        ids = [
            each.claim.id if word in VERDICTS else f"{each.claim.id} ({_how_widely(rung)})"
            for each in answers
            for rung in each.rungs
            if rung.name == name and rung.word == word
        ]
        if ids:
            groups.append(_VERBS[word].format(listed(ids)))
    return f"The {name} ({MEANING[name]}) {'; it '.join(groups)}." if groups else ""


def _how_widely(rung: RungAnswer) -> str:
    """Return in a bracket how widely a word is meant."""
    if rung.word == "not settled":
        return more_short(rung)
    return whole_percent(rung.shares[telling(rung)].share)


def _strong_sentence(answers: Iterable[ClaimAnswer]) -> str:
    found = {
        each.claim.id: strength(rung).median
        for each in answers
        for rung in each.rungs[:1]
        if rung.word in ("holds robustly", "mostly")
    }
    known = sorted((each for each in found.items() if math.isfinite(each[1])), key=lambda each: -each[1])
    if not known:
        return ""
    said = listed([f"{number(multiple)} for {name}" for name, multiple in known])
    return f"Where it holds in most worlds, its median size in multiples of the smallest effect of interest is {said}."


def count_word(count: int) -> str:
    """Return a small number in words."""
    words = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
    return words[count] if count < len(words) else f"{count:,}"


def power_words(answer: ClaimAnswer) -> str:
    """Say what power each rung has at this budget."""
    said = [f"{whole_percent(rung.powered)} for the {rung.name}" for rung in answer.rungs]
    found = ("holds robustly", "mostly", "the other way")
    weak = [rung.name for rung in answer.rungs if rung.powered < 0.5 and rung.word not in found]
    text = (
        f"At {answer.seeds} seeds a world, an effect of twice the smallest one of interest would be found with a "
        f"chance of {ENOUGH_POWER:g} or more in this share of worlds: {listed(said)}. That counts the "
        "correction over claims at its strictest; so do the seeds that would settle a rung."
    )
    if weak:
        text += f" For the {listed(weak)} this is too little: that it is not found says little."
    return text


def decider_words(decider: Decider, described: str) -> str:
    """Say how a parameter decides."""
    way = "stronger" if decider.strength > 0.0 else "weaker"
    return (
        f" ({described}): the rung is {way} where it is high (rank correlation {number(decider.strength)}, "
        f"p = {number(decider.p)}); supported in {whole_percent(decider.low)} of worlds in the lowest third of its "
        f"values, in {whole_percent(decider.high)} in the highest."
    )


def parameter_words(key: str) -> str:
    """Return what a parameter is, with its unit."""
    from sim.parameters import Parameters

    section, _, name = key.partition(".")
    group = Parameters.model_fields.get(section)
    field = getattr(group.annotation, "model_fields", {}).get(name) if group is not None else None
    if field is None or not field.description:
        return key
    return str(field.description).rstrip(".")


def null_words(null: Null) -> str:
    """Say what came of the null world."""
    came = "as chance allows" if null.passes else "more than chance allows: the measure is biased"
    return (
        f"{capital(null.rung)}, {null.effect}: an effect is seen in {null.beyond} of {null.worlds} worlds, "
        f"{came} (at most {null.allowed})."
    )


def status_words(answer: ClaimAnswer) -> str:
    """Say whether an answer was preregistered."""
    if answer.status is None:
        return "not preregistered"
    return f"{'confirmatory' if answer.status.confirmatory else 'exploratory'}: {answer.status.because}"
