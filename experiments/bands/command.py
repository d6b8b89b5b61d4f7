"""``flywheel run --seeds`` and ``flywheel compare``: worlds over seeds, kept as tables and figures, and printed."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
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
    ("a", "as outcome", "mean of world A over these seeds"),
    ("b", "as outcome", "mean of world B over these seeds"),
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
    span = _span(which)
    target = out or default_folder(
        f"{world.name}-seeds-{span}", world.config, span, bool(changes) or months is not None
    )
    _keep(
        BANDS,
        target,
        {"": world},
        which,
        figures,
        workers,
        partial(write_manifest, config=world.config, seed=span, kind=BANDS),
    )
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
    first_name, second_name = (world.name for world in worlds)
    address = hashlib.sha256(" ".join(config_hash(world.config) for world in worlds).encode()).hexdigest()
    if worlds[0].name == worlds[1].name:
        worlds = [world._replace(name=f"{world.name} ({letter})") for letter, world in zip("AB", worlds, strict=True)]
    span = _span(which)
    named = f"{first_name}-vs-{second_name}-seeds-{span}"
    target = out or folder_named(named, address, span, bool(changes) or months is not None)
    about = {"config_hash": address, "seed": span, "months": lengths[0], "worlds": [world.name for world in worlds]}
    origin = partial(write_origin, kind=COMPARISON, about=about)
    _keep(COMPARISON, target, dict(zip("AB", worlds, strict=True)), which, figures, workers, origin)
    return 0


def _keep(
    kind: str,
    target: Path,
    worlds: Mapping[str, World],
    seeds: range,
    figures: bool,
    workers: int | None,
    origin: Callable[[Path], None],
) -> None:
    """Run worlds, one or two by letter, write all of the result, ``origin`` last, and print it."""
    check_target(target, kind)
    names = [world.name for world in worlds.values()]
    with result_folder(target, kind) as folder:
        with counted(len(worlds) * len(seeds), "run") as advance:
            seen = {letter: observe(world, seeds, workers, advance) for letter, world in worlds.items()}
        bands = [bands_of(each) for each in seen.values()]
        differences = differences_of(*seen.values()) if len(seen) > 1 else None
        for letter, world in worlds.items():
            (folder / letter).mkdir(exist_ok=True)
            write_config(folder / letter, world.config)
        _write_tables(folder, seeds, seen, bands, differences)
        if figures:
            _draw(folder, names, bands, differences, len(seeds))
        origin(folder)
    with aside():
        _print(names, bands, differences, len(seeds), target)


def _span(seeds: range) -> str:
    return f"{seeds[0]}-{seeds[-1]}"


# Files.


def _write_tables(
    folder: Path, seeds: range, seen: Mapping[str, Floats], bands: Sequence[Bands], differences: Differences | None
) -> None:
    """Write bands, differences and ends; rows start with the letter of the world where there are two."""
    world = (_WORLD,) if len(seen) > 1 else ()
    files = {"bands.csv": (*world, *_BANDS), "ends.csv": (*world, _SEED)}
    told = ((*letter, *row) for letter, each in zip(seen, bands, strict=True) for row in _rows(each))
    write_csv(folder / "bands.csv", [name for name, *_ in files["bands.csv"]], told, whole=False)
    if differences is not None:
        files["differences.csv"] = _DIFFERENCES
        write_csv(folder / "differences.csv", [name for name, *_ in _DIFFERENCES], _rows(differences), whole=False)
    ends = ((*letter, *row) for letter, each in seen.items() for row in _ends(seeds, each))
    write_csv(folder / "ends.csv", [*(name for name, *_ in files["ends.csv"]), *_OUTCOMES], ends, whole=False)
    about = [(file, *row) for file, columns in files.items() for row in columns]
    about += [("outcomes", each.name, each.unit, each.description) for each in COLUMNS if each.name in _OUTCOMES]
    write_csv(folder / "dictionary.csv", ["file", "column", "unit", "description"], about)


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


def _draw(
    folder: Path, names: Sequence[str], bands: Sequence[Bands], differences: Differences | None, seeds: int
) -> None:
    from experiments.bands.figures import FIGURES, draw_bands, draw_comparison
    from experiments.figures import draw_into

    with busy("drawing the figures"):
        for name, panels in FIGURES.items():
            draw = partial(draw_bands, panels, bands[0], seeds)
            if differences is not None:
                draw = partial(draw_comparison, panels, names, bands, differences, seeds)
            draw_into(folder / "figures" / f"{name}.png", draw)


# Terminal.


def _print(
    names: Sequence[str], bands: Sequence[Bands], differences: Differences | None, seeds: int, folder: Path
) -> None:
    columns = [(place, column) for place, column in enumerate(COLUMNS) if column.name in SHOWN]
    if differences is None:
        title = f"{shortened(names[0], 40)}: {count(seeds, 'seed', 'seeds')}"
        shown = table(f"outcome at the end|>mean|>{LOW:.0%}|>median|>{HIGH:.0%}|unit", title)
        for place, column in columns:
            shown.add_row(in_words(column.name), *(_cell(each[-1, place]) for each in bands[0][1:]), column.unit)
    else:
        first, second = (shortened(name, 30) for name in names)
        title = f"A = {first}, B = {second}; {count(seeds, 'paired seed', 'paired seeds')}"
        headings = "|".join(f">{shortened(name, _LONGEST)}" for name in names)
        shown = table(f"mean at the end|{headings}|>B - A|>{LEVEL:.0%} interval", title)
        for place, column in columns:
            a, b, mean, low, high = (each[-1, place] for each in differences[1:])
            interval = f"{number(low)} to {number(high)}" if low == low else "–"
            shown.add_row(in_words(column.name), *map(_cell, (a, b, mean)), interval)
    terminal = console()
    terminal.print(shown)
    if differences is not None:
        terminal.print("Each interval is for one outcome alone; of many, some miss 0 by luck.")
    where = f"Result in {show_path(folder)}{os.sep} (start with figures{os.sep}; dictionary.csv explains the tables)"
    terminal.print(where, soft_wrap=True)


def _cell(value: float) -> str:
    return "–" if value != value else number(value, 3)
