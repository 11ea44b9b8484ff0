// Alpaca's order objects and trade_updates as execution reports: the event is the news, order.status the state. C++, for
// alpaca_frames.cpp only.
//
// What is not known never stops an order's news: a word that is new becomes a status that moves nothing by itself, and is
// remembered. Source: docs.alpaca.markets, Websocket Streaming and Orders at Alpaca.
#ifndef REGIMEFLOW_ALPACA_REPORT_H
#define REGIMEFLOW_ALPACA_REPORT_H

#include "alpaca_reader.h"
#include "frame_values.h"

namespace rfv::alpaca {

// Of data, of the orders in it and of the executions in its legs.
enum UpdateField : uint8_t {
    U_EVENT, U_TIMESTAMP, U_AT, U_EVENT_ID, U_EXECUTION_ID, U_PRICE, U_QTY, U_POSITION_QTY, U_ORDER, U_LEGS, U_REASON,
    U_ID, U_CLIENT_ORDER_ID, U_SYMBOL, U_FILLED_QTY, U_AVERAGE, U_CLASS, U_TYPE, U_ORDER_TYPE, U_SIDE, U_TIME, U_LIMIT,
    U_STOP, U_STATUS, U_REPLACES, U_REPLACED_BY, U_GROUP, U_ROLE, U_ASSET_CLASS, U_NOTIONAL, U_TRAIL, U_TRAIL_PERCENT,
    U_UPDATED_AT, U_ORDER_ID, U_STREAMS, U_ACTION, U_MESSAGE, U_ERROR
};

constexpr const char *UPDATE_NAMES[] = {"event", "timestamp", "at", "event_id", "execution_id", "price", "qty", "position_qty",
    "order", "legs", "reason", "id", "client_order_id", "symbol", "filled_qty", "filled_avg_price", "order_class", "type",
    "order_type", "side", "time_in_force", "limit_price", "stop_price", "status", "replaces", "replaced_by", "group_id",
    "group_role", "asset_class", "notional", "trail_price", "trail_percent", "updated_at", "order_id", "streams", "action",
    "message", "error_message"};

constexpr Name UPDATE_LIST[] = {{"event", U_EVENT}, {"timestamp", U_TIMESTAMP}, {"at", U_AT}, {"event_id", U_EVENT_ID},
    {"execution_id", U_EXECUTION_ID}, {"price", U_PRICE}, {"qty", U_QTY}, {"position_qty", U_POSITION_QTY}, {"order", U_ORDER},
    {"legs", U_LEGS}, {"reason", U_REASON}, {"id", U_ID}, {"client_order_id", U_CLIENT_ORDER_ID}, {"symbol", U_SYMBOL},
    {"filled_qty", U_FILLED_QTY}, {"filled_avg_price", U_AVERAGE}, {"order_class", U_CLASS}, {"type", U_TYPE},
    {"order_type", U_ORDER_TYPE}, {"side", U_SIDE}, {"time_in_force", U_TIME}, {"limit_price", U_LIMIT},
    {"stop_price", U_STOP}, {"status", U_STATUS}, {"replaces", U_REPLACES}, {"replaced_by", U_REPLACED_BY},
    {"group_id", U_GROUP}, {"group_role", U_ROLE}, {"asset_class", U_ASSET_CLASS}, {"notional", U_NOTIONAL},
    {"trail_price", U_TRAIL}, {"trail_percent", U_TRAIL_PERCENT}, {"updated_at", U_UPDATED_AT}, {"order_id", U_ORDER_ID},
    {"streams", U_STREAMS}, {"action", U_ACTION}, {"message", U_MESSAGE}, {"error_message", U_ERROR}};
constexpr Names<7> UPDATE(UPDATE_LIST);

// Statuses that follow from more than a word.
enum : uint8_t { WORKING = 100, BY_QUANTITY, BY_STATUS };
constexpr uint8_t UNHEARD = 255;

struct Word {
    const char *text;
    uint8_t value;
};
struct News {
    const char *text;
    uint8_t exec_type, status;
};

constexpr Word SIDES[] = {{"buy", RF_SIDE_BUY}, {"sell", RF_SIDE_SELL}};
constexpr Word TIMES[] = {{"day", RF_TIF_DAY}, {"gtc", RF_TIF_GTC}, {"ioc", RF_TIF_IOC}, {"fok", RF_TIF_FOK},
    {"opg", RF_TIF_DAY}, {"cls", RF_TIF_DAY}};
constexpr Word TYPES[] = {{"market", RF_ORD_MARKET}, {"limit", RF_ORD_LIMIT}, {"stop", RF_ORD_STOP},
    {"stop_limit", RF_ORD_STOP_LIMIT}, {"trailing_stop", RF_ORD_TRAILING_STOP}};
constexpr Word STATES[] = {{"new", RF_STATUS_NEW}, {"filled", RF_STATUS_FILLED},
    {"partially_filled", RF_STATUS_PARTIALLY_FILLED}, {"canceled", RF_STATUS_CANCELLED}, {"accepted", RF_STATUS_PENDING_NEW},
    {"pending_new", RF_STATUS_PENDING_NEW}, {"expired", RF_STATUS_EXPIRED}, {"rejected", RF_STATUS_REJECTED},
    {"replaced", RF_STATUS_CANCELLED}, {"pending_cancel", RF_STATUS_PENDING_CANCEL},
    {"pending_replace", RF_STATUS_PENDING_REPLACE}, {"held", RF_STATUS_INACTIVE}, {"done_for_day", RF_STATUS_INACTIVE},
    {"suspended", RF_STATUS_INACTIVE}, {"pending_review", RF_STATUS_INACTIVE}, {"accepted_for_bidding", WORKING},
    {"stopped", WORKING}, {"calculated", BY_QUANTITY}};
constexpr News EVENTS[] = {{"new", RF_EXEC_NEW, WORKING}, {"fill", RF_EXEC_TRADE, RF_STATUS_FILLED},
    {"partial_fill", RF_EXEC_TRADE, RF_STATUS_PARTIALLY_FILLED}, {"canceled", RF_EXEC_CANCELED, RF_STATUS_CANCELLED},
    {"accepted", RF_EXEC_PENDING_NEW, RF_STATUS_PENDING_NEW}, {"pending_new", RF_EXEC_PENDING_NEW, RF_STATUS_PENDING_NEW},
    {"expired", RF_EXEC_EXPIRED, RF_STATUS_EXPIRED}, {"rejected", RF_EXEC_REJECTED, RF_STATUS_REJECTED},
    {"replaced", RF_EXEC_REPLACED, RF_STATUS_CANCELLED}, // on the old leg; the new one is another order of the venue's
    {"pending_cancel", RF_EXEC_PENDING_CANCEL, RF_STATUS_PENDING_CANCEL},
    {"pending_replace", RF_EXEC_PENDING_REPLACE, RF_STATUS_PENDING_REPLACE},
    {"order_cancel_rejected", RF_EXEC_CANCEL_REJECTED, BY_STATUS},
    {"order_replace_rejected", RF_EXEC_REPLACE_REJECTED, BY_STATUS},
    {"done_for_day", RF_EXEC_DONE_FOR_DAY, RF_STATUS_INACTIVE}, {"suspended", RF_EXEC_SUSPENDED, RF_STATUS_INACTIVE},
    {"held", RF_EXEC_SUSPENDED, RF_STATUS_INACTIVE}, {"pending_review", RF_EXEC_SUSPENDED, RF_STATUS_INACTIVE},
    {"stopped", RF_EXEC_ORDER_STATUS, WORKING}, {"accepted_for_bidding", RF_EXEC_ORDER_STATUS, WORKING},
    {"calculated", RF_EXEC_ORDER_STATUS, BY_QUANTITY}, {"restated", RF_EXEC_ORDER_STATUS, RF_STATUS_ERROR},
    {"trade_bust", RF_EXEC_ORDER_STATUS, RF_STATUS_ERROR}, {"trade_correct", RF_EXEC_ORDER_STATUS, RF_STATUS_ERROR}};

inline bool is_text(const char *known, rfv_text text) {
    return strlen(known) == text.length && memcmp(known, text.at, text.length) == 0;
}

template <size_t N> uint8_t look_up(const Word (&words)[N], rfv_text text) {
    for (const Word &word : words)
        if (is_text(word.text, text)) return word.value;
    return UNHEARD;
}

// One order object as a report of its state; the event comes on top.
class Report {
  public:
    Report(rfa_reader *reader, const Values &order, rfa_report *report)
        : r(&reader->base), v(order), get(&reader->base, order, UPDATE_NAMES), whole(report), out(&report->report) {}

