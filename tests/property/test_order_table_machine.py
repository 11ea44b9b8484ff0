"""The compiled order table against a plain model: reports repeat, overtake and contradict.

``REGIMEFLOW_EXAMPLES=10000 pytest tests/property/test_order_table_machine.py`` tries it at length.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, precondition, rule

from regimeflow._core import order_table as flags
from regimeflow._core.order_table import OrderTable
from regimeflow._core.reports import ExecutionReport
from regimeflow.domain.orders.client_order_ids import ClientOrderIds
from regimeflow.domain.orders.transitions import (
    STATUS_EVENT,
    TRANSITIONS,
    WORKING,
    OrderEvent,
    as_lookup,
    status_events,
)
from regimeflow.types.enums import ExecType as X
from regimeflow.types.enums import LiveOrderStatus as S
from tests.support.examples import examples

IDS = ClientOrderIds("model")
SYMBOL = "BTCUSDT"
AWAITING = {
    S.PENDING_NEW: OrderEvent.PENDING_NEW,
    S.PENDING_CANCEL: OrderEvent.PENDING_CANCEL,
    S.PENDING_REPLACE: OrderEvent.PENDING_REPLACE,
}
NEWS = [
    X.NEW,
    X.CANCELED,
    X.REJECTED,
    X.EXPIRED,
    X.PENDING_NEW,
    X.PENDING_CANCEL,
    X.PENDING_REPLACE,
    X.SUSPENDED,
    X.DONE_FOR_DAY,
    X.CANCEL_REJECTED,
    X.REPLACE_REJECTED,
    X.UNKNOWN_OUTCOME,
]
MOST = 4  # orders at a time
WHICH = st.integers(0, MOST - 1)
QUANTITIES = st.integers(1, 12)
PRICES = st.integers(90, 110)
EXEC_IDS = st.sampled_from([f"e{n}" for n in range(9)] + [f"execution-{n:020d}" for n in range(9)])


@dataclass
class Model:
    """One order, as simply as it can be said."""

    order_id: int
    qty: int
    status: S = S.PENDING_NEW
    in_doubt: bool = False
    fills: dict[str, tuple[int, int]] = field(default_factory=dict)  # exec id: (quantity, price)
    undone: set[str] = field(default_factory=set)  # exec ids that another one replaced
    broker_ids: list[str] = field(default_factory=list)
    name: str = ""
    base: tuple[int, int] = (0, 0)  # quantity and value that had filled when it was adopted

    @property
    def counted(self) -> list[tuple[int, int]]:
        return [fill for exec_id, fill in self.fills.items() if exec_id not in self.undone]

    @property
    def cum(self) -> int:
        return self.base[0] + sum(qty for qty, _ in self.counted)

    @property
    def notional(self) -> int:
        return self.base[1] + sum(qty * px for qty, px in self.counted)

    @property
    def awaited(self) -> set[str]:
        """Executions that another one replaced before they came."""
        return self.undone - set(self.fills)

    @property
    def leaves(self) -> int:
        return 0 if self.is_over else max(self.qty - self.cum, 0)

    @property
    def is_over(self) -> bool:
        """Ended, or presumed not sent."""
        return self.status.is_terminal or (self.status is S.ERROR and not self.in_doubt)

    def move(self, event: OrderEvent, *, done: bool | None = None) -> None:
        nothing_left = self.cum >= self.qty if done is None else done
        after = TRANSITIONS.get((self.status, event, nothing_left))
        if after is None:
            return
        self.status = (S.PARTIALLY_FILLED if self.cum else S.NEW) if after in WORKING else after
        if event is OrderEvent.UNKNOWN_OUTCOME:
            self.in_doubt |= self.status in AWAITING
        elif event is OrderEvent.NOT_FOUND:
            was_there = bool(self.broker_ids) or self.cum > 0
            self.in_doubt = was_there and not self.status.is_terminal
        elif event < len(X) and self.status is not S.ERROR:
            answered = self.status not in AWAITING or AWAITING[self.status] is event
            self.in_doubt = self.in_doubt and not answered


class OrderTableMachine(RuleBasedStateMachine):
    said = Bundle("said")

    def __init__(self) -> None:
        super().__init__()
        self.table = OrderTable(as_lookup(), status_events(), id_prefix=IDS.prefix)
        self.models: dict[int, Model] = {}
        self.names = 0
        self.highest: dict[int, int] = {}

    @precondition(lambda self: len(self.models) < MOST)
    @rule(qty=QUANTITIES)
    def submit(self, qty: int) -> None:
        order_id = self.table.submit(SYMBOL, 1, 2, 2, qty, 0, 100, None, 0)
        self.models[order_id] = Model(order_id, qty, name=IDS.make(order_id))

    @precondition(lambda self: len(self.models) < MOST)
    @rule(qty=QUANTITIES, filled=st.integers(0, 12), named=st.booleans())
    def adopt(self, qty: int, filled: int, named: bool) -> None:
        """An order of somebody else, of which a part may have filled before we knew it."""
        broker_id = self._fresh_id()
        name = f"theirs-{broker_id[:12]}" if named else ""
        about = ExecutionReport(
            symbol=SYMBOL,
            exec_type=X.ORDER_STATUS,
            ord_status=S.NEW,
            order_qty=qty,
            limit_px=100,
            client_order_id=name,
            broker_order_id=broker_id,
        )
        order_id = self.table.adopt(about, base_qty=filled, base_notional=filled * 100)
        row = self.table.get(order_id)
        assert row is not None
        assert row.is_external
        self.models[order_id] = Model(
            order_id, qty, broker_ids=[broker_id], name=name, base=(filled, filled * 100)
        )

    @rule(kind=st.sampled_from([*NEWS, X.TRADE]), exec_id=EXEC_IDS)
    def unknown(self, kind: X, exec_id: str) -> None:
        """A report of no order of ours is flagged and touches nothing."""
        before = self._pictures()
        stranger = ExecutionReport(
            symbol=SYMBOL,
            exec_type=kind,
            ord_status=S.NEW,
            client_order_id="nobodys",
            broker_order_id="nowhere",
            exec_id=exec_id,
            last_qty=1,
            last_px=1,
        )
        assert self.table.apply(stranger) & flags.UNKNOWN
        assert before == self._pictures()

    @rule()
    def restart(self) -> None:
        """The process ends; another one goes on with an image of the table."""
        image = self.table.image()
        self.table = OrderTable(as_lookup(), status_events(), id_prefix=IDS.prefix)
        self.table.restore(image)

    @precondition(lambda self: self.models)
    @rule(target=said, which=WHICH, kind=st.sampled_from(NEWS), with_id=st.booleans())
    def news(self, which: int, kind: X, with_id: bool) -> ExecutionReport:
        order, model = self._pick(which)
        broker_id = self._known_or_first_id(model) if with_id else ""
        report = self._report(order, kind, broker_order_id=broker_id)
        self.table.apply(report)
        self._note_id(model, broker_id)
        model.move(OrderEvent(kind))
        return report

    @precondition(lambda self: self.models)
    @rule(target=said, which=WHICH, status=st.sampled_from(list(S)), cum=st.none() | QUANTITIES)
    def status(self, which: int, status: S, cum: int | None) -> ExecutionReport:
        order, model = self._pick(which)
        report = self._report(order, X.ORDER_STATUS, ord_status=status, cum_qty=cum)
        result = self.table.apply(report)
        model.move(STATUS_EVENT[status])
        assert bool(result & flags.MISSING_FILLS) is (cum is not None and cum > model.cum)
        return report

    @precondition(lambda self: self.models)
    @rule(target=said, which=WHICH, exec_id=EXEC_IDS, qty=QUANTITIES, px=PRICES)
    def trade(self, which: int, exec_id: str, qty: int, px: int) -> ExecutionReport:
        order, model = self._pick(which)
        report = self._report(order, X.TRADE, exec_id=exec_id, last_qty=qty, last_px=px)
        is_late = model.status.is_terminal
        result = self.table.apply(report)
        if exec_id in model.fills or exec_id in model.undone:
            assert result & flags.DUPLICATE
            model.fills.setdefault(exec_id, (0, 0))
            return report
        model.fills[exec_id] = (qty, px)
        model.move(OrderEvent.TRADE)
        assert result & flags.FILL
        assert bool(result & flags.OVERFILL) is (model.cum > model.qty)
        assert bool(result & flags.LATE_FILL) is is_late
        return report

    @precondition(lambda self: self.models)
    @rule(
        target=said,
        which=WHICH,
        exec_id=EXEC_IDS,
        ref=EXEC_IDS,
        new=st.none() | st.tuples(QUANTITIES, PRICES),
        nothing_left=st.booleans(),
    )
    def adjust(
        self, which: int, exec_id: str, ref: str, new: tuple[int, int] | None, nothing_left: bool
    ) -> ExecutionReport | None:
        order, model = self._pick(which)
        if exec_id == ref:
            return None
        kind = X.TRADE_CANCEL if new is None else X.TRADE_CORRECT
        report = self._report(
            order,
            kind,
            exec_id=exec_id,
            exec_ref_id=ref,
            last_qty=new and new[0],
            last_px=new and new[1],
            leaves_qty=0 if nothing_left else None,
        )
        self.table.apply(report)
        if exec_id in model.fills:
            return report
        model.fills[exec_id] = new or (0, 0)
        model.undone.add(ref)
        if model.cum >= model.qty:
            model.move(OrderEvent.TRADE_CORRECT, done=True)
        elif nothing_left:
            model.move(OrderEvent.TRADE_CANCEL, done=True)
        else:
            model.move(OrderEvent(kind), done=False)
        self.highest[order] = 0
        return report

    @precondition(lambda self: self.models)
    @rule(target=said, which=WHICH, qty=QUANTITIES, new_id=st.booleans())
    def replaced(self, which: int, qty: int, new_id: bool) -> ExecutionReport:
        order, model = self._pick(which)
        broker_id = self._fresh_id() if new_id else ""
        report = self._report(order, X.REPLACED, order_qty=qty, broker_order_id=broker_id)
        self.table.apply(report)
        is_leg = new_id and bool(model.broker_ids)
        self._note_id(model, broker_id)
        model.qty = qty
        model.move(OrderEvent.NEW_LEG if is_leg else OrderEvent.REPLACED)
        if is_leg:
            model.in_doubt = False  # a new leg is evidence
        return report

    @precondition(lambda self: self.models)
    @rule(
        which=WHICH,
        event=st.sampled_from(
            [OrderEvent.CANCEL_REQUESTED, OrderEvent.REPLACE_REQUESTED, OrderEvent.NOT_FOUND]
        ),
    )
    def request(self, which: int, event: OrderEvent) -> None:
        order, model = self._pick(which)
        self.table.request(order, event)
        model.move(event)

    @rule(report=said)
    def repeat_at_once_or_later(self, report: ExecutionReport | None) -> None:
        """An execution applied twice is applied once, however much later it comes again."""
        if report is None or report.exec_type not in (X.TRADE, X.TRADE_CORRECT, X.TRADE_CANCEL):
            return
        before = self._pictures()
        result = self.table.apply(report)
        assert result & (flags.DUPLICATE | flags.UNKNOWN)
        assert before == self._pictures()

    @precondition(lambda self: any(m.status.is_terminal for m in self.models.values()))
    @rule()
    def retire(self) -> None:
        """Orders that have ended are retired, and their ids are not taken for unknown ones.

        One of which a fill was corrected or busted before it came stays until it has come.
        """
        self.table.retire(before_ns=1, now_ns=1, keep_ns=1_000)
        for model in tuple(self.models.values()):
            if model.status.is_terminal and model.awaited:
                assert self.table.get(model.order_id) is not None
            elif model.status.is_terminal:
                echo = self._report(model.order_id, X.CANCELED)
                assert self.table.apply(echo) & flags.RETIRED
                del self.models[model.order_id]

    @invariant()
    def every_order_is_as_the_model_has_it(self) -> None:
        for order_id, model in self.models.items():
            row = self.table.get(order_id)
            assert row is not None
            expected = (model.status, model.qty, model.cum, model.leaves, model.notional)
            actual = (
                S(row.status),
                row.order_qty_raw,
                row.cum_qty_raw,
                row.leaves_qty_raw,
                row.notional_raw,
            )
            assert expected == actual
            average = (row.avg_px_dec or 0) * model.cum
            assert abs(average - model.notional) < Decimal("1e-20")
            assert model.in_doubt is row.in_doubt
            for broker_id in model.broker_ids:
                assert order_id == self.table.find_by_broker_id(broker_id)

    @invariant()
    def an_open_order_adds_up_and_what_has_filled_never_falls(self) -> None:
        for order_id in self.models:
            row = self.table.get(order_id)
            assert row is not None
            is_open = order_id in self.table.open_ids()
            if is_open and row.cum_qty_raw <= row.order_qty_raw:
                assert row.order_qty_raw == row.cum_qty_raw + row.leaves_qty_raw
            assert row.cum_qty_raw >= self.highest.get(order_id, 0)
            self.highest[order_id] = row.cum_qty_raw

    @invariant()
    def the_open_list_is_what_may_still_trade(self) -> None:
        expected = {key for key, model in self.models.items() if not model.is_over}
        assert expected == set(self.table.open_ids()) == expected
        assert len(expected) == self.table.open_count
        over = {key for key, model in self.models.items() if model.status is S.ERROR}
        assert over - expected == set(self.table.unsent_ids())

    def _pick(self, which: int) -> tuple[int, Model]:
        order_id = list(self.models)[which % len(self.models)]
        return order_id, self.models[order_id]

    def _report(self, order: int, kind: X, **fields: object) -> ExecutionReport:
        fields.setdefault("ord_status", S.NEW)
        model = self.models[order]
        if not model.name and not fields.get("broker_order_id"):
            fields["broker_order_id"] = model.broker_ids[-1]
        name = {"client_order_id": model.name} if model.name else {"order_id": order}
        return ExecutionReport(symbol=SYMBOL, exec_type=kind, **name, **fields)

    def _known_or_first_id(self, model: Model) -> str:
        return model.broker_ids[-1] if model.broker_ids else self._fresh_id()

    def _fresh_id(self) -> str:
        self.names += 1
        return f"broker-{self.names}" + "-and-more-than-fits-inline" * (self.names % 2)

    @staticmethod
    def _note_id(model: Model, broker_id: str) -> None:
        if broker_id and broker_id not in model.broker_ids:
            model.broker_ids.append(broker_id)

    def _pictures(self) -> list[tuple[object, ...]]:
        rows = [self.table.get(order_id) for order_id in self.models]
        return [
            (row.status, row.cum_qty_raw, row.notional_raw, row.order_qty_raw, row.in_doubt)
            for row in rows
            if row is not None
        ]


TestOrderTable = OrderTableMachine.TestCase
TestOrderTable.settings = settings(
    max_examples=examples(100), stateful_step_count=30, deadline=None, report_multiple_bugs=False
)
