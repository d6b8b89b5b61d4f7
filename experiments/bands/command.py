"""``flywheel run --seeds`` and ``flywheel compare``: worlds over seeds, kept as tables and figures, and printed."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from experiments.bands.numbers import HIGH, LEVEL, LOW, Bands, Differences, Floats, bands_of, differences_of
from experiments.bands.worlds import World, observe, read_world, seeds_of
from experiments.config import config_hash, show_path
from experiments.errors import UsageError
from experiments.figures.words import count, in_words, number
from experiments.store import (
    check_target,
    default_folder,
    folder_named,
    result_folder,
    write_config,
    write_csv,
    write_manifest,
    write_origin,
)
from experiments.streams import aside
from experiments.terminal import busy, console, counted, table
from experiments.text import shortened
from sim.outcomes import COLUMNS

BANDS, COMPARISON = "bands", "comparison"
SHOWN = (
    "unit_cost", "average_rd_cost", "capability", "trial_price", "loop_gain", "reuse_share", "independent",
    "integrated", "users", "adopted_openness", "cost_of_use", "commons_cost",
)  # fmt: skip
"""Outcomes of the printed table."""
_OUTCOMES = [column.name for column in COLUMNS if column.name != "month"]
_LONGEST = 16

_OVER = "over the seeds that have a value in that month"
_BANDS = (
    ("month", "month", "months since founding"),
    ("outcome", "name", "one of the outcomes that follow at the end of this table"),
    ("seeds", "count", "seeds in which the outcome has a value in that month"),
    ("mean", "as outcome", f"mean {_OVER}"),
    ("low", "as outcome", f"{LOW:.0%} quantile {_OVER}"),
    ("median", "as outcome", f"median {_OVER}"),
    ("high", "as outcome", f"{HIGH:.0%} quantile {_OVER}"),
)
_DIFFERENCES = (
    *_BANDS[:2],
    ("seeds", "count", "seeds in which the outcome has a value in both worlds"),
    ("difference", "as outcome", "mean of the differences B - A, seed by seed"),
    ("low", "as outcome", f"lower end of its {LEVEL:.0%} interval (Student's t), for this month and outcome alone"),
    ("high", "as outcome", "upper end"),
)
_WORLD = ("world", "name", "A or B, the order in which they were named")
_SEED = ("seed", "number", "seed of the run")


def run_seeds(
    config: Path,
    seed: int,
    seeds: int,
    months: int | None = None,
    changes: Sequence[str] = (),
    out: Path | None = None,
    figures: bool = True,
    workers: int | None = None,
) -> int:
    """Run a world over ``seeds`` seeds from ``seed`` on, keep and print its bands, and return the exit code.

    Args:
        config: the config, or the folder of a run.
        seed: the first seed.
        seeds: how many.
        months: length of the runs, in place of the config's.
        changes: ``KEY=VALUE`` changes of parameters.
        out: folder of the result; if None one in ``runs``.
        figures: whether they are drawn.
        workers: how many runs at once; as many as there are cores if None.

    Raises:
        UsageError: a faulty config, no seed, or a folder that is not ours.
        RunError: the result cannot be written.
    """
    which = seeds_of(seed, seeds)
    world = read_world(config, changes, months)
    span, changed = _span(which), bool(changes) or months is not None
    named = f"{world.name}-seeds-{span}"
    target = default_folder(named, world.config, span, changed) if out is None else out
    check_target(target, BANDS)
    with result_folder(target, BANDS) as folder:
        (seen,) = _observed([world], which, workers)
        bands = bands_of(seen)
        write_config(folder, world.config)
        write_csv(folder / "bands.csv", [name for name, *_ in _BANDS], _rows(bands))
        write_csv(folder / "ends.csv", ["seed", *_OUTCOMES], _ends(which, seen))
        _describe(folder, {"bands.csv": _BANDS, "ends.csv": (_SEED,)})
        if figures:
            _draw_bands(folder, bands, seeds)
        write_manifest(folder, world.config, span, BANDS)
    with aside():
        _print_bands(bands, f"{shortened(world.name, 40)}: {count(seeds, 'seed', 'seeds')}", target)
    return 0


def compare(
    first: Path,
    second: Path,
    seeds: int,
    months: int | None = None,
    changes: Sequence[str] = (),
    out: Path | None = None,
    figures: bool = True,
    workers: int | None = None,
) -> int:
    """Run two worlds over the same seeds, 0 to ``seeds`` - 1; keep and print their bands and paired differences.

    Args:
        first: config of world A, or the folder of a run of it.
        second: that of world B.
        seeds: how many.
        months: length of the runs, in place of the configs'.
        changes: ``KEY=VALUE`` changes of both.
        out: folder of the result; if None one in ``runs``.
        figures: whether they are drawn.
        workers: how many runs at once; as many as there are cores if None.

    Raises:
        UsageError: a faulty config, worlds of different length, no seed, or a folder that is not ours.
        RunError: the result cannot be written.
    """
    which = seeds_of(0, seeds)
    worlds = [read_world(path, changes, months) for path in (first, second)]
    lengths = [world.config.parameters.run.months for world in worlds]
    if len(set(lengths)) > 1:
        raise UsageError(
            f"compare: A runs {lengths[0]} months, B {lengths[1]}; give both the same length with --months"
        )
    address = hashlib.sha256(" ".join(config_hash(world.config) for world in worlds).encode()).hexdigest()
    names = _told_apart([world.name for world in worlds])
    named = f"{worlds[0].name}-vs-{worlds[1].name}-seeds-{_span(which)}"
    changed = bool(changes) or months is not None
    target = folder_named(named, address, _span(which), changed) if out is None else out
    check_target(target, COMPARISON)
    with result_folder(target, COMPARISON) as folder:
        seen = _observed(worlds, which, workers)
        bands, differences = [bands_of(each) for each in seen], differences_of(*seen)
        for letter, world in zip("AB", worlds, strict=True):
            (folder / letter).mkdir()
            write_config(folder / letter, world.config)
        _write_comparison(folder, which, seen, bands, differences)
        if figures:
            _draw_comparison(folder, names, (bands[0], bands[1]), differences, seeds)
        about = {"config_hash": address, "seed": _span(which), "months": lengths[0], "worlds": list(names)}
        write_origin(folder, COMPARISON, about)
    with aside():
        _print_comparison(names, bands, differences, seeds, target)
    return 0


def _observed(worlds: Sequence[World], seeds: range, workers: int | None) -> list[Floats]:
    with counted(len(worlds) * len(seeds), "run") as advance:
        return [observe(world, seeds, workers, advance) for world in worlds]


def _span(seeds: range) -> str:
    return f"{seeds[0]}-{seeds[-1]}"


def _told_apart(names: Sequence[str]) -> tuple[str, str]:
    first, second = names
    return (first, second) if first != second else (f"{first} (A)", f"{second} (B)")


# Files.


def _write_comparison(
    folder: Path, seeds: range, seen: Sequence[Floats], bands: Sequence[Bands], differences: Differences
) -> None:
    rows = ((letter, *row) for letter, each in zip("AB", bands, strict=True) for row in _rows(each))
    write_csv(folder / "bands.csv", ["world", *(name for name, *_ in _BANDS)], rows)
    write_csv(folder / "differences.csv", [name for name, *_ in _DIFFERENCES], _rows(differences))
    ends = ((letter, *row) for letter, each in zip("AB", seen, strict=True) for row in _ends(seeds, each))
    write_csv(folder / "ends.csv", ["world", "seed", *_OUTCOMES], ends)
    _describe(folder, {"bands.csv": (_WORLD, *_BANDS), "differences.csv": _DIFFERENCES, "ends.csv": (_WORLD, _SEED)})


def _rows(told: Bands | Differences) -> Iterator[tuple[Any, ...]]:
    """Yield a row for each month and outcome."""
    for month in range(len(told.mean)):
        for place, column in enumerate(COLUMNS):
            if column.name in _OUTCOMES:
                yield month + 1, column.name, *(each[month, place] for each in told)


def _ends(seeds: range, seen: Floats) -> Iterator[tuple[Any, ...]]:
    """Yield a row for each seed: the outcomes in the last month."""
    places = [place for place, column in enumerate(COLUMNS) if column.name in _OUTCOMES]
    for seed, last in zip(seeds, seen[:, -1, places], strict=True):
        yield seed, *last


def _describe(folder: Path, files: dict[str, Iterable[tuple[str, str, str]]]) -> None:
    rows = [(file, *row) for file, columns in files.items() for row in columns]
    rows += [("outcomes", each.name, each.unit, each.description) for each in COLUMNS if each.name in _OUTCOMES]
    write_csv(folder / "dictionary.csv", ["file", "column", "unit", "description"], rows)


def _draw_bands(folder: Path, bands: Bands, seeds: int) -> None:
    from experiments.bands.figures import FIGURES, draw_bands
    from experiments.figures import draw_into

    with busy("drawing the figures"):
        for name, panels in FIGURES.items():
            draw_into(folder / "figures" / f"{name}.png", partial(draw_bands, panels, bands, seeds))


def _draw_comparison(
    folder: Path, names: tuple[str, str], bands: tuple[Bands, Bands], differences: Differences, seeds: int
) -> None:
    from experiments.bands.figures import FIGURES, draw_comparison
    from experiments.figures import draw_into

    with busy("drawing the figures"):
        for name, panels in FIGURES.items():
            draw = partial(draw_comparison, panels, names, bands, differences, seeds)
            draw_into(folder / "figures" / f"{name}.png", draw)


# Terminal.


def _print_bands(bands: Bands, title: str, folder: Path) -> None:
    shown = table(f"outcome at the end|>mean|>{LOW:.0%}|>median|>{HIGH:.0%}|unit", title)
    for place, name, unit in _shown():
        values = (each[-1, place] for each in (bands.mean, bands.low, bands.median, bands.high))
        shown.add_row(in_words(name), *map(_cell, values), unit)
    terminal = console()
    terminal.print(shown)
    terminal.print(f"Result in {show_path(folder)}{os.sep} (start with figures{os.sep}; dictionary.csv explains the "
                   "tables)", soft_wrap=True)  # fmt: skip


def _print_comparison(
    names: tuple[str, str], bands: Sequence[Bands], differences: Differences, seeds: int, folder: Path
) -> None:
    first, second = (shortened(name, _LONGEST) for name in names)
    title = (
        f"A = {shortened(names[0], 30)}, B = {shortened(names[1], 30)}; {count(seeds, 'paired seed', 'paired seeds')}"
    )
    shown = table(f"mean at the end|>{first}|>{second}|>B - A|>{LEVEL:.0%} interval", title)
    for place, name, _ in _shown():
        means = (each.mean[-1, place] for each in bands)
        low, high = (each[-1, place] for each in (differences.low, differences.high))
        interval = f"{number(low)} to {number(high)}" if low == low else "–"
        shown.add_row(in_words(name), *map(_cell, means), _cell(differences.mean[-1, place]), interval)
    terminal = console()
    terminal.print(shown)
    terminal.print("Each interval is for one outcome alone; of many, some miss 0 by luck.")
    terminal.print(f"Result in {show_path(folder)}{os.sep} (start with figures{os.sep}; dictionary.csv explains the "
                   "tables)", soft_wrap=True)  # fmt: skip


def _shown() -> Iterator[tuple[int, str, str]]:
    for place, column in enumerate(COLUMNS):
        if column.name in SHOWN:
            yield place, column.name, column.unit


def _cell(value: float) -> str:
    return "–" if value != value else number(value, 3)
