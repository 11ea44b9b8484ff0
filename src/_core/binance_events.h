// What the fields of a Binance event make: a record, a diff, balances; or nothing of ours. C++, for binance_json.cpp only.
#ifndef REGIMEFLOW_BINANCE_EVENTS_H
#define REGIMEFLOW_BINANCE_EVENTS_H

#include "binance_fast.h"
#include "binance_report.h"
#include "json_fields.h"

namespace rfv {

// A list that was read while it was passed, and the first thing wrong in it: it matters only where the event wants the list.
struct List {
    const char *name; // nullptr: there was none
    const char *fault, *at;

    void wrong(const char *place, const char *reason) {
        if (fault != nullptr) return;
        fault = reason;
        at = place;
    }
};

// What the walk has gathered of a frame.
struct Event {
    Fields fields; // of the event itself
    Fields bar;    // of a kline's k
    Field last_update, reason; // lastUpdateId, eR
    List bids, asks, balances; // what was sound is in the reader

    Event() { clear(); }
    void clear() {
        fields.seen = bar.seen = 0;
        last_update = reason = {nullptr, 0, Type::none};
        bids = asks = balances = {nullptr, nullptr, nullptr};
    }
};

// One balance; what is wrong with it, or nullptr.
inline const char *balance_of(const Fields &fields, rf_balance *row) {
    rfv_text asset = fields.type('a') == Type::string ? text_of(fields['a']) : rfv_text{"", 0};
    rf_decimal amounts[2];
    memset(row, 0, sizeof *row);
    if (asset.length == 0 || asset.length > sizeof row->asset) return "has no asset of 1 to 14 bytes";
    for (int one = 0; one < 2; one++) {
        char letter = one ? 'l' : 'f';
        Type type = fields.type(letter);
        if (type != Type::string && type != Type::number) return "has no amount that is free or none that is locked";
        if (int fault = decimal_of(fields[letter], &amounts[one])) return rfv_number_fault(fault);
    }
    if (!rf_align(amounts, 2, &row->exp)) return "does not fit in 64 bits";
    row->free = amounts[0].mantissa;
    row->locked = amounts[1].mantissa;
    row->asset_len = static_cast<uint8_t>(asset.length);
    memcpy(row->asset, asset.at, asset.length);
    return nullptr;
}

class Events {
  public:
    Events(rfv_reader *reader, const Event &gathered) : r(reader), e(gathered), f(gathered.fields), get(reader, f) {}

    int make() {
        if (f.type('e') == Type::string) return named(text_of(f['e']));
        if (f.has('e') && f.type('e') != Type::null) return RFV_OTHER;
        if (f.has('s') && f.has('b') && f.has('B') && f.has('a') && f.has('A')) return quote();
        if (e.last_update.type != Type::none) return book();
        return RFV_OTHER;
    }

  private:
    int named(rfv_text name) {
        if (is(name, "bookTicker")) return quote();
        if (is(name, "trade")) return tick('t');
        if (is(name, "aggTrade")) return tick('a');
        if (is(name, "depthUpdate")) return diff();
        if (is(name, "kline")) return bar();
        if (is(name, "executionReport")) return done(Report(r, f, e.reason).make() ? RFV_REPORT : RFV_BROKEN);
        if (is(name, "outboundAccountPosition")) return balances();
        return RFV_OTHER;
    }

    int done(int kind) { return r->kind == RFV_BROKEN ? RFV_BROKEN : (r->kind = kind); }

    int quote() {
        rf_quote *quote = &r->record.quote;
        rf_decimal px[2] = {get.decimal('b'), get.decimal('a')}, qty[2] = {get.decimal('B'), get.decimal('A')};
        rfv_begin(&r->record, RF_QUOTE, 1);
        r->symbol = get.text('s');
        quote->update_id = get.integer('u');
        if (f.has('E')) quote->head.ts_event_ns = get.time('E'); // futures tell it
        get.align(px, 2, &quote->head.px_exp, 'a');
        get.align(qty, 2, &quote->head.qty_exp, 'A');
        quote->bid_px = px[0].mantissa;
        quote->ask_px = px[1].mantissa;
        quote->bid_qty = qty[0].mantissa;
        quote->ask_qty = qty[1].mantissa;
        return done(RFV_QUOTE);
    }

