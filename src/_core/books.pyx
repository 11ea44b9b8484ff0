"""OrderBook: the best levels of both sides."""

from libc.stdint cimport int64_t, uint8_t
from libc.string cimport memcpy, memset

from regimeflow._core.decimals cimport align, decimal_from, decimal_text, parse_number, rf_decimal, rf_to_float
from regimeflow._core.dtypes cimport dtype_of
from regimeflow._core.fields cimport begin, exp_field, head_fields, int_field, mantissa_field, reduced, show
from regimeflow._core.layout cimport RF_BOOK, RF_BOOK_LEVELS, RF_CELL_BYTES, rf_book, rf_header
from regimeflow._core.records cimport rf_ask_count, rf_bid_count, rf_hash_record, rf_same
from regimeflow._core.symbols cimport symbol_text

cimport cython

ctypedef object (*reader)(int64_t mantissa, int exp)


cdef object _float_of(int64_t mantissa, int exp):
    return rf_to_float(mantissa, exp)


cdef object _text_of(int64_t mantissa, int exp):
    return decimal_text(mantissa, exp)


cdef tuple _levels(const rf_header* head, const int64_t* px, const int64_t* qty, int count, reader read):
    return tuple([(read(px[level], head.px_exp), read(qty[level], head.qty_exp)) for level in range(count)])


# One level into px and qty; the second reading after a fault names the level, which would cost more than the parsing.
cdef int _parse_level(object pair, str px_field, str qty_field, rf_decimal* px, rf_decimal* qty) except -1:
    if not isinstance(pair, (tuple, list)) or len(pair) != 2:
        raise TypeError(f"{px_field[:-3]} is {pair!r}; expected a pair (px, qty)")
    parse_number(pair[0], px_field, px)
    parse_number(pair[1], qty_field, qty)
    return 0


cdef tuple _side(object levels, str side):
    given = tuple(levels)
    if len(given) > RF_BOOK_LEVELS:
        raise ValueError(f"{side} has {len(given)} levels; expected at most {RF_BOOK_LEVELS}, best first")
    return given


cdef int _parse_side(tuple given, str side, rf_decimal* px, rf_decimal* qty) except -1:
    cdef int level = 0
    cdef bint failed = False
    try:
        for level in range(<int>len(given)):
            _parse_level(given[level], side, side, &px[level], &qty[level])
    except (TypeError, ValueError):
        failed = True
    if failed:
        _parse_level(given[level], f"{side}[{level}][0]", f"{side}[{level}][1]", &px[level], &qty[level])
    return <int>len(given)


cdef int _raw_side(tuple given, str side, int64_t* px, int64_t* qty) except -1:
    cdef int level
    for level in range(<int>len(given)):
        pair = given[level]
        if not isinstance(pair, (tuple, list)) or len(pair) != 2:
            raise TypeError(f"{side}[{level}] is {pair!r}; expected a pair (px, qty)")
        px[level] = mantissa_field(pair[0], side)
        qty[level] = mantissa_field(pair[1], side)
    return <int>len(given)


cdef tuple _orderbook_arguments(OrderBook self):
    cdef rf_book* rec = &self.rec
    keywords = {
        "update_id": rec.update_id,
        "is_snapshot": bool(rec.head.flags & 1),
        "ts_event_ns": rec.head.ts_event_ns,
        "ts_recv_ns": rec.head.ts_recv_ns,
    }
    return (
        symbol_text(rec.head.symbol),
        _levels(&rec.head, rec.bid_px, rec.bid_qty, rf_bid_count(&rec.head), _text_of),
        _levels(&rec.head, rec.ask_px, rec.ask_qty, rf_ask_count(&rec.head), _text_of),
    ), {keyword: value for keyword, value in keywords.items() if value}


