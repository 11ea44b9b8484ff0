// Alpaca's frames of both streams, JSON or MessagePack, whatever the order of their keys: into a reader's lists.
//
// Market data comes as arrays of messages that name their kind in T, trade_updates as one object with a stream and its data.
// Which stream a connection is does not matter here, nor whether a frame came as text or as bytes.
#include <new>

#include "alpaca_market.h"
#include "alpaca_report.h"
#include "json_plain.h"
#include "msgpack_walk.h"

namespace rfv::alpaca {

namespace {

template <class In> class Alpaca {
  public:
    explicit Alpaca(rfa_reader *reader) : r(reader), in(&reader->base) {}

    bool read() {
        if (!in.start()) return false;
        if (in.kind() == Kind::none) return in.stop(in.here(), "is no object and no array");
        if (in.kind() == Kind::array ? !in.array([this] { return message(); }) : !message()) return false;
        return in.is_at_end() || in.stop(in.here(), "goes on behind its end");
    }

  private:
    // The values of an object by the slots of their names; that of one slot, where it is an object, is read by `nested`.
    template <class Nested> bool gather(const Names<7> &names, Values *values, int slot_of_nested, Nested nested) {
        values->seen = 0;
        return in.object([this, &names, values, slot_of_nested, nested](rfv_text name) {
            int slot = names.find(name);
            if (slot < 0) return in.skip();
            Value *value = values->put(slot);
            if (slot != slot_of_nested || in.kind() != Kind::object) return in.value(value);
            value->at = in.here();
            value->kind = Kind::object;
            return nested();
        });
    }
    bool gather(Values *values) {
        return gather(UPDATE, values, -1, [] { return false; });
    }
    bool gather_data() {
        return gather(UPDATE, &data, U_ORDER, [this] { return gather(&order); });
    }

    // Something in an array or an object that was passed; then the walk is where it was.
    template <class What> bool back_at(const Place &place, What what) {
        Place now = in.place();
        in.go(place);
        if (!what()) return false;
        in.go(now);
        return true;
    }

    rfa_message *one_more(int kind) {
        auto *made = static_cast<rfa_message *>(rfa_more(&r->messages, sizeof(rfa_message)));
        if (made == nullptr) {
            in.stop(in.here(), "does not fit in memory");
            return nullptr;
        }
        made->kind = kind;
        made->symbol = NO_TEXT;
        return made;
    }

    bool message() {
        Place start = in.place();
        if (in.kind() != Kind::object) return in.stop(in.here(), "is no object");
        if (!gather(MARKET, &fields, DATA, [this] { return gather_data(); })) return false;
        rfa_message *made = one_more(RFA_OTHER);
        if (made == nullptr) return false;
        if (fields.kind(KIND) == Kind::text) return of_kind(fields[KIND].text, made, start);
        if (fields.kind(DATA) == Kind::object) return of_stream(made);
        if (fields.kind(ORDER) == Kind::object) // what others have unwrapped
            return back_at(start, [this] { return gather_data(); }) && update(made);
        return control(made, RFA_ELSE, "") != nullptr;
    }

    bool of_kind(rfv_text kind, rfa_message *made, const Place &start) {
        char letter = kind.length == 1 ? *kind.at : '\0';
        if (letter == 'q' || letter == 't' || letter == 'b' || letter == 'u' || letter == 's')
            return Market(r, fields, made).make(letter);
        if (letter != '\0' && strchr("dcxlino", letter) != nullptr) return true;
        Getting get(&r->base, fields, MARKET_NAMES);
        if (is_word(kind, "success")) {
            rfa_control *control = this->control(made, RFA_SUCCESS, "");
            return control != nullptr && (control->text = get.maybe(MESSAGE), true);
        }
        if (is_word(kind, "error")) {
            rfa_control *control = this->control(made, RFA_ERROR, "");
            if (control == nullptr) return false;
            control->code = get.integer(CODE, 0);
            control->text = get.maybe(MESSAGE);
            return true;
        }
        if (is_word(kind, "subscription")) return subscription(made, start);
        rfv_unheard(&r->base, "T", kind);
        rfa_control *control = this->control(made, RFA_ELSE, "T");
        return control != nullptr && (control->text = kind, true);
    }

    rfa_control *control(rfa_message *made, int kind, const char *of) {
        auto *control = static_cast<rfa_control *>(rfa_more(&r->controls, sizeof(rfa_control)));
        if (control == nullptr) {
            in.stop(in.here(), "does not fit in memory");
            return nullptr;
        }
        *control = {kind, r->names.count, 0, 0, NO_TEXT, NO_TEXT, NO_TEXT, of};
        made->kind = RFA_CONTROL;
        made->at = r->controls.count - 1;
        return control;
    }

    bool name(rfv_text text, int is_channel) {
        auto *name = static_cast<rfa_name *>(rfa_more(&r->names, sizeof(rfa_name)));
        if (name == nullptr) return in.stop(in.here(), "does not fit in memory");
        *name = {text, is_channel};
        return true;
    }

    // A channel and the texts in its list.
    bool channel(rfv_text of) {
        if (!in.is_text(of) || !name(of, 1)) return false;
        return in.array([this] {
            Value value;
            if (!in.value(&value)) return false;
            return value.kind != Kind::text || name(value.text, 0);
        });
    }

    bool subscription(rfa_message *made, const Place &start) {
        rfa_control *control = this->control(made, RFA_SUBSCRIPTION, "");
        if (control == nullptr) return false;
        auto one = [this](rfv_text name) { return in.kind() == Kind::array ? channel(name) : in.skip(); };
        if (!back_at(start, [this, one] { return in.object(one); })) return false;
        control->name_count = r->names.count - control->names;
        return true;
    }

    // {"stream":..,"data":{..}}, {"action":"error","data":{..}}
    bool of_stream(rfa_message *made) {
        rfv_text stream = fields.kind(STREAM) == Kind::text ? fields[STREAM].text : NO_TEXT;
        rfv_text action = fields.kind(ACTION) == Kind::text ? fields[ACTION].text : NO_TEXT;
        if (is_word(stream, "trade_updates")) return update(made);
        Getting get(&r->base, data, UPDATE_NAMES);
        bool is_error = is_word(action, "error"), listens = is_word(stream, "listening");
        bool authorizes = is_word(stream, "authorization");
        int kind = is_error ? RFA_ERROR : listens ? RFA_LISTENING : authorizes ? RFA_AUTHORIZATION : RFA_ELSE;
        rfa_control *control = this->control(made, kind, kind == RFA_ELSE && stream.length ? "stream" : "");
        if (control == nullptr) return false;
        control->status = get.maybe(U_STATUS);
        control->action = get.maybe(U_ACTION);
        control->text = kind == RFA_ELSE ? stream : get.maybe(is_error ? U_ERROR : U_MESSAGE);
        if (kind == RFA_ELSE && stream.length) rfv_unheard(&r->base, "stream", stream);
        if (data.kind(U_STREAMS) != Kind::array) return true;
        if (!back_at(data[U_STREAMS].place, [this] { return channel({"streams", 7}); })) return false;
        control->name_count = r->names.count - control->names;
        return true;
    }

    // ---- trade_updates

    rfa_report *one_report() {
        auto *report = static_cast<rfa_report *>(rfa_more(&r->reports, sizeof(rfa_report)));
        if (report == nullptr) in.stop(in.here(), "does not fit in memory");
        return report;
    }

    // Precondition: data and its order are gathered.
    bool update(rfa_message *made) {
        auto *update = static_cast<rfa_update *>(rfa_more(&r->updates, sizeof(rfa_update)));
        if (update == nullptr) return in.stop(in.here(), "does not fit in memory");
        made->kind = RFA_UPDATE;
        made->at = r->updates.count - 1;
        Getting get(&r->base, data, UPDATE_NAMES);
        if (data.kind(U_ORDER) != Kind::object)
            return get.wrong(U_ORDER, data.has(U_ORDER) ? "is no object" : "is missing"), false;
        update->report = r->reports.count;
        rfa_report *report = one_report();
        if (report == nullptr || !fill(update, report, &get)) return false;
        made->symbol = report->symbol;
        uint32_t first = r->reports.count;
        int64_t since_ns = report->head.ts_event_ns;
        bool has_legs = order.kind(U_LEGS) == Kind::array;
        if (has_legs && !back_at(order[U_LEGS].place, [this] { return legs(); })) return false;
        auto executed = [this, first, since_ns] { return executions(first, since_ns); };
        if (data.kind(U_LEGS) == Kind::array && !back_at(data[U_LEGS].place, executed)) return false;
        update->leg_count = r->reports.count - first;
        return true;
    }

    bool fill(rfa_update *update, rfa_report *report, Getting *get) {
        Getting own(&r->base, order, UPDATE_NAMES);
        int known = r->base.unknown;
        Report made(r, order, report);
        if (!made.make()) return false;
        rfv_text event = get->maybe(U_EVENT);
        bool is_many = is_word(own.maybe(U_CLASS), "mleg");
        *update = {update->report, 0, event, own.maybe(U_STATUS), get->maybe(U_EXECUTION_ID), get->maybe(U_EVENT_ID),
            own.maybe(U_CLIENT_ORDER_ID), own.maybe(U_CLASS), own.maybe(U_REPLACES), own.maybe(U_REPLACED_BY),
            own.maybe(U_GROUP), own.maybe(U_ROLE), own.maybe(U_ASSET_CLASS), get->optional(U_POSITION_QTY),
            own.optional(U_NOTIONAL), own.optional(U_TRAIL), own.optional(U_TRAIL_PERCENT), get->maybe_instant(U_AT),
            own.maybe_instant(U_UPDATED_AT)};
        report->head.ts_event_ns = data.is_given(U_TIMESTAMP) ? get->instant(U_TIMESTAMP) : 0;
        made.happened(event, is_many);
        if (report->report.exec_type == RF_EXEC_TRADE &&
            !made.trade(get->optional(U_QTY), get->optional(U_PRICE), update->execution_id))
            return false;
        made.append(get->maybe(U_REASON));
        const auto &words = r->base.words;
        for (int word = known; word < r->base.unknown; word++) made.append({words[word], strlen(words[word])});
        return get->ok && own.ok;
    }

    // The orders that an order holds, each as its state.
    bool legs() {
        return in.array([this] {
            if (in.kind() != Kind::object) return in.skip();
            if (!gather(&leg)) return false;
            rfa_report *report = one_report();
            return report != nullptr && Report(r, leg, report).make();
        });
    }

    // {"execution_id":..,"qty":..,"price":..,"order_id":..,"symbol":..,"timestamp":..}: of an order that is told, or
    // of another.
    bool executions(uint32_t first, int64_t since_ns) {
        return in.array([this, first, since_ns] {
            if (in.kind() != Kind::object) return in.skip();
            if (!gather(&leg)) return false;
            Getting get(&r->base, leg, UPDATE_NAMES);
            rfv_text order_id = get.maybe(U_ORDER_ID);
            uint32_t at = first;
            while (at < r->reports.count && !waits_for(order_id, rfa_report_at(r, at))) at++;
            bool is_alone = at == r->reports.count;
            rfa_report *report = is_alone ? one_report() : rfa_report_at(r, at);
            if (report == nullptr) return false;
            Report made(r, leg, report);
            if (is_alone && !made.make_bare(order_id)) return false;
            report->head.ts_event_ns = leg.is_given(U_TIMESTAMP) ? get.instant(U_TIMESTAMP) : since_ns;
            return made.trade(get.optional(U_QTY), get.optional(U_PRICE), get.maybe(U_EXECUTION_ID)) && get.ok;
        });
    }

    static bool waits_for(rfv_text order_id, const rfa_report *report) {
        return report->report.exec_type == RF_EXEC_ORDER_STATUS && report->order_id.length == order_id.length &&
               memcmp(report->order_id.at, order_id.at, order_id.length) == 0;
    }

    rfa_reader *const r;
    In in;
    Values fields, data, order, leg;
};

} // namespace

} // namespace rfv::alpaca

extern "C" {

int rfa_read_patiently(rfa_reader *r) {
    bool is_packed = r->base.length > 0 && static_cast<unsigned char>(*r->base.scratch) >= 0x80;
    using rfv::alpaca::Alpaca;
    return is_packed ? Alpaca<rfv::MsgpackIn>(r).read() : Alpaca<rfv::JsonIn>(r).read();
}

int rfa_read(rfa_reader *r) {
    if (*r->base.scratch == '[' || *r->base.scratch == '{') {
        if (rfv::alpaca::Alpaca<rfv::PlainIn>(r).read()) return 1;
        rfa_clear(r);
    }
    return rfa_read_patiently(r);
}
}
