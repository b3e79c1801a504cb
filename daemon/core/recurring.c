/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Recurring: when something that comes again is due next.
 *
 * Model. `every` and `at` are fields of the entry; days are local days, so eight in the
 * evening stays eight in the evening. A rest lets what falls into it pass. Nothing is kept
 * of what was not done: there is no list of misses to make.
 */
#include "common/recur.h"
#include "daemon/core/policy.h"

#include <string.h>

enum { DAY_S = 86400 };

int64_t
recurring_next(struct core *core, const struct folded *folded)
{
    const struct kind *kind = kind_find(folded->row.kind);
    Attune__Journal__Payload *payload;
    struct recur recur;
    bool known = false;
    if (kind == NULL || !kind->recurring || folded->text == NULL ||
        (kind->due.states & STATE_BIT(folded->row.state)) == 0 ||
        payload_decode(folded->text->payload, core->arena, &payload) != 0) {
        return 0;
    }
    int64_t begins_day = core_local_day(core, folded->row.time);
    int64_t minute = 0;
    for (size_t i = 0; i < payload->n_fields; i++) {
        const Attune__Journal__Field *field = payload->fields[i];
        const struct kind_field *row = kind_field(kind, field->name);
        enum field_type type = row == NULL ? FIELD_NONE : row->type;
        if (type == FIELD_EVERY) {
            known = recur_parse(span_of(field->text.data, field->text.len), begins_day,
                                &recur) == 0;
        } else if (type == FIELD_CLOCK) {
            minute = field->number >= 0 && field->number < 1440 ? field->number : 0;
        }
    }
    int64_t from_s = core->now_s;
    if (folded->adopted != NULL && folded->adopted->payload.size > 0 &&
        payload_decode(folded->adopted->payload, core->arena, &payload) == 0) {
        const struct kind_act *act = kind_act(kind, folded->adopted->op.act);
        const struct kind_field *row =
            act == NULL || act->asks == NULL ? NULL : kind_field(kind, act->asks);
        int64_t rest_s = row == NULL ? 0 : payload_number(payload, row->name, 0);
        bool fits = row != NULL && rest_s >= row->min && rest_s <= row->max;
        int64_t until_s = fits ? (int64_t)folded->adopted->op.time * 60 + rest_s : 0;
        from_s = until_s > from_s ? until_s : from_s;
    }
    int64_t from_day = core_local_day(core, from_s);
    from_day += recurring_done(core, folded) == from_day; /* not again today */
    int64_t day = known ? recur_next_day(&recur, begins_day, from_day) : RECUR_NEVER;
    return day == RECUR_NEVER
               ? 0
               : day * DAY_S + minute * 60 - (int64_t)core->zone_min * 60;
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
