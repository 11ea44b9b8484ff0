"""The orders that this session has sent or seen: whose leg is what, and what a leg's news means.

Alpaca makes a new order of each change, with an id of its own. Here its legs are one order again:
reports carry the order's own client id, and quantities of the whole. The new leg's count goes on
from the old one's, or begins at nothing (both have been seen): which of them is read from the
counts themselves.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Final

from regimeflow._core.alpaca_frames import TradeUpdate
from regimeflow._core.messages import ExecutionReport
from regimeflow.adapters.brokers._shared.chains import of_order
from regimeflow.adapters.brokers._shared.legs import split_leg
from regimeflow.adapters.brokers.alpaca.formatting import Asked
from regimeflow.adapters.brokers.alpaca.known import (
    Known,
    Leg,
    Replacing,
    acknowledged_report,
    asked_by,
    came_to,
    has_leg,
    replace_rejected,
    replaced_report,
)
from regimeflow.adapters.brokers.alpaca.order_ids import OrderIds
from regimeflow.adapters.brokers.alpaca.translate import CLASSES, LONGEST_ID, OrderRow, exec_id_of
from regimeflow.adapters.brokers.alpaca.words import REPLACED
from regimeflow.types.enums import ExecType, LiveOrderStatus

_ZERO: Final = Decimal(0)
_NOT_YET: Final = frozenset({ExecType.PENDING_NEW, ExecType.PENDING_REPLACE})
_KEEPS_OPEN: Final = frozenset({ExecType.CANCEL_REJECTED, ExecType.REPLACE_REJECTED})


class KnownOrders(OrderIds):
    """Finds orders by their ids, and makes the news of legs the news of orders.

    Args:
        on_doubt: Told what cannot be understood from the stream alone.
        on_excess: Told of an order whose new leg works more than was asked for, and of its terms.
    """

    def __init__(
        self,
        *,
        on_doubt: Callable[[str], object],
        on_excess: Callable[[Known, Asked], object],
    ) -> None:
        super().__init__()
        self._on_doubt: Final = on_doubt
        self._on_excess: Final = on_excess

    # ---- what is known

    def leg_answered(self, row: OrderRow, name: str) -> ExecutionReport:
        """Take note of the leg that an answer shows of an order of ours; return what it says."""
        broker_id = row.report.broker_order_id
        if broker_id in self._by_broker:  # the stream was faster, and has said more
            self.named(broker_id, name)
            return acknowledged_report(self._by_broker[broker_id], row.report)
        known = self._by_client.get(name)
        if known is None:
            known = self._by_client[name] = Known(row.report.symbol, name)
        self.acknowledged(known, broker_id)
        return self.whole(row.report, self.learn(row))

    def heir_named(self, known: Known, broker_order_id: str) -> None:
        """Remember Alpaca's id of the leg that is to take over."""
        if known.replacing is not None and broker_order_id not in self._by_broker:
            known.replacing.heir_id = broker_order_id
            self._by_broker[broker_order_id] = known

    # ---- news

    def hear(self, update: TradeUpdate) -> list[ExecutionReport]:
        """Take an event of the stream; return what it says of its order."""
        reports = self._hear(update)
        return reports if update.notional is None else [came_to(each) for each in reports]

    def _hear(self, update: TradeUpdate) -> list[ExecutionReport]:
        report, execution = update.report, update.execution_id
        if update.group_id:
            self._hear_group(update)
        known = self._known_of(report, update.client_order_id, update.replaces)
        known.in_group = known.in_group or update.order_class in CLASSES
        replacing = known.replacing
        if replacing is not None and self._is_heir(update, replacing, known):
            return self._hear_heir(update, known, replacing)
        if update.replaces and report.exec_type in _NO_LEG and not has_leg(known, report):
            return []  # somebody else's change, which is not made yet or was refused
        leg = self._leg_of(known, report.broker_order_id, update.replaces)
        if execution:
            if execution in leg.heard:
                return []  # it is told again, as Alpaca does, even after the end
            leg.heard.add(execution)
        return self._hear_leg(update, known, leg)

    def _hear_leg(self, update: TradeUpdate, known: Known, leg: Leg) -> list[ExecutionReport]:
        report = update.report
        is_newest = leg is known.legs[-1]
        before = leg.cum
        self._count(leg, report)
        if not known.is_told and is_newest and report.exec_type == ExecType.NEW:
            leg.carried = leg.cum  # a split multiplies what has filled: no fill is behind it
        if report.exec_type == ExecType.TRADE:
            return self._trade(report, known, leg, is_newest=is_newest, before=before)
        if not is_newest or known.is_over:
            return []  # it has been settled
        if report.exec_type == ExecType.REPLACED:
            return self._replaced(known, update)
        if report.exec_type == ExecType.REPLACE_REJECTED:
            known.replacing = None
        self._follow(known, report)
        return self._whole_news(report, known)

    def _trade(
        self, report: ExecutionReport, known: Known, leg: Leg, *, is_newest: bool, before: Decimal
    ) -> list[ExecutionReport]:
        exec_id = exec_id_of(leg.broker_order_id, report.cum_qty_dec or before)
        if exec_id in leg.told:
            self._on_doubt(f"two executions of order {leg.broker_order_id} end at one quantity")
            return []
        leg.told.add(exec_id)
        if not is_newest:
            return [of_order(report, known.client_order_id, exec_id=exec_id)]
        self._follow(known, report)
        before_it = known.left_out if known.is_whole else None
        whole = of_order(report, known.client_order_id, before=before_it, exec_id=exec_id)
        return [*self._untold(report, known), whole]

    def _replaced(self, known: Known, update: TradeUpdate) -> list[ExecutionReport]:
        """The newest leg has made room for another."""
        replacing = known.replacing
        heir_id = update.replaced_by or ("" if replacing is None else replacing.heir_id)
        if not heir_id:
            self._on_doubt(f"order {known.broker_order_id} was replaced, and not by which is said")
            return []
        self._next_leg(known, heir_id)
        if replacing is None:
            return []  # somebody else's change, or a split: its terms come with the new leg
        known.asked = known.wanted = replacing.asked
        known.is_told = True
        return [replaced_report(known, update.report)]

    def _hear_heir(
        self, update: TradeUpdate, known: Known, replacing: Replacing
    ) -> list[ExecutionReport]:
        """News of the leg that is to take over, before it has."""
        report = update.report
        self._by_broker.setdefault(report.broker_order_id, known)
        replacing.heir_id = report.broker_order_id
        if report.exec_type in _NOT_YET:
            return []
        if report.exec_type == ExecType.REJECTED:
            known.replacing = None  # the old one was faster
            return [] if known.is_over else [replace_rejected(known, report)]
        self._next_leg(known, report.broker_order_id)
        known.asked = known.wanted = replacing.asked
        leg = known.legs[-1]
        if update.execution_id:
            leg.heard.add(update.execution_id)
        return self._hear_leg(update, known, leg)

    def _whole_news(self, report: ExecutionReport, known: Known) -> list[ExecutionReport]:
        if not known.is_told and report.exec_type == ExecType.NEW:
            known.is_told = True
            return [replaced_report(known, report)]
        return [*self._untold(report, known), self.whole(report, known)]

    def _untold(self, report: ExecutionReport, known: Known) -> list[ExecutionReport]:
        if known.is_told:
            return []
        known.is_told = True
        return [replaced_report(known, report)]

    # ---- questions

    def learn(self, row: OrderRow) -> Known:
        """Take note of an order that a question has shown; its legs before it must be known."""
        report = row.report
        known = self._known_of(report, row.client_order_id, row.replaces)
        replacing = known.replacing
        if replacing is not None and report.broker_order_id == replacing.heir_id:
            if LiveOrderStatus(report.ord_status) in _PENDING:
                return known
            known.asked = known.wanted = replacing.asked
            self._next_leg(known, report.broker_order_id)
        leg = self._leg_of(known, report.broker_order_id, row.replaces)
        self._count(leg, report)
        if row.status == REPLACED:
            if row.replaced_by and leg is known.legs[-1]:
                if replacing is not None:
                    known.asked = known.wanted = replacing.asked
                self._next_leg(known, row.replaced_by)
        elif leg is known.legs[-1]:
            self._follow(known, report)
        return known

    def chain(self, rows: Sequence[OrderRow]) -> Known:
        """Take note of all legs of an order, the first one first."""
        first = rows[0]
        known = self._known_of(first.report, first.client_order_id, first.replaces)
        legs = {leg.broker_order_id: leg for leg in known.legs}
        known.legs, carried = [], _ZERO
        for row in rows:
            broker_id, cum = row.report.broker_order_id, row.report.cum_qty_dec or _ZERO
            leg = legs.get(broker_id) or Leg(broker_id)
            leg.cum = max(leg.cum, cum)
            leg.begins_anew = leg.begins_anew or leg.cum < carried
            leg.carried = _ZERO if leg.begins_anew else carried
            carried = leg.cum
            known.legs.append(leg)
            known.changes = max(known.changes, split_leg(row.client_order_id)[1])
            self._by_broker[broker_id] = known
        known.is_whole = not first.replaces
        known.is_over = known.is_over and rows[-1].report.broker_order_id in legs
        self.learn(rows[-1])
        return known

    def whole(self, report: ExecutionReport, known: Known) -> ExecutionReport:
        """A report of the newest leg, as news of the whole order."""
        if not known.is_whole:
            return of_order(report, known.client_order_id)
        is_plain = len(known.legs) == 1 and report.client_order_id == known.client_order_id
        if is_plain:
            return report
        status = LiveOrderStatus(report.ord_status)
        if status is LiveOrderStatus.NEW and known.filled:
            status = LiveOrderStatus.PARTIALLY_FILLED
        return of_order(report, known.client_order_id, before=known.left_out, ord_status=status)

    def change_failed(self, known: Known, *, is_known: bool) -> None:
        """Take the failure of a change; ``is_known``: the answer was definite."""
        if known.replacing is not None and not is_known:
            known.replacing.has_failed = True
        else:
            known.replacing = None

    # ---- the parts

    def _known_of(self, report: ExecutionReport, client_order_id: str, replaces: str) -> Known:
        broker_id = report.broker_order_id
        known = self._by_broker.get(broker_id)
        if known is None and replaces:
            known = self._by_broker.get(replaces)
        if known is None:
            own_id, leg = split_leg(client_order_id or broker_id)
            known = self._by_client.get(own_id)
            if known is None:
                is_whole = not leg and not replaces
                name = own_id if len(own_id) <= LONGEST_ID else broker_id
                known = Known(report.symbol, name, is_whole=is_whole)
                self._by_client[name] = known
        return known

    def _is_heir(self, update: TradeUpdate, replacing: Replacing, known: Known) -> bool:
        broker_id = update.report.broker_order_id
        if has_leg(known, update.report):
            return False
        return broker_id == replacing.heir_id or update.client_order_id == replacing.client_order_id

    def _leg_of(self, known: Known, broker_order_id: str, replaces: str) -> Leg:
        for leg in reversed(known.legs):
            if leg.broker_order_id == broker_order_id:
                return leg
        if known.legs and known.legs[-1].broker_order_id != replaces:
            # Neither a leg that was heard of nor one behind the newest: a past one.
            leg = Leg(broker_order_id)
            known.legs.insert(0, leg)
            self._by_broker[broker_order_id] = known
            return leg
        if known.legs:
            self._next_leg(known, broker_order_id)
        else:
            self._add_leg(known, broker_order_id)
        return known.legs[-1]

    def _next_leg(self, known: Known, broker_order_id: str) -> None:
        carried = known.legs[-1].cum if known.legs else _ZERO
        if all(leg.broker_order_id != broker_order_id for leg in known.legs):
            self._add_leg(known, broker_order_id)
            known.legs[-1].cum = known.legs[-1].carried = carried
            known.is_told = known.is_over = False
        known.replacing = None

    def _count(self, leg: Leg, report: ExecutionReport) -> None:
        cum = report.cum_qty_dec
        if cum is None:
            return
        if cum < leg.carried:
            leg.carried, leg.cum, leg.begins_anew = _ZERO, cum, True
        leg.cum = max(leg.cum, cum)

    def _follow(self, known: Known, report: ExecutionReport) -> None:
        quantity = report.order_qty_dec
        if quantity is not None and report.side and known.is_whole:
            wanted, whole = known.wanted, quantity + known.left_out
            known.asked = asked_by(report, whole, known.asked)
            known.wanted = None
            if wanted is not None and whole > wanted.quantity:
                self._on_excess(known, wanted)
        if LiveOrderStatus(report.ord_status).is_terminal and not known.is_over:
            if report.exec_type in _KEEPS_OPEN:
                return
            known.is_over = True
            known.replacing = None
            self._over(known)


_NO_LEG: Final = frozenset({ExecType.REJECTED, *_NOT_YET})
_PENDING: Final = frozenset({LiveOrderStatus.PENDING_NEW, LiveOrderStatus.REJECTED})
