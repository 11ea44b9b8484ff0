// Binance's executionReport as ours: x is the news, X the state (user-data-stream.md, enums.md). C++, for binance_json.cpp.
//
// What is not known never stops an order's news: a new word in x becomes a status that moves nothing by itself (the engine
// checks its quantities), a new word elsewhere is left out, and each is remembered so that somebody can be told.
#ifndef REGIMEFLOW_BINANCE_REPORT_H
#define REGIMEFLOW_BINANCE_REPORT_H

#include "binance_fast.h"
#include "json_fields.h"

namespace rfv {

constexpr uint8_t UNHEARD = 255;

struct Word {
    const char *text;
    uint8_t value;
};

constexpr Word SIDES[] = {{"BUY", RF_SIDE_BUY}, {"SELL", RF_SIDE_SELL}};
constexpr Word TYPES[] = {{"LIMIT", RF_ORD_LIMIT}, {"MARKET", RF_ORD_MARKET}, {"LIMIT_MAKER", RF_ORD_LIMIT},
    {"STOP_LOSS_LIMIT", RF_ORD_STOP_LIMIT}, {"STOP_LOSS", RF_ORD_STOP},
    {"TAKE_PROFIT_LIMIT", RF_ORD_LIMIT_IF_TOUCHED}, {"TAKE_PROFIT", RF_ORD_MARKET_IF_TOUCHED}};
constexpr Word TIMES[] = {{"GTC", RF_TIF_GTC}, {"IOC", RF_TIF_IOC}, {"FOK", RF_TIF_FOK}};
constexpr Word STATES[] = {{"NEW", RF_STATUS_NEW}, {"FILLED", RF_STATUS_FILLED},
    {"PARTIALLY_FILLED", RF_STATUS_PARTIALLY_FILLED}, {"CANCELED", RF_STATUS_CANCELLED},
    {"EXPIRED", RF_STATUS_EXPIRED}, {"EXPIRED_IN_MATCH", RF_STATUS_EXPIRED},
    {"REJECTED", RF_STATUS_REJECTED}, {"PENDING_NEW", RF_STATUS_INACTIVE}, // a leg that waits for another
    {"PENDING_CANCEL", RF_STATUS_PENDING_CANCEL}};
enum News : uint8_t { NEW, TRADE, CANCELED, REPLACED, REJECTED, EXPIRED, TRADE_PREVENTION };
constexpr Word NEWS[] = {{"NEW", NEW}, {"TRADE", TRADE}, {"CANCELED", CANCELED}, {"REPLACED", REPLACED},
    {"REJECTED", REJECTED}, {"EXPIRED", EXPIRED}, {"TRADE_PREVENTION", TRADE_PREVENTION}};
constexpr Word REFUSALS[] = {{"INSUFFICIENT_BALANCES", RF_REJECT_INSUFFICIENT_FUNDS},
    {"INSUFFICIENT_BALANCE", RF_REJECT_INSUFFICIENT_FUNDS}, {"INSUFFICIENT_LIQUIDITY", RF_REJECT_NO_LIQUIDITY},
    {"DUPLICATE_ORDER", RF_REJECT_DUPLICATE_ORDER}, {"UNKNOWN_INSTRUMENT", RF_REJECT_UNKNOWN_SYMBOL},
    {"MARKET_CLOSED", RF_REJECT_EXCHANGE_CLOSED}, {"UNKNOWN_ORDER", RF_REJECT_UNKNOWN_ORDER}};

template <size_t N> uint8_t look_up(const Word (&words)[N], rfv_text text) {
    for (const Word &word : words)
        if (strlen(word.text) == text.length && memcmp(word.text, text.at, text.length) == 0) return word.value;
    return UNHEARD;
}

inline bool ended(uint8_t status) {
    return status == RF_STATUS_FILLED || status == RF_STATUS_CANCELLED || status == RF_STATUS_REJECTED ||
           status == RF_STATUS_EXPIRED;
}

class Report {
  public:
    Report(rfv_reader *reader, const Fields &fields, const Field &reason)
        : r(reader), f(fields), get(reader, fields), out(&reader->record.report), expiry{"", 0} {
        if (reason.type == Type::string) expiry = text_of(reason);
    }

