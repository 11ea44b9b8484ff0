"""What the account owns and what it earned, in total and by strategy: exact, from counted fills."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from decimal import Context, Decimal
from typing import Any, Final

from regimeflow._core.messages import AccountInfo, Position
from regimeflow.domain.capital import Capital
from regimeflow.domain.holdings import (
    Book,
    FreshMarks,
    Marks,
    decimals,
    holder_of,
    rate_of,
    shift,
    texts,
    view_of,
)
from regimeflow.domain.moves import Move, MoveKind
from regimeflow.domain.positions import EXACT, ZERO, PositionLedger
from regimeflow.types.account import Trade
from regimeflow.types.instrument import Instrument
from regimeflow.types.snapshots import PositionSummary

_RATES: Final = Context(prec=50)
_NO_PROFIT: Final = frozenset({MoveKind.TRANSFER, MoveKind.INCOME})
_MARGINED: Final = frozenset({"future"})  # bought without paying the notional


class Portfolio:
    """Positions, cash, profit and loss.

    Everything is a sum over counted fills; a price is looked up when a valuation is asked for, so
    a tick costs nothing here. What cannot be known (no account read yet, a missing price) is None,
    never zero.

    Profit and loss are by quote currency and before commissions; commissions are kept in their own
    currency. Equity and daily profit are in the account's currency, after commissions in the quote
    currency of the symbol; one in the base currency of a traded pair is taken out of what is held
    of that pair, as venues do, at the fill's price. A commission in any other currency was paid
    from a balance that equity does not hold, and shows in ``commissions`` only.

    Threading:
        The engine's loop only.
    """

    def __init__(
        self, instruments: Mapping[str, Instrument], marks: Marks, *, currency: str = ""
    ) -> None:
        self._instruments = instruments
        self._marks = FreshMarks(marks)
        self._currency = currency
        self._cash: dict[str, Decimal] | None = None
        self._total = Book()
        self._books: dict[str, Book] = {}
        self._views: dict[tuple[str | None, str], Position] = {}
        self._capital: Final = Capital()

    # ---- facts

    def open(
        self,
        account: AccountInfo,
        positions: Iterable[Position],
        now_ns: int,
        *,
        strategy: str = "",
    ) -> None:
        """Start from what the broker says is there.

        Args:
            account: Read without error; a failed read is not passed here.
            positions: Every position that is not flat.
            now_ns: Time of the stream; the first day's baseline is taken here.
            strategy: Who owns what was there already; "": nobody but the account.
        """
        self._currency = account.currency
        self._cash = {account.currency: account.cash_dec}
        for position in positions:
            self._open_position(position, strategy)
        self._views.clear()
        self._capital.end_day_after(now_ns)
        self._begin_day(self.equity())

    def _open_position(self, position: Position, strategy: str) -> None:
        symbol, avg_px = position.symbol, position.avg_px_dec
        ledger = self._ledger(self._total, symbol)
        ledger.open(position.quantity_dec, avg_px)
        if strategy:
            self._ledger(self._book(strategy), symbol).open(position.quantity_dec, avg_px)
        instrument = self._instruments.get(symbol)
        if instrument is not None and instrument.asset_class in _MARGINED and avg_px is not None:
            # Its notional was never paid: as if it had been, and were worth what it cost.
            self._pay(instrument.quote_currency, ledger.value(position.quantity_dec, avg_px))

    def apply(self, trade: Trade) -> None:
        """Count a fill, once, for the account and for its strategy."""
        if self._capital.baseline is None and self._cash is not None:
            self._begin_day(self.equity())  # the last moment at which the day's start is known
        quantity, symbol = trade.signed_quantity, trade.symbol
        instrument = self._instruments.get(symbol)
        quote = self._currency if instrument is None else instrument.quote_currency
        paid = self._ledger(self._total, symbol).apply(quantity, trade.price)
        self._ledger(self._book(trade.strategy), symbol).apply(quantity, trade.price)
        self._pay(quote, paid)
        for book in (self._total, self._book(trade.strategy)):
            book.fills += trade.quantity != 0
        if trade.commission:
            self._charge(trade, quote)
        self._views.pop((None, symbol), None)
        self._views.pop((trade.strategy, symbol), None)

    def _charge(self, trade: Trade, quote: str) -> None:
        currency = trade.commission_currency or self._currency
        for book in (self._total, self._book(trade.strategy)):
            so_far = book.commissions.get(currency, ZERO)
            book.commissions[currency] = EXACT.add(so_far, trade.commission)
        if currency in {quote, self._currency}:
            self._pay(currency, trade.commission)
            return
        holder = holder_of(self._instruments, currency, first=trade.symbol)
        if holder is None:
            return
        for book in (self._total, self._book(trade.strategy)):
            ledger = self._ledger(book, holder)
            if holder == trade.symbol:
                ledger.apply(trade.commission.copy_negate(), trade.price)
            else:
                ledger.take(trade.commission)
        for owner in (None, trade.strategy):
            self._views.pop((owner, holder), None)

    def move(self, move: Move) -> None:
        """Take what moved a position or cash without an order.

        Who holds a symbol has a share of what happens to it; what comes in from elsewhere is the
        account's. Only a fee is a cost of the day, and only what a merger or a spin-off is worth is
        a profit. A price of before a split says nothing: until the next one comes, what is held is
        worth nobody knows what.
        """
        if self._capital.baseline is None and self._cash is not None:
            self._begin_day(self.equity())  # as in ``apply``
        if move.quantity:
            self._shift(move)
        if move.amount:
            self._receive(move.amount, move.currency or self._currency, move.kind)
        self._views.clear()

    def _receive(self, amount: Decimal, currency: str, kind: MoveKind) -> None:
        self._pay(currency, amount.copy_negate())
        if kind is MoveKind.FEE:
            self._count_fee(amount.copy_negate(), currency)
        elif kind in _NO_PROFIT:
            self._capital.receive(amount, currency, self._rate(currency))

    def _count_fee(self, paid: Decimal, currency: str) -> None:
        so_far = self._total.commissions.get(currency, ZERO)
        self._total.commissions[currency] = EXACT.add(so_far, paid)

    def _shift(self, move: Move) -> None:
        symbol, mark = move.symbol, self._marks.mark_dec(move.symbol)
        total, instrument = self._ledger(self._total, symbol), self._instruments.get(symbol)
        if move.kind is MoveKind.TRANSFER and mark is not None:
            worth = total.value(move.quantity, mark)
            currency = self._quote(symbol)
            self._capital.receive(worth, currency, self._rate(currency))
        if move.kind is MoveKind.SPLIT:
            self._marks.split(symbol, total, move.quantity)
        owned = [book.ledgers[symbol] for book in self._books.values() if symbol in book.ledgers]
        shift(move, total, owned, lot=None if instrument is None else instrument.lot_size, px=mark)
        if move.kind is MoveKind.FEE and instrument is not None:
            self._count_fee(move.quantity.copy_negate(), instrument.base_currency)

    def advance(self, now_ns: int) -> None:
        """Move the time of the stream; at UTC midnight equity becomes the baseline."""
        if now_ns >= self._capital.day_end_ns and self._cash is not None:
            self._capital.end_day_after(now_ns)
            self._begin_day(self.equity())

    # ---- readings

    @property
    def next_rollover_ns(self) -> int:
        """When the day ends, UTC; 0 before ``open``."""
        return self._capital.day_end_ns

    def position(self, symbol: str, *, strategy: str | None = None) -> Position:
        """What is held of a symbol, flat included; of one strategy, or of the account."""
        view = self._views.get((strategy, symbol))
        if view is None:
            view = self._views[strategy, symbol] = self._view(symbol, strategy)
        return view

    def positions(self, *, strategy: str | None = None) -> tuple[PositionSummary, ...]:
        """Every position that was ever held in this session, with its profit, at current marks."""
        owner = strategy or ""
        return tuple(
            PositionSummary(
                symbol=symbol,
                quantity=ledger.quantity,
                avg_px=ledger.avg_px,
                market_px=(mark := self._marks.mark_dec(symbol)),
                realized_pnl=ledger.realized,
                unrealized_pnl=ledger.unrealized(mark),
                currency=self._quote(symbol),
                strategy=owner,
            )
            for symbol, ledger in self._ledgers(strategy)
        )

    def realized_pnl(self, *, strategy: str | None = None) -> dict[str, Decimal]:
        """Profit of what was closed, by quote currency, before commissions."""
        sums: dict[str, Decimal] = {}
        for symbol, ledger in self._ledgers(strategy):
            currency = self._quote(symbol)
            sums[currency] = EXACT.add(sums.get(currency, ZERO), ledger.realized)
        return sums

    def unrealized_pnl(self, *, strategy: str | None = None) -> dict[str, Decimal | None]:
        """Profit of what is open at current marks, by quote currency; None where one is missing."""
        sums: dict[str, Decimal | None] = {}
        for symbol, ledger in self._ledgers(strategy):
            currency = self._quote(symbol)
            so_far, more = sums.get(currency, ZERO), ledger.unrealized(self._marks.mark_dec(symbol))
            sums[currency] = None if so_far is None or more is None else EXACT.add(so_far, more)
        return sums

    def commissions(self, *, strategy: str | None = None) -> dict[str, Decimal]:
        """What was paid for trading, each in its own currency."""
        book = self._total if strategy is None else self._book(strategy)
        return dict(book.commissions)

    def fills(self, *, strategy: str | None = None) -> int:
        """How many fills were counted."""
        return (self._total if strategy is None else self._book(strategy)).fills

    def cash(self) -> dict[str, Decimal] | None:
        """Cash by currency, from the opening read and our own fills; None before that read."""
        return None if self._cash is None else dict(self._cash)

    def equity(self) -> Decimal | None:
        """Cash and positions at current marks, in the account's currency; None while unknown."""
        if self._cash is None:
            return None
        total = ZERO
        for currency, amount in self._cash.items():
            rate = self._rate(currency) if amount else ZERO
            if rate is None:
                return None
            total = EXACT.add(
                total, amount if currency == self._currency else _RATES.multiply(amount, rate)
            )
        for symbol, ledger in self._total.ledgers.items():
            worth = self._worth(symbol, ledger)
            if worth is None:
                return None
            total = EXACT.add(total, worth)
        return total

    def daily_pnl(self) -> Decimal | None:
        """Equity less what it was when the UTC day began, deposits apart; None while unknown."""
        equity = self.equity()
        if equity is None:
            return None
        if self._capital.baseline is None:
            self._begin_day(equity)  # the first moment of the day at which everything was known
        self._capital.settle(self._rate)
        return EXACT.subtract(equity, self._capital.baseline or ZERO)

    def in_account_currency(self, amounts: Mapping[str, Decimal | None]) -> Decimal | None:
        """Sum amounts of several currencies at current marks; None while one is unknown."""
        total = ZERO
        for currency, amount in amounts.items():
            rate = self._rate(currency) if amount else ZERO
            if amount is None or rate is None:
                return None
            part = amount if currency in {self._currency, ""} else _RATES.multiply(amount, rate)
            total = EXACT.add(total, part)
        return total

    # ---- parts

    def _begin_day(self, equity: Decimal | None) -> None:
        self._capital.begin_day(equity)
        self._marks.remember(self._total.ledgers)

    def _book(self, strategy: str) -> Book:
        return self._books.get(strategy) or self._books.setdefault(strategy, Book())

    def _ledger(self, book: Book, symbol: str) -> PositionLedger:
        ledger = book.ledgers.get(symbol)
        if ledger is None:
            instrument = self._instruments.get(symbol)
            multiplier = Decimal(1) if instrument is None else instrument.multiplier
            ledger = book.ledgers[symbol] = PositionLedger(multiplier)
        return ledger

    def _ledgers(self, strategy: str | None) -> Iterator[tuple[str, PositionLedger]]:
        book = self._total if strategy is None else self._book(strategy)
        yield from book.ledgers.items()

    def _quote(self, symbol: str) -> str:
        instrument = self._instruments.get(symbol)
        return self._currency if instrument is None else instrument.quote_currency

    def _pay(self, currency: str, amount: Decimal) -> None:
        if self._cash is not None:
            self._cash[currency] = EXACT.subtract(self._cash.get(currency, ZERO), amount)

    def _worth(self, symbol: str, ledger: PositionLedger) -> Decimal | None:
        if not ledger.quantity:
            return ZERO
        mark, currency = self._marks.mark_dec(symbol), self._quote(symbol)
        rate = self._rate(currency)
        if mark is None or rate is None:
            return None
        worth = ledger.value(ledger.quantity, mark)
        return worth if currency == self._currency else _RATES.multiply(worth, rate)

    def _rate(self, currency: str) -> Decimal | None:
        return rate_of(currency, self._currency, self._instruments, self._marks)

    def _view(self, symbol: str, strategy: str | None) -> Position:
        book = self._total if strategy is None else self._book(strategy)
        return view_of(symbol, book.ledgers.get(symbol), self._instruments.get(symbol))


