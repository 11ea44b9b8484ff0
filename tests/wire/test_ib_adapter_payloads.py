"""Recorded messages of the real TWS through ib_async's decoder and our adapter."""

from __future__ import annotations

import asyncio
import json
from contextlib import nullcontext
from decimal import Decimal
from pathlib import Path

import pytest

from regimeflow._core.messages import ExecutionReport, Position, Quote, Tick
from regimeflow.adapters.brokers.ib.adapter import IBAdapter
from regimeflow.adapters.brokers.ib.amounts import amount
from regimeflow.adapters.brokers.ib.contracts import Traded, only, traded_of
from regimeflow.adapters.brokers.ib.feeds import TICKS, Feed
from regimeflow.adapters.brokers.ib.history import Stretch, bars_of
from regimeflow.adapters.brokers.ib.library import contract, library
from regimeflow.adapters.brokers.ib.line import Line
from regimeflow.adapters.brokers.ib.news import Owner
from regimeflow.adapters.brokers.ib.reads import Value, account_of
from regimeflow.types.config.ib import IBSettings
from regimeflow.types.enums import ExecType, LiveOrderStatus, OrderSide, OrderType, TimeInForce
from regimeflow.types.errors import BrokerError
from regimeflow.types.instrument import Instrument
from tests.support.payloads import SHARED, files_of, needs_payloads

pytestmark = [pytest.mark.shared, needs_payloads("ib")]
FOLDER = SHARED / "payloads" / "ib"
NEW, OLD = 176, 169
# con_id, kind, tick, multiplier
KNOWN = {
    "AAPL": (265598, "STK", "0.01", 1),
    "TSLA": (76792991, "STK", "0.01", 1),
    "SPY": (756733, "STK", "0.01", 1),
    "EURUSD": (12087792, "CASH", "0.00005", 1),
    "ESU5": (637533641, "FUT", "0.25", 50),
    "SPY240126C00450000": (123456789, "OPT", "0.01", 100),
}


class Desk:
    """An adapter whose line is what was recorded."""

    def __init__(self, version: int, *, account: str = "DU1234567", client_id: int = 100) -> None:
        library()
        self.adapter = IBAdapter(IBSettings(client_id=client_id), symbols=list(KNOWN))
        self.parts = self.adapter._parts
        self.reports: list[ExecutionReport] = []
        self.market: list[object] = []
        self.positions: list[Position] = []
        self.broken: list[str] = []
        self.adapter.on_execution_report(self.reports.append)
        self.adapter.on_market_data(self.market.append)
        self.adapter.on_position_update(self.positions.append)
        owner = Owner(account=account, client_id=client_id, zone="US/Eastern")
        self.parts.belong_to(owner)
        for symbol, (con_id, kind, tick, multiplier) in KNOWN.items():
            instrument = Instrument(
                symbol=symbol,
                tick_size=tick,
                lot_size="1",
                multiplier=multiplier,
                quote_currency="USD",
            )
            each = contract(conId=con_id, secType=kind, symbol=symbol, currency="USD")
            self.parts.contracts.keep(Traded(instrument=instrument, contract=each))
        line = Line(
            self.parts.inbox.handlers(),
            zone="US/Eastern",
            on_lost=lambda *_: None,
            on_broken=self.broken.append,
        )
        self.decoder = line._client.decoder
        self.decoder.serverVersion = version

    def play(self, messages: list[list[str]]) -> Desk:
        async def run() -> None:
            for fields in messages:
                self.decoder.interpret(list(fields))

        asyncio.run(run())
        assert [] == self.broken
        return self

    def rows(self, key: object, messages: list[list[str]]) -> list[object]:
        """Play messages as the answer to a question."""

        async def run() -> list[object]:
            asked = asyncio.ensure_future(
                self.parts.questions.ask(key, lambda: None, "what was recorded")
            )
            await asyncio.sleep(0)
            for fields in messages:
                self.decoder.interpret(list(fields))
            self.parts.questions.end(key)
            return await asked

        found = asyncio.run(run())
        assert [] == self.broken
        return found

    def feed(self, number: int, symbol: str) -> Feed:
        feed = Feed(traded=self.parts.contracts.find(symbol), ids={TICKS: number})
        self.parts.market.feeds._by_id[number] = feed, TICKS
        return feed


