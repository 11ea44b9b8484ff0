"""Alerts: who is told, how often, how often again, and what never leaves."""

from __future__ import annotations

import http.server
import json
import sys
import threading
from time import monotonic

import pytest

from regimeflow.apps.server.alerts import Alert, Alerter, Command, Webhook, ways_of
from regimeflow.apps.server.redaction import Redactor
from regimeflow.types.config import AlertSettings
from regimeflow.types.errors import ConfigError
from regimeflow.types.events import EngineEvent

PATIENCE_S = 30.0
AN_ALERT = Alert(kind="error", ts_ns=7, text="the broker\nwent away")


class Way:
    """Takes alerts, after refusing the first few."""

    name = "way"

    def __init__(self, refusals: int = 0) -> None:
        self.refusals = refusals
        self.tries = 0
        self.told: list[Alert] = []
        self.heard = threading.Event()

    def send(self, alert: Alert) -> None:
        self.tries += 1
        if self.tries <= self.refusals:
            raise OSError("https://example.org/secret refused")
        self.told.append(alert)
        self.heard.set()


class Stuck(Way):
    def __init__(self) -> None:
        super().__init__()
        self.let_go = threading.Event()

    def send(self, alert: Alert) -> None:
        self.let_go.wait(PATIENCE_S)
        super().send(alert)


def an_alerter(*ways, secrets=(), monotonic=lambda: 0.0, **settings) -> Alerter:
    return Alerter(AlertSettings(**settings), ways, Redactor(secrets), monotonic=monotonic)


def an_event(kind: str = "error", text: str = "it broke") -> EngineEvent:
    return EngineEvent(kind, 7, text)


def test_an_event_of_its_kinds_is_told_and_no_other():
    way = Way()
    alerter = an_alerter(way, kinds=["error"])

    alerter.hear(an_event("fill", "BUY"))
    alerter.hear(an_event("error", "it broke"))
    alerter.start()
    alerter.stop()

    assert [("error", 7, "it broke")] == [(a.kind, a.ts_ns, a.text) for a in way.told]
    assert 1 == alerter.sent


def test_that_trading_is_on_is_no_alert():
    way = Way()
    alerter = an_alerter(way)

    alerter.hear(an_event("trading_state", "trading is ACTIVE"))
    alerter.hear(an_event("trading_state", "trading is HALTED: by hand"))
    alerter.start()
    alerter.stop()

    assert ["trading is HALTED: by hand"] == [alert.text for alert in way.told]


def test_no_more_leave_in_a_minute_than_may_and_the_next_says_how_many_did_not():
    way, now_s = Way(), [0.0]
    alerter = an_alerter(way, most_per_minute=2, monotonic=lambda: now_s[0])
    for number in range(5):
        alerter.hear(an_event(text=f"n{number}"))
    alerter.start()
    limit_s = monotonic() + PATIENCE_S
    while alerter.suppressed < 3:
        assert monotonic() < limit_s

    now_s[0] = 60.0
    alerter.hear(an_event(text="later"))
    alerter.stop()

    assert ["n0", "n1", "later (and 3 more that were not told, for the limit of 2)"] == [
        alert.text for alert in way.told
    ]


def test_one_that_does_not_leave_is_tried_again():
    way = Way(refusals=1)
    alerter = an_alerter(way, attempts=2)
    alerter.start()

    alerter.hear(an_event())

    assert way.heard.wait(PATIENCE_S)
    alerter.stop()
    assert (1, 0, 2) == (alerter.sent, alerter.failed, way.tries)


def test_one_that_never_leaves_is_given_up_and_its_address_not_logged(caplog):
    alerter = an_alerter(Way(refusals=9), attempts=1)

    alerter.hear(an_event())
    alerter.start()
    alerter.stop()

    assert (0, 1) == (alerter.sent, alerter.failed)
    assert ["an alert could not be sent by way: OSError"] == [r.message for r in caplog.records]


def test_whoever_tells_of_an_event_never_waits_and_nothing_piles_up():
    way = Stuck()
    alerter = an_alerter(way, most_per_minute=600)
    alerter.start()

    for number in range(5_000):
        alerter.hear(an_event(text=str(number)))

    assert alerter.suppressed > 3_000
    way.let_go.set()
    alerter.stop()


def test_secrets_are_taken_out_before_anything_leaves():
    way = Way()
    alerter = an_alerter(way, secrets=["k3y/with=signs"])

    alerter.hear(an_event(text="refused: k3y/with=signs as k3y%2Fwith%3Dsigns"))
    alerter.fail(ValueError("k3y/with=signs"))
    alerter.start()
    alerter.stop()

    assert ["refused: *** as ***", "ValueError: ***"] == [alert.text for alert in way.told]


@pytest.fixture
def hook():
    """A webhook on loopback: what was posted, and what it answers."""
    posted, answers = [], [(204, {})]

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            length = int(self.headers["Content-Length"])
            posted.append((self.path, json.loads(self.rfile.read(length))))
            status, headers = answers[-1]
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/hook", posted, answers
    server.shutdown()
    server.server_close()
    thread.join()


def test_a_webhook_gets_json_that_chats_can_show(hook):
    url, posted, _ = hook

    Webhook(url, timeout_s=10, session="paper").send(AN_ALERT)

    path, said = posted[0]
    assert ("/hook", "RegimeFlow paper: error: the broker\nwent away") == (path, said["text"])
    assert ("error", 7) == (said["kind"], said["ts_ns"])


@pytest.mark.parametrize(("status", "headers"), [(500, {}), (302, {"Location": "/elsewhere"})])
def test_an_answer_that_is_no_success_raises_and_is_not_followed(hook, status, headers):
    url, posted, answers = hook
    answers.append((status, headers))

    with pytest.raises(OSError, match=str(status)):
        Webhook(url, timeout_s=10, session="paper").send(AN_ALERT)

    assert ["/hook"] == [path for path, _ in posted]


@pytest.mark.parametrize("url", ["http://example.org/x", "file:///etc/passwd", "ftp://h/x", "x"])
def test_an_address_that_would_show_the_alert_to_others_is_refused(url, monkeypatch):
    monkeypatch.setenv("HOOK", url)

    with pytest.raises(ConfigError, match=r"alerts.webhook: is no good address \(hidden\)"):
        ways_of(AlertSettings(webhook="env:HOOK"), "paper")


def test_a_command_gets_a_mail_and_no_shell_reads_it(tmp_path):
    script = "import sys; open(sys.argv[1], 'w').write(sys.stdin.read())"
    path = tmp_path / "a; touch b"

    Command((sys.executable, "-c", script, str(path)), timeout_s=30, session="paper").send(AN_ALERT)

    assert (
        "Subject: RegimeFlow paper: error: the broker went away\n\nthe broker\nwent away\n"
        == path.read_text()
    )
    assert ["a; touch b"] == [each.name for each in tmp_path.iterdir()]
