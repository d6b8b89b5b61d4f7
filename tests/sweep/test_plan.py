"""Addresses and seeds: the same everywhere, different where they must be, and never done twice."""

from __future__ import annotations

import functools
import json
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pytest

import experiments
from experiments.errors import FlywheelError, UsageError
from experiments.sweep import plan
from experiments.sweep.design import read_design
from experiments.sweep.ledger import Ledger
from experiments.sweep.plan import run_id_of, seed_of
from experiments.sweep.sampling import chunks
from experiments.sweep.session import Options, sweep
from tests.cli.test_cli import ROOT, environment
from tests.sweep.jobs import ALL_FAIL, QUICK
from tests.sweep.stores import ask, carry_out, exports, grid, write

ELASTICITY = '[[factor]]\nkey = "flywheel.elasticity"\nrange = [0.1, 0.5]\n'
RIVALS = '[[factor]]\nkey = "rival.count"\nvalues = [1, 4]\n'


def test_addresses_are_the_same_in_every_process(tmp_path: Path) -> None:
    path = grid(tmp_path)
    program = (
        "import sys\nfrom pathlib import Path\nfrom tests.sweep.stores import ask, carry_out\n"
        "store = Path(sys.argv[2])\ncarry_out(Path(sys.argv[1]), store)\n"
        "print(sorted(ask(store, 'SELECT run_id, seed FROM runs')))"
    )
    said = {
        subprocess.run(
            [sys.executable, "-c", program, str(path), str(tmp_path / seed)], cwd=ROOT, check=True,
            capture_output=True, text=True, env=environment(PYTHONHASHSEED=seed),
        ).stdout
        for seed in ("0", "1")
    }  # fmt: skip
    assert len(said) == 1


def test_seeds_and_ids_are_fixed_for_ever() -> None:
    """What these numbers are does not matter; that they stay does: they are the addresses of stored runs."""
    assert seed_of(0, 0) == 3667831463766272
    assert seed_of(0, 1) != seed_of(1, 0) != seed_of(0, 0)
    assert all(0 <= seed_of(0, n) < 2**53 for n in range(1000))
    assert run_id_of("a", 1, "m") == "f7caea6fb83260a3d67445417736e6585808cf5fcb48f5d7a246cfbcb91c68f8"


def test_replicates_share_a_seed_across_points(tmp_path: Path) -> None:
    carry_out(grid(tmp_path), tmp_path / "common")
    carry_out(grid(tmp_path, more="common_random_numbers = false"), tmp_path / "own")
    assert len(ask(tmp_path / "common", "SELECT DISTINCT seed FROM runs")) == 3
    assert len(ask(tmp_path / "own", "SELECT DISTINCT seed FROM runs")) == 30


def test_equal_points_are_run_once(tmp_path: Path) -> None:
    text = """
base = "base.toml"
[design]
kind = "sobol"
points = 8
[[factor]]
key = "reuse.lines"
range = [1, 2]
[[factor]]
key = "flywheel.enabled"
"""
    carry_out(write(tmp_path, text), tmp_path / "s")
    results = experiments.load(tmp_path / "s")
    assert len(results.runs) == results.design.points == 4
    assert len(results.design.rows) == len(results.design.sample) == 8 * 6
    values = results.runs.set_index("point").loc[results.design.rows]
    low = results.design.sample[:, 0] < 0.5
    assert (values["reuse.lines"].to_numpy()[low] == 1).all()
    assert (values["reuse.lines"].to_numpy()[~low] == 2).all()


