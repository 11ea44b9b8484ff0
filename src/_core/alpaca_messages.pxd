from libc.stdint cimport int64_t, uint32_t

from regimeflow._core.alpaca_reader cimport rfa_control, rfa_reader, rfa_status, rfa_update
from regimeflow._core.decimals cimport rf_decimal
from regimeflow._core.reports cimport ExecutionReport


cdef class TradingStatus:
    cdef:
        readonly str symbol
        readonly str status_code
        readonly str status_message
        readonly str reason_code
        readonly str reason_message
        readonly str tape
        readonly int64_t ts_event_ns
        readonly int64_t ts_recv_ns


cdef class Control:
    cdef:
        readonly str kind
        readonly str text
        readonly int64_t code
        readonly str status
        readonly str action
        readonly object channels


cdef class TradeUpdate:
    cdef:
        readonly ExecutionReport report
        readonly tuple legs
        readonly str event
        readonly str status
        readonly str execution_id
        readonly str event_id
        readonly str client_order_id
        readonly str order_class
        readonly str replaces
        readonly str replaced_by
        readonly str group_id
        readonly str group_role
        readonly str asset_class
        rf_decimal numbers[4]  # position_qty, notional, trail_price, trail_percent
        readonly int64_t at_ns
        readonly int64_t updated_ns


# Fresh objects of what the reader found. Precondition: the symbols of its records are set.
cdef TradingStatus status_from(const rfa_status* found, uint32_t symbol, int64_t recv_ns)
cdef Control control_from(rfa_reader* reader, const rfa_control* found)
cdef TradeUpdate update_from(rfa_reader* reader, const rfa_update* found)
