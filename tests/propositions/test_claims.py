"""A claim is a file: what could not be tested is refused in one line, and a new claim needs no Python."""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path

import pytest

from experiments.errors import UsageError
from experiments.propositions.claims import read_claim, read_claims
from experiments.propositions.command import Request, chosen, folder_for, propositions, shipped
from experiments.sweep.session import Options
from tests.propositions.toys import CLAIM, write
from tests.test_cli import flywheel

P10 = """
id = "P10"
title = "An open firm ends with other users"
statement = "s"
words = "A theorist's own."
mechanism = "m"
base = "base.toml"
months = 2
world = { "diffusion.adopters" = 20 }

[arms]
open = {}
closed = { "firm.openness" = 0.0 }

[measures.joint]
kind = "sum"
unit = "adopters"
terms = { "final.users" = 1.0, "final.rival_users" = 1.0 }

[[effect]]
name = "users of all products"
kind = "difference"
measure = "joint"
arms = ["open", "closed"]
sign = "+"
sesoi = 5.0

[[boundary]]
name = "nobody considers"
changes = { "diffusion.p" = 0.0 }

[null]
changes = { "diffusion.enabled" = false }
why = "Nobody adopts."

[[region]]
key = "diffusion.p"
range = [0.001, 0.1]
scale = "log"

[[region]]
key = "market.price"
range = [0.0, 1.0]
"""


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('"final.users"', '"final.userz"', "effect 'users': no such measure, and: no such outcome: 'userz'; did you "),
        ('"final.users"', '"users"', "must be final.COLUMN or mean.COLUMN, not 'users'"),
        ('"firm.openness" = 0.0', '"firm.openness" = 1.0', "arm closed: changes nothing: it is the same world as arm "),
        ('"firm.openness" = 0.0', '"firm.opennes" = 0.0', "factor firm.opennes: no such parameter; did you mean "),
        ('"firm.openness" = 0.0', '"firm.openness" = 1.5', "must be a number from 0 to 1 (share), not 1.5"),
        ("sesoi = 0.3", "sesoi = 0.0", "effect (entry 1).sesoi: must be above 0, not 0.0"),
        ("sesoi = 0.3", "sesoi = -0.1", "effect (entry 1).sesoi: must be above 0, not -0.1"),
        ("sesoi = 0.3\n", "", "effect (entry 1).sesoi: is missing"),
        ('sign = "+"', 'sign = "up"', "effect (entry 1).sign: must be '+' or '-', not \"up\""),
        ('kind = "difference"', 'kind = "diference"', "effect (entry 1).kind: must be "),
        ('kind = "difference"', 'kind = "hazard-ratio"', "sesoi: of a hazard ratio must be above 1"),
        ('kind = "difference"', 'kind = "slope"', "a slope compares 3 or more arms, not 2"),
        ('kind = "difference"', 'kind = "scale-elasticity"', "against: belongs to slope, scale-elasticity, "),
        ('kind = "difference"', 'kind = "difference"\nstatistic = "mode"', "statistic: must be 'mean' or 'median'"),
        ('kind = "difference"', 'kind = "difference"\nstatistic = "median"\nof = "open"', "statistic: a median is "),
        ('kind = "difference"', 'kind = "hazard-ratio"\nstatistic = "median"', "statistic: a median is for a "),
        ('["open", "closed"]', '["open", "closd"]', "no such arm: 'closd'; did you mean closed?"),
        ('"difference"', '"interaction"', "an interaction compares 4 or more arms, not 2"),
        ('["open", "closed"]', '["open"]', "a difference compares 2 arms, not 1"),
        ("sesoi = 0.3", "sesoi = 0.3\nrequired = false", "effect: none is required"),
        ('name = "no platform"', 'name = "no platform"\neffects = ["user"]', "no such required effect: 'user'"),
        ('range = [0.0, 1.0]\n\n', 'range = [0.0, 2.0]\n\n', "factor firm.platform: "),
        ('range = [0.0, 1.0]\n\n', 'range = [1.0, 0.0]\n\n', "range: is empty: 1 is not below 0"),
        ('key = "firm.self_reliance"', 'key = "firm.openness"', "region: firm.openness: is set by arm closed too"),
        ('key = "firm.self_reliance"', 'key = "firm.platform"', "region: names a parameter twice"),
        ('{ "firm.platform" = 0.2 }', '{ "firm.platform" = 0.9 }', "boundary 'no platform': changes nothing"),
        ('{ "firm.platform" = 0.2 }', '{ "firm.openness" = 0.2 }', "boundary 'no platform': firm.openness: is set by "),
        ('{ "firm.accept" = 0.0 }', '{ "firm.accept" = "no" }', "null: factor firm.accept: must be a number from 0 "),
        ('{ "firm.accept" = 0.0 }', "{}", "null.changes: "),
        ('id = "T1"', 'id = "t1"', 'id: must be a capital letter, then at most 15 letters, digits or -, not "t1"'),
        ('id = "T1"', 'id = "T1"\nmonths = 1.5', "months: must be a whole number, not 1.5"),
        ('id = "T1"', 'id = "T1"\nmonths = "6"', 'months: must be a whole number, not "6"'),
        ('id = "T1"', 'id = "T1"\nmonths = 5000', "T1.toml: months: run.months: must be a whole number from 1 to 1200"),
        ("sesoi = 0.3", 'sesoi = 0.3\nrequired = "no"', 'effect (entry 1).required: must be true or false, not "no"'),
        ("closed = ", '"c d" = ', "arms.\"c d\": must be 1 to 40 letters (a to z), digits or any of _ + . -, not"),
        ('name = "no platform"', 'name = "no\\nplatform"', "boundary (entry 1).name: must be a line of 1 to 80 charac"),
        ('title = "', 'title = "\\u001b[2J', "title: must not hold characters that cannot be printed, not \"\\u001b"),
        ('statement = "', 'statement = "\\u202e', "statement: must not hold characters that cannot be printed, not "),
        ('title = "', 'titel = "', "title: is missing"),
        ("[arms]", "[dose]\nkey = \"firm.accept\"\nvalues = [0.1, 0.2, 0.3]\n[arms]", "has arms and dose"),
        ("[[boundary]]", "[[boundary]", "broken TOML: "),
        ('base = "base.toml"', 'base = "none.toml"', "none.toml: no such file"),
    ],
)  # fmt: skip
def test_what_could_not_be_tested_is_refused(tmp_path: Path, old: str, new: str, said: str) -> None:
    assert old in CLAIM
    path = write(tmp_path, CLAIM.replace(old, new))
    with pytest.raises(UsageError) as error:
        read_claim(path)
    assert error.value.exit_code == 2
    assert any(said in line for line in error.value.lines), error.value.lines
    if "none.toml" not in new and "titel" not in new:
        assert len(error.value.lines) == 1
        assert error.value.lines[0].startswith(str(path))
    assert not any("\n" in line for line in error.value.lines)


