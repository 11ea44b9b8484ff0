"""Questions to IB: orders, executions, the account, positions, bars, contracts.

A question that fails raises; while TWS has lost IB it knows no answers, and none is believed.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Final, cast

from regimeflow._core.messages import AccountInfo, Balance, Bar, ExecutionReport, Position
from regimeflow.adapters.brokers.ib.amounts import amount, exact
from regimeflow.adapters.brokers.ib.clock import VenueClock
from regimeflow.adapters.brokers.ib.contracts import (
    Contracts,
    Traded,
    description_of,
    only,
    traded_of,
)
from regimeflow.adapters.brokers.ib.errors import NO_CONTRACT, VENUE
from regimeflow.adapters.brokers.ib.fills import Fill, Fills
from regimeflow.adapters.brokers.ib.history import DATES_AS_SECONDS, Stretch, bars_of
from regimeflow.adapters.brokers.ib.history_pace import HistoryPace, has_no_bars, paced
from regimeflow.adapters.brokers.ib.library import every_execution_of
from regimeflow.adapters.brokers.ib.news import OrderNews, Owner
from regimeflow.adapters.brokers.ib.order_ids import OrderIds
from regimeflow.adapters.brokers.ib.orders import Known, KnownOrders
from regimeflow.adapters.brokers.ib.questions import Questions
from regimeflow.types.config.ib import IBSettings
from regimeflow.types.errors import BrokerError, NotFound
from regimeflow.types.records import Record

if TYPE_CHECKING:
    from regimeflow.adapters.brokers.ib.library import Requests, TwsBar, TwsContract, TwsDetails

OPEN_ORDERS: Final = "open orders"
COMPLETED_ORDERS: Final = "completed orders"
POSITIONS: Final = "positions"
TIME: Final = "time"
_NET: Final = "NetLiquidation"
_CASH: Final = "TotalCashValue"
_POWER: Final = "BuyingPower"
_BALANCE: Final = "CashBalance"
_ASSET_BYTES: Final = 14


class Value(Record):
    """One of an account's values."""

    key: str
    value: str
    currency: str


class Held(Record):
    """A position as IB tells it: its cost is that of one unit, commissions included."""

    contract: TwsContract
    quantity: Decimal
    cost: Decimal


