"""The rooms of ``experiments``: each uses only what stands below it, and no module is loaded by way of itself."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

import experiments

HERE = Path(experiments.__file__).parent
# From the lowest to the highest; what stands in one line may use each other, if no module is then loaded by itself.
ROOMS = (
    ("errors", "messages"),
    ("provenance",),
    ("codebook", "config", "declarations", "edges", "folders", "kinds", "reading", "shipped", "store", "tables"),
    ("figures", "stats"),
    ("sweep",),
    ("report",),
    ("analysis", "bands", "case"),
    ("fit",),
    ("claims", "page"),
    ("checks",),
    ("cli",),
    ("door",),
    ("__main__",),
)
LEVEL = {room: level for level, rooms in enumerate(ROOMS) for room in rooms}


def _name(path: Path) -> str:
    parts = path.relative_to(HERE).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {_name(path): path for path in sorted(HERE.rglob("*.py")) if path != HERE / "__init__.py"}


def _imported(path: Path, late: bool) -> Iterator[str]:
    """Yield the modules of ``experiments`` that a file imports, by their names in it.

    Args:
        path: of the file.
        late: whether also those that are imported in functions, or for types alone.
    """
    nodes: list[ast.AST] = [ast.parse(path.read_text(encoding="utf-8"))]
    while nodes:
        node = nodes.pop()
        if isinstance(node, ast.ImportFrom):
            for each in node.names:
                whole = f"{node.module}.{each.name}".removeprefix("experiments.")
                name = whole if whole in MODULES else (node.module or "").removeprefix("experiments.")
                if name in MODULES and f"{node.module}.".startswith("experiments."):
                    yield name
        elif isinstance(node, ast.Import):
            yield from (name for each in node.names if (name := each.name.removeprefix("experiments.")) != each.name)
        elif late or not (
            isinstance(node, ast.FunctionDef)
            or (isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING")
        ):
            nodes.extend(ast.iter_child_nodes(node))


def test_every_room_has_its_level() -> None:
    assert {name.partition(".")[0] for name in MODULES} == set(LEVEL)


@pytest.mark.parametrize("room", LEVEL)
def test_a_room_uses_only_what_stands_below_it(room: str) -> None:
    ours = {name: path for name, path in MODULES.items() if name.partition(".")[0] == room}
    used = {(name, each) for name, path in ours.items() for each in _imported(path, late=True)}
    assert [
        f"{name} imports {each}"
        for name, each in sorted(used)
        if (other := each.partition(".")[0]) != room and LEVEL[other] > LEVEL[room]
    ] == []


def test_no_module_is_loaded_by_way_of_itself() -> None:
    graph = {name: {each for each in _imported(path, late=False) if each != name} for name, path in MODULES.items()}
    assert len(list(TopologicalSorter(graph).static_order())) == len(MODULES)  # a circle raises an error that names it
