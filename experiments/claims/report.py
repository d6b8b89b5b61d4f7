"""The report on claims: what holds, how widely and how strongly; then a section a claim; then limits and origin."""

from __future__ import annotations

import csv
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from experiments import report as floor
from experiments.claims import figures, sentences
from experiments.claims.answers import ClaimAnswer
from experiments.claims.judging import SUPPORTED, VERDICTS
from experiments.claims.ladder import RungAnswer
from experiments.claims.over import PLAUSIBLE, PRIOR
from experiments.claims.preregistration import Record
from experiments.claims.schema import RUNGS
from experiments.claims.sections import bar_of, blocks_of, title_of
from experiments.config import show_path
from experiments.figures.asked import asked
from experiments.figures.words import NBSP
from experiments.fit.inference import said_factor
from experiments.messages.language import LANGUAGES, language, marked, phrase, spoken
from experiments.messages.names import command_line
from experiments.messages.terminal import note
from experiments.report import Block, Bullets, Code, Paragraph, Section, Strong, Table, Warn

NAME = "report"
EVIDENCE = "evidence"
_GRADES = (
    (False, "for", "speak for"), (True, "for", "speak weakly for"), (True, "against", "speak weakly against"),
    (False, "against", "speak against"), (False, "not settled", "settle nothing about"),
)  # fmt: skip
_TABLE, _FIT = marked("Claims and rungs"), marked("What the case is evidence for")
_BEFORE = marked("What was seen before")
_LIMITS, _ORIGIN = marked("What a simulation can say about a case"), marked("Where it comes from")
_FOREIGN = marked("Headings, the table of claims and the titles of figures are in this language, all else in English.")
LIMITS = (
    "A simulation tells what follows from its assumptions. It cannot tell whether the firm of the case was like that.",
    "That a claim holds means: if the mechanisms work as they are modelled, the effect follows in the worlds asked, "
    "and is large enough to matter. It is no evidence that they were at work in the case.",
    "A claim that does not hold may be wrong, or the model may leave out what makes it right.",
    "The smallest effects of interest are judgements. Intervals are given, so that readers can put in their own.",
    "Intervals show the luck of the draw, shares the doubt about parameters; neither shows that about the model.",
    "One case cannot tell causes from company. The model can switch off one cause at a time, but only in the model.",
)
_OF_WORLDS = {
    PLAUSIBLE: "The worlds are those of the model that fit the case's dated facts. Facts that are not dated, and "
    "worlds that the model cannot make, have no say. A share of worlds is no probability that the claim is true.",
    PRIOR: "The worlds are spread over the wide prior, whether they fit the case or not. A share of worlds is no "
    "probability that the claim is true.",
}
_OF_ONE = "The answer is that of one world, a choice of parameters most of which were not measured."


@dataclass(frozen=True)
class About:
    """What a report says of its making.

    Attributes:
        title: of the report.
        command: the words of the command that judges claims, to which an id is added, such as ("propositions",).
        options: what follows the id, such as ("--over", "plausible").
        budget: its name.
        model: the model's identity.
        seed: the seed that the runs' seeds are drawn from.
        versions: of what the numbers depend on, by name.
        fit: the folder of the fit whose evidence is shown, if there is one.
        data: the names of the files beside the report that hold its numbers.
        record: the preregistration of the claims, if there is one.
        more: further sections, before the limits: what of an audit, a falsifier, a multiverse came.
    """

    title: str
    command: tuple[str, ...]
    options: tuple[str, ...]
    budget: str
    model: str
    seed: int
    versions: Mapping[str, str]
    fit: Path | None = None
    data: tuple[str, ...] = ()
    record: Record | None = None
    more: tuple[Section, ...] = ()


def write_report(folder: Path, answers: Sequence[ClaimAnswer], about: About) -> list[Path]:
    """Draw the pictures of answers, write the report as HTML and Markdown, and return the paths of all.

    Args:
        folder: where.
        answers: what the report tells.
        about: where they come from.

    Raises:
        OSError: the report cannot be written; a picture that cannot be drawn costs that picture only.
    """
    drawn = figures.draw_all(folder, answers)
    drawn += _copied(about.fit, folder / figures.FOLDER)
    with spoken(asked().language):
        return [*floor.write_page(folder, NAME, page_of(folder, answers, about)), *drawn]


