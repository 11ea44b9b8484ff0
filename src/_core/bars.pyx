"""Bar: what the market did over one interval."""

from libc.stdint cimport int64_t, uint32_t
from libc.string cimport memcpy

from regimeflow._core.decimals cimport align, decimal_from, decimal_text, optional_decimal, optional_float
from regimeflow._core.decimals cimport parse_number, parse_optional, rf_decimal, rf_to_float
from regimeflow._core.dtypes cimport dtype_of
from regimeflow._core.fields cimport begin, int_field, reduced, show, small_field
from regimeflow._core.layout cimport RF_BAR, rf_bar, rf_header
from regimeflow._core.records cimport rf_hash_record, rf_same
from regimeflow._core.symbols cimport symbol_text

cimport cython


cdef tuple _bar_arguments(Bar self):
    cdef rf_bar* rec = &self.cell.bar
    cdef int px_exp = rec.head.px_exp
    keywords = {
        "interval_ns": rec.interval_ns,
        "vwap_px": decimal_text(rec.vwap_px, px_exp),
        "trade_count": rec.head.extra,
        "is_revised": bool(rec.head.flags & 1),
        "ts_event_ns": rec.head.ts_event_ns,
        "ts_recv_ns": rec.head.ts_recv_ns,
    }
    return (
        symbol_text(rec.head.symbol),
        decimal_text(rec.open_px, px_exp),
        decimal_text(rec.high_px, px_exp),
        decimal_text(rec.low_px, px_exp),
        decimal_text(rec.close_px, px_exp),
        decimal_text(rec.volume_qty, rec.head.qty_exp),
    ), {keyword: value for keyword, value in keywords.items() if value or keyword == "interval_ns"}


