"""The middle of the page: bands, difference, table, one seed month by month, and what keeps the view."""

from __future__ import annotations

from dataclasses import replace

from nicegui import background_tasks, run, ui

from experiments.bands.numbers import Differences
from experiments.errors import UsageError
from experiments.messages.compiling import blocks_at_hand
from experiments.page.charts import bands_chart, difference_chart
from experiments.page.one_seed import OneSeed
from experiments.page.runs import Computed, Left, Runs, compute
from experiments.page.scenes import Scene, play
from experiments.page.state import SEEDS, View, to_command, to_config
from experiments.page.tab import Tab
from experiments.page.words import OUTCOMES, axis_of, finding_of, last_answer, shown

_TICK = 0.15


def scenes_of(view: View) -> dict[str, Scene]:
    """Return the one seed of both worlds, by "a" and "b"."""
    return {letter: play(view.side(letter).parameters(), view.seed) for letter in "ab"}


class Results:
    """Everything that follows from the two worlds; ``draw`` shows the newest view only."""

    def __init__(self, tab: Tab, runs: Runs) -> None:
        self._tab, self._runs = tab, runs
        self._asked, self._busy, self._counting, self._done = 0, False, False, 0
        self._compiling = not blocks_at_hand()

    def choose(self) -> None:
        """Make the choice of outcome and seeds."""
        tab, say = self._tab, self._tab.say
        with ui.row().classes("area-choose w-full items-end gap-4").props(f'role=group aria-label="{say("outcome")}"'):
            names = {name: axis_of(name, tab.view.language) for name in OUTCOMES}
            self._outcome = ui.select(names, value=tab.view.outcome, label=say("outcome"), on_change=self._choose)
            self._outcome.classes("grow min-w-60").props("dense options-dense").mark("outcome")
            allowed = say("range", range=say("span", low=SEEDS[0], high=SEEDS[1]))
            ui.number(say("seeds"), value=tab.view.seeds, precision=0, on_change=self._many,
                      validation={allowed: _are_seeds}).classes("w-32").props("dense debounce=500")  # fmt: skip

    def build(self) -> None:
        """Make what shows results: what stays in sight while controls are moved, and the rest."""
        tab, say = self._tab, self._tab.say
        with ui.column().classes("area-results w-full gap-3").props(f'role=region aria-label="{say("step_one")}"'):
            with ui.element("div").classes("live"):
                self._live()
            with ui.element("div").classes("rest"):
                with ui.element("h2"):
                    self._title = ui.label()
                self._table = ui.table(rows=[], columns=self._columns(), row_key="outcome").classes("w-full")
                self._table.props(f'no-data-label="{say("no_rows")}"')
                self._table.props('dense flat bordered wrap-cells hide-pagination :pagination="{rowsPerPage: 0}"')
                ui.label(say("last_month_help")).classes("quiet")
                self._one = OneSeed(tab)
                self._keep()
        ui.timer(_TICK, self._tick)
        tab.follow(lambda _: self._follow())

    def _live(self) -> None:
        say = self._tab.say
        self._finding = ui.label().classes("text-lg").props("role=status aria-live=polite id=finding")
        self._fault = ui.label().classes("text-red-900 bg-red-50 p-2 w-full").props("role=alert")
        self._fault.visible = False
        with ui.row().classes("w-full items-center gap-2 min-h-6"):
            self._state = ui.label().classes("quiet").props("id=state")
            self._bar = ui.linear_progress(0, show_value=False).classes("grow").props("instant-feedback")
            self._bar.props(f'aria-label="{say("working", done="", all="")}"')
        with ui.element("div").classes("two"):
            self._bands = self._chart("bands")
            self._difference = self._chart("difference")

    def draw(self) -> None:
        """Draw the page's view as soon as what is being computed has been given up."""
        self._asked += 1
        if not self._busy:
            self._busy = True
            background_tasks.create(self._work(), name="draw")

    def _follow(self) -> None:
        self._outcome.value = self._tab.view.outcome
        self.draw()

    async def _work(self) -> None:
        try:
            number = 0
            while number != self._asked and not self._table.is_deleted:
                number, self._done = self._asked, 0
                await self._once(number)
        finally:
            self._busy = self._counting = False

    async def _once(self, number: int) -> None:
        view = self._tab.view

        def more(done: int) -> None:
            self._done += done

        self._counting = True
        try:
            computed = await run.io_bound(compute, view, self._runs, more, lambda: number == self._asked)
        except Left:
            return
        except (UsageError, MemoryError) as error:
            self._fault.text = self._tab.say("fault", error=self._tab.explain(error))
            self._fault.visible = True
            self._state.text = ""
            return
        if computed is not None and not self._table.is_deleted:  # None: the server is ending
            self._fault.visible = False
            self._show(view, computed)
            scenes = await run.io_bound(scenes_of, view)
            if scenes is not None and number == self._asked and not self._table.is_deleted:
                self._one.show(scenes)

    def _show(self, view: View, computed: Computed) -> None:
        self._counting = False
        language, axis = view.language, axis_of(view.outcome, view.language)
        said = finding_of(computed.difference, language)
        self._finding.text = said
        _redraw(self._bands, bands_chart(computed.bands, axis, language, f"{axis}. {said}"))
        _redraw(self._difference, difference_chart(computed.difference, f"{axis}: B − A", language, f"{axis}. {said}"))
        self._title.text = self._tab.say("last_month", month=len(computed.difference.mean))
        self._table.rows = [self._row(name, each) for name, each in computed.table.items()]
        self._table.update()
        seconds = f"{computed.took:.2f}"
        ran = self._tab.say("drawn", runs=computed.ran, seconds=seconds)
        self._state.text = ran if computed.ran else self._tab.say("drawn_again")
        self._state.props(f"data-drawn={self._asked} data-seconds={seconds} data-runs={computed.ran}")

    def _tick(self) -> None:
        self._bar.visible = self._busy
        if self._counting:
            every = 2 * self._tab.view.seeds
            self._bar.value = self._done / every
            self._compiling = self._compiling and not self._done
            now = self._tab.say("working", done=self._done, all=every)
            self._state.text = self._tab.say("compiling") if self._compiling else now

    def _chart(self, name: str) -> ui.echart:
        with ui.column().classes("gap-1 w-full"):
            with ui.element("h2"):
                ui.label(self._tab.say(name))
            chart = ui.echart({}).classes("w-full").mark(name)
            ui.label(self._tab.say(f"{name}_help")).classes("quiet")
        return chart

    def _columns(self) -> list[dict[str, str]]:
        names = ("outcome", "a", "b", "difference", "interval", "answer")
        return [
            {"name": name, "field": name, "label": self._tab.say(f"column_{name}"),
             "align": "left" if name in ("outcome", "answer") else "right",
             "style": "min-width: 9rem" if name == "outcome" else "white-space: nowrap",
             "headerStyle": "white-space: nowrap"}
            for name in names
        ]  # fmt: skip

    def _row(self, name: str, found: Differences) -> dict[str, str]:
        language = self._tab.view.language
        low, high = shown(found.low[-1]), shown(found.high[-1])
        return {
            "outcome": axis_of(name, language), "a": shown(found.a[-1]), "b": shown(found.b[-1]),
            "difference": shown(found.mean[-1]), "interval": f"{low} … {high}",
            "answer": self._tab.say(last_answer(found)),
        }  # fmt: skip

    def _choose(self, event: object) -> None:
        outcome = event.value  # type: ignore[attr-defined]
        if outcome != self._tab.view.outcome:  # a preset has chosen
            self._tab.show(replace(self._tab.view, outcome=outcome))

    def _many(self, event: object) -> None:
        seeds = event.value  # type: ignore[attr-defined]
        if _are_seeds(seeds):
            self._tab.show(replace(self._tab.view, seeds=int(seeds)))

    def _keep(self) -> None:
        say = self._tab.say
        with ui.element("h2"):
            ui.label(say("keep"))
        ui.label(say("keep_help")).classes("quiet")
        with ui.row().classes("gap-2"):
            for letter in "ab":
                ui.button(say(f"save_{letter}"), on_click=lambda _, letter=letter: self._save(letter)).props(
                    "no-caps outline"
                )
            ui.button(say("copy_command"), on_click=self._copy).props("no-caps outline")
        self._command = ui.label().classes("quiet font-mono break-all").mark("command")

    def _save(self, letter: str) -> None:
        try:
            text = to_config(self._tab.view.side(letter))
        except UsageError as error:
            ui.notify(error.lines[0], type="warning")
            return
        ui.download.content(text, f"world-{letter}.toml", "application/toml")

    def _copy(self) -> None:
        command = to_command(self._tab.view)
        ui.clipboard.write(command)
        self._command.text = command
        ui.notify(self._tab.say("copied_command"))


def _are_seeds(count: float | None) -> bool:
    return count is not None and SEEDS[0] <= count <= SEEDS[1]


def _redraw(chart: ui.echart, options: dict[str, object]) -> None:
    chart.options.clear()
    chart.options.update(options)
    chart.update()
