"""The page in NiceGUI: the server, and one page a browser tab. What is shown is computed elsewhere, as plain data."""

from __future__ import annotations

import threading
from typing import Any

from nicegui import app, ui
from starlette.requests import Request

from experiments.errors import FlywheelError
from experiments.page.bands import Runs
from experiments.page.results import Results
from experiments.page.side import SidePanel
from experiments.page.state import View, from_address, to_address
from experiments.page.top import Top
from experiments.page.words import word

HOST = "127.0.0.1"
_PATIENCE = 30.0  # seconds that a tab may be silent, since all cores may be busy with runs
_STYLE = """
body { background: #fafafa; color: #222; font-family: system-ui, "Noto Sans", "Noto Sans CJK SC", sans-serif; }
.worlds { display: grid; width: 100%; gap: 1rem; grid-template-columns: 17rem minmax(0, 1fr) 17rem;
          grid-template-areas: "a results b"; align-items: start; }
.area-a { grid-area: a; } .area-b { grid-area: b; } .area-results { grid-area: results; }
@media (max-width: 1100px) { .worlds { grid-template-columns: minmax(0, 1fr) minmax(0, 1fr);
          grid-template-areas: "results results" "a b"; } }
@media (max-width: 640px) { .worlds { grid-template-columns: minmax(0, 1fr);
          grid-template-areas: "results" "a" "b"; } }
.two { display: grid; width: 100%; gap: 1rem; grid-template-columns: minmax(0, 1fr) minmax(0, 1fr); }
@media (max-width: 900px) { .two { grid-template-columns: minmax(0, 1fr); } }
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


class Page:
    """One tab of a browser: its view, and what it is shown with.

    Args:
        view: what to show first.
        mine: what the user's own config changes of the baseline; None without one.
        runs: the worlds that were run, shared by all tabs.
    """

    def __init__(self, view: View, mine: dict[str, Any] | None, runs: Runs) -> None:
        self.view, self.mine = view, mine
        self._top = Top(self)
        with ui.element("main").classes("worlds"):
            self._panels = {letter: SidePanel(self, letter) for letter in "ab"}
            self._results = Results(self, runs)
        self._results.draw()

    def say(self, name: str, **values: Any) -> str:
        """Return a text in the language of the page."""
        return word(name, self.view.language, **values)

    def show(self, view: View, *, rebuild: str = "") -> None:
        """Show another view, and put it into the address.

        Args:
            view: the view.
            rebuild: the worlds, "a", "b" or "ab", whose controls changed by more than the user's own hand.
        """
        self.view = view
        ui.navigate.history.replace(f"/?{to_address(view)}")
        for letter in rebuild:
            self._panels[letter].build()
        for letter in "ab":
            self._panels[letter].tell()
        self._top.tell()
        self._results.draw()

    def show_month(self, view: View) -> None:
        """Show another month of the one seed: nothing need be computed."""
        self.view = view
        ui.navigate.history.replace(f"/?{to_address(view)}")
        self._results.place()


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
        ui.add_css(_STYLE)
        ui.add_head_html(_SLIDERS)
        try:
            view = from_address(request.url.query) if request.url.query else first
        except FlywheelError as error:
            _refuse(error)
            return
        # A screen reader chooses its voice by it.
        ui.run_javascript(f"document.documentElement.lang = '{'zh-CN' if view.language == 'zh' else 'en'}'")
        Page(view, mine, runs)

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


def _refuse(error: FlywheelError) -> None:
    with ui.element("main").classes("p-4"):
        for line in error.lines:
            ui.label(line).props("role=alert")
        ui.link("Flywheel", "/")
