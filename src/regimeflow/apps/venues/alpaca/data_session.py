"""One connection to a market data stream: what it may ask and what it is answered. No sockets.

Errors are arrays of one message; some end the connection.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final, cast

from regimeflow.apps.venues.alpaca.fields import Json

Messages = list[Json]
FEEDS: Final[Mapping[str, tuple[str, ...]]] = {
    "stocks": (
        "trades", "quotes", "bars", "updatedBars", "dailyBars", "statuses", "lulds",
        "corrections", "cancelErrors",
    ),
    "crypto": ("trades", "quotes", "orderbooks", "bars", "updatedBars", "dailyBars"),
    "options": ("trades", "quotes"),
    "test": ("trades", "quotes", "bars"),
}  # fmt: skip
_WITH_TRADES: Final = ("corrections", "cancelErrors")
_ERRORS: Final = {
    400: "invalid syntax",
    401: "not authenticated",
    402: "auth failed",
    403: "already authenticated",
    404: "auth timeout",
    405: "symbol limit exceeded",
    406: "connection limit exceeded",
    407: "slow client",
    409: "insufficient subscription",
    410: "invalid subscribe action for this feed",
    412: "option messages are only available in MsgPack format",
    413: "star subscription is not allowed for option quotes",
    500: "internal error",
}
ENDS: Final = frozenset({402, 404, 406, 407, 409, 412})
CONNECTED: Final[Messages] = [{"T": "success", "msg": "connected"}]
AUTHENTICATED: Final[Messages] = [{"T": "success", "msg": "authenticated"}]


def error(code: int) -> Messages:
    """An error in Alpaca's words."""
    return [{"T": "error", "code": code, "msg": _ERRORS[code]}]


class DataSession:
    """State of one connection.

    Args:
        kind: ``stocks``, ``crypto``, ``options`` or ``test``.
        login: Key and secret to the code of the error, or to None when they are good.
    """

    def __init__(self, kind: str, login: Callable[[str, str], int | None]) -> None:
        self._channels: Final = FEEDS[kind]
        self._takes_all_quotes: Final = kind != "options"
        self._login: Final = login
        self._named: Final[dict[str, list[str]]] = {channel: [] for channel in self._channels}
        self.key = ""
        self.most_symbols: int | None = None  # how many it may name

    @property
    def is_authenticated(self) -> bool:
        """Whether it may subscribe."""
        return bool(self.key)

    @property
    def has_subscribed(self) -> bool:
        """Whether it wants anything."""
        return any(self._named.values())

    def authenticate(self, key: str, secret: str) -> Messages:
        """Log in."""
        if self.key:
            return error(403)
        code = self._login(key, secret)
        if code is not None:
            return error(code)
        self.key = key
        return AUTHENTICATED

    def answer(self, message: object) -> Messages:
        """What a client's message is answered."""
        if not isinstance(message, dict):
            return error(400)
        action = message.get("action")
        if action == "auth":
            key, secret = message.get("key"), message.get("secret")
            if not isinstance(key, str) or not isinstance(secret, str):
                return error(400)
            return self.authenticate(key, secret)
        if action not in {"subscribe", "unsubscribe"}:
            return error(400)
        if not self.key:
            return error(401)
        return self._change(cast("Json", message), adds=action == "subscribe")

    def _change(self, message: Json, *, adds: bool) -> Messages:
        wanted = {name: value for name, value in message.items() if name != "action"}
        if any(not _is_list_of_symbols(value) for value in wanted.values()):
            return error(400)
        if any(name not in self._channels for name, value in wanted.items() if value):
            return error(410)
        asked = {name: cast("Sequence[str]", value) for name, value in wanted.items()}
        if "*" in asked.get("quotes", ()) and not self._takes_all_quotes:
            return error(413)
        if adds and self.most_symbols is not None and len(self._symbols(asked)) > self.most_symbols:
            return error(405)
        for name, symbols in asked.items():
            self._move(name, symbols, adds=adds)
            if name == "trades":
                for implied in _WITH_TRADES:
                    self._move(implied, symbols, adds=adds)
        return self.subscription()

    def _move(self, channel: str, symbols: Sequence[str], *, adds: bool) -> None:
        named = self._named.get(channel)
        if named is None:
            return
        for symbol in symbols:
            if adds and symbol not in named:
                named.append(symbol)
            elif not adds and symbol in named:
                named.remove(symbol)

    def _symbols(self, asked: Mapping[str, Sequence[str]]) -> set[str]:
        symbols = {symbol for named in self._named.values() for symbol in named}
        return symbols.union(*asked.values()) - {"*"}

    def subscription(self) -> Messages:
        """All that it subscribed, of every channel of the feed."""
        return [{"T": "subscription", **{name: [*self._named[name]] for name in self._channels}}]

    def wants(self, channel: str, symbol: str) -> bool:
        """Whether it subscribed that."""
        named = self._named.get(channel, ())
        return symbol in named or "*" in named


def _is_list_of_symbols(value: object) -> bool:
    return isinstance(value, list | tuple) and all(isinstance(one, str) for one in value)
