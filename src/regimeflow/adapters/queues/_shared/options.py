"""The free part of a queue's settings: what is ours is taken out, the rest is the library's."""

from __future__ import annotations

from typing import Final

from regimeflow.types.config.queue import MessageQueueConfig
from regimeflow.types.errors import ConfigError, Fault


class Options:
    """``options`` and ``secret_options`` of a queue.

    Raises:
        ConfigError: a secret cannot be had.
    """

    def __init__(self, config: MessageQueueConfig) -> None:
        self._rest: Final[dict[str, object]] = dict(config.options)
        self._secrets: Final[list[str]] = []
        for name, secret in config.secret_options.items():
            self._rest[name] = self.conceal(secret.reveal())
        self._faults: Final[list[Fault]] = []

    def whole(self, name: str, default: int, *, at_least: int = 0) -> int:
        """Take out a whole number that is ours."""
        value = self._rest.pop(name, default)
        if isinstance(value, bool) or not isinstance(value, int) or value < at_least:
            expected = f"expected a whole number, {at_least} or more"
            self._faults.append(Fault(f"queue.options.{name}", f"found {value!r}; {expected}"))
            return default
        return value

    def conceal(self, secret: str) -> str:
        """Keep a secret out of ``shown``; returns it."""
        self._secrets.append(secret)
        return secret

    def shown(self, text: str) -> str:
        """A text of the library's as it may be shown."""
        for secret in self._secrets:
            text = text.replace(secret, "***") if secret else text
        return text

    def check(self) -> None:
        """Raise ConfigError with what was wrong so far."""
        if self._faults:
            raise ConfigError(self._faults)

    def rest(self) -> dict[str, object]:
        """What is left: the library's."""
        return dict(self._rest)
