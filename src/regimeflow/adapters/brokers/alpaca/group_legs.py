"""The legs of linked orders, asked for: Alpaca shows whose they are within their head alone."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Final, Protocol

from regimeflow.adapters.brokers._shared.answers import Json
from regimeflow.adapters.brokers._shared.instants import instant_ns, rfc3339
from regimeflow.adapters.brokers.alpaca.groups import named_legs
from regimeflow.adapters.brokers.alpaca.orders import KnownOrders
from regimeflow.adapters.brokers.alpaca.rest import AlpacaRest, Params
from regimeflow.adapters.brokers.alpaca.translate import ANSWERS, OrderRow
from regimeflow.domain.orders.native_groups import split_exit

_ORDERS: Final = "/v2/orders"
BY_CLIENT_ID: Final = "/v2/orders:by_client_order_id"
_MOST: Final = 500
_CLOCKS_APART_NS: Final = 5 * 10**9  # an order's times are not the same in every answer


class Ask(Protocol):
    """Asks for one order; None: there is none."""

    def __call__(self, path: str, params: Params | None = None) -> Awaitable[OrderRow | None]:
        """Ask."""
        ...


class GroupLegs:
    """Finds out our names for the legs of groups.

    Args:
        rest: The trading host.
        known: The orders of this session.
        row_of: Reads an order of an answer.
        ask: Asks for one.
        learn: Learns an order with the legs before it.
    """

    def __init__(
        self,
        rest: AlpacaRest,
        known: KnownOrders,
        *,
        row_of: Callable[[Json], OrderRow],
        ask: Ask,
        learn: Callable[[OrderRow], Awaitable[object]],
    ) -> None:
        self._rest: Final = rest
        self._known: Final = known
        self._row_of: Final = row_of
        self._ask: Final = ask
        self._learn: Final = learn
        self._sought: Final[set[str]] = set()  # orders whose group was asked for

    async def name(self, rows: Sequence[OrderRow]) -> None:
        """Find out our names for legs of groups; only within its head is a leg known for one."""
        strange = [row for row in rows if row.in_group and self._is_strange(row)]
        if not strange:
            return
        ids = {name for row in strange for name in (row.report.broker_order_id, row.replaces)}
        since_ns = min(instant_ns(row.submitted_at) for row in strange) - _CLOCKS_APART_NS
        params: dict[str, str | int] = {
            "status": "all", "nested": "true", "after": rfc3339(since_ns),
            "limit": _MOST, "direction": "asc",
        }  # fmt: skip
        while True:
            page = ANSWERS.rows(await self._rest.read(_ORDERS, params), f"GET {_ORDERS}")
            for leg, name in (found for head in page for found in named_legs(head)):
                row = self._row_of(leg)
                if {row.report.broker_order_id, row.replaced_by} & ids - {""}:
                    await self._learn(row)
                    self._known.named(row.report.broker_order_id, name)
            if len(page) < _MOST:
                break
            params.pop("after", None)
            params["after_order_id"] = str(page[-1].get("id"))
        self._sought.update(ids - {""})

    def _is_strange(self, row: OrderRow) -> bool:
        broker_id = row.report.broker_order_id
        known = self._known.by_broker_id(broker_id)
        return broker_id not in self._sought and (known is None or not known.is_placed)

    async def find(self, client_order_id: str) -> OrderRow | None:
        """The exit of a name of ours: Alpaca shows it within the order that it left with."""
        head_id, role = split_exit(client_order_id)
        head = await self._ask(BY_CLIENT_ID, {"client_order_id": head_id}) if role else None
        while head is not None:
            path = f"{_ORDERS}/{head.report.broker_order_id}"
            order = ANSWERS.table(await self._rest.read(path, {"nested": "true"}), f"GET {path}")
            for leg, name in named_legs(order):
                if name == client_order_id:
                    row = self._row_of(leg)
                    await self._learn(row)
                    self._known.named(row.report.broker_order_id, name)
                    return row
            replaced_by = head.replaced_by
            head = await self._ask(f"{_ORDERS}/{replaced_by}") if replaced_by else None
        return None