def recorded(name: str) -> list[list[str]]:
    payload = json.loads((FOLDER / name).read_text())
    return payload.get("messages") or [payload["fields"]]


def lines(name: str) -> list[dict[str, object]]:
    return [json.loads(line) for line in (FOLDER / name).read_text().splitlines()]


def test_a_market_order_of_tesla_fills_once_and_costs_a_dollar():
    desk = Desk(OLD).play(recorded("order_updates/tsla_market_fill_sequence.json"))

    (fill,) = [each for each in desk.reports if each.exec_type == ExecType.TRADE]
    assert (100, Decimal("196.52"), OrderSide.BUY) == (
        fill.last_qty_dec,
        fill.last_px_dec,
        fill.side,
    )
    assert ("TSLA", "100-13", LiveOrderStatus.FILLED) == (
        fill.symbol,
        fill.broker_order_id,
        fill.ord_status,
    )
    assert 1_677_258_296 * 10**9 == fill.ts_event_ns  # 12:04:56 in New York
    (cost,) = [each for each in desk.reports if each.exec_type == ExecType.TRADE_CORRECT]
    assert (1, 0, "USD") == (cost.commission_dec, cost.last_qty_dec, cost.commission_currency)
    assert LiveOrderStatus.FILLED == desk.parts.known.find("1376327563").state


