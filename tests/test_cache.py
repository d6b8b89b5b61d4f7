"""Machine code that is kept on disk: what is damaged, cut short or foreign is compiled anew, and kept again."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
TOY = """\
from sim.kernels.compiled import entry

@entry
def toy(x):
    return 3.0 * x + 1.0

print(toy(2.0), len(toy.stats.cache_hits))
"""


def run(folder: Path) -> tuple[float, bool]:
    """Return what the toy gave in a process of its own, and whether its machine code came from disk."""
    (folder / "toy.py").write_text(TOY)
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
    value, hits = done.stdout.split()
    return float(value), hits == "1"


def kept(folder: Path, kind: str) -> Path:
    """Return the file that is read: an index that was lost leaves machine code behind."""
    return max((folder / "kept").rglob(f"toy.toy-*.{kind}"), key=lambda path: path.stat().st_mtime_ns)


@pytest.fixture(scope="module")
def filled(tmp_path_factory):
    folder = tmp_path_factory.mktemp("toy")
    assert run(folder) == (7.0, False)
    assert run(folder) == (7.0, True)
    return folder


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


@pytest.mark.parametrize("kind", ["nbi", "nbc"])
@pytest.mark.parametrize("fault", [empty, cut, flip, Path.unlink, replace_by_folder])
def test_what_is_damaged_is_compiled_anew(filled, kind, fault):
    fault(kept(filled, kind))
    assert run(filled) == (7.0, False)
    if fault is not replace_by_folder:  # which is not ours to delete
        assert run(filled) == (7.0, True), "once damaged, it is compiled for ever"
        return
    path = next(path for path in (filled / "kept").rglob(f"toy.toy-*.{kind}") if path.is_dir())
    (path / "within").rmdir()
    path.rmdir()
    run(filled)
