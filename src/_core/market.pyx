"""What the market says at one moment: Quote, the best bid and ask, and Tick, one trade print."""

from libc.stdint cimport uint8_t
from libc.string cimport memcpy

from regimeflow._core.decimals cimport align, decimal_from, decimal_text, parse_number, rf_decimal, rf_to_float
from regimeflow._core.dtypes cimport dtype_of
from regimeflow._core.fields cimport begin, exp_field, head_fields, int_field, mantissa_field, reduced, show, small_field
from regimeflow._core.layout cimport RF_QUOTE, RF_SIDE_COUNT, RF_TICK, rf_header, rf_quote, rf_tick
from regimeflow._core.records cimport rf_hash_record, rf_same
from regimeflow._core.symbols cimport symbol_text

cimport cython


cdef tuple _quote_arguments(Quote self):
    cdef rf_quote* rec = &self.cell.quote
    keywords = {"ts_event_ns": rec.head.ts_event_ns, "ts_recv_ns": rec.head.ts_recv_ns, "update_id": rec.update_id}
    return (
        symbol_text(rec.head.symbol),
        decimal_text(rec.bid_px, rec.head.px_exp),
        decimal_text(rec.bid_qty, rec.head.qty_exp),
        decimal_text(rec.ask_px, rec.head.px_exp),
        decimal_text(rec.ask_qty, rec.head.qty_exp),
    ), {keyword: value for keyword, value in keywords.items() if value}


