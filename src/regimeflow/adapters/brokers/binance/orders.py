"""The orders that this session has sent or seen: whose leg is what, and what a leg's news means.

Binance makes a new order of each cancel-replace, with an id and a count of its own. Here its legs
are one order again: reports carry the order's own client id, and quantities of the whole. While a
cancel-replace is out, the end of the old leg is held back: it is no end of the order when a new leg
follows.
"""

from __future__ import annotations

from collections import deque
from decimal import Decimal
from typing import Final

from regimeflow._core.messages import ExecutionReport
from regimeflow.adapters.brokers._shared.chains import of_order
from regimeflow.adapters.brokers.binance.errors import VENUE
from regimeflow.adapters.brokers.binance.formatting import Terms
from regimeflow.adapters.brokers.binance.legs import leg_id, split_leg
from regimeflow.adapters.brokers.binance.words import WAITING
from regimeflow.domain.orders.order import OrderTerms
from regimeflow.types.enums import (
    ExecType,
    LiveOrderStatus,
    OrderSide,
    OrderType,
    TimeInForce,
)
from regimeflow.types.errors import BrokerError, InvalidState, Outcome
from regimeflow.types.records import Record, made, replace

_ZERO: Final = Decimal(0)
# How many orders that have ended stay known: answers and repeats about them still come.
ENDED_KEPT: Final = 20_000


class Replacing(Record, frozen=False):
    """A cancel-replace that is out."""

    new_leg: int
    terms: Terms  # of the new leg
    since_s: float
    filled: Decimal  # of the whole order, as was known when it left
    end: ExecutionReport | None = None  # of the old leg, held back
    has_failed: bool = False  # without a definite answer


class Known(Record, frozen=False):
    """One order: its newest leg, and what its earlier legs have filled."""

    symbol: str
    client_order_id: str
    terms: Terms | None = None  # of the newest leg alone
    broker_order_id: str = ""
    leg: int = 0
    cum: Decimal = _ZERO  # of the newest leg
    before: Decimal = _ZERO  # of the legs before it
    is_over: bool = False
    is_whole: bool = True  # false: what earlier legs have filled is not known
    replacing: Replacing | None = None
    older_ids: set[str] = made(set)

    @property
    def filled(self) -> Decimal:
        """Of the whole order."""
        return self.before + self.cum


