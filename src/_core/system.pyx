"""SystemMessage: what the engine itself says in the stream."""

from cpython.mem cimport PyMem_Free
from libc.stdint cimport uint8_t
from libc.string cimport memcpy

from regimeflow._core.dtypes cimport dtype_of
from regimeflow._core.fields cimport begin, int_field, long_text, reduced, room_for, show, small_field, text_from
from regimeflow._core.layout cimport RF_CELL_BYTES, RF_SYSTEM, rf_cells_for, rf_header, rf_system
from regimeflow._core.records cimport rf_hash_record, rf_same, rf_used_bytes
from regimeflow._core.symbols cimport symbol_text

cimport cython


cdef inline rf_header* _record(SystemMessage self) noexcept:
    return &self.cell.head if self.whole == NULL else self.whole


# Where the record goes: inline when it fits in one cell, else on the heap; the object frees it.
cdef rf_header* _reserve(SystemMessage self, long used) except NULL:
    if used <= RF_CELL_BYTES:
        return &self.cell.head
    self.whole = room_for(used)
    return self.whole


cdef dict _keywords(SystemMessage self):
    level = {} if self.cell.head.side == 2 else {"level": self.level}
    optional = {
        "code": self.cell.system.code,
        "value": self.cell.system.value,
        "symbol": symbol_text(self.cell.head.symbol),
        "ts_event_ns": self.cell.head.ts_event_ns,
        "ts_recv_ns": self.cell.head.ts_recv_ns,
    }
    return level | {keyword: value for keyword, value in optional.items() if value}


@cython.final
@cython.no_gc
@cython.freelist(16)
cdef class SystemMessage:
    """What the engine, an adapter or a timer says: a code, a value and words. Read only, compared by value, safe to keep.

    Args:
        text: At most 1,024 bytes.
        code: ``SystemCode``.
        level: As in ``logging``: 0, 10, 20 ... 50; kept in steps of ten.
        value: Meaning by code.
        symbol: What it is about; ``""``: no symbol.
        ts_event_ns: UTC [ns]; 0: none given.
        ts_recv_ns: Our clock, UTC [ns].

    Raises:
        TypeError, ValueError: names the field, what was found and what was expected.
    """

    def __init__(self, text, *, code=0, level=20, value=0, symbol="", ts_event_ns=0, ts_recv_ns=0):
        cdef rf_system rec
        cdef rf_header* place
        cdef bytes words = long_text(text, "text")
        begin(&self.cell.head, &rec.head, RF_SYSTEM, symbol, True, ts_event_ns, ts_recv_ns)
        rec.code = int_field(code, "code")
        rec.value = int_field(value, "value")
        rec.head.side = <uint8_t>(small_field(level, "level", 256) // 10)
        if rec.head.side * 10 != level:
            raise ValueError(f"level is {level}; expected a multiple of ten, as logging.INFO is")
        rec.head.extra = len(words)
        rec.head.n_cells = rf_cells_for(rf_used_bytes(&rec.head))
        place = _reserve(self, rf_used_bytes(&rec.head))
        memcpy(<char*>place + sizeof(rf_system), <const char*>words, <size_t>len(words))
        memcpy(place, &rec, sizeof(rf_system))
        self.cell.system = rec

    def __dealloc__(self):
        PyMem_Free(self.whole)

    @property
    def text(self):
        return text_from(<const char*>_record(self) + sizeof(rf_system), self.cell.head.extra)

    @property
    def code(self):
        return self.cell.system.code

    @property
    def level(self):
        return self.cell.head.side * 10

    @property
    def value(self):
        return self.cell.system.value

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

    @property
    def seq(self):
        return self.cell.head.seq

    @staticmethod
    def dtype():
        """Return the NumPy dtype over this kind's records."""
        return dtype_of(RF_SYSTEM, 1)

    def __eq__(self, other):
        if type(other) is not SystemMessage:
            return NotImplemented
        return rf_same(_record(self), _record(<SystemMessage>other))

    def __hash__(self):
        return rf_hash_record(_record(self))

    def __repr__(self):
        return show("SystemMessage", (self.text,), _keywords(self))

    def __reduce__(self):
        return reduced(SystemMessage, (self.text,), _keywords(self))

    def __copy__(self):
        return self

    def __deepcopy__(self, memo):
        return self


cdef SystemMessage system_from(const rf_header* record):
    cdef SystemMessage made = SystemMessage.__new__(SystemMessage)
    memcpy(_reserve(made, rf_used_bytes(record)), record, <size_t>rf_used_bytes(record))
    memcpy(&made.cell, record, sizeof(rf_system))
    return made


cdef const rf_header* system_record(SystemMessage message):
    return _record(message)
