"""Whatever a client sends, TWS answers or says what is wrong; it never breaks."""

from __future__ import annotations

import asyncio

from hypothesis import given, settings
from hypothesis import strategies as st

from regimeflow.apps.venues.ib.layout import write
from regimeflow.apps.venues.ib.order_layouts import PLACE_ORDER
from regimeflow.apps.venues.ib.requests import ROUTES, dispatch
from tests.support.ib_tws import Listener, LocalTws

WORDS = st.sampled_from(
    [
        *(
            "",
            "0",
            "1",
            "-1",
            "5",
            "265598",
            "AAPL",
            "STK",
            "SMART",
            "USD",
            "1.5",
            "abc",
            "nan",
            "1E400",
        ),
        *(
            "20261123 10:00:00",
            "99991231",
            "1 D",
            "1 day",
            "TRADES",
            "DU1",
            "é",
            "\udc80",
            "x" * 300,
        ),
    ]
)
PLACED = ["orderId", "symbol", "secType", "exchange", "currency", "action", "totalQuantity"]
PLACED += ["orderType", "lmtPrice", "auxPrice", "tif", "transmit", "parentId", "ocaGroup"]
PLACED += ["goodTillDate", "displaySize", "trailingPercent", "account", "hedgeType", "algoStrategy"]


def handled(messages: list[list[str]], version: int) -> LocalTws:
    async def scene() -> LocalTws:
        local = LocalTws({}, ())
        local.open_market()
        session = Listener(version)
        local.tws.clients.join(session, 1)
        for fields in messages:
            dispatch(local.tws, session, fields)
            local.venue._gateway.settle()
        return local

    return asyncio.run(scene())


@given(
    st.lists(
        st.tuples(st.sampled_from(sorted(ROUTES)), st.lists(WORDS, max_size=24)),
        min_size=1,
        max_size=6,
    ),
    st.sampled_from([157, 163, 178]),
)
@settings(max_examples=40, deadline=None)
def test_no_message_breaks_it(sent, version):
    handled([[str(number), *words] for number, words in sent], version)


@given(st.lists(st.dictionaries(st.sampled_from(PLACED), WORDS), min_size=1, max_size=5))
@settings(max_examples=40, deadline=None)
def test_no_order_breaks_it(changes):
    sent = []
    for number, change in enumerate(changes, 1):
        usual = {
            "orderId": str(number),
            "symbol": "AAPL",
            "secType": "STK",
            "exchange": "SMART",
            "currency": "USD",
            "action": "BUY",
            "totalQuantity": "10",
            "orderType": "LMT",
            "lmtPrice": "200.02",
            "transmit": "1",
        }
        sent.append(["3", *write(PLACE_ORDER, usual | change, {}, 178)])

    local = handled(sent, 178)

    held = local.venue.exchange.accounts["DU1"].fills()
    assert local.position("AAPL") == sum(
        fill.quantity if fill.side.name == "BUY" else -fill.quantity for fill in held
    )
