"""The venue's integers as messages. Pure: no state but a memory of texts."""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Context, Decimal
from typing import Final

from regimeflow._core.messages import (
    AccountInfo,
    Balance,
    ExecutionReport,
    OrderBook,
    Position,
    Quote,
    Tick,
)
from regimeflow._core.tuples import NamedTuple
from regimeflow.adapters.brokers.paper.account import Account, Holding
from regimeflow.adapters.brokers.paper.market import Market
from regimeflow.adapters.brokers.paper.orders import PaperOrder
from regimeflow.adapters.brokers.paper.spec import MONEY_EXP, Spec, to_decimal
from regimeflow.adapters.feeds.feed import QuoteEvent, TradeEvent
from regimeflow.domain.orders.order import LiveOrder
from regimeflow.types.enums import ExecType, Liquidity, LiveOrderStatus, OrdRejReason

REMEMBERED: Final = 1 << 16  # texts of a symbol
BOOK_LEVELS: Final = 10  # what an OrderBook message holds
AVG_PX_DECIMALS: Final = 4  # an average price is shown this much finer than the tick
_WIDE: Final = Context(prec=80)
RECORD_DIGITS: Final = 18  # that 64 bits can always hold
_ASSET_CHARS: Final = 14  # of a Balance


class News(NamedTuple):
    """What a report says beyond the state of its order."""

    exec_type: ExecType
    exec_id: str
    reason: OrdRejReason = OrdRejReason.NONE
    text: str = ""
    last_qty: int = 0
    last_px: int = 0
    fee: int = 0
    liquidity: Liquidity = Liquidity.NONE


class Texts(dict[int, str]):
    """Mantissas as decimal text, remembered: a market shows the same ones again and again."""

    def __init__(self, places: int, least_places: int) -> None:
        super().__init__()
        self._places: Final = places
        self._least_places: Final = least_places

    def __missing__(self, number: int) -> str:
        if len(self) >= REMEMBERED:
            self.clear()
        sign, digits = ("-" if number < 0 else ""), str(abs(number)).rjust(self._places + 1, "0")
        whole, fraction = digits[: len(digits) - self._places], digits[len(digits) - self._places :]
        fraction = fraction.rstrip("0").ljust(self._least_places, "0")
        text = self[number] = f"{sign}{whole}.{fraction}" if fraction else sign + whole
        return text


class MarketMessages:
    """Feed events of one symbol as market data messages."""

    def __init__(self, spec: Spec) -> None:
        self._symbol: Final = spec.symbol
        self._px: Final = Texts(-spec.px_exp, spec.px_places)
        self._qty: Final = Texts(-spec.qty_exp, spec.qty_places)

    def quote(self, event: QuoteEvent) -> Quote:
        """Best bid and ask."""
        px, qty = self._px, self._qty
        return Quote(
            self._symbol,
            px[event.bid_px],
            qty[event.bid_qty],
            px[event.ask_px],
            qty[event.ask_qty],
            ts_event_ns=event.event_ns,
            ts_recv_ns=event.recv_ns,
            update_id=event.update_id,
        )

    def tick(self, event: TradeEvent) -> Tick:
        """One trade."""
        return Tick(
            self._symbol,
            self._px[event.px],
            self._qty[event.qty],
            side=event.aggressor,
            trade_id=event.trade_id,
            ts_event_ns=event.event_ns,
            ts_recv_ns=event.recv_ns,
        )

    def book(self, market: Market, *, recv_ns: int, is_snapshot: bool) -> OrderBook:
        """The best levels of the depth book."""
        px, qty, book = self._px, self._qty, market.book
        return OrderBook(
            self._symbol,
            [(px[level], qty[size]) for level, size in book.bids.top(BOOK_LEVELS)],
            [(px[level], qty[size]) for level, size in book.asks.top(BOOK_LEVELS)],
            update_id=book.last_id,
            is_snapshot=is_snapshot,
            ts_event_ns=book.event_ns,
            ts_recv_ns=recv_ns,
        )


def report_of(order: PaperOrder, news: News, *, event_ns: int, recv_ns: int) -> ExecutionReport:
    """An execution report on an order as it stands."""
    spec, asked = order.spec, order.order
    is_trade = news.exec_type is ExecType.TRADE
    if news.exec_type is ExecType.REJECTED:
        return new_refusal_of(
            asked, order.broker_order_id, news, event_ns=event_ns, recv_ns=recv_ns
        )
    return ExecutionReport(
        symbol=spec.symbol,
        exec_type=news.exec_type,
        ord_status=order.status,
        side=order.side,
        ord_type=order.type,
        time_in_force=asked.time_in_force,
        order_id=asked.order_id,
        client_order_id=asked.client_order_id,
        broker_order_id=order.broker_order_id,
        exec_id=news.exec_id,
        order_qty=spec.qty(order.order_qty),
        cum_qty=spec.qty(order.cum_qty),
        leaves_qty=spec.qty(order.leaves_qty),
        last_qty=spec.qty(news.last_qty) if is_trade else None,
        last_px=spec.px(news.last_px) if is_trade else None,
        limit_px=None if order.limit_px is None else spec.px(order.limit_px),
        stop_px=None if order.stop_px is None else spec.px(order.stop_px),
        avg_px=average(order) if order.cum_qty else None,
        commission=amounts(news.fee)[0] if is_trade else None,
        commission_currency=spec.instrument.quote_currency if is_trade else "",
        liquidity=news.liquidity,
        ord_rej_reason=news.reason,
        text=news.text,
        ts_event_ns=event_ns,
        ts_recv_ns=recv_ns,
    )


