/* The monotonic clock, for measuring; the engine's own time is its stream's. */
#ifndef REGIMEFLOW_TIMESTAMPS_H
#define REGIMEFLOW_TIMESTAMPS_H

#include <stdint.h>
#include <time.h>

static inline int64_t rf_monotonic_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

#endif
