"""The answers to claims as a table for a terminal of 80 columns."""

from __future__ import annotations

from collections.abc import Sequence

from rich import box
from rich.console import Console
from rich.table import Table

from experiments.claims import sentences
from experiments.claims.answers import ClaimAnswer
from experiments.claims.judging import VERDICTS
from experiments.claims.ladder import RungAnswer
from experiments.claims.schema import RUNGS
from experiments.terminal import console

_WIDTH = 78


def print_answers(answers: Sequence[ClaimAnswer], terminal: Console | None = None) -> None:
    """Print a row a claim: the word for each rung with the share of worlds that support it, and the first size.

    Args:
        answers: what is printed.
        terminal: where; the standard output if None.
    """
    first = answers[0]
    table = Table(
        box=box.SIMPLE_HEAD, pad_edge=False, collapse_padding=True, width=_WIDTH, caption_justify="left",
        caption=f"Percent: the share of {len(first.worlds):,} worlds ({first.worlds.title}) that support the rung, or "
        f"speak against it; {sentences.PLUS}. Size: of what decides the effect, the "
        "median world, and in brackets 8 of 10 worlds.",
    )  # fmt: skip
    table.add_column("claim", ratio=4)
    present = [name for name in RUNGS if any(answer.rung(name) is not None for answer in answers)]
    for name in present:
        table.add_column(name, ratio=3)
    table.add_column("size", ratio=4)
    for answer in answers:
        effect = sentences.deciding(answer.rungs[0])
        table.add_row(
            f"{answer.claim.id} {answer.claim.file.title}", *(_cell(answer.rung(name)) for name in present),
            sentences.size_words(effect.size, effect.found.unit),
        )  # fmt: skip
    (terminal or console()).print(table)


def _cell(rung: RungAnswer | None) -> str:
    if rung is None:
        return "-"
    if rung.word in VERDICTS:  # of a single world
        return rung.word
    said = f"{rung.word}\n{sentences.share_short(rung)}"
    return f"{said}, {sentences.more_short(rung)}" if rung.word == "not settled" else said
