"""What holds for every test.

A run in the background or under ``nohup`` must not make its commands deaf to signals, and all processes share one cache
of compiled code, so that the core is compiled once.
"""

from __future__ import annotations

import os
import signal
import tempfile
from pathlib import Path

import pytest

os.environ.setdefault("NUMBA_CACHE_DIR", str(Path(tempfile.gettempdir(), f"flywheel-tests-{os.getuid()}")))
signal.signal(signal.SIGHUP, signal.SIG_DFL)
signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def compiled() -> None:
    """The core, compiled into the cache that all processes share: then no command says that it compiles."""
    from sim.model import InnovationModel
    from sim.parameters import Parameters

    InnovationModel(
        Parameters().replace({"run.months": 1, "diffusion.adopters": 9, "diffusion.seeds": 1.0})
    ).run_model()
