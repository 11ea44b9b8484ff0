"""Waits and costs of orders, with answers that are known."""

from __future__ import annotations

from decimal import Decimal, localcontext
from fractions import Fraction

import pytest

from regimeflow.domain.execution import SentOrder, Waits, quality_of, ratio
from regimeflow.live import ExecType, ExecutionReport, LiveOrderStatus, OrderSide

SENT_NS = 1_000_000


def an_order(side: OrderSide = OrderSide.BUY, quantity: str = "2", **more: object) -> SentOrder:
    values = {
        "client_order_id": "C1",
        "symbol": "BTCUSDT",
        "side": side,
        "quantity": Decimal(quantity),
        "sent_ns": SENT_NS,
        "bid": Decimal("99.98"),
        "ask": Decimal("100.02"),
    }
    return SentOrder(**{**values, **more})


def a_report(exec_type: ExecType, after_ns: int = 0, **more: object) -> ExecutionReport:
    return ExecutionReport(
        symbol="BTCUSDT",
        exec_type=exec_type,
        ord_status=LiveOrderStatus.NEW,
        client_order_id="C1",
        ts_recv_ns=SENT_NS + after_ns,
        **more,
    )


def a_fill(name: str, quantity: str, px: str, after_ns: int = 0, **more: object) -> ExecutionReport:
    kind = more.pop("exec_type", ExecType.TRADE)
    return a_report(kind, after_ns, exec_id=name, last_qty=quantity, last_px=px, **more)


def test_a_purchase_costs_what_it_pays_beyond_the_offer() -> None:
    order = an_order()

    order.hear(a_report(ExecType.NEW, 500))
    order.hear(a_fill("E1", "0.5", "100.02", 900))
    order.hear(a_fill("E2", "1.5", "100.05", 1_400))

    assert (Decimal("0.045"), Decimal("0.17")) == (order.slippage, order.effective_spread)
    assert (Decimal(2), Decimal("200.085")) == (order.filled, order.notional)
    waits = [each - SENT_NS for each in (order.ack_ns, order.first_fill_ns, order.last_fill_ns)]
    assert [500, 900, 1_400] == waits


def test_a_sale_costs_what_it_gets_below_the_bid_and_a_better_price_earns() -> None:
    worse, better = an_order(OrderSide.SELL), an_order(OrderSide.SELL)

    worse.hear(a_fill("E1", "2", "99.90"))
    better.hear(a_fill("E1", "2", "100.01"))

    assert (Decimal("0.16"), Decimal("0.40")) == (worse.slippage, worse.effective_spread)
    assert (Decimal("-0.06"), Decimal("-0.04")) == (better.slippage, better.effective_spread)


def test_what_is_told_twice_corrected_or_taken_back_counts_as_it_stands() -> None:
    order = an_order(quantity="3")

    for _ in range(2):
        order.hear(a_fill("E1", "1", "100.02"))
    order.hear(a_fill("E2", "1", "105"))
    correct = {"exec_type": ExecType.TRADE_CORRECT, "exec_ref_id": "E2"}
    order.hear(a_fill("E3", "1", "100.04", **correct))
    order.hear(a_fill("E4", "1", "200"))
    order.hear(a_report(ExecType.TRADE_CANCEL, exec_id="E5", exec_ref_id="E4"))

    assert (Decimal(2), Decimal("0.02")) == (order.filled, order.slippage)


def test_without_a_quote_costs_are_unknown_and_nothing_is_made_up() -> None:
    order = an_order(bid=None, ask=None)
    order.hear(a_fill("E1", "2", "100"))

    found = quality_of([order])

    assert (None, None) == (order.slippage, order.effective_spread)
    assert (1, 0, None, None) == (
        found.filled,
        found.measured,
        found.slippage_bps,
        found.effective_spread_bps,
    )


def test_orders_together_have_their_sums_ratios_and_waits() -> None:
    orders = [an_order(quantity="1") for _ in range(10)]
    for place, order in enumerate(orders):
        order.hear(a_report(ExecType.NEW, 100 * (place + 1)))
    orders[0].hear(a_fill("E1", "1", "100.03", 2_000))
    orders[1].hear(a_fill("E1", "0.5", "100.02", 4_000))
    orders[2].hear(a_report(ExecType.REJECTED))

    found = quality_of(orders)

    assert (10, 1, 1, 1) == (found.orders, found.filled, found.partly, found.rejected)
    assert Decimal("0.1500") == found.fill_ratio
    assert Waits(10, 500, 900, 1_000) == found.ack
    assert Waits(2, 2_000, 4_000, 4_000) == found.first_fill
    # 0.01 beyond the offer; 2 * (0.03 + 0.01) beyond the middle, of 1.5 at 100
    assert (Decimal("0.01"), Decimal("0.08")) == (found.slippage, found.effective_spread)
    assert (Decimal("0.6667"), Decimal("5.3333")) == (
        found.slippage_bps,
        found.effective_spread_bps,
    )


def test_a_report_without_a_time_of_receipt_is_no_wait() -> None:
    order = an_order()
    order.hear(a_report(ExecType.NEW, -SENT_NS))

    assert Waits() == quality_of([order]).ack == quality_of([]).ack


def test_sums_are_exact_whatever_the_context_of_the_host() -> None:
    order = an_order(quantity="1.00000001", ask=Decimal("123456789.12345678"))
    with localcontext(prec=4):
        order.hear(a_fill("E1", "1.00000001", "123456789.12345679"))
        slippage = order.slippage

    assert Decimal("1.00000001E-8") == slippage


@pytest.mark.parametrize(("value", "expected"), [(Fraction(1, 3), "0.3333"), (Fraction(2), "2")])
def test_ratios_have_four_places(value, expected) -> None:
    assert Decimal(expected) == ratio(value)
