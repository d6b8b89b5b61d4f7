"""The object-code twin: what it writes out is what defaults switch on, its books balance, and it is the same model."""

from __future__ import annotations

from random import Random
from typing import Any

import numpy as np
import pytest

from benchmarks import whole
from benchmarks.shares import NotSampledError, kind, shares
from benchmarks.twin import Twin, agree
from benchmarks.twin.adopter import Adopter
from benchmarks.twin.firm import Firm
from benchmarks.twin.modules import Module, best_of
from benchmarks.twin.search import Input, Task, redesign
from sim.outcomes import COLUMNS
from sim.parameters import SWITCH, Parameters, declared

# What the twin does not write out, with the default that leaves it out.
LEFT_OUT = {
    "run.order": "search-first",
    "architecture.links": "ring",
    "architecture.partners": {},
    "search.engine": "shortcut",
    "flywheel.topology": "links",
    "flywheel.form": "power",
    "demand.misfit": 0.0,
    "diffusion.network": "small-world",
    "diffusion.rule": "hazard",
    "diffusion.seeds": 0.0,
    "policy.schedule": (),
    "release.schedule": (),
    "shock.slot": "",
}


def small(seed: int = 0, months: int = 14) -> Twin:
    return Twin(months=months, adopters=200, rng=seed)


def test_defaults_switch_on_what_the_twin_writes_out_and_no_more() -> None:
    given = Parameters().model_dump()
    for key, value in LEFT_OUT.items():
        section, name = key.split(".")
        assert given[section][name] == value, key
    off = [key for key, info in declared() if (info.json_schema_extra or {}).get("unit") == SWITCH and not info.default]
    assert off == ["shock.lasting"]  # no slot is shocked


def test_every_month_the_books_balance() -> None:
    model = small(months=40)
    while model.running:
        model.step()
        adopters = list(model.agents_by_type[Adopter])
        products = [product for firm in model.firms for product in firm.products]
        for firm in model.firms:
            assert firm.users == sum(adopter.choice is firm for adopter in adopters)
            assert firm.cash >= 0.0
            assert 0.0 <= firm.gap <= 1.0
            assert 0.0 < firm.capability < 1.0
            assert len({product.line for product in firm.products}) == len(firm.products) <= 2
        for module in model.agents_by_type[Module]:
            assert module.uses == sum(module in product.modules for product in products)
            assert 0.0 < module.cost <= 1.0
            if module.uses:
                assert module.cost >= model.frontier.best[module.slot]
        for product in products:
            assert [module.slot for module in product.modules] == list(range(8))
    live = {module for firm in model.firms for module in (*firm.modules(), *firm.spare.values())}
    assert set(model.agents_by_type[Module]) == live
    assert all(firm.releases and firm.experience and firm.users for firm in model.firms)


def test_the_network_is_the_small_world_of_the_defaults() -> None:
    degrees = [len(list(adopter.cell.neighborhood.agents)) for adopter in small().agents_by_type[Adopter]]
    assert np.mean(degrees) == Parameters().diffusion.degree
    assert np.std(degrees) > 0.5


def test_a_seed_gives_one_run() -> None:
    one, same, other = (small(seed, months=6) for seed in (3, 3, 4))
    for model in (one, same, other):
        model.run_model()
    assert one.datacollector.model_vars == same.datacollector.model_vars
    assert one.datacollector.model_vars != other.datacollector.model_vars


def test_it_observes_what_the_model_observes() -> None:
    rows = agree.run_twin([0])
    assert rows[0]["month"] == Parameters().run.months
    assert set(agree.OUTCOMES) == set(agree.REPORTERS) - {"month"}
    assert set(agree.OUTCOMES) < {column.name for column in COLUMNS}


