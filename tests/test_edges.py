"""Reading a social network: edge lists as people have them, what is said of them, and what is refused."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pytest

from experiments.config import config_hash, load
from experiments.edges import edges_text, read_edges
from experiments.errors import UsageError
from experiments.messages.terminal import note_once


@pytest.fixture(autouse=True)
def _in_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    note_once.cache_clear()


def faults(text: str) -> list[str]:
    Path("x.toml").write_text(text)
    with pytest.raises(UsageError) as caught:
        load(Path("x.toml"))
    assert all(line.isprintable() for line in caught.value.lines)
    return list(caught.value.lines)


def test_edge_list_sets_the_adopters_and_stands_beside_its_config() -> None:
    Path("sub").mkdir()
    Path("sub/e.csv").write_text("from,to\n# comment\n2,1\n0,1 # both ways count once\n1,0\n")
    Path("sub/c.toml").write_text("[diffusion]\nnetwork = 'edges'\nedges = 'e.csv'")
    config = load(Path("sub/c.toml"))
    assert config.edges is not None
    assert config.edges.tolist() == [[0, 1], [1, 2]]
    assert (config.parameters.diffusion.adopters, config.parameters.diffusion.edges) == (3, "edges.csv")
    same = load(Path("sub/c.toml"), ["diffusion.adopters=3"])
    assert config_hash(same) == config_hash(config)
    with pytest.raises(UsageError, match=r"^--set: diffusion\.adopters: must be 3, as the edge list says, or be left"):
        load(Path("sub/c.toml"), ["diffusion.adopters=4"])


def test_edge_list_survives_writing(tmp_path: Path) -> None:
    edges = np.array([[0, 1], [0, 2], [1, 2]])
    (tmp_path / "e.csv").write_text(edges_text(edges))
    assert np.array_equal(read_edges(tmp_path / "e.csv", "e.csv"), edges)


RING = [[0, 1], [0, 5], [1, 2], [2, 3], [3, 4], [4, 5]]
ROWS = [(i, (i + 1) % 6) for i in range(6)]


def rows(form: str, step: int = 1, first: int = 0) -> str:
    return "".join(form.format(first + step * one, first + step * other) + "\n" for one, other in ROWS)


AS_PEOPLE_HAVE_THEM = {
    "comma": rows("{},{}"),
    "spaces around": rows(" {} , {} "),
    "header and comments": "# by hand\n\nfrom,to\n% more\n" + rows("{},{} # known"),
    "quoted by R": '"from","to"\n' + rows('"{}","{}"'),
    "quoted alone": rows('"{}";"{}"'),
    "a plus": rows("+{},+{}"),
    "a plus behind a comment": "# ring\n" + rows("+{},+{}"),
    "blank rows of a spreadsheet": "source,target\n" + rows("{},{}") + ",\n,\n",
    "trailing commas": rows("{},{},"),
    "trailing commas and rows": "a,b,,\n" + rows("{},{},,") + ",,,\n",
    "floats of pandas": "source,target\n" + rows("{}.0,{}.0"),
    "floats of NumPy": rows("{}.000000000000000000e+00 {}.000000000000000000e+00"),
    "SNAP": "# Undirected\n# FromNodeId\tToNodeId\n" + rows("{}\t{}"),
    "KONECT": "% sym unweighted\n" + rows("{} {} "),
    "semicolons": "source;target\n" + rows("{};{}"),
    "Windows": rows("{},{}").replace("\n", "\r\n"),
    "a byte order mark": "\ufefffrom,to\n" + rows("{},{}"),
    "no last line end": rows("{},{}").rstrip(),
}


@pytest.mark.parametrize("chunk", [1, 7, 1 << 20])
@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("text", AS_PEOPLE_HAVE_THEM.values(), ids=AS_PEOPLE_HAVE_THEM)
def test_edge_lists_as_people_have_them(
    text: str, packed: bool, chunk: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("experiments.edges.CHUNK", chunk)
    content = text.encode()
    Path("e.csv").write_bytes(gzip.compress(content) if packed else content)
    assert read_edges(Path("e.csv"), "e.csv").tolist() == RING
    assert capsys.readouterr().err == ""


SAID = {
    "weights": (rows("{}, {}, 2"), "only the first two columns are read; links have no weight"),
    "KONECT's weights": ("% asym\n" + rows("{} {}\t1 1082008561"), "only the first two columns are read; "),
    "NetworkX": (rows("{} {} {{'weight': 2, 'of': 1}}"), "only the first two columns are read; links have no weight"),
    "Gephi": ("Source,Target,Type\n" + rows("{},{},Undirected"), "only the first two columns are read; "),
    "numbered from 1": (rows("{}\t{}", first=1), "6 adopters; their ids, 1 to 6, became 0 to 5 in rising order"),
    "holes": (rows("{},{}", step=7, first=3), "6 adopters; their ids, 3 to 38, became 0 to 5 in rising order"),
    "64 bits": (
        rows("{},{}", step=2**60, first=2**53 + 1),
        "6 adopters; their ids, 9007199254740993 to 5773614722288975873, became 0 to 5 in rising order",
    ),
    "both ways": (rows("{},{}") + rows("{1},{0}"), "6 links; left out were 6 listed again, the same way or the other"),
    "loops": (
        rows("{},{}") + "3,3\n3,3\n9,9\n0,1\n",
        "6 links; left out were 1 listed again, the same way or the other, and 3 of an adopter to itself (1 of the ids "
        "are on no other line, and so no adopters)",
    ),
    "Matrix Market": ("%%MatrixMarket matrix coordinate pattern\n6 6 6\n" + rows("{} {}", first=1), "6 adopters; "),
}  # fmt: skip


@pytest.mark.parametrize("chunk", [1, 1 << 20])
@pytest.mark.parametrize(("text", "said"), SAID.values(), ids=SAID)
def test_what_an_edge_list_is_not_taken_for_is_said(
    text: str, said: str, chunk: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("experiments.edges.CHUNK", chunk)
    Path("e.csv").write_text(text)
    edges = read_edges(Path("e.csv"), "e.csv")
    assert edges.tolist() == RING
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(f"flywheel: e.csv: {said}")
    Path("edges.csv").write_text(edges_text(edges))
    assert read_edges(Path("edges.csv"), "edges.csv").tolist() == RING
    assert capsys.readouterr().err == ""


def test_an_edge_list_that_no_network_reads_is_refused() -> None:
    (line,) = faults("[diffusion]\nedges = 'none.csv'")
    assert line == 'x.toml: diffusion.edges: needs diffusion.network = "edges", not "small-world"'


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("0,-1", "e.csv, line 1: the id of an adopter is a whole number from 0, not '-1'"),
        ("a,b\n0,1\n0,1.5", "e.csv, line 3: the id of an adopter is a whole number from 0, not '1.5'"),
        ("0,x", "e.csv, line 1: the id of an adopter is a whole number from 0, not 'x'"),
        ("0,1\n1,nan", "e.csv, line 2: the id of an adopter is a whole number from 0, not 'nan'"),
        ("0,1\n1,1_0", "e.csv, line 2: the id of an adopter is a whole number from 0, not '1_0'"),
        ('0,1\n1,"1,000"', "e.csv, line 2: the id of an adopter is a whole number from 0, not '1,000'"),
        ("0,0;1,0", "e.csv, line 1: the id of an adopter is a whole number from 0, not '0,0'"),
        ("0,18446744073709551616", "e.csv, line 1: the id of an adopter is a whole number from 0, not '18446744073"),
        ("a,b\nc,d", "e.csv, line 2: the id of an adopter is a whole number from 0, not 'c'"),
        ("0,1\n2", "e.csv, line 2: must have two columns, the ids of two adopters, not '2'"),
        ("0,1\n2,", "e.csv, line 2: must have two columns, the ids of two adopters, not '2,'"),
        (",source,target\n0,0,1", "e.csv, line 1: the first column has no name, so it seems to number the rows; "),
        ('"from" "to"\n"1" 0 1', "e.csv, line 2: has 3 columns, the header 2; if row names come first, leave them out"),
        ("id,source,target\n7,0,1", "e.csv, line 1: 'source' is column 2, but must be column 1"),
        ("# nothing\n", "e.csv: the edge list holds no link"),
        ("1,1\n", "e.csv: the edge list holds no link"),
        ("", "e.csv: the edge list holds no link"),
    ],
)
@pytest.mark.parametrize("chunk", [1, 1 << 20])
def test_bad_edge_list(content: str, message: str, chunk: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("experiments.edges.CHUNK", chunk)
    Path("e.csv").write_text(content)
    (line,) = faults("[diffusion]\nnetwork = 'edges'\nedges = 'e.csv'")
    assert line.startswith(f"x.toml: diffusion.edges: {message}")


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (gzip.compress(b"0,1\n" * 5000, mtime=0)[:-9], "ended before"),
        (b"\x1f\x8bnot gzip", "Unknown compression method"),
        ("0,1\n".encode("utf-16"), "not UTF-8 text"),
        (b"0," + b"1" * (1 << 21), "line 1: is longer than"),
    ],
)
def test_an_edge_list_that_cannot_be_read(content: bytes, reason: str) -> None:
    Path("e.csv").write_bytes(content)
    (line,) = faults("[diffusion]\nnetwork = 'edges'\nedges = 'e.csv'")
    assert line.startswith("x.toml: diffusion.edges: e.csv")
    assert reason in line


def test_missing_edge_list() -> None:
    assert faults("[diffusion]\nnetwork = 'edges'\nedges = 'e.csv'") == [
        "x.toml: diffusion.edges: e.csv: cannot read the edge list: No such file or directory"
    ]
