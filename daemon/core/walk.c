/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Walk: what each op does to an entry, in order.
 *
 * Model. A kind's table says from which state an act leads to which, and who may do it. An
 * act from a state another act has left already is kept as "crossed" and changes nothing.
 * The shared ops come first, then the private ones of `mine`, which lay our own view over
 * it: held, draft, shown, faded.
 * Invariant. What both sides see alike (the state) comes from shared headers alone.
 * To add what several kinds do alike: here, driven by a member of struct kind or kind_act.
 */
#include "daemon/core/policy.h"

#include <string.h>

/* ---- the row ---- */

static int64_t
entry_time(const struct core *core, const struct log_row *log, const struct op *op)
{
    /* Minutes for all: nothing on the wire is finer, and equal minutes keep their order. */
    int64_t minute = log->class == LOG_OURS ? (int64_t)op->time : (int64_t)op->time / 60;
    int64_t time_s = minute * 60;
    /* Nothing the partner wrote can be younger than the moment it is here. */
    return log->theirs && time_s > core->now_s ? core->now_s / 60 * 60 : time_s;
}

int64_t
walk_due(const struct kind *kind, struct span payload, int64_t from_s)
{
    const struct kind_field *field =
        kind == NULL || kind->due.field == NULL || kind->recurring
            ? NULL
            : kind_field(kind, kind->due.field);
    Attune__Journal__Payload *decoded;
    int64_t due = 0;
    if (field == NULL || payload.size == 0) {
        return 0;
    }
    struct arena *arena = arena_new(PAYLOAD_BYTES_MAX * 2);
    if (arena != NULL && payload_decode(payload, arena, &decoded) == 0) {
        due = payload_number(decoded, kind->due.field, 0);
        bool fits = field->type != FIELD_DURATION ||
                    (due >= field->min && due <= field->max);
        due = !fits ? 0 : field->type == FIELD_DURATION ? from_s + due : due;
    }
    arena_free(arena);
    return due;
}

/* Whether somebody can still move it; a deck in use is dealt from. */
static bool
lives(const struct kind *kind, const struct entry_row *row)
{
    return row->state == S_TOPIC || (kind->deals && row->state == S_OPEN) ||
           kind_lives(kind, row->state, !row->has_parent);
}

void
walk_row(struct core *core, const struct log_row *log, const struct op *op,
         struct span payload, struct entry_row *row)
{
    const struct kind *kind = kind_find(op->kind);
    memcpy(row->kind, op->kind, sizeof row->kind);
    row->unknown = kind == NULL;
    row->has_parent = op->has_parent;
    memcpy(row->parent, op->parent, ID_BYTES);
    row->parent_theirs = op->has_parent && (log->theirs != op->parent_theirs);
    row->time = entry_time(core, log, op);
    row->gone = op->has_payload && payload.size == 0;
    row->state = S_OPEN;
    row->mine = false;
    row->wake = 0;
    if (log->class == LOG_OURS) {
        bool sealed = kind != NULL && kind->sealed != SEALED_NOT && op->has_seal;
        row->lamport = op->lamport;
        row->closed = sealed && log->theirs;
        row->gone = row->gone || (sealed && !log->theirs); /* the words were in `mine` */
        row->fresh = log->theirs && !(sealed && kind->sealed == SEALED_HIDDEN);
        if (strcmp(op->act, "topic") == 0) {
            row->state = S_TOPIC;
        } else if (kind != NULL && (sealed || kind->sealed == SEALED_NOT)) {
            row->state = kind_begins(kind);
        }
    } else if (strcmp(op->act, "draft") == 0) {
        row->state = S_DRAFT;
        row->mine = true;
    } else if (op->mine) {
        row->mine = true;
    } else {
        row->state = S_HELD;
        row->wake = op->until_s;
    }
    row->live = kind != NULL && lives(kind, row);
}

