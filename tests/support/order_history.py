"""Random histories of an order table, as a journal would hold them, and all that a table shows."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from hypothesis import strategies as st

from regimeflow._core.order_rows import OrderRow
from regimeflow._core.order_table import OrderTable
from regimeflow._core.reports import ExecutionReport
from regimeflow.domain.orders.transitions import OrderEvent, as_lookup, status_events
from regimeflow.types.enums import ExecType as X
from regimeflow.types.enums import LiveOrderStatus as S
from tests.support.order_table import IDS

SYMBOLS = ("BTCUSDT", "ETHUSDT")
BROKER_IDS = [f"b{n}" for n in range(6)] + [
    f"a-broker-id-beyond-its-inline-room-{n:012d}" for n in range(6)
]
CLIENT_IDS = ["mine", "a-client-order-id-of-exactly-40-bytes..."]
EXEC_IDS = [f"e{n}" for n in range(8)] + [f"an-execution-with-a-long-id-{n}" for n in range(4)]
TRADES = (X.TRADE, X.TRADE_CORRECT, X.TRADE_CANCEL)
REQUESTS = (OrderEvent.CANCEL_REQUESTED, OrderEvent.REPLACE_REQUESTED, OrderEvent.NOT_FOUND)
GUARD_ENTRY = 12  # bytes

# What a journal holds: it is done to any table, and answers as it did the first time.
Entry = Callable[[OrderTable], object]
numbers = st.integers(0, 30)
WHAT = ["submit"] * 3 + ["adopt", "status", "request", "retire"] + ["report"] * 3 + ["fill"] * 6
steps = st.tuples(st.sampled_from(WHAT), numbers, numbers, numbers, numbers)
histories = st.lists(steps, max_size=40)


def a_table(prefix: str = IDS.prefix, **limits: int) -> OrderTable:
    return OrderTable(as_lookup(), status_events(), id_prefix=prefix, **limits)


@dataclass
class History:
    """A table, and the journal of all that was done to it."""

    table: OrderTable = field(default_factory=a_table)
    journal: list[tuple[Entry, object]] = field(default_factory=list)
    ids: list[int] = field(default_factory=list)
    names: dict[int, str] = field(default_factory=dict)
    now_ns: int = 0

    def live(self, done: Iterable[tuple[str, int, int, int, int]]) -> None:
        for what, *drawn in done:
            self.now_ns += drawn[0] % 3
            getattr(self, what)(*drawn)

    def submit(self, one: int, two: int, *_: int) -> None:
        name = None if one % 4 else CLIENT_IDS[two % 2]
        self._made(self._submission(one, two, name), name)

    def adopt(self, one: int, two: int, three: int, four: int) -> None:
        about = self._a_report(
            X.ORDER_STATUS,
            symbol=SYMBOLS[one % 2],
            order_qty=1 + two,
            limit_px=three,
            broker_order_id=BROKER_IDS[four % 12],
            client_order_id="" if one % 3 else f"theirs-{two}",
        )
        base = {"base_qty": four % 3, "base_notional": four * 7, "now_ns": self.now_ns}

        def adopted(table: OrderTable, order_id: int = 0) -> int:
            return table.adopt(about, order_id=order_id, **base)

        self._made(lambda order_id, _name: lambda table: adopted(table, order_id), None)

    def report(self, one: int, two: int, three: int, four: int) -> None:
        kinds = [kind for kind in X if kind not in TRADES]
        about = {"broker_order_id": BROKER_IDS[three % 12]} if three % 3 else {}
        terms = {"order_qty": 1 + four, "limit_px": four} if four % 2 else {}
        self._say(one, kinds[two % len(kinds)], **about, **terms)

    def status(self, one: int, two: int, three: int, four: int) -> None:
        self._say(
            one, X.ORDER_STATUS, ord_status=list(S)[two % 11], cum_qty=three if four else None
        )

    def fill(self, one: int, two: int, three: int, four: int) -> None:
        kind = X.TRADE if four % 4 else TRADES[1 + four % 2]
        px = f"{three}.{'5' * (four % 3)}" if four % 3 else three
        ref = {} if kind is X.TRADE else {"exec_ref_id": EXEC_IDS[four % 12]}
        self._say(one, kind, exec_id=EXEC_IDS[two % 12], last_qty=1 + three % 5, last_px=px, **ref)

    def request(self, one: int, two: int, *_: int) -> None:
        if self.ids:
            order_id, now_ns = self.ids[one % len(self.ids)], self.now_ns
            self._do(lambda table: table.request(order_id, REQUESTS[two % 3], now_ns))

    def retire(self, one: int, two: int, *_: int) -> None:
        now_ns = self.now_ns
        self._do(
            lambda table: table.retire(now_ns - one % 4 + 1, now_ns, 1 + two, limit=1 + one % 5)
        )

    def _submission(self, one: int, two: int, name: str | None) -> Callable[..., Entry]:
        terms = (
            SYMBOLS[one % 2],
            1 + two % 2,
            2,
            2,
            1 + two,
            0,
            None if one % 5 else 100,
            None,
            -1,
        )
        more = {"strategy": f"s{two % 3}", "now_ns": self.now_ns}

        def entry(order_id: int, client_id: str | None) -> Entry:
            return lambda table: table.submit(
                *terms, client_order_id=client_id, order_id=order_id, **more
            )

        return entry

    def _made(self, entry: Callable[..., Entry], name: str | None) -> None:
        """Do it; what made no order is not in the journal, what did is there with its ids."""
        order_id = entry(0, name)(self.table)
        assert isinstance(order_id, int)
        if order_id > 0:
            row = self.table.get(order_id)
            assert row is not None
            self.ids.append(order_id)
            self.names[order_id] = row.client_order_id
            self.journal.append((entry(order_id, row.client_order_id), order_id))

    def _say(self, one: int, kind: X, **fields: object) -> None:
        fields["client_order_id"] = self.names[self.ids[one % len(self.ids)]] if self.ids else ""
        if one % 5 == 0 and fields.get("broker_order_id"):
            fields["client_order_id"] = ""
        report = self._a_report(kind, symbol=SYMBOLS[one % 2] if one % 7 else "", **fields)
        self._do(lambda table: table.apply(report))

    def _a_report(self, kind: X, **fields: object) -> ExecutionReport:
        fields.setdefault("ord_status", S.NEW)
        return ExecutionReport(exec_type=kind, ts_recv_ns=self.now_ns, **fields)

    def _do(self, entry: Entry) -> None:
        self.journal.append((entry, entry(self.table)))


def replay(table: OrderTable, journal: Iterable[tuple[Entry, object]]) -> None:
    """Do to a table what a journal says; it must answer as the first one did."""
    for entry, answer in journal:
        assert answer == entry(table)


def canonical(table: OrderTable) -> tuple[bytes, list[bytes]]:
    """All that a table holds; its guard has no order."""
    image = table.image()
    now, before = struct.unpack_from("<QQ", image, 80)
    guard = image[len(image) - (now + before) * GUARD_ENTRY :]
    cells = [guard[n : n + GUARD_ENTRY] for n in range(0, len(guard), GUARD_ENTRY)]
    return image[12 : len(image) - len(guard)], sorted(cells[:now]) + sorted(cells[now:])


def seen(table: OrderTable, history: History) -> list[object]:
    """What anybody can ask of a table, about every id that ever was."""
    ids, client_ids = history.ids, [*CLIENT_IDS, *history.names.values()]
    rows = {order_id: table.get(order_id) for order_id in ids}
    names = [name for name in dir(OrderRow) if not name.startswith("_")]
    return [
        {key: row and [getattr(row, name) for name in names] for key, row in rows.items()},
        [table.find_by_client_id(name) for name in client_ids],
        [table.was_used(name) for name in client_ids],
        [table.find_by_broker_id(name, symbol) for name in BROKER_IDS for symbol in ("", *SYMBOLS)],
        [table.has_execution(key, exec_id) for key in ids for exec_id in EXEC_IDS],
        [table.open_ids(), table.ids(), table.ids_in_doubt(), table.next_order_id(), len(table)],
        table.to_array(open_only=False).tolist(),
    ]
