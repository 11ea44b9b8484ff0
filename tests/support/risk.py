"""Builders for tests of the gate and the portfolio."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal

from regimeflow._core.board import QuoteBoard
from regimeflow._core.messages import Quote
from regimeflow.domain.orders.order import LiveOrder, Order
from regimeflow.domain.risk.gate import RiskGate
from regimeflow.types.account import Trade
from regimeflow.types.config import RiskLimits
from regimeflow.types.enums import LiveOrderStatus, OrderSide, OrderType, TimeInForce
from regimeflow.types.instrument import Instrument

BUY, SELL = OrderSide.BUY, OrderSide.SELL
LIMIT, MARKET = OrderType.LIMIT, OrderType.MARKET
STOP, STOP_LIMIT = OrderType.STOP, OrderType.STOP_LIMIT
BTC = "BTCUSDT"


def an_instrument(symbol: str = BTC, **changes: object) -> Instrument:
    fields: dict[str, object] = {
        "base_currency": "BTC",
        "quote_currency": "USDT",
        "tick_size": Decimal("0.01"),
        "lot_size": Decimal("0.00001"),
    }
    return Instrument(symbol=symbol, **{**fields, **changes})  # type: ignore[arg-type]


class Time:
    """A clock that the test turns."""

    def __init__(self) -> None:
        self.ns = 1_000_000_000_000

    def monotonic_ns(self) -> int:
        return self.ns

    def pass_s(self, seconds: float) -> None:
        self.ns += round(seconds * 1e9)


@dataclass
class Desk:
    """A gate with its board and its clock."""

    gate: RiskGate
    board: QuoteBoard
    time: Time

    def quote(self, bid: str, ask: str, symbol: str = BTC) -> None:
        self.board.observe(Quote(symbol, bid, "1", ask, "1", ts_recv_ns=self.time.ns))

    def hold(self, quantity: str, *, strategy: str | None = None) -> None:
        self.gate.set_position(BTC, Decimal(quantity), strategy=strategy)

    def exposure(self, *, strategy: str | None = None) -> tuple[Decimal, Decimal, Decimal]:
        found = self.gate.exposure(BTC, strategy=strategy)
        return found.position, found.open_buy, found.open_sell


def a_desk(*instruments: Instrument, bid: str = "100.00", ask: str = "100.02", **limits) -> Desk:
    board, time = QuoteBoard(), Time()
    listed = {each.symbol: each for each in instruments or (an_instrument(),)}
    desk = Desk(RiskGate(RiskLimits(**limits), board, listed, time), board, time)
    for symbol in listed if bid else ():
        desk.quote(bid, ask, symbol)
    return desk


def an_order(
    side=BUY, quantity="1", price=None, *, kind=None, stop=None, symbol=BTC, terms=None
) -> Order:
    kind = kind or (MARKET if price is None else LIMIT)
    price = price and Decimal(price)
    return Order(symbol, side, kind, Decimal(quantity), price, stop, terms=terms)


def a_live_order(side=BUY, quantity="1", price=None, *, order_id=1, strategy="", **changes):
    order = LiveOrder(
        order_id=order_id,
        client_order_id=f"C{order_id}",
        broker_order_id="",
        symbol=BTC,
        side=side,
        type=MARKET if price is None else LIMIT,
        quantity=Decimal(quantity),
        limit_price=price and Decimal(price),
        stop_price=None,
        time_in_force=TimeInForce.GTC,
        expire_time_ns=None,
        status=LiveOrderStatus.PENDING_NEW,
        cum_qty=Decimal(0),
        leaves_qty=Decimal(quantity),
        avg_px=None,
        in_doubt=False,
        strategy=strategy,
        created_at_ns=0,
        updated_at_ns=0,
    )
    return replace(order, **changes)


def a_trade(side=BUY, quantity="1", price="100", **changes) -> Trade:
    fields = {"symbol": BTC, "side": side, "quantity": Decimal(quantity), "price": Decimal(price)}
    return Trade(**{**fields, **changes})