def portfolio_state(portfolio: Portfolio) -> dict[str, object]:
    """Return everything that was counted, as JSON has it: numbers are text."""
    p = portfolio
    return {
        "currency": p._currency,  # noqa: SLF001 - the other half of the class
        "cash": texts(p._cash),  # noqa: SLF001
        "total": p._total.state(),  # noqa: SLF001
        "books": {name: book.state() for name, book in p._books.items()},  # noqa: SLF001
        **p._capital.state(),  # noqa: SLF001
    }


def restore_portfolio(portfolio: Portfolio, state: Mapping[str, Any]) -> None:
    """Take what ``portfolio_state`` gave, in place of everything."""
    p = portfolio
    p._currency = state["currency"]  # noqa: SLF001 - the other half of the class
    p._cash = decimals(state["cash"])  # noqa: SLF001
    p._total = Book.of(state["total"])  # noqa: SLF001
    p._books = {name: Book.of(book) for name, book in state["books"].items()}  # noqa: SLF001
    p._capital.restore(state)  # noqa: SLF001
    p._views.clear()  # noqa: SLF001


def capital_of(portfolio: Portfolio) -> Capital:
    """Return what the equity of a portfolio is measured against."""
    portfolio._capital.settle(portfolio._rate)  # noqa: SLF001 - the other half of the class
    return portfolio._capital  # noqa: SLF001


