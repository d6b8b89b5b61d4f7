"""The report on claims: what holds, how widely and how strongly; then a section a claim; then limits and origin."""

from __future__ import annotations

import csv
import json
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from experiments import report as floor
from experiments.claims import figures, sentences
from experiments.claims.answers import ClaimAnswer
from experiments.claims.judging import SUPPORTED, VERDICTS
from experiments.claims.ladder import RungAnswer, Share
from experiments.claims.over import PLAUSIBLE, PRIOR
from experiments.claims.schema import RUNGS
from experiments.config import show_path
from experiments.figures.words import number
from experiments.fit.report import said_factor
from experiments.names import command_line
from experiments.report import Bar, Block, Bullets, Code, Heading, Paragraph, Section, Segment, Strong, Table, Warn

NAME = "report"
_LOOKS: dict[str, floor.Look] = {
    "supported": "for", "undecided": "open", "negligible": "none", "contradicted": "against",
}  # fmt: skip
_EVIDENCE = "evidence"
_MOST_ARMS, _MOST_MEASURES = 12, 3
_TABLE, _FIT = "Claims and rungs", "What the case is evidence for"
_LIMITS, _ORIGIN = "What a simulation can say about a case", "Where it comes from"
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
    more: tuple[Section, ...] = ()


def write_report(
    folder: Path, answers: Sequence[ClaimAnswer], about: About, formats: Sequence[str] = ("png",)
) -> list[Path]:
    """Draw the pictures of answers, write the report as HTML and Markdown, and return the paths of all.

    Args:
        folder: where.
        answers: what the report tells.
        about: where they come from.
        formats: of the pictures: png, which the report shows, and if wanted svg and pdf.

    Raises:
        OSError: the report cannot be written; a picture that cannot be drawn costs that picture only.
    """
    drawn = figures.draw_all(folder, answers, tuple(dict.fromkeys(("png", *formats))))
    if about.fit is not None and (about.fit / f"{_EVIDENCE}.png").is_file():
        shown = folder / figures.FOLDER / f"{_EVIDENCE}.png"
        shown.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(about.fit / f"{_EVIDENCE}.png", shown)
        drawn.append(shown)
    return [*floor.write_page(folder, NAME, page_of(folder, answers, about)), *drawn]


def page_of(folder: Path, answers: Sequence[ClaimAnswer], about: About) -> floor.Page:
    """Return the report; arguments as of ``write_report``."""
    return floor.Page(
        about.title,
        [Paragraph(sentences.answer_paragraph(answers))],
        [
            Section(_TABLE, list(_table(answers))),
            Section(_FIT, list(_evidence(folder, about))),
            *(Section(title_of(answer), list(_claim(folder, answer, about))) for answer in answers),
            *about.more,
            Section(_LIMITS, [Bullets([*LIMITS, _OF_WORLDS.get(answers[0].worlds.name, _OF_ONE)])]),
            Section(_ORIGIN, list(_origin(answers, about))),
        ],
    )


def title_of(answer: ClaimAnswer) -> str:
    """Return the title of a claim's section."""
    return f"{answer.claim.id}: {answer.claim.file.title}"


def bar_of(shares: Sequence[Share], text: str = "") -> Bar:
    """Return shares of worlds as a bar: supported, undecided, negligible, contradicted."""
    return Bar(
        tuple(
            Segment(share.share, sentences.LETTERS[name], _LOOKS[name]) for name, share in sentences.by_order(shares)
        ),
        text,
    )


# The front.


def _table(answers: Sequence[ClaimAnswer]) -> Iterator[Block]:
    present = [name for name in RUNGS if any(answer.rung(name) is not None for answer in answers)]
    rows: list[list[floor.Text]] = []
    for answer in answers:
        first = answer.rungs[0].effects[0]
        link = floor.Link(answer.claim.id, title_of(answer))
        rows.append([
            [link, f" {answer.claim.file.title}"], *(_cell(answer.rung(name)) for name in present),
            sentences.size_words(first.size, first.found.unit),
        ])  # fmt: skip
    yield Table(["Claim", *map(sentences.capital, present), "Size of the first effect"], rows)
    yield Paragraph([
        "Bars show shares of worlds, from the left: ", Strong("S"), " supported (solid), ", Strong("?"),
        " undecided (white), ", Strong("N"), " negligible, that is as good as no effect (dotted), ", Strong("C"),
        " contradicted (hatched). Beside them: the share of worlds that support the rung (or speak against it), with "
        f"its 95 % interval; {sentences.PLUS}. ",
        "Size: the median over worlds, and in brackets the range of eight of ten worlds.",
    ])  # fmt: skip
    yield Bullets([
        [Strong("holds robustly"), ": supported in at least 90 % of worlds, lower limit at least 80 %"],
        [Strong("mostly"), ": in at least half"],
        [Strong("the other way"), ": contradicted in at least half"],
        [Strong("not settled"), ": so many worlds are undecided that one of the words above could still be reached"],
        [Strong("in some worlds"), ": supported in at least 5 %; ", Strong("nowhere"), ": in less"],
    ])  # fmt: skip


