# The error of bytes that cannot be read, to be raised: CodecError, once the floor above has named it.
cdef object codec_fault(str reason, Py_ssize_t offset)
