// Alpaca's market data messages as ours: quotes, trades, minute bars, trading statuses. C++, for alpaca_frames.cpp only.
//
// Source: docs.alpaca.markets, Real-time Stock Pricing Data and Real-time Crypto Data.
#ifndef REGIMEFLOW_ALPACA_MARKET_H
#define REGIMEFLOW_ALPACA_MARKET_H

#include "alpaca_reader.h"
#include "frame_values.h"

namespace rfv::alpaca {

enum MarketField : uint8_t {
    KIND, SYMBOL, INSTANT, BID_PX, BID_QTY, ASK_PX, ASK_QTY, TRADE_ID, PX, QTY, TAKER,
    OPEN_PX, HIGH_PX, LOW_PX, CLOSE_PX, VOLUME, TRADES, VWAP_PX,
    STATUS_CODE, STATUS_TEXT, REASON_CODE, REASON_TEXT, TAPE, CODE, MESSAGE,
    STREAM, DATA, ACTION, EVENT, ORDER // of the other stream
};

constexpr const char *MARKET_NAMES[] = {"T", "S", "t", "bp", "bs", "ap", "as", "i", "p", "s", "tks", "o", "h", "l", "c", "v",
    "n", "vw", "sc", "sm", "rc", "rm", "z", "code", "msg", "stream", "data", "action", "event", "order"};

constexpr Name MARKET_LIST[] = {{"T", KIND}, {"S", SYMBOL}, {"t", INSTANT}, {"bp", BID_PX}, {"bs", BID_QTY}, {"ap", ASK_PX},
    {"as", ASK_QTY}, {"i", TRADE_ID}, {"p", PX}, {"s", QTY}, {"tks", TAKER}, {"o", OPEN_PX}, {"h", HIGH_PX}, {"l", LOW_PX},
    {"c", CLOSE_PX}, {"v", VOLUME}, {"n", TRADES}, {"vw", VWAP_PX}, {"sc", STATUS_CODE}, {"sm", STATUS_TEXT},
    {"rc", REASON_CODE}, {"rm", REASON_TEXT}, {"z", TAPE}, {"code", CODE}, {"msg", MESSAGE}, {"stream", STREAM},
    {"data", DATA}, {"action", ACTION}, {"event", EVENT}, {"order", ORDER}};
constexpr Names<7> MARKET(MARKET_LIST);

constexpr int64_t MINUTE_NS = 60 * RFI_SECOND_NS;

class Market {
  public:
    Market(rfa_reader *reader, const Values &values, rfa_message *message)
        : r(reader), v(values), get(&reader->base, values, MARKET_NAMES), out(message) {}

    // Precondition: its T is one of q, t, b, u, s. False: it is broken.
    bool make(char kind) {
        out->symbol = get.text(SYMBOL);
        if (out->symbol.length == 0) get.wrong(SYMBOL, "is empty");
        if (kind == 'q') return quote();
        if (kind == 't') return tick();
        return kind == 's' ? status() : bar(kind == 'b' ? RFA_BAR : RFA_UPDATED_BAR);
    }

  private:
    void begin(int kind, uint8_t record_kind) {
        out->kind = kind;
        memset(&out->cell.head, 0, sizeof out->cell.head);
        out->cell.head.kind = record_kind;
        out->cell.head.n_cells = 1;
    }

    // A side whose price or quantity is 0 is none.
    static void side(rf_decimal *px, rf_decimal *qty) {
        if (px->mantissa != 0 && qty->mantissa != 0) return;
        *px = {RF_NULL, 0};
        *qty = {0, 0};
    }

    bool quote() {
        rf_quote *quote = &out->cell.quote;
        rf_decimal px[2] = {get.decimal(BID_PX), get.decimal(ASK_PX)}, qty[2] = {get.decimal(BID_QTY), get.decimal(ASK_QTY)};
        begin(RFA_QUOTE, RF_QUOTE);
        quote->head.ts_event_ns = get.instant(INSTANT);
        side(&px[0], &qty[0]);
        side(&px[1], &qty[1]);
        get.align(px, 2, &quote->head.px_exp, ASK_PX);
        get.align(qty, 2, &quote->head.qty_exp, ASK_QTY);
        quote->bid_px = px[0].mantissa;
        quote->ask_px = px[1].mantissa;
        quote->bid_qty = qty[0].mantissa;
        quote->ask_qty = qty[1].mantissa;
        quote->update_id = 0;
        return get.ok;
    }

    bool tick() {
        rf_tick *tick = &out->cell.tick;
        rf_decimal px = get.decimal(PX), qty = get.decimal(QTY);
        begin(RFA_TICK, RF_TICK);
        tick->head.ts_event_ns = get.instant(INSTANT);
        rfv_text taker = get.maybe(TAKER); // crypto tells it
        if (is_word(taker, "B"))
            tick->head.side = RF_SIDE_BUY;
        else if (is_word(taker, "S"))
            tick->head.side = RF_SIDE_SELL;
        else if (taker.length != 0)
            rfv_unheard(&r->base, "tks", taker);
        tick->trade_id = get.integer(TRADE_ID, 0);
        tick->last_px = px.mantissa;
        tick->last_qty = qty.mantissa;
        tick->head.px_exp = px.exp;
        tick->head.qty_exp = qty.exp;
        return get.ok;
    }

    bool bar(int kind) {
        rf_bar *bar = &out->cell.bar;
        rf_decimal volume = get.decimal(VOLUME);
        rf_decimal px[5] = {get.decimal(OPEN_PX), get.decimal(HIGH_PX), get.decimal(LOW_PX), get.decimal(CLOSE_PX),
            get.optional(VWAP_PX)};
        begin(kind, RF_BAR);
        int64_t start_ns = get.instant(INSTANT), trades = get.integer(TRADES, 0);
        if (start_ns > INT64_MAX - MINUTE_NS) get.wrong(INSTANT, "is no instant between 1970 and 2262");
        if (trades < 0 || trades > UINT32_MAX) get.wrong(TRADES, "is no number of trades");
        get.align(px, 5, &bar->head.px_exp, CLOSE_PX);
        if (!get.ok) return false;
        bar->head.ts_event_ns = start_ns + MINUTE_NS; // ours is named after its end
        bar->head.extra = static_cast<uint32_t>(trades);
        bar->open_px = px[0].mantissa;
        bar->high_px = px[1].mantissa;
        bar->low_px = px[2].mantissa;
        bar->close_px = px[3].mantissa;
        bar->vwap_px = px[4].mantissa;
        bar->volume_qty = volume.mantissa;
        bar->head.qty_exp = volume.exp;
        bar->interval_ns = MINUTE_NS;
        return true;
    }

    bool status() {
        auto *status = static_cast<rfa_status *>(rfa_more(&r->statuses, sizeof(rfa_status)));
        if (status == nullptr) return get.wrong(KIND, "does not fit in memory"), false;
        out->kind = RFA_STATUS;
        out->at = r->statuses.count - 1;
        *status = {get.maybe(STATUS_CODE), get.maybe(STATUS_TEXT), get.maybe(REASON_CODE), get.maybe(REASON_TEXT),
            get.maybe(TAPE), get.instant(INSTANT)};
        return get.ok;
    }

    rfa_reader *const r;
    const Values &v;
    Getting get;
    rfa_message *const out;
};

} // namespace rfv::alpaca

#endif
