/* What is true of a whole record of any kind: equality and hash by value, and whether it is sound at all. */
#ifndef REGIMEFLOW_RECORDS_H
#define REGIMEFLOW_RECORDS_H

#include <string.h>

#include "decimals.h"
#include "layout.h"

/* What an int64 of a record is measured in. */
enum rf_scale { RF_PLAIN = 0, RF_AT_PX = 1, RF_AT_QTY = 2, RF_AT_AVG_PX = 3, RF_AT_COMMISSION = 4 };

typedef struct rf_field {
    uint16_t offset;
    uint8_t scale;
} rf_field;

#define RF_MOST_FIELDS 10

typedef struct rf_fields {
    uint8_t count;
    rf_field fields[RF_MOST_FIELDS];
} rf_fields;

#define RF_F(type, name, scale) {offsetof(type, name), scale}

/* The int64 fields of each kind; the levels of a book, texts and balances are compared apart. */
static const rf_fields RF_FIELDS[RF_KIND_COUNT] = {
    [RF_QUOTE] = {5,
                  {RF_F(rf_quote, bid_px, RF_AT_PX), RF_F(rf_quote, bid_qty, RF_AT_QTY), RF_F(rf_quote, ask_px, RF_AT_PX),
                   RF_F(rf_quote, ask_qty, RF_AT_QTY), RF_F(rf_quote, update_id, RF_PLAIN)}},
    [RF_TICK] = {3,
                 {RF_F(rf_tick, last_px, RF_AT_PX), RF_F(rf_tick, last_qty, RF_AT_QTY), RF_F(rf_tick, trade_id, RF_PLAIN)}},
    [RF_BAR] = {7,
                {RF_F(rf_bar, open_px, RF_AT_PX), RF_F(rf_bar, high_px, RF_AT_PX), RF_F(rf_bar, low_px, RF_AT_PX),
                 RF_F(rf_bar, close_px, RF_AT_PX), RF_F(rf_bar, vwap_px, RF_AT_PX), RF_F(rf_bar, volume_qty, RF_AT_QTY),
                 RF_F(rf_bar, interval_ns, RF_PLAIN)}},
    [RF_BOOK] = {1, {RF_F(rf_book, update_id, RF_PLAIN)}},
    [RF_REPORT] = {10,
                   {RF_F(rf_report, order_id, RF_PLAIN), RF_F(rf_report, order_qty, RF_AT_QTY),
                    RF_F(rf_report, cum_qty, RF_AT_QTY), RF_F(rf_report, leaves_qty, RF_AT_QTY),
                    RF_F(rf_report, last_qty, RF_AT_QTY), RF_F(rf_report, last_px, RF_AT_PX),
                    RF_F(rf_report, limit_px, RF_AT_PX), RF_F(rf_report, stop_px, RF_AT_PX),
                    RF_F(rf_report, avg_px, RF_AT_AVG_PX), RF_F(rf_report, commission, RF_AT_COMMISSION)}},
    [RF_POSITION] = {3,
                     {RF_F(rf_position, qty, RF_AT_QTY), RF_F(rf_position, avg_px, RF_AT_PX),
                      RF_F(rf_position, market_px, RF_AT_PX)}},
    [RF_ACCOUNT] = {3,
                    {RF_F(rf_account, equity, RF_AT_PX), RF_F(rf_account, cash, RF_AT_PX),
                     RF_F(rf_account, buying_power, RF_AT_PX)}},
    [RF_SYSTEM] = {2, {RF_F(rf_system, code, RF_PLAIN), RF_F(rf_system, value, RF_PLAIN)}},
};

/* Bytes of the fixed part of each kind; text or balances follow it. */
static const uint16_t RF_FIXED_BYTES[RF_KIND_COUNT] = {
    [RF_QUOTE] = sizeof(rf_quote),       [RF_TICK] = sizeof(rf_tick),       [RF_BAR] = sizeof(rf_bar),
    [RF_BOOK] = sizeof(rf_book),         [RF_REPORT] = sizeof(rf_report),   [RF_POSITION] = sizeof(rf_position),
    [RF_ACCOUNT] = sizeof(rf_account),   [RF_SYSTEM] = sizeof(rf_system)};

/* Bytes of the record that are in use: the fixed part and what follows it. */
static inline long rf_used_bytes(const rf_header *record) {
    long used = RF_FIXED_BYTES[record->kind];
    if (record->kind == RF_REPORT || record->kind == RF_SYSTEM) used += record->extra;
    if (record->kind == RF_ACCOUNT) used += (long)record->extra * (long)sizeof(rf_balance);
    return used;
}

