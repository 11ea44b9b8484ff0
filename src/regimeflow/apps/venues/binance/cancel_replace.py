"""Cancel-replace in its outcomes: both, none, or half of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from regimeflow._core.tuples import NamedTuple
from regimeflow.apps.venues.binance import refusals, refused
from regimeflow.apps.venues.binance.parts import Call, Parts
from regimeflow.apps.venues.binance.refusals import Refusal
from regimeflow.apps.venues.binance.tickets import read_order, response_of
from regimeflow.apps.venues.binance.trading import Target, cancel_one, check, submit, target_of
from regimeflow.apps.venues.exchange.requests import NewOrder

Form = dict[str, object]
STOP: Final = "STOP_ON_FAILURE"
MODES: Final = (STOP, "ALLOW_FAILURE")
WHEN_LIMITED: Final = ("DO_NOTHING", "CANCEL_ONLY")
SUCCESS: Final = "SUCCESS"
FAILURE: Final = "FAILURE"
NOT_ATTEMPTED: Final = "NOT_ATTEMPTED"
TOO_MANY: Final = 429


class Half(NamedTuple):
    """What became of the cancel, or of the new order."""

    result: str
    response: Form | None
    refusal: Refusal | None = None


class Request(NamedTuple):
    """What was asked for."""

    symbol: str
    target: Target
    new: NewOrder
    response: str
    stops: bool


def cancel_replace(parts: Parts, call: Call) -> Form:
    """Answer ``POST /api/v3/order/cancelReplace`` and ``order.cancelReplace``.

    Raises:
        Refusal: -2022 when nothing was done, -2021 when half of it was.
    """
    row = parts.row(call)
    parameters = call.parameters
    parameters.required("cancelReplaceMode")
    mode = parameters.choice("cancelReplaceMode", MODES, refusals.not_valid("cancelReplaceMode"))
    name = "orderRateLimitExceededMode"
    when_limited = parameters.choice(name, WHEN_LIMITED, refusals.not_valid(name))
    target = target_of(parts, call, replacing=True)
    new = read_order(parameters, parts.ids, row.symbol)
    response = response_of(parameters, new.kind)
    parameters.finish()
    check(parts, call, row, [new])
    if when_limited != "CANCEL_ONLY":
        parts.counts.admit(call.account, 1, call.now_ns)
    request = Request(row.symbol, target, new, response, mode == STOP)
    fault = parts.faults.take(
        "half_cancel_replace", account=call.account, symbol=row.symbol, mode=mode
    )
    return outcome(*halves(parts, call, request, fault), stops=request.stops)


def halves(
    parts: Parts, call: Call, request: Request, fault: Mapping[str, object] | None
) -> tuple[Half, Half]:
    """Cancel, then place."""
    lost = None if fault is None else fault.get("lost")
    try:
        if lost == "cancel":
            raise refusals.cancel_refused()
        cancelled = Half(SUCCESS, cancel_one(parts, call, request.symbol, request.target))
    except Refusal as refusal:
        cancelled = Half(FAILURE, refusal.body(), refusal)
        if request.stops:
            return cancelled, Half(NOT_ATTEMPTED, None)
    try:
        if lost == "new":
            raise refusals.order_refused(next(iter(refused.REASONS)))
        placed = Half(SUCCESS, submit(parts, call, request.new, request.response))
    except Refusal as refusal:
        placed = Half(FAILURE, refusal.body(), refusal)
        if parts.user is not None and cancelled.result == SUCCESS:
            reason = refused.REASONS.get(refusal.msg, "UNKNOWN")
            parts.user.rejected(call.account, request.new, reason, call)
    return cancelled, placed


def outcome(cancelled: Half, placed: Half, *, stops: bool) -> Form:
    """Return the answer when both went well, else raise what it is."""
    data: Form = {
        "cancelResult": cancelled.result,
        "newOrderResult": placed.result,
        "cancelResponse": cancelled.response,
        "newOrderResponse": placed.response,
    }
    results = (cancelled.result, placed.result)
    if results == (SUCCESS, SUCCESS):
        return data
    if SUCCESS not in results:
        raise Refusal(-2022, "Order cancel-replace failed.", status=400, data=data)
    is_limited = placed.refusal is not None and placed.refusal.status == TOO_MANY
    status = TOO_MANY if is_limited and stops else 409
    raise Refusal(-2021, "Order cancel-replace partially failed.", status=status, data=data)
