"""The figures of the mechanisms' pages: every mechanism has one, and it shows a difference."""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType

import pytest

from sim.world import mechanisms

SITE = Path(__file__).parents[1] / "docs/site"
NAMES = [module.__name__.rpartition(".")[2] for module in mechanisms()]


@pytest.fixture(name="pages")
def _pages(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(str(SITE))
    import drawn

    return drawn


def test_every_mechanism_but_the_calendar_is_drawn(pages: ModuleType) -> None:
    assert sorted([*pages.CONTRASTS, "run"]) == sorted(NAMES)
    assert set(pages.LAWS) <= set(NAMES)


@pytest.mark.parametrize("name", [name for name in NAMES if name != "run"])
def test_a_figure_shows_what_the_mechanism_changes(name: str, pages: ModuleType, tmp_path: Path) -> None:
    figures = pages.drawn(name, tmp_path, seeds=4)
    assert len(figures) == 1 + (name in pages.LAWS)
    for figure in figures:
        assert "<svg" in (tmp_path / figure.file).read_text(encoding="utf-8")
        assert "is the same in" not in figure.title
        assert "has no value" not in figure.title
        assert "cannot be compared" not in figure.title


def test_laws_are_those_of_the_theory(pages: ModuleType) -> None:
    for law in pages.LAWS.values():
        module, _, function = law.function.rpartition(".")
        assert hasattr(sys.modules[module], function)
        (axes, *_) = law.draw().axes
        for curve in axes.lines:
            low, high = min(curve.get_ydata()), max(curve.get_ydata())
            assert high > low + 0.1, law.function
