"""Files that a user names, or that such a file names: only ordinary ones are read, and only so much of them."""

from __future__ import annotations

import errno
import os
import re
import stat
import tomllib
from pathlib import Path
from typing import Any

from experiments.errors import UsageError
from experiments.messages.names import shown

MOST_TOML = 1_000_000
MOST_LIST = 100_000_000
MOST_EDGES = 10_000_000_000
_PART = r"""(?:"[^"\n]*"|'[^'\n]*'|[\w-]+)[ \t]*"""
_DEEP_KEY = re.compile(rf"(?:^|[\[{{,])[ \t]*(?:{_PART}\.[ \t]*){{100}}", re.MULTILINE)
_LONG_NUMBER = re.compile(
    r"(?<![\w\"'])[+-]?0?[xob]?[0-9A-Fa-f_]{1000}(?![\w\"'])|(?<![\w\"'])[+-]?0?[xob]?[0-9A-Fa-f_]{1001}"
)
_KINDS = {
    stat.S_IFDIR: "a folder", stat.S_IFCHR: "a device", stat.S_IFBLK: "a device", stat.S_IFIFO: "a pipe",
    stat.S_IFSOCK: "a socket",
}  # fmt: skip


def check_ordinary(path: Path, most: int) -> None:
    """Refuse what may never end or would fill the memory, before it is opened.

    Args:
        path: the file.
        most: bytes that it may have.

    Raises:
        OSError: it cannot be looked at, is no ordinary file, or is larger; ``strerror`` says so.
    """
    found = os.stat(path)
    kind = stat.S_IFMT(found.st_mode)
    if kind != stat.S_IFREG:
        said = f"it is {_KINDS.get(kind, 'something else')}, and only files are read"
        raise OSError(errno.EINVAL, said, str(path))
    if found.st_size > most:
        raise OSError(errno.EFBIG, f"it has {found.st_size:,} bytes, and at most {most:,} are read", str(path))


def read_text(path: Path, most: int = MOST_TOML) -> str:
    """Return the text of an ordinary file, without the mark that some editors begin it with.

    Raises:
        OSError: it cannot be read; ``strerror`` says why.
        UnicodeDecodeError: it is not UTF-8.
    """
    check_ordinary(path, most)
    with path.open("rb") as file:
        return file.read(most + 1).decode("utf-8-sig")


def read_toml(path: Path, named_by: str = "") -> tuple[str, dict[str, Any]]:
    """Return the text of a TOML file, and its tables.

    Args:
        path: the file.
        named_by: what a line on a file that is not there begins with: who names it.

    Raises:
        UsageError: it cannot be read, or is broken.
    """
    where = shown(str(path))
    try:
        source = read_text(path)
        return source, _parsed(source)
    except FileNotFoundError:
        raise UsageError(f"{named_by}{where}: no such file") from None
    except OSError as error:
        raise UsageError(f"{named_by}{where}: cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise UsageError(f"{where}: byte {error.start} is not UTF-8; save the file as UTF-8") from error
    except RecursionError:
        raise UsageError(f"{where}: tables or lists are nested too deeply") from None
    except ValueError as error:
        reason, _, spot = str(error).partition(" (at ")
        line = spot.rstrip(")") if spot.startswith("line") else f"line {len(source.splitlines())}, end of file"
        raise UsageError(f"{where}, {line}: broken TOML: {reason.partition(':')[0]}") from error


def _parsed(text: str) -> dict[str, Any]:
    if _LONG_NUMBER.search(text):
        raise ValueError("a number has more than 1,000 digits")
    if _DEEP_KEY.search(text):  # for which the parser takes the square of its depth
        raise RecursionError
    return tomllib.loads(text)


def check_file(path: Path, most: int, said: str) -> None:
    """Refuse a file as ``check_ordinary`` does, in one line that begins with what cannot be done.

    Raises:
        UsageError: it cannot be looked at, is no ordinary file, or is larger.
    """
    try:
        check_ordinary(path, most)
    except OSError as error:
        raise UsageError(f"{said}: {error.strerror}") from error
