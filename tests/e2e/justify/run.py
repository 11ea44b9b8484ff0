"""What the product said that it did: its JSON lines, as orders and fills."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, NamedTuple

from justify.numbers import units_of

ENDS = frozenset({"FILLED", "CANCELLED", "CANCELED", "EXPIRED", "REJECTED"})


class Terms(NamedTuple):
    """What the venue held of an order from ``ns`` on."""

    ns: int
    price: int | None
    quantity: int
    line: int


@dataclass(slots=True)
class Fill:
    """One fill, as reported."""

    line: int
    heard_ns: int | None
    order_id: str
    exec_id: str
    symbol: str
    side: str
    ns: int
    price: int
    quantity: int
    liquidity: str
    commission: Decimal
    price_dec: Decimal
    quantity_dec: Decimal
    is_partial: bool | None

    def __str__(self) -> str:
        what = f"{self.side} {self.quantity_dec} {self.symbol} at {self.price_dec}"
        return f"line {self.line}, exec {self.exec_id}, order {self.order_id}: {what}"


@dataclass(slots=True)
class Story:
    """An order's life, from its lines.

    Args:
        arrived_ns: When it was at the venue; None when no line told.
        ended_ns: When the venue ended it without a fill; ``ended_at`` is the line that tells.
        cum_qty: What the last line said, as ``leaves_qty`` and ``told_qty``.
        cum_at: That line.
    """

    order_id: str
    symbol: str
    side: str
    type: str
    stop_price: int | None = None
    submitted_ns: int | None = None
    arrived_ns: int | None = None
    heard_new_ns: int | None = None
    ended_ns: int | None = None
    ended_at: int = 0
    status: str = ""
    cum_qty: int = 0
    leaves_qty: int = 0
    told_qty: int = 0
    cum_at: int = 0
    terms: list[Terms] = field(default_factory=list)
    fills: list[Fill] = field(default_factory=list)

    def quantity_at(self, ns: int) -> int:
        """Return the quantity in force at a moment of the venue."""
        return ([t.quantity for t in self.terms[1:] if t.ns <= ns] or [self.terms[0].quantity])[-1]

    @property
    def takes_later(self) -> bool:
        """Whether it may take liquidity after its arrival (stops, orders for the open or close)."""
        return self.type not in {"MARKET", "LIMIT"}


class Run:
    """All orders and fills of one run, and its closing summary."""

    def __init__(self) -> None:
        self.orders: dict[str, Story] = {}
        self.fills: list[Fill] = []
        self.summary: dict[str, object] = {}

    @classmethod
    def read(cls, lines: Iterable[str]) -> Run:
        """Read JSON lines; kinds that say nothing of orders and fills are skipped."""
        run = cls()
        for number, line in enumerate(lines, 1):
            if not line.strip():
                continue
            said = json.loads(line, parse_float=Decimal)
            kind = said.get("kind")
            said = {**said, **(said.get("data") or {})}
            if kind == "order":
                run._add_order(number, said)
            elif kind == "fill":
                run._add_fill(number, said)
            elif kind == "summary":
                run.summary = said
        for fill in run.fills:
            if fill.order_id in run.orders:
                run.orders[fill.order_id].fills.append(fill)
        return run

    def _add_order(self, number: int, said: dict[str, Any]) -> None:
        key, status = str(said["order_id"]), str(said["status"])
        story = self.orders.get(key)
        if story is None:
            story = Story(key, said["symbol"], said["side"], said["type"])
            story.stop_price = _optional(said.get("stop_price"))
            self.orders[key] = story
            if status == "PENDING_NEW":
                story.submitted_ns = said.get("ts_ns")
        at_ns = int(said.get("transact_time_ns") or 0) or int(said["ts_ns"])
        price, quantity = _optional(said.get("limit_price")), _exact(said["quantity"])
        terms = Terms(at_ns, price, quantity, number)
        if status == "NEW" and story.arrived_ns is None:
            story.arrived_ns, story.heard_new_ns = at_ns, said.get("ts_ns")
            story.terms = [terms]
        elif not story.terms or story.terms[-1][1:3] != terms[1:3]:
            story.terms.append(terms)
        if status in ENDS - {"FILLED"} and story.ended_ns is None:
            story.ended_ns, story.ended_at = at_ns, number
        story.status, story.cum_at = status, number
        story.told_qty = _exact(said["quantity"])
        story.cum_qty, story.leaves_qty = _exact(said["cum_qty"]), _exact(said["leaves_qty"])

    def _add_fill(self, number: int, said: dict[str, Any]) -> None:
        price, quantity = Decimal(said["price"]), Decimal(said["quantity"])
        self.fills.append(
            Fill(
                line=number,
                heard_ns=said.get("ts_ns"),
                order_id=str(said["order_id"]),
                exec_id=str(said["exec_id"]),
                symbol=said["symbol"],
                side=said["side"],
                ns=int(said["ts_event_ns"]),
                price=units_of(price),
                quantity=units_of(quantity),
                liquidity=said["liquidity"],
                commission=Decimal(said["commission"]),
                price_dec=price,
                quantity_dec=quantity,
                is_partial=said.get("is_partial"),
            )
        )


def _exact(value: object) -> int:
    return units_of(Decimal(str(value)))


def _optional(value: object) -> int | None:
    return None if value is None else _exact(value)
