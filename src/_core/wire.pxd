"""The wire format of wire.h, as Cython sees it."""

from libc.stdint cimport int8_t, int32_t, int64_t, uint8_t, uint16_t, uint32_t

from regimeflow._core.layout cimport rf_header
from regimeflow._core.symbols cimport rf_names

cdef extern from "wire.h" nogil:
    enum:
        RFW_OK
        RFW_BAD
        RFW_NEW_SYMBOL
        RFW_NEW_ORIGIN
        RFW_ROOM
        RFW_HEAD_BYTES
        RFW_SCHEMA_ID
        RFW_VERSION
        RFW_SEGMENT_END
        RFW_TABLE_SIZE
        RFW_i64
        RFW_u64
        RFW_u32
        RFW_u16
        RFW_u8
        RFW_i8
        RFW_f64
        RFW_NEED
        RFW_OPT
        RFW_ZERO
        RFW_TEXT
        RFW_BLOB
        RFW_MOST_VARS
        RFW_COMMAND
    const int64_t RFW_SLACK
    const uint8_t* RFW_WIDTHS

    ctypedef struct rfw_head:
        uint16_t block_length, template_id, schema_id, version

    ctypedef struct rfw_field:
        const char* name
        uint8_t type, presence

    ctypedef struct rfw_variable:
        const char* name
        uint8_t type

    ctypedef struct rfw_span:
        const char* bytes
        Py_ssize_t length

    ctypedef struct rfw_command:
        int64_t nowNs
        uint8_t kind
        int64_t orderId
        uint8_t side, ordType, timeInForce
        int64_t qty
        int8_t qtyExp
        int64_t limitPx, stopPx
        int8_t pxExp
        int64_t expireTimeNs

    ctypedef struct rfw_message:
        uint16_t id, block_length
        uint8_t n_fields, n_vars
        const char* name
        const rfw_field* fields
        const rfw_variable* vars

    ctypedef struct rfw_reader:
        const char* start
        const char* at
        const char* end
        const rfw_message* message
        rfw_head head
        const char* reason
        uint32_t offset
        const char* name
        uint32_t name_length

    const rfw_message* RFW_TABLE
    const rfw_message* rfw_message_of(uint16_t id)
    char* rfw_put_head(char* at, uint16_t template_id, uint16_t block_length)
    void rfw_date(char* message, uint8_t ord_type)
    char* rfw_put_span(char* at, const rfw_span* text)
    uint32_t rfw_bound(const rf_header* record)
    uint32_t rfw_encode(const rf_header* record, const rf_names* names, char* out)
    bint rfw_is_cell(uint8_t kind)
    uint32_t rfw_cell_size(const rf_header* record, const rf_names* names)
    void rfw_encode_cell(const rf_header* record, const rf_names* names, char* out)
    int rfw_open(rfw_reader* reader, const char* bytes, size_t length)
    bint rfw_is_record(const rfw_reader* reader)
    int rfw_decode(rfw_reader* reader, const rf_names* names, rf_header* out)
    int rfw_block(rfw_reader* reader, void* block, uint16_t length)
    int rfw_take(rfw_reader* reader, uint8_t width, const char** bytes, uint32_t* length)
    int rfw_close(rfw_reader* reader)
