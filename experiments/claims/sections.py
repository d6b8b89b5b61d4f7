"""The section of a report on one claim: the source, what was compared, pictures, where it holds, how to rerun it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from experiments import report as floor
from experiments.claims import figures, sentences
from experiments.claims.answers import ClaimAnswer, PhaseDiagram
from experiments.claims.judging import VERDICTS
from experiments.claims.ladder import RungAnswer, Share
from experiments.figures.words import number
from experiments.messages.language import phrase
from experiments.report import Bar, Block, Bullets, Code, Heading, Paragraph, Segment, Strong, Table, Warn

_LOOKS: dict[str, floor.Look] = {
    "supported": "for", "undecided": "open", "negligible": "none", "contradicted": "against",
}  # fmt: skip
_MOST_ARMS, _MOST_MEASURES = 12, 3


def title_of(answer: ClaimAnswer) -> str:
    """Return the title of a claim's section."""
    return phrase("{claim}: {said}", claim=answer.claim.id, said=sentences.title_of(answer.claim))


def bar_of(shares: Sequence[Share], text: str = "") -> Bar:
    """Return shares of worlds as a bar: supported, undecided, negligible, contradicted."""
    return Bar(
        tuple(
            Segment(share.share, sentences.LETTERS[name], _LOOKS[name]) for name, share in sentences.by_order(shares)
        ),
        text,
    )


def blocks_of(folder: Path, answer: ClaimAnswer, command: str) -> Iterator[Block]:
    """Yield the section of a claim.

    Args:
        folder: of the report.
        answer: what the section tells.
        command: what judges the claim again.
    """
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
    yield floor.Command(command)


def _rung_line(rung: RungAnswer) -> floor.Text:
    others = sentences.others_words(rung)
    sizes = "; ".join(f"{each.found.effect.name}: {sentences.size_words(each)}" for each in rung.effects)
    return [
        Strong(f"{sentences.capital(rung.name)}: "), f"{rung.found.rung.says} ", Strong(sentences.capital(rung.word)),
        f": {sentences.rung_words(rung)}{f' ({others})' if others else ''}. Size: {sizes}.",
    ]  # fmt: skip


def _pictures(folder: Path, answer: ClaimAnswer) -> Iterator[Block]:
    name, place = answer.claim.id, folder / figures.FOLDER
    many = sum(len(rung.effects) for rung in answer.rungs)
    cut = f" The first {figures.MOST_PANELS} of {many} effects are shown." if many > figures.MOST_PANELS else ""
    rows = "The estimate in this world, with its 95 % interval"
    if len(answer.worlds) > 1:
        worlds = f"{len(answer.worlds):,} worlds, sorted by size"
        rows = f"Each row of a panel is one of {worlds}: the estimate with its 95 % interval"
    yield floor.Figure(
        place / f"{name}-worlds.png", figures.worlds_title(answer),
        f"{rows}. An arrowhead points beyond the axis. Grey band: too small to matter. Black line: no effect. The "
        f"arrow in a title: the claimed direction.{cut}",
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
                sentences.capital(sentences.measures_words(claim, effect)), sentences.bounds_words(effect, unit),
                sentences.size_words(each), number(each.power),
            ])  # fmt: skip
    range_of = "8 of 10 worlds" if len(answer.worlds) > 1 else "95 % interval"
    head = ("Rung", "Effect", "Compared", "Measure", "Counts if", f"Size ({range_of})", "Power")
    yield Table(head, rows, frozenset([6]))
    yield Paragraph(
        "Power: the chance to find this effect alone in the median world, if it is twice the smallest one of interest. "
        "A rung that needs several effects is found less often than each of them."
    )
    for rung in answer.rungs:
        for each in rung.effects:
            unknown = int((~np.isfinite(each.found.size)).sum())
            if unknown:
                name = sentences.capital(each.found.effect.name)
                yield Warn(
                    f"{name} cannot be judged in {_of_worlds(unknown, answer)}: too many runs have no value of it, or "
                    "what it is a share of is not above 0. It counts as undecided there."
                )
    yield from _arms(answer)