    // False: it is broken.
    bool make() {
        begin(get.maybe(U_ID));
        out->head.ts_event_ns = get.maybe_instant(U_UPDATED_AT);
        out->head.side = word(U_SIDE, SIDES, RF_SIDE_NONE);
        out->time_in_force = word(U_TIME, TIMES, RF_TIF_NONE);
        out->ord_type = word(v.is_given(U_TYPE) ? U_TYPE : U_ORDER_TYPE, TYPES, RF_ORD_NONE);
        at_an_auction(get.maybe(U_TIME));
        numbers();
        name();
        say(word(U_STATUS, STATES, RF_STATUS_ERROR));
        return get.ok;
    }

    // An order of which nothing is known but that it traded.
    bool make_bare(rfv_text order_id) {
        begin(order_id);
        out->order_qty = out->cum_qty = out->leaves_qty = out->limit_px = out->stop_px = out->avg_px = RF_NULL;
        out->ord_status = RF_STATUS_PARTIALLY_FILLED;
        return get.ok;
    }

    // What the event makes of it; `mleg` fills are told by the executions of the legs.
    void happened(rfv_text event, bool is_many) {
        const News *news = nullptr;
        for (const News &known : EVENTS)
            if (is_text(known.text, event)) news = &known;
        if (event.length == 0) return;
        if (news == nullptr) {
            rfv_unheard(r, "event", event);
            return say(RF_STATUS_ERROR);
        }
        if (news->status == RF_STATUS_ERROR) append(event);
        out->exec_type = is_many && news->exec_type == RF_EXEC_TRADE ? uint8_t{RF_EXEC_ORDER_STATUS} : news->exec_type;
        if (news->status != BY_STATUS) say(news->status);
        if (out->exec_type == RF_EXEC_REJECTED) out->ord_rej_reason = RF_REJECT_OTHER;
    }

