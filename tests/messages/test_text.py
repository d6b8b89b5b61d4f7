"""Text from files, names and errors stays text: on a terminal, in pages, in tables and in pictures."""

from __future__ import annotations

import csv
import dataclasses
import html.parser
import io
import pickle
import sqlite3
import unicodedata
from contextlib import closing
from html import unescape
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fontTools.fontBuilder import FontBuilder
from fontTools.pens.ttGlyphPen import TTGlyphPen
from matplotlib import font_manager
from PIL import Image

from experiments.analysis.compute import Analysis
from experiments.analysis.figures import Drawn, draw
from experiments.analysis.report import CSV, report, write_numbers
from experiments.cli.app import app
from experiments.declarations import toml_value
from experiments.errors import RunError
from experiments.figures import lettering
from experiments.figures.record import read
from experiments.figures.style import FOCAL, entitle, label_ends, new_figure, save, styled
from experiments.messages.terminal import console, note_once, say
from experiments.messages.text import columns, from_cell, shortened, visible, wrapped
from experiments.store import write_csv
from tests.analysis.made import ELASTICITY, OPENNESS, analysed, store

SECRET = "/etc/hostname"
HOSTILE = {
    "an image": f"![x]({SECRET})",
    "an image out of code": f"a` ![x]({SECRET}) `b",
    "an image out of doubled code": f"a`` ![x]({SECRET}) ``b",
    "an image on a line of its own": f"a\n\n![x]({SECRET})\n\nb",
    "an image by reference": f"![x][y]\n\n[y]: {SECRET}",
    "a link": "[x](https://example.org)",
    "addresses": "https://example.org <https://example.org> www.example.org",
    "HTML": f'<img src="{SECRET}" onerror="x()"><script>x()</script>',
    "entities": "&lt;b&gt; &#60;b&#62; &copy;",
    "a table": "a | b || c",
    "a bar after a backslash": "a \\| b \\",
    "a heading": "# a",
    "another heading": "a\n===\nb\n---",
    "a list": "- a",
    "a numbered list": "12. a",
    "a quotation": "> a",
    "code": "`a` ``b`` c`",
    "a block of code": "```\na\n```",
    "a block by its margin": "      a",
    "a rule": "***",
    "emphasis": "*a* **b** _c_ __d__ ~~e~~",
    "mathematics, mentions": "$a$ @b #12",
    "a command to a terminal": "a\x1b]8;;https://example.org\x07b\x1b[2J\rc",
    "a turned direction": "a\u202eb\u2066c\u200bd",
    "bytes that are no text": "a\udce9b",
    "stand-ins": "a\U000f0021\U000f005bb\U000f0060",
}
COMMANDS = [
    char for code in (*range(0x20), *range(0x7F, 0xA0), 0x200B, *range(0x200E, 0x2010), *range(0x2028, 0x202F),
                      *range(0x2060, 0x206A), 0xAD, 0x061C, 0xFEFF, 0xDCE9, 0xE0041, 0xE000) for char in chr(code)
]  # fmt: skip


def test_what_commands_or_hides_is_shown_and_all_else_stays() -> None:
    for char in COMMANDS:
        assert unicodedata.category(char)[0] in "CZ"
        assert visible(f"a{char}b").isprintable(), hex(ord(char))
    for text in ("Größe θ, 中文, 한국어, العربية", "👩\u200d🚀 ❤\ufe0f", "می\u200cخواهم", "1\u00a0%", "$x$ \\n"):
        assert visible(text) == text
    assert visible("a\r\nb\tc") == "a  b c"
    assert visible("\x1b[31m\x9b1m\u202e\udce9") == r"\x1b[31m\x9b1m\u202e\xe9"
    assert visible("a\u200db") == r"a\u200db"  # between such letters it only hides


@pytest.mark.parametrize(
    "text", ["a" * 500, "中" * 500, "word " * 100, "e\u0301" * 500, "👩\u200d🚀" * 90, "\x1b" * 90]
)
def test_long_names_keep_both_ends(text: str) -> None:
    for most in (1, 2, 9, 24, 60):
        short = shortened(text, most)
        assert columns(short) <= most
        assert "…" in short
    assert (shortened(text, 30)[0], shortened(text, 30)[-1]) == (visible(text)[0], visible(text)[-1])
    assert shortened("abc", 3) == "abc"
    assert shortened("abcdef", 5) == "ab…ef"
    lines = wrapped(text, 20, 3)
    assert len(lines) <= 3
    assert all(columns(line) <= 21 for line in lines)


