"""The documents name what is there: symbols, parameters, decisions, links, files and commands."""

from __future__ import annotations

import ast
import csv
import importlib
import re
import shlex
import shutil
import tomllib
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import typer

from experiments.cli.app import app
from experiments.config import load
from sim.parameters import Parameters, declared
from sim.world import columns, levers, mechanisms

ROOT = Path(__file__).parents[1]
DOCUMENTS = [
    *(ROOT / f"{name}.md" for name in ("README", "README.zh", "CONTRIBUTING", "CHANGELOG")),
    *sorted((ROOT / "docs").glob("*.md")),
    *sorted((ROOT / "docs/howto").glob("*.md")),
]
FOLLOWED = [
    "README.md",
    "README.zh.md",
    "docs/runs.md",
    "docs/tutorial.md",
    *(f"docs/howto/{page}.md" for page in ("sweep", "claim", "case", "mechanism", "cluster")),
]  # whose commands are checked; the build of the documentation runs those of the tutorial and the how-tos
OWN = ("configs/mine", "mine/")  # what a reader is told to write
CODE = [path for folder in ("sim", "experiments") for path in sorted((ROOT / folder).rglob("*.py"))]
PARTS = ["Choice", "Source", "Alternatives", "Reason"]
KEYS = dict(declared())


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@cache
def prose(path: Path) -> str:
    """Return a document without its fenced blocks."""
    return re.sub(r"^```.*?^```$", "", path.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)


def spans(path: Path) -> list[str]:
    """Return what stands in code type in the prose of a document, on one line each."""
    return [" ".join(span.split()) for span in re.findall(r"`([^`]+)`", prose(path))]


def blocks(language: str, page: str = "README.md") -> list[str]:
    """Return the fenced blocks of a page in a language."""
    text = (ROOT / page).read_text(encoding="utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```$", text, flags=re.MULTILINE | re.DOTALL)


