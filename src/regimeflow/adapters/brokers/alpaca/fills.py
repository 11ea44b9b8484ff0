"""Fills, as Alpaca's activities tell them: page by page, and whose they are."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Final

from regimeflow._core.messages import ExecutionReport
from regimeflow.adapters.brokers._shared.answers import Json
from regimeflow.adapters.brokers._shared.instants import rfc3339
from regimeflow.adapters.brokers.alpaca import translate
from regimeflow.adapters.brokers.alpaca.known import Known
from regimeflow.adapters.brokers.alpaca.orders import KnownOrders
from regimeflow.adapters.brokers.alpaca.rest import AlpacaRest
from regimeflow.adapters.brokers.alpaca.translate import ANSWERS

ACTIVITIES: Final = "/v2/account/activities"
_PAGE: Final = 100  # the most that Alpaca gives


async def activities(rest: AlpacaRest, kinds: str, since_ns: int) -> list[Json]:
    """Every activity of some kinds since a time, oldest first.

    Raises:
        BrokerError: they could not be asked for; what is not read is never taken for nothing.
    """
    rows: list[Json] = []
    params: dict[str, str | int] = {"direction": "asc", "page_size": _PAGE}
    if since_ns > 0:
        params["after"] = rfc3339(since_ns - 1)
    path = f"{ACTIVITIES}/{kinds}" if "," not in kinds else ACTIVITIES
    if "," in kinds:
        params["activity_types"] = kinds
    while True:
        page = ANSWERS.rows(await rest.read(path, params), f"GET {ACTIVITIES}")
        rows += page
        if len(page) < _PAGE:
            return rows
        params["page_token"] = str(page[-1].get("id"))


class Fills:
    """Asks for fills.

    Args:
        rest: The host of the account.
        known: The orders of this session.
        symbols: The session's symbols, by every spelling.
        chain: Learns an order by Alpaca's id; None when there is none.
    """

    def __init__(
        self,
        rest: AlpacaRest,
        known: KnownOrders,
        symbols: Mapping[str, str],
        *,
        chain: Callable[[str], Awaitable[Known | None]],
    ) -> None:
        self._rest: Final = rest
        self._known: Final = known
        self._symbols: Final = symbols
        self._chain: Final = chain

    async def since(self, since_ns: int) -> list[ExecutionReport]:
        """Every fill of the session's symbols since a time, oldest first."""
        reports = []
        for row in await activities(self._rest, "FILL", since_ns):
            symbol = self._symbols.get(str(row.get("symbol")))
            if symbol is None:
                continue
            broker_id = str(row.get("order_id"))
            known = self._known.by_broker_id(broker_id)
            if known is None or not known.is_whole:
                known = await self._chain(broker_id)
            reports.append(
                translate.fill_report(
                    row,
                    symbol=symbol,
                    client_order_id=broker_id if known is None else known.client_order_id,
                    recv_ns=time.time_ns(),
                )
            )
        return sorted(reports, key=lambda report: report.ts_event_ns)
