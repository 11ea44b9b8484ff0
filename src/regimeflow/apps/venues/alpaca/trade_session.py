"""One connection to ``/stream``: authentication, old and new, what it listens to. No sockets."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from regimeflow.apps.venues.alpaca.fields import Json

TRADE_UPDATES: Final = "trade_updates"
_DEPRECATED: Final = (
    "this authentication format is being deprecated. Please use the format: "
    '{"action": "auth", "key": "x", "secret": "x"}'
)


class TradeSession:
    """State of one connection.

    Args:
        login: Key and secret to the account's name, None when they are wrong.
    """

    def __init__(self, login: Callable[[str, str], str | None]) -> None:
        self._login: Final = login
        self._streams: list[str] = []
        self.account: str | None = None

    @property
    def listens(self) -> bool:
        """Whether updates go to it."""
        return TRADE_UPDATES in self._streams

    def authenticate(self, key: object, secret: object) -> bool:
        """Log in."""
        if isinstance(key, str) and isinstance(secret, str):
            self.account = self._login(key, secret) or self.account
            return self._login(key, secret) is not None
        return False

    def answer(self, message: object) -> Json | None:
        """What a client's message is answered; None means an error and the end."""
        if not isinstance(message, dict):
            return None
        data = message.get("data")
        data = data if isinstance(data, dict) else {}
        action = message.get("action")
        if action == "auth":
            is_known = self.authenticate(message.get("key"), message.get("secret"))
            return _authorization({"status": _status(is_known), "action": "authenticate"})
        if action == "authenticate":
            is_known = self.authenticate(data.get("key_id"), data.get("secret_key"))
            return _authorization(
                {"action": "authenticate", "message": _DEPRECATED, "status": _status(is_known)}
            )
        if action != "listen":
            return None
        if self.account is None:
            return _authorization({"status": "unauthorized", "action": "listen"})
        streams = data.get("streams")
        if not isinstance(streams, list):
            return None
        self._streams = [name for name in streams if name == TRADE_UPDATES]
        return {"stream": "listening", "data": {"streams": [*self._streams]}}


def _status(is_known: object) -> str:
    return "authorized" if is_known else "unauthorized"


def _authorization(data: Json) -> Json:
    return {"stream": "authorization", "data": data}


def failure(text: str = "internal server error") -> Json:
    """What is said before the connection is closed."""
    return {"action": "error", "data": {"error_message": text}}
