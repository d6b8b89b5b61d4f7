"""What was found, in sentences: for titles, the report and the terminal. They read numbers and compute none."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

from experiments.analysis.compute import Analysis, Outcome
from experiments.analysis.estimates import IN_UNITS, Estimate, Index, of
from experiments.analysis.noise import ENOUGH
from experiments.figures.words import NBSP, number
from experiments.messages.language import marked, phrase

CALLED = {
    ("sobol", "total, noise-corrected"): marked("total index"),
    ("sobol", "total"): marked("total index, seed noise in it"),
    ("morris", "mu_star"): marked("mean change"),
    ("levels", "total"): marked("total share"),
    ("contrast", "effect"): marked("effect"),
    ("forest", "importance"): marked("importance to a forest"),
    ("regression", "coefficient"): marked("standardised coefficient"),
}
METHODS = {"regression": marked("regression"), "forest": marked("forest")}
_OVER_UNITS = ("sobol", "morris")  # whose intervals do not rest on replicates alone; a note says why there are none
_LEAST_SHARE = 0.01
_RANGE = re.compile(r"(?<=[\d⁰¹²³⁴-⁹]) to (?=[-\d])")
_LARGE = 2.0  # from here on a ratio is told as so many times
KINDS = {
    "grid": "a grid", "list": "a list of points", "latin-hypercube": "a Latin hypercube",
    "sobol-points": "a Sobol' sequence", "sobol": "a Sobol' design", "morris": "a Morris design",
    "factorial": "a factorial design",
}  # fmt: skip


def told(index: Index) -> str:
    """Return an index with its interval in brackets, if it has one."""
    value, low, high = index.estimate
    said = _value(index, value)
    if not math.isfinite(low):
        return said
    return phrase("{value} ({low} to {high})", value=said, low=_value(index, low), high=_value(index, high))


def _value(index: Index, value: float) -> str:
    """Return a value of an index: shares near 0 as such, what has the outcome's unit to two digits however small."""
    return "0.00" if abs(value) < 5e-4 and index.method not in IN_UNITS else number(value)


def listed(names: Sequence[str]) -> str:
    """Return names as a sentence lists them."""
    if len(names) < 2:
        return "".join(names)
    return phrase("{names} and {last}", names=phrase(", ").join(names[:-1]), last=names[-1])


def chief_indices(outcome: Outcome) -> list[Index]:
    """Return the indices that rank the factors, the largest first."""
    if not outcome.chief:
        return []
    found = {each.factor: each for each in of(outcome.indices, *outcome.chief)}
    return [found[factor] for factor in outcome.ranking if factor in found]


def stands_out(index: Index, outcome: Outcome) -> bool | None:
    """Return whether a factor's index leaves out nothing, None if it has no interval.

    A Morris mu_star is never below 0, so it is held against what luck alone would give. A share below a hundredth is
    not called one that matters, however well it is known.
    """
    if not math.isfinite(index.estimate.low):
        return None
    luck = {each.factor: each.estimate.value for each in of(outcome.indices, "morris", "luck")}
    if index.method == "morris":
        return index.estimate.low > luck.get(index.factor, 0.0)
    if index.method in ("contrast", "regression"):
        return index.estimate.clear
    return index.estimate.low > 0.0 and index.estimate.value >= _LEAST_SHARE


def clear_indices(outcome: Outcome) -> list[Index]:
    """Return the indices that stand out, the largest first; all if none has an interval."""
    indices = chief_indices(outcome)
    unknown = all(stands_out(each, outcome) is None for each in indices)
    return indices if unknown else [each for each in indices if stands_out(each, outcome)]


