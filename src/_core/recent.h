/* What left recently: how many orders in a window of time, and which ones exactly. */
#ifndef REGIMEFLOW_RECENT_H
#define REGIMEFLOW_RECENT_H

#include <stdint.h>
#include <stdlib.h>

/* The last `size` moments; the one at `next` is the oldest. Exact: never more than `size` in any window. */
typedef struct rf_window {
    int64_t *moments;
    uint32_t size, next; /* size 0: any number */
    int64_t window_ns;
} rf_window;

/* All digits of an order, and when it left. */
typedef struct rf_key {
    int64_t qty, limit_px, stop_px, moment_ns;
    uint64_t terms; /* a fingerprint of what else was asked; 0: nothing */
    uint32_t symbol;
    uint8_t side, ord_type, is_used;
} rf_key;

/* Open addressing; `count` is a power of two, at most half of it used. */
typedef struct rf_recent {
    rf_key *keys;
    rf_key *seen; /* the place of the key that was looked for last, for when it is added next; NULL: not looked for */
    uint32_t count, used;
    int64_t window_ns; /* 0: nothing is remembered */
} rf_recent;

/* 0, or -1 without memory; then nothing has changed. */
static inline int rf_window_set(rf_window *window, uint32_t size, int64_t window_ns) {
    int64_t *moments = NULL;
    if (size) {
        moments = (int64_t *)malloc(size * sizeof(int64_t));
        if (!moments) return -1;
        for (uint32_t i = 0; i < size; i++) moments[i] = -((int64_t)1 << 62); /* long ago */
    }
    free(window->moments);
    *window = (rf_window){moments, size, 0, window_ns};
    return 0;
}

static inline int rf_window_is_full(const rf_window *window, int64_t now_ns) {
    return window->size && now_ns - window->moments[window->next] < window->window_ns;
}

static inline void rf_window_push(rf_window *window, int64_t now_ns) {
    if (!window->size) return;
    window->moments[window->next] = now_ns;
    window->next = window->next + 1 == window->size ? 0 : window->next + 1;
}

static inline uint64_t rf_key_hash(const rf_key *key) {
    uint64_t h = ((uint64_t)key->symbol << 16) ^ ((uint64_t)key->side << 8) ^ key->ord_type;
    h = (h ^ (uint64_t)key->qty) * 0x9E3779B97F4A7C15u;
    h = (h ^ (h >> 29) ^ (uint64_t)key->limit_px) * 0xBF58476D1CE4E5B9u;
    h = (h ^ (h >> 32) ^ (uint64_t)key->stop_px ^ key->terms) * 0x94D049BB133111EBu;
    return h ^ (h >> 31);
}

/* The place of the key, all digits compared, or the free place where it belongs. */
static inline rf_key *rf_key_find(rf_key *keys, uint32_t count, const rf_key *key) {
    uint32_t place = (uint32_t)rf_key_hash(key) & (count - 1);
    while (keys[place].is_used
           && !(keys[place].qty == key->qty && keys[place].limit_px == key->limit_px && keys[place].stop_px == key->stop_px
                && keys[place].symbol == key->symbol && keys[place].side == key->side
                && keys[place].ord_type == key->ord_type && keys[place].terms == key->terms))
        place = (place + 1) & (count - 1);
    return &keys[place];
}

/* Forget what was looked for: another order is judged now. */
static inline void rf_recent_turn(rf_recent *recent) { recent->seen = NULL; }

static inline int rf_recent_has(rf_recent *recent, const rf_key *key) {
    if (!recent->count) return 0;
    const rf_key *found = recent->seen = rf_key_find(recent->keys, recent->count, key);
    return found->is_used && key->moment_ns - found->moment_ns < recent->window_ns;
}

/* Drop what is too old to count, and double the table when most of it is still young. */
static inline int rf_recent_grow(rf_recent *recent, int64_t now_ns) {
    uint32_t young = 0, count = recent->count ? recent->count : 256;
    for (uint32_t i = 0; i < recent->count; i++)
        young += recent->keys[i].is_used && now_ns - recent->keys[i].moment_ns < recent->window_ns;
    if (4 * (uint64_t)young >= count) count *= 2;
    rf_key *keys = (rf_key *)calloc(count, sizeof(rf_key));
    if (!keys) return -1;
    for (uint32_t i = 0; i < recent->count; i++) {
        const rf_key *old = &recent->keys[i];
        if (old->is_used && now_ns - old->moment_ns < recent->window_ns) *rf_key_find(keys, count, old) = *old;
    }
    free(recent->keys);
    recent->keys = keys;
    recent->seen = NULL;
    recent->count = count;
    recent->used = young;
    return 0;
}

/* 0, or -1 without memory. Precondition: since rf_recent_turn(), no other key was looked for. */
static inline int rf_recent_add(rf_recent *recent, const rf_key *key) {
    if (2 * (uint64_t)recent->used >= recent->count && rf_recent_grow(recent, key->moment_ns)) return -1;
    rf_key *place = recent->seen ? recent->seen : rf_key_find(recent->keys, recent->count, key);
    recent->seen = NULL;
    recent->used += !place->is_used;
    *place = *key;
    return 0;
}

#endif
