"""What the account owns and what it earned, in total and by strategy: exact, from counted fills."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from decimal import Context, Decimal
from typing import Any, Final, Protocol

from regimeflow._core.messages import AccountInfo, Position
from regimeflow.domain.positions import EXACT, ZERO, PositionLedger
from regimeflow.types.account import Trade
from regimeflow.types.instrument import Instrument
from regimeflow.types.records import Record, made
from regimeflow.types.snapshots import PositionSummary

DAY_NS: Final = 86_400_000_000_000
_RATES: Final = Context(prec=50)
_MARGINED: Final = frozenset({"future"})  # bought without paying the notional


class Marks(Protocol):
    """Where prices come from; ``QuoteBoard`` is one."""

    def mark_dec(self, symbol: str) -> Decimal | None:
        """What one unit is worth now; None when nothing is known."""
        ...


class _Book(Record, frozen=False):
    """The ledgers of one owner: the account, or a strategy in it."""

    ledgers: dict[str, PositionLedger] = made(dict)
    commissions: dict[str, Decimal] = made(dict)
    fills: int = 0

    def state(self) -> dict[str, object]:
        return {
            "ledgers": {symbol: ledger.state() for symbol, ledger in self.ledgers.items()},
            "commissions": _texts(self.commissions),
            "fills": self.fills,
        }

    @classmethod
    def of(cls, state: Mapping[str, Any]) -> _Book:
        return cls(
            ledgers={name: PositionLedger.of(each) for name, each in state["ledgers"].items()},
            commissions=_decimals(state["commissions"]) or {},
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
        self._marks = marks
        self._currency = currency
        self._cash: dict[str, Decimal] | None = None
        self._total = _Book()
        self._books: dict[str, _Book] = {}
        self._views: dict[tuple[str | None, str], Position] = {}
        self._baseline: Decimal | None = None
        self._day_end_ns = 0

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
        self._day_end_ns = _next_midnight(now_ns)
        self._baseline = self.equity()

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
        if self._baseline is None and self._cash is not None:
            self._baseline = self.equity()  # the last moment at which the day's start is known
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

    def deposit(self, amount: Decimal, currency: str = "") -> None:
        """Move money in, or out when below zero: no profit, no loss."""
        self._pay(currency or self._currency, amount.copy_negate())
        rate = self._rate(currency or self._currency)
        if self._baseline is not None and rate is not None:
            self._baseline = EXACT.add(self._baseline, _RATES.multiply(amount, rate))

    def advance(self, now_ns: int) -> None:
        """Move the time of the stream; at UTC midnight equity becomes the baseline."""
        if now_ns >= self._day_end_ns and self._cash is not None:
            self._day_end_ns = _next_midnight(now_ns)
            self._baseline = self.equity()

    # ---- readings

    @property
    def next_rollover_ns(self) -> int:
        """When the day ends, UTC; 0 before ``open``."""
        return self._day_end_ns

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
        if self._baseline is None:
            self._baseline = equity  # the first moment of the day at which everything was known
        return EXACT.subtract(equity, self._baseline)

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

    def _book(self, strategy: str) -> _Book:
        book = self._books.get(strategy)
        if book is None:
            book = self._books[strategy] = _Book()
        return book

    def _ledger(self, book: _Book, symbol: str) -> PositionLedger:
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
        """What a currency is worth in the account's, by a symbol that pairs them."""
        if currency in {self._currency, ""}:
            return Decimal(1)
        for symbol, instrument in self._instruments.items():
            pair = (instrument.base_currency, instrument.quote_currency)
            if pair not in {(currency, self._currency), (self._currency, currency)}:
                continue
            mark = self._marks.mark_dec(symbol)
            if mark:
                direct = pair[0] == currency
                return mark if direct else _RATES.divide(Decimal(1), mark)
        return None

    def _view(self, symbol: str, strategy: str | None) -> Position:
        book = self._total if strategy is None else self._book(strategy)
        ledger = book.ledgers.get(symbol)
        if ledger is None:
            return Position(symbol, 0)
        avg_px, instrument = ledger.avg_px, self._instruments.get(symbol)
        if avg_px is not None:
            places = 8 if instrument is None else min(4 - instrument.px_exp, 18)
            avg_px = avg_px.quantize(Decimal(1).scaleb(-places), context=_RATES)
        return Position(symbol, ledger.quantity, avg_px)


def portfolio_state(portfolio: Portfolio) -> dict[str, object]:
    """Return everything that was counted, as JSON has it: numbers are text."""
    p, baseline = portfolio, portfolio._baseline  # noqa: SLF001 - the other half of the class
    return {
        "currency": p._currency,  # noqa: SLF001
        "cash": _texts(p._cash),  # noqa: SLF001
        "total": p._total.state(),  # noqa: SLF001
        "books": {name: book.state() for name, book in p._books.items()},  # noqa: SLF001
        "baseline": None if baseline is None else str(baseline),
        "day_end_ns": p._day_end_ns,  # noqa: SLF001
    }


def restore_portfolio(portfolio: Portfolio, state: Mapping[str, Any]) -> None:
    """Take what ``portfolio_state`` gave, in place of everything."""
    p, baseline = portfolio, state["baseline"]
    p._currency = state["currency"]  # noqa: SLF001 - the other half of the class
    p._cash = _decimals(state["cash"])  # noqa: SLF001
    p._total = _Book.of(state["total"])  # noqa: SLF001
    p._books = {name: _Book.of(book) for name, book in state["books"].items()}  # noqa: SLF001
    p._baseline = None if baseline is None else Decimal(baseline)  # noqa: SLF001
    p._day_end_ns = state["day_end_ns"]  # noqa: SLF001
    p._views.clear()  # noqa: SLF001


def _texts(amounts: Mapping[str, Decimal] | None) -> dict[str, str] | None:
    return None if amounts is None else {name: str(amount) for name, amount in amounts.items()}


def _decimals(texts: Mapping[str, str] | None) -> dict[str, Decimal] | None:
    return None if texts is None else {name: Decimal(text) for name, text in texts.items()}


def _next_midnight(now_ns: int) -> int:
    return (now_ns // DAY_NS + 1) * DAY_NS
