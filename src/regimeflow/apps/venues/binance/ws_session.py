"""One connection of the WebSocket API: who is logged on, which accounts it hears about."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from regimeflow.apps.venues.binance import refusals
from regimeflow.apps.venues.binance.gate import Gate, Request
from regimeflow.apps.venues.binance.keys import Credentials, Key
from regimeflow.apps.venues.binance.parameters import Parameters
from regimeflow.apps.venues.binance.parts import Parts
from regimeflow.apps.venues.binance.refusals import Refusal
from regimeflow.apps.venues.binance.signing import websocket_payload
from regimeflow.apps.venues.binance.sockets import Socket
from regimeflow.apps.venues.binance.user_data import Subscription, UserHub
from regimeflow.apps.venues.binance.ws_requests import Message

MOST_SUBSCRIPTIONS: Final = 1_000
Form = dict[str, object]


class Session:
    """What one connection is.

    Args:
        parts: Of the venue.
        gate: Knows the keys.
        hub: Tells about accounts.
        socket: Sends.
        unit: Of the times in what is sent.
    """

    def __init__(self, parts: Parts, gate: Gate, hub: UserHub, socket: Socket, unit: int) -> None:
        self.socket = socket
        self.unit = unit
        self.returns_limits = True
        self.key: Key | None = None
        self._parts = parts
        self._gate = gate
        self._hub = hub
        self._connected_ns = parts.clock()
        self._authorized_ns = 0
        self._next_number = 0
        self._subscriptions: dict[int, Subscription] = {}
        self.methods: Mapping[str, tuple[int, Callable[[Message], object]]] = {
            "session.logon": (2, self._logon),
            "session.status": (2, self._status),
            "session.logout": (2, self._logout),
            "session.subscriptions": (2, self._list),
            "userDataStream.subscribe": (2, self._subscribe),
            "userDataStream.subscribe.signature": (2, self._subscribe_signed),
            "userDataStream.unsubscribe": (2, self._unsubscribe),
        }

    def credentials(self, sent: Mapping[str, str]) -> Credentials:
        """Return what a request shows for itself; a session logged on stands in for the rest."""
        key = sent.get("apiKey")
        is_ours = self.key is not None and key in {None, self.key.name}
        needs = not (is_ours and "signature" not in sent)
        if key is None and self.key is not None:
            key = self.key.name
        return Credentials(
            key,
            websocket_payload(sent),
            sent.get("signature"),
            sent.get("timestamp"),
            sent.get("recvWindow"),
            needs,
        )

    def request(self, message: Message, address: str) -> Request:
        """Return a message as a request like any other."""
        return Request(
            message.sent,
            message.lists,
            self.credentials(message.sent),
            address,
            self.unit,
            "ws",
        )

    def _identify(self, message: Message) -> Key:
        now_ns = self._gate.now(method=message.method, transport="ws")
        return self._gate.identify(self.credentials(message.sent), now_ns)

    def _logon(self, message: Message) -> Form:
        if "signature" not in message.sent:
            raise refusals.missing("signature")
        key = self._identify(message)
        if key.verifier.kind != "ED25519":
            name = "HMAC_SHA256" if key.verifier.kind == "HMAC" else key.verifier.kind
            raise Refusal(-4056, f"{name} API key is not supported.")
        self.key = key
        self._authorized_ns = self._parts.clock()
        return self.state()

    def _status(self, message: Message) -> Form:
        Parameters(message.sent).finish()
        return self.state()

    def _logout(self, message: Message) -> Form:
        Parameters(message.sent).finish()
        self.key = None
        return self.state()

    def state(self) -> Form:
        """Return who is logged on since when."""
        key = self.key
        return {
            "apiKey": key.name if key else None,
            "authorizedSince": self._authorized_ns // self.unit if key else None,
            "connectedSince": self._connected_ns // self.unit,
            "returnRateLimits": self.returns_limits,
            "serverTime": self._parts.clock() // self.unit,
            "userDataStream": bool(self._subscriptions),
        }

    def _list(self, message: Message) -> list[Form]:
        Parameters(message.sent).finish()
        return [{"subscriptionId": number} for number in self._subscriptions]

    def _subscribe(self, message: Message) -> Form:
        Parameters(message.sent).finish()
        if self.key is None:
            raise Refusal(-1002, "You are not authorized to execute this request.", status=401)
        return self._add(self.key)

    def _subscribe_signed(self, message: Message) -> Form:
        if "signature" not in message.sent:
            raise refusals.missing("signature")
        return self._add(self._identify(message))

    def _add(self, key: Key) -> Form:
        if any(each.account == key.account for each in self._subscriptions.values()):
            raise Refusal(-2035, "User Data Stream subscription already active.")
        if len(self._subscriptions) >= MOST_SUBSCRIPTIONS:
            raise Refusal(-2042, "User Data Stream subscription limit reached.")
        number = self._next_number
        self._next_number += 1
        subscription = Subscription(number, key.account, self.socket, self.unit)
        self._subscriptions[number] = subscription
        # The answer is sent before the first event: both go through one socket.
        self._hub.add(subscription)
        return {"subscriptionId": number}

    def _unsubscribe(self, message: Message) -> Form:
        parameters = Parameters(message.sent)
        number = parameters.integer("subscriptionId")
        parameters.finish()
        if number is None:
            chosen = list(self._subscriptions)
        else:
            chosen = [each for each in self._subscriptions if each == number]
        if not chosen:
            raise Refusal(-2036, "User Data Stream subscription not active.")
        for each in chosen:
            self._hub.terminate(self._subscriptions.pop(each), self._parts.clock())
        return {}

    def accounts(self) -> list[str]:
        """Return the accounts that the connection hears about."""
        return [each.account for each in self._subscriptions.values()]

    def forget(self, key: Key) -> None:
        """Let go of what a revoked key opened."""
        if self.key is not None and self.key.name == key.name:
            self.key = None
        for number, each in list(self._subscriptions.items()):
            if each.account == key.account:
                self._hub.terminate(self._subscriptions.pop(number), self._parts.clock())

    def end(self) -> None:
        """The connection is over: nothing is told to it any more."""
        for each in self._subscriptions.values():
            self._hub.remove(each)
        self._subscriptions.clear()
