"""Numbers and sentences of answers: they read an answer and compute nothing but how it is said."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Sequence

from experiments.claims.answers import ClaimAnswer, Null
from experiments.claims.claim import Claim
from experiments.claims.controls import HOLDS
from experiments.claims.estimands import ESTIMANDS
from experiments.claims.judging import CONTRADICTED, SUPPORTED, VERDICTS
from experiments.claims.ladder import (
    ENOUGH_POWER,
    WORDS,
    EffectAnswer,
    RungAnswer,
    Share,
)
from experiments.claims.schema import RUNGS, Changes, Effect
from experiments.figures.words import in_words, number, percent, unit_in_words
from experiments.messages.language import LANGUAGES, language, marked, named, phrase, term

LETTERS = {"supported": "S", "undecided": "?", "negligible": "N", "contradicted": "C"}
DAGGER = "†"  # marks what holds also in a control where it must fail
ORDER = tuple(LETTERS)  # of the parts of a bar
MEANING = {
    "effect": marked("the outcome differs as claimed"),
    "mechanism": marked("it does so through the claimed mechanism"),
    "signature": marked("it leaves the pattern that only this mechanism would leave"),
}
_SHARE = "share of "
_BEFORE = (marked("elasticity"), marked("hazard ratio"))  # said before the number
_UNITS = (*_BEFORE, marked("log points"))
PLUS = marked(
    "+N seeds: about so many more seeds in each world would be enough to settle nine of ten worlds that are undecided"
)
_MANY = 1e6
_SAID = (  # words and rungs as tables and legends have them
    marked("holds robustly"), marked("mostly"), marked("in some worlds"), marked("nowhere"), marked("the other way"),
    marked("not settled"), marked("supported"), marked("contradicted"), marked("negligible"), marked("undecided"),
    marked("effect"), marked("mechanism"), marked("signature"),
)  # fmt: skip
_FOUND = {
    "holds robustly": marked("the {rung} holds robustly ({share})"),
    "mostly": marked("the {rung} holds in most worlds ({share})"),
    "in some worlds": marked("the {rung} holds in some worlds ({share})"),
    "nowhere": marked("the {rung} holds nowhere ({share})"),
    "the other way": marked("the {rung} goes the other way ({share})"),
    "not settled": marked("the {rung} is not settled ({share})"),
    "supported": marked("the {rung} holds"),  # and the words for a single world
    "contradicted": marked("the {rung} goes the other way"),
    "negligible": marked("the {rung} is too small to matter"),
    "undecided": marked("the {rung} is undecided"),
}
_TITLES = {  # of outcomes whose own description needs the one before it
    "independent_size": "gain of the focal firm's own redesigns over the best so far",
    "rival_independent_size": "gain of rivals' own redesigns over the best so far, rivals' mean",
    "rival_trial_price": "price of a trial on rivals' products, rivals' mean",
    "events_lost": "modules lost by the focal firm, to date",
}
_VERBS = {
    "holds robustly": marked("holds robustly for {claims}"),
    "mostly": marked("holds in most worlds for {claims}"),
    "the other way": marked("goes the other way for {claims}"),
    "supported": marked("holds for {claims}"),
    "contradicted": marked("goes the other way for {claims}"),
}
_TOLD = tuple(_VERBS)  # words whose claims are named first
_FEW = 3  # claims of which each is told
_WORLD = marked("the world of {path}")
_WHERE = (marked("plausible worlds, which fit the case"), marked("worlds of the wide prior"))


def listed(words: Sequence[str]) -> str:
    """Return words as a list in a sentence: a, b and c."""
    joined = [phrase(", ").join(words[:-1]), words[-1]] if len(words) > 1 else words
    return phrase(" and ").join(joined)


def title_of(claim: Claim) -> str:
    """Return a claim's title in the language that is spoken."""
    return claim.file.title if language() == LANGUAGES[0] else claim.file.title_zh or claim.file.title


def effect_name(effect: EffectAnswer) -> str:
    """Return the name of an effect in the language that is spoken; claims that are not shipped keep their words."""
    return named("effects", effect.found.effect.name)


def capital(text: str) -> str:
    """Return text with its first letter as a capital."""
    return text[:1].upper() + text[1:]


def small(text: str) -> str:
    """Return text with a small first letter, as within a sentence; what begins as an abbreviation stays."""
    return text if text[1:2].isupper() else text[:1].lower() + text[1:]


# Numbers.


def _whole(unit: str) -> str:
    """Return what a unit is a share of."""
    return arm_words(unit.removeprefix(_SHARE))


def arm_words(arm: str) -> str:
    """Return the name of an arm; arms of switches and of doses in words."""
    if len(arm) > 1 and set(arm) in ({"0"}, {"1"}):
        return phrase("all mechanisms on" if arm[0] == "1" else "all mechanisms off")
    if arm.replace(".", "", 1).isdigit():
        return phrase("dose {dose}", dose=arm)
    return named("arms", arm)


