/* One execution report applied to the order table. Nothing is ever refused with an error: what cannot be right is flagged
 * in the result, and what the venue traded is counted.
 */
#ifndef REGIMEFLOW_ORDER_APPLY_H
#define REGIMEFLOW_ORDER_APPLY_H

#include "order_legs.h"

/* The numbers of a report at the order's exponents. */
typedef struct ot_numbers {
    int64_t order_qty, cum_qty, leaves_qty, last_qty;
    int64_t last_px, limit_px, stop_px;
} ot_numbers;

static inline int ot_read_numbers(const rf_report *r, int px_exp, int qty_exp, ot_numbers *n) {
    int qx = r->head.qty_exp, px = r->head.px_exp;
    if (qx == qty_exp && px == px_exp) {
        *n = (ot_numbers){r->order_qty, r->cum_qty, r->leaves_qty, r->last_qty, r->last_px, r->limit_px, r->stop_px};
        return 0;
    }
    return ot_rescale(r->order_qty, qx, qty_exp, &n->order_qty) || ot_rescale(r->cum_qty, qx, qty_exp, &n->cum_qty) ||
           ot_rescale(r->leaves_qty, qx, qty_exp, &n->leaves_qty) || ot_rescale(r->last_qty, qx, qty_exp, &n->last_qty) ||
           ot_rescale(r->last_px, px, px_exp, &n->last_px) || ot_rescale(r->limit_px, px, px_exp, &n->limit_px) ||
           ot_rescale(r->stop_px, px, px_exp, &n->stop_px);
}

/* Move an order to finer exponents, because a report is finer than it. All or nothing: -1 when a number would not fit. */
static inline int ot_refine(order_table *t, uint32_t slot, int px_exp, int qty_exp) {
    ot_hot hot = *ot_hot_at(t, slot);
    ot_cold *cold = ot_cold_at(t, slot);
    ot_kept first[OT_FIRST];
    int64_t limit_px, stop_px, venue_cum;
    int by = hot.px_exp - px_exp + hot.qty_exp - qty_exp;
    if (by > 18 || __builtin_mul_overflow(hot.notional, (ot_i128)ot_pow10[by], &hot.notional) ||
        ot_rescale(hot.order_qty, hot.qty_exp, qty_exp, &hot.order_qty) ||
        ot_rescale(hot.cum_qty, hot.qty_exp, qty_exp, &hot.cum_qty) ||
        ot_rescale(cold->venue_cum_qty, hot.qty_exp, qty_exp, &venue_cum) ||
        ot_rescale(cold->limit_px, hot.px_exp, px_exp, &limit_px) || ot_rescale(cold->stop_px, hot.px_exp, px_exp, &stop_px))
        return -1;
    memcpy(first, ot_first_at(t, slot), sizeof first);
    for (int n = 0; n < OT_FIRST; n++)
        if (ot_rescale(first[n].fill.qty, hot.qty_exp, qty_exp, &first[n].fill.qty) ||
            ot_rescale(first[n].fill.px, hot.px_exp, px_exp, &first[n].fill.px))
            return -1;
    hot.px_exp = (int8_t)px_exp;
    hot.qty_exp = (int8_t)qty_exp;
    *ot_hot_at(t, slot) = hot;
    memcpy(ot_first_at(t, slot), first, sizeof first);
    cold->limit_px = limit_px;
    cold->stop_px = stop_px;
    cold->venue_cum_qty = venue_cum;
    return 0;
}

static inline int ot_fit(order_table *t, uint32_t slot, const ot_hot *hot, const rf_report *r, ot_numbers *n) {
    if (!ot_read_numbers(r, hot->px_exp, hot->qty_exp, n))
        return 0;
    int px_exp = r->head.px_exp < hot->px_exp ? r->head.px_exp : hot->px_exp;
    int qty_exp = r->head.qty_exp < hot->qty_exp ? r->head.qty_exp : hot->qty_exp;
    if (ot_read_numbers(r, px_exp, qty_exp, n) || ot_refine(t, slot, px_exp, qty_exp))
        return -1;
    return 0;
}

