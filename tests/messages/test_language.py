"""Chinese: everything that is said has it, and figures are drawn in it, or in English where no font has its letters."""

from __future__ import annotations

import ast
import csv
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from string import Formatter

import pytest
from fontTools.fontBuilder import FontBuilder
from fontTools.pens.ttGlyphPen import TTGlyphPen
from matplotlib import font_manager
from PIL import Image

import experiments
from experiments.bands.command import over_seeds
from experiments.claims.claim import read_claims
from experiments.claims.estimands import ESTIMANDS
from experiments.cli.options import figures_as
from experiments.errors import UsageError
from experiments.figures import lettering
from experiments.figures.words import count, in_words, labelled, percent, reworded
from experiments.messages.language import CATALOGUE, catalogue, letters, phrase, spoken
from experiments.messages.terminal import note_once
from experiments.messages.text import columns, wrapped
from sim.outcomes import COLUMNS
from sim.parameters import Parameters

_CODE = Path(experiments.__file__).parent
_CONFIGS = _CODE.parent / "configs"
_BASELINE = _CONFIGS / "baseline.toml"
_CLAIMS = (_CONFIGS / "propositions", _CONFIGS / "policies")


def _said(path: Path) -> Iterator[str]:
    """Yield what a module says: texts of ``phrase`` and ``marked``, and what is counted where they are used."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    calls = [
        (node.func.id, node)
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
    ]
    if not any(name in ("phrase", "marked") for name, _ in calls):
        return
    for name, call in calls:
        if name in ("phrase", "marked"):
            yield from _texts(call.args[0], f"{path}:{call.lineno}")
        elif name == "count" and isinstance(many := call.args[2], ast.Constant):
            yield f"{{number}} {many.value}"


def _texts(said: ast.expr, where: str) -> Iterator[str]:
    assert not isinstance(said, ast.JoinedStr), f"{where}: an f-string has no Chinese; give its values by name"
    if isinstance(said, ast.IfExp):
        yield from _texts(said.body, where)
        yield from _texts(said.orelse, where)
    elif isinstance(said, ast.Constant):
        yield said.value


def test_all_that_is_said_has_chinese_and_nothing_else_has() -> None:
    said = {text for path in _CODE.rglob("*.py") for text in _said(path)}
    assert len(said) > 50
    assert said - set(catalogue().phrases) == set(), "not in experiments/data/zh.toml"
    assert set(catalogue().phrases) - said == set(), "in experiments/data/zh.toml, but said nowhere"


def test_the_chinese_holds_the_same_values_and_one_word_for_one_thing() -> None:
    seen: dict[str, str] = {}
    for part in tomllib.loads(CATALOGUE.read_text(encoding="utf-8"))["phrases"].values():
        for english, chinese in part.items():
            fields = [{name for _, name, *_ in Formatter().parse(text) if name} for text in (english, chinese)]
            assert fields[0] == fields[1], english
            assert seen.setdefault(english, chinese) == chinese, english
    terms = catalogue().terms
    assert set(terms["outcomes"]) == {column.name for column in COLUMNS}
    declared = {
        f"{name}.{key}": str(field.json_schema_extra["unit"])
        for name, part in Parameters.model_fields.items()
        for key, field in part.annotation.model_fields.items()
    }
    assert set(terms["parameters"]) == set(declared)
    measured = {
        measure.unit for folder in _CLAIMS for claim in read_claims(folder) for measure in claim.file.measures.values()
    } - {"log points"}  # a phrase
    assert set(terms["units"]) == {*declared.values(), *(column.unit for column in COLUMNS), *measured} - {"1"}
    kinds = {"outcome": "outcomes", "unit": "units", "parameter": "parameters"}
    with (_CODE / "page" / "words.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            kind, _, name = row["name"].partition(".")
            known = terms.get(kinds.get(kind, ""), {}).get(name, row["zh"])
            assert row["zh"] in ("", known), "the page says it otherwise"


def test_effects_of_the_shipped_claims_have_chinese_and_nothing_else_has() -> None:
    effects = [
        each for folder in _CLAIMS for claim in read_claims(folder) for rung in claim.file.rung for each in rung.effect
    ]
    assert set(catalogue().terms["effects"]) == {each.name for each in effects}
    units = {ESTIMANDS[each.kind].unit(each, "") for each in effects}
    wholes = {unit.removeprefix("share of ") for unit in units if unit.startswith("share of ")}
    assert set(catalogue().terms["arms"]) == {arm for arm in wholes if not arm[0].isdigit()}


def test_names_of_the_shipped_case_and_fit_have_chinese_and_nothing_else_has() -> None:
    kept = ((_CODE / "data" / "deepseek" / "case.toml", "pattern"), (_CONFIGS / "fit" / "case.toml", "mechanism"))
    for path, kind in kept:
        titles = {each["title"] for each in tomllib.loads(path.read_text(encoding="utf-8"))[kind]}
        assert set(catalogue().terms[f"{kind}s"]) == titles


def test_words_are_in_the_language_that_is_spoken() -> None:
    assert labelled(in_words("average_rd_cost"), "money") == "average R&D cost (money)"
    with spoken("zh"):
        assert labelled(in_words("average_rd_cost"), "money") == "每次发布的研发成本（货币）"
        assert in_words("final.users_at_12") == "第 12 个月的用户数"
        assert reworded("对final.unit_cost影响最大的是flywheel.elasticity") == "对期末单位成本影响最大的是价格联系强度"
        assert (percent(0.12), count(0, "user", "users")) == ("12%", "0 个用户")
        other = "nobody said {this}"
        assert phrase(other, this=1) == "nobody said 1"
    assert in_words("final.unit_cost") == "unit cost at the end"


def test_chinese_lines_end_where_they_may() -> None:
    text = "单位成本降至首个产品的 24%，对手的降至 30%；期末能力为 0.81（货币）"
    for width in range(14, 40):
        lines = wrapped(text, width)
        assert "".join(lines).replace(" ", "") == text.replace(" ", "")
        assert all(columns(line) <= width and not re.match("[，；）%]", line) and line[-1] != "（" for line in lines)
        assert any("（货币）" in line for line in lines)


def test_an_unknown_language_is_one_line() -> None:
    with pytest.raises(UsageError, match="--lang: must be en or zh, not 'fr'"):
        figures_as("png", 150, True, None, "fr")


@pytest.mark.parametrize("installed", [True, False])
def test_figures_are_in_chinese_if_a_font_has_its_letters(
    installed: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """Without one they are in English, a line says so before the runs, and nothing of the result is missing."""
    _font(tmp_path / "font.ttf")
    fonts = [str(tmp_path / "font.ttf")] if installed else []
    with monkeypatch.context() as patched:
        patched.setattr(font_manager.fontManager, "ttflist", [
            each for each in font_manager.fontManager.ttflist if each.name.startswith("DejaVu")])  # fmt: skip
        patched.setattr(font_manager, "findSystemFonts", lambda: fonts)
        _forget()
        with figures_as("png", 150, True, None, "zh"):
            told = capfd.readouterr().err
            over_seeds([_BASELINE], 2, months=6, out=tmp_path / "a", workers=1)
    _forget()
    assert ("apt install fonts-noto-cjk" in told) == (not installed)
    assert "font" not in capfd.readouterr().err
    title = Image.open(tmp_path / "a" / "figures" / "costs.png").text["Title"]
    assert title.startswith("单位成本期末的中位数为" if installed else "Unit cost ends at"), title
    assert (tmp_path / "a" / "bands.csv").exists()


def _font(path: Path) -> None:
    """Write a font that has a square for each letter of the catalogue."""
    pen = TTGlyphPen(None)
    for n, point in enumerate([(0, 0), (0, 900), (900, 900), (900, 0)]):
        (pen.lineTo if n else pen.moveTo)(point)
    pen.closePath()
    square = pen.glyph()
    names = {ord(char): f"u{ord(char):X}" for char in letters() if not char.isascii()}
    font = FontBuilder(1000, isTTF=True)
    font.setupGlyphOrder([".notdef", *names.values()])
    font.setupCharacterMap(names)
    font.setupGlyf(dict.fromkeys([".notdef", *names.values()], square))
    font.setupHorizontalMetrics(dict.fromkeys([".notdef", *names.values()], (1000, 0)))
    font.setupHorizontalHeader(ascent=900, descent=0)
    font.setupNameTable({"familyName": "Noto Sans SC", "styleName": "Regular"})
    font.setupOS2()
    font.setupPost()
    font.save(path)


def _forget() -> None:
    font_manager.fontManager._findfont_cached.cache_clear()
    for kept in (lettering._installed, lettering._look_again, lettering._has, lettering._advance, note_once):
        kept.cache_clear()
