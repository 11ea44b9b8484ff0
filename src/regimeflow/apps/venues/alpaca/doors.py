"""Who may come in: keys, and how often they may ask."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from regimeflow.apps.venues.alpaca.accounts import Account
from regimeflow.apps.venues.alpaca.refusals import TOO_MANY, UNAUTHORIZED, Refusal, coded
from regimeflow.apps.venues.alpaca.times import MINUTE_NS, SECOND_NS
from regimeflow.apps.venues.server.faults import Faults

KEY_HEADER: Final = "APCA-API-KEY-ID"
SECRET_HEADER: Final = "APCA-API-SECRET-KEY"  # noqa: S105


@dataclass(frozen=True, slots=True)
class Login:
    """One key and whose it is."""

    key: str
    secret: str
    account: Account


class Doors:
    """Knows the keys; counts the requests of each account by the minute."""

    def __init__(self, logins: Mapping[str, Login], faults: Faults) -> None:
        self._logins: Final = logins
        self._faults: Final = faults
        self.anyone: Final = next(iter(logins.values())).account  # crypto data needs no key
        self._counts: Final[dict[tuple[str, str], tuple[int, int]]] = {}

    def account(self, key: str, secret: str) -> Account | None:
        """The account of a key and its secret."""
        login = self._logins.get(key)
        if login is None or not hmac.compare_digest(login.secret.encode(), secret.encode()):
            return None
        return login.account

    def enter(self, headers: Mapping[str, str]) -> Account:
        """The account of a request.

        Raises:
            Refusal: 401.
        """
        account = self.account(headers.get(KEY_HEADER, ""), headers.get(SECRET_HEADER, ""))
        if account is None:
            raise coded(401, UNAUTHORIZED, "request is not authorized")
        return account

    def count(
        self, account: Account, kind: str, now_ns: int
    ) -> tuple[dict[str, str], Refusal | None]:
        """Count a request; the headers tell what is left until when.

        Args:
            account: Whose.
            kind: ``trading`` or ``data``: each has a budget of its own.
            now_ns: When.

        Returns:
            Headers, and 429 when the minute's budget is spent.
        """
        minute = now_ns // MINUTE_NS
        begun, used = self._counts.get((account.name, kind), (minute, 0))
        used = used + 1 if begun == minute else 1
        self._counts[account.name, kind] = (minute, used)
        limit = account.requests_per_minute
        struck = self._faults.take("too_many_requests", account=account.name, kind=kind)
        is_over = used > limit or struck is not None
        headers = {
            "X-RateLimit-Limit": str(limit),
            "X-RateLimit-Remaining": str(0 if is_over else limit - used),
            "X-RateLimit-Reset": str((minute + 1) * MINUTE_NS // SECOND_NS),
        }
        return headers, coded(429, TOO_MANY, "rate limit exceeded") if is_over else None
