/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a person asks: list, show, find, visible, agenda, drafts.
 *
 * Replies are built in core->arena. No question counts, compares or filters what the partner
 * did not do.
 */
#include "common/error.h"
#include "common/pb.h"
#include "daemon/core/policy.h"

#include <string.h>

/* ---- building a reply ---- */

static ProtobufCBinaryData
bytes_in_arena(struct core *core, const void *data, size_t size)
{
    return pb_span(arena_copy(core->arena, span_of(data, size)));
}

/* What opens a seal is for attune alone. */
static int
put_fields(struct core *core, struct span payload, Attune__Local__Field ***out, size_t *count)
{
    size_t all = 0, shown = 0;
    int rc = fields_of_payload(core, payload, out, &all);
    for (size_t i = 0; rc == 0 && i < all; i++) {
        if (strcmp((*out)[i]->name, SEAL_FIELD) != 0) {
            (*out)[shown++] = (*out)[i];
        }
    }
    *count = rc == 0 ? shown : *count;
    return rc;
}

/*
 * What the kind's due field shows is what is agreed now, not what was first written. Of
 * what only its author is reminded of, the partner sees no day that went by: there is
 * nothing to hold against anybody.
 */
static void
put_due(struct core *core, const struct entry_row *row, Attune__Local__Entry *entry)
{
    const struct kind *kind = kind_find(row->kind);
    if (kind == NULL || kind->due.field == NULL) {
        return;
    }
    const struct kind_field *field = kind_field(kind, kind->due.field);
    bool passed = row->theirs && kind->due.remind == REMIND_AUTHOR &&
                  row->due <= core->now_s && row->due != 0;
    for (size_t i = 0; i < entry->n_fields && field->type == FIELD_TIME; i++) {
        if (strcmp(entry->fields[i]->name, kind->due.field) == 0 && row->due != 0) {
            entry->fields[i]->number = row->due;
            if (passed) {
                entry->fields[i] = entry->fields[--entry->n_fields];
                break;
            }
        }
    }
    entry->due = passed ? 0 : row->due;
}

Attune__Local__Entry *
query_entry(struct core *core, const struct entry_row *row)
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
    entry->faded = row->faded && row->gone;
    entry->due = row->due;
    if (row->has_parent) {
        entry->parent = bytes_in_arena(core, row->parent, ID_BYTES);
        entry->parent_partner = row->parent_theirs;
    }
    entry->hold_s = entry_hold_s(core, row);
    if (store_entry_unique(core->store, row->id, &unique) == 0) {
        entry->unique = unique;
    }
    return entry->kind == NULL || entry->id.data == NULL ? NULL : entry;
}

int
query_put_text(struct core *core, const struct entry_row *row, Attune__Local__Entry *entry)
{
    struct op_row op;
    if (row->text_log == 0 || row->gone) {
        put_due(core, row, entry);
        return 0;
    }
    int rc = store_op_get(core->store, row->text_log, row->text_seq, core->arena, &op);
    if (rc == 0 && op.payload.size > 0) {
        rc = put_fields(core, op.payload, &entry->fields, &entry->n_fields);
    }
    put_due(core, row, entry);
    return rc;
}

bool
query_hides(struct core *core, const struct entry_row *row)
{
    const struct kind *kind = kind_find(row->kind);
    bool dust = row->faded && row->has_parent; /* one dated line stays: the thread's first */
    return dust || (kind != NULL && kind->hidden) || seal_hides(core, row);
}

