"""The session: commands, reports, and what can be asked for."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from decimal import Decimal
from pathlib import Path
from typing import TypeVar

import pytest

from regimeflow._core.messages import (
    AccountInfo,
    Position,
)
from regimeflow.adapters.brokers.paper import desk
from regimeflow.domain.orders.order import OrderModification
from regimeflow.types.enums import ExecType, LiveOrderStatus
from regimeflow.types.errors import (
    BrokerError,
    NetworkError,
    Outcome,
)
from tests.support.paper import PaperSession, an_order
from tests.support.recording import START_NS, STEP_NS, Recording, a_small_market

T = TypeVar("T")
NEXT = 4


def run(work: Coroutine[object, object, T]) -> T:
    return asyncio.run(work)


def a_longer_market(lines: int = 3) -> Recording:
    recording = a_small_market()
    for _ in range(lines):
        recording.depth(1, 1)
    return recording


def test_without_a_session_nothing_leaves_and_nothing_is_read(tmp_path: Path) -> None:
    adapter = PaperSession(a_small_market(), tmp_path).adapter

    async def ask() -> list[Outcome]:
        outcomes = []
        for call in (
            lambda: adapter.submit_order(an_order()),
            lambda: adapter.cancel_order("P-1"),
            lambda: adapter.modify_order("P-1", OrderModification(quantity="2")),
            adapter.get_account_info,
            adapter.get_positions,
            adapter.get_open_orders,
            lambda: adapter.find_order("c-1"),
            lambda: adapter.get_executions(0),
            lambda: adapter.get_bars("BTCUSDT", 0, "1m"),
            lambda: adapter.get_instrument("BTCUSDT"),
            lambda: adapter.subscribe_market_data(["BTCUSDT"]),
            lambda: adapter.unsubscribe_market_data(["BTCUSDT"]),
        ):
            with pytest.raises(NetworkError) as caught:
                await call()
            outcomes.append(caught.value.outcome)
        return outcomes

    assert {Outcome.NOT_SENT} == set(run(ask()))
    assert not adapter.is_connected()


def test_connecting_and_disconnecting_twice_is_harmless(tmp_path: Path) -> None:
    adapter = PaperSession(a_small_market(), tmp_path).adapter

    async def scene() -> list[bool]:
        seen = []
        for step in (adapter.connect, adapter.connect, adapter.disconnect, adapter.disconnect):
            await step()
            seen.append(adapter.is_connected())
        return seen

    assert [True, True, False, False] == run(scene())


def test_the_answer_to_a_command_is_there_at_once_and_its_report_later(tmp_path: Path) -> None:
    session = PaperSession(a_longer_market(), tmp_path, latency_ms=5.0)

    async def scene() -> list[object]:
        await session.adapter.connect()
        answers = [await session.adapter.submit_order(an_order())]
        answers.append(await session.adapter.cancel_order("P-1"))
        answers.append(await session.adapter.modify_order("P-1", OrderModification(quantity=2)))
        return [*answers, len(session.reports)]

    assert [None, None, None, 0] == run(scene())


def test_requests_and_reports_take_their_latency_each_way(tmp_path: Path) -> None:
    session = PaperSession(a_longer_market(), tmp_path, latency_ms=5.0, latency_jitter_ms=2.0)
    session.submit(NEXT, an_order()).play()

    sent_ns = START_NS + NEXT * STEP_NS - 1
    new = session.reports[0]

    assert 5_000_000 <= new.ts_event_ns - sent_ns <= 7_000_000
    assert 5_000_000 <= new.ts_recv_ns - new.ts_event_ns <= 7_000_000


def test_an_order_arrives_before_an_event_of_the_same_instant(tmp_path: Path) -> None:
    recording = a_small_market().quote(("100.00", "2"), ("100.05", "9"), update_id=106)
    session = PaperSession(recording, tmp_path)
    session.adapter.clock.call_at(
        START_NS + NEXT * STEP_NS, lambda: session.adapter.submit_order(an_order())
    )

    session.play()

    assert [("1", "100.01", "TAKER")] == session.fills


def test_every_report_names_its_order_and_no_exec_id_comes_twice(tmp_path: Path) -> None:
    session = PaperSession(a_longer_market(), tmp_path)
    session.submit(NEXT, an_order(7, qty="3")).play()

    reports = session.reports

    ids = {(one.order_id, one.client_order_id, one.broker_order_id) for one in reports}
    assert {(7, "c-7", "P-1")} == ids
    assert len(reports) == len({one.exec_id for one in reports})
    last = reports[-1]
    assert ExecType.TRADE == last.exec_type
    assert LiveOrderStatus.FILLED == last.ord_status
    assert (3.0, 3.0, 0.0) == (last.order_qty, last.cum_qty, last.leaves_qty)
    assert Decimal("100.016667") == last.avg_px_dec
    assert (Decimal("0.20004"), "USDT") == (last.commission_dec, last.commission_currency)


def test_a_fill_moves_position_and_account(tmp_path: Path) -> None:
    session = PaperSession(a_longer_market(), tmp_path, cash=Decimal(1_000))
    session.submit(NEXT, an_order()).play()

    position, account = session.updates

    assert isinstance(position, Position)
    assert isinstance(account, AccountInfo)
    assert (1.0, 100.01, 100.005) == (position.quantity, position.avg_px, position.market_px)
    assert Decimal("899.88999") == account.cash_dec
    assert Decimal("999.89499") == account.equity_dec
    balances = [(one.asset, one.free, one.locked) for one in account.balances]
    assert [("USDT", 899.88999, 0.0), ("BTC", 1.0, 0.0)] == balances


def test_positions_at_the_start_are_valued_at_the_first_mid(tmp_path: Path) -> None:
    session = PaperSession(a_small_market(), tmp_path, positions={"BTCUSDT": "2"}).play()

    (position,) = run(session.adapter.get_positions())

    assert (2.0, 100.005) == (position.quantity, position.avg_px)
    assert Decimal("10200.01") == session.account.equity_dec


# asking


def test_open_orders_and_any_order_can_be_asked_for(tmp_path: Path) -> None:
    session = PaperSession(a_longer_market(), tmp_path)
    session.submit(NEXT, an_order(1, limit="99")).submit(NEXT, an_order(2)).play()
    adapter = session.adapter

    (open_order,) = run(adapter.get_open_orders())
    found = run(adapter.find_order("c-2"))
    none = run(adapter.find_order("c-9"))

    assert (ExecType.ORDER_STATUS, LiveOrderStatus.NEW) == (
        open_order.exec_type, open_order.ord_status,
    )  # fmt: skip
    assert "c-1" == open_order.client_order_id
    assert found is not None
    assert LiveOrderStatus.FILLED == found.ord_status
    assert none is None


def test_executions_can_be_read_again(tmp_path: Path) -> None:
    session = PaperSession(a_longer_market(), tmp_path)
    session.submit(NEXT, an_order(1, qty="3")).play()

    executions = run(session.adapter.get_executions(0))
    later = run(session.adapter.get_executions(executions[-1].ts_event_ns + 1))

    assert session.reports[1:] == executions
    assert [] == later


def test_executions_that_were_forgotten_are_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(desk, "KEPT_EXECUTIONS", 2)
    session = PaperSession(a_longer_market(), tmp_path)
    session.submit(NEXT, an_order(1, qty="3")).submit(5, an_order(2, qty="1")).play()

    with pytest.raises(BrokerError, match="forgotten"):
        run(session.adapter.get_executions(0))
    assert [2] == [
        one.order_id for one in run(session.adapter.get_executions(START_NS + 45 * 10**6))
    ]


def test_bars_are_made_of_what_was_played(tmp_path: Path) -> None:
    recording = a_small_market().wait(60_000).trade("100.5", "2", aggressor="buy", trade_id=2)
    session = PaperSession(recording, tmp_path).play()

    bars = run(session.adapter.get_bars("BTCUSDT", 0, "1s"))

    assert [(100.0, 0.001)] == [(bar.close_px, bar.volume) for bar in bars]


def test_the_instrument_is_as_configured(tmp_path: Path) -> None:
    override = {"BTCUSDT": {"min_notional": "5", "tick_size": "0.05"}}
    session = PaperSession(a_small_market(), tmp_path, instruments=override).play()

    instrument = run(session.adapter.get_instrument("BTCUSDT"))

    assert (Decimal(5), Decimal("0.05")) == (instrument.min_notional, instrument.tick_size)


def test_what_the_venue_can_do_follows_its_settings(tmp_path: Path) -> None:
    plain = PaperSession(a_small_market(), tmp_path).adapter
    hours = {"BTCUSDT": {"session": {"open_time": "10:00", "close_time": "11:00"}}}
    other = PaperSession(a_small_market(), tmp_path, allow_short=True, instruments=hours).adapter

    told = [(c.allows_short, c.has_sessions) for c in (plain.capabilities(), other.capabilities())]

    assert [(False, False), (True, True)] == told
    assert plain.max_orders_per_second() > 0
    assert plain.max_messages_per_second() > 0
    plain.poll()


@pytest.mark.parametrize(
    "order", [an_order(client_order_id="x" * 37), an_order(symbol="\u20ac" * 11)]
)
def test_an_id_that_no_message_can_carry_is_refused_at_once(tmp_path: Path, order: object) -> None:
    adapter = PaperSession(a_small_market(), tmp_path).adapter

    async def ask() -> Outcome:
        await adapter.connect()
        with pytest.raises(BrokerError) as caught:
            await adapter.submit_order(order)
        return caught.value.outcome

    assert Outcome.REFUSED is run(ask())
