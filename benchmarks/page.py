"""How fast the page is: from a slider's move to both bands, both worlds anew, and from the command to a ready page.

    python -m benchmarks.page

The default world, 100 paired seeds of 60 months, all cores. A move changes one world, so the page runs that one only;
"both worlds anew" times the runs, bands and differences of two worlds that were never run, without a browser. The
moves need Debian's chromium and chromium-driver, and selenium; without them they are not measured.
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from benchmarks.harness import Part, Spread, Target, run_alone
from experiments.page.bands import Runs
from experiments.page.results import compute
from experiments.page.state import Side, View

ROOT = Path(__file__).parents[1]
MOST = 120.0  # seconds


def measure(long: bool = False) -> Part:
    """Measure all three, each at least five times."""
    rounds = 21 if long else 7
    anew = _anew(rounds)
    ready = [_start() for _ in range(5)]
    chromium, driver = shutil.which("chromium"), shutil.which("chromedriver")
    moved = None
    if chromium and driver and find_spec("selenium"):
        moved = _moves(chromium, driver, rounds)
    targets = [
        Target("slider to both bands, seconds", 1.0, moved and Spread.of(moved), note="" if moved else "no browser"),
        Target("both worlds anew, seconds", 1.0, Spread.of(anew)),
        Target("start to ready, seconds", 3.0, Spread.of(ready)),
    ]
    return Part("page", [], targets, {"moved": moved, "anew": anew, "ready": ready})


def _anew(rounds: int) -> list[float]:
    """Return the seconds from a change of both worlds to their bands; the first round, which loads all, is left out."""
    spent = []
    for n in range(rounds + 1):
        a, b = ({"flywheel.elasticity": start + 0.01 * n} for start in (0.1, 0.3))
        begun = time.perf_counter()
        compute(View(Side(changes=a), Side(changes=b)), Runs())
        spent.append(time.perf_counter() - begun)
    return spent[1:]


@contextmanager
def _served() -> Iterator[tuple[str, float]]:
    """Serve the page, and give its address and how long it took to answer."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    where, begun = f"http://127.0.0.1:{port}/", time.perf_counter()
    command = [sys.executable, "-m", "experiments", "page", "--port", str(port)]
    with tempfile.TemporaryFile() as said:
        server = subprocess.Popen(command, cwd=ROOT, stdout=said, stderr=said)
        try:
            _until(lambda: _answers(where, server))
            yield where, time.perf_counter() - begun
        finally:
            server.send_signal(signal.SIGINT)
            server.wait(MOST)


def _answers(where: str, server: subprocess.Popen[bytes]) -> bool:
    if server.poll() is not None:
        raise SystemExit("the page has ended before it answered")
    try:
        with urllib.request.urlopen(where, timeout=MOST) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def _start() -> float:
    with _served() as (_, seconds):
        return seconds


def _until(there: Callable[[], Any], pause: float = 0.01) -> Any:
    end = time.monotonic() + MOST
    while time.monotonic() < end:
        if value := there():
            return value
        time.sleep(pause)
    raise SystemExit(f"waited {MOST:g} s in vain")


def _moves(chromium: str, driver: str, rounds: int) -> list[float]:
    """Return the seconds from a key on a slider to new bands, in a browser; the first one is left out."""
    from selenium import webdriver
    from selenium.webdriver.common.by import By
    from selenium.webdriver.common.keys import Keys

    os.environ.update(SE_OFFLINE="true", SE_AVOID_STATS="true")
    options = webdriver.ChromeOptions()
    options.binary_location = chromium
    for argument in ("--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"):
        options.add_argument(argument)
    spent = []
    with _served() as (where, _), webdriver.Chrome(options, webdriver.ChromeService(driver)) as browser:

        def drawn() -> str:
            state = browser.find_elements(By.CSS_SELECTOR, "#state[data-drawn]")
            return str(state[0].get_attribute("data-drawn")) if state else ""

        browser.set_window_size(1400, 1200)
        browser.get(where)
        _until(drawn)
        (slider,) = browser.find_elements(By.CSS_SELECTOR, "[data-key='b.flywheel.elasticity'] [tabindex]")
        for _ in range(rounds + 1):
            time.sleep(1.0)  # until the one seed is drawn as well
            before, begun = drawn(), time.perf_counter()
            slider.send_keys(Keys.ARROW_LEFT)
            _until(lambda before=before: drawn() != before)
            spent.append(time.perf_counter() - begun)
    return spent[1:]


if __name__ == "__main__":
    run_alone(measure, __doc__)
