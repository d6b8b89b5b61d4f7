"""From a store to its analysis: what is used, what is refused, what is left out, and what is said of it."""

from __future__ import annotations

import json
import math
import os
import shutil
from pathlib import Path

import numpy as np
import pytest

import experiments
from experiments.analysis.command import analyse_command
from experiments.analysis.effects import QUANTILES
from experiments.analysis.figures import draw
from experiments.analysis.report import plain
from experiments.analysis.table import read_table
from experiments.analysis.words import headline, moved, noise_said, replicates_said, who_matters
from experiments.errors import FlywheelError, UsageError
from experiments.figures.words import reworded
from experiments.messages.language import spoken
from experiments.sweep.ledger import Ledger
from tests.analysis.jobs import FAILING
from tests.analysis.made import (
    ELASTICITY,
    INTERVAL,
    OPENNESS,
    RIVALS,
    SWITCH,
    TOPOLOGY,
    analysed,
    estimates,
    outcome,
    store,
)
from tests.sweep.stores import ask


def unfinish(folder: Path, replicate: int, points: int = 1) -> None:
    """Plan again the last points of a replicate and all of those after it, as if the sweep had been stopped there."""
    query = f"SELECT run FROM slots WHERE replicate > {replicate} OR (replicate = {replicate} AND number >= {points})"
    with Ledger.write(folder) as ledger, ledger.change():
        ledger.plan_again([run for (run,) in ask(folder, query)])