def anchors(path: Path) -> set[str]:
    """Return the anchors that a renderer gives to the headings of a document."""
    headings = re.findall(r"^#+ (.+)$", prose(path), flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@cache
def decisions() -> dict[int, str]:
    """Return the text of each decision by its number."""
    text = (ROOT / "docs/decisions.md").read_text(encoding="utf-8")
    parts = re.split(r"^### D(\d+)\. ", text, flags=re.MULTILINE)
    numbers = [int(number) for number in parts[1::2]]
    (listed,) = re.findall(r"not used again: ((?:D\d+(?:, |(?=\.)))+)", parts[0])
    deleted = {int(number) for number in re.findall(r"\d+", listed)}
    assert numbers == sorted(set(numbers)), "numbers are unique and rise"
    assert deleted == set(range(1, numbers[-1] + 1)) - set(numbers), "the numbers that are left out are those deleted"
    return dict(zip(numbers, parts[2::2], strict=True))


def exists(symbol: str) -> bool:
    """Return whether a dotted name can be imported, or is an attribute or a declared field of what can."""
    names = symbol.split(".")
    for length in range(len(names), 0, -1):
        try:
            found: Any = importlib.import_module(".".join(names[:length]))
        except ModuleNotFoundError as error:
            if error.name is None or not symbol.startswith(error.name):
                raise
            continue
        for name in names[length:]:
            fields = {**getattr(found, "__annotations__", {}), **getattr(found, "model_fields", {})}
            if not hasattr(found, name) and name not in fields:
                return False
            found = getattr(found, name, None)
        return True
    return False


@pytest.mark.parametrize("path", DOCUMENTS, ids=name_of)
def test_symbols_exist(path: Path) -> None:
    named = {span for span in spans(path) if re.fullmatch(r"(sim|experiments)(\.\w+)+", span)}
    assert [symbol for symbol in sorted(named) if not exists(symbol)] == []


def test_a_symbol_that_is_not_there_is_noticed() -> None:
    for there in ("sim.kernels.trials.redesign", "sim.agents.firm.Firm.cash", "sim.mechanisms.policy.Measure.start"):
        assert exists(there)
    for gone in ("sim.mechanisms.searching.redesign", "sim.agents.firm.Firm.redesign", "experiments.nothing"):
        assert not exists(gone)


def test_the_protocol_names_every_mechanism_and_limit() -> None:
    text = prose(ROOT / "docs/odd.md")
    files = [path.stem for path in (ROOT / "sim/mechanisms").glob("[a-z]*.py")]
    assert [stem for stem in files if f"`sim.mechanisms.{stem}." not in text] == []
    stated = re.findall(r"^- \*\*(L\d+)\*\* \S", text, flags=re.MULTILINE)
    assert sorted(stated, key=lambda limit: int(limit[1:])) == [f"L{number}" for number in range(1, 16)]
    checked = re.findall(
        r'^ +"(L\d+)": Source\(',
        (ROOT / "experiments/checks/theory/limits.py").read_text(encoding="utf-8"),
        re.MULTILINE,
    )
    assert checked
    assert set(checked) == set(stated)


def acts(path: Path, function: str) -> list[str]:
    """Return what a function of the month calls, statement by statement, by its dotted name."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    (found,) = [node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == function]
    called = sorted(
        (node.lineno, ast.unparse(node.value.func))
        for node in ast.walk(found)
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call)
    )
    return [f"sim.mechanisms.{name}" if "." in name else f"sim.month.{name}" for _, name in called]


def test_the_protocol_tells_the_month_in_the_order_of_the_code() -> None:
    schedule = prose(ROOT / "docs/odd.md").partition("## 3. ")[2].partition("## 4. ")[0]
    rows = re.findall(r"^\|.*\|.*\|(.*)\|$", schedule, flags=re.MULTILINE)
    told = [symbol for row in rows for symbol in re.findall(r"`([\w.]+)`", row)]
    assert told == [*acts(ROOT / "sim/month.py", "month"), "sim.month.observe"]


def rows_of_the_protocol() -> dict[str, list[str]]:
    """Return the cells of the protocol's table of files, by file: parameters, columns, levers, source."""
    rows = re.findall(r"^\| `(sim/[\w/]+\.py)` \|(.*)\|$", prose(ROOT / "docs/odd.md"), flags=re.MULTILINE)
    return {file: [cell.strip() for cell in cells.split(" |")] for file, cells in rows}


def file_of(module: ModuleType) -> str:
    return module.__name__.replace(".", "/") + ".py"


def test_the_protocol_lists_what_each_file_declares() -> None:
    listed = rows_of_the_protocol()
    assert list(listed) == [file_of(module) for module in mechanisms()]
    for module in mechanisms():
        _, observed, levers_there, _ = listed[file_of(module)]
        assert re.findall(r"`(\w+)`", observed) == [column.name for column in getattr(module, "COLUMNS", ())]
        assert re.findall(r"`(\w+)`", levers_there) == [lever.name for lever in getattr(module, "LEVERS", ())]
    named = {span for span in spans(ROOT / "docs/odd.md") if re.fullmatch(r"\w+", span)}
    assert {column.name for column in columns()} | {lever.name for lever in levers()} <= named


def test_the_protocol_gives_every_parameter_its_symbol_and_file() -> None:
    listed = rows_of_the_protocol()
    found = {
        key: (symbol.strip(), file)
        for file, (parameters, *_) in listed.items()
        for key, symbol in re.findall(r"`([\w.]+)`([^,]*)", parameters)
    }
    expected = {}
    for key, info in KEYS.items():
        section, extra = Parameters.model_fields[key.partition(".")[0]].annotation, info.json_schema_extra
        assert section is not None
        assert isinstance(extra, dict)
        if not key.startswith("rival.") or key == "rival.count":
            expected[key] = (extra["symbol"], section.__module__.replace(".", "/") + ".py")
    assert found == expected


@pytest.mark.parametrize("path", DOCUMENTS, ids=name_of)
def test_parameters_exist(path: Path) -> None:
    sections = "|".join(Parameters.model_fields)
    named = {span for span in spans(path) if re.fullmatch(rf"({sections})\.[a-z_]+(=.*)?", span)}
    assert [key for key in sorted(named) if key.partition("=")[0] not in KEYS] == []


@pytest.mark.parametrize("path", [*CODE, *DOCUMENTS], ids=name_of)
def test_cited_decisions_are_recorded(path: Path) -> None:
    text = re.sub(r"not used again: [^.]*\.", "", path.read_text(encoding="utf-8"))
    cited = {int(number) for number in re.findall(r"\bD([1-9]\d?)\b", text)}
    assert cited <= set(decisions())


def test_decisions_name_the_parameters_that_cite_them() -> None:
    for key, info in KEYS.items():
        extra = info.json_schema_extra
        assert isinstance(extra, dict)
        for number in re.findall(r"\bD(\d+)\b", str(extra["source"])):
            names = (key, key.replace("rival.", "firm."))
            assert any(f"`{name}`" in decisions()[int(number)] for name in names), f"D{number} does not name {key}"


@pytest.mark.parametrize("number", decisions())
def test_a_decision_has_its_four_parts(number: int) -> None:
    assert re.findall(r"^- \*\*(\w+):\*\* \S", decisions()[number], flags=re.MULTILINE) == PARTS


@pytest.mark.parametrize("path", DOCUMENTS, ids=name_of)
def test_links_resolve(path: Path) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", prose(path)):
        if "://" in target:
            continue
        file, _, anchor = target.partition("#")
        linked = (path.parent / file).resolve() if file else path
        assert linked.is_relative_to(ROOT), target
        assert linked.exists(), target
        assert not anchor or anchor in anchors(linked), target


@pytest.mark.parametrize("path", DOCUMENTS, ids=name_of)
def test_files_exist_and_no_machine_is_named(path: Path) -> None:
    folders = r"(sim|experiments|configs|docs|tests|requirements|benchmarks|results)"
    named = {span for span in spans(path) if re.fullmatch(rf"{folders}/[\w./-]*", span)}
    assert [file for file in sorted(named) if not file.startswith(OWN) and not (ROOT / file).exists()] == []
    assert re.findall(r"(?<![\w.])/(?:home|root|opt|work|usr|tmp|Users)\b", path.read_text(encoding="utf-8")) == []


def commands() -> list[str]:
    """Return every flywheel command that is shown, in a block of a page to follow or in code type anywhere."""
    lines = [
        line.partition("#")[0].strip()
        for page in FOLLOWED
        for block in blocks("sh", page)
        for line in block.splitlines()
    ]
    indented = [line for path in DOCUMENTS for line in re.findall(r"^    (flywheel .*)$", prose(path), re.MULTILINE)]
    shown = [*lines, *indented, *(span for path in DOCUMENTS for span in spans(path))]
    return sorted({line for line in shown if re.match(r"flywheel\s", line)} - {"flywheel --version"})


@pytest.mark.parametrize("command", commands())
def test_commands_parse(command: str) -> None:
    _, name, *arguments = shlex.split(command)
    known: dict[str, Any] = typer.main.get_command(app).commands  # type: ignore[attr-defined]
    assert name in known
    if "CONFIG" not in arguments and (arguments or name not in ("run", "status")):
        known[name].make_context(name, list(arguments))
    files = [file for file in arguments if file.endswith(".toml") and not file.startswith(OWN)]
    assert [file for file in files if not (ROOT / file).exists()] == []


def test_a_command_with_a_wrong_option_is_noticed() -> None:
    known: dict[str, Any] = typer.main.get_command(app).commands  # type: ignore[attr-defined]
    with pytest.raises(Exception, match="--sed"):
        known["run"].make_context("run", ["configs/baseline.toml", "--sed", "1"])


def test_make_targets_exist() -> None:
    targets = re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), flags=re.MULTILINE)
    shown = re.findall(r"^make ([a-z-]+)", "\n".join(blocks("sh")), flags=re.MULTILINE)
    assert shown
    assert set(shown) <= set(targets)


