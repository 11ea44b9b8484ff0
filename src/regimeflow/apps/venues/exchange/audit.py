"""The truth, as text that JSON can carry: every order, fill and balance."""

from __future__ import annotations

import enum
from dataclasses import fields
from decimal import Decimal
from typing import Final

from regimeflow.apps.venues.exchange.accounts import Account
from regimeflow.apps.venues.exchange.floor import Floor
from regimeflow.apps.venues.exchange.numbers import money_of
from regimeflow.apps.venues.exchange.views import FillView, ListView, OrderView

Row = dict[str, object]
_NAMES: Final = {
    kind: tuple(each.name for each in fields(kind) if each.name != "tags")
    for kind in (OrderView, FillView, ListView)
}


def audit(floor: Floor) -> dict[str, object]:
    """Return everything that the venue knows; numbers are exact text."""
    accounts = floor.accounts.values()
    return {
        "orders": [row(each) for account in accounts for each in account.orders()],
        "fills": [row(each) for account in accounts for each in account.fills()],
        "lists": [row(each) for account in accounts for each in account.lists()],
        "balances": {account.name: _balances(account) for account in accounts},
        "fees": {asset: str(money_of(amount)) for asset, amount in floor.ledger.fees.items()},
        "street": {asset: str(money_of(amount)) for asset, amount in floor.ledger.street.items()},
    }


def row(view: OrderView | FillView | ListView) -> Row:
    """Return a picture as text and whole numbers."""
    found = {name: _plain(getattr(view, name)) for name in _NAMES[type(view)]}
    if isinstance(view, OrderView):
        found |= {"average_price": str(view.average_price), "is_open": view.is_open}
    return found


def _plain(value: object) -> object:
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, enum.Enum):
        return value.name
    return list(value) if isinstance(value, tuple) else value


def _balances(account: Account) -> dict[str, dict[str, str]]:
    return {
        asset: {"free": str(balance.free), "locked": str(balance.locked)}
        for asset, balance in account.balances().items()
    }
