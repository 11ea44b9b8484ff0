"""Constructor arguments to record fields and back: what all message classes share."""

from cpython.bool cimport PyBool_Check
from cpython.long cimport PyLong_AsLongLongAndOverflow, PyLong_CheckExact
from cpython.mem cimport PyMem_Calloc
from cpython.number cimport PyIndex_Check, PyNumber_Index
from cpython.unicode cimport PyUnicode_Check, PyUnicode_CheckExact, PyUnicode_DecodeUTF8
from libc.stdint cimport int8_t, int64_t, uint8_t, uint32_t
from libc.string cimport memcpy, memset

from regimeflow._core.decimals cimport RF_MIN_EXP
from regimeflow._core.layout cimport RF_CELL_BYTES, RF_MAX_TEXT, RF_NULL, rf_cells_for, rf_header
from regimeflow._core.symbols cimport intern_symbol

cdef extern from "Python.h":
    const char* PyUnicode_AsUTF8AndSize(object text, Py_ssize_t* length) except NULL


cdef int64_t int_field(object value, str field) except? -1:
    cdef int overflow = 0
    cdef int64_t number
    if not PyLong_CheckExact(value):
        if PyBool_Check(value) or not PyIndex_Check(value):
            raise TypeError(f"{field} is {value!r} of type {type(value).__name__}; expected int")
        value = PyNumber_Index(value)
    number = PyLong_AsLongLongAndOverflow(value, &overflow)
    if overflow:
        raise ValueError(f"{field} is {value}; expected an int of 64 bits")
    return number


cdef int64_t small_field(object value, str field, int64_t limit) except -1:
    cdef int64_t number = int_field(value, field)
    if not 0 <= number < limit:
        raise ValueError(f"{field} is {number}; expected 0 to {limit - 1}")
    return number


cdef int64_t mantissa_field(object value, str field) except? -1:
    cdef int64_t mantissa = int_field(value, field)
    if mantissa == RF_NULL:
        raise ValueError(f"{field} is {mantissa}, which stands for a number not given; expected another")
    return mantissa


cdef int8_t exp_field(object value, str field) except 1:
    cdef int64_t exp = int_field(value, field)
    if not RF_MIN_EXP <= exp <= 0:
        raise ValueError(f"{field} is {exp}; expected {RF_MIN_EXP} to 0")
    return <int8_t>exp


cdef uint32_t symbol_field(object value, bint optional) except? 0:
    if not PyUnicode_CheckExact(value):
        if not PyUnicode_Check(value):
            raise TypeError(f"symbol is {value!r} of type {type(value).__name__}; expected str")
        value = str.__str__(value)
    cdef uint32_t symbol = intern_symbol(<str>value)
    if symbol == 0 and not optional:
        raise ValueError("symbol is ''; expected 1 to 31 bytes")
    return symbol


cdef const char* _utf8(object value, str field, Py_ssize_t* length) except NULL:
    if not PyUnicode_Check(value):
        raise TypeError(f"{field} is {value!r} of type {type(value).__name__}; expected str")
    try:
        return PyUnicode_AsUTF8AndSize(value, length)
    except UnicodeEncodeError:
        raise ValueError(f"{field} is {value[:40]!r}, which holds a lone surrogate; expected Unicode text") from None


cdef _refuse_length(str field, object value, Py_ssize_t length, int bound):
    raise ValueError(f"{field} has {length} bytes ({value[:16]!r}...); expected at most {bound}")


cdef int text_field(object value, str field, char* out, int bound) except -1:
    cdef Py_ssize_t length
    cdef const char* letters = _utf8(value, field, &length)
    if length > bound:
        _refuse_length(field, value, length, bound)
    memcpy(out, letters, <size_t>length)
    return <int>length


cdef bytes long_text(object value, str field):
    cdef Py_ssize_t length
    cdef const char* letters = _utf8(value, field, &length)
    if length > RF_MAX_TEXT:
        _refuse_length(field, value, length, RF_MAX_TEXT)
    return letters[:length]


cdef str text_from(const char* start, Py_ssize_t length):
    if length == 0:
        return ""
    return PyUnicode_DecodeUTF8(start, length, b"replace")


cdef int head_fields(rf_header* head, uint8_t kind, object symbol, bint optional, object ts_event_ns,
                     object ts_recv_ns) except -1:
    memset(head, 0, sizeof(rf_header))
    head.kind = kind
    head.n_cells = 1
    head.symbol = symbol_field(symbol, optional)
    head.ts_event_ns = int_field(ts_event_ns, "ts_event_ns")
    head.ts_recv_ns = int_field(ts_recv_ns, "ts_recv_ns")
    return 0


