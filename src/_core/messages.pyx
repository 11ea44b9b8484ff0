"""LiveMessage, and all that travels in one: the names that the rest of the package imports."""

from cpython.buffer cimport PyBUF_SIMPLE, PyBUF_WRITABLE, PyBuffer_Release, PyObject_GetBuffer
from libc.stdint cimport uint8_t, uint16_t
from libc.string cimport memcpy

from regimeflow._core.account cimport AccountInfo, Balance, account_from, account_record
from regimeflow._core.bars cimport Bar, bar_from
from regimeflow._core.books cimport OrderBook, book_from
from regimeflow._core.dtypes cimport dtype_of
from regimeflow._core.fields cimport enum_text, reduced, small_field
from regimeflow._core.layout cimport (
    RF_ACCOUNT, RF_BAR, RF_BOOK, RF_CELL_BYTES, RF_POSITION, RF_QUOTE, RF_REPORT, RF_SYSTEM, RF_TICK, RF_TOPIC_COUNT,
    rf_header, rf_topic_of,
)
from regimeflow._core.market cimport Quote, Tick, quote_from, tick_from
from regimeflow._core.positions cimport Position, position_from
from regimeflow._core.records cimport rf_fault_of, rf_hash_record, rf_same
from regimeflow._core.reports cimport ExecutionReport, report_from, report_record
from regimeflow._core.symbols cimport intern_origin, is_symbol, origin_text, symbol_text
from regimeflow._core.system cimport SystemMessage, system_from, system_record

cimport cython

__all__ = [
    "AccountInfo",
    "Balance",
    "Bar",
    "ExecutionReport",
    "LiveMessage",
    "MarketDataUpdate",
    "OrderBook",
    "Payload",
    "Position",
    "Quote",
    "SystemMessage",
    "Tick",
    "column",
    "from_array",
    "to_array",
]

# What is cimported is known to C only: put the classes into the module as well, so that Python finds all of them here.
globals().update({
    cls.__name__: cls
    for cls in (AccountInfo, Balance, Bar, ExecutionReport, OrderBook, Position, Quote, SystemMessage, Tick)
})

MarketDataUpdate = Quote | Tick | Bar | OrderBook
Payload = Quote | Tick | Bar | OrderBook | ExecutionReport | Position | AccountInfo | SystemMessage


cdef object _refuse(object message):
    raise TypeError(
        f"{message!r} of type {type(message).__name__} is no message; expected LiveMessage, Quote, Tick, Bar, OrderBook, "
        "ExecutionReport, Position, AccountInfo or SystemMessage"
    )


# The record of a payload object: most frequent kinds first.
cdef const rf_header* _payload_record(object payload) except NULL:
    cdef type kind = type(payload)
    cdef const rf_header* record = NULL
    if kind is Quote:
        record = &(<Quote>payload).cell.head
    elif kind is Tick:
        record = &(<Tick>payload).cell.head
    elif kind is OrderBook:
        record = &(<OrderBook>payload).rec.head
    elif kind is ExecutionReport:
        record = report_record(<ExecutionReport>payload)
    elif kind is Bar:
        record = &(<Bar>payload).cell.head
    elif kind is Position:
        record = &(<Position>payload).cell.head
    elif kind is AccountInfo:
        record = account_record(<AccountInfo>payload)
    elif kind is SystemMessage:
        record = system_record(<SystemMessage>payload)
    if record == NULL or record.kind == 0:  # made by __new__ alone: nothing is in it
        _refuse(payload)
    return record


cdef const rf_header* record_of(object message) except NULL:
    cdef LiveMessage live
    if type(message) is not LiveMessage:
        return _payload_record(message)
    live = <LiveMessage>message
    if live.cell.head.n_cells == 1:
        return &live.cell.head
    return _payload_record(live.content)


