/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a person asks: list, show, find, visible, drafts, today, digest.
 *
 * Replies are built in core->arena. `today` carries no text: it is answered while closed.
 * No question counts, compares or filters what the partner did not do.
 */
#include "common/error.h"
#include "common/pb.h"
#include "daemon/core/inside.h"

#include <string.h>

/* ---- building a reply ---- */

static ProtobufCBinaryData
bytes_in_arena(struct core *core, const void *data, size_t size)
{
    return pb_span(arena_copy(core->arena, span_of(data, size)));
}

static int
put_fields(struct core *core, struct span payload, Attune__Local__Field ***out, size_t *count)
{
    Attune__Journal__Payload *decoded;
    int rc = payload_decode(payload, core->arena, &decoded);
    if (rc != 0) {
        return rc;
    }
    Attune__Local__Field **fields =
        arena_alloc(core->arena, (decoded->n_fields + 1) * sizeof *fields);
    for (size_t i = 0; fields != NULL && i < decoded->n_fields; i++) {
        fields[i] = arena_alloc(core->arena, sizeof **fields);
        if (fields[i] == NULL) {
            return E_MEMORY;
        }
        attune__local__field__init(fields[i]);
        fields[i]->name = decoded->fields[i]->name;
        fields[i]->text = decoded->fields[i]->text;
        fields[i]->number = decoded->fields[i]->number;
    }
    *out = fields;
    *count = decoded->n_fields;
    return fields == NULL ? E_MEMORY : 0;
}

/* What the kind's due field shows is what is agreed now, not what was first written. */
static void
put_due(const struct entry_row *row, Attune__Local__Entry *entry)
{
    const struct kind *kind = kind_find(row->kind);
    for (size_t i = 0; kind != NULL && kind->due.field != NULL && i < entry->n_fields; i++) {
        if (strcmp(entry->fields[i]->name, kind->due.field) == 0 && row->due != 0) {
            entry->fields[i]->number = row->due;
        }
    }
    entry->due = row->due;
}

static Attune__Local__Entry *
new_entry(struct core *core, const struct entry_row *row)
{
    Attune__Local__Entry *entry = arena_alloc(core->arena, sizeof *entry);
    uint32_t unique = 3;
    if (entry == NULL) {
        return NULL;
    }
    attune__local__entry__init(entry);
    entry->id = bytes_in_arena(core, row->id, ID_BYTES);
    entry->kind = arena_text(core->arena, span_text(row->kind));
    entry->partner = row->theirs;
    entry->mine = row->mine;
    entry->state = pb_text(state_name(row->state));
    entry->created = row->time;
    entry->gone = row->gone;
    entry->unknown = row->unknown;
    entry->due = row->due;
    if (row->has_parent) {
        entry->parent = bytes_in_arena(core, row->parent, ID_BYTES);
        entry->parent_partner = row->parent_theirs;
    }
    if (row->state == S_HELD && row->held_until > core->now_s) {
        entry->hold_s = (uint32_t)(row->held_until - core->now_s);
    }
    if (store_entry_unique(core->store, row->id, &unique) == 0) {
        entry->unique = unique;
    }
    return entry->kind == NULL || entry->id.data == NULL ? NULL : entry;
}

static int
put_text(struct core *core, const struct entry_row *row, Attune__Local__Entry *entry)
{
    struct op_row op;
    if (row->text_log == 0 || row->gone) {
        return 0;
    }
    int rc = store_op_get(core->store, row->text_log, row->text_seq, core->arena, &op);
    if (rc == 0 && op.payload.size > 0) {
        rc = put_fields(core, op.payload, &entry->fields, &entry->n_fields);
    }
    put_due(row, entry);
    return rc;
}

struct listing {
    struct core *core;
    Attune__Local__Reply *reply;
    uint32_t limit;
    bool text;
    const char *act; /* only entries that can take it */
    uint32_t states; /* when not 0: only these */
    bool now; /* only what this pairing has: not taken back, not of an earlier one */
};

