"""Fills, as Binance answers when it is asked for them: by time, by id, and whose they are."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Final

from regimeflow._core.messages import ExecutionReport
from regimeflow.adapters.brokers._shared.answers import Json
from regimeflow.adapters.brokers._shared.clock_offset import ClockOffset
from regimeflow.adapters.brokers.binance import translate
from regimeflow.adapters.brokers.binance.errors import VENUE
from regimeflow.adapters.brokers.binance.legs import split_leg
from regimeflow.adapters.brokers.binance.orders import Known, KnownOrders
from regimeflow.adapters.brokers.binance.rest import BinanceRest
from regimeflow.adapters.brokers.binance.signing import Value
from regimeflow.adapters.brokers.binance.translate import list_of, whole
from regimeflow.types.errors import BrokerError, Outcome

_DAY_MS: Final = 86_400_000  # the longest stretch of time that may be asked for at once
_MOST_ROWS: Final = 1_000
_LONGEST_LOOK_BACK_MS: Final = 90 * _DAY_MS
_TRADES_WEIGHT: Final = 20
_SETTLED_MS: Final = 3_600_000  # so far back nothing turns up late: no fill, and no order of one


class Fills:
    """Asks for fills; a question that fails raises.

    Args:
        rest: The host.
        clock: The venue's time.
        known: The orders of this session.
        ask: Asks for one order of a symbol; None when the venue has none.
    """

    def __init__(
        self,
        rest: BinanceRest,
        clock: ClockOffset,
        known: KnownOrders,
        *,
        ask: Callable[[str, Mapping[str, Value]], Awaitable[Json | None]],
    ) -> None:
        self._rest: Final = rest
        self._clock: Final = clock
        self._known: Final = known
        self._ask: Final = ask
        self._quiet: Final[dict[str, tuple[int, int]]] = {}  # from when until when, by symbol

    async def since(self, symbol: str, since_ms: int) -> list[Json]:
        """Rows since a time, oldest first."""
        now_ms = self._clock.now_ms()
        since_ms = max(since_ms, now_ms - _LONGEST_LOOK_BACK_MS)
        quiet_from_ms, quiet_to_ms = self._quiet.get(symbol, (since_ms, 0))
        if quiet_from_ms <= since_ms < quiet_to_ms:
            since_ms = quiet_to_ms  # nothing was there when it was asked for before
        else:
            quiet_from_ms = since_ms
        while since_ms <= now_ms:
            until_ms = since_ms + _DAY_MS - 1
            window: dict[str, Value] = {"startTime": since_ms, "endTime": until_ms}
            rows = await self._trades(symbol, window)
            if rows:
                if len(rows) == _MOST_ROWS or until_ms < now_ms:
                    last = whole(rows[-1], "id", "a question about fills")
                    rows += await self.after(symbol, last + 1)
                return rows
            since_ms = until_ms + 1
            self._quiet[symbol] = quiet_from_ms, min(since_ms, now_ms - _SETTLED_MS)
        return []

    async def after(self, symbol: str, trade_id: int) -> list[Json]:
        """Rows from a trade id on, oldest first."""
        rows: list[Json] = []
        while True:
            page = await self._trades(symbol, {"fromId": trade_id})
            rows.extend(page)
            if len(page) < _MOST_ROWS:
                return rows
            trade_id = whole(page[-1], "id", "a question about fills") + 1

    async def _trades(self, symbol: str, params: Mapping[str, Value]) -> list[Json]:
        path = "/api/v3/myTrades"
        asked = {"symbol": symbol, **params, "limit": _MOST_ROWS}
        answer = await self._rest.read(path, asked, weight=_TRADES_WEIGHT)
        return list(list_of(answer, f"GET {path}"))

    async def reports(self, rows: Iterable[Json]) -> list[ExecutionReport]:
        """Rows as TRADE reports, each under its order's own id.

        Raises:
            BrokerError: a question failed; or one of the newest fills is of an order that the venue
                does not show yet. Without its name it would count as somebody else's, and again as
                ours once it has one.
        """
        reports = []
        for row in rows:
            symbol = str(row.get("symbol"))
            order_id = whole(row, "orderId", "a question about fills")
            known = self._known.by_broker_id(str(order_id), symbol)
            if known is None:
                known = await self._learn(symbol, order_id)
            if known is None and self._is_new(row):
                raise BrokerError(
                    f"the venue tells a fill of order {order_id} of {symbol}, and knows no such"
                    " order yet",
                    venue=VENUE,
                    outcome=Outcome.UNKNOWN,
                )
            name = "" if known is None else known.client_order_id
            reports.append(
                translate.trade_report(row, client_order_id=name, recv_ns=time.time_ns())
            )
        return reports

    def _is_new(self, row: Json) -> bool:
        made_ms = whole(row, "time", "a question about fills")
        return made_ms >= self._clock.now_ms() - _SETTLED_MS

    async def _learn(self, symbol: str, order_id: int) -> Known | None:
        """Whose fill it is: ``myTrades`` names no client id."""
        row = await self._ask(symbol, {"orderId": order_id})
        if row is None:
            return None
        report = translate.order_report(row, as_of_ns=self._clock.now_ns(), recv_ns=time.time_ns())
        own_id, leg = split_leg(report.client_order_id)
        known = self._known.find(symbol, own_id)
        if known is None:
            return self._known.learn(report, translate.more_of(row))
        if leg < known.leg:
            self._known.remember_id(known, report.broker_order_id)
        return known
