"""Lists of points as spreadsheets, R, pandas and NumPy write them, and what is said of those that cannot be read."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from experiments.errors import UsageError
from tests.sweep.stores import read

LIST = 'base = "base.toml"\n[design]\nkind = "list"\nfile = "points.csv"\n'


def points(folder: Path, text: str) -> tuple[tuple[Any, ...], ...]:
    (folder / "points.csv").write_bytes(text.encode())
    return read(folder, LIST).listed


KEYS = "firm.openness,reuse.interval,reuse.enabled,diffusion.network"
WANTED = ((0.5, 4, True, "ring"), (1.0, 10, False, "poisson"))


@pytest.mark.parametrize(
    "text",
    [
        f"{KEYS}\n0.5,4,true,ring\n1,10,false,poisson\n",
        f"{KEYS}\r\n0.5,4,TRUE,ring\r\n1,10,FALSE,poisson\r\n",
        f"\ufeff{KEYS}\n.5,4.0,True,ring\n1.,1e1,False,poisson\n,,,\n,,,\n",
        f"# by hand\n\n{KEYS}\n# the first\n5e-1,+4,T,ring\n\n+1.0,10.,F,poisson\n",
        f'"{KEYS.replace(",", chr(34) + "," + chr(34))}"\n"0.5","4","1","ring"\n"1","10","0","poisson"',
        f"{KEYS},\n0.5,4,1.0,ring,\n1,10,0.0,poisson,\n,,,,\n",
        f' {KEYS.replace(",", " , ")} \n 0.50 , 4 , t , ring \n 1.000000e+00, 10, f, "poisson"\n',
        f'{KEYS}\n0.5,4,true,"""ring"""\n1,10,false,"""poisson"""\n',
        f"sep=,\n{KEYS}\n0.5,4,true,ring\n1,10,false,poisson\n",
    ],
)
def test_a_cell_is_read_by_the_type_of_its_parameter(tmp_path: Path, text: str) -> None:
    found = points(tmp_path, text)
    assert found == WANTED
    assert [list(map(type, row)) for row in found] == [[float, int, bool, str]] * 2


def test_lists_and_tables_in_a_cell_are_toml(tmp_path: Path) -> None:
    text = 'demand.inherited,architecture.weights\n"[""base"", \'experts\']","{ base = 2.0 }"\n[],{}\n'
    assert points(tmp_path, text) == ((["base", "experts"], {"base": 2.0}), ([], {}))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("firm.openness;reuse.interval\n0,5;4\n", "line 1: its cells seem to be separated by semicolons; write"),
        ("firm.openness\treuse.interval\n0.5\t4\n", "line 1: its cells seem to be separated by tabs; write the list"),
        ('"firm.openness" "reuse.interval"\n0.5 4\n', "line 1: its cells seem to be separated by blanks; write"),
        (",firm.openness\n0,0.5\n", r"line 1: column 1 has no name, so it seems to number the rows; leave it"),
        ('"","firm.openness"\n"1",0.5\n', "line 1: column 1 has no name, so it seems to number the rows"),
        ("Unnamed: 0,firm.openness\n0,0.5\n", "line 1: column 1 has no name, so it seems to number the rows"),
        ("firm.openness,,reuse.interval\n0.5,1,4\n", "line 1: column 2 has no name; name its parameter"),
        ("firm.openness\n1,0.5\n", "line 2: has 2 cells, the header 1; if the first column names the rows, leave"),
        ("firm.openness,reuse.interval\n0,5,4,0\n", "line 2: has 4 cells, the header 2; write decimals with a point"),
        ("firm.openness,reuse.interval\n\n0.5\n", "line 3: has 1 cell, the header 2"),
        ("firm.openness,reuse.interval\n# x\n0.5,\n", "line 3: factor reuse.interval: the cell is empty"),
        ('firm.openness\n"0,5"\n', "line 2: factor firm.openness: must be a number with a point, as in 0.5, not '0,5'"),
        ("# firm.openness\n0.5\n", "line 2: must be the header, which names the parameters"),
        ("firm.opennes\n0.5\n", "line 1: factor firm.opennes: no such parameter; did you mean firm.openness?"),
        ("firm.openness\n1_0\n", 'line 2: factor firm.openness: must be a number from 0 to 1 .*, not "1_0"'),
        ("firm.openness\nNA\n", 'line 2: factor firm.openness: must be a number from 0 to 1 .*, not "NA"'),
        ("firm.openness\n1e999\n", "line 2: factor firm.openness: must be a number from 0 to 1 .*, not inf"),
        ("reuse.interval\n4.5\n", "line 2: factor reuse.interval: must be a whole number from 1 to 60 .*, not 4.5"),
        ("reuse.enabled\nyes\n", 'line 2: factor reuse.enabled: must be true or false, not "yes"'),
        ("reuse.enabled\n2\n", 'line 2: factor reuse.enabled: must be true or false, not "2"'),
        ("diffusion.network\nrings\n", "line 2: factor diffusion.network: must be one of complete, ring"),
        ("firm.openness\n", "points.csv: must be a header of parameters and a line for each point"),
        ("", "points.csv: must be a header of parameters and a line for each point"),
    ],
)  # fmt: skip
def test_a_list_that_cannot_be_read_is_told_in_one_line(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(UsageError, match=said) as caught:
        points(tmp_path, text)
    (line,) = caught.value.lines
    assert line.isprintable()


def test_a_list_of_a_spreadsheet_in_utf_16_is_named_as_such(tmp_path: Path) -> None:
    (tmp_path / "points.csv").write_bytes("firm.openness\n0.5\n".encode("utf-16"))
    with pytest.raises(UsageError, match="is not UTF-8 text; save it as CSV in UTF-8"):
        read(tmp_path, LIST)
