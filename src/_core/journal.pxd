"""The journal's C parts (journal_*.h), as Cython sees them."""

from libc.stdint cimport int64_t, uint16_t, uint32_t, uint64_t

from regimeflow._core.layout cimport rf_header
from regimeflow._core.symbols cimport rf_names

cdef extern from "journal_sync.h" nogil:
    enum:
        RFJ_HEAD_BYTES
        RFJ_END_BYTES
        RFJ_LEAST_BYTES
        RFJ_OK
        RFJ_FULL
        RFJ_TOO_LONG
        RFJ_CLOSED
        RFJ_NOTHING
        RFJ_FRAME
        RFJ_END
        RFJ_DAMAGE
        RFJ_HEAD_GOOD
        RFJ_HEAD_NOT_BEGUN
        RFJ_HEAD_LOST
        RFJ_HEAD_FOREIGN
    const int64_t RFJ_MOST_BYTES

    ctypedef struct rfj_head:
        uint32_t format, schema_version
        uint64_t segment
        int64_t first_seq, created_ns
        uint64_t bytes

    ctypedef struct rfj_view:
        const char* base
        uint64_t bytes, number, at

    ctypedef struct rfj_frame:
        const char* message
        uint32_t length
        uint64_t at, next

    ctypedef struct rfj_recovery:
        uint64_t segment, end, torn_bytes
        int64_t seq

    ctypedef struct rfj_writer:
        uint64_t at, position, frames, stalls, refused, synced, next_number
        int64_t seq, time_ns
        int open, folder, lock, fault

    uint32_t rf_crc32c(const void* data, size_t length)
    uint32_t rf_crc32c_soft(uint32_t crc, const unsigned char* data, size_t length)
    int rfj_look(const rfj_view* view, rfj_frame* out)
    bint rfj_find(const rfj_view* view, uint64_t start, rfj_frame* out)
    uint64_t rfj_used_end(const rfj_view* view, uint64_t start)
    uint16_t rfj_template(const rfj_frame* frame)
    int64_t rfj_seq(const rfj_frame* frame)
    int rfj_head_state(const rfj_view* view, rfj_head* out)
    bint rfj_map(int folder, uint64_t number, bint writable, rfj_view* view)
    void rfj_unmap(rfj_view* view)
    int rfj_recover(rfj_view* view, rfj_recovery* found)
    int rfj_writer_init(rfj_writer* writer, const rf_names* names, uint64_t segment_bytes, uint64_t reserve)
    int rfj_start(rfj_writer* writer)
    int rfj_finish(rfj_writer* writer)
    int rfj_sync(rfj_writer* writer)
    bint rfj_prepare_next(rfj_writer* writer)
    bint rfj_is_full(rfj_writer* writer)
    int rfj_append_record(rfj_writer* writer, const rf_header* record)
    char* rfj_claim(rfj_writer* writer, uint64_t bytes, int* answer)
    void rfj_release(rfj_writer* writer, uint32_t length)
