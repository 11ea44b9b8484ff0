/* Maps from an id's fingerprint to an order's slot, and the notes behind an order: its later fills and older broker ids.
 *
 * Both grow a little with each insert, never all at once: no insert costs more because there are a million entries.
 */
#ifndef REGIMEFLOW_ORDER_INDEX_H
#define REGIMEFLOW_ORDER_INDEX_H

#include "order_records.h"

#define OT_OWN_PAGES (4u << 20)

typedef struct ot_entry {
    uint64_t key;
    uint32_t key2;
    uint32_t slot; /* + 1; 0: empty, UINT32_MAX: removed (in the old table only) */
} ot_entry;

typedef struct ot_map {
    ot_entry *now, *old;
    uint64_t now_mask, old_mask, moved;
    uint64_t count;
} ot_map;

/* Large tables come in pages of their own, which may be huge ones. */
static inline ot_entry *ot_entries_new(uint64_t capacity) {
    size_t bytes = capacity * sizeof(ot_entry);
    return bytes < OT_OWN_PAGES ? calloc(capacity, sizeof(ot_entry)) : ot_pages(bytes, 1);
}

static inline void ot_entries_free(ot_entry *entries, uint64_t mask) {
    size_t bytes = (mask + 1) * sizeof(ot_entry);
    if (bytes < OT_OWN_PAGES)
        free(entries);
    else if (entries)
        munmap(entries, bytes);
}

static inline int ot_map_init(ot_map *map, uint64_t capacity) {
    memset(map, 0, sizeof *map);
    map->now = ot_entries_new(capacity);
    map->now_mask = capacity - 1;
    return map->now ? 0 : -1;
}

/* A capacity for so many entries: a power of two, at most half full. */
static inline uint64_t ot_map_room(uint64_t entries) {
    uint64_t capacity = 1024;
    while (capacity < (entries + 1) * 2)
        capacity *= 2;
    return capacity;
}

static inline void ot_map_free(ot_map *map) {
    if (map->now)
        ot_entries_free(map->now, map->now_mask);
    if (map->old)
        ot_entries_free(map->old, map->old_mask);
    memset(map, 0, sizeof *map);
}

static inline ot_entry ot_entry_of(ot_fp fp, uint32_t slot) {
    ot_entry entry = {fp.lo, (uint32_t)fp.hi, slot + 1}; /* a hash already */
    if (!(fp.hi >> 63)) {
        entry.key = ot_mum(fp.lo ^ OT_K0, fp.hi ^ OT_K1);
        entry.key2 = (uint32_t)(ot_mum(fp.hi ^ OT_K2, fp.lo ^ OT_K3) >> 7);
    }
    return entry;
}

static inline void ot_map_put(ot_entry *table, uint64_t mask, ot_entry entry) {
    uint64_t at = entry.key & mask;
    while (table[at].slot)
        at = (at + 1) & mask;
    table[at] = entry;
}

static inline void ot_map_move(ot_map *map) {
    for (int n = 0; n < 8 && map->moved <= map->old_mask; n++, map->moved++) {
        ot_entry entry = map->old[map->moved];
        if (entry.slot && entry.slot != UINT32_MAX)
            ot_map_put(map->now, map->now_mask, entry);
    }
    if (map->moved > map->old_mask) {
        ot_entries_free(map->old, map->old_mask);
        map->old = NULL;
    }
}

/* 0, or -1 when there is no memory for it. The caller knows that the entry is not there. */
static inline int ot_map_insert(ot_map *map, ot_entry entry) {
    if (map->old)
        ot_map_move(map);
    if (!map->old && (map->count + 1) * 2 > map->now_mask + 1) {
        ot_entry *bigger = ot_entries_new((map->now_mask + 1) * 2);
        if (bigger) {
            map->old = map->now;
            map->old_mask = map->now_mask;
            map->moved = 0;
            map->now = bigger;
            map->now_mask = map->now_mask * 2 + 1;
        } else if ((map->count + 1) * 8 > (map->now_mask + 1) * 7) {
            return -1;
        }
    }
    ot_map_put(map->now, map->now_mask, entry);
    map->count++;
    return 0;
}

