from collections.abc import Callable
from typing import Self, final

from typing_extensions import Buffer

from regimeflow._core.depth import BalanceChanges as BalanceChanges
from regimeflow._core.depth import DepthDiff as DepthDiff
from regimeflow._core.depth import FrameError as FrameError
from regimeflow._core.local_book import BookChange as BookChange
from regimeflow._core.local_book import LocalBook
from regimeflow._core.messages import Bar, ExecutionReport, OrderBook, Quote, Tick

@final
class BinanceFrames:
    def __new__(
        cls,
        *,
        on_market_data: Callable[[Quote | Tick | Bar | OrderBook], object] | None = None,
        on_report: Callable[[ExecutionReport], object] | None = None,
        on_depth: Callable[[DepthDiff], object] | None = None,
        on_balances: Callable[[BalanceChanges], object] | None = None,
        symbol: str = "",
        patient: bool = False,
    ) -> Self: ...
    @property
    def was_mine(self) -> bool: ...
    def take(self, frame: Buffer, recv_ns: int, /) -> bool: ...
    def parse(
        self, frame: Buffer, recv_ns: int, /
    ) -> Quote | Tick | Bar | OrderBook | DepthDiff | ExecutionReport | BalanceChanges | None: ...
    def attach(self, book: LocalBook) -> None: ...
    def detach(self, book: LocalBook) -> None: ...
    def last_recv_ns(self, symbol: str, kind: int, /) -> int: ...
    def counts(self) -> dict[str, int]: ...
    def unknown(self) -> dict[str, int]: ...
