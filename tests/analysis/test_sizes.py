"""Steps of factors with few values, points that coincide, too few units, outcomes of any size: from the store on."""

from __future__ import annotations

import csv
import dataclasses
import math
from pathlib import Path

import pytest

import experiments
from experiments.analysis.compute import Outcome
from experiments.analysis.figures import draw
from experiments.analysis.report import plain
from experiments.analysis.table import read_table
from experiments.analysis.words import headline, told, who_matters
from experiments.sweep.design import Stop
from experiments.sweep.ledger import Ledger
from experiments.sweep.pairing import half_width, pairings
from tests.analysis.jobs import HUGE, KNOWN, STEPPED, TINY, TOO_LARGE, TOO_SMALL
from tests.analysis.made import ELASTICITY, INTERVAL, OPENNESS, SWITCH, TOPOLOGY, analysed, estimates, outcome, store


@pytest.fixture(autouse=True)
def small_forests(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("experiments.analysis.importance._TREES", 4)


# Morris: every outcome rises by 10 over the range of its factor.

BY_OUTCOME = {
    "unit_cost": ("reuse.enabled", ""),
    "users": ("reuse.interval", "range = [1, 3]"),
    "capability": ("reuse.lines", "range = [1, 2]"),
    "cash": ("flywheel.elasticity", "range = [0.0, 0.8]"),
    "modules": ("flywheel.topology", 'values = ["links", "acyclic"]'),
    "trials": ("search.gamma", 'range = [0.5, 2.0]\nscale = "log"'),
    "kept": ("firm.openness", "values = [0.3, 0.0, 1.0]"),
}


@pytest.mark.parametrize("levels", [2, 4, 6, 8])
def test_elementary_effects_are_of_the_whole_range(tmp_path: Path, levels: int) -> None:
    factors = [f'[[factor]]\nkey = "{key}"\n{given}\n' for key, given in BY_OUTCOME.values()]
    size = f"trajectories = 6\nlevels = {levels}"
    found = analysed(store(tmp_path, "morris", size, *factors, final=list(BY_OUTCOME), replicates=2, task=STEPPED))
    for name, (key, _) in BY_OUTCOME.items():
        indices = outcome(found, f"final.{name}").indices
        for other in estimates(indices, "morris", "mu_star"):
            expected = 10.0 if other == key else 0.0
            for measure, value in (("mu_star", expected), ("mu", expected), ("sigma", 0.0), ("luck", 0.0)):
                assert estimates(indices, "morris", measure)[other].value == pytest.approx(value, abs=1e-8), name


def test_a_step_within_one_value_is_no_effect(tmp_path: Path) -> None:
    """A whole number on a log scale: one of three steps at four levels ends where it starts."""
    lines = '[[factor]]\nkey = "reuse.lines"\nrange = [1, 2]\nscale = "log"\n'
    found = analysed(store(tmp_path, "morris", "trajectories = 12", lines, SWITCH, final=("capability",), task=STEPPED))
    star = [each for each in found.outcomes[0].indices if each.measure == "mu_star"]
    assert star[0].estimate == pytest.approx((10.0, 10.0, 10.0))
    assert "of 12 trajectories" in star[0].note


# Coinciding points.


@pytest.mark.parametrize(
    ("kind", "size", "units"),
    [
        ("sobol", "points = 64", 64),
        ("sobol", "points = 64\nsecond_order = false", 64),
        ("morris", "trajectories = 20", 20),
        ("latin-hypercube", "points = 40", 40),
    ],
)
def test_units_that_share_their_points_all_count(tmp_path: Path, kind: str, size: str, units: int) -> None:
    reuse = '[[factor]]\nkey = "reuse.enabled"\n'
    made = store(tmp_path, kind, size, SWITCH, TOPOLOGY, reuse, final=("surplus", "modules"), replicates=4)
    table = read_table(experiments.load(made))
    assert (len(table.points), table.units.count, table.all_units) == (8, units, units)
    found = outcome(analysed(made), "final.modules")
    low, high = found.noise.seeds.low, found.noise.seeds.high
    assert low == high == pytest.approx(0.0, abs=1e-9)  # no luck in it
    luck = outcome(analysed(made), "final.surplus").noise
    for effect in found.effects:
        assert all(math.isfinite(each.low) for each in effect.means)
    assert not any(fit.unknown.startswith("too few") for fit in found.fits)
    mean = read_table(experiments.load(made)).values["final.modules"].mean(axis=1) @ table.units.shares
    assert found.mean == pytest.approx(float(mean))
    assert luck.seeds.low < 0.25 < luck.seeds.high  # 1 of 1 + 3
    assert luck.seeds.high - luck.seeds.low > 0.2  # of eight points with three degrees each, whatever the units


@pytest.mark.parametrize(
    ("kind", "size"),
    [("sobol", "points = 32"), ("morris", "trajectories = 16"), ("latin-hypercube", "points = 16")],
)
@pytest.mark.parametrize("replicates", [1, 4])
def test_luck_that_units_share_is_in_an_interval_or_there_is_none(
    tmp_path: Path, kind: str, size: str, replicates: int
) -> None:
    """All units come to two points: what differs between those is the luck of their few runs, over all units alike."""
    made = store(tmp_path, kind, size, SWITCH, final=("capability",), replicates=replicates)
    (found,) = analysed(made).outcomes
    of_units = [each for each in found.indices if each.method in ("sobol", "morris") and each.measure != "second"]
    bounded_ = [each for each in of_units if math.isfinite(each.estimate.low)]
    if replicates == 1:
        assert bounded(found) == []
        assert "share their luck" in found.notes[-1]
        assert kind == "latin-hypercube" or "There are no intervals" in who_matters(found)
    elif kind == "latin-hypercube":
        assert len(bounded(found)) == 2  # the effect and the noise
    elif kind == "morris":
        (star,) = bounded_
        assert star.estimate.high - star.estimate.low > 0.2 * star.estimate.value
    else:
        assert all("noise-corrected" in each.measure for each in bounded_)


# Too few units.

FEW = {
    "one base sample": ("sobol", "points = 1", 2),
    "two base samples": ("sobol", "points = 2", 2),
    "two base samples, one replicate": ("sobol", "points = 2\nsecond_order = false", 1),
    "two trajectories": ("morris", "trajectories = 2", 2),
    "two trajectories, one replicate": ("morris", "trajectories = 2", 1),
    "two points": ("latin-hypercube", "points = 2", 3),
}


def bounded(found: Outcome) -> list[str]:
    """Return what has an interval over units of the design."""
    named = [f"{each.method} {each.measure}" for each in found.indices if math.isfinite(each.estimate.low)]
    named += [each.axis.factor for each in found.effects if any(math.isfinite(mean.low) for mean in each.means)]
    return named + ["noise"] * math.isfinite(found.noise.seeds.low)


@pytest.mark.parametrize("case", FEW)
def test_one_or_two_units_give_no_interval(tmp_path: Path, case: str) -> None:
    kind, size, replicates = FEW[case]
    made = store(tmp_path, kind, size, ELASTICITY, OPENNESS, final=("capability",), replicates=replicates)
    (found,) = analysed(made).outcomes
    assert bounded(found) == []
    count = {"one": "1", "two": "2"}[case.split()[0]]
    assert any(note.startswith(f"{count} ") and "too few for intervals" in note for note in found.notes)
    assert all(" to " not in told(each) for each in found.indices)
    if found.chief:
        assert headline(found).endswith(", no interval)")
        assert "There are no intervals, so it is unknown which of them matter" in who_matters(found)


# Sizes.


@pytest.mark.parametrize(
    ("kind", "size", "factors"),
    [
        ("sobol", "points = 16", (ELASTICITY, OPENNESS)),
        ("morris", "trajectories = 6", (ELASTICITY, INTERVAL)),
        ("grid", "levels = 4", (ELASTICITY, OPENNESS)),
        ("factorial", "", (ELASTICITY, OPENNESS)),
        ("latin-hypercube", "points = 30", (ELASTICITY, OPENNESS)),
    ],
)
def test_the_size_of_an_outcome_changes_no_share_and_scales_the_rest(
    tmp_path: Path, kind: str, size: str, factors: tuple[str, ...]
) -> None:
    found = []
    for task, scale in ((KNOWN, 1.0), (HUGE, 2.0**664), (TINY, 2.0**-664)):
        folder = tmp_path / task.partition(":")[2]
        folder.mkdir()
        made = store(folder, kind, size, *factors, final=("capability", "unit_cost"), task=task)
        found.append((analysed(made), scale))
    expected = {each.name: each for each in found[0][0].outcomes}
    for analysis, scale in found[1:]:
        for each in analysis.outcomes:
            like = expected[each.name]
            assert each.mean == like.mean * scale
            assert each.noise == dataclasses.replace(like.noise, spread=like.noise.spread * scale)
            assert each.ranking == like.ranking
            for one, other in zip(each.indices, like.indices, strict=True):
                factor = scale if one.method in ("morris", "contrast") else 1.0
                ends = [value * factor for value in other.estimate]
                assert one.estimate == pytest.approx(ends, rel=1e-9, abs=1e-12 * factor, nan_ok=True), one
            assert each.replication.needed == like.replication.needed
            assert each.replication.worst[-1] == pytest.approx(like.replication.worst[-1] * scale)
            for one_effect, other_effect in zip(each.effects, like.effects, strict=True):
                ends = [value * scale for value in other_effect.means[0]]
                assert one_effect.means[0] == pytest.approx(ends, nan_ok=True)


@pytest.mark.parametrize("task", [HUGE, TINY])
def test_figures_of_any_size_draw(tmp_path: Path, task: str) -> None:
    made = store(tmp_path, "sobol", "points = 8", ELASTICITY, OPENNESS, final=("capability", "trials"), task=task,
                 series=("capability",))  # fmt: skip
    found = analysed(made)
    assert found.skipped == {"final.trials": "is infinite in 96 of 96 runs; not analysed"}
    drawn = list(draw(found, tmp_path / "figures"))
    assert {each.kind for each in drawn} >= {"indices", "effects", "heat", "replicates", "fans", "noise"}
    assert all("?" not in each.title and "nan" not in each.title for each in drawn)
    assert plain(found)["outcomes"][0]["mean"] is not None


@pytest.mark.parametrize(("task", "word"), [(TOO_LARGE, "large"), (TOO_SMALL, "small")])
def test_a_series_of_a_size_that_cannot_be_drawn_is_named_and_left_out(tmp_path: Path, task: str, word: str) -> None:
    names = ("capability", "cash", "loop_gain")
    made = store(tmp_path, "sobol", "points = 8", ELASTICITY, OPENNESS, final=names, task=task,
                 series=(*names, "modules"))  # fmt: skip
    found = analysed(made)
    assert {name.rpartition(".")[2] for name, why in found.skipped.items() if f"too {word} to" in why} == set(names)
    assert all(f"too {word} to draw" in found.skipped[name] for name in names)
    assert [fan.name for fan in found.fans] == ["modules"]
    assert [each.subject for each in draw(found, tmp_path / "figures")] == ["modules"]


# Fans.


def test_an_outcome_asked_for_has_its_own_fan_alone(tmp_path: Path) -> None:
    made = store(
        tmp_path,
        "grid",
        "levels = 3",
        ELASTICITY,
        final=("capability", "users"),
        series=("users", "capability", "cash"),
    )
    assert [fan.name for fan in analysed(made).fans] == ["cash", "capability", "users"]
    (fan,) = analysed(made, "final.users").fans
    assert (fan.name, fan.factor) == ("users", "flywheel.elasticity")
    (alone,) = analysed(made, "cash").fans
    assert (alone.name, alone.factor) == ("cash", "")
    (both,) = analysed(made, "users").fans
    assert both == fan
    assert {each.kind for each in draw(analysed(made, "final.users"), tmp_path / "f", "fans")} == {"fans"}


def test_cells_of_an_interval_that_is_not_there_are_empty(tmp_path: Path) -> None:
    from experiments.analysis.command import analyse_command

    made = store(tmp_path, "sobol", "points = 1", ELASTICITY, OPENNESS, final=("capability",), replicates=2)
    analyse_command(made)
    with (made / "analysis" / "indices.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert rows
    assert all(row["low"] == row["high"] == "" for row in rows)
    said = (made / "analysis" / "report.html").read_text()
    assert "1 base sample: too few for intervals, which need 3 or more" in said


# What the sweep itself says of outcomes.


def test_pairs_and_stopping_rules_know_outcomes_of_any_size(tmp_path: Path) -> None:
    found, widths = [], []
    for task, scale in ((KNOWN, 1.0), (HUGE, 2.0**664), (TINY, 2.0**-664)):
        folder = tmp_path / task.partition(":")[2]
        folder.mkdir()
        made = store(folder, "grid", "levels = 3", ELASTICITY, final=("capability", "users", "trials"), task=task)
        with Ledger.read(made) as ledger:
            found.append({each.outcome: each for each in pairings(ledger)})
            widths.append(half_width(ledger, Stop(outcome="final.capability", half_width=1.0, least=3), 3) / scale)
            if task != KNOWN:  # an infinite outcome is not known to any width
                assert half_width(ledger, Stop(outcome="final.trials", half_width=1.0, least=3), 3) == math.inf
    assert widths[0] == widths[1] == widths[2]
    for each in found[1:]:
        assert set(each) == {"final.capability", "final.users"}
        assert each["final.capability"] == found[0]["final.capability"]
    assert found[1]["final.users"].correlation == pytest.approx(1.0)