@pytest.fixture(autouse=True)
def small_forests(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a store gives to analyses is at stake here, not how well a forest learns."""
    monkeypatch.setattr("experiments.analysis.importance._TREES", 4)


@pytest.fixture(scope="module")
def grid(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A grid of two numbers, with every kind of luck."""
    names = ("unit_cost", "users", "capability", "cash", "trials", "gap", "rival_cash", "loop_gain")
    return store(
        tmp_path_factory.mktemp("grid"), "grid", "levels = 4", ELASTICITY, OPENNESS, final=names, series=("users",)
    )


def test_a_grid_is_told_as_it_was_made(grid: Path) -> None:
    found = analysed(grid)
    assert (found.kind, found.points, found.replicates, found.unit, found.warnings) == ("grid", 16, 3, "point", ())
    cost = outcome(found, "final.unit_cost")
    assert cost.chief == ("levels", "total")
    assert cost.ranking == ("flywheel.elasticity", "firm.openness")
    total = estimates(cost.indices, "levels", "total")
    assert total["flywheel.elasticity"].value == pytest.approx(1.0)
    assert total["firm.openness"].value == pytest.approx(0.0, abs=1e-9)
    assert cost.noise.seeds.value == pytest.approx(0.0, abs=1e-9)
    assert cost.replication.enough is True
    assert headline(cost) == "flywheel.elasticity matters (total share 1)"
    with spoken("zh"):
        assert headline(cost) == "flywheel.elasticity起作用（总份额 1）"
        assert reworded(moved(cost)) == "价格联系强度由低到高时，期末单位成本从 0 变为 8"
    users = outcome(found, "final.users")
    assert users.noise.residual == pytest.approx(0.0, abs=1e-9)
    assert users.noise.replicate > 0.1
    capability = outcome(found, "final.capability")
    assert capability.noise.residual > 0.02
    product = outcome(found, "final.cash")
    assert estimates(product.indices, "levels", "pair")["flywheel.elasticity*firm.openness"].value > 0.1
    assert outcome(found, "final.loop_gain").notes
    assert headline(outcome(found, "final.loop_gain")) in ("no factor stands out from the noise", "no factor varies")


def test_what_never_varies_or_is_no_number_is_named(grid: Path) -> None:
    found = analysed(grid)
    assert set(found.skipped) == {"final.trials", "final.gap", "final.rival_cash"}
    assert found.skipped["final.gap"] == "is 1 in every run; nothing to analyse"
    assert "moved by the seed alone" in found.skipped["final.trials"]


def test_an_outcome_that_is_missing_in_some_runs_is_refused_by_name(tmp_path: Path) -> None:
    made = store(tmp_path, "grid", "levels = 2", ELASTICITY, RIVALS, final=("kept", "unit_cost"), replicates=2)
    said = "is not a number in 4 of 8 runs; not analysed"
    assert analysed(made, "final.kept", "final.unit_cost").skipped == {"final.kept": said}
    with pytest.raises(UsageError, match=f"final.kept: {said}"):
        analysed(made, "final.kept")
    with pytest.raises(UsageError, match=r"keeps no outcome 'unit_cost'; did you mean final.unit_cost\?"):
        analysed(made, "unit_cost")


def test_only_complete_replicates_count_and_it_is_said(tmp_path: Path) -> None:
    made = store(tmp_path, "grid", "levels = 4", ELASTICITY, series=("users",), replicates=4)
    whole = experiments.load(made).runs
    unfinish(made, replicate=2)
    found = analysed(made)
    assert found.replicates == 2
    assert found.warnings == ("after 2 of 4 replicates",)
    expected = whole[whole.replicate < 2]["final.users"].mean()
    assert outcome(found, "final.users").mean == pytest.approx(expected)
    series = experiments.load(made).series
    assert series.replicate.max() == 2  # the point that was done of it
    used = series[(series.replicate < 2) & (series.month == 3)]["users"]
    assert [row[2] for row in found.fans[0].whole.quantiles] == pytest.approx(np.quantile(used, QUANTILES))
    assert found.fans[0].whole.runs == 8
    unfinish(made, replicate=0)
    with pytest.raises(
        UsageError, match="no replicate is complete over all points: 15 of 16 runs are left; the sweep's"
    ):
        analysed(made)


UNITS = {
    "grid": ("levels = 9", "point", 9, 1),
    "latin-hypercube": ("points = 24", "point", 24, 3),
    "morris": ("trajectories = 8", "trajectory", 8, 3),
    "sobol": ("points = 16", "base sample", 16, 3),
}


@pytest.mark.parametrize("kind", UNITS)
def test_failed_runs_are_refused_or_leave_out_whole_units(tmp_path: Path, kind: str) -> None:
    size, unit, count, least = UNITS[kind]
    factors = (ELASTICITY,) if kind == "grid" else (ELASTICITY, OPENNESS)
    made = store(tmp_path, kind, size, *factors, final=("capability",), replicates=2, series=("users",), task=FAILING)
    with pytest.raises(
        UsageError, match=rf"s: \d+ of \d+ runs failed, .* --without-failed leaves out each whole {unit}"
    ):
        analysed(made)
    found = analysed(made, without_failed=True)
    assert (found.unit, found.units) == (unit, count)
    assert least <= found.left_out < count
    assert f"{found.left_out} of {count} " in found.warnings[0]
    table = read_table(experiments.load(made), without_failed=True)
    assert table.levels["flywheel.elasticity"].max() <= 0.7
    step = {"morris": 3, "sobol": 6}.get(kind, 1)
    assert len(table.rows) == (count - found.left_out) * step
    design = experiments.load(made).design
    elasticity = experiments.load(made).runs.groupby("point")["flywheel.elasticity"].first().to_numpy()
    blocks = elasticity[design.rows].reshape(-1, step)
    assert (blocks.max(axis=1) > 0.7).sum() == found.left_out
    assert np.array_equal(table.points[table.rows], design.rows.reshape(-1, step)[blocks.max(axis=1) <= 0.7].ravel())
    assert found.fans[0].whole.runs == 2 * len(table.points)


def test_nothing_left_is_refused(tmp_path: Path) -> None:
    high = ELASTICITY.replace("[0.0, 0.8]", "[0.71, 0.8]")
    with pytest.raises(FlywheelError, match="all failed alike"):
        store(tmp_path, "grid", "levels = 2", high, task=FAILING)
    with pytest.raises(UsageError, match="every point has a failed run; nothing is left"):
        analysed(tmp_path / "s", without_failed=True)


def test_sobol_and_morris_rank_by_their_own_index(tmp_path: Path) -> None:
    sobol = store(tmp_path, "sobol", "points = 32", ELASTICITY, OPENNESS, INTERVAL, replicates=2)
    found = analysed(sobol)
    for each in found.outcomes:
        assert each.chief == ("sobol", "total, noise-corrected")
        assert each.ranking[0] == "flywheel.elasticity"
    (tmp_path / "m").mkdir()
    morris = store(tmp_path / "m", "morris", "trajectories = 6", ELASTICITY, OPENNESS, INTERVAL, replicates=3)
    cost = outcome(analysed(morris), "final.unit_cost")
    assert cost.chief == ("morris", "mu_star")
    assert estimates(cost.indices, "morris", "mu_star")["flywheel.elasticity"].value == pytest.approx(8.0)
    assert headline(cost) == "flywheel.elasticity matters (mean change 8)"


def test_switches_text_and_whole_numbers_are_factors_like_others(tmp_path: Path) -> None:
    names = ("modules", "capability")
    made = store(tmp_path, "latin-hypercube", "points = 64", SWITCH, TOPOLOGY, INTERVAL, ELASTICITY, final=names)
    found = outcome(analysed(made), "final.modules")
    assert found.ranking[:2] == ("flywheel.enabled", "flywheel.topology")
    effects = {each.axis.factor: each.axis for each in found.effects}
    assert effects["flywheel.enabled"].labels == ("off", "on")
    assert effects["flywheel.topology"].labels == ("links", "acyclic")
    assert effects["reuse.interval"].labels == ("1", "2", "3", "4")
    coefficients = estimates(found.indices, "regression", "coefficient")
    assert coefficients["flywheel.enabled"].value > 3 * abs(coefficients["flywheel.topology"].value) * 0.9
    (tmp_path / "f").mkdir()
    crossed = store(tmp_path / "f", "factorial", "", SWITCH, TOPOLOGY, final=names)
    effect = estimates(outcome(analysed(crossed), "final.modules").indices, "contrast", "effect")
    assert effect["flywheel.enabled"] == pytest.approx((3.0, 3.0, 3.0))
    assert effect["flywheel.topology"] == pytest.approx((1.0, 1.0, 1.0))


@pytest.mark.parametrize(
    ("kind", "size", "factors", "replicates"),
    [
        ("grid", "levels = 5", (ELASTICITY,), 3),
        ("grid", "levels = 1", (ELASTICITY,), 3),
        ("grid", "levels = 3", (ELASTICITY, TOPOLOGY), 1),
        ("factorial", "", (SWITCH, TOPOLOGY, ELASTICITY), 1),
        ("sobol", "points = 8", (ELASTICITY, SWITCH), 1),
        ("sobol", "points = 8", (ELASTICITY,), 2),
        ("sobol", "points = 2", (SWITCH, TOPOLOGY), 2),
        ("sobol", "points = 8\nsecond_order = false", (ELASTICITY, INTERVAL), 2),
        ("morris", "trajectories = 2", (ELASTICITY, SWITCH, TOPOLOGY), 1),
        ("morris", "trajectories = 4", (INTERVAL,), 2),
        ("latin-hypercube", "points = 5", (ELASTICITY, OPENNESS), 2),
        ("latin-hypercube", "points = 1", (ELASTICITY, OPENNESS), 2),
        ("latin-hypercube", "points = 30\ncommon_random_numbers = false", (ELASTICITY, TOPOLOGY), 3),
    ],
)
def test_every_shape_of_design_gives_numbers_words_and_figures(
    tmp_path: Path, kind: str, size: str, factors: tuple[str, ...], replicates: int
) -> None:
    made = store(tmp_path, kind, size, *factors, replicates=replicates, final=("capability",), series=("users",))
    found = analysed(made)
    json.dumps(plain(found), allow_nan=False)
    for each in found.outcomes:
        for said in (headline(each), who_matters(each), noise_said(each, replicates), replicates_said(each)):
            assert said
            assert "nan" not in said
            assert "?" not in said
        assert (each.noise.unknown != "") == (replicates == 1 or found.points == 1)
    if replicates == 1 and kind in ("factorial", "morris"):
        drawn = {each.kind: each for each in draw(found, tmp_path / "figures")}
        assert set(drawn) >= {"fans", "effects", "indices"}
        assert not {"noise", "replicates"} & set(drawn)
        assert all("nan" not in each.title for each in drawn.values())
        assert all(
            not math.isfinite(e.estimate.low) for o in found.outcomes for e in o.indices if e.method == "contrast"
        )


def test_every_figure_of_every_kind_draws(grid: Path, tmp_path: Path) -> None:
    morris = store(
        tmp_path, "morris", "trajectories = 5", ELASTICITY, INTERVAL, SWITCH, final=("capability",), replicates=2
    )
    (tmp_path / "l").mkdir()
    apart = "points = 20\ncommon_random_numbers = false"
    hypercube = store(tmp_path / "l", "latin-hypercube", apart, ELASTICITY, TOPOLOGY, final=("capability",))
    (tmp_path / "o").mkdir()
    one = store(tmp_path / "o", "sobol", "points = 8", ELASTICITY, final=("capability",), replicates=2)
    every = {"noise", "indices", "importance", "effects", "interactions", "heat", "replicates"}
    missing = {grid: set(), morris: {"fans"}, hypercube: {"fans", "indices"}, one: {"fans", "interactions", "heat"}}
    for folder, none in missing.items():
        series = ("users",) if folder == grid else ()
        drawn = list(draw(analysed(folder, "final.capability", *series), tmp_path / "figures"))
        assert {each.kind for each in drawn} == (every | {"fans"}) - none
        assert all("nan" not in each.title and "?" not in each.title for each in drawn)
        assert all(each.path.stat().st_size > 10_000 for each in drawn)


def test_one_run_is_nothing_to_analyse(tmp_path: Path) -> None:
    made = store(tmp_path, "grid", "levels = 1", ELASTICITY, replicates=1)
    with pytest.raises(UsageError, match=r"final.capability: is .* in every run"):
        analysed(made, "final.capability")


def test_a_list_and_its_confounded_factors(tmp_path: Path) -> None:
    (tmp_path / "points.csv").write_text("flywheel.elasticity,firm.openness\n0.1,0.2\n0.2,0.4\n0.4,0.8\n")
    made = store(tmp_path, "list", 'file = "points.csv"', final=("unit_cost",))
    found = analysed(made)
    cost = outcome(found, "final.unit_cost")
    assert cost.chief == ()
    assert headline(cost).startswith("differs most between the levels of ")
    assert {each.kind for each in draw(found, tmp_path / "f")} == {
        "noise",
        "effects",
        "interactions",
        "heat",
        "replicates",
    }


def test_fans_hold_the_quantiles_of_the_runs(grid: Path) -> None:
    (fan,) = analysed(grid, "final.users").fans
    series = experiments.load(grid).series
    last = series[series.month == 3]["users"]
    assert [row[2] for row in fan.whole.quantiles] == pytest.approx(np.quantile(last, QUANTILES))
    assert (fan.factor, fan.outcome, fan.whole.runs) == ("flywheel.elasticity", "final.users", 48)
    medians = [band.quantiles[2][2] for band in fan.parts]
    assert medians == sorted(medians)
    assert sum(band.runs for band in fan.parts) == 48


def test_series_alone_can_be_analysed_and_nothing_cannot(tmp_path: Path) -> None:
    made = store(tmp_path, "grid", "levels = 2", ELASTICITY, final=(), series=("users",))
    found = analysed(made)
    assert (found.outcomes, len(found.fans)) == ((), 1)
    (tmp_path / "n").mkdir()
    empty = store(tmp_path / "n", "grid", "levels = 2", ELASTICITY, final=("gap",))
    with pytest.raises(UsageError, match=r"nothing to analyse: final\.gap is 1 in every run"):
        analysed(empty)


def test_columns_of_the_series_alone(grid: Path) -> None:
    results = experiments.load(grid)
    whole = results.series
    some = results.read_series(("point", "month", "users"))
    assert list(some.columns) == ["point", "month", "users"]
    assert some["users"].equals(whole["users"])
    (grid / "series.parquet").rename(grid / "away")
    try:
        assert results.read_series(("users",))["users"].equals(whole["users"])
    finally:
        (grid / "away").rename(grid / "series.parquet")


def test_an_analysis_can_go_to_a_folder_of_its_own(grid: Path, tmp_path: Path) -> None:
    shutil.copytree(grid, tmp_path / "s")
    before = sorted((tmp_path / "s").rglob("*"))
    for _ in range(2):  # its own earlier one may be replaced
        analyse_command(tmp_path / "s", out=tmp_path / "deep" / "out")
    out = tmp_path / "deep" / "out"
    assert {path.name for path in out.iterdir()} == {"analysis.json", "indices.csv", "report.html", "figures"}
    assert sorted((tmp_path / "s").rglob("*")) == before
    command = f"flywheel analyse {tmp_path / 's'} --out {out}"
    assert json.loads((out / "analysis.json").read_text())["command"] == command
    assert f"--only noise --out {out}" in (out / "report.html").read_text()
    analyse_command(tmp_path / "s", only="noise", out=tmp_path / "noise")
    assert [path.name for path in (tmp_path / "noise").iterdir()] == ["figures"]


@pytest.mark.parametrize("kind", ["foreign", "sweep", "file", "link"])
def test_an_analysis_replaces_nothing_that_is_not_one(grid: Path, tmp_path: Path, kind: str) -> None:
    out = tmp_path / "out"
    if kind == "sweep":
        shutil.copytree(grid, out)
    elif kind == "file":
        out.write_text("mine")
    else:
        out.mkdir()
        (out / "report.html" if kind == "link" else out / "notes.txt").write_text("mine")
    if kind == "link":
        (tmp_path / "elsewhere").mkdir()
        (out / "figures").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(UsageError, match=r"is not empty and no earlier|is a file|leads elsewhere by a link"):
        analyse_command(grid, out=out)
    assert not list(tmp_path.glob("elsewhere/*"))


def test_a_store_that_cannot_be_written_names_the_option(
    grid: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(grid, tmp_path / "s", ignore=shutil.ignore_patterns("analysis"))
    real = os.access
    monkeypatch.setattr(
        os, "access", lambda path, *rest: not Path(path).is_relative_to(tmp_path / "s") and real(path, *rest)
    )
    before = sorted((tmp_path / "s").rglob("*"))
    with pytest.raises(UsageError, match=r"s: cannot be written; name a folder for the analysis with --out$"):
        analyse_command(tmp_path / "s")
    analyse_command(tmp_path / "s", only="noise", out=tmp_path / "out")
    assert sorted((tmp_path / "s").rglob("*")) == before


def test_an_analysis_that_leads_elsewhere_by_a_link_is_not_followed(grid: Path, tmp_path: Path) -> None:
    shutil.copytree(grid, tmp_path / "s", ignore=shutil.ignore_patterns("analysis"))
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "s" / "analysis").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(UsageError, match=r"leads elsewhere by a link; name a folder for the analysis with --out"):
        analyse_command(tmp_path / "s")
    assert not list((tmp_path / "elsewhere").iterdir())
