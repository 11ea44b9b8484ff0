"""The error of bytes that cannot be read: made by the floor above, raised by this one, which may not import it."""

cdef object _error = None


def raise_as(type error not None) -> None:
    """Name the exception to raise for bytes that cannot be read; it takes ``(reason, offset=)``."""
    global _error
    _error = error


cdef object codec_fault(str reason, Py_ssize_t offset):
    return ValueError(f"byte {offset}: {reason}") if _error is None else _error(reason, offset=offset)
