"""The program's door, installed as ``innovation_flywheel``: a name that no reader's own file has.

``sim`` and ``experiments`` are anybody's names. A reader's own, found first, would take their place, and no file of
theirs could say so.
"""

from __future__ import annotations

import sys
from importlib.util import find_spec
from pathlib import Path
from typing import NoReturn

_MARK = '__distribution__ = "innovation-flywheel"'


def main() -> NoReturn:
    """Run the command line, unless a stranger stands in the place of a package of the program."""
    for name in ("sim", "experiments"):
        stranger = _stranger(name)
        if stranger:
            print(f"flywheel: cannot start: {stranger}", file=sys.stderr)
            sys.exit(2)
    from experiments.cli.app import main as run

    run()


def _stranger(name: str) -> str:
    """Return what is in the place of a package of the program, or nothing if it is the program's own."""
    found = find_spec(name)
    places = [] if found is None else list(found.submodule_search_locations or [])
    if any(_is_ours(Path(place, "__init__.py")) for place in places):
        return ""
    where = places[0] if places else found.origin if found is not None else None
    if where is None:
        return f"its package '{name}' is missing; install innovation-flywheel anew"
    return f"Python finds {where} in the place of its package '{name}'; rename that, or keep it off Python's path"


def _is_ours(path: Path) -> bool:
    try:
        return _MARK in path.read_text(encoding="utf-8")
    except (OSError, ValueError):
        return False


if __name__ == "__main__":
    main()
