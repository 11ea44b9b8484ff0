"""OrderRow: an order as it stood at one moment."""

from decimal import Context, Decimal

from libc.stdint cimport int64_t, uint64_t

from regimeflow._core.decimals cimport decimal_from, optional_decimal
from regimeflow._core.layout cimport RF_NULL
from regimeflow._core.order_records cimport (
    OT_BROKER_INLINE, OT_CLIENT_INLINE, OT_EXTERNAL, OT_IN_DOUBT, ot_cold, ot_hot, ot_leaves, ot_notional_high, ot_notional_low,
    ot_text,
)
from regimeflow._core.symbols cimport symbol_text
from regimeflow._core.wire cimport rfw_span

cimport cython

cdef extern from "Python.h":
    const char* PyUnicode_AsUTF8AndSize(object text, Py_ssize_t* length) except NULL

_DIVIDE = Context(prec=28)


cdef OrderRow row_from(uint64_t order_id, const ot_hot* hot, const ot_cold* cold, str strategy, object terms):
    cdef OrderRow row = OrderRow.__new__(OrderRow)
    row.id = order_id
    row.hot = hot[0]
    row.cold = cold[0]
    row.strategy_name = strategy
    row.more = terms
    if cold.client_len > OT_CLIENT_INLINE:  # the table's own memory: it may go before the row does
        row.client = ot_text(cold.client_id, OT_CLIENT_INLINE, cold.client_len)[:cold.client_len]
    if cold.broker_len > OT_BROKER_INLINE:
        row.broker = ot_text(cold.broker_id, OT_BROKER_INLINE, cold.broker_len)[:cold.broker_len]
    return row


cdef int row_texts(OrderRow row, rfw_span* texts) except -1:
    texts[0].bytes = PyUnicode_AsUTF8AndSize(symbol_text(row.hot.symbol), &texts[0].length)
    texts[1].bytes, texts[1].length = &row.cold.client_id[0], row.cold.client_len
    texts[2].bytes, texts[2].length = &row.cold.broker_id[0], row.cold.broker_len
    if row.client is not None:
        texts[1].bytes = row.client
    if row.broker is not None:
        texts[2].bytes = row.broker
    texts[3].bytes = PyUnicode_AsUTF8AndSize(row.strategy_name, &texts[3].length)
    return 0


cdef str _text(const char* room, size_t n, bytes far):
    return (room[:n] if far is None else far).decode("utf-8", "replace")


cdef object _notional(const ot_hot* hot):
    return (<object>ot_notional_high(hot) << 64) + ot_notional_low(hot)


@cython.final
@cython.no_gc
@cython.freelist(64)
cdef class OrderRow:
    """One order as it stood when it was asked for; safe to keep. Enumerations are ints, quantities and prices exact."""

    @property
    def order_id(self) -> int:
        return self.id

    @property
    def client_order_id(self) -> str:
        return _text(self.cold.client_id, self.cold.client_len, self.client)

    @property
    def broker_order_id(self) -> str:
        """The newest of the venue's ids; "" before it gave one."""
        return _text(self.cold.broker_id, self.cold.broker_len, self.broker)

    @property
    def symbol(self) -> str:
        return symbol_text(self.hot.symbol)

    @property
    def side(self) -> int:
        return self.hot.side

    @property
    def ord_type(self) -> int:
        return self.cold.ord_type

    @property
    def time_in_force(self) -> int:
        return self.cold.time_in_force

    @property
    def status(self) -> int:
        return self.hot.status

    @property
    def in_doubt(self) -> bool:
        return self.hot.flags & OT_IN_DOUBT != 0

    @property
    def is_external(self) -> bool:
        """Whether somebody else placed the order, and we adopted it."""
        return self.hot.flags & OT_EXTERNAL != 0

    @property
    def strategy(self) -> str:
        return self.strategy_name

    @property
    def terms(self) -> object | None:
        """What else was asked of it, as whoever submitted it gave that; None: nothing."""
        return self.more

    @property
    def px_exp(self) -> int:
        return self.hot.px_exp

    @property
    def qty_exp(self) -> int:
        return self.hot.qty_exp

    @property
    def order_qty_raw(self) -> int:
        return self.hot.order_qty

    @property
    def order_qty_dec(self) -> Decimal:
        return decimal_from(self.hot.order_qty, self.hot.qty_exp)

    @property
    def cum_qty_raw(self) -> int:
        return self.hot.cum_qty

    @property
    def cum_qty_dec(self) -> Decimal:
        return decimal_from(self.hot.cum_qty, self.hot.qty_exp)

    @property
    def leaves_qty_raw(self) -> int:
        return ot_leaves(&self.hot)

    @property
    def leaves_qty_dec(self) -> Decimal:
        return decimal_from(ot_leaves(&self.hot), self.hot.qty_exp)

    @property
    def missing_qty_raw(self) -> int:
        """What the venue says to have filled beyond the executions that we have."""
        return max(self.cold.venue_cum_qty - self.hot.cum_qty, 0)

    @property
    def notional_raw(self) -> int:
        """The sum of price times quantity over the fills, exact, at ``px_exp + qty_exp``."""
        return _notional(&self.hot)

    @property
    def avg_px_dec(self) -> Decimal | None:
        """The average price of what has filled, to 28 digits; None before the first fill."""
        if self.hot.cum_qty == 0:
            return None
        cdef object quotient = _DIVIDE.divide(Decimal(_notional(&self.hot)), Decimal(self.hot.cum_qty))
        return quotient.scaleb(self.hot.px_exp, _DIVIDE)

    @property
    def limit_px_raw(self) -> int | None:
        return None if self.cold.limit_px == RF_NULL else self.cold.limit_px

    @property
    def limit_px_dec(self) -> Decimal | None:
        return optional_decimal(self.cold.limit_px, self.hot.px_exp)

    @property
    def stop_px_raw(self) -> int | None:
        return None if self.cold.stop_px == RF_NULL else self.cold.stop_px

    @property
    def stop_px_dec(self) -> Decimal | None:
        return optional_decimal(self.cold.stop_px, self.hot.px_exp)

    @property
    def expire_time_ns(self) -> int:
        """When a GTD order ends, UTC; 0: not given."""
        return self.cold.expire_time_ns

    @property
    def created_at_ns(self) -> int:
        return self.cold.created_at_ns

    @property
    def updated_at_ns(self) -> int:
        return self.hot.updated_at_ns
