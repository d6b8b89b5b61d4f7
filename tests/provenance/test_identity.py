"""The identity of the model changes with what a run can feel, and with nothing else."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import experiments
import sim
from experiments.provenance import identity as module
from experiments.provenance.identity import definition, forms_of, identity, installed, theory
from sim.outcomes import COLUMNS
from sim.sources import read

SIM = Path(sim.__file__).parent
ALL = tuple(column.name for column in COLUMNS)

EVENTS = {name for name in ALL if name.startswith("events_")}

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


MONTHS = 'symbol="T", unit="month", ge=1, le=1200, source="D1"'

UNFELT: dict[str, tuple[str, Edit]] = {
    "a comment": (
        "mechanisms/absorption.py",
        into("    return experience", "    # A of brief.\n    return experience"),
    ),
    "blank lines": ("mechanisms/absorption.py", into("\n\n\n", "\n\n\n\n")),
    "the docstring of a file": ("mechanisms/leak.py", into('"""Leak', '"""Leak, again')),
    "no docstring of a function": ("mechanisms/policy.py", lambda text: re.sub(r'\n    """.*"""\n', "\n", text)),
    "another format": (
        "mechanisms/absorption.py",
        into("experience / (experience + given.half)", "(\n        experience\n        / (experience + given.half))"),
    ),
    "another spelling of a number": ("mechanisms/absorption.py", into("chance = 1.0 -", "chance = 1e0 -")),
    "the type of an argument": ("mechanisms/absorption.py", into("capacity(world: World", "capacity(world: object")),
    "the type of a result": ("mechanisms/absorption.py", into("k: int) -> float:", "k: int):")),
    "the type of a variable": ("mechanisms/flywheel.py", into("_LOG_CEILING = 230.0", "_LOG_CEILING: float = 230.0")),
    "the type of a record's field": ("architecture.py", into("    weights: Floats", "    weights: object")),
    "an import for annotations": ("mechanisms/absorption.py", into("from math", "from typing import Final\nfrom math")),
    "what type checkers see": (
        "kernels/draws.py",
        into(
            "import hashlib\n", "import hashlib\nfrom typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import json\n"
        ),
    ),
    "the order of imports": (
        "kernels/draws.py",
        into(
            "import hashlib\nfrom math import cos, log, pi, sqrt\n",
            "from math import cos, log, pi, sqrt\nimport hashlib\n",
        ),
    ),
    "imports line by line": (
        "mechanisms/market.py",
        into("import ALL, cost", "import ALL\nfrom sim.kernels.products import cost"),
    ),
    "the description of a parameter": ("mechanisms/run.py", into('"Length of the run."', '"How long a run is."')),
    "unit, symbol and source": ("mechanisms/run.py", into(MONTHS, 'unit="y", ge=1, le=1200, source="D2"')),
    "the default of a number": ("mechanisms/run.py", into("param(60,", "param(-61.5,")),
    "the default of a switch": ("mechanisms/commons.py", into("param(True,", "param(False,")),
    "the default of a choice": ("architecture.py", into('param("ring"', 'param("blocks"')),
    "the default of a list of names": (
        "architecture.py",
        into('("pipeline", "framework", "precision")', '("pipeline",)'),
    ),
    "the default of a table": ("architecture.py", into('{}, "Weight', '{"base": 2.0}, "Weight')),
    "the description of a column": ("mechanisms/run.py", into('"months since founding"', '"months from founding"')),
    "what an event means": ("mechanisms/frontier.py", into('"supply from outside was cut"', '"supply ended"')),
    "what a lever means": ("mechanisms/market.py", into('"surcharge on the price of compute"', '"a tariff"')),
    "another column": ("mechanisms/run.py", into("COLUMNS = (", 'COLUMNS = (Column("year", "1", "years"), ')),
    "a file with a docstring alone": ("mechanisms/__init__.py", into('"""', '"""Rules: ')),
    "names that a package offers": ("__init__.py", into('"Firm", "Inn', '"Inn')),
    "where an offered name is at home": ("__init__.py", into('"agents.firm"', '"agents.firms"')),
    "a view": ("model.py", into("self.steps +=", "self.steps -=")),
    "an agent": ("agents/module.py", into('noun = "module"', 'noun = "part"')),
    "a name that people read": ("outcomes.py", into('"prototype"', '"first try"')),
    "what is read off a run": ("readings.py", into("slope / square", "2.0 * slope / square")),
    "the reference": ("reference/search.py", lambda text: text + "\nEXTRA = 1\n"),
}


def in_rounds(edits: dict[str, tuple[str, Edit]]) -> list[Any]:
    """Return edits in rounds that take one of each file, since a look at all files takes its time."""
    rounds: list[dict[str, tuple[str, Edit]]] = []
    for what, (path, edit) in edits.items():
        nth = sum(path in (known for known, _ in each.values()) for each in rounds)
        if nth == len(rounds):
            rounds.append({})
        rounds[nth][what] = path, edit
    return [pytest.param(each, id=", ".join(each)) for each in rounds]


@pytest.mark.parametrize("edits", in_rounds(UNFELT))
def test_what_no_run_can_feel_leaves_the_identity(edits: dict[str, tuple[str, Edit]], copy: Path) -> None:
    for path, edit in edits.values():
        edited(copy, path, edit)
    changed, was = theory(forms_of(read(copy))), theory(forms_of(read(SIM)))
    assert {path for path in was | changed if was.get(path) != changed.get(path)} == set()
    assert identity(ALL, folder=copy) == identity(ALL)


FELT: dict[str, tuple[str, Edit]] = {
    "a constant": ("kernels/draws.py", into("0x9E3779B97F4A7C15", "0x9E3779B97F4A7C17")),
    "a whole number made a fraction": (
        "mechanisms/absorption.py",
        into("_INTEGRATED = -1, 2\n", "_INTEGRATED = -1, 2.0\n"),
    ),
    "an operator": ("mechanisms/absorption.py", into("experience + given.half", "experience - given.half")),
    "the order of arguments": (
        "mechanisms/absorption.py",
        into("def capacity(world: World, k: int)", "def capacity(k: int, world: World)"),
    ),
    "the default of an argument": ("architecture.py", into("swaps: int = 10", "swaps: int = 11")),
    "a decorator": ("mechanisms/absorption.py", into("@compiled\ndef capacity", "def capacity")),
    "the value of a typed variable": (
        "mechanisms/flywheel.py",
        into("_LOG_CEILING = 230.0", "_LOG_CEILING: float = 231.0"),
    ),
    "the order of a record's fields": (
        "kernels/adoption.py",
        into("    adopters: Records\n    traits: Records\n", "    traits: Records\n    adopters: Records\n"),
    ),
    "a statement more": (
        "mechanisms/absorption.py",
        into("    return experience", "    experience += 1\n    return experience"),
    ),
    "a statement in another order": (
        "month.py",
        into(
            "    commons.found(world)\n    demand.found(world)\n", "    demand.found(world)\n    commons.found(world)\n"
        ),
    ),
    "what a mechanism keeps": ("mechanisms/absorption.py", into('("experience", "i8")', '("experience", "f8")')),
    "the default of what a reader may give in part": ("mechanisms/policy.py", into("param(1200,", "param(1199,")),
    "a default that is worked out": ("mechanisms/run.py", into("param(60,", "param(30 * 2,")),
    "a lower bound": ("mechanisms/run.py", into(MONTHS, MONTHS.replace("ge=1,", "ge=2,"))),
    "an upper bound": ("mechanisms/run.py", into(MONTHS, MONTHS.replace("le=1200", "le=1201"))),
    "another constraint": ("architecture.py", into("min_length=1, max_length=64", "min_length=2, max_length=64")),
    "choices of a parameter": (
        "mechanisms/diffusion.py",
        into('Literal["hazard", "threshold"]', 'Literal["hazard", "none"]'),
    ),
    "a bound within a type": ("architecture.py", into("Field(gt=0, le=1e6)", "Field(gt=0, le=1e7)")),
    "the type of a section's field": ("architecture.py", into("coupling: int = param", "coupling: float = param")),
    "a check of parameters": ("mechanisms/policy.py", into("if self.end < self.start", "if self.end <= self.start")),
    "the highest level of a lever": ("declare.py", into("highest: float = 1e12", "highest: float = 1e11")),
    "where a function comes from": ("mechanisms/absorption.py", into("from math import exp", "from numpy import exp")),
    "what a package passes on": ("mechanisms/__init__.py", lambda text: text + "from math import exp\n"),
    "another file": ("mechanisms/demand.py", lambda text: text + "\n\nEXTRA = 0.5\n"),
}


@pytest.mark.parametrize("edits", in_rounds(FELT))
def test_what_a_run_can_feel_changes_the_identity(edits: dict[str, tuple[str, Edit]], copy: Path) -> None:
    for path, edit in edits.values():
        edited(copy, path, edit)
    changed, was = theory(forms_of(read(copy))), theory(forms_of(read(SIM)))
    assert {path for path in was | changed if was.get(path) != changed.get(path)} == {p for p, _ in edits.values()}
    assert identity(folder=copy) != identity()


def test_a_file_moved_is_another_model(copy: Path) -> None:
    assert identity(folder=copy) == identity()
    (copy / "kernels" / "draws.py").rename(copy / "kernels" / "luck.py")
    assert identity(folder=copy) != identity()


@pytest.mark.parametrize("package", ["numba", "numpy", "llvmlite", "python"])
def test_another_version_of_a_package_is_another_model(package: str) -> None:
    assert package in installed()
    assert identity(versions=installed()) == identity()
    assert identity(versions=installed() | {package: "0"}) != identity()


def test_the_versions_are_those_in_use(monkeypatch: pytest.MonkeyPatch) -> None:
    before = identity()
    monkeypatch.setattr("numba.__version__", "0")  # and not what an upgrade meanwhile has written to disk
    assert identity() != before
    assert installed()["numba"] == "0"


def test_every_column_is_defined_once_and_no_other() -> None:
    forms = forms_of(read(SIM))
    assert {len(definition(forms, name)) for name in ALL} == {1}
    with pytest.raises(KeyError, match="no_such"):
        identity(["no_such"])


def test_the_order_of_columns_asked_for_is_nothing() -> None:
    assert identity(ALL) == identity(reversed(ALL)) != identity(ALL[1:]) != identity()


def test_a_new_column_changes_only_runs_that_keep_it(copy: Path) -> None:
    before = {columns: identity(columns) for columns in ((), ("users",), ALL)}
    edited(copy, "mechanisms/run.py", into("COLUMNS = (", 'COLUMNS = (Column("doubled", "1", "twice the month"), '))
    edited(
        copy, "mechanisms/run.py", lambda text: text + "    twice = 2.0 * world.here.month\n    row.doubled = twice\n"
    )
    assert {columns: identity(columns, folder=copy) for columns in before} == before
    assert identity([*ALL, "doubled"], folder=copy) != before[ALL]


def test_a_mechanism_that_only_observes_leaves_the_columns_of_others(copy: Path) -> None:
    text = "from sim.kernels.compiled import compiled\n\n\n@compiled\ndef observe(world, row):\n    row.more = 1.0\n"
    (copy / "mechanisms" / "more.py").write_text(text)
    edited(
        copy,
        "month.py",
        into("    shock.observe(world, row)\n", "    shock.observe(world, row)\n    more.observe(world, row)\n"),
    )
    before, after = forms_of(read(SIM)), forms_of(read(copy))
    assert all(definition(after, name) == definition(before, name) for name in ALL)


READ = ("users_at_8", "cost_of_3")


def test_what_readings_are_taken_by_changes_only_runs_that_keep_one(copy: Path) -> None:
    edited(copy, *UNFELT["what is read off a run"])
    assert identity(ALL, folder=copy) == identity(ALL)
    for name in READ:
        assert identity([name], folder=copy) != identity([name])


def test_a_column_changes_the_readings_of_it_and_no_other(copy: Path) -> None:
    edited(copy, *COLUMN_EDITS["one column"][:2])
    assert identity(READ, folder=copy) == identity(READ)
    assert identity(["month_at_3"], folder=copy) != identity(["month_at_3"])


COLUMN_EDITS: dict[str, tuple[str, Edit, set[str]]] = {
    "one column": ("mechanisms/run.py", into("row.month = world", "row.month = -world"), {"month"}),
    "a sum that one column reads": (
        "mechanisms/market.py",
        into("uses += firm.cost_of_use", "uses += 1.0"),
        {"rival_cost_of_use"},
    ),
    "one of several in one assignment": ("month.py", into("= tally.lost,", "= tally.made,"), {"events_lost"}),
    "a name that many columns read": ("month.py", into("world.firms[0].tally", "world.firms[1].tally"), EVENTS),
    "what is imported": (
        "mechanisms/shock.py",
        into("from math import nan", "from numpy import nan"),
        {"shocked_cost"},
    ),
}


@pytest.mark.parametrize("what", COLUMN_EDITS)
def test_a_changed_column_changes_only_runs_that_keep_it(what: str, copy: Path) -> None:
    path, edit, concerned = COLUMN_EDITS[what]
    edited(copy, path, edit)
    before, after = forms_of(read(SIM)), forms_of(read(copy))
    assert {name for name in ALL if definition(after, name) != definition(before, name)} == concerned
    assert identity(folder=copy) == identity()
    for name in {"users", *sorted(concerned)[:1]}:
        assert (identity([name], folder=copy) != identity([name])) is (name in concerned)


# A mechanism made up, with all that an observer may do.

MECHANISM = '''
"""Waiting."""

from math import exp, log

from sim.kernels.compiled import compiled

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
    (form,) = theory(forms_of(read(made(tmp_path)))).values()
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


def test_one_value_for_two_columns_defines_both(tmp_path: Path) -> None:
    made(tmp_path, "def observe(world, row):\n    row.a, row.b = world.pair\n    row.c, row.d = 1.0, 2.0\n")
    forms = forms_of(read(tmp_path))
    assert definition(forms, "a") == definition(forms, "b") != definition(forms, "c") != definition(forms, "d")


def test_views_are_left_out_by_name() -> None:
    kept = theory(forms_of(read(SIM)))
    assert {"architecture.py", "month.py", "kernels/door.py", "mechanisms/search.py"} <= kept.keys()
    assert not [path for path in kept if path.startswith(module.VIEWS)]


def test_no_stored_run_goes_through_a_view() -> None:
    names = [f"sim.{name.removesuffix('.py').strip('/')}" for name in module.VIEWS]
    program = f"import sys, experiments.sweep.observe\nprint(*(name for name in {names} if name in sys.modules))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=SIM.parent)
    assert done.stdout.strip() == ""


HERE_EDITS: dict[str, tuple[str, Edit, bool]] = {
    "which zero is kept": ("sweep/observe.py", into("values + 0.0", "values"), True),
    "when a run has a network": ("sweep/observe.py", into('network == "edges"', 'network != "edges"'), True),
    "how parameters are changed": ("sweep/factors.py", into("data[section][name] = value", "pass"), True),
    "how the core is called": ("sweep/observe.py", into("each, asked.columns,", "None, asked.columns,"), True),
    "a docstring": ("sweep/observe.py", into("Return runs that", "Give runs that"), False),
    "which runs are told apart": ("sweep/observe.py", into("if not is_alone(key)", "if is_alone(key)"), True),
    "what is said of one that is late": ("sweep/observe.py", into("context.limit or 0.0", "1.0"), False),
    "how a design is read": ("sweep/factors.py", into("_DIGITS = 12", "_DIGITS = 13"), False),
}


@pytest.mark.parametrize("what", HERE_EDITS)
def test_what_a_run_goes_through_outside_the_model(what: str, monkeypatch: pytest.MonkeyPatch) -> None:
    path, edit, felt = HERE_EDITS[what]
    before = identity(folder=SIM)
    assert before == identity()
    source = experiments.AS_LOADED[path].decode()
    monkeypatch.setitem(experiments.AS_LOADED, path, edit(source).encode())
    assert (identity(folder=SIM) != before) is felt


def test_an_edit_after_loading_is_no_matter_and_one_before_is_told(copy: Path) -> None:
    shutil.copytree(Path(experiments.__file__).parent, copy.parent / "experiments")
    edit = "p.write_text(p.read_text() + 'EXTRA = 1\\n')"
    parts = ["import sim", "from pathlib import Path; p = Path('sim/mechanisms/absorption.py')"]
    parts += ["from experiments.provenance.identity import identity; print(identity())", edit, "print(identity())"]

    env = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}

    def run(order: tuple[int, ...]) -> list[str]:
        command = [sys.executable, "-c", "\n".join(parts[n] for n in order)]
        done = subprocess.run(command, cwd=copy.parent, capture_output=True, text=True, env=env)
        return [*done.stdout.split(), *done.stderr.splitlines()[-1:]]

    first, second = run((0, 1, 2, 3, 4))
    assert first == second
    (other,) = run((2,))
    assert other != first
    assert run((0, 1, 3, 2)) == [
        "experiments.errors.RunError: sim/mechanisms/absorption.py: was edited while the program was loading; "
        "start it again"
    ]
    path = copy / "mechanisms" / "absorption.py"
    run((2,))
    loaded = path.stat()
    edited(copy, "mechanisms/absorption.py", into("chance = 1.0 -", "chance = 2.0 -"))
    os.utime(path, ns=(loaded.st_atime_ns, loaded.st_mtime_ns))  # as long as before and as old: Python sees no edit
    (said,) = run((2,))
    assert said.startswith("experiments.errors.RunError: sim/mechanisms/absorption.py: Python loads another text of it")