static inline int ot_map_add(ot_map *map, ot_fp fp, uint32_t slot) { return ot_map_insert(map, ot_entry_of(fp, slot)); }

/* Walk the slots under one fingerprint: start with *step = 0; OT_NONE at the end. Entries that were moved already are
 * seen in the new table only. */
typedef struct ot_walk {
    uint64_t at;
    int in_old;
} ot_walk;

static inline uint32_t ot_map_next(const ot_map *map, ot_entry sought, ot_walk *walk) {
    for (;;) {
        const ot_entry *table = walk->in_old ? map->old : map->now;
        uint64_t mask = walk->in_old ? map->old_mask : map->now_mask;
        uint64_t at = (sought.key + walk->at) & mask;
        if (!table[at].slot || walk->at > mask) {
            if (walk->in_old || !map->old)
                return OT_NONE;
            walk->in_old = 1;
            walk->at = 0;
            continue;
        }
        walk->at++;
        if (table[at].key == sought.key && table[at].key2 == sought.key2 && table[at].slot != UINT32_MAX &&
            !(walk->in_old && at < map->moved))
            return table[at].slot - 1;
    }
}

/* The first slot under a fingerprint; where there can be one only, this is quicker than a walk. */
static inline uint32_t ot_map_first(const ot_map *map, ot_entry sought) {
    const ot_entry *table = map->now;
    uint64_t mask = map->now_mask;
    for (uint64_t at = sought.key & mask; table[at].slot; at = (at + 1) & mask)
        if (table[at].key == sought.key && table[at].key2 == sought.key2)
            return table[at].slot - 1;
    if (!map->old)
        return OT_NONE;
    ot_walk walk = {0, 1};
    return ot_map_next(map, sought, &walk);
}

static inline uint32_t ot_map_find(const ot_map *map, ot_fp fp) { return ot_map_first(map, ot_entry_of(fp, 0)); }

static inline void ot_map_close_gap(ot_entry *table, uint64_t mask, uint64_t gap) {
    for (uint64_t at = (gap + 1) & mask; table[at].slot; at = (at + 1) & mask) {
        uint64_t home = table[at].key & mask;
        if (((at - home) & mask) >= ((at - gap) & mask)) {
            table[gap] = table[at];
            gap = at;
        }
    }
    table[gap].slot = 0;
}

static inline void ot_map_take_out(ot_map *map, ot_entry sought) {
    for (uint64_t at = sought.key & map->now_mask; map->now[at].slot; at = (at + 1) & map->now_mask)
        if (map->now[at].key == sought.key && map->now[at].key2 == sought.key2 && map->now[at].slot == sought.slot) {
            ot_map_close_gap(map->now, map->now_mask, at);
            map->count--;
            return;
        }
    if (!map->old)
        return;
    for (uint64_t at = sought.key & map->old_mask; map->old[at].slot; at = (at + 1) & map->old_mask)
        if (map->old[at].key == sought.key && map->old[at].key2 == sought.key2 && map->old[at].slot == sought.slot) {
            if (at >= map->moved)
                map->count--;
            map->old[at].slot = UINT32_MAX;
            return;
        }
}

static inline void ot_map_remove(ot_map *map, ot_fp fp, uint32_t slot) { ot_map_take_out(map, ot_entry_of(fp, slot)); }

enum ot_note_kind { OT_NOTE_FILL = 1, OT_NOTE_BROKER = 2 };

typedef struct ot_note {
    ot_fp fp;
    int64_t qty, px;
    uint32_t slot;
    uint32_t next_of_order;
    int8_t px_exp, qty_exp;
    uint8_t kind, foretold;
} ot_note;

#define OT_NOTE_SHIFT 12
#define OT_NOTE_CHUNK (1u << OT_NOTE_SHIFT)

typedef struct ot_notes {
    ot_note **chunks;
    uint32_t n_chunks;
    uint32_t used, free_head; /* free_head: + 1 */
    ot_map fills;             /* places of notes of fills, by fingerprint and order */
} ot_notes;