def test_two_effects_of_one_name_are_refused(tmp_path: Path) -> None:
    effect = CLAIM[CLAIM.index("[[effect]]") : CLAIM.index("[[boundary]]")]
    with pytest.raises(UsageError, match="two have one name"):
        read_claim(write(tmp_path, CLAIM.replace("[[boundary]]", effect + "[[boundary]]")))


def test_two_claims_of_one_id_are_refused(tmp_path: Path) -> None:
    write(tmp_path)
    (tmp_path / "base.toml").unlink()
    folder = tmp_path / "claims"
    folder.mkdir()
    (tmp_path / "base.toml").write_text("")
    for name in ("a.toml", "b.toml"):
        (folder / name).write_text(CLAIM.replace("base.toml", "../base.toml"))
    with pytest.raises(UsageError, match=r"b\.toml: id: T1 is taken by .*a\.toml"):
        read_claims(folder)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("sesoi = 0.3", "sesoi = 0.31"),
        ('"firm.openness" = 0.0', '"firm.openness" = 0.1'),
        ('"firm.platform" = 0.2', '"firm.platform" = 0.3'),
        ('"firm.accept" = 0.0', '"firm.accept" = 0.01'),
        ("range = [0.0, 1.0]\n\n", "range = [0.0, 0.9]\n\n"),
        ('sign = "+"', 'sign = "-"'),
        ('sign = "+"', 'sign = "+"\nstatistic = "median"'),
        ('measure = "final.users"', 'measure = "mean.users"'),
        ('base = "base.toml"', 'base = "base.toml"\nmonths = 7'),
        ('base = "base.toml"', 'base = "base.toml"\nworld = { "run.months" = 7 }'),
    ],
)
def test_the_hash_changes_with_what_the_verdict_follows_from(tmp_path: Path, old: str, new: str) -> None:
    before = read_claim(write(tmp_path)).hash
    assert read_claim(write(tmp_path, CLAIM.replace(old, new))).hash != before