def headline(outcome: Outcome) -> str:
    """Return in a few words what matters."""
    if not outcome.ranking:
        return phrase("no factor varies")
    if not outcome.chief:
        return phrase("differs most between the levels of {factor}", factor=outcome.ranking[0])
    clear = clear_indices(outcome)
    if not clear:
        return phrase("no factor stands out from the noise")
    first, called = clear[0], phrase(CALLED[outcome.chief])
    said = {"factor": first.factor, "called": called, "value": _value(first, first.estimate.value)}
    if all(stands_out(each, outcome) is None for each in clear):
        return phrase("{factor} comes out first ({called} {value}, no interval)", **said)
    if len(clear) == 1:
        return phrase("{factor} matters ({called} {value})", **said)
    if _leads(clear) and first.factor == outcome.ranking[0]:
        return phrase("{factor} matters most ({called} {value})", **said)
    return phrase("{factors} matter", factors=listed([each.factor for each in clear[:3]]))


def _leads(clear: Sequence[Index]) -> bool:
    """Return whether the first lies above all others, intervals and all."""
    one, two = (abs_ends(each.estimate) for each in clear[:2])
    return one[0] > two[1]


def abs_ends(estimate: Estimate) -> tuple[float, float]:
    """Return the interval of an estimate's size; the value twice if it has none."""
    if not math.isfinite(estimate.low):
        return abs(estimate.value), abs(estimate.value)
    low, high = sorted((abs(estimate.low), abs(estimate.high)))
    return (low if estimate.clear else 0.0), high


def who_matters(outcome: Outcome) -> str:
    """Return which factors matter, with their indices, and which cannot be distinguished from 0."""
    if not outcome.chief:
        return f"No index can be given: it {headline(outcome)}." if outcome.ranking else "No factor varies."
    indices, clear, called = chief_indices(outcome), clear_indices(outcome), CALLED[outcome.chief]
    if all(stands_out(each, outcome) is None for each in indices):
        values = [f"{each.factor} {told(each)}" for each in indices]
        why = "There are no intervals" if outcome.chief[0] in _OVER_UNITS else "Too few replicates for intervals"
        return f"By {called}: {listed(values)}. {why}, so it is unknown which of them matter."
    rest = [f"{each.factor} {told(each)}" for each in indices if each not in clear]
    if not clear:
        return f"No factor stands out from the noise: {called} of {listed(rest)}."
    values = [f"{each.factor} {told(each)}" for each in clear]
    said = f"{values[0]} matters" if len(values) == 1 else f"{listed(values)} matter"
    said = f"By {called}, {said}"
    if len(clear) > 1:
        said += ", the first most" if headline(outcome).endswith(")") else "; their ranking is within noise"
    nothing = "noise" if outcome.chief[0] == "morris" else "0"
    return f"{said}. Indistinguishable from {nothing}: {listed(rest)}." if rest else f"{said}."


def learnt(outcome: Outcome) -> str:
    """Return which factor regression and forest put first."""
    first = {}
    for fit, measure in zip(outcome.fits, ("coefficient", "importance"), strict=True):
        found = of(outcome.indices, fit.method, measure)
        if found and fit.explained > 0.0:
            first[fit.method] = max(found, key=lambda each: abs(each.estimate.value)).factor
    if not first:
        return phrase("the factors explain nothing of it")
    if len(first) == 2 and len(set(first.values())) == 1:
        return phrase("regression and forest put {factor} first", factor=first["forest"])
    puts = [phrase("{method} puts {factor} first", method=phrase(METHODS[each]), factor=first[each]) for each in first]
    return phrase(", ").join(puts)


def moved(outcome: Outcome) -> str:
    """Return what the most important factor does to the outcome, if anything is seen."""
    clear = clear_indices(outcome)
    effect = next((each for each in outcome.effects if clear and each.axis.factor == clear[0].factor), None)
    if effect is None:
        return phrase("{outcome} by factor: {finding}", outcome=outcome.name, finding=headline(outcome))
    axis = effect.axis
    said = {
        "outcome": outcome.name,
        "factor": axis.factor,
        "first": label(axis.labels[0]),
        "last": label(axis.labels[-1]),
    }
    start, end = (number(effect.means[n].value, 3) for n in (0, -1))
    if axis.numeric:
        return phrase(
            "{outcome} goes from {start} to {end} as {factor} goes from low to high", start=start, end=end, **said
        )
    return phrase("{outcome} is {start} where {factor} is {first}, {end} where {last}", start=start, end=end, **said)


