"""The script that justifies fills finds the wrong ones, on a small market written by hand.

The market (tests/support/justify_market.txt; times in ms): at 1020 the bid is 2.000 at 99.99, the
ask 1.000 at 100.01, 2.500 at 100.02 and 4.000 at 100.05 behind it. Trades at 99.99 of 1.500 (1040)
and 0.700 (1050); the ask comes down to 99.99 with 0.100 (1060); a trade of 0.900 at 99.97 (1070);
the ask is back at 100.01 (1080); the book shows only 1.000 at 100.05 (1100); trades there of 1.200
(1110, older than that book) and 1.250 (1120); 5.000 at 100.06 (1140); a buyer's 0.300 at 99.97.
"""

from __future__ import annotations

import functools
import importlib
import json
import subprocess
import sys
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

HERE = Path(__file__).parent
SCRIPT = HERE / "justify_fills.py"
MARKET = HERE.parent / "support" / "justify_market.txt"
NS_PER_MS = 1_000_000
LATENCY_MS = 5

Line = dict[str, Any]
Judge = Callable[[list[Line]], tuple[int, str]]


def an_order(
    at_ms: int,
    status: str,
    key: int,
    what: str,
    cum_qty: str = "0",
    *,
    order_type: str = "LIMIT",
) -> Line:
    """One order line; ``what`` is "BUY 0.500 99.99", at_ms the venue's time."""
    side, quantity, *price = what.split()
    is_local = status.startswith("PENDING")
    is_open = status in {"NEW", "PARTIALLY_FILLED", "PENDING_NEW"}
    data = {
        "order_id": key,
        "client_order_id": f"c-{key}",
        "broker_order_id": f"P-{key}",
        "symbol": "TSTUSD",
        "side": side,
        "type": order_type,
        "quantity": quantity,
        "limit_price": price[0] if price else None,
        "status": status,
        "cum_qty": cum_qty,
        "leaves_qty": str(Decimal(quantity) - Decimal(cum_qty)) if is_open else "0",
        "transact_time_ns": 0 if is_local else at_ms * NS_PER_MS,
    }
    heard_ms = at_ms if is_local else at_ms + LATENCY_MS
    return {"kind": "order", "ts_ns": heard_ms * NS_PER_MS, "text": "", "data": data}


def a_fill(at_ms: int, key: int, what: str, exec_id: str, liquidity: str = "MAKER") -> Line:
    side, quantity, price = what.split()
    data: Line = {
        "symbol": "TSTUSD",
        "side": side,
        "quantity": quantity,
        "price": price,
        "commission": str(Decimal(quantity) * Decimal(price) * Decimal("0.001")),
        "liquidity": liquidity,
        "order_id": key,
        "exec_id": exec_id,
        "ts_event_ns": at_ms * NS_PER_MS,
    }
    return {"kind": "fill", "ts_ns": (at_ms + LATENCY_MS) * NS_PER_MS, "text": "", "data": data}


def an_order_of(key: int, arrives_ms: int, what: str, **more: str) -> list[Line]:
    return [
        an_order(arrives_ms - LATENCY_MS, "PENDING_NEW", key, what, **more),
        an_order(arrives_ms, "NEW", key, what, **more),
    ]


def a_rightful_run() -> list[Line]:
    """Fills by each rule: M2, M3, M1 for order 1, T1 over two levels for 2, M2 for 3."""
    return [
        {"kind": "connected", "ts_ns": 0, "text": "", "data": {}},
        *an_order_of(1, 1030, "BUY 0.500 99.99"),
        an_order(1050, "PARTIALLY_FILLED", 1, "BUY 0.500 99.99", "0.200"),
        a_fill(1050, 1, "BUY 0.200 99.99", "e1"),
        a_fill(1060, 1, "BUY 0.100 99.99", "e2"),
        a_fill(1070, 1, "BUY 0.200 99.99", "e3"),
        an_order(1070, "FILLED", 1, "BUY 0.500 99.99", "0.500"),
        *an_order_of(2, 1085, "BUY 3.000", order_type="MARKET"),
        a_fill(1085, 2, "BUY 1.000 100.01", "e4", "TAKER"),
        a_fill(1085, 2, "BUY 2.000 100.02", "e5", "TAKER"),
        an_order(1085, "FILLED", 2, "BUY 3.000", "3.000", order_type="MARKET"),
        *an_order_of(3, 1090, "SELL 0.300 100.05"),
        a_fill(1120, 3, "SELL 0.250 100.05", "e6"),
        an_order(1130, "CANCELLED", 3, "SELL 0.300 100.05", "0.250"),
    ]


