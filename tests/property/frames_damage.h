/* What the fuzzers of the parsers share: numbers drawn by a seed, and frames that are damaged by them. */
#ifndef FRAMES_DAMAGE_H
#define FRAMES_DAMAGE_H

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static uint64_t state;

static size_t draw(size_t below) {
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return static_cast<size_t>(state % below);
}

static void seed(const char *text) { state = strtoull(text, NULL, 10) * 0x9e3779b97f4a7c15ull | 1; }

// A frame with some of its bytes changed, doubled, dropped or cut off, in memory of exactly its length.
static char *damaged(const char *whole, size_t *length) {
    static const char LETTERS[] = "0123456789eE.-+\"{}[],:\\ \nabtxX"
                                  "\x80\x90\xa1\xc0\xc1\xca\xcb\xcf\xd3\xd7\xd9\xdc\xde\xe0\xff";
    size_t bytes = *length, most = 2 * bytes;
    char *copy = static_cast<char *>(malloc(most + 16));
    memcpy(copy, whole, bytes);
    for (size_t times = draw(5); times > 0 && bytes > 1; times--) {
        size_t at = draw(bytes), span = 1 + draw(8);
        size_t kind = draw(5);
        if (kind == 0) {
            copy[at] = static_cast<char>(draw(256));
        } else if (kind < 3) {
            copy[at] = LETTERS[draw(sizeof LETTERS - 1)];
        } else if (kind == 3 && at + span <= bytes && bytes + span <= most) {
            memmove(copy + at + span, copy + at, bytes - at);
            bytes += span;
        } else if (at + span <= bytes) {
            memmove(copy + at, copy + at + span, bytes - at - span);
            bytes -= span;
        }
    }
    if (draw(10) == 0) bytes = draw(bytes + 1);
    char *exact = static_cast<char *>(malloc(bytes ? bytes : 1));
    memcpy(exact, copy, bytes);
    free(copy);
    *length = bytes;
    return exact;
}

#endif
