"""The model venue's own truth of the account: what was traded, what is owned."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable

from regimeflow.testing.simulation.styles import IN_KIND, Style
from regimeflow.testing.simulation.tickets import Execution, Product, Ticket
from regimeflow.types.enums import OrderSide


class Ledger:
    """Executions, positions and cash, in whole numbers; every state of the past can be read.

    Cash is in units of ``10**-money_places`` of the quote currency.
    """

    def __init__(self, style: Style, products: Iterable[Product], cash: int) -> None:
        self.products = {product.symbol: product for product in products}
        self.money_places = max(p.px_places + p.qty_places for p in self.products.values())
        self.executions: list[Execution] = []
        self.on_moved: Callable[[str], None] = _nobody  # told which symbol
        self._booked_ns: list[int] = []
        self._style = style
        self._fees_from_cash = style.fee_currency in {"", IN_KIND}
        self._positions = dict.fromkeys(self.products, 0)
        start: int = cash * 10**self.money_places
        self._past_ns = [0]
        self._past: list[tuple[int, dict[str, int]]] = [(start, dict(self._positions))]
        self._cash: int = start

    @property
    def cash(self) -> int:
        """What is left of the quote currency."""
        return self._cash

    @property
    def positions(self) -> dict[str, int]:
        """What is held now, flat symbols included."""
        return self._positions

    def book(self, execution: Execution, now_ns: int) -> None:
        """Count a fill, or the new numbers of a corrected one."""
        self.executions.append(execution)
        self._booked_ns.append(now_ns)
        if not execution.is_bust:
            self._move(execution, 1)
        self._keep(now_ns)
        self.on_moved(execution.ticket.product.symbol)

    def undo(self, execution: Execution) -> None:
        """Take a fill back; ``book`` what replaces it next."""
        execution.is_undone = True
        self._move(execution, -1)

    def executions_of(self, since_ns: int, as_of_ns: int) -> list[Execution]:
        """What was booked in a stretch of time, oldest first."""
        first = bisect_right(self._booked_ns, since_ns - 1)
        return self.executions[first : bisect_right(self._booked_ns, as_of_ns)]

    def owned_by_us(self, symbol: str, began_ns: int) -> int:
        """What was held of a symbol when our books began, and what our own orders added."""
        return sum(
            self._held_of(each)
            for each in self.executions
            if (each.ticket.is_ours or each.at_ns < began_ns)
            and each.ticket.product.symbol == symbol
            and not (each.is_undone or each.is_bust)
        )

    def account_of(self, as_of_ns: int) -> tuple[int, dict[str, int]]:
        """Cash and positions as they were."""
        return self._past[bisect_right(self._past_ns, as_of_ns) - 1]

    def _move(self, execution: Execution, sign: int) -> None:
        ticket: Ticket = execution.ticket
        product = ticket.product
        scale = 10 ** (self.money_places - product.px_places - product.qty_places)
        way = sign if ticket.side is OrderSide.BUY else -sign
        self._positions[product.symbol] += sign * self._held_of(execution)
        self._cash -= way * execution.qty * execution.px * scale
        if self._fees_from_cash and not self._style.pays_in_kind(ticket.side):
            self._cash -= sign * execution.fee * scale
        ticket.cum += sign * execution.qty
        ticket.notional += sign * execution.qty * execution.px

    def _held_of(self, execution: Execution) -> int:
        """What an execution adds to its position, the commission in kind taken off."""
        side = execution.ticket.side
        fee = execution.fee if self._style.pays_in_kind(side) else 0
        return (execution.qty if side is OrderSide.BUY else -execution.qty) - fee

    def _keep(self, now_ns: int) -> None:
        self._past_ns.append(now_ns)
        self._past.append((self._cash, dict(self._positions)))


def _nobody(_: str) -> None:
    """Nobody hears of the account."""
