"""Names as the file system has them, which may be no text at all, made fit for a line, a file and a shell."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Iterable


def shown(name: str) -> str:
    r"""Return a name fit for one line: as it is if it can be printed, else as a shell reads it, like $'gr\xf6.toml'."""
    return name if name.isprintable() else _escaped(name)


def command_line(words: Iterable[str]) -> str:
    """Return words as a shell reads them, in one line that can be printed and kept in any file."""
    return " ".join(shlex.quote(word) if word.isprintable() else _escaped(word) for word in words)


def command() -> str:
    """Return the command that this program was called by."""
    return command_line(["flywheel", *sys.argv[1:]])


def _escaped(name: str) -> str:
    return "$'" + "".join(map(_letter, name)) + "'"


def _letter(letter: str) -> str:
    if letter in "\\'":
        return f"\\{letter}"
    if letter.isprintable():
        return letter
    return "".join(f"\\x{byte:02x}" for byte in letter.encode("utf-8", "surrogateescape"))
