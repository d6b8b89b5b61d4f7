"""A lock holds claims, budgets, analysis and model to what they were; tidying breaks none of it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from experiments.errors import UsageError
from experiments.propositions import lock as module
from experiments.propositions.claims import Claim
from experiments.propositions.lock import FILE, lock, status_of
from experiments.propositions.results import VERDICTS, read_json, read_results
from tests.propositions.toys import CLAIM, TINY, claim


@pytest.fixture
def locked(tmp_path: Path) -> Claim:
    """A claim that has just been locked."""
    made = claim(tmp_path)
    lock(tmp_path, [made])
    content = read_json(tmp_path / FILE)
    content["budgets"][TINY.name] = list(TINY)
    (tmp_path / FILE).write_text(json.dumps(content))
    return made


def changed(folder: Path, **content: Any) -> None:
    """Change what a lock says."""
    (folder / FILE).write_text(json.dumps({**read_json(folder / FILE), **content}))


def because(of: Claim) -> str:
    """Return why a verdict on a claim explores; nothing if it confirms."""
    found = status_of(of, TINY)
    return "" if found["status"] == "confirmatory" else found["because"].partition(" changed")[0]


def test_what_was_locked_confirms(locked: Claim) -> None:
    assert because(locked) == ""


def test_another_claim_analysis_or_model_explores(locked: Claim, tmp_path: Path) -> None:
    assert because(claim(tmp_path, CLAIM.replace("sesoi = 0.3", "sesoi = 0.4"))) == "the claim"
    changed(tmp_path, analysis="another")
    assert because(locked) == "the analysis"
    changed(tmp_path, model={"T1": "another"})
    assert because(locked) == "the analysis and the model"


def test_a_lock_that_names_one_model_for_all_is_of_another(locked: Claim, tmp_path: Path) -> None:
    earlier = read_json(tmp_path / FILE)
    del earlier["versions"]
    (tmp_path / FILE).write_text(json.dumps({**earlier, "model": "0.1.0+abc"}))
    assert because(locked) == "the model"
    lock(tmp_path, [locked])
    assert read_json(tmp_path / FILE)["before"][0]["model"] == "0.1.0+abc"


def test_other_packages_leave_a_lock(locked: Claim, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("experiments.identity.installed", lambda: {"numba": "0"})
    assert because(locked) == ""
    changed(tmp_path, versions={"numba": "0"})
    assert because(locked) == "the model"


def test_the_analysis_is_known_by_its_normal_form(monkeypatch: pytest.MonkeyPatch) -> None:
    before, read = module.analysis_version(), Path.read_text
    for edit, same in (("\n# A remark.\n", True), ("\nTOO_MANY = 3\n", False)):
        monkeypatch.setattr(Path, "read_text", lambda *a, edit=edit, **k: read(*a, **k) + edit)
        assert (module.analysis_version() == before) is same


WHOLE = {"date": "", "claims": {}, "budgets": {}, "analysis": "", "model": {}, "before": []}


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"\xff", b"[]", b"null", b"7", b"{}", b"[" * 9999]
    + [json.dumps({key: value for key, value in WHOLE.items() if key != name}).encode() for name in WHOLE]
    + [json.dumps({**WHOLE, name: 7}).encode() for name in (*WHOLE, "versions")],
)  # fmt: skip
def test_a_lock_that_is_not_whole_is_one_line(locked: Claim, tmp_path: Path, content: bytes) -> None:
    (tmp_path / FILE).write_bytes(content)
    for call in (lambda: status_of(locked, TINY), lambda: lock(tmp_path, [locked])):
        with pytest.raises(UsageError, match=rf"{FILE}: is no lock: .*; --lock makes it anew once it is moved") as told:
            call()
        assert len(told.value.lines) == 1
        assert "\n" not in str(told.value)
    assert (tmp_path / FILE).read_bytes() == content


STORE = {"runs": 1, "seeds": 1, "places": 1, "sha256": "x"}
RESULT = {"id": "P1", "hash": "x", "model": "x", "stores": {"main": STORE}}


@pytest.mark.parametrize(
    "content",
    ["", "{", "[]", "7", "{}", '{"claims": 7}', '{"claims": [7]}', "[" * 9999]
    + [json.dumps({"claims": [{k: v for k, v in RESULT.items() if k != name}]}) for name in RESULT]
    + [json.dumps({"claims": [{**RESULT, "stores": {"main": {**STORE, name: []}}}]}) for name in STORE],
)  # fmt: skip
def test_verdicts_that_are_not_whole_are_one_line(tmp_path: Path, content: str) -> None:
    (tmp_path / VERDICTS).write_text(content)
    with pytest.raises(UsageError, match=rf"{VERDICTS}: .*; 'flywheel propositions' makes it anew") as told:
        read_results(tmp_path)
    assert "\n" not in str(told.value)


def test_whole_verdicts_are_read_and_missing_ones_told(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=rf"holds no {VERDICTS}"):
        read_results(tmp_path)
    (tmp_path / VERDICTS).write_text(json.dumps({"claims": [RESULT]}))
    assert read_results(tmp_path) == {"P1": RESULT}
