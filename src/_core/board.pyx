"""The newest quote and the newest trade of every symbol.

A fixed-size slot per symbol id, in slabs that are made when a symbol is first seen, so that taking a record is a few stores and
nothing grows with the length of a session.
"""

cimport cython
from libc.stdint cimport int8_t, int64_t, uint8_t, uint32_t
from libc.stdlib cimport calloc, free
from libc.string cimport memset

from decimal import Decimal

from regimeflow._core.decimals cimport decimal_from
from regimeflow._core.layout cimport (
    RF_BAR, RF_BOOK, RF_NULL, RF_QUOTE, RF_TICK, rf_bar, rf_book, rf_header, rf_quote, rf_tick,
)
from regimeflow._core.messages cimport message_from, record_of
from regimeflow._core.symbols cimport intern_symbol, symbol_text


@cython.final
@cython.no_gc
cdef class QuoteBoard:
    """The newest quote and trade of every symbol.

    The quote is the newest ``Quote``; for a symbol that never had one, the top of its newest ``OrderBook``. The last price is
    the newest trade's; for a symbol without trades, the close of its newest ``Bar``. What was never seen is None.

    Threading:
        One thread only, the one that dispatches.
    """

    def __cinit__(self) -> None:
        memset(self.slabs, 0, sizeof(self.slabs))

    def __dealloc__(self) -> None:
        for index in range(SLAB_COUNT):
            free(self.slabs[index])

    cdef const board_slot* slot(self, uint32_t symbol) noexcept nogil:
        cdef board_slot* slab = self.slabs[(symbol >> 6) & (SLAB_COUNT - 1)]
        if slab is NULL:
            return NULL
        return &slab[symbol & (SLAB_SLOTS - 1)]

    cdef void take(self, const rf_header* record) noexcept nogil:
        cdef uint32_t symbol = record.symbol
        cdef board_slot* slab = self.slabs[(symbol >> 6) & (SLAB_COUNT - 1)]
        if slab is NULL:
            slab = _new_slab()
            if slab is NULL:
                return  # without memory the symbol stays unquoted, which denies its orders
            self.slabs[(symbol >> 6) & (SLAB_COUNT - 1)] = slab
        cdef board_slot* slot = &slab[symbol & (SLAB_SLOTS - 1)]
        if record.kind == RF_QUOTE:
            _take_quote(slot, <const rf_quote*>record)
        elif record.kind == RF_TICK:
            _take_tick(slot, <const rf_tick*>record)
        elif record.kind == RF_BOOK:
            _take_book(slot, <const rf_book*>record)
        elif record.kind == RF_BAR:
            _take_bar(slot, <const rf_bar*>record)
        else:
            return
        slot.event_ns = record.ts_event_ns
        slot.recv_ns = record.ts_recv_ns

    def observe(self, message not None) -> None:
        """Take one message of market data; others are passed over.

        Raises:
            TypeError: not a message.
        """
        self.take(record_of(message))

    def quote(self, str symbol not None):
        """Return the newest quote as a fresh ``Quote``; None before there was one."""
        cdef const board_slot* slot = self.slot(intern_symbol(symbol))
        if slot is NULL or (slot.bid_px == RF_NULL and slot.ask_px == RF_NULL):
            return None
        cdef rf_quote record
        memset(&record, 0, sizeof(record))
        record.head.symbol = intern_symbol(symbol)
        record.head.kind = RF_QUOTE
        record.head.n_cells = 1
        record.head.px_exp, record.head.qty_exp = slot.px_exp, slot.qty_exp
        record.head.ts_event_ns, record.head.ts_recv_ns = slot.quote_event_ns, slot.quote_recv_ns
        record.bid_px, record.bid_qty, record.ask_px, record.ask_qty = slot.bid_px, slot.bid_qty, slot.ask_px, slot.ask_qty
        record.update_id = slot.update_id
        return message_from(&record.head)

    def top_raw(self, str symbol not None):
        """Return (bid_px, bid_qty, ask_px, ask_qty, px_exp, qty_exp) as integers; None unless both sides are known."""
        cdef const board_slot* slot = self.slot(intern_symbol(symbol))
        if slot is NULL or slot.bid_px == RF_NULL or slot.ask_px == RF_NULL:
            return None
        return slot.bid_px, slot.bid_qty, slot.ask_px, slot.ask_qty, slot.px_exp, slot.qty_exp

    def bid_dec(self, str symbol not None):
        """Return the best bid, exact; None when it is not known."""
        cdef const board_slot* slot = self.slot(intern_symbol(symbol))
        return None if slot is NULL or slot.bid_px == RF_NULL else decimal_from(slot.bid_px, slot.px_exp)

    def ask_dec(self, str symbol not None):
        """Return the best ask, exact; None when it is not known."""
        cdef const board_slot* slot = self.slot(intern_symbol(symbol))
        return None if slot is NULL or slot.ask_px == RF_NULL else decimal_from(slot.ask_px, slot.px_exp)

    def last_dec(self, str symbol not None):
        """Return the price of the newest trade, exact; None when there was none."""
        cdef const board_slot* slot = self.slot(intern_symbol(symbol))
        return None if slot is NULL or slot.last_px == RF_NULL else decimal_from(slot.last_px, slot.last_px_exp)

    def mid_dec(self, str symbol not None):
        """Return the middle of the best bid and ask, exact; None unless both are known."""
        cdef const board_slot* slot = self.slot(intern_symbol(symbol))
        if slot is NULL or slot.bid_px == RF_NULL or slot.ask_px == RF_NULL:
            return None
        return Decimal(f"{(<object>slot.bid_px + slot.ask_px) * 5}E{slot.px_exp - 1}")  # no context, no rounding

    def mark_dec(self, str symbol not None):
        """Return what one unit is worth now, exact: the mid, else the last price; None when neither is known."""
        mid = self.mid_dec(symbol)
        return self.last_dec(symbol) if mid is None else mid

    def last_event_ns(self, str symbol not None) -> int:
        """Return the venue's time of the symbol's newest market data; 0 when there was none."""
        cdef const board_slot* slot = self.slot(intern_symbol(symbol))
        return 0 if slot is NULL else slot.event_ns

    def last_recv_ns(self, str symbol not None) -> int:
        """Return our time of the symbol's newest market data; 0 when there was none."""
        cdef const board_slot* slot = self.slot(intern_symbol(symbol))
        return 0 if slot is NULL else slot.recv_ns

    def symbols(self) -> list[str]:
        """Return every symbol that has a quote or a price, in the order of their ids."""
        cdef const board_slot* slot
        cdef uint32_t symbol
        names = []
        for symbol in range(<uint32_t>(SLAB_COUNT * SLAB_SLOTS)):
            slot = self.slot(symbol)
            if slot is not NULL and (slot.bid_px != RF_NULL or slot.ask_px != RF_NULL or slot.last_px != RF_NULL):
                names.append(symbol_text(symbol))
        return names