def test_executions_of_every_kind_of_time_and_contract():
    desk = Desk(NEW)
    fills = desk.rows(9000, recorded("fills/exec_details_a.json"))

    told = [(f.known.symbol, f.event_ns // 10**9, f.execution.shares) for f in fills]
    assert [
        ("AAPL", 1_706_196_600, 100.0),
        ("SPY240126C00450000", 1_706_196_720, 10.0),
        ("ESU5", 1_751_956_500, 1.0),
    ] == told
    prices = [report.last_px_dec for f in fills for report in desk.parts.fills.reports(f)]
    assert [Decimal("150.25"), Decimal("2.5"), Decimal(5800)] == prices


def test_a_live_execution_of_euros():
    desk = Desk(NEW, client_id=2).play(recorded("fills/execution_details_1.json"))

    (fill,) = desk.reports
    assert ("EURUSD", Decimal("1.08735"), 1000, "2-215") == (
        fill.symbol,
        fill.last_px_dec,
        fill.last_qty_dec,
        fill.broker_order_id,
    )
    assert "O-20231204-0115-001-000-3:215" == fill.client_order_id
    assert 1_701_652_520 * 10**9 == fill.ts_event_ns


def test_open_orders_of_two_layouts_and_two_accounts():
    messages = recorded("open_orders/open_orders_a.json")
    for fields, version, account in (
        (messages[3], NEW, "DU1236109"),
        (messages[4], NEW, "DU1234567"),
        (messages[6], OLD, "DU1234567"),
        (messages[7], NEW, "DU1234567"),
    ):
        desk = Desk(version, account=account).play([fields])
        (known,) = desk.parts.known
        assert known.terms is not None
        assert (OrderSide.BUY, TimeInForce.DAY) == (known.terms.side, known.terms.time_in_force)
    desk = Desk(NEW, account="DU1236109").play(messages[:4])
    (known,) = desk.parts.known  # the others' accounts and contracts are none of ours
    assert (OrderType.LIMIT, Decimal(1), "100-1001") == (
        known.terms.type,
        known.terms.limit_price,
        known.broker_order_id,
    )


def test_an_order_that_is_being_cancelled():
    desk = Desk(NEW, client_id=2).play(recorded("order_updates/open_order_1.json"))

    (report,) = desk.reports
    assert (LiveOrderStatus.PENDING_CANCEL, OrderType.MARKET, TimeInForce.IOC, 1000) == (
        report.ord_status,
        report.ord_type,
        report.time_in_force,
        report.order_qty_dec,
    )
    assert "O-20231203-1921-001-000-2:190" == report.client_order_id


def test_statuses_of_orders_that_nobody_told_of_say_nothing():
    for name in ("order_updates/order_status_1.json", "order_updates/es_open_and_cancel.json"):
        assert [] == Desk(NEW).play(recorded(name)).reports


def test_completed_orders_have_ended_whatever_is_left_of_them():
    desk = Desk(NEW, account="DU1236109").play(recorded("open_orders/completed_orders_a.json"))

    found = [(known.state, known.perm_id, known.terms.limit_price) for known in desk.parts.known]
    assert [
        (LiveOrderStatus.CANCELLED, 616088517, Decimal(1000)),
        (LiveOrderStatus.CANCELLED, 2126726143, Decimal(5800)),
    ] == found


def test_a_rejection_is_one_before_its_statuses_come():
    text = json.loads((FOLDER / "rejects/error_201_inactive_sequence.json").read_text())
    error, _, status = (one.split(",") for one in text["sequence"])
    opened = recorded("order_updates/tsla_market_fill_sequence.json")[0]
    desk = Desk(OLD).play([opened, [*error[:2], "13", *error[3:]], [status[0], "13", "Inactive",
        "0", "100", "0", "1376327563", "0", "0", "100", "", "0"]])  # fmt: skip

    assert LiveOrderStatus.REJECTED == desk.reports[-1].ord_status
    assert "NOT ACCEPTED" in desk.reports[-1].text


@pytest.mark.parametrize("version", [165, 169, 178])
def test_errors_reach_whom_they_name_and_news_of_farms_nobody(version):
    for name in (
        "errors/errors_a.json",
        "errors/data_connections_1.json",
        "errors/data_connections_3.json",
    ):
        desk = Desk(version)
        with (
            pytest.raises(BrokerError, match="No market data permissions")
            if "errors_a" in name
            else nullcontext()
        ):
            desk.rows(9000, recorded(name))
        assert [] == desk.reports
        assert [] == desk.broken


def test_a_duplicate_order_id_refuses_the_order():
    said = json.loads((FOLDER / "errors/error_103_duplicate_order_id.json").read_text())
    desk = Desk(OLD).play(recorded("order_updates/tsla_market_fill_sequence.json")[:1])
    (known,) = desk.parts.known
    known.word, known.state = "", None

    desk.play([["4", "2", "13", str(said["code"]), said["msg"], ""]])

    assert LiveOrderStatus.REJECTED == desk.reports[-1].ord_status


def test_contracts_and_their_steps():
    messages = recorded("instruments/contract_details_a.json")
    found = {}
    for fields, version in zip(messages, (NEW, NEW, NEW, 163, 163, 163), strict=True):
        for tried in (version, NEW, 163, 164):
            try:
                (details,) = Desk(tried).rows(int(fields[1]), [fields])
            except (AssertionError, ValueError):
                continue
            traded = traded_of(fields[2], only(fields[2], [details]), contract(exchange="X"))
            found[details.contract.conId] = (
                traded.instrument.tick_size,
                traded.instrument.multiplier,
            )
            break
    assert {
        265598: (Decimal("0.01"), 1),
        76792991: (Decimal("0.01"), 1),
        620731015: (Decimal("0.25"), 50),
        551318584: (Decimal("0.25"), 50),
    } == found


def test_bars_of_seconds_and_of_days():
    messages = recorded("bars/historical_bars_a.json")
    minute, day = Stretch.of("5m", 0, 2 * 10**18), Stretch.of("1d", 0, 2 * 10**18)
    rows = Desk(NEW).rows(9000, messages[:1])
    bars = bars_of("AAPL", rows, minute, now_ns=2 * 10**18, recv_ns=1)
    assert [1_705_398_900, 1_705_399_200, 1_705_399_500] == [b.ts_event_ns // 10**9 for b in bars]
    assert (Decimal("150.25"), Decimal("150.4"), 25) == (
        bars[0].open_px_dec,
        bars[0].vwap_px_dec,
        bars[0].trade_count,
    )
    rows = Desk(NEW).rows(9000, messages[2:3])
    (_, friday) = bars_of("AAPL", rows, day, now_ns=2 * 10**18, recv_ns=1)
    assert (Decimal(185), Decimal("810998.27")) == (friday.close_px_dec, friday.volume_dec)
    kept = lines("bars/hist_bars_a.jsonl")
    made = [library().BarData(**{**each, "date": "1609838880"}) for each in kept]
    assert len(kept) == len(bars_of("AAPL", made, minute, now_ns=2 * 10**18, recv_ns=1))


def test_account_values_and_their_currencies():
    values = json.loads((FOLDER / "account/account_values.json").read_text())
    info = account_of([Value(v["tag"], v["value"], v["currency"]) for v in values], "ib", 1)
    net = next(v for v in values if v["tag"] == "NetLiquidation")
    assert (Decimal(net["value"]), net["currency"]) == (info.equity_dec, info.currency)
    for name in ("account/account_summary_1.json", "account/account_summary_3.json"):
        assert [] == Desk(NEW).play(recorded(name)).reports


def test_positions_have_a_cost_of_one_without_its_multiplier():
    session = json.loads((FOLDER / "positions/tws_session_2025.json").read_text())
    told = [row for each in session["interactions"] for row in each["responses"]]
    desk = Desk(session["server_version"], account="ACCOUNT_ID").play(told)

    assert [("AAPL", -110), ("ESU5", 1)] == [(p.symbol, p.quantity_dec) for p in desk.positions]
    assert Decimal("6302.295") == desk.positions[1].avg_px_dec  # 315114.75 for fifty
    flat = Desk(NEW).play(recorded("positions/position_1.json"))
    assert [("EURUSD", 0)] == [(p.symbol, p.quantity_dec) for p in flat.positions]


def test_ticks_become_quotes_and_prints():
    desk = Desk(NEW)
    desk.feed(9000, "AAPL")
    desk.play(recorded("quotes/tick_messages_a.json")[:3])
    (quote,) = [each for each in desk.market if isinstance(each, Quote)]
    assert (Decimal("150.5"), Decimal(151)) == (quote.bid_px_dec, quote.ask_px_dec)

    desk = Desk(NEW)
    desk.feed(9000, "AAPL")
    desk.play(recorded("trades/tick_by_tick_a.json"))
    prints = [(t.last_px_dec, t.last_qty_dec) for t in desk.market if isinstance(t, Tick)]
    assert [(Decimal("150.75"), 100), (Decimal("150.7"), 150), (Decimal("150.8"), 50)] == prints[:3]
    desk.play(recorded("quotes/quote_tick_1.json"))


def test_a_stream_of_ticks_is_never_a_crossed_market():
    desk = Desk(NEW)
    desk.feed(1, "AAPL")
    for tick in json.loads((FOLDER / "quotes/streaming_ticks_a.json").read_text()):
        if tick["tickType"] in {0, 3, 5}:
            kind = {0: 1, 3: 2, 5: 4}[tick["tickType"]]
            desk.parts.market.price_tick(1, kind, tick["price"], tick["size"])
            desk.parts.market.size_tick(1, tick["tickType"], tick["size"])
        else:
            desk.parts.market.price_tick(1, tick["tickType"], tick["price"], tick["size"])
    quotes = [each for each in desk.market if isinstance(each, Quote)]
    assert quotes
    assert all(each.bid_px_dec < each.ask_px_dec for each in quotes)


def test_rows_of_books_and_bars_of_five_seconds_are_taken():
    for name in ("depth/market_depth_a.json", "bars/realtime_bars_a.json"):
        assert [] == Desk(NEW).play(recorded(name)).reports
    desk = Desk(NEW).play(recorded("control/next_valid_id.json"))
    assert [] == desk.reports


def test_history_in_objects_has_numbers_that_are_exact():
    for name in ("quotes/hist_bid_ask_ticks_a.jsonl", "trades/hist_trade_ticks_a.jsonl"):
        for each in lines(name):
            for value in each.values():
                if isinstance(value, float):
                    assert Decimal(repr(value)) == amount(value)


def test_every_recording_is_played_here():
    text = Path(__file__).read_text()
    names = [str(path.relative_to(FOLDER)) for path in files_of("ib", ".json", ".jsonl")]
    assert [] == [name for name in names if f'"{name}"' not in text]
