"""The model venue's market: a price that walks at random, and what it fills."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence

from regimeflow.testing.simulation.tickets import Product, Ticket
from regimeflow.types.enums import OrderSide, OrderType, TimeInForce

_STOPS = frozenset({OrderType.STOP, OrderType.STOP_LIMIT, OrderType.TRAILING_STOP})
_AUCTION = frozenset(
    {
        OrderType.MARKET_ON_OPEN,
        OrderType.MARKET_ON_CLOSE,
        OrderType.LIMIT_ON_OPEN,
        OrderType.LIMIT_ON_CLOSE,
    }
)
_AT_LIMIT = frozenset(
    {
        OrderType.LIMIT,
        OrderType.STOP_LIMIT,
        OrderType.LIMIT_ON_OPEN,
        OrderType.LIMIT_ON_CLOSE,
    }
)


class Market:
    """One price a product, in ticks; the spread is two."""

    def __init__(self, products: Sequence[Product], dice: random.Random) -> None:
        self._dice = dice
        self.px = {product.symbol: product.start_px for product in products}

    def move(self) -> None:
        """One step of every price."""
        for symbol, px in self.px.items():
            self.px[symbol] = max(px + self._dice.choice((-4, -2, -1, 0, 1, 2, 4)), 100)

    def bid(self, symbol: str) -> int:
        """What a seller gets."""
        return self.px[symbol] - 1

    def ask(self, symbol: str) -> int:
        """What a buyer pays."""
        return self.px[symbol] + 1

    def matches(self, ticket: Ticket, *, is_new: bool) -> Iterator[tuple[int, int]]:
        """The fills that an order gets now: quantity and price."""
        symbol, dice = ticket.product.symbol, self._dice
        is_buy = ticket.side is OrderSide.BUY
        touch = self.ask(symbol) if is_buy else self.bid(symbol)
        if ticket.type in _STOPS and not ticket.is_triggered:
            stop = ticket.stop_px or 0
            ticket.is_triggered = touch >= stop if is_buy else touch <= stop
            if not ticket.is_triggered:
                return
        if ticket.type in _AUCTION and not ticket.is_triggered:
            ticket.is_triggered = not is_new and self._happens(0.1)
            if not ticket.is_triggered:
                return
        px = touch
        if ticket.type in _AT_LIMIT:
            limit = ticket.limit_px or 0
            if touch > limit if is_buy else touch < limit:
                return
            px = touch if is_new else limit
        lots = ticket.leaves // ticket.product.lot
        if ticket.tif is TimeInForce.FOK:
            if self._happens(0.5):
                yield ticket.leaves, px
            return
        for _ in range(dice.choice((1, 1, 2, 3))):
            if lots <= 0:
                return
            taken = lots if self._happens(0.4) else dice.randint(1, lots)
            lots -= taken
            yield taken * ticket.product.lot, px

    def _happens(self, chance: float) -> bool:
        return self._dice.random() < chance
