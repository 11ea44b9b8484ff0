"""The paper account: cash, positions, what open orders hold, and fees.

All of it is integers, so the books balance to the last digit.

Rules:
    * Without ``allow_short`` nothing is sold that is not owned and free, and cash never falls below
      zero.
    * An open buy holds its worst cost, limit (or stop) price with the higher fee; an open sell
      holds the quantity.
    * With ``allow_short``, what a sell opens short holds its notional too, and a short position
      holds twice its entry value (the proceeds and as much again), so a short takes as much buying
      power as a long. There is no interest and no forced close: a short that moves against the
      account beyond its collateral shows as negative buying power.
    * A fill's fee is its notional times the maker or taker rate, exact, or cut (toward
      zero) to 1e-12 where it is finer; it is part of the cash at once.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from regimeflow.adapters.brokers.paper.spec import MONEY_EXP, Spec, money, to_mantissa
from regimeflow.types.enums import Liquidity, OrderSide

FEE_EXP: Final = -12
_FEE_STEP: Final[int] = 10 ** (FEE_EXP - MONEY_EXP)
_RATE_EXP: Final = -12
_RATE_ONE: Final[int] = 10**-_RATE_EXP


class Holding:
    """What is owned of one symbol.

    ``qty`` is signed, ``cost`` the entry value of what is open (money, never negative).
    """

    __slots__ = ("cost", "held_qty", "open_buy_qty", "open_sell_qty", "qty", "spec")

    def __init__(self, spec: Spec) -> None:
        self.spec: Final = spec
        self.qty = 0
        self.cost = 0
        self.open_buy_qty = 0
        self.open_sell_qty = 0

    def trade(self, signed_qty: int, notional: int) -> None:
        """Add a fill: what reduces takes its share of the cost with it, what flips begins anew."""
        before = self.qty
        after = before + signed_qty
        if before == 0 or (before > 0) == (signed_qty > 0):
            self.cost += notional
        elif after == 0:
            self.cost = 0
        elif (after > 0) == (before > 0):
            self.cost -= self.cost * abs(signed_qty) // abs(before)
        else:
            self.cost = notional * abs(after) // abs(signed_qty)
        self.qty = after


class Hold:
    """What one open order keeps from being used twice.

    ``opening_qty`` is the part of ``qty`` that opens a position; ``money`` is for that part alone,
    and what closes is taken to trade first.
    """

    __slots__ = ("holding", "money", "opening_qty", "qty", "side")

    def __init__(
        self, holding: Holding, side: OrderSide, *, qty: int, opening_qty: int, held_money: int
    ) -> None:
        self.holding: Final = holding
        self.side: Final = side
        self.qty = qty
        self.opening_qty = opening_qty
        self.money = held_money


class Account:
    """One account in one currency.

    Args:
        currency: What cash is counted in; instruments must settle in it.
        cash: At the start.
        maker_fee_rate: Share of the notional; negative is a rebate.
        taker_fee_rate: Likewise.
        allow_short: Whether more may be sold than is owned.
    """

    def __init__(
        self,
        currency: str,
        *,
        cash: Decimal,
        maker_fee_rate: Decimal,
        taker_fee_rate: Decimal,
        allow_short: bool,
    ) -> None:
        self.currency: Final = currency
        self.allow_short: Final = allow_short
        self.cash = money(cash)
        self.fees = 0
        self._rates: Final = {
            Liquidity.MAKER: _rate(maker_fee_rate),
            Liquidity.TAKER: _rate(taker_fee_rate),
        }
        self._worst_rate: Final = max(0, *self._rates.values())
        self._held = 0
        self._holdings: Final[dict[str, Holding]] = {}

    @property
    def holdings(self) -> tuple[Holding, ...]:
        """Every symbol that was ever touched."""
        return tuple(self._holdings.values())

    @property
    def held_money(self) -> int:
        """What open orders and short positions keep."""
        return self._held + sum(2 * one.cost for one in self._holdings.values() if one.qty < 0)

    @property
    def free_money(self) -> int:
        """What new orders may use."""
        return self.cash - self.held_money

    def holding(self, spec: Spec) -> Holding:
        """What is owned of a symbol."""
        found = self._holdings.get(spec.symbol)
        if found is None:
            found = self._holdings[spec.symbol] = Holding(spec)
        return found

    def equity(self, marks: dict[str, int]) -> int:
        """Cash and positions at ``marks``; unmarked ones at cost.

        Args:
            marks: Twice the price mantissa, so that a mid price is exact.
        """
        total = self.cash
        for symbol, one in self._holdings.items():
            mark = marks.get(symbol)
            if mark is None:
                total += one.cost if one.qty > 0 else -one.cost
            else:
                total += one.spec.notional(mark, one.qty) // 2
        return total

    def fee(self, notional: int, liquidity: Liquidity) -> int:
        """Money; negative is a rebate."""
        exact = notional * self._rates[liquidity]
        cut = abs(exact) // (_RATE_ONE * _FEE_STEP) * _FEE_STEP
        return cut if exact >= 0 else -cut

    def sellable(self, spec: Spec) -> int:
        """How much may be sold without opening a short."""
        one = self.holding(spec)
        return max(0, one.qty - one.open_sell_qty)

    def coverable(self, spec: Spec) -> int:
        """How much may be bought that only closes a short."""
        one = self.holding(spec)
        return max(0, -one.qty - one.open_buy_qty)

    def cost_of(self, spec: Spec, side: OrderSide, levels: list[tuple[int, int]]) -> int | None:
        """What executing ``levels`` needs in free money.

        What closes a position needs none: the part that does is taken first. None: it would sell
        what is not owned, and may not.
        """
        free = self.sellable(spec) if side is OrderSide.SELL else self.coverable(spec)
        opening = 0
        for px, qty in levels:
            closing = min(free, qty)
            free -= closing
            opening += spec.notional(px, qty - closing)
        if side is OrderSide.SELL and opening and not self.allow_short:
            return None
        return opening + opening * self._worst_rate // _RATE_ONE

    def hold(self, spec: Spec, side: OrderSide, px: int, qty: int) -> Hold | None:
        """Keep what an order may need; None when it is not there."""
        need = self.cost_of(spec, side, [(px, qty)])
        if need is None or need > max(0, self.free_money):
            return None
        one = self.holding(spec)
        free = self.sellable(spec) if side is OrderSide.SELL else self.coverable(spec)
        if side is OrderSide.BUY:
            one.open_buy_qty += qty
        else:
            one.open_sell_qty += qty
        self._held += need
        return Hold(one, side, qty=qty, opening_qty=max(0, qty - free), held_money=need)

    def release(self, hold: Hold, qty: int) -> None:
        """Give back the share of ``qty``: it was filled, or will not be."""
        hold.qty -= qty
        if hold.qty < hold.opening_qty:
            share = hold.money - hold.money * hold.qty // hold.opening_qty
            hold.opening_qty = hold.qty
            hold.money -= share
            self._held -= share
        if hold.side is OrderSide.BUY:
            hold.holding.open_buy_qty -= qty
        else:
            hold.holding.open_sell_qty -= qty

    def let_go(self, hold: Hold) -> Hold:
        """Give back all of a hold; returns what ``restore`` brings back as it was."""
        kept = Hold(
            hold.holding,
            hold.side,
            qty=hold.qty,
            opening_qty=hold.opening_qty,
            held_money=hold.money,
        )
        self.release(hold, hold.qty)
        return kept

    def restore(self, kept: Hold) -> Hold:
        """Keep again what was just let go."""
        if kept.side is OrderSide.BUY:
            kept.holding.open_buy_qty += kept.qty
        else:
            kept.holding.open_sell_qty += kept.qty
        self._held += kept.money
        return kept

    def fill(self, spec: Spec, side: OrderSide, px: int, qty: int, liquidity: Liquidity) -> int:
        """Book one fill; returns its fee (money)."""
        notional = spec.notional(px, qty)
        fee = self.fee(notional, liquidity)
        is_buy = side is OrderSide.BUY
        self.cash += (-notional if is_buy else notional) - fee
        self.fees += fee
        self.holding(spec).trade(qty if is_buy else -qty, notional)
        return fee


def _rate(rate: Decimal) -> int:
    found = to_mantissa(rate, _RATE_EXP)
    if found is None:
        raise ValueError(f"{rate} is no fee rate of at most {-_RATE_EXP} decimals")
    return found