/* A fill that was stored under an exec id. */
typedef struct ot_known {
    int found, foretold;
    int64_t qty, px;
    int first; /* its place, -1 when it is a note */
    ot_note *note;
} ot_known;

static inline ot_known ot_find_fill(order_table *t, uint32_t slot, const ot_hot *hot, ot_fp fp) {
    ot_known known = {0, 0, 0, 0, -1, NULL};
    int n_first = hot->n_fills < OT_FIRST ? hot->n_fills : OT_FIRST;
    const ot_kept *first = ot_first_at(t, slot);
    for (int n = 0; n < n_first; n++)
        if (ot_fp_same(first[n].exec_id, fp)) {
            known = (ot_known){1, hot->foretold_bits >> n & 1, first[n].fill.qty, first[n].fill.px, n, NULL};
            return known;
        }
    if (hot->n_fills <= OT_FIRST)
        return known;
    ot_note *note = ot_note_find(&t->notes, fp, slot);
    if (note) {
        known = (ot_known){1, note->foretold, note->qty, note->px, -1, note};
        if (ot_rescale(note->qty, note->qty_exp, hot->qty_exp, &known.qty) ||
            ot_rescale(note->px, note->px_exp, hot->px_exp, &known.px))
            known.qty = known.px = 0; /* cannot be: an order only becomes finer, within what fits */
    }
    return known;
}

/* Remember a fill: the first ones in the record, the others as notes. When there is no memory it is forgotten. */
static inline void ot_store_fill(order_table *t, uint32_t slot, ot_hot *hot, ot_fp fp, ot_fill fill, int foretold) {
    ot_record *record = (ot_record *)hot;
    int at = hot->n_fills;
    if (at != UINT16_MAX)
        hot->n_fills = (uint16_t)(at + 1);
    if (at < OT_FIRST) {
        record->first[at] = (ot_kept){fp, fill};
        if (foretold)
            hot->foretold_bits |= (uint8_t)(1u << at);
        return;
    }
    ot_note note = {fp, fill.qty, fill.px, slot, 0, hot->px_exp, hot->qty_exp, OT_NOTE_FILL, (uint8_t)foretold};
    ot_note_fill(&t->notes, &record->cold.notes, &note);
}

static inline void ot_change_fill(order_table *t, uint32_t slot, ot_hot *hot, ot_known *known, int64_t qty, int foretold) {
    if (known->note) {
        known->note->foretold = (uint8_t)foretold;
        if (!qty)
            known->note->qty = 0;
        return;
    }
    hot->foretold_bits = (uint8_t)((hot->foretold_bits & ~(1u << known->first)) | (unsigned)foretold << known->first);
    ot_first_at(t, slot)[known->first].fill.qty = qty;
}

static inline int ot_book(ot_hot *hot, ot_fill fill, int sign) {
    int64_t cum;
    ot_i128 notional, amount = (ot_i128)fill.qty * fill.px * sign;
    if (__builtin_add_overflow(hot->cum_qty, sign * fill.qty, &cum) || cum < 0 ||
        __builtin_add_overflow(hot->notional, amount, &notional))
        return -1;
    hot->cum_qty = cum;
    hot->notional = notional;
    return 0;
}

/* TRADE. Its identity is the exec id; without one, the interval of cumulative quantity that it covers, which must start
 * where our fills end (an interval from further on waits until the executions before it are known). */
