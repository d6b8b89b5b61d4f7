"""A claim is a file: what could not be tested is refused in one line, and what it asks is what is run and read."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from experiments.claims.claim import Claim, only, read_claim, read_claims, resolved_changes
from experiments.claims.estimands import ESTIMANDS
from experiments.claims.estimands.base import Ask, log_of_means, made_up
from experiments.claims.judging import CONTRADICTED, NEGLIGIBLE, SUPPORTED, judge_effect
from experiments.claims.laboratory import design_of, measured, rows_of, target_of
from experiments.claims.over import Worlds
from experiments.claims.schema import Effect
from experiments.errors import UsageError
from experiments.sweep.factors import resolve
from tests.cli.test_cli import ROOT

NAN = np.nan
BASE = "[firm]\nplatform = 0.9\nself_reliance = 0.7\n"
CLAIM = """
id = "T1"
title = "Openness brings users"
title_zh = "开源带来用户"
statement = "s"
words = "w"
words_zh = "词"
mechanism = "m"
wrong = "Nobody comes."
base = "base.toml"
months = 4

[arms]
open = {}
closed = { "firm.openness" = 0.0 }

[measures.early]
kind = "first-month"
title = "months to a target"
unit = "month"
column = "unit_cost"
target = { arm = "closed" }

[[rung]]
name = "effect"
says = "More users."

[[rung.effect]]
name = "users"
kind = "difference"
sign = "+"
sesoi = 0.3
measure = "final.users"
arms = ["open", "closed"]

[[control]]
name = "no platform"
changes = { "firm.platform" = 0.2 }
why = "Nobody looks."

[null]
changes = { "firm.accept" = 0.0 }
why = "Nothing is accepted."

[phase.x]
key = "firm.platform"
title = "platform"
range = [0.0, 1.0]