    bool make() {
        memset(out, 0, sizeof *out);
        rfv_begin(&r->record, RF_REPORT, 3);
        r->symbol = get.text('s');
        out->head.ts_event_ns = get.time('T');
        out->head.side = word('S', SIDES, RF_SIDE_NONE);
        out->time_in_force = word('f', TIMES, RF_TIF_NONE);
        out->ord_type = word('o', TYPES, RF_ORD_NONE);
        if (f.type('d') == Type::number && out->ord_type == RF_ORD_STOP) out->ord_type = RF_ORD_TRAILING_STOP;
        if (f.type('d') == Type::number && out->ord_type == RF_ORD_STOP_LIMIT) out->ord_type = RF_ORD_TRAILING_STOP_LIMIT;
        news = look_up(NEWS, get.text('x'));
        status = look_up(STATES, get.text('X'));
        if (get.ok && news == UNHEARD) rfv_unheard(r, "x", get.text('x'));
        if (get.ok && status == UNHEARD) rfv_unheard(r, "X", get.text('X'));
        quantities();
        prices();
        if (!get.ok) return false; // what follows reckons
        decide();
        if (out->exec_type == RF_EXEC_TRADE) trade();
        names();
        words();
        return get.ok;
    }

  private:
    template <size_t N> uint8_t word(char letter, const Word (&known)[N], uint8_t neutral) {
        rfv_text text = get.maybe(letter);
        uint8_t found = text.length ? look_up(known, text) : neutral;
        const char name[2] = {letter, 0};
        if (found == UNHEARD && get.ok) rfv_unheard(r, name, text);
        return found == UNHEARD ? neutral : found;
    }

    void quantities() {
        // A: what self-trade prevention took away
        rf_decimal qty[4] = {get.decimal('q'), get.decimal('z'), get.optional('l'), get.optional('A')};
        get.align(qty, 4, &out->head.qty_exp, 'q');
        out->order_qty = qty[0].mantissa;
        out->cum_qty = qty[1].mantissa;
        out->last_qty = qty[2].mantissa;
        prevented = qty[3].mantissa == RF_NULL ? 0 : qty[3].mantissa;
        for (const rf_decimal &one : qty)
            if (one.mantissa < 0 && one.mantissa != RF_NULL) get.wrong('q', "has a fellow below zero");
    }

    void prices() {
        rf_decimal px[3] = {get.optional('L'), get.optional('p'), get.optional('P')};
        get.align(px, 3, &out->head.px_exp, 'p');
        out->last_px = px[0].mantissa;
        out->limit_px = px[1].mantissa == 0 ? RF_NULL : px[1].mantissa; // 0 stands for none
        out->stop_px = px[2].mantissa == 0 ? RF_NULL : px[2].mantissa;
        out->avg_px = out->commission = RF_NULL;
    }

    // Held until a price or another leg comes: then a second NEW follows, with w true.
    bool is_held() {
        rfv_text type = get.maybe('o');
        bool waits_for_a_price = type.length > 4 && (memcmp(type.at, "STOP_", 5) == 0 || memcmp(type.at, "TAKE_", 5) == 0);
        return status == RF_STATUS_INACTIVE || (waits_for_a_price && f.type('w') == Type::boolean && *f['w'].at == 'f');
    }

    void say(uint8_t exec_type, uint8_t neutral) {
        out->exec_type = exec_type;
        out->ord_status = status == UNHEARD ? neutral : status;
    }