def test_plans_are_the_same_however_many_rows_are_made_at_a_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Equal rows lie in one batch or far apart, points are new or known; the first of equal rows numbers the point."""
    rows = ["0.1,1", "0.2,1", "0.1,2", "0.1,1", "0.3,1", "0.10,2", "0.2,1", "0.4,1"]
    text = 'base = "base.toml"\n[design]\nkind = "list"\nfile = "points.csv"\nreplicates = 2\n'
    found = []
    for size in (1, 2, 3, 1000):
        monkeypatch.setattr(plan, "chunks", functools.partial(chunks, size=size))
        for store, counts in ((f"whole {size}", (8,)), (f"grown {size}", (3, 6, 8))):
            for count in counts:
                (tmp_path / "points.csv").write_text("\n".join(["flywheel.elasticity,rival.count", *rows[:count]]))
                with ledger_of(tmp_path / store) as ledger:
                    plan.plan(ledger, read_design(write(tmp_path, text)))
            found.append([
                ask(tmp_path / store, "SELECT number FROM design_rows ORDER BY row"),
                ask(
                    tmp_path / store,
                    """SELECT replicate, slots.number, run_id, seed, address, changes FROM slots
                    JOIN runs ON runs.id = run JOIN points ON points.id = point JOIN design_points USING (point)
                    ORDER BY 1, 2""",
                ),
                ask(tmp_path / store, "SELECT (SELECT count(*) FROM points), (SELECT count(*) FROM runs)"),
            ])  # fmt: skip
    assert [number for (number,) in found[0][0]] == [0, 1, 2, 0, 3, 2, 1, 4]
    assert found[0][2] == [(5, 10)]
    assert all(each == found[0] for each in found)


def test_a_row_that_is_refused_is_named_wherever_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = 'base = "base.toml"\n[design]\nkind = "list"\nfile = "points.csv"\n'
    rows = ["0.1,[]", "0.2,[]", "0.3,\"[{ month = 3, name = 'a', line = 5 }]\"", '0.4,"[]"']
    (tmp_path / "points.csv").write_text("\n".join(["flywheel.elasticity,release.schedule", *rows]))
    for size in (1, 2, 1000):
        monkeypatch.setattr(plan, "chunks", functools.partial(chunks, size=size))
        with ledger_of(tmp_path / "s") as ledger, pytest.raises(UsageError) as caught:
            plan.plan(ledger, read_design(write(tmp_path, text)))
        (line,) = caught.value.lines
        assert line.startswith("row 2 of the design (flywheel.elasticity = 0.3, release.schedule = [{ month = 3, name")
        assert line.endswith("release.schedule 'a': line 5, but reuse.lines is 2")
        assert ask(tmp_path / "s", "SELECT count(*) FROM points") == [(0,)]
        assert len(ask(tmp_path / "s", "SELECT 1 FROM sqlite_master WHERE name = 'points_by_address'")) == 1


def ledger_of(folder: Path) -> Ledger:
    folder.mkdir(exist_ok=True)
    return Ledger.write(folder)


def test_extending_does_only_what_is_new(tmp_path: Path) -> None:
    store = tmp_path / "s"
    carry_out(grid(tmp_path, replicates=2, levels=3), store)
    first = dict(ask(store, "SELECT run_id, seconds FROM runs"))
    assert len(first) == 12
    assert carry_out(grid(tmp_path, replicates=2, levels=3), store) == []
    said, *_ = carry_out(grid(tmp_path, replicates=3, levels=3), store)
    assert said == (
        "revision 2 of the design: 18 runs, 6 of them new"
    )  # fmt: skip
    said, *_ = carry_out(grid(tmp_path, replicates=2, levels=5), store)
    assert "20 runs, 8 of them new; 6 runs are no longer part of it" in said
    now = dict(ask(store, "SELECT run_id, seconds FROM runs"))
    assert len(now) == 26
    assert first.items() <= now.items()
    fresh = tmp_path / "fresh"
    carry_out(grid(tmp_path, replicates=2, levels=5), fresh)
    assert exports(store) == exports(fresh)
    assert len(experiments.load(store).runs) == 20


def test_a_series_asked_for_later_is_filled_in(tmp_path: Path) -> None:
    carry_out(grid(tmp_path, series=()), tmp_path / "s")
    assert experiments.load(tmp_path / "s").series.empty
    for series in (("users",), ("users", "gap"), ("gap",)):
        carry_out(grid(tmp_path, series=series), tmp_path / "s")
        frame = experiments.load(tmp_path / "s").series
        assert set(frame) == {"run_id", "point", "replicate", "month", *series}
        assert len(frame) == 90


def test_results_of_an_older_model_are_never_mixed_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    carry_out(grid(tmp_path), tmp_path / "s")
    monkeypatch.setattr(plan, "identity", lambda _: "another")
    said = carry_out(grid(tmp_path), tmp_path / "s")
    assert said[0].startswith("the model has changed since")
    assert ("another", 30) in ask(tmp_path / "s", "SELECT model, count(*) FROM runs GROUP BY model")
    assert ask(tmp_path / "s", "SELECT count(*) FROM slots") == [(30,)]


def test_runs_that_keep_other_outcomes_are_other_runs(tmp_path: Path) -> None:
    path = grid(tmp_path)
    carry_out(path, tmp_path / "s")
    kept = [name for (name,) in ask(tmp_path / "s", "SELECT value FROM meta WHERE key LIKE 'columns of %'")]
    assert json.loads(kept[0])["names"] == ["gap", "month", "rival_cash", "unit_cost", "users"]
    path.write_text(path.read_text().replace('"rival_cash", "gap"', '"cash"'))
    said = carry_out(path, tmp_path / "s")
    assert said[0] == "a run keeps other outcomes than before, so all are done anew"
    assert "30 runs, 30 of them new; 30 runs are no longer part of it" in said[1]
    path.write_text(path.read_text().replace('mean = ["unit_cost"]', 'mean = ["users"]'))
    assert "30 runs, 0 of them new" in carry_out(path, tmp_path / "s")[0]


def test_values_that_do_not_go_together_leave_the_store_as_it_was(tmp_path: Path) -> None:
    schedule = '[[{ lever = "mandate", start = 5, end = 2 }]]'
    text = f'base = "base.toml"\n[design]\nkind = "grid"\n[[factor]]\nkey = "policy.schedule"\nvalues = {schedule}\n'
    with pytest.raises(UsageError, match=r"month 2 is before start 5"):
        carry_out(write(tmp_path, text), tmp_path / "s")
    release = '[{ month = 3, name = "a", line = 5 }]'
    text = f'base = "base.toml"\n[design]\nkind = "grid"\n[[factor]]\nkey = "release.schedule"\nvalues = [{release}]\n'
    with pytest.raises(UsageError, match=r"row 0 of the design .*reuse\.lines is 2"):
        carry_out(write(tmp_path, text), tmp_path / "s")
    assert not (tmp_path / "s").exists()
    carry_out(grid(tmp_path), tmp_path / "s")
    before = ask(tmp_path / "s", "SELECT * FROM slots")
    with pytest.raises(UsageError, match=r"row 0 of the design .*reuse\.lines is 2"):
        carry_out(write(tmp_path, text), tmp_path / "s")
    assert ask(tmp_path / "s", "SELECT count(*) FROM revisions") == [(1,)]
    assert ask(tmp_path / "s", "SELECT * FROM slots") == before


def test_runs_go_replicate_by_replicate(tmp_path: Path) -> None:
    carry_out(grid(tmp_path), tmp_path / "s", batch=1)
    names = [name for (name,) in ask(tmp_path / "s", "SELECT name FROM parts ORDER BY id")]
    replicate = dict(ask(tmp_path / "s", "SELECT run, replicate FROM slots"))
    parts = [pa.ipc.open_file((tmp_path / "s" / "parts" / name).read_bytes()).read_all() for name in names]
    order = [(replicate[run],) for part in parts for run in part["run"].to_pylist()]
    assert [r for (r,) in order] == sorted(r for (r,) in order)
    manifest = json.loads((tmp_path / "s" / "manifest.json").read_text())
    assert manifest["runs"] == {"planned": 0, "done": 30, "failed": 0}


def design_of(kind: str, size: str, factors: str = ELASTICITY) -> str:
    return f'base = "base.toml"\n[design]\nkind = "{kind}"\n{size}\n{factors}[outcomes]\nfinal = ["users"]\n'


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (design_of("sobol", "points = 4"), design_of("sobol", "points = 8")),
        (design_of("sobol-points", "points = 3"), design_of("sobol-points", "points = 7")),
        (design_of("morris", "trajectories = 3"), design_of("morris", "trajectories = 6")),
        (design_of("grid", "levels = 3"), design_of("grid", "levels = 5")),
        (design_of("latin-hypercube", "points = 4"), design_of("latin-hypercube", "points = 4\nreplicates = 3")),
        (design_of("grid", "levels = 3"), design_of("grid", "levels = 3", ELASTICITY + RIVALS)),
        (design_of("grid", "levels = 3"), design_of("grid", "levels = 2")),
        (design_of("grid", "levels = 3"), design_of("factorial", "")),
    ],
)
def test_a_design_that_shares_runs_goes_on(tmp_path: Path, first: str, second: str) -> None:
    carry_out(write(tmp_path, first), tmp_path / "s")
    before = dict(ask(tmp_path / "s", "SELECT run_id, seconds FROM runs"))
    said, *_ = carry_out(write(tmp_path, second), tmp_path / "s")
    assert said.startswith("revision 2 of the design: ")
    assert before.items() <= dict(ask(tmp_path / "s", "SELECT run_id, seconds FROM runs")).items()


@pytest.mark.parametrize(
    ("second", "hint"),
    [
        (design_of("latin-hypercube", "points = 8"), "; a Latin hypercube of more points is another sample, "
         "sobol-points, Sobol' and Morris designs and lists keep theirs"),
        (design_of("latin-hypercube", "points = 4\nseed = 7"), "; a Latin hypercube of more"),
        (design_of("latin-hypercube", "points = 4", ELASTICITY + RIVALS.replace("1", "0")), "; a Latin hypercube of"),
        (design_of("grid", "levels = 3"), ""),
        (design_of("latin-hypercube", "points = 4", RIVALS), "; a Latin hypercube of more"),
    ],
)  # fmt: skip
def test_a_design_that_shares_no_run_is_refused_unless_it_is_meant(tmp_path: Path, second: str, hint: str) -> None:
    store, first = tmp_path / "s", design_of("latin-hypercube", "points = 4")
    carry_out(write(tmp_path, first), store)
    held, ledger = exports(store), ask(store, "SELECT run_id, seconds FROM runs")
    with pytest.raises(UsageError) as caught:
        carry_out(write(tmp_path, second), store)
    (line,) = caught.value.lines
    assert line.startswith(
        f"{store}: holds 4 finished runs of another design (latin-hypercube), and this one shares none of them; name "
        "another folder with --out, or put it into this one with --revise, which keeps them stored"
    )
    assert hint in line if hint else line.endswith("keeps them stored")
    assert (exports(store), ask(store, "SELECT run_id, seconds FROM runs")) == (held, ledger)
    assert carry_out(write(tmp_path, first), store) == []
    sweep(read_design(write(tmp_path, second)), store, Options(engine="serial", task=QUICK), revise=True)
    assert set(ledger) <= set(ask(store, "SELECT run_id, seconds FROM runs"))
    assert len(experiments.load(store).runs) == experiments.load(store).design.points
    sweep(read_design(write(tmp_path, first)), store, Options(engine="serial", task=QUICK), revise=True)
    assert exports(store) == held


def test_a_design_under_a_changed_model_is_the_same_design(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where it is extended at the same time; another one is refused all the same."""
    carry_out(grid(tmp_path), tmp_path / "s")
    monkeypatch.setattr(plan, "identity", lambda _: "another")
    with pytest.raises(UsageError, match=r"holds 30 finished runs of another design \(grid\)"):
        carry_out(grid(tmp_path, more="seed = 5"), tmp_path / "s")
    said = carry_out(grid(tmp_path, replicates=4), tmp_path / "s")
    assert said[0].startswith("the model has changed since")


def test_a_folder_without_a_finished_run_takes_any_design(tmp_path: Path) -> None:
    store = tmp_path / "s"
    with pytest.raises(FlywheelError, match="failed alike"):
        carry_out(write(tmp_path, design_of("latin-hypercube", "points = 30")), store, task=ALL_FAIL)
    assert ask(store, "SELECT count(*) FROM runs WHERE status = 'done'") == [(0,)]
    carry_out(write(tmp_path, design_of("grid", "levels = 3")), store)
    assert len(experiments.load(store).runs) == 3
