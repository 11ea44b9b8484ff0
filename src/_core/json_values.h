// A JSON frame as values by name: json_walk.h, with each number read in the same pass. C++, for the parsers only.
#ifndef REGIMEFLOW_JSON_VALUES_H
#define REGIMEFLOW_JSON_VALUES_H

#include "frame_values.h"
#include "json_walk.h"

namespace rfv {

// digits [. digits], 18 at most, as JSON has them; what follows, or nullptr for anything else, to be read with more patience.
inline const char *bare_number(const char *at, rf_decimal *out) {
    const char *start = at;
    uint64_t magnitude = 0;
    unsigned digit;
    while ((digit = static_cast<unsigned>(static_cast<unsigned char>(*at)) - '0') <= 9) {
        magnitude = magnitude * 10 + digit;
        at++;
    }
    ptrdiff_t whole = at - start, places = 0;
    if (whole == 0 || (whole > 1 && *start == '0')) return nullptr;
    if (*at == '.') {
        start = ++at;
        while ((digit = static_cast<unsigned>(static_cast<unsigned char>(*at)) - '0') <= 9) {
            magnitude = magnitude * 10 + digit;
            at++;
        }
        places = at - start;
        if (places == 0) return nullptr;
    }
    if (whole + places > 18 || !ends_a_value(*at)) return nullptr;
    out->mantissa = static_cast<int64_t>(magnitude);
    out->exp = static_cast<int8_t>(-places);
    return at;
}

class JsonIn : public Walk {
  public:
    explicit JsonIn(rfv_reader *reader) : Walk(reader) {}

    Kind kind() const { return *here() == '{' ? Kind::object : *here() == '[' ? Kind::array : Kind::none; }

    // Whatever is here; an array or an object is passed over, but may be gone back to. False: the frame is broken.
    bool value(Value *out) {
        const char *at = here();
        out->at = at;
        out->fault = 0;
        if (*at == '"') {
            out->kind = Kind::text;
            if (!text(&out->text.at, &out->text.length)) return false;
            if (out->text.length == UNMEASURED) out->text.length = measured(out->text.at);
            return true;
        }
        if (bare_number(at, &out->number)) {
            out->kind = Kind::number;
            next++;
            return true;
        }
        out->kind = kind();
        if (out->kind == Kind::none) return other(out);
        out->place = place();
        return skip();
    }

    bool is_text(rfv_text) const { return true; } // the first stage has seen to it

    Place place() const { return {next, unescaped, depth}; }

    // What is read again is unescaped again, to the same bytes at the same place.
    void go(const Place &place) {
        next = static_cast<const uint32_t *>(place.at);
        unescaped = place.unescaped;
        depth = place.depth;
    }

  private:
    bool other(Value *out) {
        Field field;
        if (!scalar(&field)) return false;
        out->truth = *field.at == 't';
        out->kind = field.type == Type::null ? Kind::null : field.type == Type::boolean ? Kind::boolean : Kind::number;
        out->number = {0, 0};
        if (out->kind == Kind::number)
            out->fault = static_cast<uint8_t>(rf_parse(field.at, static_cast<ptrdiff_t>(field.length), &out->number));
        return true;
    }
};

} // namespace rfv

#endif
