// A JSON frame in one pass, where it is as plain as venues write it: no blank, no escape, nothing but ASCII, no number of
// more than 18 digits. Anything else is given up and read with more patience (json_values.h), which also says what is wrong
// with it. C++, for the parsers only.
#ifndef REGIMEFLOW_JSON_PLAIN_H
#define REGIMEFLOW_JSON_PLAIN_H

#include "json_values.h"

namespace rfv {

// Where plain text ends: at a quote, a backslash, a control character or a byte that is not ASCII. Precondition: there is one,
// and seven bytes behind it are readable.
inline const char *plain_end(const char *at) {
    constexpr uint64_t ONES = 0x0101010101010101u, HIGHS = 0x8080808080808080u;
    for (;; at += 8) {
        uint64_t word;
        memcpy(&word, at, 8);
        uint64_t quote = word ^ ONES * '"', slash = word ^ ONES * '\\';
        uint64_t ends = ((quote - ONES) | (slash - ONES) | (word - ONES * ' ') | word) & HIGHS; // none before it is a false one
        if (ends != 0) return at + (__builtin_ctzll(ends) >> 3);
    }
}

class PlainIn {
  public:
    explicit PlainIn(rfv_reader *reader) : at(reader->scratch), end(reader->scratch + reader->length) {}

    bool start() { return true; }
    const char *here() const { return at; }
    bool is_at_end() const { return at == end; }
    bool stop(const char *, const char *) { return false; }
    bool is_text(rfv_text) const { return true; }
    Kind kind() const { return *at == '{' ? Kind::object : *at == '[' ? Kind::array : Kind::none; }

    bool value(Value *out) {
        out->at = at;
        out->fault = 0;
        if (*at == '"') {
            out->kind = Kind::text;
            return text(&out->text);
        }
        if (const char *behind = bare_number(at, &out->number)) {
            out->kind = Kind::number;
            at = behind;
            return true;
        }
        out->kind = kind();
        if (out->kind == Kind::none) return literal(out);
        out->place = place();
        return skip();
    }

    bool skip() {
        rfv_text ignored;
        Value value;
        if (*at == '"') return text(&ignored);
        if (*at == '[') return array([this] { return skip(); });
        if (*at == '{') return object([this](rfv_text) { return skip(); });
        if (const char *behind = number_end(at)) return at = behind, true;
        return literal(&value);
    }

    template <typename What> bool array(What what) {
        if (at[1] == ']') return at += 2, true;
        if (++depth > DEEPEST) return false;
        do {
            at++;
            if (!what()) return false;
        } while (*at == ',');
        return depth--, *at++ == ']';
    }

    template <typename What> bool object(What what) {
        if (at[1] == '}') return at += 2, true;
        if (++depth > DEEPEST) return false;
        do {
            rfv_text name;
            at++;
            if (*at != '"' || !key(&name) || *at != ':') return false;
            at++;
            if (!what(name)) return false;
        } while (*at == ',');
        return depth--, *at++ == '}';
    }

    Place place() const { return {at, nullptr, depth}; }
    void go(const Place &place) {
        at = static_cast<const char *>(place.at);
        depth = place.depth;
    }

  private:
    // Mostly of one or two small letters.
    bool key(rfv_text *out) {
        size_t length = at[2] == '"' ? 1 : at[3] == '"' ? 2 : 0;
        if (length == 0 || !is_letter(at[1]) || !is_letter(at[length])) return text(out);
        *out = {at + 1, length};
        at += length + 2;
        return true;
    }

    static bool is_letter(char letter) { return static_cast<unsigned char>((letter | 32) - 'a') <= 25; }

    bool text(rfv_text *out) {
        const char *start = at + 1, *stop = plain_end(start);
        *out = {start, static_cast<size_t>(stop - start)};
        at = stop + 1;
        return *stop == '"';
    }

    bool literal(Value *out) {
        const char *start = at;
        bool is_null = memcmp(start, "null", 4) == 0, is_true = memcmp(start, "true", 4) == 0;
        if (!is_null && !is_true && memcmp(start, "false", 5) != 0) return false;
        at += is_null || is_true ? 4 : 5;
        out->truth = is_true;
        out->kind = is_null ? Kind::null : Kind::boolean;
        return ends_a_value(*at);
    }

    const char *at;
    const char *const end;
    int depth = 0;
};

} // namespace rfv

#endif
