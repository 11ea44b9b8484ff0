/* A record as an SBE message: header, block, groups, texts. Plain C, no GIL, no allocation. */
#ifndef REGIMEFLOW_WIRE_ENCODE_H
#define REGIMEFLOW_WIRE_ENCODE_H

#include "names.h"
#include "records.h"
#include "wire_schema.h"

/* Names are copied whole, so that no copy has a length known at run time only: what is behind them is written next. */
#define RFW_SLACK sizeof(rf_name)

static inline char *rfw_put_head(char *at, uint16_t template_id, uint16_t block_length) {
    uint16_t version = template_id < RFW_FIRST_OF_VERSION_3 ? RFW_FIRST_VERSION : 3;
    rfw_head head = {block_length, template_id, RFW_SCHEMA_ID, version};
    memcpy(at, &head, sizeof head);
    return at + sizeof head;
}

/* Say in a message's head that it has a type of order that came with version 2. */
static inline void rfw_date(char *message, uint8_t ord_type) {
    uint16_t version = 2;
    if (ord_type > RF_ORD_TRAILING_STOP) memcpy(message + offsetof(rfw_head, version), &version, sizeof version);
}

static inline char *rfw_put_text(char *at, const char *text, uint32_t length) {
    uint16_t short_length = (uint16_t)length;
    memcpy(at, &short_length, 2);
    memcpy(at + 2, text, length);
    return at + 2 + length;
}

static inline char *rfw_put_span(char *at, const rfw_span *text) {
    return rfw_put_text(at, text->bytes, (uint32_t)text->length);
}

static inline char *rfw_put_name(char *at, const rf_name *name) {
    uint16_t length = name->length;
    memcpy(at, &length, 2);
    memcpy(at + 2, name->text, RF_NAME_BYTES);
    return at + 2 + length;
}

static inline char *rfw_put_names(char *at, const rf_names *names, const rf_header *record) {
    at = rfw_put_name(at, rf_name_at(&names->symbols, record->symbol));
    return rfw_put_name(at, rf_name_at(&names->origins, record->origin));
}

/* The start of every record's block; the names of its fields are those of the wire. */
#define RFW_STAMPED(record, last)                                                                                      \
    .seq = (record)->head.seq, .tsEventNs = (record)->head.ts_event_ns, .tsRecvNs = (record)->head.ts_recv_ns,         \
    .pxExp = (record)->head.px_exp, .qtyExp = (record)->head.qty_exp, .flags = (record)->head.flags,                   \
    .last = (record)->head.side

static inline char *rfw_put_quote(char *at, const rf_quote *r) {
    rfw_quote block = {RFW_STAMPED(r, side), .bidPx = r->bid_px, .bidQty = r->bid_qty, .askPx = r->ask_px,
                       .askQty = r->ask_qty, .updateId = r->update_id};
    memcpy(rfw_put_head(at, RF_QUOTE, sizeof block), &block, sizeof block);
    return at + RFW_HEAD_BYTES + sizeof block;
}

static inline char *rfw_put_tick(char *at, const rf_tick *r) {
    rfw_tick block = {RFW_STAMPED(r, side), .lastPx = r->last_px, .lastQty = r->last_qty, .tradeId = r->trade_id};
    memcpy(rfw_put_head(at, RF_TICK, sizeof block), &block, sizeof block);
    return at + RFW_HEAD_BYTES + sizeof block;
}

static inline char *rfw_put_bar(char *at, const rf_bar *r) {
    rfw_bar block = {RFW_STAMPED(r, side), .openPx = r->open_px, .highPx = r->high_px, .lowPx = r->low_px,
                     .closePx = r->close_px, .volumeQty = r->volume_qty, .intervalNs = r->interval_ns,
                     .vwapPx = r->vwap_px, .tradeCount = r->head.extra};
    memcpy(rfw_put_head(at, RF_BAR, sizeof block), &block, sizeof block);
    return at + RFW_HEAD_BYTES + sizeof block;
}

static inline char *rfw_put_levels(char *at, const int64_t *px, const int64_t *qty, int count) {
    rfw_group group = {sizeof(rfw_level), (uint16_t)count};
    memcpy(at, &group, sizeof group);
    at += sizeof group;
    for (int i = 0; i < count; i++, at += sizeof(rfw_level)) {
        rfw_level level = {px[i], qty[i]};
        memcpy(at, &level, sizeof level);
    }
    return at;
}