[phase.y]
key = "firm.self_reliance"
title = "self-reliance"
range = [0.0, 1.0]
"""


def write(folder: Path, claim: str = CLAIM, name: str = "T1.toml", base: str = BASE) -> Path:
    (folder / "base.toml").write_text(base)
    path = folder / name
    path.write_text(claim, "utf-8")
    return path


def of(folder: Path, claim: str = CLAIM) -> Claim:
    return read_claim(write(folder, claim))


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('"final.users"', '"final.userz"', "effect 'users': no such measure, and: no such outcome: 'userz'; did you "),
        ('"final.users"', '"users"', "must be final.COLUMN, mean.COLUMN or read.READING, not 'users'"),
        ('"firm.openness" = 0.0', '"firm.openness" = 1.0', "arm closed: changes nothing: it is the same world as arm "),
        ('"firm.openness" = 0.0', '"firm.opennes" = 0.0', "factor firm.opennes: no such parameter; did you mean "),
        ('"firm.openness" = 0.0', '"firm.openness" = 1.5', "must be a number from 0 to 1 (share)"),
        ('"firm.openness" = 0.0', '"firm.openness" = "= firm.opennes"', "firm.opennes is no number of a world"),
        ('"firm.openness" = 0.0', '"firm.openness" = "* half"', "must be a number from 0 to 1 (share), not "),
        ("sesoi = 0.3", "sesoi = 0.0", "sesoi: must be above 0, not 0.0"),
        ("sesoi = 0.3\n", "", "sesoi: is missing"),
        ('sign = "+"', 'sign = "up"', "sign: must be '+' or '-', not \"up\""),
        ('kind = "difference"', 'kind = "diference"', "no such kind: 'diference'; did you mean difference?"),
        ('kind = "difference"', 'kind = "hazard-ratio"', "sesoi: must be above 1"),
        ('kind = "difference"', 'kind = "hazard-ratio"\nof = "open"', "of: belongs to no hazard-ratio"),
        ('kind = "difference"', 'kind = "difference"\npart = "rise"', "part: must be not-worse, or left out"),
        ('kind = "difference"', 'kind = "difference"\nof = "open"\nscale = "log"', "of: is for levels; a log is "),
        ('kind = "difference"', 'kind = "best-dose"\npart = "top"', "a best-dose compares 3 to 64 named arms, not 2"),
        ('kind = "difference"', 'kind = "contrast"\nweights = [1.0, 0.5]', "weights: must sum to 0, else it compares "),
        ('kind = "difference"', 'kind = "shapley"\npart = "rest"', "a shapley compares 0 named arms, not 2"),
        ('["open", "closed"]', '["open", "closd"]', "no such arm: 'closd'; did you mean closed?"),
        ('["open", "closed"]', '["open", "open"]', "effect 'users': arms: open is there twice; an arm cannot be "),
        ('kind = "difference"', 'kind = "contrast"\nweights = [0.0, 0.0]', "compares nothing, and not all "),
        ('kind = "difference"', 'kind = "contrast"\nweights = [1.0, -1.0]\nof = "open"\nscale = "log"',
         "of: is for levels"),
        ('kind = "difference"', 'kind = "elasticity"\ndoses = [2.0, 2.0]', "doses: must not all be the same"),
        ('kind = "difference"', 'kind = "elasticity"\nagainst = "final.users"', "against: one is there twice"),
        ('kind = "difference"', 'kind = "elasticity"\ndoses = [1.0, 2.0]\nagainst_arms = ["open", "closed"]',
         "against_arms: are the arms themselves"),
        ('kind = "difference"', 'kind = "behind"\nmeasures = ["final.users"]', "against: one is there twice"),
        ('["open", "closed"]', '["open"]', "a difference compares 2 named arms, not 1"),
        ('target = { arm = "closed" }', 'target = { arm = "closd" }', "target: no such arm: 'closd'; did "),
        ('target = { arm = "closed" }', "", "measures.early: a target belongs to a first-month, which needs one"),
        ('column = "unit_cost"', 'column = "unit_price"', "measures.early: no such outcome: 'unit_price'; did"),
        ('why = "Nobody looks."', 'why = "n"\nrungs = []', "rungs: "),
        ('name = "effect"', 'name = "third"', "rung (entry 1).name: must be "),
        ('why = "Nobody looks."', 'why = "n"\nrungs = ["signature"]', "the claim has no rung 'signature'"),
        ('{ "firm.platform" = 0.2 }', '{ "firm.openness" = 0.2 }', "control 'no platform': firm.openness: is set by "),
        ('{ "firm.accept" = 0.0 }', '{ "firm.accept" = "no" }', "null: factor firm.accept: must be a number from 0 "),
        ('{ "firm.accept" = 0.0 }', "{}", "null.changes: "),
        ('key = "firm.self_reliance"', 'key = "firm.reliance"', "phase: factor firm.reliance: no such parameter"),
        ('range = [0.0, 1.0]\n\n', 'range = [1.0, 0.0]\n\n', "range: is empty: 1 is not below 0"),
        ('id = "T1"', 'id = "t1"', 'id: must be a capital letter, then at most 15 letters, digits or -, not "t1"'),
        ("months = 4", "months = 1.5", "months: must be a whole number, not 1.5"),
        ("months = 4", "months = 5000", "T1.toml: months: run.months: must be a whole number from 1 to 1200"),
        ("closed = ", '"c d" = ', "arms.\"c d\": must be 1 to 40 letters (a to z), digits or any of _ + . -, not"),
        ('statement = "', 'statement = "\\u202e', "statement: must not hold characters that cannot be printed"),
        ('wrong = "Nobody comes."\n', "", "wrong: is missing"),
        ("[arms]", "[switches.a]\ntitle = \"a\"\noff = { \"firm.accept\" = 0.5 }\n[arms]", "needs arms, a dose "),
        ("[[control]]", "[[control]", "broken TOML: "),
        ('base = "base.toml"', 'base = "none.toml"', "none.toml: no such file"),
    ],
)  # fmt: skip
def test_what_could_not_be_tested_is_refused(tmp_path: Path, old: str, new: str, said: str) -> None:
    assert old in CLAIM
    path = write(tmp_path, CLAIM.replace(old, new))
    with pytest.raises(UsageError) as error:
        read_claim(path)
    assert error.value.exit_code == 2
    (line,) = error.value.lines
    assert said in line
    assert "none.toml" in new or line.startswith(str(path))
    assert "\n" not in line


def test_sets_of_four_arms_may_share_one_and_none_has_it_twice(tmp_path: Path) -> None:
    arms = "".join(f'a{n} = {{ "firm.openness" = 0.{n} }}\n' for n in range(1, 7))
    text = CLAIM.replace("[measures", arms + "\n[measures").replace('"difference"', '"interaction"')
    ask = text.replace('["open", "closed"]', '["a1", "a2", "a3", "open", "a4", "a5", "a6", "open"]')
    assert len(of(tmp_path, ask).rungs[0].effect[0].arms) == 8
    with pytest.raises(UsageError, match="arms: open is there twice"):
        of(tmp_path, ask.replace('"a6", "open"]', '"open", "open"]'))


def test_two_of_one_name_are_refused(tmp_path: Path) -> None:
    effect = CLAIM[CLAIM.index("[[rung.effect]]") : CLAIM.index("[[control]]")]
    with pytest.raises(UsageError, match="rung effect: two effects have one name"):
        of(tmp_path, CLAIM.replace("[[control]]", effect + "[[control]]"))
    claims = tmp_path / "claims"
    claims.mkdir()
    for name in ("a.toml", "b.toml"):
        (claims / name).write_text(CLAIM.replace("base.toml", "../base.toml"), "utf-8")
    with pytest.raises(UsageError, match=r"b\.toml: id: T1 is taken by .*a\.toml"):
        read_claims(claims)


@pytest.mark.parametrize("name", ["propositions", "policies"])
def test_every_shipped_claim_reads(name: str) -> None:
    claims = read_claims(ROOT / "configs" / name)
    assert [claim.path.stem for claim in claims] == [claim.id for claim in claims]
    assert all(claim.file.wrong.count(".") >= 1 and claim.file.words_zh for claim in claims)
    for claim in claims:  # what a phase diagram moves, no arm that its rung compares may undo
        rung = next(rung for rung in claim.rungs if rung.name == claim.file.phase.rung)
        compared = {arm for effect in rung.effect for arm in effect.arms or claim.arms}
        moved = {claim.file.phase.x.key, claim.file.phase.y.key}
        assert not {key for arm in compared for key in moved & set(claim.arms[arm])}, claim.id


@pytest.mark.parametrize("name", ["propositions", "policies"])
def test_every_place_that_a_shipped_claim_names_is_a_world_in_every_arm(name: str) -> None:
    one = Worlds("w", "one world", ({},), (0,), (NAN,), (), "made up")
    for claim in read_claims(ROOT / "configs" / name):
        base = json.loads(claim.config.parameters.model_dump_json())
        x, y = claim.file.phase.x, claim.file.phase.y
        corners = [{x.key: a, y.key: b} for a in x.range for b in y.range]
        for place in [claim.file.null.changes, *(control.changes for control in claim.file.control), *corners]:
            for row in rows_of(claim, one, place):
                resolve(base, row)


def test_a_claim_is_found_by_name_or_guessed(tmp_path: Path) -> None:
    claims = [of(tmp_path)]
    assert only(claims, ["T1"], tmp_path) == only(claims, [], tmp_path) == claims
    with pytest.raises(UsageError, match=r"^t1: no such claim in .*; did you mean T1\?"):
        only(claims, ["t1"], tmp_path)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("sesoi = 0.3", "sesoi = 0.31"),
        ('"firm.openness" = 0.0', '"firm.openness" = 0.1'),
        ('"firm.platform" = 0.2', '"firm.platform" = 0.3'),
        ('"firm.accept" = 0.0', '"firm.accept" = 0.01'),
        ('sign = "+"', 'sign = "-"'),
        ('measure = "final.users"', 'measure = "mean.users"'),
        ("months = 4", "months = 7"),
    ],
)
def test_the_hash_changes_with_what_the_answer_follows_from(tmp_path: Path, old: str, new: str) -> None:
    assert of(tmp_path).hash != of(tmp_path, CLAIM.replace(old, new)).hash


def test_the_hash_knows_the_base_but_no_comment(tmp_path: Path) -> None:
    before = of(tmp_path).hash
    assert of(tmp_path, "# a comment\n" + CLAIM.replace(" = ", "  =  ")).hash == before
    assert read_claim(write(tmp_path, base=BASE + "accept = 0.5\n")).hash != before


def test_a_change_takes_its_value_from_the_world_that_it_is_made_in() -> None:
    world: dict[str, dict[str, Any]] = {
        "reuse": {"lines": 3},
        "firm": {"grant": 0.0, "capacity": 50.0},
        "demand": {"budget": 1900.0},
    }
    asked = {"firm.capacity": "* 0.5", "firm.grant": "= demand.budget", "reuse.lines": "*1.4", "a.b": "word", "c.d": 1}
    assert resolved_changes(world, asked, "here") == {
        "firm.capacity": 25.0, "firm.grant": 1900.0, "reuse.lines": 4, "a.b": "word", "c.d": 1,
    }  # fmt: skip
    with pytest.raises(UsageError, match=r"^here: shock\.slot: shock\.slot is no number of a world$"):
        resolved_changes(world, {"shock.slot": "* 2"}, "here")


TWO = Worlds("w", "two worlds", ({"firm.capacity": 10.0}, {"firm.capacity": 20.0}), (4, 7), (0.1, 0.2),
             ("firm.capacity",), "made up")  # fmt: skip


def test_rows_go_world_by_world_and_what_is_nearer_overrides(tmp_path: Path) -> None:
    text = CLAIM.replace("months = 4", 'months = 4\nworld = { "firm.grant" = 1.0, "firm.accept" = 0.9 }')
    text = text.replace("open = {}", 'open = { "firm.capacity" = "* 2" }')
    text = text.replace('"firm.openness" = 0.0', '"firm.openness" = 0.0, "firm.grant" = "= firm.capacity"')
    claim = of(tmp_path, text)
    rows = rows_of(claim, TWO, {"firm.accept": 0.5, "firm.endowment": "* 3"})
    endowment = 3.0 * claim.config.parameters.firm.endowment
    shared = {"firm.accept": 0.5, "firm.endowment": endowment}
    assert rows == [
        {"firm.capacity": 20.0, "firm.grant": 1.0, **shared},
        {"firm.capacity": 10.0, "firm.grant": 10.0, "firm.openness": 0.0, **shared},
        {"firm.capacity": 40.0, "firm.grant": 1.0, **shared},
        {"firm.capacity": 20.0, "firm.grant": 20.0, "firm.openness": 0.0, **shared},
    ]
    assert rows_of(claim, TWO, {}, ["closed"]) == [
        {"firm.capacity": w, "firm.grant": w, "firm.openness": 0.0, "firm.accept": 0.9} for w in (10.0, 20.0)
    ]
    design = design_of(claim, rows, 3, 5)
    assert design.listed is not None
    keys = [factor.key for factor in design.factors]
    assert [dict(zip(keys, point, strict=True))["firm.openness"] for point in design.listed] == [1.0, 0.0, 1.0, 0.0]
    assert (design.replicates, design.seed, design.common_random_numbers) == (3, 5, True)


MEASURES = """
[measures.all]
kind = "total"
title = "t"
unit = "u"
column = "trials"

