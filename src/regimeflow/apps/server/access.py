"""Who may ask, from where, and what for: tokens, roles, hosts and origins."""

from __future__ import annotations

import enum
import hashlib
import hmac
from collections.abc import Awaitable, Callable, Iterable
from typing import Final

from aiohttp import web

_BEARER: Final = "Bearer "
_OWN_SITES: Final = frozenset({"same-origin", "none"})
# Nothing from elsewhere, nothing inline, in no frame.
_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self';"
    " img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_HEADERS: Final = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": _POLICY,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Referrer-Policy": "no-referrer",
    "Server": "regimeflow",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Role(enum.IntEnum):
    """What somebody may do."""

    NOBODY = 0
    READER = 1
    OPERATOR = 2


class Access:
    """Tokens and names that one door knows.

    There is no cookie: a browser sends nothing of its own accord, so a foreign page cannot have
    it send an order. What may be sent at all must come from a page of ours, or from no page.

    Args:
        operator: The token of whoever may do everything; None: nobody may.
        reader: The token of whoever may look; None: nobody has one.
        hosts: What ``Host`` may be, without the port; a name that an attacker points at this
            address (DNS rebinding) is none of them.
        everybody: What one may do without a token.
    """

    def __init__(
        self,
        operator: str | None,
        reader: str | None,
        hosts: Iterable[str],
        *,
        everybody: Role = Role.NOBODY,
    ) -> None:
        self._operator: Final = _digest(operator)
        self._reader: Final = _digest(reader)
        self._hosts: Final = frozenset(host.lower() for host in hosts)
        self._everybody: Final = everybody

    def role_of(self, request: web.Request) -> Role:
        """Return what the sender may do; as long for a wrong token as for a right one."""
        given = request.headers.get("Authorization", "")
        found = _digest(given.removeprefix(_BEARER) if given.startswith(_BEARER) else None)
        is_operator = hmac.compare_digest(found, self._operator)
        is_reader = hmac.compare_digest(found, self._reader)
        role = Role.READER if is_reader else Role.NOBODY
        if is_operator:
            role = Role.OPERATOR
        return max(role if found != _NONE else Role.NOBODY, self._everybody)

    def refusal(self, request: web.Request) -> str | None:
        """Return why a request is refused whoever sends it; None: it is not."""
        host = request.headers.getall("Host", [])
        if len(host) != 1 or _bare(host[0]) not in self._hosts:
            return "the Host header names another host"
        origins = request.headers.getall("Origin", [])
        if any(origin not in _own(host[0]) for origin in origins):
            return "the request comes from a page of another origin"
        if request.path.startswith("/api/"):
            site = request.headers.get("Sec-Fetch-Site", "none")
            if site not in _OWN_SITES:
                return "the request comes from a page of another site"
        return None

    @web.middleware
    async def guard(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Refuse what comes from elsewhere; every answer says what a browser may do with it."""
        refusal = self.refusal(request)
        if refusal is not None:
            return refuse(403, refusal)
        try:
            return await handler(request)
        except web.HTTPException as error:
            return refuse(error.status, error.reason)


async def add_headers(_: web.Request, response: web.StreamResponse) -> None:
    """Add what every answer carries."""
    for name, value in _HEADERS.items():
        response.headers[name] = value


def needs(role: Role, access: Access) -> Callable[[Handler], Handler]:
    """Let a handler answer only those who may ask it."""

    def around(handler: Handler) -> Handler:
        async def guarded(request: web.Request) -> web.StreamResponse:
            found = access.role_of(request)
            if found is Role.NOBODY:
                return refuse(401, "a token is needed", {"WWW-Authenticate": "Bearer"})
            if found < role:
                return refuse(403, "this token may look, and press nothing")
            return await handler(request)

        return guarded

    return around


def refuse(status: int, text: str, headers: dict[str, str] | None = None) -> web.Response:
    """Answer with an error."""
    return web.json_response({"error": text}, status=status, headers=headers)


def _digest(token: str | None) -> bytes:
    # Of equal length whatever the token, so that comparing tells nothing of it.
    return hashlib.sha256((token or "").encode("utf-8", "surrogateescape")).digest()


_NONE: Final = _digest(None)


def _bare(host: str) -> str:
    bare = host.lower()
    if bare.startswith("["):
        return bare.partition("]")[0] + "]"
    return bare.partition(":")[0]


def _own(host: str) -> tuple[str, str]:
    return f"http://{host}", f"https://{host}"
