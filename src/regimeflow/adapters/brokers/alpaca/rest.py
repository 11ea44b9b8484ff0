"""Alpaca's REST APIs: trading and market data, counted, and their refusals understood."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from decimal import Decimal
from typing import Final
from urllib.parse import urlencode

from regimeflow.adapters.brokers._shared.budget import WeightBudget
from regimeflow.adapters.brokers._shared.clock_offset import ClockOffset
from regimeflow.adapters.brokers._shared.instants import instant_ns
from regimeflow.adapters.brokers._shared.rest import Answer, RestClient
from regimeflow.adapters.brokers.alpaca.errors import TOO_MANY, VENUE, failure_of
from regimeflow.types.errors import BrokerError, NetworkError, Outcome
from regimeflow.types.records import Record

_GOOD: Final = range(200, 300)
_SHORTEST_STOP_S: Final = 1.0
_LONGEST_STOP_S: Final = 120.0
_CLOCK: Final = "/v2/clock"
_CLOCK_READINGS: Final = 3

Params = Mapping[str, str | int]


class Keys(Record):
    """The key and its secret, as requests carry them; they show in no text."""

    key: str
    secret: str

    def __repr__(self) -> str:
        return "Keys('***')"

    def headers(self) -> dict[str, str]:
        """Return the headers of a request."""
        return {"APCA-API-KEY-ID": self.key, "APCA-API-SECRET-KEY": self.secret}


class AlpacaRest:
    """Asks one host.

    A question that fails raises; no answer is taken for an empty one. Numbers stay exact.

    Args:
        client: The host.
        keys: The key.
        budget: What may be asked a minute.
    """

    def __init__(self, client: RestClient, keys: Keys, budget: WeightBudget) -> None:
        self._client: Final = client
        self._headers: Final = keys.headers()
        self._budget: Final = budget

    async def read(self, path: str, params: Params | None = None) -> object:
        """Ask; return the decoded answer.

        Raises:
            BrokerError: the venue said no, or the budget does.
            NetworkError: no answer.
        """
        self._budget.take(1)
        what = f"GET {path.partition('?')[0]}"
        answer = await self._client.ask(
            "GET", path, query=urlencode(params or {}), headers=self._headers, what=what
        )
        return decoded(self._heard(answer), what)

    async def command(
        self, method: str, path: str, body: Mapping[str, object] | None = None
    ) -> object:
        """Have something done; None is the answer where there is no body.

        Raises:
            BrokerError: the venue said no (REFUSED), or nothing left (NOT_SENT).
            NetworkError: UNKNOWN: it left, and there is no definite answer.
        """
        self._budget.take(1, is_urgent=True)
        what = f"{method} {path.partition('?')[0]}"
        headers, sent = self._headers, None
        if body is not None:
            headers, sent = {**headers, "Content-Type": "application/json"}, _encoded(body)
        answer = await self._client.ask(method, path, headers=headers, body=sent, what=what)
        found = self._heard(answer)
        try:
            return decoded(found, what) if found else None
        except BrokerError as error:
            raise NetworkError(error.text, venue=VENUE, outcome=Outcome.UNKNOWN) from None

    async def measure_clock(self, clock: ClockOffset, *, is_forced: bool = False) -> object:
        """Ask for the venue's time, a few times: the shortest way there and back counts.

        Returns:
            The last answer: it tells when the market opens and closes too.
        """
        said: object = None
        for turn in range(_CLOCK_READINGS if is_forced else 1):
            sent_ns = clock.monotonic_ns()
            said = await self.read(_CLOCK)
            told = said.get("timestamp") if isinstance(said, Mapping) else None
            try:
                venue_ns = instant_ns(str(told))
            except ValueError:
                text = f"the answer to GET {_CLOCK} has no time"
                raise BrokerError(text, venue=VENUE) from None
            clock.hear_ns(sent_ns, venue_ns, is_forced=is_forced and turn == 0)
        return said

    async def close(self) -> None:
        """Close every connection."""
        await self._client.close()

    def _heard(self, answer: Answer) -> bytes:
        self._count(answer)
        if answer.status in _GOOD:
            return answer.body
        wait_s = None
        if answer.status == TOO_MANY:
            wait_s = self._until_reset_s(answer)
            self._budget.stop(wait_s, "429")
        try:
            body = decoded(answer.body, "")
        except BrokerError:
            body = None
        raise failure_of(answer.status, body, retry_after_s=wait_s)

    def _count(self, answer: Answer) -> None:
        limit = answer.headers.get("X-RateLimit-Limit", "")
        left = answer.headers.get("X-RateLimit-Remaining", "")
        if limit.isdecimal() and left.isdecimal():
            self._budget.hear(int(limit) - int(left))

    def _until_reset_s(self, answer: Answer) -> float:
        reset = answer.headers.get("X-RateLimit-Reset", "")
        if not reset.isdecimal():
            return _SHORTEST_STOP_S
        wait_s = int(reset) - time.time()
        return min(max(_SHORTEST_STOP_S, wait_s), _LONGEST_STOP_S)


def decoded(body: bytes, what: str) -> object:
    """A JSON body whose numbers are exact.

    Raises:
        BrokerError: it is none: what is no answer is not an empty one.
    """
    try:
        return json.loads(body, parse_float=Decimal)
    except ValueError:
        raise BrokerError(f"the answer to {what} is no JSON", venue=VENUE) from None


def _encoded(body: Mapping[str, object]) -> bytes:
    return json.dumps(body, separators=(",", ":")).encode()