static int
listing_begin(struct listing *listing)
{
    if (listing->limit == 0 || listing->limit > QUERY_LIMIT_MAX) {
        listing->limit = listing->limit == 0 ? 20 : QUERY_LIMIT_MAX;
    }
    listing->reply->entries =
        arena_alloc(listing->core->arena, listing->limit * sizeof(Attune__Local__Entry *));
    return listing->reply->entries == NULL ? E_MEMORY : 0;
}

static bool
can_act(struct core *core, const struct entry_row *row, const char *act)
{
    const char *acts[16];
    size_t count = act_names(core, row, acts, 16);
    for (size_t i = 0; i < count; i++) {
        if (strcmp(acts[i], act) == 0) {
            return true;
        }
    }
    /* An answer is an entry of its own: what can be shown can be answered. */
    const struct kind *kind = kind_find(act);
    return kind != NULL && kind->reply && !row->gone && row->state != S_DRAFT;
}

static int
list_row(void *context, const struct entry_row *row)
{
    struct listing *listing = context;
    if (row->state == S_NONE || (listing->now && row->state == S_RETRACTED) ||
        (listing->now && journal_past(listing->core, row)) ||
        (listing->states != 0 && (listing->states & STATE_BIT(row->state)) == 0) ||
        (listing->act != NULL && !can_act(listing->core, row, listing->act))) {
        return 0;
    }
    Attune__Local__Entry *entry = new_entry(listing->core, row);
    int rc = entry == NULL ? E_MEMORY : 0;
    if (rc == 0 && listing->text) {
        rc = put_text(listing->core, row, entry);
    }
    if (rc == 0) {
        listing->reply->entries[listing->reply->n_entries++] = entry;
        rc = listing->reply->n_entries == listing->limit;
    }
    return rc;
}

static enum filter_author
author_of(const char *text)
{
    return strcmp(text, "me") == 0        ? AUTHOR_ME
           : strcmp(text, "partner") == 0 ? AUTHOR_PARTNER
                                          : AUTHOR_ANY;
}

static enum filter_reach
reach_of(const char *text)
{
    return strcmp(text, "mine") == 0   ? REACH_MINE
           : strcmp(text, "ours") == 0 ? REACH_OURS
                                       : REACH_ANY;
}

int
query_list(struct core *core, const Attune__Local__Query *query, Attune__Local__Reply *reply)
{
    struct listing listing = {.core = core, .reply = reply, .text = true};
    struct entry_filter filter = {.before = query->before};
    listing.limit = query->last ? 1 : query->limit;
    listing.act = query->act[0] != '\0' ? query->act : NULL;
    filter.kind = query->kind[0] != '\0' ? query->kind : NULL;
    filter.author = query->last ? AUTHOR_ME : author_of(query->author);
    filter.reach = reach_of(query->reach);
    int rc = listing_begin(&listing);
    if (rc == 0) {
        rc = store_entry_list(core->store, &filter, list_row, &listing);
    }
    return rc > 0 ? 0 : rc;
}

int
query_drafts(struct core *core, Attune__Local__Reply *reply)
{
    struct listing listing = {
        .core = core, .reply = reply, .text = true, .limit = QUERY_LIMIT_MAX};
    struct entry_filter filter = {.states = STATE_BIT(S_DRAFT)};
    int rc = listing_begin(&listing);
    if (rc == 0) {
        rc = store_entry_list(core->store, &filter, list_row, &listing);
    }
    return rc > 0 ? 0 : rc;
}

int
query_visible(struct core *core, Attune__Local__Reply *reply)
{
    struct listing listing = {.core = core,
                              .reply = reply,
                              .text = true,
                              .limit = QUERY_LIMIT_MAX,
                              .now = true};
    struct entry_filter filter = {.author = AUTHOR_ME, .reach = REACH_OURS};
    int rc = listing_begin(&listing);
    if (rc == 0) {
        rc = store_entry_list(core->store, &filter, list_row, &listing);
    }
    return rc > 0 ? 0 : rc;
}

int
query_today(struct core *core, Attune__Local__Reply *reply)
{
    enum { TODAY_MAX = 7 };
    struct listing listing = {
        .core = core, .reply = reply, .limit = TODAY_MAX, .now = true};
    struct entry_filter filter = {.author = AUTHOR_PARTNER, .fresh_only = true};
    int rc = listing_begin(&listing);
    if (rc == 0) {
        rc = store_entry_list(core->store, &filter, list_row, &listing);
    }
    return rc > 0 ? 0 : rc;
}

