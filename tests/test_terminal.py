"""Tables as every command prints them."""

from __future__ import annotations

import pytest

from experiments.terminal import console, table


def test_numbers_stand_to_the_right_and_text_is_no_markup(capsys: pytest.CaptureFixture[str]) -> None:
    shown = table("name|>cost", title="[bold]x[/]", caption="in money")
    shown.add_row("a\x1b[2J", "1")
    shown.add_row("b", "1,000")
    console(width=40).print(shown)
    title, _, heading, rule, one, other, *_, caption = (
        line.rstrip() for line in capsys.readouterr().out.split("\n")[:8]
    )
    assert (title, caption) == ("[bold]x[/]", "in money")
    assert heading.endswith(" cost")
    assert set(rule.strip()) == {"─"}
    assert one.endswith("    1")
    assert len(one) == len(other) == len(heading)
    assert r"\x1b[2J" in one
