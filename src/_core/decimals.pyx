"""Exact decimals: Python numbers to mantissa and exponent, and back. The arithmetic is in decimals.h."""

from cpython.bool cimport PyBool_Check
from cpython.float cimport PyFloat_AS_DOUBLE, PyFloat_Check
from cpython.long cimport PyLong_AsLongLongAndOverflow, PyLong_Check, PyLong_CheckExact
from cpython.mem cimport PyMem_Free
from cpython.number cimport PyIndex_Check, PyNumber_Index
from cpython.unicode cimport PyUnicode_Check, PyUnicode_CheckExact
from libc.math cimport isfinite
from libc.stdint cimport int8_t, int64_t
from libc.string cimport strlen

from regimeflow._core.layout cimport RF_NULL

from decimal import Decimal

cdef extern from "Python.h":
    const char* PyUnicode_AsUTF8AndSize(object text, Py_ssize_t* length) except NULL
    char* PyOS_double_to_string(double value, char format_code, int precision, int flags, int* kind) except NULL

# What counts as a number wherever a price or a quantity is asked for; a bool does not.
Number = Decimal | str | int | float

cdef object _Decimal = Decimal
cdef object _NAN = Decimal("NaN")


cdef _refuse(int fault, object value, str field):
    found = repr(value)
    if len(found) > 60:
        found = found[:57] + "..."
    if fault == RF_NUMBER_MALFORMED:
        raise ValueError(f"{field} is {found}; expected a decimal number such as '101.25'")
    if fault == RF_NUMBER_NOT_FINITE:
        raise ValueError(f"{field} is {found}; expected a finite number")
    if fault == RF_NUMBER_TOO_LARGE:
        raise ValueError(f"{field} is {found}; expected a number whose digits fit in 64 bits (about 18 of them)")
    raise ValueError(f"{field} is {found}; expected at most 18 decimal places and about 18 digits in all")


cdef int _from_text(object text, object value, str field, rf_decimal* out) except -1:
    cdef Py_ssize_t length
    cdef const char* letters = NULL
    cdef int fault
    try:
        letters = PyUnicode_AsUTF8AndSize(text, &length)
    except UnicodeEncodeError:
        _refuse(RF_NUMBER_MALFORMED, value, field)
    fault = rf_parse(letters, length, out)
    if fault == RF_NUMBER_MALFORMED and text.lower().strip("+-") in ("nan", "snan", "inf", "infinity"):
        fault = RF_NUMBER_NOT_FINITE
    if fault != RF_NUMBER_OK:
        _refuse(fault, value, field)
    return 0


cdef int _from_float(double value, str field, rf_decimal* out) except -1:
    cdef char* letters
    cdef int fault
    if rf_from_double(value, out):
        return 0
    if not isfinite(value):
        _refuse(RF_NUMBER_NOT_FINITE, value, field)
    letters = PyOS_double_to_string(value, b'r', 0, 0, NULL)
    fault = rf_parse(letters, <Py_ssize_t>strlen(letters), out)
    PyMem_Free(letters)
    if fault != RF_NUMBER_OK:
        _refuse(fault, value, field)
    return 0


cdef int _from_int(object value, str field, rf_decimal* out) except -1:
    cdef int overflow = 0
    out.mantissa = PyLong_AsLongLongAndOverflow(value, &overflow)
    out.exp = 0
    if overflow or out.mantissa == RF_NULL:
        _refuse(RF_NUMBER_TOO_LARGE, value, field)
    return 0


cdef int parse_number(object value, str field, rf_decimal* out) except -1:
    if PyFloat_Check(value):
        return _from_float(PyFloat_AS_DOUBLE(value), field, out)
    if PyUnicode_CheckExact(value):
        return _from_text(value, value, field, out)
    if PyLong_CheckExact(value):
        return _from_int(value, field, out)
    if isinstance(value, _Decimal):
        return _from_text(_Decimal.__str__(value), value, field, out)
    if PyUnicode_Check(value):
        return _from_text(value, value, field, out)
    if not PyBool_Check(value) and (PyLong_Check(value) or PyIndex_Check(value)):
        return _from_int(PyNumber_Index(value), field, out)
    raise TypeError(f"{field} is {value!r} of type {type(value).__name__}; expected Decimal, str, int or float")


cdef int parse_optional(object value, str field, rf_decimal* out) except -1:
    if value is None:
        out.mantissa = RF_NULL
        out.exp = 0
        return 0
    return parse_number(value, field, out)


cdef int align(rf_decimal* numbers, int count, str fields, int8_t* exp) except -1:
    cdef int index
    if rf_align(numbers, count, exp):
        return 0
    found = ", ".join([decimal_text(numbers[index].mantissa, numbers[index].exp) or "None" for index in range(count)])
    raise ValueError(
        f"{fields} are {found}; expected numbers that fit in 64 bits with as many places as the finest of them"
    )


cdef str decimal_text(int64_t mantissa, int exp):
    cdef char letters[32]
    cdef int length = rf_format(mantissa, exp, letters)
    return letters[:length].decode("ascii")


cdef object decimal_from(int64_t mantissa, int exp):
    if mantissa == RF_NULL:
        return _NAN
    return _Decimal(decimal_text(mantissa, exp))


cdef int _check_exp(int exp) except -1:
    if not RF_MIN_EXP <= exp <= 0:
        raise ValueError(f"exp is {exp}; expected {RF_MIN_EXP} to 0")
    return 0


def parse(value) -> tuple[int, int]:
    """Return mantissa and exponent of a Decimal, str, int or float, exactly; a float by its shortest repr.

    Raises:
        TypeError: no number (a bool is none).
        ValueError: not finite, not a number, or too many digits.
    """
    cdef rf_decimal number
    parse_number(value, "value", &number)
    return number.mantissa, number.exp


def parse_bytes(bytes text not None) -> tuple[int, int]:
    """Return mantissa and exponent of a number in ASCII, as venues send them.

    Raises:
        ValueError: not a number, or too many digits.
    """
    cdef rf_decimal number = rf_decimal(0, 0)
    cdef int fault = rf_parse(text, len(text), &number)
    if fault != RF_NUMBER_OK:
        _refuse(fault, text, "text")
    return number.mantissa, number.exp


def to_decimal(int64_t mantissa, int exp) -> Decimal:
    """Return ``mantissa * 10**exp`` as a Decimal with ``-exp`` places, whatever the decimal context."""
    _check_exp(exp)
    return decimal_from(mantissa, exp)


def to_float(int64_t mantissa, int exp) -> float:
    """Return the double nearest to ``mantissa * 10**exp``."""
    _check_exp(exp)
    return rf_to_float(mantissa, exp)


def rescale(int64_t mantissa, int exp, int to_exp) -> int:
    """Return the mantissa of the same value at another exponent.

    Raises:
        ValueError: the value would lose digits there, or does not fit in 64 bits.
    """
    cdef int64_t scaled = 0
    _check_exp(exp)
    _check_exp(to_exp)
    fault = rf_rescale(mantissa, exp, to_exp, &scaled)
    if fault != RF_NUMBER_OK:
        _refuse(fault, decimal_from(mantissa, exp), f"mantissa at exponent {to_exp}")
    return scaled


def compare(int64_t mantissa, int exp, int64_t other_mantissa, int other_exp) -> int:
    """Return -1, 0 or 1: the order of two decimals by value."""
    _check_exp(exp)
    _check_exp(other_exp)
    return rf_compare(mantissa, exp, other_mantissa, other_exp)
