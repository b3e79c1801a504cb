/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Recurring: when something that comes again is due.
 *
 * Model. `every` and `at` are fields of the entry; days are local days, so eight in the
 * evening stays eight in the evening. A rest lets what falls into it pass. Nothing is kept
 * of what was not done: there is no list of misses to make.
 */
#include "daemon/core/policy.h"

#include <string.h>

enum { USEFUL_S = 3 * 3600 }; /* a walk at four is no use to know of at eight */

/* The payload of an op, fetched when the fold left it out; NULL: there is none. */
static Attune__Journal__Payload *
words_of(struct core *core, const struct folded_op *item, struct arena *arena)
{
    Attune__Journal__Payload *payload;
    struct op_row row;
    struct span bytes = item == NULL ? SPAN_EMPTY : item->payload;
    if (item != NULL && bytes.size == 0 && item->here &&
        store_op_get(core->store, item->log, item->seq, arena, &row) == 0) {
        bytes = row.payload;
    }
    return bytes.size > 0 && payload_decode(bytes, arena, &payload) == 0 ? payload : NULL;
}

/* The end of a rest somebody asked for; 0: none. */
static int64_t
rest_end(struct core *core, const struct folded *folded, const struct kind *kind,
         struct arena *arena)
{
    const Attune__Journal__Payload *payload = words_of(core, folded->adopted, arena);
    if (payload == NULL) {
        return 0;
    }
    const struct kind_act *act = kind_act(kind, folded->adopted->op.act);
    const struct kind_field *row =
        act == NULL || act->asks == NULL ? NULL : kind_field(kind, act->asks);
    int64_t rest_s = row == NULL ? 0 : payload_number(payload, row->name, 0);
    bool fits = row != NULL && rest_s >= row->min && rest_s <= row->max;
    return fits ? (int64_t)folded->adopted->op.time * 60 + rest_s : 0;
}

bool
recurring_rule(struct core *core, const struct folded *folded, struct arena *arena,
               struct schedule_rule *out)
{
    const struct kind *kind = kind_find(folded->row.kind);
    struct schedule_rule rule = {.useful_s = USEFUL_S};
    if (kind == NULL || !kind->recurring ||
        (kind->due.states & STATE_BIT(folded->row.state)) == 0) {
        return false;
    }
    const Attune__Journal__Payload *payload = words_of(core, folded->text, arena);
    if (payload == NULL) {
        return false;
    }
    rule.begins_day = core_local_day(core, folded->row.time);
    for (size_t i = 0; i < payload->n_fields; i++) {
        const Attune__Journal__Field *field = payload->fields[i];
        const struct kind_field *row = kind_field(kind, field->name);
        enum field_type type = row == NULL ? FIELD_NONE : row->type;
        if (type == FIELD_EVERY &&
            recur_parse(span_of(field->text.data, field->text.len), rule.begins_day,
                        &rule.recur) != 0) {
            return false;
        }
        if (type == FIELD_CLOCK && field->number >= 0 && field->number < 1440) {
            rule.minute = (int32_t)field->number;
        }
    }
    rule.from_s = rest_end(core, folded, kind, arena);
    rule.done_day = recurring_done(core, folded);
    *out = rule;
    return rule.recur.type != 0;
}

int64_t
recurring_next(struct core *core, const struct folded *folded, struct arena *arena)
{
    struct schedule_rule rule;
    if (!recurring_rule(core, folded, arena, &rule)) {
        return 0;
    }
    /* The whole of today counts, from its first minute or from the end of the rest. */
    int64_t from_s = rule.from_s > core->now_s ? rule.from_s : core->now_s;
    int64_t from_day = core_local_day(core, from_s);
    from_day += rule.done_day == from_day; /* not again today */
    int64_t day = recur_next_day(&rule.recur, rule.begins_day, from_day);
    return day == RECUR_NEVER ? 0 : schedule_instant(&core->zone, day, rule.minute);
}

int64_t
recurring_done(struct core *core, const struct folded *folded)
{
    const struct folded_op *done = folded->done;
    bool said = done != NULL && !done->op.has_payload &&
                strcmp(done->op.act, "done") == 0;
    if (!said) {
        return INT64_MIN;
    }
    return core_local_day(core, (int64_t)(done->ours_log ? done->op.time * 60
                                                         : done->op.time));
}