static inline ot_note *ot_note_at(const ot_notes *notes, uint32_t at) {
    return &notes->chunks[at >> OT_NOTE_SHIFT][at & (OT_NOTE_CHUNK - 1)];
}

/* Nearly unique: whoever finds it looks at the note. */
static inline ot_entry ot_note_entry(ot_fp fp, uint32_t slot, uint32_t at) {
    ot_entry entry = {ot_mum(fp.lo ^ OT_K2, fp.hi ^ slot ^ OT_K3), (uint32_t)fp.lo ^ slot, at + 1};
    return entry;
}

static inline int ot_notes_init(ot_notes *notes) {
    memset(notes, 0, sizeof *notes);
    return ot_map_init(&notes->fills, 1024);
}

static inline void ot_notes_free(ot_notes *notes) {
    for (uint32_t n = 0; n < notes->n_chunks; n++)
        free(notes->chunks[n]);
    free(notes->chunks);
    ot_map_free(&notes->fills);
    memset(notes, 0, sizeof *notes);
}

/* One more chunk; the list of them is small. */
static inline int ot_notes_grow(ot_notes *notes) {
    ot_note **longer = realloc(notes->chunks, (notes->n_chunks + 1) * sizeof *longer);
    if (!longer)
        return -1;
    notes->chunks = longer;
    longer[notes->n_chunks] = malloc(OT_NOTE_CHUNK * sizeof(ot_note));
    if (!longer[notes->n_chunks])
        return -1;
    notes->n_chunks++;
    return 0;
}

/* A new note behind an order's list (head: + 1, 0 none), or NULL when there is no memory. */
static inline ot_note *ot_note_new(ot_notes *notes, uint32_t *head, uint32_t *at) {
    if (notes->free_head) {
        *at = notes->free_head - 1;
        notes->free_head = ot_note_at(notes, *at)->next_of_order;
    } else {
        if (notes->used >> OT_NOTE_SHIFT == notes->n_chunks && ot_notes_grow(notes))
            return NULL;
        *at = notes->used++;
    }
    ot_note *note = ot_note_at(notes, *at);
    memset(note, 0, sizeof *note);
    note->next_of_order = *head;
    *head = *at + 1;
    return note;
}

/* Give back the newest note of an order's list. */
static inline void ot_note_undo(ot_notes *notes, uint32_t *head) {
    uint32_t at = *head - 1;
    ot_note *note = ot_note_at(notes, at);
    *head = note->next_of_order;
    note->next_of_order = notes->free_head;
    notes->free_head = at + 1;
}

static inline int ot_note_fill(ot_notes *notes, uint32_t *head, const ot_note *fill) {
    uint32_t at;
    ot_note *note = ot_note_new(notes, head, &at);
    if (!note)
        return -1;
    uint32_t next = note->next_of_order;
    *note = *fill;
    note->kind = OT_NOTE_FILL;
    note->next_of_order = next;
    if (ot_map_insert(&notes->fills, ot_note_entry(fill->fp, fill->slot, at))) {
        ot_note_undo(notes, head);
        return -1;
    }
    return 0;
}

static inline ot_note *ot_note_find(const ot_notes *notes, ot_fp fp, uint32_t slot) {
    ot_walk walk = {0, 0};
    ot_entry sought = ot_note_entry(fp, slot, 0);
    uint32_t at;
    while ((at = ot_map_next(&notes->fills, sought, &walk)) != OT_NONE) {
        ot_note *note = ot_note_at(notes, at);
        if (note->slot == slot && ot_fp_same(note->fp, fp))
            return note;
    }
    return NULL;
}

/* Take a note out of the map (fills) and give it back. */
static inline void ot_note_drop(ot_notes *notes, uint32_t at) {
    ot_note *note = ot_note_at(notes, at);
    if (note->kind == OT_NOTE_FILL)
        ot_map_take_out(&notes->fills, ot_note_entry(note->fp, note->slot, at));
    note->next_of_order = notes->free_head;
    notes->free_head = at + 1;
}

#endif