static inline int rf_exp_of(const rf_header *record, uint8_t scale) {
    if (scale == RF_AT_PX) return record->px_exp;
    if (scale == RF_AT_QTY) return record->qty_exp;
    if (scale == RF_AT_AVG_PX) return ((const rf_report *)record)->avg_px_exp;
    if (scale == RF_AT_COMMISSION) return ((const rf_report *)record)->commission_exp;
    return 0;
}

static inline int64_t rf_int_at(const rf_header *record, uint16_t offset) {
    int64_t value;
    memcpy(&value, (const char *)record + offset, sizeof value);
    return value;
}

static inline int rf_same_text(const char *a, int a_length, const char *b, int b_length) {
    return a_length == b_length && memcmp(a, b, (size_t)a_length) == 0;
}

static inline int rf_bid_count(const rf_header *book) { return (int)(book->extra & 0xFF); }
static inline int rf_ask_count(const rf_header *book) { return (int)(book->extra >> 8 & 0xFF); }

static inline int rf_same_levels(const rf_book *a, const rf_book *b) {
    for (int level = 0; level < rf_bid_count(&a->head); level++)
        if (rf_compare(a->bid_px[level], a->head.px_exp, b->bid_px[level], b->head.px_exp) ||
            rf_compare(a->bid_qty[level], a->head.qty_exp, b->bid_qty[level], b->head.qty_exp))
            return 0;
    for (int level = 0; level < rf_ask_count(&a->head); level++)
        if (rf_compare(a->ask_px[level], a->head.px_exp, b->ask_px[level], b->head.px_exp) ||
            rf_compare(a->ask_qty[level], a->head.qty_exp, b->ask_qty[level], b->head.qty_exp))
            return 0;
    return 1;
}

static inline int rf_same_report(const rf_report *a, const rf_report *b) {
    return a->exec_type == b->exec_type && a->ord_status == b->ord_status && a->ord_type == b->ord_type &&
           a->time_in_force == b->time_in_force && a->liquidity == b->liquidity &&
           a->ord_rej_reason == b->ord_rej_reason &&
           rf_same_text(a->commission_currency, a->commission_currency_len, b->commission_currency,
                        b->commission_currency_len) &&
           rf_same_text(a->client_order_id, a->client_order_id_len, b->client_order_id, b->client_order_id_len) &&
           rf_same_text(a->broker_order_id, a->broker_order_id_len, b->broker_order_id, b->broker_order_id_len) &&
           rf_same_text(a->exec_id, a->exec_id_len, b->exec_id, b->exec_id_len) &&
           rf_same_text(a->exec_ref_id, a->exec_ref_id_len, b->exec_ref_id, b->exec_ref_id_len) &&
           memcmp(a + 1, b + 1, a->head.extra) == 0;
}

static inline int rf_same_account(const rf_account *a, const rf_account *b) {
    const rf_balance *left = (const rf_balance *)(a + 1), *right = (const rf_balance *)(b + 1);
    if (!rf_same_text(a->currency, a->currency_len, b->currency, b->currency_len)) return 0;
    for (uint32_t index = 0; index < a->head.extra; index++, left++, right++)
        if (!rf_same_text(left->asset, left->asset_len, right->asset, right->asset_len) ||
            rf_compare(left->free, left->exp, right->free, right->exp) ||
            rf_compare(left->locked, left->exp, right->locked, right->exp))
            return 0;
    return 1;
}

/* Equal by value: numbers whatever their exponent; not the place in the stream, not the origin. Both records are sound. */
static inline int rf_same(const rf_header *a, const rf_header *b) {
    if (a->kind != b->kind || a->symbol != b->symbol || a->ts_event_ns != b->ts_event_ns ||
        a->ts_recv_ns != b->ts_recv_ns || a->flags != b->flags || a->side != b->side || a->extra != b->extra)
        return 0;
    const rf_fields *known = &RF_FIELDS[a->kind];
    for (int index = 0; index < known->count; index++) {
        const rf_field *field = &known->fields[index];
        if (rf_compare(rf_int_at(a, field->offset), rf_exp_of(a, field->scale), rf_int_at(b, field->offset),
                       rf_exp_of(b, field->scale)))
            return 0;
    }
    if (a->kind == RF_BOOK) return rf_same_levels((const rf_book *)a, (const rf_book *)b);
    if (a->kind == RF_REPORT) return rf_same_report((const rf_report *)a, (const rf_report *)b);
    if (a->kind == RF_ACCOUNT) return rf_same_account((const rf_account *)a, (const rf_account *)b);
    if (a->kind == RF_SYSTEM)
        return memcmp((const rf_system *)a + 1, (const rf_system *)b + 1, a->extra) == 0;
    return 1;
}

