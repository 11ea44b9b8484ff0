"""The dashboard's addresses: what each answers, and to whom."""

from __future__ import annotations

import socket
import subprocess
import sys

import pytest

from regimeflow.apps.server.attach import Watching
from regimeflow.types.errors import InvalidState
from tests.support.dashboards import (
    BUTTONS,
    OPERATOR,
    READER,
    Client,
    FakeEngine,
    a_dashboard,
    a_watched_config,
    first_event,
    until,
)


def test_a_snapshot_is_json_with_numbers_exact_and_ids_whole(reader):
    said = reader.json("/api/snapshot")

    assert "1234567.89" == said["status"]["equity"]
    assert str((1 << 53) + 1) == said["orders"][0]["order_id"]
    assert "59999.10" == said["orders"][0]["limit_price"]
    assert None is said["totals"]["net_pnl"]
    assert ["bull", "BULL"] == [said["regime"]["name"], said["regime"]["regime"]]


def test_row_78_money_has_all_its_digits_in_the_metrics(watching):
    """original.md, row 78: an equity of 1234567.89 was told as 1.23457e+06."""
    _, _, body = Client(watching.ports["metrics"]).ask("/metrics")

    (line,) = [each for each in body.decode().splitlines() if each.startswith("regimeflow_equity ")]
    assert 1234567.89 == float(line.split()[1])


def test_a_stream_begins_with_all_that_a_snapshot_has(reader, engine):
    engine.say("warning", "a gap")

    found = first_event(reader)

    assert {*reader.json("/api/snapshot")} == {*found}
    assert ["warning", "a gap"] == found["events"][-1][1:]


def test_a_reader_may_look_and_press_nothing(reader, engine):
    assert {"role": "reader", "may_press": False} == reader.json("/api/role")
    for path, body in BUTTONS.items():
        assert (403, {"error": "this token may look, and press nothing"}) == reader.press(
            path, body
        )
    assert [] == engine.presses


def test_an_operator_presses_each_button(operator, engine):
    for path, body in BUTTONS.items():
        status, said = operator.press(path, body)
        assert 200 == status, said
    operator.press("/api/trading", {"enabled": False})

    assert [
        ("cancel", 7),
        ("cancel_all",),
        ("enable",),
        ("kill", True),
        ("disable",),
    ] == engine.presses


def test_what_was_pressed_is_shown_with_where_it_came_from(operator):
    operator.press("/api/cancel-all", {})

    events = operator.json("/api/snapshot")["events"]
    assert ["operator", "cancel of every order, asked for from 127.0.0.1"] == events[-1][1:]


@pytest.mark.parametrize(("given", "expected"), [({"flatten": False}, False), ({}, None)])
def test_positions_are_closed_as_asked_for_or_as_configured(operator, engine, given, expected):
    operator.press("/api/kill", {"confirm": "KILL", **given})

    assert [("kill", expected)] == engine.presses


def test_a_button_that_the_engine_refuses_says_why_without_secrets(engine, monkeypatch):
    monkeypatch.setenv("RF_SECRET", "hunter2hunter2")
    config = a_watched_config(queue={"type": "memory", "password": "env:RF_SECRET"})
    with a_dashboard(engine, config) as watching:
        client = Client(watching.ports["dashboard"], OPERATOR)

        status, said = client.press("/api/cancel", {"order_id": "404"})

    assert (409, "InvalidState: order 404 has ended; key ***") == (status, said["error"])


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:1", "127.0.0.1", "[::1]:80"])
def test_loopback_is_known_by_its_names(reader, host):
    assert 200 == reader.ask("/api/role", hosts=(host,))[0]


def test_a_page_of_ours_may_press(operator):
    origin = {"Origin": f"http://127.0.0.1:{operator.port}", "Sec-Fetch-Site": "same-origin"}

    assert 200 == operator.press("/api/cancel-all", {}, **origin)[0]


def test_a_port_that_is_taken_is_told_before_anything_is_started(engine):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        config = a_watched_config(metrics={"enabled": True, "port": port})

        with pytest.raises(InvalidState, match=rf"metrics.port: .* port {port}: Address already"):
            Watching(engine, config)

    assert [] == engine.presses


def test_a_token_of_the_sessions_own_is_in_a_file_of_the_users_alone(engine):
    config = a_watched_config(dashboard={"enabled": True, "port": 0})
    with a_dashboard(engine, config) as watching:
        path = watching.token_file
        assert (0o600, 0o700) == (path.stat().st_mode & 0o777, path.parent.stat().st_mode & 0o777)
        token = path.read_text().strip()
        assert 43 == len(token)
        assert 200 == Client(watching.ports["dashboard"], token).ask("/api/snapshot")[0]

    assert not path.exists()
    with a_dashboard(engine, config) as watching:
        assert token != watching.token_file.read_text().strip()


def test_an_engine_that_hangs_is_shown_as_silent_and_watched_all_the_same(engine, watching):
    client = Client(watching.ports["dashboard"], READER)
    engine.is_silent = True

    until(lambda: client.json("/api/snapshot")["link"]["state"] == "silent", "it is not silent")

    assert "1234567.89" == client.json("/api/snapshot")["status"]["equity"]
    assert 503 == client.ask("/readyz")[0]
    engine.is_silent = False
    until(lambda: client.ask("/readyz")[0] == 200, "it is not ready again")


def test_the_engine_is_asked_once_a_second_while_nobody_looks():
    engine = FakeEngine()
    config = a_watched_config()
    with a_dashboard(engine, config) as watching:
        until(lambda: engine.asked == 1, "no picture was taken")
        client = Client(watching.ports["dashboard"], READER)
        for _ in range(20):
            client.json("/api/snapshot")
            Client(watching.ports["metrics"]).ask("/metrics")
        assert engine.asked <= 2


def test_the_public_face_loads_no_server():
    code = "import regimeflow.live, sys; print([m for m in sys.modules if 'aiohttp' in m])"

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert "[]" == done.stdout.strip()
