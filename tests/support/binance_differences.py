"""Where recorded messages and ours differ in shape, and why; the test demands exactly these."""

from __future__ import annotations

from typing import Final

DIFFERENCES: Final[dict[str, tuple[str, tuple[str, ...]]]] = {
    "account/jk_ws_Account_GetAccountInfo.txt": (
        "a client test that fills in a number as its id; ours sends back the text it got",
        ("id: text of 0 decimals became text",),
    ),
    "account/nt_account_position_wrapped.json": (
        "the example of the documentation, with six decimals; real ones have eight",
        (
            "event.B[].f: text of 6 decimals became text of 8 decimals",
            "event.B[].l: text of 6 decimals became text of 8 decimals",
        ),
    ),
    "control/wsapi_subscribe_signature.json": (
        "the example leaves the limits out; recorded answers to this method have them",
        ("rateLimits: more",),
    ),
    "depth/jk_sub_ExchangeData_PartialBook.txt": (
        "an example with invented numbers; recorded books have eight decimals",
        (
            "data.asks[][0]: text of 4 decimals became text of 8 decimals",
            "data.asks[][1]: text of 0 decimals became text of 8 decimals",
            "data.bids[][0]: text of 4 decimals became text of 8 decimals",
            "data.bids[][1]: text of 0 decimals became text of 8 decimals",
        ),
    ),
    "fills/nt_account_trades_response.json": (
        "the example of the documentation; recorded trades have eight decimals",
        ("[].quoteQty: text of 6 decimals became text of 8 decimals",),
    ),
    "instruments/doc_exchangeInfo.json": (
        "the example leaves the limits empty; smart order routing is not offered here",
        (
            "rateLimits[].interval: more",
            "rateLimits[].intervalNum: more",
            "rateLimits[].limit: more",
            "rateLimits[].rateLimitType: more",
            "sors: missing",
        ),
    ),
    "instruments/rest_market_exchange_info_2symbols.json": (
        "recorded in 2021; what is more was added since",
        (
            "symbols[].allowTrailingStop: more",
            "symbols[].allowedSelfTradePreventionModes: more",
            "symbols[].amendAllowed: more",
            "symbols[].cancelReplaceAllowed: more",
            "symbols[].defaultSelfTradePreventionMode: more",
            "symbols[].opoAllowed: more",
            "symbols[].otoAllowed: more",
            "symbols[].pegInstructionsAllowed: more",
            "symbols[].permissionSets: more",
        ),
    ),
    "open_orders/xchange_open-orders.json": (
        "the example of 2019; its numbers are invented, and two keys are newer",
        (
            "[].cummulativeQuoteQty: text of 1 decimals became text of 8 decimals",
            "[].executedQty: text of 1 decimals became text of 8 decimals",
            "[].icebergQty: text of 1 decimals became text of 8 decimals",
            "[].origQty: text of 1 decimals became text of 8 decimals",
            "[].origQuoteOrderQty: text of 6 decimals became text of 8 decimals",
            "[].price: text of 1 decimals became text of 8 decimals",
            "[].selfTradePreventionMode: more",
            "[].stopPrice: text of 1 decimals became text of 8 decimals",
            "[].workingTime: more",
            "[]: keys in another order",
        ),
    ),
    "order_responses/jk_ws_Trading_AmendOrder.txt": (
        "a client test made from another form; ours is the documented one",
        (
            "id: text of 0 decimals became text",
            "result.amendedOrder.cummulativeQuoteQty: missing",
            "result.amendedOrder.cumulativeQuoteQty: more",
            "result.amendedOrder.icebergQty: missing",
            "result.amendedOrder.isWorking: missing",
            "result.amendedOrder.origClientOrderId: more",
            "result.amendedOrder.origQty: missing",
            "result.amendedOrder.origQuoteOrderQty: missing",
            "result.amendedOrder.preventedMatchId: missing",
            "result.amendedOrder.preventedQty: more",
            "result.amendedOrder.preventedQuantity: missing",
            "result.amendedOrder.qty: more",
            "result.amendedOrder.quoteOrderQty: more",
            "result.amendedOrder.stopPrice: missing",
            "result.amendedOrder.strategyId: missing",
            "result.amendedOrder.strategyType: missing",
            "result.amendedOrder.time: missing",
            "result.amendedOrder.trailingDelta: missing",
            "result.amendedOrder.trailingTime: missing",
            "result.amendedOrder.updateTime: missing",
        ),
    ),
    "order_responses/jk_ws_Trading_PlaceOrder.txt": (
        "the example of the documentation before self-trade prevention, with six decimals",
        (
            "id: text of 0 decimals became text",
            "result.fills[].commission: text of 6 decimals became text of 8 decimals",
            "result.origQuoteOrderQty: text of 6 decimals became text of 8 decimals",
            "result.selfTradePreventionMode: more",
        ),
    ),
    "order_responses/wsapi_order_cancel.json": (
        "an example that shows the keys of every kind of order at once; six decimals",
        (
            "result.icebergQty: missing",
            "result.origQuoteOrderQty: text of 6 decimals became text of 8 decimals",
            "result.stopPrice: missing",
            "result.strategyId: missing",
            "result.strategyType: missing",
            "result.trailingDelta: missing",
        ),
    ),
    "order_updates/nt_execution_report_expired.json": (
        "written by hand, with what one client reads",
        (
            ".: keys in another order",
            "F: more",
            "I: more",
            "M: more",
            "Q: more",
            "V: more",
            "W: more",
            "Y: more",
            "g: more",
        ),
    ),
    "order_updates/ws_execution_report_canceled.json": (
        "edited by hand; the recorded ones have both keys",
        (
            "V: more",
            "W: more",
        ),
    ),
    "order_updates/ws_execution_report_empty_client_id.json": (
        "edited by hand; the recorded ones have both keys",
        (
            "V: more",
            "W: more",
        ),
    ),
    "order_updates/ws_execution_report_trade_l_zero_partial.json": (
        "a trade of nothing, edited by hand: it has no commission",
        (
            "N: null became text",
            "n: text of 0 decimals became text of 8 decimals",
        ),
    ),
    "quotes/cmp_ethusdt_bookTicker.json": (
        "of futures: spot has neither type nor times",
        (
            "data.A: text of 3 decimals became text of 8 decimals",
            "data.B: text of 3 decimals became text of 8 decimals",
            "data.E: missing",
            "data.T: missing",
            "data.a: text of 2 decimals became text of 8 decimals",
            "data.b: text of 2 decimals became text of 8 decimals",
            "data.e: missing",
        ),
    ),
    "rejects/ws_execution_report_rejected.json": (
        "of a time in force that spot has not; an order that never worked has no working time",
        ("W: missing",),
    ),
    "trades/ws_agg_trade.json": (
        '"st" is not documented and in no other recording',
        ("data.st: missing",),
    ),
    "trades/xchange_testTradeEvent.json": (
        "the order ids of buyer and seller are not sent any more; numbers invented",
        (
            "a: missing",
            "b: missing",
            "p: text of 3 decimals became text of 8 decimals",
            "q: text of 0 decimals became text of 8 decimals",
        ),
    ),
}