static inline int rfw_levels(int count) { return count < RF_BOOK_LEVELS ? count : RF_BOOK_LEVELS; }

static inline char *rfw_put_book(char *at, const rf_book *r) {
    rfw_book block = {RFW_STAMPED(r, side), .updateId = r->update_id};
    memcpy(rfw_put_head(at, RF_BOOK, sizeof block), &block, sizeof block);
    at += RFW_HEAD_BYTES + sizeof block;
    at = rfw_put_levels(at, r->bid_px, r->bid_qty, rfw_levels(rf_bid_count(&r->head)));
    return rfw_put_levels(at, r->ask_px, r->ask_qty, rfw_levels(rf_ask_count(&r->head)));
}

static inline char *rfw_put_report(char *at, const rf_report *r) {
    rfw_report block = {RFW_STAMPED(r, side), .execType = r->exec_type, .ordStatus = r->ord_status,
                        .ordType = r->ord_type, .timeInForce = r->time_in_force, .liquidity = r->liquidity,
                        .ordRejReason = r->ord_rej_reason, .avgPxExp = r->avg_px_exp,
                        .commissionExp = r->commission_exp, .orderId = r->order_id, .orderQty = r->order_qty,
                        .cumQty = r->cum_qty, .leavesQty = r->leaves_qty, .lastQty = r->last_qty,
                        .lastPx = r->last_px, .limitPx = r->limit_px, .stopPx = r->stop_px, .avgPx = r->avg_px,
                        .commission = r->commission};
    memcpy(rfw_put_head(at, RF_REPORT, sizeof block), &block, sizeof block);
    rfw_date(at, r->ord_type);
    return at + RFW_HEAD_BYTES + sizeof block;
}

#define RFW_PUT_FIELD(at, r, name) rfw_put_text(at, (r)->name, rfw_at_most((r)->name##_len, sizeof (r)->name))

static inline uint32_t rfw_at_most(uint32_t length, uint32_t most) { return length < most ? length : most; }

static inline char *rfw_put_report_texts(char *at, const rf_report *r) {
    at = RFW_PUT_FIELD(at, r, client_order_id);
    at = RFW_PUT_FIELD(at, r, broker_order_id);
    at = RFW_PUT_FIELD(at, r, exec_id);
    at = RFW_PUT_FIELD(at, r, exec_ref_id);
    at = RFW_PUT_FIELD(at, r, commission_currency);
    return rfw_put_text(at, (const char *)(r + 1), rfw_at_most(r->head.extra, RF_MAX_TEXT));
}

static inline char *rfw_put_position(char *at, const rf_position *r) {
    rfw_position block = {RFW_STAMPED(r, side), .qty = r->qty, .avgPx = r->avg_px, .marketPx = r->market_px};
    memcpy(rfw_put_head(at, RF_POSITION, sizeof block), &block, sizeof block);
    return at + RFW_HEAD_BYTES + sizeof block;
}

static inline char *rfw_put_account(char *at, const rf_account *r) {
    rfw_account block = {RFW_STAMPED(r, side), .equity = r->equity, .cash = r->cash, .buyingPower = r->buying_power};
    rfw_group group = {sizeof(rfw_balance), (uint16_t)r->head.extra};
    const rf_balance *one = (const rf_balance *)(r + 1);
    memcpy(rfw_put_head(at, RF_ACCOUNT, sizeof block), &block, sizeof block);
    memcpy(at + RFW_HEAD_BYTES + sizeof block, &group, sizeof group);
    at += RFW_HEAD_BYTES + sizeof block + sizeof group;
    for (uint32_t i = 0; i < r->head.extra; i++, one++) {
        rfw_balance entry = {one->free, one->locked, one->exp};
        memcpy(at, &entry, sizeof entry);
        at = rfw_put_text(at + sizeof entry, one->asset, rfw_at_most(one->asset_len, sizeof one->asset));
    }
    return at;
}

static inline char *rfw_put_system(char *at, const rf_system *r) {
    rfw_system block = {RFW_STAMPED(r, level), .code = r->code, .value = r->value};
    memcpy(rfw_put_head(at, RF_SYSTEM, sizeof block), &block, sizeof block);
    return at + RFW_HEAD_BYTES + sizeof block;
}

