from collections.abc import Callable, Mapping
from typing import Generic, Self, TypeVar, final

_Q = TypeVar("_Q")
_T = TypeVar("_T")
_D = TypeVar("_D")

@final
class RecordedFrames(Generic[_Q, _T, _D]):
    def __new__(
        cls,
        quote: Callable[..., _Q],
        trade: Callable[..., _T],
        depth: Callable[..., _D],
        scales: Mapping[str, tuple[int, int]],
        last_ids: dict[str, int],
    ) -> Self: ...
    def read(self, line: bytes, /) -> _Q | _T | _D | None: ...
