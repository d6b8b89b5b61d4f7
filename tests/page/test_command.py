"""``flywheel page`` refuses in one line what it cannot show."""

import socket

import pytest

from experiments.errors import UsageError
from experiments.page.command import page_command
from experiments.page.state import Side, View, with_preset


@pytest.fixture
def served(monkeypatch):
    """What would have been served."""
    pytest.importorskip("nicegui", reason="the extra [page] is not installed")
    calls = []
    monkeypatch.setattr("experiments.page.app.serve", lambda *given: calls.append(given))
    monkeypatch.setattr("experiments.page.command.announce", lambda **_: None)
    return calls


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def test_first_view_is_what_is_asked_for(served, tmp_path, capsys):
    mine = tmp_path / "mine.toml"
    mine.write_text("[reuse]\nlines = 1\n", encoding="utf-8")
    port = free_port()
    page_command(None, None, port, False)
    page_command(mine, None, port, False)
    page_command(mine, "http://127.0.0.1/?a=closed", port, True)
    changes = {"reuse.lines": 1}
    assert served == [
        (port, with_preset(View(), "reuse"), None, False),
        (port, View(b=Side("baseline", changes)), changes, False),
        (port, View(a=Side("closed")), changes, True),
    ]
    assert f"http://127.0.0.1:{port}/?lang=en&a=closed" in capsys.readouterr().out


def test_port_that_is_taken_is_told(served):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(UsageError, match=f"--port: port {port} cannot be used .*; choose another"):
            page_command(None, None, port, False)
    assert not served


def test_missing_extra_is_told(monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    import experiments.cli.page

    with pytest.raises(UsageError) as error:
        experiments.cli.page.page()
    assert str(error.value) == "page: NiceGUI is not installed; pip install 'innovation-flywheel[page]'"
