"""What a local venue is given, and what it must be to be run."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Protocol

from regimeflow.apps.venues.exchange.exchange import Exchange
from regimeflow.apps.venues.exchange.requests import Fees
from regimeflow.apps.venues.server.faults import Faults
from regimeflow.types.instrument import Instrument

if TYPE_CHECKING:
    from aiohttp import web


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountEntry:
    """An account and the key that opens it; ``options`` is what else its table says."""

    name: str
    key: str
    secret: str = field(default="", repr=False)
    public_key: str = ""
    balances: Mapping[str, Decimal] = field(default_factory=dict)
    fees: Fees | None = None
    options: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class VenueSetup:
    """What a venue is made of; ``clock`` gives UTC nanoseconds."""

    accounts: Sequence[AccountEntry]
    instruments: Mapping[str, Instrument]
    seed: int
    faults: Faults
    clock: Callable[[], int]


class HttpVenue(Protocol):
    """A venue that speaks HTTP and WebSocket.

    A venue may also have ``async def act(name, params)`` for what the control endpoint can make it
    do at once; a ValueError says what it can. One that speaks something else beside HTTP has
    ``protocol(http)``, which makes what handles a new connection on the port that both share.
    """

    exchange: Exchange

    def add_routes(self, app: web.Application) -> None:
        """Add the venue's own paths."""
        ...

    async def start(self) -> None:
        """Begin what runs beside requests."""
        ...

    async def stop(self) -> None:
        """Close what is open, as the venue's protocol says."""
        ...

    async def flush(self) -> None:
        """Return when what events caused has been written."""
        ...

    def truth(self) -> Mapping[str, object]:
        """What the venue knows beside its exchange's audit."""
        ...
