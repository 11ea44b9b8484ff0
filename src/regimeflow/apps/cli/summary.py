"""The account of a session at its end: as lines, and as plain values for JSON."""

from __future__ import annotations

import enum
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields, is_dataclass
from decimal import Decimal

from regimeflow.apps.cli.text import amount, duration, short_time, signed, utc
from regimeflow.types.events import ExitCause, SessionSummary, StrategySummary

_NS_PER_S = 1_000_000_000
_MOST_FAULTS = 4  # of a recording, shown


def as_lines(summary: SessionSummary) -> list[str]:
    """Return the summary as lines of a label and a text."""
    return ["summary", *(f"  {label:<13}{text}".rstrip() for label, text in _rows(summary))]


def plain(value: object) -> object:
    """Turn values into what JSON holds: numbers stay exact as text, enums become their names."""
    if isinstance(value, enum.Enum):
        return value.name
    if value is None or isinstance(value, str | bool | int | float):
        return value
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(item) for item in value]
    return str(value)


def _rows(summary: SessionSummary) -> Iterator[tuple[str, str]]:
    market_s = max(0, summary.ended_ns - summary.started_ns) / _NS_PER_S
    failed = summary.exit_cause is ExitCause.FAILED and summary.exit_text
    yield "ended", summary.exit_cause.value + (f": {summary.exit_text}" if failed else "")
    span = f"{utc(summary.started_ns)} to {utc(summary.ended_ns)}"
    yield "market time", f"{span} ({duration(market_s)})"
    yield "wall time", f"{duration(summary.wall_s)}, {summary.messages_per_s:,.0f} messages/s"
    heard = {kind: count for kind, count in summary.messages.items() if count}
    yield "messages", _counts(heard) or "none"
    yield "orders", _counts(_lower(summary.orders)) or "none"
    yield "fills", _fills(summary)
    yield "P&L", f"{_profit(summary)} {summary.currency}"
    for strategy in summary.strategies:
        yield "", _strategy(strategy)
    if summary.latency_ns:
        times = (f"{name} {short_time(ns)}" for name, ns in summary.latency_ns.items())
        yield "latency", "  ".join(times)
    for symbol, (bid_px, ask_px) in summary.quotes.items():
        yield "last quote", f"{symbol} bid {bid_px:f} ask {ask_px:f}"
    yield "book gaps", f"{summary.book_gaps}"
    if summary.bad_lines:
        yield "bad lines", f"{summary.bad_lines:,}"
        yield from (("", fault) for fault in _first_and_last(summary.feed_faults))
    if summary.reconnects:
        yield "reconnects", f"{summary.reconnects:,}"
    state = summary.trading_state.name
    yield "trading", f"{state}: {summary.trading_cause}" if summary.trading_cause else state


def _first_and_last(faults: Sequence[str]) -> Sequence[str]:
    # What tore the file is the last of them.
    return faults if len(faults) <= _MOST_FAULTS else [*faults[: _MOST_FAULTS - 1], faults[-1]]


def _lower(counts: Mapping[str, int]) -> dict[str, int]:
    return {name.lower(): count for name, count in counts.items()}


def _counts(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{count:,} {_noun(name, count)}" for name, count in counts.items())


def _noun(name: str, count: int) -> str:
    words = name.replace("_", " ")
    return words.removesuffix("s") if count == 1 else words


def _fills(summary: SessionSummary) -> str:
    if not summary.fills:
        return "none"
    sides = f"{summary.buy_fills:,} bought, {summary.sell_fills:,} sold"
    money = f"{amount(summary.buy_notional)} bought, {amount(summary.sell_notional)} sold"
    return (
        f"{summary.fills:,} ({sides}, {summary.partial_fills:,} partial);"
        f" {money} {summary.currency}"
    )


def _profit(result: SessionSummary | StrategySummary) -> str:
    parts: dict[str, Decimal | None] = {
        "realized": result.realized_pnl,
        "unrealized": result.unrealized_pnl,
        "net": result.net_pnl,
    }
    said = [f"{name} {signed(value)}" for name, value in parts.items()]
    return "  ".join([*said[:2], f"commission {amount(result.commission)}", said[2]])


def _strategy(strategy: StrategySummary) -> str:
    held = ", ".join(f"{amount(qty)} {symbol}" for symbol, qty in strategy.positions.items() if qty)
    return (
        f"{strategy.name or 'no strategy'}:"
        f" {_counts({'orders': strategy.orders, 'fills': strategy.fills})},"
        f" {_profit(strategy)}, holds {held or 'nothing'}"
    )
