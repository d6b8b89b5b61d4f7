"""Falsifier and multiverse on worlds whose truth is known, and all of it over all claims at once."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from experiments.errors import RunError, UsageError
from experiments.figures.style import save, styled
from experiments.propositions import draw_multiverse, multiverse
from experiments.propositions.beyond import told
from experiments.propositions.command import Request, propositions
from experiments.propositions.falsify import Search, falsify
from experiments.propositions.pipeline import decide
from experiments.propositions.places import shipped
from experiments.propositions.results import read_json
from experiments.sweep.session import Options
from tests.propositions.toys import CLAIM, EDGE, EFFECT, EVERYTHING, NOTHING, TINY, claim, opened, write

# The falsifier.

FEW = TINY._replace(places=9)


def test_the_falsifier_finds_the_planted_edge_and_no_more(judged: Any) -> None:
    checked, result, lab = judged
    found = falsify(checked, result, lab, FEW)
    assert (found["outcome"], found["base"], found["verdict"]) == ("found", "supported", "negligible")
    (change,) = found["changes"]
    assert (change["key"], change["base"]) == ("firm.platform", 0.9)
    assert 0.9 - EDGE <= found["distance"] <= 0.9 - EDGE + 0.04
    assert change["value"] <= EDGE
    assert found["evaluations"] <= found["limit"] == 2 * FEW.places
    assert found["clipped"] == []


def test_the_search_halves_its_way_to_the_edge_from_the_end_of_a_range(judged: Any) -> None:
    checked, _, lab = judged
    search = Search(checked, lab, FEW, ("negligible",))
    search.run([], [])
    assert 0.9 - EDGE <= search.distance(search.reversals()[0]) <= 0.9 - EDGE + 0.9 / 2**4
    assert search.left >= 0


def test_the_falsifier_reports_that_it_found_nothing(tmp_path: Path) -> None:
    with opened(tmp_path, NOTHING) as lab:
        checked = claim(tmp_path)
        found = falsify(checked, decide(checked, lab, FEW), lab, FEW)
    assert (found["outcome"], found["tried"], found["base"]) == ("none found", [], "negligible")
    assert 0 < found["evaluations"] <= found["limit"]


def test_an_undecided_claim_has_nothing_to_reverse(judged: Any) -> None:
    checked, result, lab = judged
    assert falsify(checked, {**result, "verdict": "undecided"}, lab, TINY)["outcome"] == "nothing to reverse"


def test_a_reversal_that_fresh_seeds_do_not_show_is_not_reported(judged: Any, monkeypatch: Any) -> None:
    checked, result, lab = judged
    search = Search(checked, lab, TINY, ("negligible",))
    start = search._placed({"firm.platform": 0.95, "firm.self_reliance": 0.1})
    monkeypatch.setattr(Search, "run", lambda self, *_: self.seen.update({start: "negligible"}))
    found = falsify(checked, result, lab, TINY)
    assert found["outcome"] == "not confirmed"
    assert [each["verdict"] for each in found["tried"]] == ["supported"]


def test_a_base_outside_the_region_is_clipped_and_told(tmp_path: Path) -> None:
    text = CLAIM.replace("range = [0.0, 1.0]\n\n", "range = [0.1, 0.8]\n\n", 1)
    with opened(tmp_path) as lab:
        search = Search(claim(tmp_path, text), lab, TINY, ("negligible",))
    assert search.clipped == ["firm.platform"]
    assert search.base[0] == 1.0
    assert search.changes(search.base) == {}


@pytest.mark.parametrize(
    ("key", "given"),
    [("reuse.lines", "range = [1, 8]"), ("firm.capacity", 'range = [10.0, 1e5]\nscale = "log"'),
     ("reuse.interval", 'range = [1, 60]\nscale = "log"'), ("flywheel.form", 'values = ["ces", "power", "additive"]')],
)  # fmt: skip
def test_places_keep_their_values(tmp_path: Path, key: str, given: str) -> None:
    text = CLAIM.replace('key = "firm.self_reliance"\nrange = [0.0, 1.0]', f'key = "{key}"\n{given}')
    with opened(tmp_path) as lab:
        search = Search(claim(tmp_path, text), lab, TINY, ("negligible",))
    for u in np.linspace(0.0, 1.0, 23):
        value = search.claim.region[1].value(float(u))
        placed = search._placed({"firm.platform": 0.3, key: value})
        assert search.changes(placed).get(key, value) == value
        assert search._snapped(placed) == placed


# The multiverse.

SPECIFICATIONS = """
[[specification]]
name = "as it is"
axis = "base"
changes = {}

[[specification]]
name = "weak platform"
axis = "strategy"
changes = { "firm.platform" = 0.3 }

[[specification]]
name = "half open"
axis = "strategy"
changes = { "firm.openness" = 0.5 }

