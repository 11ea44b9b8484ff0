"""Positions, what they cost, and what the accounts are worth."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from regimeflow.apps.venues.exchange.exchange import Exchange
from regimeflow.apps.venues.exchange.views import FillView
from regimeflow.apps.venues.ib.contracts import Catalogue, Contract

_ZERO: Final = Decimal(0)
_CENT: Final = Decimal("0.01")
_INITIAL_MARGIN: Final = Decimal("0.5")  # Regulation T
_MAINTENANCE_MARGIN: Final = Decimal("0.25")
_DAY_TRADING_POWER: Final = Decimal(4)
_COST_DIGITS: Final = 8
HOME: Final = "USD"


@dataclass(slots=True)
class Holding:
    """What an account holds of a contract, and what one unit cost, commissions included."""

    quantity: Decimal = _ZERO
    cost: Decimal = _ZERO  # of all that is held, with its sign
    realized: Decimal = _ZERO

    @property
    def average_cost(self) -> Decimal:
        """Cost of one unit, multiplier included, as IB tells it."""
        return round(self.cost / self.quantity, _COST_DIGITS) if self.quantity else _ZERO

    def fill(self, signed: Decimal, price: Decimal, commission: Decimal) -> Decimal | None:
        """Take one fill; ``price`` is that of a unit with its multiplier.

        Returns:
            The realized profit; None when nothing was closed.
        """
        closes = self.quantity * signed < 0
        closed = min(abs(signed), abs(self.quantity)) if closes else _ZERO
        profit: Decimal | None = None
        if closed:
            part = closed.copy_sign(self.quantity)
            released = self.cost * (part / self.quantity)
            profit = part * price - released - commission
            self.realized += profit
            self.quantity -= part
            self.cost -= released
        opened = signed + closed.copy_sign(-signed)
        if opened:
            self.quantity += opened
            self.cost += opened * price + (_ZERO if closed else commission)
        return profit


@dataclass(frozen=True, slots=True, kw_only=True)
class PositionView:
    """A position as it is told."""

    account: str
    contract: Contract
    quantity: Decimal
    average_cost: Decimal
    market_px: Decimal
    realized: Decimal

    @property
    def market_value(self) -> Decimal:
        """What it would bring now."""
        return self.quantity * self.market_px * self.contract.size_of_one

    @property
    def unrealized(self) -> Decimal:
        """What it would bring beyond its cost."""
        return self.market_value - self.quantity * self.average_cost


class Portfolio:
    """What the accounts of this login hold. Quantities are the exchange's, costs are kept here."""

    def __init__(self, exchange: Exchange, catalogue: Catalogue) -> None:
        self._exchange = exchange
        self._catalogue = catalogue
        self._holdings: dict[tuple[str, str], Holding] = {}

    def fill(self, fill: FillView, contract: Contract) -> Decimal | None:
        """Take one fill; return the profit that it realized, None when it closed nothing."""
        signed = fill.quantity if fill.side.name == "BUY" else -fill.quantity
        commission = fill.commission if fill.commission_asset == contract.currency else _ZERO
        return self.book(fill.account, contract, signed, fill.price, commission=commission)

    def book(
        self,
        account: str,
        contract: Contract,
        signed: Decimal,
        price: Decimal,
        *,
        commission: Decimal,
    ) -> Decimal | None:
        """Take that so much came, or went when below 0, at a price; return as ``fill``."""
        holding = self._holdings.setdefault((account, contract.market), Holding())
        return holding.fill(signed, price * contract.size_of_one, commission)

    def reprice(self, account: str, contract: Contract, signed: Decimal, change: Decimal) -> None:
        """A fill of so much was corrected by so much a unit."""
        holding = self._holdings.setdefault((account, contract.market), Holding())
        if holding.quantity * signed > 0:
            holding.cost += signed * change * contract.size_of_one
        else:
            holding.realized -= signed * change * contract.size_of_one

    def positions(self, account: str) -> list[PositionView]:
        """Return what an account holds, and what it held and closed."""
        found = []
        for contract in self._catalogue.contracts:
            holding = self._holdings.get((account, contract.market))
            quantity = self._held(account, contract)
            if not quantity and holding is None:
                continue
            found.append(self._view(account, contract, quantity, holding or Holding()))
        return found

    def _held(self, account: str, contract: Contract) -> Decimal:
        listing = self._exchange.listings.get(contract.market)
        if listing is None or listing.base == HOME:
            return _ZERO
        balance = self._exchange.accounts[account].balances().get(listing.base)
        return balance.free + balance.locked if balance else _ZERO

    def _view(
        self, account: str, contract: Contract, quantity: Decimal, holding: Holding
    ) -> PositionView:
        return PositionView(
            account=account,
            contract=contract,
            quantity=quantity,
            average_cost=holding.average_cost,
            market_px=self.market_px(contract.market) or holding.average_cost,
            realized=holding.realized,
        )

    def market_px(self, market: str) -> Decimal | None:
        """Return what something last traded at, or lies between bid and ask."""
        book = self._exchange.books[market]
        if book.last_price is not None:
            return book.last_price
        bid, ask = book.best()
        return (bid[0] + ask[0]) / 2 if bid and ask else None

    def cash(self, account: str) -> Mapping[str, Decimal]:
        """Return the money of an account by currency."""
        money = {contract.currency for contract in self._catalogue.contracts}
        balances = self._exchange.accounts[account].balances()
        return {
            asset: balance.free + balance.locked
            for asset, balance in balances.items()
            if asset in money and (asset == HOME or balance.free or balance.locked)
        }

    def rate(self, currency: str) -> Decimal:
        """Return the price of a currency in dollars; 1 when nobody quotes it."""
        pair = f"{currency}{HOME}"
        price = self.market_px(pair) if pair in self._exchange.books else None
        return price or Decimal(1)

    def values(self, account: str) -> Sequence[tuple[str, str, str]]:
        """Return an account's values: key, value, currency."""
        cash = self.cash(account)
        total_cash = sum((amount * self.rate(name) for name, amount in cash.items()), _ZERO)
        held = [view for view in self.positions(account) if view.contract.sec_type != "CASH"]
        stocks = sum((view.market_value for view in held), _ZERO)
        gross = sum((abs(view.market_value) for view in held), _ZERO)
        equity = total_cash + stocks
        initial, maintenance = gross * _INITIAL_MARGIN, gross * _MAINTENANCE_MARGIN
        amounts = {
            "NetLiquidation": equity,
            "TotalCashValue": total_cash,
            "SettledCash": total_cash,
            "EquityWithLoanValue": equity,
            "GrossPositionValue": gross,
            "StockMarketValue": stocks,
            "InitMarginReq": initial,
            "MaintMarginReq": maintenance,
            "FullInitMarginReq": initial,
            "FullMaintMarginReq": maintenance,
            "AvailableFunds": equity - initial,
            "ExcessLiquidity": equity - maintenance,
            "FullAvailableFunds": equity - initial,
            "FullExcessLiquidity": equity - maintenance,
            "BuyingPower": (equity - initial) * _DAY_TRADING_POWER,
            "RealizedPnL": sum((view.realized for view in self.positions(account)), _ZERO),
            "UnrealizedPnL": sum((view.unrealized for view in held), _ZERO),
        }
        rows = [("AccountCode", account, ""), ("AccountReady", "true", "")]
        rows.append(("AccountType", "INDIVIDUAL", ""))
        rows += [(key, money(amount), HOME) for key, amount in amounts.items()]
        for currency, amount in cash.items():
            rows.append(("CashBalance", money(amount), currency))
            rows.append(("ExchangeRate", str(self.rate(currency)), currency))
            rows.append(("Currency", currency, currency))
        rows.append(("CashBalance", money(total_cash), "BASE"))
        rows.append(("Currency", "BASE", "BASE"))
        return rows

    def profit(self, account: str) -> tuple[Decimal, Decimal]:
        """Return what is not realized yet and what is."""
        held = self.positions(account)
        return (
            sum((view.unrealized for view in held), _ZERO),
            sum((view.realized for view in held), _ZERO),
        )


def money(amount: Decimal) -> str:
    """Return an amount in cents."""
    return str(amount.quantize(_CENT))