def test_a_cut_takes_what_came_from_outside_at_a_price_as_far_as_cash_goes() -> None:
    model = small()
    firm = model.firms[0]
    product, kept = firm.products[0], firm.products[0].modules[2]
    for slot in (2, 5):
        old = product.modules[slot]
        product.modules[slot] = Module(model, slot, None, 0.0, 0.01, outside=True)
        product.modules[slot].uses, old.uses = 1, 0
        firm.retire(old)
    spare = firm.spare.pop(5)
    firm.cash = 70.0
    firm.lose_adopted()
    assert product.modules[2] is kept
    assert product.modules[5].owner is firm
    assert product.modules[5] is not spare
    assert [module.uses for module in product.modules] == [1] * 8
    assert (firm.lost, firm.cash, firm.development) == (2, 0.0, 70.0)


def module(model: Twin, cost: float, slot: int = 0) -> Module:
    return Module(model, slot, model.firms[0], 0.0, cost, outside=False)


def test_a_price_follows_its_inputs_down_to_the_floor() -> None:
    model = small()
    inputs = [Input(module(model, 0.25), 1.0, 0.5), Input(module(model, 0.1), 0.2, 1.0)]
    task = Task([], [], 60.0, 10.0, 1e-3, inputs)
    assert task.rate() == pytest.approx(60.0 / (10.0 * 0.5 * 0.5))
    task.inputs.append(Input(module(model, 1e-9), 1.0, 1.0))
    assert task.rate() == pytest.approx(60.0 / (10.0 * 1e-3))


def test_trials_on_one_module_find_what_as_many_draws_find() -> None:
    model, random = small(), Random(0)
    found = []
    for _ in range(2000):
        root = module(model, 1.0)
        bought, _ = redesign([Task([root], [0.7], 90.0, 10.0, 1e-3, [])], 1.0, random)
        assert bought == pytest.approx(9.0)
        found.append(root.cost)
    # The least of a Poisson number of uniforms, and 1: its mean is (1 - exp(-n)) / n.
    assert np.mean(found) == pytest.approx(1.0 / 9.0, abs=4.0 * np.std(found) / len(found) ** 0.5)
    assert best_of(0.0, 1.0, random, model.rng) == 1.0
    drawn = [best_of(9.0, 1.0, random, model.rng) for _ in range(2000)]
    assert np.mean(np.log(drawn)) == pytest.approx(np.mean(np.log(found)), abs=4.0 * (2.0 * 1.7 / 2000) ** 0.5)


@pytest.mark.slow
def test_the_twin_is_the_same_model() -> None:
    compared = agree.agreement(60)
    assert not any(each.differs for each in compared), agree.report(compared)


def rate_at_founding(task: Task) -> float:
    return task.budget / task.base


def review_for_nothing(firm: Firm) -> None:
    REVIEW(firm)
    firm.review = 0.0


REVIEW = Firm.review_contributions


@pytest.mark.slow
@pytest.mark.parametrize(
    ("kind", "method", "wrong"),
    [(Task, "rate", rate_at_founding), (Firm, "review_contributions", review_for_nothing)],
    ids=["prices that stay", "a review that costs nothing"],
)
def test_another_model_is_noticed(monkeypatch: pytest.MonkeyPatch, kind: type, method: str, wrong: Any) -> None:
    monkeypatch.setattr(kind, method, wrong)
    assert any(each.differs for each in agree.agreement(30))


def test_distributions_that_are_the_same_agree_and_others_do_not() -> None:
    rng = np.random.default_rng(0)
    keys = [(f"outcome {n}", 60) for n in range(20)]
    model, same = ({key: rng.normal(size=60).tolist() for key in keys} for _ in range(2))
    compared = agree.compare(model, same)
    assert not any(each.differs for each in compared)
    assert "of 20 distributions none differs" in agree.report(compared)
    wider = {**same, keys[7]: (5.0 * rng.normal(size=60)).tolist(), keys[9]: (2.0 + rng.normal(size=60)).tolist()}
    compared = agree.compare(model, wider)
    assert {each.outcome for each in compared if each.differs} == {"outcome 7", "outcome 9"}
    told = agree.report(compared, 3).splitlines()
    assert [line.split("  ")[0] for line in told[2:4]] == ["outcome 9", "outcome 7"]
    assert len(told) == 2 + 3 + 2
    assert told[-1].startswith("of 20 distributions 2 differ")


def apart(runs: int) -> list[agree.Compared]:
    return agree.compare({("users", 60): [0.0] * runs}, {("users", 60): [1.0] * runs})


