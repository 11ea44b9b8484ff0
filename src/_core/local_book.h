/* All levels of one symbol's book that are known, as exact integers. Sides are sorted arrays with the best level last, because
 * most changes are near the best: they move few levels. Plain C, no Python.
 */
#ifndef REGIMEFLOW_LOCAL_BOOK_H
#define REGIMEFLOW_LOCAL_BOOK_H

#include "frames.h"

typedef struct rfl_level {
    int64_t px, qty;
} rfl_level;

typedef struct rfl_side {
    rfl_level *levels; /* worst first */
    size_t count, room;
    int64_t reach; /* the worst price that is known for certain, at the book's exponent; RF_NULL: the venue gave all */
    int is_bid;
} rfl_side;

typedef struct rfl_book {
    rfl_side bids, asks;
    int8_t px_exp, qty_exp;
} rfl_book;

enum rfl_outcome { RFL_DONE = 0, RFL_UNFIT = 1, RFL_NO_MEMORY = 2 };

static inline void rfl_clear(rfl_book *book) {
    book->bids.count = book->asks.count = 0;
    book->bids.reach = book->asks.reach = RF_NULL;
    book->bids.is_bid = 1;
    book->asks.is_bid = 0;
    book->px_exp = book->qty_exp = 0;
}

/* Whether a is worse than b. */
static inline int rfl_worse(const rfl_side *side, int64_t a, int64_t b) { return side->is_bid ? a < b : a > b; }

