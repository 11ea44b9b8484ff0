// Walks a frame with simdjson, once, whatever the order of its keys, and holds every byte of it to JSON's grammar.
//
// simdjson checks the structure and UTF-8; what it would only look at when asked (numbers, escapes, values that nobody wants)
// is checked here, so that a damaged frame is never taken for a sound one. C++, for the parsers only.
#ifndef REGIMEFLOW_JSON_WALK_H
#define REGIMEFLOW_JSON_WALK_H

#include <simdjson.h>
#include <utility>

#include "json_fields.h"

namespace rfv {

namespace od = simdjson::ondemand;

constexpr int DEEPEST = 64; // arrays in arrays: the walk recurses

inline bool is_blank(char letter) { return letter == ' ' || letter == '\n' || letter == '\r' || letter == '\t'; }

inline bool ends_a_value(char letter) { return letter == ',' || letter == '}' || letter == ']' || is_blank(letter); }

inline const char *digits(const char *at) {
    const char *start = at;
    while (static_cast<unsigned>(static_cast<unsigned char>(*at) - '0') <= 9) at++;
    return at == start ? nullptr : at;
}

// What follows a number by JSON's grammar; nullptr when it is none.
inline const char *number_end(const char *at) {
    if (*at == '-') at++;
    const char *start = at;
    if ((at = digits(at)) == nullptr || (*start == '0' && at - start > 1)) return nullptr;
    if (*at == '.' && (at = digits(at + 1)) == nullptr) return nullptr;
    if (*at == 'e' || *at == 'E') {
        at++;
        if (*at == '-' || *at == '+') at++;
        if ((at = digits(at)) == nullptr) return nullptr;
    }
    return ends_a_value(*at) ? at : nullptr;
}

struct Json {
    od::parser parser;
};

class Walk {
  public:
    Walk(rfv_reader *reader) : r(reader) {}

    bool start(od::document &document) {
        od::parser &parser = static_cast<Json *>(r->json)->parser;
        has_escapes = memchr(r->scratch, '\\', r->length) != nullptr;
        auto view = simdjson::padded_string_view(r->scratch, r->length, r->room);
        if (failed(parser.iterate(view).get(document), nullptr)) return false;
        place = &document;
        return true;
    }

    bool failed(simdjson::error_code error, const char *at) {
        if (error == simdjson::SUCCESS) return false;
        if (error == simdjson::MEMALLOC) return stop(at, "does not fit in memory");
        if (error == simdjson::INCOMPLETE_ARRAY_OR_OBJECT) at = r->scratch + r->length; // simdjson points at its beginning
        return stop(at, simdjson::error_message(error));
    }

    // Always true. Where the place is not known, it is where the walk is.
    bool stop(const char *at, const char *reason) {
        const char *here = r->scratch + r->length;
        if (r->kind == RFV_BROKEN) return true;
        if (at == nullptr && place != nullptr && place->current_location().get(here)) here = r->scratch + r->length;
        rfv_broken(r, at ? at : here, "", reason);
        return true;
    }

    // A key; its place too. False: the frame is broken.
    bool key(od::field &field, rfv_text *out) {
        if (has_escapes) {
            std::string_view view;
            if (failed(field.unescaped_key().get(view), field.key().raw())) return false;
            *out = {view.data(), view.size()};
            return true;
        }
        out->at = field.key().raw();
        out->length = out->at[1] == '"' && out->at[0] != '"' ? 1 : static_cast<size_t>(strchr(out->at, '"') - out->at);
        return true;
    }

    // A value that is no array and no object. False: the frame is broken.
    bool scalar(od::value &value, Field *out) {
        std::string_view token = value.raw_json_token();
        const char *at = token.data();
        out->at = at;
        switch (*at) {
        case '"':
            out->type = Type::string;
            out->at = at + 1;
            out->length = UNMEASURED;
            if (has_escapes) {
                std::string_view view;
                if (failed(value.get_string().get(view), at)) return false;
                out->at = view.data();
                out->length = view.size();
                return true;
            }
            // Taken, not only looked at: what simdjson skips by itself it would also skip with a colon behind it.
            return !failed(value.get_raw_json_string().error(), at);
        case 't':
            out->type = Type::boolean;
            return (memcmp(at, "true", 4) == 0 && ends_a_value(at[4])) || !stop(at, "is no value of JSON's");
        case 'f':
            out->type = Type::boolean;
            return (memcmp(at, "false", 5) == 0 && ends_a_value(at[5])) || !stop(at, "is no value of JSON's");
        case 'n':
            out->type = Type::null;
            return (memcmp(at, "null", 4) == 0 && ends_a_value(at[4])) || !stop(at, "is no value of JSON's");
        default: {
            out->type = Type::number;
            const char *end = number_end(at);
            if (end == nullptr) return !stop(at, "is no value of JSON's");
            out->length = static_cast<size_t>(end - at);
            return true;
        }
        }
    }

    // A value that nobody wants. False: the frame is broken.
    bool skip(od::value &value, int depth = 0) {
        char first = *value.raw_json_token().data();
        Field ignored;
        if (first != '[' && first != '{') return scalar(value, &ignored);
        if (depth == DEEPEST) return !stop(value.raw_json_token().data(), "is nested too deep");
        if (first == '[') {
            od::array array;
            if (failed(value.get_array().get(array), nullptr)) return false;
            return each(array, [this, depth](od::value &one) { return skip(one, depth + 1); });
        }
        od::object object;
        if (failed(value.get_object().get(object), nullptr)) return false;
        return each(object, [this, depth](rfv_text, od::value &one) { return skip(one, depth + 1); });
    }

    // Calls what(value) for each element; it returns false to give up. False: given up.
    template <typename What> bool each(od::array &array, What what) {
        for (auto item : array) {
            od::value value;
            if (failed(std::move(item).get(value), nullptr) || !what(value)) return false;
        }
        return true;
    }

    // Calls what(key, value) for each field; it returns false to give up. False: given up.
    template <typename What> bool each(od::object &object, What what) {
        for (auto item : object) {
            od::field field;
            rfv_text name;
            if (failed(std::move(item).get(field), nullptr) || !key(field, &name) || !what(name, field.value())) return false;
        }
        return true;
    }

    rfv_reader *const r;
    od::document *place = nullptr; // where the walk is
    bool has_escapes = false;
};

} // namespace rfv

#endif
