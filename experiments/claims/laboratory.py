"""Where claims get their runs: a store for each claim and purpose, one engine for all, resumed where they were."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import xarray as xr

from experiments.claims.claim import Claim
from experiments.claims.over import Worlds
from experiments.claims.schema import Changes
from experiments.claims.table import design_of, read_outcomes, rows_of
from experiments.sweep.session import Options, sweep

if TYPE_CHECKING:
    from experiments.sweep.driver import Tally
    from experiments.sweep.engines import Engine

RUNS = "runs"
# Experiment seeds of the purposes: what is looked for on one set of seeds is confirmed on another. Those below 31 were
# used by the first edition, to look at power, or to try the program before claims were preregistered.
SEEDS = {"main": 31, "control": 31, "null": 31, "form": 31, "phase": 32, "search": 33, "confirm": 34, "pilot": 25}


class Task(NamedTuple):
    """What is being done, for who watches: in words, and how many runs of it are done."""

    words: str
    done: int


@dataclass
class Laboratory:
    """A folder of stores, an engine, and somebody who watches.

    Attributes:
        folder: where results go; stores are below ``runs/``.
        engine: an open engine.
        options: how sweeps are carried out.
        watch: told what is being done.
        stores: the stores used so far, by name, with their runs.
        finished: runs done so far.
    """

    folder: Path
    engine: Engine
    options: Options
    watch: Callable[[Task], None] = lambda _: None
    stores: dict[str, int] = field(default_factory=dict)
    finished: int = 0

    def outcomes(
        self,
        claim: Claim,
        worlds: Worlds,
        seeds: int,
        purpose: str = "main",
        place: Changes | None = None,
        arms: Sequence[str] | None = None,
    ) -> xr.Dataset:
        """Run arms of a claim in every world over seeds, unless it was done; return what came of it.

        Args:
            claim: what is judged.
            worlds: where.
            seeds: how many a world.
            purpose: names the store, and by its first word the experiment's seed.
            place: further changes of each world, which every arm shares.
            arms: which arms; all if None.

        Returns:
            Measures and channels over arm, world and seed.

        Raises:
            FlywheelError: the sweep was stopped, or could not be carried out.
        """
        rows = rows_of(claim, worlds, place or {}, arms)
        store = self.folder / RUNS / f"{claim.id}-{purpose}"
        words = f"{claim.id} {purpose}: {seeds} seeds of {len(rows):,} worlds"
        design = design_of(claim, rows, seeds, SEEDS[purpose.partition("-")[0]])

        def told(tally: Tally) -> None:
            self.watch(Task(words, self.finished + tally.done + tally.failed))

        self.watch(Task(words, self.finished))
        counts = sweep(design, store, self.options, yes=True, engine=self.engine, watch=told, revise=True)
        self.finished += counts.total - self.stores.get(store.name, 0)
        self.stores[store.name] = counts.total
        return read_outcomes(claim, store, len(worlds), arms)


@contextmanager
def laboratory(folder: Path, options: Options, watch: Callable[[Task], None] = lambda _: None) -> Iterator[Laboratory]:
    """Open a laboratory: its engine lives as long."""
    from experiments.sweep.engines import open_engine

    with open_engine(options.engine, options.workers, options.scheduler, options.limit) as engine:
        yield Laboratory(folder, engine, options, watch)
