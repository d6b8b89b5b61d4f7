"""The report: one HTML file with all figures in it, that needs nothing else and no network."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator, Sequence

from experiments.analysis.compute import Analysis, Outcome
from experiments.analysis.draw import Drawn
from experiments.analysis.index import MEASURES
from experiments.analysis.words import (
    about,
    chief_indices,
    headline,
    noise_said,
    of_seeds,
    replicates_said,
    replicates_short,
    share,
    told,
    who_matters,
)
from experiments.names import command_line
from experiments.text import in_html

_STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; color: #1a1a1a; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.7rem; } h2 { margin-top: 2.5rem; border-top: 1px solid #d9d9d9; padding-top: 1rem; }
figure { margin: 1.5rem 0 2.5rem; } img { max-width: 100%; height: auto; }
figcaption { font-size: .95rem; color: #333; } code { background: #f3f3f3; padding: .1rem .3rem; font-size: .9em; }
pre { background: #f3f3f3; padding: .5rem .8rem; overflow-x: auto; } pre code { padding: 0; }
table { border-collapse: collapse; } td, th { text-align: left; padding: .25rem .9rem .25rem 0; vertical-align: top;
border-bottom: 1px solid #eee; } td.n { text-align: right; }
.warn { border-left: 4px solid #D55E00; padding: .2rem 1rem; background: #fdf3ec; }
"""
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


def report(analysis: Analysis, figures: Sequence[Drawn], folder: str) -> str:
    """Return the report as HTML.

    Args:
        analysis: the numbers.
        figures: those drawn of it.
        folder: the store, as its commands name it.
    """
    body = "\n".join(_body(analysis, figures, folder))
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{in_html(folder)}: what the sweep shows</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n{body}\n"
        "</body>\n</html>\n"
    )


def again(analysis: Analysis, drawn: Drawn, folder: str) -> str:
    """Return the command that draws one figure again."""
    words = ["flywheel", "analyse", folder, "--only", drawn.kind]
    of_series = {fan.name: fan.outcome or fan.name for fan in analysis.fans} if drawn.kind == "fans" else {}
    asked = (of_series.get(drawn.subject, drawn.subject),) if drawn.subject else analysis.asked
    for name in asked:
        words += ["--outcome", name]
    if analysis.out:
        words += ["--out", analysis.out]
    return command_line([*words, "--without-failed"] if analysis.left_out else words)


def _body(analysis: Analysis, figures: Sequence[Drawn], folder: str) -> Iterator[str]:
    yield f"<h1>What the sweep in {in_html(folder)} shows</h1>"
    yield f"<p>{in_html(_sentence(about(analysis)))}</p>"
    for warning in analysis.warnings:
        yield f'<p class="warn">{in_html(_sentence(warning))}</p>'
    yield "<h2>In short</h2>"
    yield "<table><tr><th>outcome</th><th>what matters</th><th>luck in a run</th><th>luck between means</th>"
    yield "<th>replicates</th></tr>"
    for outcome in analysis.outcomes:
        cells = (headline(outcome), of_seeds(outcome.noise.seeds.value), of_seeds(outcome.noise.seeds_between),
                 replicates_short(outcome))  # fmt: skip
        told_of = "".join(f"<td>{in_html(cell)}</td>" for cell in cells)
        yield f'<tr><td><a href="#{_anchor(outcome)}">{in_html(outcome.name)}</a></td>{told_of}</tr>'
    yield "</table>"
    yield "<p>Luck: the seeds' share of the variance, of a single run and between the means of points over all "
    yield "replicates; all means that nothing is seen of the factors. Replicates are enough if the mean of every point "
    yield "is known to a tenth of the spread between points; to compare points that share seeds, fewer do.</p>"
    yield "<p>Intervals are of 95 %, each by itself: of many, some miss. A small index with a wide interval is not "
    yield "known to be small.</p>"
    yield from _overall(analysis, figures, folder)
    for outcome in analysis.outcomes:
        yield from _section(outcome, analysis, figures, folder)
    fans = [each for each in figures if each.kind == "fans"]
    if fans:
        yield "<h2>By month</h2>"
        yield from (_figure(each, analysis, folder) for each in fans)
    yield from _ending(analysis)


