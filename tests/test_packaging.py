"""The lock, the citation and the Makefile agree with pyproject.toml and name nobody's machine."""

import importlib
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parent.parent
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
BUILD_AND_RUN = PYPROJECT["build-system"]["requires"] + PYPROJECT["project"]["dependencies"]
NAMED = {"run": BUILD_AND_RUN} | {
    group: BUILD_AND_RUN + PYPROJECT["dependency-groups"][group] for group in ("dev", "docs")
}
PYTHONS = ("3.11", "3.12", "3.13")


def pins(lock: str, python: str) -> dict[str, str]:
    """Return name and version of what the lock installs on this Python on Linux."""
    text = (ROOT / f"requirements/{lock}.txt").read_text()
    here = {"python_version": python, "python_full_version": f"{python}.9", "sys_platform": "linux"}
    found = {}
    for line in re.findall(r"^(\S+==.*?) \\$", text, flags=re.MULTILINE):
        pin = Requirement(line)
        if pin.marker is None or pin.marker.evaluate(here):
            (version,) = pin.specifier
            assert pin.name not in found, f"{pin.name} is pinned twice on Python {python}"
            found[pin.name] = version.version
    return found


@pytest.mark.parametrize("python", PYTHONS)
@pytest.mark.parametrize("lock", NAMED)
def test_lock_holds_every_dependency_of_pyproject_in_its_range(lock, python):
    locked = pins(lock, python)
    for named in map(Requirement, NAMED[lock]):
        name = canonicalize_name(named.name)
        assert name in locked, f"{name} is not in requirements/{lock}.txt: make lock"
        assert named.specifier.contains(locked[name]), f"{name} is locked at {locked[name]}, outside {named}: make lock"


@pytest.mark.parametrize("named", PYPROJECT["project"]["dependencies"])
def test_what_is_installed_imports(named):
    """Not to be taken for granted: plain mesa 3.5 needs networkx and does not say so (projectmesa/mesa#3699)."""
    name = Requirement(named).name
    importlib.import_module(
        {"scikit-learn": "sklearn", "markdown-it-py": "markdown_it"}.get(name, name.replace("-", "_"))
    )


@pytest.mark.parametrize("python", PYTHONS)
def test_what_runs_is_what_is_tested(python):
    for lock in ("dev", "docs"):
        assert pins("run", python).items() <= pins(lock, python).items()


@pytest.mark.parametrize("lock", NAMED)
def test_every_line_of_a_lock_is_a_pin_or_a_hash(lock):
    """So it holds no index, no host and no path."""
    lines = (ROOT / f"requirements/{lock}.txt").read_text().splitlines()
    pin = re.compile(r"[a-z0-9-]+==[0-9][\w.]*( ; [^@/:]+)? \\")
    sha = re.compile(r"    --hash=sha256:[0-9a-f]{64}( \\)?")
    assert [line for line in lines if not (line.startswith("#") or pin.fullmatch(line) or sha.fullmatch(line))] == []
    assert [line for line in lines if line.startswith("#") and re.search(r"[/@:]\S|--", line)] == []


@pytest.mark.parametrize("file", ["Makefile", ".ci/run"])
def test_set_up_names_no_host_and_no_folder_of_one_machine(file):
    text = (ROOT / file).read_text().removeprefix("#!/usr/bin/env bash")
    assert re.findall(r"\w+://|--(?:extra-|default-)?index|--find-links|--trusted-host", text) == []
    assert re.findall(r"(?<![\w.$)}\"])/(?:home|root|opt|work|usr|tmp|Users)\b", text) == []


def test_citation_has_the_version_of_pyproject():
    version = re.search(r"^version: (\S+)$", (ROOT / "CITATION.cff").read_text(), flags=re.MULTILINE)
    assert version is not None
    assert version[1] == PYPROJECT["project"]["version"]


def test_documents_justify_every_dependency():
    rows = re.findall(r"^\| ([\w-]+) \|", (ROOT / "docs/dependencies.md").read_text(), flags=re.MULTILINE)
    assert {canonicalize_name(Requirement(named).name) for named in NAMED["dev"] + NAMED["docs"]} <= set(rows)


@pytest.mark.parametrize("form", ["{}.py", "{}/__init__.py"])
@pytest.mark.parametrize("name", ["sim", "experiments"])
def test_a_stranger_in_the_place_of_a_package_is_named(tmp_path, name, form):
    stranger = tmp_path / form.format(name)
    stranger.parent.mkdir(exist_ok=True)
    stranger.write_text("1 / 0")
    done = subprocess.run(
        [sys.executable, "-m", "innovation_flywheel", "--version"], capture_output=True, text=True, cwd=ROOT.parent,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(tmp_path), str(ROOT)])}, timeout=60, check=False,
    )  # fmt: skip
    found = tmp_path / name if stranger.name == "__init__.py" else stranger
    assert done.stderr == (
        f"flywheel: cannot start: Python finds {found} in the place of its package '{name}'; rename that, or keep it "
        "off Python's path\n"
    )
    assert done.returncode == 2


def test_the_command_goes_through_the_door():
    """Under a name that no reader's own file has."""
    door = importlib.import_module("innovation_flywheel")
    assert PYPROJECT["project"]["scripts"] == {"flywheel": "innovation_flywheel:main"}
    assert Path(door.__file__).read_bytes() == (ROOT / "experiments/door.py").read_bytes(), "install anew: make setup"


@pytest.mark.parametrize("package", ["sim", "experiments"])
def test_a_package_offers_what_it_lists_and_loads_it_late(package: str) -> None:
    module = importlib.import_module(package)
    assert all(callable(getattr(module, name)) for name in module.__all__)
    with pytest.raises(AttributeError, match="nothing"):
        _ = module.nothing
    program = f"import sys, {package}\nprint(*sorted({{'mesa', 'numba', 'numpy', 'pandas'}} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout == "\n"
