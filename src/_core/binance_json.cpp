// Binance's frames in any order of their keys. The walk gathers fields by their letters; binance_events.h says what they are.
// Source: binance-spot-api-docs, web-socket-streams.md, web-socket-api.md, user-data-stream.md.
#include <new>

#include "json_walk.h"

#include "binance_events.h"

namespace rfv {

namespace {

class Binance {
  public:
    explicit Binance(rfv_reader *reader) : r(reader), walk(reader) {}

    int read() {
        od::document document;
        od::object top;
        r->kind = RFV_OTHER;
        r->unknown = 0;
        r->symbol = r->stream = {"", 0};
        r->bids.count = r->asks.count = r->balances.count = 0;
        if (!walk.start(document)) return r->kind;
        const char *first = r->scratch + strspn(r->scratch, " \t\r\n");
        if (*first != '{') return rest(document, first);
        if (walk.failed(document.get_object().get(top), nullptr)) return r->kind;
        if (!walk.each(top, [this](rfv_text name, od::value &value) { return of_top(name, value); })) return r->kind;
        if (!document.at_end()) return walk.stop(nullptr, "goes on behind its end"), r->kind;
        return Events(r, event).make();
    }

  private:
    // A frame that is no object is none of ours; it must be JSON all the same.
    int rest(od::document &document, const char *first) {
        od::array array;
        if (*first != '[') return rfv_broken(r, first, "", "is no object and no array");
        if (walk.failed(document.get_array().get(array), nullptr)) return r->kind;
        if (!walk.each(array, [this](od::value &value) { return walk.skip(value); })) return r->kind;
        if (!document.at_end()) walk.stop(nullptr, "goes on behind its end");
        return r->kind;
    }

    // The frame itself, or the wrapper: {"stream":..,"data":{..}}, {"subscriptionId":..,"event":{..}}.
    bool of_top(rfv_text name, od::value &value) {
        if (is(name, "stream")) {
            Field field;
            if (first_of(value) != '"') return walk.skip(value);
            if (!walk.scalar(value, &field)) return false;
            r->stream = text_of(field);
            return true;
        }
        if ((is(name, "data") || is(name, "event")) && first_of(value) == '{') {
            od::object inner;
            if (walk.failed(value.get_object().get(inner), nullptr)) return false;
            event.clear();
            is_wrapped = true;
            return walk.each(inner, [this](rfv_text own, od::value &its) { return of_event(own, its); });
        }
        return is_wrapped ? walk.skip(value) : of_event(name, value);
    }

    bool of_event(rfv_text name, od::value &value) {
        if (name.length == 1) return of_letter(*name.at, value);
        if (is(name, "bids")) return side(value, &r->bids, &event.bids, "bids");
        if (is(name, "asks")) return side(value, &r->asks, &event.asks, "asks");
        if (is(name, "lastUpdateId")) return other(value, &event.last_update);
        if (is(name, "eR")) return other(value, &event.reason);
        return walk.skip(value);
    }

    bool of_letter(char letter, od::value &value) {
        char first = first_of(value);
        Field field;
        if (static_cast<unsigned char>((letter | 32) - 'a') > 25) return walk.skip(value);
        if (first != '[' && first != '{') {
            if (!walk.scalar(value, &field)) return false;
            event.fields.put(letter, field);
            return true;
        }
        field = {value.raw_json_token().data(), 0, first == '[' ? Type::array : Type::object};
        event.fields.put(letter, field);
        if (letter == 'b' && first == '[') return side(value, &r->bids, &event.bids, "b");
        if (letter == 'a' && first == '[') return side(value, &r->asks, &event.asks, "a");
        if (letter == 'B' && first == '[') return balances(value);
        if (letter == 'k' && first == '{') return bar(value);
        return walk.skip(value);
    }

    bool other(od::value &value, Field *field) {
        char first = first_of(value);
        *field = {value.raw_json_token().data(), 0, first == '[' ? Type::array : Type::object};
        return first == '[' || first == '{' ? walk.skip(value) : walk.scalar(value, field);
    }

