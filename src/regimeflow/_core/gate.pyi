from typing import Final, final

from regimeflow._core.board import QuoteBoard

NO_PX: Final[int]

@final
class Gate:
    def __init__(self, board: QuoteBoard) -> None: ...
    def set_state(self, state: int) -> None: ...
    def set_rates(self, per_second: int | None = None, per_minute: int | None = None) -> None: ...
    def set_duplicate_window(self, window_ns: int) -> None: ...
    def list_symbol(
        self,
        symbol: str,
        *,
        px_exp: int,
        qty_exp: int,
        max_qty: int | None = None,
        max_notional: int | None = None,
        max_position: int | None = None,
        collar: int | None = None,
    ) -> int: ...
    def set_position(self, symbol: int, qty: int) -> None: ...
    def exposure(self, symbol: int) -> tuple[int, int, int]: ...
    def track(
        self,
        order_id: int,
        symbol: int,
        side: int,
        leaves: int,
        cum: int,
        is_changing: bool = False,
    ) -> None: ...
    def reserve(self, order_id: int, total: int) -> None: ...
    def fill(self, order_id: int, symbol: int, side: int, qty: int) -> None: ...
    def open_qty(self, order_id: int) -> int: ...
    def admit(
        self,
        symbol: int,
        side: int,
        ord_type: int,
        qty: int,
        limit_px: int,
        stop_px: int,
        now_ns: int,
        strategy: Gate | None = None,
        replaces: int = 0,
        trail: int = 0,
        trail_share: int = 0,
        terms: int = 0,
    ) -> int: ...
    def is_reducing(self, symbol: int, side: int, qty: int) -> bool: ...
    def last_valued_px(self) -> int | None: ...
    def last_reference_px(self) -> int | None: ...
    def id_of(self, symbol: str) -> int: ...
