"""The page in a real browser: Debian's chromium by selenium, without network."""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

pytest.importorskip("nicegui", reason="the extra [page] is not installed")
pytest.importorskip("selenium", reason="selenium is not installed")
CHROMIUM, DRIVER = shutil.which("chromium"), shutil.which("chromedriver")
if not CHROMIUM or not DRIVER:
    pytest.skip("needs a browser: apt-get install chromium chromium-driver", allow_module_level=True)

from selenium import webdriver  # noqa: E402
from selenium.webdriver.common.by import By  # noqa: E402
from selenium.webdriver.common.keys import Keys  # noqa: E402

from experiments.page.state import PRESETS, from_address  # noqa: E402
from experiments.page.words import axis_of, word  # noqa: E402

ROOT = Path(__file__).parents[2]
PATIENCE = 120.0  # seconds, on a machine that has much else to do
SMALL = "seeds=10&a.run.months=15&b.run.months=15&a.diffusion.adopters=80&b.diffusion.adopters=80"


def until(found, what: str):
    """Return what is found as soon as it is there."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        if value := found():
            return value
        time.sleep(0.05)
    raise AssertionError(f"waited {PATIENCE:g} s in vain for {what}")


@pytest.fixture(scope="module")
def address(compiled, tmp_path_factory):  # noqa: ARG001
    """Where the page is served."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    where = f"http://127.0.0.1:{port}/"
    log = tmp_path_factory.mktemp("page") / "log"
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST", "NICEGUI"))}
    with log.open("w") as out:
        server = subprocess.Popen(
            [sys.executable, "-m", "experiments", "page", "--port", str(port), "--view", SMALL],
            cwd=ROOT, stdout=out, stderr=out, env=environment,
        )  # fmt: skip

    def answers() -> bool:
        assert server.poll() is None, log.read_text()
        try:
            return urllib.request.urlopen(where, timeout=PATIENCE).status == 200
        except OSError:
            return False

    try:
        until(answers, "the server")
        yield where
    finally:
        server.send_signal(signal.SIGINT)
        try:
            server.wait(PATIENCE)
        finally:
            server.kill()
            server.wait()
    said = log.read_text()
    assert "Traceback" not in said, said
    assert said.startswith("The page is at http://127.0.0.1"), said


@pytest.fixture(scope="module")
def driver(tmp_path_factory):
    os.environ.update(SE_OFFLINE="true", SE_AVOID_STATS="true")
    options = webdriver.ChromeOptions()
    options.binary_location = CHROMIUM
    profile = tmp_path_factory.mktemp("profile")
    arguments = [
        "--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu", f"--user-data-dir={profile}",
        "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
    ]  # fmt: skip
    for argument in arguments:
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    opened = webdriver.Chrome(options, webdriver.ChromeService(DRIVER))
    yield opened
    opened.quit()


class Tab:
    """A page in the browser."""

    def __init__(self, driver, address: str, query: str = SMALL, size=(1500, 2600)) -> None:
        self.driver = driver
        driver.set_window_size(*size)
        driver.get(f"{address}?{query}")
        self.drawn(0)

    def one(self, selector: str):
        return until(lambda: self.driver.find_elements(By.CSS_SELECTOR, selector), selector)[0]

    def drawn(self, after: int) -> int:
        """Return the number of the newest drawing of bands, once one after that number is there."""

        def newest() -> int:
            state = self.driver.find_elements(By.CSS_SELECTOR, "#state[data-drawn]")
            number = int(state[0].get_attribute("data-drawn")) if state else 0
            return number if number > after else 0

        return until(newest, "the bands")

    def press(self, text: str) -> None:
        button = self.driver.find_element(By.XPATH, f"//button[.//span[normalize-space()='{text}']]")
        self.driver.execute_script("arguments[0].scrollIntoView({block: 'center'})", button)
        button.click()

    def finding(self) -> str:
        return self.one("#finding").text

    def bands(self) -> list[list[float | None]]:
        """Return what the first chart draws."""
        script = """
            const chart = [...document.querySelectorAll('.nicegui-echart')][0];
            return getElement(Number(chart.id.slice(1))).chart.getOption().series.map(s => s.data);
        """
        return self.driver.execute_script(script)

    def view(self):
        return from_address(self.driver.current_url.partition("?")[2])


@pytest.fixture
def tab(driver, address):
    driver.get_log("browser")
    driver.get_log("performance")
    yield Tab(driver, address)
    faults = [entry for entry in driver.get_log("browser") if entry["level"] in ("SEVERE", "WARNING")]
    assert not faults, faults
    asked = "".join(
        entry["message"] for entry in driver.get_log("performance") if "requestWillBeSent" in entry["message"]
    )
    assert '"url":"https:' not in asked
    assert asked.count('"url":"http:') == asked.count(f'"url":"{address}')


