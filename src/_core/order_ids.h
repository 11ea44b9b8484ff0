/* By which ids an order is found, and which were used before: our own client order ids, the venue's, the guard. */
#ifndef REGIMEFLOW_ORDER_IDS_H
#define REGIMEFLOW_ORDER_IDS_H

#include "order_table.h"

/* Client order ids of our own making: prefix and 13 digits of the internal id, so that they need no index. */
static const char ot_alphabet[33] = "0123456789abcdefghjkmnpqrstvwxyz";
static const uint8_t ot_digit[256] = {['0'] = 1, ['1'] = 2, ['2'] = 3, ['3'] = 4, ['4'] = 5, ['5'] = 6, ['6'] = 7, ['7'] = 8,
    ['8'] = 9, ['9'] = 10, ['a'] = 11, ['b'] = 12, ['c'] = 13, ['d'] = 14, ['e'] = 15, ['f'] = 16, ['g'] = 17, ['h'] = 18,
    ['j'] = 19, ['k'] = 20, ['m'] = 21, ['n'] = 22, ['p'] = 23, ['q'] = 24, ['r'] = 25, ['s'] = 26, ['t'] = 27, ['v'] = 28,
    ['w'] = 29, ['x'] = 30, ['y'] = 31, ['z'] = 32};

static inline void ot_write_digits(uint64_t order_id, char *out) {
    for (int n = OT_DIGITS - 1; n >= 0; n--, order_id >>= 5)
        out[n] = ot_alphabet[order_id & 31];
}

static inline uint8_t ot_write_own_id(const order_table *t, uint64_t order_id, char *out) {
    memcpy(out, t->prefix, t->prefix_len);
    ot_write_digits(order_id, out + t->prefix_len);
    return (uint8_t)(t->prefix_len + OT_DIGITS);
}

static inline uint64_t ot_read_digits(const char *digits) {
    uint64_t order_id = 0;
    uint32_t wrong = 0;
    for (int at = 0; at < OT_DIGITS; at++) {
        uint32_t digit = ot_digit[(uint8_t)digits[at]] - 1u;
        wrong |= digit >> 5;
        order_id = order_id << 5 | (digit & 31);
    }
    return wrong ? 0 : order_id;
}

/* The internal id in a client order id of our own making; 0 when it is not one. */
static inline uint64_t ot_read_own_id(const order_table *t, const char *text, size_t n) {
    if (n != (size_t)t->prefix_len + OT_DIGITS || memcmp(text, t->prefix, t->prefix_len))
        return 0;
    return ot_read_digits(text + t->prefix_len);
}

/* The same for the sessions before this one, whose orders were put back. */
static inline uint64_t ot_read_earlier_id(const order_table *t, const char *text, size_t n) {
    for (uint32_t at = 0; at < t->n_earlier; at++) {
        const ot_prefix *prefix = &t->earlier[at];
        if (n == (size_t)prefix->len + OT_DIGITS && !memcmp(text, prefix->text, prefix->len))
            return ot_read_digits(text + prefix->len);
    }
    return 0;
}

/* The internal id in a client order id of ours, of whichever session; 0 when it is not ours. */
static inline uint64_t ot_read_our_id(const order_table *t, const char *text, size_t n) {
    uint64_t own = ot_read_own_id(t, text, n);
    return own ? own : ot_read_earlier_id(t, text, n);
}

/* Remember a prefix of an earlier session; the oldest makes room. */
static inline void ot_note_prefix(order_table *t, const char *text, size_t n) {
    if (!n || n > OT_CLIENT_INLINE - OT_DIGITS - 1 || (n == t->prefix_len && !memcmp(text, t->prefix, n)))
        return;
    for (uint32_t at = 0; at < t->n_earlier; at++)
        if (n == t->earlier[at].len && !memcmp(text, t->earlier[at].text, n))
            return;
    ot_prefix *prefix = &t->earlier[t->next_earlier];
    memcpy(prefix->text, text, n);
    prefix->len = (uint8_t)n;
    t->next_earlier = (t->next_earlier + 1) % OT_EARLIER;
    if (t->n_earlier < OT_EARLIER)
        t->n_earlier++;
}

/* This table's own number of a symbol, the same wherever its image goes; the process's numbers are not. */
static inline uint32_t ot_symbol_number(const order_table *t, uint32_t symbol) {
    if (!symbol)
        return 0;
    uint32_t number = symbol < t->symbol_ids ? t->symbol_numbers[symbol] : 0;
    return number ? number : UINT32_MAX;
}

