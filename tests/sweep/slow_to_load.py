"""A task whose module takes its time to load in a worker."""

from __future__ import annotations

import multiprocessing
import time

from tests.sweep.jobs import quick as quick

if multiprocessing.parent_process() is not None:
    time.sleep(3.0)  # longer than a time limit and the grace after it
