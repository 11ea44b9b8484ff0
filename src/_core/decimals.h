/* Exact decimals: value = mantissa * 10^exp, -18 <= exp <= 0, mantissa RF_NULL for "not given". Plain C, no allocation. */
#ifndef REGIMEFLOW_DECIMALS_H
#define REGIMEFLOW_DECIMALS_H

#include <math.h>
#include <stddef.h>
#include <stdint.h>

#include "layout.h"

#define RF_MIN_EXP (-18)

/* What can be wrong with a number; 0 is nothing. */
enum rf_number_fault {
    RF_NUMBER_OK = 0,
    RF_NUMBER_MALFORMED = 1,   /* the text is no decimal number */
    RF_NUMBER_TOO_LARGE = 2,   /* beyond the 64-bit mantissa */
    RF_NUMBER_TOO_PRECISE = 3, /* digits would be lost */
    RF_NUMBER_NOT_FINITE = 4
};

typedef struct rf_decimal {
    int64_t mantissa;
    int8_t exp;
} rf_decimal;

static const int64_t RF_POW10[19] = {1LL,
                                     10LL,
                                     100LL,
                                     1000LL,
                                     10000LL,
                                     100000LL,
                                     1000000LL,
                                     10000000LL,
                                     100000000LL,
                                     1000000000LL,
                                     10000000000LL,
                                     100000000000LL,
                                     1000000000000LL,
                                     10000000000000LL,
                                     100000000000000LL,
                                     1000000000000000LL,
                                     10000000000000000LL,
                                     100000000000000000LL,
                                     1000000000000000000LL};

/* Powers of ten that a double holds exactly. */
static const double RF_POW10_DOUBLE[19] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8, 1e9,
                                           1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18};

/* Python hashes a rational modulo this prime, so that equal numbers hash alike whatever their form. */
#define RF_HASH_PRIME ((1ULL << 61) - 1)

/* 10^-k modulo the prime. */
static const uint64_t RF_HASH_INVERSE[19] = {
    1u,                   2075258708292324556u, 1129863074514710036u, 1035323511136948584u, 1487038156641911229u,
    379288116585560518u,  499097413501294842u,  1894584148721084645u, 1342379919478955440u, 134237991947895544u,
    1396929604723005925u, 1292614465079147568u, 590430048350653547u,  750795907599173540u,  75079590759917354u,
    1391013764604208106u, 1061438580145898391u, 2181402566306914395u, 1371061761237538415u};

static inline uint64_t rf_magnitude(int64_t mantissa) {
    return mantissa < 0 ? 0 - (uint64_t)mantissa : (uint64_t)mantissa;
}

/* Mantissas of 2^53 and more: divide with 11 spare bits and a sticky one, then round once. */
static inline double rf_to_float_wide(int64_t mantissa, int exp) {
    if (mantissa == RF_NULL) return (double)NAN;
    unsigned __int128 scaled = (unsigned __int128)rf_magnitude(mantissa) << 64;
    unsigned __int128 divisor = (unsigned __int128)RF_POW10[-exp];
    unsigned __int128 quotient = scaled / divisor;
    if (quotient * divisor != scaled) quotient |= 1;
    double rounded = (double)quotient * 0x1p-64;
    return mantissa < 0 ? -rounded : rounded;
}

/* The nearest double; NaN for RF_NULL. Both operands of the division are exact, so it rounds once. */
static inline double rf_to_float(int64_t mantissa, int exp) {
    if (__builtin_expect(mantissa < (1LL << 53) && mantissa > -(1LL << 53), 1))
        return (double)mantissa / RF_POW10_DOUBLE[-exp];
    return rf_to_float_wide(mantissa, exp);
}

