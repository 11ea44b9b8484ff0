"""The batches of wire_batch.h, as Cython sees them."""

from libc.stdint cimport int64_t, uint8_t, uint16_t, uint32_t

from regimeflow._core.lanes_type cimport rf_ring
from regimeflow._core.layout cimport rf_header
from regimeflow._core.symbols cimport rf_names
from regimeflow._core.wire cimport rfw_reader

cdef extern from "wire_batch.h" nogil:
    enum:
        RFW_END
        RFW_UNKNOWN
        RFW_FULL

    ctypedef struct rfw_batch:
        const char* start
        const char* at
        const char* end
        rfw_reader reader

    ctypedef struct rfw_rows:
        char* at
        char* end
        int64_t width
        uint16_t kind
        uint8_t cells

    void rfw_batch_init(rfw_batch* batch, const char* bytes, size_t length)
    int rfw_batch_open(rfw_batch* batch)
    void rfw_batch_next(rfw_batch* batch)
    int rfw_batch_decode(rfw_batch* batch, const rf_names* names, rf_header* out)
    int64_t rfw_batch_count(rfw_batch batch, uint16_t kind)
    bint rfw_is_flat(uint16_t kind)
    int rfw_batch_rows(rfw_batch* batch, const rf_names* names, rfw_rows* rows, rf_header* room)
    uint32_t rfw_batch_bound(const rf_header* record)
    char* rfw_batch_put(const rf_header* record, const rf_names* names, char* out)
    char* rfw_batch_put_rows(const char* rows, int64_t count, int64_t width, const rf_names* names, char* out)
    int64_t rfw_rows_bound(const char* rows, int64_t count, int64_t width, uint32_t* symbol)
    rf_header* rf_ring_peek(rf_ring* ring, int reader)
    char* rfw_drain(rf_ring* ring, int reader, int64_t most, const rf_names* names, char* out, const char* end)
    int rfw_fill_ring(rfw_batch* batch, const rf_names* names, rf_ring* ring, rf_header* room)
