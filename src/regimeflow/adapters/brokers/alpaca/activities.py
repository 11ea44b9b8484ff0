"""What Alpaca's activities are that are no fills: what they move, and as what it counts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Final

from regimeflow._core.messages import ExecutionReport
from regimeflow.adapters.brokers._shared.answers import Json
from regimeflow.adapters.brokers._shared.instants import instant_ns
from regimeflow.adapters.brokers.alpaca.translate import ANSWERS
from regimeflow.domain.moves import Move, MoveKind, report_of_move

FILL: Final = "FILL"
_LONGEST_EXEC_ID: Final = 64
_WHAT: Final = "a question about activities"
_OF_OPTIONS: Final = ("OPASN", "OPEXC", "OPEXP", "OPTRD")
# Source: Alpaca's trading API reference, activity types, and "Non-trade activities for option
# events"; corporate actions of options and what non-standard ones deliver are left out.
_KINDS: Final[Mapping[str, MoveKind]] = (
    dict.fromkeys(("ACATC", "ACATS", "CSD", "CSW", "JNLC", "JNLS"), MoveKind.TRANSFER)
    | dict.fromkeys(
        ("DIV", "DIVCGL", "DIVCGS", "DIVNRA", "DIVROC", "DIVTXEX", "DIVWH", "INT", "INTPNL", "WH"),
        MoveKind.INCOME,
    )
    | dict.fromkeys(("CFEE", "FEE", "PTC"), MoveKind.FEE)
    | dict.fromkeys(("CIL", "MA", "NC", "REORG", "SPIN", *_OF_OPTIONS), MoveKind.OTHER)
    | {"SPLIT": MoveKind.SPLIT}
)
OTHER_KINDS: Final = tuple(sorted(_KINDS))


class Moves:
    """Makes reports of activities that are no fills.

    One without a time of its own has a date alone: it counts as from when it was first seen, so
    that what the books began with is not counted on top.

    Args:
        symbols: The session's symbols, by every spelling.
    """

    def __init__(self, symbols: Mapping[str, str]) -> None:
        self._symbols: Final = symbols
        self._seen_ns: Final[dict[str, int]] = {}

    def reports(self, rows: Iterable[Json], *, now_ns: int, recv_ns: int) -> list[ExecutionReport]:
        """What activities have moved; what is of no symbol of the session moves cash alone.

        Raises:
            BrokerError: one of them lacks what an activity has.
        """
        found: dict[tuple[object, ...], tuple[Json, Move]] = {}
        for row in rows:
            if row.get("status") == "canceled" or row.get("activity_type") not in _KINDS:
                continue
            move = self._move(row)
            key: tuple[object, ...] = (_name_of(row),)
            if move.kind is MoveKind.SPLIT:  # told in two rows too: what goes and what comes
                key = (move.symbol, row.get("date"))
            if key in found:
                first, other = found[key]
                both = _both(other, move)
                found[key] = first, both
            else:
                found[key] = row, move
        return [
            self._report(row, move, now_ns, recv_ns)
            for row, move in found.values()
            if move.quantity or move.amount
        ]

    def _move(self, row: Json) -> Move:
        word = str(row.get("activity_type"))
        symbol = self._symbols.get(str(row.get("symbol")), "")
        quantity = _given(row, "qty")
        kind = _KINDS[word]
        if kind is MoveKind.INCOME or not symbol:
            quantity = Decimal(0)  # of a dividend: of how many it was paid
        text = " ".join(f"{word} {row.get('description') or ''}".split())
        return Move(
            kind=kind,
            symbol=symbol,
            quantity=quantity,
            amount=_given(row, "net_amount"),
            currency=str(row.get("currency") or "USD"),
            text=text,
        )

    def _report(self, row: Json, move: Move, now_ns: int, recv_ns: int) -> ExecutionReport:
        name = _name_of(row)
        if not name:
            raise ANSWERS.bad(_WHAT, "one of them has no id")
        with ANSWERS.reading(_WHAT):
            return report_of_move(
                move,
                name[-_LONGEST_EXEC_ID:],
                ts_event_ns=self._when(row, name, now_ns),
                ts_recv_ns=recv_ns,
            )

    def _when(self, row: Json, name: str, now_ns: int) -> int:
        created = row.get("created_at")
        if isinstance(created, str) and created:
            return instant_ns(created)
        instant_ns(f"{row.get('date')}T00:00:00Z")  # a date at least
        return self._seen_ns.setdefault(name, now_ns)


def _name_of(row: Json) -> str:
    """What an activity is called; what a contract's end does has one id with what it brings."""
    name, word = row.get("id"), row.get("activity_type")
    if not isinstance(name, str) or not name:
        return ""
    return f"{name}:{word}" if word in _OF_OPTIONS else name


def _both(one: Move, other: Move) -> Move:
    return Move(
        kind=one.kind,
        symbol=one.symbol,
        quantity=one.quantity + other.quantity,
        amount=one.amount + other.amount,
        currency=one.currency,
        text=one.text,
    )


def _given(row: Json, name: str) -> Decimal:
    missing = row.get(name) in (None, "")
    return Decimal(0) if missing else ANSWERS.amount(row, name, _WHAT)
