"""The files of an analysis: ``analysis.json`` with every number, ``indices.csv`` with the indices, and the report.

The report is one HTML file with all figures in it, that needs nothing else and no network.
"""

from __future__ import annotations

import csv
import dataclasses
import io
import json
import math
import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from experiments.analysis import words
from experiments.analysis.compute import Analysis, Outcome
from experiments.analysis.estimates import MEASURES, Estimate
from experiments.analysis.figures import Drawn
from experiments.figures.asked import FORMATS
from experiments.figures.words import capital, labelled
from experiments.messages.names import command_line
from experiments.messages.text import in_cell
from experiments.report import (
    Block,
    Bullets,
    Code,
    Figure,
    Link,
    Page,
    Paragraph,
    Section,
    Strong,
    Table,
    Warn,
    as_html,
)  # fmt: skip
from experiments.sweep import files

FOLDER, FIGURES = "analysis", "figures"
JSON, CSV, REPORT = "analysis.json", "indices.csv", "report.html"
HEADER = ("outcome", "method", "factor", "factor2", "measure", "estimate", "low", "high", "note")
_FIGURE = re.compile(r"[a-z]+(-[^/]+)?\.(png|svg|pdf)")


def write(analysis: Analysis, figures: Sequence[Drawn], folder: Path, store: str) -> None:
    """Write numbers and report of a store into a folder beside its figures, and remove those of an earlier analysis."""
    remove_old_figures(folder, figures)
    write_numbers(analysis, figures, folder)
    files.put(folder / REPORT, report(analysis, figures, store).encode())


def write_numbers(analysis: Analysis, figures: Sequence[Drawn], folder: Path) -> None:
    """Write both files of numbers into a folder, each whole or not at all."""
    listed = [{"kind": each.kind, "of": each.subject, "file": each.path.name, "title": each.title} for each in figures]
    described = {f"{method}: {measure}": said for (method, measure), said in MEASURES.items()}
    content = plain(analysis) | {"measures": described, "figures": listed}
    text = json.dumps(content, indent=1, ensure_ascii=False, allow_nan=False)
    files.put(folder / JSON, f"{text}\n".encode(errors="backslashreplace"))  # a folder's name may be no UTF-8
    files.put(folder / CSV, _table(analysis).encode())


def plain(found: Any) -> Any:
    """Return an analysis, or a part of it, as JSON holds it; None for what is not a number."""
    if dataclasses.is_dataclass(found) and not isinstance(found, type):
        return {field.name: plain(getattr(found, field.name)) for field in dataclasses.fields(found)}
    if hasattr(found, "_asdict"):
        return plain(found._asdict())
    if isinstance(found, dict):
        return {key: plain(value) for key, value in found.items()}
    if isinstance(found, (tuple, list)):
        return [plain(value) for value in found]
    return None if isinstance(found, float) and not math.isfinite(found) else found


def _table(analysis: Analysis) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(HEADER)
    for outcome in analysis.outcomes:
        noise = outcome.noise
        rows = [(each.method, each.factor, each.factor2, each.measure, each.estimate, each.note)
                for each in outcome.indices]  # fmt: skip
        rows += [("noise", "", "", measure, estimate, noise.unknown) for measure, estimate in (
            ("seeds, single run", noise.seeds), ("seeds, mean over replicates", Estimate(noise.seeds_in_mean)),
            ("seeds, between means", Estimate(noise.seeds_between)),
        )]  # fmt: skip
        for *names, estimate, note in rows:
            numbers = (repr(value) if math.isfinite(value) else "" for value in estimate)
            said = "; ".join(filter(None, (note, *analysis.warnings)))
            writer.writerow([*map(in_cell, (outcome.name, *names)), *numbers, in_cell(said)])
    return text.getvalue()


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


# The report.

_INDICES = {
    "sobol": "First: the share of the variance that a factor explains by itself. Total: with its interactions; "
    "the distance between the two is interaction. Seed noise adds to every total and takes from every first "
    "index, so the filled marks are freed of it (products of different replicates); the hollow ones, by SALib, "
    "are not. An index below 0, or above 1, is so within its noise; nothing is cut off.",
    "morris": "Each factor was moved alone, from several starts, over its range. μ* is the mean size of the "
    "change that it made, σ how much the change differs between starts. A factor matters if the interval of its "
    "μ* lies beyond the orange bar, which luck alone would fill.",
    "grid": "Over the levels of the grid: the share of the variance that a factor explains by itself (first), "
    "with its interactions (total), and that two explain only together (pair). Freed of seed noise by products "
    "of different replicates, so a share may come out a little below 0: then it is 0 within its noise.",
    "factorial": "The effect of each factor: the outcome at its upper level less that at its lower, computed "
    "per replicate, so that seeds pair. An interaction is half of what one factor's effect differs between the "
    "levels of the other.",
}
_READ = {
    "noise": "Each bar is the variance of a single run, shared out: what the factors make; the luck that all "
    "points have in common when they share seeds, which drops out of comparisons; and the luck that does not "
    "pair. On the right, the share of the latter in the variance between the means over all replicates, which "
    "is no effect of any factor.",
    "importance": "Two ways that work for any design. The regression draws a straight line for each factor: its "
    "coefficient is signed, and blind to bends. The forest bends and lets factors interact: its importance is "
    "what is lost when a factor is shuffled, on points and seeds that it has not seen. If either explains "
    "little, its ranking says little.",
    "effects": "The mean at each level of each factor, or in groups of equally many points, all on one scale. A "
    "factor whose row is flat does nothing by itself, but may still interact.",
    "interactions": "The outcome by two factors. Parallel lines: each does the same whatever the other is.",
    "heat": "The two most important factors together.",
    "replicates": "How well the mean of a point is known after so many replicates, against the spread between points.",
    "fans": "All runs by month, and split by the most important factor: the distance between the medians is "
    "what it does.",
}