def test_sliders_change_curves_and_the_address(tab):
    before, number = tab.bands(), tab.drawn(0)
    slider = tab.one("[data-key='b.firm.openness'] [tabindex]")
    until(lambda: slider.get_attribute("role") == "slider", "what the slider says")
    assert slider.get_attribute("aria-label") == word("parameter.firm.openness", "en")
    slider.send_keys(Keys.PAGE_DOWN)
    tab.drawn(number)
    after = tab.bands()
    assert after[:3] == before[:3], "world A stays as it is"
    assert after[3:] != before[3:]
    until(lambda: slider.get_attribute("aria-valuetext") == "0.9", "what the slider says")
    assert tab.view().b.changes["firm.openness"] == 0.9
    text = tab.finding()
    again = Tab(tab.driver, tab.driver.current_url.partition("?")[0], tab.driver.current_url.partition("?")[2])
    assert again.finding() == text
    assert again.bands() == after


def test_presets_load_and_say_what_they_show(tab):
    number = tab.drawn(0)
    findings = set()
    for name, preset in PRESETS.items():
        tab.press(word(f"preset.{name}", "en"))
        number = tab.drawn(number)
        assert tab.view().a.changes == preset.lacks
        assert tab.view().outcome == preset.outcome
        assert tab.one("[aria-label='Outcome'] .q-select").text.splitlines()[1] == axis_of(preset.outcome, "en")
        assert word(f"preset.{name}.text", "en") in tab.one("body").text
        findings.add(tab.finding())
    assert len(findings) == len(PRESETS)


def test_both_languages_and_phone_width(tab, address, tmp_path):
    tab.press("中文")
    until(lambda: word("world_a", "zh") in tab.one("body").text, "Chinese")
    tab.drawn(0)
    assert tab.view().language == "zh"
    assert tab.driver.execute_script("return document.documentElement.lang") == "zh-CN"
    shown = re.sub("English|chevron_\\w+|keyboard_\\w+|arrow_\\w+", "", tab.one("body").text)
    assert not re.findall(r"[A-Za-z]{2,}", shown)
    labels = "return [...document.querySelectorAll('[aria-label]')].map(e => e.getAttribute('aria-label')).join('|')"
    assert not re.findall(r"[A-Za-z]{2,}", tab.driver.execute_script(labels))
    for language in ("en", "zh"):
        phone = Tab(tab.driver, address, f"{SMALL}&lang={language}", (390, 2600))
        wide = "return document.documentElement.scrollWidth - document.documentElement.clientWidth"
        assert phone.driver.execute_script(wide) == 0
        keep = Path(os.environ.get("FLYWHEEL_SCREENSHOTS", tmp_path))
        phone.driver.save_screenshot(str(keep / f"phone-{language}.png"))
        phone.driver.set_window_size(1500, 2600)
        phone.driver.save_screenshot(str(keep / f"wide-{language}.png"))


def test_a_slider_and_what_it_changes_are_in_sight_together(tab, address, tmp_path):
    keep = Path(os.environ.get("FLYWHEEL_SCREENSHOTS", tmp_path))
    script = """
        const inside = e => {
            const r = e.getBoundingClientRect(), met = document.elementFromPoint(r.x + r.width / 2, r.y + r.height / 2);
            return r.height > 0 && r.top >= 0 && r.bottom <= innerHeight && e.contains(met);
        };
        const sliders = [...document.querySelectorAll('[data-key^="b."]')];
        return [sliders[0], sliders.at(-1)].map(slider => { slider.scrollIntoView({block: 'center'});
            return [slider, document.querySelector('#finding'), document.querySelector('.nicegui-echart')].map(inside);
        });
    """
    for language, size in (("en", (1366, 768)), ("zh", (1920, 1080)), ("en", (390, 844)), ("zh", (390, 844))):
        Tab(tab.driver, address, f"{SMALL}&lang={language}", (size[0], size[1]))
        tab.driver.save_screenshot(str(keep / f"top-{size[0]}-{language}.png"))
        assert tab.driver.execute_script(script) == [[True] * 3] * 2, (language, size)
        tab.driver.save_screenshot(str(keep / f"slider-{size[0]}-{language}.png"))


def test_months_are_stepped_by_keyboard_and_button(tab):
    slider = tab.one("[data-key='month'][aria-valuenow='15'] [tabindex]")
    slider.send_keys(Keys.ARROW_LEFT)
    until(lambda: tab.view().month == 14, "month 14")
    tab.driver.find_element(By.CSS_SELECTOR, f"[aria-label='{word('previous', 'en')}']").click()
    until(lambda: tab.view().month == 13, "month 13")
    assert "month 13" in tab.one("body").text


def test_everything_has_a_name_for_a_screen_reader(tab):
    script = """
        const named = e => e.getAttribute('aria-label') || e.getAttribute('aria-labelledby') || e.innerText.trim()
            || e.closest('label')?.innerText.trim();
        return [...document.querySelectorAll('button, input, [role=slider], [role=switch], [role=combobox]')]
            .filter(e => e.offsetParent && !named(e)).map(e => e.outerHTML.slice(0, 200));
    """
    assert tab.driver.execute_script(script) == []
    charts = "return [...document.querySelectorAll('.nicegui-echart')].map(e => e.getAttribute('aria-label') || '')"
    until(lambda: len(said := tab.driver.execute_script(charts)) == 6 and all(said), "what six charts show")


def test_faulty_address_is_told_on_the_page(driver, address):
    driver.get(f"{address}?a.reuse.lines=99")
    until(lambda: "reuse.lines: must be a whole number from 1 to 8" in driver.page_source, "the fault")
