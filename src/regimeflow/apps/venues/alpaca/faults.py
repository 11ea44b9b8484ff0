"""Everything that this venue can do wrong on purpose.

Each is a behaviour that somebody met at the real one; ``where.<key>`` narrows it to a symbol, an
account, an event, a stream, a path or a method.
"""

from __future__ import annotations

from typing import Final

from regimeflow.apps.venues.server.faults import FaultSpec

_ORDER: Final = ("account", "symbol", "method")
_EVENT: Final = ("event", "symbol")
_REQUEST: Final = ("method", "path", "account")
_MARKET: Final = ("stream", "symbol", "channel")
FAULTS: Final = (
    FaultSpec(
        name="duplicate_events",
        about="after a fill, the order's new and the fill come again with the same execution ids",
        where=_EVENT,
    ),
    FaultSpec(name="lost_event", about="an order event is never told", where=_EVENT),
    FaultSpec(
        name="late_event",
        about="an order event comes later, others overtake it",
        parameters={"seconds": 0.2},
        where=_EVENT,
    ),
    FaultSpec(name="new_field", about="an order event has fields that nobody knows", where=_EVENT),
    FaultSpec(name="no_event_id", about="an order event has no event_id", where=_EVENT),
    FaultSpec(
        name="mixed_offsets",
        about="instants of one order event in UTC and New York's time",
        where=_EVENT,
    ),
    FaultSpec(
        name="text_frames",
        about="/stream answers in text frames, as live has been seen to",
        where=(),
    ),
    FaultSpec(
        name="silent_stream", about="a stream stays connected and tells nothing", where=_MARKET
    ),
    FaultSpec(
        name="disconnect",
        about="a stream is cut instead of telling; nothing is replayed",
        where=(*_MARKET, "event"),
    ),
    FaultSpec(name="lost_data", about="a market data message is never told", where=_MARKET),
    FaultSpec(name="slow_client", about="market data: error 407, then the end", where=_MARKET),
    FaultSpec(name="connection_limit", about="market data: error 406 on login", where=("stream",)),
    FaultSpec(
        name="insufficient_subscription",
        about="market data: 409, or 403 over REST",
        where=("stream",),
    ),
    FaultSpec(
        name="late_trade",
        about="a minute's last trade is missing in its bar; updatedBars corrects",
        where=("symbol",),
    ),
    FaultSpec(
        name="stuck_pending_new",
        about="an order stays pending_new until the action release",
        where=_ORDER,
    ),
    FaultSpec(
        name="reject_after_acceptance",
        about="200, then rejected on the stream, no reason given",
        where=_ORDER,
    ),
    FaultSpec(
        name="fill_before_replace",
        about="200 to a PATCH, then the old order fills, the new is rejected",
        where=_ORDER,
    ),
    FaultSpec(name="replace_error_but_done", about="422 to a PATCH that did happen", where=_ORDER),
    FaultSpec(
        name="replace_forgets_fills",
        about="a PATCH works its whole quantity again (Alpaca-API 165)",
        where=_ORDER,
    ),
    FaultSpec(
        name="fill_before_cancel", about="204 to a cancel, then the order fills", where=_ORDER
    ),
    FaultSpec(
        name="cancel_rejected", about="204 to a cancel, then order_cancel_rejected", where=_ORDER
    ),
    FaultSpec(
        name="cancel_means_nothing",
        about="204 to a cancel of an order that is over",
        where=("symbol",),
    ),
    FaultSpec(
        name="stuck_cancel", about="204 to a cancel, then pending_cancel for ever", where=_ORDER
    ),
    FaultSpec(
        name="silent_leg_cancel", about="the cancel of a group's member is not told", where=_EVENT
    ),
    FaultSpec(
        name="error_before",
        about="an error before anything was done",
        parameters={"status": 500},
        where=_REQUEST,
    ),
    FaultSpec(
        name="error_after_done",
        about="an error although it was done: the order is accepted",
        parameters={"status": 500},
        where=_REQUEST,
    ),
    FaultSpec(
        name="late_answer",
        about="an answer comes after all that it caused",
        parameters={"seconds": 0.2},
        where=_REQUEST,
    ),
    FaultSpec(
        name="no_answer",
        about="it was done, and the connection ends without an answer",
        where=_REQUEST,
    ),
    FaultSpec(
        name="too_many_requests", about="429 before the budget is spent", where=("account", "kind")
    ),
    FaultSpec(
        name="stale_reads", about="a GET is answered as it was the last time", where=_REQUEST
    ),
    FaultSpec(name="missing_at_first", about="404 for an order that is there", where=_REQUEST),
    FaultSpec(
        name="pdt_fields",
        about="the fields that were removed on 2026-07-06 are back",
        where=("path",),
    ),
)