cdef object message_from(const rf_header* record):
    cdef uint8_t kind = record.kind
    if kind == RF_QUOTE:
        return quote_from(record)
    if kind == RF_TICK:
        return tick_from(record)
    if kind == RF_BOOK:
        return book_from(record)
    if kind == RF_REPORT:
        return report_from(record)
    if kind == RF_BAR:
        return bar_from(record)
    if kind == RF_POSITION:
        return position_from(record)
    if kind == RF_ACCOUNT:
        return account_from(record)
    if kind == RF_SYSTEM:
        return system_from(record)
    raise ValueError(f"a record is of kind {kind}; expected 1 to 8")


cdef object live_message_from(const rf_header* record):
    cdef LiveMessage made = LiveMessage.__new__(LiveMessage)
    if record.n_cells == 1:
        memcpy(&made.cell, record, RF_CELL_BYTES)
    else:
        made.content = message_from(record)
        memcpy(&made.cell, record, sizeof(rf_header))
    return made


# The same payload with another origin in its header; payloads are shared, so it must be another object.
cdef object _stamped(object payload, uint16_t origin):
    cdef object made = message_from(_payload_record(payload))
    (<rf_header*>_payload_record(made)).origin = origin
    return made


cdef tuple _arguments(LiveMessage self):
    cdef tuple given = (rf_topic_of(self.cell.head.kind), self.payload)
    return given if self.cell.head.origin == 0 else (*given, origin_text(self.cell.head.origin))


@cython.final
@cython.no_gc
@cython.freelist(256)
cdef class LiveMessage:
    """One message of the stream: a payload, its topic, and the host that it came from.

    Read only, safe to keep. Two are equal when their payloads are; place in the stream and origin do not count.

    Args:
        topic: ``LiveTopic``; the one that the payload belongs to.
        payload: Quote, Tick, Bar, OrderBook, ExecutionReport, Position, AccountInfo or SystemMessage.
        origin: Name of the host that it came from, at most 31 bytes; ``""``: this one.

    Raises:
        TypeError: the payload is no message.
        ValueError: the payload belongs to another topic, or the origin is too long.
    """

    def __init__(self, topic, payload, origin=""):
        cdef const rf_header* record
        cdef uint16_t origin_id
        cdef uint8_t own
        if self.cell.head.kind != 0:
            raise TypeError("this message is made already and never changes; make a new one")
        record = _payload_record(payload)
        own = rf_topic_of(record.kind)
        if small_field(topic, "topic", RF_TOPIC_COUNT) != own:
            raise ValueError(
                f"topic is {enum_text('topic', topic)}; expected {enum_text('topic', own)}, which a "
                f"{type(payload).__name__} belongs to"
            )
        if not isinstance(origin, str):
            raise TypeError(f"origin is {origin!r} of type {type(origin).__name__}; expected str")
        origin_id = intern_origin(str(origin))
        if record.n_cells == 1:
            memcpy(&self.cell, record, RF_CELL_BYTES)
            self.content = payload
        else:
            self.content = payload if record.origin == origin_id else _stamped(payload, origin_id)
            memcpy(&self.cell, record, sizeof(rf_header))
        self.cell.head.origin = origin_id

    @property
    def payload(self):
        if self.content is None:
            self.content = message_from(&self.cell.head)
        return self.content

    @property
    def topic(self):
        return rf_topic_of(self.cell.head.kind)

    @property
    def kind(self):
        return self.cell.head.kind

    @property
    def origin(self):
        return origin_text(self.cell.head.origin)

    @property
    def seq(self):
        return self.cell.head.seq

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

    def __eq__(self, other):
        if type(other) is not LiveMessage:
            return NotImplemented
        return rf_same(record_of(self), record_of(other))

    def __hash__(self):
        return rf_hash_record(record_of(self))

    def __repr__(self):
        topic, *rest = _arguments(self)
        return f"LiveMessage({', '.join([enum_text('topic', topic), *[repr(value) for value in rest]])})"

    def __reduce__(self):
        return reduced(LiveMessage, _arguments(self), {})

    def __copy__(self):
        return self

    def __deepcopy__(self, memo):
        return self


