"""``flywheel analyse`` as a process: files, bytes, messages, exit codes; and the report that needs nothing else."""

from __future__ import annotations

import csv
import hashlib
import html.parser
import json
import re
import shlex
import shutil
from pathlib import Path

import pytest
import typer

from experiments.cli.app import app
from experiments.errors import UsageError
from tests.analysis.jobs import FAILING
from tests.analysis.made import ELASTICITY, OPENNESS, store
from tests.cli.test_cli import flywheel


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a small sweep ``s`` and its analysis."""
    folder = tmp_path_factory.mktemp("command")
    store(folder, "grid", "levels = 3", ELASTICITY, OPENNESS, final=("capability", "gap"), series=("users",))
    done = flywheel("analyse", "s", cwd=folder, PYTHONHASHSEED="1", PYTHONWARNINGS="error")
    assert (done.returncode, done.stderr) == (0, "")
    assert "final.capability" in done.stdout
    assert "note: final.gap is 1 in every run; nothing to analyse" in done.stdout
    assert "Report in s/analysis/report.html (8 figures" in done.stdout
    return folder


def files(folder: Path) -> dict[str, str]:
    found = (path for path in sorted((folder / "s" / "analysis").rglob("*")) if path.is_file())
    return {path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in found}


def test_files_are_there_and_say_the_same(place: Path) -> None:
    folder = place / "s" / "analysis"
    content = json.loads((folder / "analysis.json").read_text())
    assert {path.name for path in folder.iterdir()} == {"analysis.json", "indices.csv", "report.html", "figures"}
    assert {path.name for path in (folder / "figures").iterdir()} == {each["file"] for each in content["figures"]}
    assert content["command"] == "flywheel analyse s"
    assert content["model"]
    assert len(content["checksum"]) == 64
    with (folder / "indices.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    indices = content["outcomes"][0]["indices"]
    assert len(rows) == len(indices) + 3
    for row, index in zip(rows, indices, strict=False):
        assert (row["outcome"], row["method"], row["factor"]) == ("final.capability", index["method"], index["factor"])
        assert float(row["estimate"]) == index["estimate"]["value"]
        assert (float(row["low"]) if row["low"] else None) == index["estimate"]["low"]
    assert {f"{row['method']}: {row['measure']}" for row in rows if row["method"] != "noise"} <= set(
        content["measures"]
    )


def test_same_store_same_bytes_and_no_figure_of_an_earlier_analysis(place: Path, tmp_path: Path) -> None:
    shutil.copytree(place / "s", tmp_path / "s")
    figures = tmp_path / "s" / "analysis" / "figures"
    for name in ("mine.png", "heat-final.gone.png"):
        (figures / name).write_bytes(b"old")
    content = json.loads((figures.parent / "analysis.json").read_text())
    content["figures"] += [{"file": "heat-final.gone.png"}, {"file": "../../runs.parquet"}]
    (figures.parent / "analysis.json").write_text(json.dumps(content))
    assert flywheel("analyse", "s", cwd=tmp_path, PYTHONHASHSEED="2").returncode == 0
    assert (figures / "mine.png").read_bytes() == b"old"
    (figures / "mine.png").unlink()
    assert files(tmp_path) == files(place)
    assert (tmp_path / "s" / "runs.parquet").exists()


class Page(html.parser.HTMLParser):
    """Collects what a page refers to, and its text."""

    def __init__(self) -> None:
        super().__init__()
        self.references: list[str] = []
        self.tags: list[str] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.references += [value or "" for name, value in attrs if name in ("src", "href", "srcset", "data")]

    def handle_data(self, data: str) -> None:
        self.text += data


def call(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    """Call the command in this process and return what it printed."""
    context = typer.main.get_command(app).commands["analyse"].make_context("analyse", list(words))  # type: ignore[attr-defined]
    context.command.invoke(context)
    return capsys.readouterr().out


def test_the_report_needs_nothing_and_its_commands_make_the_figures_again(
    place: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(place)
    text = (place / "s" / "analysis" / "report.html").read_text()
    page = Page()
    page.feed(text)
    assert "script" not in page.tags
    assert "link" not in page.tags
    assert not re.search(r"url\(|@import", text)
    assert all(reference.startswith(("data:image/png;base64,", "#")) for reference in page.references)
    images = [reference for reference in page.references if reference.startswith("data:")]
    content = json.loads((place / "s" / "analysis" / "analysis.json").read_text())
    assert len(images) == len(content["figures"]) == 8
    assert "nan" not in page.text.split()
    before = files(place)
    commands = re.findall(r"<code>(flywheel analyse s --only [^<]*)</code>", text)
    assert len(commands) == 8
    for command in (commands[0], commands[5], commands[-1]):
        words = shlex.split(command)
        (figure,) = (place / "s" / "analysis" / "figures").glob(f"{words[4]}*.png")
        figure.unlink()
        assert f"s/analysis/figures/{figure.name}: " in call(capsys, *words[2:])
    assert files(place) == before


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("none",), "none: holds no sweep"),
        (("s", "--only", "heatmap"), "--only: no such figure: 'heatmap'; figures are noise, indices, importance"),
        (
            ("s", "--outcome", "final.capabilty"),
            "--outcome: the design of s keeps no outcome 'final.capabilty'; did you",
        ),
        (("s", "--outcome", "final.gap"), "s: final.gap: is 1 in every run; nothing to analyse"),
    ],
)
def test_misuse_is_one_line(
    place: Path,
    arguments: tuple[str, ...],
    said: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(place)
    with pytest.raises(UsageError) as caught:
        call(capsys, *arguments)
    (line,) = caught.value.lines
    assert line.startswith(said)


def test_failed_runs_are_refused_then_named_everywhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    store(tmp_path, "grid", "levels = 9", ELASTICITY, final=("capability",), task=FAILING)
    refused = flywheel("analyse", "s", cwd=tmp_path)
    assert refused.returncode == 2
    assert refused.stderr == (
        "flywheel: s: 3 of 27 runs failed, so the design is not whole: 'flywheel status s' says why; 'flywheel repair "
        "s --failed' and the sweep's command do them again; --without-failed leaves out each whole point that has "
        "one\n"
    )
    assert not (tmp_path / "s" / "analysis").exists()
    monkeypatch.chdir(tmp_path)
    said = call(capsys, "s", "--without-failed")
    note = "1 of 9 points left out for 3 failed runs: if failure hangs on the factors, what is left is biased"
    assert f"note: {note}\n" in said
    folder = tmp_path / "s" / "analysis"
    assert json.loads((folder / "analysis.json").read_text())["warnings"] == [note]
    with (folder / "indices.csv").open(newline="") as file:
        assert all(note in row["note"] for row in csv.DictReader(file))
    report = (folder / "report.html").read_text()
    assert report.count(note) == 1 + report.count("<figure>")
    assert report.count("--without-failed</code>") == report.count("<figure>")


def test_a_file_in_the_way_is_told(place: Path, tmp_path: Path) -> None:
    shutil.copytree(place / "s", tmp_path / "s")
    shutil.rmtree(tmp_path / "s" / "analysis")
    (tmp_path / "s" / "analysis").write_text("")
    done = flywheel("analyse", "s", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (
        2, "flywheel: s/analysis: is a file, and the analysis goes there; move it away\n"
    )  # fmt: skip


def test_a_report_of_somebody_else_stays(place: Path, tmp_path: Path) -> None:
    shutil.copytree(place / "s", tmp_path / "s")
    (tmp_path / "s" / "analysis" / "analysis.json").unlink()
    done = flywheel("analyse", "s", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "flywheel: s/analysis: holds a report.html that is no analysis; move it away\n"
    assert (tmp_path / "s" / "analysis" / "report.html").read_bytes() == (
        place / "s" / "analysis" / "report.html"
    ).read_bytes()
