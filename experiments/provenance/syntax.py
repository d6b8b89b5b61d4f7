"""The normal form of source: two files have the same one if they differ in nothing that a run can feel.

Out go comments, formatting, docstrings, annotations, imports that only annotations use, the order of imports, blocks
under ``if TYPE_CHECKING:``, and the texts of declarations. Out go the defaults of parameters too, since what is stored
of a run is the value of each; they stay beside a field that must be given, as in an item of a list, of which a reader
may give a part. The annotation of a field stays where the class reads it: pydantic takes types and choices from there.
The text of a normal form is the same on every version of Python.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from typing import Any

# Classes that read the annotations of their fields, as do those that derive from them.
TYPED = ("BaseModel",)
# What a declaration tells its reader, by the function that declares; the second positional argument of some is one.
_TEXTS = {
    "param": {"description", "symbol", "unit", "source"}, "Field": {"description", "title", "examples"},
    "Lever": {"description"},
}  # fmt: skip
_SECOND = ("param", "Lever")
_DEFAULT = ("param",)  # whose first argument is a default
# Fields of nodes that a run cannot feel, or that not every version of Python fills.
_UNFELT = {"ctx", "kind", "type_comment", "type_ignores", "simple"}

IMPORTS = (ast.Import, ast.ImportFrom)


def normal(source: str, typed: frozenset[str] = frozenset()) -> list[ast.stmt]:
    """Return the normalised statements of a file, imports first: one name each, in order.

    Args:
        source: the file's text.
        typed: names of the classes that read the annotations of their fields.
    """
    statements = _Normaliser(typed).visit(ast.parse(source)).body
    imports = [one for each in statements if isinstance(each, IMPORTS) for one in _split(each)]
    return [*sorted(imports, key=text), *(each for each in statements if not isinstance(each, IMPORTS))]


def without_unused(statements: list[ast.stmt]) -> list[ast.stmt]:
    """Return statements without the imports that the others do not mention and do not pass on."""
    others = [each for each in statements if not isinstance(each, IMPORTS)]
    inner = [node for each in others for node in ast.walk(each)]
    quoted = {node.value for node in inner if isinstance(node, ast.Constant) and isinstance(node.value, str)}
    used = mentioned(*others) | quoted  # names in quotes, as in __all__
    return [each for each in statements if not isinstance(each, IMPORTS) or bound(each) in used or _passed_on(each)]


def reached(statements: list[ast.stmt], names: Iterable[str]) -> list[ast.stmt]:
    """Return the statements of a file that bind some names, or a name that these mention, and so on."""
    wanted = set(names)
    while new := mentioned(*(each for each in statements if bound(each) in wanted)) - wanted:
        wanted |= new
    return [each for each in statements if bound(each) in wanted]


def mentioned(*nodes: ast.AST) -> set[str]:
    """Return every name that some syntax mentions."""
    return {each.id for node in nodes for each in ast.walk(node) if isinstance(each, ast.Name)}


def text(value: Any) -> str:
    """Return syntax as text that is equal for equal syntax, on every version of Python."""
    if isinstance(value, ast.AST):
        fields = ((name, getattr(value, name, None)) for name in value._fields if name not in _UNFELT)
        inner = ",".join(f"{name}={text(field)}" for name, field in fields if field is not None and field != [])
        return f"{type(value).__name__}({inner})"
    if isinstance(value, list):
        return f"[{','.join(map(text, value))}]"
    return f"{type(value).__name__}:{value!a}"


def typed_classes(sources: Iterable[str]) -> frozenset[str]:
    """Return the names of all classes of some files that derive from one that reads its fields' annotations."""
    classes = [node for source in sources for node in ast.walk(ast.parse(source)) if isinstance(node, ast.ClassDef)]
    bases = [(node.name, {name_of(base) for base in node.bases}) for node in classes]
    found: set[str] = set(TYPED)
    while new := {name for name, above in bases if above & found} - found:
        found |= new
    return frozenset(found)


def name_of(node: ast.AST) -> str:
    """Return the last part of a dotted name; nothing of what is no name."""
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def bound(statement: ast.stmt) -> str:
    """Return the name that a statement binds, if it is one import, a definition or an assignment to one name."""
    if isinstance(statement, IMPORTS):
        (alias,) = statement.names
        return alias.asname or alias.name.partition(".")[0]
    if isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        return statement.name
    if isinstance(statement, ast.Assign) and len(statement.targets) == 1:
        target = statement.targets[0]
        return target.id if isinstance(target, ast.Name) else ""
    return ""


