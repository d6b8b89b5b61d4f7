"""The report on claims: order, text as text, pictures that may fail, and one content in both forms."""

from __future__ import annotations

import html
import io
import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from markdown_it import MarkdownIt
from PIL import Image

from experiments.claims import figures, sentences
from experiments.claims.answers import ClaimAnswer, Control, arms_of, judged, over_claims
from experiments.claims.ladder import answer
from experiments.claims.over import Worlds
from experiments.claims.preregistration import Record
from experiments.claims.report import About, write_report
from experiments.claims.terminal import print_answers
from experiments.cli.options import figures_as
from experiments.figures.style import save, styled
from experiments.figures.words import number
from experiments.messages.terminal import console
from tests.claims.hostile import NASTY
from tests.claims.made_up import made_answers, made_table

FIT = Path(__file__).parents[2] / "results" / "fit"
ABOUT = About("What <holds>", ("propositions",), ("--budget", "quick"), "quick", "model", 1, {"numpy": "2"}, FIT)
PICTURES = {"T1-worlds", "T1-phase", "T2-worlds", "T2-doses", "T3-worlds", "T3-shares", "evidence"}


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory) -> list[ClaimAnswer]:
    return made_answers(tmp_path_factory.mktemp("toys") / "claims")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, answers: Sequence[ClaimAnswer]) -> Path:
    folder = tmp_path_factory.mktemp("report")
    write_report(folder, answers, ABOUT)
    return folder


@pytest.fixture(scope="module")
def page(folder: Path) -> str:
    return (folder / "report.html").read_text("utf-8")


def words_of(markup: str) -> str:
    """Return the text of a page without its tags."""
    body = re.sub(r"<style>.*?</style>|<title>.*?</title>", "", markup, flags=re.DOTALL)
    return html.unescape(re.sub(r"<[^>]*>", " ", body))


def test_order_of_the_report(page: str) -> None:
    titles = [html.unescape(title) for title in re.findall(r"<h2[^>]*>(.*?)</h2>", page)]
    assert [title.partition(":")[0] for title in titles] == [
        "Claims and rungs", "What the case is evidence for", "What was seen before", "T1", "T2", "T3",
        "What a simulation can say about a case", "Where it comes from",
    ]  # fmt: skip
    assert page.index("claims were tested in 40") < page.index("<nav")
    for anchor in re.findall(r'href="#([^"]*)"', page):
        assert f'id="{anchor}"' in page


def test_text_of_files_is_text(page: str, folder: Path) -> None:
    assert f"Openness brings users {html.escape(NASTY)}" in page
    assert html.escape("Closed firms have as many users, <script>alert(1)</script> say.") in page
    assert "<b>z" not in page
    rendered = (
        MarkdownIt("commonmark", {"html": True}).enable("table").render((folder / "report.md").read_text("utf-8"))
    )
    assert NASTY in words_of(rendered)
    assert not re.search(r"<(script|b)>", rendered)


def test_page_needs_and_runs_nothing(page: str) -> None:
    assert not re.search(r"<script|<link|<iframe|\son\w+=|javascript:|https?://|url\(|@import", page)
    assert set(re.findall(r'src="(.{10})', page)) == {"data:image"}


def test_what_was_seen_before_the_preregistration(answers: Sequence[ClaimAnswer], tmp_path: Path) -> None:
    earlier = Record(date="2026-01-02", claims={}, worlds={}, budgets={}, seeds={}, analysis={}, model={}, versions={})
    record = earlier.model_copy(
        update={"date": "2026-02-03T00:00:00+00:00", "before": [earlier], "seen": "T1 was run."}
    )
    write_report(tmp_path, answers, replace(ABOUT, record=record))
    text = (tmp_path / "report.md").read_text("utf-8")
    assert "The preregistration is of 2026-02-03. It replaces an earlier one of 2026-01-02." in text
    assert "Exploratory, since something changed: T2." in text
    assert "**Seen before:** T1 was run." in text


def test_chinese_has_headings_table_and_titles(answers: Sequence[ClaimAnswer], tmp_path: Path) -> None:
    with figures_as("png", 50, True, None, "zh", report=True):
        write_report(tmp_path, answers, ABOUT)
    text = (tmp_path / "report.md").read_text("utf-8")
    assert {"## 命题与层级", "## 来源"} <= set(text.splitlines())
    assert "在 40 个符合案例的合理世界中检验了 3 个命题" in text
    assert f"T1：{answers[0].claim.file.title_zh}" in text
    assert any(f"**{word}**" in text for word in ("稳健成立", "多数成立", "尚无定论"))
    with Image.open(tmp_path / "figures" / "T2-worlds.png") as image:
        assert image.info["Title"].startswith("T2：效应")


