"""Machine code that is kept on disk: what is damaged, cut short or foreign is compiled anew, and kept again."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


def empty(path: Path) -> None:
    path.write_bytes(b"")


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-40])


def flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def replace_by_folder(path: Path) -> None:
    path.unlink()
    (path / "within").mkdir(parents=True)


FAULTS = {
    "emptied": empty, "cut_short": cut, "flipped": flip, "gone": Path.unlink, "under_a_folder": replace_by_folder
}  # fmt: skip
TOY = """
@entry
def {name}(x):
    return 3.0 * x + 1.0

print("{name}", {name}(2.0), len({name}.stats.cache_hits))
"""
TOYS = "from sim.kernels.compiled import entry\n" + "".join(TOY.format(name=name) for name in FAULTS)


def run(folder: Path) -> dict[str, bool]:
    """Call the toys in a process of their own; return of each whether its machine code came from disk."""
    (folder / "toy.py").write_text(TOYS)
    os.utime(folder / "toy.py", (1, 1))
    done = subprocess.run(
        [sys.executable, "-W", "error", folder / "toy.py"],
        env={**os.environ, "NUMBA_CACHE_DIR": str(folder / "kept"), "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.stderr == ""
    assert done.returncode == 0
    lines = [line.split() for line in done.stdout.splitlines()]
    assert {value for _, value, _ in lines} == {"7.0"}
    return {name: hits == "1" for name, _, hits in lines}


def kept(folder: Path, name: str, kind: str) -> Path:
    """Return the file that a toy's machine code, or the index to it, is in."""
    (path,) = (folder / "kept").rglob(f"toy.{name}-*.{kind}")
    return path


@pytest.mark.parametrize("kind", ["nbi", "nbc"])
def test_what_is_damaged_is_compiled_anew(tmp_path: Path, kind: str) -> None:
    assert run(tmp_path) == dict.fromkeys(FAULTS, False)
    for name, fault in FAULTS.items():
        fault(kept(tmp_path, name, kind))
    assert run(tmp_path) == dict.fromkeys(FAULTS, False)
    again = {name: name != "under_a_folder" for name in FAULTS}  # which is not ours to delete
    assert run(tmp_path) == again, "once damaged, it is compiled for ever"
