from collections.abc import Callable
from typing import Self, final

from typing_extensions import Buffer

from regimeflow._core.alpaca_messages import Control as Control
from regimeflow._core.alpaca_messages import TradeUpdate as TradeUpdate
from regimeflow._core.alpaca_messages import TradingStatus as TradingStatus
from regimeflow._core.depth import FrameError as FrameError
from regimeflow._core.messages import Bar, Quote, Tick

@final
class AlpacaFrames:
    def __new__(
        cls,
        *,
        on_market_data: Callable[[Quote | Tick | Bar], object] | None = None,
        on_update: Callable[[TradeUpdate], object] | None = None,
        on_status: Callable[[TradingStatus], object] | None = None,
        on_control: Callable[[Control], object] | None = None,
        patient: bool = False,
    ) -> Self: ...
    def take(self, frame: Buffer, recv_ns: int, /) -> int: ...
    def parse(
        self, frame: Buffer, recv_ns: int, /
    ) -> list[Quote | Tick | Bar | TradingStatus | TradeUpdate | Control]: ...
    def last_recv_ns(self, symbol: str, kind: int, /) -> int: ...
    def counts(self) -> dict[str, int]: ...
    def unknown(self) -> dict[str, int]: ...
