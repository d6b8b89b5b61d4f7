"""``flywheel run --seeds`` and ``flywheel compare``: worlds over seeds, kept as tables and figures, and printed."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from experiments.bands.numbers import HIGH, LEVEL, LOW, Bands, Differences, Floats, bands_of, differences_of
from experiments.bands.worlds import World, observe, read_world, seeds_of
from experiments.config import config_hash, show_path
from experiments.errors import UsageError
from experiments.figures.words import count, in_words, number
from experiments.messages.streams import aside
from experiments.messages.terminal import busy, console, counted, table
from experiments.messages.text import shortened
from experiments.store import (
    check_target,
    folder_named,
    result_folder,
    write_config,
    write_csv,
    write_manifest,
    write_origin,
)
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


def over_seeds(
    configs: Sequence[Path],
    seeds: int,
    first: int = 0,
    months: int | None = None,
    changes: Sequence[str] = (),
    out: Path | None = None,
    figures: bool = True,
    workers: int | None = None,
) -> int:
    """Run one world, or two, over the same seeds; keep and print bands and paired differences; return the exit code.

    Args:
        configs: a world or two, A and B: each a config, or the folder of a run.
        seeds: how many seeds.
        first: the first of them.
        months: length of the runs, in place of the configs'.
        changes: ``KEY=VALUE`` changes of all.
        out: folder of the result; if None one in ``runs``.
        figures: whether they are drawn.
        workers: how many runs at once; as many as there are cores if None.

    Raises:
        UsageError: a faulty config, worlds of different length, no seed, or a folder that is not ours.
        RunError: the result cannot be written.
    """
    which = seeds_of(first, seeds)
    worlds = [read_world(path, changes, months) for path in configs]
    lengths = [world.config.parameters.run.months for world in worlds]
    if len(set(lengths)) > 1:
        raise UsageError(
            f"compare: A runs {lengths[0]} months, B {lengths[1]}; give both the same length with --months"
        )
    kind, letters = (BANDS, [""]) if len(worlds) == 1 else (COMPARISON, ["A", "B"])
    names = _told_apart([world.name for world in worlds])
    target = out or _folder(worlds, which, bool(changes) or months is not None)
    check_target(target, kind)
    with result_folder(target, kind) as folder:
        with counted(len(worlds) * seeds, "run") as advance:
            seen = [observe(world, which, workers, advance) for world in worlds]
        bands = [bands_of(each) for each in seen]
        differences = differences_of(*seen) if kind == COMPARISON else None
        for letter, world in zip(letters, worlds, strict=True):
            (folder / letter).mkdir(exist_ok=True)
            write_config(folder / letter, world.config)
        _write_tables(folder, which, dict(zip(letters, seen, strict=True)), bands, differences)
        if figures:
            _draw(folder, names, bands, differences, seeds)
        if kind == BANDS:
            write_manifest(folder, worlds[0].config, _span(which), BANDS)
        else:
            about = {"config_hash": _address(worlds), "seed": _span(which), "months": lengths[0], "worlds": names}
            write_origin(folder, COMPARISON, about)
    with aside():
        _print(names, bands, differences, seeds, target)
    return 0


def _folder(worlds: Sequence[World], seeds: range, changed: bool) -> Path:
    """Return where the result goes if not told."""
    named = f"{'-vs-'.join(world.name for world in worlds)}-seeds-{_span(seeds)}"
    return folder_named(named, _address(worlds), _span(seeds), changed)


def _address(worlds: Sequence[World]) -> str:
    """Return the hash of one config, or one of both hashes."""
    hashes = [config_hash(world.config) for world in worlds]
    return hashes[0] if len(hashes) == 1 else hashlib.sha256(" ".join(hashes).encode()).hexdigest()


def _told_apart(names: list[str]) -> list[str]:
    same = len(names) > 1 and names[0] == names[1]
    return [f"{name} ({letter})" for name, letter in zip(names, "AB", strict=True)] if same else names


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
    from experiments.figures.draw import draw_into

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
