"""What ``flywheel page`` does before the page is served: reads what is asked for, and checks that it can be."""

from __future__ import annotations

import socket
from pathlib import Path

from experiments.errors import UsageError
from experiments.kinds import refuse_other
from experiments.messages.compiling import announce
from experiments.messages.terminal import say
from experiments.page.state import Side, View, from_address, to_address, with_preset
from experiments.page.worlds import BASELINE, changes_of

_HOST = "127.0.0.1"


def page_command(config: Path | None, query: str | None, port: int, browser: bool) -> None:
    """Serve the page until it is interrupted.

    Args:
        config: the user's own config, which becomes world B; none if None.
        query: the address to show first, in place of the config.
        port: the port on this machine.
        browser: whether to open a browser.

    Raises:
        UsageError: a faulty config or address, or a port that is taken.
    """
    mine = None
    if config is not None:
        refuse_other(config, "config")
        mine = changes_of(config)
    first = with_preset(View(), "reuse") if query is None else from_address(query.rpartition("?")[2])
    if mine is not None and query is None:
        first = View(b=Side(BASELINE, mine))
    _check_free(port)
    announce(blocks=True)
    from experiments.page.app import serve

    say(f"The page is at http://{_HOST}:{port}/?{to_address(first)} (Ctrl-C ends it)")
    try:
        serve(port, first, mine, browser)
    except KeyboardInterrupt:
        say("The page has ended.")


def _check_free(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((_HOST, port))
        except OSError as error:
            raise UsageError(f"--port: port {port} cannot be used ({error.strerror}); choose another") from None