static inline uint32_t ot_trade(order_table *t, uint32_t slot, ot_hot *hot, const rf_report *r, const ot_numbers *n) {
    ot_fp fp;
    if (n->last_qty == RF_NULL || n->last_qty <= 0 || n->last_px == RF_NULL)
        return OT_BAD_REPORT;
    if (r->exec_id_len) {
        fp = ot_fp_of(r->exec_id, r->exec_id_len);
        ot_known known = ot_find_fill(t, slot, hot, fp);
        if (known.foretold) {
            ot_change_fill(t, slot, hot, &known, 0, 0); /* corrected or busted before it came */
            return OT_DUPLICATE | OT_FORETOLD;
        }
        if (known.found)
            return OT_DUPLICATE;
    } else {
        if (n->cum_qty == RF_NULL)
            return OT_BAD_REPORT;
        if (n->cum_qty <= hot->cum_qty)
            return OT_DUPLICATE;
        if (n->cum_qty - n->last_qty != hot->cum_qty)
            return OT_MISSING_FILLS;
        char text[24];
        memcpy(text, &n->cum_qty, 8);
        memcpy(text + 8, &n->last_qty, 8);
        memcpy(text + 16, "interval", 8);
        fp = ot_fp_of(text, sizeof text);
    }
    ot_fill fill = {n->last_qty, n->last_px};
    if (ot_book(hot, fill, 1))
        return OT_BAD_REPORT;
    ot_store_fill(t, slot, hot, fp, fill, 0);
    t->last.booked = fill;
    return OT_FILL | (hot->cum_qty > hot->order_qty ? OT_OVERFILL : 0) | (ot_is_terminal(hot->status) ? OT_LATE_FILL : 0);
}

/* TRADE_CORRECT and TRADE_CANCEL: undo the fill that exec_ref_id names, and book the corrected one. A fill that is named
 * before it came leaves a foretold one, so that it will not count when it comes: any order of arrival ends the same. */
static inline uint32_t ot_adjust(order_table *t, uint32_t slot, const rf_report *r, const ot_numbers *n) {
    ot_hot *hot = ot_hot_at(t, slot);
    int correct = r->exec_type == OT_EV_TRADE_CORRECT, book = correct;
    ot_fill fill = {0, 0};
    if (!r->exec_ref_id_len)
        return OT_BAD_REPORT;
    if (correct && (!r->exec_id_len || n->last_qty == RF_NULL || n->last_qty < 0 || n->last_px == RF_NULL))
        return OT_BAD_REPORT;
    if (correct)
        fill = (ot_fill){n->last_qty, n->last_px};
    ot_fp ref = ot_fp_of(r->exec_ref_id, r->exec_ref_id_len);
    ot_fp own = r->exec_id_len ? ot_fp_of(r->exec_id, r->exec_id_len) : ref;
    if (r->exec_id_len && !ot_fp_same(own, ref)) {
        ot_known again = ot_find_fill(t, slot, hot, own);
        if (again.found && !again.foretold)
            return OT_DUPLICATE;
        if (again.found) {
            ot_change_fill(t, slot, hot, &again, 0, 0); /* itself undone by a later one that came first */
            book = 0;
        }
    } else if (correct) {
        return OT_BAD_REPORT;
    }
    ot_known known = ot_find_fill(t, slot, hot, ref);
    if (known.found && known.qty == 0 && !book && ot_fp_same(own, ref))
        return OT_DUPLICATE;
    ot_fill undone = {known.qty, known.px};
    ot_hot kept = *hot;
    if ((known.found && ot_book(hot, undone, -1)) || (book && ot_book(hot, fill, 1))) {
        *hot = kept;
        return OT_BAD_REPORT;
    }
    if (known.found)
        ot_change_fill(t, slot, hot, &known, 0, known.foretold);
    else
        ot_store_fill(t, slot, hot, ref, (ot_fill){0, 0}, 1);
    if (!ot_fp_same(own, ref) && (book || !ot_find_fill(t, slot, hot, own).found))
        ot_store_fill(t, slot, hot, own, book ? fill : (ot_fill){0, 0}, 0);
    t->last.undone = undone;
    t->last.booked = book ? fill : (ot_fill){0, 0};
    ot_cold *cold = ot_cold_at(t, slot);
    if (n->cum_qty != RF_NULL)
        cold->venue_cum_qty = n->cum_qty > 0 ? n->cum_qty : 0;
    else if (cold->venue_cum_qty > kept.cum_qty)
        cold->venue_cum_qty += hot->cum_qty - kept.cum_qty; /* what was missing still is */
    else
        cold->venue_cum_qty = hot->cum_qty;
    return OT_ADJUSTED | (hot->cum_qty > hot->order_qty ? OT_OVERFILL : 0);
}

