"""A broker whose connection tests can cut: the paper venue behind a bad line."""

from __future__ import annotations

import asyncio

from regimeflow.adapters.brokers.paper.adapter import PaperAdapter
from regimeflow.live import BrokerError, NetworkError, Outcome
from regimeflow.types.config import PaperSettings


class FlakyPaper(PaperAdapter):
    """The paper venue; ``cut`` loses the session, ``refuse_connects`` makes the next ones fail."""

    def __init__(self, settings: PaperSettings, *, symbols: tuple[str, ...] = ("BTCUSDT",)) -> None:
        super().__init__(settings, symbols=symbols)
        self.connect_errors: list[BrokerError] = []
        self.read_errors: list[BrokerError] = []
        self.connect_count = 0
        self.subscribed: list[tuple[str, ...]] = []
        self._is_cut = False
        self._is_back = asyncio.Event()

    def cut(self) -> None:
        """Lose the session, as a socket that closes does."""
        self._is_cut = True
        self._is_back.clear()

    def is_connected(self) -> bool:
        return super().is_connected() and not self._is_cut

    async def connect(self) -> None:
        self.connect_count += 1
        if self.connect_errors:
            raise self.connect_errors.pop(0)
        await super().connect()
        self._is_cut = False
        self._is_back.set()

    async def subscribe_market_data(self, symbols: object) -> None:
        self.subscribed.append(tuple(symbols))  # type: ignore[arg-type]
        await super().subscribe_market_data(symbols)  # type: ignore[arg-type]

    async def get_positions(self) -> object:  # type: ignore[override]
        if self.read_errors:
            raise self.read_errors.pop(0)
        return await super().get_positions()


def unreachable(text: str = "the line is down") -> NetworkError:
    return NetworkError(text, venue="paper", outcome=Outcome.NOT_SENT)


def refused(text: str = "the key is wrong") -> BrokerError:
    return BrokerError(text, venue="paper", outcome=Outcome.REFUSED)
