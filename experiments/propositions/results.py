"""What a call of ``flywheel propositions`` leaves: verdicts, effects and where they come from, each file whole."""

from __future__ import annotations

import csv
import datetime
import io
import json
import math
import shlex
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from experiments import provenance
from experiments.inference.verdict import Verdict, holm
from experiments.propositions.laboratory import RUNS
from experiments.sweep import files
from experiments.text import in_cell

VERDICTS, EFFECTS, MANIFEST = "verdicts.json", "effects.csv", "manifest.json"
PLAN = "plan.json"
_COLUMNS = (
    "claim", "place", "effect", "kind", "scale", "required", "sign", "sesoi", "nothing", "unit", "estimate", "low",
    "high", "confidence", "seeds", "verdict", "p", "note",
)  # fmt: skip


def after_holm(results: list[dict[str, Any]], confidence: float) -> None:
    """Let Holm's procedure over the family settle the verdicts; what it strikes becomes undecided and says so."""
    verdicts = [Verdict(r["verdict"], r["p"], r["p"], None, r["decided_by"]) for r in results]
    for result, verdict in zip(results, holm(verdicts, confidence), strict=True):
        result["alone"] = result["verdict"]
        result["verdict"], result["adjusted"] = verdict.kind, verdict.adjusted
        result["struck"] = verdict.why if verdict.kind != result["alone"] else ""


def effect_rows(results: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Yield every effect at the base and in every cell, one a row."""
    for result in results:
        for place, effects in _places(result):
            for effect in effects:
                yield {"claim": result["id"], "place": place, "effect": effect["name"], **effect}


def _places(result: dict[str, Any]) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    yield "base", result["effects"]
    for cell in result["boundary"]:
        yield cell["name"], cell["effects"]


def write_json(path: Path, content: Any) -> None:
    """Write plain data as JSON, with nothing in place of what is no number."""
    files.put_json(path, plain(content))


def write_effects(path: Path, results: Iterable[dict[str, Any]]) -> None:
    """Write the tidy table of effects."""
    text = io.StringIO()
    writer = csv.DictWriter(text, _COLUMNS, extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    for row in effect_rows(results):
        writer.writerow({name: _cell(value) for name, value in plain(row).items()})
    files.put(path, text.getvalue().encode())


def _cell(value: Any) -> Any:
    return "" if value is None else in_cell(value) if isinstance(value, str) else value


def write_manifest(folder: Path) -> None:
    """Write where a result comes from, and a checksum of each of its files but those of the runs; the last to come."""
    paths = sorted(path for path in folder.rglob("*") if path.is_file() and path.name != MANIFEST)
    ours = [path for path in paths if path.relative_to(folder).parts[0] != RUNS]
    files.put_json(
        folder / MANIFEST,
        {
            "program": "innovation-flywheel",
            "version": provenance.version(),
            "commit": provenance.commit(),
            "date": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
            "command": shlex.join(["flywheel", *sys.argv[1:]]),
            "environment": provenance.environment(),
            "sha256": {path.relative_to(folder).as_posix(): files.checksum(path) for path in ours},
        },
    )


def plain(content: Any) -> Any:
    """Return data as JSON holds it: infinite as text, missing as nothing."""
    if isinstance(content, dict):
        return {str(key): plain(value) for key, value in content.items()}
    if isinstance(content, (list, tuple)):
        return [plain(value) for value in content]
    if isinstance(content, float) and not math.isfinite(content):
        return None if math.isnan(content) else "inf" if content > 0.0 else "-inf"
    return content.item() if hasattr(content, "item") else content


def read_json(path: Path) -> Any:
    """Read it back, with infinities as numbers."""
    return json.loads(path.read_text(encoding="utf-8"), object_hook=_numbers)


def _numbers(table: dict[str, Any]) -> dict[str, Any]:
    return {key: float(value) if value in ("inf", "-inf") else value for key, value in table.items()}
