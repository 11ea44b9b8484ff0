"""Alerts: what went wrong, to a webhook and to a command, from a thread of their own."""

from __future__ import annotations

import logging
import subprocess
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING, Final, Protocol

import orjson

from regimeflow.apps.server.redaction import Redactor
from regimeflow.types.config import AlertSettings
from regimeflow.types.config.hosts import is_loopback
from regimeflow.types.errors import ConfigError, Fault
from regimeflow.types.events import EngineEvent
from regimeflow.types.records import Record

if TYPE_CHECKING:
    from urllib.request import OpenerDirector

_MOST_WAITING: Final = 1_000
_FIRST_WAIT_S: Final = 1.0
_LONGEST_WAIT_S: Final = 60.0
_MINUTE_S: Final = 60.0
_STOP_S: Final = 5.0
_LONGEST_TEXT: Final = 2_000
_NO_ALERT: Final = "trading is ACTIVE"
_log = logging.getLogger("regimeflow.alerts")


class Alert(Record, kw_only=True):
    """One thing to tell: of what kind, when by the session's clock, and what."""

    kind: str
    ts_ns: int
    text: str


class Way(Protocol):
    """How an alert leaves. Raises what kept it from leaving."""

    name: str

    def send(self, alert: Alert, /) -> None:
        """Send one; returns when somebody has it."""
        ...


class Webhook:
    """Posts JSON: ``text`` for chats, and the same in parts.

    Args:
        url: A secret: whoever has it may post there. https, or loopback.
        timeout_s: How long one attempt may take.
        session: What the alert is about, such as the broker's name.

    Raises:
        ConfigError: it is no such address; it is not repeated.
    """

    name = "webhook"

    def __init__(self, url: str, *, timeout_s: float, session: str) -> None:
        is_plain = url.startswith("http://") and is_loopback(url)
        if not is_plain and not url.startswith("https://"):
            text = "is no good address (hidden); expected https://..., or http:// on loopback"
            raise ConfigError([Fault("alerts.webhook", text)])
        self._url: Final = url
        self._timeout_s: Final = timeout_s
        self._session: Final = session
        self._opener: Final = _opener()

    def send(self, alert: Alert, /) -> None:
        """Post it; an answer that is not of 200 to 299 raises."""
        from urllib.request import Request

        said = {
            "text": f"RegimeFlow {self._session}: {alert.kind}: {alert.text}",
            "session": self._session,
            "kind": alert.kind,
            "ts_ns": alert.ts_ns,
            "detail": alert.text,
        }
        request = Request(  # noqa: S310 - the scheme was looked at
            self._url,
            data=orjson.dumps(said),
            headers={"Content-Type": "application/json", "User-Agent": "regimeflow"},
            method="POST",
        )
        with self._opener.open(request, timeout=self._timeout_s) as answer:
            answer.read(1)


class Command:
    """Runs a command with the alert as a mail on its standard input; no shell reads anything."""

    name = "email_command"

    def __init__(self, arguments: tuple[str, ...], *, timeout_s: float, session: str) -> None:
        self._arguments: Final = arguments
        self._timeout_s: Final = timeout_s
        self._session: Final = session

    def send(self, alert: Alert, /) -> None:
        """Run it to its end; an exit code other than 0 raises."""
        first = " ".join(alert.text.split())[:120]
        text = f"Subject: RegimeFlow {self._session}: {alert.kind}: {first}\n\n{alert.text}\n"
        subprocess.run(  # noqa: S603 - the configuration's own command
            self._arguments,
            input=text.encode(),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            check=True,
            timeout=self._timeout_s,
        )


