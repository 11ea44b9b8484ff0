"""ExecutionReport: what a venue says happened to an order."""

from cpython.mem cimport PyMem_Free
from libc.stdint cimport uint8_t
from libc.string cimport memcpy, memset

from regimeflow._core.decimals cimport align, decimal_text, optional_decimal, optional_float, parse_optional, rf_decimal
from regimeflow._core.dtypes cimport dtype_of
from regimeflow._core.fields cimport begin, int_field, long_text, reduced, room_for, show, small_field
from regimeflow._core.fields cimport text_field, text_from
from regimeflow._core.layout cimport (
    RF_EXEC_COUNT, RF_LIQUIDITY_COUNT, RF_ORD_COUNT, RF_REJECT_COUNT, RF_REPORT, RF_SIDE_COUNT,
    RF_STATUS_COUNT, RF_TIF_COUNT, rf_cells_for, rf_header, rf_report,
)
from regimeflow._core.records cimport rf_hash_record, rf_same, rf_used_bytes
from regimeflow._core.symbols cimport symbol_text

cimport cython


# The record: inline, or on the heap where a text follows it.
cdef inline rf_header* _record(ExecutionReport self) noexcept:
    return &self.rec.head if self.whole == NULL else self.whole


cdef int _fill_quantities(rf_report* rec, object order_qty, object cum_qty, object leaves_qty, object last_qty) except -1:
    cdef rf_decimal qty[4]
    parse_optional(order_qty, "order_qty", &qty[0])
    parse_optional(cum_qty, "cum_qty", &qty[1])
    parse_optional(leaves_qty, "leaves_qty", &qty[2])
    parse_optional(last_qty, "last_qty", &qty[3])
    align(qty, 4, "order_qty, cum_qty, leaves_qty, last_qty", &rec.head.qty_exp)
    rec.order_qty, rec.cum_qty = qty[0].mantissa, qty[1].mantissa
    rec.leaves_qty, rec.last_qty = qty[2].mantissa, qty[3].mantissa
    return 0


cdef int _fill_prices(rf_report* rec, object last_px, object limit_px, object stop_px, object avg_px) except -1:
    cdef rf_decimal px[3]
    cdef rf_decimal average
    parse_optional(last_px, "last_px", &px[0])
    parse_optional(limit_px, "limit_px", &px[1])
    parse_optional(stop_px, "stop_px", &px[2])
    align(px, 3, "last_px, limit_px, stop_px", &rec.head.px_exp)
    rec.last_px, rec.limit_px, rec.stop_px = px[0].mantissa, px[1].mantissa, px[2].mantissa
    parse_optional(avg_px, "avg_px", &average)
    rec.avg_px, rec.avg_px_exp = average.mantissa, average.exp
    return 0


cdef dict _keywords(ExecutionReport self):
    numbers = {
        name: decimal_text(raw, exp)
        for name, raw, exp in (
            ("order_qty", self.rec.order_qty, self.rec.head.qty_exp),
            ("cum_qty", self.rec.cum_qty, self.rec.head.qty_exp),
            ("leaves_qty", self.rec.leaves_qty, self.rec.head.qty_exp),
            ("last_qty", self.rec.last_qty, self.rec.head.qty_exp),
            ("last_px", self.rec.last_px, self.rec.head.px_exp),
            ("limit_px", self.rec.limit_px, self.rec.head.px_exp),
            ("stop_px", self.rec.stop_px, self.rec.head.px_exp),
            ("avg_px", self.rec.avg_px, self.rec.avg_px_exp),
            ("commission", self.rec.commission, self.rec.commission_exp),
        )
    }
    rest = (
        "side", "ord_type", "time_in_force", "order_id", "client_order_id", "broker_order_id", "exec_id", "exec_ref_id",
        *numbers, "commission_currency", "liquidity", "ord_rej_reason", "text", "ts_event_ns", "ts_recv_ns",
    )
    given = {name: numbers[name] if name in numbers else getattr(self, name) for name in rest}
    return {
        "symbol": symbol_text(self.rec.head.symbol),
        "exec_type": self.rec.exec_type,
        "ord_status": self.rec.ord_status,
        **{name: value for name, value in given.items() if value},
    }


