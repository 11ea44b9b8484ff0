"""Binance's recorded answers and events, as the adapter's own connections hear them."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from regimeflow._core.binance_frames import BinanceFrames
from regimeflow.adapters.brokers._shared.budget import WeightBudget
from regimeflow.adapters.brokers._shared.clock_offset import ClockOffset
from regimeflow.adapters.brokers.binance import translate
from regimeflow.adapters.brokers.binance.account import AccountEvents
from regimeflow.adapters.brokers.binance.api import ApiConnection, ApiSettings
from regimeflow.adapters.brokers.binance.orders import KnownOrders
from regimeflow.adapters.brokers.binance.signing import Signer
from regimeflow.adapters.brokers.binance.streams import StreamConnection, streams_of
from regimeflow.types.config.binance import BinanceSettings
from regimeflow.types.enums import OrderSide
from tests.support.payloads import SHARED, needs_payloads, texts_of

pytestmark = [pytest.mark.shared, needs_payloads("binance")]
FOLDER = SHARED / "payloads" / "binance"
RECV_NS = 1_723_161_254_087_891_268


def recorded(name: str) -> Any:
    (text,) = texts_of(FOLDER / name)
    return json.loads(text)


class Wire:
    """A venue that answers each method as it was recorded."""

    def __init__(self, answers: dict[str, Any]) -> None:
        self.answers = answers
        self.asked: list[dict[str, Any]] = []
        self.is_open = True
        self.hear: Callable[[bytes], object] = print

    async def __call__(self, url, on_frame, on_closed, **_: object) -> Wire:
        self.hear = on_frame
        return self

    def send(self, text: bytes) -> None:
        said = json.loads(text)
        self.asked.append(said)
        answer = {**self.answers[said["method"]], "id": said["id"]}
        asyncio.get_running_loop().call_soon(self.hear, json.dumps(answer).encode())

    def close(self) -> None:
        self.is_open = False


def connected(
    wire: Wire, *, can_log_on: bool = False, ask: tuple[str, dict[str, Any]] | None = None
) -> tuple[bool, list[bytes], object, int]:
    """Open a connection over a wire; whether it stands, what it heard, an answer, the weight."""
    events: list[bytes] = []
    budget = WeightBudget("v", 6_000, lambda: 0.0)

    async def main() -> tuple[bool, object]:
        connection = ApiConnection(
            ApiSettings(
                url="ws://venue",
                tls=None,
                connect_timeout_s=10.0,
                request_timeout_s=10.0,
                recv_window=5_000,
            ),
            Signer("the-key", lambda payload: f"signed {len(payload)}", can_log_on=can_log_on),
            ClockOffset(),
            budget,
            open_socket=wire,
            on_event=events.append,
            on_closed=lambda *_: None,
        )
        await connection.open()
        answer = None if ask is None else await connection.call(*ask)
        for event in (
            "order_updates/jk_sub_Account_OcoOrder.txt",
            "account/nt_account_position_wrapped.json",
        ):
            wire.hear(json.dumps(recorded(event)).encode())
        stands = connection.is_open
        connection.close()
        return stands, answer

    stands, answer = asyncio.run(main())
    return stands, events, answer, budget.used


def test_a_session_is_logged_on_and_subscribed_by_the_recorded_answers() -> None:
    request, answer = recorded("control/wsapi_session_logon.json")
    subscribed = recorded("control/wsapi_subscribe_signature.json")[1]
    wire = Wire({"session.logon": answer, "userDataStream.subscribe": subscribed})

    stands, events, _, _ = connected(wire, can_log_on=True)

    logon, subscribe = wire.asked
    assert stands
    assert request["method"] == logon["method"]
    assert {*request["params"], "recvWindow"} == set(logon["params"])
    assert "params" not in subscribe  # the session stands in for key and signature
    assert 2 == len(events)


def test_an_account_is_subscribed_by_the_recorded_answer_and_heard() -> None:
    request, answer = recorded("control/wsapi_subscribe_signature.json")
    wire = Wire({request["method"]: answer})

    stands, events, _, _ = connected(wire)

    (asked,) = wire.asked
    assert stands
    assert {*request["params"], "recvWindow"} == set(asked["params"])
    assert asked["params"]["signature"].startswith("signed")
    assert ["listStatus", "outboundAccountPosition"] == [
        json.loads(event)["event"]["e"] for event in events
    ]


def test_an_amendment_is_answered_with_the_order_as_it_is_and_the_weight_that_is_used() -> None:
    subscribed = recorded("control/wsapi_subscribe_signature.json")[1]
    answer = recorded("order_responses/jk_ws_Trading_AmendOrder.txt")
    method = "order.amend.keepPriority"
    wire = Wire({"userDataStream.subscribe.signature": subscribed, method: answer})

    _, _, result, used = connected(wire, ask=(method, {"symbol": "BTCUSDT", "newQty": "0.00847"}))

    assert isinstance(result, dict)
    row = {**result["amendedOrder"], "preventedQuantity": "0"}  # the recorded one is of no order
    report = translate.order_report(row, as_of_ns=1, recv_ns=RECV_NS)
    assert ("BTCUSDT", "12569099453", "4d96324ff9d44481926157") == (
        report.symbol,
        report.broker_order_id,
        report.client_order_id,
    )
    assert (Decimal("0.00847"), Decimal("0.00847"), Decimal("23416.1")) == (
        report.order_qty_dec,
        report.cum_qty_dec,
        report.limit_px_dec,
    )
    assert OrderSide.SELL == report.side
    assert 4 == used  # as the answer says, in place of what was counted here


def test_news_of_a_list_that_we_did_not_send_is_passed_over_and_nothing_is_made_of_it() -> None:
    said: list[object] = []
    events = AccountEvents(
        KnownOrders(),
        None,  # type: ignore[arg-type]  # nothing is asked
        on_report=said.append,
        on_position=said.append,
        on_end=said.append,
        tell=said.append,
    )

    events.take(json.dumps(recorded("order_updates/jk_sub_Account_OcoOrder.txt")).encode())

    assert [] == said
    assert 0 == events.broken


def test_a_ticker_that_was_not_asked_for_is_no_quote_and_breaks_nothing() -> None:
    told: list[object] = []
    ticker, quote = (
        recorded("quotes/cmp_ethusdt_ticker.json"),
        recorded("quotes/cmp_ethusdt_bookTicker.json"),
    )

    async def main() -> None:
        wire = Wire({"SUBSCRIBE": {"result": None}})
        connection = StreamConnection(
            "ws://venue",
            open_socket=wire,
            frames=BinanceFrames(on_market_data=told.append),
            on_shutdown=told.append,
            on_closed=lambda *_: None,
            on_broken=told.append,
        )
        await connection.open(tls=None, timeout_s=10.0)
        connection.subscribe(streams_of("ETHUSDT", BinanceSettings(environment="local")))
        await connection.until_subscribed()
        wire.hear(json.dumps(ticker).encode())
        assert [] == told
        wire.hear(json.dumps(quote).encode())
        connection.close()

    asyncio.run(main())

    (heard,) = told
    assert (Decimal(quote["data"]["b"]), Decimal(quote["data"]["a"])) == (
        heard.bid_px_dec,
        heard.ask_px_dec,
    )