struct listing {
    struct core *core;
    Attune__Local__Reply *reply;
    uint32_t limit;
    const char *act; /* only entries that can take it */
    bool now; /* only what this pairing has: not taken back, not of an earlier one */
    bool as_seen; /* with the words that left, and no others */
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

/* Something the partner told that one can listen to: it is here, and more than a line. */
static bool
was_told(struct core *core, const struct entry_row *row)
{
    const struct kind *kind = kind_find(row->kind);
    return row->theirs && row->lamport != 0 && !row->gone && !row->closed &&
           row->state != S_TOPIC && row->text_log != 0 && !journal_past(core, row) &&
           kind != NULL && (kind->longer || kind->mends) && !kind->deals && !kind->pauses;
}

static bool
can_act(struct core *core, const struct entry_row *row, const char *act)
{
    const char *acts[ACTS_MAX];
    size_t count = act_names(core, row, acts, ACTS_MAX);
    for (size_t i = 0; i < count; i++) {
        if (strcmp(acts[i], act) == 0) {
            return true;
        }
    }
    /* An answer is an entry of its own: what can be shown can be answered. */
    const struct kind *kind = kind_find(act);
    return kind != NULL && kind->reply && !row->gone && row->state != S_DRAFT &&
           (!kind->to_partner || was_told(core, row));
}

/* Perhaps shared without its words: sealed, or as a topic. */
static bool
at_home(const struct entry_row *row)
{
    const struct kind *kind = kind_find(row->kind);
    return !row->theirs && row->lamport != 0 &&
           (row->state == S_TOPIC || (kind != NULL && kind->sealed != SEALED_NOT));
}

/* What the partner has of it: the fields of the op that is shared. */
static int
put_seen(struct core *core, const struct entry_row *row, Attune__Local__Entry *entry)
{
    struct folded folded;
    int rc = fold_entry(core, row, core->arena, &folded);
    if (rc == 0 && folded.reveal != NULL) {
        return query_put_text(core, row, entry);
    }
    bool words = rc == 0 && folded.entry != NULL && folded.entry->ours_log &&
                 folded.entry->payload.size > 0;
    return words ? put_fields(core, folded.entry->payload, &entry->fields,
                              &entry->n_fields)
                 : rc;
}

static int
list_row(void *context, const struct entry_row *row)
{
    struct listing *listing = context;
    if (row->state == S_NONE || query_hides(listing->core, row) ||
        (listing->now &&
         (row->state == S_RETRACTED || journal_past(listing->core, row))) ||
        (listing->act != NULL && !can_act(listing->core, row, listing->act))) {
        return 0;
    }
    Attune__Local__Entry *entry = query_entry(listing->core, row);
    int rc = entry == NULL ? E_MEMORY : 0;
    if (rc == 0) {
        rc = listing->as_seen && at_home(row) ? put_seen(listing->core, row, entry)
                                              : query_put_text(listing->core, row, entry);
    }
    if (rc == 0) {
        listing->reply->entries[listing->reply->n_entries++] = entry;
        rc = listing->reply->n_entries == listing->limit;
    }
    return rc;
}

static int
listing_run(struct listing *listing, const struct entry_filter *filter,
            int (*each)(void *context, const struct entry_row *row))
{
    int rc = listing_begin(listing);
    rc = rc != 0 ? rc : store_entry_list(listing->core->store, filter, each, listing);
    return rc > 0 ? 0 : rc;
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
    struct listing listing = {.core = core, .reply = reply};
    struct entry_filter filter = {.before = query->before};
    listing.limit = query->last ? 1 : query->limit;
    listing.act = query->act[0] != '\0' ? query->act : NULL;
    filter.kind = query->kind[0] != '\0' ? query->kind : NULL;
    filter.author = query->last ? AUTHOR_ME : author_of(query->author);
    filter.reach = reach_of(query->reach);
    /* Acts of kinds are for what can still be moved; there is an index of those. */
    filter.live_only = listing.act != NULL && kind_find(listing.act) == NULL &&
                       !act_is_common(listing.act);
    return listing_run(&listing, &filter, list_row);
}

int
query_preview(struct core *core, const Attune__Local__Query *query,
              Attune__Local__Reply *reply)
{
    struct entry_row row;
    if (query->id.len != ID_BYTES) {
        return E_USAGE;
    }
    struct listing listing = {.core = core, .reply = reply, .limit = 1};
    int rc = store_entry_find(core->store, query->id.data, query->partner, &row);
    rc = rc != 0 ? rc : listing_begin(&listing);
    rc = rc != 0 ? rc : list_row(&listing, &row);
    return rc >= 0 && reply->n_entries == 0 ? E_NO_ENTRY : rc > 0 ? 0 : rc;
}

/* The week's talk: what is being mended, and breaks nobody came back from; no blame. */
static int
agenda_row(void *context, const struct entry_row *row)
{
    struct listing *listing = context;
    const struct kind *kind = kind_find(row->kind);
    bool here = kind != NULL && (kind->agenda & STATE_BIT(row->state)) != 0 &&
                row->lamport != 0 && row->due <= listing->core->now_s;
    return here ? list_row(listing, row) : 0;
}

int
query_agenda(struct core *core, Attune__Local__Reply *reply)
{
    struct listing listing = {
        .core = core, .reply = reply, .limit = QUERY_LIMIT_MAX, .now = true};
    struct entry_filter filter = {.live_only = true, .reach = REACH_OURS};
    return listing_run(&listing, &filter, agenda_row);
}

int
query_drafts(struct core *core, Attune__Local__Reply *reply)
{
    struct listing listing = {
        .core = core, .reply = reply, .limit = QUERY_LIMIT_MAX};
    struct entry_filter filter = {.states = STATE_BIT(S_DRAFT)};
    return listing_run(&listing, &filter, list_row);
}

int
query_visible(struct core *core, Attune__Local__Reply *reply)
{
    struct listing listing = {.core = core,
                              .reply = reply,
                              .limit = QUERY_LIMIT_MAX,
                              .now = true,
                              .as_seen = true};
    struct entry_filter filter = {.author = AUTHOR_ME, .reach = REACH_OURS};
    return listing_run(&listing, &filter, list_row);
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
        .core = core, .reply = reply, .limit = query->limit};
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

/* What attune does by itself, and what a person does for nobody to see. */
static bool
is_inner(const struct folded *folded, const struct folded_op *item)
{
    const struct kind *kind = kind_find(folded->row.kind);
    if (item->op.type == ATTUNE__JOURNAL__OP_TYPE__ENTRY) {
        return false;
    }
    if (item->ours_log) {
        return item->op.has_accepts ||
               (item->op.type == ATTUNE__JOURNAL__OP_TYPE__ACT && item == folded->text);
    }
    const struct kind_act *act = kind == NULL ? NULL : kind_act(kind, item->op.act);
    return !folded->row.mine || act == NULL ||
           item->op.type == ATTUNE__JOURNAL__OP_TYPE__PURGE;
}

/* Listening is offered for what the partner told, while nobody needs a pause. */
static int
put_answers(struct core *core, const struct entry_row *row, Attune__Local__Entry *entry)
{
    bool paused, told = was_told(core, row);
    int rc = thread_paused(core, &paused);
    for (size_t i = 0; rc == 0 && told && i < kind_count(); i++) {
        const struct kind *answer = kind_at(i);
        if (answer->reply && answer->to_partner && !(answer->calm && paused)) {
            entry->acts[entry->n_acts++] = pb_text(answer->name);
        }
    }
    return rc;
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
        bool written = item == folded->entry; /* once, though its words came later, or not */
        bool duplicate = item->op.type == ATTUNE__JOURNAL__OP_TYPE__ENTRY && !written;
        if ((item->undone && !written) || duplicate || is_inner(folded, item) ||
            folded->row.faded) {
            continue;
        }
        int rc = put_event(core, item, &entry->events[entry->n_events]);
        if (rc != 0) {
            return rc;
        }
        entry->n_events++;
    }
    const char *acts[ACTS_MAX];
    size_t count = act_names(core, &folded->row, acts, ACTS_MAX);
    entry->acts =
        arena_alloc(core->arena, (count + 1 + kind_count()) * sizeof *entry->acts);
    for (size_t i = 0; entry->acts != NULL && i < count; i++) {
        entry->acts[entry->n_acts++] = pb_text(acts[i]);
    }
    return entry->acts == NULL ? E_MEMORY : put_answers(core, &folded->row, entry);
}

