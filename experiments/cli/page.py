"""The command ``page``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

_PORT = 8765
_MISSING = "page: NiceGUI is not installed; pip install 'innovation-flywheel[page]'"


def register(app: typer.Typer) -> None:
    """Add the command to the program."""
    app.command()(page)


def page(
    config: Annotated[
        Path | None, typer.Argument(metavar="CONFIG", help="Your config, to be world B beside the baseline.")
    ] = None,
    view: Annotated[
        str | None, typer.Option(metavar="ADDRESS", help="View to show first: what follows ? in a page's address.")
    ] = None,
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port on this machine.")] = _PORT,
    browser: Annotated[bool, typer.Option("--open", help="Open the page in the browser.")] = False,
) -> None:
    """Compare two worlds in the browser: sliders, bands over seeds, differences. Needs the extra [page]."""
    from importlib.util import find_spec

    from experiments.errors import UsageError

    if find_spec("nicegui") is None:
        raise UsageError(_MISSING)
    from experiments.page.command import page_command

    page_command(config, view, port, browser)
