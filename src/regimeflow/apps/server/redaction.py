"""Secrets taken out of whatever leaves the process."""

from __future__ import annotations

import base64
import contextlib
import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Final
from urllib.parse import quote, quote_plus

from regimeflow.types.errors import ConfigError
from regimeflow.types.records import Record, declared
from regimeflow.types.secrets import SecretStr

# A shorter one would be found in words that have nothing to do with it.
SHORTEST: Final = 6
_HIDDEN: Final = "***"


class Redactor:
    """Replaces secrets by three stars, however they are spelt: plain, in an address, as Base64.

    Threading: any thread.
    """

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        found = {form for secret in secrets for form in _forms(secret)}
        self._forms: Final = sorted(found, key=len, reverse=True)
        self._in_bytes: Final = [(form.encode(), _HIDDEN.encode()) for form in self._forms]

    def text(self, text: str) -> str:
        """Return a text without them."""
        for form in self._forms:
            if form in text:
                text = text.replace(form, _HIDDEN)
        return text

    def data(self, data: bytes) -> bytes:
        """Return UTF-8 without them."""
        for form, hidden in self._in_bytes:
            if form in data:
                data = data.replace(form, hidden)
        return data


def secrets_of(*tables: object) -> Iterator[str]:
    """Yield every secret that a configuration refers to, as far as they can be had now."""
    for table in tables:
        if isinstance(table, SecretStr):
            with contextlib.suppress(ConfigError):
                yield table.reveal()
        elif isinstance(table, Mapping):
            yield from secrets_of(*table.values())
        elif isinstance(table, list | tuple):
            yield from secrets_of(*table)
        elif isinstance(table, Record):
            yield from secrets_of(*(getattr(table, name) for name in declared(type(table))))


def _forms(secret: str) -> Iterator[str]:
    lines = [line.strip() for line in secret.splitlines() if not line.startswith("-----")]
    for each in {secret, *lines}:
        if len(each) < SHORTEST:
            continue
        yield each
        yield quote(each, safe="")
        yield quote_plus(each)
        yield json.dumps(each)[1:-1]
        yield base64.b64encode(each.encode()).decode()
