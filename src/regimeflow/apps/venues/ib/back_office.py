"""What happens to an account beside its orders here: combos from the window, trades taken back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import partial
from typing import Final

from regimeflow.apps.venues.exchange.exchange import Exchange
from regimeflow.apps.venues.ib.clients import Clients
from regimeflow.apps.venues.ib.contracts import SMART, Catalogue, Contract
from regimeflow.apps.venues.ib.desk import Desk
from regimeflow.apps.venues.ib.executions import Executions
from regimeflow.apps.venues.ib.messages import Execution
from regimeflow.apps.venues.ib.portfolio import Portfolio
from regimeflow.apps.venues.ib.teller import Teller

_COMBO_ID: Final = 28_812_380  # one number for every combo
_FILLED_AT: Final = "ISLAND"
_COMMISSION: Final = Decimal(1)  # of each leg
_ZERO: Final = Decimal(0)


@dataclass(frozen=True, slots=True)
class Leg:
    """One part of a combo: so much of something was bought, or sold when below 0."""

    contract: Contract
    signed: Decimal
    price: Decimal

    @property
    def money(self) -> Decimal:
        """What it cost, or brought when below 0."""
        return self.signed * self.price * self.contract.size_of_one


@dataclass(frozen=True, slots=True, kw_only=True)
class BackOffice:
    """Books what no order of a client has caused, and tells whoever hears of it."""

    exchange: Exchange
    catalogue: Catalogue
    desk: Desk
    clients: Clients
    executions: Executions
    teller: Teller
    portfolio: Portfolio

    def fill_combo(
        self, account: str, quantity: Decimal, legs: Sequence[Mapping[str, object]], now_ns: int
    ) -> int:
        """Fill a combo that was ordered in the window: an execution of its own, one for each leg.

        Returns:
            The permId that all of them have.

        Raises:
            Refused: the account cannot pay for it.
            KeyError, ArithmeticError: a leg is none.
        """
        perm_id = self.desk.perm_ids.next()
        parts = [self._leg(row, quantity) for row in legs]
        price = sum((leg.money for leg in parts), _ZERO) / quantity
        of_all = partial(self._execution, account=account, perm_id=perm_id, now_ns=now_ns)
        told = [of_all(_combo_of(parts[0].contract), quantity, price)]
        for leg in parts:
            money = self.exchange.listings[leg.contract.market].quote
            self.exchange.transfer(account, money, -leg.money - _COMMISSION, now_ns)
            self.exchange.transfer(account, self._asset(leg.contract), leg.signed, now_ns)
            realized = self.portfolio.book(
                account, leg.contract, leg.signed, leg.price, commission=_COMMISSION
            )
            made = of_all(leg.contract, leg.signed, leg.price)
            told.append(replace(made, commission=_COMMISSION, realized_pnl=realized))
        for execution in told:
            self.executions.add(execution)
            self.teller.window_execution(execution)
        return perm_id

    def bust(self, market: str, now_ns: int) -> str:
        """Take the last execution of a symbol back: a correction to nothing, its commission too.

        Returns:
            The exec id of the correction; empty when nothing has traded.

        Raises:
            Refused: the account cannot give it back.
        """
        found = [each for each in self.executions if each.contract.market == market and each.shares]
        if not found:
            return ""
        last = found[-1]
        signed = last.shares if last.is_buy else -last.shares
        money = self.exchange.listings[market].quote
        back = signed * last.price * last.contract.size_of_one + last.commission
        self.exchange.transfer(last.account, self._asset(last.contract), -signed, now_ns)
        self.exchange.transfer(last.account, money, back, now_ns)
        self.portfolio.book(
            last.account, last.contract, -signed, last.price, commission=-last.commission
        )
        nothing = replace(
            self.executions.corrected(last, last.price),
            shares=_ZERO,
            cum_qty=last.cum_qty - last.shares,
            commission=_ZERO,
            realized_pnl=None,
        )
        self.executions.add(nothing)
        ticket = next((each for each in self.desk if each.perm_id == last.perm_id), None)
        if ticket is None:
            self.teller.window_execution(nothing)
            return nothing.exec_id
        ticket.busted += last.shares
        ticket.filled -= last.shares
        self.teller.execution(ticket, nothing)
        self.teller.commission(ticket, nothing)
        if not ticket.is_ended:
            self.teller.status(ticket)
        return nothing.exec_id

    def _leg(self, row: Mapping[str, object], quantity: Decimal) -> Leg:
        contract = self.catalogue.by_market[str(row["symbol"])]
        ratio = Decimal(str(row.get("ratio", 1))) * quantity
        signed = -ratio if str(row.get("side", "BUY")) == "SELL" else ratio
        return Leg(contract, signed, Decimal(str(row["price"])))

    def _asset(self, contract: Contract) -> str:
        return self.exchange.listings[contract.market].base

    def _execution(
        self,
        contract: Contract,
        signed: Decimal,
        price: Decimal,
        *,
        account: str,
        perm_id: int,
        now_ns: int,
    ) -> Execution:
        return Execution(
            exec_id=self.executions.next_id(),
            time_ns=now_ns,
            account=account,
            exchange=_FILLED_AT,
            is_buy=signed > 0,
            shares=abs(signed),
            price=price,
            order_id=0,
            perm_id=perm_id,
            client_id=0,
            cum_qty=abs(signed),
            average_px=price,
            order_ref="",
            is_maker=False,
            commission=_ZERO,
            currency=contract.currency,
            realized_pnl=None,
            contract=contract,
        )


def _combo_of(first: Contract) -> Contract:
    """Return the contract of a combo: it bears the symbol of its first leg."""
    return Contract(
        market="",
        con_id=_COMBO_ID,
        symbol=first.symbol,
        sec_type="BAG",
        currency=first.currency,
        exchange=SMART,
        local_symbol=first.symbol,
        trading_class="COMB",
        valid_exchanges=(SMART,),
        min_tick=first.min_tick,
    )
