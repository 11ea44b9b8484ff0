"""Recorded messages of the real TWS: what our venue sends has the same fields in the same form."""

from __future__ import annotations

import asyncio
import json
from datetime import date
from decimal import Decimal

import pytest

from regimeflow.apps.venues.ib import messages
from regimeflow.apps.venues.ib.catalogue import catalogue
from regimeflow.apps.venues.ib.contracts import Contract
from regimeflow.apps.venues.ib.fields import Reader
from regimeflow.apps.venues.ib.ids import Say
from regimeflow.apps.venues.ib.layout import read, write
from regimeflow.apps.venues.ib.messages import Execution, StatusNews
from regimeflow.apps.venues.ib.order_forms import completed_order, open_order
from regimeflow.apps.venues.ib.order_layouts import COMPLETED_ORDER, OPEN_ORDER, PLACE_ORDER
from regimeflow.apps.venues.ib.requests import dispatch
from regimeflow.apps.venues.ib.ticket import Ticket
from regimeflow.apps.venues.ib.times import stamp
from regimeflow.types.instrument import Instrument
from tests.support.ib_tws import Listener, LocalTws
from tests.support.payloads import SHARED

PAYLOADS = SHARED / "payloads" / "ib"
pytestmark = [
    pytest.mark.shared,
    pytest.mark.skipif(not PAYLOADS.is_dir(), reason="the recordings are not here"),
]
UNSET = Decimal("1.7976931348623157E308")


def recorded(name: str) -> list[list[str]]:
    payload = json.loads((PAYLOADS / name).read_text())
    return payload.get("messages") or [payload["fields"]]


def only(name: str) -> list[str]:
    (message,) = recorded(name)
    return message


def a_contract(**changes: object) -> Contract:
    facts = {
        "market": "SPY",
        "con_id": 756733,
        "symbol": "SPY",
        "sec_type": "STK",
        "currency": "USD",
        "exchange": "SMART",
        "local_symbol": "SPY",
        "trading_class": "SPY",
        "valid_exchanges": ("SMART",),
        "min_tick": Decimal("0.01"),
    }
    return Contract(**(facts | changes))


EURUSD = a_contract(
    market="EURUSD",
    con_id=12087792,
    symbol="EUR",
    sec_type="CASH",
    exchange="IDEALPRO",
    local_symbol="EUR.USD",
    trading_class="EUR.USD",
)


def a_ticket(contract: Contract, **changes: object) -> Ticket:
    asked = {
        "totalQuantity": "1000.0",
        "action": "BUY",
        "orderType": "MKT",
        "tif": "DAY",
        "transmit": "1",
    }
    asked.update({name: text for name, text in changes.items() if isinstance(text, str)})
    return Ticket(
        order_id=changes.get("order_id", 190),
        client_id=changes.get("client_id", 2),
        perm_id=changes.get("perm_id", 1351823328),
        account=str(changes.get("account", "DU1234567")),
        contract=contract,
        asked=asked,
        rows={},
        created_ns=0,
    )


OPEN_ORDERS = [
    ("order_updates/open_order_1.json", 0, 176),
    *(("order_updates/tsla_market_fill_sequence.json", row, 169) for row in (0, 3, 5)),
    *(("open_orders/open_orders_a.json", row, 176) for row in (0, 1, 2, 3, 4, 7)),
    *(("open_orders/open_orders_a.json", row, 169) for row in (5, 6)),
]


@pytest.mark.parametrize(("name", "row", "version"), OPEN_ORDERS)
def test_an_open_order_has_every_field_in_its_place(name, row, version):
    message = recorded(name)[row]
    if version < 170 and not message[-1]:
        message = message[:-1]  # these were split at the last NUL too

    reader = Reader(message[1:])
    values, rows = read(OPEN_ORDER, reader, version)

    assert 0 == reader.left
    assert message[1:] == list(write(OPEN_ORDER, values, rows, version))
    assert values["status"] in {"PreSubmitted", "Submitted", "Filled", "PendingCancel", "Cancelled"}


