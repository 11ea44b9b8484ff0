from collections.abc import Iterable
from typing import TypeAlias, final

import numpy as np
import numpy.typing as npt

from regimeflow._core.account import AccountInfo, Balance
from regimeflow._core.bars import Bar
from regimeflow._core.books import OrderBook
from regimeflow._core.market import Quote, Tick
from regimeflow._core.positions import Position
from regimeflow._core.reports import ExecutionReport
from regimeflow._core.system import SystemMessage

__all__ = [
    "AccountInfo",
    "Balance",
    "Bar",
    "ExecutionReport",
    "LiveMessage",
    "MarketDataUpdate",
    "OrderBook",
    "Payload",
    "Position",
    "Quote",
    "SystemMessage",
    "Tick",
    "column",
    "from_array",
    "to_array",
]

MarketDataUpdate: TypeAlias = Quote | Tick | Bar | OrderBook
Payload: TypeAlias = (
    Quote | Tick | Bar | OrderBook | ExecutionReport | Position | AccountInfo | SystemMessage
)

@final
class LiveMessage:
    def __init__(
        self,
        topic: int,
        payload: Payload,
        origin: str = "",
    ) -> None: ...
    @property
    def payload(self) -> Payload: ...
    @property
    def topic(self) -> int: ...
    @property
    def kind(self) -> int: ...
    @property
    def origin(self) -> str: ...
    @property
    def seq(self) -> int: ...
    @property
    def symbol(self) -> str: ...
    @property
    def symbol_id(self) -> int: ...
    @property
    def ts_event_ns(self) -> int: ...
    @property
    def ts_recv_ns(self) -> int: ...
    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...
    def __reduce__(self) -> tuple[object, ...]: ...
    def __copy__(self) -> LiveMessage: ...
    def __deepcopy__(self, memo: object) -> LiveMessage: ...

def to_array(messages: Iterable[Payload | LiveMessage]) -> npt.NDArray[np.void]: ...
def from_array(array: npt.NDArray[np.void]) -> list[Payload]: ...
def column(array: npt.NDArray[np.void], name: str) -> npt.NDArray[np.float64]: ...
