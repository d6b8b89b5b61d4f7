"""The identity of the model: a hash of what the bits of a run follow from, and of nothing else.

Three things enter, each in its normal form (``provenance.syntax``), so that tidying the source makes no
stored run stale:

    theory      every file of ``sim/`` but views
    task        what of ``experiments/`` a run goes through, from its changes to the bytes that are kept
    observers   the definitions of the columns that a run keeps, and what its readings are taken by
    packages    the versions of what may change bits

It is the identity of what is loaded: sources are those read before anything was loaded (``sim.sources``), and checked
once all is; versions are those of the modules in use. So each process can say what it computes with.

Views are what no stored run goes through: Mesa's face of the model, names in the place of numbers, the reference.
A column is defined by a function ``observe(world, row)``, in whichever file of the theory it stands: the statements
``row.NAME = …`` write one column each, and the definition of one is that function without the other columns, without
local names that only they read, and without calls of other observers.

What an observer shares with the theory counts as theory: a function of the file that only its ``observe`` calls.
Whether observing changes the model cannot be seen here; it must not.
"""

from __future__ import annotations

import ast
import copy
import hashlib
import importlib
import json
import sys
from collections.abc import Callable, Iterable, Mapping
from functools import cache, lru_cache, partial
from pathlib import Path
from typing import Any, TypeAlias

import experiments
from experiments.errors import RunError
from experiments.provenance.syntax import (
    IMPORTS,
    bound,
    mentioned,
    name_of,
    normal,
    reached,
    text,
    typed_classes,
    without_unused,
)  # fmt: skip
from sim import sources

# What of sim/ is no theory: files, or folders with a slash at the end.
VIEWS = ("model.py", "outcomes.py", "batch.py", "agents/", "reference/")
READINGS = "readings.py"  # felt only by runs that keep one, so no theory either
# What is no theory in any file of it: these functions and declarations.
OBSERVE = "observe"
DECLARATIONS = ("COLUMNS", "EVENTS")
FACE = ("__all__", "__getattr__", "TYPE_CHECKING")  # by what a package offers names to those who import it
# What of experiments/ each run goes through: these functions, and what they reach in their file.
TASK = {"sweep/observe.py": ("_alike", "_resolved", "block_of", "canonical"), "sweep/factors.py": ("resolve",)}
# What may change bits: draws and kernels, and compilers. Not Mesa: no stored run goes through it. Not SciPy: sim/ does
# not import it, and numba takes only linear algebra from it, of which no compiled function has any.
PACKAGES = ("llvmlite", "numba", "numpy")

Forms = Mapping[str, list[ast.stmt]]  # the normalised statements of each file, by its path in sim/


def identity(columns: Iterable[str] = (), versions: Mapping[str, str] | None = None, folder: Path | None = None) -> str:
    """Return the identity of the model for runs that keep some columns.

    Args:
        columns: the columns and readings that the runs keep, in any order.
        versions: what they run on; what is in use here if None.
        folder: the model's source; that of the package ``sim`` as it was loaded if None.

    Raises:
        KeyError: a column that is defined nowhere, or of which a reading is taken.
        RunError: what is loaded is not what the sources say.
    """
    texts = sources.AS_LOADED if folder is None else sources.read(folder)
    forms, rest = _own() if folder is None else _all(texts)
    defined = _own_definition if folder is None else partial(definition, forms)
    content: dict[str, Any] = {
        **rest,
        "columns": {name: defined(column) if (column := _read_of(name)) else [] for name in columns},
        "packages": dict(installed() if versions is None else versions),
    }
    if any(_read_of(name) != name for name in content["columns"]):
        content["readings"] = text(without_unused(normal(texts[READINGS].decode("utf-8"))))
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:16]


def _read_of(name: str) -> str:
    """Return the column that a name is, or that it is a reading of; nothing if it is one of releases."""
    from sim.readings import is_reading, parse

    return parse(name).told if is_reading(name) else name