static inline uint32_t ot_restate(order_table *t, uint32_t slot, const ot_numbers *n) {
    ot_hot *hot = ot_hot_at(t, slot);
    ot_cold *cold = ot_cold_at(t, slot);
    uint32_t flags = 0;
    if (n->order_qty != RF_NULL && n->order_qty <= 0)
        return OT_BAD_REPORT;
    if (n->order_qty != RF_NULL && n->order_qty != hot->order_qty) {
        hot->order_qty = n->order_qty;
        flags = OT_TERMS_CHANGED;
    }
    if (n->limit_px != RF_NULL && n->limit_px != cold->limit_px) {
        cold->limit_px = n->limit_px;
        flags = OT_TERMS_CHANGED;
    }
    if (n->stop_px != RF_NULL && n->stop_px != cold->stop_px) {
        cold->stop_px = n->stop_px;
        flags = OT_TERMS_CHANGED;
    }
    return flags;
}

/* What the event does to in_doubt: a request without an answer raises it, an answer clears it. */
static inline uint32_t ot_doubt(ot_hot *hot, uint8_t event) {
    uint8_t before = hot->flags;
    int awaiting = OT_AWAITING >> hot->status & 1;
    if (event == OT_EV_UNKNOWN_OUTCOME) {
        if (awaiting)
            hot->flags |= OT_IN_DOUBT;
    } else if (event == OT_EV_NOT_FOUND) {
        if ((hot->flags & OT_HAS_BROKER || hot->cum_qty) && !ot_is_terminal(hot->status))
            hot->flags |= OT_IN_DOUBT; /* it was there: it may have traded since */
        else
            hot->flags &= ~OT_IN_DOUBT; /* presumed not sent */
    } else if ((event < OT_N_EXEC_TYPES || event == OT_EV_NEW_LEG) && hot->status != OT_ERROR) {
        int same = (event == OT_EV_PENDING_NEW && hot->status == OT_PENDING_NEW) ||
                   (event == OT_EV_PENDING_CANCEL && hot->status == OT_PENDING_CANCEL) ||
                   (event == OT_EV_PENDING_REPLACE && hot->status == OT_PENDING_REPLACE);
        if (!awaiting || same)
            hot->flags &= ~OT_IN_DOUBT;
    }
    return before == hot->flags ? 0 : OT_DOUBT_CHANGED;
}

/* Move an order by an event. Precondition: event < OT_N_EVENTS. */
static inline uint32_t ot_move(order_table *t, uint32_t slot, ot_hot *hot, uint8_t event, int nothing_left) {
    uint32_t row = (uint32_t)((hot->status * OT_N_EVENTS + event) * 2 + nothing_left);
    uint8_t before = hot->status, after = t->next_status[row];
    int was_over = ot_is_over(hot), was_unsent = ot_is_unsent(hot);
    t->hits[row]++;
    if (after == OT_ILLEGAL)
        return OT_BAD_TRANSITION;
    if (after == OT_NEW || after == OT_PARTIALLY_FILLED)
        after = hot->cum_qty > 0 ? OT_PARTIALLY_FILLED : OT_NEW; /* one state, told apart by what has filled */
    hot->status = after;
    uint32_t flags = ot_doubt(hot, event);
    if (before == OT_ERROR || after == OT_ERROR)
        t->n_unsent += (uint32_t)(ot_is_unsent(hot) - was_unsent);
    if (ot_is_over(hot) != was_over)
        ot_relist(t, slot, hot);
    if (after == before)
        return flags;
    flags |= OT_MOVED;
    int ended = ot_is_terminal(after), had_ended = ot_is_terminal(before);
    if (ended != had_ended)
        return flags | (ended ? OT_ENDED : OT_REVIVED);
    return before == OT_ERROR ? flags | OT_REVIVED : flags;
}