cdef board_slot* _new_slab() noexcept nogil:
    cdef board_slot* slab = <board_slot*>calloc(SLAB_SLOTS, sizeof(board_slot))
    if slab is NULL:
        return NULL
    for index in range(SLAB_SLOTS):
        slab[index].bid_px = slab[index].bid_qty = slab[index].ask_px = slab[index].ask_qty = RF_NULL
        slab[index].last_px = slab[index].last_qty = RF_NULL
    return slab


cdef inline void _take_quote(board_slot* slot, const rf_quote* quote) noexcept nogil:
    slot.bid_px, slot.bid_qty = quote.bid_px, quote.bid_qty
    slot.ask_px, slot.ask_qty = quote.ask_px, quote.ask_qty
    slot.px_exp, slot.qty_exp = quote.head.px_exp, quote.head.qty_exp
    slot.update_id = quote.update_id
    slot.quote_event_ns, slot.quote_recv_ns = quote.head.ts_event_ns, quote.head.ts_recv_ns
    slot.flags |= BOARD_QUOTED


cdef inline void _take_tick(board_slot* slot, const rf_tick* tick) noexcept nogil:
    slot.last_px, slot.last_qty = tick.last_px, tick.last_qty
    slot.last_px_exp, slot.last_qty_exp = tick.head.px_exp, tick.head.qty_exp
    slot.flags |= BOARD_TRADED


cdef void _take_book(board_slot* slot, const rf_book* book) noexcept nogil:
    if slot.flags & BOARD_QUOTED:
        return
    cdef bint has_bid = (book.head.extra & 0xFF) > 0
    cdef bint has_ask = ((book.head.extra >> 8) & 0xFF) > 0
    slot.bid_px = book.bid_px[0] if has_bid else RF_NULL
    slot.bid_qty = book.bid_qty[0] if has_bid else RF_NULL
    slot.ask_px = book.ask_px[0] if has_ask else RF_NULL
    slot.ask_qty = book.ask_qty[0] if has_ask else RF_NULL
    slot.px_exp, slot.qty_exp = book.head.px_exp, book.head.qty_exp
    slot.update_id = book.update_id
    slot.quote_event_ns, slot.quote_recv_ns = book.head.ts_event_ns, book.head.ts_recv_ns


cdef void _take_bar(board_slot* slot, const rf_bar* bar) noexcept nogil:
    if slot.flags & BOARD_TRADED:
        return
    slot.last_px, slot.last_qty = bar.close_px, bar.volume_qty
    slot.last_px_exp, slot.last_qty_exp = bar.head.px_exp, bar.head.qty_exp
