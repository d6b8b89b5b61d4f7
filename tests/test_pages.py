"""The floor of all reports: text stays text in both forms, sections are found, and pictures are within the page."""

from __future__ import annotations

from pathlib import Path

import pytest
from markdown_it import MarkdownIt

from experiments.report import (
    Code,
    Command,
    Figure,
    Link,
    Page,
    Paragraph,
    Section,
    Strong,
    Table,
    as_markdown,
    write_page,
)
from experiments.report.page import anchors

TEXTS = (
    "# no heading", "- no item", "1. no item", "+ no item", "    no code", "> no quote", "a * b * c", "_no_ __stress__",
    "`no` code", "[no](link)", "![no](image.png)", "<http://no.link>", "http://no.link www.no.link", "a | b", "$x$ a_b",
    "&amp; & <b>", "~~no~~", r"back\slash", "ends with !", "=== ---", "中文 🙂", "\x1b[31m red \u202e", "#1 @me",
)  # fmt: skip


def page(tmp_path: Path) -> Page:
    cells = [[text, [Strong(f" {text} "), Code(text)]] for text in TEXTS]
    blocks = [*(Paragraph(text) for text in TEXTS), Table(["text | head", "code"], cells), Command("ls 'a b' # `x`")]
    figure = Figure(tmp_path / "figures" / "a picture.png", 'says "x" <y>', "caption")
    return Page("All <texts>", [Paragraph(Link("see", "Same"))], [Section("Same", blocks), Section("Same", [figure])])


@pytest.mark.parametrize("text", TEXTS)
def test_text_means_nothing_in_markdown(text: str, tmp_path: Path) -> None:
    shown = as_markdown(Page("t", [Paragraph(text)], []), tmp_path).split("\n\n")[1]
    tokens = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"]).parse(shown)
    assert [token.type for token in tokens] == ["paragraph_open", "inline", "paragraph_close"]
    assert {child.type for child in tokens[1].children or []} <= {"text", "text_special"}


def test_page_in_both_forms(tmp_path: Path) -> None:
    (tmp_path / "figures").mkdir()
    (tmp_path / "figures" / "a picture.png").write_bytes(b"picture")
    made, written = (path.read_text("utf-8") for path in write_page(tmp_path, "report", page(tmp_path)))
    assert "data:image/png;base64,cGljdHVyZQ==" in made
    assert "(figures/a%20picture.png)" in written
    assert '<h2 id="same">' in made
    assert '<h2 id="same-1">' in made
    assert made.count('href="#same"') == 2  # the link and the contents
    for text in ("&lt;b&gt;", "\\x1b[31m red \\u202e", "中文 🙂"):
        assert text in made
    rendered = MarkdownIt().enable("table").render(written)
    assert rendered.count("<tr>") == made.count("<tr>") == len(TEXTS) + 1
    assert rendered.count("<strong>") == made.count("<strong>")
    assert "<b>" not in made


def test_addresses_are_those_of_sites_that_show_markdown() -> None:
    assert anchors(["A b: c_d", "A b: c_d", "中文!", "A b: c_d"]) == ["a-b-c_d", "a-b-c_d-1", "中文", "a-b-c_d-2"]
