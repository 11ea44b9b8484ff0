/* Binance's hottest frames with their keys in the order that Binance sends, letter by letter. What differs in anything at all,
 * a blank included, is left to the JSON parser; the two agree on the rest (tests/property/test_binance_frames.py).
 */
#ifndef REGIMEFLOW_BINANCE_FAST_H
#define REGIMEFLOW_BINANCE_FAST_H

#include "frames.h"

#define RFV_IS(at, literal) (memcmp((at), (literal), sizeof(literal) - 1) == 0)
#define RFV_SKIP(at, literal) \
    do { \
        if (!RFV_IS(at, literal)) return 0; \
        (at) += sizeof(literal) - 1; \
    } while (0)
#define RFV_READ(at, call) \
    do { \
        if (((at) = (call)) == NULL) return 0; \
    } while (0)

static inline void rfv_begin(rfv_record *record, uint8_t kind, uint8_t cells) {
    record->head.seq = 0;
    record->head.ts_event_ns = 0;
    record->head.kind = kind;
    record->head.n_cells = cells;
    record->head.origin = 0;
    record->head.flags = 0;
    record->head.side = RF_SIDE_NONE;
    record->head.extra = 0;
}

/* Two numbers that share an exponent. 0: they cannot. */
static inline int rfv_pair(rf_decimal *two, int64_t *first, int64_t *second, int8_t *exp) {
    if (two[0].exp != two[1].exp) {
        if (!rf_align(two, 2, exp)) return 0;
    } else {
        *exp = two[0].exp;
    }
    *first = two[0].mantissa;
    *second = two[1].mantissa;
    return 1;
}

/* @bookTicker; at: behind {"u": */
static inline int rfv_fast_quote(rfv_reader *r, const char *at, const char *end) {
    rf_quote *quote = &r->record.quote;
    rf_decimal px[2], qty[2];
    RFV_READ(at, rfv_plain_int(at, &quote->update_id));
    RFV_SKIP(at, ",\"s\":\"");
    RFV_READ(at, rfv_plain_text(at, &r->symbol));
    RFV_SKIP(at, "\",\"b\":\"");
    RFV_READ(at, rfv_plain_number(at, &px[0]));
    RFV_SKIP(at, "\",\"B\":\"");
    RFV_READ(at, rfv_plain_number(at, &qty[0]));
    RFV_SKIP(at, "\",\"a\":\"");
    RFV_READ(at, rfv_plain_number(at, &px[1]));
    RFV_SKIP(at, "\",\"A\":\"");
    RFV_READ(at, rfv_plain_number(at, &qty[1]));
    RFV_SKIP(at, "\"}");
    if (at != end) return 0;
    rfv_begin(&r->record, RF_QUOTE, 1);
    if (!rfv_pair(px, &quote->bid_px, &quote->ask_px, &quote->head.px_exp) ||
        !rfv_pair(qty, &quote->bid_qty, &quote->ask_qty, &quote->head.qty_exp))
        return 0;
    r->kind = RFV_QUOTE;
    return 1;
}

/* @trade, and @aggTrade after its a; at: behind {"e":"trade","E": */
static inline int rfv_fast_tick(rfv_reader *r, const char *at, const char *end, int is_aggregate) {
    rf_tick *tick = &r->record.tick;
    rf_decimal px, qty;
    int64_t stamp;
    r->is_aggregate = is_aggregate;
    RFV_READ(at, rfv_plain_int(at, &stamp));
    if (!rfv_time(stamp, &r->event_ns)) return 0;
    RFV_SKIP(at, ",\"s\":\"");
    RFV_READ(at, rfv_plain_text(at, &r->symbol));
    if (is_aggregate)
        RFV_SKIP(at, "\",\"a\":");
    else
        RFV_SKIP(at, "\",\"t\":");
    RFV_READ(at, rfv_plain_int(at, &tick->trade_id));
    RFV_SKIP(at, ",\"p\":\"");
    RFV_READ(at, rfv_plain_number(at, &px));
    RFV_SKIP(at, "\",\"q\":\"");
    RFV_READ(at, rfv_plain_number(at, &qty));
    RFV_SKIP(at, "\",\"");
    if (is_aggregate) {
        RFV_SKIP(at, "f\":");
        RFV_READ(at, rfv_plain_int(at, &stamp));
        RFV_SKIP(at, ",\"l\":");
        RFV_READ(at, rfv_plain_int(at, &stamp));
        RFV_SKIP(at, ",\"");
    }
    RFV_SKIP(at, "T\":");
    RFV_READ(at, rfv_plain_int(at, &stamp));
    RFV_SKIP(at, ",\"m\":");
    rfv_begin(&r->record, RF_TICK, 1);
    if (RFV_IS(at, "true,\"M\":")) {
        tick->head.side = RF_SIDE_SELL; /* the buyer was the maker */
        at += 9;
    } else {
        RFV_SKIP(at, "false,\"M\":");
        tick->head.side = RF_SIDE_BUY;
    }
    if (RFV_IS(at, "true}"))
        at += 5;
    else
        RFV_SKIP(at, "false}");
    if (at != end || !rfv_time(stamp, &tick->head.ts_event_ns)) return 0;
    tick->last_px = px.mantissa;
    tick->head.px_exp = px.exp;
    tick->last_qty = qty.mantissa;
    tick->head.qty_exp = qty.exp;
    r->kind = RFV_TICK;
    return 1;
}

