"""Addresses of a venue: what one must look like, and which would trade real money unasked."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from regimeflow.types.errors import Fault

_LOOPBACK: Final = ("localhost", "::1", "[::1]")


def host_of(url: str) -> str:
    """The host of an address, without scheme, port and path."""
    host = url.partition("://")[2].partition("/")[0].rpartition("@")[2]
    return host.partition("]")[0] + "]" if host.startswith("[") else host.partition(":")[0]


def is_loopback(url: str) -> bool:
    """Whether an address cannot leave this machine."""
    return is_loopback_host(host_of(url))


def is_loopback_host(host: str) -> bool:
    """As ``is_loopback``, of a host alone; a name that only begins with 127. is another machine."""
    return host in _LOOPBACK or (host.startswith("127.") and host.replace(".", "").isdecimal())


def _url_fault(*schemes: str) -> str:
    return " or ".join(f"{scheme}://HOST" for scheme in schemes)


def rest_url_fault(text: str) -> str | None:
    """Return what was expected of an address of a REST host; None when it is one."""
    good = text.startswith(("https://", "http://")) and bool(host_of(text))
    return None if good else _url_fault("https", "http")


def ws_url_fault(text: str) -> str | None:
    """Return what was expected of an address of a WebSocket host; None when it is one."""
    good = text.startswith(("wss://", "ws://")) and bool(host_of(text))
    return None if good else _url_fault("wss", "ws")


def address_faults(
    given: Mapping[str, str], *, is_live: bool, play: Mapping[str, Iterable[str]]
) -> Iterator[Fault]:
    """Say which addresses would trade real money unasked, or send keys in the clear.

    Args:
        given: The addresses by the name of their setting.
        is_live: Whether real money was asked for.
        play: The addresses of the environments whose money is play money.
    """
    known = {host_of(url) for urls in play.values() for url in urls}
    for name, url in given.items():
        if is_loopback(url):
            continue
        if not url.startswith(("https://", "wss://")):
            yield Fault(name, "is not encrypted; expected https:// or wss:// but on loopback")
        if not is_live and host_of(url) not in known:
            yield Fault(
                name,
                f"{host_of(url)} is none of the {' or '.join(play)} hosts;"
                ' set environment = "live" to trade there',
            )