@cython.final
@cython.no_gc
@cython.freelist(64)
cdef class OrderBook:
    """The best levels of both sides, best first: ``bids`` and ``asks`` are tuples of ``(px, qty)``.

    ``bids_dec`` and ``asks_dec`` give exact Decimals, ``best_bid_px`` and ``best_ask_px`` are None where a side is empty.
    Read only, compared by value, safe to keep.

    Args:
        symbol: 1 to 31 bytes, no blanks.
        bids: At most 10 pairs of price and quantity, best first.
        asks: The same of the other side.
        update_id: The venue's number of the last update in it; 0: none.
        is_snapshot: Whether the venue sent it as a whole.
        ts_event_ns: The venue's clock, UTC [ns]; 0: none given.
        ts_recv_ns: Our clock, UTC [ns].

    Raises:
        TypeError, ValueError: names the field, what was found and what was expected.
    """

    def __init__(self, symbol, bids, asks, *, update_id=0, is_snapshot=False, ts_event_ns=0, ts_recv_ns=0):
        cdef rf_book rec
        cdef rf_decimal px[20]
        cdef rf_decimal qty[20]
        cdef int level, n_bids, n_asks
        memset(&rec, 0, sizeof(rf_book))
        begin(&self.rec.head, &rec.head, RF_BOOK, symbol, False, ts_event_ns, ts_recv_ns)
        n_bids = _parse_side(_side(bids, "bids"), "bids", px, qty)
        n_asks = _parse_side(_side(asks, "asks"), "asks", &px[n_bids], &qty[n_bids])
        align(px, n_bids + n_asks, "prices of the levels", &rec.head.px_exp)
        align(qty, n_bids + n_asks, "quantities of the levels", &rec.head.qty_exp)
        for level in range(n_bids):
            rec.bid_px[level], rec.bid_qty[level] = px[level].mantissa, qty[level].mantissa
        for level in range(n_asks):
            rec.ask_px[level], rec.ask_qty[level] = px[n_bids + level].mantissa, qty[n_bids + level].mantissa
        rec.head.n_cells = sizeof(rf_book) // RF_CELL_BYTES
        rec.head.extra = n_bids | n_asks << 8
        rec.head.flags = 1 if is_snapshot else 0
        rec.update_id = int_field(update_id, "update_id")
        memcpy(&self.rec, &rec, sizeof(rf_book))

    @staticmethod
    def from_raw(symbol, bids_raw, asks_raw, *, px_exp, qty_exp, update_id=0, is_snapshot=False, ts_event_ns=0,
                 ts_recv_ns=0):
        """Make a book from integers at known exponents: the quickest exact way."""
        cdef OrderBook made = OrderBook.__new__(OrderBook)
        cdef rf_book rec
        cdef int n_bids, n_asks
        memset(&rec, 0, sizeof(rf_book))
        head_fields(&rec.head, RF_BOOK, symbol, False, ts_event_ns, ts_recv_ns)
        rec.head.px_exp = exp_field(px_exp, "px_exp")
        rec.head.qty_exp = exp_field(qty_exp, "qty_exp")
        n_bids = _raw_side(_side(bids_raw, "bids_raw"), "bids_raw", rec.bid_px, rec.bid_qty)
        n_asks = _raw_side(_side(asks_raw, "asks_raw"), "asks_raw", rec.ask_px, rec.ask_qty)
        rec.head.n_cells = sizeof(rf_book) // RF_CELL_BYTES
        rec.head.extra = n_bids | n_asks << 8
        rec.head.flags = 1 if is_snapshot else 0
        rec.update_id = int_field(update_id, "update_id")
        memcpy(&made.rec, &rec, sizeof(rf_book))
        return made

    @property
    def bids(self):
        return _levels(&self.rec.head, self.rec.bid_px, self.rec.bid_qty, rf_bid_count(&self.rec.head), _float_of)

    @property
    def asks(self):
        return _levels(&self.rec.head, self.rec.ask_px, self.rec.ask_qty, rf_ask_count(&self.rec.head), _float_of)

    @property
    def bids_dec(self):
        return _levels(&self.rec.head, self.rec.bid_px, self.rec.bid_qty, rf_bid_count(&self.rec.head), decimal_from)

    @property
    def asks_dec(self):
        return _levels(&self.rec.head, self.rec.ask_px, self.rec.ask_qty, rf_ask_count(&self.rec.head), decimal_from)

    @property
    def best_bid_px(self):
        return rf_to_float(self.rec.bid_px[0], self.rec.head.px_exp) if rf_bid_count(&self.rec.head) else None

    @property
    def best_ask_px(self):
        return rf_to_float(self.rec.ask_px[0], self.rec.head.px_exp) if rf_ask_count(&self.rec.head) else None

    @property
    def best_bid_px_dec(self):
        return decimal_from(self.rec.bid_px[0], self.rec.head.px_exp) if rf_bid_count(&self.rec.head) else None

    @property
    def best_ask_px_dec(self):
        return decimal_from(self.rec.ask_px[0], self.rec.head.px_exp) if rf_ask_count(&self.rec.head) else None

    @property
    def is_snapshot(self):
        return bool(self.rec.head.flags & 1)

    @property
    def update_id(self):
        return self.rec.update_id

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
        return dtype_of(RF_BOOK, 3)

    def __eq__(self, other):
        if type(other) is not OrderBook:
            return NotImplemented
        return rf_same(&self.rec.head, &(<OrderBook>other).rec.head)

    def __hash__(self):
        return rf_hash_record(&self.rec.head)

    def __repr__(self):
        positional, keywords = _orderbook_arguments(self)
        return show("OrderBook", positional, keywords)

    def __reduce__(self):
        positional, keywords = _orderbook_arguments(self)
        return reduced(OrderBook, positional, keywords)

    def __copy__(self):
        return self

    def __deepcopy__(self, memo):
        return self


cdef OrderBook book_from(const rf_header* record):
    cdef OrderBook made = OrderBook.__new__(OrderBook)
    memcpy(&made.rec, record, sizeof(rf_book))
    return made
