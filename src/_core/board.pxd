"""The newest quote and the newest trade of every symbol, for whoever must value something now."""

from libc.stdint cimport int8_t, int64_t, uint8_t, uint32_t

from regimeflow._core.layout cimport rf_header

cdef enum:
    SLAB_SLOTS = 64     # symbols in a slab
    SLAB_COUNT = 1024   # 65,536 symbols: as many as a process interns

cdef enum board_flags:
    BOARD_QUOTED = 1  # a quote was seen: an order book's top no longer counts, it is older by design
    BOARD_TRADED = 2  # a trade was seen: a bar's close no longer counts

ctypedef struct board_slot:
    int64_t bid_px, bid_qty, ask_px, ask_qty  # RF_NULL: that side is not known, or empty
    int64_t last_px, last_qty                 # RF_NULL: no trade yet
    int64_t update_id
    int64_t quote_event_ns, quote_recv_ns     # of the quote
    int64_t event_ns, recv_ns                 # of the newest market data of any kind
    int8_t px_exp, qty_exp                    # of the quote
    int8_t last_px_exp, last_qty_exp
    uint8_t flags


cdef class QuoteBoard:
    cdef board_slot* slabs[SLAB_COUNT]

    # Take one record of market data; records of other kinds are passed over. Allocates a slab on first sight of its symbols.
    cdef void take(self, const rf_header* record) noexcept nogil
    # The slot of a symbol; NULL when nothing was ever seen of it. Valid while the board lives.
    cdef const board_slot* slot(self, uint32_t symbol) noexcept nogil