@pytest.mark.parametrize("row", [0, 1])
def test_a_completed_order_has_every_field_in_its_place(row):
    message = recorded("open_orders/completed_orders_a.json")[row]

    reader = Reader(message[1:])
    values, rows = read(COMPLETED_ORDER, reader, 176)

    assert 0 == reader.left
    assert message[1:] == list(write(COMPLETED_ORDER, values, rows, 176))
    assert "Cancelled by Trader" == values["completedStatus"]


def test_our_open_order_is_the_recorded_one():
    ticket = a_ticket(a_contract(), orderRef="O-20231203-1921-001-000-2:190", tif="IOC")
    ticket.status = "PendingCancel"

    assert only("order_updates/open_order_1.json") == open_order(ticket.told(), {}, 176)


def test_our_filled_order_is_the_recorded_one_commission_included():
    tesla = a_contract(con_id=76792991, symbol="TSLA", local_symbol="TSLA", trading_class="NMS")
    ticket = a_ticket(tesla, order_id=13, client_id=100, perm_id=1376327563, totalQuantity="100.0")
    ticket.status, ticket.commission = "Filled", Decimal(1)

    sent = open_order(ticket.told(), {}, 169)

    assert recorded("order_updates/tsla_market_fill_sequence.json")[5][:-1] == sent


def test_our_completed_order_is_the_recorded_one():
    future = a_contract(
        con_id=637533641,
        symbol="ES",
        sec_type="FUT",
        last_trade_date="20250919",
        multiplier="50",
        exchange="CME",
        local_symbol="ESU5",
        trading_class="ES",
    )
    ticket = a_ticket(
        future,
        perm_id=616088517,
        account="DU1236109",
        totalQuantity="1",
        orderType="LMT",
        lmtPrice="1000",
        tif="GTC",
    )
    ticket.status, ticket.completed_text = "Cancelled", "Cancelled by Trader"

    values = ticket.told_completed("20250810 09:07:39 America/Los_Angeles")

    expected = recorded("open_orders/completed_orders_a.json")[0]
    values["adjustedTrailStopPrice"] = expected[81]  # TWS puts a stop here that nobody asked for
    assert expected == completed_order(values, {}, 176)


def an_execution(**changes: object) -> Execution:
    facts = {
        "exec_id": "0000e215.656d0000.01.01",
        "time_ns": 1_701_652_520_000_000_000,
        "account": "DU1234567",
        "exchange": "IDEALPRO",
        "is_buy": True,
        "shares": Decimal(1000),
        "price": Decimal("1.08735"),
        "order_id": 215,
        "perm_id": 1351823368,
        "client_id": 2,
        "cum_qty": Decimal(1000),
        "average_px": Decimal("1.08735"),
        "order_ref": "O-20231204-0115-001-000-3:215",
        "is_maker": False,
        "commission": Decimal("1.0"),
        "currency": "USD",
        "realized_pnl": None,
        "contract": EURUSD,
    }
    return Execution(**(facts | changes))


def test_our_execution_is_the_recorded_one():
    execution = an_execution()
    time = stamp(execution.time_ns, "US/Eastern", "zone")

    assert only("fills/execution_details_1.json") == messages.exec_details(-1, execution, time, 176)


def test_our_execution_says_from_178_on_whether_its_price_may_change():
    fields = messages.exec_details(-1, an_execution(is_priced_later=True), "", 178)

    assert (32, "1") == (len(fields), fields[-1])


def test_our_commission_report_is_the_recorded_one():
    execution = an_execution(exec_id="00025b46.63f8f39c.01.01")

    expected = recorded("order_updates/tsla_market_fill_sequence.json")[6]
    assert expected == messages.commission_report(execution)


def test_our_order_status_is_the_recorded_one():
    news = StatusNews(
        order_id=216,
        status="Filled",
        filled=Decimal(3000),
        remaining=Decimal(0),
        average_px=Decimal("1.08725"),
        perm_id=1351823369,
        parent_id=0,
        last_px=Decimal("1.08725"),
        client_id=2,
    )

    assert only("order_updates/order_status_1.json") == messages.order_status(news)


def test_our_position_is_the_recorded_one():
    sent = messages.of(
        Say.POSITION, 3, "DU1234567", *messages.position_fields(EURUSD), Decimal(0), "0.0"
    )

    assert only("positions/position_1.json") == sent