_LUCK = (
    "Luck: the seeds' share of the variance, of a single run and between the means of points over all replicates; all "
    "means that nothing is seen of the factors. Replicates are enough if the mean of every point is known to a tenth "
    "of the spread between points; to compare points that share seeds, fewer do."
)
_INTERVALS = (
    "Intervals are of 95 %, each by itself: of many, some miss. A small index with a wide interval is not known to be "
    "small."
)


def report(analysis: Analysis, figures: Sequence[Drawn], folder: str) -> str:
    """Return the report as HTML.

    Args:
        analysis: the numbers.
        figures: those drawn of it.
        folder: the store, as its commands name it.
    """
    pictures: dict[str, list[Block]] = defaultdict(list)
    for each in figures:
        pictures["By month" if each.kind == "fans" else each.subject].append(_figure(each, analysis, folder))
    sections = [Section("What was varied, and how much is luck", [*_varied(analysis), *pictures[""]])]
    sections += [Section(each.name, [*_found(each, analysis), *pictures[each.name]]) for each in analysis.outcomes]
    if pictures["By month"]:
        sections.append(Section("By month", pictures["By month"]))
    sections.append(Section("Where this comes from", list(_origin(analysis))))
    return as_html(Page(f"What the sweep in {folder} shows", list(_in_short(analysis)), sections))


def command_of(folder: str, outcomes: Sequence[str], out: str, without_failed: bool, only: str = "") -> str:
    """Return the command that makes an analysis, or with ``only`` the figures of one kind."""
    options = [("--only", only), *(("--outcome", name) for name in outcomes), ("--out", out)]
    given = [word for option in options if option[1] for word in option]
    return command_line(["flywheel", "analyse", folder, *given, *(["--without-failed"] if without_failed else [])])


def again(analysis: Analysis, drawn: Drawn, folder: str) -> str:
    """Return the command that draws one figure again."""
    of_series = {fan.name: fan.outcome or fan.name for fan in analysis.fans} if drawn.kind == "fans" else {}
    asked = (of_series.get(drawn.subject, drawn.subject),) if drawn.subject else analysis.asked
    return command_of(folder, asked, analysis.out, bool(analysis.left_out), drawn.kind)


def _in_short(analysis: Analysis) -> Iterator[Block]:
    yield Paragraph(_sentence(words.about(analysis)))
    yield from (Warn(_sentence(warning)) for warning in analysis.warnings)
    head = ("outcome", "what matters", "luck in a run", "luck between means", "replicates")
    yield Table(head, [
        (Link(each.name, each.name), words.headline(each), words.of_seeds(each.noise.seeds.value),
         words.of_seeds(each.noise.seeds_between), words.replicates_short(each))
        for each in analysis.outcomes
    ])  # fmt: skip
    yield Paragraph(_LUCK)
    yield Paragraph(_INTERVALS)


def _varied(analysis: Analysis) -> Iterator[Block]:
    yield Table(("factor", "unit", "what it is"), [(Code(key), unit, said) for key, unit, said in analysis.factors])
    if analysis.skipped:
        yield Paragraph("Not analysed:")
        yield Bullets([(Code(name), f" {why}") for name, why in analysis.skipped.items()])


def _found(outcome: Outcome, analysis: Analysis) -> Iterator[Block]:
    yield Paragraph(_sentence(labelled(outcome.description, outcome.unit)))
    yield Paragraph(words.who_matters(outcome))
    yield Paragraph(words.noise_said(outcome, analysis.replicates))
    yield Paragraph(words.replicates_said(outcome))
    yield from (Warn(_sentence(said)) for said in outcome.notes)
    for fit in outcome.fits:
        if fit.unknown or not fit.explained > 0.0:
            why = fit.unknown or f"it explains nothing ({words.share(fit.explained)} of the variance)"
            yield Paragraph(f"The {fit.method} says nothing here: {why}.")
    if outcome.chief:
        rows = [(Code(index.factor), words.told(index)) for index in words.chief_indices(outcome)]
        yield Table(("factor", MEASURES[outcome.chief]), rows, numbers=frozenset({1}))


def _figure(drawn: Drawn, analysis: Analysis, folder: str) -> Figure:
    said = _INDICES[analysis.kind] if drawn.kind == "indices" else _READ[drawn.kind]
    warned = [Strong(f" {_sentence(warning)}") for warning in analysis.warnings]
    return Figure(
        drawn.path, drawn.title, (Strong(f"{drawn.title}."), f" {said}", *warned), again(analysis, drawn, folder)
    )


def _origin(analysis: Analysis) -> Iterator[Block]:
    yield Paragraph(("Every number is in ", Code("analysis.json"), ", the indices are in ", Code("indices.csv"), "."))
    rows = (
        ("command", analysis.command),
        ("design", f"{words.about(analysis)}; revision {analysis.revision}"),
        ("model", analysis.model),
        ("SHA-256 of the runs used", analysis.checksum),
        ("versions", ", ".join(f"{name} {version}" for name, version in analysis.versions.items())),
    )
    yield Table(("what", "which"), rows)


def _sentence(text: str) -> str:
    return f"{capital(text).removesuffix('.')}."
