"""The report: one HTML file with all figures in it, that needs nothing else and no network."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

from experiments.analysis.compute import Analysis, Outcome
from experiments.analysis.draw import Drawn
from experiments.analysis.index import MEASURES
from experiments.analysis.words import (
    about,
    chief_indices,
    headline,
    noise_said,
    of_seeds,
    replicates_said,
    replicates_short,
    share,
    told,
    who_matters,
)
from experiments.figures.words import labelled
from experiments.names import command_line
from experiments.report import (
    Block,
    Bullets,
    Code,
    Figure,
    Link,
    Page,
    Paragraph,
    Section,
    Strong,
    Table,
    Warn,
    as_html,
)

_INDICES = {
    "sobol": "First: the share of the variance that a factor explains by itself. Total: with its interactions; "
    "the distance between the two is interaction. Seed noise adds to every total and takes from every first "
    "index, so the filled marks are freed of it (products of different replicates); the hollow ones, by SALib, "
    "are not. An index below 0, or above 1, is so within its noise; nothing is cut off.",
    "morris": "Each factor was moved alone, from several starts, over its range. μ* is the mean size of the "
    "change that it made, σ how much the change differs between starts. A factor matters if the interval of its "
    "μ* lies beyond the orange bar, which luck alone would fill.",
    "grid": "Over the levels of the grid: the share of the variance that a factor explains by itself (first), "
    "with its interactions (total), and that two explain only together (pair). Freed of seed noise by products "
    "of different replicates, so a share may come out a little below 0: then it is 0 within its noise.",
    "factorial": "The effect of each factor: the outcome at its upper level less that at its lower, computed "
    "per replicate, so that seeds pair. An interaction is half of what one factor's effect differs between the "
    "levels of the other.",
}
_READ = {
    "noise": "Each bar is the variance of a single run, shared out: what the factors make; the luck that all "
    "points have in common when they share seeds, which drops out of comparisons; and the luck that does not "
    "pair. On the right, the share of the latter in the variance between the means over all replicates, which "
    "is no effect of any factor.",
    "importance": "Two ways that work for any design. The regression draws a straight line for each factor: its "
    "coefficient is signed, and blind to bends. The forest bends and lets factors interact: its importance is "
    "what is lost when a factor is shuffled, on points and seeds that it has not seen. If either explains "
    "little, its ranking says little.",
    "effects": "The mean at each level of each factor, or in groups of equally many points, all on one scale. A "
    "factor whose row is flat does nothing by itself, but may still interact.",
    "interactions": "The outcome by two factors. Parallel lines: each does the same whatever the other is.",
    "heat": "The two most important factors together.",
    "replicates": "How well the mean of a point is known after so many replicates, against the spread between points.",
    "fans": "All runs by month, and split by the most important factor: the distance between the medians is "
    "what it does.",
}


_LUCK = (
    "Luck: the seeds' share of the variance, of a single run and between the means of points over all replicates; all "
    "means that nothing is seen of the factors. Replicates are enough if the mean of every point is known to a tenth "
    "of the spread between points; to compare points that share seeds, fewer do."
)
_INTERVALS = (
    "Intervals are of 95 %, each by itself: of many, some miss. A small index with a wide interval is not known to be "
    "small."
)


def report(analysis: Analysis, figures: Sequence[Drawn], folder: str) -> str:
    """Return the report as HTML.

    Args:
        analysis: the numbers.
        figures: those drawn of it.
        folder: the store, as its commands name it.
    """
    pictures: dict[str, list[Block]] = defaultdict(list)
    for each in figures:
        pictures["By month" if each.kind == "fans" else each.subject].append(_figure(each, analysis, folder))
    sections = [Section("What was varied, and how much is luck", [*_varied(analysis), *pictures[""]])]
    sections += [Section(each.name, [*_found(each, analysis), *pictures[each.name]]) for each in analysis.outcomes]
    if pictures["By month"]:
        sections.append(Section("By month", pictures["By month"]))
    sections.append(Section("Where this comes from", list(_origin(analysis))))
    return as_html(Page(f"What the sweep in {folder} shows", list(_in_short(analysis)), sections))


def again(analysis: Analysis, drawn: Drawn, folder: str) -> str:
    """Return the command that draws one figure again."""
    words = ["flywheel", "analyse", folder, "--only", drawn.kind]
    of_series = {fan.name: fan.outcome or fan.name for fan in analysis.fans} if drawn.kind == "fans" else {}
    asked = (of_series.get(drawn.subject, drawn.subject),) if drawn.subject else analysis.asked
    for name in asked:
        words += ["--outcome", name]
    if analysis.out:
        words += ["--out", analysis.out]
    return command_line([*words, "--without-failed"] if analysis.left_out else words)


def _in_short(analysis: Analysis) -> Iterator[Block]:
    yield Paragraph(_sentence(about(analysis)))
    yield from (Warn(_sentence(warning)) for warning in analysis.warnings)
    head = ("outcome", "what matters", "luck in a run", "luck between means", "replicates")
    yield Table(head, [
        (Link(each.name, each.name), headline(each), of_seeds(each.noise.seeds.value),
         of_seeds(each.noise.seeds_between), replicates_short(each))
        for each in analysis.outcomes
    ])  # fmt: skip
    yield Paragraph(_LUCK)
    yield Paragraph(_INTERVALS)


def _varied(analysis: Analysis) -> Iterator[Block]:
    yield Table(("factor", "unit", "what it is"), [(Code(key), unit, said) for key, unit, said in analysis.factors])
    if analysis.skipped:
        yield Paragraph("Not analysed:")
        yield Bullets([(Code(name), f" {why}") for name, why in analysis.skipped.items()])


def _found(outcome: Outcome, analysis: Analysis) -> Iterator[Block]:
    yield Paragraph(_sentence(labelled(outcome.description, outcome.unit)))
    for said in (who_matters(outcome), noise_said(outcome, analysis.replicates), replicates_said(outcome)):
        yield Paragraph(said)
    yield from (Warn(_sentence(said)) for said in outcome.notes)
    for fit in outcome.fits:
        if fit.unknown or not fit.explained > 0.0:
            why = fit.unknown or f"it explains nothing ({share(fit.explained)} of the variance)"
            yield Paragraph(f"The {fit.method} says nothing here: {why}.")
    if outcome.chief:
        rows = [(Code(index.factor), told(index)) for index in chief_indices(outcome)]
        yield Table(("factor", MEASURES[outcome.chief]), rows, numbers=frozenset({1}))


def _figure(drawn: Drawn, analysis: Analysis, folder: str) -> Figure:
    said = _INDICES[analysis.kind] if drawn.kind == "indices" else _READ[drawn.kind]
    warned = [Strong(f" {_sentence(warning)}") for warning in analysis.warnings]
    return Figure(
        drawn.path, drawn.title, (Strong(f"{drawn.title}."), f" {said}", *warned), again(analysis, drawn, folder)
    )


def _origin(analysis: Analysis) -> Iterator[Block]:
    yield Paragraph(("Every number is in ", Code("analysis.json"), ", the indices are in ", Code("indices.csv"), "."))
    rows = (
        ("command", analysis.command),
        ("design", f"{about(analysis)}; revision {analysis.revision}"),
        ("model", analysis.model),
        ("SHA-256 of the runs used", analysis.checksum),
        ("versions", ", ".join(f"{name} {version}" for name, version in analysis.versions.items())),
    )
    yield Table(("what", "which"), rows)


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:].removesuffix('.')}."
