"""Pages that are generated from the program itself: commands, parameters, outcomes, and a page for each mechanism."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import typer
from drawn import Drawn, drawn  # of docs/site

from experiments.cli.app import app
from experiments.declarations import declarations, sections
from sim.declare import Section
from sim.outcomes import EVENT_FIELDS
from sim.world import columns, kinds, levers, mechanisms

ROOT = Path(__file__).parents[2]
_DECLARES = "key|symbol|default|range|unit|meaning|source"
_PARTS = r"(Limits?|Sources?|Units?|Shapes(?: and units)?|Shapes):"


def write(folder: Path) -> None:
    """Write all generated pages into a folder; a page that is as it was is not touched."""
    pages = {
        "commands.md": commands(),
        "parameters.md": parameters(),
        "outcomes.md": outcomes(),
        "mechanisms.md": overview(),
    }
    folder.mkdir(exist_ok=True)
    for module in mechanisms():
        name = name_of(module)
        pages[f"mechanism-{name}.md"] = mechanism(module, drawn(name, folder))
    for old in folder.glob("*.md"):
        if old.name not in pages:
            old.unlink()
    for name, text in pages.items():
        path = folder / name
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")


def commands() -> str:
    """Return the help of every command, as the program prints it."""
    program: Any = typer.main.get_command(app)
    top = typer.Context(program, info_name="flywheel", terminal_width=78)
    parts = ["# Commands", "Each text is what the program prints with `--help`.", _fenced(program.get_help(top))]
    for name, command in program.commands.items():
        context = typer.Context(command, info_name=name, parent=top, terminal_width=78)
        parts += [f"## flywheel {name}", _fenced(command.get_help(context))]
    return _page(parts)


def parameters() -> str:
    """Return every parameter, a table a section, with a box that filters them."""
    intro = (
        "Every parameter with its symbol, default, range, unit and source. `brief` and a number is the section of "
        "[the model's description](../odd.md#7-submodels), *D* and a number a [decision](../decisions.md). "
        "`flywheel params` prints the same, `flywheel params --toml` as a config with comments."
    )
    parts = ["# Parameters", intro, _FILTER]
    for name, section in sections().items():
        parts += [f"## {name}", _sentence(section), _parameters(name)]
    return _page(parts)


def outcomes() -> str:
    """Return what a run observes: columns, events and levers."""
    events = ((f"`{kind.name}`", kind.description, kind.counted or "–") for kind in kinds())
    return _page([
        "# Outcomes",
        "Each run observes these columns, a row a month (`series.csv`). A sweep keeps the last month of a column as "
        "`final.NAME`, its mean over the months as `mean.NAME`. A value is missing until there is a product.",
        "## Columns",
        _table("column|unit|meaning", ((f"`{name}`", unit, text) for name, unit, text in columns())),
        "## Events",
        "The log of events, `events.csv`, has these fields:",
        _table("field|meaning", ((f"`{name}`", text) for name, text in EVENT_FIELDS.items())),
        "and these kinds of events:",
        _table("kind|what happened|unit of its count", events),
        "## Levers of policy",
        "A measure of policy (`policy.schedule`) sets one of these levers to a level over months.",
        _table("lever|what its level means|highest", ((f"`{n}`", text, f"{most:g}") for n, text, most in levers())),
    ])  # fmt: skip


def overview() -> str:
    """Return the page that leads to all mechanisms."""
    names = [name_of(module) for module in mechanisms()]
    tree = "\n".join([":::{toctree}", ":maxdepth: 1", "", *(f"mechanism-{name}" for name in names), ":::"])
    about = (
        "Each mechanism is one file of the theory, with its equation, its limits and its source. Each page is "
        "generated from that file, with a figure of runs with and without the mechanism. [The model's "
        "description](../odd.md) says how the mechanisms work together."
    )
    return _page(["# The mechanisms, one by one", about, tree])


def mechanism(module: ModuleType, figures: Sequence[Drawn] = ()) -> str:
    """Return the page of one file of the theory: law, figures, place in the month, parameters, outcomes."""
    name = name_of(module)
    title, _, rest = (module.__doc__ or "").partition("\n")
    parts = [f"# {name.capitalize()}", title.partition(": ")[2].capitalize() or title, _law(rest)]
    parts += ["## Figures"] * bool(figures)
    parts += [f"![{each.title}]({each.file})\n\n{each.caption}" for each in figures]
    parts.append(_month(name))
    for section_name, section in sections().items():
        if section.__module__ == module.__name__:
            parts += [f"## Parameters: `{section_name}`", _sentence(section), _parameters(section_name)]
    for heading, kind in (("Outcomes", "COLUMNS"), ("Events", "EVENTS"), ("Levers of policy", "LEVERS")):
        declared = getattr(module, kind, ())
        if declared:
            rows = ((f"`{each.name}`", each.description) for each in declared)
            parts += [f"## {heading}", _table("name|meaning", rows)]
    parts += ["## In the code", f"`{module.__name__.replace('.', '/')}.py`"]
    return _page(parts)


def name_of(module: ModuleType) -> str:
    """Return the last part of a module's name."""
    return module.__name__.rpartition(".")[2]


