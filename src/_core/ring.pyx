"""A bounded ring of messages: many producers, up to eight readers that each see every message."""

from libc.stdint cimport int64_t
from libc.string cimport memcpy

from regimeflow._core.layout cimport RF_CELL_BYTES, rf_header
from regimeflow._core.lanes_type cimport rf_ring
from regimeflow._core.messages cimport message_from, record_of

cimport cython

cdef extern from "ring.h" nogil:
    enum:
        RF_CLAIMED
        RING_MAX_READERS
    rf_ring* rf_ring_new(int64_t capacity, int64_t limit, int readers)
    void rf_ring_free(rf_ring* ring)
    int rf_ring_claim(rf_ring* ring, int64_t cells, int64_t* position)
    void rf_ring_publish(rf_ring* ring, int64_t position)
    rf_header* rf_ring_cell(const rf_ring* ring, int64_t position)
    rf_header* rf_ring_peek(rf_ring* ring, int reader)
    void rf_ring_done(rf_ring* ring, int reader, int64_t cells)
    int64_t rf_ring_depth(rf_ring* ring, int reader)
    int64_t rf_ring_longest(const rf_ring* ring)

cdef enum:
    MOST_CELLS = 1 << 24


@cython.final
cdef class Ring:
    """A ring of 128-byte cells. Nothing in it waits: a full ring refuses.

    Args:
        capacity_cells: A power of two, at least 2. A quote, tick or bar takes one cell, a book or a report three.
        readers: 1 to 8. The slowest one decides how much room there is.

    Threading:
        ``try_publish`` from any thread, also several at once; each reader from one thread.
    """

    def __cinit__(self, int64_t capacity_cells=4096, int readers=1):
        if not 2 <= capacity_cells <= MOST_CELLS or capacity_cells & (capacity_cells - 1):
            raise ValueError(f"capacity_cells is {capacity_cells}; expected a power of two from 2 to {MOST_CELLS}")
        if not 1 <= readers <= <int>RING_MAX_READERS:
            raise ValueError(f"readers is {readers}; expected 1 to {<int>RING_MAX_READERS}")
        self.ring = rf_ring_new(capacity_cells, capacity_cells, readers)
        if self.ring == NULL:
            raise MemoryError(f"no memory for a ring of {capacity_cells} cells")
        self.capacity = capacity_cells
        self.readers = readers

    def __dealloc__(self):
        rf_ring_free(self.ring)

    cdef bint put(self, const rf_header* record) noexcept nogil:
        cdef int64_t position
        if rf_ring_claim(self.ring, record.n_cells, &position) != RF_CLAIMED:
            return False
        memcpy(rf_ring_cell(self.ring, position), record, <size_t>record.n_cells * RF_CELL_BYTES)
        rf_ring_publish(self.ring, position)
        return True

    cdef rf_header* peek(self, int reader) noexcept nogil:
        return rf_ring_peek(self.ring, reader)

    cdef void done(self, int reader, const rf_header* record) noexcept nogil:
        rf_ring_done(self.ring, reader, record.n_cells)

    def try_publish(self, message) -> bool:
        """Copy a message into the ring; false when it is full.

        Raises:
            TypeError: no message.
            ValueError: it takes more than half the ring, so that it would not fit at every place.
        """
        cdef const rf_header* record = record_of(message)
        if record.n_cells > rf_ring_longest(self.ring):
            raise ValueError(f"the message takes {record.n_cells} cells; a ring of {self.capacity} takes at most "
                             f"{rf_ring_longest(self.ring)} in one message")
        return self.put(record)

    def reader(self, int index):
        """Return one of the readers.

        Raises:
            IndexError: there are not so many.
        """
        if not 0 <= index < self.readers:
            raise IndexError(f"reader {index} does not exist; the ring has {self.readers}")
        cdef RingReader made = RingReader.__new__(RingReader)
        made.ring, made.index = self, index
        return made


@cython.final
cdef class RingReader:
    """One reader's face of a ring; made by ``Ring.reader``."""

    def poll(self, int64_t limit=256) -> list:
        """Return the messages that came since the last poll, in order, at most ``limit``; none is an empty list."""
        cdef list found = []
        cdef rf_header* record
        if self.ring is None:
            raise TypeError("this reader belongs to no ring; expected one made by Ring.reader")
        while limit > 0:
            record = self.ring.peek(self.index)
            if record == NULL:
                break
            found.append(message_from(record))
            self.ring.done(self.index, record)
            limit -= 1
        return found

    @property
    def depth(self):
        """Cells that are claimed and that this reader has not left behind."""
        if self.ring is None:
            return 0
        return rf_ring_depth(self.ring.ring, self.index)
