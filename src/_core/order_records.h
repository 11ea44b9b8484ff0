/* The order table's records: hot, fills and cold parts in slabs that never move, and the fingerprints of ids.
 *
 * An internal id is slot | generation << 32; a slot's generation grows each time the slot is given out again.
 */
#ifndef REGIMEFLOW_ORDER_RECORDS_H
#define REGIMEFLOW_ORDER_RECORDS_H

#include "layout.h"
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define OT_NONE UINT32_MAX
#define OT_FIRST 4
#define OT_SLAB_SHIFT 14
#define OT_SLAB_SLOTS (1u << OT_SLAB_SHIFT)
#define OT_CLIENT_INLINE 36
#define OT_BROKER_INLINE 38
#define OT_DIGITS 13 /* base 32 digits of a 64-bit id */

__extension__ typedef __int128 ot_i128;

typedef struct ot_fp {
    uint64_t lo, hi;
} ot_fp;

enum ot_record_flag {
    OT_IN_USE = 1,
    OT_IN_DOUBT = 2,
    OT_EXTERNAL = 4,  /* placed by somebody else, adopted */
    OT_OWN_ID = 8,    /* the client id is made from the internal id: no index entry */
    OT_IN_DONE = 16,  /* waits in the queue of ended orders */
    OT_HAS_BROKER = 32,
};

/* What every report touches: one cache line. */
typedef struct ot_hot {
    uint32_t generation;
    uint32_t symbol;
    uint8_t status, side;
    int8_t px_exp, qty_exp;
    uint8_t flags;
    uint8_t foretold_bits; /* bits of the first: known only because a correction named it */
    uint16_t n_fills;     /* fingerprints stored, stops at its maximum */
    int64_t order_qty, cum_qty;
    ot_i128 notional; /* sum of px * qty, at px_exp + qty_exp */
    uint32_t open_at; /* place in the list of open orders */
    uint32_t broker_tag; /* of the newest broker id */
    int64_t updated_at_ns;
} ot_hot;

typedef struct ot_fill {
    int64_t qty, px; /* qty 0: busted */
} ot_fill;

/* An execution with its id: two to a cache line. */
typedef struct ot_kept {
    ot_fp exec_id;
    ot_fill fill;
} ot_kept;

typedef struct ot_cold {
    int64_t limit_px, stop_px;
    int64_t created_at_ns, expire_time_ns;
    int64_t venue_cum_qty; /* the most that the venue has said to have filled */
    uint32_t next;         /* in the queue of ended orders, or of free slots */
    uint32_t notes;        /* later fills, older broker ids */
    uint16_t strategy;
    uint8_t ord_type, time_in_force;
    uint8_t client_len, broker_len;
    char client_id[OT_CLIENT_INLINE]; /* longer text: a pointer to it */
    char broker_id[OT_BROKER_INLINE];
} ot_cold;

/* An order's parts lie side by side: the first two executions of an order touch two lines, the next two one more. */
typedef struct ot_record {
    ot_hot hot;
    ot_kept first[OT_FIRST]; /* the first executions; later ones are notes */
    ot_cold cold;
} ot_record;

_Static_assert(sizeof(ot_hot) == 64, "hot");
_Static_assert(sizeof(ot_kept) == 32, "kept");
_Static_assert(sizeof(ot_cold) == 128, "cold");
_Static_assert(sizeof(ot_record) == 320, "record");

#define OT_SLAB_BYTES (OT_SLAB_SLOTS * sizeof(ot_record))

/* Source of the constants: the digits of pi, as in wyhash's manner any odd random numbers do. */
#define OT_K0 0x243f6a8885a308d3ull
#define OT_K1 0x13198a2e03707345ull
#define OT_K2 0xa4093822299f31d1ull
#define OT_K3 0x082efa98ec4e6c89ull

