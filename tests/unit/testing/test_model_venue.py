"""The model venue keeps the truth, and says it in the manner of its style."""

from __future__ import annotations

import random
from decimal import Decimal

import pytest

from regimeflow.adapters.clock import ReplayClock
from regimeflow.testing.simulation.news import News
from regimeflow.testing.simulation.styles import ALPACA, BINANCE, BINANCE_IN_KIND, IB, STYLES, Style
from regimeflow.testing.simulation.tickets import Product, Stage, Ticket
from regimeflow.testing.simulation.venue import ModelVenue, Refusal
from regimeflow.types.enums import ExecType as X
from regimeflow.types.enums import OrderSide, OrderType, TimeInForce

PRODUCT = Product("ALPHA", "ALP", 2, 0, 1, 10_000)
SECOND = 1_000_000_000


class Floor:
    """A venue, its clock, and what it said."""

    def __init__(self, style: Style, seed: int = 1) -> None:
        self.clock = ReplayClock(SECOND)
        self.venue = ModelVenue(style, [PRODUCT], self.clock, random.Random(seed))
        self.said: list[News] = []
        self.venue.tell = self.said.append

    def order(self, qty: int = 10, px: int = 9_000, client_id: str = "c-1") -> Ticket:
        ticket = Ticket(
            client_id,
            PRODUCT,
            OrderSide.BUY,
            OrderType.LIMIT,
            TimeInForce.GTC,
            qty,
            px,
            None,
            0,
            self.clock.now_ns(),
            True,
        )
        self.venue.new_order(ticket)
        self.pass_time(5)
        return ticket

    def pass_time(self, seconds: int) -> None:
        self.clock.advance_to(self.clock.now_ns() + seconds * SECOND)

    def heard(self) -> list[X]:
        return [X(news["exec_type"]) for news in self.said]


@pytest.mark.parametrize("style", STYLES, ids=lambda style: style.name)
def test_a_resting_order_is_acknowledged_and_cancelled(style: Style) -> None:
    floor = Floor(style)
    ticket = floor.order()

    floor.venue.cancel(ticket.broker_id)
    floor.pass_time(5)

    assert Stage.CANCELLED is ticket.stage
    assert X.CANCELED is floor.heard()[-1]
    assert (X.PENDING_NEW in floor.heard()) is style.pending_first


@pytest.mark.parametrize("style", STYLES, ids=lambda style: style.name)
def test_what_fills_is_in_positions_and_cash_to_the_last_digit(style: Style) -> None:
    floor = Floor(style)
    ticket = floor.order(qty=7, px=20_000)
    ledger, fees = floor.venue.ledger, 0 if style.fee_currency else sum(f.fee for f in ticket.fills)

    spent = 10_000_000 * 10**ledger.money_places - ledger.cash

    assert ticket.cum == ledger.positions["ALPHA"] > 0
    assert spent == ticket.notional + fees
    assert sum(each.qty for each in ledger.executions) == ticket.cum


def test_a_client_id_may_come_again_as_its_style_says() -> None:
    ends = {}
    for style in STYLES:
        floor = Floor(style)
        first = floor.order()
        floor.venue.cancel(first.broker_id)
        floor.pass_time(5)
        try:
            floor.order()
            ends[style.name] = "taken"
        except Refusal:
            ends[style.name] = "refused"

    assert {
        "binance-like": "taken",
        "binance-like-in-kind": "taken",
        "alpaca-like": "refused",
        "ib-like": "taken",
        "nameless": "refused",
    } == ends


def test_a_change_makes_a_new_id_where_the_style_says_so() -> None:
    ids = {}
    for style in (ALPACA, IB):
        floor = Floor(style)
        ticket = floor.order()
        floor.venue.replace(ticket.broker_id, 12, None, None)
        floor.pass_time(5)
        ids[style.name] = len(ticket.broker_ids), ticket.qty

    assert {"alpaca-like": (2, 12), "ib-like": (1, 12)} == ids


def test_a_cancel_replace_says_that_the_old_leg_is_cancelled() -> None:
    floor = Floor(BINANCE, seed=3)
    ticket = floor.order()
    floor.said.clear()

    floor.venue.replace(ticket.broker_id, 12, None, None)

    assert [X.CANCELED, X.REPLACED] == floor.heard()
    assert Stage.WORKING is ticket.stage


def test_a_correction_and_a_bust_move_the_truth_and_name_what_they_replace() -> None:
    floor = Floor(IB)
    ticket = floor.order(qty=3, px=20_000)
    first = ticket.fills[0]

    floor.venue.revise(first, px=first.px + 5, works_on=False)
    corrected = floor.venue.ledger.executions[-1]
    floor.venue.revise(corrected, px=None, works_on=False)

    assert ticket.cum == sum(each.qty for each in ticket.fills) - first.qty
    assert [X.TRADE_CORRECT, X.TRADE_CANCEL] == floor.heard()[-2:]
    assert first.exec_id == floor.said[-2]["exec_ref_id"]
    assert floor.said[-2]["exec_id"] == floor.said[-1]["exec_ref_id"]


def test_a_fill_is_named_the_same_on_the_stream_and_when_asked_for() -> None:
    floor = Floor(ALPACA)
    ticket = floor.order(qty=5, px=20_000)

    asked = floor.venue.executions(0, floor.clock.now_ns())

    told = [news["exec_id"] for news in floor.said if X.TRADE == news["exec_type"]]
    assert told == [each["exec_id"] for each in asked]
    assert f"{ticket.broker_id}:{ticket.cum}" == told[-1]


def test_the_past_can_be_read_as_it_was() -> None:
    floor = Floor(BINANCE)
    before_ns = floor.clock.now_ns()
    floor.pass_time(1)
    floor.order(qty=5, px=20_000)

    assert [] == floor.venue.open_orders(before_ns)
    assert None is floor.venue.find("c-1", before_ns)
    assert {"ALPHA": 0} == floor.venue.ledger.account_of(before_ns)[1]
    assert [] == floor.venue.executions(0, before_ns)


def test_two_venues_of_one_seed_say_the_same() -> None:
    said = []
    for _ in range(2):
        floor = Floor(ALPACA, seed=9)
        for number in range(20):
            floor.order(qty=number + 1, px=9_990 + number, client_id=f"c-{number}")
            floor.venue.step()
        said.append(floor.said)

    assert said[0] == said[1]
    assert len(said[0]) > 20


def test_an_average_price_is_shown_to_four_places_more_than_the_tick() -> None:
    floor = Floor(BINANCE)
    ticket = floor.order(qty=9, px=20_000)
    shown = [Decimal(news["avg_px"]) for news in floor.said if news.get("avg_px")]

    assert all(
        abs(each * ticket.cum - Decimal(ticket.notional) / 100) < Decimal("0.001") * ticket.cum
        for each in shown
    )


def test_a_commission_in_kind_comes_out_of_what_was_bought_and_names_it() -> None:
    floor = Floor(BINANCE_IN_KIND)
    ticket = floor.order(qty=5_000, px=20_000)
    fills = [news for news in floor.said if X.TRADE == news["exec_type"]]

    paid = sum(int(news["commission"]) for news in fills)

    assert 0 < paid == ticket.cum - floor.venue.ledger.positions["ALPHA"]
    assert {"ALP"} == {news["commission_currency"] for news in fills}
    assert floor.venue.ledger.cash == 10_000_000 * 10**2 - ticket.notional