/* The number of levels that are worse than a price. */
static inline size_t rfl_find(const rfl_side *side, int64_t px) {
    size_t low = 0, high = side->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (rfl_worse(side, side->levels[middle].px, px))
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* Set the quantity at a price; 0 removes the level, an absent one harmlessly. What is beyond the reach is not kept: between
 * there and the reach levels may be missing. 0: no memory. */
static inline int rfl_set(rfl_side *side, int64_t px, int64_t qty) {
    if (side->reach != RF_NULL && rfl_worse(side, px, side->reach)) return 1;
    size_t at = rfl_find(side, px);
    if (at < side->count && side->levels[at].px == px) {
        if (qty > 0) {
            side->levels[at].qty = qty;
            return 1;
        }
        side->count--;
        memmove(side->levels + at, side->levels + at + 1, (side->count - at) * sizeof(rfl_level));
        return 1;
    }
    if (qty <= 0) return 1;
    if (side->count == side->room) {
        size_t room = side->room ? side->room * 2 : 256;
        rfl_level *levels = (rfl_level *)realloc(side->levels, room * sizeof(rfl_level));
        if (levels == NULL) return 0;
        side->levels = levels;
        side->room = room;
    }
    memmove(side->levels + at + 1, side->levels + at, (side->count - at) * sizeof(rfl_level));
    side->levels[at].px = px;
    side->levels[at].qty = qty;
    side->count++;
    return 1;
}

static inline int rfl_refine_side(rfl_side *side, int px_from, int px_to, int qty_from, int qty_to) {
    if (rf_rescale(side->reach, px_from, px_to, &side->reach)) return 0;
    for (size_t at = 0; at < side->count; at++)
        if (rf_rescale(side->levels[at].px, px_from, px_to, &side->levels[at].px) ||
            rf_rescale(side->levels[at].qty, qty_from, qty_to, &side->levels[at].qty))
            return 0;
    return 1;
}

/* Move the book to finer exponents. 0: something does not fit, and the book is of no use any more. */
static inline int rfl_refine(rfl_book *book, int px_exp, int qty_exp) {
    if (!rfl_refine_side(&book->bids, book->px_exp, px_exp, book->qty_exp, qty_exp) ||
        !rfl_refine_side(&book->asks, book->px_exp, px_exp, book->qty_exp, qty_exp))
        return 0;
    book->px_exp = (int8_t)px_exp;
    book->qty_exp = (int8_t)qty_exp;
    return 1;
}

/* A level at the book's exponents; the book becomes finer where the level is. */
static inline int rfl_fit(rfl_book *book, const rf_decimal *level, int64_t *px, int64_t *qty) {
    rf_decimal own[2] = {level[0], level[1]};
    if (own[0].exp < book->px_exp) rf_strip(&own[0]);
    if (own[1].exp < book->qty_exp) rf_strip(&own[1]);
    int px_exp = own[0].exp < book->px_exp ? own[0].exp : book->px_exp;
    int qty_exp = own[1].exp < book->qty_exp ? own[1].exp : book->qty_exp;
    if ((px_exp != book->px_exp || qty_exp != book->qty_exp) && !rfl_refine(book, px_exp, qty_exp)) return 0;
    return !rf_rescale(own[0].mantissa, own[0].exp, px_exp, px) && !rf_rescale(own[1].mantissa, own[1].exp, qty_exp, qty);
}

static inline int rfl_apply_level(rfl_book *book, rfl_side *side, const rf_decimal *level) {
    int64_t px = level[0].mantissa, qty = level[1].mantissa;
    if ((level[0].exp != book->px_exp || level[1].exp != book->qty_exp) && !rfl_fit(book, level, &px, &qty)) return RFL_UNFIT;
    return rfl_set(side, px, qty) ? RFL_DONE : RFL_NO_MEMORY;
}

/* Set the levels of one side that a diff names, in its order; an rfl_outcome. */
static inline int rfl_apply(rfl_book *book, rfl_side *side, const rf_decimal *numbers, size_t count) {
    int outcome = RFL_DONE;
    for (size_t at = 0; at < count && outcome == RFL_DONE; at++) outcome = rfl_apply_level(book, side, numbers + 2 * at);
    return outcome;
}

/* Load one side of a snapshot into an empty side: its levels are best first, so that the last first each goes to the end.
 * Where the snapshot has as many levels as were asked for, there may be more beyond its last. An rfl_outcome. */
static inline int rfl_load(rfl_book *book, rfl_side *side, const rf_decimal *numbers, size_t count, size_t asked) {
    int outcome = RFL_DONE;
    for (size_t left = count; left > 0 && outcome == RFL_DONE; left--)
        outcome = rfl_apply_level(book, side, numbers + 2 * (left - 1));
    side->reach = count >= asked && side->count ? side->levels[0].px : RF_NULL;
    return outcome;
}

static inline int rfl_is_crossed(const rfl_book *book) {
    const rfl_side *bids = &book->bids, *asks = &book->asks;
    return bids->count && asks->count && bids->levels[bids->count - 1].px >= asks->levels[asks->count - 1].px;
}

/* Whether fewer levels are certain than a message shows, and the venue has more. */
static inline int rfl_is_thin(const rfl_book *book) {
    return (book->bids.reach != RF_NULL && book->bids.count < RF_BOOK_LEVELS) ||
           (book->asks.reach != RF_NULL && book->asks.count < RF_BOOK_LEVELS);
}

static inline int rfl_best(const rfl_side *side, int64_t *px, int64_t *qty) {
    int count = 0;
    for (size_t left = side->count; left > 0 && count < RF_BOOK_LEVELS; left--, count++) {
        px[count] = side->levels[left - 1].px;
        qty[count] = side->levels[left - 1].qty;
    }
    return count;
}

/* The best levels as a record, but for symbol, times and ids. */
static inline void rfl_show(const rfl_book *book, rf_book *out) {
    memset(out, 0, sizeof *out);
    out->head.kind = RF_BOOK;
    out->head.n_cells = sizeof(rf_book) / RF_CELL_BYTES;
    out->head.px_exp = book->px_exp;
    out->head.qty_exp = book->qty_exp;
    int bids = rfl_best(&book->bids, out->bid_px, out->bid_qty);
    int asks = rfl_best(&book->asks, out->ask_px, out->ask_qty);
    out->head.extra = (uint32_t)(bids | asks << 8);
}

static inline void rfl_free(rfl_book *book) {
    free(book->bids.levels);
    free(book->asks.levels);
}

#endif
