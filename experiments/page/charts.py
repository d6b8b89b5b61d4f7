"""What the page draws, as options of ECharts: plain data, computed from bands and scenes."""

from __future__ import annotations

import json
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from experiments.bands.numbers import Bands, Differences
from experiments.page.scenes import FOCAL, NOBODY, RIVAL, WAYS, Scene
from experiments.page.words import known_word, word

Options: TypeAlias = dict[str, Any]

BLUE, ORANGE, GREEN, VERMILION, GREY, LIGHT, BLACK = (
    "#0072b2", "#e69f00", "#009e73", "#d55e00", "#767676", "#d9d9d9", "#222222",
)  # fmt: skip
"""Colours that the colour-blind tell apart (Okabe, Ito)."""
_COLOURS = {"a": ORANGE, "b": BLUE}
_LINES = {"a": "dashed", "b": "solid"}
_MARKS = {
    "inherited": ("rect", BLACK, 9),
    "made": ("circle", BLUE, 10),
    "copied": ("triangle", GREEN, 11),
    "reused": ("circle", GREY, 6),
    "adopted": ("diamond", VERMILION, 12),
}
_USES = {
    NOBODY: ("circle", "#bdbdbd", 5, "uses_none"),
    FOCAL: ("circle", BLUE, 10, "uses_focal"),
    RIVAL: ("triangle", ORANGE, 10, "uses_rival"),
}
_SPREAD = 0.72  # of a slot's height, for its lanes


def numbers(values: NDArray[Any]) -> list[float | None]:
    """Return values with four digits as JSON takes them; None where there is none."""
    return [float(f"{value:.5g}") if np.isfinite(value) else None for value in np.asarray(values, float)]


def bands_chart(bands: dict[str, Bands], axis: str, language: str, said: str) -> Options:
    """Return both worlds' bands.

    Args:
        bands: by "a" and "b".
        axis: the outcome with its unit.
        language: "en" or "zh".
        said: what a screen reader says of the chart.
    """
    series: list[Options] = []
    legend = []
    for letter, band in bands.items():
        world = word(f"world_{letter}", language)
        legend.append(word("median_name", language, world=world))
        area = word("band_name", language, world=world)
        series += _band(band.low, band.high, area, _COLOURS[letter])
        series.append(_line(legend[-1], band.median, _COLOURS[letter], _LINES[letter]))
    return _chart(series, legend, axis, language, said)


def difference_chart(difference: Differences, axis: str, language: str, said: str) -> Options:
    """Return the paired difference with its interval, and a line at 0; arguments as for ``bands_chart``."""
    name = word("mean_name", language)
    line = _line(name, difference.mean, GREEN, "solid")
    line["markLine"] = {
        "silent": True, "symbol": "none", "label": {"show": False}, "data": [{"yAxis": 0}],
        "lineStyle": {"color": BLACK, "type": "solid", "width": 1},
    }  # fmt: skip
    series = [*_band(difference.low, difference.high, word("interval_name", language), GREEN), line]
    return _chart(series, [name], axis, language, said)


def lineage_chart(scene: Scene, month: int, language: str, said: str) -> Options:
    """Return the slots of releases up to a month: marks where a module came in, lines where it lived on."""
    lanes = [1 + max((fill.lane for fill in scene.fills if fill.slot == n), default=0) for n in range(len(scene.slots))]
    past = [fill for fill in scene.fills if fill.month <= month]

    def height(slot: int, lane: int) -> float:
        return round(slot + _SPREAD * ((lane + 0.5) / lanes[slot] - 0.5), 4)

    lives: dict[tuple[int, int, int], list[int]] = {}
    for fill in past:
        lives.setdefault((fill.slot, fill.module, fill.lane), []).append(fill.month)
    lived: list[list[float | None]] = []
    for (slot, _, lane), when in lives.items():
        lived += [[min(when), height(slot, lane)], [max(when), height(slot, lane)], [None, None]]
    series: list[Options] = [
        {"type": "line", "name": word("same_module", language), "data": lived, "symbol": "none", "silent": True,
         "lineStyle": {"color": GREY, "width": 2}, "itemStyle": {"color": GREY}, "connectNulls": False}
    ]  # fmt: skip
    for way in WAYS:
        symbol, colour, size = _MARKS[way]
        data = [[fill.month, height(fill.slot, fill.lane)] for fill in past if fill.way == way]
        series.append(
            {"type": "scatter", "name": word(way, language), "data": data, "symbol": symbol, "symbolSize": size,
             "itemStyle": {"color": colour}}
        )  # fmt: skip
    names = json.dumps([known_word(f"slot.{slot}", slot, language) for slot in scene.slots], ensure_ascii=False)
    return {
        "animation": False, "aria": _aria(said),
        "grid": {"left": 12, "right": 16, "top": 12, "bottom": 72, "containLabel": True},
        "legend": {"bottom": 0, "itemGap": 8, "itemWidth": 14, "itemHeight": 11},
        "xAxis": _months(language, {"type": "value", "min": 0, "max": scene.months}),
        "yAxis": {"type": "value", "min": -1, "max": len(scene.slots), "interval": 1, "inverse": True,
                  "splitLine": {"lineStyle": {"color": "#eeeeee"}}, "axisTick": {"show": False},
                  "axisLabel": {"color": BLACK, ":formatter": f"v => ({names})[v] ?? ''"}},
        "series": series,
    }  # fmt: skip


