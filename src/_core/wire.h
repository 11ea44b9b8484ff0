/* The wire format: SBE messages of regimeflow-live.xml from and to records. */
#ifndef REGIMEFLOW_WIRE_H
#define REGIMEFLOW_WIRE_H

#include "wire_decode.h"
#include "wire_encode.h"

#define RFW_TRY(step)                                                                                                  \
    do {                                                                                                               \
        int answer_ = (step);                                                                                          \
        if (answer_ != RFW_OK)                                                                                         \
            return answer_;                                                                                            \
    } while (0)

#define RFW_BLOCK(in, block, spare)                                                                                    \
    do {                                                                                                               \
        (block) = rfw_block_at(in, &(spare), sizeof(spare));                                                           \
        if ((block) == NULL)                                                                                           \
            return RFW_BAD;                                                                                            \
    } while (0)

/* The start of a record's header; the block's fields bear the names of the wire. */
#define RFW_STAMP(record, block, last)                                                                                 \
    do {                                                                                                               \
        (record)->head.seq = (block)->seq;                                                                             \
        (record)->head.ts_event_ns = (block)->tsEventNs;                                                               \
        (record)->head.ts_recv_ns = (block)->tsRecvNs;                                                                 \
        (record)->head.px_exp = (block)->pxExp;                                                                        \
        (record)->head.qty_exp = (block)->qtyExp;                                                                      \
        (record)->head.flags = (block)->flags;                                                                         \
        (record)->head.side = (block)->last;                                                                           \
    } while (0)

static inline int rfw_get_quote(rfw_reader *in, const rf_names *names, rf_quote *r) {
    rfw_quote spare;
    const rfw_quote *block;
    RFW_BLOCK(in, block, spare);
    RFW_STAMP(r, block, side);
    r->bid_px = block->bidPx;
    r->bid_qty = block->bidQty;
    r->ask_px = block->askPx;
    r->ask_qty = block->askQty;
    r->update_id = block->updateId;
    return rfw_take_names(in, names, &r->head);
}

static inline int rfw_get_tick(rfw_reader *in, const rf_names *names, rf_tick *r) {
    rfw_tick spare;
    const rfw_tick *block;
    RFW_BLOCK(in, block, spare);
    RFW_STAMP(r, block, side);
    r->last_px = block->lastPx;
    r->last_qty = block->lastQty;
    r->trade_id = block->tradeId;
    return rfw_take_names(in, names, &r->head);
}

static inline int rfw_get_bar(rfw_reader *in, const rf_names *names, rf_bar *r) {
    rfw_bar spare;
    const rfw_bar *block;
    RFW_BLOCK(in, block, spare);
    RFW_STAMP(r, block, side);
    r->open_px = block->openPx;
    r->high_px = block->highPx;
    r->low_px = block->lowPx;
    r->close_px = block->closePx;
    r->vwap_px = block->vwapPx;
    r->volume_qty = block->volumeQty;
    r->interval_ns = block->intervalNs;
    r->head.extra = block->tradeCount;
    return rfw_take_names(in, names, &r->head);
}

static inline int rfw_get_book(rfw_reader *in, const rf_names *names, rf_book *r) {
    rfw_book spare;
    const rfw_book *block;
    uint32_t bids = 0, asks = 0;
    memset(r, 0, sizeof *r);
    r->head.kind = RF_BOOK;
    RFW_BLOCK(in, block, spare);
    RFW_STAMP(r, block, side);
    r->update_id = block->updateId;
    RFW_TRY(rfw_take_levels(in, r->bid_px, r->bid_qty, &bids));
    RFW_TRY(rfw_take_levels(in, r->ask_px, r->ask_qty, &asks));
    r->head.extra = bids | asks << 8;
    return rfw_take_names(in, names, &r->head);
}

