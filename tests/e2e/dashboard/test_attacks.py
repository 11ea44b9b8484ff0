"""What the dashboard refuses, and what it never does."""

from __future__ import annotations

import json
import socket
import threading

import pytest

from regimeflow.apps.server.attach import Watching
from regimeflow.types.errors import ConfigError
from tests.support.dashboards import (
    BUTTONS,
    OPERATOR,
    PAGE,
    READER,
    READS,
    Client,
    a_dashboard,
    a_watched_config,
    first_event,
    until,
)


@pytest.mark.parametrize(
    "body", [{}, {"confirm": "yes"}, {"confirm": "KILL", "flatten": "yes"}, {"confirm": True}]
)
def test_the_kill_switch_does_nothing_without_its_word(operator, engine, body):
    assert 400 == operator.press("/api/kill", body)[0]
    assert [] == engine.presses


@pytest.mark.parametrize("path", READS)
@pytest.mark.parametrize("given", [None, "", "Bearer", "Bearer ", "Bearer x", f"Basic {OPERATOR}"])
def test_nothing_of_the_session_is_told_without_a_token(nobody, path, given):
    headers = {} if given is None else {"Authorization": given}

    status, answered, body = nobody.ask(path, headers=headers)

    assert (401, "Bearer") == (status, answered["WWW-Authenticate"])
    assert {"error": "a token is needed"} == json.loads(body)


@pytest.mark.parametrize("path", BUTTONS)
def test_no_button_is_pressed_without_a_token(nobody, engine, path):
    assert 401 == nobody.press(path, BUTTONS[path])[0]
    assert [] == engine.presses


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:1"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
@pytest.mark.parametrize("path", [*BUTTONS, *READS[:3]])
def test_a_foreign_page_is_refused_even_with_the_right_token(operator, engine, path, headers):
    body = json.dumps(BUTTONS[path]).encode() if path in BUTTONS else None

    status, _, said = operator.ask(path, "POST" if body else "GET", body, headers)

    assert 403 == status
    assert b"another" in said
    assert [] == engine.presses


@pytest.mark.parametrize(
    "hosts", [("evil.example",), ("127.0.0.1.evil.example:80",), (), ("localhost", "evil.example")]
)
@pytest.mark.parametrize("path", ["/", "/api/snapshot", "/healthz", "/metrics"])
def test_a_name_that_was_pointed_here_is_refused(operator, path, hosts):
    status, _, body = operator.ask(path, hosts=hosts)

    assert status in (400, 403)
    assert b"1234567" not in body


def test_a_huge_body_is_refused(operator, engine):
    status, _, _ = operator.ask("/api/cancel", "POST", b'{"order_id": "' + b"7" * 100_000 + b'"}')

    assert 413 == status
    assert [] == engine.presses


@pytest.mark.parametrize(
    ("body", "kind", "expected"),
    [
        (b"{", "application/json", 400),
        (b"[]", "application/json", 400),
        (b"\xff\xfe", "application/json", 400),
        (b'{"order_id": 7}', "application/json", 400),
        (b'{"order_id": "7; drop"}', "application/json", 409),
        (b'{"order_id": "7"}', "text/plain", 415),
        (b"order_id=7", "application/x-www-form-urlencoded", 415),
    ],
)
def test_a_body_that_is_no_request_presses_nothing(operator, engine, body, kind, expected):
    status, _, _ = operator.ask("/api/cancel", "POST", body, {"Content-Type": kind})

    assert expected == status
    assert [] == engine.presses


@pytest.mark.parametrize("path", ["/api/kill", "/api/cancel"])
def test_a_button_is_no_link(operator, engine, path):
    assert 405 == operator.ask(path)[0]
    assert [] == engine.presses


@pytest.mark.parametrize("path", ["/../secrets.py", "/%2e%2e/access.py", "/page/app.js", "/x"])
def test_only_the_pages_own_files_are_served(nobody, path):
    assert 404 == nobody.ask(path)[0]


@pytest.mark.parametrize("path", PAGE)
def test_the_page_loads_nothing_from_elsewhere_and_nothing_inline(nobody, path):
    status, headers, body = nobody.ask(path)

    assert 200 == status
    assert "default-src 'none'" in headers["Content-Security-Policy"]
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert b"http://" not in body
    assert b"https://" not in body
    assert b"style=" not in body


