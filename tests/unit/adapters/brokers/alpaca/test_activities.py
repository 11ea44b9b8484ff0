"""What Alpaca's activities are that are no fills."""

from __future__ import annotations

from decimal import Decimal

import pytest

from regimeflow.adapters.brokers._shared.instants import instant_ns
from regimeflow.adapters.brokers.alpaca.activities import Moves
from regimeflow.domain.moves import MoveKind, is_move, move_of
from regimeflow.types.errors import BrokerError

SYMBOLS = {"AAPL": "AAPL", "BTC/USD": "BTC/USD", "BTCUSD": "BTC/USD"}
ROW = {
    "id": "20261123000000000::1", "activity_type": "DIV", "date": "2026-11-23", "symbol": "AAPL",
    "net_amount": "25", "qty": "100", "per_share_amount": "0.25", "status": "executed",
}  # fmt: skip


def told(*rows, moves=None, now_ns=7):
    made = moves or Moves(SYMBOLS)
    return made.reports([ROW | row for row in rows], now_ns=now_ns, recv_ns=8)


@pytest.mark.parametrize(
    ("row", "kind", "quantity", "amount"),
    [
        ({}, MoveKind.INCOME, 0, 25),
        ({"symbol": "MSFT"}, MoveKind.INCOME, 0, 25),
        ({"activity_type": "SPLIT", "net_amount": "0"}, MoveKind.SPLIT, 100, 0),
        ({"activity_type": "CSW", "qty": "", "net_amount": "-9"}, MoveKind.TRANSFER, 0, -9),
        ({"activity_type": "JNLS", "net_amount": "0"}, MoveKind.TRANSFER, 100, 0),
        ({"activity_type": "FEE", "qty": None, "net_amount": "-0.02"}, MoveKind.FEE, 0, "-0.02"),
        (
            {"activity_type": "CFEE", "symbol": "BTCUSD", "qty": "-0.1", "net_amount": "0"},
            MoveKind.FEE,
            "-0.1",
            0,
        ),
        ({"activity_type": "MA", "qty": "-100"}, MoveKind.OTHER, -100, 25),
    ],
)
def test_each_kind_moves_what_it_moves(row, kind, quantity, amount):
    (report,) = told(row)

    move = move_of(report)
    assert is_move(report)
    assert (kind, Decimal(quantity), Decimal(amount)) == (move.kind, move.quantity, move.amount)


def test_a_split_that_is_told_in_two_rows_is_one():
    split = {"activity_type": "SPLIT", "net_amount": "0"}

    (report,) = told(split | {"qty": "-100"}, split | {"qty": "200", "id": "20261123000000000::2"})

    assert Decimal(100) == move_of(report).quantity


def test_an_exercise_and_what_it_brings_are_two_though_they_have_one_id():
    option = "AAPL230721C00150000"
    exercise = {"activity_type": "OPEXC", "symbol": option, "qty": "-2", "net_amount": "0"}
    trade = {"activity_type": "OPTRD", "qty": "200", "net_amount": "-30000"}

    reports = told(exercise, trade, moves=Moves(SYMBOLS | {option: option}))

    moves = [move_of(report) for report in reports]
    assert [(option, -2, 0), ("AAPL", 200, -30_000)] == [
        (move.symbol, move.quantity, move.amount) for move in moves
    ]
    assert 2 == len({report.exec_id for report in reports})


def test_what_was_taken_back_and_what_moves_nothing_here_is_left_out():
    nothing = {"activity_type": "SPLIT", "symbol": "MSFT", "net_amount": "0"}

    assert [] == told({"status": "canceled"}, nothing, {"activity_type": "MEM"})


def test_a_date_alone_counts_from_when_it_was_first_seen():
    moves = Moves(SYMBOLS)

    first, again = told({}, moves=moves, now_ns=5), told({}, moves=moves, now_ns=9)
    timed = told({"created_at": "2026-11-23T12:00:00Z"})

    assert [5, 5] == [each.ts_event_ns for each in (*first, *again)]
    assert instant_ns("2026-11-23T12:00:00Z") == timed[0].ts_event_ns


@pytest.mark.parametrize(
    "wrong", [{"id": ""}, {"qty": "many", "activity_type": "SPLIT"}, {"date": "soon"}]
)
def test_what_lacks_what_an_activity_has_is_an_error(wrong):
    with pytest.raises(BrokerError, match="activities"):
        told(wrong)
