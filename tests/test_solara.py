"""The page of the docs on SolaraViz works as it stands there."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning", "ignore::UserWarning")
def test_solara_viz_of_the_docs_is_constructed():
    solara = pytest.importorskip("solara", reason="solara is not installed")
    (code,) = re.findall(r"^```python\n(.*?)^```$", (ROOT / "docs/solara.md").read_text(), flags=re.M | re.DOTALL)
    names: dict[str, object] = {}
    exec(code, names)
    box, context = solara.render(names["page"], handle_error=False)
    assert box.children
    context.close()
