"""A venue in a process of its own, on a local socket: a JSON object a line, numbers as text.

usage: python -m tests.support.wire_venue SOCKET SEED

It takes requests, acknowledges and fills at moments that are drawn, and pushes to whoever said
hello last. What nobody was connected to hear is not told again: it must be asked for.
"""

from __future__ import annotations

import asyncio
import json
import random
import sys
import time
from collections.abc import Callable
from decimal import Decimal

from regimeflow.types.enums import ExecType, OrderSide, OrderType, TimeInForce
from tests.support.wire_book import Line, RefusedError, VenueBook, WorkedOrder

SYMBOLS = ("BTCUSDT", "ETHUSDT")
LONGEST_LINE = 1 << 28
TICK = Decimal("0.01")
LOT = Decimal("0.00001")
_QUOTE_EVERY_S = 0.004


class WireVenue:
    """Serves one book to any number of connections."""

    def __init__(self, seed: int) -> None:
        self.book = VenueBook()
        self._chance = random.Random(seed)
        self._mids = {"BTCUSDT": Decimal("60000.00"), "ETHUSDT": Decimal("3000.00")}
        self._engine: asyncio.StreamWriter | None = None
        self._is_frozen = False
        self.done = asyncio.Event()
        self._reads: dict[str, Callable[[Line], object]] = {
            "hello": lambda _: None,
            "account": self._account,
            "positions": lambda _: {
                name: str(held) for name, held in self.book.positions.items() if held
            },
            "open_orders": lambda _: self.book.open_orders(),
            "find": lambda line: self.book.find(str(line["client_order_id"])),
            "executions": lambda line: self.book.since(int(str(line["since_ns"]))),
            "truth": lambda _: self.book.truth(),
        }

    # Connections.

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while text := await reader.readline():
                await self._take(json.loads(text), writer)
        except (ConnectionError, asyncio.CancelledError):
            pass  # the engine was killed, and what it sent was read; or the venue ends
        finally:
            if self._engine is writer:
                self._engine = None
            writer.close()

    async def _take(self, line: Line, writer: asyncio.StreamWriter) -> None:
        do = line["do"]
        if do == "hello":
            self._engine = writer
        if do in ("freeze", "thaw", "quit"):
            self._is_frozen = do == "freeze"
            if do == "quit":
                self.done.set()
            self._say(writer, {"id": line["id"], "ok": None})
        elif do in self._reads:
            self._say(writer, {"id": line["id"], "ok": self._reads[str(do)](line)})
        else:
            # A request is on its way for a while; those of one session stay in their order.
            await asyncio.sleep(self._chance.choice((0, 0, self._chance.uniform(0, 0.01))))
            self._act(line, writer)

    def _act(self, line: Line, writer: asyncio.StreamWriter) -> None:
        answer: Line = {"id": line["id"]}
        report: Line | None = None
        try:
            report = self._requested(line)
            answer["ok"] = report["broker_order_id"]
        except RefusedError as error:
            answer["error"] = str(error)
        told = [lambda: self._say(writer, answer)]
        if report is not None:
            told.append(lambda: self._push({"report": report}))
        self._chance.shuffle(told)
        for tell in told:
            late_s = self._chance.choice((0, self._chance.uniform(0, 0.02)))
            asyncio.get_running_loop().call_later(late_s, tell)
        order = self.book.by_client_id.get(str(line.get("client_order_id")))
        if order is not None and order.is_open:
            self._trade_at_once(order)

    def _requested(self, line: Line) -> Line:
        if line["do"] == "submit":
            return self.book.submit(line, is_refused=self._chance.random() < 0.03)
        said = json.dumps({key: line[key] for key in sorted(line) if key != "id"})
        if line["do"] == "cancel":
            order = self.book.open_order(str(line["broker_order_id"]))
            if self._chance.random() < 0.1:
                raise RefusedError("cannot be cancelled now")
            return self.book.end(order, ExecType.CANCELED)
        self.book.asked[said] = self.book.asked.get(said, 0) + 1
        order = self.book.open_order(str(line["broker_order_id"]))
        return self.book.replace(order, line, new_id=self._chance.random() < 0.5)

    @staticmethod
    def _say(writer: asyncio.StreamWriter, line: Line) -> None:
        if not writer.is_closing():
            writer.write(json.dumps(line).encode() + b"\n")

    def _push(self, line: Line) -> None:
        if self._engine is not None:
            self._say(self._engine, line)

    def _account(self, _: Line) -> Line:
        held = sum(
            (held * self._mids[name] for name, held in self.book.positions.items()), Decimal(0)
        )
        return {"cash": str(self.book.cash), "equity": str(self.book.cash + held)}

    # The market.

    async def trade(self) -> None:
        """Move prices, quote, and fill what is open, until told to quit."""
        while not self.done.is_set():
            await asyncio.sleep(_QUOTE_EVERY_S)
            symbol = self._chance.choice(SYMBOLS)
            self._mids[symbol] += self._chance.randint(-50, 50) * TICK
            bid, ask = (str(self._mids[symbol] + side * TICK) for side in (-1, 1))
            self._push({"quote": [symbol, bid, ask, time.time_ns()]})
            live = [] if self._is_frozen else self._live()
            for order in self._chance.sample(live, min(len(live), self._chance.randint(0, 2))):
                self._fill_some(order)

    def _live(self) -> list[WorkedOrder]:
        return [order for order in self.book.orders[-400:] if order.is_open]

    def _fill_some(self, order: WorkedOrder) -> None:
        leaves = order.quantity - order.cum
        part = leaves
        if self._chance.random() < 0.7:
            part = min(leaves, self._chance.randint(1, int(order.quantity / LOT)) * LOT)
        px = order.limit_px
        if px is None or self._chance.random() < 0.3:
            sign = 1 if order.side == OrderSide.SELL else -1
            better = sign * self._chance.randint(0, 300) * TICK
            px = (px if px is not None else self._mids[order.symbol]) + better
        self._push({"report": self.book.fill(order, part, px)})

    def _trade_at_once(self, order: WorkedOrder) -> None:
        if order.ord_type == OrderType.MARKET:
            while order.is_open:
                self._fill_some(order)
        elif order.time_in_force == TimeInForce.IOC:
            if self._chance.random() < 0.6:
                self._fill_some(order)
            if order.is_open:
                self._push({"report": self.book.end(order, ExecType.EXPIRED)})


async def main(path: str, seed: int) -> None:
    venue = WireVenue(seed)
    server = await asyncio.start_unix_server(venue.serve, path, limit=LONGEST_LINE)
    trading = asyncio.create_task(venue.trade())
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    async with server:
        await venue.done.wait()
        await trading


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2])))
