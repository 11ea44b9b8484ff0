"""Binance's REST API: signed, counted, and its refusals understood."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Final, TypeVar

import orjson

from regimeflow.adapters.brokers._shared.budget import WeightBudget
from regimeflow.adapters.brokers._shared.clock_offset import ClockOffset
from regimeflow.adapters.brokers._shared.rest import Answer, RestClient
from regimeflow.adapters.brokers.binance.errors import (
    VENUE,
    Meaning,
    Refusal,
    banned_until_ms,
    failure_of,
    stop_s,
)
from regimeflow.adapters.brokers.binance.signing import Signer, Value, encoded
from regimeflow.types.errors import BrokerError, NetworkError, Outcome

_OK: Final = 200
_USED: Final = "X-MBX-USED-WEIGHT-1M"
_TIME: Final = "/api/v3/time"
_TIME_READINGS: Final = 3

T = TypeVar("T")


class BinanceRest:
    """Asks one REST host.

    A question that fails raises; no answer is taken for an empty one.

    Args:
        client: The host.
        signer: The key.
        clock: The venue's time.
        budget: What may be asked.
        recv_window: How old a signed request may be, as it is sent [ms].
    """

    def __init__(
        self,
        client: RestClient,
        signer: Signer,
        clock: ClockOffset,
        budget: WeightBudget,
        *,
        recv_window: float,
    ) -> None:
        self._client: Final = client
        self._signer: Final = signer
        self._clock: Final = clock
        self._budget: Final = budget
        self._recv_window: Final = recv_window

    async def public(
        self, path: str, params: Mapping[str, Value] | None = None, *, weight: int
    ) -> bytes:
        """Ask for what anybody may know; return the body.

        Raises:
            BrokerError: the venue said no, or the budget does.
            NetworkError: no answer.
        """
        self._budget.take(weight)
        query = encoded((params or {}).items())
        answer = await self._client.ask("GET", path, query=query, what=f"GET {path}")
        return self._heard(answer)

    async def read(self, path: str, params: Mapping[str, Value], *, weight: int) -> object:
        """Ask about the account; return the decoded answer. Errors as ``public``."""
        body = await self._signed("GET", path, params, weight=weight, is_urgent=False)
        return decoded(body, f"GET {path}")

    async def command(
        self, method: str, path: str, params: Mapping[str, Value], *, weight: int = 1
    ) -> object:
        """Have something done.

        Raises:
            BrokerError: the venue said no (REFUSED), or nothing left (NOT_SENT).
            NetworkError: UNKNOWN: it left, and there is no definite answer.
        """
        body = await self._signed(method, path, params, weight=weight, is_urgent=True)
        try:
            return decoded(body, f"{method} {path}")
        except BrokerError as error:
            raise NetworkError(error.text, venue=VENUE, outcome=Outcome.UNKNOWN) from None

    async def measure_clock(self, *, is_forced: bool = False) -> None:
        """Ask for the venue's time, a few times: the shortest way there and back counts."""
        for turn in range(_TIME_READINGS):
            sent_ns = self._clock.monotonic_ns()
            said = decoded(await self.public(_TIME, weight=1), f"GET {_TIME}")
            server_ms = said.get("serverTime") if isinstance(said, Mapping) else None
            if type(server_ms) is not int:
                raise BrokerError(f"the answer to GET {_TIME} has no time", venue=VENUE)
            self._clock.hear(sent_ns, server_ms, is_forced=is_forced and turn == 0)

    async def again_with_right_time(self, ask: Callable[[], Awaitable[T]]) -> T:
        """Ask; when the venue finds our time wrong, measure it and ask once more.

        Such an answer is definite: nothing was done.
        """
        try:
            return await ask()
        except Refusal as error:
            if error.meaning is not Meaning.CLOCK:
                raise
            await self.measure_clock(is_forced=True)
            return await ask()

    async def close(self) -> None:
        """Close every connection."""
        await self._client.close()

    async def _signed(
        self, method: str, path: str, params: Mapping[str, Value], *, weight: int, is_urgent: bool
    ) -> bytes:
        async def ask() -> bytes:
            self._budget.take(weight, is_urgent=is_urgent)
            whole = [
                *params.items(),
                ("recvWindow", self._recv_window),
                ("timestamp", self._clock.now_ms()),
            ]
            answer = await self._client.ask(
                method,
                path,
                query=self._signer.query(whole),
                headers={"X-MBX-APIKEY": self._signer.api_key},
                what=f"{method} {path}",
            )
            return self._heard(answer)

        return await self.again_with_right_time(ask)

    def _heard(self, answer: Answer) -> bytes:
        used = answer.headers.get(_USED, "")
        if used.isdecimal():
            self._budget.hear(int(used))
        if answer.status == _OK:
            return answer.body
        code, text, data = _said(answer.body)
        retry = answer.headers.get("Retry-After", "")
        told_s = float(retry) if retry.isdecimal() else self.until_s(text)
        wait_s = stop_s(answer.status, code, text, told_s=told_s)
        if wait_s is not None:
            self._budget.stop(wait_s, f"{answer.status}")
        raise failure_of(answer.status, code, text, data=data, retry_after_s=wait_s)

    def until_s(self, text: str) -> float | None:
        """How long a ban lasts whose end is told in the text."""
        until_ms = banned_until_ms(text)
        return None if until_ms is None else (until_ms - self._clock.now_ms()) / 1_000


def decoded(body: bytes, what: str) -> object:
    """A JSON body.

    Raises:
        BrokerError: it is none: what is no answer is not an empty one.
    """
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        raise BrokerError(f"the answer to {what} is no JSON", venue=VENUE) from None


def _said(body: bytes) -> tuple[int, str, object]:
    """Code, words and data of a refusal; a gateway's page has none."""
    try:
        said = orjson.loads(body)
    except orjson.JSONDecodeError:
        return 0, "an answer that is no JSON", None
    if not isinstance(said, dict):
        return 0, "an answer without a code", None
    code = said.get("code")
    return code if isinstance(code, int) else 0, str(said.get("msg", "")), said.get("data")
