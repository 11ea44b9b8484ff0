// The fields of one JSON object by their letter: venues name the fields of what they stream by one letter each.
//
// A field is where its value begins in the frame, no more: who wants it reads it from there. C++, for the parsers only.
#ifndef REGIMEFLOW_JSON_FIELDS_H
#define REGIMEFLOW_JSON_FIELDS_H

#include "frames.h"

namespace rfv {

enum class Type : uint8_t { none, string, number, boolean, null, array, object };

constexpr size_t UNMEASURED = SIZE_MAX; // a string without escapes: it ends at its quote

struct Field {
    const char *at;
    size_t length; // of a string
    Type type;
};

constexpr int index_of(char letter) { return letter & 63; } // A to Z from 1, a to z from 33

struct Fields {
    uint64_t seen = 0;
    Field by_letter[64]; // valid where seen

    Field *put(char letter) {
        seen |= 1ull << index_of(letter);
        return &by_letter[index_of(letter)];
    }
    bool has(char letter) const { return seen >> index_of(letter) & 1; }
    Type type(char letter) const { return has(letter) ? by_letter[index_of(letter)].type : Type::none; }
    const Field &operator[](char letter) const { return by_letter[index_of(letter)]; }
};

inline rfv_text text_of(const Field &field) {
    size_t length = field.length;
    if (length == UNMEASURED) length = static_cast<size_t>(strchr(field.at, '"') - field.at); // stage 1 saw the quote
    return {field.at, length};
}

template <size_t N> bool is(rfv_text text, const char (&word)[N]) {
    return text.length == N - 1 && memcmp(text.at, word, N - 1) == 0;
}

// An exact number in a string or bare; an rf_number_fault.
inline int decimal_of(const Field &field, rf_decimal *out) {
    if (field.type == Type::string) {
        if (field.length == UNMEASURED && rfv_plain_number(field.at, out)) return RF_NUMBER_OK;
        rfv_text text = text_of(field);
        return rf_parse(text.at, static_cast<ptrdiff_t>(text.length), out);
    }
    return rf_parse(field.at, static_cast<ptrdiff_t>(field.length), out);
}

// Reads fields of one object into what a record wants; the first thing wrong is kept in the reader.
class Reading {
  public:
    Reading(rfv_reader *reader, const Fields &fields) : r(reader), f(fields) {}
    bool ok = true;

    void wrong(char letter, const char *reason) {
        if (!ok) return;
        const char field[2] = {letter, 0};
        rfv_broken(r, f.has(letter) ? f[letter].at : r->scratch, field, reason);
        ok = false;
    }
    rfv_text text(char letter) {
        if (f.type(letter) == Type::string) return text_of(f[letter]);
        wrong(letter, f.has(letter) ? "is no string" : "is missing");
        return {"", 0};
    }
    // A text that may be missing or null.
    rfv_text maybe(char letter) {
        Type type = f.type(letter);
        return type == Type::none || type == Type::null ? rfv_text{"", 0} : text(letter);
    }
    rf_decimal decimal(char letter) {
        rf_decimal out = {0, 0};
        Type type = f.type(letter);
        if (type != Type::string && type != Type::number) {
            wrong(letter, type == Type::none ? "is missing" : "is no number");
        } else if (int fault = decimal_of(f[letter], &out)) {
            wrong(letter, rfv_number_fault(fault));
        }
        return out;
    }
    // A number that may be missing or null: RF_NULL then.
    rf_decimal optional(char letter) {
        Type type = f.type(letter);
        return type == Type::none || type == Type::null ? rf_decimal{RF_NULL, 0} : decimal(letter);
    }
    // An integer of at least `least`.
    int64_t integer(char letter, int64_t least = 0) {
        rf_decimal out = {0, 0};
        if (f.type(letter) != Type::number) {
            wrong(letter, f.has(letter) ? "is no integer" : "is missing");
            return 0;
        }
        const Field &field = f[letter];
        int64_t plain = 0;
        if (rfv_plain_int(field.at, &plain) == field.at + field.length && plain >= least) return plain;
        if (memchr(field.at, '.', field.length) || memchr(field.at, 'e', field.length) || memchr(field.at, 'E', field.length))
            wrong(letter, "is no integer");
        else if (int fault = rf_parse(field.at, static_cast<ptrdiff_t>(field.length), &out))
            wrong(letter, rfv_number_fault(fault));
        else if (out.mantissa < least)
            wrong(letter, "is below what an id, a count or a time can be");
        return out.mantissa;
    }
    int64_t time(char letter, int64_t later = 0) {
        int64_t ns = 0, stamp = integer(letter);
        if (!ok) return 0;
        if (stamp <= INT64_MAX - later && rfv_time(stamp + later, &ns)) return ns;
        wrong(letter, "is a time beyond 64 bits");
        return 0;
    }
    bool flag(char letter) {
        if (f.type(letter) != Type::boolean) wrong(letter, f.has(letter) ? "is neither true nor false" : "is missing");
        return ok && *f[letter].at == 't';
    }
    // Numbers that share an exponent, which goes to *exp.
    void align(rf_decimal *numbers, int count, int8_t *exp, char letter) {
        if (ok && !rf_align(numbers, count, exp)) wrong(letter, "does not fit in 64 bits with as many places as its fellows");
    }

    rfv_reader *const r;
    const Fields &f;
};

} // namespace rfv

#endif