class Alerter:
    """Tells people what went wrong: rate limited, tried again, never waited for.

    Threading: ``hear`` from any thread, at the cost of an append; a thread of its own sends.

    Args:
        settings: What is told, and how often.
        ways: Where to.
        redactor: Takes secrets out first.
        monotonic: Replaced by tests.
    """

    def __init__(
        self,
        settings: AlertSettings,
        ways: tuple[Way, ...],
        redactor: Redactor,
        *,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._settings: Final = settings
        self._kinds: Final = frozenset(settings.kinds)
        self._ways: Final = ways
        self._redactor: Final = redactor
        self._monotonic: Final = monotonic
        self._waiting: Final[deque[Alert]] = deque(maxlen=_MOST_WAITING)
        self._left: Final[deque[float]] = deque(maxlen=settings.most_per_minute)
        self._held_back = 0
        self._some = threading.Event()
        self._stop = threading.Event()
        self._thread: Final = threading.Thread(
            target=self._run, name="regimeflow-alerts", daemon=True
        )
        self.sent = self.failed = self.suppressed = 0

    def start(self) -> None:
        """Begin to send."""
        self._thread.start()

    def stop(self) -> None:
        """Send what waits, for some seconds at most; then end."""
        self._stop.set()
        self._some.set()
        if self._thread.is_alive():
            self._thread.join(_STOP_S)

    def hear(self, event: EngineEvent) -> None:
        """Take an event; it is told if its kind is to be."""
        if event.kind not in self._kinds or event.text.startswith(_NO_ALERT):
            return
        self._add(Alert(kind=event.kind, ts_ns=event.ts_ns, text=event.text))

    def fail(self, error: BaseException) -> None:
        """Take a failure that no event told of."""
        if "error" in self._kinds:
            self._add(Alert(kind="error", ts_ns=0, text=f"{type(error).__name__}: {error}"))

    def _add(self, alert: Alert) -> None:
        if len(self._waiting) == _MOST_WAITING:
            self.suppressed += 1
        self._waiting.append(alert)
        self._some.set()

    def _run(self) -> None:
        while True:
            self._some.wait()
            self._some.clear()
            while self._waiting:
                self._tell(self._waiting.popleft())
            if self._stop.is_set():
                return

    def _tell(self, alert: Alert) -> None:
        now_s = self._monotonic()
        most = self._settings.most_per_minute
        if len(self._left) == most and now_s - self._left[0] < _MINUTE_S:
            self._held_back += 1
            self.suppressed += 1
            return
        text = alert.text[:_LONGEST_TEXT]
        if self._held_back:
            text += f" (and {self._held_back} more that were not told, for the limit of {most})"
            self._held_back = 0
        self._left.append(now_s)
        clean = Alert(kind=alert.kind, ts_ns=alert.ts_ns, text=self._redactor.text(text))
        for way in self._ways:
            if self._try(way, clean):
                self.sent += 1
            else:
                self.failed += 1

    def _try(self, way: Way, alert: Alert) -> bool:
        wait_s, why = _FIRST_WAIT_S, ""
        for attempt in range(self._settings.attempts):
            if attempt and self._stop.wait(wait_s):
                break  # the session ends: there is no time to wait
            wait_s = min(2 * wait_s, _LONGEST_WAIT_S) if attempt else wait_s
            try:
                way.send(alert)
            except Exception as error:  # noqa: BLE001 - whatever a library or a command does
                why = type(error).__name__  # its text may hold the address
            else:
                return True
        _log.warning("an alert could not be sent by %s: %s", way.name, why)
        return False


def ways_of(settings: AlertSettings, session: str) -> tuple[Way, ...]:
    """Return the ways that a configuration names.

    Raises:
        ConfigError: the webhook's address cannot be had, or is none.
    """
    found: list[Way] = []
    if settings.webhook is not None:
        url = settings.webhook.reveal()
        found.append(Webhook(url, timeout_s=settings.timeout_s, session=session))
    if settings.email_command:
        arguments = tuple(settings.email_command)
        found.append(Command(arguments, timeout_s=settings.timeout_s, session=session))
    return tuple(found)


def _opener() -> OpenerDirector:
    from urllib.request import HTTPRedirectHandler, build_opener

    class NoRedirect(HTTPRedirectHandler):
        """A secret address must not be told to wherever an answer points."""

        def redirect_request(self, *_: object) -> None:
            """Follow nothing: the answer counts as an error."""

    return build_opener(NoRedirect)
