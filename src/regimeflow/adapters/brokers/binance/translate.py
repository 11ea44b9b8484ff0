"""What Binance answers when it is asked, as messages. Pure functions; every fault is an error.

Source:
    binance-spot-api-docs a5e0bc3, rest-api.md: order, openOrders, myTrades, account, klines.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Context, Decimal
from typing import Final

from regimeflow._core.messages import AccountInfo, Balance, Bar, ExecutionReport, Position
from regimeflow._core.tuples import NamedTuple
from regimeflow.adapters.brokers._shared.answers import Answers, Json
from regimeflow.adapters.brokers.binance.errors import VENUE
from regimeflow.adapters.brokers.binance.legs import split_leg
from regimeflow.adapters.brokers.binance.words import POST_ONLY, SIDES, TIMES, status_of, type_of
from regimeflow.domain.orders.order import OrderTerms
from regimeflow.types.enums import ExecType, Liquidity, LiveOrderStatus, OrderSide

_NS_PER_MS: Final = 1_000_000
_ZERO: Final = Decimal(0)
_AVERAGE: Final = Context(prec=15)
_ASSET_BYTES: Final = 14  # of a Balance
_KLINE_FIELDS: Final = 9

_ANSWERS: Final = Answers(VENUE)
bad_answer, table_of, list_of = _ANSWERS.bad, _ANSWERS.table, _ANSWERS.rows
amount, whole, text = _ANSWERS.amount, _ANSWERS.whole, _ANSWERS.text
flag, reading = _ANSWERS.flag, _ANSWERS.reading


class Asset(NamedTuple):
    """What an account holds of one asset."""

    name: str
    free: Decimal
    locked: Decimal

    @property
    def total(self) -> Decimal:
        """Free and locked."""
        return self.free + self.locked


def order_report(order: Json, *, as_of_ns: int, recv_ns: int) -> ExecutionReport:
    """An order as it stands, of ``GET order`` or ``openOrders``; of its leg alone.

    Raises:
        BrokerError: the answer lacks what an order has.
    """
    what = "a question about an order"
    with reading(what):
        return _order_report(order, what, as_of_ns=as_of_ns, recv_ns=recv_ns)


def _order_report(order: Json, what: str, *, as_of_ns: int, recv_ns: int) -> ExecutionReport:
    word, kind = text(order, "status", what), text(order, "type", what)
    is_working = order.get("isWorking") is not False
    status = status_of(word, ord_type=kind, is_working=is_working)
    prevented = amount(order, "preventedQuantity", what) if "preventedQuantity" in order else _ZERO
    quantity, cum = amount(order, "origQty", what), amount(order, "executedQty", what)
    if not status.is_terminal:
        quantity -= prevented
    limit_px, stop_px = amount(order, "price", what) or None, _price(order, "stopPrice", what)
    worth = amount(order, "cummulativeQuoteQty", what) if "cummulativeQuoteQty" in order else _ZERO
    unknown = "" if status is not LiveOrderStatus.ERROR else f"unknown status {word[:40]}"
    return ExecutionReport(
        symbol=text(order, "symbol", what),
        exec_type=ExecType.ORDER_STATUS,
        ord_status=status,
        side=SIDES.get(str(order.get("side")), OrderSide.NONE),
        ord_type=type_of(kind, is_trailing=bool(order.get("trailingDelta"))),
        time_in_force=TIMES.get(str(order.get("timeInForce")), 0),
        client_order_id=str(order.get("clientOrderId", "")),
        broker_order_id=str(whole(order, "orderId", what)),
        order_qty=quantity,
        cum_qty=cum,
        leaves_qty=_ZERO if status.is_terminal else quantity - cum,
        limit_px=limit_px,
        stop_px=stop_px,
        avg_px=average(worth, cum) if cum and worth > 0 else None,
        text=str(order.get("expiryReason") or unknown)[:200],
        ts_event_ns=as_of_ns,
        ts_recv_ns=recv_ns,
    )


def more_of(order: Json) -> OrderTerms | None:
    """What else was asked of an order, of ``GET order`` or ``openOrders``; None: nothing."""
    what = "a question about an order"
    shown = amount(order, "icebergQty", what) if "icebergQty" in order else _ZERO
    bips = order.get("trailingDelta")
    more = OrderTerms(
        post_only=order.get("type") == POST_ONLY,
        display_qty=shown or None,
        trail_percent=Decimal(bips).scaleb(-2) if isinstance(bips, int) and bips > 0 else None,
    )
    return None if more == OrderTerms() else more


def trade_report(trade: Json, *, client_order_id: str, recv_ns: int) -> ExecutionReport:
    """A fill of ``myTrades``; its id is the one that the user data stream gives it.

    Raises:
        BrokerError: the answer lacks what a fill has.
    """
    what = "a question about fills"
    with reading(what):
        return _trade_report(trade, what, client_order_id=client_order_id, recv_ns=recv_ns)


def _trade_report(trade: Json, what: str, *, client_order_id: str, recv_ns: int) -> ExecutionReport:
    symbol = text(trade, "symbol", what)
    return ExecutionReport(
        symbol=symbol,
        exec_type=ExecType.TRADE,
        ord_status=LiveOrderStatus.PARTIALLY_FILLED,
        side=OrderSide.BUY if flag(trade, "isBuyer", what) else OrderSide.SELL,
        client_order_id=split_leg(client_order_id)[0],
        broker_order_id=str(whole(trade, "orderId", what)),
        exec_id=exec_id_of(symbol, whole(trade, "id", what)),
        last_qty=amount(trade, "qty", what),
        last_px=amount(trade, "price", what),
        commission=amount(trade, "commission", what),
        commission_currency=text(trade, "commissionAsset", what)[:_ASSET_BYTES],
        liquidity=Liquidity.MAKER if flag(trade, "isMaker", what) else Liquidity.TAKER,
        ts_event_ns=whole(trade, "time", what) * _NS_PER_MS,
        ts_recv_ns=recv_ns,
    )


def exec_id_of(symbol: str, trade_id: int) -> str:
    """The identity of a fill, on the stream and when asked: ``I`` is not in ``myTrades``."""
    return f"{symbol}-{trade_id}"


def assets_of(account: Json) -> list[Asset]:
    """The balances of ``GET account``.

    Raises:
        BrokerError: there are none in it: an account that cannot be read is not an empty one.
    """
    what = "a question about the account"
    return [
        Asset(text(each, "asset", what), amount(each, "free", what), amount(each, "locked", what))
        for each in list_of(account.get("balances"), what)
    ]


def account_info(
    assets: Iterable[Asset],
    *,
    currency: str,
    prices: Mapping[str, Decimal],
    as_of_ns: int,
    recv_ns: int,
) -> AccountInfo:
    """The account in its currency.

    Args:
        assets: What is held.
        currency: What the account is kept in.
        prices: What one of each traded asset is worth in it; others do not count in the equity.
        as_of_ns: The venue's time.
        recv_ns: Ours.
    """
    with reading("a question about the account"):
        held = {each.name: each for each in assets}
        cash = held.get(currency, Asset(currency, _ZERO, _ZERO))
        worth = sum(
            (prices[name] * each.total for name, each in held.items() if name in prices), _ZERO
        )
        shown = [each for each in held.values() if each.total or each.name == currency]
        return AccountInfo(
            equity=_held(cash.total + worth),
            cash=_held(cash.total),
            buying_power=_held(cash.free),
            currency=currency,
            balances=[
                Balance(each.name[:_ASSET_BYTES], each.free, each.locked)
                for each in sorted(shown, key=lambda each: (each.name != currency, each.name))
            ],
            ts_event_ns=as_of_ns,
            ts_recv_ns=recv_ns,
        )


def positions_of(
    assets: Iterable[Asset], symbols: Mapping[str, str], *, as_of_ns: int, recv_ns: int
) -> list[Position]:
    """What is held of each traded symbol's base asset, locked included.

    Args:
        assets: What is held.
        symbols: The symbol of each base asset.
        as_of_ns: The venue's time.
        recv_ns: Ours.
    """
    with reading("a question about the account"):
        return [
            Position(symbols[each.name], each.total, ts_event_ns=as_of_ns, ts_recv_ns=recv_ns)
            for each in assets
            if each.total and each.name in symbols
        ]


def bars_of(
    symbol: str, klines: object, *, interval_ns: int, now_ns: int, recv_ns: int
) -> list[Bar]:
    """The closed bars of ``GET klines``, oldest first.

    Raises:
        BrokerError: the answer is no list of bars.
    """
    what = "a question about bars"
    if not isinstance(klines, list):
        raise bad_answer(what, f"found {type(klines).__name__}, expected a list")
    bars = []
    for each in klines:
        if not isinstance(each, list) or len(each) < _KLINE_FIELDS or type(each[0]) is not int:
            raise bad_answer(what, "one of them is no bar")
        open_ns = each[0] * _NS_PER_MS
        if open_ns + interval_ns > now_ns:
            continue  # not closed yet
        with reading(what):
            bars.append(
                Bar(
                    symbol,
                    *each[1:6],
                    interval_ns=interval_ns,
                    ts_event_ns=open_ns + interval_ns,
                    ts_recv_ns=recv_ns,
                )
            )
    return bars


def average(worth: Decimal, quantity: Decimal) -> Decimal:
    """An average price, to as many digits as a record surely holds."""
    return _AVERAGE.divide(worth, quantity).normalize(_AVERAGE)


def _price(order: Json, name: str, what: str) -> Decimal | None:
    found = amount(order, name, what) if name in order else _ZERO
    return found or None


def _held(value: Decimal) -> Decimal:
    """As much of an amount as a record holds: money is shown to eight places."""
    room = Context(prec=17)
    return value if len(value.as_tuple().digits) <= room.prec else room.plus(value)
