// Walks a MessagePack frame once, with a look at each length before what it promises is read. C++, for the parsers only.
//
// Source: the MessagePack specification, github.com/msgpack/msgpack/blob/master/spec.md.
#ifndef REGIMEFLOW_MSGPACK_WALK_H
#define REGIMEFLOW_MSGPACK_WALK_H

#include <simdjson.h>

#include "frame_values.h"
#include "shortest.h"

namespace rfv {

class MsgpackIn {
  public:
    explicit MsgpackIn(rfv_reader *reader) : r(reader), at(reader->scratch), end(reader->scratch + reader->length) {}

    bool start() { return true; }
    const char *here() const { return at; }
    bool is_at_end() const { return at == end; }

    // Always false.
    bool stop(const char *place, const char *reason) {
        if (r->kind != RFV_BROKEN) rfv_broken(r, place, "", reason);
        return false;
    }

    Kind kind() const {
        unsigned char tag = static_cast<unsigned char>(at == end ? 0xC0 : *at);
        if (tag >> 4 == 8 || tag == 0xDE || tag == 0xDF) return Kind::object;
        return tag >> 4 == 9 || tag == 0xDC || tag == 0xDD ? Kind::array : Kind::none;
    }

    // Whatever is here; an array or an object is passed over, but may be gone back to. False: the frame is broken.
    bool value(Value *out) {
        Head head;
        out->at = at;
        out->fault = 0;
        out->place = place();
        out->kind = kind();
        if (out->kind != Kind::none) return skip();
        if (!take(&head)) return false;
        out->kind = head.kind;
        if (head.kind == Kind::text) return text(head, out);
        if (head.kind == Kind::instant) return out->fault = !rfi_unpack(head.at, head.count, &out->ns), true;
        out->truth = head.tag == 0xC3;
        if (head.kind == Kind::number) number(head, out);
        return true;
    }

    // Whatever is here, that nobody wants. False: the frame is broken.
    bool skip() {
        Head head;
        for (uint64_t left = 1; left > 0; left--) {
            if (!take(&head)) return false;
            if (head.kind == Kind::array) left += head.count;
            if (head.kind == Kind::object) left += 2 * head.count;
        }
        return true;
    }

    // Calls what() before each element, which it must take. False: it gave up, or the frame is broken.
    template <typename What> bool array(What what) {
        Head head;
        if (!take(&head)) return false;
        if (++depth > DEEPEST) return stop(at, "is nested too deep");
        for (uint64_t left = head.count; left > 0; left--)
            if (!what()) return false;
        return depth--, true;
    }

    // Calls what(key) before each value, which it must take; a key that is no text is none that anybody wants.
    template <typename What> bool object(What what) {
        Head head, key;
        if (!take(&head)) return false;
        if (++depth > DEEPEST) return stop(at, "is nested too deep");
        for (uint64_t left = head.count; left > 0; left--) {
            rfv_text name = NO_TEXT;
            if (kind() != Kind::none) {
                if (!skip()) return false;
            } else {
                if (!take(&key)) return false;
                if (key.kind == Kind::text) name = {key.at, static_cast<size_t>(key.count)};
            }
            if (!what(name)) return false;
        }
        return depth--, true;
    }

    // Whether a text is UTF-8: values are, keys and what is passed over need not be. False: the frame is broken.
    bool is_text(rfv_text text) {
        unsigned char high = 0;
        for (size_t one = 0; one < text.length; one++) high |= static_cast<unsigned char>(text.at[one]);
        if (high < 0x80 || simdjson::validate_utf8(text.at, text.length)) return true;
        return stop(text.at, "holds a text that is no UTF-8");
    }

    Place place() const { return {at, nullptr, depth}; }
    void go(const Place &place) {
        at = static_cast<const char *>(place.at);
        depth = place.depth;
    }

  private:
    struct Head {
        Kind kind;
        unsigned char tag;
        uint64_t count; // elements, pairs or bytes
        const char *at; // the bytes
    };
    static constexpr int DEEPEST = 64; // as in JSON

    bool early() { return stop(end, "ends early"); }