@functools.cache
def script() -> ModuleType:
    """The script finds its parts beside itself, as it does when it is run."""
    sys.path.insert(0, str(HERE))
    return importlib.import_module("justify_fills")


@pytest.fixture
def judged(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Judge:
    def judge(lines: list[Line]) -> tuple[int, str]:
        run = tmp_path / "run.jsonl"
        run.write_text("".join(json.dumps(line) + "\n" for line in lines))
        code = script().main([str(MARKET), "--run", str(run), "--latency-ms", "5"])
        return code, capsys.readouterr().out

    return judge


def the_fill(lines: list[Line], exec_id: str) -> Line:
    return next(
        line["data"]
        for line in lines
        if line["kind"] == "fill" and line["data"]["exec_id"] == exec_id
    )


def put(lines: list[Line], fill: str, /, **changes: str | int) -> list[Line]:
    """Change a fill, its commission with it."""
    data = the_fill(lines, fill) | changes
    if "commission" not in changes:
        value = Decimal(data["quantity"]) * Decimal(data["price"]) * Decimal("0.001")
        data["commission"] = str(value)
    the_fill(lines, fill).update(data)
    return lines


def test_a_rightful_run_is_justified_fill_by_fill(judged: Judge) -> None:
    code, said = judged(a_rightful_run())

    assert 0 == code, said
    assert "6 of 6 fills justified, 0 not" in said
    for count, rule in ((2, "T1"), (1, "M1"), (2, "M2"), (1, "M3")):
        assert f"{count} {rule} " in said


CHANGED = {
    "more than the trade left after the queue": (
        "e1", {"quantity": "0.201"}, "leaves at most 0.2 for it"
    ),
    "another price than the order's": (
        "e1", {"price": "99.98"}, "a maker at 99.99 is filled at its own price"
    ),
    "before the queue had traded": (
        "e1", {"ts_event_ns": 1040 * NS_PER_MS}, "leaves at most 0 for it"
    ),
    "from nothing that was recorded": (
        "e1", {"ts_event_ns": 1051 * NS_PER_MS}, "the recording has nothing of TSTUSD"
    ),
    "an exec id for the second time": ("e3", {"exec_id": "e2"}, "exec id e2 was on line"),
    "after the cancel": (
        "e6", {"ts_event_ns": 1140 * NS_PER_MS}, "after its order was ended at 1130000000"
    ),
    "before the order arrived": (
        "e6", {"ts_event_ns": 1080 * NS_PER_MS}, "before its order arrived at 1090000000"
    ),
    "from a trade that the book held already": (
        "e6", {"ts_event_ns": 1110 * NS_PER_MS}, "is older than the book"
    ),
    "from a trade of another price": (
        "e6", {"ts_event_ns": 1070 * NS_PER_MS}, "before its order arrived"
    ),
    "more than the opposite side offered": (
        "e2", {"quantity": "0.101"}, "the opposite side offered 0.1 up to its price"
    ),
    "a level passed over": ("e4", {"price": "100.02"}, "the best visible price was 100.01"),
    "a level not exhausted": ("e4", {"quantity": "0.900"}, "with 0.1 left here"),
    "more than a level held": ("e4", {"quantity": "1.001"}, "only 1 was offered there"),
    "taking at another time than its arrival": (
        "e5", {"ts_event_ns": 1100 * NS_PER_MS}, "a MARKET order takes on its arrival"
    ),
    "an order of the other side": ("e1", {"side": "SELL"}, "its order is BUY TSTUSD"),
    "off the tick": ("e1", {"price": "99.995"}, "not on the tick 0.01"),
    "off the lot": ("e1", {"quantity": "0.1995"}, "not on the lot 0.001"),
    "too small a commission": ("e1", {"commission": "0.019"}, "x 0.001 is 0.01999800"),
    "an order that nobody told of": ("e1", {"order_id": 9}, "no line tells of its order"),
}  # fmt: skip


@pytest.mark.parametrize(("exec_id", "changes", "why"), CHANGED.values(), ids=CHANGED)
def test_a_wrong_fill_is_found(
    judged: Judge, exec_id: str, changes: dict[str, str | int], why: str
) -> None:
    code, said = judged(put(a_rightful_run(), exec_id, **changes))

    assert 1 == code
    assert why in said


ADDED = {
    "more than the order's quantity": (
        [a_fill(1070, 1, "BUY 0.001 99.99", "x1")], "its order is filled to 0.501 of 0.5"
    ),
    "one trade used twice over": (
        [
            *an_order_of(4, 1055, "BUY 0.900 99.98"),
            a_fill(1070, 4, "BUY 0.701 99.98", "x1"),
            an_order(1200, "CANCELLED", 4, "BUY 0.900 99.98", "0.701"),
        ],
        "trade 3 of 0.9 at 99.97 leaves at most 0.7 for it",
    ),
    "a level taken twice without another statement of the feed": (
        [
            *an_order_of(4, 1145, "BUY 0.200 100.01"),
            a_fill(1145, 4, "BUY 0.200 100.01", "x1", "TAKER"),
            an_order(1145, "FILLED", 4, "BUY 0.200 100.01", "0.200"),
        ],
        "only 0 was offered there, it took 0.2",
    ),
    "a better priced order passed over": (
        [
            *an_order_of(4, 1132, "SELL 0.100 100.03"),
            *an_order_of(5, 1132, "SELL 0.200 100.05"),
            a_fill(1140, 5, "SELL 0.200 100.05", "x1"),
            an_order(1140, "FILLED", 5, "SELL 0.200 100.05", "0.200"),
        ],
        "order 4 at a better price was still open",
    ),
    "a trade whose aggressor came from our own side": (
        [
            *an_order_of(4, 1145, "BUY 0.100 99.97"),
            a_fill(1150, 4, "BUY 0.100 99.97", "x1"),
            an_order(1150, "FILLED", 4, "BUY 0.100 99.97", "0.100"),
        ],
        "the aggressor came from its own side",
    ),
    "taking beyond the limit": (
        [
            *an_order_of(4, 1088, "BUY 0.500 100.01"),
            a_fill(1088, 4, "BUY 0.500 100.02", "x1", "TAKER"),
            an_order(1088, "FILLED", 4, "BUY 0.500 100.01", "0.500"),
        ],
        "the price is beyond its limit",
    ),
    "a cum_qty that the fills do not make": (
        [an_order(1130, "CANCELLED", 3, "SELL 0.300 100.05", "0.300")],
        "WRONG order 3: fills of 0.25, final cum_qty 0.3",
    ),
    "an arrival sooner than the latency": (
        [an_order(1140, "PENDING_NEW", 4, "BUY 1 99"), an_order(1144, "NEW", 4, "BUY 1 99")],
        "WRONG order 4: arrived after 4000000 ns",
    ),
    "a summary that counts another number": (
        [{"kind": "summary", "fills": 7}], "WRONG summary: fills is 7, the fills make 6"
    ),
}  # fmt: skip


@pytest.mark.parametrize(("lines", "why"), ADDED.values(), ids=ADDED)
def test_a_wrong_line_more_is_found(judged: Judge, lines: list[Line], why: str) -> None:
    code, said = judged([*a_rightful_run(), *lines])

    assert 1 == code
    assert why in said


def test_a_level_that_the_feed_states_anew_may_be_taken_again(judged: Judge) -> None:
    """Order 2 took 2.000 of the 2.500 at 100.02; at 1100 the book states 2.400 there."""
    again = [
        *an_order_of(4, 1145, "BUY 2.400 100.02"),
        a_fill(1145, 4, "BUY 2.400 100.02", "x1", "TAKER"),
        an_order(1145, "FILLED", 4, "BUY 2.400 100.02", "2.400"),
    ]

    code, said = judged([*a_rightful_run(), *again])

    assert 0 == code, said


def test_a_changed_order_goes_to_the_end_of_the_queue_at_its_new_price(judged: Judge) -> None:
    lines = [
        *an_order_of(4, 1012, "BUY 0.100 99.97"),
        an_order(1045, "NEW", 4, "BUY 0.100 99.99"),
        a_fill(1050, 4, "BUY 0.100 99.99", "x1"),
        an_order(1050, "FILLED", 4, "BUY 0.100 99.99", "0.100"),
    ]

    code, said = judged(lines)

    assert 1 == code
    assert "leaves at most 0 for it (queue ahead: 1.3)" in said


def test_input_that_cannot_be_read_is_told_apart_from_a_wrong_fill(tmp_path: Path) -> None:
    assert 2 == script().main([str(tmp_path / "none.gz"), "--run", str(MARKET)])


def test_the_script_needs_nothing_but_the_standard_library(tmp_path: Path) -> None:
    run = tmp_path / "run.jsonl"
    run.write_text("".join(json.dumps(line) + "\n" for line in a_rightful_run()))
    without_site_packages = [sys.executable, "-S", str(SCRIPT), str(MARKET), "--run", str(run)]

    done = subprocess.run(without_site_packages, capture_output=True, text=True, check=False)

    assert 0 == done.returncode, done.stdout + done.stderr
    assert "6 of 6 fills justified, 0 not" in done.stdout
