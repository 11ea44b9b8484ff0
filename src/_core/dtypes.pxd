from libc.stdint cimport uint8_t

# The NumPy dtype over a record of one kind with so many cells: what follows the fixed part is a field where there is room.
cdef object dtype_of(uint8_t kind, int cells)
