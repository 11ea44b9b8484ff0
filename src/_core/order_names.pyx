"""The names in an order table's image: prefixes of client order ids, strategies, symbols."""

from libc.stdint cimport uint8_t, uint16_t, uint32_t
from libc.string cimport memcpy

from regimeflow._core.order_records cimport (
    OT_CLIENT_INLINE, OT_DIGITS, order_table, ot_image_head, ot_note_prefix, ot_number_symbol, ot_prefix,
)
from regimeflow._core.symbols cimport intern_symbol, symbol_text

from regimeflow._core.faults import CodecError


cdef bytes _packed(list texts):
    cdef list parts = []
    for text in texts:
        encoded = (<str>text).encode("utf-8")
        parts += (len(encoded).to_bytes(2, "little"), encoded)
    return b"".join(parts)


cdef list _unpacked(bytes data, Py_ssize_t start, Py_ssize_t end):
    cdef list texts = []
    while start < end:
        length = int.from_bytes(data[start:min(start + 2, end)], "little")
        text = data[start + 2:min(start + 2 + length, end)]
        if len(text) != length:
            raise CodecError("a name ends too soon", offset=start)
        try:
            texts.append(text.decode("utf-8"))
        except UnicodeDecodeError:
            raise CodecError("a name is not UTF-8", offset=start) from None
        start += 2 + length
    return texts


# The session's first, which is noted last. One that gave no id is left out: restarts that trade nothing would crowd out
# those whose orders may still be heard of.
cdef list prefixes_of(const order_table* t):
    cdef list found = [t.prefix[:t.prefix_len].decode("ascii")]
    cdef uint32_t n, first = t.next_earlier if t.n_earlier > t.next_earlier else 0
    cdef const ot_prefix* prefix
    for n in range(t.n_earlier):
        prefix = &t.earlier[(first + n) % t.n_earlier]
        found.append(prefix.text[:prefix.len].decode("ascii"))
    if not t.has_given and t.n_earlier:
        found[0] = found.pop()
    return found


cdef bytes pack_names(const order_table* t, ot_image_head* head, list strategies):
    cdef list prefixes = prefixes_of(t), symbols = [symbol_text(t.symbols[n]) for n in range(t.n_symbols)]
    head.n_prefixes, head.n_strategies, head.n_symbols = <uint16_t>len(prefixes), <uint32_t>len(strategies), t.n_symbols
    return _packed(prefixes + strategies + symbols)


cdef list unpack_names(order_table* t, const ot_image_head* head, bytes image, Py_ssize_t offset, ot_prefix* session):
    cdef list names = _unpacked(image, offset, offset + head.names_bytes)
    cdef bytes prefix
    cdef Py_ssize_t strategies = head.n_prefixes, symbols = strategies + head.n_strategies
    if not head.n_prefixes or not head.n_strategies or len(names) != symbols + head.n_symbols or head.n_strategies > 65536:
        raise CodecError("the names are not as many as the image says", offset=offset)
    for name in names[1:strategies] + names[:1]:
        prefix = (<str>name).encode("utf-8")
        if not 1 <= len(prefix) <= OT_CLIENT_INLINE - OT_DIGITS - 1:
            raise CodecError("a prefix is of an impossible length", offset=offset)
        ot_note_prefix(t, prefix, len(prefix))
    memcpy(session.text, <const char*>prefix, len(prefix))
    session.len = <uint8_t>len(prefix)
    t.has_given = prefix == t.prefix[:t.prefix_len]
    for name in names[symbols:]:
        try:
            if ot_number_symbol(t, intern_symbol(name)):
                raise MemoryError
        except ValueError as error:
            raise CodecError(str(error), offset=offset) from None
    if t.n_symbols != head.n_symbols:
        raise CodecError("a symbol is named twice", offset=offset)
    return names[strategies:symbols]
