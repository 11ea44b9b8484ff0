/* 128-bit products and sums that cannot wrap, for limits on exact numbers. */
#ifndef REGIMEFLOW_WIDE_H
#define REGIMEFLOW_WIDE_H

#include <stdint.h>

/* A limit on a product, as two halves of a signed 128-bit integer. */
typedef struct rf_wide {
    int64_t high;
    uint64_t low;
} rf_wide;

/* Whether |a * b| is above a limit that is not negative. */
static inline int rf_product_above(int64_t a, int64_t b, rf_wide limit) {
    __int128 product = (__int128)a * b;
    __int128 bound = ((__int128)limit.high << 64) | limit.low;
    return (product < 0 ? -product : product) > bound;
}

/* Whether px is further than share / 10^11 of |reference| above it (below it: exchange the two). */
static inline int rf_is_beyond(int64_t px, int64_t below, int64_t reference, int64_t share) {
    __int128 distance = ((__int128)px - below) * 100000000000;
    __int128 size = reference < 0 ? -(__int128)reference : reference;
    return distance > size * share;
}

/* a + b, held at the ends of the range. */
static inline int64_t rf_add(int64_t a, int64_t b) {
    int64_t sum;
    if (__builtin_add_overflow(a, b, &sum)) return a < 0 ? INT64_MIN + 1 : INT64_MAX;
    return sum;
}

#endif