@cython.final
@cython.no_gc
@cython.freelist(64)
cdef class ExecutionReport:
    """What a venue says happened to an order (FIX 35=8): ``exec_type`` is the news, ``ord_status`` the state.

    Each number reads as ``float`` by its name, as exact ``Decimal`` by ``name_dec`` (both None when not given), and as an
    integer at its exponent by ``name_raw``. Enumerations read as the ints of their members. Read only, compared by value,
    safe to keep.

    Args:
        symbol: At most 31 bytes, no blanks; ``""`` where the venue names none.
        exec_type: ``ExecType``, FIX 150.
        ord_status: ``LiveOrderStatus``, FIX 39.
        side: ``OrderSide``, FIX 54.
        ord_type: ``OrderType``, FIX 40.
        time_in_force: ``TimeInForce``, FIX 59.
        order_id: Ours; 0: not known to the adapter.
        client_order_id: FIX 11, at most 40 bytes.
        broker_order_id: FIX 37, at most 56 bytes.
        exec_id: FIX 17, at most 64 bytes.
        exec_ref_id: The execution that this one corrects or busts, FIX 19, at most 64 bytes.
        order_qty: FIX 38.
        cum_qty: FIX 14.
        leaves_qty: FIX 151.
        last_qty: Of this fill, FIX 32.
        last_px: Of this fill, FIX 31.
        limit_px: FIX 44.
        stop_px: FIX 99.
        avg_px: FIX 6.
        commission: A positive one is a cost, FIX 12.
        commission_currency: FIX 479, at most 16 bytes.
        liquidity: ``Liquidity``, FIX 851.
        ord_rej_reason: ``OrdRejReason``, FIX 103.
        text: The venue's own words, FIX 58, at most 1,024 bytes.
        ts_event_ns: The venue's clock, UTC [ns]; 0: none given.
        ts_recv_ns: Our clock, UTC [ns].

    Raises:
        TypeError, ValueError: names the field, what was found and what was expected.
    """

    def __init__(self, *, symbol, exec_type, ord_status, side=0, ord_type=0, time_in_force=0, order_id=0,
                 client_order_id="", broker_order_id="", exec_id="", exec_ref_id="", order_qty=None, cum_qty=None,
                 leaves_qty=None, last_qty=None, last_px=None, limit_px=None, stop_px=None, avg_px=None, commission=None,
                 commission_currency="", liquidity=0, ord_rej_reason=0, text="", ts_event_ns=0, ts_recv_ns=0):
        cdef rf_report rec
        cdef rf_decimal cost
        cdef bytes free_text = long_text(text, "text")
        memset(&rec, 0, sizeof(rf_report))
        begin(&self.rec.head, &rec.head, RF_REPORT, symbol, True, ts_event_ns, ts_recv_ns)
        rec.exec_type = <uint8_t>small_field(exec_type, "exec_type", RF_EXEC_COUNT)
        rec.ord_status = <uint8_t>small_field(ord_status, "ord_status", RF_STATUS_COUNT)
        rec.head.side = <uint8_t>small_field(side, "side", RF_SIDE_COUNT)
        rec.ord_type = <uint8_t>small_field(ord_type, "ord_type", RF_ORD_COUNT)
        rec.time_in_force = <uint8_t>small_field(time_in_force, "time_in_force", RF_TIF_COUNT)
        rec.liquidity = <uint8_t>small_field(liquidity, "liquidity", RF_LIQUIDITY_COUNT)
        rec.ord_rej_reason = <uint8_t>small_field(ord_rej_reason, "ord_rej_reason", RF_REJECT_COUNT)
        rec.order_id = int_field(order_id, "order_id")
        _fill_quantities(&rec, order_qty, cum_qty, leaves_qty, last_qty)
        _fill_prices(&rec, last_px, limit_px, stop_px, avg_px)
        parse_optional(commission, "commission", &cost)
        rec.commission, rec.commission_exp = cost.mantissa, cost.exp
        rec.client_order_id_len = text_field(client_order_id, "client_order_id", rec.client_order_id, 40)
        rec.broker_order_id_len = text_field(broker_order_id, "broker_order_id", rec.broker_order_id, 56)
        rec.exec_id_len = text_field(exec_id, "exec_id", rec.exec_id, 64)
        rec.exec_ref_id_len = text_field(exec_ref_id, "exec_ref_id", rec.exec_ref_id, 64)
        rec.commission_currency_len = text_field(commission_currency, "commission_currency", rec.commission_currency, 16)
        rec.head.extra = len(free_text)
        rec.head.n_cells = rf_cells_for(sizeof(rf_report) + len(free_text))
        if free_text:
            self.whole = room_for(sizeof(rf_report) + len(free_text))
            memcpy(self.whole, &rec, sizeof(rf_report))
            memcpy(<char*>self.whole + sizeof(rf_report), <const char*>free_text, <size_t>len(free_text))
        memcpy(&self.rec, &rec, sizeof(rf_report))

    def __dealloc__(self):
        PyMem_Free(self.whole)

    @property
    def order_qty(self):
        return optional_float(self.rec.order_qty, self.rec.head.qty_exp)

    @property
    def order_qty_dec(self):
        return optional_decimal(self.rec.order_qty, self.rec.head.qty_exp)

    @property
    def order_qty_raw(self):
        return self.rec.order_qty

    @property
    def cum_qty(self):
        return optional_float(self.rec.cum_qty, self.rec.head.qty_exp)

    @property
    def cum_qty_dec(self):
        return optional_decimal(self.rec.cum_qty, self.rec.head.qty_exp)

    @property
    def cum_qty_raw(self):
        return self.rec.cum_qty

    @property
    def leaves_qty(self):
        return optional_float(self.rec.leaves_qty, self.rec.head.qty_exp)

    @property
    def leaves_qty_dec(self):
        return optional_decimal(self.rec.leaves_qty, self.rec.head.qty_exp)

    @property
    def leaves_qty_raw(self):
        return self.rec.leaves_qty

    @property
    def last_qty(self):
        return optional_float(self.rec.last_qty, self.rec.head.qty_exp)

    @property
    def last_qty_dec(self):
        return optional_decimal(self.rec.last_qty, self.rec.head.qty_exp)

    @property
    def last_qty_raw(self):
        return self.rec.last_qty

    @property
    def last_px(self):
        return optional_float(self.rec.last_px, self.rec.head.px_exp)

    @property
    def last_px_dec(self):
        return optional_decimal(self.rec.last_px, self.rec.head.px_exp)

    @property
    def last_px_raw(self):
        return self.rec.last_px

    @property
    def limit_px(self):
        return optional_float(self.rec.limit_px, self.rec.head.px_exp)

    @property
    def limit_px_dec(self):
        return optional_decimal(self.rec.limit_px, self.rec.head.px_exp)

    @property
    def limit_px_raw(self):
        return self.rec.limit_px

    @property
    def stop_px(self):
        return optional_float(self.rec.stop_px, self.rec.head.px_exp)

    @property
    def stop_px_dec(self):
        return optional_decimal(self.rec.stop_px, self.rec.head.px_exp)

    @property
    def stop_px_raw(self):
        return self.rec.stop_px

    @property
    def avg_px(self):
        return optional_float(self.rec.avg_px, self.rec.avg_px_exp)

    @property
    def avg_px_dec(self):
        return optional_decimal(self.rec.avg_px, self.rec.avg_px_exp)

    @property
    def avg_px_raw(self):
        return self.rec.avg_px

    @property
    def commission(self):
        return optional_float(self.rec.commission, self.rec.commission_exp)

    @property
    def commission_dec(self):
        return optional_decimal(self.rec.commission, self.rec.commission_exp)

    @property
    def commission_raw(self):
        return self.rec.commission

    @property
    def client_order_id(self):
        return text_from(self.rec.client_order_id, self.rec.client_order_id_len)

    @property
    def broker_order_id(self):
        return text_from(self.rec.broker_order_id, self.rec.broker_order_id_len)

    @property
    def exec_id(self):
        return text_from(self.rec.exec_id, self.rec.exec_id_len)

    @property
    def exec_ref_id(self):
        return text_from(self.rec.exec_ref_id, self.rec.exec_ref_id_len)

    @property
    def commission_currency(self):
        return text_from(self.rec.commission_currency, self.rec.commission_currency_len)

    @property
    def exec_type(self):
        return self.rec.exec_type

    @property
    def ord_status(self):
        return self.rec.ord_status

    @property
    def ord_type(self):
        return self.rec.ord_type

    @property
    def time_in_force(self):
        return self.rec.time_in_force

    @property
    def liquidity(self):
        return self.rec.liquidity

    @property
    def ord_rej_reason(self):
        return self.rec.ord_rej_reason

    @property
    def order_id(self):
        return self.rec.order_id

    @property
    def avg_px_exp(self):
        return self.rec.avg_px_exp

    @property
    def commission_exp(self):
        return self.rec.commission_exp

    @property
    def side(self):
        return self.rec.head.side

    @property
    def text(self):
        if self.whole == NULL:
            return ""
        return text_from(<const char*>self.whole + sizeof(rf_report), self.whole.extra)

    @property
    def symbol(self):
        return symbol_text(self.rec.head.symbol)

    @property
    def symbol_id(self):
        return self.rec.head.symbol

    @property
    def ts_event_ns(self):
        return self.rec.head.ts_event_ns

    @property
    def ts_recv_ns(self):
        return self.rec.head.ts_recv_ns

    @property
    def seq(self):
        return self.rec.head.seq

    @property
    def px_exp(self):
        return self.rec.head.px_exp

    @property
    def qty_exp(self):
        return self.rec.head.qty_exp

    @staticmethod
    def dtype():
        """Return the NumPy dtype over this kind's records."""
        return dtype_of(RF_REPORT, 3)

    def __eq__(self, other):
        if type(other) is not ExecutionReport:
            return NotImplemented
        return rf_same(_record(self), _record(<ExecutionReport>other))

    def __hash__(self):
        return rf_hash_record(_record(self))

    def __repr__(self):
        return show("ExecutionReport", (), _keywords(self))

    def __reduce__(self):
        return reduced(ExecutionReport, (), _keywords(self))

    def __copy__(self):
        return self

    def __deepcopy__(self, memo):
        return self


cdef ExecutionReport report_from(const rf_header* record):
    cdef ExecutionReport made = ExecutionReport.__new__(ExecutionReport)
    memcpy(&made.rec, record, sizeof(rf_report))
    if record.extra:
        made.whole = room_for(rf_used_bytes(record))
        memcpy(made.whole, record, <size_t>rf_used_bytes(record))
    return made


cdef const rf_header* report_record(ExecutionReport report):
    return _record(report)
