"""Whose key is whose, and whether a request was signed with it."""

from __future__ import annotations

from collections.abc import Iterable

from regimeflow._core.tuples import NamedTuple
from regimeflow.apps.venues.binance import refusals, signing, timing
from regimeflow.apps.venues.binance.signing import Verifier


class Key(NamedTuple):
    """A key and the account that it opens."""

    name: str
    account: str
    verifier: Verifier


class Credentials(NamedTuple):
    """What a request shows for itself; an empty signature is that of a session logged on."""

    key: str | None
    payload: bytes
    signature: str | None
    timestamp: str | None
    window: str | None
    needs_signature: bool = True


class KeyRing:
    """Every key of the venue.

    Args:
        keys: At least one.
    """

    def __init__(self, keys: Iterable[Key]) -> None:
        self._keys = {key.name: key for key in keys}
        self._revoked: set[str] = set()

    def revoke(self, name: str) -> None:
        """Let a key open nothing any more."""
        self._revoked.add(name)

    def find(self, name: str | None) -> Key:
        """Return a key.

        Raises:
            Refusal: -2014 when none was sent, -2015 for one that opens nothing.
        """
        if not name:
            raise refusals.bad_key_format()
        key = self._keys.get(name)
        if key is None or name in self._revoked:
            raise refusals.key_refused()
        return key

    def admit(self, credentials: Credentials, now_ns: int) -> Key:
        """Return the key of a signed request.

        Raises:
            Refusal: -2014, -2015, -1102, -1021, -1100 or -1022.
        """
        if not credentials.key:
            raise refusals.bad_key_format()
        if credentials.timestamp is None:
            raise refusals.missing("timestamp")
        if credentials.needs_signature and not credentials.signature:
            raise refusals.missing("signature")
        sent_ns = timing.timestamp_ns(credentials.timestamp)
        timing.check(sent_ns, timing.window_ns(credentials.window), now_ns)
        key = self.find(credentials.key)
        if credentials.needs_signature:
            signing.check(key.verifier, credentials.payload, credentials.signature or "")
        return key
