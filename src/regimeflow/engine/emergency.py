"""Cancelling and closing at a broker without a session: for when the engine hangs or is dead."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from decimal import Decimal
from typing import Final, Self, TypeVar

from regimeflow._core.messages import ExecutionReport, Position
from regimeflow.domain.orders.client_order_ids import ClientOrderIds
from regimeflow.domain.orders.order import LiveOrder
from regimeflow.ports.broker import BrokerAdapter
from regimeflow.types.enums import LiveOrderStatus, OrderSide, OrderType, TimeInForce
from regimeflow.types.errors import BrokerError, Outcome, RegimeFlowError
from regimeflow.types.records import Record

_CONNECT_WITHIN_S: Final = 60.0
_EVERY_S: Final = 0.25

T = TypeVar("T")


class Done(Record, kw_only=True):
    """What was asked of the broker, and what is left there: lines for a person.

    ``asked`` counts orders sent and cancels that were taken; ``left`` is empty when it is over.
    """

    asked: int
    done: tuple[str, ...]
    left: tuple[str, ...]


class Emergency:
    """One connection of its own to a broker, by which everything can be ended.

    It decides by what the broker says, and nothing else: no journal, no books. Whatever is asked a
    second time finds nothing to do.

    Args:
        broker: Of a configuration; not connected.
        wait_s: How long the broker may take to have done what it was asked.
        only: Symbols; none: every one of the account.
        pause: Lets time pass.
    """

    def __init__(
        self,
        broker: BrokerAdapter,
        *,
        wait_s: float = 10.0,
        only: Sequence[str] = (),
        pause: Callable[[float], Awaitable[object]] = asyncio.sleep,
    ) -> None:
        self._broker: Final = broker
        self._wait_s: Final = wait_s
        self._only: Final = frozenset(only)
        self._pause = pause
        self._refused: dict[str, str] = {}  # why, by the broker's order id or the symbol
        self._ids: Final = ClientOrderIds.booted_at(time.time_ns())
        self._sent = 0

    async def __aenter__(self) -> Self:
        # What it tells by itself is asked for here.
        self._broker.on_market_data(_nobody)
        self._broker.on_execution_report(_nobody)
        self._broker.on_position_update(_nobody)
        async with asyncio.timeout(_CONNECT_WITHIN_S):
            await self._broker.connect()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._broker.disconnect()

    async def look(self) -> Done:
        """Say what is open and held, and do nothing.

        Raises:
            BrokerError, NetworkError: the broker could not be asked.
        """
        orders = [_order_line(each) for each in await self._orders()]
        held = [_held_line(each) for each in await self._positions()]
        return Done(asked=0, done=(), left=(*orders, *held))

    async def cancel_all(self) -> Done:
        """Cancel every open order, and wait until the broker lists none.

        Raises:
            BrokerError, NetworkError: the broker could not be asked.
        """
        self._refused.clear()
        before = await self._orders()
        asked = 0
        for order in before:
            asked += await self._is_taken(order)
        left = await self._until_gone(self._orders) if before else []
        names = {each.broker_order_id for each in left}
        gone = [each for each in before if each.broker_order_id not in names]
        return Done(
            asked=asked,
            done=tuple(f"cancelled {_order_line(each)}" for each in gone),
            left=tuple(self._left_line(_order_line(each), each.broker_order_id) for each in left),
        )

    async def flatten(self) -> Done:
        """Cancel every open order, then close every position at the market.

        A symbol of which an order is still open is not closed: it might be sold twice.

        Raises:
            BrokerError, NetworkError: the broker could not be asked.
        """
        cancelled = await self.cancel_all()
        busy = {each.symbol for each in await self._orders()}
        self._refused.clear()
        before = await self._positions()
        waits: set[str] = set()
        for position in before:
            if position.symbol in busy:
                self._refused[position.symbol] = "an order of it is still open"
            elif await self._is_sent(position):
                waits.add(position.symbol)
        held = {each.symbol: each for each in before}
        left = await self._until_gone(lambda: self._positions(waits)) if waits else []
        still = {each.symbol: each for each in left}
        still |= {name: each for name, each in held.items() if name in self._refused}
        return Done(
            asked=cancelled.asked + self._sent,
            done=(
                *cancelled.done,
                *(f"closed {_held_line(held[name])}" for name in sorted(waits - set(still))),
            ),
            left=(
                *cancelled.left,
                *(self._left_line(_held_line(each), name) for name, each in still.items()),
            ),
        )

    async def _orders(self) -> list[ExecutionReport]:
        found = await self._broker.get_open_orders()
        return [each for each in found if not self._only or each.symbol in self._only]

    async def _positions(self, among: set[str] | None = None) -> list[Position]:
        found = [each for each in await self._broker.get_positions() if each.quantity_dec]
        only = self._only if among is None else among
        return [each for each in found if (not self._only and among is None) or each.symbol in only]

    async def _until_gone(self, ask: Callable[[], Awaitable[list[T]]]) -> list[T]:
        """Ask again and again, and return what is left when nothing is, or when it takes long."""
        rounds = max(int(self._wait_s / _EVERY_S), 1)
        left = await ask()
        for _ in range(rounds):
            if not left:
                break
            await self._pause(_EVERY_S)
            left = await ask()
        return left

    async def _is_taken(self, order: ExecutionReport) -> bool:
        try:
            await self._broker.cancel_order(order.broker_order_id)
        except BrokerError as error:
            # It may have ended just now, or another cancel took it along: the broker's list says.
            self._refused[order.broker_order_id] = str(error)
            return False
        return True

    async def _is_sent(self, position: Position) -> bool:
        """Send what closes a position; whether it may fill."""
        try:
            instrument = await self._broker.get_instrument(position.symbol)
            quantity = instrument.round_qty(position.quantity_dec.copy_abs(), "down")
            if quantity <= 0:
                self._refused[position.symbol] = f"less than a lot of {instrument.lot_size}"
                return False
            self._sent += 1
            await self._broker.submit_order(self._exit(position, quantity))
        except BrokerError as error:
            self._refused[position.symbol] = str(error)
            # One that may have left is waited for, and never sent again.
            return error.outcome is Outcome.UNKNOWN
        except RegimeFlowError as error:
            self._refused[position.symbol] = str(error)
            return False
        return True

    def _exit(self, position: Position, quantity: Decimal) -> LiveOrder:
        now_ns, tifs = time.time_ns(), self._broker.capabilities().times_in_force
        return LiveOrder(
            order_id=self._sent,
            client_order_id=self._ids.make(self._sent),
            broker_order_id="",
            symbol=position.symbol,
            side=OrderSide.SELL if position.quantity_dec > 0 else OrderSide.BUY,
            type=OrderType.MARKET,
            quantity=quantity,
            limit_price=None,
            stop_price=None,
            time_in_force=TimeInForce.GTC if TimeInForce.GTC in tifs else TimeInForce.DAY,
            expire_time_ns=None,
            status=LiveOrderStatus.PENDING_NEW,
            cum_qty=Decimal(0),
            leaves_qty=quantity,
            avg_px=None,
            in_doubt=False,
            strategy="",
            created_at_ns=now_ns,
            updated_at_ns=now_ns,
        )

    def _left_line(self, line: str, key: str) -> str:
        why = self._refused.get(key, "the broker still has it")
        return f"{line}: {why}"


def _order_line(order: ExecutionReport) -> str:
    price = "" if order.limit_px_dec is None else f" at {order.limit_px_dec}"
    side, kind = OrderSide(order.side).name, OrderType(order.ord_type).name
    quantity = order.leaves_qty_dec if order.leaves_qty_dec is not None else order.order_qty_dec
    name = order.client_order_id or order.broker_order_id
    return f"{side} {quantity} {order.symbol} {kind}{price} {name}"


def _held_line(position: Position) -> str:
    return f"{position.quantity_dec} {position.symbol}"


def _nobody(_: object) -> bool:
    """Take what the broker tells, and be content."""
    return True
