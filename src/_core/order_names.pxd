from regimeflow._core.order_records cimport order_table, ot_image_head, ot_prefix

# An image's names, and their counts into its head: the prefixes of client order ids (this session's first, then the others from
# the oldest on), the strategies, the symbols.
cdef bytes pack_names(const order_table* t, ot_image_head* head, list strategies)
# Prefixes and symbols into a table; the strategies. CodecError when they cannot be names. *session: the image's own prefix.
cdef list unpack_names(order_table* t, const ot_image_head* head, bytes image, Py_ssize_t offset, ot_prefix* session)
