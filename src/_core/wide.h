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

/* Whether px is further than share / 10^11 of |reference| above it (below it: exchange the two). A share is not negative, so a
 * price that is not above it at all is in no need of products: the common case. */
static inline int rf_is_beyond(int64_t px, int64_t below, int64_t reference, int64_t share) {
    if (px <= below) return 0;
    unsigned __int128 distance = (unsigned __int128)((uint64_t)px - (uint64_t)below) * 100000000000u;
    uint64_t size = reference < 0 ? -(uint64_t)reference : (uint64_t)reference;
    return distance > (unsigned __int128)size * (uint64_t)share;
}

/* a + b, held at the ends of the range. */
static inline int64_t rf_add(int64_t a, int64_t b) {
    int64_t sum;
    if (__builtin_add_overflow(a, b, &sum)) return a < 0 ? INT64_MIN + 1 : INT64_MAX;
    return sum;
}

#endif