/* Give a symbol its number. -1: no memory, or 65,535 have one. */
static inline int ot_number_symbol(order_table *t, uint32_t symbol) {
    if (ot_symbol_number(t, symbol) != UINT32_MAX)
        return 0;
    if (t->n_symbols == UINT16_MAX)
        return -1;
    uint32_t *symbols = realloc(t->symbols, (t->n_symbols + 1) * sizeof *symbols);
    if (!symbols)
        return -1;
    t->symbols = symbols;
    if (symbol >= t->symbol_ids) {
        uint32_t ids = symbol + 64;
        uint16_t *numbers = realloc(t->symbol_numbers, ids * sizeof *numbers);
        if (!numbers)
            return -1;
        memset(numbers + t->symbol_ids, 0, (ids - t->symbol_ids) * sizeof *numbers);
        t->symbol_numbers = numbers;
        t->symbol_ids = ids;
    }
    symbols[t->n_symbols++] = symbol;
    t->symbol_numbers[symbol] = (uint16_t)t->n_symbols;
    return 0;
}

enum ot_space { OT_SPACE_CLIENT = 1, OT_SPACE_BROKER = 2, OT_SPACE_EXEC = 3 };

static inline int ot_guarded(const order_table *t, ot_fp fp, uint64_t space) {
    ot_fp key = ot_fp_within(fp, space);
    return ot_map_find(&t->guard_now, key) != OT_NONE ||
           (t->guard_before.now && ot_map_find(&t->guard_before, key) != OT_NONE);
}

static inline uint64_t ot_exec_space(const order_table *t, uint32_t symbol) {
    return (uint64_t)ot_symbol_number(t, symbol) << 8 | OT_SPACE_EXEC;
}
static inline uint64_t ot_broker_space(const order_table *t, uint32_t symbol) {
    return (uint64_t)ot_symbol_number(t, symbol) << 8 | OT_SPACE_BROKER;
}

/* Whether an id that we gave is of an order that is no longer here: its slot was given out since, or is free. */
static inline int ot_was_given(const order_table *t, uint64_t order_id) {
    uint64_t given = order_id >> 32;
    if ((uint32_t)order_id >= t->n_slots || !given)
        return 0;
    const ot_hot *hot = ot_hot_at(t, (uint32_t)order_id);
    return given < hot->generation || (given == hot->generation && !(hot->flags & OT_IN_USE));
}

/* The order, or OT_NONE with *retired where one that was retired had this client order id. */
static inline uint32_t ot_find_client(const order_table *t, const char *text, size_t n, int *retired) {
    uint64_t own = ot_read_own_id(t, text, n);
    uint32_t slot = own ? ot_slot_of(t, own) : OT_NONE;
    if (slot != OT_NONE && ot_hot_at(t, slot)->flags & OT_OWN_ID)
        return slot;
    ot_fp fp = ot_fp_of_text(text, n);
    slot = ot_map_find(&t->clients, fp);
    if (slot == OT_NONE) {
        own = own ? own : ot_read_earlier_id(t, text, n);
        *retired |= own ? ot_was_given(t, own) : ot_guarded(t, fp, OT_SPACE_CLIENT);
    }
    return slot;
}

/* Of two orders under one broker id: the open one, else the newer. */
static inline uint32_t ot_likelier(const order_table *t, uint32_t one, uint32_t two) {
    const ot_hot *a = ot_hot_at(t, one), *b = ot_hot_at(t, two);
    int64_t a_ns = ot_cold_at(t, one)->created_at_ns, b_ns = ot_cold_at(t, two)->created_at_ns;
    int a_ended = ot_is_over(a), b_ended = ot_is_over(b);
    if (a_ended != b_ended)
        return a_ended ? two : one;
    if (a_ns != b_ns)
        return a_ns < b_ns ? two : one;
    return ot_id(one, a->generation) < ot_id(two, b->generation) ? two : one;
}

/* Venues number orders by symbol, and some begin again each day: one broker id may name several orders. symbol 0: any.
 * Which one does not depend on where the entries lie: a table that was put back finds the same. */
static inline uint32_t ot_find_broker(const order_table *t, ot_fp fp, uint32_t symbol) {
    ot_walk walk = {0, 0};
    ot_entry sought = ot_entry_of(fp, 0);
    uint32_t slot, found = OT_NONE;
    if (!t->broker_repeats) {
        slot = ot_map_first(&t->brokers, sought);
        if (slot == OT_NONE)
            return OT_NONE;
        ot_prefetch(t, slot);
        return !symbol || ot_hot_at(t, slot)->symbol == symbol ? slot : OT_NONE;
    }
    while ((slot = ot_map_next(&t->brokers, sought, &walk)) != OT_NONE) {
        ot_prefetch(t, slot);
        if (!symbol || ot_hot_at(t, slot)->symbol == symbol)
            found = found == OT_NONE ? slot : ot_likelier(t, found, slot);
    }
    return found;
}

static inline int ot_add_broker(order_table *t, ot_fp fp, uint32_t slot) {
    t->broker_repeats = t->broker_repeats || ot_map_find(&t->brokers, fp) != OT_NONE;
    return ot_map_add(&t->brokers, fp, slot);
}

#endif
