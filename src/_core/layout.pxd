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

    enum rf_side:
        RF_SIDE_NONE
        RF_SIDE_BUY
        RF_SIDE_SELL
        RF_SIDE_COUNT

    enum rf_ord_type:
        RF_ORD_NONE
        RF_ORD_MARKET
        RF_ORD_LIMIT
        RF_ORD_STOP
        RF_ORD_STOP_LIMIT
        RF_ORD_MARKET_ON_OPEN
        RF_ORD_MARKET_ON_CLOSE
        RF_ORD_LIMIT_ON_OPEN
        RF_ORD_LIMIT_ON_CLOSE
        RF_ORD_TRAILING_STOP
        RF_ORD_MARKET_IF_TOUCHED
        RF_ORD_LIMIT_IF_TOUCHED
        RF_ORD_TRAILING_STOP_LIMIT
        RF_ORD_COUNT

    enum rf_tif:
        RF_TIF_NONE
        RF_TIF_DAY
        RF_TIF_GTC
        RF_TIF_IOC
        RF_TIF_FOK
        RF_TIF_GTD
        RF_TIF_COUNT

    enum rf_status:
        RF_STATUS_PENDING_NEW
        RF_STATUS_NEW
        RF_STATUS_PARTIALLY_FILLED
        RF_STATUS_FILLED
        RF_STATUS_PENDING_CANCEL
        RF_STATUS_PENDING_REPLACE
        RF_STATUS_CANCELLED
        RF_STATUS_REJECTED
        RF_STATUS_EXPIRED
        RF_STATUS_INACTIVE
        RF_STATUS_ERROR
        RF_STATUS_COUNT

    enum rf_exec:
        RF_EXEC_NEW
        RF_EXEC_TRADE
        RF_EXEC_TRADE_CORRECT
        RF_EXEC_TRADE_CANCEL
        RF_EXEC_CANCELED
        RF_EXEC_REPLACED
        RF_EXEC_REJECTED
        RF_EXEC_EXPIRED
        RF_EXEC_PENDING_NEW
        RF_EXEC_PENDING_CANCEL
        RF_EXEC_PENDING_REPLACE
        RF_EXEC_SUSPENDED
        RF_EXEC_RESTATED
        RF_EXEC_DONE_FOR_DAY
        RF_EXEC_ORDER_STATUS
        RF_EXEC_CANCEL_REJECTED
        RF_EXEC_REPLACE_REJECTED
        RF_EXEC_UNKNOWN_OUTCOME
        RF_EXEC_COUNT

    enum rf_liquidity:
        RF_LIQUIDITY_NONE
        RF_LIQUIDITY_MAKER
        RF_LIQUIDITY_TAKER
        RF_LIQUIDITY_COUNT

    enum rf_reject:
        RF_REJECT_NONE
        RF_REJECT_OTHER
        RF_REJECT_UNKNOWN_SYMBOL
        RF_REJECT_EXCHANGE_CLOSED
        RF_REJECT_EXCEEDS_LIMIT
        RF_REJECT_INSUFFICIENT_FUNDS
        RF_REJECT_DUPLICATE_ORDER
        RF_REJECT_BAD_TICK
        RF_REJECT_BAD_LOT
        RF_REJECT_UNSUPPORTED
        RF_REJECT_NO_LIQUIDITY
        RF_REJECT_TOO_LATE_TO_CANCEL
        RF_REJECT_UNKNOWN_ORDER
        RF_REJECT_COUNT

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

    ctypedef union rf_cell:
        rf_header head
        rf_quote quote
        rf_tick tick
        rf_bar bar
        rf_position position
        rf_account account
        rf_system system

    uint8_t rf_topic_of(uint8_t kind)
    int rf_cells_for(long bytes)