/* Equal records hash alike; -1 never, because Python keeps it for errors. */
static inline int64_t rf_hash_record(const rf_header *record) {
    const rf_fields *known = &RF_FIELDS[record->kind];
    uint64_t hashed = rf_mix(record->kind, record->symbol);
    hashed = rf_mix(hashed, (uint64_t)record->ts_event_ns);
    for (int index = 0; index < known->count; index++) {
        const rf_field *field = &known->fields[index];
        hashed = rf_mix(hashed, rf_hash(rf_int_at(record, field->offset), rf_exp_of(record, field->scale)));
    }
    if (record->kind == RF_BOOK && rf_bid_count(record) > 0)
        hashed = rf_mix(hashed, rf_hash(((const rf_book *)record)->bid_px[0], record->px_exp));
    if (record->kind == RF_BOOK && rf_ask_count(record) > 0)
        hashed = rf_mix(hashed, rf_hash(((const rf_book *)record)->ask_px[0], record->px_exp));
    if (record->kind == RF_REPORT) {
        const rf_report *report = (const rf_report *)record;
        hashed = rf_mix(hashed, (uint64_t)(report->exec_type << 8 | report->ord_status));
        for (int index = 0; index < report->exec_id_len; index++)
            hashed = rf_mix(hashed, (unsigned char)report->exec_id[index]);
    }
    if (record->kind == RF_SYSTEM)
        for (uint32_t index = 0; index < record->extra; index++)
            hashed = rf_mix(hashed, ((const unsigned char *)((const rf_system *)record + 1))[index]);
    return (int64_t)hashed == -1 ? -2 : (int64_t)hashed;
}

static inline int rf_exp_is_sound(int exp) { return exp >= RF_MIN_EXP && exp <= 0; }

/* What is wrong with bytes that claim to be a record of at most so many bytes; NULL: nothing, all access is safe. */
static inline const char *rf_fault_of(const rf_header *record, long bytes) {
    if (bytes < (long)sizeof(rf_header)) return "shorter than a header";
    if (record->kind == RF_PAD || record->kind >= RF_KIND_COUNT) return "of no known kind";
    if ((long)record->n_cells * RF_CELL_BYTES > bytes) return "longer than its bytes";
    if (rf_used_bytes(record) > (long)record->n_cells * RF_CELL_BYTES) return "longer than its cells";
    if (!rf_exp_is_sound(record->px_exp) || !rf_exp_is_sound(record->qty_exp)) return "at an exponent outside -18 to 0";
    if ((record->kind == RF_REPORT || record->kind == RF_SYSTEM) && record->extra > RF_MAX_TEXT)
        return "with too long a text";
    if (record->kind == RF_BOOK &&
        (rf_bid_count(record) > RF_BOOK_LEVELS || rf_ask_count(record) > RF_BOOK_LEVELS || record->extra >> 16))
        return "with too many levels";
    if (record->kind == RF_REPORT) {
        const rf_report *report = (const rf_report *)record;
        if (!rf_exp_is_sound(report->avg_px_exp) || !rf_exp_is_sound(report->commission_exp))
            return "at an exponent outside -18 to 0";
        if (report->commission_currency_len > sizeof report->commission_currency ||
            report->client_order_id_len > sizeof report->client_order_id ||
            report->broker_order_id_len > sizeof report->broker_order_id ||
            report->exec_id_len > sizeof report->exec_id || report->exec_ref_id_len > sizeof report->exec_ref_id)
            return "with a text longer than its field";
    }
    if (record->kind == RF_ACCOUNT) {
        const rf_account *account = (const rf_account *)record;
        const rf_balance *balance = (const rf_balance *)(account + 1);
        if (account->currency_len > sizeof account->currency) return "with a text longer than its field";
        for (uint32_t index = 0; index < record->extra; index++, balance++)
            if (!rf_exp_is_sound(balance->exp) || balance->asset_len > sizeof balance->asset)
                return "with a broken balance";
    }
    return NULL;
}

#endif
