"""Lines of a recorded market to events: the commonest ones, as Binance writes them; the rest is left to the plain parser."""

cimport cython
from libc.stdint cimport int8_t, int64_t

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_GET_SIZE

from regimeflow._core.decimals cimport RF_POW10, rf_decimal, rf_rescale
from regimeflow._core.depth cimport prepare
from regimeflow._core.layout cimport rf_quote, rf_tick
from regimeflow._core.frames cimport (
    RFV_QUOTE, RFV_TICK, rfv_binance_fast, rfv_free, rfv_json_free, rfv_reader, rfv_side, rfv_take,
)

cdef enum:
    STAMP_DIGITS = 19


# A number at an exponent; below zero: it does not fit there, or is too large for a record.
cdef inline int64_t _at(int64_t mantissa, int exp, int to_exp) noexcept nogil:
    cdef int64_t scaled = -1
    if rf_rescale(mantissa, exp, to_exp, &scaled) or scaled >= RF_POW10[18]:
        return -1
    return scaled


cdef list _levels(const rfv_side* side, int px_exp, int qty_exp):
    cdef size_t at
    cdef int64_t px, qty
    cdef const rf_decimal* level
    found = []
    for at in range(side.count):
        level = &side.numbers[2 * at]
        px = _at(level[0].mantissa, level[0].exp, px_exp)
        qty = _at(level[1].mantissa, level[1].exp, qty_exp)
        if px < 0 or qty < 0:
            return None
        found.append((px, qty))
    return found


@cython.final
@cython.no_gc
cdef class RecordedFrames:
    """Quotes, trades and diffs of recorded lines, ``RECV_NS {frame}``, for who else would read them with json.

    Args:
        quote: Makes an event of (recv_ns, symbol, update_id, bid_px, bid_qty, ask_px, ask_qty).
        trade: Of (recv_ns, symbol, trade_id, px, qty, aggressor, event_ns).
        depth: Of (recv_ns, symbol, first_id, last_id, bids, asks, event_ns).
        scales: The exponents of each symbol's prices and quantities.
        last_ids: Is told the last update id of each symbol.
    """

    cdef:
        rfv_reader reader
        object quote
        object trade
        object depth
        dict scales
        dict last_ids

    def __cinit__(self, quote, trade, depth, scales, dict last_ids not None):
        prepare(&self.reader)
        self.quote, self.trade, self.depth = quote, trade, depth
        self.scales = {symbol.encode(): (symbol, *scale) for symbol, scale in scales.items()}
        self.last_ids = last_ids

    def __dealloc__(self):
        if self.reader.json != NULL:
            rfv_json_free(self.reader.json)
        rfv_free(&self.reader)

    def read(self, bytes line not None, /):
        """Return the event of a line; None: it is none of the commonest, or something in it is not as usual."""
        cdef const char* text = PyBytes_AS_STRING(line)
        cdef Py_ssize_t length = PyBytes_GET_SIZE(line)
        cdef Py_ssize_t at
        cdef int64_t recv_ns = 0
        cdef int8_t px_exp, qty_exp
        if length <= STAMP_DIGITS + 1 or text[STAMP_DIGITS] != b" ":
            return None
        for at in range(STAMP_DIGITS):
            if not b"0" <= text[at] <= b"9" or (at == 0 and text[at] > b"8"):  # below 2^63
                return None
            recv_ns = recv_ns * 10 + (text[at] - 48)
        if text[length - 1] == b"\n":
            length -= 1
        if not rfv_take(&self.reader, text + STAMP_DIGITS + 1, <size_t>(length - STAMP_DIGITS - 1)):
            raise MemoryError
        if not rfv_binance_fast(&self.reader):
            return None
        scale = self.scales.get(self.reader.symbol.at[:self.reader.symbol.length])
        if scale is None:
            return None
        symbol, px_exp, qty_exp = scale
        if self.reader.kind == RFV_QUOTE:
            return self._quote(recv_ns, symbol, px_exp, qty_exp)
        if self.reader.kind == RFV_TICK:
            return self._trade(recv_ns, symbol, px_exp, qty_exp)
        return self._depth(recv_ns, symbol, px_exp, qty_exp)

    cdef object _quote(self, int64_t recv_ns, str symbol, int px_exp, int qty_exp):
        cdef rf_quote* own = &self.reader.record.quote
        cdef int64_t bid_px = _at(own.bid_px, own.head.px_exp, px_exp)
        cdef int64_t ask_px = _at(own.ask_px, own.head.px_exp, px_exp)
        cdef int64_t bid_qty = _at(own.bid_qty, own.head.qty_exp, qty_exp)
        cdef int64_t ask_qty = _at(own.ask_qty, own.head.qty_exp, qty_exp)
        if bid_px < 0 or ask_px < 0 or bid_qty < 0 or ask_qty < 0:
            return None
        self.last_ids[symbol] = own.update_id
        return self.quote(recv_ns, symbol, own.update_id, bid_px, bid_qty, ask_px, ask_qty)

    cdef object _trade(self, int64_t recv_ns, str symbol, int px_exp, int qty_exp):
        cdef rf_tick* own = &self.reader.record.tick
        cdef int64_t px = _at(own.last_px, own.head.px_exp, px_exp)
        cdef int64_t qty = _at(own.last_qty, own.head.qty_exp, qty_exp)
        if self.reader.is_aggregate or px < 0 or qty < 0:
            return None
        return self.trade(recv_ns, symbol, own.trade_id, px, qty, own.head.side, own.head.ts_event_ns)

    cdef object _depth(self, int64_t recv_ns, str symbol, int px_exp, int qty_exp):
        bids = _levels(&self.reader.bids, px_exp, qty_exp)
        asks = _levels(&self.reader.asks, px_exp, qty_exp)
        if bids is None or asks is None:
            return None
        self.last_ids[symbol] = self.reader.last_id
        return self.depth(recv_ns, symbol, self.reader.first_id, self.reader.last_id, bids, asks, self.reader.event_ns)
