"""One connection to the WebSocket API: requests and their answers, and the account's events.

Source:
    binance-spot-api-docs a5e0bc3, web-socket-api.md, user-data-stream.md.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable, Mapping
from typing import Final

import orjson

from regimeflow.adapters.brokers._shared.budget import WeightBudget
from regimeflow.adapters.brokers._shared.clock_offset import ClockOffset
from regimeflow.adapters.brokers._shared.websocket import Opener, Socket
from regimeflow.adapters.brokers.binance.errors import VENUE, banned_until_ms, failure_of, stop_s
from regimeflow.adapters.brokers.binance.signing import Signer, Value
from regimeflow.types.errors import BrokerError, NetworkError, Outcome
from regimeflow.types.records import Record

_OK: Final = 200

OnEvent = Callable[[bytes], object]


class ApiSettings(Record, kw_only=True):
    """What a connection to the WebSocket API needs to know."""

    url: str
    tls: ssl.SSLContext | None
    connect_timeout_s: float
    request_timeout_s: float
    recv_window: int | float


class ApiConnection:
    """One connection, logged on where the key allows it.

    Args:
        settings: Where to, how long to wait.
        signer: The key.
        clock: The venue's time.
        budget: What may be asked.
        open_socket: The transport.
        on_event: Gets each frame that is no answer to us.
        on_closed: Told once, with why.

    Threading: the loop only.
    """

    def __init__(
        self,
        settings: ApiSettings,
        signer: Signer,
        clock: ClockOffset,
        budget: WeightBudget,
        *,
        open_socket: Opener,
        on_event: OnEvent,
        on_closed: Callable[[ApiConnection, str], object],
    ) -> None:
        self._settings: Final = settings
        self._signer: Final = signer
        self._clock: Final = clock
        self._budget: Final = budget
        self._open_socket: Final = open_socket
        self._on_event: Final = on_event
        self._on_closed: Final = on_closed
        self._socket: Socket | None = None
        self._is_closed = False
        self._count = 0
        self._waiting: Final[dict[str, asyncio.Future[object]]] = {}
        self._is_logged_on = False
        self.opened_at_s = 0.0
        self.is_subscribed = False

    @property
    def is_open(self) -> bool:
        """Whether requests leave, and the account's events come."""
        return self._socket is not None and self._socket.is_open and self.is_subscribed

    async def open(self) -> None:
        """Connect, log on where the key can, subscribe to the account's events.

        Raises:
            NetworkError: NOT_SENT: there is no connection.
            BrokerError: the venue refused the key.
        """
        settings = self._settings
        try:
            self._socket = await self._open_socket(
                settings.url,
                self._take,
                self._closed,
                tls=settings.tls,
                timeout_s=settings.connect_timeout_s,
            )
        except OSError as error:
            text = f"no connection to {settings.url}: {str(error) or type(error).__name__}"
            raise NetworkError(text, venue=VENUE, outcome=Outcome.NOT_SENT) from None
        self.opened_at_s = asyncio.get_running_loop().time()
        if self._signer.can_log_on:
            await self.call("session.logon", {}, weight=2)
            self._is_logged_on = True
            await self.call("userDataStream.subscribe", {}, weight=2, is_signed=False)
        else:
            await self.call("userDataStream.subscribe.signature", {}, weight=2)
        self.is_subscribed = True

    def call(
        self,
        method: str,
        params: Mapping[str, Value],
        *,
        weight: int = 1,
        is_urgent: bool = False,
        is_signed: bool = True,
    ) -> asyncio.Future[object]:
        """Send a request now; the future has its result.

        Raises:
            BrokerError: NOT_SENT: nothing may leave now.
            NetworkError: NOT_SENT: there is no connection. From the future: UNKNOWN, no definite
                answer came; or BrokerError, REFUSED.
        """
        socket = self._socket
        if socket is None or not socket.is_open:
            raise NetworkError("not connected", venue=VENUE, outcome=Outcome.NOT_SENT)
        self._budget.take(weight, is_urgent=is_urgent)
        self._count += 1
        name = str(self._count)
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[object] = loop.create_future()
        self._waiting[name] = answer
        timer = loop.call_later(self._settings.request_timeout_s, self._too_late, name, method)

        def forget(_: asyncio.Future[object]) -> None:
            timer.cancel()
            self._waiting.pop(name, None)

        answer.add_done_callback(forget)
        whole = self._whole(params, is_signed=is_signed)
        more = {"params": whole} if whole else {}
        socket.send(orjson.dumps({"id": name, "method": method, **more}))
        return answer

    def close(self) -> None:
        """Close the connection; what is still asked fails as UNKNOWN."""
        socket, self._socket = self._socket, None
        self._is_closed, self.is_subscribed = True, False
        if socket is not None:
            socket.close()
        self._fail_all("the connection was closed")

    def _whole(self, params: Mapping[str, Value], *, is_signed: bool) -> dict[str, Value]:
        if not is_signed:
            return dict(params)
        timed: dict[str, Value] = {
            **params,
            "recvWindow": self._settings.recv_window,
            "timestamp": self._clock.now_ms(),
        }
        return timed if self._is_logged_on else self._signer.params(timed)

    def _take(self, frame: bytes) -> None:
        if self._is_closed:
            return  # what was in the buffer yet: another connection tells it
        if frame.startswith(b'{"id":') or b'"status":' in frame[:200]:
            try:
                said = orjson.loads(frame)
            except orjson.JSONDecodeError:
                return
            if isinstance(said, dict) and "status" in said and "id" in said:
                self._answered(said)
                return
        self._on_event(frame)

    def _answered(self, said: Mapping[str, object]) -> None:
        self._count_weight(said.get("rateLimits"))
        status = said.get("status")
        name = said.get("id")
        waiting = None if name is None else self._waiting.pop(str(name), None)
        if status == _OK:
            if waiting is not None and not waiting.done():
                waiting.set_result(said.get("result"))
            return
        error = self._error_of(status if isinstance(status, int) else 0, said.get("error"))
        if waiting is not None:
            if not waiting.done():
                waiting.set_exception(error)
        elif name is None:
            # Unasked: the key was revoked, or the session was ended. What comes is a new one.
            self.is_subscribed = False
            if self._socket is not None:
                self._socket.close()

    def _error_of(self, status: int, error: object) -> BrokerError:
        table = error if isinstance(error, Mapping) else {}
        code, text = table.get("code"), str(table.get("msg", ""))
        code = code if isinstance(code, int) else 0
        data = table.get("data")
        wait_s = stop_s(status, code, text, told_s=self._told_s(data, text))
        if wait_s is not None:
            self._budget.stop(wait_s, f"{status}")
        return failure_of(status, code, text, data=data, retry_after_s=wait_s)

    def _told_s(self, data: object, text: str) -> float | None:
        table = data if isinstance(data, Mapping) else {}
        until_ms, now_ms = table.get("retryAfter"), table.get("serverTime")
        if not isinstance(until_ms, int):
            until_ms = banned_until_ms(text)
        if not isinstance(now_ms, int):  # else both are the venue's, and our clock may be wrong
            now_ms = self._clock.now_ms()
        return None if until_ms is None else (until_ms - now_ms) / 1_000

    def _count_weight(self, limits: object) -> None:
        for each in limits if isinstance(limits, list) else ():
            if isinstance(each, Mapping) and each.get("rateLimitType") == "REQUEST_WEIGHT":
                used = each.get("count")
                if isinstance(used, int):
                    self._budget.hear(used)

    def _too_late(self, name: str, method: str) -> None:
        waiting = self._waiting.pop(name, None)
        if waiting is not None and not waiting.done():
            text = f"no answer to {method} within {self._settings.request_timeout_s:g} s"
            waiting.set_exception(NetworkError(text, venue=VENUE, outcome=Outcome.UNKNOWN))

    def _closed(self, why: str) -> None:
        self._socket = None
        self.is_subscribed = False
        self._fail_all(why)
        self._on_closed(self, why)

    def _fail_all(self, why: str) -> None:
        waiting = list(self._waiting.values())
        self._waiting.clear()
        for answer in waiting:
            if not answer.done():
                text = f"{why} before there was an answer"
                answer.set_exception(NetworkError(text, venue=VENUE, outcome=Outcome.UNKNOWN))
                answer.exception()  # looked at: who waits is told, and nobody need be warned