class Reads:
    """Asks TWS.

    Args:
        requests: Gives what sends requests; raises while there is nothing that would hear them.
        questions: Pairs answers with them.
        ids: Where their numbers come from.
    """

    def __init__(
        self,
        settings: IBSettings,
        requests: Callable[[], Requests],
        questions: Questions,
        ids: OrderIds,
        *,
        known: KnownOrders,
        contracts: Contracts,
        news: OrderNews,
        fills: Fills,
        clock: VenueClock,
    ) -> None:
        self._settings: Final = settings
        self._requests: Final = requests
        self._questions: Final = questions
        self._ids: Final = ids
        self._known: Final = known
        self._contracts: Final = contracts
        self._news: Final = news
        self._fills: Final = fills
        self._clock: Final = clock
        self._pace: Final = HistoryPace()
        self.owner: Owner | None = None

    # ---- orders

    async def open_orders(self) -> list[ExecutionReport]:
        """Every order that IB works of the account's, whoever placed it."""
        return [self._news.status_of(known) for known in await self.open_known()]

    async def open_known(self) -> list[Known]:
        """The same, as what is known here."""
        ask = self._requests().reqAllOpenOrders
        found = await self._questions.ask(OPEN_ORDERS, ask, "open orders")
        rows = {id(each): each for each in found if isinstance(each, Known)}
        return [each for each in rows.values() if not each.is_over]

    async def find(self, client_order_id: str) -> ExecutionReport | None:
        """An order by our id, open or not; None when IB says it has none."""
        for known in await self.open_known():
            if known.client_order_id == client_order_id:
                return self._news.status_of(known)
        for fill in await self.all_executions():
            if fill.known.client_order_id == client_order_id:
                self._fills.settle(fill)
        await self.completed()
        ended = self._known.find(client_order_id)
        return None if ended is None or not ended.is_over else self._news.status_of(ended)

    async def completed(self) -> list[Known]:
        """The orders that have ended, as far back as TWS keeps them."""
        requests = self._requests()
        found = await self._questions.ask(
            COMPLETED_ORDERS, lambda: requests.reqCompletedOrders(False), "completed orders"
        )
        return [each for each in found if isinstance(each, Known)]

    async def executions(self, since_ns: int) -> list[ExecutionReport]:
        """Every execution since a time, oldest first: IB keeps those of the day."""
        fills = [fill for fill in await self.all_executions() if fill.event_ns >= since_ns]
        loop = asyncio.get_running_loop()
        for fill in fills:
            self._fills.settle(fill)
            loop.call_soon(self._fills.told, fill)  # what it cost follows it
        return [report for fill in fills for report in self._fills.reports(fill)]

    async def all_executions(self) -> list[Fill]:
        """Every execution that TWS keeps, oldest first, in its newest form."""
        requests, number = self._requests(), self._ids.next_request()
        wanted = every_execution_of(self._account)  # everybody's, of the day
        found = await self._questions.ask(
            number, lambda: requests.reqExecutions(number, wanted), "executions"
        )
        newest: dict[str, Fill] = {}
        for fill in (each for each in found if isinstance(each, Fill)):
            if fill.root not in newest or newest[fill.root].number < fill.number:
                newest[fill.root] = fill
        return sorted(newest.values(), key=lambda fill: fill.event_ns)

    # ---- the account

    async def account(self) -> AccountInfo:
        """What the account is worth, and its money by currency."""
        requests, number = self._requests(), self._ids.next_request()
        as_of_ns = self._clock.now_ns()
        found = await self._questions.ask(
            number,
            lambda: requests.reqAccountUpdatesMulti(number, self._account, "", False),
            "the account",
        )
        requests.cancelAccountUpdatesMulti(number)
        values = [each for each in found if isinstance(each, Value)]
        return account_of(values, self._settings.venue, as_of_ns)

    async def positions(self) -> list[Position]:
        """What is held of the session's symbols."""
        requests, number = self._requests(), self._ids.next_request()
        as_of_ns = self._clock.now_ns()
        found = await self._questions.ask(
            number, lambda: requests.reqPositionsMulti(number, self._account, ""), "positions"
        )
        requests.cancelPositionsMulti(number)
        held = [each for each in found if isinstance(each, Held)]
        made = [position_of(self._contracts, each, as_of_ns) for each in held]
        return [each for each in made if each is not None and each.quantity_dec]

    # ---- the market

    async def qualify(self, symbols: Sequence[str]) -> None:
        """Find the contract of each symbol.

        Raises:
            NotFound: IB has none.
            BrokerError: it has several, or cannot be asked.
        """
        for symbol in symbols:
            asked = description_of(symbol, self._settings)
            details = only(symbol, await self._details(symbol, asked))
            self._contracts.keep(traded_of(symbol, details, asked))

    async def bars(self, symbol: str, since_ns: int, interval: str) -> list[Bar]:
        """Closed bars since a time, oldest first; since 0: the last thousand or so."""
        traded = self._contracts.find(symbol)
        stretch = Stretch.of(interval, since_ns, self._clock.now_ns())
        self._requests()  # without a line there is nothing to wait for
        what = "MIDPOINT" if traded.is_pair else "TRADES"
        hours = self._settings.regular_hours_only
        question = (traded.con_id, stretch.duration, stretch.size)
        await self._pace.turn(traded.con_id, question, f"bars of {symbol}")
        requests, number = self._requests(), self._ids.next_request()

        def ask() -> None:
            requests.reqHistoricalData(
                number, traded.contract, "", stretch.duration, stretch.size, what,
                hours, DATES_AS_SECONDS, False, [],
            )  # fmt: skip

        try:
            found = await self._questions.ask(number, ask, f"bars of {symbol}")
        except BrokerError as error:
            if has_no_bars(error):
                return []
            raise paced(error) from None
        return bars_of(
            symbol,
            cast("list[TwsBar]", found),
            stretch,
            now_ns=self._clock.now_ns(),
            recv_ns=time.time_ns(),
        )

    async def measure_clock(self) -> None:
        """Ask for the venue's time."""
        ask, asked_ns = self._requests().reqCurrentTime, time.time_ns()
        found = await self._questions.ask(TIME, ask, "the time")
        for each in found:
            if isinstance(each, int):
                self._clock.heard(each, asked_ns=asked_ns)

    # ---- the parts

    @property
    def _account(self) -> str:
        return "" if self.owner is None else self.owner.account

    async def _details(self, symbol: str, asked: TwsContract) -> list[TwsDetails]:
        requests, number = self._requests(), self._ids.next_request()
        try:
            found = await self._questions.ask(
                number,
                lambda: requests.reqContractDetails(number, asked),
                f"the contract of {symbol}",
            )
        except BrokerError as error:
            if error.code == NO_CONTRACT:
                raise NotFound(f"IB has no contract for {symbol}: {error.text}") from None
            raise
        return cast("list[TwsDetails]", found)


def account_of(values: Sequence[Value], venue: str, as_of_ns: int) -> AccountInfo:
    """Return an account from its values.

    Raises:
        BrokerError: what it is worth is not among them.
    """
    net = next((each for each in values if each.key == _NET and each.currency != "BASE"), None)
    if net is None:
        raise BrokerError(f"the account's values lack {_NET}", venue=VENUE)
    currency = net.currency

    def of(*keys: str) -> Decimal:
        for key in keys:
            for each in values:
                if each.key == key and each.currency == currency:
                    return Decimal(each.value)  # with the places that IB tells: cents
        raise BrokerError(f"the account's values lack {keys[-1]} in {currency}", venue=venue)

    balances = [
        Balance(each.currency[:_ASSET_BYTES], amount(each.value))
        for each in values
        if each.key == _BALANCE and each.currency != "BASE"
    ]
    return AccountInfo(
        equity=Decimal(net.value),
        cash=of(_BALANCE, _CASH),  # of this currency alone; the other is of all, converted
        buying_power=of(_POWER),
        currency=currency,
        balances=sorted(balances, key=lambda each: (each.asset != currency, each.asset)),
        ts_event_ns=as_of_ns,
        ts_recv_ns=time.time_ns(),
    )


def position_of(contracts: Contracts, held: Held, as_of_ns: int) -> Position | None:
    """Return a position; None for what this session does not trade."""
    traded: Traded | None = contracts.of(held.contract)
    if traded is None:
        return None
    cost = exact(held.cost / traded.instrument.multiplier) if held.quantity else None
    return Position(
        traded.symbol,
        held.quantity,
        cost,
        ts_event_ns=as_of_ns,
        ts_recv_ns=time.time_ns(),
    )
