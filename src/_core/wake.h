/* Waking a sleeping reader: one file descriptor, written only when the reader said that it sleeps.
 *
 * The reader parks (parked = 1), looks at the lanes once more, and sleeps on the descriptor only if they are still empty.
 * A producer publishes, then looks at parked. Each side has a full fence between its store and its load (Dekker), so at
 * least one of them sees the other: either the reader finds the record or the producer finds it parked. Whoever turns
 * parked from 1 to 0 writes, so a burst costs one write.
 */
#ifndef REGIMEFLOW_WAKE_H
#define REGIMEFLOW_WAKE_H

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdint.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/eventfd.h>
#endif

typedef struct rf_wake {
    _Alignas(64) _Atomic(int) parked;
    int read_fd, write_fd; /* -1 until rf_wake_open(); the same one where there is eventfd */
} rf_wake;

static inline void rf_wake_init(rf_wake *wake) {
    atomic_init(&wake->parked, 0);
    wake->read_fd = wake->write_fd = -1;
}

/* 0, or -1 with errno set. Both ends never block. */
static inline int rf_wake_open(rf_wake *wake) {
#ifdef __linux__
    wake->read_fd = wake->write_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    return wake->read_fd < 0 ? -1 : 0;
#else
    int ends[2];
    if (pipe(ends) < 0)
        return -1;
    for (int i = 0; i < 2; i++) {
        fcntl(ends[i], F_SETFD, FD_CLOEXEC);
        fcntl(ends[i], F_SETFL, O_NONBLOCK);
    }
    wake->read_fd = ends[0];
    wake->write_fd = ends[1];
    return 0;
#endif
}

static inline void rf_wake_close(rf_wake *wake) {
    if (wake->read_fd >= 0)
        close(wake->read_fd);
    if (wake->write_fd >= 0 && wake->write_fd != wake->read_fd)
        close(wake->write_fd);
    wake->read_fd = wake->write_fd = -1;
}

/* Swallow old wake-ups and say that the reader is going to sleep; the caller must look at the lanes after this. */
static inline void rf_wake_park(rf_wake *wake) {
    uint64_t count[8];
    ssize_t got = read(wake->read_fd, count, sizeof(count)); /* eventfd wants 8 bytes or more; a pipe may hold several */
    (void)got;                                               /* nothing there is as good as something */
    atomic_store_explicit(&wake->parked, 1, memory_order_relaxed);
    atomic_thread_fence(memory_order_seq_cst); /* pairs with the fence in rf_wake_signal() */
}

/* The reader found something after parking. A wake-up on its way is then only superfluous. */
static inline void rf_wake_unpark(rf_wake *wake) { atomic_store_explicit(&wake->parked, 0, memory_order_relaxed); }

/* After publishing: wake the reader if it sleeps. */
static inline void rf_wake_signal(rf_wake *wake) {
    atomic_thread_fence(memory_order_seq_cst); /* pairs with the fence in rf_wake_park() */
    if (atomic_load_explicit(&wake->parked, memory_order_relaxed) &&
        atomic_exchange_explicit(&wake->parked, 0, memory_order_relaxed)) {
        uint64_t one = 1;
        ssize_t put = write(wake->write_fd, &one, sizeof(one));
        (void)put; /* a full descriptor is readable already */
    }
}

/* Sleep until woken. The caller parked and found the lanes empty. */
static inline void rf_wake_wait(rf_wake *wake) {
    struct pollfd ready = {.fd = wake->read_fd, .events = POLLIN, .revents = 0};
    while (poll(&ready, 1, -1) < 0 && errno == EINTR)
        continue;
}

#endif
