"""A world in which much happens, whatever the defaults are: modules are reused, users come, and money binds."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from sim.parameters import Parameters

PATH = Path(__file__).parent.parent / "configs" / "worlds" / "classic.toml"
CLASSIC: dict[str, Any] = {
    f"{section}.{key}": value
    for section, keys in tomllib.loads(PATH.read_text(encoding="utf-8")).items()
    if isinstance(keys, dict)
    for key, value in keys.items()
}


def classic(**changes: Any) -> Parameters:
    """Return the parameters of that world, changed as told."""
    return Parameters().replace(CLASSIC | changes)
