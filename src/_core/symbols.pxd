from libc.stdint cimport uint16_t, uint32_t

cdef extern from "names.h" nogil:
    ctypedef struct rf_name_table:
        uint32_t most

    ctypedef struct rf_names:
        rf_name_table symbols
        rf_name_table origins

# The id of a symbol's text, made on first sight; ValueError when the text cannot be a symbol or the table is full.
cdef uint32_t intern_symbol(str text) except? 0
# The text of an id that intern_symbol gave; "" for 0. Always the same str object.
cdef str symbol_text(uint32_t symbol)
# Whether an id was given.
cdef bint is_symbol(uint32_t symbol)
# The same for the names of hosts that messages come from; 0 is this host, "".
cdef uint16_t intern_origin(str text) except? 0xFFFF
cdef str origin_text(uint16_t origin)
# Both tables, for readers without the GIL. They live as long as the process.
cdef const rf_names* all_names() noexcept