    void decide() {
        uint8_t working = out->cum_qty > 0 ? RF_STATUS_PARTIALLY_FILLED : RF_STATUS_NEW;
        bool counts = news == TRADE && out->last_qty != RF_NULL && out->last_qty > 0;
        if (counts)
            say(RF_EXEC_TRADE, out->cum_qty >= out->order_qty ? RF_STATUS_FILLED : RF_STATUS_PARTIALLY_FILLED);
        else if (status == RF_STATUS_PENDING_CANCEL)
            say(RF_EXEC_PENDING_CANCEL, status);
        else if (news == NEW && is_held())
            say(RF_EXEC_SUSPENDED, status), out->ord_status = RF_STATUS_INACTIVE;
        else if (news == NEW)
            say(RF_EXEC_NEW, working);
        else if (news == CANCELED)
            say(RF_EXEC_CANCELED, RF_STATUS_CANCELLED);
        else if (news == REPLACED)
            say(RF_EXEC_REPLACED, working);
        else if (news == REJECTED || (news == EXPIRED && is(expiry, "REJECTED")))
            say(RF_EXEC_REJECTED, RF_STATUS_REJECTED), out->ord_status = RF_STATUS_REJECTED;
        else if (news == EXPIRED || (news == TRADE_PREVENTION && status == RF_STATUS_EXPIRED))
            say(RF_EXEC_EXPIRED, RF_STATUS_EXPIRED);
        else if (news == TRADE_PREVENTION && status != UNHEARD && !ended(status))
            say(RF_EXEC_RESTATED, status);
        else
            say(RF_EXEC_ORDER_STATUS, RF_STATUS_ERROR); // a status that names no state moves nothing
        if (out->exec_type != RF_EXEC_TRADE) out->last_qty = out->last_px = RF_NULL;
        bool is_over = ended(out->ord_status);
        if (!is_over || out->ord_status == RF_STATUS_FILLED) out->order_qty -= prevented;
        int64_t left = out->order_qty - out->cum_qty;
        out->leaves_qty = is_over || left < 0 ? 0 : left;
        if (out->exec_type == RF_EXEC_REJECTED) {
            uint8_t why = look_up(REFUSALS, get.maybe('r'));
            out->ord_rej_reason = why == UNHEARD ? static_cast<uint8_t>(RF_REJECT_OTHER) : why;
        }
    }

    void trade() {
        if (out->last_px == RF_NULL) get.wrong('L', "is missing");
        out->liquidity = get.flag('m') ? RF_LIQUIDITY_MAKER : RF_LIQUIDITY_TAKER;
        rfv_text asset = get.maybe('N');
        if (asset.length != 0) {
            rf_decimal cost = get.decimal('n');
            out->commission = cost.mantissa;
            out->commission_exp = cost.exp;
            out->commission_currency_len = put('N', asset, out->commission_currency, sizeof out->commission_currency);
        }
        // The trade's number is in myTrades too, the execution's (I) is not: one name, however we hear of a fill.
        int64_t number = get.integer('t', -1);
        if (number < 0 || !get.ok) return;
        if (r->symbol.length > 31) return get.wrong('s', "is longer than 31 bytes");
        memcpy(out->exec_id, r->symbol.at, r->symbol.length);
        out->exec_id[r->symbol.length] = '-';
        int digits = rf_format(number, 0, out->exec_id + r->symbol.length + 1);
        out->exec_id_len = static_cast<uint8_t>(r->symbol.length + 1 + static_cast<size_t>(digits));
    }

    // c is the order's name, but where something is done to the order it is that request's, and C is the order's.
    void names() {
        rfv_text own = get.maybe('C');
        if (own.length == 0 || is(own, "null")) own = get.maybe('c');
        out->client_order_id_len = put('c', own, out->client_order_id, sizeof out->client_order_id);
        int64_t number = get.integer('i');
        out->broker_order_id_len = static_cast<uint8_t>(rf_format(number, 0, out->broker_order_id));
    }

    uint8_t put(char letter, rfv_text text, char *room, size_t size) {
        if (text.length > size) {
            get.wrong(letter, "is too long");
            return 0;
        }
        memcpy(room, text.at, text.length);
        return static_cast<uint8_t>(text.length);
    }

    // The venue's words, behind the record: why it refused or ended the order, and what nobody here knows.
    void words() {
        rfv_text refusal = get.maybe('r');
        if (refusal.length != 0 && !is(refusal, "NONE")) append(refusal);
        if (expiry.length != 0) append(expiry);
        if (news == TRADE_PREVENTION) append({"TRADE_PREVENTION", 16});
        for (int one = 0; one < r->unknown; one++) append({r->words[one], strlen(r->words[one])});
        out->head.n_cells = static_cast<uint8_t>(rf_cells_for(static_cast<long>(sizeof *out + out->head.extra)));
    }

    void append(rfv_text text) {
        char *place = reinterpret_cast<char *>(r->record.bytes + sizeof *out);
        size_t used = out->head.extra;
        if (used + 2 + text.length > RF_MAX_TEXT) return;
        if (used) {
            memcpy(place + used, "; ", 2);
            used += 2;
        }
        memcpy(place + used, text.at, text.length);
        out->head.extra = static_cast<uint32_t>(used + text.length);
    }

    rfv_reader *const r;
    const Fields &f;
    Reading get;
    rf_report *const out;
    rfv_text expiry;
    uint8_t news = UNHEARD, status = UNHEARD;
    int64_t prevented = 0;
};

} // namespace rfv

#endif
