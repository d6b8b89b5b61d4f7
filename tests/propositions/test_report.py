"""The report and its figures: whole, self-contained, the same bytes again, and drawn whatever the numbers are."""

from __future__ import annotations

import math
import re

import pytest
from PIL import Image

from experiments.figures.style import save, styled
from experiments.propositions import draw, draw_attribution, draw_region
from experiments.propositions.report import FIGURES, MARKDOWN, PAGE, SECTIONS, markdown, write_report
from experiments.propositions.results import read_json, write_json
from experiments.propositions.sections import PARTS
from tests.propositions.samples import ARMS, KINDS, data, effect, place, region, result

NOTHING = {"estimate": None, "low": -math.inf, "high": math.inf}


def share(estimate):
    return {"estimate": estimate, "low": estimate - 0.1, "high": estimate + 0.1}


def attributed(**changed):
    """Return the result of a claim with three switches."""
    names = ["reuse", "demand", "openness"]
    part = {
        "name": "cost", "measure": "cost", "scale": "level", "confidence": 0.95, "seeds": 20, "left_out": 0,
        "switches": [{"switch": n, "value": share(1.0), "share": share(0.3)} for n in names],
        "pairs": [{"switches": [a, b], "value": share(0.5), "share": share(0.1)}
                  for a, b in (names[:2], names[1:], names[::2])],
        "total": share(3.0), "together": share(0.2),
    }  # fmt: skip
    empty = {**part, "name": "nothing", "switches": [], "pairs": [], "total": None, "together": None}
    wide = {**part, "name": "wide", "switches": [{"switch": n, "value": NOTHING, "share": NOTHING} for n in names],
            "pairs": [{"switches": names[:2], "value": NOTHING, "share": NOTHING}]}  # fmt: skip
    bits = dict(zip(ARMS, ("111", "011", "101", "000"), strict=True))
    arms = [{**row, "arm": bits[row["arm"]]} for row in result()["arms"]]
    rows = [{**row, "arm": bits[row["arm"]]} for row in result()["channels"]["rows"]]
    told = {**result()["channels"], "reference": "011", "arms": list(bits.values()), "rows": rows}
    return result(effects=[effect(kind="shapley")], design="switches", switches=names, arms=arms, channels=told,
                  attribution=[part, empty, wide], **changed)  # fmt: skip


def odd():
    """Return results with all that is odd: no numbers, no bounds, one place, a dose, marks beyond a log axis."""
    effects = [effect(f"effect {n}", kind, "undecided", **NOTHING) for n, kind in enumerate(KINDS)]
    lost = [{**row, "mean": None, "low": None, "median": None, "high": None, "never": 20} for row in result()["arms"]]
    listed = region([place(1, 0.5), place(2, 0.5)])
    listed["parameters"][0] |= {"scale": "linear", "low": None, "high": None, "values": [1, 2]}
    indices = [{"key": "firm.capacity", "index": 0.5, "low": -0.2, "high": 1.3}]
    dose = [{**row, "arm": str(n)} for n, row in enumerate(result()["arms"])]
    return [
        result("undecided", effects, id="P1", arms=lost),
        result("negligible", [effect(verdict="negligible", estimate=0.0, low=0.0, high=0.0)], id="P2",
               region=region([place(20.0, 0.5)])),
        result("contradicted", [effect(verdict="contradicted", estimate=-9.0, low=-99.0, high=-1.0)], id="P3",
               region=listed, base={"firm.capacity": 1, "demand.noise": 1.0}),
        result(id="P4", design="dose", dose="architecture.coupling", arms=dose,
               effects=[effect(kind="inverted-u")], region=region([place(20.0, 0.5)] * 3, indices)),
        attributed(id="P5"),
    ]  # fmt: skip


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    folder = tmp_path_factory.mktemp("report")
    write_json(folder / "verdicts.json", data(*odd()))
    write_report(folder, read_json(folder / "verdicts.json"))
    return folder


def test_odd_numbers_are_drawn_and_told(written):
    """Warnings are errors in these tests, so that a bad axis or layout fails."""
    text = (written / MARKDOWN).read_text()
    named = set(re.findall(rf"!\[[^\]]*\]\({FIGURES}/([^)]+)\)", text))
    assert named == {path.name for path in (written / FIGURES).iterdir()}
    assert {"overview.png", "P1.png", "P4-region.png", "P5-shares.png", "P5-interactions.png"} <= named
    assert not re.search(r"\bnan\b|\bNone\b", text)


def test_the_page_holds_all_and_needs_nothing(written):
    page = (written / PAGE).read_text()
    assert not re.search(r"https?:|src=\"(?!data:)|<link|<script|@import|url\(", page)
    assert page.count('src="data:image/png;base64,') == len(list((written / FIGURES).iterdir()))
    for anchor in re.findall(r'href="#([^"]+)"', page):
        assert f'id="{anchor}"' in page


