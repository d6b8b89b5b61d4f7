"""The runs of a fit with nothing around them: the least that one thread can do to have them made.

    python -m benchmarks.sides.blocks RUNS

The points are those of the fit's table, each with a seed of its own; points that share their setting are one compiled
call. Nothing is read off a run, kept, resumed or told.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from experiments.fit.config import default_fit, read_fit
from experiments.fit.table import table_design
from experiments.sweep.design import Design
from experiments.sweep.sampling import chunks
from sim.block import DONE, Block
from sim.founding import is_alone, network_of
from sim.parameters import Parameters


class Setting(NamedTuple):
    """Points that share all but some numbers: what they share, which rows of the design they are, and the numbers."""

    parameters: Parameters
    rows: NDArray[np.int64]
    numbers: dict[str, NDArray[Any]]


def settings(design: Design) -> Iterator[Setting]:
    """Yield the points of a design, a setting at a time."""
    texts: list[list[str]] = [[] for _ in design.factors]
    for chunk in chunks(design):
        for known, more in zip(texts, chunk.texts, strict=True):
            known += more
    points = {
        factor.key: np.array(json.loads(f"[{','.join(each)}]"))
        for factor, each in zip(design.factors, texts, strict=True)
    }
    shared = [key for key in points if not is_alone(key)]
    each = [*zip(*(points.pop(key).tolist() for key in shared), strict=True)] or [()] * len(texts[0])
    rows: dict[tuple[Any, ...], list[int]] = {}
    for row, values in enumerate(each):
        rows.setdefault(values, []).append(row)
    for values, of_setting in rows.items():
        chosen = np.array(of_setting)
        parameters = design.config.parameters.replace(dict(zip(shared, values, strict=True)))
        yield Setting(parameters, chosen, {key: numbers[chosen] for key, numbers in points.items()})


def make_runs(design: Design) -> int:
    """Make the runs of a design in one compiled call a setting, and return how many are done."""
    done = 0
    for parameters, rows, numbers in settings(design):
        block = Block(parameters, rows.tolist(), network_of(parameters, None), numbers)
        block.go_on()
        done += np.count_nonzero(block.kept.state == DONE)
    return done


def main() -> None:
    """Make the first runs of the project's own fit."""
    print(make_runs(table_design(read_fit(default_fit()), int(sys.argv[1]))))


if __name__ == "__main__":
    main()
