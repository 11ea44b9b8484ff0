"""The record layout of layout.h, as Cython sees it."""

from libc.stdint cimport int8_t, int64_t, uint8_t, uint16_t, uint32_t

cdef extern from "layout.h" nogil:
    enum:
        RF_CELL_BYTES
        RF_MAX_CELLS
        RF_BOOK_LEVELS
        RF_MAX_TEXT
    const int64_t RF_NULL

    enum rf_kind:
        RF_PAD
        RF_QUOTE
        RF_TICK
        RF_BAR
        RF_BOOK
        RF_REPORT
        RF_POSITION
        RF_ACCOUNT
        RF_SYSTEM
        RF_KIND_COUNT

    enum rf_topic:
        RF_MARKET_DATA
        RF_EXECUTION_REPORT
        RF_POSITION_UPDATE
        RF_ACCOUNT_UPDATE
        RF_SYSTEM_TOPIC
        RF_TOPIC_COUNT

    ctypedef struct rf_header:
        int64_t seq
        int64_t ts_event_ns
        int64_t ts_recv_ns
        uint32_t symbol
        uint8_t kind
        int8_t px_exp
        int8_t qty_exp
        uint8_t n_cells
        uint16_t origin
        uint8_t flags
        uint8_t side
        uint32_t extra

    ctypedef struct rf_quote:
        rf_header head
        int64_t bid_px, bid_qty, ask_px, ask_qty
        int64_t update_id

    ctypedef struct rf_tick:
        rf_header head
        int64_t last_px, last_qty
        int64_t trade_id

    ctypedef struct rf_bar:
        rf_header head
        int64_t open_px, high_px, low_px, close_px, vwap_px
        int64_t volume_qty
        int64_t interval_ns

    ctypedef struct rf_book:
        rf_header head
        int64_t update_id
        int64_t bid_px[10]
        int64_t bid_qty[10]
        int64_t ask_px[10]
        int64_t ask_qty[10]

    ctypedef struct rf_report:
        rf_header head
        int64_t order_id
        int64_t order_qty, cum_qty, leaves_qty, last_qty
        int64_t last_px, limit_px, stop_px
        int64_t avg_px
        int64_t commission
        uint8_t exec_type, ord_status, ord_type, time_in_force
        uint8_t liquidity
        uint8_t ord_rej_reason
        int8_t avg_px_exp, commission_exp
        uint8_t commission_currency_len, client_order_id_len, broker_order_id_len, exec_id_len
        uint8_t exec_ref_id_len
        char commission_currency[16]
        char client_order_id[40]
        char broker_order_id[56]
        char exec_id[64]
        char exec_ref_id[64]

    ctypedef struct rf_position:
        rf_header head
        int64_t qty
        int64_t avg_px
        int64_t market_px

    ctypedef struct rf_account:
        rf_header head
        int64_t equity, cash, buying_power
        uint8_t currency_len
        char currency[15]

    ctypedef struct rf_balance:
        int64_t free, locked
        int8_t exp
        uint8_t asset_len
        char asset[14]

    ctypedef struct rf_system:
        rf_header head
        int64_t code
        int64_t value

    uint8_t rf_topic_of(uint8_t kind)
