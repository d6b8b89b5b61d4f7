"""The config of a fit: what is wrong with it is told in one line, that says where and what to do."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import tomli_w

from experiments.errors import UsageError
from experiments.fit.config import read_fit
from experiments.kinds import refuse_other
from tests.fit.toys import KEYS, ROOT, small_fit


def _prior(**changes: Any) -> Callable[[dict[str, Any]], None]:
    return lambda given: given["prior"][0].update(changes)


def _off(**changes: Any) -> Callable[[dict[str, Any]], None]:
    return lambda given: given["mechanism"][0].update(off=changes)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda given: given["fit"].update(tolerence=2), "fit.tolerence: no such key; did you mean tolerance?"),
        (lambda given: given["fit"].update(worlds=0), "fit.worlds: must be 1 or more, not 0"),
        (lambda given: given["fit"].update(months=18), "fit.toml: fit.months: must be 19 or more, not 18"),
        (_prior(key="search.gama"), "prior search.gama: no such parameter; did you mean search.gamma?"),
        (_prior(range=[0.1, 2.0]), "prior search.gamma: must be a number from 0.25 to 4, not 0.1"),
        (_prior(key=KEYS[1]), "prior firm.openness: appears twice; one parameter has one prior"),
        (_prior(why=" "), "prior search.gamma: why: is empty"),
        (lambda given: given["prior"][0].pop("why"), "prior (entry 1).why: is missing"),
        (lambda given: given.pop("prior"), "prior: is missing"),
        (_prior(key="run.months", range=[20, 30]), "prior run.months: every run is as long as fit.months says"),
        (_off(**{"search.enable": False}), "mechanism trials: off search.enable: no such parameter; did you mean"),
        (_off(**{"search.gamma": 9.0}), "mechanism trials: off search.gamma: must be a number from 0.25 to 4"),
        (lambda given: given["mechanism"].append(given["mechanism"][0]), "mechanism trials: appears twice"),
        (lambda given: given.update(case="deepsek"), "comes with flywheel; did you mean deepseek?"),
    ],
)  # fmt: skip
def test_a_fault_is_one_line(
    tmp_path: Path, change: Callable[[dict[str, Any]], None], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    path = small_fit(tmp_path)
    given = tomllib.loads(path.read_text(encoding="utf-8"))
    change(given)
    path.write_text(tomli_w.dumps(given), encoding="utf-8")
    with pytest.raises(UsageError) as raised:
        read_fit(path)
    assert len(raised.value.lines) == 1
    assert said in raised.value.lines[0]
    assert not capsys.readouterr().err


def test_a_file_of_another_kind_is_named_with_its_command(tmp_path: Path) -> None:
    path = small_fit(tmp_path)
    with pytest.raises(UsageError, match=r"is a fit, not a config; make it with 'flywheel fit"):
        refuse_other(path, "config")
    with pytest.raises(UsageError, match=r"is a design, not a fit; run it with 'flywheel sweep"):
        read_fit(ROOT / "configs" / "designs" / "grid.toml")


def test_a_mechanism_switched_off_is_no_longer_free(tmp_path: Path) -> None:
    path = small_fit(tmp_path)
    path.write_text(path.read_text(encoding="utf-8").replace('"search.enabled" = false', '"search.gamma" = 0.5'))
    fit = read_fit(path)
    without = fit.without(fit.mechanisms[0])
    assert without.keys == KEYS[1:]
    assert without.config.parameters.search.gamma == 0.5


def test_a_shorter_table_shortens_those_of_mechanisms(tmp_path: Path) -> None:
    fit = read_fit(small_fit(tmp_path, runs=1_000_000, off_runs=200_000))
    assert fit.sized(20_000).settings.off_runs == 4_000
    assert fit.sized(20).settings.off_runs == 1_000


def test_what_a_fit_is_of_does_not_depend_on_defaults_of_what_is_free(tmp_path: Path) -> None:
    path = small_fit(tmp_path)
    before, base = read_fit(path).address(), tmp_path / "base.toml"
    base.write_text(base.read_text() + "[search]\ngamma = 0.75\n")
    assert read_fit(path).address() == before
    base.write_text(base.read_text() + "trial_price = 3.0\n")
    assert read_fit(path).address() != before


@pytest.mark.parametrize(
    ("file", "said", "other", "counts"),
    [
        ("cases/small/case.toml", "months = 4\n", "months = 3\n", True),
        ("cases/small/case.toml", 'kind = "bound"', 'kind = "interval"\nfactor = 1.5', True),
        ("cases/small/facts.csv", ",8,count,", ",9,count,", True),
        ("cases/small/case.toml", "title = ", "# a comment\ntitle = ", False),
        ("fit.toml", "tolerance = 6.0", "tolerance = 5.0", True),
        ("fit.toml", "few partners", "many partners", True),
        ("fit.toml", "runs = 128", "runs = 256", False),
    ],
)
def test_what_a_fit_is_of_is_all_that_case_and_config_say_but_the_runs(
    tmp_path: Path, file: str, said: str, other: str, counts: bool
) -> None:
    path = small_fit(tmp_path)
    before, changed = read_fit(path).address(), tmp_path / file
    text = changed.read_text(encoding="utf-8")
    assert said in text
    changed.write_text(text.replace(said, other, 1), encoding="utf-8")
    assert (read_fit(path).address() != before) == counts


def test_the_factor_of_an_interval_is_part_of_what_a_fit_is_of(tmp_path: Path) -> None:
    path = small_fit(tmp_path)
    case = tmp_path / "cases" / "small" / "case.toml"
    text, found = case.read_text(encoding="utf-8").replace('kind = "bound"', 'kind = "interval"\nfactor = 0'), []
    for factor in ("1.5", "1.6"):
        case.write_text(text.replace("factor = 0", f"factor = {factor}"), encoding="utf-8")
        found.append(read_fit(path).address())
    assert found[0] != found[1]
