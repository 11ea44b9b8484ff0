"""Symbols and origins as small integers: one table per process, guarded by the GIL.

An entry is never removed, so the table is bounded and refuses text that cannot be a symbol before it stores anything.
"""

from libc.stdint cimport uint16_t, uint32_t

cdef extern from "Python.h":
    const char* PyUnicode_AsUTF8AndSize(object text, Py_ssize_t* length) except NULL

cdef extern from "names.h" nogil:
    int rf_name_table_init(rf_name_table* table, uint32_t most, uint32_t index_size)
    void rf_name_add(rf_name_table* table, uint16_t id, const char* text, size_t length)

cdef enum:
    MAX_TEXT_BYTES = 31
    MAX_SYMBOLS = 65535
    MAX_ORIGINS = 1023

cdef dict _symbol_ids = {"": 0}
cdef list _symbol_texts = [""]
cdef dict _origin_ids = {"": 0}
cdef list _origin_texts = [""]
cdef rf_names _names

if not rf_name_table_init(&_names.symbols, MAX_SYMBOLS, 1 << 17):
    raise MemoryError
if not rf_name_table_init(&_names.origins, MAX_ORIGINS, 1 << 11):
    raise MemoryError


cdef const rf_names* all_names() noexcept:
    return &_names


cdef int _add(rf_name_table* table, uint16_t id, str text) except -1:
    cdef Py_ssize_t length
    cdef const char* letters = PyUnicode_AsUTF8AndSize(text, &length)
    rf_name_add(table, id, letters, <size_t>length)
    return 0


cdef _check(str text, str what):
    encoded = text.encode("utf-8", "surrogatepass")
    if not 1 <= len(encoded) <= MAX_TEXT_BYTES:
        raise ValueError(f"{what} {text[:40]!r} has {len(encoded)} bytes; expected 1 to {MAX_TEXT_BYTES}")
    for letter in text:
        if letter.isspace() or not letter.isprintable():
            raise ValueError(f"{what} {text!r} holds {letter!r}; expected printable characters without blanks")


cdef uint32_t intern_symbol(str text) except? 0:
    cdef object found = _symbol_ids.get(text)
    if found is not None:
        return <uint32_t>found
    _check(text, "symbol")
    if len(_symbol_texts) > MAX_SYMBOLS:
        raise ValueError(f"symbol {text!r} is one too many; a process holds at most {MAX_SYMBOLS} symbols")
    _add(&_names.symbols, <uint16_t>len(_symbol_texts), text)
    _symbol_texts.append(text)
    _symbol_ids[text] = len(_symbol_texts) - 1
    return <uint32_t>(len(_symbol_texts) - 1)


cdef str symbol_text(uint32_t symbol):
    if symbol >= <uint32_t>len(_symbol_texts):
        return f"#{symbol}"
    return <str>_symbol_texts[symbol]


cdef bint is_symbol(uint32_t symbol):
    return symbol < <uint32_t>len(_symbol_texts)


cdef uint16_t intern_origin(str text) except? 0xFFFF:
    cdef object found = _origin_ids.get(text)
    if found is not None:
        return <uint16_t>found
    _check(text, "origin")
    if len(_origin_texts) > MAX_ORIGINS:
        raise ValueError(f"origin {text!r} is one too many; a process holds at most {MAX_ORIGINS} origins")
    _add(&_names.origins, <uint16_t>len(_origin_texts), text)
    _origin_texts.append(text)
    _origin_ids[text] = len(_origin_texts) - 1
    return <uint16_t>(len(_origin_texts) - 1)


cdef str origin_text(uint16_t origin):
    if origin >= <uint16_t>len(_origin_texts):
        return f"#{origin}"
    return <str>_origin_texts[origin]


def intern(str text not None) -> int:
    """Return the id of a symbol, making one on first sight.

    Args:
        text: 1 to 31 bytes of UTF-8, printable, no blanks.

    Raises:
        ValueError: the text cannot be a symbol, or the process holds 65,535 already; nothing was stored.

    Threading:
        Any thread that holds the GIL.
    """
    return intern_symbol(text)


def name_of(uint32_t symbol) -> str:
    """Return the text of an id that ``intern`` gave; always the same object. ``""`` for 0.

    Raises:
        LookupError: no such id.
    """
    if symbol >= <uint32_t>len(_symbol_texts):
        raise LookupError(f"symbol id {symbol} was never given; the highest is {len(_symbol_texts) - 1}")
    return symbol_text(symbol)