    // A tag, its length, and the bytes that it has; elements and pairs follow. False: the frame is broken.
    bool take(Head *head) {
        if (at == end) return early();
        unsigned char tag = static_cast<unsigned char>(*at++);
        head->tag = tag;
        if (tag < 0x80 || tag >= 0xE0) return take_bytes(head, Kind::number, 0);
        if (tag < 0x90) return counted(head, Kind::object, tag & 15);
        if (tag < 0xA0) return counted(head, Kind::array, tag & 15);
        if (tag < 0xC0) return take_bytes(head, Kind::text, tag & 31);
        switch (tag) {
        case 0xC0: return take_bytes(head, Kind::null, 0);
        case 0xC2: case 0xC3: return take_bytes(head, Kind::boolean, 0);
        case 0xC4: case 0xC5: case 0xC6: return measured(head, Kind::bytes, 1 << (tag - 0xC4), 0);
        case 0xC7: case 0xC8: case 0xC9: return measured(head, Kind::instant, 1 << (tag - 0xC7), 1);
        case 0xCA: return take_bytes(head, Kind::number, 4);
        case 0xCB: return take_bytes(head, Kind::number, 8);
        case 0xCC: case 0xCD: case 0xCE: case 0xCF: return take_bytes(head, Kind::number, 1u << (tag - 0xCC));
        case 0xD0: case 0xD1: case 0xD2: case 0xD3: return take_bytes(head, Kind::number, 1u << (tag - 0xD0));
        case 0xD4: case 0xD5: case 0xD6: case 0xD7: case 0xD8: return extension(head, 1u << (tag - 0xD4));
        case 0xD9: case 0xDA: case 0xDB: return measured(head, Kind::text, 1 << (tag - 0xD9), 0);
        case 0xDC: case 0xDD: return long_count(head, Kind::array, tag == 0xDC ? 2 : 4);
        case 0xDE: case 0xDF: return long_count(head, Kind::object, tag == 0xDE ? 2 : 4);
        default: return stop(at - 1, "is no tag of MessagePack's");
        }
    }

    static bool counted(Head *head, Kind kind, uint64_t count) {
        head->kind = kind;
        head->count = count;
        return true;
    }

    bool take_bytes(Head *head, Kind kind, uint64_t bytes) {
        if (bytes > static_cast<uint64_t>(end - at)) return early();
        head->kind = kind;
        head->count = bytes;
        head->at = at;
        at += bytes;
        return true;
    }

    bool length(int bytes, uint64_t *out) {
        if (end - at < bytes) return early();
        *out = rfi_big_endian(at, bytes);
        at += bytes;
        return true;
    }

    bool measured(Head *head, Kind kind, int width, int is_extension) {
        uint64_t bytes;
        if (!length(width, &bytes)) return false;
        return is_extension ? extension(head, bytes) : take_bytes(head, kind, bytes);
    }

    bool long_count(Head *head, Kind kind, int width) {
        uint64_t count;
        return length(width, &count) && counted(head, kind, count);
    }

    // Of all extensions only -1 means something to anybody.
    bool extension(Head *head, uint64_t bytes) {
        if (at == end) return early();
        bool is_instant = static_cast<unsigned char>(*at++) == 0xFF;
        return take_bytes(head, is_instant ? Kind::instant : Kind::bytes, bytes);
    }

    bool text(const Head &head, Value *out) {
        out->text = {head.at, static_cast<size_t>(head.count)};
        return is_text(out->text);
    }

    static void number(const Head &head, Value *out) {
        uint64_t bits = rfi_big_endian(head.at, static_cast<int>(head.count));
        out->number = {0, 0};
        if (head.tag == 0xCB || head.tag == 0xCA) {
            out->fault = static_cast<uint8_t>(rfs_decimal(real(head, bits), &out->number));
        } else if (head.tag == 0xCF && bits > INT64_MAX) {
            out->fault = RF_NUMBER_TOO_LARGE;
        } else if (head.count == 0) {
            out->number.mantissa = static_cast<signed char>(head.tag);
        } else {
            int shift = head.tag >= 0xD0 ? 64 - 8 * static_cast<int>(head.count) : 0; // signed: from the top down again
            out->number.mantissa = static_cast<int64_t>(bits << shift) >> shift;
            if (out->number.mantissa == RF_NULL) out->fault = RF_NUMBER_TOO_LARGE;
        }
    }

    static double real(const Head &head, uint64_t bits) {
        float narrow;
        double wide;
        uint32_t low = static_cast<uint32_t>(bits);
        memcpy(&narrow, &low, 4);
        memcpy(&wide, &bits, 8);
        return head.tag == 0xCA ? static_cast<double>(narrow) : wide;
    }

    rfv_reader *const r;
    const char *at;
    const char *const end;
    int depth = 0;
};

} // namespace rfv

#endif
