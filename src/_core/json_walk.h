// Walks a frame once, whatever the order of its keys, and holds every byte of it to JSON's grammar.
//
// simdjson's first stage checks UTF-8 and strings and finds where each bracket, comma, colon and value begins; from there on
// the walk goes itself: what it wants of a frame is where the values of a few keys begin. C++, for the parsers only.
#ifndef REGIMEFLOW_JSON_WALK_H
#define REGIMEFLOW_JSON_WALK_H

#include <simdjson.h>

#include <memory>

#include "json_fields.h"

namespace rfv {

constexpr int DEEPEST = 64; // arrays in arrays: the walk recurses

struct Json {
    std::unique_ptr<simdjson::internal::dom_parser_implementation> stages;
    std::unique_ptr<uint8_t[]> texts; // unescaped
    size_t room = 0;

    // 0: there is room for a frame of so many bytes.
    simdjson::error_code make_room(size_t bytes) {
        if (bytes <= room && stages != nullptr) return simdjson::SUCCESS;
        size_t wanted = bytes + bytes / 2 + 4096;
        auto error = simdjson::get_active_implementation()->create_dom_parser_implementation(wanted, DEEPEST, stages);
        texts.reset(new (std::nothrow) uint8_t[wanted + RFV_PADDING]);
        room = error || texts == nullptr ? 0 : wanted;
        return error ? error : room ? simdjson::SUCCESS : simdjson::MEMALLOC;
    }
};

inline bool ends_a_value(char letter) {
    return letter == ',' || letter == '}' || letter == ']' || letter == ' ' || letter == '\n' || letter == '\r' ||
           letter == '\t';
}

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

class Walk {
  public:
    explicit Walk(rfv_reader *reader) : r(reader), frame(reader->scratch) {}

    // The first stage. False: the frame is broken.
    bool start() {
        Json *json = static_cast<Json *>(r->json);
        auto error = json->make_room(r->length);
        auto bytes = reinterpret_cast<const uint8_t *>(frame);
        if (!error) error = json->stages->stage1(bytes, r->length, simdjson::stage1_mode::regular);
        if (error) return stop(frame + r->length, simdjson::error_message(error));
        next = json->stages->structural_indexes.get();
        has_escapes = memchr(frame, '\\', r->length) != nullptr;
        unescaped = json->texts.get();
        return true;
    }

    // Where the next thing begins; at the end of the frame a zero.
    const char *here() const { return frame + *next; }

    bool is_at_end() const { return *next >= r->length; }

    // Always false.
    bool stop(const char *at, const char *reason) {
        if (r->kind != RFV_BROKEN) rfv_broken(r, at, "", reason);
        return false;
    }

    // A string; false: the frame is broken. Precondition: a quote is here.
    bool text(const char **at, size_t *length) {
        const char *start = frame + *next++ + 1;
        *at = start;
        *length = UNMEASURED;
        if (!has_escapes) return true;
        uint8_t *end = static_cast<Json *>(r->json)->stages->parse_string(
            reinterpret_cast<const uint8_t *>(start), unescaped, false);
        if (end == nullptr) return stop(start, "has an escape that is none of JSON's");
        *at = reinterpret_cast<const char *>(unescaped);
        *length = static_cast<size_t>(end - unescaped);
        unescaped = end;
        return true;
    }

    // Of a text without escapes that was just passed: its quote is the last one before what follows.
    size_t measured(const char *at) const {
        const char *quote = here() - 1;
        while (*quote != '"') quote--;
        return static_cast<size_t>(quote - at);
    }

    // A value that is no array and no object. False: the frame is broken.
    bool scalar(Field *out) {
        const char *at = here();
        if (*at == '"') {
            out->type = Type::string;
            return text(&out->at, &out->length);
        }
        next++;
        out->at = at;
        if (*at == '-' || (*at >= '0' && *at <= '9')) {
            const char *end = number_end(at);
            out->type = Type::number;
            out->length = static_cast<size_t>(end - at);
            return end != nullptr || stop(at, "is no value of JSON's");
        }
        bool is_sound = false;
        if (*at == 't') {
            out->type = Type::boolean;
            is_sound = memcmp(at, "true", 4) == 0 && ends_a_value(at[4]);
        } else if (*at == 'f') {
            out->type = Type::boolean;
            is_sound = memcmp(at, "false", 5) == 0 && ends_a_value(at[5]);
        } else if (*at == 'n') {
            out->type = Type::null;
            is_sound = memcmp(at, "null", 4) == 0 && ends_a_value(at[4]);
        }
        return is_sound || stop(at, at >= frame + r->length ? "ends early" : "is no value of JSON's");
    }

    // A value that nobody wants. False: the frame is broken.
    bool skip() {
        Field ignored;
        if (*here() == '[') return array([this] { return skip(); });
        if (*here() == '{') return object([this](rfv_text) { return skip(); });
        return scalar(&ignored);
    }

    // Calls what() before each element, which it must take. False: it gave up, or the frame is broken.
    template <typename What> bool array(What what) {
        next++;
        if (*here() == ']') return next++, true;
        if (++depth > DEEPEST) return stop(here(), "is nested too deep");
        for (;;) {
            if (!what()) return false;
            char letter = *here();
            if (letter != ',' && letter != ']') return stop(here(), "wants a comma or a bracket here");
            next++;
            if (letter == ']') return depth--, true;
        }
    }

    // Calls what(key) before each value, which it must take. False: it gave up, or the frame is broken.
    template <typename What> bool object(What what) {
        next++;
        if (*here() == '}') return next++, true;
        if (++depth > DEEPEST) return stop(here(), "is nested too deep");
        for (;;) {
            rfv_text name;
            if (*here() != '"') return stop(here(), "wants a key here");
            if (!text(&name.at, &name.length)) return false;
            if (*here() != ':') return stop(here(), "wants a colon here");
            next++;
            if (name.length == UNMEASURED) name.length = measured(name.at);
            if (!what(name)) return false;
            char letter = *here();
            if (letter != ',' && letter != '}') return stop(here(), "wants a comma or a brace here");
            next++;
            if (letter == '}') return depth--, true;
        }
    }

  protected:
    rfv_reader *const r;
    const char *const frame;
    const uint32_t *next = nullptr; // where things begin; behind the last it is the frame's length
    uint8_t *unescaped = nullptr;
    bool has_escapes = false;
    int depth = 0;
};

} // namespace rfv

#endif
