"""Inputs that would fill the memory or never end: refused early, in a line that names them."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from experiments.claims.claim import read_claim
from experiments.claims.robustness.multiverse import read_specifications
from experiments.config import load
from experiments.errors import FlywheelError, UsageError
from experiments.reading import MOST_TOML
from experiments.sweep.design import read_design

DESIGN = """
base = "base.toml"
[design]
kind = "{kind}"
{size}
[[factor]]
key = "flywheel.elasticity"
{factor}
"""
NAMES = ["device", "pipe", "socket", "folder", "huge.toml"]


@contextmanager
def _refused(*words: str) -> Iterator[None]:
    """Expect a refusal, soon, in few lines of a length that one reads, with these words in the first."""
    began = time.process_time()
    with pytest.raises(UsageError) as caught:
        yield
    assert time.process_time() - began < 5
    assert len(caught.value.lines) <= 21
    assert all(len(line) < 2100 for line in caught.value.lines)
    for word in words:
        assert word in caught.value.lines[0]


@pytest.fixture
def odd(tmp_path: Path) -> Iterator[Path]:
    """A folder with what is no ordinary file, and an empty base."""
    (tmp_path / "base.toml").write_text("")
    (tmp_path / "device").symlink_to("/dev/zero")
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "pipe")
    with (tmp_path / "huge.toml").open("wb") as file:
        file.truncate(20 << 30)  # takes no room on disk
    with socket.socket(socket.AF_UNIX) as there:
        there.bind(str(Path(os.path.relpath(tmp_path / "socket"))))
        yield tmp_path


@pytest.mark.parametrize("name", NAMES)
def test_only_ordinary_files_of_a_sensible_size_are_read(odd: Path, name: str) -> None:
    with _refused(name):
        load(odd / name)
    (odd / "child.toml").write_text(f'extends = "{name}"')
    with _refused("child.toml: extends: ", name):
        load(odd / "child.toml")
    (odd / "list.toml").write_text(f'base = "base.toml"\n[design]\nkind = "list"\nfile = "{name}"')
    with _refused("list.toml: design.file: ", name):
        read_design(odd / "list.toml")
    (odd / "edges.toml").write_text(f'[diffusion]\nnetwork = "edges"\nedges = "{name}"')
    with _refused("edges.toml: diffusion.edges: ", name):
        load(odd / "edges.toml")
    for read in (read_design, read_claim, read_specifications):
        with _refused(name):
            read(odd / name)


def test_a_chain_of_parents_ends(tmp_path: Path) -> None:
    for n in range(300):
        (tmp_path / f"{n}.toml").write_text(f'extends = "{n + 1}.toml"')
    with _refused("100.toml: extends: more than 100 configs extend one another"):
        load(tmp_path / "0.toml")


MANY = MOST_TOML // 12
LONG = "x" * (MOST_TOML - 1000)
CONFIGS = {
    "unknown keys": ("[run]\n" + "".join(f"k{n} = 1\n" for n in range(MANY)), "run.k0: no such key"),
    "unknown sections": ("".join(f"[s{n}]\n" for n in range(MANY)), "s0: no such section"),
    "tables of a list": ("[[x]]\n" * MANY, "x: no such key"),
    "faulty entries": (f"[policy]\nschedule = [{'{},' * 9999}]", "policy.schedule"),
    "nested lists": (f"x = {'[' * 99_999}{']' * 99_999}", "nested too deeply"),
    "nested tables": (f"x = {'{a=' * 99_999}1{'}' * 99_999}", "nested too deeply"),
    "nested less": (f"[run]\nmonths = {'[' * 300}{']' * 300}", "nested too deeply"),
    "a dotted key": ("a." * 99_999 + "b = 1", "nested too deeply"),
    "a quoted key": ('"a" . ' * 99_999 + "b = 1", "nested too deeply"),
    "a dotted header": ("[" + "a." * 99_999 + "b]", "nested too deeply"),
    "a dotted key within": ("x = {" + "a." * 99_999 + "b = 1}", "nested too deeply"),
    "a long key": (f"[run]\n{LONG} = 1", 'run."xxx'),
    "a long text": (f'[run]\nmonths = "{LONG}"', "run.months: must be a whole number"),
    "a long parent": (f'extends = "{LONG}"', "extends: "),
    "a long number": (f"[run]\nmonths = {'9' * len(LONG)}", "broken TOML"),
    "a long number in hex": (f"[run]\nmonths = 0x{'f' * len(LONG)}", "broken TOML"),
    "a large number": (f"[run]\nmonths = {'9' * 900}", "run.months: must be a whole number"),
    "names": ("[architecture]\nslots = [" + ",".join(f'"x{n}"' for n in range(MANY)) + "]", "architecture.slots"),
}


@pytest.mark.parametrize("name", CONFIGS)
def test_configs(tmp_path: Path, name: str) -> None:
    text, said = CONFIGS[name]
    (tmp_path / "x.toml").write_text(text)
    with _refused("x.toml", said):
        load(tmp_path / "x.toml")
    (tmp_path / "x.toml").write_text(text + "\n# " + "x" * MOST_TOML)
    with _refused("x.toml: cannot be read: it has 1,", f"bytes, and at most {MOST_TOML:,} are read"):
        load(tmp_path / "x.toml")


DESIGNS = {
    "levels": ("grid", "levels = 1_000_000_000", "range = [0, 1]", "design.levels: "),
    "levels of a factor": ("grid", "", "range = [0, 1]\nlevels = 1_000_000_000", "factor (entry 1).levels: "),
    "levels of Morris": ("morris", "trajectories = 4\nlevels = 1_000_000_000", "range = [0, 1]", "design.levels: "),
    "values": ("grid", "", f"values = [{','.join(map(str, range(MANY)))}]", "factor (entry 1).values: has 83,333 "),
    "points": ("latin-hypercube", "points = 1_000_000_000_000", "range = [0, 1]", "design.points: "),
    "points of Sobol": ("sobol", f"points = {1 << 40}", "range = [0, 1]", "design.points: "),
    "trajectories": ("morris", "trajectories = 1_000_000_000_000", "range = [0, 1]", "design.trajectories: "),
    "replicates": ("grid", "replicates = 1_000_000_000_000_000_000", "values = [0]", "design.replicates: "),
    "unknown keys": ("grid", "".join(f"k{n} = 1\n" for n in range(50_000)), "", "design.k0: no such key"),
    "a nested value": ("grid", "", f"values = [{'[' * 300}{']' * 300}]", "factor flywheel.elasticity: "),
    "factors": ("grid", "", "\n[[factor]]\nkey = 'x'" * 30_000, "factor x: appears twice"),
    "a long factor": ("grid", "", f"values = [0]\n[[factor]]\nkey = '{LONG}'", "no such parameter"),
    "outcomes": (
        "grid",
        "",
        "\n[outcomes]\nseries = [" + '"u",' * 50_000 + "]",
        "outcomes.series: no such outcome: 'u'",
    ),
    "a long outcome": ("grid", "", f"\n[outcomes]\nseries = ['{LONG}']", "outcomes.series: no such outcome: 'x"),
    "a long list": ("list", f"file = '{LONG}'", "", "design.file: "),
}


@pytest.mark.parametrize("name", DESIGNS)
def test_designs(tmp_path: Path, name: str) -> None:
    kind, size, factor, said = DESIGNS[name]
    (tmp_path / "base.toml").write_text("")
    text = DESIGN.format(kind=kind, size=size, factor=factor)
    if kind == "list":
        text = text.partition("[[factor]]")[0]
    (tmp_path / "x.toml").write_text(text)
    with _refused("x.toml", said):
        read_design(tmp_path / "x.toml")


def test_a_long_line_keeps_its_ends() -> None:
    (line,) = FlywheelError(f"a.toml: {'x' * 10**6}: no such file").lines
    assert len(line) < 2000
    assert line.startswith("a.toml: xxx")
    assert line.endswith("xxx: no such file")
