"""Sweeps that tests read, and copies of them that tests harm."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.sweep.stores import grid, in_parts


@pytest.fixture(scope="session")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished sweep of 30 runs in several parts, never changed."""
    folder = tmp_path_factory.mktemp("whole")
    in_parts(grid(folder), folder / "s")
    return folder


@pytest.fixture
def store(whole: Path, tmp_path: Path) -> Path:
    """A copy to harm."""
    shutil.copytree(whole, tmp_path, dirs_exist_ok=True)
    return tmp_path / "s"