def _copied(fit: Path | None, folder: Path) -> Iterator[Path]:
    """Copy the picture of a fit's evidence in each format that is asked for; one that the fit lacks is told."""
    if fit is None or not (fit / f"{EVIDENCE}.png").is_file():
        return
    folder.mkdir(parents=True, exist_ok=True)
    for form in asked().formats:
        name = f"{EVIDENCE}.{form}"
        if (fit / name).is_file():
            shutil.copyfile(fit / name, folder / name)
            yield folder / name
        else:
            note(f"{name}: {show_path(fit)} has none; 'flywheel fit CONFIG --format {form}' draws it")


def page_of(folder: Path, answers: Sequence[ClaimAnswer], about: About) -> floor.Page:
    """Return the report; arguments as of ``write_report``."""
    with spoken(LANGUAGES[0]):  # what is not a heading or in the table of claims is in English
        evidence, origin = list(_evidence(folder, about)), list(_origin(answers, about))
        bodies = [list(blocks_of(folder, each, again(each, about))) for each in answers]
        limits = Bullets([*LIMITS, _OF_WORLDS.get(answers[0].worlds.name, _OF_ONE)])
    return floor.Page(
        phrase(about.title),
        [
            Paragraph(sentences.answer_paragraph(answers)),
            *([Paragraph(phrase(_FOREIGN))] if language() != LANGUAGES[0] else []),
        ],
        [
            Section(phrase(_TABLE), list(_table(answers))),
            Section(phrase(_FIT), evidence),
            Section(phrase(_BEFORE), list(_preregistration(answers, about.record))),
            *(Section(title_of(each), body) for each, body in zip(answers, bodies, strict=True)),
            *(Section(phrase(each.title), each.blocks) for each in about.more),
            Section(phrase(_LIMITS), [limits]),
            Section(phrase(_ORIGIN), origin),
        ],
        language(),
    )


def again(answer: ClaimAnswer, about: About) -> str:
    """Return the command that judges a claim again."""
    return command_line(["flywheel", *about.command, answer.claim.id, *about.options])


# The front.


def _table(answers: Sequence[ClaimAnswer]) -> Iterator[Block]:
    present = [name for name in RUNGS if any(answer.rung(name) is not None for answer in answers)]
    rows: list[list[floor.Text]] = []
    for answer in answers:
        decides = sentences.deciding(answer.rungs[0])
        link = floor.Link(answer.claim.id, title_of(answer))
        size = phrase("{claim}: {said}", claim=sentences.effect_name(decides), said=sentences.size_words(decides))
        rows.append([
            [link, f" {sentences.title_of(answer.claim)}"],
            *(_cell(answer, answer.rung(name)) for name in present), size,
        ])  # fmt: skip
    head = [phrase("Claim"), *(sentences.capital(phrase(name)) for name in present)]
    yield Table([*head, phrase("Size of what decides the effect")], rows, stacked=True)
    if any(sentences.holds_anyway(each, rung) for each in answers for rung in each.rungs):
        yield Paragraph(phrase("{mark}: holds also in a control where it must fail, so that it may have other causes.",
                               mark=sentences.DAGGER))  # fmt: skip
    if len(answers[0].worlds) == 1:
        yield Paragraph(phrase("Size: the estimate in this world, and in brackets its 95 % interval."))
        return
    yield Paragraph([
        phrase("Bars show shares of worlds, from the left:"), " ", Strong("S"), phrase(" supported (solid), "),
        Strong("?"), phrase(" undecided (white), "), Strong("N"),
        phrase(" negligible, that is as good as no effect (dotted), "), Strong("C"),
        phrase(" contradicted (hatched). Below them: the share of worlds that support the rung (or contradict it), "
               "with its 95 % interval; {plus}. ", plus=phrase(sentences.PLUS)),
        phrase("Size: the median over worlds, and in brackets the range of eight of ten worlds."),
    ])  # fmt: skip
    yield Bullets([
        [Strong(phrase("holds robustly")), phrase(": supported in at least 90 % of worlds, lower limit at least 80 %")],
        [Strong(phrase("mostly")), phrase(": supported in at least half")],
        [Strong(phrase("the other way")), phrase(": contradicted in at least half")],
        [Strong(phrase("not settled")), phrase(": so many worlds are undecided that one of the words above could still "
                                               "be reached")],
        [Strong(phrase("in some worlds")), phrase(": supported in at least 5 %")],
        [Strong(phrase("nowhere")), phrase(": supported in less than 5 %")],
    ])  # fmt: skip


