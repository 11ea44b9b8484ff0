/* The ids that the venue gives an order: one after another, as it is replaced. */
#ifndef REGIMEFLOW_ORDER_LEGS_H
#define REGIMEFLOW_ORDER_LEGS_H

#include "order_ids.h"

static inline uint32_t ot_broker_tag(ot_fp fp) { return (uint32_t)ot_mum(fp.lo ^ OT_K3, fp.hi ^ OT_K0); }

/* Index a broker id that was not known, and make it the newest. *old_leg: the id is known and is not the newest. */
static inline uint32_t ot_note_broker_id(order_table *t, uint32_t slot, ot_hot *hot, const rf_report *r, ot_fp fp,
    int *old_leg) {
    uint32_t tag = ot_broker_tag(fp);
    if (hot->flags & OT_HAS_BROKER && hot->broker_tag == tag)
        return 0;
    if (hot->flags & OT_HAS_BROKER) {
        ot_walk walk = {0, 0};
        ot_entry sought = ot_entry_of(fp, 0);
        uint32_t at;
        while ((at = ot_map_next(&t->brokers, sought, &walk)) != OT_NONE)
            if (at == slot) {
                *old_leg = 1;
                return 0;
            }
    }
    ot_cold *cold = ot_cold_at(t, slot);
    if (hot->flags & OT_HAS_BROKER) {
        uint32_t at;
        ot_note *note = ot_note_new(&t->notes, &cold->notes, &at);
        if (!note)
            return 0; /* no memory: found by its other ids until there is */
        note->kind = OT_NOTE_BROKER;
        note->fp = ot_fp_of(ot_text(cold->broker_id, OT_BROKER_INLINE, cold->broker_len), cold->broker_len);
        note->slot = slot;
    }
    if (ot_add_broker(t, fp, slot))
        return 0;
    if (ot_text_set(cold->broker_id, OT_BROKER_INLINE, &cold->broker_len, r->broker_order_id, r->broker_order_id_len)) {
        ot_map_remove(&t->brokers, fp, slot);
        return 0;
    }
    hot->flags |= OT_HAS_BROKER;
    hot->broker_tag = tag;
    return OT_NEW_BROKER_ID;
}

/* An older id of the order, which the venue turns out to work under still, becomes the newest again. */
static inline void ot_promote(order_table *t, uint32_t slot, ot_hot *hot, const rf_report *r, ot_fp fp) {
    ot_cold *cold = ot_cold_at(t, slot);
    for (uint32_t at = cold->notes; at; at = ot_note_at(&t->notes, at - 1)->next_of_order) {
        ot_note *note = ot_note_at(&t->notes, at - 1);
        if (note->kind != OT_NOTE_BROKER || !ot_fp_same(note->fp, fp))
            continue;
        ot_fp newest = ot_fp_of(ot_text(cold->broker_id, OT_BROKER_INLINE, cold->broker_len), cold->broker_len);
        if (ot_text_set(cold->broker_id, OT_BROKER_INLINE, &cold->broker_len, r->broker_order_id, r->broker_order_id_len))
            return; /* no memory: the newest stays */
        note->fp = newest;
        hot->broker_tag = ot_broker_tag(fp);
        return;
    }
}

#endif