@cython.final
@cython.no_gc
@cython.freelist(64)
cdef class Bar:
    """Open, high, low, close and volume of a symbol over an interval. Numbers read as on ``Quote``.

    Args:
        symbol: 1 to 31 bytes, no blanks.
        open_px: First price.
        high_px: Highest price.
        low_px: Lowest price.
        close_px: Last price.
        volume: Quantity traded.
        interval_ns: Length [ns].
        vwap_px: Average price by volume; None: not given.
        trade_count: Trades in it; 0 where the venue gives none.
        is_revised: Whether it stands for the bar of this end that was told before.
        ts_event_ns: The end of the interval, UTC [ns].
        ts_recv_ns: Our clock, UTC [ns].

    Raises:
        TypeError, ValueError: names the field, what was found and what was expected.
    """

    def __init__(self, symbol, open_px, high_px, low_px, close_px, volume, *, interval_ns, vwap_px=None, trade_count=0,
                 is_revised=False, ts_event_ns=0, ts_recv_ns=0):
        cdef rf_bar rec
        cdef rf_decimal px[5]
        cdef rf_decimal volume_qty
        begin(&self.cell.head, &rec.head, RF_BAR, symbol, False, ts_event_ns, ts_recv_ns)
        parse_number(open_px, "open_px", &px[0])
        parse_number(high_px, "high_px", &px[1])
        parse_number(low_px, "low_px", &px[2])
        parse_number(close_px, "close_px", &px[3])
        parse_optional(vwap_px, "vwap_px", &px[4])
        parse_number(volume, "volume", &volume_qty)
        align(px, 5, "open_px, high_px, low_px, close_px, vwap_px", &rec.head.px_exp)
        rec.open_px, rec.high_px, rec.low_px = px[0].mantissa, px[1].mantissa, px[2].mantissa
        rec.close_px, rec.vwap_px = px[3].mantissa, px[4].mantissa
        rec.volume_qty, rec.head.qty_exp = volume_qty.mantissa, volume_qty.exp
        rec.interval_ns = int_field(interval_ns, "interval_ns")
        if rec.interval_ns <= 0:
            raise ValueError(f"interval_ns is {interval_ns}; expected more than 0")
        rec.head.flags = 1 if is_revised else 0
        rec.head.extra = <uint32_t>small_field(trade_count, "trade_count", <int64_t>1 << 32)
        memcpy(&self.cell, &rec, sizeof(rf_bar))

    @property
    def open_px(self):
        return rf_to_float(self.cell.bar.open_px, self.cell.bar.head.px_exp)

    @property
    def open_px_dec(self):
        return decimal_from(self.cell.bar.open_px, self.cell.bar.head.px_exp)

    @property
    def open_px_raw(self):
        return self.cell.bar.open_px

    @property
    def high_px(self):
        return rf_to_float(self.cell.bar.high_px, self.cell.bar.head.px_exp)

    @property
    def high_px_dec(self):
        return decimal_from(self.cell.bar.high_px, self.cell.bar.head.px_exp)

    @property
    def high_px_raw(self):
        return self.cell.bar.high_px

    @property
    def low_px(self):
        return rf_to_float(self.cell.bar.low_px, self.cell.bar.head.px_exp)

    @property
    def low_px_dec(self):
        return decimal_from(self.cell.bar.low_px, self.cell.bar.head.px_exp)

    @property
    def low_px_raw(self):
        return self.cell.bar.low_px

    @property
    def close_px(self):
        return rf_to_float(self.cell.bar.close_px, self.cell.bar.head.px_exp)

    @property
    def close_px_dec(self):
        return decimal_from(self.cell.bar.close_px, self.cell.bar.head.px_exp)

    @property
    def close_px_raw(self):
        return self.cell.bar.close_px

    @property
    def vwap_px(self):
        return optional_float(self.cell.bar.vwap_px, self.cell.bar.head.px_exp)

    @property
    def vwap_px_dec(self):
        return optional_decimal(self.cell.bar.vwap_px, self.cell.bar.head.px_exp)

    @property
    def vwap_px_raw(self):
        return self.cell.bar.vwap_px

    @property
    def volume(self):
        return rf_to_float(self.cell.bar.volume_qty, self.cell.bar.head.qty_exp)

    @property
    def volume_dec(self):
        return decimal_from(self.cell.bar.volume_qty, self.cell.bar.head.qty_exp)

    @property
    def volume_raw(self):
        return self.cell.bar.volume_qty

    @property
    def trade_count(self):
        return self.cell.head.extra

    @property
    def is_revised(self):
        return bool(self.cell.head.flags & 1)

    @property
    def interval_ns(self):
        return self.cell.bar.interval_ns

    @property
    def symbol(self):
        return symbol_text(self.cell.head.symbol)

    @property
    def symbol_id(self):
        return self.cell.head.symbol

    @property
    def ts_event_ns(self):
        return self.cell.head.ts_event_ns

    @property
    def ts_recv_ns(self):
        return self.cell.head.ts_recv_ns

    @property
    def seq(self):
        return self.cell.head.seq

    @property
    def px_exp(self):
        return self.cell.head.px_exp

    @property
    def qty_exp(self):
        return self.cell.head.qty_exp

    @staticmethod
    def dtype():
        """Return the NumPy dtype over this kind's records."""
        return dtype_of(RF_BAR, 1)

    def __eq__(self, other):
        if type(other) is not Bar:
            return NotImplemented
        return rf_same(&self.cell.head, &(<Bar>other).cell.head)

    def __hash__(self):
        return rf_hash_record(&self.cell.head)

    def __repr__(self):
        positional, keywords = _bar_arguments(self)
        return show("Bar", positional, keywords)

    def __reduce__(self):
        positional, keywords = _bar_arguments(self)
        return reduced(Bar, positional, keywords)

    def __copy__(self):
        return self

    def __deepcopy__(self, memo):
        return self


cdef Bar bar_from(const rf_header* record):
    cdef Bar made = Bar.__new__(Bar)
    memcpy(&made.cell, record, sizeof(rf_bar))
    return made