static void
begin(struct core *core, const struct log_row *log, struct folded *out,
      struct folded_op *item)
{
    walk_row(core, log, &item->op, item->payload, &out->row);
    out->kind = kind_find(out->row.kind);
    out->text = out->entry = item;
}

/* ---- acts ---- */

static bool
told_before(const struct folded *out, const struct folded_op *item)
{
    for (const struct folded_op *earlier = out->ops; earlier < item; earlier++) {
        if (item->op.request != 0 && earlier->op.request == item->op.request &&
            earlier->by_theirs == item->by_theirs) {
            return true; /* re-issued after a fork */
        }
    }
    return false;
}

/* Where an act leads that counts; S_NONE: nowhere, it crossed with another. */
static enum state
leads_to(const struct kind *kind, const struct kind_act *act, const struct folded *out,
         unsigned who)
{
    const struct entry_row *row = &out->row;
    if ((act->from & STATE_BIT(row->state)) == 0 || ((unsigned)act->who & who) == 0 ||
        (act->root && row->has_parent)) {
        return S_NONE;
    }
    if (act->both) {
        enum state first = who == WHO_AUTHOR ? S_AUTHOR : S_PARTNER;
        enum state other = who == WHO_AUTHOR ? S_PARTNER : S_AUTHOR;
        return row->state == first ? S_NONE : row->state == other ? act->to : first;
    }
    return act->closes && out->rounds >= kind->rounds ? act->last : act->to;
}

static void
apply_act(struct folded *out, struct folded_op *item)
{
    struct entry_row *row = &out->row;
    const struct kind *kind = out->kind;
    const struct kind_act *act = kind == NULL ? NULL : kind_act(kind, item->op.act);
    unsigned who = item->by_theirs == row->theirs ? WHO_AUTHOR : WHO_PARTNER;
    if (act == NULL) {
        row->unknown = true;
        return;
    }
    enum state to = leads_to(kind, act, out, who);
    if (to == S_NONE) {
        item->crossed = true;
        return;
    }
    if (act->adopts && out->proposed != NULL) {
        out->adopted = out->proposed;
    }
    out->proposed = act->proposes ? item : NULL;
    out->adopted = act->sets && item->op.has_payload ? item : out->adopted;
    out->rounds += act->round;
    out->done = item;
    row->state = to;
}

/* Its author opened it; what was called mended meanwhile stays so. */
static bool
opens_seal(struct folded *out, struct folded_op *item)
{
    struct entry_row *row = &out->row;
    const struct kind_act *act = !item->op.has_accepts || out->kind == NULL
                                     ? NULL
                                     : kind_act(out->kind, REVEAL_ACT);
    if (act == NULL || strcmp(item->op.act, act->name) != 0 ||
        item->by_theirs != row->theirs || out->reveal != NULL ||
        row->state == S_RETRACTED) {
        return false;
    }
    out->reveal = item;
    row->state = row->state == S_REPAIRED ? S_REPAIRED : act->to;
    return true;
}

/* The last step of the ladder: the text of what was shared as a topic. */
static bool
opens_topic(struct folded *out, struct folded_op *item)
{
    struct entry_row *row = &out->row;
    if (row->state != S_TOPIC || item->by_theirs != row->theirs ||
        strcmp(item->op.act, "share") != 0) {
        return false;
    }
    row->state = out->kind == NULL ? S_OPEN : kind_begins(out->kind);
    out->text = item;
    return true;
}

/* Counts the partner's ops, so that what was shown can say up to where. */
static void
note_news(struct folded *out, const struct folded_op *item)
{
    const struct kind *kind = out->kind;
    if (!item->by_theirs) {
        return;
    }
    const struct kind_act *act = kind == NULL ? NULL : kind_act(kind, item->op.act);
    out->news++;
    bool quiet = item->crossed || item->undone ||
                 (act != NULL && act->by_itself && !item->op.has_accepts) ||
                 item->op.type == ATTUNE__JOURNAL__OP_TYPE__PURGE ||
                 (item->op.has_seal && kind != NULL && kind->sealed == SEALED_HIDDEN);
    out->told = quiet ? out->told : out->news;
}

