"""The page in NiceGUI: the server, and one page a browser tab. What is shown is computed elsewhere, as plain data."""

from __future__ import annotations

import copy
import threading
from dataclasses import replace
from typing import Any

from nicegui import app, ui
from starlette.requests import Request

from experiments.errors import FlywheelError
from experiments.page.charts import BLUE
from experiments.page.results import Results
from experiments.page.runs import Runs
from experiments.page.side import SidePanel
from experiments.page.state import PRESETS, View, from_address, preset_of, to_address, with_preset
from experiments.page.tab import Tab, explained
from experiments.page.words import LANGUAGES, word

HOST = "127.0.0.1"
_PATIENCE = 30.0  # seconds that a tab may be silent, since all cores may be busy with runs
_STYLE = """
body { background: #fafafa; color: #222; font-family: system-ui, "Noto Sans", "Noto Sans CJK SC", sans-serif; }
.worlds { display: grid; width: 100%; gap: 1rem; grid-template-columns: 17rem minmax(0, 1fr) 17rem;
          grid-template-areas: "a choose b" "a results b"; grid-template-rows: auto 1fr; align-items: start; }
.area-a { grid-area: a; } .area-b { grid-area: b; } .area-choose { grid-area: choose; }
.area-results { grid-area: results; position: sticky; top: 0; max-height: calc(100vh - 2rem); overflow-y: auto;
                flex-wrap: nowrap; }
.live, .rest { width: 100%; display: flex; flex-direction: column; gap: 0.75rem; }
.two { display: grid; width: 100%; gap: 1rem; grid-template-columns: minmax(0, 1fr) minmax(0, 1fr); }
.live .nicegui-echart { height: min(20rem, 45vh); }
@media (max-width: 1100px) { .worlds { grid-template-columns: 17rem minmax(0, 1fr);
          grid-template-areas: "a choose" "a results" "b results"; grid-template-rows: auto auto 1fr; } }
@media (max-width: 900px) { .rest .two { grid-template-columns: minmax(0, 1fr); } }
@media (max-width: 700px) {
    .worlds { display: flex; flex-direction: column; align-items: stretch; }
    .area-results { display: contents; }
    .area-choose, .live { order: -1; }
    .live { position: sticky; top: 0; z-index: 10; background: #fafafa; gap: 0.1rem; padding: 0.25rem 0;
            max-height: 40vh; overflow-y: auto; border-bottom: 1px solid #999; }
    .live #finding { font-size: 0.85rem; line-height: 1.3; }
    .live .min-h-6 { min-height: 0; }
    .live h2 { font-size: 0.85rem; }
    .live .two { grid-template-columns: 94% 94%; overflow-x: auto; overflow-y: hidden; gap: 0.5rem; }
    .live .two .quiet { display: none; }
    .live .nicegui-echart { height: 23vh; }
}
.quiet { color: #555; font-size: 0.82rem; line-height: 1.35; }
h1 { font-size: 1.5rem; line-height: 1.25; font-weight: 600; margin: 0; }
h2 { font-size: 1.1rem; line-height: 1.3; font-weight: 600; margin: 0; }
.edge-a { border-top: 4px dashed #e69f00; } .edge-b { border-top: 4px solid #0072b2; }
*:focus-visible { outline: 2px solid #0072b2; outline-offset: 2px; }
"""
# Quasar puts what a slider says on one element and the focus on another, inside it: a screen reader would hear nothing.
_SLIDERS = """
<script>
const SAID = ['aria-label', 'aria-valuemin', 'aria-valuemax', 'aria-valuenow', 'aria-valuetext'];
function tell(slider) {
    const focused = slider.querySelector('[tabindex]');
    if (!focused) return;
    for (const name of SAID)
        if (slider.hasAttribute(name)) focused.setAttribute(name, slider.getAttribute(name));
    focused.setAttribute('role', 'slider');
    slider.setAttribute('role', 'none');
}
new MutationObserver(changes => {
    const sliders = new Set();
    for (const {target} of changes)
        if (target.matches?.('.q-slider')) sliders.add(target);
        else target.querySelectorAll?.('.q-slider').forEach(each => sliders.add(each));
    sliders.forEach(tell);
}).observe(document, {subtree: true, childList: true, attributes: true, attributeFilter: SAID});
</script>
"""


