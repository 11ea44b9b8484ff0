"""Accounts and positions: told on request, and again when they change."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

from regimeflow.apps.venues.ib import messages
from regimeflow.apps.venues.ib.ids import Say
from regimeflow.apps.venues.ib.portfolio import Portfolio, PositionView, money
from regimeflow.apps.venues.ib.session import Session
from regimeflow.apps.venues.ib.times import NS, moment

PUSH_SECONDS: Final = 180  # how often TWS tells account values by itself
_MODEL: Final = ""


@dataclass(slots=True)
class _Wishes:
    """What one client wants to hear."""

    account: str = ""
    positions: dict[tuple[str, str], PositionView] | None = None
    summaries: dict[int, tuple[str, ...]] = field(default_factory=dict)
    accounts_multi: dict[int, str] = field(default_factory=dict)
    positions_multi: dict[int, str] = field(default_factory=dict)
    profits: dict[int, tuple[str, int]] = field(default_factory=dict)


class Subscriptions:
    """Who hears of which account."""

    def __init__(
        self, portfolio: Portfolio, accounts: Sequence[str], now_ns: Callable[[], int]
    ) -> None:
        self._portfolio = portfolio
        self._accounts = accounts
        self._now_ns = now_ns
        self._wishes: dict[Session, _Wishes] = {}
        self._pushed_ns = now_ns()

    def of(self, session: Session) -> _Wishes:
        """Return what a client wants to hear."""
        return self._wishes.setdefault(session, _Wishes())

    def forget(self, session: Session) -> None:
        """A client is gone."""
        self._wishes.pop(session, None)

    def account(self, session: Session, name: str, *, is_on: bool) -> None:
        """Answer reqAccountUpdates."""
        account = name or self._accounts[0]
        self.of(session).account = account if is_on else ""
        if is_on:
            self._tell_account(session, account)
            session.send(messages.of(Say.ACCOUNT_END, 1, account))

    def positions(self, session: Session) -> None:
        """Answer reqPositions."""
        self.of(session).positions = {}
        self._tell_positions(session)
        session.send(messages.of(Say.POSITIONS_END, 1))

    def summary(self, session: Session, request_id: int, tags: str) -> None:
        """Answer reqAccountSummary."""
        wanted = tuple(tag.strip() for tag in tags.split(",") if tag.strip())
        self.of(session).summaries[request_id] = wanted
        self._tell_summary(session, request_id, wanted)
        session.send(messages.of(Say.ACCOUNT_SUMMARY_END, 1, request_id))

    def account_multi(self, session: Session, request_id: int, name: str) -> None:
        """Answer reqAccountUpdatesMulti."""
        self.of(session).accounts_multi[request_id] = name
        self._tell_account_multi(session, request_id, name)
        session.send(messages.of(Say.ACCOUNT_MULTI_END, 1, request_id))

    def positions_multi(self, session: Session, request_id: int, name: str) -> None:
        """Answer reqPositionsMulti."""
        self.of(session).positions_multi[request_id] = name
        self._tell_positions_multi(session, request_id, name)
        session.send(messages.of(Say.POSITIONS_MULTI_END, 1, request_id))

    def profit(self, session: Session, request_id: int, name: str, con_id: int = 0) -> None:
        """Answer reqPnL, or reqPnLSingle when a contract is named."""
        self.of(session).profits[request_id] = (name or self._accounts[0], con_id)
        self._tell_profit(session, request_id)

    def changed(self) -> None:
        """Tell everyone what a fill or a transfer changed."""
        for session, wishes in list(self._wishes.items()):
            if wishes.account:
                self._tell_account(session, wishes.account)
            if wishes.positions is not None:
                self._tell_positions(session)
            for request_id, name in wishes.accounts_multi.items():
                self._tell_account_multi(session, request_id, name)
            for request_id, name in wishes.positions_multi.items():
                self._tell_positions_multi(session, request_id, name)
            for request_id in wishes.profits:
                self._tell_profit(session, request_id)

    def time_passed(self) -> None:
        """Tell values and summaries once in a while, changed or not."""
        if self._now_ns() - self._pushed_ns < PUSH_SECONDS * NS:
            return
        self._pushed_ns = self._now_ns()
        self.changed()
        for session, wishes in list(self._wishes.items()):
            for request_id, tags in wishes.summaries.items():
                self._tell_summary(session, request_id, tags)

    def _tell_account(self, session: Session, account: str) -> None:
        for key, value, currency in self._portfolio.values(account):
            session.send(messages.of(Say.ACCOUNT_VALUE, 2, key, value, currency, account))
        for view in self._portfolio.positions(account):
            session.send(
                messages.of(
                    Say.PORTFOLIO,
                    8,
                    *messages.position_fields(view.contract),
                    view.quantity,
                    view.market_px,
                    money(view.market_value),
                    view.average_cost.normalize(),
                    money(view.unrealized),
                    money(view.realized),
                    account,
                )
            )
        session.send(messages.of(Say.ACCOUNT_TIME, 1, f"{moment(self._now_ns()):%H:%M}"))

    def _tell_positions(self, session: Session) -> None:
        told = self.of(session).positions
        for account in self._accounts:
            for view in self._portfolio.positions(account):
                key = (account, view.contract.market)
                before = told.get(key) if told is not None else None
                same = before is not None and (before.quantity, before.average_cost) == (
                    view.quantity,
                    view.average_cost,
                )
                if told is None or same or (before is None and not view.quantity):
                    continue
                told[key] = view
                fields = [account, *messages.position_fields(view.contract)]
                cost = view.average_cost.normalize()
                session.send(messages.of(Say.POSITION, 3, *fields, view.quantity, cost))

    def _tell_summary(self, session: Session, request_id: int, tags: Sequence[str]) -> None:
        for account in self._accounts:
            for key, value, currency in self._portfolio.values(account):
                if key in tags:
                    row = (account, key, value, currency)
                    session.send(messages.of(Say.ACCOUNT_SUMMARY, 1, request_id, *row))

    def _tell_account_multi(self, session: Session, request_id: int, name: str) -> None:
        for account in [name] if name else self._accounts:
            for key, value, currency in self._portfolio.values(account):
                row = (account, _MODEL, key, value, currency)
                session.send(messages.of(Say.ACCOUNT_MULTI, 1, request_id, *row))

    def _tell_positions_multi(self, session: Session, request_id: int, name: str) -> None:
        for account in [name] if name else self._accounts:
            for view in self._portfolio.positions(account):
                fields = [account, *messages.position_fields(view.contract)]
                row = (view.quantity, view.average_cost.normalize(), _MODEL)
                session.send(messages.of(Say.POSITION_MULTI, 1, request_id, *fields, *row))

    def _tell_profit(self, session: Session, request_id: int) -> None:
        account, con_id = self.of(session).profits[request_id]
        if not con_id:
            unrealized, realized = self._portfolio.profit(account)
            row = (money(unrealized + realized), money(unrealized), money(realized))
            session.send(messages.of(Say.PNL, request_id, *row))
            return
        for view in self._portfolio.positions(account):
            if view.contract.con_id == con_id:
                total = view.unrealized + view.realized
                amounts = (total, view.unrealized, view.realized, view.market_value)
                row_of_one = (view.quantity, *(money(amount) for amount in amounts))
                session.send(messages.of(Say.PNL_SINGLE, request_id, *row_of_one))
