"""Executions and commissions: one fill each, corrected by id, charged when IB says what it cost.

An execution's id ends in ``.01``; a correction has the next number there and replaces it; one of no
shares is a bust. Its commission comes in a message of its own, before or after it, soon or only
when asked for: it is told as a report of no quantity, under one id for an execution and all its
corrections.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from regimeflow._core.messages import ExecutionReport
from regimeflow.adapters.brokers.ib.amounts import amount, exact
from regimeflow.adapters.brokers.ib.contracts import Contracts
from regimeflow.adapters.brokers.ib.news import Owner
from regimeflow.adapters.brokers.ib.orders import Known, KnownOrders
from regimeflow.adapters.brokers.ib.times import NS
from regimeflow.adapters.brokers.ib.words import SIDES
from regimeflow.types.enums import ExecType, Liquidity, LiveOrderStatus
from regimeflow.types.records import Record

if TYPE_CHECKING:
    from regimeflow.adapters.brokers.ib.library import TwsCommission, TwsContract, TwsExecution

_REMEMBERED: Final = 50_000
_LIQUIDITY: Final = {1: Liquidity.MAKER, 2: Liquidity.TAKER, 3: Liquidity.TAKER}
_NOTHING: Final = "commission"  # what a report of a commission alone says that it corrects
_ZERO: Final = Decimal(0)


class Fill(Record, kw_only=True):
    """One execution, in one of its forms."""

    known: Known
    exec_id: str
    execution: TwsExecution
    event_ns: int

    @property
    def root(self) -> str:
        """What it shares with its corrections."""
        return self.exec_id.rpartition(".")[0] or self.exec_id

    @property
    def number(self) -> int:
        """1 as first told, more for a correction."""
        last = self.exec_id.rpartition(".")[2]
        return int(last) if last.isdecimal() and "." in self.exec_id else 1


class Charge(Record, kw_only=True):
    """What an execution cost."""

    commission: Decimal
    currency: str
    number: int


class Fills:
    """Takes executions and commissions, and tells each once.

    Args:
        known: The orders of this session.
        contracts: What it trades.
        report: Takes reports.
        tell: Takes a line for people.
    """

    def __init__(
        self,
        known: KnownOrders,
        contracts: Contracts,
        *,
        report: Callable[[ExecutionReport], object],
        tell: Callable[[str], object],
    ) -> None:
        self._known: Final = known
        self._contracts: Final = contracts
        self._report: Final = report
        self._tell: Final = tell
        self._newest: Final[OrderedDict[str, Fill]] = OrderedDict()  # by root
        self._charged: Final[OrderedDict[str, Charge]] = OrderedDict()  # by root
        self._told: Final[OrderedDict[str, None]] = OrderedDict()  # roots
        self._early: Final[OrderedDict[str, TwsCommission]] = OrderedDict()  # by exec id
        self.owner: Owner | None = None

    def take(self, contract: TwsContract, execution: TwsExecution) -> Fill | None:
        """Take an execution; None when it is none of this session's."""
        traded, owner = self._contracts.of(contract), self.owner
        if traded is None or owner is None or execution.acctNumber != owner.account:
            return None
        if execution.side not in SIDES or not execution.execId:
            self._tell(f"an execution of {traded.symbol} names no side or no id: {execution!r}")
            return None
        known = self._known.meet(
            traded.symbol,
            perm_id=execution.permId,
            client_id=execution.clientId,
            order_id=execution.orderId,
            ref=execution.orderRef,
            own_client=owner.client_id,
        )
        return Fill(
            known=known,
            exec_id=execution.execId,
            execution=execution,
            event_ns=int(execution.time.timestamp()) * NS,
        )

    def heard(self, fill: Fill) -> None:
        """Tell an execution that came by itself, or that a gap had hidden."""
        before = self._newest.get(fill.root)
        if before is None or before.number < fill.number:
            for report in self.reports(fill):
                self._report(report)
            self._note(fill)
        self.settle(fill)
        self.told(fill)

    def told(self, fill: Fill) -> None:
        """Take that an execution was told; what it cost may be told from now on."""
        self._told[fill.root] = None
        if len(self._told) > _REMEMBERED:
            self._told.popitem(last=False)
        early = self._early.pop(fill.exec_id, None)
        if early is not None:
            self.commission(early)

    def reports(self, fill: Fill) -> list[ExecutionReport]:
        """Return an execution as reports: a correction with all that came before it.

        Each form of an execution replaces the one before. Where one was missed, the chain would be
        broken, and both would count: so each is told, with what holds now; the rest is repeats.
        """
        found = []
        head, _, last = fill.exec_id.rpartition(".")
        for number in range(1, fill.number + 1):
            name = f"{head}.{number:0{len(last)}d}" if fill.number > 1 else fill.exec_id
            if number == 1 and fill.number > 1:
                continue  # what is corrected needs not to be told: it is named
            before = f"{head}.{number - 1:0{len(last)}d}" if number > 1 else ""
            found.append(_report_of(fill, name, before))
        return found

    def settle(self, fill: Fill) -> None:
        """Count an execution in its order."""
        known = fill.known
        self._note(fill)
        newest = self._newest[fill.root]
        before, now = known.shares.get(fill.root, _ZERO), amount(newest.execution.shares)
        if now < before:  # busted: what statuses have told of it is told no more
            known.told_filled = max(known.told_filled - (before - now), _ZERO)
        known.shares[fill.root] = now
        known.filled = sum(known.shares.values(), _ZERO)
        if known.sending is not None:
            known.sending.give()
        if known.terms is not None and known.filled >= known.terms.quantity and not known.is_over:
            known.state = LiveOrderStatus.FILLED
            self._known.ended(known)
            for answer in known.answers():
                answer.give()

    def commission(self, told: TwsCommission) -> None:
        """Take what an execution cost; one that was not told yet is waited for."""
        root, _, last = told.execId.rpartition(".")
        fill = self._newest.get(root or told.execId)
        if fill is None or fill.root not in self._told:
            self._early[told.execId] = told
            if len(self._early) > _REMEMBERED:
                self._early.popitem(last=False)
            return
        cost = exact(told.commission)
        if cost is None:
            return
        number = int(last) if last.isdecimal() and root else 1
        charge = Charge(commission=cost, currency=told.currency, number=number)
        before = self._charged.get(fill.root)
        if before is not None and before.number >= number:
            return
        self._charged[fill.root] = charge
        if len(self._charged) > _REMEMBERED:
            self._charged.popitem(last=False)
        if before is None:
            self._charge(fill, charge, fill.root)
        elif before.commission != cost:
            change = Charge(
                commission=cost - before.commission, currency=told.currency, number=number
            )
            self._charge(fill, change, told.execId)

    def _note(self, fill: Fill) -> None:
        before = self._newest.get(fill.root)
        if before is None or before.number < fill.number:
            self._newest[fill.root] = fill
            if len(self._newest) > _REMEMBERED:
                self._newest.popitem(last=False)

    def _charge(self, fill: Fill, charge: Charge, name: str) -> None:
        """Tell what an execution cost, as a correction of nothing: no quantity moves."""
        known = fill.known
        self._report(
            ExecutionReport(
                symbol=known.symbol,
                exec_type=ExecType.TRADE_CORRECT,
                ord_status=known.state or LiveOrderStatus.NEW,
                side=SIDES[fill.execution.side],
                client_order_id=known.client_order_id,
                broker_order_id=known.broker_order_id,
                exec_id=f"{name}:commission",
                exec_ref_id=_NOTHING,
                last_qty=_ZERO,
                last_px=exact(fill.execution.price),
                commission=charge.commission,
                commission_currency=charge.currency,
                ts_event_ns=fill.event_ns,
                ts_recv_ns=time.time_ns(),
            )
        )