def test_the_config_shown_in_the_readme_loads(tmp_path: Path) -> None:
    (shown,) = blocks("toml")
    (tmp_path / "worlds").mkdir()
    shutil.copy(ROOT / "configs/baseline.toml", tmp_path)
    (tmp_path / "worlds/shown.toml").write_text(shown, encoding="utf-8")
    said = tomllib.loads(shown)["flywheel"]
    assert load(tmp_path / "worlds/shown.toml").parameters.flywheel.topology == said["topology"]


def test_the_python_shown_in_the_readme_runs(capsys: pytest.CaptureFixture[str]) -> None:
    (shown,) = blocks("python")
    exec(compile(shown, "README.md", "exec"), {})
    assert "unit_cost" in capsys.readouterr().out


def test_the_tutorial_in_chinese_says_the_same() -> None:
    for language in ("sh", "toml", "python"):
        shown = blocks(language, "docs/tutorial.md")
        assert shown
        assert blocks(language, "docs/tutorial.zh.md") == shown


_HOW_WIDELY = {
    "holds robustly": "稳健成立", "mostly": "多数成立", "in some worlds": "部分世界成立", "nowhere": "均不成立",
    "the other way": "方向相反", "not settled": "尚无定论",
}  # fmt: skip


def answered(kind: str) -> list[tuple[str, str]]:
    """Return id and cells of each claim of the committed results, as tables of the documentation have them."""
    rows = dict[str, list[str]]()
    with (ROOT / "results" / kind / "answers.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            against = row["word"] == "the other way"
            share = float(row["contradicted" if against else "supported"])
            cell = f"{row['word']}, {100 * share:.0f} %{' against' if against else ''}"
            rows.setdefault(row["claim"], []).append(
                f"**{cell}**" if row["word"] in ("holds robustly", "mostly") else cell
            )
    return [(claim, " | ".join(cells)) for claim, cells in rows.items()]


@pytest.mark.parametrize(
    ("page", "kind"),
    [("README.md", "propositions"), ("docs/propositions.md", "propositions"), ("docs/propositions.md", "policies")],
)
def test_tables_of_claims_are_those_of_the_results(page: str, kind: str) -> None:
    letter = {"propositions": "P", "policies": "H"}[kind]
    rows = rf"^\| ({letter}\d+) [^|]*\| ([^|]+ % ?[^|]* \| [^|]+ \| [^|]+) \|$"
    assert re.findall(rows, (ROOT / page).read_text(encoding="utf-8"), flags=re.MULTILINE) == answered(kind)


def test_the_readme_in_chinese_has_the_results_of_the_english_one() -> None:
    rows = r"^\| (P\d+)[^|]*((?: \| [^|]+[ ，]\d+ ?%[^|]*){3}) \|$"
    english, chinese = (
        re.findall(rows, (ROOT / name).read_text(encoding="utf-8"), flags=re.MULTILINE)
        for name in ("README.md", "README.zh.md")
    )
    assert len(english) == 10
    for word, said in _HOW_WIDELY.items():
        english = [(claim, cells.replace(f"{word}, ", f"{said}，")) for claim, cells in english]
    assert chinese == [(claim, cells.replace(" % against", "% 相反").replace(" %", "%")) for claim, cells in english]


def test_the_readme_in_chinese_has_the_claims_in_the_words_of_the_source() -> None:
    files = sorted((ROOT / "configs/propositions").glob("P*.toml"), key=lambda path: int(path.stem[1:]))
    claims = [tomllib.loads(path.read_text(encoding="utf-8")) for path in files]
    rows = re.findall(
        r"^\| (P\d+ \| [^|]+ \| [^|]+) \|$", (ROOT / "README.zh.md").read_text(encoding="utf-8"), flags=re.MULTILINE
    )
    assert rows == [f"{claim['id']} | {claim['title_zh']} | {claim['words_zh']}" for claim in claims]


def test_both_glossaries_have_the_same_terms() -> None:
    english = re.findall(r"^### (.+)$", (ROOT / "docs/glossary.md").read_text(encoding="utf-8"), flags=re.MULTILINE)
    chinese = re.findall(r"^\| [^|]+ \| ([^|]+) \| .+ \|$", prose(ROOT / "docs/glossary.zh.md"), flags=re.MULTILINE)
    assert [term.lower() for term in chinese[1:]] == [term.lower() for term in english]
