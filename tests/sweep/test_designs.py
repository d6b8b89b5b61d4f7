"""Designs as data: what each kind samples, how values are rounded, and every way to get a design wrong."""

from __future__ import annotations

import itertools
import json
import math
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from experiments.errors import UsageError
from experiments.sweep.design import Design, read_design
from experiments.sweep.factors import Factor
from experiments.sweep.plan import check_size, count_runs
from experiments.sweep.sampling import Chunk, chunks, count_rows, preview
from tests.cli.test_cli import ROOT
from tests.sweep.stores import read, write

THREE = """
[[factor]]
key = "flywheel.elasticity"
range = [0.1, 0.8]
[[factor]]
key = "reuse.interval"
range = [1, 12]
[[factor]]
key = "flywheel.enabled"
"""


def design_text(kind: str, size: str, factors: str = THREE, rest: str = "") -> str:
    return f'base = "base.toml"\n[design]\nkind = "{kind}"\n{size}\n{rest}\n{factors}'


def points(chunk: Chunk) -> list[tuple[Any, ...]]:
    """Return the values of rows."""
    return [tuple(map(json.loads, texts)) for texts in zip(*chunk.texts, strict=True)]


def rows(design: Design) -> list[tuple[Any, ...]]:
    return [values for chunk in chunks(design) for values in points(chunk)]


@pytest.mark.parametrize(
    ("kind", "size", "expected"),
    [
        ("grid", "levels = 3", 3 * 3 * 2),
        ("factorial", "", 8),
        ("latin-hypercube", "points = 20", 20),
        ("sobol-points", "points = 13", 13),
        ("sobol-points", "points = 1", 1),
        ("sobol", "points = 8", 8 * 8),
        ("sobol", "points = 8\nsecond_order = false", 8 * 5),
        ("morris", "trajectories = 5", 5 * 4),
    ],
)
def test_rows_are_as_many_as_told_and_the_same_each_time(tmp_path: Path, kind: str, size: str, expected: int) -> None:
    factors = THREE if kind != "factorial" else THREE.replace("[1, 12]", "[1, 2]")
    design = read(tmp_path, design_text(kind, size, factors))
    found = rows(design)
    assert len(found) == count_rows(design) == expected
    assert found == [values for chunk in chunks(design, 7) for values in points(chunk)]
    for elasticity, interval, enabled in found:
        assert 0.1 <= elasticity <= 0.8
        assert type(interval) is int
        assert 1 <= interval <= 12
        assert enabled in (True, False)


@pytest.mark.parametrize("path", sorted((ROOT / "configs" / "designs").glob("*.toml")), ids=lambda path: path.stem)
def test_every_design_that_comes_with_the_project_is_small(path: Path) -> None:
    assert count_runs(read_design(path)) <= 300


def test_latin_hypercube_has_one_point_in_every_stratum(tmp_path: Path) -> None:
    design = read(tmp_path, design_text("latin-hypercube", "points = 16"))
    ((_, unit),) = chunks(design)
    assert unit is not None
    assert all(sorted((unit[:, k] * 16).astype(int)) == list(range(16)) for k in range(3))


def test_half_of_a_larger_sobol_design_is_the_smaller_one(tmp_path: Path) -> None:
    small, large = (set(rows(read(tmp_path, design_text("sobol", f"points = {n}", rest="seed = 7")))) for n in (8, 16))
    assert small < large


def test_the_first_points_of_a_sobol_sequence_stay(tmp_path: Path) -> None:
    few, many = (read(tmp_path, design_text("sobol-points", f"points = {n}")) for n in (1001, 20_000))
    assert rows(few) == rows(many)[:1001]
    units = np.concatenate([chunk.units for chunk in chunks(many) if chunk.units is not None])[: 1 << 10]
    for column in units.T:  # balanced, as no random sample is
        assert np.bincount((column * (1 << 10)).astype(int), minlength=1 << 10).max() == 1
    other = read(tmp_path, design_text("sobol-points", "points = 1001\nseed = 1"))
    assert rows(other) != rows(few)


def test_factorial_crosses_all_switches(tmp_path: Path) -> None:
    switches = "".join(f'[[factor]]\nkey = "{name}.enabled"\n' for name in ("reuse", "flywheel", "commons"))
    found = set(rows(read(tmp_path, design_text("factorial", "", switches))))
    assert found == set(itertools.product([False, True], repeat=3))


def test_list_takes_its_points_from_a_table(tmp_path: Path) -> None:
    (tmp_path / "points.csv").write_text("firm.openness,reuse.lines,flywheel.topology\n0.5,2,links\n1.0,3,acyclic\n")
    design = read(tmp_path, 'base = "base.toml"\n[design]\nkind = "list"\nfile = "points.csv"\n')
    assert rows(design) == [(0.5, 2, "links"), (1.0, 3, "acyclic")]
    (tmp_path / "points.csv").write_text("firm.openness\n0.5\n1.5\n")
    with pytest.raises(UsageError, match=r"line 3: factor firm.openness: must be a number from 0 to 1 \(share\), not"):
        read(tmp_path, 'base = "base.toml"\n[design]\nkind = "list"\nfile = "points.csv"\n')


