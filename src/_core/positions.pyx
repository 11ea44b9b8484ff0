"""Position: what the broker says that the account holds of a symbol."""

from libc.string cimport memcpy, memset

from regimeflow._core.decimals cimport align, decimal_from, decimal_text, optional_decimal, optional_float
from regimeflow._core.decimals cimport parse_number, parse_optional, rf_decimal, rf_to_float
from regimeflow._core.dtypes cimport dtype_of
from regimeflow._core.fields cimport begin, reduced, show
from regimeflow._core.layout cimport RF_POSITION, rf_header, rf_position
from regimeflow._core.records cimport rf_hash_record, rf_same
from regimeflow._core.symbols cimport symbol_text

cimport cython


cdef tuple _position_arguments(Position self):
    cdef rf_position* rec = &self.cell.position
    keywords = {
        "avg_px": decimal_text(rec.avg_px, rec.head.px_exp),
        "market_px": decimal_text(rec.market_px, rec.head.px_exp),
        "ts_event_ns": rec.head.ts_event_ns,
        "ts_recv_ns": rec.head.ts_recv_ns,
    }
    return (
        symbol_text(rec.head.symbol),
        decimal_text(rec.qty, rec.head.qty_exp),
    ), {keyword: value for keyword, value in keywords.items() if value}


@cython.final
@cython.no_gc
@cython.freelist(16)
cdef class Position:
    """What the account holds of a symbol, as the broker says. Numbers read as on ``Quote``; prices may be None.

    Args:
        symbol: 1 to 31 bytes, no blanks.
        quantity: Negative when short.
        avg_px: Average entry price; None: not given.
        market_px: The broker's mark; None: not given.
        ts_event_ns: The venue's clock, UTC [ns]; 0: none given.
        ts_recv_ns: Our clock, UTC [ns].

    Raises:
        TypeError, ValueError: names the field, what was found and what was expected.
    """

    def __init__(self, symbol, quantity, avg_px=None, *, market_px=None, ts_event_ns=0, ts_recv_ns=0):
        cdef rf_position rec
        cdef rf_decimal qty
        cdef rf_decimal px[2]
        memset(&rec, 0, sizeof(rf_position))
        begin(&self.cell.head, &rec.head, RF_POSITION, symbol, False, ts_event_ns, ts_recv_ns)
        parse_number(quantity, "quantity", &qty)
        parse_optional(avg_px, "avg_px", &px[0])
        parse_optional(market_px, "market_px", &px[1])
        align(px, 2, "avg_px, market_px", &rec.head.px_exp)
        rec.qty, rec.head.qty_exp = qty.mantissa, qty.exp
        rec.avg_px, rec.market_px = px[0].mantissa, px[1].mantissa
        memcpy(&self.cell, &rec, sizeof(rf_position))

    @property
    def quantity(self):
        return rf_to_float(self.cell.position.qty, self.cell.head.qty_exp)

    @property
    def quantity_dec(self):
        return decimal_from(self.cell.position.qty, self.cell.head.qty_exp)

    @property
    def quantity_raw(self):
        return self.cell.position.qty

    @property
    def avg_px(self):
        return optional_float(self.cell.position.avg_px, self.cell.head.px_exp)

    @property
    def avg_px_dec(self):
        return optional_decimal(self.cell.position.avg_px, self.cell.head.px_exp)

    @property
    def avg_px_raw(self):
        return self.cell.position.avg_px

    @property
    def market_px(self):
        return optional_float(self.cell.position.market_px, self.cell.head.px_exp)

    @property
    def market_px_dec(self):
        return optional_decimal(self.cell.position.market_px, self.cell.head.px_exp)

    @property
    def market_px_raw(self):
        return self.cell.position.market_px

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
        return dtype_of(RF_POSITION, 1)

    def __eq__(self, other):
        if type(other) is not Position:
            return NotImplemented
        return rf_same(&self.cell.head, &(<Position>other).cell.head)

    def __hash__(self):
        return rf_hash_record(&self.cell.head)

    def __repr__(self):
        positional, keywords = _position_arguments(self)
        return show("Position", positional, keywords)

    def __reduce__(self):
        positional, keywords = _position_arguments(self)
        return reduced(Position, positional, keywords)

    def __copy__(self):
        return self

    def __deepcopy__(self, memo):
        return self


cdef Position position_from(const rf_header* record):
    cdef Position made = Position.__new__(Position)
    memcpy(&made.cell, record, sizeof(rf_position))
    return made
