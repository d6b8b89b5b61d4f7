"""The files of an analysis: ``analysis.json`` with every number, ``indices.csv`` with the indices, tidy."""

from __future__ import annotations

import csv
import io
import json
import math
import re
from collections.abc import Sequence
from pathlib import Path

from experiments.analysis.compute import Analysis, plain
from experiments.analysis.draw import Drawn
from experiments.analysis.index import MEASURES
from experiments.analysis.intervals import Estimate
from experiments.drawing import FORMATS
from experiments.sweep import files
from experiments.text import in_cell

FOLDER, FIGURES = "analysis", "figures"
JSON, CSV, REPORT = "analysis.json", "indices.csv", "report.html"
_FIGURE = re.compile(r"[a-z]+(-[^/]+)?\.(png|svg|pdf)")
HEADER = ("outcome", "method", "factor", "factor2", "measure", "estimate", "low", "high", "note")


def write_numbers(analysis: Analysis, figures: Sequence[Drawn], folder: Path) -> None:
    """Write both files into a folder, each whole or not at all."""
    listed = [{"kind": each.kind, "of": each.subject, "file": each.path.name, "title": each.title} for each in figures]
    described = {f"{method}: {measure}": said for (method, measure), said in MEASURES.items()}
    content = plain(analysis) | {"measures": described, "figures": listed}
    text = json.dumps(content, indent=1, ensure_ascii=False, allow_nan=False)
    files.put(folder / JSON, f"{text}\n".encode(errors="backslashreplace"))  # a folder's name may be no UTF-8
    files.put(folder / CSV, _table(analysis).encode())


def _table(analysis: Analysis) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(HEADER)
    said = "; ".join(analysis.warnings)
    for outcome in analysis.outcomes:
        for index in outcome.indices:
            numbers = map(_cell, index.estimate)
            note = "; ".join(filter(None, (index.note, said)))
            names = (outcome.name, index.method, index.factor, index.factor2, index.measure)
            writer.writerow([*map(in_cell, names), *numbers, in_cell(note)])
        noise, note = outcome.noise, "; ".join(filter(None, (outcome.noise.unknown, said)))
        for measure, estimate in (
            ("seeds, single run", noise.seeds),
            ("seeds, mean over replicates", Estimate(noise.seeds_in_mean)),
            ("seeds, between means", Estimate(noise.seeds_between)),
        ):
            names = (in_cell(outcome.name), "noise", "", "", measure)
            writer.writerow([*names, *map(_cell, estimate), in_cell(note)])
    return text.getvalue()


def _cell(value: float) -> str:
    return repr(value) if math.isfinite(value) else ""


def remove_old_figures(folder: Path, kept: Sequence[Drawn]) -> None:
    """Remove the figures that an earlier analysis of the folder drew and this one does not."""
    try:
        earlier = [each["file"] for each in json.loads((folder / JSON).read_text(encoding="utf-8"))["figures"]]
    except (OSError, ValueError, KeyError, TypeError):
        return
    every = {str(Path(name).with_suffix(f".{form}")) for name in map(str, earlier) for form in FORMATS}
    for name in every - {path.name for each in kept for path in each.files}:
        if _FIGURE.fullmatch(name) and files.is_plain(folder / FIGURES / name):
            (folder / FIGURES / name).unlink()
