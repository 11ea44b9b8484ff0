"""What venues' frames say beyond the messages of the stream: changes of a book, changed balances, and what is wrong."""

cimport cython
from libc.stdint cimport int64_t, uint32_t
from libc.stdlib cimport free, malloc
from libc.string cimport memcpy, memset

from regimeflow._core.account cimport Balance
from regimeflow._core.decimals cimport decimal_from, rf_decimal
from regimeflow._core.frames cimport rfv_json_new, rfv_reader, rfv_side
from regimeflow._core.layout cimport rf_balance
from regimeflow._core.symbols cimport symbol_text


class FrameError(ValueError):
    """A frame that is no sound JSON, or a field in it that is not what it must be; its text never repeats the frame.

    Attributes:
        offset: The byte of the frame where it shows.
        reason: What is wrong.
    """

    def __init__(self, reason: str, offset: int = 0) -> None:
        super().__init__(f"byte {offset}: {reason}")
        self.reason = reason
        self.offset = offset

    def __reduce__(self):
        return FrameError, (self.reason, self.offset)


cdef object frame_error(const rfv_reader* found):
    cdef bytes frame
    reason = found.reason.decode("ascii", "replace")
    field = (<const char*>found.field).decode("ascii", "replace")
    offset = found.offset
    if "UTF-8" in reason:
        frame = found.scratch[:found.length]
        try:
            frame.decode()
        except UnicodeDecodeError as error:
            offset = error.start
    return FrameError(f"field {field!r} {reason}" if field else reason, offset)


cdef int prepare(rfv_reader* reader) except -1:
    memset(reader, 0, sizeof(rfv_reader))
    reader.json = rfv_json_new()
    if reader.json == NULL:
        raise MemoryError
    return 0


cdef tuple _levels(const rf_decimal* numbers, size_t count):
    return tuple([
        (decimal_from(numbers[2 * at].mantissa, numbers[2 * at].exp),
         decimal_from(numbers[2 * at + 1].mantissa, numbers[2 * at + 1].exp))
        for at in range(count)
    ])


@cython.final
@cython.no_gc
cdef class DepthDiff:
    """What changed in a book: levels as they came, where a quantity of 0 removes the level.

    Read only; made by a parser.
    """

    def __init__(self):
        raise TypeError("a DepthDiff is made by a parser of a venue's frames")

    def __dealloc__(self):
        free(self.numbers)

    @property
    def symbol(self):
        return symbol_text(self.symbol_id)

    @property
    def first_update_id(self):
        return self.first_id

    @property
    def last_update_id(self):
        return self.last_id

    @property
    def ts_event_ns(self):
        return self.event_ns

    @property
    def ts_recv_ns(self):
        return self.recv_ns

    @property
    def bids(self):
        return _levels(self.numbers, self.bid_count)

    @property
    def asks(self):
        return _levels(self.numbers + 2 * self.bid_count, self.ask_count)

    def __repr__(self):
        return f"DepthDiff({self.symbol!r}, {self.first_id} to {self.last_id}, bids={self.bids}, asks={self.asks})"


cdef DepthDiff diff_from(const rfv_reader* found, uint32_t symbol, int64_t recv_ns):
    cdef DepthDiff made = DepthDiff.__new__(DepthDiff)
    cdef size_t bids = found.bids.count, asks = found.asks.count
    made.numbers = <rf_decimal*>malloc((bids + asks) * 2 * sizeof(rf_decimal) + 1)
    if made.numbers == NULL:
        raise MemoryError
    if bids:
        memcpy(made.numbers, found.bids.numbers, bids * 2 * sizeof(rf_decimal))
    if asks:
        memcpy(made.numbers + 2 * bids, found.asks.numbers, asks * 2 * sizeof(rf_decimal))
    made.bid_count, made.ask_count = bids, asks
    made.first_id, made.last_id = found.first_id, found.last_id
    made.event_ns, made.recv_ns = found.event_ns, recv_ns
    made.symbol_id = symbol
    return made


@cython.final
@cython.no_gc
cdef class BalanceChanges:
    """The balances that changed, not all that there are. Read only; made by a parser."""

    def __init__(self):
        raise TypeError("BalanceChanges are made by a parser of a venue's frames")

    def __repr__(self):
        return f"BalanceChanges({self.balances!r}, ts_event_ns={self.ts_event_ns}, ts_recv_ns={self.ts_recv_ns})"


cdef BalanceChanges balances_from(const rfv_reader* found, int64_t recv_ns):
    cdef BalanceChanges made = BalanceChanges.__new__(BalanceChanges)
    cdef Balance balance
    cdef size_t at
    rows = []
    for at in range(found.balances.count):
        balance = Balance.__new__(Balance)
        balance.rec = found.balances.rows[at]
        balance.made = True
        rows.append(balance)
    made.balances = tuple(rows)
    made.ts_event_ns, made.ts_recv_ns = found.event_ns, recv_ns
    return made