def _report_of(fill: Fill, name: str, corrects: str) -> ExecutionReport:
    known, execution = fill.known, fill.execution
    quantity = None if known.terms is None else known.terms.quantity
    cum = amount(execution.cumQty)
    leaves = None if quantity is None else max(quantity - cum, _ZERO)
    state = LiveOrderStatus.PARTIALLY_FILLED if leaves else LiveOrderStatus.FILLED
    is_plain, shares = not corrects, amount(execution.shares)
    corrected = ExecType.TRADE_CORRECT if shares else ExecType.TRADE_CANCEL
    return ExecutionReport(
        symbol=known.symbol,
        exec_type=ExecType.TRADE if is_plain else corrected,
        ord_status=state,
        side=SIDES[execution.side],
        ord_type=0 if known.terms is None else known.terms.type,
        time_in_force=0 if known.terms is None else known.terms.time_in_force,
        client_order_id=known.client_order_id,
        broker_order_id=known.broker_order_id,
        exec_id=name,
        exec_ref_id=corrects,
        order_qty=quantity if is_plain else None,
        cum_qty=cum if is_plain else None,
        leaves_qty=leaves if is_plain else None,
        last_qty=shares,
        last_px=exact(execution.price),
        avg_px=exact(execution.avgPrice) if is_plain else None,
        liquidity=_LIQUIDITY.get(execution.lastLiquidity, Liquidity.NONE),
        text="the price may change yet" if execution.pendingPriceRevision else "",
        ts_event_ns=fill.event_ns,
        ts_recv_ns=time.time_ns(),
    )