def factor(low: float, high: float, scale: str = "linear", whole: bool = False) -> Factor:
    return Factor("k", whole, scale, low, high, None, "", "")  # type: ignore[arg-type]


@given(st.floats(1e-6, 1e6), st.floats(1e-6, 1e6), st.floats(0, 1), st.sampled_from(["linear", "log"]))
def test_values_stay_in_their_range_and_rise_with_u(a: float, b: float, u: float, scale: str) -> None:
    low, high = sorted((a, b))
    if low == high:
        return
    varied = factor(low, high, scale)
    assert varied.value(0.0) == low
    assert varied.value(1.0) == high
    assert low <= varied.value(u / 2) <= varied.value(u) <= high


ENDS = st.one_of(
    st.integers(-20, 20), st.floats(-1e13, 1e13), st.floats(-9, 9), st.sampled_from([0.1 + 0.2, 1e-7, 1e22])
)


@given(ENDS, ENDS, st.lists(st.floats(0, 1), max_size=9), st.sampled_from(["linear", "log"]), st.booleans())
@example(1e-305, 1e-304, [0.5], "linear", False)
@example(0.1 + 0.2, 0.7 + 0.2, [1e-16, 0.5, 1 - 1e-16], "log", False)
def test_many_values_at_once_are_the_same_as_one_by_one(
    a: float, b: float, units: list[float], scale: str, whole: bool
) -> None:
    low, high = sorted((round(a) % 10**9, round(b) % 10**9) if whole else (float(a), float(b)))
    if low == high or (scale == "log" and low <= 0):
        return
    varied, units = factor(low, high, scale, whole), [*units, 0.0, 1.0, 0.5, 1e-13]
    assert varied.texts(np.array(units)) == [json.dumps(varied.value(u)) for u in units]


def test_listed_values_at_once_are_the_same_as_one_by_one() -> None:
    listed = replace(factor(0, 1), values=(True, "é", [], 0.5, -0.0), low=None, high=None)
    units = np.linspace(0, 1, 23)
    assert listed.texts(units) == [json.dumps(listed.value(u), ensure_ascii=False) for u in units.tolist()]


@pytest.mark.parametrize("second_order", ["true", "false"])
def test_a_sobol_design_is_that_of_salib_however_it_is_cut(tmp_path: Path, second_order: str) -> None:
    from SALib.sample import sobol

    design = read(tmp_path, design_text("sobol", f"points = 16\nseed = 5\nsecond_order = {second_order}"))
    wanted = sobol.sample(
        {"num_vars": 3, "names": ["a", "b", "c"], "bounds": [[0.0, 1.0]] * 3}, 16,
        calc_second_order=second_order == "true", seed=5,
    )  # fmt: skip
    for size in (1, 20, 1000):
        units = [chunk.units for chunk in chunks(design, size) if chunk.units is not None]
        assert np.concatenate(units).tobytes() == wanted.tobytes()


@pytest.mark.parametrize("span", [(0, 1), (1, 4), (-3, 9)])
def test_whole_numbers_are_equally_likely(span: tuple[int, int]) -> None:
    low, high = span
    count = high - low + 1
    varied = factor(low, high, whole=True)
    seen = Counter(varied.value((n + 0.5) / (100 * count)) for n in range(100 * count))
    assert seen == dict.fromkeys(range(low, high + 1), 100)


def test_log_is_even_in_ratio() -> None:
    assert factor(0.01, 100.0, "log").value(0.5) == pytest.approx(1.0)
    assert factor(0.01, 100.0, "log").grid(5) == [0.01, 0.1, 1.0, 10.0, 100.0]
    assert factor(1, 4, whole=True).grid(100) == [1, 2, 3, 4]


def test_preview_makes_no_design(tmp_path: Path) -> None:
    huge = read(tmp_path, design_text("sobol", f"points = {2**36}"))
    assert count_runs(huge) == 2**36 * 8
    assert len(list(preview(huge, 3))) == 3


def test_a_huge_design_asks_first(tmp_path: Path) -> None:
    factors = "".join(
        f'[[factor]]\nkey = "{key}"\nrange = [0.1, 0.9]\n'
        for key in ("firm.openness", "firm.platform", "flywheel.elasticity")
    )
    design = read(tmp_path, design_text("grid", "levels = 1000", factors))
    with pytest.raises(UsageError, match=r"asks for 1,000,000,000 runs; --dry-run .* --yes"):
        check_size(design, yes=False)
    check_size(design, yes=True)