def worth_of(portfolio: Portfolio, symbol: str, quantity: Decimal) -> tuple[Decimal | None, str]:
    """Return what so many of a symbol are worth now, in the account's currency, below zero if sold.

    Or None, and which price or rate is missing.
    """
    p = portfolio
    mark, currency = p._marks.mark_dec(symbol), p._quote(symbol)  # noqa: SLF001
    if mark is None:
        return None, f"no price of {symbol}"
    rate = p._rate(currency)  # noqa: SLF001
    if rate is None:
        return None, f"no rate of {currency} in {p._currency}"  # noqa: SLF001
    instrument = p._instruments.get(symbol)  # noqa: SLF001
    worth = EXACT.multiply(quantity, mark)
    if instrument is not None:
        worth = EXACT.multiply(worth, instrument.multiplier)
    return (worth if currency == p._currency else _RATES.multiply(worth, rate)), ""  # noqa: SLF001


def currency_of(portfolio: Portfolio) -> str:
    """Return what the account is kept in; "" before it was read."""
    return portfolio._currency  # noqa: SLF001 - the other half of the class


def held_of(portfolio: Portfolio) -> dict[str, Decimal]:
    """Return what the account holds, by symbol, without what is flat."""
    ledgers = portfolio._total.ledgers  # noqa: SLF001 - the other half of the class
    return {symbol: each.quantity for symbol, each in ledgers.items() if each.quantity}
