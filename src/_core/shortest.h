/* The shortest decimal that reads back as a double, which is what Python's repr writes: exact, in integers, without libc. */
#ifndef REGIMEFLOW_SHORTEST_H
#define REGIMEFLOW_SHORTEST_H

#include <string.h>

#include "decimals.h"

/* A double as m * 2^e, and the decimals that read back as it: from below to above, in units of half a step of m. */
typedef struct rfs_parts {
    uint64_t m;
    int e;
    int is_even;   /* then the bounds themselves read back as it too */
    int is_narrow; /* a power of two: below it the doubles lie twice as close */
} rfs_parts;

static inline rfs_parts rfs_split(double magnitude) {
    uint64_t bits;
    memcpy(&bits, &magnitude, 8);
    uint64_t low = bits & ((1ULL << 52) - 1);
    int high = (int)(bits >> 52 & 0x7FF);
    rfs_parts parts = {high ? low | 1ULL << 52 : low, (high ? high : 1) - 1075, !(low & 1), high > 1 && low == 0};
    return parts;
}

/* Whether a decimal, `off` away from the double (above it where positive), reads back as it; half: half a step of m. All three
 * are in one unit, in which a quarter of a step may be no integer: compared fourfold. */
static inline int rfs_reads_back(__int128 off, __int128 half, const rfs_parts *parts) {
    __int128 away = off < 0 ? -off : off;
    __int128 left = away * 2, right = off < 0 && parts->is_narrow ? half : half * 2;
    return left < right || (left == right && parts->is_even);
}

/* The decimal with so many places, 0 to 18, that lies nearest, if one reads back. Precondition: 2^-66 < magnitude < 2^53. */
static inline int rfs_with_places(const rfs_parts *parts, int places, uint64_t *mantissa) {
    __int128 scale = (__int128)RF_POW10[places], scaled = (__int128)parts->m * scale;
    int down = -parts->e; /* 0 to 127 */
    if (down == 0) return *mantissa = (uint64_t)scaled, scaled <= INT64_MAX;
    __int128 unit = (__int128)1 << down, whole = scaled >> down, rest = scaled & (unit - 1);
    if (whole >= INT64_MAX) return 0;
    __int128 nearest = whole + (rest * 2 > unit || (rest * 2 == unit && (whole & 1)));
    __int128 off = (nearest - whole) * unit - rest;
    /* half a step of m is scale / 2: everything is doubled, so that it stays an integer */
    if (!rfs_reads_back(off * 2, scale, parts)) {
        if (off >= 0 || !rfs_reads_back((off + unit) * 2, scale, parts)) return 0;
        nearest++; /* the bound above is the wider one */
    }
    *mantissa = (uint64_t)nearest;
    return 1;
}

/* The same for integers of 2^53 and more, whose last `zeros` digits are zeros. Precondition: magnitude < 2^63. */
static inline int rfs_with_zeros(const rfs_parts *parts, int zeros, uint64_t *mantissa) {
    __int128 value = (__int128)parts->m << parts->e, unit = (__int128)RF_POW10[zeros];
    __int128 whole = value / unit, rest = value % unit;
    __int128 nearest = whole + (rest * 2 > unit || (rest * 2 == unit && (whole & 1)));
    __int128 off = nearest * unit - value, step = (__int128)1 << parts->e;
    if (!rfs_reads_back(off * 2, step, parts)) {
        if (off >= 0 || !rfs_reads_back((off + unit) * 2, step, parts)) return 0;
        nearest++;
    }
    *mantissa = (uint64_t)(nearest * unit);
    return nearest * unit <= INT64_MAX;
}

/* The shortest decimal that reads back as this double; an rf_number_fault. */
static inline int rfs_decimal(double value, rf_decimal *out) {
    uint64_t mantissa;
    double magnitude = value < 0 ? -value : value;
    if (rf_from_double(value, out)) return RF_NUMBER_OK;
    if (!(magnitude <= 1.7976931348623157e308)) return RF_NUMBER_NOT_FINITE;
    if (magnitude >= 0x1p63) return RF_NUMBER_TOO_LARGE;
    if (magnitude < 0x1p-65) return RF_NUMBER_TOO_PRECISE;
    rfs_parts parts = rfs_split(magnitude);
    if (parts.e > 0) {
        for (int zeros = 4; zeros >= 0; zeros--)
            if (rfs_with_zeros(&parts, zeros, &mantissa)) {
                out->mantissa = value < 0 ? -(int64_t)mantissa : (int64_t)mantissa;
                return out->exp = 0, RF_NUMBER_OK;
            }
        return RF_NUMBER_TOO_LARGE;
    }
    for (int places = 0; places <= -RF_MIN_EXP; places++)
        if (rfs_with_places(&parts, places, &mantissa)) {
            out->mantissa = value < 0 ? -(int64_t)mantissa : (int64_t)mantissa;
            return out->exp = (int8_t)-places, RF_NUMBER_OK;
        }
    return RF_NUMBER_TOO_PRECISE;
}

#endif