def _cell(answer: ClaimAnswer, rung: RungAnswer | None) -> floor.Text:
    if rung is None:
        return phrase("not claimed")
    word = phrase(rung.word) + (sentences.DAGGER if sentences.holds_anyway(answer, rung) else "")
    if rung.word in VERDICTS:  # of a single world
        return Strong(word)
    share = sentences.share_words(rung.shares[sentences.telling(rung)]).replace(" ", NBSP)
    said = share if sentences.telling(rung) == SUPPORTED else phrase("{share} against", share=share)
    more = f"; {sentences.more_short(rung)}" if rung.word == "not settled" else ""
    return [Strong(word), bar_of(rung.shares, f"{said}{more}")]


def _preregistration(answers: Sequence[ClaimAnswer], record: Record | None) -> Iterator[Block]:
    if record is None:
        yield Warn(phrase("The claims were not preregistered: every answer explores."))
        return
    day, dates = record.date[:10], [each.date[:10] for each in record.before]
    yield Paragraph(
        phrase("The preregistration is of {day}. It is the first.", day=day) if not dates else
        phrase("The preregistration is of {day}. It replaces an earlier one of {first}.", day=day, first=dates[0])
        if len(dates) == 1 else
        phrase("The preregistration is of {day}. It replaces {count} earlier ones, the first of {first}.",
               day=day, count=len(dates), first=dates[0])
    )  # fmt: skip
    exploring = [each.claim.id for each in answers if each.status is None or not each.status.confirmatory]
    yield Paragraph(
        phrase("Every answer is confirmatory: nothing changed since.") if not exploring else
        phrase("Exploratory, since something changed: {claims}.", claims=sentences.listed(exploring))
    )  # fmt: skip
    yield Paragraph([Strong(phrase("Seen before:")), " ", record.seen or phrase("the record does not say.")])


def _evidence(folder: Path, about: About) -> Iterator[Block]:
    if about.fit is None or not (about.fit / f"{EVIDENCE}.csv").is_file():
        yield Paragraph("There is no fit whose evidence could be shown here.")
        return
    with (about.fit / f"{EVIDENCE}.csv").open(encoding="utf-8", newline="") as file:
        rows = sorted(csv.DictReader(file), key=lambda row: -float(row["factor"]))
    groups = []
    for weak, way, said in _GRADES:
        named = [
            f"{row['mechanism'].replace('-', ' ')} ({said_factor(float(row['factor']))})"
            for row in rows
            if row["grade"].endswith(way) and row["grade"].startswith("weak") == weak
        ]
        if named:
            groups.append(f"{said} {sentences.listed(named)}")
    said = (
        f"The facts of the case {'; they '.join(groups)} (in brackets: Bayes factors, with against without the "
        "mechanism)."
    )
    yield Paragraph(said)
    yield floor.Figure(
        folder / figures.FOLDER / f"{EVIDENCE}.png", said,
        "Rows are mechanisms, columns the patterns of the case. A cell: the share of plausible worlds whose own run, "
        "which meets every pattern, still meets this one with the mechanism switched off; in the first row, how often "
        "the worlds' other seeds do with nothing off. Framed: clearly fewer than these.", wide=True,
    )  # fmt: skip


# Where it comes from.


def _origin(answers: Sequence[ClaimAnswer], about: About) -> Iterator[Block]:
    first = answers[0]
    rows: list[list[floor.Text]] = [
        [each.claim.id, Code("/".join(each.claim.path.parts[-2:])), Code(each.claim.hash[:16]), f"{len(each.worlds):,}",
         f"{each.seeds:,}", f"{len(each.claim.arms):,}", f"{len(each.worlds) * each.seeds * len(each.claim.arms):,}",
         sentences.status_words(each)]
        for each in answers
    ]  # fmt: skip
    head = ("Claim", "File", "Hash", "Worlds", "Seeds a world", "Arms", "Runs", "Preregistration")
    yield Table(head, rows, frozenset([3, 4, 5, 6]))
    versions = ", ".join(f"{name} {version}" for name, version in about.versions.items())
    yield Table(["", ""], [
        ["Worlds", f"{first.worlds.title} ({first.worlds.source})"], ["Budget", about.budget],
        ["Seed", str(about.seed)], ["Model", Code(about.model)], ["Versions", versions],
    ])  # fmt: skip
    if about.data:
        yield Paragraph(f"Every number is in {sentences.listed(about.data)}.")