    // An execution: as a fill where it tells quantity and price, else as a status. False: they do not fit.
    bool trade(rf_decimal qty, rf_decimal px, rfv_text execution_id) {
        if (qty.mantissa == RF_NULL || qty.mantissa <= 0 || px.mantissa == RF_NULL) {
            out->exec_type = RF_EXEC_ORDER_STATUS;
            return true;
        }
        int8_t qty_exp = out->head.qty_exp, px_exp = out->head.px_exp;
        rf_decimal quantities[4] = {{out->order_qty, qty_exp}, {out->cum_qty, qty_exp}, {out->leaves_qty, qty_exp}, qty};
        rf_decimal prices[3] = {{out->limit_px, px_exp}, {out->stop_px, px_exp}, px};
        out->exec_type = RF_EXEC_TRADE;
        out->exec_id_len = put(U_EXECUTION_ID, execution_id, out->exec_id, sizeof out->exec_id);
        get.align(quantities, 4, &out->head.qty_exp, U_QTY);
        get.align(prices, 3, &out->head.px_exp, U_PRICE);
        out->order_qty = quantities[0].mantissa;
        out->cum_qty = quantities[1].mantissa;
        out->leaves_qty = quantities[2].mantissa;
        out->last_qty = quantities[3].mantissa;
        out->limit_px = prices[0].mantissa;
        out->stop_px = prices[1].mantissa;
        out->last_px = prices[2].mantissa;
        return get.ok;
    }

    void append(rfv_text text) {
        char *place = reinterpret_cast<char *>(whole->bytes + sizeof *out);
        size_t used = out->head.extra;
        if (text.length == 0 || used + 2 + text.length > RF_MAX_TEXT) return;
        if (used) {
            memcpy(place + used, "; ", 2);
            used += 2;
        }
        memcpy(place + used, text.at, text.length);
        out->head.extra = static_cast<uint32_t>(used + text.length);
        out->head.n_cells = static_cast<uint8_t>(rf_cells_for(static_cast<long>(sizeof *out + out->head.extra)));
    }

