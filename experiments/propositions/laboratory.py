"""Where claims get their runs: a store for each claim and purpose, one engine for all, resumed where they were."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from experiments.propositions.claims import Claim
from experiments.propositions.worlds import Sample, Spot, design_of, samples_of
from experiments.sweep.session import Options, sweep

if TYPE_CHECKING:
    from experiments.sweep.design import Design
    from experiments.sweep.driver import Tally
    from experiments.sweep.engines import Engine

RUNS = "runs"
# Experiment seeds of the purposes: what is looked for on one set of seeds is confirmed on another. Of those below 11
# outcomes had been seen when the claims were locked for the first time, so none of them is used again.
SEEDS = {"main": 11, "cell": 11, "audit": 11, "multiverse": 11, "region": 12, "search": 13, "confirm": 14, "pilot": 15}


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
    """

    folder: Path
    engine: Engine
    options: Options
    watch: Callable[[Task], None] = lambda _: None
    stores: dict[str, int] = field(default_factory=dict)
    finished: int = 0

    def samples(self, claim: Claim, spots: Sequence[Spot], seeds: int, purpose: str) -> list[Sample]:
        """Run every arm of a claim at every place for so many seeds, unless it was done; return what came of it.

        Raises:
            FlywheelError: the sweep was stopped, or could not be carried out.
        """
        words = f"{claim.id} {purpose}: {seeds} seeds of {len(spots) * len(claim.arms)} worlds"
        design = design_of(claim, spots, seeds, SEEDS[purpose.partition("-")[0]])
        return samples_of(claim, spots, self.carry_out(design, store_name(claim.id, purpose), words))

    def carry_out(self, design: Design, name: str, words: str) -> Path:
        """Run what a design asks for into a store, unless it was done; return the store.

        Raises:
            FlywheelError: the sweep was stopped, or could not be carried out.
        """

        def told(tally: Tally) -> None:
            self.watch(Task(words, self.finished + tally.done + tally.failed))

        self.watch(Task(words, self.finished))
        folder = self.folder / RUNS / name
        counts = sweep(design, folder, self.options, yes=True, engine=self.engine, watch=told, revise=True)
        self.finished += counts.total - self.stores.get(name, 0)
        self.stores[name] = counts.total
        return folder

    def seconds(self, claim: Claim, purpose: str) -> float:
        """Return the mean seconds of a run in a claim's store; not a number if none is done."""
        from experiments.sweep.ledger import Ledger

        with Ledger.read(self.folder / RUNS / store_name(claim.id, purpose)) as ledger:
            (mean,) = ledger.connection.execute("SELECT avg(seconds) FROM runs WHERE status = 'done'").fetchone()
        return float("nan") if mean is None else float(mean)


def store_name(claim: str, purpose: str) -> str:
    """Return the name of a claim's store."""
    return f"{claim}-{purpose}"


@contextmanager
def laboratory(folder: Path, options: Options, watch: Callable[[Task], None] = lambda _: None) -> Iterator[Laboratory]:
    """Open a laboratory: its engine lives as long."""
    from experiments.sweep.engines import open_engine

    with open_engine(options.engine, options.workers, options.scheduler, options.limit) as engine:
        yield Laboratory(folder, engine, options, watch)


def timed(claim: Claim, arms: int = 2) -> Any:
    """Return the seconds of a few runs of a claim's arms, done here and now."""
    import json

    from experiments.sweep.plan import seed_of
    from experiments.sweep.tasks import Context, Job, do

    base = claim.config.parameters.model_dump_json()
    context = Context(base, claim.config.edges, claim.kept, ())
    chosen = list(claim.arms.values())[:arms]
    jobs = [Job(n, json.dumps(changes), seed_of(SEEDS["pilot"], n)) for n, changes in enumerate(chosen)]
    done = [do(context, [job]) for job in jobs]
    return [float(well.seconds.sum()) + sum(each.seconds for each in failures) for well, failures in done]