class KnownOrders:
    """Finds orders by their ids, and makes the news of legs the news of orders."""

    def __init__(self) -> None:
        self._by_client: Final[dict[tuple[str, str], Known]] = {}
        self._by_broker: Final[dict[str, list[Known]]] = {}
        self._symbol_of: Final[dict[str, str]] = {}
        self._ended: Final[deque[Known]] = deque()
        self._held: Final[dict[str, set[str]]] = {}
        self._open: Final[dict[str, set[str]]] = {}
        self.last_trade_ids: Final[dict[str, int]] = {}

    def sent(self, client_order_id: str, terms: Terms) -> Known:
        """Remember an order that is about to leave."""
        known = Known(terms.symbol, client_order_id, terms)
        self._by_client[terms.symbol, client_order_id] = known
        self._symbol_of[client_order_id] = terms.symbol
        return known

    def acknowledged(self, known: Known, broker_order_id: str) -> None:
        """Remember the venue's id of an order's newest leg."""
        if known.broker_order_id == broker_order_id:
            return
        if known.broker_order_id:
            known.older_ids.add(known.broker_order_id)
        known.broker_order_id = broker_order_id
        self._note_id(known, broker_order_id)

    def remember_id(self, known: Known, broker_order_id: str) -> None:
        """Remember the venue's id of an older leg."""
        if broker_order_id != known.broker_order_id and broker_order_id not in known.older_ids:
            known.older_ids.add(broker_order_id)
            self._note_id(known, broker_order_id)

    def _note_id(self, known: Known, broker_order_id: str) -> None:
        holders = self._by_broker.setdefault(broker_order_id, [])
        if not any(each is known for each in holders):  # an older leg may become the newest again
            holders.append(known)

    def open_orders(self) -> list[Known]:
        """The orders that have not ended, as far as is known here."""
        return [each for each in self._by_client.values() if not each.is_over]

    def symbol_of(self, client_order_id: str) -> str | None:
        """The symbol of an order's own id, where it is known."""
        return self._symbol_of.get(client_order_id)

    def find(self, symbol: str, client_order_id: str) -> Known | None:
        """An order by its own client id."""
        return self._by_client.get((symbol, client_order_id))

    def by_broker_id(self, broker_order_id: str, symbol: str = "") -> Known | None:
        """An order by an id of the venue's; None for an unknown one.

        Raises:
            BrokerError: NOT_SENT: orders of several symbols have the id, and more than one is open.
        """
        found = [
            each
            for each in self._by_broker.get(broker_order_id, ())
            if not symbol or each.symbol == symbol
        ]
        if len(found) > 1:
            live = [each for each in found if not each.is_over]
            if len(live) > 1:
                names = ", ".join(sorted(each.symbol for each in live))
                raise BrokerError(
                    f"orders of {names} have the id {broker_order_id}: which is meant is not said",
                    venue=VENUE,
                    outcome=Outcome.NOT_SENT,
                )
            found = live or found
        return found[0] if found else None

    def hear(self, report: ExecutionReport) -> ExecutionReport | None:
        """Take a report of the stream or of a question; return what it says of its order.

        None: it is held back, or says nothing that was not told.
        """
        own_id, leg = split_leg(report.client_order_id)
        known = self._known_of(report, own_id)
        if report.exec_type == ExecType.TRADE and report.exec_id:
            self._note_trade(report)
        if leg == known.leg and known.replacing is None:
            self._follow(known, report)
            return self.whole(report, known)
        if leg < known.leg:
            # An older leg: its fills count, all else about it has been settled.
            return (
                of_order(report, known.client_order_id)
                if report.exec_type == ExecType.TRADE
                else None
            )
        return self._hear_change(report, known, leg)

    def _hear_change(
        self, report: ExecutionReport, known: Known, leg: int
    ) -> ExecutionReport | None:
        replacing = known.replacing
        if leg > known.leg or replacing is None:
            return self._new_leg(known, leg, report)
        self._follow(known, report)
        if report.exec_type in (ExecType.CANCELED, ExecType.ORDER_STATUS) and known.is_over:
            if report.ord_status == LiveOrderStatus.CANCELLED:
                replacing.end = report
                known.is_over = False  # until the answer says so
                return None
            known.replacing = None  # it has filled or expired first
        return self.whole(report, known)

    def replaced(
        self, known: Known, leg: int, broker_order_id: str, *, now_ns: int
    ) -> ExecutionReport | None:
        """Take the success of a cancel-replace; return the news, None when it was told already."""
        replacing = known.replacing
        if known.leg >= leg or replacing is None:
            self.acknowledged(known, broker_order_id)
            return None
        self._move_on(known, leg, replacing)
        self.acknowledged(known, broker_order_id)
        return _replaced(known, now_ns, now_ns)

    def replace_failed(self, known: Known, *, is_known: bool) -> ExecutionReport | None:
        """Take the failure of a cancel-replace; return the end of the old leg, if that has come.

        Args:
            known: The order.
            is_known: Whether the answer was definite. Else the end is held back until a question
                has shown whether there is a new leg.
        """
        replacing = known.replacing
        if replacing is None:
            return None
        if not is_known:
            replacing.has_failed = True
            return None
        known.replacing = None
        if replacing.end is None:
            return None
        known.is_over = True
        return self.whole(replacing.end, known)

    def legs_before(self, known: Known, leg: int, filled: Decimal) -> None:
        """Set what a question has shown of the legs before one."""
        known.leg, known.before, known.cum, known.replacing = leg, filled, _ZERO, None
        known.is_whole, known.is_over = True, False

    def learn(self, report: ExecutionReport, more: OrderTerms | None) -> Known:
        """Take note of an order that a question has shown; its leg must be the newest.

        Args:
            report: How it stands.
            more: What else was asked of it.
        """
        own_id, _ = split_leg(report.client_order_id)
        known = self._known_of(report, own_id)
        self._follow(known, report)
        if known.terms is not None:
            known.terms = replace(known.terms, more=more, is_all=True)
        return known

    def held(self, symbol: str) -> int:
        """How many open orders of a symbol wait for a price, as far as is known."""
        return len(self._held.get(symbol, ()))

    def open_count(self, symbol: str) -> int:
        """How many orders of a symbol are open, as far as the venue has told."""
        return len(self._open.get(symbol, ()))

    def whole(self, report: ExecutionReport, known: Known) -> ExecutionReport:
        """A report of the newest leg, as news of the whole order."""
        if not known.is_whole:
            return of_order(report, known.client_order_id)
        is_plain = known.leg == 0 and not known.before
        return report if is_plain else of_order(report, known.client_order_id, before=known.before)

    # ---- the parts

    def _known_of(self, report: ExecutionReport, own_id: str) -> Known:
        known = self._by_client.get((report.symbol, own_id))
        if known is None and report.broker_order_id:
            known = self.by_broker_id(report.broker_order_id, report.symbol)
        if known is None:
            leg = split_leg(report.client_order_id)[1]
            known = Known(report.symbol, own_id, leg=leg, is_whole=leg == 0)
            self._by_client[report.symbol, own_id] = known
            self._symbol_of.setdefault(own_id, report.symbol)
        return known

    def _follow(self, known: Known, report: ExecutionReport) -> None:
        if report.broker_order_id:
            self.acknowledged(known, report.broker_order_id)
        if report.order_qty_dec is not None and report.side:
            was = known.terms
            known.terms = Terms(
                symbol=report.symbol,
                side=OrderSide(report.side),
                type=OrderType(report.ord_type),
                time_in_force=TimeInForce(report.time_in_force),
                quantity=report.order_qty_dec,
                limit_price=report.limit_px_dec,
                stop_price=_stop_of(was, report),
                more=None if was is None else was.more,
                is_all=was is not None and was.is_all,
            )
            self._note_count(known, report)
        if report.cum_qty_dec is not None:
            known.cum = max(known.cum, report.cum_qty_dec)
        if LiveOrderStatus(report.ord_status).is_terminal and not known.is_over:
            known.is_over = True
            self._ended.append(known)
            while len(self._ended) > ENDED_KEPT:
                self._forget(self._ended.popleft())

    def _forget(self, known: Known) -> None:
        if not known.is_over:
            return  # it lives again: a new leg
        self._by_client.pop((known.symbol, known.client_order_id), None)
        self._symbol_of.pop(known.client_order_id, None)
        for each in (known.broker_order_id, *known.older_ids):
            rest = [other for other in self._by_broker.get(each, ()) if other is not known]
            if rest:
                self._by_broker[each] = rest
            else:
                self._by_broker.pop(each, None)

    def _note_count(self, known: Known, report: ExecutionReport) -> None:
        status = LiveOrderStatus(report.ord_status)
        is_held = status is LiveOrderStatus.INACTIVE and report.ord_type in WAITING
        for counted, is_counted in ((self._held, is_held), (self._open, not status.is_terminal)):
            names = counted.setdefault(known.symbol, set())
            (names.add if is_counted else names.discard)(known.client_order_id)

    def _note_trade(self, report: ExecutionReport) -> None:
        trade_id = int(report.exec_id.rpartition("-")[2])
        if trade_id > self.last_trade_ids.get(report.symbol, 0):
            self.last_trade_ids[report.symbol] = trade_id

    def _new_leg(self, known: Known, leg: int, report: ExecutionReport) -> ExecutionReport | None:
        """The first news of a new leg: it came before the answer, or there was none."""
        self._move_on(known, leg, known.replacing)
        self._follow(known, report)
        if report.exec_type in (ExecType.NEW, ExecType.SUSPENDED):
            return _replaced(known, report.ts_event_ns, report.ts_recv_ns)
        return self.whole(report, known)

    def _move_on(self, known: Known, leg: int, replacing: Replacing | None) -> None:
        known.before += known.cum
        known.cum, known.leg, known.replacing, known.is_over = _ZERO, leg, None, False
        if replacing is not None:
            known.terms = replacing.terms


