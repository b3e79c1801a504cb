/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Entries: writing one, holding it, letting it go.
 *
 * Model. A private entry lives in `mine`. A held one too, marked with when it leaves; then
 * the core appends it to `ours` under the same id. An act goes where its entry lives.
 * Invariants. Everything is checked before the first op is written. A repeated request
 * (entry id, act's request number) changes nothing and returns the first result. Nothing
 * that would tell the partner of a private entry is ever written to `ours`.
 */
#include "common/error.h"
#include "common/pb.h"
#include "daemon/core/policy.h"

#include <string.h>

/* ---- writing ---- */

bool
entry_is_held(const struct entry_row *row)
{
    return row->wake != 0 && row->state != S_REPAIRED && row->state != S_RETRACTED;
}

uint32_t
entry_hold_s(const struct core *core, const struct entry_row *row)
{
    return entry_is_held(row) && row->wake > core->now_s
               ? (uint32_t)(row->wake - core->now_s)
               : 0;
}

void
entry_reply(struct core *core, const struct entry_row *row, Attune__Local__Reply *reply)
{
    reply->id = pb_span(arena_copy(core->arena, span_of(row->id, ID_BYTES)));
    reply->state = arena_text(core->arena, span_text(state_name(row->state)));
    reply->hold_s = entry_hold_s(core, row);
    uint32_t unique = 3;
    if (store_entry_unique(core->store, row->id, &unique) == 0) {
        reply->unique = unique;
    }
}

void
entry_note_wake(struct core *core, int64_t at_s)
{
    if (at_s != 0 && (core->next_wake_s == 0 || at_s < core->next_wake_s)) {
        core->next_wake_s = at_s;
    }
}

struct plan { /* where a new entry goes */
    bool mine;
    bool draft;
    bool kept_mine;
    bool has_parent;
    bool round; /* the parent is the round of a question of the day */
    struct entry_row parent;
    struct buf payload;
};

/* Would it tell of a private entry? What is held on its way out will have left before. */
static bool
is_private(struct core *core, const struct entry_row *row, bool held_too)
{
    bool held = held_too && row->state == S_HELD && !row->theirs;
    return row->mine || (row->lamport == 0 && !held) || journal_past(core, row);
}

static int
plan_reach(struct core *core, const Attune__Local__Entry *entry, const struct kind *kind,
           struct plan *plan)
{
    bool by_default = strcmp(entry->state, "default") == 0;
    bool parent_private = plan->has_parent && !plan->round && is_private(core, &plan->parent, true);
    plan->mine = by_default ? kind->mine : entry->mine != 0;
    plan->draft = entry->draft != 0;
    if (plan->draft || entry->topic) { /* a topic leaves by itself, its words stay */
        plan->mine = true;
    } else if (kind->for_two && (plan->mine || parent_private || !core->pairing.active)) {
        return core->pairing.active ? E_REFUSED : E_NOT_PAIRED; /* nothing for one alone */
    } else if (!plan->mine && by_default && (!core->pairing.active || parent_private)) {
        plan->mine = plan->kept_mine = true;
    } else if (!plan->mine && !core->pairing.active) {
        return E_NOT_PAIRED;
    } else if (!plan->mine && (!kind->shareable || parent_private)) {
        return E_REFUSED; /* would tell of a private entry */
    }
    return 0;
}

int
entry_may_answer(struct core *core, const uint8_t round[static ID_BYTES], bool theirs,
                 struct entry_row *question)
{
    struct entry_row own;
    int rc = store_entry_find(core->store, round, theirs, question);
    if (rc == E_NO_ENTRY) { /* of a day: no longer asked, or never */
        *question = (struct entry_row){.state = S_NONE};
        memcpy(question->id, round, ID_BYTES);
        rc = question_find_round(core, round);
        return rc == E_NO_ENTRY ? E_STATE : rc;
    }
    const struct kind *asked = rc == 0 ? kind_find(question->kind) : NULL;
    if (rc == 0 && (asked == NULL || !asked->asks || question->gone)) {
        rc = E_STATE;
    }
    if (rc == 0) {
        rc = seal_own(core, round, &own);
        rc = rc == 0 ? E_ALREADY : rc == E_NO_ENTRY ? 0 : rc;
    }
    return rc;
}

/* Into the thread that is being mended, unless the person said which, or it stays mine. */
static int
plan_joined(struct core *core, const struct kind *kind, struct plan *plan,
            Attune__Local__Reply *reply)
{
    struct thread mending;
    int rc = thread_mending(core, kind, &mending);
    if (rc == 0 && mending.count == 1) {
        plan->has_parent = true;
        plan->parent = mending.rows[0];
    }
    if (rc != 0 || mending.count <= 1) {
        return rc;
    }
    reply->entries = arena_alloc(core->arena, mending.count * sizeof *reply->entries);
    for (size_t i = 0; reply->entries != NULL && i < mending.count; i++) {
        Attune__Local__Entry *entry = query_entry(core, &mending.rows[i]);
        if (entry == NULL || query_put_text(core, &mending.rows[i], entry) != 0) {
            return E_MEMORY;
        }
        reply->entries[reply->n_entries++] = entry;
    }
    return reply->entries == NULL ? E_MEMORY : E_AMBIGUOUS;
}

/* Nothing is added to what was mended and has faded. */
static int
check_thread(struct core *core, const struct entry_row *parent)
{
    struct entry_row root;
    int rc = thread_root(core, parent, &root);
    return rc == 0 && (root.faded || parent->faded) ? E_STATE : rc;
}

static int
plan_parent(struct core *core, const Attune__Local__Entry *entry, const struct kind *kind,
            struct plan *plan, Attune__Local__Reply *reply)
{
    bool joins = kind->joins && !entry->draft && !entry->mine && core->pairing.active;
    plan->has_parent = entry->parent.len == ID_BYTES;
    if (!plan->has_parent) {
        bool needs = (kind->reply || kind->round_asked) && !entry->draft && !entry->mine;
        return entry->parent.len != 0 || needs ? E_USAGE
               : joins                         ? plan_joined(core, kind, plan, reply)
                                               : 0;
    }
    if (kind->round_asked && !entry->draft) {
        int rc = entry_may_answer(core, entry->parent.data, entry->parent_partner,
                                  &plan->parent);
        plan->round = plan->parent.state == S_NONE;
        return rc;
    }
    int rc = store_entry_find(core->store, entry->parent.data, entry->parent_partner,
                              &plan->parent);
    if (rc == E_NO_ENTRY && entry->draft) { /* of a question of a day, perhaps */
        plan->round = true;
        memcpy(plan->parent.id, entry->parent.data, ID_BYTES);
        return 0;
    }
    if (rc == 0 && (plan->parent.state == S_NONE || plan->parent.state == S_DRAFT ||
                    query_hides(core, &plan->parent))) {
        rc = E_NO_ENTRY;
    }
    bool untold = plan->parent.state == S_TOPIC || plan->parent.closed;
    bool gone = plan->parent.state == S_RETRACTED || plan->parent.faded;
    if (rc == 0 && !entry->draft && kind->reply &&
        (gone || (kind->to_partner && (untold || !plan->parent.theirs)))) {
        rc = E_STATE; /* one listens to the other, to what is told and still there */
    }
    if (rc == 0 && !entry->draft) {
        rc = check_thread(core, &plan->parent);
    }
    if (rc == 0 && kind->calm && !entry->draft) {
        bool paused;
        rc = thread_paused(core, &paused);
        rc = rc == 0 && paused ? E_STATE : rc;
    }
    return rc;
}

/* Everything that can be wrong is, before the first op is written. */
static int
plan_make(struct core *core, const Attune__Local__Entry *entry, const struct kind *kind,
          struct plan *plan, Attune__Local__Reply *reply)
{
    Attune__Local__Field **fields = entry->fields;
    size_t count = entry->n_fields;
    int rc = entry->draft ? fields_check_draft(fields, count)
                          : fields_complete(core, kind, &fields, &count);
    rc = rc != 0 || entry->draft ? rc : fields_check(kind, fields, count);
    rc = rc != 0 || entry->draft ? rc : fields_check_due(core, kind, fields, count);
    rc = rc != 0 ? rc : plan_parent(core, entry, kind, plan, reply);
    rc = rc != 0 ? rc : plan_reach(core, entry, kind, plan);
    if (rc == 0 && entry->give != 0 &&
        (plan->mine || kind->hold_s == 0 || entry->give <= core->now_s ||
         entry->give > core->now_s + (int64_t)GIVE_S_MAX)) {
        rc = plan->kept_mine ? 0 : entry->give <= core->now_s ? E_TIME : E_USAGE;
    }
    bool parent_private =
        plan->has_parent && !plan->round && is_private(core, &plan->parent, false);
    if (rc == 0 && entry->topic &&
        (kind->sealed != SEALED_NOT || !kind->shareable || parent_private)) {
        rc = E_REFUSED;
    }
    bool paused = false;
    if (rc == 0 && kind->pauses && !plan->mine) {
        rc = thread_paused(core, &paused);
        rc = rc == 0 && paused ? E_ALREADY : rc; /* one at a time; it can be made longer */
    }
    return rc != 0 ? rc : fields_encode(core, fields, count, &plan->payload);
}

/* `row`: as it then is. */
static int
write_entry(struct core *core, const Attune__Local__Entry *entry, const struct kind *kind,
            struct plan *plan, struct entry_row *row)
{
    struct op op = {.type = ATTUNE__JOURNAL__OP_TYPE__ENTRY, .has_entry = true};
    bool at_home = kind->sealed != SEALED_NOT; /* its words are kept here first */
    memcpy(op.entry, entry->id.data, ID_BYTES);
    memcpy(op.kind, kind->name, strlen(kind->name) + 1);
    op.mine = plan->mine;
    op.has_parent = plan->has_parent;
    if (plan->has_parent) {
        memcpy(op.parent, plan->parent.id, ID_BYTES);
        op.parent_theirs = plan->parent.theirs;
    }
    if (plan->draft) {
        memcpy(op.act, "draft", 6);
    }
    if (!plan->mine && entry->give != 0) {
        op.until_s = entry->give;
    } else if (!plan->mine && entry->hold_s > 0) {
        op.until_s = core->now_s + (int64_t)entry->hold_s;
    }
    if (!plan->mine && plan->has_parent && plan->parent.state == S_HELD &&
        op.until_s < plan->parent.wake) {
        op.until_s = plan->parent.wake; /* not before what it belongs to */
    }
    bool leaves = !plan->mine && op.until_s == 0;
    op.until_s = leaves && at_home ? core->now_s : op.until_s;
    int64_t log = plan->mine || op.until_s != 0 ? core->mine_no : core->ours_no;
    int rc = journal_append(core, log, &op, buf_span(&plan->payload));
    rc = rc != 0 ? rc : store_entry_find(core->store, entry->id.data, false, row);
    if (rc == 0 && leaves && at_home) {
        struct folded folded;
        rc = fold_entry(core, row, core->arena, &folded);
        rc = rc != 0 ? rc : entry_let_go(core, &folded, 0);
        return rc != 0 ? rc : store_entry_get(core->store, row->no, row);
    }
    return rc == 0 && leaves ? thread_left(core, row) : rc;
}

/* The first step of the ladder at once: the words are kept, their topic is shared. */
static int
share_topic(struct core *core, const Attune__Local__Entry *entry, struct entry_row *row)
{
    struct folded folded;
    int64_t until_s = entry->hold_s == 0 ? 0 : core->now_s + (int64_t)entry->hold_s;
    int rc = fold_entry(core, row, core->arena, &folded);
    return rc != 0 ? rc
                   : entry_topic(core, &folded, entry->fields, entry->n_fields, until_s);
}

int
entry_create(struct core *core, const Attune__Local__Entry *entry,
             Attune__Local__Reply *reply)
{
    const struct kind *kind = kind_find(entry->kind);
    struct entry_row row;
    struct plan plan = {.mine = false};
    if (kind == NULL || kind->hidden) {
        return E_KIND;
    }
    if (entry->id.len != ID_BYTES || entry->hold_s > HOLD_S_MAX) {
        return E_USAGE;
    }
    int rc = store_entry_find(core->store, entry->id.data, false, &row);
    if (rc == 0) {
        reply->mine = row.mine;
        entry_reply(core, &row, reply);
        return 0;
    }
    if (rc != E_NO_ENTRY) {
        return rc;
    }
    rc = plan_make(core, entry, kind, &plan, reply);
    rc = rc != 0 ? rc : write_entry(core, entry, kind, &plan, &row);
    if (rc == 0 && entry->topic && !plan.draft && core->pairing.active) {
        rc = share_topic(core, entry, &row);
        rc = rc != 0 ? rc : store_entry_get(core->store, row.no, &row);
    }
    if (rc == 0 && !plan.draft) {
        rc = today_used(core, kind);
    }
    if (rc == 0 && !plan.draft && kind->round_asked) {
        rc = nudge_used(core, NUDGE_QUESTION);
    }
    if (rc == 0 && !plan.draft && kind->mood != NULL && row.mine) {
        rc = today_hint(core, reply);
    }
    if (rc == 0) {
        reply->mine = plan.kept_mine;
        entry_reply(core, &row, reply);
        action_notice(core, "entries");
    }
    buf_free(&plan.payload);
    return rc;
}

/* ---- sharing ---- */

struct op
entry_op(const struct entry_row *row)
{
    struct op op = {.type = ATTUNE__JOURNAL__OP_TYPE__ENTRY, .has_entry = true};
    memcpy(op.entry, row->id, ID_BYTES);
    memcpy(op.kind, row->kind, sizeof op.kind);
    op.has_parent = row->has_parent;
    memcpy(op.parent, row->parent, ID_BYTES);
    op.parent_theirs = row->parent_theirs;
    return op;
}

/* What is shared names its parent, and must not tell of a private one by that. */
static int
check_parent(struct core *core, const struct entry_row *row, const struct kind *kind,
             bool held_too)
{
    struct entry_row parent;
    if (!row->has_parent) {
        return 0;
    }
    int rc = store_entry_find(core->store, row->parent, row->parent_theirs, &parent);
    if (rc == E_NO_ENTRY && kind->round_asked) {
        return 0; /* the question of a day */
    }
    if (rc == 0 && is_private(core, &parent, held_too)) {
        return E_REFUSED;
    }
    return rc != 0 ? rc : check_thread(core, &parent);
}

/* Appends the entry to `ours`, or holds it in `mine` until `until_s` when that isn't 0. */
int
entry_let_go(struct core *core, const struct folded *folded, int64_t until_s)
{
    const struct entry_row *row = &folded->row;
    const struct kind *kind = kind_find(row->kind);
    Attune__Local__Field **fields;
    size_t count;
    struct buf payload = {0};
    int rc = kind == NULL || !kind->shareable ? E_REFUSED : 0;
    if (rc == 0) {
        rc = fields_of(core, folded, &fields, &count);
    }
    if (rc == 0) {
        rc = fields_check(kind, fields, count);
    }
    rc = rc != 0 ? rc : check_parent(core, row, kind, until_s != 0);
    if (rc == 0 && until_s == 0 && kind->sealed != SEALED_NOT) {
        return seal_commit(core, folded);
    }
    if (rc == 0) {
        rc = fields_encode(core, fields, count, &payload);
    }
    if (rc == 0) {
        struct op op = entry_op(row);
        op.until_s = until_s;
        rc = journal_append(core, until_s != 0 ? core->mine_no : core->ours_no, &op,
                            buf_span(&payload));
    }
    if (rc == 0 && until_s == 0) {
        rc = thread_left(core, row);
    }
    buf_free(&payload);
    return rc;
}

int
entry_topic(struct core *core, const struct folded *folded,
            Attune__Local__Field *const *fields, size_t count, int64_t until_s)
{
    const struct entry_row *row = &folded->row;
    const struct kind *kind = kind_find(row->kind);
    struct buf payload = {0};
    Attune__Local__Field *topic[2];
    size_t topic_count = 0;
    for (size_t i = 0; i < count && topic_count < 2; i++) {
        const struct kind_field *common = kind_field(kind, fields[i]->name);
        bool is_topic = common != NULL && strcmp(common->name, "topic") == 0;
        bool is_how = common != NULL && strcmp(common->name, "how") == 0;
        if (is_topic || is_how) {
            topic[topic_count++] = fields[i];
        }
    }
    struct op op = entry_op(row);
    memcpy(op.act, "topic", 6);
    op.until_s = until_s;
    int rc = check_parent(core, row, kind, false);
    rc = rc != 0 ? rc : fields_check_each(kind, topic, topic_count);
    rc = rc != 0 ? rc : fields_encode(core, topic, topic_count, &payload);
    if (rc == 0) {
        rc = journal_append(core, until_s != 0 ? core->mine_no : core->ours_no, &op,
                            buf_span(&payload));
    }
    buf_free(&payload);
    return rc;
}

int
entry_share_text(struct core *core, const struct folded *folded, int64_t until_s)
{
    struct op op = act_op(&folded->row, "share");
    struct span words = folded->home == NULL ? SPAN_EMPTY : folded->home->payload;
    if (words.size == 0) {
        return E_EMPTY;
    }
    op.until_s = until_s;
    if (until_s != 0) {
        return journal_append(core, core->mine_no, &op, SPAN_EMPTY);
    }
    int rc = journal_append(core, core->ours_no, &op, words);
    return rc != 0 ? rc : thread_left(core, &folded->row);
}

/* ---- what waits for a time ---- */

enum { RELEASE_MAX = 256 }; /* at once; the rest at the next tick */

struct release {
    struct entry_row rows[RELEASE_MAX];
    size_t count;
};

static int
pick_release(void *context, const struct entry_row *row)
{
    struct release *release = context;
    if (release->count == RELEASE_MAX) {
        return 1;
    }
    release->rows[release->count++] = *row;
    return 0;
}

int
entry_leave(struct core *core, const struct folded *folded)
{
    const struct folded_op *leaving = folded->leaving;
    Attune__Local__Field **fields;
    size_t count;
    if (folded->row.state == S_TOPIC) {
        return entry_share_text(core, folded, 0);
    }
    if (leaving == NULL || strcmp(leaving->op.act, "topic") != 0) {
        return entry_let_go(core, folded, 0);
    }
    int rc = fields_of_payload(core, leaving->payload, &fields, &count);
    return rc != 0 ? rc : entry_topic(core, folded, fields, count, 0);
}

static int
pick_held(void *context, const struct entry_row *row)
{
    return entry_is_held(row) ? pick_release(context, row) : 0;
}

static int
wake_one(struct core *core, const struct entry_row *row)
{
    struct folded folded;
    if (!entry_is_held(row)) {
        return fade_run(core, row);
    }
    int rc = fold_entry(core, row, core->arena, &folded);
    if (rc == 0) {
        rc = !core->pairing.active || journal_past(core, row) ? E_NOT_PAIRED
             : folded.pending != NULL                          ? act_leave(core, &folded)
                                                              : entry_leave(core, &folded);
    }
    /* What can't leave any more stays mine; nothing of it stops anything else. */
    return requests_refusal(rc) ? act_append(core, core->mine_no, row, "undo", 0, SPAN_EMPTY)
                                : rc;
}

int
entry_keep_held(struct core *core)
{
    struct release *release = arena_alloc(core->arena, sizeof *release);
    int rc = release == NULL ? E_MEMORY : 1;
    while (rc > 0) { /* each round takes some away */
        release->count = 0;
        rc = store_entry_waking(core->store, INT64_MAX, pick_held, release);
        for (size_t i = 0; rc >= 0 && i < release->count; i++) {
            int undone = act_append(core, core->mine_no, &release->rows[i], "undo", 0,
                                    SPAN_EMPTY);
            rc = undone != 0 ? undone : rc;
        }
    }
    return rc;
}

int
entry_wake(struct core *core)
{
    if (core->next_wake_s == 0 || core->next_wake_s > core->now_s) {
        return 0;
    }
    struct release *release = arena_alloc(core->arena, sizeof *release);
    if (release == NULL) {
        return E_MEMORY;
    }
    int rc = store_entry_waking(core->store, core->now_s, pick_release, release);
    rc = rc > 0 ? 0 : rc;
    for (size_t i = 0; rc == 0 && i < release->count; i++) {
        rc = wake_one(core, &release->rows[i]);
    }
    if (rc == 0 && release->count > 0) {
        action_notice(core, "entries");
    }
    return rc != 0 ? rc : store_entry_next_wake(core->store, &core->next_wake_s);
}