def to_array(messages):
    """Return the records of messages of one kind as a structured array, one element each; a copy.

    Args:
        messages: At least one; payloads or ``LiveMessage`` objects. Records of different length (texts, balances) get the
            room of the longest.

    Raises:
        TypeError: one is no message.
        ValueError: none is given, or they are of different kinds.
    """
    cdef Py_buffer buffer
    cdef const rf_header* record
    cdef int cells = 0
    cdef uint8_t kind = 0
    cdef char* place
    given = list(messages)
    for index, message in enumerate(given):
        record = record_of(message)
        if kind not in (0, record.kind):
            raise ValueError(f"messages[{index}] is a record of kind {record.kind}; expected kind {kind} like the others")
        kind = record.kind
        cells = max(cells, <int>record.n_cells)
    if kind == 0:
        raise ValueError("no messages are given, so that their kind is not known; expected at least one")

    import numpy

    array = numpy.zeros(len(given), dtype_of(kind, cells))
    PyObject_GetBuffer(array.view("u1"), &buffer, PyBUF_SIMPLE | PyBUF_WRITABLE)
    place = <char*>buffer.buf
    for message in given:
        record = record_of(message)
        memcpy(place, record, <size_t>record.n_cells * RF_CELL_BYTES)
        place += cells * RF_CELL_BYTES
    PyBuffer_Release(&buffer)
    return array


cdef object _checked_message(const rf_header* record, Py_ssize_t itemsize, Py_ssize_t index):
    cdef const char* fault = rf_fault_of(record, itemsize)
    if fault != NULL:
        raise ValueError(f"element {index} is a record {fault.decode('ascii')}")
    if not is_symbol(record.symbol):
        raise ValueError(f"element {index} has symbol_id {record.symbol}, which this process never gave")
    return message_from(record)


def from_array(array):
    """Return the messages whose records are in a structured array, as ``to_array`` and batch callbacks give it.

    Symbols are ids of this process: an array that another process made must be translated first.

    Raises:
        ValueError: an element is no sound record.
    """
    cdef Py_buffer buffer
    cdef Py_ssize_t itemsize = array.dtype.itemsize
    if itemsize == 0 or itemsize % RF_CELL_BYTES:
        raise ValueError(f"array has elements of {itemsize} bytes; expected a multiple of {RF_CELL_BYTES}")

    import numpy

    PyObject_GetBuffer(numpy.ascontiguousarray(array).reshape(-1).view("u1"), &buffer, PyBUF_SIMPLE)
    try:
        return [
            _checked_message(<const rf_header*>(<const char*>buffer.buf + at * itemsize), itemsize, at)
            for at in range(buffer.len // itemsize)
        ]
    finally:
        PyBuffer_Release(&buffer)


def column(array, str name not None):
    """Return a column of numbers as float64; NaN where none was given.

    Args:
        array: As ``to_array`` gives it.
        name: The attribute's name: ``bid_px`` for the integers of ``bid_px_raw``.

    Raises:
        ValueError: the records have no such number.
    """
    import numpy

    names = array.dtype.names or ()
    if f"{name}_raw" not in names:
        known = ", ".join([known.removesuffix("_raw") for known in names if known.endswith("_raw")])
        raise ValueError(f"name is {name!r}; expected one of {known}")
    raw = array[f"{name}_raw"]
    own = f"{name}_exp"
    exp = array[own if own in names else "qty_exp" if name.endswith("qty") or name in ("volume", "quantity") else "px_exp"]
    power = (10.0 ** numpy.arange(19))[-exp.astype(numpy.intp)]
    found = raw / (power if raw.ndim == 1 else power[:, None])
    found[raw == numpy.iinfo(numpy.int64).min] = numpy.nan
    return found
