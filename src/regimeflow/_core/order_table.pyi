from typing import final

import numpy as np
from numpy.typing import NDArray

from regimeflow._core.order_rows import OrderRow
from regimeflow._core.reports import ExecutionReport

MOVED: int
FILL: int
DUPLICATE: int
MISSING_FILLS: int
OVERFILL: int
BAD_TRANSITION: int
UNKNOWN: int
RETIRED: int
BAD_REPORT: int
ADJUSTED: int
OLD_LEG: int
ENDED: int
NEW_BROKER_ID: int
REVIVED: int
DOUBT_CHANGED: int
LATE_FILL: int
TERMS_CHANGED: int
FORETOLD: int
FULL: int
EXISTS: int
TOO_LONG: int

@final
class OrderTable:
    def __init__(
        self,
        transitions: bytes,
        status_events: bytes,
        *,
        id_prefix: str,
        max_orders: int = 1_000_000,
    ) -> None: ...
    def __len__(self) -> int: ...
    @property
    def open_count(self) -> int: ...
    @property
    def max_orders(self) -> int: ...
    def next_order_id(self) -> int: ...
    def submit(
        self,
        symbol: str,
        side: int,
        ord_type: int,
        time_in_force: int,
        order_qty: int,
        qty_exp: int,
        limit_px: int | None,
        stop_px: int | None,
        px_exp: int,
        *,
        strategy: str = "",
        client_order_id: str | None = None,
        expire_time_ns: int = 0,
        now_ns: int = 0,
        order_id: int = 0,
    ) -> int: ...
    def adopt(
        self,
        report: ExecutionReport,
        *,
        strategy: str = "external",
        base_qty: int = 0,
        base_notional: int = 0,
        now_ns: int = 0,
        order_id: int = 0,
    ) -> int: ...
    def apply(self, report: ExecutionReport) -> int: ...
    def next_status(self, status: int, event: int, nothing_left: bool) -> int: ...
    def hits(self) -> list[int]: ...
    def request(self, order_id: int, event: int, now_ns: int = 0) -> int: ...
    @property
    def last_order_id(self) -> int: ...
    @property
    def last_before(self) -> int: ...
    @property
    def last_after(self) -> int: ...
    @property
    def last_booked(self) -> tuple[int, int]: ...
    @property
    def last_undone(self) -> tuple[int, int]: ...
    def get(self, order_id: int) -> OrderRow | None: ...
    def status_of(self, order_id: int) -> int: ...
    def find_by_client_id(self, client_order_id: str) -> int: ...
    def was_used(self, client_order_id: str) -> bool: ...
    def find_by_broker_id(self, broker_order_id: str, symbol: str = "") -> int: ...
    def has_execution(self, order_id: int, exec_id: str) -> bool: ...
    def open_ids(self) -> list[int]: ...
    def ids(self, status: int = -1) -> list[int]: ...
    def ids_in_doubt(self) -> list[int]: ...
    def to_array(self, *, open_only: bool = True) -> NDArray[np.void]: ...
    def retire(self, before_ns: int, now_ns: int, keep_ns: int, limit: int = 1000) -> int: ...
    def prepare(self, ahead: int = 4096) -> bool: ...
    def image(self) -> bytes: ...
    def restore(self, image: bytes) -> None: ...
