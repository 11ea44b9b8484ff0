"""Fills and what else moves an account, as Alpaca's activities tell it, page by page."""

from __future__ import annotations

import logging
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Final

from regimeflow._core.messages import ExecutionReport
from regimeflow.adapters.brokers._shared.answers import Json
from regimeflow.adapters.brokers._shared.clock_offset import ClockOffset
from regimeflow.adapters.brokers._shared.instants import rfc3339
from regimeflow.adapters.brokers.alpaca import translate
from regimeflow.adapters.brokers.alpaca.activities import FILL, OTHER_KINDS, Moves
from regimeflow.adapters.brokers.alpaca.errors import UNPROCESSABLE, Refusal
from regimeflow.adapters.brokers.alpaca.known import Known
from regimeflow.adapters.brokers.alpaca.orders import KnownOrders
from regimeflow.adapters.brokers.alpaca.rest import AlpacaRest
from regimeflow.adapters.brokers.alpaca.translate import ANSWERS

ACTIVITIES: Final = "/v2/account/activities"
_PAGE: Final = 100  # the most that Alpaca gives
_FEW: Final = 3  # so many orders are asked for one by one
_DAY_NS: Final = 86_400 * 10**9
_BAD_INPUT: Final = frozenset({400, UNPROCESSABLE})
_LOG: Final = logging.getLogger("regimeflow.alpaca")


# What is no fill may be told late, under its own date: it is asked for again from so far back.
_LATE_NS: Final = 7 * _DAY_NS


class Fills:
    """Asks for what has moved positions; a question that fails raises.

    Args:
        rest: The host of the account.
        known: The orders of this session.
        symbols: The session's symbols, by every spelling.
        clock: The venue's time.
        chain: Learns an order by Alpaca's id; None when there is none.
        learn: Learns all orders since a time, hundreds with one question.
    """

    def __init__(
        self,
        rest: AlpacaRest,
        known: KnownOrders,
        symbols: Mapping[str, str],
        clock: ClockOffset,
        *,
        chain: Callable[[str], Awaitable[Known | None]],
        learn: Callable[[int], Awaitable[object]],
    ) -> None:
        self._rest: Final = rest
        self._known: Final = known
        self._symbols: Final = symbols
        self._chain: Final = chain
        self._learn: Final = learn
        self._moves: Final = Moves(symbols)
        self._clock: Final = clock
        self._kinds = OTHER_KINDS

    async def since(self, since_ns: int) -> list[ExecutionReport]:
        """Every fill of the session's symbols since a time, and what else has moved the account."""
        fills = await self._activities(FILL, since_ns)
        others = await self._other_activities(max(since_ns - _LATE_NS, 0))
        strange = {row.get("order_id") for row in fills if self._is_strange(row)}
        if len(strange) > _FEW:
            await self._learn(since_ns - _DAY_NS if since_ns else 0)
        as_of_ns = self._clock.now_ns()
        reports = self._moves.reports(others, now_ns=as_of_ns, recv_ns=time.time_ns())
        for row in fills:
            symbol = self._symbols.get(str(row.get("symbol")))
            if symbol is not None:
                reports.append(await self._fill(row, symbol))
        return sorted(reports, key=lambda report: report.ts_event_ns)

    def _is_strange(self, row: Json) -> bool:
        order_id, symbol = row.get("order_id"), str(row.get("symbol"))
        return (
            isinstance(order_id, str)
            and symbol in self._symbols
            and self._known.by_broker_id(order_id) is None
        )

    async def _fill(self, row: Json, symbol: str) -> ExecutionReport:
        broker_id = str(row.get("order_id"))
        known = self._known.by_broker_id(broker_id)
        if known is None or not known.is_clear:
            known = await self._chain(broker_id)
        return translate.fill_report(
            row,
            symbol=symbol,
            client_order_id=broker_id if known is None else known.client_order_id,
            recv_ns=time.time_ns(),
        )

    async def _other_activities(self, since_ns: int) -> list[Json]:
        """What is no fill; a kind that Alpaca takes for no kind is left out from then on."""
        try:
            return await self._activities(",".join(self._kinds), since_ns)
        except Refusal as error:
            if error.status not in _BAD_INPUT:
                raise
            taken = await self._taken(self._kinds)
            if not taken or taken == self._kinds:
                raise  # it was about something else
            refused = ", ".join(sorted(set(self._kinds) - set(taken)))
            _LOG.warning(
                "Alpaca knows no activities of type %s (%s): should they move positions or cash,"
                " only a reconciliation will show it",
                refused,
                error.text,
            )
        self._kinds = taken
        return await self._activities(",".join(taken), since_ns)

    async def _taken(self, kinds: tuple[str, ...]) -> tuple[str, ...]:
        """Those of some kinds that Alpaca does not refuse: halved until each is known."""
        params: dict[str, str | int] = {"activity_types": ",".join(kinds), "page_size": 1}
        try:
            await self._rest.read(ACTIVITIES, params)
        except Refusal as error:
            if error.status not in _BAD_INPUT:
                raise
        else:
            return kinds
        half = len(kinds) // 2
        if not half:
            return ()
        return await self._taken(kinds[:half]) + await self._taken(kinds[half:])

    async def _activities(self, kinds: str, since_ns: int) -> list[Json]:
        """Every activity of some kinds since a time, oldest first, page by page."""
        rows: list[Json] = []
        params: dict[str, str | int] = {
            "activity_types": kinds,
            "direction": "asc",
            "page_size": _PAGE,
        }
        if since_ns > 0:
            params["after"] = rfc3339(since_ns - 1)
        while True:
            page = ANSWERS.rows(await self._rest.read(ACTIVITIES, params), f"GET {ACTIVITIES}")
            rows += page
            if len(page) < _PAGE:
                return rows
            params["page_token"] = str(page[-1].get("id"))
