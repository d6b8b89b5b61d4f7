"""What a reader must know beside the numbers: what is compared with what, in which unit, and against which base."""

from __future__ import annotations

import json
from typing import Any

from experiments.propositions.claims import Claim
from sim.outcomes import COLUMNS

_COLUMNS = {column.name: column for column in COLUMNS}


def told(claim: Claim) -> dict[str, Any]:
    """Return the kind of design, the estimands by name, the measures in words, and the base values that matter."""
    keys = {factor.key for factor in claim.region}
    keys.update(key for cell in claim.file.boundary for key in cell.changes)
    dose = claim.file.dose
    return {
        "design": "dose" if dose else "switches" if claim.file.switches else "arms",
        "dose": dose.key if dose else None,
        "switches": list(claim.file.switches),
        "estimands": {e.name: e.model_dump(mode="json", exclude={"name", "sesoi", "required"}) for e in claim.effects},
        "measures": {name: measure_words(claim, name) for name in _measures(claim)},
        "base": {key: _base(claim, key) for key in sorted(keys)},
    }


def measure_words(claim: Claim, name: str) -> dict[str, str]:
    """Return what a measure is, in words, and its unit."""
    given = claim.file.measures.get(name)
    if given is not None:
        return {"label": name.replace("_", " "), "unit": given.unit}
    kind, _, column = name.partition(".")
    found = _COLUMNS[column]
    over = " (mean over months)" if kind == "mean" else ""
    return {"label": found.description.removesuffix(", to date") + over, "unit": found.unit}


def _measures(claim: Claim) -> list[str]:
    return list(dict.fromkeys(name for effect in claim.effects for name in effect.reads))


def _base(claim: Claim, key: str) -> Any:
    section, _, name = key.partition(".")
    return json.loads(claim.config.parameters.model_dump_json())[section][name]