def share_words(share: Share) -> str:
    """Return a share of worlds with its interval: 62 % (53 to 70 %)."""
    low, high = (f"{100.0 * end:.0f}" for end in (share.low, share.high))
    return phrase("{share} ({low} to {high}\u00a0%)", share=whole_percent(share.share), low=low, high=high)


def whole_percent(share: float) -> str:
    """Return a share as a whole percentage."""
    return phrase("{number}\u00a0%", number=f"{100.0 * share:.0f}")


def size_words(effect: EffectAnswer) -> str:
    """Return the size of an effect with its unit.

    Over worlds it is the median, and the 10 and 90 % quantiles; in one world the estimate and its 95 % interval.
    """
    found, unit = effect.found, effect.found.unit
    size, low, high = effect.size
    if len(found.size) == 1:
        low, high = float(found.low[0]), float(found.high[0])
    if not math.isfinite(size):
        return phrase("not known in any world" if len(found.size) > 1 else "not known")
    if unit.startswith(_SHARE):
        ends = [number(100.0 * end) for end in (low, high)]
        return phrase("{size} ({low} to {high}\u00a0%) of {whole}", size=percent(size), low=ends[0], high=ends[1],
                      whole=_whole(unit))  # fmt: skip
    said = phrase("{size} ({low} to {high})", size=number(size), low=number(low), high=number(high))
    return f"{unit_words(unit)} {said}" if unit in _BEFORE else f"{said} {unit_words(unit)}".rstrip()


def unit_words(unit: str) -> str:
    """Return a unit in the language that is spoken; log points and such have no other name."""
    return phrase(unit) if unit in _UNITS else unit_in_words(unit)


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


def size_title(unit: str) -> str:
    """Return the label of an axis of sizes of an effect."""
    if unit.startswith(_SHARE):
        return phrase("Size of the effect (% of {whole})", whole=_whole(unit))
    return phrase("Size of the effect ({unit})", unit=unit_words(unit)) if unit else phrase("Size of the effect")


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
    if language() != LANGUAGES[0]:
        return in_words(name), ""
    found = next((each for each in COLUMNS if each.name == column), None)
    if found is None:
        return f"{column} (a reading)", ""
    when = "mean over months" if kind == "mean" else "at the end"
    return f"{_TITLES.get(column, found.description)}, {when}", found.unit.removeprefix("1")


def channel_words(name: str) -> str:
    """Return what a channel counts in words: an outcome at the end of runs."""
    from sim.outcomes import COLUMNS

    return next((_TITLES.get(name, each.description) for each in COLUMNS if each.name == name), name)


def measure_words(claim: Claim, name: str) -> str:
    """Return what a measure is in words, with its unit in brackets."""
    title, unit = measure_title(claim, name)
    return phrase("{name} ({unit})", name=title, unit=unit_words(unit)) if unit else title


def measures_words(claim: Claim, effect: Effect) -> str:
    """Return what the measures are that an effect compares: those of them all, where it looks for the worst."""
    return "; ".join(measure_title(claim, name)[0] for name in (effect.measure, *effect.measures))


def compared_words(effect: Effect) -> str:
    """Say in words what is compared with what."""
    return ESTIMANDS[effect.kind].compared(effect)


def changes_words(changes: Changes, beyond: Changes) -> str:
    """Return the changes of an arm in words, but for those of another: reuse.enabled = false."""
    said = (
        f"{named('parameters', key)} = {json.dumps(value)}"
        for key, value in changes.items()
        if beyond.get(key) != value
    )
    return listed(list(said)) or phrase("no change")


# Sentences.


def rung_words(rung: RungAnswer) -> str:
    """Return how widely a rung holds: supported in 62 % (53 to 70 %) of worlds, and what would settle it."""
    if rung.word in VERDICTS:
        return "in this world"
    said = f"supported in {share_words(rung.shares[SUPPORTED])} of worlds"
    return f"{said}; {more_words(rung)}" if rung.word == "not settled" else said


def found_words(rung: RungAnswer) -> str:
    """Return the finding on a rung in few words: the effect holds in most worlds (62 %)."""
    return phrase(_FOUND[rung.word], rung=phrase(rung.name), share=share_short(rung))


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
    return phrase("{share} against", share=said) if telling(rung) == CONTRADICTED else said


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
        return phrase("not by more seeds")
    seeds = f"{rung.seeds_more:,.0f}"
    return phrase("+{seeds} seeds", seeds=seeds) if rung.seeds_more < _MANY else phrase("+ millions of seeds")


def others_words(rung: RungAnswer) -> str:
    """Say in how many worlds the other verdicts were met; of a single world nothing."""
    if rung.word in VERDICTS:
        return ""
    found = [f"{name} in {whole_percent(share.share)}" for name, share in by_order(rung.shares)[1:] if share.held]
    return listed(found)


def by_order(shares: Sequence[Share]) -> list[tuple[str, Share]]:
    """Return shares by verdict, supported first."""
    return [(name, shares[VERDICTS.index(name)]) for name in ORDER]