/* -1, 0 or 1 by value. RF_NULL is less than any number and equal to itself at any exponent. */
static inline int rf_compare(int64_t a, int a_exp, int64_t b, int b_exp) {
    if (a_exp == b_exp || a == RF_NULL || b == RF_NULL) return (a > b) - (a < b);
    __int128 left = a, right = b; /* 63 bits times 10^18 fits in 123 */
    if (a_exp > b_exp)
        left *= RF_POW10[a_exp - b_exp];
    else
        right *= RF_POW10[b_exp - a_exp];
    return (left > right) - (left < right);
}

/* The mantissa of the same value at another exponent. Returns an rf_number_fault; *out only set on RF_NUMBER_OK. */
static inline int rf_rescale(int64_t mantissa, int from_exp, int to_exp, int64_t *out) {
    int64_t scaled;
    if (mantissa == RF_NULL || mantissa == 0 || from_exp == to_exp) {
        *out = mantissa;
        return RF_NUMBER_OK;
    }
    if (to_exp < from_exp) {
        if (from_exp - to_exp > 18 || __builtin_mul_overflow(mantissa, RF_POW10[from_exp - to_exp], &scaled) ||
            scaled == RF_NULL)
            return RF_NUMBER_TOO_LARGE;
    } else {
        if (to_exp - from_exp > 18) return RF_NUMBER_TOO_PRECISE;
        scaled = mantissa / RF_POW10[to_exp - from_exp];
        if (scaled * RF_POW10[to_exp - from_exp] != mantissa) return RF_NUMBER_TOO_PRECISE;
    }
    *out = scaled;
    return RF_NUMBER_OK;
}

/* Python's hash of the number's magnitude: equal values hash alike at any exponent. */
static inline uint64_t rf_hash(int64_t mantissa, int exp) {
    if (mantissa == RF_NULL) return 0x5bd1e995u;
    uint64_t hashed = (uint64_t)((unsigned __int128)(rf_magnitude(mantissa) % RF_HASH_PRIME) * RF_HASH_INVERSE[-exp] %
                                 RF_HASH_PRIME);
    return mantissa < 0 ? ~hashed : hashed;
}

/* Fold one more value into a hash (the multiplier is 2^64 over the golden ratio, as in Knuth 6.4). */
static inline uint64_t rf_mix(uint64_t hashed, uint64_t value) {
    hashed = (hashed ^ value) * 0x9E3779B97F4A7C15ULL;
    return hashed ^ (hashed >> 29);
}

/* Bring mantissa * 10^exp into the record's range of exponents, dropping zeros where that helps. */
static inline int rf_settle(uint64_t magnitude, long exp, int negative, rf_decimal *out) {
    if (magnitude == 0 && exp > 0) exp = 0;
    for (; exp > 0; exp--)
        if (magnitude > INT64_MAX / 10 || __builtin_mul_overflow(magnitude, 10, &magnitude)) return RF_NUMBER_TOO_LARGE;
    for (; exp < RF_MIN_EXP && magnitude != 0; exp++) {
        if (magnitude % 10) return RF_NUMBER_TOO_PRECISE;
        magnitude /= 10;
    }
    if (magnitude > INT64_MAX) return RF_NUMBER_TOO_LARGE;
    out->mantissa = negative ? -(int64_t)magnitude : (int64_t)magnitude;
    out->exp = (int8_t)(exp < RF_MIN_EXP ? RF_MIN_EXP : exp);
    return RF_NUMBER_OK;
}