@pytest.mark.parametrize(
    ("name", "sent"),
    [
        ("control/next_valid_id.json", messages.of(Say.NEXT_VALID_ID, 1, 574)),
        (
            "account/account_summary_1.json",
            messages.of(
                Say.ACCOUNT_SUMMARY, 1, 10001, "DU1234567", "NetLiquidation", "1057315.32", "USD"
            ),
        ),
        (
            "errors/data_connections_1.json",
            messages.error(-1, 2104, "Market data farm connection is OK:usfarm", 176),
        ),
        (
            "errors/data_connections_3.json",
            messages.error(-1, 2158, "Sec-def data farm connection is OK:secdefil", 176),
        ),
        (
            "quotes/quote_tick_1.json",
            messages.of(
                Say.TICK_BY_TICK, 10002, 3, 1701652523, "1.08733", "1.08735", 250000, 1500000, 0
            ),
        ),
    ],
)
def test_our_short_messages_are_the_recorded_ones(name, sent):
    assert only(name) == sent


def test_errors_have_a_reject_text_from_166_on():
    assert [5, 6] == [len(messages.error(1, 202, "x", version)) for version in (165, 166)]


@pytest.mark.parametrize(("version", "more"), [(157, 2 - 3), (163, 3 - 3), (164, 0), (178, 0)])
def test_contract_details_have_the_recorded_number_of_fields(version, more):
    apple = Instrument(symbol="AAPL", asset_class="equity", tick_size="0.01", lot_size="1")
    book = catalogue({"AAPL": apple}, date(2026, 11, 22))

    sent = messages.contract_details(
        9000, book.by_market["AAPL"], "NASDAQ", date(2026, 11, 22), version
    )

    recorded_count = len(recorded("instruments/contract_details_a.json")[0])
    assert recorded_count + more == len(sent)


@pytest.mark.parametrize(
    ("name", "rows"),
    [
        ("quotes/tick_messages_a.json", (0, 1, 2, 3, 4, 5)),
        ("trades/tick_by_tick_a.json", (0, 2, 3)),
        ("depth/market_depth_a.json", (0, 1)),
        ("bars/realtime_bars_a.json", (0,)),
        ("positions/tws_session_2025.json", ()),
    ],
)
def test_market_data_has_the_recorded_number_of_fields(name, rows):
    ours = {
        (fields[0], fields[2] if fields[0] == "99" else ""): len(fields)
        for fields in asyncio.run(what_a_watcher_hears())
    }
    interactions = json.loads((PAYLOADS / name).read_text()).get("interactions", [])
    told = [each for one in interactions for each in one["responses"]]
    told += [recorded(name)[row] for row in rows]

    for fields in told:
        kind = fields[0], fields[2] if fields[0] == "99" else ""
        assert len(fields) == ours[kind], kind


async def what_a_watcher_hears() -> list[list[str]]:
    local = LocalTws({}, ())
    local.open_market()
    watcher = Listener(173)
    local.tws.clients.join(watcher, 1)
    apple = ("265598", *[""] * 6, "SMART", "", "", "", "")
    for fields in (
        ["49", "1"],
        ["17", "1"],
        ["61", "1"],
        ["1", "11", "1", *apple, "0", "", "0", "0", ""],
        ["10", "5", "2", *apple, "5", "0", ""],
        ["50", "3", "3", *apple, "5", "TRADES", "0", ""],
        ["97", "4", *apple, "AllLast", "0", "0"],
        ["97", "5", *apple, "Last", "0", "0"],
        ["97", "6", *apple, "BidAsk", "0", "0"],
        ["3", *write(PLACE_ORDER, AN_ORDER, {}, 173)],
    ):
        dispatch(local.tws, watcher, fields)
    local.quote("AAPL", "200.00", "400", "200.02", "500")
    local.trade("AAPL", "200.00", "10")
    await local.venue.flush()
    local.clock.now_ns += 10_000_000_000
    local.venue.time_passed()
    return watcher.heard


AN_ORDER = {
    "orderId": "1",
    "conId": "265598",
    "exchange": "SMART",
    "action": "BUY",
    "totalQuantity": "10",
    "orderType": "MKT",
    "transmit": "1",
}
