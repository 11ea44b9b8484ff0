"""What commands carry and answers bring, as JSON, and back: exact."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from typing import Any, Final

from regimeflow._core.codec import LiveMessageCodec
from regimeflow._core.messages import Payload
from regimeflow.domain.orders.order import LiveOrder, Order, OrderTerms
from regimeflow.domain.orders.values import terms_state, text_of
from regimeflow.types.enums import OrderSide, OrderType, TimeInForce
from regimeflow.types.errors import (
    BrokerError,
    CodecError,
    NetworkError,
    NotFound,
    Outcome,
    RegimeFlowError,
)
from regimeflow.types.instrument import Instrument
from regimeflow.types.settings import Settings, rules_of

_CODEC: Final = LiveMessageCodec()


def order_state(order: LiveOrder) -> dict[str, object]:
    """Return what a host asks for."""
    return {
        "symbol": order.symbol,
        "side": order.side.name,
        "type": order.type.name,
        "quantity": str(order.quantity),
        "limit_price": text_of(order.limit_price),
        "stop_price": text_of(order.stop_price),
        "time_in_force": order.time_in_force.name,
        "expire_time_ns": order.expire_time_ns,
        "client_order_id": order.client_order_id,
        "terms": None if order.terms is None else terms_state(order.terms),
    }


def order_of(state: Mapping[str, Any]) -> Order:
    """Return the order of such a state; KeyError, TypeError or ValueError: it is none."""
    terms = state["terms"]
    return Order(
        str(state["symbol"]),
        OrderSide[state["side"]],
        OrderType[state["type"]],
        str(state["quantity"]),
        limit_price=state["limit_price"],
        stop_price=state["stop_price"],
        time_in_force=TimeInForce[state["time_in_force"]],
        expire_time_ns=state["expire_time_ns"],
        client_order_id=str(state["client_order_id"]),
        terms=None if terms is None else OrderTerms(**terms),
    )


def messages_state(messages: Sequence[Payload]) -> str:
    """Return messages as text."""
    return base64.b64encode(_CODEC.encode_batch(messages)).decode()


def messages_of(state: object) -> list[Payload]:
    """Return the messages of such a text.

    Raises:
        CodecError: there are none in it.
    """
    if not isinstance(state, str):
        raise CodecError(f"messages in a {type(state).__name__}; expected text")
    try:
        body = base64.b64decode(state, validate=True)
    except ValueError as error:
        raise CodecError(f"no messages: {error}") from None
    return [each.payload for each in _CODEC.decode_batch(body)] if body else []


def instrument_state(settings: Settings) -> dict[str, object]:
    """Return an instrument: numbers as text, tables as mappings."""
    return {name: _plain(getattr(settings, name)) for name in rules_of(type(settings))}


def _plain(value: object) -> object:
    if isinstance(value, Settings):
        return instrument_state(value)
    if value is None or isinstance(value, bool | str | int):
        return value
    return [_plain(each) for each in value] if isinstance(value, tuple) else str(value)


def instrument_of(state: Mapping[str, Any]) -> Instrument:
    """Return the instrument of such a state; InvalidArgument: it is none."""
    return Instrument(**state)


def error_state(error: Exception) -> dict[str, object]:
    """Return why something failed, with what the venue may know of it."""
    if isinstance(error, BrokerError):
        return {
            "is_network": isinstance(error, NetworkError),
            "text": f"{error.venue}: {error.text}" if error.venue else error.text,
            "outcome": error.outcome.name,
            "code": error.code,
            "retry_after_s": error.retry_after_s,
        }
    is_found = not isinstance(error, NotFound)
    return {"text": str(error) or repr(error), "outcome": "REFUSED", "is_found": is_found}


def error_of(state: Mapping[str, Any], venue: str) -> RegimeFlowError:
    """Return the error of such a state."""
    if not state.get("is_found", True):
        return NotFound(str(state["text"]))
    cls = NetworkError if state.get("is_network") else BrokerError
    return cls(
        str(state["text"]),
        venue=venue,
        outcome=Outcome[state["outcome"]],
        code=state.get("code"),
        retry_after_s=state.get("retry_after_s"),
    )
