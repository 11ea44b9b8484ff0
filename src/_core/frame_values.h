// Values of a frame by the names of their fields, the same whether it is JSON or MessagePack. C++, for the parsers only.
#ifndef REGIMEFLOW_FRAME_VALUES_H
#define REGIMEFLOW_FRAME_VALUES_H

#include "frames.h"

namespace rfv {

enum class Kind : uint8_t { none, null, boolean, number, text, instant, bytes, array, object };

// Where a walk was, to go there again.
struct Place {
    const void *at;
    uint8_t *unescaped;
    int depth;
};

struct Value {
    const char *at; // where it begins in the frame, for errors
    Kind kind;
    bool truth;        // of a boolean
    uint8_t fault;     // of a number or an instant: why it cannot be used; an rf_number_fault
    rf_decimal number;
    union {
        rfv_text text;
        int64_t ns;  // of an instant
        Place place; // of an array or an object
    };
};

// Texts of 1 to 16 letters to small numbers: two words and a length say exactly which text it is.
struct Name {
    const char *text;
    uint8_t slot;
};

constexpr size_t letters_in(const char *text) {
    size_t length = 0;
    while (text[length] != 0) length++;
    return length;
}

constexpr uint64_t packed(const char *text, size_t length) {
    uint64_t word = 0;
    for (size_t one = 0; one < length && one < 8; one++)
        word |= static_cast<uint64_t>(static_cast<unsigned char>(text[one])) << 8 * one;
    return word;
}

constexpr uint64_t tail_of(const char *text, size_t length) {
    return length > 8 ? packed(text + length - 8, 8) : packed(text, length);
}

template <size_t BITS> class Names {
  public:
    template <size_t N> constexpr explicit Names(const Name (&names)[N]) {
        static_assert(N * 2 <= SIZE, "a table that is too full");
        for (const Name &name : names) {
            size_t length = letters_in(name.text);
            Entry entry = {packed(name.text, length), tail_of(name.text, length), static_cast<uint8_t>(length), name.slot};
            size_t at = place_of(entry.head, entry.tail, length);
            while (entries[at].length != 0) at = (at + 1) % SIZE;
            entries[at] = entry;
            if (length <= 2) shorts[short_of(name.text[0], name.text[1])] = static_cast<uint8_t>(name.slot + 1);
        }
    }

    // The slot of a name; -1: none of these. Precondition: eight bytes from its beginning are readable.
    int find(rfv_text name) const {
        if (name.length - 1 > 15) return -1;
        if (name.length <= 2) {
            char second = name.length == 2 ? name.at[1] : '\0';
            if ((name.at[0] | second) & 0x80 || (name.length == 2 && second == '\0')) return -1;
            return shorts[short_of(name.at[0], second)] - 1;
        }
        uint64_t head, tail;
        memcpy(&head, name.at, 8);
        if (name.length < 8) head &= (1ull << 8 * name.length) - 1;
        tail = head;
        if (name.length > 8) memcpy(&tail, name.at + name.length - 8, 8);
        for (size_t at = place_of(head, tail, name.length); entries[at].length != 0; at = (at + 1) % SIZE) {
            const Entry &entry = entries[at];
            if (entry.head == head && entry.tail == tail && entry.length == name.length) return entry.slot;
        }
        return -1;
    }

  private:
    struct Entry {
        uint64_t head = 0, tail = 0;
        uint8_t length = 0, slot = 0;
    };
    static constexpr size_t SIZE = size_t{1} << BITS;
    static constexpr size_t place_of(uint64_t head, uint64_t tail, size_t length) {
        return static_cast<size_t>(((head ^ tail << 13 ^ length << 59) * 0x9e3779b97f4a7c15ull) >> (64 - BITS));
    }
    static constexpr size_t short_of(char first, char second) {
        return static_cast<size_t>(first) << 7 | static_cast<size_t>(second);
    }
    Entry entries[SIZE] = {};
    uint8_t shorts[1 << 14] = {}; // by both letters: the slot and one
};

// The values of one object by the slots of their names.
struct Values {
    uint64_t seen = 0;
    Value by_slot[48]; // valid where seen