ONE = '[[factor]]\nkey = "flywheel.elasticity"\n'


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (design_text("gird", ""), "design.kind: must be 'grid', .* not \"gird\""),
        (design_text("grid", "levls = 3"), "design.levls: no such key; did you mean levels?"),
        (design_text("grid", ""), "factor flywheel.elasticity: a grid needs values, or levels"),
        (design_text("grid", "levels = 3\npoints = 4"), "design.points: means nothing for a grid design"),
        (design_text("latin-hypercube", ""), "design.points: is missing; a latin-hypercube design needs it"),
        (design_text("sobol-points", ""), "design.points: is missing; a sobol-points design needs it"),
        (
            design_text("sobol-points", "points = 3\nsecond_order = true"),
            "design.second_order: means nothing for a sobol",
        ),
        (design_text("grid", "levels = 3\nreplicates = 0"), "design.replicates: must be 1 or more, not 0"),
        (design_text("grid", "levels = 3", ""), "factor: is missing"),
        (design_text("grid", "", '[[factor]]\nkey = "flywheel.elasticty"'), "did you mean flywheel.elasticity?"),
        (design_text("grid", "", '[[factor]]\nkey = "elasticity"'), "did you mean flywheel.elasticity?"),
        (design_text("grid", "", '[[factor]]\nkey = "zzz"'), "no such parameter; 'flywheel params' lists all"),
        (design_text("grid", "levels = 2", ONE), "needs a range, as in .* must be a number from 0 to 2"),
        (design_text("grid", "levels = 2", ONE + "range = [0.5, 0.5]"), "range: is empty: 0.5 is not below 0.5"),
        (design_text("grid", "levels = 2", ONE + 'range = [0, 1]\nscale = "log"'), "log scale cannot reach or span 0"),
        (design_text("grid", "levels = 2", ONE + "range = [0, 3]"), "must be a number from 0 to 2, not 3"),
        (design_text("grid", "levels = 2", ONE + "values = []"), "values: is empty"),
        (design_text("grid", "levels = 2", ONE + "values = [1, 1.0]"), "values: names a value twice"),
        (design_text("grid", "levels = 2", ONE + 'values = ["1"]'), 'must be a number from 0 to 2, not "1"'),
        (design_text("grid", "levels = 2", ONE + "range=[0, 1]\nvalues = [1]"), "has a range and values"),
        (design_text("grid", "", (ONE + "values = [1]\n") * 2), "appears twice; one parameter can be one factor only"),
        (
            design_text("grid", "", '[[factor]]\nkey = "reuse.interval"\nrange = [1.5, 3]'),
            "a whole number from 1 to 60",
        ),
        (design_text("grid", "", '[[factor]]\nkey = "diffusion.edges"\nvalues = ["a"]'), "part of the base config"),
        (design_text("factorial", "", ONE + "values = [0, 1, 2]"), "takes two values of each factor, not 3"),
        (design_text("sobol", "points = 100"), r"powers of two; 100 would cost 800 .* use 64 \(512 runs\) or 128"),
        (design_text("morris", "trajectories = 4\nlevels = 3"), "must be even for a morris design, not 3"),
        (design_text("grid", "levels = 2\nmonths = 0"), "run.months: must be a whole number from 1"),
        (
            design_text("grid", "levels = 2\nmonths = 9", '[[factor]]\nkey = "run.months"\nvalues = [2]'),
            "factor already",
        ),
        (design_text("grid", "levels = 2", rest='[outcomes]\nfinal = ["unit_cots"]\n'), "did you mean unit_cost?"),
        (design_text("grid", "levels = 2", rest='[outcomes]\nmean = ["gap", "gap"]\n'), "names an outcome twice"),
        (
            design_text("grid", "levels = 2", rest='[stop]\noutcome = "gap"\nhalf_width = 1.0\n'),
            "stop.outcome: must be final.COLUMN or mean.COLUMN",
        ),
        (design_text("list", 'file = "none.csv"', ""), "none.csv: cannot be read: No such file or directory"),
        ('base = "base.toml"', "design: is missing"),
        ('base = "none.toml"\n[design]\nkind = "factorial"\n' + THREE, "none.toml: no such file"),
        ("[design", "broken TOML"),
    ],
)
def test_a_bad_design_is_one_line(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(UsageError, match=said) as caught:
        read(tmp_path, text)
    assert len(caught.value.lines) == 1
    assert "\n" not in caught.value.lines[0]


def test_a_design_runs_no_code(tmp_path: Path) -> None:
    """TOML holds data only; nothing in a design names something to load."""
    with pytest.raises(UsageError):
        read_design(write(tmp_path, "!!python/object/apply:os.system ['true']"))


def test_rounding_is_independent_of_the_last_bit() -> None:
    varied = factor(0.1, 0.8, "log")
    assert varied.value(math.nextafter(0.3, 1)) == varied.value(0.3)