static int
put_whole(struct core *core, const struct entry_row *row, Attune__Local__Reply *reply)
{
    struct folded folded;
    if (query_hides(core, row)) {
        return 0;
    }
    Attune__Local__Entry *entry = query_entry(core, row);
    int rc = entry == NULL ? E_MEMORY : fold_entry(core, row, core->arena, &folded);
    if (rc == 0) {
        rc = query_put_text(core, row, entry);
    }
    if (rc == 0) {
        rc = put_history(core, &folded, entry);
    }
    if (rc == 0) {
        int64_t next = recurring_next(core, &folded, core->arena);
        entry->due = next != 0 ? next : entry->due;
        reply->entries[reply->n_entries++] = entry;
        rc = act_opened(core, &folded);
    }
    return rc;
}

enum { CANDIDATES_MAX = 10 };

struct candidates {
    struct core *core;
    struct entry_row rows[CANDIDATES_MAX];
    size_t count;
};

static int
pick_candidate(void *context, const struct entry_row *row)
{
    struct candidates *candidates = context;
    if (row->state != S_NONE && !query_hides(candidates->core, row)) {
        candidates->rows[candidates->count++] = *row;
    }
    return candidates->count == CANDIDATES_MAX;
}

static int
find_target(struct core *core, const Attune__Local__Query *query,
            struct candidates *candidates)
{
    *candidates = (struct candidates){.core = core};
    int rc = E_USAGE;
    if (query->last) {
        struct entry_filter filter = {.author = AUTHOR_ANY}; /* the newest there is */
        rc = store_entry_list(core->store, &filter, pick_candidate, candidates);
        candidates->count = candidates->count > 1 ? 1 : candidates->count;
    } else if (query->id.len == ID_BYTES) {
        rc = store_entry_find(core->store, query->id.data, query->partner,
                              &candidates->rows[0]);
        candidates->count = rc == 0 && !query_hides(core, &candidates->rows[0]);
    } else if (query->id_low.len == ID_BYTES && query->id_high.len == ID_BYTES) {
        rc = store_entry_range(core->store, query->id_low.data, query->id_high.data,
                               pick_candidate, candidates);
    }
    if (rc < 0) {
        return rc;
    }
    return candidates->count == 0 ? E_NO_ENTRY : 0;
}