cdef int begin(rf_header* own, rf_header* head, uint8_t kind, object symbol, bint optional, object ts_event_ns,
               object ts_recv_ns) except -1:
    if own.kind != 0:
        raise TypeError("this message is made already and never changes; make a new one")
    return head_fields(head, kind, symbol, optional, ts_event_ns, ts_recv_ns)


# The members of types/enums.py by the argument that takes them, so that a repr can say "ExecType.TRADE"; a test compares.
_ENUMS = {
    "topic": ("LiveTopic", ("MARKET_DATA", "EXECUTION_REPORT", "POSITION_UPDATE", "ACCOUNT_UPDATE", "SYSTEM")),
    "side": ("OrderSide", ("NONE", "BUY", "SELL")),
    "ord_type": ("OrderType", ("NONE", "MARKET", "LIMIT", "STOP", "STOP_LIMIT", "MARKET_ON_OPEN", "MARKET_ON_CLOSE",
                               "LIMIT_ON_OPEN", "LIMIT_ON_CLOSE", "TRAILING_STOP", "MARKET_IF_TOUCHED",
                               "LIMIT_IF_TOUCHED", "TRAILING_STOP_LIMIT")),
    "time_in_force": ("TimeInForce", ("NONE", "DAY", "GTC", "IOC", "FOK", "GTD")),
    "ord_status": ("LiveOrderStatus", ("PENDING_NEW", "NEW", "PARTIALLY_FILLED", "FILLED", "PENDING_CANCEL",
                                       "PENDING_REPLACE", "CANCELLED", "REJECTED", "EXPIRED", "INACTIVE", "ERROR")),
    "exec_type": ("ExecType", ("NEW", "TRADE", "TRADE_CORRECT", "TRADE_CANCEL", "CANCELED", "REPLACED", "REJECTED",
                               "EXPIRED", "PENDING_NEW", "PENDING_CANCEL", "PENDING_REPLACE", "SUSPENDED", "RESTATED",
                               "DONE_FOR_DAY", "ORDER_STATUS", "CANCEL_REJECTED", "REPLACE_REJECTED",
                               "UNKNOWN_OUTCOME")),
    "liquidity": ("Liquidity", ("NONE", "MAKER", "TAKER")),
    "ord_rej_reason": ("OrdRejReason", ("NONE", "OTHER", "UNKNOWN_SYMBOL", "EXCHANGE_CLOSED", "EXCEEDS_LIMIT",
                                        "INSUFFICIENT_FUNDS", "DUPLICATE_ORDER", "BAD_TICK", "BAD_LOT", "UNSUPPORTED",
                                        "NO_LIQUIDITY", "TOO_LATE_TO_CANCEL", "UNKNOWN_ORDER")),
    "code": ("SystemCode", ("TEXT", "CONNECTED", "DISCONNECTED", "RECONNECTING", "HEARTBEAT", "DATA_STALE",
                            "DATA_RESUMED", "BOOK_GAP", "TRADING_STATE", "TIMER", "FEED_END", "CONFLATED",
                            "RECONCILED", "REGIME")),
}


cdef str enum_text(str keyword, int64_t value):
    name, members = _ENUMS[keyword]
    if not 0 <= value < len(members):
        return str(value)
    return f"{name}.{members[value]}"


cdef str _shown(str keyword, object value):
    if keyword in _ENUMS:
        return enum_text(keyword, value)
    return repr(value)


cdef str show(str name, tuple positional, dict keywords):
    shown = [repr(value) for value in positional]
    shown.extend([f"{keyword}={_shown(keyword, value)}" for keyword, value in keywords.items()])
    return f"{name}({', '.join(shown)})"


cdef tuple reduced(object cls, tuple positional, dict keywords):
    return restore, (cls, positional, keywords)


cdef rf_header* room_for(long used) except NULL:
    cdef rf_header* room = <rf_header*>PyMem_Calloc(<size_t>rf_cells_for(used), RF_CELL_BYTES)
    if room == NULL:
        raise MemoryError
    return room


def restore(cls: type, positional: tuple[object, ...], keywords: dict[str, object]) -> object:
    """Make the message that was pickled, by its constructor."""
    return cls(*positional, **keywords)