def _law(text: str) -> str:
    """Return the rest of a docstring as Markdown: equations stay as they are, limits and sources become a list."""
    return re.sub(rf"^{_PARTS} ", r"- **\1:** ", text.strip("\n"), flags=re.MULTILINE)


@cache
def _steps() -> list[tuple[str, list[str]]]:
    """Return what the month calls, in its order, as ``file.function``; with each, the laws that are handed to it."""
    tree = ast.parse((ROOT / "sim/month.py").read_text(encoding="utf-8"))
    bodies = {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}

    def calls(function: str) -> Iterable[tuple[str, list[str]]]:
        statements = (node.value for node in ast.walk(bodies[function]) if isinstance(node, ast.Expr))
        found = [node for node in statements if isinstance(node, ast.Call)]
        for call in sorted(found, key=lambda node: node.lineno):
            called = ast.unparse(call.func)
            handed = (node for argument in call.args for node in ast.walk(argument) if isinstance(node, ast.Attribute))
            yield from calls(called) if called in bodies else [(called, [ast.unparse(node) for node in handed])]

    return list(calls("month"))


def _month(name: str) -> str:
    """Draw the month as a row of steps: those of one file are filled, those that use its law are framed."""
    steps = _steps()
    acts = {at for at, (step, _) in enumerate(steps, 1) if step.startswith(f"{name}.")}
    handed = {at: [law for law in laws if law.startswith(f"{name}.")] for at, (_, laws) in enumerate(steps, 1)}
    uses = {at: laws for at, laws in handed.items() if laws and at not in acts}
    if not acts and not uses:
        return ""
    size = 26
    boxes = []
    for at, (step, _) in enumerate(steps, 1):
        fill, ink = ("#0072b2", "#fff") if at in acts else ("none", "currentColor")
        edge = ("#d55e00", 3) if at in uses else ("currentColor", 1)
        boxes.append(
            f'<g><title>{step}</title><rect x="{at * size - size + 2}" y="2" width="{size - 4}" height="{size - 4}" '
            f'rx="4" fill="{fill}" stroke="{edge[0]}" stroke-width="{edge[1]}"/><text x="{at * size - size / 2}" '
            f'y="17" font-size="11" text-anchor="middle" fill="{ink}">{at}</text></g>'
        )
    said = f"The {len(steps)} steps of a month, in order."
    if acts:
        said += " Filled, it acts: " + ", ".join(f"{at} `{steps[at - 1][0]}`" for at in sorted(acts)) + "."
    if uses:
        users = (f"{at} `{steps[at - 1][0]}` (`{'`, `'.join(laws)}`)" for at, laws in uses.items())
        said += f" Framed, its law is used: {', '.join(users)}."
    picture = (
        f'<svg role="img" aria-label="The steps of a month" viewBox="0 0 {len(steps) * size} {size}" width="100%">'
        f"{''.join(boxes)}</svg>"
    )
    return f"## In the month\n\n{said}\n\n```{{raw}} html\n{picture}\n```"


def _parameters(section: str) -> str:
    def rows() -> Iterable[Sequence[str]]:
        for each in declarations(section):
            code = [f"`{text}`" if text else "" for text in (f"{section}.{each.key}", each.default or "must be given")]
            yield code[0], each.symbol, code[1], each.range, each.unit, each.description, each.source

    return _table(_DECLARES, rows())


def _sentence(section: type[Section]) -> str:
    return " ".join((section.__doc__ or "").split())


def _table(head: str, rows: Iterable[Sequence[str]]) -> str:
    cells = [head.split("|"), *rows]
    lines = ["| " + " | ".join(_cell(cell) for cell in row) + " |" for row in cells]
    return "\n".join([lines[0], "|" + "---|" * len(cells[0]), *lines[1:]])


def _cell(text: str) -> str:
    return re.sub(r"(?<!\\)\|", r"\\|", text).replace("\n", " ")


def _fenced(text: str) -> str:
    return f"```text\n{text.rstrip()}\n```"


def _page(parts: Iterable[str]) -> str:
    return "\n\n".join(part for part in parts if part) + "\n"


_FILTER = """```{raw} html
<style>
article table { table-layout: auto; width: 100%; }
article td, article td code { white-space: normal; overflow-wrap: anywhere; }
article td:nth-child(-n+3) { overflow-wrap: normal; }
</style>
<p><label>Find: <input id="find" type="search" placeholder="a word, e.g. openness" autocomplete="off"></label></p>
<script>
document.addEventListener("DOMContentLoaded", () => {
  const find = document.getElementById("find");
  find.addEventListener("input", () => {
    const word = find.value.trim().toLowerCase();
    for (const row of document.querySelectorAll("article tbody tr")) {
      row.hidden = !row.textContent.toLowerCase().includes(word);
    }
    for (const part of document.querySelectorAll("article section section")) {
      part.hidden = word && !part.querySelector("tbody tr:not([hidden])");
    }
  });
});
</script>
```"""
