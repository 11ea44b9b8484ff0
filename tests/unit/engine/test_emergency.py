"""What happens when a broker does not do what an emergency asks of it."""

from __future__ import annotations

import asyncio
from decimal import Decimal

from regimeflow.engine.emergency import Done, Emergency
from regimeflow.live import BrokerError, NetworkError, OrderSide
from regimeflow.types.errors import Outcome
from tests.support.keeping import KeepingVenue


async def at_once(_: float) -> None:
    await asyncio.sleep(0)


def run(venue: KeepingVenue, what: str, **options: object) -> Done:
    async def act() -> Done:
        async with Emergency(venue, wait_s=0.5, pause=at_once, **options) as emergency:
            return await getattr(emergency, what)()

    return asyncio.run(act())


def refusing(text: str, outcome: Outcome = Outcome.REFUSED):
    async def refuse() -> None:
        kind = BrokerError if outcome is Outcome.REFUSED else NetworkError
        raise kind(text, outcome=outcome)

    return refuse


def test_a_cancel_that_is_refused_is_left_with_the_brokers_words() -> None:
    venue = KeepingVenue()
    venue.by_hand("M1", "2")
    venue.before["cancel"] = refusing("too late for that")

    found = run(venue, "cancel_all")

    assert (0, ()) == (found.asked, found.done)
    assert ("BUY 2 BTCUSDT LIMIT at 100 hand-M1: too late for that",) == found.left


def test_only_the_symbols_that_are_named_are_touched() -> None:
    venue = KeepingVenue()
    venue.by_hand("M1")
    venue.by_hand("M2", symbol="ETHUSDT")

    found = run(venue, "cancel_all", only=("ETHUSDT",))

    assert 1 == found.asked
    assert {"M2"} == venue.ended


def test_a_symbol_of_which_an_order_is_still_open_is_not_closed() -> None:
    venue = KeepingVenue()
    venue.positions["BTCUSDT"] = Decimal(1)
    venue.by_hand("M1", side=OrderSide.SELL)
    venue.before["cancel"] = refusing("no")

    found = run(venue, "flatten")

    assert "submit" not in venue.calls
    assert "1 BTCUSDT: an order of it is still open" in found.left


def test_an_exit_that_may_have_left_is_never_sent_again() -> None:
    venue = KeepingVenue()
    venue.positions["BTCUSDT"] = Decimal(-1)
    venue.before["submit"] = refusing("no answer", Outcome.UNKNOWN)

    found = run(venue, "flatten")

    assert 1 == venue.calls.count("submit")
    assert ("-1 BTCUSDT: no answer",) == found.left


def test_what_is_less_than_a_lot_is_left_and_said() -> None:
    venue = KeepingVenue()
    venue.positions["BTCUSDT"] = Decimal("0.000001")

    found = run(venue, "flatten")

    assert ("0.000001 BTCUSDT: less than a lot of 0.00001",) == found.left


def test_an_exit_that_does_not_fill_is_left() -> None:
    venue = KeepingVenue()
    venue.positions["BTCUSDT"] = Decimal("1.000001")

    found = run(venue, "flatten")

    (order,) = venue.orders.values()
    assert (OrderSide.SELL, Decimal(1)) == (order.side, order.quantity)
    assert ("1.000001 BTCUSDT: the broker still has it",) == found.left