static void
walk_shared(struct core *core, struct folded *out, struct folded_op *item)
{
    struct entry_row *row = &out->row;
    const struct log_row *log = journal_log(core, item->log);
    switch (item->op.type) {
    case ATTUNE__JOURNAL__OP_TYPE__ENTRY:
        if (row->state == S_NONE) {
            begin(core, log, out, item);
            out->rounds = 1;
        }
        break;
    case ATTUNE__JOURNAL__OP_TYPE__ACT:
        item->undone = told_before(out, item);
        if (!item->undone && !opens_topic(out, item) && !opens_seal(out, item)) {
            apply_act(out, item);
        }
        break;
    case ATTUNE__JOURNAL__OP_TYPE__PURGE:
        if (item->by_theirs == row->theirs && row->state != S_NONE) {
            row->state = S_RETRACTED;
        }
        break;
    default:
        row->unknown = true;
        break;
    }
    note_news(out, item);
}

/* ---- what is ours alone ---- */

static void
walk_mine_entry(struct core *core, struct folded *out, struct folded_op *item)
{
    struct entry_row *row = &out->row;
    const struct log_row *log = journal_log(core, item->log);
    if (row->state == S_NONE) {
        begin(core, log, out, item);
        if (item->undone) { /* what was held stays mine; what was mine is a draft */
            row->state = row->state == S_HELD ? S_OPEN : S_DRAFT;
            row->mine = true;
            row->wake = 0;
        } else if (row->state == S_HELD) {
            out->leaving = item;
        }
    } else if (row->mine && !item->undone && !item->op.mine) {
        bool topic = strcmp(item->op.act, "topic") == 0; /* its words stay where they are */
        row->state = S_HELD; /* shared later, and held on its way out */
        row->mine = false;
        row->wake = item->op.until_s;
        out->text = topic ? out->text : item;
        out->leaving = item;
    } else if (!row->mine) {
        row->time = entry_time(core, log, &item->op);
    }
    if (item->here && strcmp(item->op.act, "topic") != 0) {
        out->home = item;
    }
}

/* An act of ours on its way out, until its like stands in `ours`. */
static bool
is_pending(const struct folded *out, const struct folded_op *item)
{
    if (item->op.until_s == 0 || item->op.request == 0 || out->row.mine) {
        return false;
    }
    for (size_t i = 0; i < out->count; i++) {
        const struct folded_op *other = &out->ops[i];
        if (other->ours_log && !other->by_theirs && other->op.request == item->op.request) {
            return false;
        }
    }
    return true;
}

static void
walk_mine_act(struct folded *out, struct folded_op *item)
{
    struct entry_row *row = &out->row;
    const char *act = item->op.act;
    if (strcmp(act, "opened") == 0) {
        /* Before it told up to where, it meant the entry alone. */
        uint64_t seen = item->op.until_s > 0 ? (uint64_t)item->op.until_s : row->theirs;
        out->seen = seen > out->seen ? seen : out->seen;
    } else if (strcmp(act, SEAL_ACT) == 0) {
        out->sealing = item;
    } else if (strcmp(act, "mended") == 0) {
        out->mended_s = (int64_t)item->op.time;
    } else if (strcmp(act, "share") == 0) {
        out->leaving = row->state == S_TOPIC ? item : out->leaving;
        row->wake = row->state == S_TOPIC ? item->op.until_s : row->wake;
    } else if (is_pending(out, item)) {
        out->pending = item;
    } else if (row->mine && strcmp(act, "undo") != 0 && strcmp(act, "drawn") != 0) {
        item->undone = told_before(out, item);
        if (!item->undone) {
            apply_act(out, item);
        }
    }
}