    void say(uint8_t status) {
        int64_t cum = out->cum_qty == RF_NULL ? 0 : out->cum_qty;
        uint8_t working = cum > 0 ? RF_STATUS_PARTIALLY_FILLED : RF_STATUS_NEW;
        if (status == WORKING) status = working;
        if (status == BY_QUANTITY) // a money order's quantity is not told: it ends with what it has
            status = out->order_qty == RF_NULL || cum < out->order_qty ? uint8_t{RF_STATUS_PARTIALLY_FILLED}
                                                                         : uint8_t{RF_STATUS_FILLED};
        bool is_over = status == RF_STATUS_FILLED || status == RF_STATUS_CANCELLED || status == RF_STATUS_REJECTED ||
                       status == RF_STATUS_EXPIRED;
        out->ord_status = status;
        out->leaves_qty = is_over ? 0 : out->order_qty == RF_NULL ? RF_NULL : out->order_qty > cum ? out->order_qty - cum : 0;
    }

  private:
    void begin(rfv_text order_id) {
        memset(out, 0, sizeof *out);
        out->head.kind = RF_REPORT;
        out->head.n_cells = 3;
        out->exec_type = RF_EXEC_ORDER_STATUS;
        out->last_qty = out->last_px = out->commission = RF_NULL; // fees are booked by activities, later
        whole->symbol = get.maybe(U_SYMBOL);
        whole->order_id = order_id;
        out->broker_order_id_len = put(U_ID, order_id, out->broker_order_id, sizeof out->broker_order_id);
    }

    template <size_t N> uint8_t word(int slot, const Word (&known)[N], uint8_t neutral) {
        rfv_text text = get.maybe(slot);
        if (text.length == 0) return neutral;
        uint8_t found = look_up(known, text);
        if (found == UNHEARD) rfv_unheard(r, UPDATE_NAMES[slot], text);
        return found == UNHEARD ? neutral : found;
    }

    void at_an_auction(rfv_text time) {
        bool opens = is_word(time, "opg"), closes = is_word(time, "cls");
        if (!opens && !closes) return;
        if (out->ord_type == RF_ORD_MARKET) out->ord_type = opens ? RF_ORD_MARKET_ON_OPEN : RF_ORD_MARKET_ON_CLOSE;
        if (out->ord_type == RF_ORD_LIMIT) out->ord_type = opens ? RF_ORD_LIMIT_ON_OPEN : RF_ORD_LIMIT_ON_CLOSE;
    }

    void numbers() {
        rf_decimal qty[2] = {get.optional(U_QTY), get.optional(U_FILLED_QTY)};
        rf_decimal px[2] = {get.optional(U_LIMIT), get.optional(U_STOP)}, average = get.optional(U_AVERAGE);
        for (int one = 0; one < 2; one++)
            if (qty[one].mantissa < 0 && qty[one].mantissa != RF_NULL) get.wrong(one ? U_FILLED_QTY : U_QTY, "is below zero");
        get.align(qty, 2, &out->head.qty_exp, U_QTY);
        get.align(px, 2, &out->head.px_exp, U_LIMIT);
        out->order_qty = qty[0].mantissa;
        out->cum_qty = qty[1].mantissa;
        out->limit_px = px[0].mantissa;
        out->stop_px = px[1].mantissa;
        out->avg_px = average.mantissa;
        out->avg_px_exp = average.exp;
    }

    void name() {
        // Others' names may have 128 letters: then the broker's id says which order it is.
        rfv_text own = get.maybe(U_CLIENT_ORDER_ID);
        if (own.length <= sizeof out->client_order_id)
            out->client_order_id_len = put(U_CLIENT_ORDER_ID, own, out->client_order_id, sizeof out->client_order_id);
    }

    uint8_t put(int slot, rfv_text text, char *room, size_t size) {
        if (text.length > size) return get.wrong(slot, "is too long"), uint8_t{0};
        memcpy(room, text.at, text.length);
        return static_cast<uint8_t>(text.length);
    }

    rfv_reader *const r;
    const Values &v;
    Getting get;
    rfa_report *const whole;
    rf_report *const out;
};

} // namespace rfv::alpaca

#endif