/* A change of quantity that we have not heard of, where the venue says whether anything is left and we would differ. */
static inline uint32_t ot_take_quantity(order_table *t, uint32_t slot, ot_hot *hot, const rf_report *r, const ot_numbers *n,
    uint32_t flags) {
    int64_t qty = n->order_qty;
    if (qty == RF_NULL || qty <= 0 || qty == hot->order_qty)
        return flags;
    int is_old = r->exec_type == OT_EV_ORDER_STATUS && (n->cum_qty == RF_NULL || n->cum_qty < hot->cum_qty);
    int raised = qty > hot->order_qty && hot->cum_qty >= hot->order_qty && qty > hot->cum_qty && !is_old;
    int lowered = r->ord_status == OT_FILLED && qty == hot->cum_qty;
    int ended = r->exec_type != OT_EV_TRADE && ot_is_terminal(r->ord_status) && qty >= hot->cum_qty;
    if (!raised && !lowered && !ended)
        return flags;
    hot->order_qty = qty;
    flags = (flags & ~(uint32_t)OT_OVERFILL) | OT_TERMS_CHANGED;
    return raised && hot->status == OT_FILLED ? flags | ot_move(t, slot, hot, OT_EV_REPLACED, 0) : flags;
}

/* A price that we have not heard of, of an order that is over: its last fill may be told before the change that it followed. */
static inline uint32_t ot_take_price(order_table *t, uint32_t slot, const rf_report *r, const ot_numbers *n) {
    ot_cold *cold = ot_cold_at(t, slot);
    int has_ended = r->ord_status < OT_N_STATUS && ot_is_terminal(r->ord_status);
    if (!has_ended || cold->limit_px == RF_NULL || n->limit_px == RF_NULL || n->limit_px == cold->limit_px)
        return 0;
    cold->limit_px = n->limit_px;
    return OT_TERMS_CHANGED;
}

/* The row to look in, and whether anything is left. */
static inline uint8_t ot_event_of(const order_table *t, const rf_report *r, const ot_hot *hot, const ot_numbers *n,
    uint32_t flags, int *nothing_left) {
    uint8_t event = r->exec_type;
    *nothing_left = hot->cum_qty >= hot->order_qty;
    if (event == OT_EV_ORDER_STATUS && r->ord_status < OT_N_STATUS)
        event = t->status_event[r->ord_status];
    if (event == OT_EV_TRADE_CANCEL || event == OT_EV_TRADE_CORRECT) {
        if (*nothing_left)
            return OT_EV_TRADE_CORRECT; /* a bust that leaves the order full is a correction */
        if (n->leaves_qty == 0) {
            *nothing_left = 1; /* and a correction after which the venue works nothing is a bust */
            return OT_EV_TRADE_CANCEL;
        }
    }
    int works = event == OT_EV_REPLACED || event == OT_EV_NEW || event == OT_EV_RESTATED;
    return works && flags & OT_NEW_BROKER_ID ? OT_EV_NEW_LEG : event;
}

/* A report under a new id, of an order that had one, proves a new leg, whether or not we heard of it: its terms hold. */
static inline uint32_t ot_take_leg(order_table *t, uint32_t slot, ot_hot *hot, const rf_report *r, const ot_numbers *n) {
    int killed = hot->status == OT_CANCELLED || hot->status == OT_EXPIRED;
    if (r->exec_type == OT_EV_TRADE && killed) {
        uint32_t flags = ot_restate(t, slot, n);
        return flags | ot_move(t, slot, hot, OT_EV_NEW_LEG, 0);
    }
    int status = r->exec_type == OT_EV_ORDER_STATUS && r->ord_status < OT_N_STATUS;
    uint8_t event = status ? t->status_event[r->ord_status] : r->exec_type;
    return event == OT_EV_NEW ? ot_restate(t, slot, n) : 0;
}

