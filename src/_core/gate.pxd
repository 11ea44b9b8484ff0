"""Pre-trade checks over plain numbers: limits and state in, one verdict out."""

from libc.stdint cimport int8_t, int64_t, uint8_t, uint32_t, uint64_t

from regimeflow._core.board cimport QuoteBoard

cdef extern from "wide.h" nogil:
    ctypedef struct rf_wide:
        int64_t high
        uint64_t low
    bint rf_product_above(int64_t a, int64_t b, rf_wide limit)
    int64_t rf_add(int64_t a, int64_t b)

cdef extern from "gate_prices.h" nogil:
    enum rf_collar:
        RF_COLLAR_BROKEN, RF_COLLAR_NO_QUOTE
    ctypedef struct rf_prices:
        int64_t limit, stop, bid, ask, trail, trail_share
        uint8_t side, type
    int64_t rf_value_of(const rf_prices* prices)
    int rf_judge_collar(const rf_prices* prices, int64_t share, bint is_exit, int64_t* reference)

cdef extern from "recent.h" nogil:
    ctypedef struct rf_window:
        int64_t* moments
    ctypedef struct rf_key:
        int64_t qty, limit_px, stop_px, moment_ns
        uint64_t terms
        uint32_t symbol
        uint8_t side, ord_type, is_used
    ctypedef struct rf_recent:
        rf_key* keys
        int64_t window_ns
    int rf_window_set(rf_window* window, uint32_t size, int64_t window_ns)
    bint rf_window_is_full(const rf_window* window, int64_t now_ns)
    void rf_window_push(rf_window* window, int64_t now_ns)
    void rf_recent_turn(rf_recent* recent)
    bint rf_recent_has(rf_recent* recent, const rf_key* key)
    int rf_recent_add(rf_recent* recent, const rf_key* key)

# Why an order may not leave. The Python names are in domain/risk/gate.py.
cdef enum gate_rule:
    PASSED = 0
    TRADING_STATE = 1
    SYMBOL_ALLOWED = 2
    MAX_ORDER_QTY = 3
    MAX_ORDER_NOTIONAL = 4
    MAX_POSITION_QTY = 5
    PRICE_COLLAR_PCT = 6
    MAX_ORDERS_PER_SECOND = 7
    MAX_ORDERS_PER_MINUTE = 8
    DUPLICATE_WINDOW_S = 9
    NO_QUOTE_FOR_NOTIONAL = 10
    NO_QUOTE_FOR_COLLAR = 11

# What one check looks at. Mantissas at the exponents of the symbol's listing; a price that the order has not is RF_NULL.
ctypedef struct gate_order:
    uint32_t symbol
    uint8_t side, ord_type
    uint8_t is_replace    # takes the place of an order of which own_qty is open
    int64_t qty           # what may still fill
    int64_t limit_px, stop_px
    int64_t own_qty
    int64_t trail, trail_share  # of a trailing order: an amount, and a share in 10^-11
    uint64_t terms              # a fingerprint of what else was asked

# Limits and state of one symbol in one scope.
ctypedef struct gate_symbol:
    int64_t position           # signed
    int64_t open_buy, open_sell  # what may still fill, at worst
    int64_t max_qty, max_position
    rf_wide max_notional       # at px_exp + qty_exp
    int64_t collar             # 10^-11 of the price; -1: none
    int8_t px_exp, qty_exp
    uint8_t listed, limits_notional


cdef class _Tracked:
    cdef uint32_t symbol
    cdef uint8_t side
    cdef bint is_changing
    cdef int64_t total, reserved, filled, counted


cdef class Gate:
    cdef QuoteBoard board
    cdef gate_symbol* symbols
    cdef uint32_t symbol_count
    cdef uint8_t state
    cdef rf_window second, minute
    cdef rf_recent recent
    cdef int64_t valued_px         # what the last judged order was valued at; RF_NULL: it was not
    cdef int64_t reference_px      # the quote that the last refused price was held against; RF_NULL: none
    cdef dict orders

    cdef int _make_room(self, uint32_t number) except -1
    cdef gate_symbol* _entry(self, uint32_t symbol) except NULL
    cdef int _count_open(self, _Tracked order) except -1
    cdef uint8_t _judge_price(self, const gate_symbol* entry, const gate_order* order, bint is_exit) noexcept nogil
    cdef bint _is_repeated(self, const gate_symbol* entry, const gate_order* order, bint is_exit, int64_t now_ns) noexcept nogil

    # The first rule that the order breaks, or PASSED. Nothing is changed.
    cdef uint8_t judge(self, const gate_order* order, int64_t now_ns) noexcept nogil
    # Count an order that passed, the one that was judged last.
    cdef int count(self, const gate_order* order, int64_t now_ns) except -1 nogil
    # Whether the order can only make the position smaller, whatever else is open.
    cdef bint reduces(self, const gate_order* order) noexcept nogil
