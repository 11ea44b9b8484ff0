"""Hosts trade while their gateways are killed and paused; in the end all books are the venue's.

``python -m tests.e2e.gateway_chaos --blows 6`` prints how long each take-over lasted.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import signal
import tempfile
import time
from contextlib import suppress
from decimal import Decimal
from pathlib import Path

from regimeflow.live import Order, OrderSide, OrderType, RegimeFlowError
from tests.contract.binance_bench import SYMBOL
from tests.e2e.test_gateway import QUANTITY, floor_of, has_come_back, held
from tests.e2e.test_gateway_lease import Gateway, LeasedFloor
from tests.support.engines import Run
from tests.support.servers import redis_server

QUICK = {"first_wait_s": 0.05, "longest_wait_s": 0.5}
PATIENCE_S = 40.0


class Chaos:
    """Three hosts, two gateways, and what is done to them."""

    def __init__(self, floor: LeasedFloor, seed: int) -> None:
        self.floor = floor
        self.dice = random.Random(seed)
        self.runs: list[Run] = []
        self.asked = self.refused = 0
        self.is_over = False

    async def begin(self) -> None:
        for name in ("desk-a", "desk-b", "desk-c"):
            self.runs.append(await self.floor.host(name, reconnect=QUICK))

    async def trade(self) -> None:
        """Buy, sell, cancel, and have others trade, until it is over."""
        while not self.is_over:
            run = self.dice.choice(self.runs)
            with suppress(RegimeFlowError):
                self.refused += 1
                self.act(run)
                self.refused -= 1
                self.asked += 1
            if self.dice.random() < 0.3:
                await self.floor.take(self.dice.choice([*OrderSide]), QUANTITY / 2)
            await self.floor.settle()
            await asyncio.sleep(0.05)

    def act(self, run: Run) -> None:
        manager, side = run.engine.order_manager, self.dice.choice([*OrderSide])
        kind = self.dice.random()
        if kind < 0.3:
            manager.cancel_all_orders()
        elif kind < 0.5 and (side is OrderSide.BUY or held(run) >= QUANTITY):
            manager.submit_order(Order(SYMBOL, side, OrderType.MARKET, QUANTITY))
        else:
            px = self.floor.resting_price(OrderSide.BUY)
            manager.submit_order(Order(SYMBOL, OrderSide.BUY, OrderType.LIMIT, QUANTITY, px))

    def owner(self) -> Gateway:
        return next(each for each in self.floor.gateways if each.owns())

    async def strike(self, number: int) -> str:
        """Have a standby ready, kill or pause the owner, and wait for the hosts."""
        owner, standby = self.owner(), self.floor.start_gateway()
        await self.until(lambda: standby.says("standing by"))
        back = [len(run.texts("connected")) for run in self.runs]
        began_s = time.monotonic()
        if number % 3 == 2:
            owner.process.send_signal(signal.SIGSTOP)
            await asyncio.sleep(4.0)  # its lease ends, the standby finds the journal in use
            owner.process.send_signal(signal.SIGCONT)
            await self.until(owner.is_over)
            what = "paused"
        else:
            owner.process.kill()
            await self.until(owner.is_over)
            what = "killed"
        await self.until(self.is_there_an_owner)
        up_s = time.monotonic() - began_s
        await self.until(
            lambda: all(
                len(run.texts("connected")) > before and has_come_back(run)
                for run, before in zip(self.runs, back, strict=True)
            )
        )
        return (
            f"{what}: the standby is up after {up_s:.1f} s, all hosts {self.since(began_s):.1f} s"
        )

    def is_there_an_owner(self) -> bool:
        """Whether a gateway trades; what has ended is started again, as a supervisor would."""
        if any(each.owns() for each in self.floor.gateways):
            return True
        if all(each.is_over() for each in self.floor.gateways):
            self.floor.start_gateway()
        return False

    @staticmethod
    def since(began_s: float) -> float:
        return time.monotonic() - began_s

    async def until(self, is_so) -> None:
        end_s = time.monotonic() + PATIENCE_S
        while not is_so():
            assert time.monotonic() < end_s, self.told()
            await asyncio.sleep(0.02)

    def told(self) -> str:
        """What everybody said last, for whoever looks for what went wrong."""
        lines = [f"{each.kind}: {each.text}" for run in self.runs for each in run.events[-6:]]
        lines += [repr(each) for run in self.runs for each in run.errors[-3:]]
        lines += [line.rstrip() for each in self.floor.gateways for line in each.last()]
        return "\n".join(lines)

    async def end(self) -> list[str]:
        """Cancel what is open, let books settle; return where they are not the venue's."""
        self.is_over = True
        for run in self.runs:
            run.engine.order_manager.cancel_all_orders()
        with suppress(TimeoutError):
            await self.floor.until(lambda: not self.differences())
        return self.differences()

    def differences(self) -> list[str]:
        truth, found = self.floor.truth(), []
        known: dict[str, Decimal] = {}
        for run in self.runs:
            for each in run.engine._parts.books.table.ids():
                order = run.engine.order_manager.get_order(each)
                if order is not None and order.cum_qty:
                    known[order.client_order_id] = order.cum_qty
        for name, each in truth.orders.items():
            if each.is_open:
                found.append(f"{name} is open at the venue")
            if each.cum_qty != known.pop(name, Decimal(0)):
                found.append(f"{name}: {each.cum_qty} at the venue")
        found += [f"{name}: {cum_qty} of nothing" for name, cum_qty in known.items()]
        total = sum((held(run) for run in self.runs), Decimal(0))
        if total != truth.position:
            found.append(f"position: ours {total}, the venue's {truth.position}")
        return found


async def run(blows: int, seed: int) -> list[str]:
    folder = Path(tempfile.mkdtemp(prefix="gw-"))
    server = redis_server(folder / "redis")
    try:
        async with floor_of(LeasedFloor(server, folder)) as floor:
            chaos = Chaos(floor, seed)
            await chaos.begin()
            trading = asyncio.create_task(chaos.trade())
            for number in range(blows):
                await asyncio.sleep(chaos.dice.uniform(1, 3))
                print(await chaos.strike(number), flush=True)
            await asyncio.sleep(2)
            chaos.is_over = True
            await trading
            found = await chaos.end()
            orders = floor.truth().orders.values()
            filled = sum(each.cum_qty > 0 for each in orders)
            print(f"{chaos.asked} calls, {chaos.refused} refused while there was no gateway;")
            print(f"{len(orders)} orders at the venue, {filled} with fills; differences: {found}")
            return found
    finally:
        server.stop()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--blows", type=int, default=6)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    return 1 if asyncio.run(run(given.blows, given.seed)) else 0


if __name__ == "__main__":
    raise SystemExit(main())
