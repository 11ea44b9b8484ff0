/* Texts as small integers, readable without the GIL: symbols, and the names of hosts. Only symbols.pyx adds to a table, under
 * the GIL; an entry never moves and never changes. An id that was never given reads as the empty text. */
#ifndef REGIMEFLOW_NAMES_H
#define REGIMEFLOW_NAMES_H

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define RF_NAME_BYTES 31

typedef struct rf_name {
    char text[RF_NAME_BYTES]; /* zeros behind it */
    uint8_t length;
} rf_name;

typedef struct rf_name_table {
    rf_name *names;  /* by id; 0: the empty text */
    uint16_t *index; /* by hash, open addressing; 0: free */
    uint32_t mask;   /* of the index */
    uint32_t most;   /* the highest id that there is room for */
} rf_name_table;

typedef struct rf_names {
    rf_name_table symbols, origins;
} rf_names;

typedef struct rf_picked {
    uint64_t words[4];
} rf_picked;

static inline uint64_t rf_load8(const char *at) {
    uint64_t word;
    memcpy(&word, at, 8);
    return word;
}

static inline uint64_t rf_load4(const char *at) {
    uint32_t word;
    memcpy(&word, at, 4);
    return word;
}

/* All bytes of a text of at most 31, in words that overlap: equal words and equal lengths are equal texts. */
static inline rf_picked rf_pick(const char *text, size_t length) {
    rf_picked picked = {{0, 0, 0, 0}};
    if (length >= 8) {
        picked.words[0] = rf_load8(text);
        picked.words[1] = rf_load8(text + length - 8);
        if (length > 16) {
            picked.words[2] = rf_load8(text + 8);
            picked.words[3] = rf_load8(text + length - 16);
        }
    } else if (length >= 4) {
        picked.words[0] = rf_load4(text);
        picked.words[1] = rf_load4(text + length - 4);
    } else if (length) {
        picked.words[0] = (uint64_t)(unsigned char)text[0] | (uint64_t)(unsigned char)text[length / 2] << 8 |
                          (uint64_t)(unsigned char)text[length - 1] << 16;
    }
    return picked;
}

static inline uint32_t rf_picked_hash(const rf_picked *picked, size_t length) {
    uint64_t hashed = (picked->words[0] ^ length * 0x9e3779b97f4a7c15ULL) * 0xff51afd7ed558ccdULL;
    hashed = (hashed ^ hashed >> 32 ^ picked->words[1]) * 0xc4ceb9fe1a85ec53ULL;
    hashed = (hashed ^ hashed >> 29 ^ picked->words[2] ^ picked->words[3] << 1) * 0x9e3779b97f4a7c15ULL;
    return (uint32_t)(hashed >> 32);
}

static inline int rf_picked_is(const rf_picked *picked, const rf_name *name, size_t length) {
    if (name->length != length)
        return 0;
    rf_picked own = rf_pick(name->text, length);
    return own.words[0] == picked->words[0] && own.words[1] == picked->words[1] && own.words[2] == picked->words[2] &&
           own.words[3] == picked->words[3];
}

/* The id of a text, or -1 when it has none yet. */
static inline int32_t rf_name_find(const rf_name_table *table, const char *text, size_t length) {
    if (length == 0)
        return 0;
    if (length > RF_NAME_BYTES)
        return -1;
    rf_picked picked = rf_pick(text, length);
    uint32_t at = rf_picked_hash(&picked, length) & table->mask;
    for (;; at = (at + 1) & table->mask) {
        uint16_t id = __atomic_load_n(&table->index[at], __ATOMIC_ACQUIRE); /* pairs with the release in rf_name_add() */
        if (id == 0)
            return -1;
        if (rf_picked_is(&picked, &table->names[id], length))
            return id;
    }
}

/* Precondition: id is new, 1 to most; the text has 1 to 31 bytes and no id yet. */
static inline void rf_name_add(rf_name_table *table, uint16_t id, const char *text, size_t length) {
    rf_name *name = &table->names[id];
    memcpy(name->text, text, length);
    name->length = (uint8_t)length;
    rf_picked picked = rf_pick(text, length);
    uint32_t at = rf_picked_hash(&picked, length) & table->mask;
    while (table->index[at] != 0)
        at = (at + 1) & table->mask;
    __atomic_store_n(&table->index[at], id, __ATOMIC_RELEASE); /* pairs with the acquire in rf_name_find() */
}

static inline const rf_name *rf_name_at(const rf_name_table *table, uint32_t id) {
    return &table->names[id <= table->most ? id : 0];
}

/* Room for ids up to `most`, below 65,536; the index stays at most half full. 0: no memory. */
static inline int rf_name_table_init(rf_name_table *table, uint32_t most, uint32_t index_size) {
    table->names = (rf_name *)calloc(most + 1, sizeof(rf_name)); /* untouched pages cost nothing */
    table->index = (uint16_t *)calloc(index_size, sizeof(uint16_t));
    table->mask = index_size - 1;
    table->most = most;
    return table->names != NULL && table->index != NULL;
}

#endif