static void
walk_mine(struct core *core, struct folded *out, struct folded_op *item)
{
    struct entry_row *row = &out->row;
    if (item->op.type == ATTUNE__JOURNAL__OP_TYPE__ENTRY) {
        walk_mine_entry(core, out, item);
    } else if (item->op.type == ATTUNE__JOURNAL__OP_TYPE__PURGE) {
        row->faded = row->faded || item->op.act[0] != '\0';
        row->state = row->mine && item->op.act[0] == '\0' ? S_RETRACTED : row->state;
    } else if (item->op.type == ATTUNE__JOURNAL__OP_TYPE__ACT && !item->undone) {
        walk_mine_act(out, item);
    }
}

void
walk_op(struct core *core, struct folded *out, struct folded_op *item)
{
    if (item->ours_log) {
        walk_shared(core, out, item);
    } else {
        walk_mine(core, out, item);
    }
}

bool
walk_can_undo(const struct op *op)
{
    static const char *const lasting[] = {"undo", "opened", SEAL_ACT, "mended", "drawn"};
    if (op->type == ATTUNE__JOURNAL__OP_TYPE__PURGE) {
        return false;
    }
    for (size_t i = 0; i < sizeof lasting / sizeof lasting[0]; i++) {
        if (strcmp(op->act, lasting[i]) == 0) {
            return false;
        }
    }
    return true;
}

/* An undo takes back the newest private op not yet taken back, of those that can be. */
void
walk_undone(struct folded *out)
{
    for (size_t i = 0; i < out->count; i++) {
        struct folded_op *undo = &out->ops[i];
        if (undo->ours_log || undo->op.type != ATTUNE__JOURNAL__OP_TYPE__ACT ||
            strcmp(undo->op.act, "undo") != 0) {
            continue;
        }
        for (size_t j = i; j-- > 0;) {
            struct folded_op *item = &out->ops[j];
            if (item->ours_log) {
                break;
            }
            if (walk_can_undo(&item->op) && !item->undone) {
                item->undone = true;
                break;
            }
        }
    }
}

int
walk_end(struct core *core, struct folded *out)
{
    struct entry_row *row = &out->row;
    const struct kind *kind = out->kind;
    if (kind == NULL || row->state == S_NONE) {
        row->fresh = out->told > out->seen;
        return 0;
    }
    if (out->entry != NULL) { /* from when it left, and no later than it came */
        bool topic = out->text != NULL && out->text->ours_log && /* its words came later */
                     out->text->op.type == ATTUNE__JOURNAL__OP_TYPE__ACT;
        const struct folded_op *words = topic ? out->text : out->entry;
        bool left = words->ours_log && (topic || !row->theirs);
        int64_t from_s = left ? (int64_t)words->op.time * 60 : row->time;
        row->due = walk_due(kind, words->payload, from_s);
    }
    if (out->adopted != NULL) { /* another time; or so much longer */
        int64_t due = walk_due(kind, out->adopted->payload, row->due);
        row->due = due != 0 ? due : row->due;
    }
    if (!row->theirs && out->home != NULL && row->state == S_TOPIC) {
        out->text = out->home; /* they see the topic; we see our words */
    }
    row->gone = false; /* of the op that gives the text now: fold_entry */
    int rc = kind->sealed == SEALED_NOT ? 0 : seal_fold(core, out);
    row->fresh = out->told > out->seen && !row->mine;
    if (row->closed && kind->sealed == SEALED_HIDDEN) {
        row->fresh = false;
    }
    bool mended = row->state == S_REPAIRED ||
                  (row->state == S_RETRACTED && out->mended_s != 0); /* all the same */
    if (mended) {
        row->wake = row->faded ? 0 : fade_time(core, out);
    } else if (row->state != S_HELD && row->state != S_TOPIC) {
        row->wake = out->pending == NULL ? 0 : out->pending->op.until_s;
    }
    bool sealed = out->entry != NULL && out->entry->op.has_seal;
    bool unopened = kind->sealed != SEALED_NOT && sealed && !row->faded &&
                    row->state != S_RETRACTED && (out->reveal == NULL || row->closed);
    row->live = unopened || lives(kind, row);
    return rc;
}