/* Parse [sign] digits [. digits] [e [sign] digits], all of it; the places that the text gives are kept ("1.50" has two). */
static inline int rf_parse(const char *text, ptrdiff_t length, rf_decimal *out) {
    const char *at = text, *end = text + length;
    uint64_t magnitude = 0;
    long exp = 0, written = 0;
    int negative = 0, after_point = 0, digits = 0, full = 0, lost = 0;
    if (at < end && (*at == '-' || *at == '+')) negative = *at++ == '-';
    for (; at < end; at++) {
        unsigned digit = (unsigned)(unsigned char)*at - '0';
        if (digit > 9) {
            if (*at != '.' || after_point) break;
            after_point = 1;
            continue;
        }
        digits = 1;
        if (!full && magnitude <= ((uint64_t)INT64_MAX - digit) / 10) {
            magnitude = magnitude * 10 + digit;
            exp -= after_point;
        } else { /* no room for more digits: zeros only move the exponent */
            full = 1;
            lost |= digit != 0;
            exp += !after_point;
        }
    }
    if (!digits) return RF_NUMBER_MALFORMED;
    if (at < end && (*at == 'e' || *at == 'E')) {
        int down = 0;
        if (++at < end && (*at == '-' || *at == '+')) down = *at++ == '-';
        if (at == end) return RF_NUMBER_MALFORMED;
        for (; at < end && (unsigned)((unsigned char)*at - '0') <= 9; at++)
            if (written < 100000) written = written * 10 + (*at - '0');
        exp += down ? -written : written;
    }
    if (at != end) return RF_NUMBER_MALFORMED;
    if (lost) return exp > 0 ? RF_NUMBER_TOO_LARGE : RF_NUMBER_TOO_PRECISE;
    return rf_settle(magnitude, exp, negative, out);
}

/* At its coarsest exponent: what is left to try when the finest one of a group overflows. */
static inline void rf_strip(rf_decimal *number) {
    for (; number->exp < 0 && number->mantissa % 10 == 0; number->exp++) number->mantissa /= 10;
}

static inline int rf_align_once(rf_decimal *numbers, ptrdiff_t count, int8_t *exp) {
    int8_t finest = 0, same = 1;
    for (ptrdiff_t index = 0; index < count; index++)
        if (numbers[index].mantissa != RF_NULL && numbers[index].exp < finest) finest = numbers[index].exp;
    for (ptrdiff_t index = 0; index < count; index++) same &= numbers[index].exp == finest;
    for (ptrdiff_t index = 0; !same && index < count; index++) {
        if (rf_rescale(numbers[index].mantissa, numbers[index].exp, finest, &numbers[index].mantissa)) return 0;
        numbers[index].exp = finest;
    }
    *exp = finest;
    return 1;
}

/* Bring numbers to the finest exponent among them, in place, so that they can share it; 0 when they do not fit so. */
static inline int rf_align(rf_decimal *numbers, ptrdiff_t count, int8_t *exp) {
    if (rf_align_once(numbers, count, exp)) return 1;
    for (ptrdiff_t index = 0; index < count; index++)
        if (numbers[index].mantissa != RF_NULL) rf_strip(&numbers[index]);
    return rf_align_once(numbers, count, exp);
}

/* The shortest decimal that reads back as this double, when it has at most 15 digits: then it is the only one, because
 * decimals of 15 digits map to different doubles. Returns 0 when the caller must ask for the repr. */
static inline int rf_from_double(double value, rf_decimal *out) {
    for (int places = 0; places <= 15; places++) {
        double scaled = value * RF_POW10_DOUBLE[places];
        if (!(scaled < 1e15 && scaled > -1e15)) return 0;
        int64_t mantissa = (int64_t)(scaled + (scaled < 0 ? -0.5 : 0.5));
        if ((double)mantissa / RF_POW10_DOUBLE[places] == value) {
            out->mantissa = mantissa;
            out->exp = (int8_t)-places;
            return 1;
        }
    }
    return 0;
}

/* Write "-123.45" (never an exponent); room for 24 bytes needed. Returns the length; 0 for RF_NULL. */
static inline int rf_format(int64_t mantissa, int exp, char *out) {
    char digits[24];
    int count = 0, length = 0;
    if (mantissa == RF_NULL) return 0;
    uint64_t rest = rf_magnitude(mantissa);
    for (; rest != 0 || count <= -exp; rest /= 10) digits[count++] = (char)('0' + rest % 10);
    if (mantissa < 0) out[length++] = '-';
    while (count > 0) {
        if (count == -exp) out[length++] = '.';
        out[length++] = digits[--count];
    }
    return length;
}

#endif
