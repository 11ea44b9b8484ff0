"""The adapter of the venue in another process."""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

from regimeflow.domain.orders.order import LiveOrder, OrderModification
from regimeflow.live import (
    AccountInfo,
    Bar,
    BrokerError,
    ExecutionReport,
    Instrument,
    NetworkError,
    OrderType,
    Position,
    Quote,
    TimeInForce,
)
from regimeflow.ports.broker import (
    Capabilities,
)
from regimeflow.types.errors import Outcome
from tests.support.remote import BTC, Listened
from tests.support.wire_venue import LONGEST_LINE

Hook = Callable[[str], None]


class WireBroker(Listened):
    """One session with the wire venue.

    Args:
        path: Of its socket.
        hook: Called by name at the moments between deciding, sending and hearing.
    """

    def __init__(self, path: str, hook: Hook = lambda _: None) -> None:
        self._path = path
        self._hook = hook
        self._writer: asyncio.StreamWriter | None = None
        self._reading: asyncio.Task[None] | None = None
        self._answers: dict[int, tuple[str, asyncio.Future[Any]]] = {}
        self._number = 0

    # The wire.

    def _send(self, do: str, **values: object) -> asyncio.Future[Any]:
        if self._writer is None or self._writer.is_closing():
            raise NetworkError("not connected", outcome=Outcome.NOT_SENT)
        self._number += 1
        answer: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._answers[self._number] = do, answer
        self._hook(f"before {do}")
        self._writer.write(json.dumps({"do": do, "id": self._number, **values}).encode() + b"\n")
        self._hook(f"after {do}")
        return answer

    async def _read(self, reader: asyncio.StreamReader) -> None:
        try:
            while text := await reader.readline():
                self._take(json.loads(text))
        except ConnectionError:
            pass
        finally:
            self._lose()

    def _take(self, line: dict[str, Any]) -> None:
        if "quote" in line:
            symbol, bid, ask, ts = line["quote"]
            self._data(Quote(symbol, bid, "1", ask, "1", ts_event_ns=ts, ts_recv_ns=time.time_ns()))
        elif "report" in line:
            self._hook("before report")
            self._report(_report(line["report"]))
            self._hook("after report")
        else:
            do, answer = self._answers.pop(line["id"])
            self._hook(f"answer {do}")
            if answer.done():
                return
            if "error" in line:
                text = line["error"]
                answer.set_exception(BrokerError(text, venue="wire", outcome=Outcome.REFUSED))
            else:
                answer.set_result(line["ok"])

    def _lose(self) -> None:
        if self._writer is not None:
            self._writer.close()
        self._writer = None
        answers, self._answers = self._answers, {}
        for _, answer in answers.values():
            if not answer.done():
                text = "the connection was lost"
                answer.set_exception(NetworkError(text, outcome=Outcome.UNKNOWN))

    async def ask(self, do: str, **values: object) -> Any:
        """Send anything and wait for what the venue says."""
        return await self._send(do, **values)

    # The session.

    async def connect(self) -> None:
        await self.connect_only()
        await self.ask("hello")

    async def connect_only(self) -> None:
        """Connect as a person who asks, and to whom nothing is pushed."""
        try:
            reader, self._writer = await asyncio.open_unix_connection(
                self._path, limit=LONGEST_LINE
            )
        except OSError as error:
            text = f"no venue at {self._path}: {error}"
            raise NetworkError(text, outcome=Outcome.NOT_SENT) from error
        self._reading = asyncio.create_task(self._read(reader))

    async def disconnect(self) -> None:
        reading, self._reading = self._reading, None
        if reading is not None:
            reading.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await reading

    def is_connected(self) -> bool:
        return self._writer is not None

    async def subscribe_market_data(self, symbols: Sequence[str]) -> None:
        del symbols

    async def unsubscribe_market_data(self, symbols: Sequence[str]) -> None:
        del symbols

    # Commands.

    def submit_order(self, order: LiveOrder) -> Awaitable[str | None]:
        return self._send(
            "submit",
            client_order_id=order.client_order_id,
            symbol=order.symbol,
            side=int(order.side),
            ord_type=int(order.type),
            time_in_force=int(order.time_in_force),
            quantity=str(order.quantity),
            limit_px=_text(order.limit_price),
        )

    def cancel_order(self, broker_order_id: str) -> Awaitable[None]:
        return self._send("cancel", broker_order_id=broker_order_id)

    def modify_order(self, broker_order_id: str, mod: OrderModification) -> Awaitable[str | None]:
        return self._send(
            "replace",
            broker_order_id=broker_order_id,
            quantity=_text(mod.quantity),
            limit_px=_text(mod.limit_price),
        )

    # Questions.

    async def get_account_info(self) -> AccountInfo:
        said = await self.ask("account")
        cash, equity = said["cash"], said["equity"]
        return AccountInfo(currency="USDT", equity=equity, cash=cash, buying_power=cash)

    async def get_positions(self) -> Sequence[Position]:
        return [Position(name, held) for name, held in (await self.ask("positions")).items()]

    async def get_open_orders(self) -> Sequence[ExecutionReport]:
        return [_report(each) for each in await self.ask("open_orders")]

    async def find_order(self, client_order_id: str) -> ExecutionReport | None:
        found = await self.ask("find", client_order_id=client_order_id)
        return None if found is None else _report(found)

    async def get_executions(self, since_ns: int) -> Sequence[ExecutionReport]:
        return [_report(each) for each in await self.ask("executions", since_ns=since_ns)]

    async def get_bars(self, symbol: str, since_ns: int, interval: str) -> Sequence[Bar]:
        return []

    async def get_instrument(self, symbol: str) -> Instrument:
        return replace(BTC, symbol=symbol, base_currency=symbol.removesuffix("USDT"))

    # The rest.

    def max_orders_per_second(self) -> float:
        return 1_000.0

    def max_messages_per_second(self) -> float:
        return 5_000.0

    def poll(self) -> None:
        """The venue pushes."""

    def capabilities(self) -> Capabilities:
        return Capabilities(
            venue="wire",
            order_types=frozenset({OrderType.LIMIT, OrderType.MARKET}),
            times_in_force=frozenset({TimeInForce.GTC, TimeInForce.IOC}),
        )


def _text(value: Decimal | str | float | None) -> str | None:
    return None if value is None else str(value)


def _report(line: dict[str, Any]) -> ExecutionReport:
    return ExecutionReport(**line, ts_recv_ns=time.time_ns())