def _stop_of(was: Terms | None, report: ExecutionReport) -> Decimal | None:
    """The stop price as it was given: of a trailing order, where it has come to moves."""
    trails = was is not None and was.more is not None and was.more.trail_percent is not None
    return was.stop_price if was is not None and trails else report.stop_px_dec


def leg_of(known: Known) -> str:
    """The client order id that the newest leg has at the venue."""
    return leg_id(known.client_order_id, known.leg)


def _replaced(known: Known, event_ns: int, recv_ns: int) -> ExecutionReport:
    terms = known.terms
    if terms is None:
        raise InvalidState(f"order {known.client_order_id} was replaced, and has no terms")
    quantity = known.before + terms.quantity
    return ExecutionReport(
        symbol=known.symbol,
        exec_type=ExecType.REPLACED,
        ord_status=LiveOrderStatus.PARTIALLY_FILLED if known.filled else LiveOrderStatus.NEW,
        side=terms.side,
        ord_type=terms.type,
        time_in_force=terms.time_in_force,
        client_order_id=known.client_order_id,
        broker_order_id=known.broker_order_id,
        order_qty=quantity,
        cum_qty=known.filled,
        leaves_qty=quantity - known.filled,
        limit_px=terms.limit_price,
        stop_px=terms.stop_price,
        ts_event_ns=event_ns,
        ts_recv_ns=recv_ns,
    )
