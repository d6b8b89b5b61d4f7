"""The controls of one world: where it starts from, its mechanisms, its parameters, and a search for all others."""

from __future__ import annotations

from functools import partial
from typing import Any

from nicegui import ui

from experiments.declarations import toml_value
from experiments.errors import UsageError
from experiments.page.knobs import Knob, found, knobs, sliders, switches
from experiments.page.state import Side, toml_or_text, value_of
from experiments.page.tab import Tab
from experiments.page.worlds import BASELINE, PLAUSIBLE, base_of, plausible_count, shipped_worlds

MINE = "mine"
_STEPS = 100
_MOST_FOUND = 8


class SidePanel:
    """The controls of world "a" or "b"."""

    def __init__(self, tab: Tab, letter: str) -> None:
        self._tab, self._letter = tab, letter
        self._open = {"parameters": letter == "b", "switches": False}  # one world's sliders are enough at first
        card = ui.card().classes(f"w-full gap-2 area-{letter} edge-{letter}")
        self._box = card.props(f'role=region aria-label="{tab.say(f"world_{letter}")}"')
        self.build()
        tab.follow(self._follow)

    @property
    def side(self) -> Side:
        """The world as it is now."""
        return self._tab.view.side(self._letter)

    def build(self) -> None:
        """Make all controls anew, from the view."""
        say = self._tab.say
        self._box.clear()
        with self._box:
            with ui.element("h2"):
                ui.label(say(f"world_{self._letter}"))
            self._choose_world()
            self._changed = ui.label().classes("quiet break-words").props("aria-live=polite")
            with ui.row().classes("gap-0"):
                self._reset = ui.button(say("reset"), on_click=self._undo).props("flat dense no-caps size=sm")
                ui.button(say("copy_other"), on_click=self._copy).props("flat dense no-caps size=sm")
            with self._fold("parameters"):
                ui.label(say("parameters_help")).classes("quiet")
                for key in sliders():
                    self._slider(knobs()[key])
            with self._fold("switches"):
                for key in switches():
                    self._switch(knobs()[key])
            self._find()
        self._tell()

    def _fold(self, name: str) -> ui.expansion:
        """Make a part that can be folded, and stays as the user left it when controls are made anew."""

        def turned(event: Any) -> None:
            self._open[name] = event.value

        fold = ui.expansion(self._tab.say(name), value=self._open[name], on_value_change=turned)
        return fold.classes("w-full").props("dense header-class=font-semibold")

    def _follow(self, rebuild: str) -> None:
        if self._letter in rebuild:
            self.build()
        else:
            self._tell()

    def _tell(self) -> None:
        say = self._tab.say
        changes = say("between").join(self._said(key, value) for key, value in sorted(self.side.changes.items()))
        self._changed.text = say("changed", changes=changes) if changes else say("unchanged")
        self._reset.set_enabled(bool(changes))

    def _said(self, key: str, value: Any) -> str:
        """Return what a parameter is changed to, in words."""
        said = self._tab.say("on" if value else "off") if isinstance(value, bool) else toml_value(value)
        return f"{knobs()[key].label(self._tab.view.language)} = {said}"

    def _say_world(self, name: str, **values: Any) -> str:
        return self._tab.say(f"world.{name}", **values)

    def _choose_world(self) -> None:
        options = {name: self._say_world(name) for name in shipped_worlds()}
        options[PLAUSIBLE] = self._say_world(PLAUSIBLE, number="…")
        if self._tab.mine is not None:
            options[MINE] = self._say_world(MINE)
        now, _, number = self.side.source.partition("-")
        ui.select(
            options, value=now, label=self._tab.say("source_world"), on_change=lambda event: self._start(event.value)
        ).classes("w-full").props("dense options-dense").mark(f"world-{self._letter}")
        if now == PLAUSIBLE:
            ui.number(
                self._tab.say("number"), value=int(number), min=0, max=plausible_count() - 1, precision=0,
                on_change=lambda event: self._number(event.value),
            ).classes("w-full").props("dense debounce=400")  # fmt: skip

    def _start(self, name: str) -> None:
        if name == MINE:
            side = Side(BASELINE, dict(self._tab.mine or {}))
        else:
            side = Side(f"{PLAUSIBLE}-0" if name == PLAUSIBLE else name)
        self._tab.show(self._tab.view.with_side(self._letter, side), rebuild=self._letter)

    def _number(self, number: float | None) -> None:
        if number is not None and 0 <= number < plausible_count():
            side = Side(f"{PLAUSIBLE}-{int(number)}")
            self._tab.show(self._tab.view.with_side(self._letter, side), rebuild=self._letter)

    def _undo(self) -> None:
        self._tab.show(self._tab.view.with_side(self._letter, Side(self.side.source)), rebuild=self._letter)

    def _copy(self) -> None:
        other = self._tab.view.side("b" if self._letter == "a" else "a")
        self._tab.show(self._tab.view.with_side(self._letter, other), rebuild=self._letter)

    def _set(self, key: str, value: Any) -> None:
        self._tab.show(self._tab.view.with_side(self._letter, self.side.with_value(key, value)))

    def _now(self, key: str) -> Any:
        usual = value_of(base_of(self.side.source), key)
        return self.side.changes.get(key, usual)

    def _switch(self, knob: Knob) -> None:
        switch = ui.switch(
            knob.label(self._tab.view.language), value=bool(self._now(knob.key)),
            on_change=lambda event: self._set(knob.key, bool(event.value)),
        )  # fmt: skip
        switch.classes("w-full").props("dense").tooltip(knob.help(self._tab.view.language))
        switch.mark(f"{self._letter}-{knob.key}")

    def _slider(self, knob: Knob) -> None:
        label, value = knob.label(self._tab.view.language), self._now(knob.key)
        steps = int(knob.high - knob.low) if knob.kind == "whole" else _STEPS
        usual = value_of(base_of(self.side.source), knob.key)
        with ui.column().classes("w-full gap-0 mt-2"):
            with ui.row().classes("w-full justify-between no-wrap items-baseline"):
                ui.label(label)
                shown = ui.label(f"{value:.4g}").classes("font-mono")

            def moved(event: Any) -> None:
                if event.value is None:
                    return
                same = round(event.value) == round(steps * knob.position(usual))
                value = usual if same else knob.at(event.value / steps)
                shown.text = f"{value:.4g}"
                slider.props(f'aria-valuetext="{value:.4g}"')
                self._set(knob.key, value)

            place = round(steps * knob.position(value))
            slider = ui.slider(min=0, max=steps, step=1, value=place, on_change=moved)
            slider.props(
                f'dense aria-label="{label}" aria-valuetext="{value:.4g}" data-key="{self._letter}.{knob.key}"'
            )
            slider.tooltip(knob.help(self._tab.view.language))
            source = self._tab.say("source", source=knob.source(self._tab.view.language))
            ui.label(f"{knob.low:g} – {knob.high:g}; {source}").classes("quiet")

    def _find(self) -> None:
        say = self._tab.say
        with ui.input(say("search"), placeholder=say("search_help")).classes("w-full") as box:
            box.props("dense clearable debounce=250 type=search")
        listed = ui.column().classes("w-full gap-2").props("aria-live=polite")

        def search(event: Any) -> None:
            listed.clear()
            text = event.value or ""
            hits = found(text)
            with listed:
                for knob in hits[:_MOST_FOUND]:
                    self._editor(knob)
                if len(hits) > _MOST_FOUND:
                    ui.label(say("more_found", count=len(hits) - _MOST_FOUND)).classes("quiet")
                if text.strip() and not hits:
                    ui.label(say("nothing_found")).classes("quiet")

        box.on_value_change(search)

    def _editor(self, knob: Knob) -> None:
        """Make the control of a parameter that was searched for."""
        label, value = knob.label(self._tab.view.language), self._now(knob.key)
        change = partial(self._edited, knob)
        if knob.kind == "switch":
            ui.switch(label, value=bool(value), on_change=change)
        elif knob.kind == "choice":
            ui.select(list(knob.choices), value=value, label=label, on_change=change).classes("w-full").props("dense")
        else:
            written = toml_value(value)
            ui.input(label, value=written, on_change=change).classes("w-full").props("dense debounce=500")
        ui.label(knob.help(self._tab.view.language)).classes("quiet")

    def _edited(self, knob: Knob, event: Any) -> None:
        value = event.value
        if knob.kind not in ("switch", "choice"):
            value = toml_or_text(value or "")
        side = self.side.with_value(knob.key, value)
        try:
            side.parameters()
        except UsageError as error:
            ui.notify(self._tab.explain(error), type="warning")
            return
        self._set(knob.key, value)