    int tick(char id) {
        rf_tick *tick = &r->record.tick;
        rf_decimal px = get.decimal('p'), qty = get.decimal('q');
        rfv_begin(&r->record, RF_TICK, 1);
        r->symbol = get.text('s');
        tick->trade_id = get.integer(id);
        tick->head.ts_event_ns = get.time('T');
        tick->head.side = get.flag('m') ? RF_SIDE_SELL : RF_SIDE_BUY; // m: the buyer was the maker
        tick->last_px = px.mantissa;
        tick->last_qty = qty.mantissa;
        tick->head.px_exp = px.exp;
        tick->head.qty_exp = qty.exp;
        return done(RFV_TICK);
    }

    int bar() {
        if (f.type('k') != Type::object) return get.wrong('k', f.has('k') ? "is no object" : "is missing"), RFV_BROKEN;
        Reading k(r, e.bar);
        rf_bar *bar = &r->record.bar;
        rf_decimal px[4] = {k.decimal('o'), k.decimal('h'), k.decimal('l'), k.decimal('c')}, volume = k.decimal('v');
        rfv_begin(&r->record, RF_BAR, 1);
        r->symbol = f.has('s') ? get.text('s') : k.text('s');
        int64_t start_ns = k.time('t');
        bar->head.ts_event_ns = k.time('T', 1); // T is the last unit inside
        bar->interval_ns = bar->head.ts_event_ns - start_ns;
        if (bar->interval_ns <= 0) k.wrong('T', "is before t");
        int64_t trades = k.integer('n');
        if (trades > UINT32_MAX) k.wrong('n', "is no number of trades");
        bar->head.extra = static_cast<uint32_t>(trades);
        k.align(px, 4, &bar->head.px_exp, 'c');
        bar->open_px = px[0].mantissa;
        bar->high_px = px[1].mantissa;
        bar->low_px = px[2].mantissa;
        bar->close_px = px[3].mantissa;
        bar->vwap_px = RF_NULL;
        bar->volume_qty = volume.mantissa;
        bar->head.qty_exp = volume.exp;
        return done(k.flag('x') ? RFV_BAR : RFV_OPEN_BAR);
    }

    void levels(const List &list, const char *name) {
        if (!get.ok) return;
        bool is_there = list.name != nullptr && strcmp(list.name, name) == 0;
        if (is_there && list.fault == nullptr) return;
        rfv_broken(r, is_there ? list.at : r->scratch, name, is_there ? list.fault : "is missing");
        get.ok = false;
    }

    int diff() {
        r->symbol = get.text('s');
        r->first_id = get.integer('U');
        r->last_id = get.integer('u');
        r->event_ns = get.time('E');
        if (get.ok && r->first_id > r->last_id) get.wrong('U', "is above u");
        levels(e.bids, "b");
        levels(e.asks, "a");
        if (get.ok && f.type('b') != Type::array) get.wrong('b', "is no list of levels");
        if (get.ok && f.type('a') != Type::array) get.wrong('a', "is no list of levels");
        return done(RFV_DIFF);
    }

    // All of a book, or its best levels: it names no symbol, but its stream does.
    int book() {
        Fields own;
        *own.put('u') = e.last_update;
        Reading id(r, own);
        r->last_id = r->first_id = id.integer('u');
        r->event_ns = 0;
        get.ok = id.ok;
        levels(e.bids, "bids");
        levels(e.asks, "asks");
        return done(RFV_BOOK);
    }

    int balances() {
        r->event_ns = get.time('E');
        if (f.type('B') != Type::array) get.wrong('B', "is no list of balances");
        if (get.ok && e.balances.fault != nullptr) rfv_broken(r, e.balances.at, "B", e.balances.fault);
        return done(RFV_BALANCES);
    }

    rfv_reader *const r;
    const Event &e;
    const Fields &f;
    Reading get;
};

} // namespace rfv

#endif
