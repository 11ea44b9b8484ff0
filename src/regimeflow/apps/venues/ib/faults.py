"""What can be made to go wrong, each as users of the real TWS have met it."""

from __future__ import annotations

from typing import Final

from regimeflow.apps.venues.server.faults import FaultSpec

_CLIENT: Final = ("client",)
_SYMBOL: Final = ("symbol",)
_LINE: Final = ("at", "client", "symbol", "order_ref")
FAULTS: Final = (
    FaultSpec(
        name="client_id_in_use",
        about="error 326 and a closed socket, as while TWS still holds a dead client's session",
        where=_CLIENT,
    ),
    FaultSpec(
        name="fill_without_status",
        about="a partial fill is told by execDetails only: no openOrder, no orderStatus",
        where=_SYMBOL,
    ),
    FaultSpec(
        name="repeat_status",
        about="an orderStatus comes several times",
        parameters={"times": 1},
        where=_SYMBOL,
    ),
    FaultSpec(
        name="reject_order",
        about=(
            "error 201, then openOrder and orderStatus Inactive; status_first turns that round,"
            " then_cancelled adds Cancelled, alone sends the error only"
        ),
        parameters={
            "reason": "YOUR ORDER IS NOT ACCEPTED",
            "status_first": False,
            "then_cancelled": False,
            "alone": False,
        },
        where=("symbol", "order_ref"),
    ),
    FaultSpec(
        name="hold_order",
        about=(
            "error 404 and Inactive with whyHeld locate; Submitted after so many seconds, or, when"
            " that is 0, by the action release"
        ),
        parameters={"seconds": 0.0},
        where=_SYMBOL,
    ),
    FaultSpec(
        name="late_acknowledgement",
        about=(
            "PendingSubmit without a permId; the order reaches IB after so many seconds, or, when"
            " that is 0, by the action release. Cancelled before, it ends as ApiCancelled"
        ),
        parameters={"seconds": 0.0},
        where=_SYMBOL,
    ),
    FaultSpec(
        name="late_answer",
        about=(
            "the openOrder and orderStatus that answer a new order come so many seconds later, as"
            " they were: after its fills, or after the client has stopped waiting; 0: by the action"
            " release"
        ),
        parameters={"seconds": 0.0},
        where=_SYMBOL,
    ),
    FaultSpec(
        name="odd_status",
        about="an orderStatus is followed by one that nobody has heard of",
        parameters={"status": "Unknown"},
        where=_SYMBOL,
    ),
    FaultSpec(
        name="tif_preset",
        about="error 10349: the order becomes a DAY order and stays alive",
        where=_SYMBOL,
    ),
    FaultSpec(
        name="order_message",
        about="warning 399, or 165, 2109, 2137, ... by code, for an order that lives on",
        parameters={
            "text": "Warning: your order will not be placed at the exchange until the open",
            "code": 399,
        },
        where=_SYMBOL,
    ),
    FaultSpec(
        name="late_commission",
        about="the commission comes so many seconds after its fill; 0: only on reqExecutions",
        parameters={"seconds": 0.0},
        where=_SYMBOL,
    ),
    FaultSpec(
        name="commission_first", about="the commission comes before its execDetails", where=_SYMBOL
    ),
    FaultSpec(
        name="repeat_execution",
        about="an execDetails comes several times, each under the same exec id",
        parameters={"times": 1},
        where=_SYMBOL,
    ),
    FaultSpec(
        name="new_field",
        about=(
            "an openOrder, orderStatus, execDetails or commission has so many fields behind its"
            " last, as a later version would add them"
        ),
        parameters={"fields": 2},
        where=_SYMBOL,
    ),
    FaultSpec(
        name="correct_execution",
        about="an execution is corrected: its exec id ends in .02, its price moves by ticks",
        parameters={"ticks": 1},
        where=_SYMBOL,
    ),
    FaultSpec(
        name="revise_price_later",
        about="execDetails with pendingPriceRevision, from server version 178",
        where=_SYMBOL,
    ),
    FaultSpec(
        name="outage",
        about=(
            "1100, and so many seconds later `code` (1101 or 1102): what happens meanwhile is told"
            " neither then nor later. At place, cancel, modify or fill; seconds 0: until the action"
            " restore"
        ),
        parameters={"seconds": 1.0, "code": 1101, "keeps_orders": True},
        where=_LINE,
    ),
    FaultSpec(
        name="cancel_refused",
        about="error 10147 or 10148 for an order that is alive",
        parameters={"code": 10147},
        where=_CLIENT,
    ),
    FaultSpec(
        name="modify_refused",
        about="error 110, or 104, 434, ... by code, for a modification: the order stays as it was",
        parameters={"code": 110},
        where=_SYMBOL,
    ),
    FaultSpec(name="pacing", about="error 100, and the message is lost", where=_CLIENT),
    FaultSpec(
        name="split_segments",
        about="what leaves in one go arrives in segments of so many bytes",
        parameters={"bytes": 3},
        where=_CLIENT,
    ),
    FaultSpec(
        name="disconnect",
        about="the socket closes at a place, cancel, modify or fill; after_effect: once it counts",
        parameters={"after_effect": True},
        where=_LINE,
    ),
    FaultSpec(
        name="restart",
        about=(
            "the gateway restarts at a place, cancel, modify or fill: every socket closes without a"
            " message; nobody connects for so many seconds"
        ),
        parameters={"after_effect": True, "seconds": 0.0},
        where=_LINE,
    ),
    FaultSpec(
        name="silent", about="the socket stays open and nothing comes from it any more", where=_LINE
    ),
    FaultSpec(
        name="silent_data",
        about=(
            "a market data line of a symbol says nothing more while its socket stays and all else"
            " on it goes on; asked for anew it is another line"
        ),
        where=("symbol", "client"),
    ),
    FaultSpec(
        name="no_market_data",
        about="error 354; delayed data, when asked for, with 10167",
        where=_SYMBOL,
    ),
    FaultSpec(name="competing_session", about="error 10197 instead of market data", where=_SYMBOL),
    FaultSpec(name="depth_reset", about="error 317, and the book anew", where=_SYMBOL),
    FaultSpec(
        name="foreign_client_id",
        about="orderStatus of others' orders with clientId -1",
        where=_CLIENT,
    ),
)
