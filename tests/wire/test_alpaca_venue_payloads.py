"""The local venue's messages against recorded ones, field by field."""

from __future__ import annotations

from decimal import Decimal

import orjson
import pytest

from regimeflow.apps.venues.alpaca.accounts import Worth, account_form
from regimeflow.apps.venues.alpaca.assets import Asset, Assets
from regimeflow.apps.venues.alpaca.bars import Bar, first_bar
from regimeflow.apps.venues.alpaca.data_session import CONNECTED, DataSession, error
from regimeflow.apps.venues.alpaca.framing import Codec, encode
from regimeflow.apps.venues.alpaca.ledger import AccountBooks
from regimeflow.apps.venues.alpaca.market import Print, Quote, SymbolData
from regimeflow.apps.venues.alpaca.market_forms import (
    bar_form,
    quote_form,
    snapshot_form,
    stream_form,
    trade_form,
)
from regimeflow.apps.venues.alpaca.orders import order_form, update_form
from regimeflow.apps.venues.alpaca.paging import page
from regimeflow.apps.venues.alpaca.refusals import (
    bad_input,
    forbidden,
    insufficient_qty,
    unprocessable,
)
from regimeflow.apps.venues.alpaca.risk import check_power
from regimeflow.apps.venues.alpaca.times import parse_instant
from regimeflow.apps.venues.alpaca.trade_session import TradeSession
from tests.support.alpaca_payloads import kinds, needed, order_of, recorded, shared

pytestmark = [shared, needed]
AAPL = Asset("b0b6dd9d-8b9b-48a9-ba46-b9d54906e415", "AAPL", "NASDAQ", "Apple Inc.")
BTC = Asset("276e2673-764b-4ab6-a611-caf665ca6340", "BTC/USD", "CRYPTO", "Bitcoin")


def on_the_wire(form):
    return orjson.loads(encode(form, Codec.JSON))


def number(text):
    return Decimal(str(text))


def test_an_order_on_the_stream_is_the_recorded_one_key_after_key():
    for message in recorded("order_updates/ccxt_trade_updates_pending_new_new_fill"):
        order = message["data"]["order"]

        assert list(order.items()) == list(update_form(order_of(order)).items())


def test_a_constructed_partial_fill_differs_from_ours_only_in_fields_of_rest():
    for message in recorded("order_updates/constructed_partial_partial_canceled"):
        order = message["data"]["order"]
        ours = update_form(order_of(order))

        assert {"subtag", "source"} == order.keys() - ours.keys()
        assert ours == {name: order[name] for name in ours}


@pytest.mark.parametrize(
    "order",
    [
        *(
            recorded("order_responses/recorded_buy_whole_market")["polls"]
            + [recorded("order_responses/recorded_buy_whole_market")["submit"]]
            + recorded("order_responses/recorded_canceled_limit")
            if needed.args[0] is False
            else []
        )
    ],
    ids=lambda order: order["status"],
)
def test_an_order_over_rest_is_the_recorded_one(order):
    assert order == order_form(order_of(order), nested=True)


def test_a_bracket_over_rest_has_its_legs_and_their_roles():
    bracket = recorded("order_responses/oas_BracketOrderResponse")
    ours = order_form(order_of(bracket | {"expires_at": "2026-12-28T21:00:00Z"}), nested=True)

    assert {"expires_at"} == ours.keys() - bracket.keys()
    assert [leg["group_role"] for leg in bracket["legs"]] == [
        leg["group_role"] for leg in ours["legs"]
    ]
    assert {name: value for name, value in bracket.items() if name != "legs"} == {
        name: ours[name] for name in bracket if name != "legs"
    }


def test_fill_activities_are_the_recorded_ones():
    for form in recorded("fills/recorded_fill_activities_a"):
        books = AccountBooks()
        order = order_of(
            {
                "id": form["order_id"],
                "client_order_id": "c",
                "asset_id": "a",
                "symbol": form["symbol"],
                "side": form["side"],
                "type": "market",
                "time_in_force": "day",
                "qty": form["cum_qty"],
                "extended_hours": False,
                "order_class": "",
                "position_intent": "buy_to_open",
                "status": form["order_status"],
                "filled_qty": form["cum_qty"],
                "legs": None,
            }
        )

        books.book_fill(
            order,
            activity_id=form["id"],
            price=Decimal(form["price"]),
            qty=Decimal(form["qty"]),
            time_ns=parse_instant(form["transaction_time"]),
        )

        assert form == books.activities[0].form


