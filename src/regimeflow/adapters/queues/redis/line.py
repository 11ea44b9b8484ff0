"""One connection to a server: redis-py opens it (TLS, passwords), the bytes are ours."""

from __future__ import annotations

import select
import socket
from collections.abc import Mapping, Sequence
from typing import Final, Protocol, cast
from urllib.parse import urlsplit

import hiredis
from redis.backoff import NoBackoff
from redis.connection import Connection as PlainConnection
from redis.connection import SSLConnection, parse_url
from redis.exceptions import AuthenticationError, RedisError
from redis.retry import Retry

from regimeflow.adapters.queues._shared.faults import Lost, Refused
from regimeflow.adapters.queues.redis.commands import pack
from regimeflow.types.errors import ConfigError, Fault

Reply = int | bytes | None | list["Reply"] | hiredis.ReplyError

_READ_BYTES: Final = 1 << 18
_NOT_LET_IN: Final = ("NOAUTH", "WRONGPASS", "NOPERM")


class Moved(Lost):
    """The streams live on another server of the cluster."""

    def __init__(self, host: str, port: int) -> None:
        super().__init__(f"the streams are on {host}:{port}")
        self.host: Final = host
        self.port: Final = port


class _Socketed:
    """Shows the socket of redis-py's connections, once they are open."""

    _sock: socket.socket | None

    @property
    def socket(self) -> socket.socket | None:
        return self._sock


class _Opened(Protocol):
    @property
    def socket(self) -> socket.socket | None: ...

    def connect(self) -> None: ...

    def disconnect(self) -> None: ...


class Address:
    """Where a server is, and how it is talked to.

    Args:
        url: ``redis://``, ``rediss://`` or ``unix://``.
        username: Who we are; None: nobody.
        password: Of whom; None: there is none.
        options: What redis-py's connections take beyond that, by its names.
    """

    def __init__(
        self, url: str, *, username: str | None, password: str | None, options: Mapping[str, object]
    ) -> None:
        parts = urlsplit(url)
        self.shown: Final = f"{parts.scheme}://{parts.hostname or ''}:{parts.port or 6379}"
        try:
            settings = dict(parse_url(url))
        except ValueError as error:
            raise ConfigError([Fault("queue.url", str(error))]) from error
        self._kind: Final[type] = cast("type", settings.pop("connection_class", PlainConnection))
        defaults: dict[str, object] = {"socket_timeout": 5.0, "socket_connect_timeout": 5.0}
        if issubclass(self._kind, SSLConnection):
            defaults["ssl_check_hostname"] = True
        who = {"username": username, "password": password}
        given = {name: value for name, value in who.items() if value is not None}
        self._settings: Final[dict[str, object]] = {**defaults, **settings, **given, **options}

    def make(self, moved: Moved | None) -> _Opened:
        """A connection, not open yet; to another server of the cluster when told so."""
        there: dict[str, object] = {"host": moved.host, "port": moved.port} if moved else {}
        retry = Retry(NoBackoff(), 0)
        kind = type("Line", (_Socketed, self._kind), {})
        try:
            made = kind(**{**self._settings, **there, "retry": retry, "protocol": 2})
        except (TypeError, ValueError, RedisError) as error:
            raise ConfigError(
                [Fault("queue.options", f"redis-py refuses them: {error}")]
            ) from error
        return cast("_Opened", made)


class Line:
    """An open connection: commands go out as bytes, replies come in the order of the commands.

    Args:
        address: Where to.
        moved: Where in the cluster, when it is known.

    Raises:
        Lost: it does not open.
        Refused: it opens, and does not let us in.
    """

    def __init__(self, address: Address, moved: Moved | None = None) -> None:
        connection = address.make(moved)
        where = f"{moved.host}:{moved.port}" if moved else address.shown
        try:
            connection.connect()
        except AuthenticationError as error:
            raise Refused(f"{where} does not let us in: {error}") from error
        except (RedisError, OSError) as error:
            refused = "certificate" in str(error).lower()
            raise (Refused if refused else Lost)(f"{where}: {error}") from error
        opened = connection.socket
        if opened is None:
            raise Lost(f"{where} closed the connection at once")
        self._connection: Final = connection
        self._socket: Final = opened
        self._reader: Final = hiredis.Reader(notEnoughData=self)
        self._where: Final = where

    def fileno(self) -> int:
        """For ``select``."""
        return self._socket.fileno()

    def close(self) -> None:
        """Close it; harmless when it is closed."""
        self._connection.disconnect()

    def send(self, data: bytes) -> None:
        """Send commands; waits while the server reads none."""
        try:
            self._socket.sendall(data)
        except OSError as error:
            raise Lost(f"{self._where}: {error}") from error

    def replies(self) -> list[Reply]:
        """What has come in, without waiting."""
        found: list[Reply] = []
        while wait_for([self], 0.0):
            self._feed()
            self._parse(found)
        return found

    def ask(self, *words: str | bytes | int) -> Reply:
        """Send one command and wait for its reply; nothing else may be under way.

        Raises:
            Lost: there is none, or it is an error.
        """
        self.send(pack(*words))
        return self.reply()

    def reply(self) -> Reply:
        """Wait for one reply."""
        while True:
            try:
                found = self._reader.gets()
            except hiredis.ProtocolError as error:
                raise Lost(f"{self._where} does not speak Redis: {error}") from error
            if found is not self:
                reply = cast("Reply", found)
                if isinstance(reply, hiredis.ReplyError):
                    raise fault(reply)
                return reply
            self._feed()

    @property
    def has_pending(self) -> bool:
        """Whether TLS has read bytes already, which no ``poll`` would tell of."""
        pending = getattr(self._socket, "pending", None)
        return bool(pending and pending())

    def _feed(self) -> None:
        try:
            data = self._socket.recv(_READ_BYTES)
        except TimeoutError as error:
            raise Lost(f"{self._where} does not answer") from error
        except OSError as error:
            raise Lost(f"{self._where}: {error}") from error
        if not data:
            raise Lost(f"{self._where} has closed the connection")
        self._reader.feed(data)

    def _parse(self, found: list[Reply]) -> None:
        try:
            while (reply := self._reader.gets()) is not self:
                found.append(cast("Reply", reply))
        except hiredis.ProtocolError as error:
            raise Lost(f"{self._where} does not speak Redis: {error}") from error


def wait_for(lines: Sequence[Line], wait_s: float) -> bool:
    """Wait until one of them has something to read; whether one has."""
    if any(line.has_pending for line in lines):
        return True
    watch = select.poll()
    for line in lines:
        watch.register(line, select.POLLIN)
    return bool(watch.poll(max(0.0, wait_s) * 1e3))


def fault(error: hiredis.ReplyError) -> Lost:
    """What an error in a reply means for the connection."""
    text = str(error)
    code, _, rest = text.partition(" ")
    host, colon, port = rest.rpartition(" ")[2].rpartition(":")
    if code == "MOVED" and colon and port.isdigit():
        return Moved(host, int(port))
    return (Refused if code in _NOT_LET_IN else Lost)(f"the server refuses: {text}")


def first_fault(replies: list[Reply]) -> Lost | None:
    """The first error among replies, and in a list among them; None: there is none."""
    for reply in replies:
        if isinstance(reply, hiredis.ReplyError):
            return fault(reply)
    return None
