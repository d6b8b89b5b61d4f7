"""How fast the page is: from a slider's move to both bands, both worlds anew, and from the command to a ready page.

    python -m benchmarks.page

The default world, 100 paired seeds of 60 months, all cores; a minute or two. A move changes one world, so the page runs
that one only; "both worlds anew" times the runs, bands and differences of two worlds that were never run, without a
browser. Beside each time stands the work that the processors did for it: where others use the machine, times grow, and
work hardly does. The moves need Debian's chromium and chromium-driver, and selenium; else they are not measured.
"""

from __future__ import annotations

import os
import shutil
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
from typing import Any, NamedTuple

from benchmarks.harness import Part, Spread, Target, run_alone
from experiments.page.runs import Runs, compute
from experiments.page.state import Side, View

ROOT = Path(__file__).parents[1]
MOST = 60.0  # seconds that anything is waited for
_TICK = os.sysconf("SC_CLK_TCK")


class Spent(NamedTuple):
    """What one round took: seconds by the clock, and seconds of all processors."""

    time: float
    work: float


def measure(long: bool = False) -> Part:
    """Measure all three."""
    rounds = 21 if long else 5
    anew = [_anew(n) for n in range(rounds + 1)][1:]  # the first one loads all
    with _served():  # compiles what is not compiled, and fills the system's cache of files
        pass
    ready = []
    for _ in range(3):
        with _served() as (_, _, spent):
            ready.append(spent)
    chromium, driver = shutil.which("chromium"), shutil.which("chromedriver")
    moved = _moves(chromium, driver, rounds) if chromium and driver and find_spec("selenium") else []
    targets = [
        _target("slider to both bands, seconds", 1.0, moved),
        _target("both worlds anew, seconds", 1.0, anew),
        _target("start to ready, seconds", 3.0, ready),
    ]
    return Part("page", [], targets, {"load": os.getloadavg()[0], "moved": moved, "anew": anew, "ready": ready})


def _target(what: str, bound: float, spent: list[Spent]) -> Target:
    if not spent:
        return Target(what, bound, None, note="no browser")
    work = Spread.of([each.work for each in spent]).median
    note = f"{work:.2f} s of processors, load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores"
    return Target(what, bound, Spread.of([each.time for each in spent]), note=note)


def _anew(n: int) -> Spent:
    """Return what it takes from a change of both worlds to their bands."""
    a, b = ({"flywheel.elasticity": start + 0.01 * n} for start in (0.1, 0.3))
    begun, worked = time.perf_counter(), time.process_time()
    compute(View(Side(changes=a), Side(changes=b)), Runs())
    return Spent(time.perf_counter() - begun, time.process_time() - worked)


@contextmanager
def _served() -> Iterator[tuple[str, int, Spent]]:
    """Serve the page, and give its address, the process, and what it took until it answered."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    where, begun = f"http://127.0.0.1:{port}/", time.perf_counter()
    command = [sys.executable, "-m", "experiments", "page", "--port", str(port)]
    with tempfile.TemporaryFile() as said:
        server = subprocess.Popen(command, cwd=ROOT, stdout=said, stderr=said)
        try:
            _until(lambda: _answers(where, server))
            yield where, server.pid, Spent(time.perf_counter() - begun, _worked(server.pid))
        finally:
            server.kill()  # it holds nothing that must be kept
            server.wait()


def _answers(where: str, server: subprocess.Popen[bytes]) -> bool:
    if server.poll() is not None:
        raise SystemExit("the page has ended before it answered")
    try:
        with urllib.request.urlopen(where, timeout=MOST) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def _worked(process: int) -> float:
    """Return the seconds of processors that a process has used."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICK


def _until(there: Callable[[], Any], pause: float = 0.02) -> Any:
    end = time.monotonic() + MOST
    while time.monotonic() < end:
        if value := there():
            return value
        time.sleep(pause)
    raise SystemExit(f"waited {MOST:g} s in vain")


def _moves(chromium: str, driver: str, rounds: int) -> list[Spent]:
    """Return what it takes from a key on a slider to new bands in a browser; the first one is left out."""
    from selenium import webdriver
    from selenium.webdriver.common.by import By
    from selenium.webdriver.common.keys import Keys

    os.environ.update(SE_OFFLINE="true", SE_AVOID_STATS="true")
    options = webdriver.ChromeOptions()
    options.binary_location = chromium
    for argument in ("--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"):
        options.add_argument(argument)
    spent = []
    with _served() as (where, process, _), webdriver.Chrome(options, webdriver.ChromeService(driver)) as browser:

        def drawn() -> str:
            state = browser.find_elements(By.CSS_SELECTOR, "#state[data-drawn]")
            return str(state[0].get_attribute("data-drawn")) if state else ""

        browser.set_window_size(1400, 1200)
        browser.get(where)
        _until(drawn)
        slider = _until(lambda: browser.find_elements(By.CSS_SELECTOR, "[data-key='b.flywheel.elasticity'] [tabindex]"))
        for _ in range(rounds + 1):
            time.sleep(1.0)  # until the one seed is drawn as well
            before, begun, worked = drawn(), time.perf_counter(), _worked(process)
            slider[0].send_keys(Keys.ARROW_LEFT)
            while drawn() == before:
                time.sleep(0.02)
            spent.append(Spent(time.perf_counter() - begun, _worked(process) - worked))
    return spent[1:]


if __name__ == "__main__":
    run_alone(measure, __doc__)