@cython.final
@cython.no_gc
@cython.freelist(256)
cdef class Quote:
    """Best bid and best ask of a symbol.

    Each number reads as ``float`` by its name, as exact ``Decimal`` by ``name_dec``, and as an integer at the record's
    exponent (``px_exp``, ``qty_exp``) by ``name_raw``. Read only, compared by value, safe to keep.

    Args:
        symbol: 1 to 31 bytes, no blanks.
        bid_px: Best bid; Decimal, str, int or float (a float counts as its shortest decimal). All numbers alike.
        bid_qty: Quantity there.
        ask_px: Best ask.
        ask_qty: Quantity there.
        ts_event_ns: The venue's clock, UTC [ns]; 0: none given.
        ts_recv_ns: Our clock, UTC [ns].
        update_id: The venue's number of this update; 0: none.

    Raises:
        TypeError, ValueError: names the field, what was found and what was expected.
    """

    def __init__(self, symbol, bid_px, bid_qty, ask_px, ask_qty, *, ts_event_ns=0, ts_recv_ns=0, update_id=0):
        cdef rf_quote rec
        cdef rf_decimal px[2]
        cdef rf_decimal qty[2]
        begin(&self.cell.head, &rec.head, RF_QUOTE, symbol, False, ts_event_ns, ts_recv_ns)
        parse_number(bid_px, "bid_px", &px[0])
        parse_number(bid_qty, "bid_qty", &qty[0])
        parse_number(ask_px, "ask_px", &px[1])
        parse_number(ask_qty, "ask_qty", &qty[1])
        align(px, 2, "bid_px, ask_px", &rec.head.px_exp)
        align(qty, 2, "bid_qty, ask_qty", &rec.head.qty_exp)
        rec.bid_px, rec.ask_px = px[0].mantissa, px[1].mantissa
        rec.bid_qty, rec.ask_qty = qty[0].mantissa, qty[1].mantissa
        rec.update_id = int_field(update_id, "update_id")
        memcpy(&self.cell, &rec, sizeof(rf_quote))

    @staticmethod
    def from_raw(symbol, bid_px_raw, bid_qty_raw, ask_px_raw, ask_qty_raw, *, px_exp, qty_exp, ts_event_ns=0, ts_recv_ns=0,
                 update_id=0):
        """Make a quote from integers at known exponents: the quickest exact way."""
        cdef Quote made = Quote.__new__(Quote)
        cdef rf_quote rec
        head_fields(&rec.head, RF_QUOTE, symbol, False, ts_event_ns, ts_recv_ns)
        rec.head.px_exp = exp_field(px_exp, "px_exp")
        rec.head.qty_exp = exp_field(qty_exp, "qty_exp")
        rec.bid_px = mantissa_field(bid_px_raw, "bid_px_raw")
        rec.bid_qty = mantissa_field(bid_qty_raw, "bid_qty_raw")
        rec.ask_px = mantissa_field(ask_px_raw, "ask_px_raw")
        rec.ask_qty = mantissa_field(ask_qty_raw, "ask_qty_raw")
        rec.update_id = int_field(update_id, "update_id")
        memcpy(&made.cell, &rec, sizeof(rf_quote))
        return made

    @property
    def mid_px(self):
        cdef rf_quote* rec = &self.cell.quote
        return (rf_to_float(rec.bid_px, rec.head.px_exp) + rf_to_float(rec.ask_px, rec.head.px_exp)) * 0.5

    @property
    def bid_px(self):
        return rf_to_float(self.cell.quote.bid_px, self.cell.quote.head.px_exp)

    @property
    def bid_px_dec(self):
        return decimal_from(self.cell.quote.bid_px, self.cell.quote.head.px_exp)

    @property
    def bid_px_raw(self):
        return self.cell.quote.bid_px

    @property
    def bid_qty(self):
        return rf_to_float(self.cell.quote.bid_qty, self.cell.quote.head.qty_exp)

    @property
    def bid_qty_dec(self):
        return decimal_from(self.cell.quote.bid_qty, self.cell.quote.head.qty_exp)

    @property
    def bid_qty_raw(self):
        return self.cell.quote.bid_qty

    @property
    def ask_px(self):
        return rf_to_float(self.cell.quote.ask_px, self.cell.quote.head.px_exp)

    @property
    def ask_px_dec(self):
        return decimal_from(self.cell.quote.ask_px, self.cell.quote.head.px_exp)

    @property
    def ask_px_raw(self):
        return self.cell.quote.ask_px

    @property
    def ask_qty(self):
        return rf_to_float(self.cell.quote.ask_qty, self.cell.quote.head.qty_exp)

    @property
    def ask_qty_dec(self):
        return decimal_from(self.cell.quote.ask_qty, self.cell.quote.head.qty_exp)

    @property
    def ask_qty_raw(self):
        return self.cell.quote.ask_qty

    @property
    def update_id(self):
        return self.cell.quote.update_id

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
        return dtype_of(RF_QUOTE, 1)

    def __eq__(self, other):
        if type(other) is not Quote:
            return NotImplemented
        return rf_same(&self.cell.head, &(<Quote>other).cell.head)

    def __hash__(self):
        return rf_hash_record(&self.cell.head)

    def __repr__(self):
        positional, keywords = _quote_arguments(self)
        return show("Quote", positional, keywords)

    def __reduce__(self):
        positional, keywords = _quote_arguments(self)
        return reduced(Quote, positional, keywords)

    def __copy__(self):
        return self

    def __deepcopy__(self, memo):
        return self


cdef Quote quote_from(const rf_header* record):
    cdef Quote made = Quote.__new__(Quote)
    memcpy(&made.cell, record, sizeof(rf_quote))
    return made


cdef tuple _tick_arguments(Tick self):
    cdef rf_tick* rec = &self.cell.tick
    keywords = {
        "side": rec.head.side,
        "trade_id": rec.trade_id,
        "ts_event_ns": rec.head.ts_event_ns,
        "ts_recv_ns": rec.head.ts_recv_ns,
    }
    return (
        symbol_text(rec.head.symbol),
        decimal_text(rec.last_px, rec.head.px_exp),
        decimal_text(rec.last_qty, rec.head.qty_exp),
    ), {keyword: value for keyword, value in keywords.items() if value}


