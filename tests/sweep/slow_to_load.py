"""A task whose module takes its time to load, in workers and in the driver."""

from __future__ import annotations

import time

from tests.sweep.jobs import quick as quick

time.sleep(6.0)  # longer than a time limit and the grace after it
