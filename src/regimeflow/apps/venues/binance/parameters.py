"""The parameters of one request, read by name; what nobody read is refused."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from decimal import Decimal

from regimeflow.apps.venues.binance import refusals
from regimeflow.apps.venues.binance.refusals import Refusal
from regimeflow.apps.venues.binance.texts import decimal_of, integer_of

SYMBOL = re.compile(r"[\w\-.]{1,50}")
CLIENT_ID = re.compile(r"[a-zA-Z0-9\-_]{1,36}")
# Read by whoever checks the signature, before the method sees its parameters.
OF_SECURITY = frozenset({"apiKey", "timestamp", "recvWindow", "signature"})


class Parameters:
    """Named texts and the refusals of Binance for what is wrong with them.

    Args:
        sent: Every parameter as text, in the order sent.
        lists: Of the WebSocket API, where a list comes as one.
    """

    def __init__(
        self, sent: Mapping[str, str], lists: Mapping[str, list[str]] | None = None
    ) -> None:
        self._sent = dict(sent)
        self._lists = dict(lists or {})
        self._read: set[str] = set()

    def text(self, name: str) -> str | None:
        """Return a parameter, None if it was not sent.

        Raises:
            Refusal: -1105, it was sent empty.
        """
        self._read.add(name)
        value = self._sent.get(name)
        if value == "":
            raise refusals.empty(name)
        return value

    def required(self, name: str) -> str:
        """Return a parameter.

        Raises:
            Refusal: -1102, it was not sent.
        """
        value = self.text(name)
        if value is None:
            raise refusals.missing(name)
        return value

    def has(self, name: str) -> bool:
        """Whether a parameter was sent."""
        return name in self._sent or name in self._lists

    def ignore(self, *names: str) -> None:
        """Take what makes no difference here."""
        self._read.update(names)

    def forbid(self, *names: str) -> None:
        """Refuse with -1106 what has no meaning here."""
        for name in names:
            if name in self._sent:
                raise refusals.not_required(name)

    def symbol(self, name: str = "symbol") -> str:
        """Return a symbol that is written as symbols are."""
        text = self.required(name)
        if not SYMBOL.fullmatch(text) or any("a" <= letter <= "z" for letter in text):
            raise refusals.illegal(name, refusals.SYMBOL_RANGE)
        return text

    def symbols(self, name: str = "symbols") -> list[str] | None:
        """Return the names of a JSON list such as ``["BTCUSDT","ETHUSDT"]``."""
        self._read.add(name)
        if name in self._lists:
            return self._lists[name]
        text = self.text(name)
        if text is None:
            return None
        if not re.fullmatch(r'\["[^"]+"(,"[^"]+")*\]', text):
            raise refusals.illegal(
                name, r'^\["[\w\-._&&[^a-z]]{1,50}"(,"[\w\-._&&[^a-z]]{1,50}")*\]$'
            )
        return re.findall(r'"([^"]+)"', text)

    def decimal(self, name: str) -> Decimal | None:
        """Return a decimal, None if it was not sent."""
        text = self.text(name)
        return None if text is None else decimal_of(name, text)

    def integer(self, name: str) -> int | None:
        """Return an integer, None if it was not sent."""
        text = self.text(name)
        return None if text is None else integer_of(name, text)

    def limit(self, default: int, most: int, name: str = "limit") -> int:
        """Return how many rows are asked for; more than there may be counts as the most.

        Raises:
            Refusal: -1130, it is zero.
        """
        number = self.integer(name)
        if number == 0:
            raise refusals.not_valid(name)
        return default if number is None else min(number, most)

    def choice(self, name: str, legal: Iterable[str], otherwise: Refusal) -> str | None:
        """Return one of the legal words, None if it was not sent."""
        text = self.text(name)
        if text is not None and text not in legal:
            raise otherwise
        return text

    def flag(self, name: str, *, default: bool) -> bool:
        """Return a truth value."""
        text = self.choice(name, ("true", "false", "TRUE", "FALSE"), refusals.not_valid(name))
        return default if text is None else text.lower() == "true"

    def client_id(self, name: str) -> str | None:
        """Return a client order id, None if it was not sent."""
        text = self.text(name)
        if text is not None and not CLIENT_ID.fullmatch(text):
            raise refusals.illegal(name, refusals.CLIENT_ID_RANGE)
        return text

    def finish(self) -> None:
        """Refuse a request with more parameters than were read.

        Raises:
            Refusal: -1101 where nothing was expected, -1104 otherwise.
        """
        sent = [*self._sent, *self._lists]
        unread = [name for name in sent if name not in self._read and name not in OF_SECURITY]
        if not unread:
            return
        if not self._read:
            raise refusals.too_many(0, len(sent))
        raise refusals.unread(len(sent) - len(unread), len(sent))