def loaded() -> str:
    """Return a checksum of all that was read and is in use here: where it is the same, identities are."""
    digest = hashlib.sha256(json.dumps(installed(), sort_keys=True).encode())
    for texts in (sources.AS_LOADED, experiments.AS_LOADED):
        for path, source in texts.items():
            digest.update(f"{path} {len(source)} ".encode() + source)
    return digest.hexdigest()


def installed() -> dict[str, str]:
    """Return the versions of what may change bits, as they are in use here.

    Python is among them: the logarithm of the gamma function, of which depths of trials follow, is its own.
    """
    packages = {name: str(importlib.import_module(name).__version__) for name in PACKAGES}
    return {"python": f"{sys.version_info.major}.{sys.version_info.minor}", **packages}


def forms_of(texts: Mapping[str, bytes]) -> Forms:
    """Return the normalised statements of each file of the theory."""
    others = (*VIEWS, READINGS)
    ours = {name: source.decode("utf-8") for name, source in texts.items() if not name.startswith(others)}
    typed = typed_classes(ours.values())
    return {path: normal(source, typed) for path, source in sorted(ours.items())}


@lru_cache(maxsize=1)
def _own() -> tuple[Forms, dict[str, Any]]:
    found = _all(sources.AS_LOADED)
    for path in found[0]:
        importlib.import_module(_module(sources.HERE, path))
    check_loaded()
    return found


@cache
def _own_definition(column: str) -> list[str]:
    return definition(_own()[0], column)


def check_loaded() -> None:
    """Raise ``RunError`` if what is loaded need not be what was read before, as an edit in between makes it."""
    model = {path: source for path, source in sources.AS_LOADED.items() if not path.startswith(VIEWS)}
    for package, before in ((sources.HERE, model), (experiments.HERE, _task())):
        for path, source in before.items():
            file, where = package / path, f"{package.name}/{path}"
            if not file.is_file() or file.read_bytes() != source:
                raise RunError(f"{where}: was edited while the program was loading; start it again")
            module = sys.modules.get(_module(package, path))
            if module is None or module in _right:
                continue
            if not _is_of(module, source):
                raise RunError(f"{where}: Python loads another text of it; delete {file.parent / '__pycache__'}")
            _right.add(module)


_right = set[Any]()  # modules that were found to be of what was read


def _module(package: Path, path: str) -> str:
    names = [package.name, *path.removesuffix(".py").split("/")]
    return ".".join(names[:-1] if names[-1] == "__init__" else names)


def _is_of(module: Any, source: bytes) -> bool:
    """Return whether a module's compiled file is of a source: Python compares size and second of change alone."""
    loaded = module.__spec__.loader.get_code(module.__name__)
    return bool(loaded == compile(source, module.__file__, "exec", dont_inherit=True))


def _all(texts: Mapping[str, bytes]) -> tuple[Forms, dict[str, Any]]:
    """Return the forms of the model's files, and what of the identity is the same for all runs."""
    forms = forms_of(texts)
    task = {path: text(reached(normal(source.decode("utf-8")), TASK[path])) for path, source in _task().items()}
    return forms, {"theory": theory(forms), "task": task}


def _task() -> dict[str, bytes]:
    return {path: experiments.AS_LOADED[path] for path in TASK}


def theory(forms: Forms) -> dict[str, str]:
    """Return the normal form of each file of the theory that holds anything."""
    kept = {}
    for path, statements in forms.items():
        ours = [each for each in statements if bound(each) not in (OBSERVE, *DECLARATIONS, *FACE)]
        packaged = path.endswith("__init__.py")  # what it imports is for others
        if ours := ours if packaged else without_unused(ours):
            kept[path] = text(ours)
    return kept


