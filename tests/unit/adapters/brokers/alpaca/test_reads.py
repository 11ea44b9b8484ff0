from __future__ import annotations

import asyncio
from decimal import Decimal
from types import SimpleNamespace

import pytest

from regimeflow.adapters.brokers._shared.clock_offset import ClockOffset
from regimeflow.adapters.brokers.alpaca.activities import OTHER_KINDS
from regimeflow.adapters.brokers.alpaca.errors import failure_of
from regimeflow.adapters.brokers.alpaca.hours import Hours
from regimeflow.adapters.brokers.alpaca.orders import KnownOrders
from regimeflow.adapters.brokers.alpaca.reads import Reads
from regimeflow.types.errors import BrokerError


def an_order(number: int, **more: object) -> dict[str, object]:
    return {
        "id": f"broker-{number}", "client_order_id": f"own-{number}", "symbol": "AAPL",
        "qty": "10", "filled_qty": "0", "side": "buy", "type": "limit", "time_in_force": "day",
        "limit_price": "229.95", "status": "new", "replaces": None, "replaced_by": None,
    } | more  # fmt: skip


class Host:
    """Answers as it is told; keeps what it was asked."""

    def __init__(self, answer):
        self.answer = answer
        self.asked = []

    async def read(self, path, params=None):
        self.asked.append((path, dict(params or {})))
        return self.answer(path, params or {})


def reads(answer) -> tuple[Reads, Host]:
    host = Host(answer)
    known = KnownOrders(on_doubt=print, on_excess=print)
    rules = {
        "AAPL": SimpleNamespace(is_crypto=False, instrument=SimpleNamespace(asset_class="equity"))
    }
    made = Reads(
        host, host, ClockOffset(), known, rules=rules, hours=Hours(refuses=True), feed="iex"
    )  # type: ignore[arg-type]
    made.symbols["AAPL"] = "AAPL"
    return made, host


def test_row_29_all_open_orders_are_listed_page_by_page():
    rows = [an_order(number) for number in range(1_203)]

    def answer(path, params):
        last = params.get("after_order_id")
        start = 0 if last is None else int(last.rpartition("-")[2]) + 1
        return rows[start : start + params["limit"]]

    made, host = reads(answer)

    assert [f"own-{number}" for number in range(1_203)] == [
        each.client_order_id for each in asyncio.run(made.open_orders())
    ]
    assert 3 == len(host.asked)


def test_all_fills_are_listed_page_by_page():
    def fill(number):
        return {
            "activity_type": "FILL", "id": f"2026::{number:04}", "order_id": "broker-1",
            "symbol": "AAPL", "qty": "1", "cum_qty": str(number + 1), "price": "230",
            "side": "buy", "transaction_time": "2026-10-08T15:10:18.097465Z",
        }  # fmt: skip

    def answer(path, params):
        if not path.endswith("activities"):
            return an_order(1)
        last = params.get("page_token")
        start = 0 if last is None else int(last.rpartition(":")[2]) + 1
        return [fill(number) for number in range(start, min(start + 100, 250))]

    made, _ = reads(answer)
    found = asyncio.run(made.executions(0))

    assert 250 == len({each.exec_id for each in found})
    assert {"own-1"} == {each.client_order_id for each in found}


def refusing(*strange: str):
    def answer(path, params):
        kinds = set(params.get("activity_types", "").split(","))
        if kinds & set(strange):
            raise failure_of(422, {"code": 42210000, "message": "invalid activity type"})
        return []

    return answer


def test_a_type_of_activities_that_alpaca_refuses_fails_no_question_and_is_said_once(caplog):
    made, host = reads(refusing("SPLIT", "PTC"))

    first = asyncio.run(made.executions(0))
    count = len(host.asked)
    again = asyncio.run(made.executions(0))

    assert [] == first == again
    assert 2 == len(host.asked) - count
    assert {"DIV", "FEE"} < set(host.asked[-1][1]["activity_types"].split(","))
    (line,) = caplog.messages
    assert "no activities of type PTC, SPLIT" in line


def test_a_refusal_of_all_activities_is_an_error():
    made, _ = reads(refusing("FILL", *OTHER_KINDS))

    with pytest.raises(BrokerError, match="invalid activity type"):
        asyncio.run(made.executions(0))


@pytest.mark.parametrize("answer", [None, {}, "x", [1], [{"id": ""}], {"cash": "none"}])
def test_an_answer_that_cannot_be_read_is_an_error_and_never_nothing(answer):
    made, _ = reads(lambda *_: answer)

    for ask in (made.open_orders, made.positions, made.account):
        if answer == [{"id": ""}] and ask == made.positions:
            continue  # a position of something that is not traded here
        with pytest.raises(BrokerError):
            asyncio.run(ask())


@pytest.mark.parametrize("status", ["partially_filled", "filled"])
def test_an_order_for_an_amount_has_no_quantity_until_it_has_filled(status):
    money = {"qty": None, "notional": "100", "filled_qty": "0.43", "status": status}
    made, _ = reads(lambda *_: [an_order(1, **money)])

    (found,) = asyncio.run(made.open_orders())

    expected = Decimal("0.43") if status == "filled" else None
    assert Decimal("0.43") == found.cum_qty_dec
    assert expected == found.order_qty_dec


@pytest.mark.parametrize(
    ("interval", "words"), [("1m", "1Min"), ("59m", "59Min"), ("4h", "4Hour"), ("1d", "1Day")]
)
def test_bars_are_asked_for_in_alpacas_words(interval, words):
    made, host = reads(lambda *_: {"bars": {}, "next_page_token": None})

    assert [] == asyncio.run(made.bars("AAPL", 1, interval))
    assert words == host.asked[0][1]["timeframe"]


@pytest.mark.parametrize("interval", ["1s", "60m", "24h", "2d"])
def test_bars_that_alpaca_has_not_are_refused(interval):
    made, _ = reads(lambda *_: {})

    with pytest.raises(BrokerError, match="no bars of"):
        asyncio.run(made.bars("AAPL", 0, interval))


def test_bars_of_several_pages_are_one_list_oldest_first():
    def answer(_, params):
        page = int(params.get("page_token", 0))
        rows = [
            {"t": f"2026-10-08T15:{10 * page + n:02}:00Z", "o": 1, "h": 1, "l": 1, "c": 1, "v": 1}
            for n in range(10)
        ]
        return {"bars": {"AAPL": rows}, "next_page_token": str(page + 1) if page < 2 else None}

    made, host = reads(answer)
    bars = asyncio.run(made.bars("AAPL", 1, "1m"))

    times = [each.ts_event_ns for each in bars]
    assert (30, sorted(times), 3) == (len(bars), times, len(host.asked))


def test_the_orders_of_many_fills_are_learnt_with_one_question():
    def answer(path, params):
        if path.endswith("activities"):
            return [
                {
                    "activity_type": "FILL", "id": f"2026::{n:04}", "order_id": f"broker-{n}",
                    "symbol": "AAPL", "qty": "1", "cum_qty": "1", "price": "230", "side": "buy",
                    "transaction_time": "2026-10-08T15:10:18.097465Z",
                }
                for n in range(60)
            ]  # fmt: skip
        assert path == "/v2/orders"
        return [an_order(n) for n in range(60)]

    made, host = reads(answer)
    found = asyncio.run(made.executions(0))

    assert {f"own-{n}" for n in range(60)} == {each.client_order_id for each in found}
    assert 3 == len(host.asked)  # fills, what else moved, the orders