class Top:
    """Title, languages and presets."""

    def __init__(self, tab: Tab) -> None:
        self._tab = tab
        with ui.element("header").classes("w-full flex flex-wrap items-center justify-between gap-2"):
            with ui.element("h1"):
                ui.label(tab.say("title"))
            with ui.row().classes("gap-1").props(f'role=group aria-label="{tab.say("language")}"'):
                for language, name in LANGUAGES.items():
                    chosen = language == tab.view.language
                    ui.button(name, on_click=lambda _, language=language: self._speak(language)).props(
                        f"dense no-caps {'unelevated' if chosen else 'flat'} aria-pressed={str(chosen).lower()} "
                        f"lang={language}"
                    ).mark(f"language-{language}")
        with ui.row().classes("w-full items-center gap-2").props(f'role=group aria-label="{tab.say("presets")}"'):
            ui.label(tab.say("presets")).classes("font-semibold")
            self._buttons = {name: self._button(name) for name in PRESETS}
        self._text = ui.label().classes("max-w-4xl").props("aria-live=polite")
        self._tell()
        tab.follow(lambda _: self._tell())

    def _tell(self) -> None:
        """Mark the step that is shown, and say what it is about."""
        now = preset_of(self._tab.view)
        for name, button in self._buttons.items():
            button.props(f"aria-pressed={str(name == now).lower()}", remove="outline unelevated")
            button.props("unelevated" if name == now else "outline")
        self._text.text = self._tab.say(f"preset.{now}.text") if now else self._tab.say("step_one")

    def _button(self, name: str) -> ui.button:
        label = self._tab.say(f"preset.{name}")
        return ui.button(label, on_click=lambda: self._tab.show(with_preset(self._tab.view, name), rebuild="ab")).props(
            "no-caps dense padding='xs sm'"
        )

    def _speak(self, language: str) -> None:
        ui.navigate.to(f"/?{to_address(replace(self._tab.view, language=language))}")


def serve(port: int, first: View, mine: dict[str, Any] | None, browser: bool) -> None:
    """Serve the page on this machine alone until the program is ended.

    Args:
        port: the port.
        first: the view of an address that says nothing.
        mine: what the user's own config changes of the baseline; None without one.
        browser: whether to open the page in a browser.
    """
    runs = Runs()

    @ui.page("/", title="Flywheel")
    def index(request: Request) -> None:
        ui.colors(primary=BLUE)
        ui.add_css(_STYLE)
        ui.add_head_html(_SLIDERS)
        try:
            view = from_address(request.url.query) if request.url.query else first
        except FlywheelError as error:
            language = "zh" if "lang=zh" in request.url.query else "en"
            _speak(language)
            _refuse(error, language)
            return
        _speak(view.language)
        tab = Tab(view, mine)
        Top(tab)
        with ui.element("main").classes("worlds"):
            results = Results(tab, runs)
            results.choose()
            for letter in "ab":
                SidePanel(tab, letter)
            results.build()
            results.draw()

    def load() -> None:
        for side in (first.a, first.b):
            runs.seen(side.parameters(), first.seeds)

    app.on_startup(lambda: threading.Thread(target=load, daemon=True).start())
    where = f"http://{HOST}:{port}/?{to_address(first)}"
    ui.run(
        host=HOST, port=port, title="Flywheel", reload=False, show=where if browser else False,
        show_welcome_message=False, favicon="🎡", reconnect_timeout=_PATIENCE,
        timeout_graceful_shutdown=1,  # open tabs do not keep the server from ending
    )  # fmt: skip


def _speak(language: str) -> None:
    """Set the language of the page, by which screen readers choose their voice and Quasar names its parts."""
    client = ui.context.client
    client.page = copy.copy(client.page)  # all tabs share the one of the server
    client.page.language = "zh-CN" if language == "zh" else "en-US"
    ui.page_title(word("title", language))


def _refuse(error: FlywheelError, language: str) -> None:
    with ui.element("main").classes("p-4"):
        ui.label(word("bad_address", language)).props("role=alert")
        ui.label(explained(error, language)).classes("whitespace-pre-line")
        ui.link(word("home", language), f"/?lang={language}")
