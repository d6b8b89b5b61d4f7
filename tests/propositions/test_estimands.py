"""Each kind of estimand finds a truth that was put into arrays, and its interval is as wide as it must be."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import stats

from experiments.errors import UsageError
from experiments.propositions import worlds
from experiments.propositions.evidence import Finding, Look, find_one, glimpse
from experiments.propositions.schema import Measure
from tests.propositions.toys import CLAIM, claim, sample

SEEDS = 160
LOOK = Look(SEEDS, SEEDS, SEEDS)
ARMS = ("a", "b", "c", "d")
Values = dict[str, dict[str, Any]]


def text(effect: str, arms: str = "", measures: str = "") -> str:
    """Return a claim with one effect over arms that differ in openness."""
    listed = "\n".join(f'{arm} = {{ "firm.openness" = {n / 10} }}' for n, arm in enumerate(ARMS))
    head, rest = CLAIM[: CLAIM.index("[arms]")], CLAIM[CLAIM.index("[[boundary]]") :]
    return f'{head}{arms or f"[arms]{chr(10)}{listed}"}\n{measures}\n[[effect]]\nname = "e"\n{effect}\n{rest}'


def found(folder: Path, effect: str, values: Values, look: Look = LOOK, **more: str) -> Finding:
    checked = claim(folder, text(effect, **more))
    return find_one(checked, checked.effects[0], sample(values, checked), look)


def luck(scale: float = 1.0, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(0.0, scale, SEEDS)


def holds(finding: Finding, truth: float, width: float) -> None:
    """An interval holds the truth and is narrow."""
    assert finding.low <= truth <= finding.high
    assert finding.low <= finding.estimate <= finding.high
    assert finding.high - finding.low < width


DIFFERENCE = 'kind = "difference"\nmeasure = "final.users"\narms = ["a", "b"]\nsign = "+"\n'


def test_a_difference_and_its_share_of_an_arm(tmp_path: Path) -> None:
    shared = luck(5.0, 1)
    values = {"a": {"final.users": 22 + shared + luck(0.5, 2)}, "b": {"final.users": 20 + shared + luck(0.5, 3)}}
    level = found(tmp_path, DIFFERENCE + "sesoi = 1.0", values)
    holds(level, 2.0, 0.4)
    assert level.verdict == "supported"
    share = found(tmp_path, DIFFERENCE + 'sesoi = 0.2\nof = "b"', values)
    holds(share, 0.1, 0.03)
    assert share.verdict == "negligible"
    against = found(tmp_path, DIFFERENCE.replace('"+"', '"-"') + "sesoi = 1.0", values)
    assert (against.verdict, against.strength < -1.0) == ("contradicted", True)


def test_a_median_is_the_middle_of_the_differences_and_its_p_that_of_the_sign_test(tmp_path: Path) -> None:
    shared, own = luck(5.0, 1), np.exp(luck(2.0, 2))  # median 1, mean e²
    values = {"a": {"final.users": 20 + shared + own}, "b": {"final.users": 20 + shared}}
    middle = DIFFERENCE + 'statistic = "median"\n'
    level = found(tmp_path, middle + "sesoi = 0.4", values)
    holds(level, 1.0, 1.5)
    assert level.estimate == pytest.approx(np.median(own))
    bounds = stats.quantile_test(own, q=0, p=0.5).confidence_interval(0.95)
    assert (level.low, level.high) == pytest.approx((bounds.low, bounds.high))
    assert level.verdict == "supported"
    sign_test = stats.binomtest(int((own <= 0.4).sum()), SEEDS, 0.5, "less").pvalue
    assert level.p == pytest.approx(2.0 * sign_test, rel=1e-5)
    assert found(tmp_path, DIFFERENCE + "sesoi = 2.0", values).verdict == "supported"  # the mean is elsewhere
    wide = found(tmp_path, middle + "sesoi = 2.0", values)
    above = stats.binomtest(int((own >= 2.0).sum()), SEEDS, 0.5, "less").pvalue
    assert (wide.verdict, wide.p) == ("negligible", pytest.approx(2.0 * above, rel=1e-5))
    looked = found(tmp_path, middle + "sesoi = 0.4", values, Look(SEEDS, 2 * SEEDS, 20))
    assert looked.p == pytest.approx(2.0 * sign_test * 4.0, rel=1e-5)  # this look may spend a quarter of the error
    assert looked.low < level.low
    few = {arm: {"final.users": columns["final.users"][:4]} for arm, columns in values.items()}
    assert found(tmp_path, middle + "sesoi = 0.4", few, Look(4, 4, 4)).low == -math.inf


def test_a_product_interacts_in_levels_and_not_in_logs(tmp_path: Path) -> None:
    both = {"a": 6.0, "b": 3.0, "c": 2.0, "d": 1.0}
    values = {arm: {"final.users": size * np.exp(luck(0.02, n))} for n, (arm, size) in enumerate(both.items())}
    effect = 'kind = "interaction"\nmeasure = "final.users"\narms = ["a", "b", "c", "d"]\nsign = "+"\nsesoi = 0.1\n'
    holds(found(tmp_path, effect, values), 2.0, 0.2)
    assert found(tmp_path, effect + 'scales = ["log"]', values).verdict == "negligible"


def test_shocks_come_back_in_the_mean_of_several_comparisons(tmp_path: Path) -> None:
    """Two slots of other levels; a shock lowers own cost by 1 everywhere, and by 0.2 and 0.4 more where loops run."""
    names = [f"{slot}{world}{shock}" for slot in "ab" for world in "lc" for shock in "s0"]
    listed = "\n".join(f'{name} = {{ "firm.openness" = {n / 10} }}' for n, name in enumerate(names))
    loops = {"as": -1.2, "bs": -1.4}
    values: Values = {}
    for n, name in enumerate(names):
        response = 0.0 if name.endswith("0") else loops.get(name[0] + name[2], -1.0) if name[1] == "l" else -1.0
        level = {"al": 5.0, "ac": 7.0, "bl": -3.0, "bc": 0.0}[name[:2]]  # drops out
        values[name] = {"final.users": level + response + luck(0.05, n)}
    effect = f'kind = "interaction"\nmeasure = "final.users"\narms = {json.dumps(names)}\nsign = "-"\nsesoi = 0.1\n'
    finding = found(tmp_path, effect, values, arms=f"[arms]\n{listed}")
    holds(finding, -0.3, 0.04)
    assert finding.verdict == "supported"


@pytest.mark.parametrize(
    ("kind", "run", "value"),
    [
        ("log-mean", [1.0, math.e, math.e**5], 2.0), ("log-mean", [1.0, 0.0, 1.0], math.nan),
        ("log-mean", [math.nan] * 3, math.nan), ("log-mean", [math.nan, 1.0, math.e**2], 1.0),
        ("fall", [math.e, 0.0, 1.0], 1.0), ("fall", [1.0, 1.0, 0.0], math.nan),
        ("fall", [math.nan] * 3, math.nan), ("fall", [math.nan, math.e, 1.0], 1.0),
        ("first-month", [9.0, 4.0, 3.0], 2.0), ("first-month", [9.0, 8.0, 7.0], math.inf),
        ("first-month", [math.nan, 9.0, 4.0], 3.0),
    ],
)  # fmt: skip
def test_measures_of_months(kind: Any, run: list[float], value: float) -> None:
    measure = Measure(kind=kind, unit="1", column="unit_cost", at_most=4.0 if kind == "first-month" else None)
    assert worlds._of_months(measure, np.array(run)) == pytest.approx(value, nan_ok=True)


def test_a_slope_and_a_coefficient_beside_a_control(tmp_path: Path) -> None:
    values: Values = {}
    for n, arm in enumerate(ARMS):
        stock, other = np.exp(n + luck(0.3, n)), np.exp(luck(1.0, 10 + n))
        output = stock**0.4 * other**0.7 * np.exp(luck(0.1, 20 + n))
        values[arm] = {"final.users": output, "final.modules": stock, "final.trials": other}
    rest = 'measure = "final.users"\nagainst = "final.modules"\narms = ["a", "b", "c", "d"]\nsign = "+"\nsesoi = 0.1\n'
    holds(
        found(tmp_path, f'kind = "coefficient"\n{rest}scales = ["log"]\ncontrols = ["final.trials"]', values), 0.4, 0.1
    )
    plain = {arm: {**columns, "final.users": columns["final.modules"] ** 0.4} for arm, columns in values.items()}
    exact = found(tmp_path, f'kind = "slope"\n{rest}scales = ["log"]', plain)
    assert (exact.low, exact.high) == (pytest.approx(0.4), pytest.approx(0.4))


def test_scale_pays_if_cost_rises_slower_than_output(tmp_path: Path) -> None:
    values = {}
    for n, arm in enumerate(ARMS[:2]):
        output = 10.0 * (n + 1) + np.abs(luck(1.0, n))
        values[arm] = {"final.users": 3.0 * output**0.8 * np.exp(luck(0.02, 5 + n)), "final.modules": output}
    effect = (
        'kind = "scale-elasticity"\nmeasure = "final.users"\nagainst = "final.modules"\narms = ["a", "b"]\n'
        'threshold = 1.0\nsign = "+"\nsesoi = 0.1'
    )
    finding = found(tmp_path, effect, values)
    holds(finding, 1.25, 0.05)
    assert (finding.verdict, finding.contains_nothing) == ("supported", False)


def test_a_hazard_ratio_of_pairs(tmp_path: Path) -> None:
    measures = '[measures.t]\nkind = "first-month"\nunit = "month"\ncolumn = "unit_cost"\nat_most = 0.1'
    effect = 'kind = "hazard-ratio"\nmeasure = "t"\narms = ["a", "b"]\nsign = "+"\nsesoi = 1.25'
    random = np.random.default_rng(3)
    times = {"a": random.exponential(1.0, SEEDS), "b": random.exponential(3.0, SEEDS)}
    times["a"][:5] = times["b"][:5] = np.inf
    values = {arm: {"series:t": time} for arm, time in times.items()}
    finding = found(tmp_path, effect, values, measures=measures)
    holds(finding, math.log(3.0), 1.0)
    assert (finding.verdict, finding.seeds) == ("supported", SEEDS - 5)
    assert "5 never" in finding.note


@pytest.mark.parametrize(("top", "verdict"), [(1.5, "supported"), (9.0, "negligible")])
def test_a_hump_is_told_from_a_rise(tmp_path: Path, top: float, verdict: str) -> None:
    arms = '[dose]\nkey = "architecture.coupling"\nvalues = [0, 1, 2, 3]'
    effect = 'kind = "inverted-u"\nmeasure = "final.users"\nsign = "+"\nsesoi = 0.5'
    values = {str(n): {"final.users": -((n - top) ** 2) + luck(0.1, n)} for n in range(4)}
    finding = found(tmp_path, effect, values, arms=arms)
    assert finding.verdict == verdict if top < 3 else finding.verdict != "supported"


def test_complements_need_every_contrast(tmp_path: Path) -> None:
    effect = 'kind = "complements"\nmeasure = "final.users"\narms = ["a", "b", "c", "d"]\nsign = "+"\nsesoi = 0.1'
    size = {"a": 4.0, "b": 1.0, "c": 1.0, "d": 0.0}
    values = {arm: {"final.users": size[arm] + luck(0.3, n)} for n, arm in enumerate(ARMS)}
    finding = found(tmp_path, effect, values)
    holds(finding, 2.0, 0.3)
    assert finding.verdict == "supported"
    values["a"] = {"final.users": luck(0.3, 9)}
    assert found(tmp_path, effect, values).verdict == "contradicted"


@pytest.mark.parametrize(("part", "truth"), [("spread", 0.5), ("interaction", 1.0)])
def test_shapley_splits_what_only_two_together_give(tmp_path: Path, part: str, truth: float) -> None:
    keys = {"one": "reuse.enabled", "other": "flywheel.enabled", "dummy": "feedback.patches"}
    switches = "".join(f'[switches.{name}]\noff = {{ "{key}" = false }}\n' for name, key in keys.items())
    effect = f'kind = "shapley"\npart = "{part}"\nmeasure = "final.users"\nsign = "+"\nsesoi = 0.2'
    names = [f"{n:03b}" for n in range(8)]
    values = {  # the first two give 1 together and nothing alone
        name: {"final.users": (name[0] == "1") * (name[1] == "1") + luck(0.05, n)} for n, name in enumerate(names)
    }
    finding = found(tmp_path, effect, values, arms=switches)
    holds(finding, truth, 0.15)
    assert finding.verdict == "supported"


def test_what_has_no_number_is_undecided_and_says_so(tmp_path: Path) -> None:
    values = {arm: {"final.users": np.full(SEEDS, np.nan)} for arm in ARMS}
    finding = found(tmp_path, DIFFERENCE + "sesoi = 1.0", values)
    assert (finding.verdict, finding.contains_nothing) == ("undecided", True)
    assert "cannot be estimated" in finding.note


def test_a_glimpse_is_the_finding_without_its_p(tmp_path: Path) -> None:
    checked = claim(tmp_path, text(DIFFERENCE + "sesoi = 1.0"))
    for shift in (0.0, 0.9, 1.3, -1.5):
        given = sample({"a": {"final.users": shift + luck(1.0, 1)}, "b": {"final.users": luck(1.0, 2)}}, checked)
        full = find_one(checked, checked.effects[0], given, LOOK)
        kind, interval = glimpse(checked, checked.effects[0], given, LOOK)
        assert (kind, interval.low, interval.high) == (full.verdict, full.low, full.high)


@pytest.mark.parametrize("truth", [0.0, 1.0])
def test_looking_again_errs_no_more_than_allowed(tmp_path: Path, truth: float) -> None:
    """At no effect and at one that only just is too small, any verdict for it is an error; 5 % over all looks."""
    _errs_at_most(tmp_path, truth, 400)


@pytest.mark.slow
@pytest.mark.parametrize("truth", [0.0, 1.0])
def test_looking_again_errs_no_more_than_allowed_in_many(tmp_path: Path, truth: float) -> None:
    _errs_at_most(tmp_path, truth, 8000)


def _errs_at_most(tmp_path: Path, truth: float, repetitions: int) -> None:
    checked = claim(tmp_path, text(DIFFERENCE + "sesoi = 1.0"))
    (effect,) = checked.effects
    random, errors = np.random.default_rng(7), 0
    for _ in range(repetitions):
        a, b = random.normal(truth, 2.0, 80), random.normal(0.0, 2.0, 80)
        for seeds in (20, 40, 80):
            given = sample({"a": {"final.users": a[:seeds]}, "b": {"final.users": b[:seeds]}}, checked)
            kind, _ = glimpse(checked, effect, given, Look(seeds, 80, 20))
            if kind != "undecided":
                errors += kind in ("supported", "contradicted")
                break
    assert stats.binomtest(errors, repetitions, 0.05, alternative="greater").pvalue > 0.001, errors / repetitions


def test_arms_of_an_interaction_come_in_fours(tmp_path: Path) -> None:
    arms = '"a", "b", "c", "d", "a", "b"'
    with pytest.raises(UsageError, match="effect 'e': arms come in fours: both, one, the other, neither"):
        claim(tmp_path, text(f'kind = "interaction"\nmeasure = "final.users"\narms = [{arms}]\nsign = "+"\nsesoi = 1'))
