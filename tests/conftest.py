"""What holds for every test: a run in the background or under ``nohup`` must not make its commands deaf to signals."""

from __future__ import annotations

import signal

signal.signal(signal.SIGHUP, signal.SIG_DFL)
signal.signal(signal.SIGINT, signal.default_int_handler)
