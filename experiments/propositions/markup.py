"""Text of claim files in Markdown: whatever it says, it is text there, and starts no image, link, code, table or HTML.

A report is composed of own Markdown and of strings that came from files. ``inert`` puts stand-ins in place of what
has a meaning in those strings; whoever composes may cut, join and compare them as before; and ``finished`` puts in what
belongs there: a backslash before the character, and in code the character itself.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from experiments.text import visible

_BASE = 0xF0000  # stand-ins are private characters, which no visible text holds
_ACTIVE = re.compile(
    r"[\\`*\[\]<>|$@]"  # anywhere
    r"|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])"  # not within a name
    r"|&(?=[#A-Za-z0-9]+;)|~(?=~)|(?<=~)~|#(?=\d)|:(?=//)|(?<=www)\.|!(?=\[)"
    r"|^ |^#|^[-+=](?=[-+=\s])"  # where a line begins
)
_NUMBERED = re.compile(r"^(\d{1,9})([.)])(?=\s|$)")
_STAND_INS = re.compile(f"[{chr(_BASE)}-{chr(_BASE + 0x7F)}]")
_CODE = re.compile(r"^```.*?^```$|`[^`\n]*`", re.DOTALL | re.MULTILINE)


def inert(data: Any) -> Any:
    """Return plain data with all text in it, keys too, as text that means nothing in Markdown."""
    if isinstance(data, str):
        text = _NUMBERED.sub(lambda found: found[1] + _stand_in(found[2]), visible(data))
        return _ACTIVE.sub(lambda found: _stand_in(found[0]), text)
    if isinstance(data, Mapping):
        return {inert(key): inert(value) for key, value in data.items()}
    return [inert(each) for each in data] if isinstance(data, (list, tuple)) else data


def original(text: str) -> str:
    """Return text with the characters that were in it."""
    return _STAND_INS.sub(lambda found: _character(found[0]), text)


def finished(markdown: str) -> str:
    """Return a report with the characters that its text had, in code as they are, elsewhere so that they stay text."""
    done, last = "", 0
    for code in _CODE.finditer(markdown):
        done += _escaped(markdown[last : code.start()]) + _in_code(code[0])
        last = code.end()
    return done + _escaped(markdown[last:])


def _escaped(text: str) -> str:
    return _STAND_INS.sub(lambda found: "\u00a0" if (char := _character(found[0])) == " " else f"\\{char}", text)


def _in_code(code: str) -> str:
    """Return code; in a span a backtick, which would end it, and a bar, which would end a cell, need care."""
    if code.startswith("```"):
        return original(code)
    text = original(code[1:-1].replace(_stand_in("|"), r"\|"))
    longest = max(map(len, re.findall("`+", text)), default=0)
    fence = "`" * (longest + 1)
    return f"{fence} {text} {fence}" if longest else f"`{text}`"


def _stand_in(char: str) -> str:
    return chr(_BASE + ord(char))


def _character(stand_in: str) -> str:
    return chr(ord(stand_in) - _BASE)
