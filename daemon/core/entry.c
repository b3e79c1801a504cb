/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a person does: write an entry, act on one, share, take back, undo.
 *
 * Model. A private entry lives in `mine`. A held one too, marked with when it leaves; then
 * the core appends it to `ours` under the same id. An act goes where its entry lives.
 * Invariants. Everything is checked before the first op is written. A repeated request
 * (entry id, act's request number) changes nothing and returns the first result. Nothing
 * that would tell the partner of a private entry is ever written to `ours`.
 */
#include "common/error.h"
#include "common/text.h"
#include "daemon/core/inside.h"

#include <string.h>

/* ---- checks by the kind's table ---- */

static bool
choice_fits(const char *choices, struct span text)
{
    size_t size;
    for (const char *at = choices; *at != '\0'; at += size + (at[size] == ' ')) {
        size = strcspn(at, " ");
        if (span_equal(span_of(at, size), text)) {
            return true;
        }
    }
    return false;
}

static int
check_field(const struct kind_field *row, const Attune__Local__Field *field)
{
    struct span text = span_of(field->text.data, field->text.len);
    if (row == NULL) {
        return E_KIND;
    }
    if (text_check(text) != 0) {
        return E_UTF8;
    }
    switch (row->type) {
    case FIELD_LINE:
    case FIELD_TEXT:
        return text.size > kind_field_bytes_max(row) ? E_LIMIT : 0;
    case FIELD_NUMBER:
        return field->number < row->min || field->number > row->max ? E_USAGE : 0;
    case FIELD_TIME:
        return field->number <= 0 ? E_TIME : 0;
    case FIELD_CHOICE:
        return choice_fits(row->choices, text) ? 0 : E_USAGE;
    case FIELD_NONE:
    default:
        return E_KIND;
    }
}

static int
check_fields(const struct kind *kind, Attune__Local__Field *const *fields, size_t count)
{
    if (count > FIELDS_MAX) {
        return E_LIMIT;
    }
    for (size_t i = 0; i < count; i++) {
        int rc = check_field(kind_field(kind, fields[i]->name), fields[i]);
        if (rc != 0) {
            return rc;
        }
    }
    size_t rows = kind_fields_count(kind);
    for (size_t r = 0; r < rows; r++) {
        const struct kind_field *row = &kind->fields[r];
        bool found = !row->required;
        for (size_t i = 0; i < count && !found; i++) {
            bool text = row->type == FIELD_LINE || row->type == FIELD_TEXT;
            found = strcmp(fields[i]->name, row->name) == 0 &&
                    (!text || fields[i]->text.len > 0);
        }
        if (!found) {
            return E_EMPTY;
        }
    }
    return 0;
}

/* A draft takes what does not fit, so that nothing typed is lost. */
static int
check_draft(Attune__Local__Field *const *fields, size_t count)
{
    if (count > FIELDS_MAX) {
        return E_LIMIT;
    }
    for (size_t i = 0; i < count; i++) {
        if (strlen(fields[i]->name) > FIELD_NAME_BYTES_MAX ||
            fields[i]->text.len > PAYLOAD_BYTES_MAX / 2) {
            return E_LIMIT;
        }
        if (text_check(span_of(fields[i]->text.data, fields[i]->text.len)) != 0) {
            return E_UTF8;
        }
    }
    return 0;
}

/* ---- writing ---- */

static int
encode_fields(struct core *core, Attune__Local__Field *const *fields, size_t count,
              struct buf *payload)
{
    uint8_t salt[SALT_BYTES];
    core_fill(core, salt, sizeof salt);
    return payload_encode((const Attune__Local__Field *const *)fields, count, salt, payload);
}

static void
reply_entry(struct core *core, const struct entry_row *row, Attune__Local__Reply *reply)
{
    struct span id = arena_copy(core->arena, span_of(row->id, ID_BYTES));
    union {
        const uint8_t *in;
        uint8_t *out;
    } data = {.in = id.data};
    reply->id = (ProtobufCBinaryData){id.size, data.out};
    reply->state = arena_text(core->arena, span_text(state_name(row->state)));
    reply->hold_s = row->state == S_HELD && row->held_until > core->now_s
                        ? (uint32_t)(row->held_until - core->now_s)
                        : 0;
    uint32_t unique = 3;
    if (store_entry_unique(core->store, row->id, &unique) == 0) {
        reply->unique = unique;
    }
}

static void
note_hold(struct core *core, int64_t until_s)
{
    if (core->next_hold_s == 0 || until_s < core->next_hold_s) {
        core->next_hold_s = until_s;
    }
}

struct plan { /* where a new entry goes */
    bool mine;
    bool draft;
    bool kept_mine;
};

static int
plan_entry(struct core *core, const Attune__Local__Entry *entry, const struct kind *kind,
           const struct entry_row *parent, struct plan *plan)
{
    bool by_default = strcmp(entry->state, "default") == 0;
    bool parent_private = parent != NULL && (parent->mine || parent->lamport == 0 ||
                                             journal_past(core, parent));
    *plan = (struct plan){.mine = by_default ? kind->mine : entry->mine != 0,
                          .draft = entry->draft != 0};
    if (plan->draft) {
        plan->mine = true;
    } else if (!plan->mine && by_default && (!core->pairing.active || parent_private)) {
        plan->mine = plan->kept_mine = true;
    } else if (!plan->mine && !core->pairing.active) {
        return E_NOT_PAIRED;
    } else if (!plan->mine && (!kind->shareable || parent_private)) {
        return E_REFUSED; /* would tell of a private entry */
    }
    return 0;
}

static int
find_parent(struct core *core, const Attune__Local__Entry *entry, const struct kind *kind,
            struct entry_row *parent, bool *has_parent)
{
    *has_parent = entry->parent.len == ID_BYTES;
    if (!*has_parent) {
        return entry->parent.len != 0 || (kind->reply && !entry->draft) ? E_USAGE : 0;
    }
    int rc = store_entry_find(core->store, entry->parent.data, entry->parent_partner,
                              parent);
    if (rc == 0 && (parent->state == S_NONE || parent->state == S_DRAFT)) {
        rc = E_NO_ENTRY;
    }
    return rc;
}

int
entry_create(struct core *core, const Attune__Local__Entry *entry,
             Attune__Local__Reply *reply)
{
    const struct kind *kind = kind_find(entry->kind);
    struct entry_row row, parent;
    struct buf payload = {0};
    struct plan plan;
    bool has_parent;
    if (kind == NULL) {
        return E_KIND;
    }
    if (entry->id.len != ID_BYTES || entry->hold_s > HOLD_S_MAX) {
        return E_USAGE;
    }
    int rc = store_entry_find(core->store, entry->id.data, false, &row);
    if (rc == 0) {
        reply->mine = row.mine;
        reply_entry(core, &row, reply);
        return 0;
    }
    if (rc != E_NO_ENTRY) {
        return rc;
    }
    rc = find_parent(core, entry, kind, &parent, &has_parent);
    if (rc == 0) {
        rc = entry->draft ? check_draft(entry->fields, entry->n_fields)
                          : check_fields(kind, entry->fields, entry->n_fields);
    }
    if (rc == 0) {
        rc = plan_entry(core, entry, kind, has_parent ? &parent : NULL, &plan);
    }
    if (rc == 0) {
        rc = encode_fields(core, entry->fields, entry->n_fields, &payload);
    }
    if (rc != 0) {
        goto out;
    }
    struct op op = {.type = ATTUNE__JOURNAL__OP_TYPE__ENTRY, .has_entry = true};
    memcpy(op.entry, entry->id.data, ID_BYTES);
    memcpy(op.kind, kind->name, strlen(kind->name) + 1);
    op.mine = plan.mine;
    op.has_parent = has_parent;
    if (has_parent) {
        memcpy(op.parent, parent.id, ID_BYTES);
        op.parent_theirs = parent.theirs;
    }
    if (plan.draft) {
        memcpy(op.act, "draft", 6);
    }
    if (!plan.mine && entry->hold_s > 0) {
        op.until_s = core->now_s + (int64_t)entry->hold_s;
    }
    rc = journal_append(core, plan.mine || op.until_s != 0 ? core->mine_no : core->ours_no,
                        &op, buf_span(&payload));
    if (rc == 0) {
        rc = store_entry_find(core->store, entry->id.data, false, &row);
    }
    if (rc == 0) {
        reply->mine = plan.kept_mine;
        reply_entry(core, &row, reply);
        action_notice(core, "entries");
    }
out:
    buf_free(&payload);
    return rc;
}

/* ---- sharing ---- */

/* The fields of a folded entry as the local wire has them; in core->arena. */
static int
entry_fields(struct core *core, const struct folded *folded, Attune__Local__Field ***out,
             size_t *count)
{
    Attune__Journal__Payload *payload;
    if (folded->text == NULL || folded->text->payload.size == 0) {
        return E_EMPTY;
    }
    int rc = payload_decode(folded->text->payload, core->arena, &payload);
    if (rc != 0) {
        return rc;
    }
    Attune__Local__Field **fields =
        arena_alloc(core->arena, (payload->n_fields + 1) * sizeof *fields);
    if (fields == NULL) {
        return E_MEMORY;
    }
    for (size_t i = 0; i < payload->n_fields; i++) {
        fields[i] = arena_alloc(core->arena, sizeof **fields);
        if (fields[i] == NULL) {
            return E_MEMORY;
        }
        attune__local__field__init(fields[i]);
        fields[i]->name = payload->fields[i]->name;
        fields[i]->text = payload->fields[i]->text;
        fields[i]->number = payload->fields[i]->number;
    }
    *out = fields;
    *count = payload->n_fields;
    return 0;
}

/* Appends the entry to `ours`, or holds it in `mine` until `until_s` when that isn't 0. */
static int
let_go(struct core *core, const struct folded *folded, int64_t until_s)
{
    const struct entry_row *row = &folded->row;
    const struct kind *kind = kind_find(row->kind);
    Attune__Local__Field **fields;
    size_t count;
    struct buf payload = {0};
    int rc = kind == NULL || !kind->shareable ? E_REFUSED : 0;
    if (rc == 0) {
        rc = entry_fields(core, folded, &fields, &count);
    }
    if (rc == 0) {
        rc = check_fields(kind, fields, count);
    }
    if (rc == 0 && row->has_parent) {
        struct entry_row parent;
        rc = store_entry_find(core->store, row->parent, row->parent_theirs, &parent);
        if (rc == 0 &&
            (parent.mine || parent.lamport == 0 || journal_past(core, &parent))) {
            rc = E_REFUSED;
        }
    }
    if (rc == 0) {
        rc = encode_fields(core, fields, count, &payload);
    }
    if (rc == 0) {
        struct op op = {.type = ATTUNE__JOURNAL__OP_TYPE__ENTRY, .has_entry = true};
        memcpy(op.entry, row->id, ID_BYTES);
        memcpy(op.kind, row->kind, sizeof op.kind);
        op.has_parent = row->has_parent;
        memcpy(op.parent, row->parent, ID_BYTES);
        op.parent_theirs = row->parent_theirs;
        op.until_s = until_s;
        rc = journal_append(core, until_s != 0 ? core->mine_no : core->ours_no, &op,
                            buf_span(&payload));
    }
    buf_free(&payload);
    return rc;
}

static int
act_share(struct core *core, const struct folded *folded, uint32_t hold_s)
{
    const struct entry_row *row = &folded->row;
    if (row->theirs) {
        return E_NOT_YOURS;
    }
    if (row->lamport != 0 || row->gone || row->state == S_NONE) {
        return row->lamport != 0 ? E_ALREADY : E_STATE;
    }
    if (!core->pairing.active) {
        return E_NOT_PAIRED;
    }
    if (row->state == S_HELD || hold_s == 0) {
        return let_go(core, folded, 0);
    }
    int64_t until_s = core->now_s + (int64_t)(hold_s > HOLD_S_MAX ? HOLD_S_MAX : hold_s);
    int rc = let_go(core, folded, until_s);
    note_hold(core, until_s);
    return rc;
}

/* ---- taking back ---- */

static int
append_act(struct core *core, int64_t log, const struct entry_row *row, const char *act,
           uint64_t request, struct span payload)
{
    struct op op = {.type = ATTUNE__JOURNAL__OP_TYPE__ACT, .has_entry = true};
    memcpy(op.entry, row->id, ID_BYTES);
    op.theirs = row->theirs;
    memcpy(op.act, act, strlen(act) + 1);
    op.request = request;
    return journal_append(core, log, &op, payload);
}

static int
append_purge(struct core *core, int64_t log, const struct folded *folded, bool ours_log)
{
    struct op op = {.type = ATTUNE__JOURNAL__OP_TYPE__PURGE, .has_entry = true};
    uint8_t(*hashes)[HASH_BYTES] =
        arena_alloc(core->arena, (folded->count + 1) * HASH_BYTES);
    if (hashes == NULL) {
        return E_MEMORY;
    }
    memcpy(op.entry, folded->row.id, ID_BYTES);
    for (size_t i = 0; i < folded->count && op.purges_count < PURGES_MAX; i++) {
        const struct folded_op *item = &folded->ops[i];
        if (item->ours_log == ours_log && !item->by_theirs && item->op.has_payload) {
            memcpy(hashes[op.purges_count++], item->hash, HASH_BYTES);
        }
    }
    op.purges = (const uint8_t(*)[HASH_BYTES])hashes;
    return op.purges_count == 0 ? 0 : journal_append(core, log, &op, SPAN_EMPTY);
}

static int
act_retract(struct core *core, const struct folded *folded)
{
    const struct entry_row *row = &folded->row;
    if (row->theirs) {
        return E_NOT_YOURS;
    }
    if (row->lamport == 0 || row->state == S_RETRACTED) {
        return row->state == S_RETRACTED ? E_ALREADY : E_STATE;
    }
    if (core->ours_no == 0) {
        return E_NOT_PAIRED;
    }
    int rc = append_purge(core, core->ours_no, folded, true);
    return rc != 0 ? rc : append_purge(core, core->mine_no, folded, false);
}

static int
act_undo(struct core *core, const struct folded *folded)
{
    const struct entry_row *row = &folded->row;
    if (row->theirs) {
        return E_NOT_YOURS;
    }
    if (row->lamport != 0) {
        return E_LEFT;
    }
    if (row->state == S_DRAFT || row->state == S_RETRACTED || row->state == S_NONE) {
        return E_STATE;
    }
    return append_act(core, core->mine_no, row, "undo", 0, SPAN_EMPTY);
}

struct newest_held {
    struct entry_row row;
    bool found;
};

static int
pick_held(void *context, const struct entry_row *row)
{
    struct newest_held *pick = context;
    if (!pick->found || row->no > pick->row.no) {
        pick->row = *row;
        pick->found = true;
    }
    return 0;
}

/* What a bare `undo` means: what is held, else what my newest private op was about. */
static int
undo_target(struct core *core, struct entry_row *out)
{
    enum { LOOK_BACK_MAX = 64 };
    struct newest_held pick = {.found = false};
    int rc = store_entry_held(core->store, INT64_MAX, pick_held, &pick);
    if (rc != 0 || pick.found) {
        *out = pick.row;
        return rc;
    }
    const struct log_row *mine = journal_log(core, core->mine_no);
    for (uint64_t seq = mine->seq; seq > 0 && mine->seq - seq < LOOK_BACK_MAX; seq--) {
        struct op_row stored;
        struct op op;
        rc = store_op_get(core->store, mine->no, seq, core->arena, &stored);
        if (rc == 0) {
            rc = op_decode(stored.header, core->arena, &op);
        }
        if (rc != 0) {
            return rc;
        }
        if (!op.has_entry || strcmp(op.act, "opened") == 0) {
            continue;
        }
        if (strcmp(op.act, "undo") == 0) {
            return E_NO_ENTRY; /* one step back, not a walk into the past */
        }
        return store_entry_get(core->store, stored.entry, out);
    }
    return E_NO_ENTRY;
}

/* ---- the kind's own acts ---- */

static int
act_of_kind(struct core *core, const struct folded *folded, const Attune__Local__Act *act,
            uint64_t request)
{
    const struct entry_row *row = &folded->row;
    const struct kind *kind = kind_find(row->kind);
    const struct kind_act *rule = kind == NULL ? NULL : kind_act(kind, act->act);
    struct buf payload = {0};
    if (rule == NULL) {
        return E_KIND;
    }
    unsigned who = row->theirs ? WHO_PARTNER : WHO_AUTHOR;
    if (((unsigned)rule->who & who) == 0) {
        return rule->who == WHO_AUTHOR ? E_NOT_YOURS : E_STATE;
    }
    if ((rule->from & STATE_BIT(row->state)) == 0) {
        return E_STATE;
    }
    if (rule->proposes && row->due != 0 && row->due <= core->now_s) {
        return E_STATE; /* asked for in time, or not at all */
    }
    if ((rule->asks != NULL) != (act->n_fields == 1) || act->n_fields > 1) {
        return E_USAGE;
    }
    int rc = 0;
    if (rule->asks != NULL) {
        rc = strcmp(act->fields[0]->name, rule->asks) == 0
                 ? check_field(kind_field(kind, rule->asks), act->fields[0])
                 : E_USAGE;
        if (rc == 0) {
            rc = encode_fields(core, act->fields, act->n_fields, &payload);
        }
    }
    if (rc == 0) {
        int64_t log = row->mine ? core->mine_no : core->ours_no;
        rc = log == 0 ? E_NOT_PAIRED
                      : append_act(core, log, row, rule->name, request,
                                   buf_span(&payload));
    }
    buf_free(&payload);
    return rc;
}

size_t
entry_acts(struct core *core, const struct entry_row *row, const char **out, size_t max)
{
    const struct kind *kind = kind_find(row->kind);
    if (journal_past(core, row)) {
        return 0;
    }
    size_t count = 0;
    size_t rules = kind == NULL ? 0 : kind_acts_count(kind);
    unsigned who = row->theirs ? WHO_PARTNER : WHO_AUTHOR;
    for (size_t i = 0; i < rules && count < max; i++) {
        const struct kind_act *rule = &kind->acts[i];
        bool late = rule->proposes && row->due != 0 && row->due <= core->now_s;
        if (((unsigned)rule->who & who) != 0 && !late &&
            (rule->from & STATE_BIT(row->state)) != 0) {
            out[count++] = rule->name;
        }
    }
    bool shared = row->lamport != 0;
    if (!row->theirs && shared && row->state != S_RETRACTED && count < max) {
        out[count++] = "retract";
    }
    if (!row->theirs && !shared && core->pairing.active && !row->gone && kind != NULL &&
        kind->shareable && count < max) {
        out[count++] = "share";
    }
    if (row->state == S_HELD && count < max) {
        out[count++] = "undo";
    }
    return count;
}

static bool
told_before(const struct folded *folded, uint64_t request)
{
    for (size_t i = 0; request != 0 && i < folded->count; i++) {
        if (folded->ops[i].op.request == request && !folded->ops[i].by_theirs) {
            return true;
        }
    }
    return false;
}

int
entry_act(struct core *core, const Attune__Local__Act *act, Attune__Local__Reply *reply)
{
    struct entry_row row;
    struct folded folded;
    uint64_t request = act->request.len == REQUEST_BYTES ? bytes_get_u64(act->request.data)
                                                         : 0;
    bool undo = strcmp(act->act, "undo") == 0;
    int rc;
    if (act->id.len == 0 && undo) {
        rc = undo_target(core, &row);
    } else if (act->id.len != ID_BYTES) {
        rc = E_USAGE;
    } else {
        rc = store_entry_find(core->store, act->id.data, act->partner, &row);
    }
    if (rc == 0) {
        rc = row.state == S_NONE         ? E_NO_ENTRY
             : journal_past(core, &row) ? E_STATE /* belongs to an earlier pairing */
                                        : fold_entry(core, &row, core->arena, &folded);
    }
    if (rc != 0) {
        return rc;
    }
    if (!told_before(&folded, request)) {
        if (undo) {
            rc = act_undo(core, &folded);
        } else if (strcmp(act->act, "share") == 0) {
            rc = act_share(core, &folded, act->hold_s);
        } else if (strcmp(act->act, "retract") == 0) {
            rc = act_retract(core, &folded);
        } else {
            rc = act_of_kind(core, &folded, act, request);
        }
    }
    if (rc == 0) {
        rc = store_entry_get(core->store, row.no, &row);
    }
    if (rc == 0) {
        reply_entry(core, &row, reply);
        action_notice(core, "entries");
    }
    return rc;
}

int
entry_mark_opened(struct core *core, const struct entry_row *row)
{
    if (!row->fresh) {
        return 0;
    }
    return append_act(core, core->mine_no, row, "opened", 0, SPAN_EMPTY);
}

/* ---- holds ---- */

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
entry_release_holds(struct core *core)
{
    if (core->next_hold_s == 0 || core->next_hold_s > core->now_s) {
        return 0;
    }
    struct release *release = arena_alloc(core->arena, sizeof *release);
    if (release == NULL) {
        return E_MEMORY;
    }
    int rc = store_entry_held(core->store, core->now_s, pick_release, release);
    rc = rc > 0 ? 0 : rc;
    for (size_t i = 0; rc == 0 && i < release->count; i++) {
        struct folded folded;
        rc = fold_entry(core, &release->rows[i], core->arena, &folded);
        if (rc == 0) {
            rc = core->pairing.active ? let_go(core, &folded, 0) : E_NOT_PAIRED;
        }
        if (rc == E_NOT_PAIRED || rc == E_REFUSED) {
            rc = append_act(core, core->mine_no, &release->rows[i], "undo", 0, SPAN_EMPTY);
        }
    }
    if (rc == 0 && release->count > 0) {
        action_notice(core, "entries");
    }
    return rc != 0 ? rc : store_entry_next_hold(core->store, &core->next_hold_s);
}