def _arms(answer: ClaimAnswer) -> Iterator[Block]:
    claim = answer.claim
    if claim.file.dose is not None:
        values = ", ".join(_said(value).removeprefix("= ") for value in claim.file.dose.values)
        yield Paragraph(["Dose: ", Code(claim.file.dose.key), f" is set to {values}."])
    if claim.file.switches:
        yield Paragraph("Mechanisms, each on or off in every combination, and what switches it off:")
        yield Bullets([[f"{each.title}: ", *_changes(each.off)] for each in claim.file.switches.values()])
        return
    measures = list(dict.fromkeys(arm.measure for arm in answer.arms))[:_MOST_MEASURES]
    found = {(arm.name, arm.measure): arm for arm in answer.arms}
    if not measures or len(claim.arms) > _MOST_ARMS:
        return
    titles = [sentences.capital(sentences.measure_words(claim, name)) for name in measures]
    rows: list[list[floor.Text]] = [
        [Code(name), _changes(changes), *(number(found[name, each].median) for each in measures)]
        for name, changes in claim.arms.items()
    ]
    yield Table(["Arm", "Changes", *titles], rows, frozenset(range(2, 2 + len(measures))))
    where = "those of the median world, averaged" if len(answer.worlds) > 1 else "averages"
    yield Paragraph(f"Outcomes of arms are {where} over seeds.")


def _of_worlds(count: int, answer: ClaimAnswer) -> str:
    worlds = len(answer.worlds)
    return f"{count:,} of {worlds:,} worlds" if worlds > 1 else "this world"


def _changes(changes: Mapping[str, Any]) -> list[floor.Inline]:
    if not changes:
        return ["nothing: the world as it is"]
    said: list[floor.Inline] = []
    for key, value in changes.items():
        said += [", " if said else "", Code(f"{key} {_said(value)}")]
    return said


def _said(value: Any) -> str:
    if isinstance(value, str) and value.startswith(("=", "*")):
        return value
    return f"= {value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)}"


def _where(folder: Path, answer: ClaimAnswer) -> Iterator[Block]:
    pairs = zip(answer.rungs, answer.deciders, strict=False)
    found = [(rung.name, each) for rung, deciding in pairs for each in deciding]
    if found:
        yield Paragraph(
            "Over worlds, these parameters go with the size of what a rung asks for, whether it holds or not: high "
            "values go with more of it where the rank correlation is above 0, with less where it is below."
        )
        head = ("Rung", "Parameter", "Meaning", "Rank correlation", "p (Holm)", "Supported, lowest third of values",
                "Supported, highest third")  # fmt: skip
        rows: list[list[floor.Text]] = [
            [name, Code(each.key), sentences.parameter_words(each.key), number(each.strength), number(each.p),
             sentences.whole_percent(each.low), sentences.whole_percent(each.high)]
            for name, each in found
        ]  # fmt: skip
        yield Table(head, rows, frozenset(range(3, 7)))
    elif len(answer.worlds) > 1:
        yield Paragraph("No parameter that differs between worlds surely goes with the size of what a rung asks for.")
    if answer.phase is None:
        return
    phase, asked = answer.phase, answer.claim.file.phase
    yield floor.Figure(
        folder / figures.FOLDER / f"{answer.claim.id}-phase.png",
        f"Where the {phase.rung} holds over {asked.x.title} and {asked.y.title}",
        f"Number and shade: the share of {phase.worlds} worlds, of {phase.seeds} seeds each, that support the "
        f"{phase.rung} with both parameters set; ✕: at least half contradict it. The other worlds are undecided, or "
        "the effect is too small to matter there. Seeds are fewer than above, and nothing is corrected for the number "
        f"of places: the map shows where to look, and settles nothing by itself. {_theory(phase)}",
    )  # fmt: skip


def _theory(phase: PhaseDiagram) -> str:
    """Say where the theory's own boundary lies in a diagram."""
    titles = sentences.listed(list(dict.fromkeys(line.title for line in phase.lines)))
    if not phase.lines:
        return "The theory names no boundary for this claim."
    if not any(line.x for line in phase.lines):
        return f"The theory's own boundary ({titles}) lies outside these values."
    return f"Line: the theory's own boundary ({titles})."


def _controls(answer: ClaimAnswer) -> Iterator[Block]:
    if answer.controls:
        rows: list[list[floor.Text]] = [
            [each.name, each.why, each.rung, bar_of(each.shares, f"{_supported(each.shares)}"), Strong(each.outcome)]
            for each in answer.controls
        ]
        yield Table(["Control", "Why it must fail", "Rung", "Worlds", "Outcome"], rows)
        yield Paragraph(
            "A control says nothing where the rung is supported in less than a quarter of the worlds without it too. "
            "Where a rung holds though it must fail, what was measured may have other causes than the mechanism."
        )
    else:
        yield Paragraph("Negative controls were not run.")
    if answer.null:
        yield Paragraph(["The null world, whose payoff links are cut: ", answer.claim.file.null.why])
        yield Bullets(list(sentences.null_lines(answer.null)))
    else:
        yield Paragraph("The null world was not run.")


def _supported(shares: Sequence[Share]) -> str:
    share = shares[VERDICTS.index("supported")]
    return f"supported in {share.held} of {share.worlds}"