def alike(runs: int) -> list[agree.Compared]:
    return agree.compare({("users", 60): [0.0] * runs}, {("users", 60): [0.0] * runs})


@pytest.mark.parametrize(("found", "status"), [(apart, 1), (alike, 0)])
def test_the_status_says_whether_they_differ(monkeypatch: pytest.MonkeyPatch, found: Any, status: int) -> None:
    monkeypatch.setattr(agree, "agreement", found)
    monkeypatch.setattr("sys.argv", ["agree"])
    with pytest.raises(SystemExit) as ended:
        agree.main()
    assert ended.value.code == status


def test_another_model_is_not_timed(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(whole, "agreement", apart)
    monkeypatch.setattr(whole, "compare", None)
    with pytest.raises(SystemExit, match="the twin is another model than ours"):
        whole.measure()
    assert "of 1 distributions 1 differ" in capsys.readouterr().out


def no_profiler(seconds: float) -> dict[str, float]:
    raise NotSampledError(f"no profiler for {seconds:g} s")


@pytest.mark.parametrize(
    ("profiler", "verdict", "note"),
    [
        (no_profiler, "not measured", "no profiler for 8 s"),
        (lambda _: {"interpreter": 0.4, "NumPy": 0.5, "compiled": 0.1}, "met", ""),
    ],
)
def test_speeds_and_shares_become_targets(
    monkeypatch: pytest.MonkeyPatch, profiler: Any, verdict: str, note: str
) -> None:
    monkeypatch.setattr(whole, "agreement", alike)
    monkeypatch.setattr(whole, "sample", profiler)
    monkeypatch.setattr(whole, "model_run", lambda: 0.01)
    monkeypatch.setattr(whole, "twin_run", lambda: 2.0)
    part = whole.measure()
    assert [target.verdict for target in part.targets] == ["met", verdict]
    assert part.targets[0].measured == (200.0, 200.0, 200.0)
    assert part.targets[1].note == note
    assert part.found["runs_a_second_and_core"] == {"model": 100.0, "twin by mesa.batch_run": 0.5}


@pytest.mark.slow
def test_fault_is_found_with_chance_one_in_a_hundred_a_family() -> None:
    rng = np.random.default_rng(1)
    faults = 0
    for _ in range(300):
        sides = ({("outcome", n): rng.normal(size=40).tolist() for n in range(10)} for _ in range(2))
        faults += any(each.differs for each in agree.compare(*sides))
    assert faults <= 9  # more has a chance below 0.2 %


STACKS = """\
<module> (<string>:11);measured (<string>:7);run_model (mesa/model.py:198);rate (sim/a.py:3) 40
<module> (<string>:11);measured (<string>:7);price (sim/a.py:9);multiply (numpy/_core/u.so);free (libc.so.6) 20
<module> (<string>:11);measured (<string>:7);price (sim/a.py:9);math_log (mathmodule.c:220);log (libm.so.6) 5
<module> (<string>:11);measured (<string>:7);mean (numpy/_core/fromnumeric.py:9) 5
<module> (<string>:11);measured (<string>:7);dot (sim/a.py:9);dgemv (libscipy_openblas64_-32a4b2a6.so) 10
<module> (<string>:11);measured (<string>:7);go (sim/a.py:9);call (_dispatcher.cpp:1459);get (numpy/c.so) 12
<module> (<string>:11);measured (<string>:7);go (sim/a.py:9);0x7f37d684524a (?);log (libm.so.6) 8
<module> (<string>:10);run_model (mesa/model.py:198);compile (numba/core/dispatcher.py:900) 900
"""


def test_a_sample_counts_by_what_the_innermost_function_called() -> None:
    assert shares(STACKS.splitlines()) == {"interpreter": 0.5, "NumPy": 0.3, "compiled": 0.2}
    assert kind(["measured (<string>:7)", "gc_collect_main (libpython3.11.so.1.0)"]) == "interpreter"
    with pytest.raises(NotSampledError, match="saw no run"):
        shares(STACKS.splitlines()[-1:])
