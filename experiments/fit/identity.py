"""The identity of the model for a fit: its theory, and how runs are done, but not the defaults of what is free.

A fit moves its free parameters over their ranges, so their defaults, which come from it, do not matter to it. Versions of
packages do not enter either: a fit is kept for whoever reads it, on whatever machine.
"""

from __future__ import annotations

import ast
import copy
import hashlib
import json
from collections.abc import Iterable

from experiments import identity as model
from sim.parameters import Parameters


def identity_of(free: Iterable[str], columns: Iterable[str]) -> str:
    """Return the identity of the model for a fit.

    Args:
        free: keys of the free parameters.
        columns: columns and readings that its runs keep.
    """
    named = set(free)
    forms, rest = model._own()
    bare = {path: [_bare(each, named) for each in statements] for path, statements in forms.items()}
    content = {
        **rest,
        "theory": model.theory(bare),
        "columns": {name: model.definition(forms, name) for name in columns},
    }
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:16]


def _bare(statement: ast.stmt, free: set[str]) -> ast.stmt:
    """Return a statement without the defaults of free parameters, if it is the class of a section."""
    if not isinstance(statement, ast.ClassDef):
        return statement
    section = _sections().get(statement.name)
    keys = {key.partition(".")[2] for key in free if key.partition(".")[0] == section}
    if not keys:
        return statement
    changed = copy.deepcopy(statement)
    for each in changed.body:  # a field in its normal form: (name, annotation, value)
        match each:
            case ast.Expr(value=ast.Tuple(elts=[ast.Name(id=name), _, ast.Call() as declared])) if name in keys:
                declared.args = []
    return changed


def _sections() -> dict[str, str]:
    """Return the section of each class that declares one."""
    found = Parameters.model_fields.items()
    return {field.annotation.__name__: name for name, field in found if field.annotation is not None}
