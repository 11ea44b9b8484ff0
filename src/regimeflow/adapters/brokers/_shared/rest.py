"""REST over aiohttp: timeouts, verified TLS, and failures that say whether a request left."""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from typing import Final

import aiohttp
from yarl import URL

from regimeflow._core.tuples import NamedTuple
from regimeflow.types.errors import NetworkError, Outcome

_MOST_CONNECTIONS: Final = 16


class Answer(NamedTuple):
    """What a venue answered."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class RestClient:
    """One venue's REST host.

    Paths and queries never show in errors: signatures and keys are in them.

    Args:
        venue: Its name, for errors.
        base_url: Scheme and host.
        tls: For https.
        connect_timeout_s: How long a connection may take.
        request_timeout_s: How long an answer may take.
    """

    def __init__(
        self,
        venue: str,
        base_url: str,
        *,
        tls: ssl.SSLContext | None,
        connect_timeout_s: float,
        request_timeout_s: float,
    ) -> None:
        self._venue: Final = venue
        self._base_url: Final = base_url
        self._tls: Final = tls
        self._timeout: Final = aiohttp.ClientTimeout(
            total=request_timeout_s, connect=connect_timeout_s, sock_connect=connect_timeout_s
        )
        self._session: aiohttp.ClientSession | None = None

    async def ask(
        self,
        method: str,
        path: str,
        *,
        query: str = "",
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
        what: str = "",
    ) -> Answer:
        """Send a request and return the answer, whatever its status.

        Args:
            method: GET, POST, PUT, PATCH, DELETE.
            path: From the host on.
            query: Encoded already, as it was signed.
            headers: More of them.
            body: What is sent.
            what: What to call it in an error.

        Raises:
            NetworkError: NOT_SENT when no connection came about, else UNKNOWN.
        """
        session = self._session
        if session is None or session.closed:
            session = self._session = self._open()
        url = URL(f"{self._base_url}{path}{'?' if query else ''}{query}", encoded=True)
        try:
            async with session.request(
                method, url, headers=headers, data=body, allow_redirects=False
            ) as got:
                return Answer(got.status, got.headers, await got.read())
        except aiohttp.ClientConnectorError as error:
            text = f"{self._base_url} cannot be reached: {_why(error)}"
            raise self._failure(what, text, Outcome.NOT_SENT) from None
        except aiohttp.ConnectionTimeoutError:
            text = f"{self._base_url} did not accept a connection in time"
            raise self._failure(what, text, Outcome.NOT_SENT) from None
        except TimeoutError:
            raise self._failure(what, "no answer in time", Outcome.UNKNOWN) from None
        except (aiohttp.ClientError, OSError, AssertionError) as error:
            # AssertionError: aiohttp's own, where a connection was lost between two of its steps.
            text = f"the connection broke before the answer: {type(error).__name__}"
            raise self._failure(what, text, Outcome.UNKNOWN) from None

    async def close(self) -> None:
        """Close every connection."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    def _open(self) -> aiohttp.ClientSession:
        connector = aiohttp.TCPConnector(
            limit=_MOST_CONNECTIONS, ssl=True if self._tls is None else self._tls
        )
        return aiohttp.ClientSession(
            connector=connector, timeout=self._timeout, auto_decompress=True, trust_env=True
        )

    def _failure(self, what: str, text: str, outcome: Outcome) -> NetworkError:
        return NetworkError(f"{what}: {text}" if what else text, venue=self._venue, outcome=outcome)


def _why(error: aiohttp.ClientConnectorError) -> str:
    cause = error.certificate_error if hasattr(error, "certificate_error") else error.os_error
    return str(cause) or type(error).__name__