static int
found(void *context, const struct entry_row *row, struct span snippet)
{
    struct listing *listing = context;
    size_t before = listing->reply->n_entries;
    int rc = list_row(listing, row);
    if (rc >= 0 && listing->reply->n_entries > before) {
        listing->reply->entries[before]->snippet =
            bytes_in_arena(listing->core, snippet.data, snippet.size);
    }
    return rc;
}

int
query_find(struct core *core, const Attune__Local__Query *query, Attune__Local__Reply *reply)
{
    struct listing listing = {
        .core = core, .reply = reply, .text = true, .limit = query->limit};
    int rc = query->text.len == 0 ? E_EMPTY : listing_begin(&listing);
    if (rc == 0) {
        rc = store_find(core->store, span_of(query->text.data, query->text.len),
                        listing.limit, found, &listing);
    }
    return rc > 0 ? 0 : rc;
}

/* ---- one entry and its thread ---- */

static int
put_event(struct core *core, const struct folded_op *item, Attune__Local__Event **out)
{
    Attune__Local__Event *event = arena_alloc(core->arena, sizeof *event);
    if (event == NULL) {
        return E_MEMORY;
    }
    attune__local__event__init(event);
    const char *act = item->op.type == ATTUNE__JOURNAL__OP_TYPE__ENTRY   ? "written"
                      : item->op.type == ATTUNE__JOURNAL__OP_TYPE__PURGE ? "retracted"
                                                                         : item->op.act;
    event->act = arena_text(core->arena, span_text(act));
    event->partner = item->by_theirs;
    event->time =
        (int64_t)(item->ours_log ? item->op.time * 60 : item->op.time / 60 * 60);
    event->crossed = item->crossed;
    *out = event;
    if (item->payload.size == 0 || item->op.type == ATTUNE__JOURNAL__OP_TYPE__ENTRY) {
        return event->act == NULL ? E_MEMORY : 0;
    }
    return put_fields(core, item->payload, &event->fields, &event->n_fields);
}

static int
put_history(struct core *core, const struct folded *folded, Attune__Local__Entry *entry)
{
    entry->events = arena_alloc(core->arena, (folded->count + 1) * sizeof *entry->events);
    if (entry->events == NULL) {
        return E_MEMORY;
    }
    for (size_t i = 0; i < folded->count; i++) {
        const struct folded_op *item = &folded->ops[i];
        bool duplicate = item->op.type == ATTUNE__JOURNAL__OP_TYPE__ENTRY &&
                         item != folded->text;
        bool inner = !item->ours_log && item->op.type != ATTUNE__JOURNAL__OP_TYPE__ENTRY &&
                     (strcmp(item->op.act, "opened") == 0 ||
                      strcmp(item->op.act, "undo") == 0 ||
                      item->op.type == ATTUNE__JOURNAL__OP_TYPE__PURGE);
        if (item->undone || duplicate || inner) {
            continue;
        }
        int rc = put_event(core, item, &entry->events[entry->n_events]);
        if (rc != 0) {
            return rc;
        }
        entry->n_events++;
    }
    const char *acts[16];
    size_t count = act_names(core, &folded->row, acts, 16);
    entry->acts = arena_alloc(core->arena, (count + 1) * sizeof *entry->acts);
    for (size_t i = 0; entry->acts != NULL && i < count; i++) {
        entry->acts[entry->n_acts++] = arena_text(core->arena, span_text(acts[i]));
    }
    return entry->acts == NULL ? E_MEMORY : 0;
}

static int
put_whole(struct core *core, const struct entry_row *row, Attune__Local__Reply *reply)
{
    struct folded folded;
    Attune__Local__Entry *entry = new_entry(core, row);
    int rc = entry == NULL ? E_MEMORY : fold_entry(core, row, core->arena, &folded);
    if (rc == 0) {
        rc = put_text(core, row, entry);
    }
    if (rc == 0) {
        rc = put_history(core, &folded, entry);
    }
    if (rc == 0) {
        reply->entries[reply->n_entries++] = entry;
    }
    return rc;
}

