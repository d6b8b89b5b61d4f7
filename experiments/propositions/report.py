"""The report for people: one page of answers first, then a section a claim, method, limits, and where it comes from.

``report.md`` is written from ``verdicts.json`` alone, with figures beside it; ``report.html`` is the same text with the
figures in it, to be opened anywhere.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Collection
from html import escape
from itertools import pairwise
from pathlib import Path
from typing import Any

from experiments.propositions import answers, method
from experiments.propositions.beyond import told
from experiments.propositions.markup import finished, inert
from experiments.propositions.sections import Lines, anchor, bullets, picture, section, slug, table
from experiments.propositions.words import Data
from experiments.sweep import files

MARKDOWN, PAGE, FIGURES = "report.md", "report.html", "figures"
_TITLES = {
    "propositions": "Which claims of the case study hold in the model",
    "policies": "Which claims on policy hold in the model",
}
_STYLE = """
body { font: 17px/1.5 Georgia, serif; max-width: 62rem; margin: 2rem auto; padding: 0 1rem; color: #111; }
h1, h2, h3, table, code { font-family: "DejaVu Sans", Verdana, sans-serif; }
h1 { font-size: 1.6rem; } h2 { font-size: 1.3rem; border-top: 2px solid #0072B2; padding-top: 1rem; margin-top: 3rem; }
h3 { font-size: 1.05rem; margin-top: 1.8rem; }
table { border-collapse: collapse; font-size: 0.8rem; margin: 1rem 0; display: block; overflow-x: auto; }
th, td { border-bottom: 1px solid #ccc; padding: 0.35rem 0.6rem; text-align: left; vertical-align: top; }
th { border-bottom: 2px solid #666; }
blockquote { border-left: 4px solid #ccc; margin-left: 0; padding-left: 1rem; color: #444; font-style: italic; }
img { max-width: 100%; height: auto; } pre { background: #f3f3f3; padding: 0.8rem; overflow-x: auto; }
code { font-size: 0.85em; } a { color: #0072B2; }
"""


def write_report(folder: Path, data: dict[str, Any]) -> list[Path]:
    """Draw all figures and write the report beside them; return the paths of both its forms.

    ``data`` is what ``verdicts.json`` holds (``results.read_json``).
    """
    pictures = draw_all(folder, data)
    text = markdown(data)
    files.put(folder / MARKDOWN, text.encode())
    files.put(folder / PAGE, page(text, folder, pictures).encode())
    return [folder / MARKDOWN, folder / PAGE]


def draw_all(folder: Path, data: Data) -> list[Path]:
    """Draw the figures that the report shows, and return their paths."""
    from experiments.figures.style import save, styled
    from experiments.propositions import draw, draw_attribution, draw_multiverse, draw_region

    place = folder / FIGURES
    with styled():
        drawn = [save(draw.overview(data["claims"]), place / "overview.png")]
        if data.get("multiverse"):
            drawn.append(save(draw_multiverse.curves(data["multiverse"]), place / "multiverse.png"))
        for result in data["claims"]:
            name = result["id"]
            drawn.append(save(draw.claim(result), place / f"{name}.png"))
            drawn.append(save(draw_region.region(result), place / f"{name}-region.png"))
            if result.get("attribution"):
                drawn.append(save(draw_attribution.shares(result), place / f"{name}-shares.png"))
                drawn.append(save(draw_attribution.interactions(result), place / f"{name}-interactions.png"))
    return drawn


def markdown(data: Data) -> str:
    """Return the report as Markdown."""
    told = inert(data)
    lines: Lines = []
    for part in SECTIONS:
        lines += [*part(told), ""]
    text = "\n".join(lines)
    return finished(re.sub(r"\n{3,}", "\n\n", text).strip()) + "\n"


def page(text: str, folder: Path, pictures: Collection[Path]) -> str:
    """Return the report as one page of HTML that needs nothing from elsewhere; it holds no files but ``pictures``."""
    from markdown_it import MarkdownIt

    parser = MarkdownIt("commonmark", {"html": False}).enable("table")
    tokens = parser.parse(text)
    for token, inside in pairwise(tokens):
        if token.type == "heading_open":
            token.attrSet("id", slug("".join(child.content for child in inside.children or [])))
    for token in tokens:
        for child in token.children or []:
            if child.type == "image":
                path = folder / str(child.attrs["src"])
                content = base64.b64encode(path.read_bytes()).decode() if path in pictures else ""
                child.attrSet("src", f"data:image/png;base64,{content}")
    body = parser.renderer.render(tokens, parser.options, {})
    title = escape(text.split("\n", 1)[0].removeprefix("# "))
    return (
        f'<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n<title>{title}</title>\n'
        f'<meta name="viewport" content="width=device-width, initial-scale=1">\n<style>{_STYLE}</style>\n</head>\n'
        f"<body>\n{body}</body>\n</html>\n"
    )


# The parts of the report, in order; a part returns nothing if the data do not hold what it tells of.


def _front(data: Data) -> Lines:
    results = data["claims"]
    title = _TITLES.get(data.get("kind", ""), "Which claims hold in the model")
    many = (
        "One claim was put to tests that it"
        if len(results) == 1
        else f"{len(results)} claims were put to tests that they"
    )
    lines = [
        f"# {title}",
        "",
        f"{many} can fail: {answers.counts(results)}. *Undecided* means that these runs cannot tell. What the other "
        "words mean stands under [Method](#method).",
    ]
    rows = [
        (
            f"[{r['id']}](#{anchor(r)}) {r['title']}", f"**{r['verdict']}**",
            f"{answers.deciding(r)['name']}: {answers.shown(r, answers.deciding(r))}",
            answers.region_short(r), answers.boundary_short(r),
        )
        for r in results
    ]  # fmt: skip
    headings = ("claim", "verdict", "effect that decides (interval)", "holds in its region", "cells where it must fail")
    return [*lines, *table(headings, rows)]


def _short_of_power(data: Data) -> Lines:
    undecided = [r for r in data["claims"] if r["verdict"] == "undecided"]
    if not undecided:
        return []
    said = []
    for result in undecided:
        needed = answers.most_seeds(result)
        if result.get("struck"):
            said.append(f"{result['id']}: settled by itself, but not once corrected for judging several claims at once")
        elif needed is None:
            said.append(f"{result['id']}: how many seeds it needs cannot be said from {result['seeds']}")
        else:
            said.append(f"{result['id']}: about {needed:,} seeds, {result['seeds']} were run")
    return [f"The budget `{data['budget']}` is too small to settle these:", *bullets(said)]


def _overview(data: Data) -> Lines:  # noqa: ARG001
    said = "Every required effect, in units of the smallest effect that would matter; an arrow goes on beyond the axis."
    return picture("overview", said)


def _sections(data: Data) -> Lines:
    return [line for result in data["claims"] for line in section(result, data)]


def _beyond(data: Data) -> Lines:
    lines: Lines = []
    for part in told(data):
        lines += [f"## {part.name}", "", part.sentence, ""]
        if part.name == "Multiverse":
            lines += [*picture("multiverse", "A claim a panel; grey: too small to matter."), ""]
        lines += [*table(part.headings, part.rows), ""]
    return lines


def _method(data: Data) -> Lines:  # noqa: ARG001
    return ["## Method", "", method.METHOD]


def _limits(data: Data) -> Lines:  # noqa: ARG001
    return ["## What a simulation can say about a case", "", method.LIMITS]


def _provenance(data: Data) -> Lines:
    rows = []
    for r in data["claims"]:
        runs = sum(store["runs"] for store in r["stores"].values())
        rows.append((
            r["id"], f"`{r['file']}`", f"`{r['hash'][:16]}`", r.get("status", "not known"), f"{r['seeds']}",
            f"{len(r['region']['places'])} of {r['region']['seeds']} seeds", f"{runs:,}",
        ))  # fmt: skip
    model = f", model `{data['model']}`" if data.get("model") else ""
    lines = ["## Where it comes from", "", f"Budget `{data['budget']}`{model}. All numbers stand in `verdicts.json`, "]
    lines[-1] += "all effects in `effects.csv`, one a row."
    lines += table(("claim", "file", "hash", "status", "seeds", "places of the region", "runs"), rows)
    return [*lines, "A verdict is confirmatory if claim, budget, analysis and model were locked before the first run."]


SECTIONS: tuple[Callable[[Data], Lines], ...] = (
    _front, _short_of_power, _overview, _sections, _beyond, _method, _limits, _provenance,
)  # fmt: skip
