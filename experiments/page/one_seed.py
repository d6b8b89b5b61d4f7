"""One seed of both worlds, stepped month by month: lineage of modules, and adopters on their network."""

from __future__ import annotations

from dataclasses import replace

from nicegui import ui

from experiments.bands.worlds import LARGEST_SEED
from experiments.page.charts import lineage_chart, network_chart
from experiments.page.scenes import Scene
from experiments.page.tab import Tab

_DRAWS = {"lineage": lineage_chart, "network": network_chart}


class OneSeed:
    """The lower part of the results."""

    def __init__(self, tab: Tab) -> None:
        self._tab = tab
        self._scenes: dict[str, Scene] = {}
        say = tab.say
        with ui.element("h2"):
            ui.label(say("one_seed"))
        ui.label(say("one_seed_help")).classes("quiet")
        with ui.row().classes("w-full items-center gap-3 no-wrap"):
            ui.number(say("seed"), value=tab.view.seed, min=0, max=min(LARGEST_SEED, 2**53), precision=0,
                      on_change=self._choose).classes("w-24").props("dense debounce=500")  # fmt: skip
            back = ui.button(icon="chevron_left", on_click=lambda: self._step(-1))
            back.props(f'flat round dense aria-label="{say("previous")}"').mark("previous")
            self._slider = ui.slider(min=1, max=60, step=1, value=1, on_change=lambda event: self._month(event.value))
            self._slider.classes("grow").props(f'label aria-label="{say("show_month")}" data-key=month')
            onward = ui.button(icon="chevron_right", on_click=lambda: self._step(1))
            onward.props(f'flat round dense aria-label="{say("next")}"').mark("next")
        self._charts: dict[tuple[str, str], tuple[ui.echart, ui.label]] = {}
        for name, high in (("lineage", "h-96"), ("network", "h-80")):
            with ui.element("div").classes("two"):
                for letter in "ab":
                    self._charts[name, letter] = self._chart(name, letter, high)

    def show(self, scenes: dict[str, Scene]) -> None:
        """Show a seed of both worlds."""
        self._scenes = scenes
        self._slider.props(f"max={self._last}")
        self.place()

    def place(self) -> None:
        """Draw the month that the view says."""
        if not self._scenes:
            return
        view = self._tab.view
        now = min(view.month or self._last, self._last)
        self._slider.value = now
        for (name, letter), (chart, label) in self._charts.items():
            scene = self._scenes[letter]
            month = min(now, scene.months)
            label.text = said = self._said(name, letter, scene, month)
            chart.options.clear()
            chart.options.update(_DRAWS[name](scene, month, view.language, said))
            chart.update()

    @property
    def _last(self) -> int:
        return max(scene.months for scene in self._scenes.values())

    def _said(self, name: str, letter: str, scene: Scene, month: int) -> str:
        world = letter.upper()
        if name == "lineage":
            filled = scene.filled(month)
            filled.pop("inherited")
            return self._tab.say("lineage_said", world=world, month=month, releases=scene.released(month), **filled)
        nobody, focal, rivals = scene.using(month)
        return self._tab.say(
            "network_said", world=world, month=month, shown=len(scene.places), all=scene.adopters, focal=focal,
            rivals=rivals, nobody=nobody,
        )  # fmt: skip

    def _chart(self, name: str, letter: str, high: str) -> tuple[ui.echart, ui.label]:
        with ui.column().classes("gap-1 w-full"):
            ui.label(self._tab.say(name, world=letter.upper())).classes("font-semibold")
            chart = ui.echart({}).classes(f"w-full {high}").mark(f"{name}-{letter}")
            label = ui.label().classes("quiet")
        return chart, label

    def _choose(self, event: object) -> None:
        seed = event.value  # type: ignore[attr-defined]
        if seed is not None and 0 <= seed <= LARGEST_SEED:
            self._tab.show(replace(self._tab.view, seed=int(seed)))

    def _step(self, by: int) -> None:
        if self._scenes:
            now = min(self._tab.view.month or self._last, self._last)
            self._month(min(max(now + by, 1), self._last))

    def _month(self, month: int | None) -> None:
        """Show another month; the last one is written as 0, so that it stays the last of any other world."""
        if month is None or not self._scenes:
            return
        wanted = 0 if month >= self._last else int(month)
        if wanted != self._tab.view.month:
            self._tab.keep(replace(self._tab.view, month=wanted))
            self.place()
