"""The parts of one TWS, put together."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from regimeflow.apps.venues.exchange.exchange import Exchange
from regimeflow.apps.venues.ib.back_office import BackOffice
from regimeflow.apps.venues.ib.bars import Bars
from regimeflow.apps.venues.ib.clients import Clients
from regimeflow.apps.venues.ib.contracts import Catalogue
from regimeflow.apps.venues.ib.depths import Depths
from regimeflow.apps.venues.ib.desk import Desk
from regimeflow.apps.venues.ib.errors import Code, invalid
from regimeflow.apps.venues.ib.executions import Executions
from regimeflow.apps.venues.ib.interruptions import Faulty, Interruptions
from regimeflow.apps.venues.ib.order_events import OrderEvents
from regimeflow.apps.venues.ib.order_flow import OrderFlow
from regimeflow.apps.venues.ib.portfolio import Portfolio
from regimeflow.apps.venues.ib.quotes import Quotes
from regimeflow.apps.venues.ib.session import Session
from regimeflow.apps.venues.ib.settings import TwsSettings
from regimeflow.apps.venues.ib.subscriptions import Subscriptions
from regimeflow.apps.venues.ib.tape import Tape
from regimeflow.apps.venues.ib.teller import Teller


@dataclass(frozen=True, slots=True, kw_only=True)
class Tws:
    """Everything that requests reach."""

    settings: TwsSettings
    exchange: Exchange
    catalogue: Catalogue
    faults: Faulty
    now_ns: Callable[[], int]
    clients: Clients
    lines: Interruptions
    desk: Desk
    executions: Executions
    teller: Teller
    portfolio: Portfolio
    flow: OrderFlow
    order_events: OrderEvents
    back_office: BackOffice
    subscriptions: Subscriptions
    quotes: Quotes
    depths: Depths
    bars: Bars
    tapes: dict[str, Tape] = field(default_factory=dict)

    @property
    def account_names(self) -> list[str]:
        """The accounts of this login, in their order."""
        return list(self.exchange.accounts)

    def account(self, name: str) -> str:
        """Return an account's name as it is; empty stands for all or for the first.

        Raises:
            Refusal: there is none of this name.
        """
        if name and name not in self.exchange.accounts:
            raise invalid(f"Invalid account code '{name}'.")
        return name

    def forget(self, session: Session) -> None:
        """Drop what a client had that is gone."""
        for part in (self.subscriptions, self.quotes, self.depths, self.bars):
            part.forget(session)

    def restored(self, code: Code) -> None:
        """Lose the market data when the line to IB came back without it."""
        if code is Code.RESTORED_DATA_LOST:
            for part in (self.quotes, self.depths, self.bars):
                part.drop_all()

    def truth(self) -> Mapping[str, object]:
        """Return what tests compare with, beside the exchange's own audit."""
        orders = [
            {
                "orderId": ticket.order_id,
                "clientId": ticket.client_id,
                "permId": ticket.perm_id,
                "account": ticket.account,
                "orderRef": ticket.order_ref,
                "symbol": ticket.contract.market,
                "side": "BUY" if ticket.is_buy else "SELL",
                "quantity": str(ticket.quantity),
                "filled": str(ticket.filled),
                "status": ticket.status,
                "isEnded": ticket.is_ended,
                "isRejected": ticket.is_rejected,
                "exchangeId": ticket.exchange_id,
            }
            for ticket in self.desk
        ]
        positions = {
            account: {
                view.contract.market: str(view.quantity)
                for view in self.portfolio.positions(account)
                if view.quantity
            }
            for account in self.account_names
        }
        return {"orders": orders, "executions": self.executions.truth(), "positions": positions}


def assemble(
    exchange: Exchange,
    catalogue: Catalogue,
    settings: TwsSettings,
    faults: Faulty,
    *,
    seed: int,
    now_ns: Callable[[], int],
) -> Tws:
    """Put the parts together."""
    tapes = {market: Tape() for market in exchange.books}
    clients = Clients(settings.master_client_id)
    lines = Interruptions(clients, faults)
    desk = Desk(exchange, catalogue, settings, seed)
    executions = Executions(settings, seed)
    teller = Teller(clients, executions, faults, settings)
    portfolio = Portfolio(exchange, catalogue)
    flow = OrderFlow(desk, teller, lines, faults, now_ns)
    tws = Tws(
        settings=settings,
        exchange=exchange,
        catalogue=catalogue,
        faults=faults,
        now_ns=now_ns,
        clients=clients,
        lines=lines,
        desk=desk,
        executions=executions,
        teller=teller,
        portfolio=portfolio,
        flow=flow,
        order_events=OrderEvents(
            exchange,
            desk,
            flow,
            teller,
            executions=executions,
            portfolio=portfolio,
            clients=clients,
            lines=lines,
            faults=faults,
            now_ns=now_ns,
        ),
        back_office=BackOffice(
            exchange=exchange,
            catalogue=catalogue,
            desk=desk,
            clients=clients,
            executions=executions,
            teller=teller,
            portfolio=portfolio,
        ),
        subscriptions=Subscriptions(portfolio, list(exchange.accounts), now_ns),
        quotes=Quotes(exchange, tapes.__getitem__, faults, settings, now_ns),
        depths=Depths(exchange, faults),
        bars=Bars(exchange, tapes.__getitem__, seed, now_ns),
        tapes=tapes,
    )
    lines.on_restore.append(tws.restored)
    return tws


def starting_cash(balances: Mapping[str, Decimal]) -> Decimal:
    """Return how far an account may borrow: as much as it has, Regulation T."""
    return max(balances.get("USD", Decimal(0)), Decimal(0))
