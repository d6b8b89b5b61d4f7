"""What results/ shows was made by this code: its first seeds, run again, give the same figures."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from pathlib import Path

import pytest

from experiments.case import case_command
from experiments.claims.claim import Claim, read_claims
from experiments.claims.laboratory import RUNS, digests, laboratory
from experiments.claims.over import plausible
from experiments.claims.results import AnswersRecord, read_record
from experiments.folders import MANIFEST
from experiments.provenance.identity import identity, installed
from experiments.sweep.files import checksum
from experiments.sweep.session import Options

PAGE = "report.html"
ROOT = Path(__file__).parents[1]
JUDGED = [kind for kind in ("propositions", "policies") if (ROOT / "results" / kind).is_dir()]  # none while renewed


def _rows(folder: Path, seeds: int) -> list[dict[str, str]]:
    with (folder / "runs.csv").open(encoding="utf-8", newline="") as file:
        return [row for row in csv.DictReader(file) if int(row["seed"]) < seeds]


@pytest.mark.skipif(not (ROOT / "results" / "case").is_dir(), reason="the case's results are being renewed")
def test_the_case_in_results_is_not_stale(tmp_path: Path) -> None:
    case_command(None, 2, tmp_path / "case", [])
    kept, now = _rows(ROOT / "results" / "case", 2), _rows(tmp_path / "case", 2)
    assert len(kept) == len(now) > 0
    for old, new in zip(kept, now, strict=True):
        for name, value in old.items():
            assert _same(value, new[name]), f"{name}: stale; re-make it: flywheel case --out results/case"


def _same(old: str, new: str) -> bool:
    try:
        return float(new) == pytest.approx(float(old), rel=1e-9)
    except ValueError:
        return new == old


def _judged(kind: str) -> tuple[AnswersRecord, dict[str, Claim]]:
    return read_record(ROOT / "results" / kind), {c.id: c for c in read_claims(ROOT / "configs" / kind)}


def _made_on(kind: str) -> dict[str, str]:
    """Return the versions that results were made on, as the identity of the model has them."""
    made_on = json.loads((ROOT / "results" / kind / MANIFEST).read_text())["environment"]
    return {name: made_on[name] for name in installed()} | {"python": ".".join(made_on["python"].split(".")[:2])}


@pytest.mark.parametrize("kind", JUDGED)
def test_answers_in_results_are_of_these_claims_and_worlds_and_this_model(kind: str) -> None:
    record, claims = _judged(kind)
    stale = "stale; re-make it: flywheel propositions (or policy) --budget full --out results/KIND"
    assert {one.id: one.hash for one in record.claims} == {c.id: c.hash for c in claims.values()}, stale
    versions = _made_on(kind)
    assert all(one.model == identity(claims[one.id].kept, versions) for one in record.claims), stale
    assert record.worlds.hash == plausible(ROOT / "results" / "fit").first(record.worlds.count).hash, stale
    assert all(one.confirmatory for one in record.claims), f"not as preregistered: {record.claims[0].because}"


@pytest.mark.parametrize("kind", JUDGED)
def test_results_are_the_files_that_their_manifest_names(kind: str) -> None:
    folder = ROOT / "results" / kind
    named = json.loads((folder / MANIFEST).read_text())["sha256"]
    named.pop(PAGE, None)  # made with the others, and not kept here
    assert named == {name: checksum(folder / name) for name in named}
    there = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    assert there - {MANIFEST, PAGE} == named.keys()


@pytest.mark.parametrize("kind", JUDGED)
def test_first_runs_behind_answers_are_the_same_to_the_byte(kind: str, tmp_path: Path) -> None:
    record, claims = _judged(kind)
    if (versions := _made_on(kind)) != installed():
        pytest.skip(f"made on {versions}; bytes are promised for the same only (D56)")
    one = plausible(ROOT / "results" / "fit").first(record.worlds.count)
    one = replace(one, changes=one.changes[:1], numbers=one.numbers[:1])
    with laboratory(tmp_path, Options(engine="serial")) as lab:
        for kept in record.claims:
            claim = claims[kept.id]
            lab.outcomes(claim, one, 1, arms=list(claim.arms)[:1])
            now = digests(lab.folder / RUNS / f"{claim.id}-main", 1)
            (main,) = (store for store in kept.stores if store.purpose == "main")
            assert len(now) == 1
            assert now.items() <= main.first.items(), f"{claim.id}: stale"
