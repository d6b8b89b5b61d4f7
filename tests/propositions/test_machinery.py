"""The machinery on worlds whose truth is known: it finds what was planted where it was planted, and nothing else."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from experiments.errors import RunError
from experiments.inference.intervals import quantile_t
from experiments.propositions import audit, labels, planner, region
from experiments.propositions.command import Request, propositions, trace
from experiments.propositions.evidence import Look, find
from experiments.propositions.pipeline import BASE, decide
from experiments.propositions.worlds import Sample, Spot
from experiments.sweep.factors import make_factor
from experiments.sweep.session import Options
from tests.propositions.toys import CLAIM, EDGE, EFFECT, LEAKY, NOISE, NOTHING, PLANTED, TINY, claim, opened, write


def test_a_planted_effect_is_found_with_its_size_and_early(judged: Any) -> None:
    _, result, _ = judged
    (effect,) = result["effects"]
    assert (result["verdict"], result["seeds"], result["looks"]) == ("supported", 6, [6, 12, 24])
    assert effect["low"] <= EFFECT <= effect["high"]
    assert effect["high"] - effect["low"] < 10 * NOISE


def test_what_stays_undecided_is_looked_at_to_the_cap(tmp_path: Path) -> None:
    with opened(tmp_path) as lab:
        result = decide(claim(tmp_path, CLAIM.replace("sesoi = 0.3", f"sesoi = {EFFECT}")), lab, TINY)
    assert (result["verdict"], result["seeds"]) == ("undecided", 24)


def test_a_claim_judged_among_many_is_looked_at_until_holm_would_leave_its_verdict(judged: Any) -> None:
    checked, alone, lab = judged
    among = decide(checked, lab, TINY, round(0.1 / alone["p"]))
    assert alone["seeds"] < among["seeds"] < 24
    assert among["p"] < alone["p"] / 2.0


def test_a_world_without_effect_is_negligible(tmp_path: Path) -> None:
    with opened(tmp_path, NOTHING) as lab:
        result = decide(claim(tmp_path), lab, TINY)
    assert result["verdict"] == "negligible"
    assert result["region"]["shares"]["supported"]["share"] == 0.0


def test_cells_fail_hold_or_stay_open_as_planted(judged: Any) -> None:
    outcomes = {cell["name"]: cell["outcome"] for cell in judged[1]["boundary"]}
    assert outcomes == {
        "no platform": "failed", "other reliance": "held", "some accepted": "held", "luck rules": "open"
    }  # fmt: skip


def test_a_cell_is_looked_at_until_it_is_settled_though_the_base_was_settled_early(judged: Any) -> None:
    _, result, lab = judged
    seeds = {cell["name"]: cell["seeds"] for cell in result["boundary"]}
    assert result["seeds"] == seeds["no platform"] == seeds["other reliance"] == 6
    assert 6 < seeds["some accepted"] <= 24
    assert seeds["luck rules"] == 24
    assert [result["stores"][f"cell-{n}"]["seeds"] for n in (1, 2, 3, 4)] == list(seeds.values())
    assert lab.stores["T1-cell-4"] == 24 * 2


def test_the_region_shows_the_planted_rule(judged: Any) -> None:
    region = judged[1]["region"]
    share = region["shares"]["supported"]
    assert share["low"] <= 1.0 - EDGE <= share["high"]
    (condition,) = region["rule"]["conditions"]
    key, side, at = condition.split()
    assert (key, side) == ("firm.platform", ">")
    assert float(at) == pytest.approx(EDGE, abs=0.08)
    assert region["rule"]["accuracy"] > 0.85
    first, second = region["indices"]
    assert first["key"] == "firm.platform"
    assert first["low"] > abs(second["index"])


# The audit.


def test_the_audit_passes_where_payoffs_are_cut(judged: Any) -> None:
    checked, result, lab = judged
    found = audit.audit_one(checked, result, lab, TINY)
    assert {check: found[check]["outcome"] for check in audit.CHECKS} == {
        "null world": "passes", "labels": "passes", "forms": "passes", "boundary": "fails",
    }  # fmt: skip
    assert "other reliance: held" in found["boundary"]["says"]


def test_a_null_world_that_leaks_fails_and_the_command_says_so(tmp_path: Path) -> None:
    folder = tmp_path / "claims"
    folder.mkdir()
    write(folder, CLAIM.replace('"base.toml"', '"../base.toml"'))
    (folder / "base.toml").rename(tmp_path / "base.toml")
    options = Options(engine="serial", task=LEAKY)
    with pytest.raises(RunError) as error:
        propositions(Request(folder, (), "quick", tmp_path / "out", options, ("audit",)))
    (line,) = error.value.lines
    assert line.startswith("T1: its null world shows an effect: users: ")
    told = json.loads((tmp_path / "out" / "verdicts.json").read_text())
    assert told["audit"]["claims"][0]["null world"]["outcome"] == "fails"
    assert told["audit"]["rival"]["races"][0]["share"] == 0.0


def test_lineage_does_again_what_a_verdict_rests_on_and_sees_that_it_is_another_world(tmp_path: Path) -> None:
    folder = tmp_path / "claims"
    folder.mkdir()
    write(folder, CLAIM.replace('"base.toml"', '"../base.toml"'))
    (folder / "base.toml").rename(tmp_path / "base.toml")
    out, same = tmp_path / "out", Options(engine="serial", task=PLANTED)
    propositions(Request(folder, (), "quick", out, same))
    told = list(trace(out, "T1-region", folder, same, False))
    assert [line.split(":")[0] for line in told if not line.startswith(" ")] == ["T1 main", "T1 cell-1", "T1 region"]
    assert sum(line == "  done again: the same to the byte" for line in told) == 3
    with pytest.raises(RunError, match="main and region differ from what"):
        list(trace(out, "T1", folder, Options(engine="serial", task=NOTHING), False))


def test_a_boundary_means_something_only_for_what_is_supported(judged: Any) -> None:
    _, result, _ = judged
    cells = result["boundary"]
    assert audit.boundary({**result, "boundary": cells[:1]})["outcome"] == "passes"
    assert audit.boundary({**result, "boundary": cells[3:]})["outcome"] == "open"
    assert audit.boundary({**result, "verdict": "negligible"})["outcome"] == "not meaningful"


def test_a_null_world_in_which_nothing_is_known_is_open(judged: Any) -> None:
    checked, _, _ = judged
    nan = {arm: {"final.users": np.full(6, value)} for arm, value in (("open", np.nan), ("closed", 1.0))}
    assert audit.null_world(checked, Sample(nan, {}, 0), Look(6, 6, 6))["outcome"] == "open"
    same = {arm: {"final.users": np.full(6, np.nan)} for arm in ("open", "closed")}
    assert audit.null_world(checked, Sample(same, {}, 0), Look(6, 6, 6))["outcome"] == "passes"


def test_another_form_that_turns_an_effect_fails(judged: Any) -> None:
    checked, _, lab = judged
    look = Look(6, 6, 6)
    (base,) = lab.samples(checked, [BASE], 6, "confirm")
    turned = Sample({"open": base.values["closed"], "closed": base.values["open"]}, {}, 0)
    found = audit.functional_forms(find(checked, base, look), [find(checked, s, look) for s in (base, turned)])
    assert found["outcome"] == "fails"
    assert [form["turned"] for form in found["forms"]] == [[], ["users"]]
    assert "contradicted under additive" in found["says"]


def test_shuffled_labels_find_what_is_tied_to_no_label(judged: Any, monkeypatch: Any) -> None:
    """Without shuffling, the effect is found in every deal: so the check can fail."""
    checked, _, lab = judged
    (base,) = lab.samples(checked, [Spot("base", {})], 24, "confirm")
    look = Look(24, 24, 24)
    found = labels.shuffled(checked, base, look, 100)
    assert not found["effects"][0]["too_high"]
    assert found["supported"]["share"] == 0.0
    monkeypatch.setattr(labels._Dealt, "measure", Sample.measure)
    unshuffled = labels.shuffled(checked, base, look, 100)
    assert unshuffled["supported"]["share"] == unshuffled["effects"][0]["share"] == 1.0
    assert unshuffled["supported"]["too_high"]


def test_labels_do_not_matter_to_a_slope_but_its_response_does(tmp_path: Path) -> None:
    head, rest = CLAIM[: CLAIM.index("[arms]")], CLAIM[CLAIM.index("[[boundary]]") :]
    arms = '[arms]\na = {}\nb = { "firm.openness" = 0.5 }\nc = { "firm.openness" = 0.0 }\n'
    effect = (
        '[[effect]]\nname = "e"\nkind = "slope"\nmeasure = "final.users"\nagainst = "final.modules"\n'
        'arms = ["a", "b", "c"]\nsign = "+"\nsesoi = 0.1\n'
    )
    checked = claim(tmp_path, head + arms + effect + rest)
    random = np.random.default_rng(5)
    stock = {arm: random.normal(n, 0.1, 20) for n, arm in enumerate("abc")}
    given = Sample({a: {"final.modules": x, "final.users": x + random.normal(0, 0.1, 20)} for a, x in stock.items()},
                   {}, 0)  # fmt: skip
    assert find(checked, given, Look(20, 20, 20))[0].verdict == "supported"
    found = labels.shuffled(checked, given, Look(20, 20, 20), 100)
    assert found["supported"]["share"] == 0.0
    assert not found["effects"][0]["too_high"]


# The planner.


@pytest.mark.parametrize(("spread", "sesoi", "seeds"), [(1.0, 0.5, 20), (1.0, 0.2, 40)])
def test_power_is_the_share_of_decided_samples(spread: float, sesoi: float, seeds: int) -> None:
    level, random = 0.975, np.random.default_rng(11)
    d = random.normal(2.0 * sesoi, spread, (20_000, seeds))
    low = d.mean(axis=1) - quantile_t(level, seeds - 1) * d.std(axis=1, ddof=1) / seeds**0.5
    assert planner.power_at(seeds, spread, sesoi, level) == pytest.approx((low > sesoi).mean(), abs=0.015)


def test_seeds_needed_are_the_least_that_do() -> None:
    needed = planner.seeds_needed(1.0, 0.3)
    assert planner.power_at(needed, 1.0, 0.3, 0.975) >= planner.ENOUGH > planner.power_at(needed - 1, 1.0, 0.3, 0.975)
    assert planner.seeds_needed(1e-9, 0.3) == 3
    assert planner.seeds_needed(1.0, 1e-6) is None  # a million would not do, and is not named for it


def test_seeds_beyond_a_million_are_told_as_such() -> None:
    effect = {"effect": "users", "power": 0.1, "seeds_needed": None}
    assert "users needs more than 1,000,000 seeds, this budget has 20" in planner._says([effect], 0.1, 20)


@pytest.mark.parametrize("places", [12, 40])
def test_a_rank_coefficient_and_its_interval_lie_from_minus_one_to_one(places: int) -> None:
    random = np.random.default_rng(4)
    factors = [make_factor({"key": key, "range": [0.0, 1.0]}, "") for key in ("firm.openness", "flywheel.elasticity")]
    x = random.random((places, 2))

    def told(effects: Any) -> list[Any]:
        rows = zip(x, effects, strict=True)
        given = [
            region.Place({f.key: v for f, v in zip(factors, row, strict=True)}, "supported", float(effect))
            for row, effect in rows
        ]
        return region.describe(SimpleNamespace(region=factors), given, 4)["indices"]  # type: ignore[arg-type]

    x[:, 1] = 0.7 * x[:, 0] + 0.3 * x[:, 1]  # together by chance, as in few places
    for each in told(x[:, 0] - 0.3 * x[:, 1]):
        assert -1.0 <= each["low"] <= each["index"] <= each["high"] <= 1.0
    x[:, 1] = x[:, 0] + 0.2 * random.random(places)
    assert told(x[:, 0] - x[:, 1]) == []  # nothing tells the two apart


def test_the_planner_says_what_the_budget_cannot_conclude(tmp_path: Path) -> None:
    with opened(tmp_path) as lab:
        (easy,) = planner.plan([claim(tmp_path)], lab, TINY, {"T1": 500})
        hard = planner.plan_one(claim(tmp_path, CLAIM.replace("sesoi = 0.3", "sesoi = 0.03")), lab, TINY, 9, 500)
        luck = claim(tmp_path, CLAIM.replace('kind = "difference"', 'kind = "difference"\nscales = ["log"]'))
        none = planner.plan_one(luck, lab, TINY, 1, 500)
    assert easy["can_be_concluded"]
    assert (easy["pilot"]["runs"], easy["runs"]) == (20, 500)
    assert easy["seconds"] == pytest.approx(500 * easy["pilot"]["seconds"])
    assert easy["effects"][0]["spread"] == pytest.approx(NOISE * 2**0.5, rel=0.5)
    assert not hard["can_be_concluded"]
    assert hard["power_holm"] < hard["power"] < planner.ENOUGH
    assert "cannot be concluded within this budget: users needs about " in hard["says"]
    assert hard["effects"][0]["seeds_needed"] == pytest.approx((2.3 + 0.85) ** 2 * 2 * (NOISE / 0.03) ** 2, rel=0.6)
    assert none["power"] is not None


def test_the_planner_does_not_guess_what_the_pilot_does_not_show(tmp_path: Path) -> None:
    text = CLAIM.replace('measure = "final.users"', 'measure = "final.trials"')
    with opened(tmp_path) as lab:
        (told,) = planner.plan([claim(tmp_path, text)], lab, TINY, {"T1": 500})
    assert (told["power"], told["can_be_concluded"]) == (None, False)
    assert "does not vary over the seeds of the pilot" in told["says"]
