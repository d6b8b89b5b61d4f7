"""How the documentation is built: ``make docs``. Warnings are errors; nothing is fetched from the network."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE / "site"), str(HERE.parent)]

import reference  # noqa: E402  # of docs/site

project = "flywheel"
copyright = "the flywheel authors, MIT"
extensions = ["myst_nb", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
exclude_patterns = ["_build", "site"]
language = "en"

myst_heading_anchors = 4  # the anchors that GitHub gives, so that links work in both places
myst_enable_extensions = ["colon_fence"]
nb_execution_mode = "force"
nb_execution_timeout = 900  # the first cell may have to compile the model
nb_execution_raise_on_error = True
nb_output_stderr = "remove"  # such as notes of notebooks about bars, which name folders of this machine

autodoc_typehints = "description"
autodoc_member_order = "bysource"
napoleon_use_rtype = False

html_theme = "furo"
html_title = "flywheel"
html_show_sourcelink = False


def setup(app: Any) -> None:
    """Write the generated pages before Sphinx looks for sources."""
    app.connect("builder-inited", lambda _: reference.write(HERE / "generated"))