def test_what_an_account_may_spend_follows_from_the_recorded_numbers():
    form = recorded("account/haan_account")
    worth = Worth(
        cash=Decimal(form["cash"]),
        long_value=Decimal(form["long_market_value"]),
        short_value=Decimal(form["short_market_value"]),
        paid_value=Decimal(0),
        multiplier=Decimal(form["multiplier"]),
        held=Decimal(0),
    )
    ours = account_form(an_account(Decimal(form["last_equity"])), worth, 0)
    removed = {"daytrade_count", "daytrading_buying_power", "pattern_day_trader"}
    pending = {"pending_transfer_in", "pending_transfer_out"}
    personal = {"id", "account_number", "created_at"}

    names = form.keys() - removed - pending - personal
    assert {name: form[name] for name in names} == {name: ours[name] for name in names}
    assert kinds({name: form[name] for name in removed}) == kinds(
        {name: account_form(an_account(Decimal(1)), worth, 0, pdt=True)[name] for name in removed}
    )


def test_an_account_has_the_recorded_keys_in_the_recorded_order():
    form = recorded("account/ccxt_account_2024")
    ours = account_form(an_account(Decimal(100)), a_worth(), 0, pdt=True)

    assert list(form) == [name for name in ours if name in form]


def an_account(last_equity):
    from regimeflow.apps.venues.alpaca.accounts import CONFIGURATION, Account

    return Account(
        id="i",
        name="local",
        number="n",
        created_ns=1,
        last_equity=last_equity,
        configuration={**CONFIGURATION},
    )


def a_worth():
    zero = Decimal(0)
    return Worth(
        cash=zero,
        long_value=zero,
        short_value=zero,
        paid_value=zero,
        multiplier=Decimal(2),
        held=zero,
    )


def test_an_asset_is_the_recorded_one():
    (form,) = recorded("instruments/oas_assets")

    assert form == Assets(["AAPL"]).named("AAPL").form()


def test_refusals_are_the_recorded_ones():
    for name, ours in (
        (
            "errors/http_403_order_parameters_not_changed",
            forbidden("order parameters are not changed"),
        ),
        (
            "errors/http_422_cancel_already_filled",
            unprocessable('order is already in "filled" state'),
        ),
        ("errors/http_422_duplicate_client_order_id", bad_input("client_order_id must be unique")),
        (
            "rejects/http_403_insufficient_qty_related_orders",
            insufficient_qty(
                "GE",
                Decimal(459),
                Decimal(0),
                existing=Decimal(1367),
                related_orders=["fe845565-6e1d-4894-8642-2fef279f6aeb"],
            ),
        ),
    ):
        form = recorded(name)

        assert (form["http_status"], list(form["body"].items())) == (
            ours.status,
            list(ours.body.items()),
        )


def test_too_little_buying_power_is_said_as_recorded():
    form = recorded("rejects/http_403_insufficient_buying_power")

    with pytest.raises(Exception, match="insufficient") as caught:
        check_power(Decimal(48640000), Decimal("176531.28"))

    assert form["body"] == caught.value.body


def test_errors_of_the_data_stream_are_the_recorded_ones():
    for form in recorded("errors/data_stream_error_frames"):
        assert form == error(form[0]["code"])


def test_a_session_on_the_test_stream_is_the_documented_one():
    connected, authenticated, subscribed, *_ = recorded("control/doc_data_stream_session_fakepaca")
    session = DataSession("test", lambda _key, _secret: None)

    assert connected == CONNECTED
    assert authenticated == session.answer({"action": "auth", "key": "k", "secret": "s"})
    assert subscribed == session.answer(
        {"action": "subscribe", "quotes": ["FAKEPACA"], "bars": ["FAKEPACA"]}
    )


