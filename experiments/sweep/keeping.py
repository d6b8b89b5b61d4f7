"""How what came of runs is made durable: their part first, then the ledger that names it."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from experiments.sweep.ledger import Ledger
from experiments.sweep.parts import write_part
from experiments.sweep.tasks import Context, Done, Outcomes


def keeper(ledger: Ledger, context: Context) -> Callable[[list[Done]], None]:
    """Return what keeps what came of runs of a context; what it was given is durable when it returns."""

    def keep(done: list[Done]) -> None:
        part = None
        if each := [one.outcomes for one in done if len(one.outcomes.number)]:
            together = each[0] if len(each) == 1 else Outcomes(*map(np.concatenate, zip(*each, strict=True)))
            part = write_part(ledger.folder, together, context)
        ledger.record(part, [failure for one in done for failure in one.failures])

    return keep