/* Room that is enough for a record's message and for the slack behind it. */
static inline uint32_t rfw_bound(const rf_header *record) {
    uint32_t plain = RFW_HEAD_BYTES + sizeof(rfw_bar) + 2 * (2 + sizeof(rf_name)) + RFW_SLACK;
    if (record->kind == RF_BOOK)
        return plain + 2 * (sizeof(rfw_group) + RF_BOOK_LEVELS * sizeof(rfw_level));
    if (record->kind == RF_REPORT)
        return plain + sizeof(rf_report) + 12 + rfw_at_most(record->extra, RF_MAX_TEXT);
    if (record->kind == RF_ACCOUNT)
        return plain + 24 + record->extra * (uint32_t)(sizeof(rfw_balance) + 2 + sizeof(((rf_balance *)0)->asset));
    return record->kind == RF_SYSTEM ? plain + 2 + rfw_at_most(record->extra, RF_MAX_TEXT) : plain;
}

/* Write a sound record's message; returns its bytes. Precondition: rfw_bound() bytes of room at `out`. */
static inline uint32_t rfw_encode(const rf_header *record, const rf_names *names, char *out) {
    char *at = out;
    switch (record->kind) {
    case RF_QUOTE: at = rfw_put_names(rfw_put_quote(at, (const rf_quote *)record), names, record); break;
    case RF_TICK: at = rfw_put_names(rfw_put_tick(at, (const rf_tick *)record), names, record); break;
    case RF_BAR: at = rfw_put_names(rfw_put_bar(at, (const rf_bar *)record), names, record); break;
    case RF_BOOK: at = rfw_put_names(rfw_put_book(at, (const rf_book *)record), names, record); break;
    case RF_POSITION: at = rfw_put_names(rfw_put_position(at, (const rf_position *)record), names, record); break;
    case RF_REPORT:
        at = rfw_put_names(rfw_put_report(at, (const rf_report *)record), names, record);
        at = rfw_put_report_texts(at, (const rf_report *)record);
        break;
    case RF_ACCOUNT: {
        const rf_account *account = (const rf_account *)record;
        at = rfw_put_names(rfw_put_account(at, account), names, record);
        at = RFW_PUT_FIELD(at, account, currency);
        break;
    }
    case RF_SYSTEM:
        at = rfw_put_names(rfw_put_system(at, (const rf_system *)record), names, record);
        at = rfw_put_text(at, (const char *)((const rf_system *)record + 1), rfw_at_most(record->extra, RF_MAX_TEXT));
        break;
    default: return 0;
    }
    return (uint32_t)(at - out);
}

/* Kinds that are one cell whatever is in them, and that nothing follows but the names. */
static inline int rfw_is_cell(uint8_t kind) { return kind <= RF_BAR || kind == RF_POSITION; }

/* Bytes of the message of a record of one cell. */
static inline uint32_t rfw_cell_size(const rf_header *record, const rf_names *names) {
    return RFW_HEAD_BYTES + RFW_TABLE[record->kind - RF_QUOTE].block_length + 4u +
           rf_name_at(&names->symbols, record->symbol)->length + rf_name_at(&names->origins, record->origin)->length;
}

/* A name without anything behind it: short texts by two pieces that overlap. */
static inline char *rfw_put_name_exactly(char *at, const rf_name *name) {
    uint16_t length = name->length;
    memcpy(at, &length, 2);
    rfw_copy_text(at + 2, name->text, length);
    return at + 2 + length;
}

/* Write the message of a sound record of one cell into exactly rfw_cell_size() bytes. */
static inline void rfw_encode_cell(const rf_header *record, const rf_names *names, char *out) {
    char *at = out;
    switch (record->kind) {
    case RF_QUOTE: at = rfw_put_quote(at, (const rf_quote *)record); break;
    case RF_TICK: at = rfw_put_tick(at, (const rf_tick *)record); break;
    case RF_BAR: at = rfw_put_bar(at, (const rf_bar *)record); break;
    default: at = rfw_put_position(at, (const rf_position *)record); break;
    }
    at = rfw_put_name_exactly(at, rf_name_at(&names->symbols, record->symbol));
    rfw_put_name_exactly(at, rf_name_at(&names->origins, record->origin));
}

#endif