#define RFW_TAKE_FIELD(in, r, name)                                                                                    \
    do {                                                                                                               \
        uint32_t length_;                                                                                              \
        RFW_TRY(rfw_take_text(in, (r)->name, sizeof (r)->name, &length_));                                             \
        (r)->name##_len = (uint8_t)length_;                                                                            \
    } while (0)

static inline int rfw_get_report_texts(rfw_reader *in, const rf_names *names, rf_report *r) {
    RFW_TRY(rfw_take_names(in, names, &r->head));
    RFW_TAKE_FIELD(in, r, client_order_id);
    RFW_TAKE_FIELD(in, r, broker_order_id);
    RFW_TAKE_FIELD(in, r, exec_id);
    RFW_TAKE_FIELD(in, r, exec_ref_id);
    RFW_TAKE_FIELD(in, r, commission_currency);
    return rfw_take_text(in, (char *)(r + 1), RF_MAX_TEXT, &r->head.extra);
}

static inline int rfw_get_report(rfw_reader *in, const rf_names *names, rf_report *r) {
    rfw_report spare;
    const rfw_report *block;
    memset(r, 0, sizeof *r);
    r->head.kind = RF_REPORT;
    RFW_BLOCK(in, block, spare);
    RFW_STAMP(r, block, side);
    r->exec_type = block->execType;
    r->ord_status = block->ordStatus;
    r->ord_type = block->ordType;
    r->time_in_force = block->timeInForce;
    r->liquidity = block->liquidity;
    r->ord_rej_reason = block->ordRejReason;
    r->avg_px_exp = block->avgPxExp;
    r->commission_exp = block->commissionExp;
    r->order_id = block->orderId;
    r->order_qty = block->orderQty;
    r->cum_qty = block->cumQty;
    r->leaves_qty = block->leavesQty;
    r->last_qty = block->lastQty;
    r->last_px = block->lastPx;
    r->limit_px = block->limitPx;
    r->stop_px = block->stopPx;
    r->avg_px = block->avgPx;
    r->commission = block->commission;
    if (r->exec_type >= RF_EXEC_COUNT || r->ord_status >= RF_STATUS_COUNT || r->ord_type >= RF_ORD_COUNT ||
        r->time_in_force >= RF_TIF_COUNT || r->liquidity >= RF_LIQUIDITY_COUNT || r->ord_rej_reason >= RF_REJECT_COUNT)
        return rfw_bad_at(in, in->start + RFW_HEAD_BYTES + offsetof(rfw_report, execType),
                          "with a member that its enumerations do not have");
    return rfw_get_report_texts(in, names, r);
}

static inline int rfw_get_position(rfw_reader *in, const rf_names *names, rf_position *r) {
    rfw_position spare;
    const rfw_position *block;
    RFW_BLOCK(in, block, spare);
    RFW_STAMP(r, block, side);
    r->qty = block->qty;
    r->avg_px = block->avgPx;
    r->market_px = block->marketPx;
    return rfw_take_names(in, names, &r->head);
}

static inline int rfw_get_account(rfw_reader *in, const rf_names *names, rf_account *r) {
    rfw_account spare;
    const rfw_account *block;
    rfw_balance entry;
    rfw_group group;
    uint32_t length = 0;
    rf_balance *one = (rf_balance *)(r + 1);
    RFW_BLOCK(in, block, spare);
    RFW_STAMP(r, block, side);
    r->equity = block->equity;
    r->cash = block->cash;
    r->buying_power = block->buyingPower;
    RFW_TRY(rfw_take_group(in, (RFW_ROOM - sizeof *r) / sizeof *one, sizeof entry, &group));
    r->head.extra = group.count;
    memset(one, 0, group.count * sizeof *one);
    for (uint16_t i = 0; i < group.count; i++, one++) {
        RFW_TRY(rfw_take_entry(in, &group, &entry, sizeof entry));
        one->free = entry.free;
        one->locked = entry.locked;
        one->exp = entry.exp;
        RFW_TRY(rfw_take_text(in, one->asset, sizeof one->asset, &length));
        one->asset_len = (uint8_t)length;
    }
    RFW_TRY(rfw_take_names(in, names, &r->head));
    RFW_TAKE_FIELD(in, r, currency);
    return RFW_OK;
}

