"""A claim's answer says what its numbers say, and no more."""

from __future__ import annotations

import pytest

from experiments.figures.words import NBSP
from experiments.propositions import answers
from tests.propositions.samples import channel_rows, effect, place, region, result

OTHERS = ("contradicted", "negligible", "undecided")
EVERY_TEXT = (
    answers.reasons, answers.power, answers.region_words, answers.boundary_words, answers.channel_words,
)  # fmt: skip


def texts(found):
    lines = [line for part in EVERY_TEXT for line in part(found)]
    return [answers.answer(found), answers.would_have_to_hold(found), *lines]


@pytest.mark.parametrize("verdict", ["supported", *OTHERS])
def test_the_answer_begins_with_the_verdict(verdict):
    assert answers.answer(result(verdict)).lower().startswith(verdict)


@pytest.mark.parametrize("verdict", OTHERS)
@pytest.mark.parametrize("alone", ["supported", *OTHERS])
def test_no_sentence_calls_another_claim_supported(verdict, alone):
    struck = "not after Holm" if verdict == "undecided" != alone else ""
    found = result(verdict, [effect(), effect("other", verdict=verdict)], alone=alone, struck=struck)
    assert "supported" not in " ".join(texts(found)).lower()


def test_a_struck_verdict_says_what_it_was_and_why():
    found = result("undecided", alone="negligible", struck="negligible by itself", p=0.011, adjusted=0.078)
    assert "too small to matter" in answers.answer(found)
    assert "p = 0.011, corrected 0.078" in answers.answer(found)


def test_what_does_not_outlast_the_correction_within_a_claim_says_so():
    effects = [effect("first"), effect("second", verdict="negligible")]
    said = answers.answer(result("undecided", effects, decided_by="second"))
    assert said.startswith("Undecided: by itself \u201csecond\u201d says that an effect which the claim needs")
    assert "any one of the claim's 2 required effects" in said


def test_the_deciding_effect_is_the_one_named():
    found = result("negligible", [effect("first"), effect("second", verdict="negligible")], decided_by="second")
    assert "second" in answers.answer(found)
    assert "first" not in answers.answer(found)


def test_power_is_lacking_only_where_something_is_not_settled():
    settled = result(region=region([place(20.0, 0.5, "supported")] * 3))
    assert answers.power(settled) == []
    lacking = result("undecided", [effect(verdict="undecided", estimate=0.0, low=-0.3, high=0.3)])
    assert "180 seeds" in " ".join(answers.power(lacking))
    assert answers.most_seeds(lacking) == 180


def test_seeds_without_a_number_count_among_those_needed():
    half = result("undecided", [effect(verdict="undecided", estimate=0.0, low=-0.3, high=0.3, seeds=10)])
    assert answers.most_seeds(half) == 180


def test_a_region_that_is_not_settled_is_not_told_as_one_where_it_fails():
    found = result("undecided", region=region([place(20.0, 0.5)] * 4))
    assert "though at 4 of them it is not settled" in answers.would_have_to_hold(found)
    assert "is not shown" in " ".join(answers.power(found))


def test_the_rule_tells_what_would_have_to_hold():
    rule = {"conditions": ["firm.capacity > 70"], "words": "it holds at 5 of 6 places where firm.capacity > 70",
            "accuracy": 0.6, "majority": 0.7, "inside": 6, "held": 5}  # fmt: skip
    found = result("negligible", region=region([place(20.0, 0.5), place(90.0, 0.5, "supported")], **rule))
    assert "`firm.capacity > 70` (there the claim holds at 5 of 6 places)" in answers.would_have_to_hold(found)
    assert "no better than that" in " ".join(answers.region_words(found))


@pytest.mark.parametrize(("index", "low", "high", "told"), [(-0.7, -0.9, -0.3, "less"), (0.7, 0.3, 0.9, "more")])
def test_the_strongest_parameter_tells_where_the_claim_comes_nearer(index, low, high, told):
    indices = [{"key": "firm.capacity", "index": index, "low": low, "high": high}]
    found = result("negligible", region=region([place(20.0, 0.5, "negligible")], indices))
    assert f"comes nearer with {told} of `firm.capacity`" in answers.would_have_to_hold(found)


def test_a_parameter_that_may_do_nothing_is_not_said_to_decide():
    indices = [{"key": "firm.capacity", "index": 0.2, "low": -0.3, "high": 0.7}]
    found = result("negligible", region=region([place(20.0, 0.5, "negligible")], indices))
    assert "firm.capacity" not in answers.would_have_to_hold(found)


@pytest.mark.parametrize(("outcome", "told"), answers.CELL_WORDS.items())
def test_cells_are_told_by_what_came_out(outcome, told):
    cell = {**result()["boundary"][0], "outcome": outcome}
    found = result(boundary=[cell, cell])
    assert answers.boundary_words(found) == [f"no capacity: {told}."] * 2
    assert answers.boundary_short(found) == f"2{NBSP}{answers.CELL_SHORT[outcome]}"


def test_a_failed_cell_says_little_of_a_claim_that_is_not_found():
    assert "says little" in answers.boundary_words(result("negligible"))[-1]


def test_channels_name_counts_and_what_does_not_differ():
    (line,) = answers.channel_words(result())
    assert "2 contributed trials kept against 0, but 11 own innovations against 11, no clear difference" in line


def test_no_channel_is_named_where_none_differs():
    rows = channel_rows(["treated", "control"], "control", (2.0, -1.0, 5.0))
    told = {"reference": "control", "arms": ["treated", "control"], "confidence": 0.95, "seeds": 20, "rows": rows}
    assert answers.channel_words(result(channels=told)) == [
        "None of the arms differs clearly from `control` in any channel."
    ]


def test_arms_of_switches_and_doses_are_named_for_readers():
    switches = result(design="switches", switches=["reuse", "openness"])
    named = [answers.arm_words(switches, arm) for arm in ("11", "00", "10")]
    assert named == ["`all on`", "`all off`", "`without openness`"]
    assert answers.arm_words(result(design="dose", dose="a.b"), "3") == "`a.b = 3`"


def test_counts_are_in_a_fixed_order():
    assert answers.counts([result("undecided"), result(), result("undecided")]) == f"1{NBSP}supported, 2{NBSP}undecided"