def network_chart(scene: Scene, month: int, language: str, said: str) -> Options:
    """Return the adopters shown with their links, by what they use in a month."""
    categories = []
    for symbol, colour, _, name in _USES.values():
        categories.append({"name": word(name, language), "symbol": symbol, "itemStyle": {"color": colour}})
    nodes = []
    for number, ((x, y), use) in enumerate(zip(scene.places.tolist(), scene.uses[month].tolist(), strict=True)):
        size = _USES[use][2]
        nodes.append(
            {"id": str(number), "x": round(1000 * x), "y": round(1000 * y), "category": use, "symbolSize": size}
        )
    links = [{"source": str(one), "target": str(other)} for one, other in scene.links.tolist()]
    return {
        "animation": False, "aria": _aria(said),
        "legend": {"bottom": 0, "data": [{"name": each["name"], "icon": each["symbol"]} for each in categories],
                   "selectedMode": False, "itemWidth": 14, "itemHeight": 11},
        "series": [
            {"type": "graph", "layout": "none", "data": nodes, "links": links, "categories": categories,
             "silent": True, "preserveAspect": "contain", "top": 12, "bottom": 48, "left": 16, "right": 16,
             "lineStyle": {"color": LIGHT, "width": 0.7, "opacity": 0.8}}
        ],
    }  # fmt: skip


def _band(low: NDArray[Any], high: NDArray[Any], name: str, colour: str) -> list[Options]:
    """Return two lines of which the area between is filled."""
    plain: Options = {
        "type": "line", "symbol": "none", "silent": True, "stack": name, "stackStrategy": "all",
        "lineStyle": {"opacity": 0}, "itemStyle": {"color": colour},
    }  # fmt: skip
    bottom, rise = numbers(low), numbers(high - low)
    return [
        {**plain, "name": f"{name} ", "data": bottom, "tooltip": {"show": False}},
        {**plain, "name": name, "data": rise, "areaStyle": {"color": colour, "opacity": 0.22},
         "tooltip": {"show": False}},
    ]  # fmt: skip


def _line(name: str, values: NDArray[Any], colour: str, kind: str) -> Options:
    return {
        "type": "line", "name": name, "data": numbers(values), "symbol": "none",
        "lineStyle": {"color": colour, "width": 2.5, "type": kind}, "itemStyle": {"color": colour},
    }  # fmt: skip


def _chart(series: list[Options], legend: list[str], axis: str, language: str, said: str) -> Options:
    months = max(len(each["data"]) for each in series)
    return {
        "animation": False, "aria": _aria(said), "legend": {"data": legend, "bottom": 0},
        "grid": {"left": 12, "right": 20, "top": 34, "bottom": 48, "containLabel": True},
        "tooltip": {"trigger": "axis", "confine": True},
        "xAxis": _months(language, {"type": "category", "data": list(range(1, months + 1)), "boundaryGap": False}),
        "yAxis": {"type": "value", "name": axis, "scale": True, "axisLabel": {"color": BLACK},
                  "nameTextStyle": {"align": "left", "color": BLACK, "fontSize": 13}, "nameLocation": "end"},
        "series": series,
    }  # fmt: skip


def _months(language: str, kind: Options) -> Options:
    return {
        **kind, "name": word("month_axis", language), "nameLocation": "middle", "nameGap": 26,
        "nameTextStyle": {"color": BLACK}, "axisLabel": {"color": BLACK}, "axisLine": {"onZero": False},
    }  # fmt: skip


def _aria(said: str) -> Options:
    return {"enabled": True, "label": {"description": said}}