def refusal_of(broker_order_id: str, news: News, *, event_ns: int, recv_ns: int) -> ExecutionReport:
    """A refused cancel or change of an order that the venue does not know."""
    return ExecutionReport(
        symbol="",
        exec_type=news.exec_type,
        ord_status=LiveOrderStatus.REJECTED,
        broker_order_id=broker_order_id,
        exec_id=news.exec_id,
        ord_rej_reason=news.reason,
        text=news.text,
        ts_event_ns=event_ns,
        ts_recv_ns=recv_ns,
    )


def new_refusal_of(
    order: LiveOrder, broker_order_id: str, news: News, *, event_ns: int, recv_ns: int
) -> ExecutionReport:
    """A refused order: its numbers as they came, whatever was wrong with them."""
    (order_qty,) = echo(order.quantity)
    limit_px, stop_px = echo(order.limit_price, order.stop_price)
    return ExecutionReport(
        symbol=order.symbol,
        exec_type=news.exec_type,
        ord_status=LiveOrderStatus.REJECTED,
        side=order.side,
        ord_type=order.type,
        time_in_force=order.time_in_force,
        order_id=order.order_id,
        client_order_id=order.client_order_id,
        broker_order_id=broker_order_id,
        exec_id=news.exec_id,
        order_qty=order_qty,
        cum_qty=0,
        leaves_qty=0,
        limit_px=limit_px,
        stop_px=stop_px,
        ord_rej_reason=news.reason,
        text=news.text,
        ts_event_ns=event_ns,
        ts_recv_ns=recv_ns,
    )


def average(order: PaperOrder) -> Decimal:
    """The order's average price; exact when it has no more decimals than are shown."""
    spec = order.spec
    return _ratio(order.cum_notional, order.cum_qty, spec.px_exp, AVG_PX_DECIMALS - spec.px_exp)


def position_of(one: Holding, *, market: Market | None, event_ns: int, recv_ns: int) -> Position:
    """A position with its average entry price and its mark."""
    spec = one.spec
    decimals = AVG_PX_DECIMALS - spec.px_exp
    avg_px = (
        _ratio(one.cost, abs(one.qty) * spec.unit, spec.px_exp, decimals)
        if one.qty and one.cost
        else None
    )
    mark2 = market.mark2() if market is not None else None
    return Position(
        spec.symbol,
        spec.qty(one.qty),
        avg_px,
        market_px=None if mark2 is None else to_decimal(mark2 * 5, spec.px_exp - 1),
        ts_event_ns=event_ns,
        ts_recv_ns=recv_ns,
    )


def account_of(
    account: Account, marks: dict[str, int], *, event_ns: int, recv_ns: int
) -> AccountInfo:
    """The account: its currency first, then what is owned."""
    held = account.held_money
    free_cash, locked_cash = amounts(account.cash - held, held)
    balances = [Balance(account.currency, free_cash, locked_cash)]
    for one in account.holdings:
        if one.qty or one.open_sell_qty:
            locked = min(max(0, one.qty), one.open_sell_qty)
            spec = one.spec
            asset = spec.instrument.base_currency or spec.symbol
            balances.append(
                Balance(asset[:_ASSET_CHARS], spec.qty(one.qty - locked), spec.qty(locked))
            )
    equity, cash, power = amounts(account.equity(marks), account.cash, account.free_money)
    return AccountInfo(
        equity=equity,
        cash=cash,
        buying_power=power,
        currency=account.currency,
        balances=balances,
        ts_event_ns=event_ns,
        ts_recv_ns=recv_ns,
    )


def amounts(*numbers: int) -> tuple[Decimal, ...]:
    """Money as numbers that fit one record: exact, or cut (down) to the digits it has room for."""
    drop = max(0, len(str(max(map(abs, numbers)))) - RECORD_DIGITS)
    step: int = 10**drop
    return tuple(to_decimal(number // step, MONEY_EXP + drop) for number in numbers)


def echo(*numbers: Decimal | None) -> tuple[Decimal | None, ...]:
    """Numbers of a refused order, to be sent back; all None when no record could hold them."""
    given = [number for number in numbers if number is not None]
    if not all(number.is_finite() for number in given):
        return (None,) * len(numbers)
    finest = min((places_of(number) for number in given), default=0)
    widest = max((number.adjusted() for number in given), default=0)
    is_held = finest >= -RECORD_DIGITS and widest - min(finest, 0) < RECORD_DIGITS
    return numbers if is_held else (None,) * len(numbers)


def places_of(number: Decimal) -> int:
    """The exponent of a finite number's last digit."""
    exponent = number.as_tuple().exponent
    return exponent if isinstance(exponent, int) else 0


def _ratio(over: int, under: int, exp: int, decimals: int) -> Decimal:
    """``over / under * 10 ** exp``, to so many decimals or as many as a record has room for."""
    exact = _WIDE.divide(Decimal(over), Decimal(under)).scaleb(exp, context=_WIDE)
    places = min(decimals, RECORD_DIGITS - 1 - max(0, exact.adjusted()))
    shown = exact.quantize(Decimal((0, (1,), -places)), rounding=ROUND_HALF_EVEN, context=_WIDE)
    return shown.normalize(_WIDE) if shown else Decimal(0)