static int
show_candidates(struct core *core, const struct candidates *candidates,
                Attune__Local__Reply *reply)
{
    struct listing listing = {
        .core = core, .reply = reply, .limit = CANDIDATES_MAX};
    for (size_t i = 0; i < candidates->count; i++) {
        int rc = list_row(&listing, &candidates->rows[i]);
        if (rc < 0) {
            return rc;
        }
    }
    return E_AMBIGUOUS;
}

int
query_show(struct core *core, const Attune__Local__Query *query, Attune__Local__Reply *reply)
{
    struct candidates candidates;
    struct thread thread;
    struct entry_row root;
    int rc = find_target(core, query, &candidates);
    if (rc != 0) {
        return rc;
    }
    reply->entries =
        arena_alloc(core->arena, (THREAD_SHOWN + 1) * sizeof *reply->entries);
    if (reply->entries == NULL) {
        return E_MEMORY;
    }
    if (candidates.count > 1) {
        return show_candidates(core, &candidates, reply);
    }
    const struct entry_row *target = &candidates.rows[0];
    rc = put_whole(core, target, reply);
    rc = rc != 0 ? rc : thread_root(core, target, &root);
    rc = rc != 0 ? rc : thread_gather(core, &root, THREAD_SHOWN, core->arena, &thread);
    for (size_t i = 0; rc == 0 && i < thread.count; i++) {
        if (thread.rows[i].no != target->no) {
            rc = put_whole(core, &thread.rows[i], reply);
        }
    }
    return rc;
}