[[specification]]
name = "long"
axis = "computation"
changes = { "run.months" = 70 }
same_as = "as it is"

[[specification]]
name = "other platform"
axis = "computation"
changes = { "firm.platform" = 0.8 }
same_as = "as it is"
"""


def test_the_multiverse_is_a_curve_without_what_arms_set(judged: Any, tmp_path: Path) -> None:
    checked, _, lab = judged
    given = multiverse.read_specifications(write(tmp_path, SPECIFICATIONS, "m.toml"))
    found = multiverse.multiverse(checked, given, lab, TINY)
    assert found["left_out"] == ["half open"]
    assert found["specifications"][0]["name"] == "weak platform"
    by_name = {row["name"]: row for row in found["specifications"]}
    assert by_name["weak platform"]["verdict"] == "negligible"
    assert by_name["as it is"]["low"] < EFFECT / 0.3 < by_name["as it is"]["high"]
    assert found["verdicts"]["supported"] == 3
    assert [check["same"] for check in found["checks"]] == [True, False]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('"firm.platform" = 0.3', '"firm.platfrm" = 0.3', "no such parameter; did you mean"),
        ('"firm.platform" = 0.3', '"firm.platform" = 3', "must be a number from 0 to 1 (share), not 3"),
        ('same_as = "as it is"', 'same_as = "as it was"', "no such specification: 'as it was'; did you mean as it is?"),
        ('name = "long"', 'name = "half open"', "two have one name"),
        ('axis = "base"', 'axes = "base"', "axis: is missing"),
    ],
)
def test_a_faulty_multiverse_is_refused(tmp_path: Path, old: str, new: str, said: str) -> None:
    path = write(tmp_path, SPECIFICATIONS.replace(old, new), "m.toml")
    with pytest.raises(UsageError) as error:
        multiverse.read_specifications(path)
    assert any(said in line for line in error.value.lines), error.value.lines
    assert all(line.startswith(str(path)) for line in error.value.lines)


def test_the_shipped_multiverse_can_be_read() -> None:
    given = multiverse.read_specifications(shipped(multiverse.FILE))
    assert {"network", "population", "functional form", "schedule order"} <= {s.axis for s in given}


def row(name: str, verdict: str, strength: float, half: float = 0.5) -> dict[str, Any]:
    return {"name": name, "axis": "a", "changes": {}, "verdict": verdict, "effect": "e", "strength": strength,
            "low": strength - half, "high": strength + half, "note": ""}  # fmt: skip


def curve(claim_id: str, *rows: dict[str, Any]) -> dict[str, Any]:
    kinds = ("supported", "contradicted", "negligible", "undecided")
    return {"id": claim_id, "seeds": 5, "specifications": list(rows), "left_out": [], "checks": [],
            "verdicts": {kind: sum(each["verdict"] == kind for each in rows) for kind in kinds}}  # fmt: skip


def test_the_multiverse_names_what_turns_a_verdict_and_draws_what_has_no_number(tmp_path: Path) -> None:
    rows = row("ring", "contradicted", -9.0), row("ces", "negligible", 0.0), row("as it is", "negligible", 0.1)
    turned = curve("P1", *rows)
    steady = curve("P2", row("ces", "undecided", -np.inf, np.inf), row("as it is", "supported", 2.0))
    (part,) = told({"multiverse": [turned, steady]})
    cells = [dict(zip(part.headings, each, strict=True)) for each in part.rows]
    assert [each["another one under"] for each in cells] == ["ring (contradicted)", "none"]
    assert cells[1]["strength"] == "-∞ to 2"
    with styled():
        figure = draw_multiverse.curves([turned, steady])
        assert "the verdict of 1 of 2 claims" in figure.get_suptitle()
        assert [text.get_text() for text in figure.axes[1].texts] == ["?"]
        assert save(figure, tmp_path / "curves.png").stat().st_size > 10_000


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["propositions", "policies"])
def test_all_claims_are_judged_audited_reversed_and_varied_in_one_call(tmp_path: Path, kind: str) -> None:
    wanted, options = ("audit", "falsifier", "multiverse"), Options(engine="processes", workers=2, task=EVERYTHING)
    with suppress(RunError):  # a world of luck alone knows no null world
        propositions(Request(shipped(kind), (), "quick", tmp_path, options, wanted))
    data, report = read_json(tmp_path / "verdicts.json"), (tmp_path / "report.md").read_text()
    ids = [result["id"] for result in data["claims"]]
    assert len(ids) == len(list(shipped(kind).glob("*.toml")))
    assert [each["id"] for each in data["audit"]["claims"]] == ids
    assert [each["id"] for each in data["falsifier"]] == [each["id"] for each in data["multiverse"]] == ids
    assert all(f"## {part}" in report for part in ("Audit", "Falsifier", "Multiverse"))
    assert "figures/multiverse.png" in report
