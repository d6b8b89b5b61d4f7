"""What holds for every test: a run under ``nohup`` must not make the commands that it starts deaf to a hang-up."""

from __future__ import annotations

import signal

signal.signal(signal.SIGHUP, signal.SIG_DFL)
