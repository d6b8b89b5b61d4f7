"""Tables as every command prints them."""

from __future__ import annotations

from collections import Counter
from itertools import chain

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len

from experiments.messages.terminal import console, table


def test_numbers_stand_to_the_right_and_text_is_no_markup(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    shown = table("name|>cost", title="[bold]x[/]", caption="in money")
    shown.add_row("a\x1b[2J", "1")
    shown.add_row("b", "1,000")
    monkeypatch.setenv("COLUMNS", "40")
    console().print(shown)
    title, _, heading, rule, one, other, *_, caption = (
        line.rstrip() for line in capsys.readouterr().out.split("\n")[:8]
    )
    assert (title, caption) == ("[bold]x[/]", "in money")
    assert heading.endswith(" cost")
    assert set(rule.strip()) == {"─"}
    assert one.endswith("    1")
    assert len(one) == len(other) == len(heading)
    assert r"\x1b[2J" in one


_WORD = st.text("abé漢_./(", min_size=1, max_size=14)
_CELL = st.lists(_WORD, max_size=6).map(" ".join)


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 5).flatmap(lambda n: st.lists(st.lists(_CELL, min_size=n, max_size=n), min_size=1, max_size=4)),
       st.integers(20, 100))  # fmt: skip
def test_no_word_that_fits_is_broken_and_no_line_is_too_wide(rows: list[list[str]], width: int) -> None:
    shown = table("|".join(rows[0]))
    for row in rows[1:]:
        shown.add_row(*row)
    made = console()
    made.width = width
    with made.capture() as printed:
        made.print(shown)
    lines = printed.get().splitlines()
    assert max(map(cell_len, lines)) <= width
    words = [[word for row in rows for word in row[column].split()] for column in range(len(rows[0]))]
    between = 2 * len(words)  # the frame
    if sum(max(map(cell_len, column), default=1) for column in words) + between <= width:
        assert Counter(word for line in lines for word in line.split() if "─" not in word) == Counter(chain(*words))


def test_a_pipe_has_the_width_of_columns_else_80(monkeypatch: pytest.MonkeyPatch) -> None:
    for columns, width in (("", 80), ("147", 147)):
        monkeypatch.setenv("COLUMNS", columns)
        assert console().width == width