static inline int rfw_get_system(rfw_reader *in, const rf_names *names, rf_system *r) {
    rfw_system spare;
    const rfw_system *block;
    RFW_BLOCK(in, block, spare);
    RFW_STAMP(r, block, level);
    r->code = block->code;
    r->value = block->value;
    RFW_TRY(rfw_take_names(in, names, &r->head));
    return rfw_take_text(in, (char *)(r + 1), RF_MAX_TEXT, &r->head.extra);
}

static inline int rfw_get_record(rfw_reader *in, const rf_names *names, rf_header *out) {
    switch (out->kind) {
    case RF_QUOTE: return rfw_get_quote(in, names, (rf_quote *)out);
    case RF_TICK: return rfw_get_tick(in, names, (rf_tick *)out);
    case RF_BAR: return rfw_get_bar(in, names, (rf_bar *)out);
    case RF_BOOK: return rfw_get_book(in, names, (rf_book *)out);
    case RF_REPORT: return rfw_get_report(in, names, (rf_report *)out);
    case RF_POSITION: return rfw_get_position(in, names, (rf_position *)out);
    case RF_ACCOUNT: return rfw_get_account(in, names, (rf_account *)out);
    default: return rfw_get_system(in, names, (rf_system *)out);
    }
}

/* Zeros behind a text, up to the end of its cell: records are compared and copied as whole cells. */
static inline void rfw_finish_cells(rf_header *record) {
    long used = rf_used_bytes(record);
    record->n_cells = (uint8_t)rf_cells_for(used);
    if (record->n_cells > 1 || record->kind == RF_SYSTEM)
        memset((char *)record + used, 0, (size_t)(record->n_cells * RF_CELL_BYTES - used));
}

/* What is wrong with a decoded record of one cell, or with a report whose texts are in their fields; of the others
 * rf_fault_of() knows. */
static inline const char *rfw_cell_fault(const rf_header *record) {
    const rf_report *report = (const rf_report *)record;
    int is_sound = rf_exp_is_sound(record->px_exp) & rf_exp_is_sound(record->qty_exp);
    if (record->kind == RF_REPORT)
        is_sound &= rf_exp_is_sound(report->avg_px_exp) & rf_exp_is_sound(report->commission_exp);
    return is_sound ? NULL : "at an exponent outside -18 to 0";
}

/* Decode an opened message of a record's kind. Precondition: in->message is one of the records; RFW_ROOM bytes at `out`. */
static inline int rfw_decode(rfw_reader *in, const rf_names *names, rf_header *out) {
    in->at = in->start + RFW_HEAD_BYTES;
    in->pending = RFW_OK;
    memset(out, 0, RF_CELL_BYTES);
    out->kind = (uint8_t)in->head.template_id;
    RFW_TRY(rfw_get_record(in, names, out));
    RFW_TRY(rfw_close(in));
    if (out->side >= RF_SIDE_COUNT && out->kind != RF_SYSTEM)
        return rfw_bad_at(in, in->start + RFW_HEAD_BYTES + offsetof(rfw_quote, side), "with no side that there is");
    const char *fault;
    if (rfw_is_cell(out->kind)) {
        out->n_cells = 1;
        fault = rfw_cell_fault(out);
    } else {
        rfw_finish_cells(out);
        fault = out->kind == RF_REPORT ? rfw_cell_fault(out) : rf_fault_of(out, RFW_ROOM);
    }
    return fault == NULL ? in->pending : rfw_bad_at(in, in->start, fault);
}

static inline int rfw_is_record(const rfw_reader *in) { return in->message != NULL && in->head.template_id <= RF_SYSTEM; }

#endif
