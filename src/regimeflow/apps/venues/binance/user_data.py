"""The user data stream: what happens to an account, told to whoever subscribed to it."""

from __future__ import annotations

from collections.abc import Callable

import orjson

from regimeflow._core.tuples import NamedTuple
from regimeflow.apps.venues.binance import event_forms
from regimeflow.apps.venues.binance.names import STP_DEFAULT, TYPES
from regimeflow.apps.venues.binance.parts import Call, Parts
from regimeflow.apps.venues.binance.sockets import Socket
from regimeflow.apps.venues.binance.texts import ZERO, eight
from regimeflow.apps.venues.exchange.events import (
    Amended,
    BalancesChanged,
    Event,
    ListChanged,
    OrderEvent,
    Transferred,
)
from regimeflow.apps.venues.exchange.requests import NewOrder
from regimeflow.apps.venues.exchange.views import ListView

Form = dict[str, object]
Make = Callable[[int], Form]


class Subscription(NamedTuple):
    """One account on one connection."""

    number: int
    account: str
    socket: Socket
    unit: int


class UserHub:
    """Who subscribed to which account.

    Args:
        parts: Of the venue.
    """

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._subscriptions: dict[str, list[Subscription]] = {}
        self._last_exec_id = 0
        self._lists_seen: set[int] = set()
        parts.exchange.listen(self._on_event)

    def add(self, subscription: Subscription) -> None:
        """Begin to tell a subscriber."""
        self._subscriptions.setdefault(subscription.account, []).append(subscription)

    def remove(self, subscription: Subscription) -> None:
        """Tell a subscriber no more."""
        kept = self._subscriptions.get(subscription.account, [])
        self._subscriptions[subscription.account] = [
            each for each in kept if each is not subscription
        ]

    def sockets(self, account: str) -> list[Socket]:
        """Return the connections that hear about an account."""
        return [each.socket for each in self._subscriptions.get(account, [])]

    def _on_event(self, event: Event) -> None:
        if isinstance(event, OrderEvent):
            self._on_order(event)
        elif isinstance(event, BalancesChanged):
            position = event
            self._tell(
                event.account,
                "outboundAccountPosition",
                lambda unit: event_forms.account_position(
                    position.balances, position.time_ns, unit
                ),
            )
        elif isinstance(event, ListChanged):
            self._on_list(event)
        elif isinstance(event, Transferred):
            moved = event
            self._tell(
                event.account,
                "balanceUpdate",
                lambda unit: event_forms.balance_update(
                    moved.asset, moved.amount, moved.time_ns, unit
                ),
            )

    def _on_order(self, event: OrderEvent) -> None:
        self._last_exec_id = event.exec_id
        self._tell(
            event.order.account,
            "executionReport",
            lambda unit: event_forms.execution_report(event, unit),
        )
        if isinstance(event, Amended) and event.order.list_id:
            changed = self._parts.exchange.order_list(event.order.list_id)
            if changed is not None:
                self._tell_list(changed, "UPDATED", event.time_ns)

    def _on_list(self, event: ListChanged) -> None:
        changed = event.list
        kind = "UPDATED" if changed.list_id in self._lists_seen else "EXEC_STARTED"
        self._lists_seen.add(changed.list_id)
        if changed.is_done:
            kind = "ALL_DONE"
            self._lists_seen.discard(changed.list_id)
        self._tell_list(changed, kind, event.time_ns)

    def _tell_list(self, changed: ListView, kind: str, at_ns: int) -> None:
        self._tell(
            changed.account,
            "listStatus",
            lambda unit: event_forms.list_status(changed, kind, at_ns, unit),
        )

    def rejected(self, account: str, new: NewOrder, reason: str, call: Call) -> None:
        """Tell an account that the new order of a cancel-replace was refused."""
        exec_id = self._last_exec_id
        self._tell(
            account,
            "executionReport",
            lambda unit: rejection(new, reason, call.now_ns // unit, exec_id),
        )

    def _tell(self, account: str, name: str, make: Make) -> None:
        subscriptions = self._subscriptions.get(account)
        if not subscriptions:
            return
        for each in list(subscriptions):
            form = make(each.unit)
            self._send(each, name, form)

    def _send(self, subscription: Subscription, name: str, form: Form) -> None:
        faults, socket = self._parts.faults, subscription.socket
        where = {"event": name, "account": subscription.account, "symbol": form.get("s", "")}
        if faults.take("event_lost", **where) is not None:
            return
        ending = faults.take("server_shutdown", kind="ws-api", **where)
        if ending is not None:
            warn(subscription, self._parts.clock(), float(str(ending["grace_ms"])) / 1000)
        late = faults.take("event_late", **where)
        delay_s = 0.0 if late is None else float(str(late["delay_ms"])) / 1000
        if faults.take("event_unknown", **where) is not None:
            strange = {"e": "someNewEvent", "E": form["E"], "x": "UNHEARD_OF"}
            socket.send_event(wrapped(subscription, strange), where, delay_s=delay_s)
        if faults.take("new_field", **where) is not None:
            form = {**form, "zz": {"unheard": ["of"]}}
        text = wrapped(subscription, form)
        socket.send_event(text, where, delay_s=delay_s)
        if faults.take("event_duplicated", **where) is not None:
            socket.send_event(text, where)

    def terminate(self, subscription: Subscription, now_ns: int) -> None:
        """Send the last event of a subscription and let go of it."""
        form = event_forms.stream_terminated(now_ns, subscription.unit)
        subscription.socket.send_event(wrapped(subscription, form))
        self.remove(subscription)


def warn(subscription: Subscription, now_ns: int, grace_s: float) -> None:
    """Send serverShutdown, and close some time later."""
    event = event_forms.server_shutdown(now_ns, subscription.unit)
    subscription.socket.send({"event": event})
    subscription.socket.close(delay_s=grace_s)


def wrapped(subscription: Subscription, form: Form) -> str:
    """Return an event as its subscription sends it."""
    return orjson.dumps({"subscriptionId": subscription.number, "event": form}).decode()


def rejection(new: NewOrder, reason: str, at: int, exec_id: int) -> Form:
    """Return the report of an order that never was."""
    nothing = eight(ZERO)
    return {
        "e": "executionReport",
        "E": at,
        "s": new.symbol,
        "c": new.client_order_id,
        "S": new.side.name,
        "o": TYPES[new.kind],
        "f": new.tif.name,
        "q": eight(new.quantity or ZERO),
        "p": eight(new.limit_price or ZERO),
        "P": eight(new.stop_price or ZERO),
        "F": eight(new.display or ZERO),
        "g": -1,
        "C": "",
        "x": "REJECTED",
        "X": "REJECTED",
        "r": reason,
        "i": -1,
        "l": nothing,
        "z": nothing,
        "L": nothing,
        "n": "0",
        "N": None,
        "T": at,
        "t": -1,
        "I": exec_id,
        "w": False,
        "m": False,
        "M": False,
        "O": at,
        "Z": nothing,
        "Y": nothing,
        "Q": eight(new.quote_quantity or ZERO),
        "V": new.stp.name or STP_DEFAULT,
    }