def label(name: str) -> str:
    """Return the name of a level, or of the range of a group, in the language that is spoken."""
    switches = {"on": phrase("on"), "off": phrase("off")}
    return switches.get(name) or _RANGE.sub(phrase(" to "), name)


def noise_said(outcome: Outcome, replicates: int) -> str:
    """Return the seeds' share of the variance."""
    noise = outcome.noise
    if noise.unknown:
        return f"Luck: {noise.unknown}."
    luck = of_seeds(noise.seeds.value)
    if math.isfinite(noise.seeds.low):
        luck += f" ({of_seeds(noise.seeds.low)} to {of_seeds(noise.seeds.high)} over points and seeds)"
    said = f"The seeds make {luck} of the variance of a single run"
    if math.isfinite(noise.replicate):
        said += f", {share(noise.replicate)} of it luck that all points have in common"
    if math.isfinite(noise.seeds_between):
        said += (
            f". In the variance between the means over {replicates} replicates, on which the indices rest, theirs is "
            f"{of_seeds(noise.seeds_between)}"
        )
    return said + "."


def share(value: float) -> str:
    """Return a share in percent, as it came out: also below 0 or above 100."""
    if abs(value) < 5e-7:  # rounding, not luck
        said = "0"
    elif 0.0 < value < 0.0095:
        said = f"<{NBSP}1"
    else:
        said = f"{value * 100.0:.1f}" if -0.0095 < value < 0.0 else f"{value * 100.0:.0f}"
    return phrase("{number}\u00a0%", number=said)


def of_seeds(value: float) -> str:
    """Return the seeds' share; ``all`` if it came out at 100 % or more, the factors' at 0 or less."""
    return phrase("not known") if not math.isfinite(value) else phrase("all") if value >= 1.0 else share(value)


def times(value: float) -> str:
    """Return a ratio: in percent, or as so many times if it is large."""
    return share(value) if value < _LARGE else phrase("{number} times", number=number(value))


def replicates_said(outcome: Outcome) -> str:
    """Return whether there are enough replicates."""
    found = outcome.replication
    if found.unknown:
        return f"Whether replicates are enough is not known: {found.unknown}."
    worst = found.worst[-1] / found.spread
    of_the = "of the" if worst < _LARGE else "the"
    said = f"the mean of the worst point is known to ± {times(worst)} {of_the} spread between points"
    if found.enough:
        return f"Replicates are enough: {said}."
    needed = f"about {found.needed:,} would do" if found.needed is not None else "a million would not do"
    said = f"There are too few replicates: {said}; {needed} for ± {share(ENOUGH)}"
    if found.needed_to_compare is None:
        return f"{said}."
    if found.compared[-1] <= ENOUGH * found.spread:
        return f"{said}. There are enough for paired comparisons of points, which share seeds."
    return f"{said}, about {found.needed_to_compare:,} for paired comparisons of points, which share seeds."


def replicates_short(outcome: Outcome) -> str:
    """Return the same in a few words, for titles and tables."""
    found = outcome.replication
    if found.enough is None:
        return phrase("not known")
    if found.enough:
        return phrase("enough")
    needed = "> 10⁶" if found.needed is None else f"{found.needed:,}"
    said = phrase("too few: {count} needed", count=needed)
    if found.needed_to_compare is None:
        return said
    done = found.compared[-1] <= ENOUGH * found.spread
    compared = phrase("enough") if done else f"{found.needed_to_compare:,}"
    return phrase("{said} ({count} for paired comparisons)", said=said, count=compared)


def about(analysis: Analysis) -> str:
    """Return what was analysed."""
    numbers = {"factor": len(analysis.factors), "point": analysis.points, "replicate": analysis.replicates}
    factors, points, replicates = (f"{n:,} {what}{'' if n == 1 else 's'}" for what, n in numbers.items())
    seeds = "equal replicates share their seed" if analysis.paired else "every run has a seed of its own"
    return f"{KINDS[analysis.kind]} in {factors}: {points}, {replicates}; {seeds}"
