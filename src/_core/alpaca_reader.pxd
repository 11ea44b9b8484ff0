"""What Alpaca's frames say (alpaca_reader.h), as Cython sees it."""

from libc.stdint cimport int64_t, uint32_t

from regimeflow._core.decimals cimport rf_decimal
from regimeflow._core.frames cimport rfv_reader, rfv_text
from regimeflow._core.layout cimport rf_cell, rf_header, rf_report

cdef extern from "alpaca_reader.h" nogil:
    enum:
        RFA_OTHER
        RFA_QUOTE
        RFA_TICK
        RFA_BAR
        RFA_UPDATED_BAR
        RFA_STATUS
        RFA_UPDATE
        RFA_CONTROL
        RFA_BROKEN
        RFA_KIND_COUNT

    ctypedef struct rfa_message:
        int kind
        uint32_t at
        rfv_text symbol
        rf_cell cell

    ctypedef struct rfa_status:
        rfv_text code, message, reason_code, reason, tape
        int64_t ts_event_ns

    ctypedef struct rfa_control:
        int kind
        uint32_t names, name_count
        int64_t code
        rfv_text text, status, action
        const char* of

    ctypedef struct rfa_name:
        rfv_text text
        int is_channel

    ctypedef struct rfa_report:
        rfv_text symbol
        rf_header head
        rf_report report

    ctypedef struct rfa_update:
        uint32_t report, leg_count
        rfv_text event, status, execution_id, event_id, client_order_id, order_class, replaces, replaced_by
        rfv_text group_id, group_role, asset_class
        rf_decimal position_qty, notional, trail_price, trail_percent
        int64_t at_ns, updated_ns

    ctypedef struct rfa_list:
        uint32_t count

    ctypedef struct rfa_reader:
        rfv_reader base
        rfa_list messages, reports

    int rfa_take(rfa_reader* r, const char* frame, size_t length, int is_patient)
    void rfa_free(rfa_reader* r)
    rfa_message* rfa_message_at(rfa_reader* r, uint32_t at)
    rfa_status* rfa_status_at(rfa_reader* r, uint32_t at)
    rfa_update* rfa_update_at(rfa_reader* r, uint32_t at)
    rfa_report* rfa_report_at(rfa_reader* r, uint32_t at)
    rfa_control* rfa_control_at(rfa_reader* r, uint32_t at)
    rfa_name* rfa_name_at(rfa_reader* r, uint32_t at)
