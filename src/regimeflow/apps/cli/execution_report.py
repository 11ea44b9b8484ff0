"""``regimeflow-live report --execution``: how well the orders of a session were executed."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from regimeflow.apps.cli.exits import Exit
from regimeflow.apps.cli.sources import journal_of, tell_unread
from regimeflow.apps.cli.text import amount, short_time, utc
from regimeflow.domain.execution import Quality, SentOrder, Waits, quality_of
from regimeflow.types.errors import NotFound
from regimeflow.types.fixed import dec, plain

if TYPE_CHECKING:
    from regimeflow._core.frames import Command
    from regimeflow._core.messages import Quote

_SUBMIT: Final = 0  # of CommandKind
_BY: Final[dict[str, Callable[[SentOrder], str]]] = {
    "symbol": lambda order: order.symbol,
    "strategy": lambda order: order.strategy,
}


def show_execution(source: str, *, session: int | None, as_json: bool) -> int:
    """Tell how the orders of a session went, one by one and together; return the exit code.

    Raises:
        NotFound: there is no journal, no such session, or it sent no order.
    """
    from regimeflow.engine.journal.recovery import venue_of

    folder, _ = journal_of(source)
    orders = list(_orders(folder, session))
    if not orders:
        raise NotFound(f"{folder}: the session sent no order; there is nothing to show")
    venue = venue_of(folder)
    if as_json:
        sys.stdout.write(json.dumps(_values(venue, orders)) + "\n")
    else:
        sys.stdout.write("\n".join(_lines(venue, orders)) + "\n")
    return Exit.OK


def _orders(folder: str, session: int | None) -> Iterable[SentOrder]:
    """Read the orders of one session, the last unless told otherwise, as they were decided."""
    from regimeflow._core.frames import Command, SessionStart
    from regimeflow._core.journal_reader import JournalReader
    from regimeflow._core.messages import ExecutionReport, LiveMessage, Quote

    reader, count = JournalReader(folder), 0
    orders: dict[str, SentOrder] = {}
    quotes: dict[str, Quote] = {}
    for frame in reader:
        thing = frame.message
        if isinstance(thing, SessionStart):
            if count and count == session:
                break
            count += 1
            orders, quotes = {}, {}
        elif isinstance(thing, Command):
            if thing.kind == _SUBMIT and thing.qty:
                orders[thing.client_order_id] = _decided(thing, quotes.get(thing.symbol))
        elif isinstance(thing, LiveMessage) and not thing.origin:
            payload = thing.payload
            if isinstance(payload, Quote):
                quotes[payload.symbol] = payload
            elif isinstance(payload, ExecutionReport) and payload.client_order_id in orders:
                orders[payload.client_order_id].hear(payload)
    if not count or (session is not None and count != session):
        raise NotFound(f"{folder} has {count} sessions; there is no number {session or 1}")
    tell_unread(folder, reader.damages, reader.unknown, 0)
    return orders.values()


def _decided(command: Command, quote: Quote | None) -> SentOrder:
    from regimeflow.types.enums import OrderSide

    return SentOrder(
        client_order_id=command.client_order_id,
        symbol=command.symbol,
        side=OrderSide(command.side),
        quantity=dec(command.qty or 0, command.qty_exp),
        sent_ns=command.now_ns,
        strategy=command.strategy,
        bid=(quote.bid_px_dec or None) if quote else None,
        ask=(quote.ask_px_dec or None) if quote else None,
    )


def _groups(orders: list[SentOrder]) -> Iterable[tuple[str, str, Quality]]:
    for what, name_of in _BY.items():
        for name in sorted({name_of(each) for each in orders}):
            if name:
                yield what, name, quality_of(each for each in orders if name_of(each) == name)


def _lines(venue: str, orders: list[SentOrder]) -> Iterable[str]:
    for each in orders:
        ack = _wait(each.ack_ns, each.sent_ns)
        fill = _wait(each.first_fill_ns, each.sent_ns)
        yield (
            f"{utc(each.sent_ns)}  {each.side.name:<4} {amount(each.quantity)} {each.symbol}"
            f"  filled {amount(each.filled)}  ack {ack}  fill {fill}"
            f"  slippage {_text(each.slippage if each.fills else None)}"
            f"  spread {_text(each.effective_spread if each.fills else None)}"
            f"  {each.client_order_id}"
        )
    yield from _summary(f"at {venue}", quality_of(orders))
    for what, name, quality in _groups(orders):
        yield from _summary(f"{what} {name}", quality)


def _summary(title: str, quality: Quality) -> Iterable[str]:
    yield (
        f"{title}: {quality.orders} orders, {quality.filled} filled, {quality.partly} in part,"
        f" {quality.rejected} rejected; fill ratio {_text(quality.fill_ratio)}"
    )
    yield f"  acknowledged after {_waits(quality.ack)}"
    yield f"  first fill after {_waits(quality.first_fill)}"
    yield (
        f"  slippage {amount(quality.slippage)} ({_text(quality.slippage_bps)} bp),"
        f" effective spread {amount(quality.effective_spread)}"
        f" ({_text(quality.effective_spread_bps)} bp),"
        f" of {quality.measured} orders"
    )


def _waits(waits: Waits) -> str:
    if not waits.count:
        return "unknown"
    p50, p90, most = map(short_time, (waits.p50_ns, waits.p90_ns, waits.max_ns))
    return f"{p50} (median), {p90} (p90), {most} (longest)"


def _wait(heard_ns: int, sent_ns: int) -> str:
    return short_time(max(heard_ns - sent_ns, 0)) if heard_ns else "-"


def _text(value: Decimal | None) -> str:
    return "-" if value is None else amount(value)


def _values(venue: str, orders: list[SentOrder]) -> dict[str, object]:
    return {
        "venue": venue,
        "all": _quality(quality_of(orders)),
        "groups": [
            {"by": what, "name": name, **_quality(quality)}
            for what, name, quality in _groups(orders)
        ],
        "orders": [
            {
                "client_order_id": each.client_order_id,
                "symbol": each.symbol,
                "strategy": each.strategy,
                "side": each.side.name,
                "sent_ns": each.sent_ns,
                "ack_after_ns": each.ack_ns - each.sent_ns if each.ack_ns else None,
                "first_fill_after_ns": (
                    each.first_fill_ns - each.sent_ns if each.first_fill_ns else None
                ),
                "last_fill_after_ns": (
                    each.last_fill_ns - each.sent_ns if each.last_fill_ns else None
                ),
                "rejected": each.is_rejected,
                "quantity": plain(each.quantity),
                "filled": plain(each.filled),
                "notional": plain(each.notional),
                "bid": _exact(each.bid),
                "ask": _exact(each.ask),
                "slippage": _exact(each.slippage if each.fills else None),
                "effective_spread": _exact(each.effective_spread if each.fills else None),
            }
            for each in orders
        ],
    }


def _quality(quality: Quality) -> dict[str, object]:
    return {
        "orders": quality.orders,
        "filled": quality.filled,
        "partly": quality.partly,
        "rejected": quality.rejected,
        "fill_ratio": _exact(quality.fill_ratio),
        "ack": _wait_values(quality.ack),
        "first_fill": _wait_values(quality.first_fill),
        "measured": quality.measured,
        "slippage": plain(quality.slippage),
        "slippage_bps": _exact(quality.slippage_bps),
        "effective_spread": plain(quality.effective_spread),
        "effective_spread_bps": _exact(quality.effective_spread_bps),
    }


def _wait_values(waits: Waits) -> dict[str, int]:
    return {
        "count": waits.count,
        "p50_ns": waits.p50_ns,
        "p90_ns": waits.p90_ns,
        "max_ns": waits.max_ns,
    }


def _exact(value: Decimal | None) -> str | None:
    return None if value is None else plain(value)
