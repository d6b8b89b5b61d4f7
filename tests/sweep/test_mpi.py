"""The MPI engine on real ranks: the bytes of serial, whatever befalls a rank, and one line for a wrong launch."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from experiments.sweep.tasks import MODEL
from tests.cli.test_cli import ROOT, environment
from tests.sweep.jobs import SLOW
from tests.sweep.stores import ask, carry_out, exports, grid, program
from tests.sweep.test_engines import children
from tests.sweep.test_store import wait_for

pytest.importorskip("mpi4py")
MPIEXEC = shutil.which("mpiexec", path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
POOL = ("-m", "mpi4py.futures")
FORM = "--engine mpi: must be started as mpiexec -n N python -m mpi4py.futures -m experiments sweep"


def ranks(*command: str, count: int = 3) -> subprocess.Popen[str]:
    """Start a command on ranks of MPI, or on none."""
    assert MPIEXEC is not None
    launch = [MPIEXEC, "-n", str(count)] if count else []
    return subprocess.Popen(
        [*launch, sys.executable, *command], cwd=ROOT, env=environment(), stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


def script(design: Path, store: Path, task: str) -> Path:
    """Write a program that sweeps small tasks on ranks."""
    path = design.parent / f"{store.name}.py"
    path.write_text(program(design, store, "mpi", task))
    return path


def worker_of(running: subprocess.Popen[str]) -> int:
    """Return the process of the last rank: mpiexec has a proxy, whose children the ranks are."""
    ranked = [child for proxy in children(running.pid) for child in children(proxy)]
    (last,) = [pid for pid in ranked if b"PMI_RANK=2" in Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")]
    return int(last)


@pytest.mark.usefixtures("compiled")
def test_the_program_on_ranks_gives_the_bytes_of_serial(tmp_path: Path) -> None:
    design = grid(tmp_path, replicates=1, levels=2, more="months = 6")
    words = ("-m", "experiments", "sweep", str(design), "--engine", "mpi", "--out", str(tmp_path / "s"))
    _, said = (running := ranks(*POOL, *words)).communicate(timeout=300)
    assert running.returncode == 0, said
    assert "Abort" not in said
    carry_out(design, tmp_path / "t", task=MODEL)
    assert exports(tmp_path / "s") == exports(tmp_path / "t")


@pytest.mark.parametrize(("count", "before"), [(2, ()), (1, POOL), (0, ())])
def test_a_wrong_launch_is_one_line_and_leaves_nothing(tmp_path: Path, count: int, before: tuple[str, ...]) -> None:
    design = grid(tmp_path)
    words = ("-m", "experiments", "sweep", str(design), "--engine", "mpi", "--out", str(tmp_path / "s"))
    out, said = (running := ranks(*before, *words, count=count)).communicate(timeout=120)
    assert running.returncode == 2
    assert out == ""
    assert said.startswith(f"flywheel: {FORM}")
    assert said.count("\n") == 1
    assert not (tmp_path / "s").exists()


def test_a_killed_rank_is_one_line_and_the_same_command_resumes(tmp_path: Path) -> None:
    design, store = grid(tmp_path, replicates=10), tmp_path / "s"
    running = ranks(*POOL, str(script(design, store, SLOW)))
    wait_for(store, 10)
    os.kill(worker_of(running), signal.SIGKILL)
    _, said = running.communicate(timeout=60)
    assert running.returncode != 0
    ours = [line for line in said.splitlines() if line.startswith("flywheel: a rank")]
    assert ours == ["flywheel: a rank of MPI died; what is finished is kept, and the same command resumes"]
    ((done,),) = ask(store, "SELECT count(*) FROM runs WHERE status = 'done'")
    assert 10 <= done < 100
    carry_out(design, store)
    carry_out(design, tmp_path / "clean")
    assert exports(store) == exports(tmp_path / "clean")


def test_termination_ends_it_gently(tmp_path: Path) -> None:
    design, store = grid(tmp_path, replicates=10), tmp_path / "s"
    running = ranks(*POOL, str(script(design, store, SLOW)))
    wait_for(store, 10)
    running.terminate()
    _, said = running.communicate(timeout=60)
    assert running.returncode == 128 + signal.SIGTERM
    assert "the same command goes on" in said
    assert "Abort" not in said
