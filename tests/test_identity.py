"""The identity of the model changes with what a run can feel, and with nothing else."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

import sim
from experiments import identity as module
from experiments.identity import definition, forms_of, identity, installed, theory
from sim.outcomes import COLUMNS

SIM = Path(sim.__file__).parent
ALL = tuple(column.name for column in COLUMNS)
NEW = "\n\ndef doubled(model: InnovationModel) -> float:\n    return 2.0 * model.month\n\n"
FIRST = '    Column("month", "month", "months since founding", month),\n'
LISTED = '    Column("doubled", "1", "twice the month", doubled),\n'

EVENTS = {name for name in ALL if name.startswith("events_")}
RIVALS = {"rival_unit_cost", "rival_capability", "rival_cash", "rival_independent", "rival_cost_of_use"}

Edit = Callable[[str], str]


def into(old: str, new: str) -> Edit:
    """Return an edit of a file's text, which must have what it replaces."""

    def edit(source: str) -> str:
        assert old in source
        return source.replace(old, new, 1)

    return edit


def edited(folder: Path, path: str, edit: Edit) -> None:
    """Edit a file of a copy."""
    source = (folder / path).read_text(encoding="utf-8")
    (folder / path).write_text(edit(source), encoding="utf-8")
    assert (folder / path).read_text(encoding="utf-8") != source


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of the model's source, to be edited."""
    shutil.copytree(SIM, tmp_path / "sim", ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path / "sim"


UNFELT: dict[str, tuple[str, Edit]] = {
    "a comment": ("mechanisms/absorption.py", into("    return 1.0", "    # The rest is luck.\n    return 1.0")),
    "blank lines": ("mechanisms/absorption.py", into("\n\n\n", "\n\n\n\n")),
    "the docstring of a file": ("mechanisms/reuse.py", into('"""Reuse:', '"""Reuse, again:')),
    "no docstring of a function": ("mechanisms/policy.py", lambda text: re.sub(r'\n    """.*"""\n', "\n", text)),
    "the docstring of a field": (
        "environment.py",
        into("        self.cut = False\n", '        self.cut = False\n        """Cut."""\n'),
    ),
    "another format": (
        "mechanisms/feedback.py",
        into("min(offered, bandwidth) * absorptive", "(\n        min(offered, bandwidth)\n        * absorptive)"),
    ),
    "another spelling of a number": ("mechanisms/reuse.py", into("np.minimum(1.0,", "np.minimum(1e0,")),
    "the type of an argument": ("mechanisms/absorption.py", into("hazard: float", "hazard: float | int")),
    "the type of a result": ("mechanisms/absorption.py", into("half: float) -> float:", "half: float):")),
    "the type of a variable": ("model.py", into("self.month = 0\n", "self.month: int = 0\n")),
    "the type of a record's field": ("architecture.py", into("    weights: Floats", "    weights: object")),
    "an import for annotations": ("mechanisms/absorption.py", into("from math", "from typing import Any\nfrom math")),
    "what type checkers see": ("agents/module.py", into("TYPE_CHECKING:\n", "TYPE_CHECKING:\n    import json\n")),
    "the order of imports": (
        "streams.py",
        into("import hashlib\nfrom math import log\n", "from math import log\nimport hashlib\n"),
    ),
    "imports line by line": ("compiled.py", into("import Any, ParamSpec", "import ParamSpec\nfrom typing import Any")),
    "the description of a parameter": ("parameters.py", into('"Length of the run."', '"How long a run is."')),
    "unit, symbol and source": (
        "parameters.py",
        into('symbol="T", unit="month", ge=1, le=1200, source="D1"', 'unit="y", ge=1, le=1200, source="D2"'),
    ),
    "the description of a column": ("outcomes.py", into('"months since founding"', '"months from founding"')),
    "what an event means": ("outcomes.py", into('"supply from outside was cut"', '"supply ended"')),
    "the order of columns": (
        "outcomes.py",
        lambda text: text.replace(FIRST, "").replace("    *(Column", f"{FIRST}    *(Column"),
    ),
    "a file with a docstring alone": ("mechanisms/__init__.py", into("mechanisms", "rules")),
}


@pytest.mark.parametrize("what", UNFELT)
def test_what_no_run_can_feel_leaves_the_identity(what: str, copy: Path) -> None:
    edited(copy, *UNFELT[what])
    assert identity(ALL, folder=copy) == identity(ALL)


FELT: dict[str, tuple[str, Edit]] = {
    "a constant": ("streams.py", into("0x9E3779B97F4A7C15", "0x9E3779B97F4A7C17")),
    "a whole number made a fraction": ("environment.py", into("self._cut_until = 0", "self._cut_until = 0.0")),
    "an operator": ("mechanisms/absorption.py", into("experience + half", "experience - half")),
    "the order of arguments": ("mechanisms/absorption.py", into("experience: float, half", "half: float, experience")),
    "the default of an argument": ("mechanisms/flywheel.py", into("swaps: int = 10", "swaps: int = 11")),
    "a decorator": ("mechanisms/flywheel.py", into("@lru_cache(maxsize=256)\n", "")),
    "the value of a typed variable": (
        "model.py",
        into("self.events: list[Event] = []", "self.events: list[Event] = [1]"),
    ),
    "the order of a record's fields": (
        "architecture.py",
        lambda text: text.replace("    weights: Floats\n", "").replace(
            "    elasticity:", "    weights: Floats\n    elasticity:"
        ),
    ),
    "a statement more": ("mechanisms/feedback.py", into("    return min(", "    bandwidth += 1.0\n    return min(")),
    "a statement in another order": (
        "environment.py",
        into("self.cut = False\n        self._cut_until = 0\n", "self._cut_until = 0\n        self.cut = False\n"),
    ),
    "the default of a parameter": ("parameters.py", into("param(60,", "param(61,")),
    "a lower bound": ("parameters.py", into('ge=1, le=1200, source="D1"', 'ge=2, le=1200, source="D1"')),
    "an upper bound": ("parameters.py", into('ge=1, le=1200, source="D1"', 'ge=1, le=1201, source="D1"')),
    "another constraint": ("parameters.py", into("min_length=1, max_length=64", "min_length=2, max_length=64")),
    "choices of a parameter": ("parameters.py", into('Literal["hazard", "threshold"]', 'Literal["hazard", "none"]')),
    "a bound within a type": ("parameters.py", into("Field(gt=0, le=1e6)", "Field(gt=0, le=1e7)")),
    "the type of a section's field": ("parameters.py", into("coupling: int = param", "coupling: float = param")),
    "a check of parameters": ("parameters.py", into("if self.end < self.start", "if self.end <= self.start")),
    "where a function comes from": ("mechanisms/absorption.py", into("from math import exp", "from numpy import exp")),
    "what a package passes on": ("mechanisms/__init__.py", lambda text: text + "from math import exp\n"),
    "another file": ("mechanisms/demand.py", lambda text: text + "\n\nSHARE = 0.5\n"),
}


@pytest.mark.parametrize("what", FELT)
def test_what_a_run_can_feel_changes_the_identity(what: str, copy: Path) -> None:
    edited(copy, *FELT[what])
    assert identity(folder=copy) != identity()


def test_a_file_moved_is_another_model(copy: Path) -> None:
    assert identity(folder=copy) == identity()
    (copy / "streams.py").rename(copy / "draws.py")
    assert identity(folder=copy) != identity()


@pytest.mark.parametrize("package", ["numba", "numpy", "mesa", "llvmlite", "python"])
def test_another_version_of_a_package_is_another_model(package: str) -> None:
    assert package in installed()
    assert identity(versions=installed()) == identity()
    assert identity(versions=installed() | {package: "0"}) != identity()


def test_the_versions_are_those_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    before = identity()
    monkeypatch.setattr(module.importlib.metadata, "version", lambda name: "0" if name == "numba" else "1")
    assert identity() != before
    assert installed()["numba"] == "0"


def test_every_column_is_defined_once_and_no_other() -> None:
    forms = forms_of(SIM)
    assert {len(definition(forms, name)) for name in ALL} == {1}
    with pytest.raises(KeyError, match="no_such"):
        identity(["no_such"])


def test_the_order_of_columns_asked_for_is_nothing() -> None:
    assert identity(ALL) == identity(reversed(ALL)) != identity(ALL[1:]) != identity()


def test_a_new_column_changes_only_runs_that_keep_it(copy: Path) -> None:
    before = {columns: identity(columns) for columns in ((), ("users",), ALL)}
    edited(copy, "outcomes.py", into("\n\ndef unit_cost(", f"{NEW}\ndef unit_cost("))
    edited(copy, "outcomes.py", into('    Column("unit_cost"', f'{LISTED}    Column("unit_cost"'))
    assert {columns: identity(columns, folder=copy) for columns in before} == before
    assert identity([*ALL, "doubled"], folder=copy) != before[ALL]


COLUMN_EDITS: dict[str, tuple[Edit, set[str]]] = {
    "a function": (into("float(model.inflow[0])", "float(model.inflow[1])"), {"inflow"}),
    "a helper": (
        into("fsum(numbers) / len", "sum(numbers) / len"),
        RIVALS,
    ),
    "what is imported": (into("import fsum, nan", "import fsum\nfrom numpy import nan"), RIVALS | {"shocked_cost"}),
    "which function": (into('tariffs", policy_cost', 'tariffs", supply_cut'), {"policy_cost"}),
    "a function of many": (into("model.tally[kind]", "model.tally[kind] + 1"), EVENTS),
}


@pytest.mark.parametrize("what", COLUMN_EDITS)
def test_a_changed_column_changes_only_runs_that_keep_it(what: str, copy: Path) -> None:
    edit, concerned = COLUMN_EDITS[what]
    edited(copy, "outcomes.py", edit)
    before, after = forms_of(SIM), forms_of(copy)
    assert {name for name in ALL if definition(after, name) != definition(before, name)} == concerned
    assert identity(folder=copy) == identity()
    for name in ALL[:1] + tuple(concerned)[:1]:
        assert (identity([name], folder=copy) != identity([name])) is (name in concerned)


# The layout to come: mechanisms that write their own columns.

MECHANISM = '''
"""Waiting."""

from math import exp, log

from sim.compiled import compiled

COLUMNS = {"waited": "months waited", "left": "who left"}
EVENTS = ("left",)


@compiled
def pace(x: float) -> float:
    """Return the pace."""
    return 1.0 - exp(-x)


@compiled
def observe(world, row) -> None:
    """Write what is seen."""
    firm = world.firms[0]
    row.waited = firm.waited
    total = 0.0
    for each in world.firms:
        total += log(each.left)
    row.left = total
    if world.month > 1:
        row.late = pace(firm.waited)
'''


def made(folder: Path, source: str = MECHANISM) -> Path:
    """Write a model of one mechanism."""
    (folder / "mechanisms").mkdir(exist_ok=True)
    (folder / "mechanisms" / "waiting.py").write_text(source)
    return folder


def test_an_observer_is_no_theory(tmp_path: Path) -> None:
    (form,) = theory(forms_of(made(tmp_path))).values()
    assert "pace" in form
    assert not any(name in form for name in ("observe", "COLUMNS", "EVENTS", "'log'"))


OBSERVE_EDITS: dict[str, tuple[Edit, set[str]]] = {
    "a column that needs more names": (
        lambda text: text + "    extra = firm.cash\n    extra += 1.0\n    row.extra = extra\n",
        set(),
    ),
    "a column in a block of its own": (lambda text: text + "    for k in range(3):\n        row.more = k\n", set()),
    "a description": (into("months waited", "months of waiting"), set()),
    "a declared event": (into('EVENTS = ("left",)', 'EVENTS = ("left", "lost")'), set()),
    "a docstring": (into("Write what is seen.", "Look."), set()),
    "one column": (into("row.waited = firm.waited", "row.waited = -firm.waited"), {"waited"}),
    "a name that one column reads": (into("log(each.left)", "each.left"), {"left"}),
    "what an observer imports": (into("import exp, log", "import exp\nfrom numpy import log"), {"left"}),
    "when a column is written": (into("world.month > 1", "world.month > 2"), {"late"}),
    "a name that two columns read": (into("world.firms[0]", "world.firms[1]"), {"waited", "late"}),
    "how observers are compiled": (into("@compiled\ndef observe", "def observe"), {"waited", "left", "late"}),
    "theory": (into("1.0 - exp(-x)", "1.0 - exp(x)"), {"waited", "left", "late", ""}),
    "a function of the file that an observer calls": (into("def pace(x", "def pace(y"), {"waited", "left", "late", ""}),
}


@pytest.mark.parametrize("what", OBSERVE_EDITS)
def test_a_mechanism_that_observes_itself(what: str, tmp_path: Path) -> None:
    edit, concerned = OBSERVE_EDITS[what]
    names = ("waited", "left", "late", "")
    before = {name: identity([name] if name else [], folder=made(tmp_path)) for name in names}
    edited(tmp_path, "mechanisms/waiting.py", edit)
    after = {name: identity([name] if name else [], folder=tmp_path) for name in names}
    assert {name for name in names if after[name] != before[name]} == concerned


def test_one_assignment_to_two_columns_defines_both(tmp_path: Path) -> None:
    made(tmp_path, "def observe(world, row):\n    row.a, row.b = world.pair\n    row.c = 1.0\n")
    forms = forms_of(tmp_path)
    assert definition(forms, "a") == definition(forms, "b") != definition(forms, "c")


def test_views_and_observers_are_left_out_by_name(copy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert {"model.py", "agents/firm.py"} <= theory(forms_of(copy)).keys()
    assert "outcomes.py" not in theory(forms_of(copy))
    monkeypatch.setattr(module, "VIEWS", ("model.py", "agents/"))
    left = theory(forms_of(copy))
    assert "architecture.py" in left
    assert not [path for path in left if path == "model.py" or path.startswith("agents/")]