def test_text_of_claim_files_stays_text(written):
    page, text = (written / PAGE).read_text(), (written / MARKDOWN).read_text()
    assert "They say | that *more* &lt;is&gt; more." in page
    assert r"They say \| that \*more\* \<is\> more." in text


def test_the_same_results_give_the_same_bytes(tmp_path):
    for folder in ("one", "other"):
        (tmp_path / folder).mkdir()
        write_report(tmp_path / folder, data(result()))
    for name in (MARKDOWN, PAGE):  # the page holds the figures
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "other" / name).read_bytes()


def test_the_answer_comes_first(written):
    first = (written / MARKDOWN).read_text().split("\n## ", 1)[0]
    assert re.findall(r"^\| \[(P\d)\].*\*\*(\w+)\*\*", first, flags=re.MULTILINE) == [
        ("P1", "undecided"), ("P2", "negligible"), ("P3", "contradicted"), ("P4", "supported"), ("P5", "supported"),
    ]  # fmt: skip


def test_a_quick_budget_says_where_it_lacks_power():
    wide = result("undecided", [effect(verdict="undecided", estimate=0.0, low=-0.3, high=0.3)])
    assert "The budget `quick` is too small to settle these:" in markdown(data(wide))
    assert "- P1: about 180 seeds, 20 were run" in markdown(data(wide))
    assert "too small to settle" not in markdown(data(result()))


@pytest.mark.parametrize(("kind", "command", "title"), [
    ("propositions", "propositions", "claims of the case study"), ("policies", "policy", "claims on policy"),
])  # fmt: skip
def test_each_kind_has_its_title_and_its_command(kind, command, title):
    text = markdown(data(result(), kind=kind))
    assert title in text.split("\n", 1)[0]
    assert f"flywheel {command} P1 --budget quick\nflywheel lineage DIR P1\n" in text


def test_unknown_parts_are_ignored():
    plain = markdown(data(result()))
    assert markdown(data(result(astrology={"passed": 3})) | {"horoscope": {}}) == plain


def test_what_goes_beyond_verdicts_is_told():
    check = {"outcome": "passes", "says": "no effect is left"}
    audited = {"id": "P1", **dict.fromkeys(("null world", "labels", "forms", "boundary", "log"), check)}
    found = {
        "audit": {"claims": [audited], "rival": {"outcome": "passes", "says": "ahead in users: 60 %"}},
        "falsifier": [{"id": "P1", "base": "supported", "outcome": "none found", "evaluations": 32, "limit": 32}],
    }
    text = markdown(data(result()) | found)
    assert "| P1 | null world | passes | no effect is left |" in text
    assert "| all | a closed rival can win | passes | ahead in users: 60 % |" in text
    assert "| P1 | supported | none found |  | 32 of 32 |" in text
    assert "## Multiverse" not in text


def test_a_verdict_that_was_not_locked_says_so():
    assert "exploratory: the budget changed" in markdown(
        data(result(status="exploratory", because="the budget changed"))
    )
    assert "exploratory:" not in markdown(data(result(status="confirmatory", because="nothing changed")))


def test_parts_are_listed_once():
    assert len(set(PARTS)) == len(PARTS)
    assert len(set(SECTIONS)) == len(SECTIONS)


@pytest.mark.parametrize("verdict", ["contradicted", "negligible", "undecided"])
def test_titles_of_figures_name_the_verdict_and_no_other(verdict):
    with styled():
        title = draw.claim(result(verdict)).get_suptitle()
    assert f"P1 is {verdict}" in " ".join(title.split("\n"))
    assert "supported" not in title


def test_overview_shows_arrows_for_what_lies_beyond_its_axis():
    far = result(effects=[effect(estimate=2.0, low=1.0, high=3.0)])
    with styled():
        (axes,) = draw.overview([far]).axes
    assert ">" in [line.get_marker() for line in axes.lines]


def test_region_marks_the_base_and_the_cells_on_its_axes():
    off = {**result()["boundary"][0], "changes": {"search.gamma": 2.0}, "name": "elsewhere"}
    with styled():
        axes = draw_region.region(result(boundary=[*result()["boundary"], off])).axes[0]
    labels = axes.get_legend_handles_labels()[1]
    assert "base world" in labels
    assert "a: no capacity (failed as declared), off the axis" in labels
    assert not any("elsewhere" in label for label in labels)


def test_interactions_title_counts_clear_pairs():
    with styled():
        title = " ".join(draw_attribution.interactions(attributed()).get_suptitle().split("\n"))
    assert title.startswith("Of 4 pairs, each seen by itself, 3 clearly reinforce")


def test_figures_are_written_with_their_finding(tmp_path):
    with styled():
        path = save(draw.claim(result()), tmp_path / "P1.png")
    with Image.open(path) as image:
        assert "P1 is supported" in str(image.info["Title"])