def _split(statement: ast.Import | ast.ImportFrom) -> Iterator[ast.Import | ast.ImportFrom]:
    """Yield an import as imports of one name each; an import from the future changes annotations alone."""
    for alias in statement.names:
        if isinstance(statement, ast.Import):
            yield ast.Import(names=[alias])
        elif statement.module != "__future__":
            yield ast.ImportFrom(module=statement.module, names=[alias], level=statement.level)


def _passed_on(statement: ast.Import | ast.ImportFrom) -> bool:
    """Return whether an import is for others: ``from a import b as b`` or ``from a import *``."""
    (alias,) = statement.names
    return alias.name in ("*", alias.asname)


def _is_plain(node: ast.expr) -> bool:
    """Return whether an expression is a number, a switch, a text, or a tuple or dictionary of such."""
    if isinstance(node, ast.Constant):
        return isinstance(node.value, (bool, int, float, str))
    if isinstance(node, ast.UnaryOp):
        return isinstance(node.op, (ast.USub, ast.UAdd)) and _is_plain(node.operand)
    if isinstance(node, ast.Tuple):
        return all(map(_is_plain, node.elts))
    if isinstance(node, ast.Dict):
        return all(each is not None and _is_plain(each) for each in (*node.keys, *node.values))
    return False


def _is_required(node: ast.AST) -> bool:
    """Return whether a node declares a field that must be given."""
    if not isinstance(node, ast.Call) or name_of(node.func) not in _DEFAULT or not node.args:
        return False
    return isinstance(node.args[0], ast.Constant) and node.args[0].value is ...


class _Normaliser(ast.NodeTransformer):
    """Take out of a tree what a run cannot feel."""

    def __init__(self, typed: frozenset[str]) -> None:
        self._typed, self._in_part = typed, False

    def visit_Expr(self, node: ast.Expr) -> ast.AST | None:
        """Drop a docstring, or any other constant that stands alone."""
        return None if isinstance(node.value, ast.Constant) else self.generic_visit(node)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        """Drop what a function returns."""
        node.returns = None
        return self.generic_visit(node)

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> ast.AST:
        """Drop what a function returns."""
        node.returns = None
        return self.generic_visit(node)

    def visit_arg(self, node: ast.arg) -> ast.AST:
        """Drop the type of an argument."""
        node.annotation = None
        return node

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.AST:
        """Keep the names of all fields, and their types where the class reads them."""
        self._in_part = any(_is_required(each) for each in ast.walk(node))
        typed = any(name_of(base) in self._typed for base in node.bases)
        node.body = [self._field(each, typed) if isinstance(each, ast.AnnAssign) else each for each in node.body]
        return self.generic_visit(node)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AST | None:
        """Make an annotated assignment a plain one; without a value it assigns nothing."""
        if node.value is None:
            return None
        return self.visit(ast.Assign(targets=[node.target], value=node.value))  # type: ignore[no-any-return]

    def visit_If(self, node: ast.If) -> Any:
        """Drop what only a type checker sees."""
        self.generic_visit(node)
        return node.orelse if name_of(node.test) == "TYPE_CHECKING" else node

    def visit_Pass(self, _: ast.Pass) -> None:
        """Drop what does nothing."""

    def visit_Call(self, node: ast.Call) -> ast.AST:
        """Drop the texts of a declaration, and a default that is plain; bounds and constraints stay."""
        name = name_of(node.func)
        if name in _TEXTS:
            node.keywords = [each for each in node.keywords if each.arg not in _TEXTS[name]]
        if name in _SECOND:
            kept = self._in_part or name not in _DEFAULT
            node.args = [each for each in node.args[:1] if kept or not _is_plain(each)] + node.args[2:]
        return self.generic_visit(node)

    @staticmethod
    def _field(field: ast.AnnAssign, typed: bool) -> ast.stmt:
        """Return a field of a class as a plain expression: its name, and its type and value if they are read."""
        parts: list[ast.expr] = [field.target]
        parts += [field.annotation] if typed else []
        parts += [field.value] if field.value is not None else []
        return ast.Expr(ast.Tuple(elts=parts, ctx=ast.Load()))