def test_one_world_has_a_verdict_an_estimate_and_its_interval(answers: Sequence[ClaimAnswer], tmp_path: Path) -> None:
    claim = answers[0].claim
    worlds = Worlds("x.toml", "the world of x.toml", ({},), (0,), (float("nan"),), (), "x.toml")
    table = made_table(claim, 1, 30, np.random.default_rng(3))
    (rungs,) = over_claims([judged(claim, table)], 1)
    alone = ClaimAnswer(claim, worlds, 30, tuple(map(answer, rungs)), tuple(arms_of(table)))
    write_report(tmp_path, [alone], ABOUT)
    text = (tmp_path / "report.md").read_text("utf-8")
    assert "1 worlds" not in text
    found = alone.rungs[0].effects[0].found
    low, high = float(100.0 * found.low[0]), float(100.0 * found.high[0])
    assert f"({number(low)} to {number(high)}\u00a0%)" in text


def test_both_forms_say_the_same_numbers(page: str, folder: Path) -> None:
    rendered = MarkdownIt().enable("table").render((folder / "report.md").read_text("utf-8"))
    first, second = (re.findall(r"\d[\d,.]*", words_of(text)) for text in (page, rendered))
    assert len(first) > 200
    assert first == second


def test_of_many_claims_the_answer_names_those_that_hold_and_counts_the_rest(answers: Sequence[ClaimAnswer]) -> None:
    said = sentences.answer_paragraph([*answers, answers[0]])
    assert [rung.word for rung in (each.rungs[0] for each in answers)] == ["not settled", "mostly", "holds robustly"]
    assert said.startswith("Four claims were tested in 40 plausible worlds")
    assert (
        "The effect (the outcome differs as claimed) holds robustly for T3 “Mechanisms work together” (100\u00a0%); it "
        "holds in most worlds for T2" in said
    )
    assert "(others: not settled 2)" in said
    assert said.count(".") <= 6


def test_what_holds_where_it_must_fail_is_marked(answers: Sequence[ClaimAnswer], tmp_path: Path) -> None:
    rung = answers[1].rungs[0]
    held = Control("too small", "Nothing can come back.", rung.name, rung.shares, "holds though it must fail")
    weak = [answers[0], replace(answers[1], controls=(held,)), answers[2]]
    write_report(tmp_path, weak, ABOUT)
    text = (tmp_path / "report.md").read_text("utf-8")
    assert "is weaker for it: T2 (effect)." in text.split("**Contents**")[0]
    assert "**mostly†**" in text
    assert "†: holds also in a control where it must fail" in text


def test_not_settled_says_how_many_seeds(answers: Sequence[ClaimAnswer], page: str) -> None:
    rung = answers[0].rungs[0]
    assert rung.word == "not settled"
    assert page.count(f"+{rung.seeds_more:,.0f} seeds") == 1  # in the table
    assert f"{rung.seeds_more:,.0f} more seeds a world would settle" in page


def test_a_picture_that_fails_costs_that_picture(
    answers: Sequence[ClaimAnswer], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fails(*_: object) -> None:
        raise ZeroDivisionError("no room")

    monkeypatch.setattr(figures, "draw_worlds", fails)
    with figures_as("svg", 150, True, None, report=True):
        write_report(tmp_path, answers[:1], ABOUT)
    said = capsys.readouterr().err.splitlines()
    assert said[0] == "flywheel: T1-worlds: this picture could not be drawn: ZeroDivisionError: no room"
    assert said[1].startswith("flywheel: evidence.svg: ")  # the fit's, which is there as png only
    assert len(said) == 2
    assert {path.name for path in (tmp_path / "figures").iterdir()} == {"T1-phase.png", "T1-phase.svg", "evidence.png"}
    for name in ("report.html", "report.md"):
        assert (tmp_path / name).read_text("utf-8").count("is missing: it could not be drawn") == 1


def test_panels_have_room_for_their_titles(answers: Sequence[ClaimAnswer], tmp_path: Path) -> None:
    with styled():
        figure = figures.draw_worlds(answers[0])
        titles = [axes.get_title("left") for axes in figure.axes]
        save(figure, tmp_path / "worlds.png")
        assert [axes.get_title("left") for axes in figure.axes] == titles  # ``save`` shortens what has no room


def test_pictures_are_all_there(folder: Path, page: str) -> None:
    assert {path.stem for path in (folder / "figures").iterdir()} == PICTURES
    assert page.count("<img") == len(PICTURES)


def test_table_fits_a_terminal(answers: Sequence[ClaimAnswer]) -> None:
    terminal = console()
    terminal.file, terminal.width = io.StringIO(), 80
    print_answers(answers, terminal)
    lines = terminal.file.getvalue().splitlines()
    assert max(map(len, lines)) <= 80
    assert {"T1", "T2", "T3"} <= {line.split()[0] for line in lines if line.strip()}
    assert any("against" in line for line in lines)  # T2's signature goes the other way
