"""The page's view is in its address, whole, and reproduces by config and command."""

import shlex
import tomllib

import pytest

from experiments.config import load
from experiments.errors import UsageError
from experiments.page.state import (
    PRESETS,
    Side,
    View,
    from_address,
    preset_of,
    to_address,
    to_command,
    to_config,
    with_preset,
)
from experiments.page.worlds import base_of, changes_of, shipped_worlds
from sim.parameters import Parameters

CUT = {"lever": "supply_cut", "start": 13, "end": 36, "level": 1.0}
OWN = {
    "architecture.slots": ["base & co", "é"], "architecture.systems": [], "architecture.coupling": 1,
    "demand.inherited": ["é"], "diffusion.network": "ring", "policy.schedule": [CUT],
}  # fmt: skip
CHANGED = View(
    Side("plausible-17", {"flywheel.elasticity": 0.25, "reuse.enabled": False}), Side("embargo", OWN),
    "users", 40, 2**53 + 1, 12, "zh",
)  # fmt: skip
VIEWS = [View(), CHANGED, *(with_preset(View(language="zh"), name) for name in PRESETS)]


@pytest.mark.parametrize("view", VIEWS)
def test_address_holds_the_whole_view(view):
    assert from_address(to_address(view)) == view
    *command, query = shlex.split(to_command(view))
    assert command == ["flywheel", "page", "--view"]
    assert from_address(query) == view


@pytest.mark.parametrize("source", [*shipped_worlds(), "plausible-0"])
def test_saved_config_is_the_world(source, tmp_path):
    side = Side(source, {"flywheel.elasticity": 0.25})
    path = tmp_path / "world-a.toml"
    path.write_text(to_config(side), encoding="utf-8")
    assert load(path).parameters == side.parameters()
    assert tomllib.loads(path.read_text(encoding="utf-8"))["flywheel"]["elasticity"] == 0.25


def test_own_config_is_in_the_address_as_what_it_changes(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text("[reuse]\nlines = 1\n[[policy.schedule]]\nlever = 'supply_cut'\nstart = 13\n", encoding="utf-8")
    side = Side("baseline", changes_of(path))
    assert from_address(to_address(View(b=side))).b.parameters() == load(path).parameters


def test_value_of_the_start_is_no_change():
    side = Side().with_value("reuse.lines", 3)
    assert side.changes == {"reuse.lines": 3}
    assert side.with_value("reuse.lines", base_of("baseline").reuse.lines) == Side()
    assert Side().parameters() == Parameters()


def test_presets_are_recognised_by_what_they_show():
    for name in PRESETS:
        assert preset_of(with_preset(View(seeds=7), name)) == name
    assert preset_of(View()) == ""


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("a=nowhere", "no world is named 'nowhere'"),
        ("a=plausible-256", "no world is named 'plausible-256'"),
        ("b.flywheel.elasticity=9", "b: flywheel.elasticity: must be a number from 0 to 2, not 9"),
        ("a.reuse.lines=two", "a: reuse.lines: must be a whole number from 1 to 8 (lines), not \"two\""),
        ("a.reuse.line=2", "did you mean 'reuse.lines'?"),
        ("a.shock.slot=nothing", "shock.slot"),
        ("a.diffusion.network=edges", "reads no edge list"),
        ("outcome=profit", "outcome: must be one of unit_cost"),
        ("seeds=1", "seeds: must be a whole number from 2 to 1000, not '1'"),
        ("seed=٣", "seed: must be a whole number"),
        ("lang=fr", "lang: must be one of en, zh, not 'fr'"),
        ("colour=red", "'colour' is not known"),
        ("a.reuse.lines=" + "[" * 5000, "reuse.lines: must be"),
    ],
)  # fmt: skip
def test_faulty_address_is_told_in_a_line(query, said):
    with pytest.raises(UsageError) as error:
        from_address(query)
    assert len(error.value.lines) == 1
    assert said in error.value.lines[0]
    assert "\n" not in error.value.lines[0]