def test_the_old_way_to_log_in_is_answered_as_recorded():
    authorized, listening = recorded("control/ccxt_authorization_old_format_and_listening")
    session = TradeSession(lambda _key, _secret: "local")
    login = {"action": "authenticate", "data": {"key_id": "k", "secret_key": "s"}}

    assert authorized == session.answer(login)
    assert listening == session.answer({"action": "listen", "data": {"streams": ["trade_updates"]}})


def a_trade(form):
    return Print(
        parse_instant(form["t"]), form["i"], number(form["p"]), number(form["s"]), taker_buys=True
    )


def a_quote(form):
    sides = (number(form[name]) for name in ("bp", "bs", "ap", "as"))
    return Quote(parse_instant(form["t"]), *sides)


def a_bar(form):
    return Bar(
        start_ns=parse_instant(form["t"]),
        open_px=number(form["o"]),
        high_px=number(form["h"]),
        low_px=number(form["l"]),
        close_px=number(form["c"]),
        volume=number(form["v"]),
        trade_count=form.get("n", 1),
        amount=number(form.get("vw", form["c"])) * number(form["v"]),
    )


def same(form, ours, *, but=()):
    """Keys in the same order, the same numbers; ``but`` are words that this market has not."""
    ours = on_the_wire(ours)
    assert list(form) == [name for name in ours if name in form]
    assert kinds(form) == {name: kind for name, kind in kinds(ours).items() if name in form}
    chosen = [name for name in form if name not in but]
    assert {name: form[name] for name in chosen} == {name: ours[name] for name in chosen}


def test_messages_of_the_stream_are_the_recorded_ones():
    (trade,), (quote,), (bar,) = (
        recorded(name) for name in ("trades/stream_t", "quotes/stream_q", "bars/stream_b")
    )
    words = ("S", "x", "z", "bx", "ax")

    same(trade, stream_form(AAPL, "trades", a_trade(trade), "sip"), but=words)
    same(quote, stream_form(AAPL, "quotes", a_quote(quote), "sip"), but=words)
    same(bar, stream_form(AAPL, "bars", a_bar(bar), "sip"), but=words)


def test_history_over_rest_is_the_recorded_one():
    words = ("x", "z", "bx", "ax", "c", "tks")
    for form in recorded("bars/go_bars_4")["bars"]["AMZN"]:
        same(form, bar_form(a_bar(form)))
    for form in recorded("quotes/go_quotes_4")["quotes"]["BA"]:
        same(form, quote_form(AAPL, a_quote(form), "sip"), but=words)
    for form in recorded("trades/go_trades_4")["trades"]["GE"]:
        same(form, trade_form(AAPL, a_trade(form), "sip"), but=words)
    for form in recorded("quotes/go_quotes_8")["quotes"].values():
        same(form, quote_form(BTC, a_quote(form), ""))
    for form in recorded("trades/go_trades_8")["trades"]["BAT/USD"]:
        same(
            dict(sorted(form.items())),
            dict(sorted(trade_form(BTC, a_trade(form), "").items())),
            but=words,
        )


def test_snapshots_are_the_recorded_ones():
    stock = recorded("quotes/go_snapshots_2")["AAPL"]
    coin = recorded("quotes/go_snapshots_4")["snapshots"]["BTC/USD"]
    for asset, form in ((AAPL, stock), (BTC, coin)):
        data = SymbolData(
            asset, quote=a_quote(form["latestQuote"]), last=a_trade(form["latestTrade"])
        )
        data.minutes.append(first_bar(0, Decimal("1.5"), Decimal(7)))
        ours = on_the_wire(snapshot_form(data, "sip"))

        assert list(form) == list(ours)
        for name in ("latestTrade", "latestQuote", "minuteBar"):
            assert list(form[name]) == [key for key in ours[name] if key in form[name]]


def test_the_page_token_of_bars_is_the_recorded_one():
    form = recorded("bars/go_bars_6")
    points = [(parse_instant(bar["t"]), bar) for bar in form["bars"]["META"]]

    found, token = page({"META": [*points, points[-1]]}, limit=2, token="", kind="D")

    assert form == {"bars": found, "next_page_token": token}
