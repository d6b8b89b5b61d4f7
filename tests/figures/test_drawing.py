"""What is asked of figures reaches every file: formats, resolution, headline, style, and names in words."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from experiments.cli.options import figures_as
from experiments.errors import UsageError
from experiments.figures.style import entitle, new_figure, save_all, styled
from experiments.figures.words import in_words, reworded


def _draw(folder: Path, **given: object) -> list[Path]:
    asked = {"formats": "png", "dpi": 150, "headline": True, "style": None} | given
    with figures_as(**asked), styled():  # type: ignore[arg-type]
        figure, (axes,) = new_figure(size=(4.0, 3.0))
        entitle(figure, "final.unit_cost falls")
        axes.plot([0.0, 1.0], [1.0, 0.0])
        return save_all(figure, folder / "a.b.png")


def test_formats_resolution_headline_and_style_reach_the_files(tmp_path: Path) -> None:
    files = _draw(tmp_path, formats="svg,pdf,png", dpi=300)
    assert [path.name for path in files] == ["a.b.svg", "a.b.pdf", "a.b.png"]
    whole = Image.open(files[2])
    assert (whole.size, whole.text["Title"]) == ((1200, 900), "unit cost at the end falls")
    (tmp_path / "mine.mplstyle").write_text("font.family: serif\naxes.facecolor: ff0000  # red\n")
    for given in ({"headline": False}, {"style": tmp_path / "mine.mplstyle"}):
        (other,) = _draw(tmp_path / "other", dpi=300, **given)
        assert Image.open(other).text["Title"] == "unit cost at the end falls"
        assert Image.open(other).tobytes() != whole.tobytes()
    assert (255, 0, 0) in {colour[:3] for _, colour in Image.open(other).convert("RGB").getcolors(1 << 24)}
    assert _draw(tmp_path / "again", dpi=300)[0].read_bytes() == files[2].read_bytes()  # nothing is left behind


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("axes.facecolour: red", "mine, line 1: matplotlib has no setting 'axes.facecolour'"),
        ("font.size: twelve", "mine: .*font.size"),
    ],
)
def test_a_faulty_style_is_one_line(text: str, said: str, tmp_path: Path) -> None:
    (tmp_path / "mine").write_text(text)
    with pytest.raises(UsageError, match=said) as caught:
        figures_as("png", 150, True, tmp_path / "mine")
    assert len(caught.value.lines) == 1
    with pytest.raises(UsageError, match="--format: must be one or more of png,svg,pdf, not 'gif'"):
        figures_as("svg,gif", 150, True, None)


def test_names_are_words() -> None:
    assert in_words("final.users_at_12") == "users at month 12"
    assert in_words("average_rd_cost") == "average R&D cost"
    assert reworded("final.unit_cost by flywheel.elasticity, e.g. x.toml") == (
        "unit cost at the end by flywheel elasticity, e.g. x.toml"
    )
