"""The order-state table: the single owner of order state.

One record per order, found in O(1) by internal id, client order id and any of its broker ids. Quantities and prices are int64
mantissas at the order's exponents, the traded value is a 128-bit sum: nothing drifts. Fills come from executions alone, each
counted once for the order's life. What to do about a flag is the order manager's business; the table raises for none of them.
"""

from cpython.buffer cimport PyBUF_WRITABLE, PyBuffer_Release, PyObject_GetBuffer
from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize
from libc.stdint cimport int8_t, int64_t, uint8_t, uint16_t, uint32_t, uint64_t
from libc.string cimport memcpy

from regimeflow._core.layout cimport RF_NULL
from regimeflow._core.order_names cimport pack_names, unpack_names
from regimeflow._core.order_records cimport (
    OT_CLIENT_INLINE, OT_DIGITS, OT_IN_DOUBT, OT_IN_USE, OT_N_EVENTS, OT_N_STATUS, OT_NONE, order_table, ot_adopted, ot_apply,
    ot_cold, ot_cold_at, ot_create, ot_destroy, ot_export, ot_find_broker, ot_find_client, ot_fp_of_text, ot_has_execution,
    ot_hot, ot_hot_at, ot_id, ot_image_add_names, ot_image_head, ot_image_load, ot_image_measure, ot_image_open, ot_image_write,
    ot_is_unsent, ot_line, ot_new, ot_next_id, ot_prefix, ot_prepare, ot_reader, ot_request, ot_retire, ot_slot_of, ot_submit,
)
from regimeflow._core.order_rows cimport OrderRow, row_from
from regimeflow._core.reports cimport ExecutionReport
from regimeflow._core.symbols cimport intern_symbol

cimport cython

from regimeflow._core.faults import CodecError

# The bits of a result, and the refusals of submit.
MOVED = 1
FILL = 2
DUPLICATE = 4
MISSING_FILLS = 8
OVERFILL = 16
BAD_TRANSITION = 32
UNKNOWN = 64
RETIRED = 128
BAD_REPORT = 256
ADJUSTED = 512
OLD_LEG = 1024
ENDED = 2048
NEW_BROKER_ID = 4096
REVIVED = 8192
DOUBT_CHANGED = 16384
LATE_FILL = 32768
TERMS_CHANGED = 65536
FORETOLD = 131072
# The columns of to_array: ot_line of order_lifecycle.h.
_LINE = [
    ("order_id", "<u8"), ("symbol_id", "<u4"), ("strategy_id", "<u2"), ("px_exp", "i1"), ("qty_exp", "i1"),
    ("status", "u1"), ("side", "u1"), ("ord_type", "u1"), ("time_in_force", "u1"),
    ("in_doubt", "?"), ("is_external", "?"), ("spare", "<u2"),
    ("order_qty_raw", "<i8"), ("cum_qty_raw", "<i8"), ("leaves_qty_raw", "<i8"),
    ("limit_px_raw", "<i8"), ("stop_px_raw", "<i8"), ("created_at_ns", "<i8"), ("updated_at_ns", "<i8"),
]

FULL = -1
EXISTS = -2
TOO_LONG = -3


cdef int64_t _raw(object value) except? -1:
    return RF_NULL if value is None else <int64_t>value


# A table that differs from another in its orders only: it has none.
cdef order_table* _empty_like(const order_table* t) except NULL:
    cdef order_table* fresh = ot_create(t.max_orders)
    if fresh == NULL:
        raise MemoryError
    memcpy(fresh.next_status, t.next_status, OT_N_STATUS * OT_N_EVENTS * 2)
    memcpy(fresh.status_event, t.status_event, OT_N_STATUS)
    memcpy(fresh.prefix, t.prefix, t.prefix_len)
    fresh.prefix_len = t.prefix_len
    return fresh


