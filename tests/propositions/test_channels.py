"""Channels and attribution on outcomes whose truth is known, for claims that come with the project."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

from experiments.propositions.attribution import attribution
from experiments.propositions.channels import channels, compared
from experiments.propositions.claims import CHANNELS, Claim, read_claim, read_claims
from experiments.propositions.told import told
from experiments.propositions.worlds import Sample

ROOT = Path(__file__).parents[2]
FOLDERS = [ROOT / "configs" / kind for kind in ("propositions", "policies")]
SEEDS = 12


@pytest.fixture(scope="module")
def p9() -> Claim:
    return read_claim(FOLDERS[0] / "P9.toml")


def sample(claim: Claim, luck: float = 0.0) -> Sample:
    """Return outcomes of P9's kind: capability adds 1, 2, 3, … for each switch, cost falls likewise in logs, and
    openness is adopted only if it and the second switch are on.
    """
    noise = luck * np.random.default_rng(1).standard_normal(SEEDS)
    values = {}
    for arm in claim.arms:
        on = np.array([bit == "1" for bit in arm])
        added = float((np.arange(1, len(on) + 1) * on).sum())
        columns = {f"final.{name}": np.zeros(SEEDS) for name in CHANNELS}
        columns["final.capability"] = added + noise
        columns["final.unit_cost"] = np.exp(-added) * np.ones(SEEDS)
        columns["final.adopted_openness"] = float(on[1] and on[4]) * np.ones(SEEDS)
        columns["final.events_reused"] = 5.0 * on[2] + noise
        values[arm] = columns
    return Sample(values, claim.file.measures, 0)


def named(parts, name):
    return next(part for part in parts if part["name"] == name)


def test_what_adds_up_is_attributed_exactly(p9):
    part = named(attribution(p9, sample(p9)), "capability")
    assert [s["value"]["estimate"] for s in part["switches"]] == pytest.approx([1, 2, 3, 4, 5, 6])
    assert [s["share"]["estimate"] for s in part["switches"]] == pytest.approx([n / 21 for n in range(1, 7)])
    assert part["total"]["estimate"] == pytest.approx(21.0)
    assert [pair["value"]["estimate"] for pair in part["pairs"]] == pytest.approx([0.0] * 15, abs=1e-12)
    assert part["together"]["estimate"] == pytest.approx(0.0, abs=1e-12)


def test_logs_are_taken_where_the_claim_takes_them(p9):
    part = named(attribution(p9, sample(p9)), "cost")
    assert [s["value"]["estimate"] for s in part["switches"]] == pytest.approx([1, 2, 3, 4, 5, 6])


def test_what_needs_both_is_shared_and_all_interaction(p9):
    part = named(attribution(p9, sample(p9)), "adopted openness")
    assert [s["share"]["estimate"] for s in part["switches"]] == pytest.approx([0, 0.5, 0, 0, 0.5, 0])
    pairs = {tuple(pair["switches"]): pair["share"]["estimate"] for pair in part["pairs"]}
    assert pairs.pop(("demand", "openness")) == pytest.approx(1.0)
    assert list(pairs.values()) == pytest.approx([0.0] * 14)
    assert part["together"]["estimate"] == pytest.approx(1.0)


def test_each_measure_is_attributed_once(p9):
    names = [part["name"] for part in attribution(p9, sample(p9))]
    assert names == ["joint outcome", "cost", "capability", "adopted openness"]


def test_seeds_without_a_number_are_left_out_and_too_few_are_told(p9):
    lost = sample(p9)
    lost.values["111111"]["final.unit_cost"][: SEEDS - 2] = math.nan
    part = named(attribution(p9, lost), "cost")
    assert (part["seeds"], part["left_out"], part["switches"]) == (2, SEEDS - 2, [])


def test_claims_without_switches_attribute_nothing():
    claim = read_claim(FOLDERS[0] / "P7.toml")
    assert attribution(claim, Sample({}, {}, 0)) == []


def test_differences_of_channels_are_paired(p9):
    """The luck that both arms share is no uncertainty of their difference."""
    found = channels(p9, sample(p9, luck=100.0))
    row = next(r for r in found["rows"] if r["arm"] == "110111" and r["channel"] == "events_reused")
    assert list(row["difference"].values()) == pytest.approx([-5.0] * 3)
    assert found["reference"] == "111111"


def test_the_reference_has_no_difference_from_itself(p9):
    found = channels(p9, sample(p9))
    assert all((row["difference"] is None) == (row["arm"] == found["reference"]) for row in found["rows"])


@pytest.mark.parametrize(("name", "reference"), [
    ("P1", "neither"), ("P3", "fresh"), ("P5", "0"), ("P6", "none"), ("P7", "closed"), ("P9", "111111"),
])  # fmt: skip
def test_arms_are_held_against_the_world_without(name, reference):
    claim = read_claim(FOLDERS[0] / f"{name}.toml")
    found, arms = compared(claim)
    assert found == reference
    assert found in arms


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_every_claim_keeps_its_channels_and_tells_what_it_compares(folder):
    for claim in read_claims(folder):
        assert set(CHANNELS) <= claim.columns["final"]
        known = told(claim)
        assert list(known["estimands"]) == [effect.name for effect in claim.effects]
        assert {factor.key for factor in claim.region} <= set(known["base"])
        for estimand in known["estimands"].values():
            for name in filter(None, (estimand["measure"], estimand["against"], *estimand["controls"])):
                assert known["measures"][name]["label"]


def test_of_many_arms_those_are_shown_that_few_are_compared_with():
    p4 = read_claim(FOLDERS[0] / "P4.toml")
    assert len(p4.arms) > 8
    assert compared(p4) == ("acyclic", ["flywheel", "rewired", "acyclic"])
