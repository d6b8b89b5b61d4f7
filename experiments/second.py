"""The case's configuration, read for the second edition while both stand side by side."""

from __future__ import annotations

import tomllib
from pathlib import Path

from sim.parameters import Parameters


def case_parameters() -> Parameters:
    """Return the parameters of the case."""
    given = tomllib.loads((Path(__file__).resolve().parents[1] / "configs" / "case.toml").read_text(encoding="utf-8"))
    return Parameters.model_validate({key: value for key, value in given.items() if key != "extends"})
