"""The last day of an option: what is in the money is exercised, all else expires.

Source: Alpaca, "Non-trade activities for option events".
"""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from regimeflow.apps.venues.alpaca.accounts import Account
from regimeflow.apps.venues.alpaca.assets import CONTRACT, Asset
from regimeflow.apps.venues.alpaca.house import CASH, House
from regimeflow.types.option_symbol import OptionSymbol

_ZERO: Final = Decimal(0)
_WORDS: Final = {"OPEXC": "Option Exercise", "OPEXP": "Option Expiry", "OPTRD": "Option Trade"}


class Expiry:
    """Books what a contract's end does to everyone who holds it."""

    def __init__(self, house: House) -> None:
        self._house: Final = house

    def expire(self, asset: Asset) -> None:
        """End a contract.

        Raises:
            ValueError: it is no option, or nobody knows what it is compared with.
        """
        option = asset.option
        under = None if option is None else self._house.assets.find(option.root)
        price = None if under is None else self._house.price(under)
        if option is None or under is None or price is None:
            raise ValueError(f"{asset.symbol} is no option of something that has a price here")
        beyond = price - option.strike if option.kind == "call" else option.strike - price
        for name, account in self._house.accounts.items():
            qty = account.books.position(asset).qty
            if not qty:
                continue
            if beyond > 0:
                self._move(name, account, asset, "OPEXC", -qty)
                self._trade(name, account, under, option, qty)
            else:
                self._move(name, account, asset, "OPEXP", -qty)

    def _trade(
        self, name: str, account: Account, under: Asset, option: OptionSymbol, qty: Decimal
    ) -> None:
        shares = qty * CONTRACT * (1 if option.kind == "call" else -1)
        cost = shares * option.strike
        self._house.move(name, CASH, -cost, self._house.clock())
        self._move(name, account, under, "OPTRD", shares, price=option.strike, net=-cost)

    def _move(
        self,
        name: str,
        account: Account,
        asset: Asset,
        kind: str,
        qty: Decimal,
        *,
        price: Decimal = _ZERO,
        net: Decimal = _ZERO,
    ) -> None:
        now_ns = self._house.clock()
        self._house.move(name, asset.base, qty, now_ns)
        account.books.position(asset).trade(qty, price)
        account.books.book_other(
            kind,
            activity_id=self._house.ids.activity(now_ns),
            time_ns=now_ns,
            net_amount=net,
            description=_WORDS[kind],
            symbol=asset.symbol,
            qty=f"{qty:f}",
            **({"price": f"{price:f}"} if price else {}),
        )