def _overall(analysis: Analysis, figures: Sequence[Drawn], folder: str) -> Iterator[str]:
    yield "<h2>What was varied, and how much is luck</h2>"
    yield "<table><tr><th>factor</th><th>unit</th><th>what it is</th></tr>"
    for key, unit, said in analysis.factors:
        yield f"<tr><td><code>{in_html(key)}</code></td><td>{in_html(unit)}</td><td>{in_html(said)}</td></tr>"
    yield "</table>"
    yield from (_figure(each, analysis, folder) for each in figures if each.kind == "noise")
    if analysis.skipped:
        yield "<p>Not analysed:</p><ul>"
        yield from (f"<li><code>{in_html(name)}</code> {in_html(why)}</li>" for name, why in analysis.skipped.items())
        yield "</ul>"


def _section(outcome: Outcome, analysis: Analysis, figures: Sequence[Drawn], folder: str) -> Iterator[str]:
    yield f'<h2 id="{_anchor(outcome)}">{in_html(outcome.name)}</h2>'
    unit = "" if outcome.unit in ("", "1") else f" ({outcome.unit})"
    yield f"<p>{in_html(_sentence(outcome.description + unit))}</p>"
    for said in (who_matters(outcome), noise_said(outcome, analysis.replicates), replicates_said(outcome)):
        yield f"<p>{in_html(said)}</p>"
    for said in outcome.notes:
        yield f'<p class="warn">{in_html(_sentence(said))}</p>'
    for fit in outcome.fits:
        if fit.unknown or not fit.explained > 0.0:
            why = fit.unknown or f"it explains nothing ({share(fit.explained)} of the variance)"
            yield f"<p>The {in_html(fit.method)} says nothing here: {in_html(why)}.</p>"
    if outcome.chief:
        yield "<table><tr><th>factor</th><th>" + in_html(MEASURES[outcome.chief]) + "</th></tr>"
        for index in chief_indices(outcome):
            yield f'<tr><td><code>{in_html(index.factor)}</code></td><td class="n">{in_html(told(index))}</td></tr>'
        yield "</table>"
    yield from (_figure(each, analysis, folder) for each in figures if each.subject == outcome.name)


def _figure(drawn: Drawn, analysis: Analysis, folder: str) -> str:
    said = _INDICES[analysis.kind] if drawn.kind == "indices" else _READ[drawn.kind]
    image = base64.b64encode(drawn.path.read_bytes()).decode("ascii")
    warned = "".join(f" <strong>{in_html(_sentence(warning))}</strong>" for warning in analysis.warnings)
    return (
        f'<figure><img src="data:image/png;base64,{image}" alt="{in_html(drawn.title)}">\n'
        f"<figcaption><strong>{in_html(drawn.title)}.</strong> {in_html(said)}{warned}\n"
        f"<pre><code>{in_html(again(analysis, drawn, folder))}</code></pre></figcaption></figure>"
    )


def _ending(analysis: Analysis) -> Iterator[str]:
    yield "<h2>Where this comes from</h2>"
    yield "<p>Every number is in <code>analysis.json</code>, the indices are in <code>indices.csv</code>.</p>"
    versions = ", ".join(f"{name} {version}" for name, version in analysis.versions.items())
    rows = (
        ("command", analysis.command),
        ("design", f"{about(analysis)}; revision {analysis.revision}"),
        ("model", analysis.model),
        ("SHA-256 of the runs used", analysis.checksum),
        ("versions", versions),
    )
    yield "<table>"
    yield from (f"<tr><th>{name}</th><td>{in_html(value)}</td></tr>" for name, value in rows)
    yield "</table>"


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:].removesuffix('.')}."


def _anchor(outcome: Outcome) -> str:
    return in_html(re.sub(r"\s", "-", outcome.name.replace(".", "-")))