def test_the_hash_knows_the_base_but_no_comment_and_no_folder(tmp_path: Path) -> None:
    before = read_claim(write(tmp_path)).hash
    assert read_claim(write(tmp_path, base="# the same world\n[run]\nmonths = 60\n")).hash == before
    assert read_claim(write(tmp_path, "# a comment\n" + CLAIM.replace(" = ", "  =  "))).hash == before
    other = tmp_path / "other"
    other.mkdir()
    assert read_claim(write(other, name="T.toml")).hash == before
    assert read_claim(write(tmp_path, base="[run]\nmonths = 61\n")).hash != before


OPTIONAL = """
half = { "firm.openness" = 0.5 }

[measures.gap]
kind = "fall"
unit = "log points"
column = "unit_cost"

[[effect]]
name = "cost"
kind = "difference"
measure = "gap"
arms = ["half", "closed"]
sign = "+"
sesoi = 0.3
required = false

[[effect]]"""


def test_the_part_that_decides_needs_no_other_arms_and_columns(tmp_path: Path) -> None:
    checked = read_claim(write(tmp_path, CLAIM.replace("\n[[effect]]", OPTIONAL, 1)))
    assert list(checked.arms) == ["open", "closed", "half"]
    assert checked.columns["series"] == {"unit_cost"}
    part = checked.only()
    assert [effect.name for effect in part.effects] == ["users"]
    assert (list(part.arms), part.file.measures, part.columns["series"]) == (["open", "closed"], {}, set())
    assert part.only(["users"]).effects == part.effects


@pytest.mark.parametrize("kind", ["propositions", "policies"])
def test_shipped_claims_can_be_tested(kind: str) -> None:
    claims = read_claims(shipped(kind))
    assert [claim.path.stem for claim in claims] == [claim.id for claim in claims]


def test_a_new_claim_is_judged_without_python(tmp_path: Path) -> None:
    claims = tmp_path / "claims"
    claims.mkdir()
    write(claims, P10, "P10.toml")
    (claims / "base.toml").rename(tmp_path / "base.toml")
    (claims / "P10.toml").write_text(P10.replace('"base.toml"', '"../base.toml"'))
    (claims / "P11.toml").write_text(P10.replace('"base.toml"', '"../base.toml"').replace("P10", "P11"))
    of_all = tmp_path / "runs" / "propositions" / "verdicts.json"
    of_all.parent.mkdir(parents=True)
    of_all.write_text("of all claims")
    done = flywheel("propositions", "P10", "--claims", str(claims), "--engine", "serial", cwd=tmp_path)
    assert (done.returncode, "Traceback" in done.stderr) == (0, False), done.stderr
    assert of_all.read_text() == "of all claims"
    assert [path.name for path in of_all.parent.iterdir()] == [of_all.name]
    out = tmp_path / "runs" / "propositions-P10"
    told = json.loads((out / "verdicts.json").read_text())
    (result,) = told["claims"]
    assert (result["id"], result["verdict"]) == ("P10", "negligible")
    assert result["effects"][0]["seeds"] in result["looks"]
    with (out / "effects.csv").open(newline="") as file:
        assert {row["place"] for row in csv.DictReader(file)} == {"base", "nobody considers"}
    assert "P10" in done.stdout


def test_a_claim_that_is_not_there_is_one_line(tmp_path: Path) -> None:
    folder = tmp_path / "claims"
    folder.mkdir()
    write(folder, CLAIM.replace('"base.toml"', '"../base.toml"'))
    (folder / "base.toml").rename(tmp_path / "base.toml")
    asked = Request(folder, ("P11",), "quick", tmp_path / "out", Options(engine="serial"))
    with pytest.raises(UsageError) as error:
        propositions(asked)
    assert error.value.lines == (f"P11: no such claim in {folder}; there are T1",)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("ids", "name"),
    [
        ((), "policies"), (("H3", "H2"), "policies-H2-H3"), (("H2", "H2"), "policies-H2"),
        (("H3", "H1", "H2"), "policies"), (("H10", "H9"), "policies-H9-H10"),
    ],
)  # fmt: skip
def test_named_claims_get_a_folder_of_their_own(ids: tuple[str, ...], name: str) -> None:
    assert folder_for("policies", shipped("policies"), ids) == Path("runs", name)


@pytest.mark.parametrize(
    ("name", "said"), [("h1", "did you mean H1?"), ("H33", "did you mean H3?"), ("x", "there are H")]
)
def test_a_claim_that_is_not_there_is_guessed(tmp_path: Path, name: str, said: str) -> None:
    with pytest.raises(UsageError, match=rf"^{name}: no such claim in .*; {re.escape(said)}"):
        chosen(Request(shipped("policies"), (name,), "quick", tmp_path, Options()))