/* [["1.5","2"],...] ; at: behind the first bracket. What follows the last bracket, or NULL. */
static inline const char *rfv_fast_levels(const char *at, rfv_side *side) {
    side->count = 0;
    if (*at == ']') return at + 1;
    for (;;) {
        if (!RFV_IS(at, "[\"") || !rfv_more(side)) return NULL;
        rf_decimal *level = side->numbers + 2 * side->count;
        if ((at = rfv_plain_number(at + 2, &level[0])) == NULL || !RFV_IS(at, "\",\"")) return NULL;
        if ((at = rfv_plain_number(at + 3, &level[1])) == NULL || !RFV_IS(at, "\"]")) return NULL;
        side->count++;
        at += 3;
        if (at[-1] == ']') return at;
        if (at[-1] != ',') return NULL;
    }
}

/* @depth; at: behind {"e":"depthUpdate","E": */
static inline int rfv_fast_diff(rfv_reader *r, const char *at, const char *end) {
    int64_t stamp;
    RFV_READ(at, rfv_plain_int(at, &stamp));
    RFV_SKIP(at, ",\"s\":\"");
    RFV_READ(at, rfv_plain_text(at, &r->symbol));
    RFV_SKIP(at, "\",\"U\":");
    RFV_READ(at, rfv_plain_int(at, &r->first_id));
    RFV_SKIP(at, ",\"u\":");
    RFV_READ(at, rfv_plain_int(at, &r->last_id));
    RFV_SKIP(at, ",\"b\":[");
    RFV_READ(at, rfv_fast_levels(at, &r->bids));
    RFV_SKIP(at, ",\"a\":[");
    RFV_READ(at, rfv_fast_levels(at, &r->asks));
    RFV_SKIP(at, "}");
    if (at != end || r->first_id > r->last_id || !rfv_time(stamp, &r->event_ns)) return 0;
    r->kind = RFV_DIFF;
    return 1;
}

/* Whether the frame in the scratch is one of these, as Binance writes it, and was read. */
static inline int rfv_binance_fast(rfv_reader *r) {
    const char *at = r->scratch, *end = at + r->length;
    r->stream.length = 0;
    if (RFV_IS(at, "{\"stream\":\"")) {
        RFV_READ(at, rfv_plain_text(at + 11, &r->stream));
        RFV_SKIP(at, "\",\"data\":");
        if (end == r->scratch || *--end != '}') return 0;
    }
    if (RFV_IS(at, "{\"u\":")) return rfv_fast_quote(r, at + 5, end);
    if (!RFV_IS(at, "{\"e\":\"")) return 0;
    at += 6;
    if (RFV_IS(at, "trade\",\"E\":")) return rfv_fast_tick(r, at + 11, end, 0);
    if (RFV_IS(at, "depthUpdate\",\"E\":")) return rfv_fast_diff(r, at + 17, end);
    if (RFV_IS(at, "aggTrade\",\"E\":")) return rfv_fast_tick(r, at + 14, end, 1);
    return 0;
}

/* Read a frame with the JSON parser; returns the kind. */
static inline int rfv_binance_patient(rfv_reader *r, const char *frame, size_t length) {
    if (rfv_take(r, frame, length)) return rfv_binance_json(r);
    r->length = 0;
    return rfv_broken(r, NULL, "", "does not fit in memory");
}

/* Read a frame; returns the kind. */
static inline int rfv_binance(rfv_reader *r, const char *frame, size_t length) {
    if (!rfv_take(r, frame, length)) return rfv_binance_patient(r, frame, length);
    return rfv_binance_fast(r) ? r->kind : rfv_binance_json(r);
}

#endif