def answer_paragraph(answers: Sequence[ClaimAnswer]) -> str:
    """Say which claims hold and how widely, in a few sentences; of many claims those that hold, or go the other way."""
    where, many = where_words(answers[0]), len(answers)
    parts = [
        phrase("One claim was tested in {where}; it could have failed.", where=where) if many == 1 else
        phrase("{count} claims were tested in {where}; each could have failed.", count=capital(count_word(many)),
               where=where)
    ]  # fmt: skip
    if many <= _FEW:
        parts += [
            phrase("{claim}: {said}.", claim=_called(each), said=listed([found_words(rung) for rung in each.rungs]))
            for each in answers
        ]
    else:
        parts += [said for name in RUNGS if (said := _rung_sentence(name, answers))]
    weak = [
        phrase("{claim} ({rungs})", claim=each.claim.id, rungs=listed(names))
        for each in answers
        if (names := [phrase(rung.name) for rung in each.rungs if holds_anyway(each, rung)])
    ]
    if weak:
        parts.append(phrase("What holds also in a control where it must fail is weaker for it: {claims}.",
                            claims=listed(weak)))  # fmt: skip
    return phrase(" ").join(parts)


def _called(answer: ClaimAnswer) -> str:
    return phrase("{claim} “{title}”", claim=answer.claim.id, title=title_of(answer.claim))


def holds_anyway(answer: ClaimAnswer, rung: RungAnswer) -> bool:
    """Return whether a rung that holds is also supported in a negative control, where it must fail."""
    return any(each.rung == rung.name and each.outcome == HOLDS for each in answer.controls)


def where_words(answer: ClaimAnswer) -> str:
    """Say in which worlds a claim was judged: 256 plausible worlds, which fit the case."""
    worlds = answer.worlds
    if worlds.title == _WORLD.format(path=worlds.source):
        return phrase(_WORLD, path=worlds.source)
    title = phrase(worlds.title) if worlds.title in _WHERE else worlds.title
    if len(worlds) == 1:
        return phrase("one of the {worlds}", worlds=title)
    return phrase("{count} {worlds}", count=f"{len(worlds):,}", worlds=title)


def _rung_sentence(name: str, answers: Sequence[ClaimAnswer]) -> str:
    found = [(each, rung) for each in answers for rung in each.rungs if rung.name == name]
    groups = []
    for word in _TOLD:
        named_so = [
            phrase("{claim} ({share})", claim=_called(each) if name == RUNGS[0] else each.claim.id,
                   share=whole_percent(rung.shares[telling(rung)].share))
            if word not in VERDICTS else _called(each) if name == RUNGS[0] else each.claim.id
            for each, rung in found if rung.word == word
        ]  # fmt: skip
        if named_so:
            groups.append(phrase(_VERBS[word], claims=listed(named_so)))
    if not found:
        return ""
    said = phrase("; it ").join(groups) or phrase("holds for none")
    rest = [
        phrase("{word} {count}", word=phrase(word), count=count)
        for word in (*WORDS, *VERDICTS)
        if word not in _TOLD and (count := sum(rung.word == word for _, rung in found))
    ]
    if rest and name == RUNGS[0]:
        said = phrase("{said} (others: {rest})", said=said, rest=listed(rest))
    return phrase("The {rung} ({meaning}) {said}.", rung=phrase(name), meaning=phrase(MEANING[name]), said=said)


def count_word(count: int) -> str:
    """Return a small number in words; in other languages in digits."""
    if language() != LANGUAGES[0]:
        return f"{count:,}"
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


def parameter_words(key: str) -> str:
    """Return what a parameter is, with its unit; in another language its name there."""
    if name_there := term("parameters", key):
        return name_there
    from sim.parameters import Parameters

    section, _, name = key.partition(".")
    group = Parameters.model_fields.get(section)
    field = getattr(group.annotation, "model_fields", {}).get(name) if group is not None else None
    if field is None or not field.description:
        return key
    return str(field.description).rstrip(".")


def null_lines(nulls: Sequence[Null]) -> Iterator[str]:
    """Yield what came of the null world: in one line what chance allows, and a line for each effect that is biased."""
    fine = [each for each in nulls if each.passes]
    if fine and not any(each.beyond for each in fine):
        yield f"Seen in no world: {len(fine)} of {len(nulls)} effects."
    elif fine:
        most, allowed = max(each.beyond for each in fine), min(each.allowed for each in fine)
        yield f"Seen in at most {most} worlds, as chance allows ({allowed}): {len(fine)} of {len(nulls)} effects."
    for each in nulls:
        if not each.passes:
            yield (
                f"{capital(each.rung)}, {each.effect}: seen in {each.beyond} of {each.worlds} worlds, more than the "
                f"{each.allowed} that chance allows: the measure is biased."
            )


def status_words(answer: ClaimAnswer) -> str:
    """Say whether an answer was preregistered."""
    if answer.status is None:
        return "not preregistered"
    return f"{'confirmatory' if answer.status.confirmatory else 'exploratory'}: {answer.status.because}"