static inline uint32_t ot_apply_to(order_table *t, uint32_t slot, ot_hot *hot, const rf_report *r, ot_fp broker) {
    ot_numbers n;
    uint32_t flags = 0, had_broker = hot->flags & OT_HAS_BROKER;
    int old_leg = 0, nothing_left;
    if (r->exec_type >= OT_N_EXEC_TYPES || (r->head.symbol && r->head.symbol != hot->symbol) ||
        (r->head.side && r->head.side != hot->side) || ot_fit(t, slot, hot, r, &n))
        return OT_BAD_REPORT;
    /* A status that names no state does not say whether a new leg works: whatever names it next does. */
    int is_nameless = r->exec_type == OT_EV_ORDER_STATUS && r->ord_status == OT_ERROR;
    if (r->broker_order_id_len && !(is_nameless && had_broker))
        flags = ot_note_broker_id(t, slot, hot, r, broker, &old_leg);
    /* An older id under which the venue refuses a change, or restates the order (unless one is under way), is what works. */
    int is_changing = hot->status == OT_PENDING_REPLACE, refuses = r->exec_type == OT_EV_REPLACE_REJECTED;
    int restates = r->exec_type == OT_EV_RESTATED && !(old_leg && is_changing);
    if (old_leg && (restates || (refuses && is_changing)))
        ot_promote(t, slot, hot, r, broker);
    if (restates || refuses || r->exec_type == OT_EV_ORDER_STATUS)
        old_leg = 0; /* what the venue says when asked is of the order, whatever its leg */
    if (had_broker && flags & OT_NEW_BROKER_ID)
        flags |= ot_take_leg(t, slot, hot, r, &n);
    int trades = r->exec_type == OT_EV_TRADE || r->exec_type == OT_EV_TRADE_CORRECT || r->exec_type == OT_EV_TRADE_CANCEL;
    if (r->exec_type == OT_EV_TRADE)
        flags |= ot_trade(t, slot, hot, r, &n);
    else if (trades)
        flags |= ot_adjust(t, slot, r, &n);
    else if (!old_leg && (r->exec_type == OT_EV_REPLACED || r->exec_type == OT_EV_RESTATED))
        flags |= ot_restate(t, slot, &n);
    if (n.cum_qty != RF_NULL && !(flags & (OT_BAD_REPORT | OT_DUPLICATE | OT_ADJUSTED))) {
        ot_cold *cold = ot_cold_at(t, slot);
        if (n.cum_qty > hot->cum_qty) {
            flags |= OT_MISSING_FILLS;
            if (n.cum_qty > cold->venue_cum_qty)
                cold->venue_cum_qty = n.cum_qty;
        }
    }
    if (flags & (OT_BAD_REPORT | OT_DUPLICATE) || (trades && !(flags & (OT_FILL | OT_ADJUSTED))))
        return flags;
    int ends = !old_leg && (r->exec_type == OT_EV_CANCELED || r->exec_type == OT_EV_EXPIRED || r->exec_type == OT_EV_REJECTED);
    if (ends || r->exec_type == OT_EV_TRADE || r->exec_type == OT_EV_ORDER_STATUS) {
        flags = ot_take_quantity(t, slot, hot, r, &n, flags);
        flags |= old_leg ? 0 : ot_take_price(t, slot, r, &n);
    }
    uint8_t event = ot_event_of(t, r, hot, &n, had_broker ? flags : 0, &nothing_left);
    int answers = event == OT_EV_CANCEL_REJECTED || event == OT_EV_REPLACE_REJECTED || event == OT_EV_UNKNOWN_OUTCOME;
    flags |= old_leg && !trades && !answers ? OT_OLD_LEG : ot_move(t, slot, hot, event, nothing_left);
    /* What was asked and told nothing new does not touch the order: how long it has rested says whether to believe more. */
    int64_t later = r->head.ts_recv_ns - hot->updated_at_ns; /* ten seconds before and more: our clock was set back */
    if (r->head.ts_recv_ns > 0 && (later > 0 || later < -10000000000ll) && (flags || r->exec_type != OT_EV_ORDER_STATUS))
        hot->updated_at_ns = r->head.ts_recv_ns;
    return flags;
}

#endif