def test_every_answer_says_what_a_browser_may_do_with_it(operator):
    answers = [operator.ask(path) for path in [*PAGE, "/api/snapshot", "/healthz", "/none"]]

    for _, headers, _ in answers:
        assert ("no-store", "nosniff") == (
            headers["Cache-Control"],
            headers["X-Content-Type-Options"],
        )
        assert "regimeflow" == headers["Server"]
        assert "Set-Cookie" not in headers
        assert "Access-Control-Allow-Origin" not in headers


def test_no_answer_has_a_secret_in_it(engine, monkeypatch):
    monkeypatch.setenv("RF_SECRET", "kj34h5k-j3h4/5k=jh34")
    config = a_watched_config(queue={"type": "memory", "password": "env:RF_SECRET"})
    with a_dashboard(engine, config) as watching:
        engine.say("error", "refused: kj34h5k-j3h4/5k=jh34, kj34h5k-j3h4%2F5k%3Djh34")
        engine.on_errors[0](ValueError(f"token {OPERATOR} is bad"))
        client = Client(watching.ports["dashboard"], OPERATOR)
        until(lambda: watching.board.part("totals") is not None, "no picture was taken")
        said = b"".join(
            client.ask(path)[2] for path in [*PAGE, "/api/snapshot", "/api/role", "/metrics", "/x"]
        )
        said += json.dumps(first_event(client)).encode()

    assert b"refused: ***, ***" in said
    for secret in (OPERATOR, READER, "kj34h5k-j3h4/5k=jh34", "kj34h5k-j3h4%2F5k%3Djh34"):
        assert secret.encode() not in said


def test_a_client_that_reads_nothing_is_cut_off_and_holds_up_nobody(engine):
    with a_dashboard(engine, patience_s=0.5) as watching:
        port = watching.ports["dashboard"]
        stuck = socket.socket()
        stuck.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        stuck.connect(("127.0.0.1", port))
        head = f"GET /api/stream HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {READER}"
        stuck.sendall(f"{head}\r\n\r\n".encode())
        until(lambda: watching.pages == 1, "the stream was not opened")
        number = 0

        def is_dropped() -> bool:
            nonlocal number
            number += 1
            watching.board.put("ballast", str(number) * 200_000)
            watching.wake()
            assert 200 == Client(port, READER).ask("/healthz")[0]
            return watching.pages == 0

        until(is_dropped, "a client that reads nothing was not dropped")
        stuck.close()


def test_no_more_pages_are_opened_than_can_be_served(watching, reader):
    links = []
    head = f"GET /api/stream HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {READER}"
    for _ in range(32):
        link = socket.create_connection(("127.0.0.1", reader.port))
        link.sendall(f"{head}\r\n\r\n".encode())
        links.append(link)
    until(lambda: watching.pages == 32, "32 pages were not opened")

    status, headers, _ = reader.ask("/api/stream")

    assert (503, "5") == (status, headers["Retry-After"])
    assert 200 == reader.ask("/api/snapshot")[0]
    for link in links:
        link.close()


def test_row_78_idle_clients_hold_up_neither_scrapes_nor_the_end(engine):
    """original.md, row 78: one idle client blocked every scrape, and stop()."""
    with a_dashboard(engine) as watching:
        port = watching.ports["metrics"]
        idle = [socket.create_connection(("127.0.0.1", port)) for _ in range(20)]
        idle[0].sendall(b"GET /metrics HTTP/1.1\r\n")

        assert 200 == Client(port).ask("/metrics")[0]

        ending = threading.Thread(target=watching.stop)
        ending.start()
        ending.join(20)
        assert not ending.is_alive()
        for link in idle:
            link.close()


def test_a_weak_token_is_refused_and_not_shown(engine, monkeypatch):
    monkeypatch.setenv("RF_OPERATOR", "hunter2")

    with pytest.raises(ConfigError, match=r"dashboard.token: is no good token \(hidden\)") as found:
        Watching(engine, a_watched_config())

    assert "hunter2" not in str(found.value)
