"""The task of a sweep: the compiled core itself, loaded and compiled with this file so that no run's time counts that.

The tables are taken as the core leaves them, without Mesa's face of the model and without a log of events.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from experiments.sweep.tasks import Observed
from sim.founding import advance_tables, found_tables
from sim.parameters import Parameters


def observe(parameters: Parameters, seed: int, edges: NDArray[np.int64] | None) -> Observed:
    """Run the model to its end in one compiled call and return every column over its months."""
    record = advance_tables(found_tables(parameters, seed, edges, keeps_events=False), parameters.run.months).record
    return {name: record[name].tolist() for name in record.dtype.names}


observe(Parameters().replace({"run.months": 1, "diffusion.adopters": 9, "diffusion.seeds": 1.0}), 0, None)
