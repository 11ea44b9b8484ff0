"""Where the model venue works its orders: what happens to them, told as it happens."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from typing import Final, Protocol

from regimeflow.testing.simulation.ledger import Ledger
from regimeflow.testing.simulation.matching import Market
from regimeflow.testing.simulation.news import News, event_report, execution_report, status_report
from regimeflow.testing.simulation.styles import Style
from regimeflow.testing.simulation.tickets import Execution, Product, Stage, Ticket
from regimeflow.types.enums import ExecType as X
from regimeflow.types.enums import OrderType, OrdRejReason, TimeInForce

MS: Final = 1_000_000
_END: Final = {Stage.CANCELLED: X.CANCELED, Stage.EXPIRED: X.EXPIRED, Stage.REJECTED: X.REJECTED}
_IMMEDIATE: Final = frozenset({TimeInForce.IOC, TimeInForce.FOK})
_CLOSING: Final = frozenset({OrderType.MARKET_ON_CLOSE, OrderType.LIMIT_ON_CLOSE})


class Later(Protocol):
    """Where the venue puts what takes it a moment."""

    def now_ns(self) -> int:
        """The true time."""
        ...

    def call_at(self, when_ns: int, callback: Callable[[], None]) -> object:
        """Call back at a true time."""
        ...


class Floor:
    """The orders of one account, the market that fills them, and the ledger of it.

    It decides by dice how fast it is and what the market does; nothing it has said is ever untrue,
    though it may come late, twice, or not at all: that is the link's doing.
    """

    def __init__(
        self,
        style: Style,
        products: Sequence[Product],
        clock: Later,
        dice: random.Random,
        *,
        cash: int = 10_000_000,
    ) -> None:
        self.style: Final = style
        self.ledger: Final = Ledger(style, products, cash)
        self.market: Final = Market(products, dice)
        self.tell: Callable[[News], None] = lambda _: None
        self.tickets: Final[list[Ticket]] = []
        self.open: Final[list[Ticket]] = []
        self._by_client: Final[dict[str, Ticket]] = {}
        self._by_broker: Final[dict[str, Ticket]] = {}
        self._clock: Final = clock
        self._dice: Final = dice
        self._ids = dice.randrange(1_000, 9_000)
        self._changing: Final[set[int]] = set()

    def take_in(self, ticket: Ticket) -> None:
        """Put an order on the floor; it is acknowledged now or soon."""
        ticket.broker_ids.append(self._next_id("B"))
        self.tickets.append(ticket)
        self.open.append(ticket)
        if ticket.client_id:
            self._by_client[ticket.client_id] = ticket
        self._by_broker[ticket.broker_id] = ticket
        self._keep(ticket)
        if self.style.pending_first:
            self._tell(ticket, X.PENDING_NEW)
            self._later(self._dice.choice((0, 5, 40, 1_500)), lambda: self._accept(ticket))
        else:
            self._accept(ticket)

    def step(self) -> None:
        """Let the market move once."""
        self.market.move()
        now_ns = self._clock.now_ns()
        for ticket in tuple(self.open):
            if ticket.stage is not Stage.WORKING:
                continue
            if ticket.expire_ns and ticket.expire_ns <= now_ns:
                self._finish(ticket, Stage.EXPIRED)
                continue
            self._work(ticket)

    def end_session(self) -> None:
        """Close for the day: what is good for the day expires, the rest may sleep."""
        for ticket in tuple(self.open):
            if ticket.stage.is_over or ticket.stage is Stage.PENDING:
                continue
            if ticket.tif is TimeInForce.DAY:
                self._finish(ticket, Stage.EXPIRED)
            elif self.style.holds and ticket.stage is Stage.WORKING:
                self.hold(ticket, X.DONE_FOR_DAY)

    def hold(self, ticket: Ticket, exec_type: X = X.SUSPENDED) -> None:
        """Stop working an order for a while; it wakes as a new one, or restated."""
        if ticket.stage is not Stage.WORKING:
            return
        ticket.stage = Stage.HELD
        self._keep(ticket)
        self._tell(ticket, exec_type)
        if self._happens(0.2):  # it does not live to see it end
            self._finish(ticket, Stage.CANCELLED)
            return
        wakes_as = X.RESTATED if exec_type is X.DONE_FOR_DAY else X.NEW
        self._later(self._dice.randrange(5_000, 40_000), lambda: self._wake(ticket, wakes_as))

    def restate(self, ticket: Ticket) -> None:
        """Change an order's quantity by the venue's own decision."""
        if ticket.stage is Stage.WORKING and id(ticket) not in self._changing:
            ticket.qty += ticket.product.lot
            self._keep(ticket)
            self._tell(ticket, X.RESTATED)
            if self._happens(0.2):
                self._finish(ticket, Stage.CANCELLED)
            elif self._happens(0.3):
                self._fill(ticket, ticket.leaves, self._px_of(ticket))

    def reject_late(self, ticket: Ticket) -> None:
        """Refuse what was acknowledged, even what has filled in part."""
        if ticket.stage is Stage.WORKING:
            if self._happens(0.3):
                self.fill_now(ticket.broker_id)
            self._finish(ticket, Stage.REJECTED, text="risk management")

    def revise(self, execution: Execution, *, px: int | None, works_on: bool) -> None:
        """Correct a fill's price; None: bust it. A busted rest is worked again, or is gone."""
        if execution.is_undone or execution.is_bust:
            return
        ticket, now_ns = execution.ticket, self._clock.now_ns()
        self.ledger.undo(execution)
        is_bust = px is None
        exec_id = _revision_after(execution.exec_id)
        fee = 0 if is_bust else execution.fee + self._dice.choice((-1, 0, 0, 3))
        revised = Execution(
            exec_id,
            ticket,
            execution.qty,
            execution.px if px is None else px,
            fee,
            now_ns,
            ticket.cum,
            fee - execution.fee,
            execution.exec_id,
            is_bust=is_bust,
        )
        self._settle_revision(ticket, revised, works_on=works_on)
        self.tell(execution_report(self.style, revised))

    def fill_now(self, broker_id: str) -> None:
        """Trade some of an order, if it works, before what has just arrived is looked at."""
        ticket = self._by_broker.get(broker_id)
        if ticket is not None and ticket.stage is Stage.WORKING:
            lots = max(ticket.leaves // ticket.product.lot, 1)
            qty = min(self._dice.randint(1, lots) * ticket.product.lot, ticket.leaves)
            self._fill(ticket, qty, self._px_of(ticket))

    def _px_of(self, ticket: Ticket) -> int:
        return ticket.limit_px or self.market.bid(ticket.product.symbol)

    def revise_now(self, broker_id: str) -> None:
        """Correct or bust the last fill of an order, if it has one that counts."""
        ticket = self._by_broker.get(broker_id)
        live = [] if ticket is None else [e for e in ticket.fills if not e.is_undone]
        if live:
            px = None if self._happens(0.5) else live[-1].px + self._dice.choice((-2, 2))
            self.revise(live[-1], px=px, works_on=self._happens(0.5))

    def _settle_revision(self, ticket: Ticket, revised: Execution, *, works_on: bool) -> None:
        self.ledger.book(revised, self._clock.now_ns())
        if ticket.stage is Stage.FILLED and ticket.cum < ticket.qty:
            ticket.stage = Stage.WORKING if works_on else Stage.CANCELLED
            if works_on:
                self.open.append(ticket)
        self._keep(ticket)

    def _accept(self, ticket: Ticket) -> None:
        if ticket.stage is not Stage.PENDING:
            return
        ticket.stage = Stage.WORKING
        self._keep(ticket)
        # Fast markets: the first that is heard is the fill.
        if self._happens(0.85) or not self.style.pending_first:
            self._tell(ticket, X.NEW, exec_id=self._next_id("N") if self._happens(0.5) else "")
        self._work(ticket, is_new=True)

    def _work(self, ticket: Ticket, *, is_new: bool = False) -> None:
        for qty, px in self.market.matches(ticket, is_new=is_new):
            self._fill(ticket, qty, px)
        if ticket.stage is not Stage.WORKING:
            return
        if is_new and (ticket.tif in _IMMEDIATE or ticket.type is OrderType.MARKET):
            expires = self.style.leftovers_expire
            self._finish(ticket, Stage.EXPIRED if expires else Stage.CANCELLED)
        elif ticket.is_triggered and ticket.type in _CLOSING:
            self._finish(ticket, Stage.EXPIRED)

    def _fill(self, ticket: Ticket, qty: int, px: int) -> None:
        exec_id = self._exec_id(ticket, ticket.cum + qty)
        fee = max(qty * px // 1_000, 1)
        if self.style.pays_in_kind(ticket.side):
            fee = max(qty // 1_000, 1 if ticket.product.qty_places else 0)
        now_ns = self._clock.now_ns()
        execution = Execution(exec_id, ticket, qty, px, fee, now_ns, ticket.cum + qty, fee)
        self.ledger.book(execution, now_ns)
        ticket.fills.append(execution)
        if ticket.cum >= ticket.qty:
            ticket.stage = Stage.FILLED
            self.open.remove(ticket)
        self._keep(ticket)
        if self.style.status_first and self._happens(0.8):
            self.tell(status_report(self.style, ticket, ticket.history[-1]))
        self.tell(execution_report(self.style, execution))

    def _exec_id(self, ticket: Ticket, cum: int) -> str:
        if self.style.exec_ids == "venue":
            number = self._next_id("T")
            return f"0000e0d5.{number}.01.01" if self.style.revises else number
        return f"{ticket.broker_id}:{cum}" if self.style.exec_ids == "derived" else ""

    def _finish(self, ticket: Ticket, stage: Stage, text: str = "") -> None:
        if ticket.stage.is_over:
            return
        ticket.stage = stage
        self.open.remove(ticket)
        self._changing.discard(id(ticket))
        self._keep(ticket)
        self._tell(ticket, _END[stage], text=text)

    def _wake(self, ticket: Ticket, wakes_as: X) -> None:
        if ticket.stage is Stage.HELD:
            ticket.stage = Stage.WORKING
            self._keep(ticket)
            self._tell(ticket, wakes_as)

    def _tell(
        self,
        ticket: Ticket,
        exec_type: X,
        *,
        reason: OrdRejReason = OrdRejReason.NONE,
        text: str = "",
        exec_id: str = "",
    ) -> None:
        self.tell(
            event_report(
                self.style,
                ticket,
                exec_type,
                self._clock.now_ns(),
                reason=reason,
                text=text,
                exec_id=exec_id,
            )
        )

    def _keep(self, ticket: Ticket) -> None:
        ticket.remember(self._clock.now_ns())

    def _later(self, wait_ms: int, callback: Callable[[], None]) -> None:
        self._clock.call_at(self._clock.now_ns() + wait_ms * MS, callback)

    def _happens(self, chance: float) -> bool:
        return self._dice.random() < chance

    def _next_id(self, kind: str) -> str:
        self._ids += 1
        return f"{kind}{self._ids}"


def _revision_after(exec_id: str) -> str:
    head, _, revision = exec_id.rpartition(".")
    return f"{head}.{int(revision) + 1:02d}"