def _cell(rung: RungAnswer | None) -> floor.Text:
    if rung is None:
        return "not claimed"
    more = f"; {sentences.more_short(rung)}" if rung.word == "not settled" else ""
    against = " against" if sentences.telling(rung) != SUPPORTED else ""
    share = sentences.share_words(rung.shares[sentences.telling(rung)])
    return [Strong(rung.word), bar_of(rung.shares, f"{share}{against}{more}")]


def _evidence(folder: Path, about: About) -> Iterator[Block]:
    if about.fit is None or not (about.fit / f"{_EVIDENCE}.csv").is_file():
        yield Paragraph("There is no fit whose evidence could be shown here.")
        return
    with (about.fit / f"{_EVIDENCE}.csv").open(encoding="utf-8", newline="") as file:
        rows = sorted(csv.DictReader(file), key=lambda row: -float(row["factor"]))
    groups = []
    for way, said in (("for", "speak for"), ("against", "speak against"), ("not settled", "settle nothing about")):
        named = [
            f"{row['mechanism']} ({said_factor(float(row['factor']))})" for row in rows if row["grade"].endswith(way)
        ]
        if named:
            groups.append(f"{said} {sentences.listed(named)}")
    said = (
        f"The facts of the case {'; they '.join(groups)} (in brackets: Bayes factors, with against without the "
        "mechanism)."
    )
    yield Paragraph(said)
    yield floor.Figure(
        folder / figures.FOLDER / f"{_EVIDENCE}.png", said,
        "Rows are mechanisms, columns the patterns of the case. A cell: of 100 seeds that meet the pattern, how many "
        "still do with the mechanism switched off: the fewer, the more the pattern needs it.", wide=True,
    )  # fmt: skip


# A claim.


def _claim(folder: Path, answer: ClaimAnswer, about: About) -> Iterator[Block]:
    file = answer.claim.file
    yield Paragraph([Strong("What the source says")])
    yield floor.Quote(file.words_zh, "zh-Hans")
    yield floor.Quote(file.words)
    yield Paragraph([Strong("As tested: "), file.statement])
    yield Paragraph([Strong("Mechanism: "), file.mechanism])
    if answer.status is not None and not answer.status.confirmatory:
        yield Warn(f"This answer is {sentences.status_words(answer)}.")
    yield Bullets([_rung_line(rung) for rung in answer.rungs])
    yield from _pictures(folder, answer)
    yield Heading("What was compared")
    yield from _compared(answer)
    yield Heading("Where it holds")
    yield from _where(folder, answer)
    yield Heading("Where it must fail")
    yield from _controls(answer)
    yield Heading("Power")
    yield Paragraph(sentences.power_words(answer))
    yield Heading("What would make the authors wrong")
    yield Paragraph(file.wrong)
    yield Heading("How to run it again")
    yield floor.Command(command_line(["flywheel", *about.command, answer.claim.id, *about.options]))


def _rung_line(rung: RungAnswer) -> floor.Text:
    others = sentences.others_words(rung)
    sizes = "; ".join(
        f"{each.found.effect.name}: {sentences.size_words(each.size, each.found.unit)}" for each in rung.effects
    )
    return [
        Strong(f"{sentences.capital(rung.name)}: "), f"{rung.found.rung.says} ", Strong(sentences.capital(rung.word)),
        f": {sentences.rung_words(rung)}{f' ({others})' if others else ''}. Size: {sizes}.",
    ]  # fmt: skip


def _pictures(folder: Path, answer: ClaimAnswer) -> Iterator[Block]:
    name, place = answer.claim.id, folder / figures.FOLDER
    many = sum(len(rung.effects) for rung in answer.rungs)
    cut = f" The first {figures.MOST_PANELS} of {many} effects are shown." if many > figures.MOST_PANELS else ""
    yield floor.Figure(
        place / f"{name}-worlds.png", figures.worlds_title(answer),
        f"Each row of a panel is one of {len(answer.worlds):,} worlds: the estimate with its 95 % interval, sorted by "
        "size; an arrowhead: beyond the axis. Grey band: too small to matter; black line: no effect; the arrow in the "
        f"title: the claimed direction.{cut}",
    )  # fmt: skip
    if figures.dosed(answer):
        yield floor.Figure(
            place / f"{name}-doses.png", f"Outcomes of {name} over doses",
            "Line: the median world. Band: eight of ten worlds, by their means over seeds.",
        )  # fmt: skip
    if answer.portions:
        said = "; ".join(f"{each.title} {sentences.whole_percent(each.share.median)}" for each in answer.portions)
        yield floor.Figure(
            place / f"{name}-shares.png", f"Shares of the joint effect in the median world: {said}",
            "Shapley values: what each mechanism adds, averaged over the orders in which they could be switched on.",
        )  # fmt: skip