# Terminals.


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_errors_and_lines_command_no_terminal(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    error = pickle.loads(pickle.dumps(RunError(text, "two")))
    assert error.lines == (visible(text), "two")
    assert str(error).splitlines() == [*error.lines]
    say(f"{text} failed")
    say(text, err=True)
    told = capsys.readouterr()
    assert told.out + told.err == f"{visible(text)} failed\n{visible(text)}\n"


@pytest.mark.parametrize(
    "text", ["[red]a[/red]", "[/]", "[bold", ":rocket:", "a\x1b[31mb\x07", "[link=https://e.org]a[/link]"]
)
def test_a_console_shows_text_and_styles_none(text: str) -> None:
    from rich.table import Table

    table = Table(title=text)
    table.add_column(text)
    table.add_row(text)
    terminal = console()
    terminal.file, terminal.width, terminal._color_system = io.StringIO(), 80, None
    terminal.print(text)
    terminal.print(table)
    shown = terminal.file.getvalue()
    assert shown.count(visible(text)) == 4
    assert "\x1b" not in shown
    assert "\x07" not in shown


def test_a_received_store_commands_no_terminal(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    folder = store(tmp_path, "grid", "levels = 2", ELASTICITY, final=("capability",))
    with closing(sqlite3.connect(folder / "ledger.sqlite")) as ledger, ledger:
        ledger.execute(
            "UPDATE runs SET status = 'failed', error = ? WHERE id = 1", ("[red]a\x1b]0;b\x07\x1b[2J\r\nc[/]",)
        )
    capfd.readouterr()
    app(["status", str(folder)], standalone_mode=False)
    out, err = capfd.readouterr()
    assert r"[red]a\x1b]0;b\x07\x1b[2J  c[/]" in out
    assert all(char.isprintable() for char in (out + err).replace("\n", ""))


# Runs.


def test_slots_may_be_called_anything(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """From the config to the event log, the terminal and the pictures; a slot's long name does not cover its axis."""
    slots = ["cost $\\frac{$ $x", "中文 🚀", "=1+1", "a[/red][red]", "b" * 200]
    config = f"[run]\nmonths = 6\n[architecture]\nslots = {toml_value(slots)}\n[demand]\ninherited = []\n"
    (tmp_path / "$a[_].toml").write_text(config + "[diffusion]\nadopters = 100\n", encoding="utf-8")
    app(["run", str(tmp_path / "$a[_].toml"), "--out", str(tmp_path / "r")], standalone_mode=False)
    assert "$a[_], seed 0" in capfd.readouterr().out
    assert "'=1+1" in (tmp_path / "r" / "events.csv").read_text()
    assert set(slots) <= {event.slot for event in read(tmp_path / "r").events}


# Cells.

FORMULAS = [
    "=1+1",
    "+1+1",
    "-1+cmd|' /C calc'!A0",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "\n=1",
    "=",
    "==",
    "--",
    "'=1",
    "'",
    "＝1+1",
]
PLAIN = ["-0.5", "+5", "-1e-9", "-inf", "+", "-", "a=b", "5 - 3", "", "x'"]


@pytest.mark.parametrize("text", FORMULAS + PLAIN)
def test_no_cell_is_a_formula_and_each_reads_back(text: str, tmp_path: Path) -> None:
    write_csv(tmp_path / "a.csv", [text, "number"], [[text, -0.5], [text, -3]])
    with (tmp_path / "a.csv").open(newline="", encoding="utf-8") as file:
        cell = list(csv.reader(file))[1][0]
    assert from_cell(cell) == visible(text)
    assert cell.startswith("'") == (text in FORMULAS and text != "=")
    assert [row.split(",")[-1] for row in (tmp_path / "a.csv").read_text().splitlines()[-2:]] == ["-0.5", "-3"]


# Reports.


class Tags(html.parser.HTMLParser):
    """The tags of a page, and what they hold in attributes."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.seen: list[tuple[str, ...]] = []
        self.links: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, *(name for name, _ in attrs)))
        self.links += [value or "" for name, value in attrs if name in ("href", "src")]


@pytest.fixture(scope="module")
def analysis(tmp_path_factory: pytest.TempPathFactory) -> Analysis:
    folder = tmp_path_factory.mktemp("analysed")
    return analysed(store(folder, "grid", "levels = 2", ELASTICITY, OPENNESS, final=("capability",), series=("users",)))


def renamed(content: Any, text: str, called: set[str]) -> Any:
    """Return an analysis in which all that is ``called`` something goes by a text, as in a store from elsewhere."""
    if isinstance(content, str):
        return text if content in called else content
    if dataclasses.is_dataclass(content) and not isinstance(content, type):
        fields = {each.name: renamed(getattr(content, each.name), text, called) for each in dataclasses.fields(content)}
        return dataclasses.replace(content, **fields)
    if isinstance(content, dict):
        return {renamed(key, text, called): renamed(value, text, called) for key, value in content.items()}
    if isinstance(content, tuple):
        parts = [renamed(each, text, called) for each in content]
        return type(content)(*parts) if hasattr(content, "_fields") else tuple(parts)
    return content


def received(analysis: Analysis, text: str) -> Analysis:
    """Return an analysis of a store in which a text stands wherever a store has text."""
    (outcome,), factor = analysis.outcomes, analysis.factors[0]
    called = {outcome.name, outcome.description, outcome.unit, *factor, *(each.name for each in analysis.fans)} - {"1"}
    told = {"warnings": (text,), "skipped": {text: text}, "model": text, "command": text, "versions": {text: text}}
    return dataclasses.replace(renamed(analysis, text, called), **told)


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_an_analysis_reports_text_of_a_store_as_text(text: str, analysis: Analysis, tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(b"picture")
    pages, links = [], []
    for said in (text, "word"):
        named = received(analysis, said)
        drawn = [
            Drawn("effects", said, tmp_path / "a.png", said, ()),
            Drawn("fans", said, tmp_path / "a.png", said, ()),
        ]
        made = report(named, drawn, said)
        assert made.encode()
        pages.append(Tags(made))
        links += [link for link in pages[-1].links if not link.startswith("#")]
        assert unescape(made).count(visible(said)) > 10
    assert pages[0].seen == pages[1].seen
    assert {link.partition(",")[0] for link in links} == {"data:image/png;base64"}
    named = received(analysis, f"={text}")
    write_numbers(named, [], tmp_path)
    with (tmp_path / CSV).open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert {row["outcome"] for row in rows} == {visible(f"'={text}")}
    assert all(row["estimate"] == "" or float(row["estimate"]) is not None for row in rows)


# Pictures.

NAMES = {
    "mathematics": "cost $\\frac{$ and $x^2$ \\$",
    "one dollar": "100 $",
    "Chinese": "层 中文",
    "emoji": "go 🚀 👩\u200d🚀 ❤\ufe0f",
    "Devanagari and Arabic": "हिन्दी العربية",
    "long": "a" * 500,
    "long and wide": "中" * 500,
    "wide letters": "W" * 500,
    "many words": "word " * 100,
    "commands": "a\x1b[31m\n\r\x00\u202eb\u200b",
    "bytes": "a\udce9b",
    "many lines": "a\nb\n" * 100,
    "private": "\ue000\U0010fffd",
}


@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES)
def test_any_name_is_drawn_in_its_place(name: str, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Warnings are errors in these tests: of letters that no font has, and of text that leaves no room for axes."""
    with styled():
        figure, (upper, lower) = new_figure(2)
        entitle(figure, f"{name} matters most")
        upper.plot([0, 1], [0, 1], label=name)
        upper.set_yticks([0, 1], [name, "y"])
        upper.legend(title=name)
        label_ends(upper, [(name, np.array([1.0]), FOCAL)])
        lower.set_xticks([0, 1], [name, "x"], rotation=30)
        lower.set(xlabel=name, ylabel=name, title=name)
        lower.annotate(name, (0.5, 0.5))
        figure.supylabel(name)
        save(figure, tmp_path / "a.png")
        assert all(axes.get_position().width > 0.05 and axes.get_position().height > 0.05 for axes in (upper, lower))
        for text in figure.findobj(lettering.Text):
            shown = text.get_window_extent()
            assert not text.get_text() or shown.width < 1.05 * figure.bbox.width, text
    title = Image.open(tmp_path / "a.png").text["Title"]
    assert title.endswith("matters most")
    assert not caplog.records
    for special in "$\\":
        assert (special in title) == (special in visible(name))


@pytest.mark.parametrize("name", ["cost $\\frac{$", "中文 🚀\x1b[31m\n", "../../" + "a" * 500])
def test_figures_of_a_store_take_any_name(name: str, analysis: Analysis, tmp_path: Path) -> None:
    drawn = list(draw(received(analysis, name), tmp_path / "inner" / "figures"))
    assert {each.path.parent for each in drawn} == {tmp_path / "inner" / "figures"}
    assert all(len(each.path.name) < 200 and each.path.name.isascii() and each.path.exists() for each in drawn)
    assert {each.kind for each in drawn} >= {"effects", "interactions", "heat", "fans"}


def test_text_is_drawn_as_it_is_written(tmp_path: Path) -> None:
    """Dollars are no mathematics: the picture of the text differs from that of its parts in mathematics."""
    with styled():
        figure, (axes,) = new_figure()
        axes.set_xlabel("$x$")
        save(figure, tmp_path / "a.png")
        assert axes.xaxis.label._preprocess_math("$x$") == ("$x$", False)


def test_a_letter_that_no_font_has_is_told_by_its_code(capsys: pytest.CaptureFixture[str]) -> None:
    note_once.cache_clear()
    assert lettering.drawable("a \U0001f9ff\U0001f9ff b") == "a [U+1F9FF U+1F9FF] b"
    assert lettering.drawable("é θ μ* ≤ … 10⁻⁹") == "é θ μ* ≤ … 10⁻⁹"
    assert lettering.drawable("\U0001f9fe") == "[U+1F9FE]"
    (said,) = capsys.readouterr().err.splitlines()
    assert said.endswith("install a font that has them, on Debian and Ubuntu with 'apt install fonts-symbola'")


def test_a_font_that_is_installed_draws_its_letters(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also one that came after matplotlib made its list of fonts."""
    glyphs = {".notdef": "", "uni4E2D": chr(0x4E2D)}
    pen = TTGlyphPen(None)
    for n, point in enumerate([(0, 0), (0, 900), (900, 900), (900, 0)]):
        (pen.lineTo if n else pen.moveTo)(point)
    pen.closePath()
    square = pen.glyph()
    font = FontBuilder(1000, isTTF=True)
    font.setupGlyphOrder(list(glyphs))
    font.setupCharacterMap({0x4E2D: "uni4E2D"})
    font.setupGlyf(dict.fromkeys(glyphs, square))
    font.setupHorizontalMetrics(dict.fromkeys(glyphs, (1000, 0)))
    font.setupHorizontalHeader(ascent=900, descent=0)
    font.setupNameTable({"familyName": "WenQuanYi Zen Hei", "styleName": "Regular"})
    font.setupOS2()
    font.setupPost()
    font.save(tmp_path / "font.ttf")
    with monkeypatch.context() as patched:
        patched.setattr(font_manager.fontManager, "ttflist", [
            each for each in font_manager.fontManager.ttflist if each.name.startswith("DejaVu")])  # fmt: skip
        patched.setattr(font_manager, "findSystemFonts", lambda: [str(tmp_path / "font.ttf"), str(tmp_path / "no.ttf")])
        _forget()
        assert lettering.drawable("a 中 文") == "a 中 [U+6587]"
        with styled():
            figure, (axes,) = new_figure()
            entitle(figure, "a 中 matters")
            axes.set_yticks([0, 1], ["中", "y"])
            save(figure, tmp_path / "a.png")
            assert axes.get_yticklabels()[0].get_fontfamily() == ["DejaVu Sans", "WenQuanYi Zen Hei"]
        assert Image.open(tmp_path / "a.png").text["Title"] == "a 中 matters"
    _forget()


def _forget() -> None:
    font_manager.fontManager._findfont_cached.cache_clear()
    for kept in (lettering._installed, lettering._look_again, lettering._has, lettering._advance):
        kept.cache_clear()