    Value *put(int slot) {
        seen |= 1ull << slot;
        return &by_slot[slot];
    }
    bool has(int slot) const { return seen >> slot & 1; }
    Kind kind(int slot) const { return has(slot) ? by_slot[slot].kind : Kind::none; }
    bool is_given(int slot) const { return kind(slot) > Kind::null; }
    const Value &operator[](int slot) const { return by_slot[slot]; }
};

template <size_t N> bool is_word(rfv_text text, const char (&word)[N]) {
    return text.length == N - 1 && memcmp(text.at, word, N - 1) == 0;
}

constexpr rfv_text NO_TEXT = {"", 0};

// Reads the values of one object; the first thing wrong is kept in the reader, with the field's name.
class Getting {
  public:
    Getting(rfv_reader *reader, const Values &values, const char *const *names) : r(reader), v(values), names_of(names) {}
    bool ok = true;

    void wrong(int slot, const char *reason) {
        if (!ok) return;
        rfv_broken(r, v.has(slot) ? v[slot].at : r->scratch, names_of[slot], reason);
        ok = false;
    }
    rfv_text text(int slot) {
        if (v.kind(slot) == Kind::text) return v[slot].text;
        wrong(slot, v.has(slot) ? "is no text" : "is missing");
        return NO_TEXT;
    }
    // A text that may be missing, null or something else.
    rfv_text maybe(int slot) const { return v.kind(slot) == Kind::text ? v[slot].text : NO_TEXT; }

    rf_decimal decimal(int slot) {
        rf_decimal out = {0, 0};
        Kind kind = v.kind(slot);
        if (kind == Kind::number) {
            if (v[slot].fault) wrong(slot, rfv_number_fault(v[slot].fault));
            return v[slot].number;
        }
        if (kind != Kind::text) {
            wrong(slot, kind == Kind::none ? "is missing" : "is no number");
        } else if (int fault = rf_parse(v[slot].text.at, static_cast<ptrdiff_t>(v[slot].text.length), &out)) {
            wrong(slot, rfv_number_fault(fault));
        }
        return out;
    }
    // A number that may be missing, null or an empty text: RF_NULL then.
    rf_decimal optional(int slot) {
        if (!v.is_given(slot) || (v[slot].kind == Kind::text && v[slot].text.length == 0)) return {RF_NULL, 0};
        return decimal(slot);
    }
    // An integer that may be missing or something else: `neutral` then.
    int64_t integer(int slot, int64_t neutral) const {
        if (v.kind(slot) != Kind::number || v[slot].fault || v[slot].number.exp != 0) return neutral;
        return v[slot].number.mantissa;
    }
    int64_t instant(int slot) {
        int64_t ns = 0;
        if (!read_instant(slot, &ns)) wrong(slot, v.has(slot) ? "is no instant between 1970 and 2262" : "is missing");
        return ns;
    }
    // An instant that may be missing or unreadable: 0 then.
    int64_t maybe_instant(int slot) const {
        int64_t ns = 0;
        return read_instant(slot, &ns) ? ns : 0;
    }
    void align(rf_decimal *numbers, int count, int8_t *exp, int slot) {
        if (ok && !rf_align(numbers, count, exp)) wrong(slot, "does not fit in 64 bits with as many places as its fellows");
    }

  private:
    bool read_instant(int slot, int64_t *ns) const {
        if (v.kind(slot) == Kind::text) return rfi_parse(v[slot].text.at, v[slot].text.length, &r->minute, ns) != 0;
        if (v.kind(slot) != Kind::instant || v[slot].fault) return false;
        *ns = v[slot].ns;
        return true;
    }

    rfv_reader *const r;
    const Values &v;
    const char *const *const names_of;
};

} // namespace rfv

#endif
