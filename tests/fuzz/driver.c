/* A small fuzzer that keeps the inputs which reach new code, for compilers that have no libFuzzer (gcc's trace-pc guides it).
 *
 * Linked with one target: fuzz_seed() gives inputs to begin with, fuzz_check() says what is wrong with how one was taken.
 * Each input lies in memory of exactly its length, so that the sanitizers see a look beyond it.
 * This file itself is compiled without sanitizers, which would
 * only make it slow. usage: fuzz SEED SECONDS [INPUTS], or: fuzz replay FILE. What fails is written to fuzz-failed.bin in the present folder. */
#include <sanitizer/common_interface_defs.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define EDGES 65536
#define MOST_INPUTS 8192 /* that are kept */
#define MOST_BYTES 16384 /* of one */
#define HANGS_S 60       /* for LOOK inputs together */
#define LOOK 512

const char *fuzz_check(const char *bytes, size_t length); /* NULL: nothing is wrong */
size_t fuzz_seed(size_t number, const char **bytes);      /* 0: there are no more */

typedef struct input {
    char *bytes;
    size_t length;
} input;

static uint8_t hits[EDGES], seen[EDGES];
static uintptr_t last_edge;
static input kept[MOST_INPUTS];
static size_t kept_count;
static input current;
static uint64_t state;

void __sanitizer_cov_trace_pc(void);

void __sanitizer_cov_trace_pc(void) {
    uintptr_t here = (uintptr_t)__builtin_return_address(0);
    hits[(here ^ last_edge) & (EDGES - 1)]++;
    last_edge = here >> 1;
}

static size_t draw(size_t below) {
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (size_t)(state % below);
}

/* How often, roughly: a loop that runs once more is nothing new, one that runs twice as often is. */
static uint8_t roughly(uint8_t times) {
    uint8_t bits = 0;
    for (; times; times >>= 1)
        bits++;
    return bits ? (uint8_t)(1u << (bits - 1)) : 0;
}

static int is_new(void) {
    int found = 0;
    for (size_t word = 0; word < EDGES; word += 8) {
        uint64_t any;
        memcpy(&any, hits + word, sizeof any);
        for (size_t at = word; any && at < word + 8; at++) {
            uint8_t bits = roughly(hits[at]);
            found |= (bits & ~seen[at]) != 0;
            seen[at] |= bits;
        }
    }
    return found;
}

static void write_failed(void) {
    FILE *file = fopen("fuzz-failed.bin", "wb");
    if (file == NULL)
        return;
    fwrite(current.bytes, 1, current.length, file);
    fclose(file);
    fprintf(stderr, "the input of %zu bytes is in fuzz-failed.bin\n", current.length);
}

static void hangs(int signal_number) {
    (void)signal_number;
    write_failed();
    fprintf(stderr, "it hangs\n");
    _exit(1);
}

static void take(const char *bytes, size_t length) {
    current.bytes = malloc(length ? length : 1);
    current.length = length;
    memcpy(current.bytes, bytes, length);
    memset(hits, 0, sizeof hits);
    last_edge = 0;
    const char *fault = fuzz_check(current.bytes, length);
    if (fault != NULL) {
        fprintf(stderr, "%s\n", fault);
        write_failed();
        _exit(1);
    }
    if (is_new() && kept_count < MOST_INPUTS)
        kept[kept_count++] = current;
    else
        free(current.bytes);
}

static void put_number(char *room, size_t length) {
    static const uint32_t numbers[] = {0, 1, 0x7F, 0x80, 0xFF, 0x7FFF, 0xFFFF, 0x10000, 0x3FFFFFFF, 0x40000000, 0xFFFFFFFF};
    size_t width = (size_t)1 << draw(4), at = draw(length);
    uint64_t number = draw(2) ? numbers[draw(sizeof numbers / sizeof *numbers)] : draw(512);
    number = draw(8) ? number : ~number;
    memcpy(room + at, &number, width < length - at ? width : length - at);
}

/* Change an input a few times; returns its length. Precondition: MOST_BYTES of room. */
static size_t mutate(char *room, size_t length) {
    static const char letters[] = "0123456789eE.-+\"{}[],:\\ \nabtuxX\x80\x90\xa1\xc0\xc1\xca\xcb\xcf\xd3\xd9\xdc\xde\xe0\xff";
    for (size_t times = 1 + draw(draw(4) ? 4 : 16); times > 0; times--) {
        size_t at = length ? draw(length) : 0, span = 1 + draw(draw(4) ? 8 : 256);
        const input *other = &kept[draw(kept_count)];
        switch (length ? draw(9) : 8) {
        case 0: room[at] = (char)draw(256); break;
        case 1: room[at] ^= (char)(1u << draw(8)); break;
        case 2: room[at] = letters[draw(sizeof letters - 1)]; break;
        case 3: put_number(room, length); break;
        case 4: length = at; break;
        case 5:
            span = span < length - at ? span : length - at;
            memmove(room + at, room + at + span, length - at - span);
            length -= span;
            break;
        case 6:
            span = span < length - at ? span : length - at;
            if (length + span > MOST_BYTES)
                break;
            memmove(room + at + span, room + at, length - at);
            length += span;
            break;
        case 7:
            if (other->length == 0)
                break;
            span = span < length - at ? span : length - at;
            span = span < other->length ? span : other->length;
            memcpy(room + at, other->bytes + draw(other->length - span + 1), span);
            break;
        default:
            span = span < other->length ? span : other->length;
            if (length + span > MOST_BYTES || span == 0)
                break;
            memcpy(room + length, other->bytes + draw(other->length - span + 1), span);
            length += span;
        }
    }
    return length;
}

static int replay(const char *name) {
    static char room[1 << 20];
    FILE *file = fopen(name, "rb");
    if (file == NULL)
        return 2;
    size_t length = fread(room, 1, sizeof room, file);
    fclose(file);
    take(room, length);
    return 0;
}

static int64_t now_s(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec;
}

int main(int argc, char **argv) {
    static char room[MOST_BYTES];
    const char *bytes;
    size_t length, number = 0;
    __sanitizer_set_death_callback(write_failed);
    signal(SIGALRM, hangs);
    if (argc == 3 && strcmp(argv[1], "replay") == 0)
        return replay(argv[2]);
    if (argc < 3)
        return 2;
    state = strtoull(argv[1], NULL, 10) * 0x9e3779b97f4a7c15ull | 1;
    for (; (length = fuzz_seed(number, &bytes)) > 0; number++)
        take(bytes, length < MOST_BYTES ? length : MOST_BYTES);
    if (kept_count == 0)
        return 2;
    int64_t end = now_s() + atoll(argv[2]), most = argc > 3 ? atoll(argv[3]) : INT64_MAX, count = 0;
    for (; count < most; count++) {
        if (count % LOOK == 0) {
            if (now_s() >= end)
                break;
            alarm(HANGS_S);
        }
        const input *one = &kept[draw(2) ? draw(kept_count) : kept_count - 1 - draw(kept_count < 16 ? kept_count : 16)];
        memcpy(room, one->bytes, one->length);
        take(room, mutate(room, one->length));
    }
    size_t edges = 0;
    for (size_t at = 0; at < EDGES; at++)
        edges += seen[at] != 0;
    printf("%lld inputs, %zu kept, %zu edges\n", (long long)count, kept_count, edges);
    for (size_t at = 0; at < kept_count; at++)
        free(kept[at].bytes);
    return 0;
}
