"""What can go wrong at this venue, switched on by name."""

from __future__ import annotations

from typing import Final

from regimeflow.apps.venues.server.faults import FaultSpec

# What is said of a place, to strike only there: method (order.place), account, symbol, transport
# (rest, ws), stream (btcusdt@depth), kind (stream, ws-api), event (executionReport).
_REQUEST: Final = ("method", "transport", "symbol")
_SIGNED: Final = (*_REQUEST, "account")
_EVENT: Final = ("event", "account", "symbol")
_STREAM: Final = ("stream", "symbol")
_SOCKET: Final = ("kind", "event", "account", "stream", "symbol")
FAULTS: Final = (
    FaultSpec(
        name="unknown_outcome",
        about="-1007: the backend did not answer in time; carried_out says whether it acted.",
        parameters={"carried_out": True},
        where=_SIGNED,
    ),
    FaultSpec(
        name="server_error",
        about="HTTP 5xx from the gateway; carried_out says whether the request got through.",
        parameters={"status": 502, "carried_out": True},
        where=_SIGNED,
    ),
    FaultSpec(
        name="answer_lost",
        about="The request is carried out and the connection ends without an answer.",
        where=_SIGNED,
    ),
    FaultSpec(
        name="answer_late",
        about="The answer waits until all events that it caused are sent, and delay_ms more.",
        parameters={"delay_ms": 0},
        where=_SIGNED,
    ),
    FaultSpec(
        name="events_after_answer",
        about="The events that a request causes wait until its answer is sent.",
        where=_SIGNED,
    ),
    FaultSpec(
        name="event_lost", about="One event of the user data stream is not sent.", where=_EVENT
    ),
    FaultSpec(
        name="event_duplicated",
        about="One event of the user data stream is sent twice.",
        where=_EVENT,
    ),
    FaultSpec(
        name="event_late",
        about="The user data stream stands still for delay_ms before one event.",
        parameters={"delay_ms": 200},
        where=_EVENT,
    ),
    FaultSpec(
        name="event_unknown",
        about="An event of a kind that nobody knows comes first.",
        where=_EVENT,
    ),
    FaultSpec(
        name="new_field",
        about="An event or an answer has a field that nobody knows.",
        where=(*_SIGNED, "event"),
    ),
    FaultSpec(
        name="half_cancel_replace",
        about="409: of a cancel-replace one half fails, lost says which (new, cancel).",
        parameters={"lost": "new"},
        where=("account", "symbol", "mode"),
    ),
    FaultSpec(
        name="too_many_requests",
        about="429 with Retry-After.",
        parameters={"retry_after_s": 5},
        where=_REQUEST,
    ),
    FaultSpec(
        name="banned",
        about="418 with Retry-After; every request until then gets the same.",
        parameters={"seconds": 120},
        where=_REQUEST,
    ),
    FaultSpec(name="too_many_orders", about="-1015 for a new order.", where=_REQUEST),
    FaultSpec(
        name="window_over_late",
        about="-1021 from behind the gateway: the order is refused, and counted all the same.",
        where=_SIGNED,
    ),
    FaultSpec(
        name="firewall",
        about="403 and a page of HTML, as for a client id that looks like SQL.",
        where=_REQUEST,
    ),
    FaultSpec(name="overloaded", about="-1008: nothing was done.", where=_REQUEST),
    FaultSpec(
        name="read_lags",
        about="A read answers with what was true lag_ms ago.",
        parameters={"lag_ms": 1000},
        where=("method", "account"),
    ),
    FaultSpec(
        name="clock_skew",
        about="The venue's clock is ms milliseconds ahead (or behind) for one request.",
        parameters={"ms": -2000},
        where=_REQUEST,
    ),
    FaultSpec(name="key_revoked", about="-2015 from now on, on open sessions too.", where=_SIGNED),
    FaultSpec(
        name="commission_in_bnb",
        about="From the next order on the account pays in BNB, and is given some.",
        parameters={"balance": "10", "price": "600", "discount": "0.25"},
        where=("method", "account"),
    ),
    FaultSpec(name="depth_gap", about="One depth update is not sent.", where=_STREAM),
    FaultSpec(
        name="stream_silent",
        about="Messages of a stream are not sent; its socket stays.",
        where=_STREAM,
    ),
    FaultSpec(
        name="stream_duplicated", about="A message of a stream is sent twice.", where=_STREAM
    ),
    FaultSpec(
        name="stream_late",
        about="A connection of streams stands still for delay_ms before one message.",
        parameters={"delay_ms": 500},
        where=_STREAM,
    ),
    FaultSpec(
        name="disconnect",
        about="A socket ends before a message is sent, with no closing frame.",
        where=_SOCKET,
    ),
    FaultSpec(
        name="day_is_over",
        about="A socket is closed as after its 24 hours, before a message is sent.",
        where=_SOCKET,
    ),
    FaultSpec(
        name="server_shutdown",
        about="serverShutdown is sent, and the socket closed grace_ms later.",
        parameters={"grace_ms": 600_000},
        where=_SOCKET,
    ),
    FaultSpec(
        name="connect_refused",
        about="A WebSocket is refused with an HTTP status.",
        parameters={"status": 503},
        where=("kind",),
    ),
)
