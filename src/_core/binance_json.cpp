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
        r->kind = RFV_OTHER;
        r->unknown = 0;
        r->symbol = r->stream = {"", 0};
        r->bids.count = r->asks.count = r->balances.count = 0;
        if (!walk.start()) return r->kind;
        bool is_object = *walk.here() == '{';
        if (!is_object && *walk.here() != '[') return walk.stop(walk.here(), "is no object and no array"), r->kind;
        if (is_object ? !walk.object([this](rfv_text name) { return of_top(name); }) : !walk.skip()) return r->kind;
        if (!walk.is_at_end()) return walk.stop(walk.here(), "goes on behind its end"), r->kind;
        return is_object ? Events(r, event).make() : r->kind; // an array is none of ours
    }

  private:
    // The frame itself, or the wrapper: {"stream":..,"data":{..}}, {"subscriptionId":..,"event":{..}}.
    bool of_top(rfv_text name) {
        if (name.length == 1) return is_wrapped ? walk.skip() : of_letter(*name.at);
        if (is(name, "stream")) {
            Field field;
            if (*walk.here() != '"') return walk.skip();
            if (!walk.scalar(&field)) return false;
            r->stream = text_of(field);
            return true;
        }
        if (*walk.here() == '{' && (is(name, "data") || is(name, "event"))) {
            event.clear();
            is_wrapped = true;
            return walk.object([this](rfv_text own) { return of_event(own); });
        }
        return is_wrapped ? walk.skip() : of_event(name);
    }

    bool of_event(rfv_text name) {
        if (name.length == 1) return of_letter(*name.at);
        if (is(name, "bids")) return side(&r->bids, &event.bids, "bids");
        if (is(name, "asks")) return side(&r->asks, &event.asks, "asks");
        if (is(name, "lastUpdateId")) return other(&event.last_update);
        if (is(name, "eR")) return other(&event.reason);
        return walk.skip();
    }

    bool of_letter(char letter) {
        const char *at = walk.here();
        if (static_cast<unsigned char>((letter | 32) - 'a') > 25) return walk.skip();
        if (*at != '[' && *at != '{') return walk.scalar(event.fields.put(letter));
        *event.fields.put(letter) = {at, 0, *at == '[' ? Type::array : Type::object};
        if (letter == 'b' && *at == '[') return side(&r->bids, &event.bids, "b");
        if (letter == 'a' && *at == '[') return side(&r->asks, &event.asks, "a");
        if (letter == 'B' && *at == '[') return balances();
        if (letter == 'k' && *at == '{') return letters(&event.bar);
        return walk.skip();
    }

    bool other(Field *field) {
        const char *at = walk.here();
        *field = {at, 0, *at == '[' ? Type::array : Type::object};
        return *at == '[' || *at == '{' ? walk.skip() : walk.scalar(field);
    }

    // An object's scalars by their letters.
    bool letters(Fields *fields) {
        fields->seen = 0;
        return walk.object([this, fields](rfv_text name) {
            bool is_letter = name.length == 1 && static_cast<unsigned char>((*name.at | 32) - 'a') <= 25;
            if (!is_letter || *walk.here() == '[' || *walk.here() == '{') return walk.skip();
            return walk.scalar(fields->put(*name.at));
        });
    }

    // [["price","quantity"],...]; what follows the two is passed over.
    bool side(rfv_side *side, List *list, const char *name) {
        *list = {name, nullptr, nullptr};
        side->count = 0;
        if (*walk.here() == '[') return walk.array([this, side, list] { return pair(side, list); });
        list->wrong(walk.here(), "is no list of levels");
        return walk.skip();
    }

    bool pair(rfv_side *side, List *list) {
        const char *at = walk.here();
        int found = 0;
        if (*at != '[') {
            list->wrong(at, "is no pair of price and quantity");
            return walk.skip();
        }
        if (!rfv_more(side)) return walk.stop(at, "does not fit in memory");
        rf_decimal *numbers = side->numbers + 2 * side->count;
        auto one = [this, numbers, list, &found] {
            Field field;
            const char *place = walk.here();
            if (found >= 2) return walk.skip();
            found++;
            if (*place == '[' || *place == '{') {
                list->wrong(place, "is no number");
                return walk.skip();
            }
            if (!walk.scalar(&field)) return false;
            number(field, place, &numbers[found - 1], list);
            return true;
        };
        if (!walk.array(one)) return false;
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
    bool balances() {
        r->balances.count = 0;
        event.balances = {"B", nullptr, nullptr};
        return walk.array([this] { return balance(); });
    }

    bool balance() {
        const char *at = walk.here();
        Fields fields;
        rf_balance row;
        if (*at != '{') {
            event.balances.wrong(at, "is no balance");
            return walk.skip();
        }
        if (!letters(&fields)) return false;
        if (const char *fault = balance_of(fields, &row))
            event.balances.wrong(at, fault);
        else if (!rfv_put_balance(&r->balances, &row))
            return walk.stop(at, "does not fit in memory");
        return true;
    }

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
