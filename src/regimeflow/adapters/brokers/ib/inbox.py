"""Each message of TWS to whom it is about."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from regimeflow._core.messages import AccountInfo, Position
from regimeflow.adapters.brokers.ib import errors
from regimeflow.adapters.brokers.ib.amounts import amount
from regimeflow.adapters.brokers.ib.clock import VenueClock
from regimeflow.adapters.brokers.ib.contracts import Contracts
from regimeflow.adapters.brokers.ib.fills import Fills
from regimeflow.adapters.brokers.ib.line import Handlers
from regimeflow.adapters.brokers.ib.link import Link
from regimeflow.adapters.brokers.ib.market import Market
from regimeflow.adapters.brokers.ib.news import OrderNews, Owner
from regimeflow.adapters.brokers.ib.order_ids import OrderIds
from regimeflow.adapters.brokers.ib.orders import KnownOrders
from regimeflow.adapters.brokers.ib.questions import Questions
from regimeflow.adapters.brokers.ib.reads import (
    COMPLETED_ORDERS,
    OPEN_ORDERS,
    TIME,
    Held,
    Value,
    account_of,
    position_of,
)
from regimeflow.types.errors import BrokerError

if TYPE_CHECKING:
    from regimeflow.adapters.brokers.ib.library import (
        Requests,
        TwsContract,
        TwsExecution,
        TwsOrder,
        TwsOrderState,
    )

_NOBODY: Final = -1


class Inbox:
    """Sorts messages: answers to questions, news of orders, market data, errors of each.

    Args:
        position: Takes changes of what is held, and of the account.
        dropped: Told that TWS has dropped a message of ours.
        tell: Takes a line for people.
    """

    def __init__(
        self,
        link: Link,
        questions: Questions,
        ids: OrderIds,
        *,
        known: KnownOrders,
        contracts: Contracts,
        news: OrderNews,
        fills: Fills,
        market: Market,
        clock: VenueClock,
        position: Callable[[Position | AccountInfo], object],
        dropped: Callable[[str], object],
        tell: Callable[[str], object],
    ) -> None:
        self._link: Final = link
        self._questions: Final = questions
        self._ids: Final = ids
        self._known: Final = known
        self._contracts: Final = contracts
        self._news: Final = news
        self._fills: Final = fills
        self._market: Final = market
        self._clock: Final = clock
        self._position: Final = position
        self._dropped_one: Final = dropped
        self._tell: Final = tell
        self._values: Final[dict[tuple[str, str], Value]] = {}
        self.owner: Owner | None = None
        news.on_open = lambda known: questions.add(OPEN_ORDERS, known)

    def handlers(self) -> Handlers:
        """What takes each message, by the names of IB's ``EWrapper``."""
        ask, market, news = self._questions, self._market, self._news
        return {
            "tcpDataArrived": self._link.heard,
            "error": self._error,
            "currentTime": self._current_time,
            "openOrder": self._open_order,
            "openOrderEnd": lambda: ask.end(OPEN_ORDERS),
            "orderStatus": news.order_status,
            "completedOrder": self._completed_order,
            "completedOrdersEnd": lambda: ask.end(COMPLETED_ORDERS),
            "execDetails": self._execution,
            "execDetailsEnd": ask.end,
            "commissionReport": self._fills.commission,
            "accountUpdateMulti": self._value_asked,
            "accountUpdateMultiEnd": ask.end,
            "positionMulti": self._position_asked,
            "positionMultiEnd": ask.end,
            "updateAccountValue": self._value,
            "updateAccountTime": self._values_told,
            "position": self._position_told,
            "contractDetails": ask.add,
            "contractDetailsEnd": ask.end,
            "historicalData": ask.add,
            "historicalDataEnd": lambda number, *_: ask.end(number),
            "priceSizeTick": market.price_tick,
            "tickSize": market.size_tick,
            "tickByTickAllLast": market.trade,
            "realtimeBar": market.bar,
            "updateMktDepth": market.depth,
            "updateMktDepthL2": market.depth_by_maker,
        }

    def subscribe(self, requests: Requests) -> None:
        """Have positions and account values told when they change."""
        if self.owner is not None:
            self._values.clear()
            requests.reqPositions()
            requests.reqAccountUpdates(True, self.owner.account)

    # ---- orders

    def _open_order(
        self, order_id: int, contract: TwsContract, order: TwsOrder, state: TwsOrderState
    ) -> None:
        self._news.open_order(order.orderId or order_id, contract, order, state)

    def _completed_order(
        self, contract: TwsContract, order: TwsOrder, state: TwsOrderState
    ) -> None:
        known = self._news.completed_order(contract, order, state)
        if known is not None:
            self._questions.add(COMPLETED_ORDERS, known)

    def _execution(self, number: int, contract: TwsContract, execution: TwsExecution) -> None:
        fill = self._fills.take(contract, execution)
        if fill is None:
            return
        if self._questions.is_out(number):
            self._questions.add(number, fill)
        else:
            self._fills.heard(fill)

    # ---- the account

    def _value_asked(
        self, number: int, _account: str, _model: str, key: str, value: str, currency: str
    ) -> None:
        self._questions.add(number, Value(key, value, currency))

    def _position_asked(
        self,
        number: int,
        _account: str,
        _model: str,
        contract: TwsContract,
        held: float,
        cost: float,
    ) -> None:
        self._questions.add(number, Held(contract, amount(held), amount(cost)))

    def _value(self, key: str, value: str, currency: str, account: str) -> None:
        if self.owner is not None and account == self.owner.account:
            self._values[key, currency] = Value(key, value, currency)

    def _values_told(self, _time: str) -> None:
        """The end of a batch of values: they hold together."""
        try:
            info = account_of(list(self._values.values()), "ib", self._clock.now_ns())
        except BrokerError:
            return  # the first batch is not whole yet
        self._position(info)

    def _position_told(self, account: str, contract: TwsContract, held: float, cost: float) -> None:
        if self.owner is None or account != self.owner.account:
            return
        told = Held(contract, amount(held), amount(cost))
        position = position_of(self._contracts, told, self._clock.now_ns())
        if position is not None:
            self._position(position)

    # ---- the rest

    def _current_time(self, seconds: int) -> None:
        self._questions.add(TIME, seconds)
        self._questions.end(TIME)

    def _error(self, number: int, code: int, text: str, json: str = "") -> None:
        if code in {errors.LOST, errors.LOST_SERVER}:
            self._link.cut_off(errors.shown(code, text))
        elif code in {errors.RESTORED_DATA_LOST, errors.RESTORED_DATA_KEPT}:
            is_lost = code == errors.RESTORED_DATA_LOST
            self._link.restored(errors.shown(code, text), is_data_lost=is_lost)
        elif code == errors.PACING and number == _NOBODY:
            self._dropped(errors.shown(code, text))
        elif self._questions.is_out(number):
            if not errors.is_informative(code):
                self._questions.fail(number, errors.refusal(code, text))
        elif self._market.is_mine(number):
            self._market.error(number, code, text)
        elif self._about_order(number, code, text, json) or code in errors.QUIET:
            if code in errors.FARMS_ARE_UP and self._link.is_cut_off:
                self._link.restored(errors.shown(code, text), is_data_lost=True)
        elif not self._ids.is_request(number):
            self._tell(errors.shown(code, text))

    def _about_order(self, number: int, code: int, text: str, json: str) -> bool:
        if number <= 0 or self.owner is None or self._ids.is_request(number):
            return False
        known = self._known.by_order_id(self.owner.client_id, number)
        if known is None:
            return False
        self._news.error(known, code, text, json)
        return True

    def _dropped(self, text: str) -> None:
        """TWS took too much at once and dropped a message, and does not say which."""
        self._tell(text)
        self._dropped_one(text)
        self._questions.fail_all(text)
        self._link.look_again()