    bool bar(od::value &value) {
        od::object object;
        if (walk.failed(value.get_object().get(object), nullptr)) return false;
        event.bar.seen = 0;
        return walk.each(object, [this](rfv_text name, od::value &its) { return letters(name, its, &event.bar); });
    }

    bool letters(rfv_text name, od::value &value, Fields *fields) {
        char first = first_of(value);
        Field field;
        if (first == '[' || first == '{' || name.length != 1) return walk.skip(value);
        if (!walk.scalar(value, &field)) return false;
        if (static_cast<unsigned char>((*name.at | 32) - 'a') <= 25) fields->put(*name.at, field);
        return true;
    }

    // [["price","quantity"],...]; what follows the two is passed over.
    bool side(od::value &value, rfv_side *side, List *list, const char *name) {
        od::array array;
        *list = {name, nullptr, nullptr};
        side->count = 0;
        if (first_of(value) != '[') {
            list->wrong(value.raw_json_token().data(), "is no list of levels");
            return walk.skip(value);
        }
        if (walk.failed(value.get_array().get(array), nullptr)) return false;
        return walk.each(array, [this, side, list](od::value &level) { return pair(level, side, list); });
    }

    bool pair(od::value &level, rfv_side *side, List *list) {
        const char *at = level.raw_json_token().data();
        od::array two;
        int found = 0;
        if (*at != '[') {
            list->wrong(at, "is no pair of price and quantity");
            return walk.skip(level);
        }
        if (walk.failed(level.get_array().get(two), nullptr)) return false;
        if (!rfv_more(side)) return !walk.stop(at, "does not fit in memory");
        rf_decimal *numbers = side->numbers + 2 * side->count;
        auto one = [this, numbers, list, &found](od::value &value) {
            Field field;
            const char *place = value.raw_json_token().data();
            if (*place == '[' || *place == '{') {
                if (found < 2) list->wrong(place, "is no number");
                return walk.skip(value);
            }
            if (!walk.scalar(value, &field)) return false;
            if (found < 2) number(field, place, &numbers[found], list);
            found++;
            return true;
        };
        if (!walk.each(two, one)) return false;
        if (found < 2) list->wrong(at, "is no pair of price and quantity");
        side->count++;
        return true;
    }

    void number(const Field &field, const char *place, rf_decimal *out, List *list) {
        if (field.type != Type::string && field.type != Type::number)
            list->wrong(place, "is no number");
        else if (int fault = decimal_of(field, out))
            list->wrong(place, rfv_number_fault(fault));
    }

    // [{"a":"BTC","f":"free","l":"locked"},...]
    bool balances(od::value &value) {
        od::array array;
        if (walk.failed(value.get_array().get(array), nullptr)) return false;
        r->balances.count = 0;
        event.balances = {"B", nullptr, nullptr};
        return walk.each(array, [this](od::value &one) { return balance(one); });
    }

    bool balance(od::value &value) {
        const char *at = value.raw_json_token().data();
        od::object object;
        Fields fields;
        rf_balance row;
        if (*at != '{') {
            event.balances.wrong(at, "is no balance");
            return walk.skip(value);
        }
        if (walk.failed(value.get_object().get(object), nullptr)) return false;
        if (!walk.each(object, [&](rfv_text name, od::value &its) { return letters(name, its, &fields); })) return false;
        if (const char *fault = balance_of(fields, &row))
            event.balances.wrong(at, fault);
        else if (!rfv_put_balance(&r->balances, &row))
            return !walk.stop(at, "does not fit in memory");
        return true;
    }

    static char first_of(od::value &value) { return *value.raw_json_token().data(); }

    rfv_reader *const r;
    Walk walk;
    Event event;
    bool is_wrapped = false;
};

} // namespace

} // namespace rfv

extern "C" {

void *rfv_json_new(void) { return new (std::nothrow) rfv::Json; }

void rfv_json_free(void *json) { delete static_cast<rfv::Json *>(json); }

int rfv_binance_json(rfv_reader *r) { return rfv::Binance(r).read(); }
}
