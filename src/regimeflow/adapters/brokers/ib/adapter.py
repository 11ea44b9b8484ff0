"""IBAdapter: Interactive Brokers behind the engine's port."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from regimeflow._core.messages import AccountInfo, Bar, ExecutionReport, Position, SystemMessage
from regimeflow.adapters.brokers.ib import errors
from regimeflow.adapters.brokers.ib.assembly import Ways, assemble
from regimeflow.adapters.brokers.ib.capabilities import (
    MAX_MESSAGES_PER_SECOND,
    capabilities_of,
)
from regimeflow.adapters.brokers.ib.library import demand_library
from regimeflow.adapters.brokers.ib.line import Line
from regimeflow.adapters.brokers.ib.link import Link
from regimeflow.adapters.brokers.ib.news import Owner
from regimeflow.domain.orders.order import LiveOrder, OrderModification
from regimeflow.ports.broker import (
    Capabilities,
    MarketDataUpdate,
    OnExecutionReport,
    OnMarketData,
    OnPositionUpdate,
)
from regimeflow.types.config.ib import IBSettings
from regimeflow.types.errors import BrokerError
from regimeflow.types.instrument import Instrument

if TYPE_CHECKING:
    from regimeflow.adapters.brokers.ib.library import Requests

_LOG: Final = logging.getLogger("regimeflow.ib")
_TURNS_TO_CLOSE: Final = 3
_WATCH_S: Final = 0.25
_LOOK_EVERY_S: Final = 30.0
_PAPER: Final = "D"  # paper accounts are DU and DF


class IBAdapter:
    """One session with one account at Interactive Brokers, by way of TWS or IB Gateway.

    The socket, the line behind it and what either hides are looked after here: one that is lost
    comes back by itself, and what was missed is asked for. Only when it does not come back within
    ``reconnect_grace_s`` is the session lost to the engine.

    Args:
        settings: As ``[broker]`` has them.
        symbols: What is traded.

    Raises:
        ConfigError: ib_async is not installed; says how to install it.

    Threading: as ``BrokerAdapter``: the engine's loop.
    """

    def __init__(self, settings: IBSettings, *, symbols: Sequence[str]) -> None:
        demand_library()
        self._settings: Final = settings
        self._symbols: Final = tuple(symbols)
        self._on_market: OnMarketData = _nobody
        self._on_report: OnExecutionReport = _nobody
        self._on_position: OnPositionUpdate = _nobody
        self._link: Final = Link(
            self._open_line,
            recover=self._recover,
            ask_time=self._ask_time,
            on_down=self._went_down,
            tell=self._log,
            heartbeat_s=settings.heartbeat_s,
        )
        parts: Final = assemble(
            settings,
            self._link,
            Ways(
                asked=self._asked,
                commanded=self._commanded,
                market=lambda: self._on_market,
                report=self._report,
                position=self._position,
                tell=self._log,
            ),
        )
        self._parts: Final = parts
        self._reads: Final = parts.reads
        self._commands: Final = parts.commands
        self._market: Final = parts.market
        self._is_connected = False
        self._watching: asyncio.Task[None] | None = None
        self._broken = 0
        self._looked_s = -_LOOK_EVERY_S

    def __repr__(self) -> str:
        return f"IBAdapter({self._settings.environment}, {', '.join(self._symbols)})"

    # ---- the session

    async def connect(self) -> None:
        """Open the line, find the contracts, and learn which orders there are.

        Raises:
            NetworkError: TWS cannot be reached, or cannot reach IB; nothing stays open.
            BrokerError: the client id is in use, the account is not the one meant, or a symbol
                is no one contract.
        """
        await self.disconnect()
        await self._link.open()
        try:
            await self._reads.measure_clock()
            await self._reads.qualify(self._symbols)
            self._subscribe_account()
            await self._parts.recovery.learn()
            self._link.agreed()
            self._watching = asyncio.ensure_future(self._watch())
        except BaseException:  # cancelled too: nothing stays open
            await self.disconnect()
            raise
        self._is_connected = True

    async def disconnect(self) -> None:
        """Close the line; harmless when there is none."""
        self._is_connected = False
        watching, self._watching = self._watching, None
        if watching is not None:
            watching.cancel()
            await asyncio.wait({watching})
        await self._link.close()
        self._market.clear()
        self._parts.questions.fail_all("the session was closed")
        self._parts.known.fail_requests(errors.unknown("the session was closed before IB answered"))
        self._parts.ids.close()
        for _ in range(_TURNS_TO_CLOSE):
            await asyncio.sleep(0)

    def is_connected(self) -> bool:
        """Whether commands leave now, or will again soon."""
        return self._is_connected and self._link.down_s() <= self._settings.reconnect_grace_s

    async def subscribe_market_data(self, symbols: Sequence[str]) -> None:
        """Ask for the data of ``symbols``; asking twice is harmless."""
        self._require_session()
        self._market.subscribe(symbols)

    async def unsubscribe_market_data(self, symbols: Sequence[str]) -> None:
        """Stop the data of ``symbols``; orders go on."""
        self._require_session()
        self._market.unsubscribe(symbols)

    # ---- commands

    def submit_order(self, order: LiveOrder) -> Awaitable[str | None]:
        """Send a new order; what cannot be one at IB is refused before it leaves."""
        return self._commands.submit(order)

    def cancel_order(self, broker_order_id: str) -> Awaitable[None]:
        """Ask to cancel; the answer is a CANCELED or CANCEL_REJECTED report."""
        return self._commands.cancel(broker_order_id)

    def modify_order(self, broker_order_id: str, mod: OrderModification) -> Awaitable[str | None]:
        """Ask to change an order: it stays the same order at IB."""
        return self._commands.modify(broker_order_id, mod)

    # ---- questions

    async def get_account_info(self) -> AccountInfo:
        """The account as IB sees it now."""
        return await self._reads.account()

    async def get_positions(self) -> Sequence[Position]:
        """What is held of the session's symbols."""
        return await self._reads.positions()

    async def get_open_orders(self) -> Sequence[ExecutionReport]:
        """Every open order of the account in the session's symbols, whoever placed it."""
        return await self._reads.open_orders()

    async def find_order(self, client_order_id: str) -> ExecutionReport | None:
        """The order as IB knows it, open or not; None when it says that it has none."""
        return await self._reads.find(client_order_id)

    async def get_executions(self, since_ns: int) -> Sequence[ExecutionReport]:
        """Every execution since ``since_ns``, oldest first; TWS keeps those of the day."""
        return await self._reads.executions(since_ns)

    async def get_bars(self, symbol: str, since_ns: int, interval: str) -> Sequence[Bar]:
        """Closed bars since ``since_ns``, oldest first; since 0: the last thousand or so."""
        return await self._reads.bars(symbol, since_ns, interval)

    async def get_instrument(self, symbol: str) -> Instrument:
        """What may be ordered; NotFound for an unknown symbol."""
        self._require_session()
        return self._parts.contracts.find(symbol).instrument

    # ---- who is told

    def on_market_data(self, cb: OnMarketData) -> None:
        """Say where market data and news of the feed go."""
        self._on_market = cb

    def on_execution_report(self, cb: OnExecutionReport) -> None:
        """Say where execution reports go."""
        self._on_report = cb

    def on_position_update(self, cb: OnPositionUpdate) -> None:
        """Say where changes of what is held go."""
        self._on_position = cb

    # ---- what it is

    def max_orders_per_second(self) -> float:
        """As configured."""
        return self._settings.max_orders_per_second

    def max_messages_per_second(self) -> float:
        """A little below what TWS takes."""
        return MAX_MESSAGES_PER_SECOND

    def poll(self) -> None:
        """Do nothing: all is pushed, and silence is looked after here."""

    def capabilities(self) -> Capabilities:
        """What IB can do."""
        return capabilities_of(self._settings.venue)

    def counts(self) -> Mapping[str, float]:
        """What happened to the line so far, and how far IB's clock is from ours [ms]."""
        return {
            "gaps": self._link.gaps,
            "broken_messages": self._broken,
            "clock_offset_ms": round(self._parts.clock.offset_ms, 3),
        }

    # ---- the parts

    async def _watch(self) -> None:
        """Look for market data that has fallen silent while the session is up."""
        while True:
            await asyncio.sleep(_WATCH_S)
            with suppress(BrokerError, ConnectionError):  # the line has just gone
                self._market.check()

    async def _ask_time(self) -> None:
        await self._reads.measure_clock()

    async def _open_line(self) -> Line:
        settings = self._settings
        line = Line(
            self._parts.inbox.handlers(),
            zone=settings.time_zone,
            on_lost=self._link.lost,
            on_broken=self._unreadable,
        )
        await line.open(
            settings.host,
            settings.port_in_force,
            settings.client_id,
            timeout_s=settings.connect_timeout_s,
        )
        try:
            owner = Owner(
                account=self._account_of(line.accounts),
                client_id=settings.client_id,
                zone=settings.time_zone,
            )
        except BrokerError:
            line.close()
            raise
        self._parts.ids.begin(line.next_valid_id)
        self._parts.belong_to(owner)
        return line

    def _account_of(self, accounts: Sequence[str]) -> str:
        """The one account that is traded: never one that was not meant."""
        wanted = self._settings.account
        listed = ", ".join(accounts)
        if wanted is not None and wanted not in accounts:
            raise errors.refusal(0, f"account {wanted!r} is none of this login's: {listed}")
        if wanted is None and len(accounts) != 1:
            raise errors.refusal(
                0, f"the login has several accounts: set account to one of {listed}"
            )
        account = accounts[0] if wanted is None else wanted
        if self._settings.environment != "live" and not account.startswith(_PAPER):
            text = f'account {account} is for real money; set environment = "live" to trade it'
            raise errors.refusal(0, text)
        return account

    async def _recover(self, is_data_lost: bool) -> None:  # noqa: FBT001  # of a callback
        self._subscribe_account()
        await self._parts.recovery.run()
        if is_data_lost:
            self._market.resubscribe()

    def _subscribe_account(self) -> None:
        self._parts.inbox.subscribe(self._asked())

    def _went_down(self, why: str) -> None:
        self._log(why)
        self._market.lost(why)
        self._parts.questions.fail_all(why)
        self._parts.known.fail_requests(errors.unknown(f"{why} before IB answered"))

    def _unreadable(self, text: str) -> None:
        """A message that was lost may have been about an order: everything is asked for."""
        self._broken += 1
        self._log(f"a message of TWS could not be taken: {text}")
        now_s = time.monotonic()
        if now_s - self._looked_s >= _LOOK_EVERY_S:  # else the answer may be what cannot be read
            self._looked_s = now_s
            self._link.look_again()

    def _require_session(self) -> None:
        if not self._is_connected:
            raise errors.not_sent("there is no session")

    def _asked(self) -> Requests:
        """What sends questions: TWS knows no answers while it has lost IB."""
        line = self._link.line
        if line is None or self._link.is_cut_off:
            why = "there is no connection to TWS" if line is None else "TWS has lost IB"
            raise errors.not_sent(why)
        return line.requests

    def _commanded(self) -> Requests:
        """What sends commands: nothing leaves before what a gap has hidden is known."""
        if not self._is_connected or not self._link.is_up:
            raise errors.not_sent("there is no line to IB" if self._is_connected else "no session")
        return self._asked()

    def _report(self, report: ExecutionReport) -> None:
        self._on_report(report)

    def _position(self, update: Position | AccountInfo) -> None:
        self._on_position(update)

    def _log(self, text: str) -> None:
        _LOG.warning("%s", text)
        now_ns = time.time_ns()
        message = SystemMessage(
            text[:200], level=logging.WARNING, ts_event_ns=now_ns, ts_recv_ns=now_ns
        )
        self._on_market(message)


def _nobody(update: MarketDataUpdate | SystemMessage | ExecutionReport | Position | object) -> None:
    """Take what nobody asked for."""
    del update


IbAdapter = IBAdapter
