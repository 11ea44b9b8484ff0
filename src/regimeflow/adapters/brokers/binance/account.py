"""The account's own stream: what its events are, and what a gap in it has hidden."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

import orjson

from regimeflow._core.binance_frames import BalanceChanges, BinanceFrames, FrameError
from regimeflow._core.messages import AccountInfo, ExecutionReport, Position
from regimeflow.adapters.brokers.binance.orders import KnownOrders
from regimeflow.adapters.brokers.binance.reads import Reads

# What a gap hides is asked for from so far before it: the venue's times are those of matching.
_BEFORE_NS: Final = 5 * 10**9


class AccountEvents:
    """Takes events of the user data stream and hands on what they say.

    Args:
        known: The orders of this session.
        reads: For what was missed.
        on_report: Takes news of orders.
        on_position: Takes what is held now of a traded asset, and the account as it is then.
        on_end: Told when the venue is about to end the stream, with why.
        tell: Takes a line for people.
    """

    def __init__(
        self,
        known: KnownOrders,
        reads: Reads,
        *,
        on_report: Callable[[ExecutionReport], object],
        on_position: Callable[[Position | AccountInfo], object],
        on_end: Callable[[str], object],
        tell: Callable[[str], object],
    ) -> None:
        self._known: Final = known
        self._reads: Final = reads
        self._on_report: Final = on_report
        self._on_position: Final = on_position
        self._on_end: Final = on_end
        self._tell: Final = tell
        self._frames: Final = BinanceFrames(on_report=self._heard, on_balances=self._balances)
        self._told: Final[set[str]] = set()
        self._heard_ns = time.time_ns()
        self.broken = 0

    def take(self, frame: bytes) -> None:
        """Take an event; one that nobody here knows is passed over."""
        self._heard_ns = time.time_ns()
        try:
            if self._frames.take(frame, self._heard_ns):
                self._tell_unknown()
                return
        except FrameError as error:
            # It may have been about an order: the account is asked rather than believed.
            self.broken += 1
            self._on_end(f"an event could not be read ({error})")
            return
        self._take_other(frame)

    async def recover(self) -> None:
        """Ask for what a gap has hidden: open orders, fills from the last known id, ends.

        Raises:
            BrokerError: it could not be asked; nothing is assumed.
        """
        before = {(each.symbol, each.client_order_id): each for each in self._known.open_orders()}
        works = await self._reads.open_orders()
        fills = await self._reads.executions_after(self._heard_ns - _BEFORE_NS)
        ended = []
        seen = {(report.symbol, report.client_order_id) for report in works}
        for key, known in before.items():
            if key not in seen and known.broker_order_id:
                found = await self._reads.find(known.client_order_id)
                if found is not None:
                    ended.append(found)
        for fill in fills:
            report = self._known.hear(fill)
            if report is not None:
                self._on_report(report)
        for report in (*works, *ended):
            self._on_report(report)

    def _heard(self, report: ExecutionReport) -> None:
        news = self._known.hear(report)
        if news is not None:
            self._on_report(news)

    def _balances(self, changes: BalanceChanges) -> None:
        for each in changes.balances:
            symbol = self._reads.symbol_of(each.asset)
            if symbol is not None:
                self._on_position(
                    Position(
                        symbol,
                        each.free_dec + each.locked_dec,
                        ts_event_ns=changes.ts_event_ns,
                        ts_recv_ns=changes.ts_recv_ns,
                    )
                )
        account = self._reads.account_after(changes)
        if account is not None:
            self._on_position(account)

    def _take_other(self, frame: bytes) -> None:
        try:
            said = orjson.loads(frame)
        except orjson.JSONDecodeError:
            return
        event = said.get("event", said) if isinstance(said, dict) else None
        name = event.get("e") if isinstance(event, dict) else None
        if name == "serverShutdown":
            self._on_end("the venue announced its shutdown")
        elif name == "eventStreamTerminated":
            self._on_end("the venue ended the account's stream")

    def _tell_unknown(self) -> None:
        unknown = self._frames.unknown()
        if len(unknown) > len(self._told):
            for each in unknown:
                if each not in self._told:
                    self._told.add(each)
                    self._tell(f"the venue says {each}, which nobody here knows; passed over")
