"""The commands of a fit: what they take."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from experiments.cli.app import app
from experiments.errors import UsageError


@pytest.mark.usefixtures("compiled")
@pytest.mark.parametrize(
    ("given", "said"),
    [
        (["fit", "a.toml", "b.toml"], "fit: takes one CONFIG"),
        (["fit", "predict", "a.toml", "b.toml"], "fit: takes one CONFIG"),
        (["fit", "absent.toml", "--resume"], "absent.toml: no such file"),
        (["fit", "predict", "absent.toml"], "absent.toml: no such file"),
        (["verify", "absent.toml"], "verify: CONFIG belongs to --fit"),
        (["verify", "--table", "runs"], "verify: --table belongs to --fit"),
        (["verify", "--fit", "--inference"], "verify: --fit or --inference, not both"),
        (["verify", "--fit", "absent.toml"], "absent.toml: no such file"),
    ],
)
def test_what_cannot_be_is_told(given: list[str], said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(app, given)
    assert isinstance(result.exception, UsageError)
    assert said in str(result.exception)
    assert not list(tmp_path.iterdir())
