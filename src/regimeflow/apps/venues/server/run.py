"""Runs a local venue until a signal ends it."""

from __future__ import annotations

import asyncio
import secrets
import signal
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol, cast

from aiohttp import web

from regimeflow.adapters.feeds.feed import Feed
from regimeflow.adapters.feeds.recorded import RecordedFeed
from regimeflow.adapters.feeds.synthetic import SyntheticFeed
from regimeflow.apps.venues.server.accounts import read_accounts
from regimeflow.apps.venues.server.control import Control
from regimeflow.apps.venues.server.faults import Faults, FaultSpec, read_faults
from regimeflow.apps.venues.server.market import MarketDriver
from regimeflow.apps.venues.server.venue import AccountEntry, HttpVenue, VenueSetup
from regimeflow.engine.loops import new_loop
from regimeflow.types.instrument import Instrument

_Protocol = Callable[[Callable[[], asyncio.Protocol] | None], asyncio.Protocol]
_STOPPED_BY: Final = (signal.SIGINT, signal.SIGTERM)
_LAST_WORDS_S: Final = 2.0  # how long what is under way may take once it is to stop


class VenueModule(Protocol):
    """What the module of a venue has."""

    DEFAULT_SYMBOLS: Sequence[str]
    FAULTS: Sequence[FaultSpec]
    HAS_KEYS: bool  # whether clients show a key

    def default_accounts(self, symbols: Mapping[str, Instrument]) -> Sequence[AccountEntry]:
        """Return the accounts that it has when no file names others."""
        ...

    def make_venue(self, setup: VenueSetup) -> HttpVenue:
        """Return a venue, not yet started."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """How a venue is to be run; an empty ``control_token`` is drawn."""

    host: str = "127.0.0.1"
    port: int = 0
    feeds: Sequence[str | Path] = ()
    symbols: Sequence[str] = ()
    speed: float | None = 1.0
    seed: int = 1
    accounts: str | Path | None = None
    faults: str | Path | None = None
    control_token: str = ""


class VenueServer:
    """A venue, its market and its control endpoint on one port.

    Raises:
        ConfigError: the accounts, faults or recordings that were named are wrong.
    """

    def __init__(self, module: VenueModule, wishes: Wishes) -> None:
        self._wishes: Final = wishes
        self.token: Final = wishes.control_token or secrets.token_hex(16)
        self.faults: Final = Faults(module.FAULTS, seed=wishes.seed)
        if wishes.faults is not None:
            read_faults(wishes.faults, self.faults)
        feed = _feed(module, wishes)
        self._feed: Final = feed
        accounts = (
            read_accounts(wishes.accounts, has_keys=module.HAS_KEYS)
            if wishes.accounts is not None
            else module.default_accounts(feed.instruments())
        )
        self.venue: Final = module.make_venue(
            VenueSetup(
                accounts=accounts,
                instruments=feed.instruments(),
                seed=wishes.seed,
                faults=self.faults,
                clock=time.time_ns,
            )
        )
        self._runner: web.AppRunner | None = None
        self._market: MarketDriver | None = None
        self._playing: asyncio.Task[None] | None = None
        self._server: asyncio.Server | None = None

    async def start(self) -> int:
        """Listen, and let the market begin; returns the port.

        Raises:
            OSError: the port is taken.
        """
        self._market = market = MarketDriver(
            self._feed,
            self.venue.exchange,
            time.time_ns,
            self.venue.flush,
            speed=self._wishes.speed,
        )
        app = web.Application()
        Control(self.venue, self.faults, market, time.time_ns, token=self.token).add_routes(app)
        self.venue.add_routes(app)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=_LAST_WORDS_S)
        await runner.setup()
        self._runner = runner
        try:
            port = await self._listen(runner)
        except OSError:
            await self.stop()
            raise
        await self.venue.start()
        self._playing = asyncio.create_task(market.run())
        return port

    async def _listen(self, runner: web.AppRunner) -> int:
        host, port = self._wishes.host, self._wishes.port
        protocol = getattr(self.venue, "protocol", None)
        if protocol is None:
            await web.TCPSite(runner, host, port).start()
            return int(runner.addresses[0][1])
        server = await asyncio.get_running_loop().create_server(
            lambda: cast("_Protocol", protocol)(runner.server), host, port
        )
        self._server = server
        return int(server.sockets[0].getsockname()[1])

    async def played(self) -> None:
        """Return when the market fails, with its error; else never."""
        if self._playing is not None:
            await asyncio.shield(self._playing)

    async def stop(self) -> None:
        """Stop the market, close every connection; harmless twice."""
        if self._server is not None:
            self._server.close()
        playing, self._playing = self._playing, None
        if playing is not None:
            playing.cancel()
            await asyncio.gather(playing, return_exceptions=True)
            with suppress(TimeoutError):
                async with asyncio.timeout(_LAST_WORDS_S):  # a client may read nothing any more
                    await self.venue.stop()
        runner, self._runner = self._runner, None
        if runner is not None:
            await runner.cleanup()


def serve(module: VenueModule, wishes: Wishes, say: Callable[[str], object]) -> int:
    """Run a venue until SIGINT or SIGTERM; return the signal's number.

    Args:
        module: Which venue.
        wishes: How.
        say: Where the two lines go: the address, then the control token.

    Raises:
        ConfigError: a file that was named is wrong.
        OSError: the port is taken.
    """
    server = VenueServer(module, wishes)
    loop = new_loop()
    try:
        return loop.run_until_complete(_serve(server, wishes.host, say))
    finally:
        loop.run_until_complete(loop.shutdown_asyncgens())
        loop.close()


async def _serve(server: VenueServer, host: str, say: Callable[[str], object]) -> int:
    loop = asyncio.get_running_loop()
    stopped: asyncio.Future[int] = loop.create_future()

    def stop(number: int) -> None:
        if not stopped.done():
            stopped.set_result(number)

    for each in _STOPPED_BY:
        loop.add_signal_handler(each, stop, int(each))
    try:
        port = await server.start()
        say(f"listening on {host}:{port}")
        say(f"control token {server.token}")
        playing = asyncio.create_task(server.played())
        playing.add_done_callback(lambda _: stop(0))
        number = await stopped
        if not number:
            await playing
        playing.cancel()
        return number
    finally:
        await server.stop()


def _feed(module: VenueModule, wishes: Wishes) -> Feed:
    if wishes.feeds:
        return RecordedFeed(list(wishes.feeds))
    return SyntheticFeed(list(wishes.symbols or module.DEFAULT_SYMBOLS), seed=wishes.seed)
