/* An SBE message as a record. Nothing is trusted: each read is inside the given bytes, and what comes out is sound. */
#ifndef REGIMEFLOW_WIRE_DECODE_H
#define REGIMEFLOW_WIRE_DECODE_H

#include "names.h"
#include "records.h"
#include "wire_schema.h"

#define RFW_ROOM (RF_MAX_CELLS * RF_CELL_BYTES) /* bytes that any record fits in */

enum rfw_verdict {
    RFW_OK = 0,
    RFW_BAD = 1,        /* .reason at .offset */
    RFW_NEW_SYMBOL = 2, /* .name is to be made known to the symbols, then try again */
    RFW_NEW_ORIGIN = 3
};

/* A message while it is read. */
typedef struct rfw_reader {
    const char *start, *at, *end;
    const rfw_message *message; /* what the header names; NULL: a template that this version does not know */
    rfw_head head;
    const char *reason; /* of RFW_BAD, and where */
    uint32_t offset;
    const char *name; /* of RFW_NEW_SYMBOL, RFW_NEW_ORIGIN */
    uint32_t name_length;
    int pending; /* the verdict of a message that is sound but for a name that nobody knows yet */
} rfw_reader;

static inline int rfw_bad_at(rfw_reader *in, const char *place, const char *reason) {
    in->reason = reason;
    in->offset = (uint32_t)(place - in->start);
    return RFW_BAD;
}

static inline int rfw_bad(rfw_reader *in, const char *reason) { return rfw_bad_at(in, in->at, reason); }

static inline size_t rfw_left(const rfw_reader *in) { return (size_t)(in->end - in->at); }

/* Read the header. RFW_OK with message NULL: an unknown template, to be passed over. */
static inline int rfw_open(rfw_reader *in, const char *bytes, size_t length) {
    in->start = in->at = bytes;
    in->end = bytes + length;
    in->message = NULL;
    if (length < RFW_HEAD_BYTES)
        return rfw_bad(in, "shorter than a message header");
    memcpy(&in->head, bytes, sizeof in->head);
    if (in->head.schema_id != RFW_SCHEMA_ID)
        return rfw_bad_at(in, bytes + 4, "of another schema");
    in->at += RFW_HEAD_BYTES;
    in->message = rfw_message_of(in->head.template_id);
    return RFW_OK;
}

/* The block of an older or a newer version. */
static inline int rfw_other_block(rfw_reader *in, void *block) {
    uint16_t length = in->head.block_length;
    if (rfw_left(in) < length)
        return rfw_bad(in, "shorter than its block");
    if (length < rfw_needed(in->message))
        return rfw_bad_at(in, in->start, "with a block too short for its kind");
    if (length >= in->message->block_length) {
        memcpy(block, in->at, in->message->block_length);
    } else {
        rfw_fill(in->message, block);
        rfw_copy_older(in->message, block, in->at, length);
    }
    in->at += length;
    return RFW_OK;
}

/* Copy the block; what an older version lacks reads as null, what a newer one adds is skipped. */
static inline int rfw_block(rfw_reader *in, void *block, uint16_t length) {
    if (in->head.block_length != length || rfw_left(in) < length)
        return rfw_other_block(in, block);
    memcpy(block, in->at, length);
    in->at += length;
    return RFW_OK;
}

/* The block where it lies, or, of another version, in `spare`; NULL: RFW_BAD. Structs of the schema are packed, so that they
 * are read at any address. */
static inline const void *rfw_block_at(rfw_reader *in, void *spare, uint16_t length) {
    const char *block = in->at;
    if (in->head.block_length != length || rfw_left(in) < length)
        return rfw_other_block(in, spare) == RFW_OK ? spare : NULL;
    in->at += length;
    return block;
}

