"""Bands, paired differences and the one seed are what the model's own runs say."""

import numpy as np
import pytest
from scipy import stats

from experiments.bands.numbers import Differences, bands_of, differences_of
from experiments.page.charts import bands_chart, difference_chart, lineage_chart, network_chart
from experiments.page.runs import Left, Runs
from experiments.page.scenes import FOCAL, NOBODY, fills_of, play
from experiments.page.words import finding_of, last_answer, shown
from sim.batch import run_batch
from sim.model import InnovationModel
from sim.outcomes import Event
from sim.parameters import Parameters

SMALL = Parameters().replace({"run.months": 14, "diffusion.adopters": 60, "diffusion.p": 0.4})
CLOSED = SMALL.replace({"firm.openness": 0.0, "run.months": 12})
NAN = np.nan


def test_band_is_of_the_seeds_that_have_a_value():
    values = np.random.default_rng(1).normal(size=(40, 3))
    values[:10, 1], values[:, 2] = NAN, NAN
    band = bands_of(values)
    assert np.allclose([each[0] for each in band[2:]], np.quantile(values[:, 0], (0.05, 0.5, 0.95)))
    assert np.allclose([each[1] for each in band[2:]], np.quantile(values[10:, 1], (0.05, 0.5, 0.95)))
    assert np.isnan([each[2] for each in band[1:]]).all()


def test_difference_is_the_paired_t_interval():
    rng = np.random.default_rng(2)
    a = rng.normal(size=(30, 4))
    b = a + rng.normal(0.3, 0.2, size=a.shape)
    a[:5, 1], b[3:9, 1], a[1:, 2], a[:, 3] = NAN, NAN, NAN, NAN
    found = differences_of(a, np.hstack([b, b]))
    for month, kept in ((0, slice(None)), (1, slice(9, None))):
        interval = stats.ttest_rel(b[kept, month], a[kept, month]).confidence_interval(0.95)
        assert np.allclose((found.low[month], found.high[month]), interval)
    assert found.seeds.tolist() == [30, 21, 1, 0]
    assert np.isnan(found.low[2:]).all()
    assert np.isfinite(found.mean[2])
    assert np.isnan(found.mean[3])


@pytest.mark.parametrize(
    ("ends", "answer", "said"),
    [
        ((2.0, 1.0, 3.0, 9), "b_higher", "B is higher than A by 2 (95 % interval 1 to 3; 9 paired seeds)"),
        ((-2.0, -3.0, -1.0, 9), "b_lower", "B is lower than A by 2 (95 % interval 1 to 3; 9 paired seeds)"),
        ((-0.5, -1.5, 0.5, 9), "not_told", "B − A is −0.5 (95 % interval −1.5 to 0.5"),
        ((0.0, 0.0, 0.0, 9), "equal", "equal in each of 9"),
        ((NAN, NAN, NAN, 0), "no_value", "No seed has a value"),
        ((2.0, NAN, NAN, 1), "not_told", "no difference can be seen"),
    ],
)
def test_last_month_is_told_in_words(ends, answer, said):
    mean, low, high, pairs = (np.array([each]) for each in ends)
    found = Differences(pairs, mean, mean, mean, low, high)
    assert last_answer(found) == answer
    assert said in finding_of(found, "en")
    assert finding_of(found, "zh") != finding_of(found, "en")


def test_runs_are_the_batch_of_the_same_seeds_whole_or_in_pieces(monkeypatch):
    monkeypatch.setattr("experiments.bands.worlds._FIRST", 3)
    done: list[int] = []
    runs = Runs(threads=2)
    seen = runs.seen(SMALL, 10, done.append)
    whole = run_batch(SMALL, range(10), 1)
    assert all(values.tobytes() == np.ascontiguousarray(whole[name]).tobytes() for name, values in seen.items())
    assert sum(done) == 10
    assert len(done) > 1
    assert runs.seen(SMALL, 10, done.append) is seen
    assert sum(done) == 10
    with pytest.raises(Left):
        runs.seen(CLOSED, 10, wanted=lambda: False)
    assert runs.seen(CLOSED, 2)["unit_cost"].shape == (2, 12)


def test_one_seed_is_the_model_month_by_month():
    scene, model = play(SMALL, 3), InnovationModel(SMALL, rng=3)
    model.run_model()
    record = model.tables.record[-1]
    filled = scene.filled(SMALL.run.months)
    for way in ("made", "copied", "reused", "adopted"):
        assert filled[way] == record[f"events_{way}"]
    assert scene.released(SMALL.run.months) == record["events_released"]
    assert scene.using(SMALL.run.months)[FOCAL] == record["users"]
    assert scene.uses.shape == (SMALL.run.months + 1, 60)
    assert (scene.uses[0] == NOBODY).all()
    assert scene.filled(0).keys() == filled.keys()
    neighbours = {(link[0], link[1]) for link in scene.links.tolist()}
    assert len(neighbours) == len(model.crowd.neighbours) // 2


def test_modules_alive_at_once_have_lanes_of_their_own():
    def event(month, kind, module, firm="focal"):
        return Event(month, kind, firm, "", "base", module, 0.0, "")

    events = [
        event(2, "made", 1), event(3, "made", 2), event(4, "made", 9, "rival-1"), event(5, "reused", 1),
        event(6, "reused", 2), event(7, "adopted", 3),
    ]  # fmt: skip
    fills = fills_of(events, ("other", "base"))
    assert [(fill.month, fill.module, fill.lane) for fill in fills] == [
        (2, 1, 0),
        (3, 2, 1),
        (5, 1, 0),
        (6, 2, 1),
        (7, 3, 0),
    ]
    assert {fill.slot for fill in fills} == {1}


@pytest.mark.parametrize("language", ["en", "zh"])
def test_charts_hold_what_was_computed(language):
    runs = Runs(threads=1)
    seen = [runs.seen(world, 6)["unit_cost"] for world in (SMALL, CLOSED)]
    bands = {"a": bands_of(seen[0]), "b": bands_of(seen[1])}
    chart = bands_chart(bands, "unit cost", language, "said")
    low, rise, median = (each["data"] for each in chart["series"][:3])
    assert [len(each["data"]) for each in chart["series"]] == [14, 14, 14, 12, 12, 12]
    assert low[0] is None  # no product yet
    assert low[-1] + rise[-1] == pytest.approx(bands["a"].high[-1], rel=1e-3)
    assert median[-1] == pytest.approx(bands["a"].median[-1], rel=1e-4)
    assert chart["aria"]["label"]["description"] == "said"
    assert len(difference_chart(differences_of(*seen), "unit cost", language, "")["series"][0]["data"]) == 12
    scene = play(SMALL, 3)
    drawn = lineage_chart(scene, 14, language, "")["series"]
    assert sum(len(each["data"]) for each in drawn[1:]) == len(scene.fills)
    assert not any(each["data"] for each in lineage_chart(scene, -1, language, "")["series"])
    assert len(network_chart(scene, 14, language, "")["series"][0]["data"]) == 60


@pytest.mark.parametrize(
    ("value", "text"),
    [(NAN, "–"), (-1.774e-12, "−1.77×10⁻¹²"), (-0.012345, "−0.0123"), (123456.7, "123,457"), (0.0, "0")],
)
def test_numbers_are_written_for_people(value, text):
    assert shown(value) == text
