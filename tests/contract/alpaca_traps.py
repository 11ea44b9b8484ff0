"""What the tests of Alpaca's traps share."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from decimal import Decimal

from regimeflow.domain.orders.order import OrderModification
from regimeflow.testing.contract import Contract, Desk
from regimeflow.types.enums import ExecType
from tests.contract.alpaca_bench import AlpacaBench

Act = Callable[[Desk, AlpacaBench], Awaitable[None]]
PART = AlpacaBench.quantity / 5
CHEAPER = OrderModification(limit_price=Decimal("229.90"))


class Traps(Contract):
    def make_bench(self) -> AlpacaBench:
        return AlpacaBench()

    def play(self, act: Act, **settings: object) -> None:
        async def with_bench(desk: Desk) -> None:
            bench = desk.bench
            assert isinstance(bench, AlpacaBench)
            await act(desk, bench)

        if settings:
            self.make_bench = lambda: AlpacaBench(**settings)  # type: ignore[method-assign]
        self.run(with_bench)


def last(desk: Desk, exec_type: ExecType):
    found = [each for each in desk.reports if each.exec_type == exec_type]
    return found[-1] if found else None


async def told(desk: Desk, exec_type: ExecType):
    await desk.until(lambda: last(desk, exec_type))
    return last(desk, exec_type)