def _compared(answer: ClaimAnswer) -> Iterator[Block]:
    claim, rows = answer.claim, list[list[floor.Text]]()
    for rung in answer.rungs:
        for each in rung.effects:
            effect, unit = each.found.effect, each.found.unit
            rows.append([
                rung.name, effect.name, sentences.compared_words(effect),
                sentences.measure_title(claim, effect.measure)[0], sentences.bounds_words(effect, unit),
                sentences.size_words(each.size, unit), number(each.power),
            ])  # fmt: skip
    head = ("Rung", "Effect", "Compared", "Measure", "Counts if", "Size (8 of 10 worlds)", "Power")
    yield Table(head, rows, frozenset([6]))
    for rung in answer.rungs:
        for each in rung.effects:
            unknown = int((~np.isfinite(each.found.size)).sum())
            if unknown:
                yield Warn(
                    f"{sentences.capital(each.found.effect.name)} cannot be judged in {unknown:,} of "
                    f"{len(answer.worlds):,} worlds: too many of their runs have no value of it, or what it is a share "
                    "of is not above 0. They count as undecided."
                )
    yield from _arms(answer)


def _arms(answer: ClaimAnswer) -> Iterator[Block]:
    claim = answer.claim
    if claim.file.dose is not None:
        values = ", ".join(map(_said, claim.file.dose.values))
        yield Paragraph(["Dose: ", Code(claim.file.dose.key), f" is set to {values}."])
    if claim.file.switches:
        yield Paragraph("Mechanisms, each on or off in every combination, and what switches it off:")
        yield Bullets([[f"{each.title}: ", *_changes(each.off)] for each in claim.file.switches.values()])
        return
    measures = list(dict.fromkeys(arm.measure for arm in answer.arms))[:_MOST_MEASURES]
    found = {(arm.name, arm.measure): arm for arm in answer.arms}
    if not measures or len(claim.arms) > _MOST_ARMS:
        return
    titles = [sentences.measure_words(claim, name) for name in measures]
    rows: list[list[floor.Text]] = [
        [Code(name), _changes(changes), *(number(found[name, each].median) for each in measures)]
        for name, changes in claim.arms.items()
    ]
    yield Table(["Arm", "Changes", *titles], rows, frozenset(range(2, 2 + len(measures))))
    yield Paragraph("Outcomes of arms are those of the median world, averaged over seeds.")


def _changes(changes: Mapping[str, Any]) -> list[floor.Inline]:
    if not changes:
        return ["nothing: the world as it is"]
    said: list[floor.Inline] = []
    for key, value in changes.items():
        said += [", " if said else "", Code(f"{key} = {_said(value)}")]
    return said


def _said(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _where(folder: Path, answer: ClaimAnswer) -> Iterator[Block]:
    found: list[floor.Text] = [
        [f"{sentences.capital(rung.name)}, ", Code(each.key),
         sentences.decider_words(each, sentences.parameter_words(each.key))]
        for rung, deciding in zip(answer.rungs, answer.deciders, strict=False)
        for each in deciding
    ]  # fmt: skip
    if found:
        yield Paragraph("These parameters go with how strong a rung is over worlds:")
        yield Bullets(found)
    elif len(answer.worlds) > 1:
        yield Paragraph("No parameter that differs between the worlds surely goes with how strong a rung is.")
    if answer.phase is None:
        return
    phase, asked = answer.phase, answer.claim.file.phase
    lines = sentences.listed([line.title for line in phase.lines])
    theory = f" Lines: the theory's own boundary ({lines})." if phase.lines else " The theory has no boundary here."
    yield floor.Figure(
        folder / figures.FOLDER / f"{answer.claim.id}-phase.png",
        f"Where the {phase.rung} holds over {asked.x.title} and {asked.y.title}",
        f"Number and shade: the share of {phase.worlds} worlds, of {phase.seeds} seeds each, that support the "
        f"{phase.rung} with both parameters set; ✕: at least half contradict it.{theory}",
    )  # fmt: skip


def _controls(answer: ClaimAnswer) -> Iterator[Block]:
    if answer.controls:
        rows: list[list[floor.Text]] = [
            [each.name, each.why, each.rung, bar_of(each.shares, f"{_supported(each.shares)}"), Strong(each.outcome)]
            for each in answer.controls
        ]
        yield Table(["Control", "Why it must fail", "Rung", "Worlds", "Outcome"], rows)
    else:
        yield Paragraph("Negative controls were not run.")
    if answer.null:
        yield Paragraph(["The null world, whose payoff links are cut: ", answer.claim.file.null.why])
        yield Bullets([sentences.null_words(each) for each in answer.null])
    else:
        yield Paragraph("The null world was not run.")


def _supported(shares: Sequence[Share]) -> str:
    share = shares[VERDICTS.index("supported")]
    return f"supported in {share.held} of {share.worlds}"


# Where it comes from.


def _origin(answers: Sequence[ClaimAnswer], about: About) -> Iterator[Block]:
    first = answers[0]
    rows: list[list[floor.Text]] = [
        [each.claim.id, Code(show_path(each.claim.path)), Code(each.claim.hash[:16]), f"{len(each.worlds):,}",
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