@cython.final
@cython.no_gc
@cython.freelist(256)
cdef class Tick:
    """One trade print. Numbers read as on ``Quote``.

    Args:
        symbol: 1 to 31 bytes, no blanks.
        last_px: Price of the trade.
        last_qty: Quantity of it.
        side: The aggressor's ``OrderSide``; 0: not known.
        trade_id: The venue's number of the trade; 0: none.
        ts_event_ns: The venue's clock, UTC [ns]; 0: none given.
        ts_recv_ns: Our clock, UTC [ns].

    Raises:
        TypeError, ValueError: names the field, what was found and what was expected.
    """

    def __init__(self, symbol, last_px, last_qty, *, side=0, trade_id=0, ts_event_ns=0, ts_recv_ns=0):
        cdef rf_tick rec
        cdef rf_decimal px
        cdef rf_decimal qty
        begin(&self.cell.head, &rec.head, RF_TICK, symbol, False, ts_event_ns, ts_recv_ns)
        parse_number(last_px, "last_px", &px)
        parse_number(last_qty, "last_qty", &qty)
        rec.last_px, rec.head.px_exp = px.mantissa, px.exp
        rec.last_qty, rec.head.qty_exp = qty.mantissa, qty.exp
        rec.head.side = <uint8_t>small_field(side, "side", RF_SIDE_COUNT)
        rec.trade_id = int_field(trade_id, "trade_id")
        memcpy(&self.cell, &rec, sizeof(rf_tick))

    @staticmethod
    def from_raw(symbol, last_px_raw, last_qty_raw, *, px_exp, qty_exp, side=0, trade_id=0, ts_event_ns=0, ts_recv_ns=0):
        """Make a trade print from integers at known exponents: the quickest exact way."""
        cdef Tick made = Tick.__new__(Tick)
        cdef rf_tick rec
        head_fields(&rec.head, RF_TICK, symbol, False, ts_event_ns, ts_recv_ns)
        rec.head.px_exp = exp_field(px_exp, "px_exp")
        rec.head.qty_exp = exp_field(qty_exp, "qty_exp")
        rec.last_px = mantissa_field(last_px_raw, "last_px_raw")
        rec.last_qty = mantissa_field(last_qty_raw, "last_qty_raw")
        rec.head.side = <uint8_t>small_field(side, "side", RF_SIDE_COUNT)
        rec.trade_id = int_field(trade_id, "trade_id")
        memcpy(&made.cell, &rec, sizeof(rf_tick))
        return made

    @property
    def last_px(self):
        return rf_to_float(self.cell.tick.last_px, self.cell.tick.head.px_exp)

    @property
    def last_px_dec(self):
        return decimal_from(self.cell.tick.last_px, self.cell.tick.head.px_exp)

    @property
    def last_px_raw(self):
        return self.cell.tick.last_px

    @property
    def last_qty(self):
        return rf_to_float(self.cell.tick.last_qty, self.cell.tick.head.qty_exp)

    @property
    def last_qty_dec(self):
        return decimal_from(self.cell.tick.last_qty, self.cell.tick.head.qty_exp)

    @property
    def last_qty_raw(self):
        return self.cell.tick.last_qty

    @property
    def side(self):
        return self.cell.head.side

    @property
    def trade_id(self):
        return self.cell.tick.trade_id

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
        return dtype_of(RF_TICK, 1)

    def __eq__(self, other):
        if type(other) is not Tick:
            return NotImplemented
        return rf_same(&self.cell.head, &(<Tick>other).cell.head)

    def __hash__(self):
        return rf_hash_record(&self.cell.head)

    def __repr__(self):
        positional, keywords = _tick_arguments(self)
        return show("Tick", positional, keywords)

    def __reduce__(self):
        positional, keywords = _tick_arguments(self)
        return reduced(Tick, positional, keywords)

    def __copy__(self):
        return self

    def __deepcopy__(self, memo):
        return self


cdef Tick tick_from(const rf_header* record):
    cdef Tick made = Tick.__new__(Tick)
    memcpy(&made.cell, record, sizeof(rf_tick))
    return made