/* A text or a blob; one that an older message ends before is empty. */
static inline int rfw_take(rfw_reader *in, uint8_t width, const char **bytes, uint32_t *length) {
    *bytes = in->at;
    *length = 0;
    if (in->at == in->end)
        return RFW_OK;
    if (rfw_left(in) < width)
        return rfw_bad(in, "ends inside the length of a text");
    memcpy(length, in->at, width); /* little-endian: the low bytes come first */
    if (rfw_left(in) - width < *length)
        return rfw_bad(in, "ends inside a text");
    *bytes = in->at + width;
    in->at += width + *length;
    return RFW_OK;
}

static inline int rfw_take_text(rfw_reader *in, char *room, uint32_t most, uint32_t *length) {
    const char *bytes, *place = in->at;
    int answer = rfw_take(in, RFW_TEXT, &bytes, length);
    if (answer != RFW_OK)
        return answer;
    if (*length > most)
        return rfw_bad_at(in, place, "with a text longer than its field");
    rfw_copy_text(room, bytes, *length);
    return RFW_OK;
}

/* A name that is not known yet is learned when all of its message was found sound: bad ones must not fill the table. */
static inline int rfw_take_name(rfw_reader *in, const rf_name_table *table, uint32_t *id, int unknown) {
    const char *bytes, *place = in->at;
    uint32_t length;
    int answer = rfw_take(in, RFW_TEXT, &bytes, &length);
    if (answer != RFW_OK)
        return answer;
    int32_t found = rf_name_find(table, bytes, length);
    *id = found < 0 ? 0 : (uint32_t)found;
    if (found >= 0 || in->pending != RFW_OK)
        return RFW_OK;
    in->pending = unknown;
    in->name = bytes;
    in->name_length = length;
    in->offset = (uint32_t)(place - in->start);
    return RFW_OK;
}

static inline int rfw_take_names(rfw_reader *in, const rf_names *names, rf_header *record) {
    uint32_t origin = 0;
    int answer = rfw_take_name(in, &names->symbols, &record->symbol, RFW_NEW_SYMBOL);
    if (answer == RFW_OK)
        answer = rfw_take_name(in, &names->origins, &origin, RFW_NEW_ORIGIN);
    record->origin = (uint16_t)origin;
    return answer;
}

/* Behind the last text that we know a newer version may have more, the same one may not. */
static inline int rfw_close(rfw_reader *in) {
    if (in->at != in->end && in->head.version <= RFW_VERSION)
        return rfw_bad(in, "with bytes behind its end");
    return RFW_OK;
}

/* Entries of a group, `width` bytes of each known: how many, and how long each is. */
static inline int rfw_take_group(rfw_reader *in, uint32_t most, uint16_t width, rfw_group *group) {
    *group = (rfw_group){width, 0};
    if (in->at == in->end)
        return RFW_OK;
    if (rfw_left(in) < sizeof *group)
        return rfw_bad(in, "ends inside the head of a group");
    memcpy(group, in->at, sizeof *group);
    if (group->count > most)
        return rfw_bad(in, "with a group of too many entries");
    if (group->block_length < width && group->count)
        return rfw_bad(in, "with a group whose entries are too short");
    in->at += sizeof *group;
    return RFW_OK;
}

static inline int rfw_take_entry(rfw_reader *in, const rfw_group *group, void *entry, uint16_t width) {
    if (rfw_left(in) < group->block_length)
        return rfw_bad(in, "ends inside a group");
    memcpy(entry, in->at, width);
    in->at += group->block_length;
    return RFW_OK;
}

static inline int rfw_take_levels(rfw_reader *in, int64_t *px, int64_t *qty, uint32_t *count) {
    rfw_group group;
    rfw_level level;
    int answer = rfw_take_group(in, RF_BOOK_LEVELS, sizeof level, &group);
    for (uint16_t i = 0; answer == RFW_OK && i < group.count; i++) {
        answer = rfw_take_entry(in, &group, &level, sizeof level);
        if (answer != RFW_OK)
            return answer;
        px[i] = level.px;
        qty[i] = level.qty;
    }
    *count = group.count;
    return answer;
}

#endif