[measures.log]
kind = "log-mean"
title = "t"
unit = "u"
column = "unit_cost"

[measures.fall]
kind = "fall"
title = "t"
unit = "u"
column = "unit_cost"

[measures.ratio]
kind = "product"
title = "t"
unit = "u"
terms = { "final.users" = 1.0, "mean.trials" = -1.0 }

[measures.stand]
kind = "index"
title = "t"
unit = "u"
ends = { "final.unit_cost" = [1.0, 0.01], "final.users" = [0.0, 10.0] }
logs = ["final.unit_cost"]

[[rung]]"""


def test_measures_are_what_they_say(tmp_path: Path) -> None:
    claim = of(tmp_path, CLAIM.replace("\n[[rung]]", MEASURES, 1))
    # Of two arms, one world, three seeds: months 1 to 4 of unit cost, missing before the first release.
    cost = np.array([
        [[[NAN, NAN, NAN]], [[NAN, NAN, NAN]]],
        [[[0.8, NAN, NAN]], [[0.9, 0.9, NAN]]],
        [[[0.4, 0.6, NAN]], [[0.9, 0.5, NAN]]],
        [[[0.2, 0.3, NAN]], [[0.8, 0.4, NAN]]],
    ])  # fmt: skip
    columns = {f"final.unit_cost_at_{month}": cost[month - 1] for month in range(1, 5)}
    columns |= {
        "final.unit_cost": cost[-1], "final.month": np.full((2, 1, 3), 4.0),
        "mean.trials": np.array([[[2.0, 3.0, 0.0]], [[1.0, 1.0, 0.0]]]),
        "final.users": np.array([[[5.0, 6.0, 7.0]], [[0.0, 2.0, 0.0]]]),
    }  # fmt: skip
    found = {name: measured(claim, name, columns, ["open", "closed"])[:, 0] for name in claim.file.measures}
    np.testing.assert_allclose(found["all"], [[8.0, 12.0, 0.0], [4.0, 4.0, 0.0]])
    mean = [[np.log([0.8, 0.4, 0.2]).mean(), np.log([0.6, 0.3]).mean(), NAN],
            [np.log([0.9, 0.9, 0.8]).mean(), np.log([0.9, 0.5, 0.4]).mean(), NAN]]  # fmt: skip
    np.testing.assert_allclose(found["log"], mean)
    np.testing.assert_allclose(found["fall"], [[np.log(4.0), np.log(2.0), NAN],
                                               [np.log(0.9 / 0.8), np.log(0.9 / 0.4), NAN]])  # fmt: skip
    np.testing.assert_allclose(found["ratio"], [[2.5, 2.0, NAN], [0.0, 2.0, NAN]])  # x/0 is missing, not infinite
    np.testing.assert_allclose(found["stand"][0, :2], [(np.log10(5.0) / 2.0 + 0.5) / 2.0,
                                                       (-np.log10(0.3) / 2.0 + 0.6) / 2.0])  # fmt: skip
    # The target is what the closed firm ends at in half of its seeds, one without a product counting as dear: 0.8.
    np.testing.assert_array_equal(found["early"], [[2.0, 3.0, NAN], [4.0, 3.0, NAN]])
    assert claim.file.measures["early"].target is not None
    assert target_of(claim.file.measures["early"].target, cost[-1], ["open", "closed"]) == [0.8]


def test_a_claim_keeps_what_its_effects_read_and_no_more(tmp_path: Path) -> None:
    assert of(tmp_path).columns["read"] == ()
    early = of(tmp_path, CLAIM.replace('measure = "final.users"', 'measure = "early"'))
    assert early.columns["read"] == tuple(f"unit_cost_at_{month}" for month in range(1, 5))
    assert "unit_cost" in early.columns["final"]


def test_the_log_of_means_takes_counts_that_are_0() -> None:
    rng = np.random.default_rng(5)
    counts = rng.poisson(0.5, (200, 200)).astype(float)
    found = log_of_means(counts)
    np.testing.assert_allclose(found.mean(axis=1), np.log(counts.mean(axis=1)))
    errors = found.std(axis=1, ddof=1) / np.sqrt(200)  # the delta method's: 1 / sqrt(0.5 × 200) = 0.1
    assert found.mean(axis=1).std() == pytest.approx(np.median(errors), rel=0.15)
    assert np.isnan(log_of_means(np.zeros((1, 3)))).all()
    effect = Effect(
        name="e", kind="interaction", sign="+", sesoi=0.1, measure="y", arms=["a", "b", "c", "d"], scale="log-of-means"
    )
    table = made_up(
        "y", **{name: np.array([[x, 3.0 * x]]) for name, x in zip("abcd", (6.0, 2.0, 3.0, 1.0), strict=True)}
    )
    assert ESTIMANDS["interaction"].means(Ask(effect, table, {})).over.mean() == pytest.approx(0.0)


def test_not_worse_is_supported_on_this_side_of_the_bound_only() -> None:
    effect = Effect(name="e", kind="difference", sign="-", sesoi=0.1, measure="y", arms=["a", "b"], part="not-worse")
    luck = np.random.default_rng(2).normal(0.0, 0.05, (1, 60))
    codes = []
    for worse in (-0.5, 0.0, 0.05, 0.2):
        table = made_up("y", a=luck + worse, b=np.zeros_like(luck))
        found = judge_effect(effect, table, {}, {})
        codes.append(int(found.verdict[0]))
        assert found.power[0] > 0.99
        assert NEGLIGIBLE not in found.verdict
    assert codes == [SUPPORTED, SUPPORTED, SUPPORTED, CONTRADICTED]
    up = effect.model_copy(update={"sign": "+"})
    assert judge_effect(up, made_up("y", a=luck - 0.2, b=np.zeros_like(luck)), {}, {}).verdict[0] == CONTRADICTED