def definition(forms: Forms, column: str) -> list[str]:
    """Return the normal forms of all that defines a column.

    Raises:
        KeyError: nothing does.
    """
    found = []
    for statements in forms.values():
        observers = [each for each in statements if bound(each) == OBSERVE]
        for left in filter(None, (_observed(each, column) for each in observers)):
            imports = [each for each in statements if isinstance(each, IMPORTS) and bound(each) in mentioned(left)]
            found.append(text([*imports, left]))
    if not found:
        raise KeyError(column)
    return found


def _observed(statement: ast.stmt, column: str) -> ast.AST | None:
    """Return an ``observe`` without what it writes for other columns; None if it does not write this one."""
    if not isinstance(statement, ast.FunctionDef) or len(statement.args.args) < 2:
        return None
    row = statement.args.args[1].arg
    if column not in {name for each in ast.walk(statement) for name in _written(each, row)}:
        return None
    left: ast.AST = _Without(row, column).visit(_Parted().visit(copy.deepcopy(statement)))
    while (unread := _unread(left)) is not None:
        left = _Pruner(partial(_is_to, name=unread)).visit(left)
    return left


def _written(node: ast.AST, row: str) -> list[str]:
    """Return the columns that an assignment writes."""
    targets = node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AugAssign) else []
    inner = [each for target in targets for each in ast.walk(target) if isinstance(each, ast.Attribute)]
    return [each.attr for each in inner if name_of(each.value) == row]


def _unread(function: ast.AST) -> str | None:
    """Return a local name that is assigned, alone, and nowhere read; None if there is no such name."""
    nodes = list(ast.walk(function))
    read = {each.id for each in nodes if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Load)}
    written = [bound(each) for each in nodes if isinstance(each, ast.Assign)]
    return next((name for name in written if name and name not in read), None)


class _Parted(ast.NodeTransformer):
    """Write an assignment of several values to several names as one of each."""

    def visit_Assign(self, node: ast.Assign) -> ast.AST | list[ast.stmt]:
        """Part an assignment, or leave it."""
        target = node.targets[0]
        if not isinstance(target, ast.Tuple) or not isinstance(node.value, ast.Tuple) or len(node.targets) > 1:
            return node
        pairs = zip(target.elts, node.value.elts, strict=True)
        return [ast.Assign(targets=[name], value=value) for name, value in pairs]


_Assignment: TypeAlias = ast.Assign | ast.AugAssign


class _Pruner(ast.NodeTransformer):
    """Take assignments out of a function, and blocks that nothing is left in."""

    def __init__(self, drops: Callable[[_Assignment], bool]) -> None:
        self._drops = drops

    def visit_Assign(self, node: ast.Assign) -> ast.AST | None:
        """Drop an assignment, or leave it."""
        return None if self._drops(node) else node

    def visit_AugAssign(self, node: ast.AugAssign) -> ast.AST | None:
        """Drop an assignment, or leave it."""
        return None if self._drops(node) else node

    def generic_visit(self, node: ast.AST) -> ast.AST | None:  # type: ignore[override]
        """Go on below, and drop a block that is empty then."""
        super().generic_visit(node)
        block = isinstance(node, (ast.If, ast.For, ast.While, ast.With))
        return None if block and not node.body and not getattr(node, "orelse", []) else node  # type: ignore[attr-defined]


class _Without(_Pruner):
    """Take out what writes other columns alone."""

    def __init__(self, row: str, column: str) -> None:
        super().__init__(lambda node: bool(written := _written(node, row)) and column not in written)

    def visit_Expr(self, node: ast.Expr) -> ast.AST | None:
        """Drop a call of another observer."""
        return None if isinstance(node.value, ast.Call) and name_of(node.value.func) == OBSERVE else node


def _is_to(node: _Assignment, name: str) -> bool:
    """Return whether an assignment is to a local name."""
    if isinstance(node, ast.AugAssign):
        return isinstance(node.target, ast.Name) and node.target.id == name
    return bound(node) == name
