"""Answers to claims, and plans, as tables for a terminal of 80 columns."""

from __future__ import annotations

from collections.abc import Sequence

from rich import box
from rich.console import Console
from rich.table import Table

from experiments.claims import sentences
from experiments.claims.answers import ClaimAnswer
from experiments.claims.judging import VERDICTS
from experiments.claims.ladder import RungAnswer
from experiments.claims.planning import Plan
from experiments.claims.schema import RUNGS
from experiments.messages.terminal import console, table
from experiments.sweep.progress import duration

_WIDTH = 78


def print_answers(answers: Sequence[ClaimAnswer], terminal: Console | None = None, title: str | None = None) -> None:
    """Print a row a claim: the word for each rung with the share of worlds that support it, and the first size.

    Args:
        answers: what is printed.
        terminal: where; the standard output if None.
        title: what stands above it.
    """
    first = answers[0]
    several = len(first.worlds) > 1
    percent = (f"Percent: the share of {sentences.where_words(first)}, that support the rung, or contradict it; "
               f"{sentences.PLUS}. ")  # fmt: skip
    sizes = "median over worlds; in brackets, the range of 8 of 10 worlds" if several else "with its 95 % interval"
    weak = any(sentences.holds_anyway(answer, rung) for answer in answers for rung in answer.rungs)
    marked = f" {sentences.DAGGER}: holds also in a control where it must fail." if weak else ""
    shown = Table(
        box=box.SIMPLE_HEAD, pad_edge=False, collapse_padding=True, width=_WIDTH, caption_justify="left", title=title,
        title_justify="left",
        caption=f"{percent if several else ''}Size: the number that decides the effect ({sizes}).{marked}",
    )  # fmt: skip
    shown.add_column("claim", ratio=4)
    present = [name for name in RUNGS if any(answer.rung(name) is not None for answer in answers)]
    for name in present:
        shown.add_column(name, ratio=3)
    shown.add_column("size", ratio=4)
    for answer in answers:
        effect = sentences.deciding(answer.rungs[0])
        shown.add_row(
            f"{answer.claim.id} {answer.claim.file.title}", *(_cell(answer, answer.rung(name)) for name in present),
            f"{sentences.effect_name(effect)}: {sentences.size_words(effect)}",
        )  # fmt: skip
    (terminal or console()).print(shown)


def _cell(answer: ClaimAnswer, rung: RungAnswer | None) -> str:
    if rung is None:
        return "-"
    if rung.word in VERDICTS:  # of a single world
        return rung.word
    mark = sentences.DAGGER if sentences.holds_anyway(answer, rung) else ""
    said = f"{rung.word}{mark}\n{sentences.share_short(rung)}"
    return f"{said}, {sentences.more_short(rung)}" if rung.word == "not settled" else said


def print_plans(plans: Sequence[Plan]) -> None:
    """Print what each budget takes of a claim, and with which power it decides each rung."""
    made = table(
        "claim|budget|>runs|>time|power of each rung",
        caption="Power to find an effect of twice the smallest of interest: of the median world; in brackets "
        "the share of worlds in which it is 0.8 or more.",
    )
    for each in plans:
        for cost in each.costs:
            powers = ", ".join(f"{one.rung} {one.power:.2f} ({100.0 * one.powered:.0f} %)"
                               for one in each.powers if one.budget == cost.budget)  # fmt: skip
            made.add_row(each.id, cost.budget, f"{cost.runs:,}", duration(cost.seconds), powers)
    console().print(made)
