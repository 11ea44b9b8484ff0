"""Exact decimals in C: value = mantissa * 10^exp, -18 <= exp <= 0, mantissa RF_NULL for "not given"."""

from libc.stdint cimport int8_t, int64_t, uint64_t

from regimeflow._core.layout cimport RF_NULL

cdef extern from "decimals.h" nogil:
    enum:
        RF_MIN_EXP

    enum rf_number_fault:
        RF_NUMBER_OK
        RF_NUMBER_MALFORMED
        RF_NUMBER_TOO_LARGE
        RF_NUMBER_TOO_PRECISE
        RF_NUMBER_NOT_FINITE

    ctypedef struct rf_decimal:
        int64_t mantissa
        int8_t exp

    const int64_t RF_POW10[19]
    double rf_to_float(int64_t mantissa, int exp)
    int rf_compare(int64_t a, int a_exp, int64_t b, int b_exp)
    int rf_rescale(int64_t mantissa, int from_exp, int to_exp, int64_t *out)
    uint64_t rf_hash(int64_t mantissa, int exp)
    uint64_t rf_mix(uint64_t hashed, uint64_t value)
    int rf_parse(const char *text, Py_ssize_t length, rf_decimal *out)
    int rf_align(rf_decimal *numbers, Py_ssize_t count, int8_t *exp)
    int rf_from_double(double value, rf_decimal *out)
    int rf_format(int64_t mantissa, int exp, char *out)

# A Decimal, str, int or float as it is, exactly (a float by its shortest repr). TypeError or ValueError that names the field.
cdef int parse_number(object value, str field, rf_decimal* out) except -1
# The same, with None for RF_NULL.
cdef int parse_optional(object value, str field, rf_decimal* out) except -1
# Bring several numbers to the finest exponent among them, in place, so that they can share one; it goes to *exp.
cdef int align(rf_decimal* numbers, int count, str fields, int8_t* exp) except -1
# The Decimal with exactly these digits, whatever the context; Decimal("NaN") for RF_NULL.
cdef object decimal_from(int64_t mantissa, int exp)
# The same as text; "" for RF_NULL.
cdef str decimal_text(int64_t mantissa, int exp)
# What a Python reader sees of a number that may be missing: None for RF_NULL.
cdef inline object optional_float(int64_t mantissa, int exp):
    return None if mantissa == RF_NULL else rf_to_float(mantissa, exp)


cdef inline object optional_decimal(int64_t mantissa, int exp):
    return None if mantissa == RF_NULL else decimal_from(mantissa, exp)
