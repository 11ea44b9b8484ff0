"""Every recorded account event through the adapter: what it becomes; none is a surprise."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path

import pytest

from regimeflow.adapters.brokers.binance.account import AccountEvents
from regimeflow.adapters.brokers.binance.orders import KnownOrders
from regimeflow.live import ExecType, ExecutionReport, LiveOrderStatus, OrderSide, Position
from tests.support.binance import PAYLOADS, needs_payloads

X, S = ExecType, LiveOrderStatus


class Desk:
    """Account events with everything they said."""

    def __init__(self) -> None:
        self.reports: list[ExecutionReport] = []
        self.positions: list[Position] = []
        self.ends: list[str] = []
        self.told: list[str] = []
        self.events = AccountEvents(
            KnownOrders(),
            self,  # type: ignore[arg-type]  # it asks for nothing but a symbol
            on_report=self.reports.append,
            on_position=self.positions.append,
            on_end=self.ends.append,
            tell=self.told.append,
        )

    def account_after(self, changes: object) -> None:
        """It was not asked for."""

    def symbol_of(self, asset: str) -> str | None:
        return "ETHUSDT" if asset == "ETH" else None

    def take(self, *events: object) -> None:
        for event in events:
            self.events.take(json.dumps(event).encode())


def events_of(name: str) -> list[object]:
    said = json.loads((PAYLOADS / name).read_text())
    return said if isinstance(said, list) else [said]


@needs_payloads
def test_an_order_that_is_placed_and_filled_says_each_once():
    desk = Desk()
    desk.take(*events_of("order_updates/WebSocketGlobalSpotLimitSubmittedFilled.json"))

    new, fill = desk.reports
    assert (X.NEW, S.NEW) == (new.exec_type, new.ord_status)
    assert (X.TRADE, S.FILLED, "ACHUSDT-65044226") == (
        fill.exec_type,
        fill.ord_status,
        fill.exec_id,
    )
    assert (Decimal(800), Decimal("0.00656"), Decimal("0.00000632"), "BNB") == (
        fill.last_qty_dec,
        fill.last_px_dec,
        fill.commission_dec,
        fill.commission_currency,
    )
    assert 1772459340067 * 10**6 == fill.ts_event_ns


@needs_payloads
def test_a_stop_is_held_then_works_then_fills():
    desk = Desk()
    desk.take(*events_of("order_updates/WebSocketGlobalSpotStopLimitSubmittedTriggerFilled.json"))

    assert [S.INACTIVE, S.NEW, S.FILLED] == [S(each.ord_status) for each in desk.reports]
    assert Decimal("0.0262") == desk.reports[0].stop_px_dec


@needs_payloads
@pytest.mark.parametrize(
    ("name", "exec_type", "status"),
    [
        ("order_updates/nt_execution_report_expired.json", X.EXPIRED, S.EXPIRED),
        ("order_updates/ws_execution_report_canceled.json", X.CANCELED, S.CANCELLED),
        ("order_updates/ws_execution_report_binance_us.json", X.TRADE, S.FILLED),
        ("rejects/ws_execution_report_rejected.json", X.REJECTED, S.REJECTED),
    ],
)
def test_an_event_is_what_its_words_say(name, exec_type, status):
    desk = Desk()
    desk.take(*events_of(name))

    (report,) = desk.reports
    assert (exec_type, status) == (report.exec_type, report.ord_status)


@needs_payloads
def test_balances_are_positions_of_the_pairs_that_are_traded():
    desk = Desk()
    desk.take(*events_of("account/nt_account_position_wrapped.json"))

    (position,) = desk.positions
    assert ("ETHUSDT", Decimal(10_000)) == (position.symbol, position.quantity_dec)


@needs_payloads
def test_a_stream_that_the_venue_ends_is_replaced():
    desk = Desk()
    desk.take(*events_of("control/doc_eventStreamTerminated.json"))

    assert 1 == len(desk.ends)


@needs_payloads
@pytest.mark.parametrize(
    "path", sorted(PAYLOADS.glob("order_updates/*.json")), ids=lambda path: path.name
)
def test_no_recorded_event_raises(path: Path):
    desk = Desk()

    desk.take(*json.loads(f"[{path.read_text()}]"))
    desk.take(*events_of(f"order_updates/{path.name}"))

    assert 0 == desk.events.broken


def test_words_of_tomorrow_are_told_once_and_move_nothing():
    desk = Desk()
    event = {
        "e": "executionReport", "E": 1, "s": "ETHUSDT", "c": "mine", "S": "BUY", "o": "FANCY",
        "f": "GTX", "q": "1", "p": "1", "P": "0", "C": "", "x": "FOO", "X": "BAR", "r": "NONE",
        "i": 7, "l": "0", "z": "0", "L": "0", "n": "0", "N": None, "T": 1, "t": -1, "I": 5,
        "w": True, "m": False, "O": 1, "Z": "0", "Y": "0", "Q": "0", "new": {"a": [1]},
    }  # fmt: skip
    desk.take({"subscriptionId": 0, "event": event}, {"subscriptionId": 0, "event": event})

    assert {X.ORDER_STATUS} == {X(each.exec_type) for each in desk.reports}
    assert {S.ERROR} == {S(each.ord_status) for each in desk.reports}
    assert {OrderSide.BUY} == {OrderSide(each.side) for each in desk.reports}
    assert len(set(desk.told)) == len(desk.told) > 0


@pytest.mark.parametrize("frame", [b"", b"{", b"[]", b"7", b'{"subscriptionId":0}', b"\xff"])
def test_what_is_no_event_raises_nothing(frame):
    desk = Desk()

    desk.events.take(frame)

    assert [] == desk.reports
