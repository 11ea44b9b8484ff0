"""Who holds what: ledgers of the account and of each strategy, and prices they are worth."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Context, Decimal
from typing import Any, Final, Protocol

from regimeflow._core.messages import Position
from regimeflow.domain.moves import Move, MoveKind, shares_of
from regimeflow.domain.positions import EXACT, PositionLedger
from regimeflow.types.instrument import Instrument
from regimeflow.types.records import Record, made

_RATES: Final = Context(prec=50)
_FINEST: Final = Decimal("1e-9")  # of a position


class Marks(Protocol):
    """Where prices come from; ``QuoteBoard`` is one."""

    def mark_dec(self, symbol: str) -> Decimal | None:
        """What one unit is worth now; None when nothing is known."""
        ...


class FreshMarks:
    """Prices; one of before a split is none."""

    def __init__(self, marks: Marks) -> None:
        self._marks: Final = marks
        self._outdated: Final[dict[str, Decimal]] = {}
        self._of_the_day: Final[dict[str, Decimal]] = {}

    def mark_dec(self, symbol: str) -> Decimal | None:
        """What one unit is worth now; None when nothing is known."""
        mark = self._marks.mark_dec(symbol)
        if symbol in self._outdated:
            if mark is None or mark == self._outdated[symbol]:
                return None
            del self._outdated[symbol]
        return mark

    def remember(self, symbols: Iterable[str]) -> None:
        """Keep the prices with which the day begins."""
        self._of_the_day.clear()
        for symbol in symbols:
            mark = self.mark_dec(symbol)
            if mark is not None:
                self._of_the_day[symbol] = mark

    def split(self, symbol: str, held: PositionLedger, added: Decimal) -> None:
        """Wait for another price, unless the present one is of after the split.

        Which it is nobody tells: it is that which is nearer to the day's first price, or to what
        was paid.
        """
        mark, before = self._marks.mark_dec(symbol), self._of_the_day.pop(symbol, held.avg_px)
        if mark is None or not held.quantity:
            return
        ratio = _RATES.divide(EXACT.add(held.quantity, added), held.quantity)
        after = _RATES.multiply(mark, ratio)  # what it was before, were it of after the split
        if before is not None and _distance(after, before) < _distance(mark, before):
            self._of_the_day[symbol] = mark
            return
        self._outdated[symbol] = mark


def _distance(one: Decimal, other: Decimal) -> Decimal:
    return _RATES.subtract(one, other).copy_abs()


class Book(Record, frozen=False):
    """The ledgers of one owner: the account, or a strategy in it."""

    ledgers: dict[str, PositionLedger] = made(dict)
    commissions: dict[str, Decimal] = made(dict)
    fills: int = 0

    def state(self) -> dict[str, object]:
        """Return all of it, as JSON has it."""
        return {
            "ledgers": {symbol: ledger.state() for symbol, ledger in self.ledgers.items()},
            "commissions": texts(self.commissions),
            "fills": self.fills,
        }

    @classmethod
    def of(cls, state: Mapping[str, Any]) -> Book:
        """Return the book that gave a state."""
        return cls(
            ledgers={name: PositionLedger.of(each) for name, each in state["ledgers"].items()},
            commissions=decimals(state["commissions"]) or {},
            fills=state["fills"],
        )


def holder_of(
    instruments: Mapping[str, Instrument], currency: str, *, first: str = ""
) -> str | None:
    """The pair whose position a balance of a currency is; None when no traded pair's is."""
    names = [first, *instruments] if first in instruments else instruments
    return next((name for name in names if _is_held(instruments[name], currency)), None)


def _is_held(instrument: Instrument, currency: str) -> bool:
    return instrument.asset_class == "crypto" and instrument.base_currency == currency


def shift(
    move: Move,
    total: PositionLedger,
    owned: Sequence[PositionLedger],
    *,
    lot: Decimal | None,
    px: Decimal | None,
) -> None:
    """Move a position, and with it its part in each strategy's hands.

    Args:
        move: Of this symbol.
        total: The account's position.
        owned: Those of strategies.
        lot: Of the symbol.
        px: What one is worth now; None: not known.
    """
    quantity = move.quantity
    comes_in = move.kind is MoveKind.TRANSFER and (total.quantity > 0) == (quantity > 0)
    if total.quantity and not comes_in:  # else it is nobody's among them
        is_whole = lot is not None and not EXACT.remainder(quantity, lot)
        step = lot if lot is not None and is_whole else _FINEST
        held = [each.quantity for each in owned]
        for ledger, share in zip(
            owned, shares_of(quantity, total.quantity, held, step), strict=True
        ):
            _shift(ledger, share, move.kind, px)
    _shift(total, quantity, move.kind, px)


def _shift(ledger: PositionLedger, quantity: Decimal, kind: MoveKind, px: Decimal | None) -> None:
    held = ledger.quantity
    if held and kind in {MoveKind.FEE, MoveKind.TRANSFER} and (held > 0) != (quantity > 0):
        ledger.take(quantity.copy_negate())  # with its share of the cost: nothing was earned by it
    elif kind is MoveKind.TRANSFER:
        ledger.join(quantity, px)
    else:
        ledger.shift(quantity)


def view_of(symbol: str, ledger: PositionLedger | None, instrument: Instrument | None) -> Position:
    """A position as messages have it, flat included."""
    if ledger is None:
        return Position(symbol, 0)
    avg_px = ledger.avg_px
    if avg_px is not None:
        places = 8 if instrument is None else min(4 - instrument.px_exp, 18)
        avg_px = avg_px.quantize(Decimal(1).scaleb(-places), context=_RATES)
    return Position(symbol, ledger.quantity, avg_px)


def rate_of(
    currency: str, own: str, instruments: Mapping[str, Instrument], marks: Marks
) -> Decimal | None:
    """What a currency is worth in another, the account's own, by a symbol that pairs them."""
    if currency in {own, ""}:
        return Decimal(1)
    for symbol, instrument in instruments.items():
        pair = (instrument.base_currency, instrument.quote_currency)
        if pair not in {(currency, own), (own, currency)}:
            continue
        mark = marks.mark_dec(symbol)
        if mark:
            direct = pair[0] == currency
            return mark if direct else _RATES.divide(Decimal(1), mark)
    return None


def texts(amounts: Mapping[str, Decimal] | None) -> dict[str, str] | None:
    """Amounts as JSON has them."""
    return None if amounts is None else {name: str(amount) for name, amount in amounts.items()}


def decimals(texts: Mapping[str, str] | None) -> dict[str, Decimal] | None:
    """Amounts that were such texts."""
    return None if texts is None else {name: Decimal(text) for name, text in texts.items()}
