"""The top of the page: title, language, the source's story in five steps."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from nicegui import ui

from experiments.page.presets import PRESETS, show, shown
from experiments.page.state import to_address
from experiments.page.words import LANGUAGES

if TYPE_CHECKING:
    from experiments.page.app import Page


class Top:
    """Title, languages and presets."""

    def __init__(self, page: Page) -> None:
        self._page = page
        with ui.element("header").classes("w-full flex flex-wrap items-center justify-between gap-2"):
            with ui.element("h1"):
                ui.label(page.say("title"))
            with ui.row().classes("gap-1").props(f'role=group aria-label="{page.say("language")}"'):
                for language, name in LANGUAGES.items():
                    chosen = language == page.view.language
                    ui.button(name, on_click=lambda _, language=language: self._speak(language)).props(
                        f"dense no-caps {'unelevated' if chosen else 'flat'} aria-pressed={str(chosen).lower()} "
                        f"lang={language}"
                    ).mark(f"language-{language}")
        with ui.row().classes("w-full items-center gap-2").props(f'role=group aria-label="{page.say("presets")}"'):
            ui.label(page.say("presets")).classes("font-semibold")
            self._buttons = {name: self._button(name) for name in PRESETS}
        self._text = ui.label().classes("max-w-4xl").props("aria-live=polite")
        self.tell()

    def tell(self) -> None:
        """Mark the step that is shown, and say what it is about."""
        now = shown(self._page.view)
        for name, button in self._buttons.items():
            button.props(f"aria-pressed={str(name == now).lower()}", remove="outline unelevated")
            button.props("unelevated" if name == now else "outline")
        self._text.text = self._page.say(f"preset.{now}.text") if now else self._page.say("step_one")

    def _button(self, name: str) -> ui.button:
        label = self._page.say(f"preset.{name}")
        return ui.button(label, on_click=lambda: self._page.show(show(self._page.view, name), rebuild="ab")).props(
            "no-caps dense padding='xs sm'"
        )

    def _speak(self, language: str) -> None:
        ui.navigate.to(f"/?{to_address(replace(self._page.view, language=language))}")