static inline uint64_t ot_mum(uint64_t a, uint64_t b) {
    unsigned __int128 product = (unsigned __int128)a * b;
    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

static inline uint64_t ot_load(const char *text) {
    uint64_t word;
    memcpy(&word, text, sizeof word);
    return word;
}

/* The identity of a text: itself up to 15 bytes, else 127 bits of hash. At least 16 bytes are readable (a record's field). */
static inline ot_fp ot_fp_of(const char *text, size_t n) {
    ot_fp fp = {0, 0};
    if (n <= 15) {
        fp.lo = ot_load(text);
        fp.hi = ot_load(text + 8);
        if (n < 8) {
            fp.lo &= (1ull << 8 * n) - 1;
            fp.hi = 0;
        } else {
            fp.hi &= (1ull << 8 * (n - 8)) - 1;
        }
        fp.hi |= (uint64_t)n << 56;
        return fp;
    }
    uint64_t one = OT_K0 ^ n, two = OT_K1 + n;
    for (size_t at = 0;; at += 16) {
        if (at + 16 > n)
            at = n - 16;
        uint64_t a = ot_load(text + at), b = ot_load(text + at + 8);
        one = ot_mum(a ^ one, b ^ OT_K2);
        two = ot_mum(b ^ two, a ^ OT_K3);
        if (at + 16 == n)
            break;
    }
    fp.lo = ot_mum(one ^ OT_K3, n ^ OT_K0) ^ two;
    fp.hi = ot_mum(two ^ OT_K2, one ^ OT_K1) | 1ull << 63;
    return fp;
}

/* The same of a text of any memory. */
static inline ot_fp ot_fp_of_text(const char *text, size_t n) {
    char room[16] = {0};
    if (n > 15)
        return ot_fp_of(text, n);
    memcpy(room, text, n);
    return ot_fp_of(room, n);
}

static inline int ot_fp_same(ot_fp a, ot_fp b) { return a.lo == b.lo && a.hi == b.hi; }

/* A fingerprint within a space of its own: of one symbol, of one kind of id. */
static inline ot_fp ot_fp_within(ot_fp fp, uint64_t space) {
    ot_fp mixed = {ot_mum(fp.lo ^ OT_K0, (fp.hi + space) ^ OT_K1) ^ fp.hi, ot_mum(fp.hi ^ OT_K2, fp.lo ^ space ^ OT_K3)};
    mixed.hi |= 1ull << 63;
    return mixed;
}

static inline uint64_t ot_id(uint32_t slot, uint32_t generation) { return (uint64_t)generation << 32 | slot; }

static const int64_t ot_pow10[19] = {1ll, 10ll, 100ll, 1000ll, 10000ll, 100000ll, 1000000ll, 10000000ll, 100000000ll,
    1000000000ll, 10000000000ll, 100000000000ll, 1000000000000ll, 10000000000000ll, 100000000000000ll, 1000000000000000ll,
    10000000000000000ll, 100000000000000000ll, 1000000000000000000ll};

/* m * 10^from as *out * 10^to: 0, or -1 when it does not fit exactly. RF_NULL stays. */
static inline int ot_rescale(int64_t m, int from, int to, int64_t *out) {
    int by = from - to;
    *out = m;
    if (by == 0 || m == RF_NULL || m == 0)
        return 0;
    if (by > 18 || by < -18)
        return -1;
    if (by > 0)
        return __builtin_mul_overflow(m, ot_pow10[by], out) ? -1 : 0;
    if (m % ot_pow10[-by])
        return -1;
    *out = m / ot_pow10[-by];
    return 0;
}

/* Texts: inline up to the room, else in memory of their own. */
static inline const char *ot_text(const char *room, size_t capacity, size_t n) {
    const char *far;
    if (n <= capacity)
        return room;
    memcpy(&far, room, sizeof far);
    return far;
}

static inline void ot_text_clear(char *room, size_t capacity, uint8_t *n) {
    if (*n > capacity)
        free((void *)ot_text(room, capacity, *n));
    *n = 0;
}

static inline int ot_text_set(char *room, size_t capacity, uint8_t *n, const char *text, size_t length) {
    char *far = NULL;
    if (length > capacity) {
        far = malloc(length);
        if (!far)
            return -1;
        memcpy(far, text, length);
    }
    ot_text_clear(room, capacity, n);
    if (far)
        memcpy(room, &far, sizeof far);
    else
        memcpy(room, text, length);
    *n = (uint8_t)length;
    return 0;
}

/* Memory for long: zero, in huge pages where the kernel has them and `huge` says so. NULL when there is none. */
static inline void *ot_pages(size_t bytes, int huge) {
    void *block = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (block == MAP_FAILED)
        return NULL;
#ifdef MADV_HUGEPAGE
    if (huge)
        madvise(block, bytes, MADV_HUGEPAGE);
#else
    (void)huge;
#endif
    return block;
}

/* Fault in the pages of records [first, last), which nobody has written yet. */
static inline void ot_touch(ot_record *slab, uint32_t first, uint32_t last) {
    volatile char *end = (volatile char *)(slab + last);
    for (volatile char *at = (volatile char *)(slab + first); at < end; at += 4096)
        *at = 0;
}

#endif
