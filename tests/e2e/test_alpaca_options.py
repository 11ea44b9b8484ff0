"""A session that trades an option: a hundred shares a contract, data packed, exact books."""

from __future__ import annotations

import itertools
from decimal import Decimal

import pytest

from regimeflow.live import (
    LiveConfig,
    LiveOrderStatus,
    LiveTradingEngine,
    Order,
    OrderSide,
    OrderType,
    RiskDenied,
    TimeInForce,
    TradingState,
)
from regimeflow.types.config import RiskLimits
from tests.e2e.test_alpaca_sessions import (
    config,
    no_difference,
    position,
    venue_cash,
    wait_until,
)
from tests.support.alpaca_venue import OPTION, PUT, RunningVenue

S = LiveOrderStatus


@pytest.fixture
def venue():
    running = RunningVenue(symbols=("AAPL", OPTION, PUT))
    yield running
    running.stop()


def started(venue: RunningVenue, folder, *, symbols: tuple[str, ...]) -> LiveTradingEngine:
    settings: LiveConfig = config(venue, folder, OPTION)
    settings.symbols = symbols
    settings.risk = RiskLimits(max_order_notional=Decimal(1_100))
    engine = LiveTradingEngine(settings)
    engine.start()
    return engine


def an_order(side: OrderSide, quantity: int, price: str | None = None, **more) -> Order:
    kind = OrderType.MARKET if price is None else OrderType.LIMIT
    chosen = {"limit_price": price, "time_in_force": TimeInForce.DAY}
    symbol = more.pop("symbol", OPTION)
    return Order(symbol, side, kind, quantity, **(chosen | more))


def test_contracts_count_a_hundredfold_in_limits_books_and_profit(venue, tmp_path):
    engine = started(venue, tmp_path, symbols=("AAPL", OPTION))
    sizes = itertools.count(1_000)
    try:
        manager, portfolio = engine.order_manager, engine.portfolio
        with pytest.raises(RiskDenied, match="1515"):
            manager.submit_order(an_order(OrderSide.BUY, 3, "5.05"))
        bought = manager.submit_order(an_order(OrderSide.BUY, 2, "5.05"))
        wait_until(lambda: manager.get_order(bought).status is S.FILLED)
        wait_until(lambda: is_marked(engine) or venue.quote(OPTION, "6", "6.05", next(sizes)))
        unrealized = {each.symbol: each.unrealized_pnl for each in portfolio.positions()}
        sold = manager.submit_order(an_order(OrderSide.SELL, 1))
        wait_until(lambda: manager.get_order(sold).status is S.FILLED)
        wait_until(lambda: position(engine, OPTION) == 1)
        cash = portfolio.cash()
    finally:
        engine.stop()
    again = started(venue, tmp_path, symbols=("AAPL", OPTION))
    held = position(again, OPTION), again.portfolio.cash()
    again.stop()

    assert {OPTION: Decimal(195)} == unrealized
    assert {"USD": Decimal(1_000_000) - 2 * 505 + 600} == cash
    assert {"USD": venue_cash(venue)} == cash
    assert (1, cash) == held
    assert no_difference(tmp_path)


def is_marked(engine: LiveTradingEngine) -> bool:
    return any(each.unrealized_pnl == 195 for each in engine.portfolio.positions())


def test_what_options_do_not_take_is_said_and_nothing_is_bought(venue, tmp_path, caplog):
    engine = started(venue, tmp_path, symbols=(OPTION,))
    try:
        manager = engine.order_manager
        lasting = an_order(OrderSide.BUY, 1, "5.05", time_in_force=TimeInForce.GTC)
        ids = [manager.submit_order(each) for each in (lasting, an_order(OrderSide.SELL, 1, "5"))]
        wait_until(lambda: all(manager.get_order(each).status is S.REJECTED for each in ids))
    finally:
        engine.stop()

    assert "takes no GTC orders; it takes DAY" in caplog.text
    assert "not eligible to trade uncovered option contracts" in caplog.text
    assert not venue.call(venue.venue.truth)["alpaca"]["orders"]


def test_what_a_contract_ends_as_is_followed_and_halts_nothing(venue, tmp_path):
    engine = started(venue, tmp_path, symbols=("AAPL", OPTION, PUT))
    try:
        manager = engine.order_manager
        bought = [
            manager.submit_order(an_order(OrderSide.BUY, 1, "5.05", symbol=symbol))
            for symbol in (OPTION, PUT)
        ]
        wait_until(lambda: all(manager.get_order(each).status is S.FILLED for each in bought))
        venue.trade("AAPL", "232", "1")
        for symbol in (OPTION, PUT):
            venue.act("expire", symbol=symbol)
        wait_until(lambda: position(engine, "AAPL") == 100)
        wait_until(lambda: (position(engine, OPTION), position(engine, PUT)) == (0, 0))
        wait_until(lambda: engine.portfolio.cash() == {"USD": venue_cash(venue)})
        state = engine.get_status().trading_state
    finally:
        engine.stop()

    assert TradingState.ACTIVE is state
    assert Decimal(1_000_000) - 2 * 505 - 23_000 == venue_cash(venue)
    assert no_difference(tmp_path)
