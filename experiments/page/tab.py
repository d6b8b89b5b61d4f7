"""What the panels of one browser tab share: the view, its words, and the way to change it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from nicegui import ui

from experiments.errors import FlywheelError
from experiments.page.knobs import knobs
from experiments.page.state import NotAllowedError, View, to_address
from experiments.page.words import word


class Tab:
    """One tab of a browser.

    Args:
        view: what to show first.
        mine: what the user's own config changes of the baseline; None without one.
    """

    def __init__(self, view: View, mine: dict[str, Any] | None) -> None:
        self.view, self.mine = view, mine
        self._panels: list[Callable[[str], None]] = []

    def follow(self, tell: Callable[[str], None]) -> None:
        """Have a panel told of each new view, and of which worlds the controls are to be made anew."""
        self._panels.append(tell)

    def say(self, name: str, **values: Any) -> str:
        """Return a text in the language of the page."""
        return word(name, self.view.language, **values)

    def explain(self, error: FlywheelError | MemoryError) -> str:
        """Return what is wrong, in the language of the page as far as it is a parameter's range."""
        return explained(error, self.view.language)

    def show(self, view: View, *, rebuild: str = "") -> None:
        """Show another view, and put it into the address.

        Args:
            view: the view.
            rebuild: the worlds, "a", "b" or "ab", whose controls changed by more than the user's own hand.
        """
        self.keep(view)
        for tell in self._panels:
            tell(rebuild)

    def keep(self, view: View) -> None:
        """Put a view into the address, but tell no panel of it."""
        self.view = view
        ui.navigate.history.replace(f"/?{to_address(view)}")


def explained(error: FlywheelError | MemoryError, language: str) -> str:
    """Return what is wrong, in a language; what the model says of values that do not go together stays English."""
    if language == "en" or not isinstance(error, NotAllowedError) or not error.keys:
        return str(error)
    return "\n".join(
        word("refused", language, label=f"{knobs()[key].label(language)} ({key})", range=knobs()[key].range(language))
        for key in error.keys
    )