@cython.final
cdef class OrderTable:
    """One record per order, and the only one who may change it.

    Args:
        transitions: The transition table, ``domain.orders.transitions.as_lookup()``.
        status_events: ``domain.orders.transitions.status_events()``.
        id_prefix: 1 to 22 of ``[A-Za-z0-9_-]``, never used by another session: client order ids are this and 13 digits.
        max_orders: When so many are held, new ones are refused; reports never are.

    Threading:
        One thread at a time: the loop's.
    """

    def __cinit__(self, bytes transitions not None, bytes status_events not None, *, str id_prefix not None,
                  uint32_t max_orders=1_000_000):
        cdef bytes prefix = id_prefix.encode("ascii")
        if len(transitions) != OT_N_STATUS * OT_N_EVENTS * 2 or len(status_events) != OT_N_STATUS:
            raise ValueError(f"transitions has {len(transitions)} bytes, status_events {len(status_events)}; expected "
                             f"{OT_N_STATUS * OT_N_EVENTS * 2} and {OT_N_STATUS}")
        if not 1 <= len(prefix) <= OT_CLIENT_INLINE - OT_DIGITS - 1:
            most = OT_CLIENT_INLINE - OT_DIGITS - 1
            raise ValueError(f"id_prefix {id_prefix!r} has {len(prefix)} bytes; expected 1 to {most}")
        self.table = ot_create(max_orders)
        if self.table == NULL:
            raise MemoryError
        memcpy(self.table.next_status, <const char*>transitions, len(transitions))
        memcpy(self.table.status_event, <const char*>status_events, len(status_events))
        memcpy(self.table.prefix, <const char*>prefix, len(prefix))
        self.table.prefix_len = <uint8_t>len(prefix)
        self.strategies = [""]
        self.strategy_ids = {"": 0}
        self.terms = {}

    def __dealloc__(self):
        if self.table != NULL:
            ot_destroy(self.table)

    def __len__(self) -> int:
        return self.table.n_live

    @property
    def open_count(self) -> int:
        return self.table.n_open

    @property
    def max_orders(self) -> int:
        return self.table.max_orders

    # The number of a strategy, the next one where it has none; _made() keeps it once there is an order of it.
    cdef int _strategy_id(self, str name) except -1:
        cdef object found = self.strategy_ids.get(name)
        if found is None:
            if len(self.strategies) > 65535:
                raise ValueError(f"strategy {name!r} is one too many; a table knows at most 65,535")
            return <int>len(self.strategies)
        return found

    cdef int64_t _made(self, int64_t order_id, str strategy) except? -1:
        if order_id > 0 and strategy not in self.strategy_ids:
            self.strategy_ids[strategy] = len(self.strategies)
            self.strategies.append(strategy)
        return order_id

    def next_order_id(self) -> int:
        """The id that the next order will get."""
        return ot_next_id(self.table)

    def submit(self, str symbol not None, uint8_t side, uint8_t ord_type, uint8_t time_in_force, int64_t order_qty,
               int8_t qty_exp, limit_px, stop_px, int8_t px_exp, *, str strategy not None="", str client_order_id=None,
               int64_t expire_time_ns=0, int64_t now_ns=0, uint64_t order_id=0, object terms=None) -> int:
        """Make the record of a new order, in PENDING_NEW.

        Args:
            order_qty: Mantissa at ``qty_exp``; ``limit_px`` and ``stop_px`` at ``px_exp``, None where there is none.
            client_order_id: At most 40 bytes; None: one is made from the internal id.
            order_id: To put back an order of the journal under the id that it had, also beyond ``max_orders``; ids that the
                table gives from then on are others.
            terms: What else is asked of it; kept in ``terms``, by its id, as long as it is here. No image has them.

        Returns:
            The internal id; or FULL, EXISTS (the client order id, or ``order_id``, was used before), TOO_LONG.
        """
        cdef ot_new new
        cdef bytes client
        new.symbol = intern_symbol(symbol)
        new.side, new.ord_type, new.time_in_force, new.external = side, ord_type, time_in_force, 0
        new.px_exp, new.qty_exp = px_exp, qty_exp
        new.strategy = <uint16_t>self._strategy_id(strategy)
        new.order_qty, new.limit_px, new.stop_px = order_qty, _raw(limit_px), _raw(stop_px)
        new.expire_time_ns, new.now_ns = expire_time_ns, now_ns
        new.client_id, new.client_len, new.order_id = NULL, 0, order_id
        if client_order_id is not None:
            client = client_order_id.encode("utf-8")
            new.client_id, new.client_len = client, len(client)
        cdef int64_t made = self._made(ot_submit(self.table, &new), strategy)
        if terms is not None and made > 0:
            self.terms[made] = terms
        return made

    def adopt(self, ExecutionReport report not None, *, str strategy not None="external", int64_t base_qty=0,
              object base_notional=0, int64_t now_ns=0, uint64_t order_id=0) -> int:
        """Take in an order that somebody else placed, from a report that describes it; its state comes by ``apply``.

        Args:
            base_qty: What had filled before our executions begin, a mantissa at the report's exponent;
                ``base_notional`` its value at ``px_exp + qty_exp``.
            order_id: As in ``submit``.

        Returns:
            The internal id, or a refusal as ``submit``.

        Raises:
            ValueError: base_qty is negative.
        """
        cdef ot_new new
        cdef int64_t made
        if base_qty < 0:
            raise ValueError(f"base_qty is {base_qty}; expected what had filled, or 0")
        new.symbol, new.side = report.rec.head.symbol, report.rec.head.side
        new.ord_type, new.time_in_force, new.external = report.rec.ord_type, report.rec.time_in_force, 1
        new.px_exp, new.qty_exp = report.rec.head.px_exp, report.rec.head.qty_exp
        new.strategy = <uint16_t>self._strategy_id(strategy)
        new.order_qty, new.limit_px, new.stop_px = report.rec.order_qty, report.rec.limit_px, report.rec.stop_px
        new.expire_time_ns, new.now_ns = 0, now_ns
        new.client_id, new.client_len = report.rec.client_order_id, report.rec.client_order_id_len
        new.order_id = order_id
        if new.order_qty == RF_NULL:
            new.order_qty = max(report.rec.cum_qty, 0) + max(report.rec.leaves_qty, 0)
        made = ot_submit(self.table, &new)
        if made > 0:
            ot_adopted(self.table, made, &report.rec, base_qty, <uint64_t>(base_notional & 0xFFFFFFFFFFFFFFFF),
                       <int64_t>(base_notional >> 64))
        return self._made(made, strategy)

    def apply(self, ExecutionReport report not None) -> int:
        """Apply one report, in whatever order it comes: the bits of what it did.

        Applied twice it counts once. Unknown orders, overfills and impossible transitions are flagged, never raised, and never
        dropped: a fill of an order that is here counts in any state.
        """
        return ot_apply(self.table, &report.rec)

    def next_status(self, uint8_t status, uint8_t event, bint nothing_left) -> int:
        """What the table was built with: the state that follows, or 255 where none does.

        Raises:
            IndexError: no such status or event.
        """
        if status >= OT_N_STATUS or event >= OT_N_EVENTS:
            raise IndexError(f"status {status}, event {event}: expected below {OT_N_STATUS} and {OT_N_EVENTS}")
        return self.table.next_status[(status * OT_N_EVENTS + event) * 2 + nothing_left]

    def hits(self) -> list[int]:
        """How often each place of the transition table was looked in, in the order of ``transitions``."""
        return [self.table.hits[at] for at in range(OT_N_STATUS * OT_N_EVENTS * 2)]

    def request(self, uint64_t order_id, uint8_t event, int64_t now_ns=0) -> int:
        """Move an order by one of our own events (``OrderEvent``, CANCEL_REQUESTED and above): the bits of what it did."""
        return ot_request(self.table, order_id, event, now_ns)

    @property
    def last_order_id(self) -> int:
        """The order that the last ``apply`` or ``request`` was about; 0: none that is here."""
        return self.table.last.order_id

    @property
    def last_before(self) -> int:
        return self.table.last.before

    @property
    def last_after(self) -> int:
        return self.table.last.after

    @property
    def last_booked(self) -> tuple[int, int]:
        """Quantity and price that the last ``apply`` counted, at the order's exponents."""
        return self.table.last.booked.qty, self.table.last.booked.px

    @property
    def last_undone(self) -> tuple[int, int]:
        """Quantity and price that the last ``apply`` took back."""
        return self.table.last.undone.qty, self.table.last.undone.px

    def get(self, uint64_t order_id) -> OrderRow | None:
        """The order, or None."""
        cdef uint32_t slot = ot_slot_of(self.table, order_id)
        if slot == OT_NONE:
            return None
        cdef const ot_cold* cold = ot_cold_at(self.table, slot)
        cdef object terms = self.terms.get(order_id) if self.terms else None
        return row_from(order_id, ot_hot_at(self.table, slot), cold, <str>self.strategies[cold.strategy], terms)

    def status_of(self, uint64_t order_id) -> int:
        """The order's status, or -1."""
        cdef uint32_t slot = ot_slot_of(self.table, order_id)
        return -1 if slot == OT_NONE else ot_hot_at(self.table, slot).status

    cdef object _id_at(self, uint32_t slot):
        return 0 if slot == OT_NONE else ot_id(slot, ot_hot_at(self.table, slot).generation)

    def find_by_client_id(self, str client_order_id not None) -> int:
        """The internal id, or 0."""
        cdef bytes text = client_order_id.encode("utf-8")
        cdef int retired = 0
        return self._id_at(ot_find_client(self.table, text, len(text), &retired))

    def was_used(self, str client_order_id not None) -> bool:
        """Whether an order here, or one retired not long ago, has this client order id."""
        cdef bytes text = client_order_id.encode("utf-8")
        cdef int retired = 0
        return ot_find_client(self.table, text, len(text), &retired) != OT_NONE or retired != 0

    def find_by_broker_id(self, str broker_order_id not None, str symbol not None="") -> int:
        """The internal id of the order that has, or had, this id at the venue; 0: none.

        Args:
            symbol: For venues that number their orders by symbol; ``""``: any.
        """
        cdef bytes text = broker_order_id.encode("utf-8")
        return self._id_at(ot_find_broker(self.table, ot_fp_of_text(text, len(text)), intern_symbol(symbol) if symbol else 0))

    def has_execution(self, uint64_t order_id, str exec_id not None) -> bool:
        """Whether this execution was counted for the order, or corrected or busted since."""
        cdef bytes text = exec_id.encode("utf-8")
        return ot_has_execution(self.table, order_id, text, len(text)) != 0

    def open_ids(self) -> list[int]:
        """The orders that may still trade: not terminal, not presumed not sent. In no particular order."""
        return [self._id_at(self.table.open[n]) for n in range(self.table.n_open)]

    def ids(self, int status=-1) -> list[int]:
        """Every order that is here, or those of one status."""
        cdef ot_hot* hot
        cdef uint32_t slot
        cdef list found = []
        for slot in range(self.table.n_slots):
            hot = ot_hot_at(self.table, slot)
            if hot.flags & OT_IN_USE and (status < 0 or hot.status == status):
                found.append(self._id_at(slot))
        return found

    def unsent_ids(self) -> list[int]:
        """The orders that are presumed not sent; nothing is looked through where there are none."""
        cdef uint32_t slot = 0
        cdef list found = []
        while <uint32_t>len(found) < self.table.n_unsent and slot < self.table.n_slots:
            if ot_hot_at(self.table, slot).flags & OT_IN_USE and ot_is_unsent(ot_hot_at(self.table, slot)):
                found.append(self._id_at(slot))
            slot += 1
        return found

    def ids_in_doubt(self) -> list[int]:
        """The open orders that have a request without an answer."""
        return [self._id_at(self.table.open[n]) for n in range(self.table.n_open)
                if ot_hot_at(self.table, self.table.open[n]).flags & OT_IN_DOUBT]

    def to_array(self, *, bint open_only=True):
        """The orders as a fresh NumPy array, one row each: ids, states, and numbers as mantissas at ``px_exp``, ``qty_exp``.

        Prices that an order has not are the smallest int64. numpy is loaded when this is first called.
        """
        import numpy
        cdef uint32_t count = self.table.n_open if open_only else self.table.n_live
        cdef Py_buffer room
        array = numpy.empty(count, dtype=numpy.dtype(_LINE))
        PyObject_GetBuffer(array.view("u1"), &room, PyBUF_WRITABLE)
        ot_export(self.table, open_only, <ot_line*>room.buf)
        PyBuffer_Release(&room)
        return array

    def retire(self, int64_t before_ns, int64_t now_ns, int64_t keep_ns, uint32_t limit=1000) -> int:
        """Forget orders that ended and were last touched before a time; their ids guard against repeats for ``keep_ns`` more.

        Returns:
            How many, at most ``limit``.
        """
        cdef uint32_t retired = ot_retire(self.table, before_ns, now_ns, keep_ns, limit)
        if retired and self.terms:
            self.terms = {key: terms for key, terms in self.terms.items() if ot_slot_of(self.table, key) != OT_NONE}
        return retired

    def prepare(self, uint32_t ahead=4096) -> bool:
        """Have memory ready for so many more orders, its pages faulted in; false when there is none to be had."""
        return ot_prepare(self.table, ahead) == 0

    def image(self) -> bytes:
        """The complete state, for ``restore``: orders with all their ids, fills and flags, lists in their order, the guard."""
        cdef ot_image_head head
        ot_image_measure(self.table, &head)
        cdef bytes names = pack_names(self.table, &head, self.strategies)
        cdef bytes image = PyBytes_FromStringAndSize(NULL, ot_image_add_names(&head, <uint32_t>len(names)))
        ot_image_write(self.table, &head, names, PyBytes_AS_STRING(image))
        return image

    def restore(self, bytes image not None) -> None:
        """Take the state of an image into this table, which has had no orders yet. Its prefix may be another than the image's.

        Raises:
            CodecError: no image of an order table, or one that does not hold together; the table stays empty.
            ValueError: there have been orders here.
        """
        cdef ot_image_head head
        cdef ot_reader reader
        cdef ot_prefix session
        cdef order_table* fresh
        if self.table.n_slots or self.table.n_earlier:
            raise ValueError("the table has had orders; an image goes into a new one")
        if ot_image_open(&reader, image, len(image), &head):
            raise CodecError(reader.fault.decode("ascii"), offset=reader.at - reader.start)
        fresh = _empty_like(self.table)
        try:
            strategies = unpack_names(fresh, &head, image, reader.at - reader.start, &session)
            reader.at += head.names_bytes
            if ot_image_load(fresh, &reader, &head, &session):
                raise CodecError(reader.fault.decode("ascii"), offset=reader.at - reader.start)
            self.table, fresh = fresh, self.table
        finally:
            ot_destroy(fresh)
        self.strategies = strategies
        self.strategy_ids = {name: n for n, name in enumerate(strategies)}