struct thread {
    struct core *core;
    struct entry_row *rows;
    size_t count;
};

enum { THREAD_MAX = 200, THREAD_DEPTH_MAX = 8 };

static int
thread_row(void *context, const struct entry_row *row)
{
    struct thread *thread = context;
    if (row->state != S_NONE && row->state != S_DRAFT) {
        thread->rows[thread->count++] = *row;
    }
    return thread->count == THREAD_MAX;
}

/* Everything below the root, breadth first, which is oldest first level by level. */
static int
gather_thread(struct core *core, const struct entry_row *root, struct thread *thread)
{
    *thread = (struct thread){.core = core};
    thread->rows = arena_alloc(core->arena, THREAD_MAX * sizeof *thread->rows);
    if (thread->rows == NULL) {
        return E_MEMORY;
    }
    thread->rows[thread->count++] = *root;
    for (size_t i = 0; i < thread->count && thread->count < THREAD_MAX; i++) {
        int rc = store_entry_children(core->store, thread->rows[i].id,
                                      thread->rows[i].theirs, thread_row, thread);
        if (rc < 0) {
            return rc;
        }
    }
    return 0;
}

static int
pick_candidate(void *context, const struct entry_row *row)
{
    struct thread *candidates = context;
    if (row->state != S_NONE) {
        candidates->rows[candidates->count++] = *row;
    }
    return candidates->count == 10;
}

static int
find_target(struct core *core, const Attune__Local__Query *query, struct thread *candidates)
{
    *candidates = (struct thread){.core = core};
    candidates->rows = arena_alloc(core->arena, 10 * sizeof *candidates->rows);
    if (candidates->rows == NULL) {
        return E_MEMORY;
    }
    int rc = E_USAGE;
    if (query->last) {
        struct entry_filter filter = {.author = AUTHOR_ANY}; /* the newest there is */
        rc = store_entry_list(core->store, &filter, pick_candidate, candidates);
        candidates->count = candidates->count > 1 ? 1 : candidates->count;
    } else if (query->id.len == ID_BYTES) {
        rc = store_entry_find(core->store, query->id.data, query->partner,
                              &candidates->rows[0]);
        candidates->count = rc == 0;
    } else if (query->id_low.len == ID_BYTES && query->id_high.len == ID_BYTES) {
        rc = store_entry_range(core->store, query->id_low.data, query->id_high.data,
                               pick_candidate, candidates);
    }
    if (rc < 0) {
        return rc;
    }
    return candidates->count == 0 ? E_NO_ENTRY : 0;
}

int
query_show(struct core *core, const Attune__Local__Query *query, Attune__Local__Reply *reply)
{
    struct thread candidates, thread;
    int rc = find_target(core, query, &candidates);
    if (rc != 0) {
        return rc;
    }
    reply->entries =
        arena_alloc(core->arena, (THREAD_MAX + 1) * sizeof *reply->entries);
    if (reply->entries == NULL) {
        return E_MEMORY;
    }
    if (candidates.count > 1) {
        struct listing listing = {
            .core = core, .reply = reply, .text = true, .limit = 10};
        for (size_t i = 0; i < candidates.count; i++) {
            rc = list_row(&listing, &candidates.rows[i]);
            if (rc < 0) {
                return rc;
            }
        }
        return E_AMBIGUOUS;
    }
    struct entry_row *target = &candidates.rows[0];
    struct entry_row root = *target;
    for (int depth = 0; root.has_parent && depth < THREAD_DEPTH_MAX; depth++) {
        struct entry_row parent;
        if (store_entry_find(core->store, root.parent, root.parent_theirs, &parent) != 0 ||
            parent.state == S_NONE) {
            break;
        }
        root = parent;
    }
    rc = put_whole(core, target, reply);
    if (rc == 0) {
        rc = gather_thread(core, &root, &thread);
    }
    for (size_t i = 0; rc == 0 && i < thread.count; i++) {
        if (thread.rows[i].no != target->no) {
            rc = put_whole(core, &thread.rows[i], reply);
        }
        if (rc == 0) {
            rc = act_opened(core, &thread.rows[i]);
        }
    }
    return rc;
}
