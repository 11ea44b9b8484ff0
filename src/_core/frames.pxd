"""What a venue's frame says (frames.h), as Cython sees it."""

from libc.stdint cimport int8_t, int64_t, uint8_t

from regimeflow._core.decimals cimport rf_decimal
from regimeflow._core.layout cimport rf_balance, rf_bar, rf_book, rf_header, rf_quote, rf_report, rf_tick

cdef extern from "frames.h" nogil:
    enum:
        RFV_OTHER
        RFV_QUOTE
        RFV_TICK
        RFV_BAR
        RFV_BOOK
        RFV_REPORT
        RFV_OPEN_BAR
        RFV_DIFF
        RFV_BALANCES
        RFV_BROKEN
        RFV_KIND_COUNT

    ctypedef struct rfv_text:
        const char* at
        size_t length

    ctypedef struct rfv_side:
        rf_decimal* numbers
        size_t count

    ctypedef struct rfv_balances:
        rf_balance* rows
        size_t count

    ctypedef union rfv_record:
        rf_header head
        rf_quote quote
        rf_tick tick
        rf_bar bar
        rf_book book
        rf_report report

    ctypedef struct rfv_reader:
        char* scratch
        size_t length
        void* json
        int kind
        rfv_text symbol
        rfv_text stream
        int is_aggregate
        rfv_record record
        int64_t first_id, last_id, event_ns
        rfv_side bids, asks
        rfv_balances balances
        const char* reason
        char field[24]
        size_t offset
        int unknown
        char words[4][40]

    int rfv_take(rfv_reader* r, const char* frame, size_t length)
    void* rfv_json_new()
    void rfv_json_free(void* json)
    int rfv_binance_json(rfv_reader* r)
    void rfv_free(rfv_reader* r)
    int rfv_broken(rfv_reader* r, const char* at, const char* field, const char* reason)

cdef extern from "binance_fast.h" nogil:
    int rfv_binance_fast(rfv_reader* r)
    int rfv_binance(rfv_reader* r, const char* frame, size_t length)
    int rfv_binance_patient(rfv_reader* r, const char* frame, size_t length)
