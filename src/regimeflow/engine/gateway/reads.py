"""What hosts ask of a gateway: it asks its broker, and gives each host what is its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Context, Decimal
from typing import Any, Final

from regimeflow._core.messages import ExecutionReport, Payload, Position
from regimeflow.adapters.gateway.values import instrument_state, messages_state
from regimeflow.engine.gateway.hosts import Hosts
from regimeflow.engine.parts import Parts
from regimeflow.types.enums import ExecType, LiveOrderStatus
from regimeflow.types.errors import NetworkError, NotFound, Outcome

_DIGITS: Final = Context(prec=15)  # of an average, which has no end
_FINEST: Final = Decimal("1e-18")
Args = Mapping[str, Any]


class Reads:
    """Answers questions; they are no decisions of the engine's, and are not written down.

    Threading: the loop only.
    """

    def __init__(self, parts: Parts, hosts: Hosts) -> None:
        self._parts = parts
        self._hosts = hosts

    async def answer(self, host: str, kind: str, args: Args) -> object:
        """Return the answer as JSON has it.

        Raises:
            NotFound: no such question, symbol.
            BrokerError: the broker could not be asked.
        """
        if kind == "instrument":
            return self._instrument(str(args["symbol"]))
        if kind == "positions":
            return messages_state(self._positions(host))
        return messages_state(await self._messages(host, kind, args))

    async def _messages(self, host: str, kind: str, args: Args) -> Sequence[Payload]:
        broker = self._parts.broker
        if kind == "account":
            return [await broker.get_account_info()]
        if kind == "open_orders":
            return self._of(host, await broker.get_open_orders())
        if kind == "executions":
            found = await broker.get_executions(int(args["since_ns"]))
            return [each for each in self._of(host, found) if each.exec_type != ExecType.RESTATED]
        if kind == "find":
            return await self._find(host, str(args["client_order_id"]))
        if kind == "bars":
            symbol, interval = str(args["symbol"]), str(args["interval"])
            return await broker.get_bars(symbol, int(args["since_ns"]), interval)
        raise NotFound(f"a gateway cannot be asked for {kind!r}")

    def _instrument(self, symbol: str) -> object:
        instrument = self._parts.instruments.get(symbol)
        if instrument is None:
            raise NotFound(f"{symbol} is not among the symbols of the gateway")
        return instrument_state(instrument)

    def _positions(self, host: str) -> list[Position]:
        now_ns = self._parts.clock.now_ns()
        return [
            Position(each.symbol, each.quantity, _told(each.avg_px), ts_event_ns=now_ns)
            for each in self._parts.portfolio.positions(strategy=host)
            if each.quantity
        ]

    async def _find(self, host: str, client_order_id: str) -> list[ExecutionReport]:
        row = self._hosts.row_of(host, lambda table: table.find_by_client_id(client_order_id))
        is_new = row is not None and row.status == LiveOrderStatus.PENDING_NEW
        if row is not None and (row.in_doubt or (is_new and not row.broker_order_id)):
            text = f"the gateway itself does not know yet what became of {client_order_id}"
            raise NetworkError(text, outcome=Outcome.UNKNOWN)
        found = await self._parts.broker.find_order(client_order_id)
        return [] if found is None else self._of(host, [found])

    def _of(self, host: str, reports: Sequence[ExecutionReport]) -> list[ExecutionReport]:
        return [each for each in reports if self._hosts.owner_of(each) == host]


def _told(avg_px: Decimal | None) -> Decimal | None:
    """Return an average as a message has room for it."""
    if avg_px is None:
        return None
    told = _DIGITS.plus(avg_px)
    return told if abs(told) >= 1 else told.quantize(_FINEST)
