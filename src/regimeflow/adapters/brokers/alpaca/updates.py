"""The account's own stream: one connection, what its events are, and what a gap has hidden."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from typing import Final

from regimeflow._core.alpaca_frames import AlpacaFrames, Control, TradeUpdate
from regimeflow._core.messages import ExecutionReport, Position
from regimeflow.adapters.brokers.alpaca.errors import UNAUTHORIZED, Meaning
from regimeflow.adapters.brokers.alpaca.orders import KnownOrders
from regimeflow.adapters.brokers.alpaca.reads import Reads
from regimeflow.adapters.brokers.alpaca.talk import Dial, Talk
from regimeflow.types.enums import LiveOrderStatus

# What a gap hides is asked for from so far before it: the venue's times are those of matching.
_BEFORE_NS: Final = 5 * 10**9
_TRADE_UPDATES: Final = "trade_updates"


class UpdateConnection(Talk):
    """One connection to ``/stream``: it logs in, and listens to the account's orders.

    Args:
        url: Where.
        dial: How.
        on_update: Gets each event.
        on_broken: Told why a frame could not be read: it may have been about an order.
        on_closed: Told once, with why.
    """

    def __init__(
        self,
        url: str,
        dial: Dial,
        *,
        on_update: Callable[[TradeUpdate], object],
        on_broken: Callable[[str], object],
        on_closed: Callable[[UpdateConnection, str], object],
    ) -> None:
        super().__init__(url, dial, on_broken=on_broken, on_closed=lambda why: on_closed(self, why))
        self.frames = AlpacaFrames(on_update=on_update, on_control=self._controlled)

    async def begin(self, greeting: Awaitable[Control]) -> None:
        """Log in and listen; ``listen`` replaces all that was listened to."""
        await super().begin(greeting)
        await self.ask({"action": "listen", "data": {"streams": [_TRADE_UPDATES]}})

    def _controlled(self, control: Control) -> None:
        if control.kind == "authorization" and control.status != "authorized":
            text = f"the venue refused the key on its stream: {control.status}"
            self.refused(text, Meaning.SESSION, UNAUTHORIZED)
        elif control.kind == "listening" and _TRADE_UPDATES not in control.channels["streams"]:
            self.refused("the venue does not let us hear of orders", Meaning.SESSION, UNAUTHORIZED)
        elif control.kind in ("authorization", "listening"):
            self.answered(control)
        elif control.kind == "error":
            self.fail(control.text)
            self.hang_up()  # the venue does so too


class AccountEvents:
    """Takes the account's events and hands on what they say.

    Args:
        known: The orders of this session.
        reads: For what was missed.
        on_report: Takes news of orders.
        on_position: Takes what is held now of a traded asset.
        on_doubt: Told what cannot be understood from the stream alone.
    """

    def __init__(
        self,
        known: KnownOrders,
        reads: Reads,
        *,
        on_report: Callable[[ExecutionReport], object],
        on_position: Callable[[Position], object],
        on_doubt: Callable[[str], object],
    ) -> None:
        self._known: Final = known
        self._reads: Final = reads
        self._on_report: Final = on_report
        self._on_position: Final = on_position
        self._on_doubt: Final = on_doubt
        self._heard_ns = time.time_ns()

    def take(self, update: TradeUpdate) -> None:
        """Take an event; one about a symbol that is not traded here is passed over."""
        self._heard_ns = time.time_ns()
        symbol = update.report.symbol
        if symbol not in self._reads.symbols:
            return
        if update.report.ord_status == LiveOrderStatus.ERROR:  # restated, a bust, a new word
            order_id = update.report.broker_order_id
            self._on_doubt(f"order {order_id} was {update.event[:40] or update.status[:40]}")
            return
        for report in self._known.hear(update):
            self._on_report(report)
        if update.position_qty is not None:
            position = Position(
                symbol,
                update.position_qty,
                ts_event_ns=update.report.ts_event_ns,
                ts_recv_ns=update.report.ts_recv_ns,
            )
            self._on_position(position)

    async def recover(self) -> None:
        """Ask for what a gap has hidden: orders, fills since the last good time, positions.

        There is no replay and no sequence: only quantities say what was missed.

        Raises:
            BrokerError: it could not be asked; nothing is assumed.
        """
        since_ns = self._heard_ns - _BEFORE_NS
        before = {each.client_order_id for each in self._known.open_orders() if each.legs}
        works = await self._reads.open_orders()
        fills = await self._reads.executions(since_ns)
        since = await self._reads.orders_since(since_ns)
        seen = {report.client_order_id: report for report in (*since, *works)}
        for name in before - set(seen):
            found = await self._reads.find(name)
            if found is not None:
                seen[name] = found
        for report in (*fills, *seen.values()):
            self._on_report(report)
        for position in await self._reads.positions():
            self._on_position(position)
