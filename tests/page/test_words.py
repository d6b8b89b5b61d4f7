"""Everything that the page says is in its table of words, in each language."""

import ast
import re
from pathlib import Path

import experiments.page
from experiments.page.knobs import chinese, found, knobs, sliders, switches
from experiments.page.state import PRESETS
from experiments.page.words import HEADLINES, LANGUAGES, OUTCOMES, table, unit, word
from experiments.page.worlds import shipped_worlds

FOLDER = Path(experiments.page.__file__).parent


def test_each_word_is_there_in_each_language_with_the_same_gaps():
    for name, texts in table().items():
        assert set(texts) == set(LANGUAGES), name
        assert all(texts.values()), name
        gaps = {language: sorted(re.findall(r"{(\w+)}", text)) for language, text in texts.items()}
        assert gaps["en"] == gaps["zh"], name


def test_whatever_the_model_declares_has_a_name():
    for language in LANGUAGES:
        assert all(knob.label(language) and knob.help(language) for knob in knobs().values())
        assert all(word(f"outcome.{name}", language) for name in OUTCOMES)
        assert all(unit(column.unit, language) for column in OUTCOMES.values() if column.unit != "1")
        assert all(word(f"world.{name}", language) for name in shipped_worlds())
        assert all(word(f"preset.{name}.text", language) for name in PRESETS)
    assert set(HEADLINES) <= set(OUTCOMES)


def test_chinese_help_has_each_parameter_and_no_english():
    told = {f"{section}.{name}": text for section, texts in chinese().items() for name, text in texts.items()}
    assert set(told) == set(knobs())
    for key, knob in knobs().items():
        about = re.sub(r"（[a-z-]+）|exp（", "", told[key])
        assert not re.search(r"[A-Za-z]{2}", about), f"{key}: {about}"
        assert knob.kind == "choice" or not re.search(r"[A-Za-z]{2}", knob.range("zh")), knob.range("zh")
        for choice in knob.choices:
            assert choice in told[key], f"{key}: {choice} is not explained"
        source = re.sub(r"docs/\w+\.md|D\d+|[A-Za-z][\w., ]+ \d{4}", "", knob.source("zh"))
        assert not re.search(r"[A-Za-z]{2}", source), source


def test_no_word_is_left_over():
    texts = [path.read_text(encoding="utf-8") for path in FOLDER.glob("*.py")]
    literals = {
        node.value
        for text in texts
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    made = (
        "parameter.", "outcome.", "unit.", "world.", "preset.", "column_", "finding_", "world_", "save_", "range.",
        "source.", "slot.",
    )  # fmt: skip
    for name in table():
        known = (
            name in literals or name.startswith(made) or name.removesuffix("_said").removesuffix("_help") in literals
        )
        assert known, f"{name} is used nowhere"
    assert {name.removeprefix("parameter.") for name in table() if name.startswith("parameter.")} == set(knobs())


def test_sliders_are_what_claims_and_fit_hang_on_and_move_within_the_fits_ranges(monkeypatch, tmp_path):
    assert sliders()[0] == "firm.openness"
    assert 12 <= len(sliders()) <= 16
    deciders = tmp_path / "deciders.csv"
    deciders.write_text(
        "parameter,strength\ndemand.noise,-0.7\ncommons.cost,0.4\ncommons.cost,-0.6\n", encoding="utf-8"
    )
    monkeypatch.setattr("experiments.page.knobs.DECIDERS", str(deciders))
    assert sliders.__wrapped__()[:4] == ("firm.openness", "commons.cost", "demand.noise", "reuse.fresh_cost")
    monkeypatch.setattr("experiments.page.knobs.DECIDERS", str(tmp_path / "none.csv"))
    assert sliders.__wrapped__()[:3] == ("firm.openness", "reuse.fresh_cost", "firm.platform")
    for key in sliders():
        knob = knobs()[key]
        assert (knob.at(0.0), knob.at(1.0)) == (knob.low, knob.high)
        assert all(abs(knob.position(knob.at(n / 10)) - n / 10) < 0.01 for n in range(11))
        assert knob.position(-1.0) == 0.0
    assert "reuse.enabled" in switches()
    assert "shock.lasting" not in switches()


def test_search_finds_by_key_name_and_either_language():
    assert "market.price" in {knob.key for knob in found("Price")} & {knob.key for knob in found("价格")}
    assert "leak.imitation" in {knob.key for knob in found("hazard, at A = 1")}
    assert not found("  ")
    assert not {knob.key for knob in found("e")} & {*sliders(), *switches()}
