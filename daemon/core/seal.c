/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Sealed: commit, then reveal.
 *
 * Model. Two answers of one kind with one parent are a round; without a parent an entry is
 * a round of its own, which the partner's answers to. A commit is an ENTRY with a seal,
 * c = H("attune.reveal", r, round, author, log, answer), and no payload: the words and r
 * stay in `mine`. When we hold our own commit and the partner's, we append the reveal {r,
 * answer}, whose header names the partner's seal we accepted.
 * Invariants. The seal our reveal named is the partner's only valid one. Their answer is
 * shown only when ours was sent for it and theirs verifies. While they owe an opening, our
 * later reveals wait, so commits of garbage harvest nothing; but not in a round they opened
 * already, for else each of two could wait for the other, in two rounds, for ever.
 * Why the seal and not the hash of the commit's op is named: a commit re-issued after a
 * fork has another hash, and the seal binds all that matters.
 */
#include "common/error.h"
#include "daemon/core/answers.h"

#include <string.h>

enum { OPENS_BYTES = 32 };

static void
seal_hash(const uint8_t opens[static OPENS_BYTES], const uint8_t round[static ID_BYTES],
          const uint8_t author[static KEY_BYTES], const uint8_t log[static ID_BYTES],
          const Attune__Journal__Payload *answer, uint8_t out[static HASH_BYTES])
{
    struct hash hash;
    hash_init(&hash, "attune.reveal");
    hash_put(&hash, span_of(opens, OPENS_BYTES));
    hash_put(&hash, span_of(round, ID_BYTES));
    hash_put(&hash, span_of(author, KEY_BYTES));
    hash_put(&hash, span_of(log, ID_BYTES));
    for (size_t i = 0; i < answer->n_fields; i++) {
        const Attune__Journal__Field *field = answer->fields[i];
        if (strcmp(field->name, SEAL_FIELD) != 0) {
            hash_put(&hash, span_text(field->name));
            hash_put(&hash, span_of(field->text.data, field->text.len));
            hash_put_u64(&hash, (uint64_t)field->number);
        }
    }
    hash_final(&hash, out);
}

/* The random part of a payload, from its hex. */
static bool
read_opens(const Attune__Journal__Payload *payload, uint8_t out[static OPENS_BYTES])
{
    for (size_t i = 0; i < payload->n_fields; i++) {
        const Attune__Journal__Field *field = payload->fields[i];
        if (strcmp(field->name, SEAL_FIELD) == 0) {
            return bytes_unhex(span_of(field->text.data, field->text.len), out,
                               OPENS_BYTES);
        }
    }
    return false;
}

/* ---- one's own ---- */

/* One's own that was taken back counts as given once it had been opened. */
static int
was_opened(struct core *core, const struct answers *answers, struct entry_row *out)
{
    for (size_t i = 0; i < answers->count; i++) {
        struct folded folded;
        int rc = fold_headers(core, &answers->rows[i], core->arena, &folded);
        if (rc != 0) {
            return rc;
        }
        if (folded.reveal != NULL) {
            *out = answers->rows[i];
            return 0;
        }
    }
    return E_NO_ENTRY;
}

int
seal_own(struct core *core, const uint8_t round[static ID_BYTES], struct entry_row *out)
{
    int rc = E_NO_ENTRY;
    for (size_t i = 0; rc == E_NO_ENTRY && i < kind_count(); i++) {
        struct answers answers = {.kind = kind_at(i)->name};
        if (kind_at(i)->round_asked) {
            rc = answers_first(core, round, &answers, out);
            rc = rc == E_NO_ENTRY ? was_opened(core, &answers, out) : rc;
        }
    }
    return rc;
}

/* ---- commit ---- */

int
seal_commit(struct core *core, const struct folded *folded)
{
    const struct entry_row *row = &folded->row;
    const struct log_row *ours = journal_log(core, core->ours_no);
    uint8_t opens[OPENS_BYTES];
    char hex[2 * OPENS_BYTES + 1];
    Attune__Journal__Payload *answer;
    Attune__Local__Field field = ATTUNE__LOCAL__FIELD__INIT, *fields[] = {&field};
    struct buf payload = {0};
    if (ours == NULL || folded->home == NULL) {
        return ours == NULL ? E_NOT_PAIRED : E_EMPTY;
    }
    int rc = payload_decode(folded->home->payload, core->arena, &answer);
    if (rc != 0) {
        return rc;
    }
    struct op op = entry_op(row);
    core_fill(core, opens, sizeof opens);
    op.has_seal = true;
    seal_hash(opens, answers_round(row), core->identity.person, ours->id, answer, op.seal);
    bytes_hex(opens, sizeof opens, hex);
    field.name = arena_text(core->arena, span_text(SEAL_FIELD));
    field.text = (ProtobufCBinaryData){sizeof hex - 1, (uint8_t *)hex};
    rc = field.name == NULL ? E_MEMORY : fields_encode(core, fields, 1, &payload);
    if (rc == 0) {
        rc = act_append(core, core->mine_no, row, SEAL_ACT, 0, buf_span(&payload));
    }
    if (rc == 0) {
        rc = journal_append(core, core->ours_no, &op, SPAN_EMPTY);
    }
    bytes_wipe(opens, sizeof opens);
    bytes_wipe(hex, sizeof hex);
    buf_free(&payload);
    return rc;
}

/* ---- which seal counts ---- */

struct accepted {
    struct core *core;
    const uint8_t *seal;
    bool found;
};

static int
look_accepted(void *context, const struct op_row *row)
{
    struct accepted *accepted = context;
    const struct log_row *log = journal_log(accepted->core, row->log);
    struct op op;
    if (log == NULL || log->class != LOG_OURS || log->theirs) {
        return 0;
    }
    struct arena *arena = arena_new(HEADER_BYTES_MAX * 4);
    int rc = arena == NULL ? E_MEMORY : op_decode(row->header, arena, &op);
    accepted->found = accepted->found ||
                      (rc == 0 && op.has_accepts &&
                       memcmp(op.accepts, accepted->seal, HASH_BYTES) == 0);
    arena_free(arena);
    return rc == E_MEMORY ? rc : 0;
}

/* Was one of ours sent for this commit of theirs? */
static int
was_accepted(struct core *core, const struct entry_row *theirs, const uint8_t *seal,
             bool *yes)
{
    struct accepted accepted = {.core = core, .seal = seal};
    struct answers own = {.kind = theirs->kind, .shared = true};
    int rc = answers_gather(core, answers_round(theirs), &own);
    for (size_t i = 0; rc == 0 && i < own.count && !accepted.found; i++) {
        rc = store_entry_ops(core->store, own.rows[i].no, look_accepted, &accepted);
    }
    *yes = accepted.found;
    return rc;
}

enum { SEALS_MAX = 8 }; /* of one entry: copies of a home may each have let it go */

/* The seal of an entry: the one our reveal named, whatever the order says; before that the
 * first. NULL: it has none. */
static int
seal_of(struct core *core, const struct folded *folded, const uint8_t **out, bool *accepted)
{
    size_t seen = 0;
    *out = NULL;
    *accepted = false;
    for (size_t i = 0; i < folded->count && seen < SEALS_MAX; i++) {
        const struct op *op = &folded->ops[i].op;
        if (op->type != ATTUNE__JOURNAL__OP_TYPE__ENTRY || !op->has_seal) {
            continue;
        }
        seen++;
        *out = *out == NULL ? op->seal : *out;
        bool yes = false;
        int rc = folded->row.theirs ? was_accepted(core, &folded->row, op->seal, &yes) : 0;
        if (rc != 0) {
            return rc;
        }
        if (yes) {
            *out = op->seal;
            *accepted = true;
            break;
        }
    }
    return 0;
}

/* ---- reveal ---- */

/* The words and what opens them as one payload; E_EMPTY when they are not here. */
static int
reveal_payload(struct core *core, const struct folded *folded, struct buf *out)
{
    Attune__Local__Field *fields[FIELDS_MAX], **part;
    size_t count = 0, part_count;
    if (folded->home == NULL || folded->sealing == NULL ||
        folded->sealing->payload.size == 0) {
        return E_EMPTY;
    }
    const struct span parts[] = {folded->home->payload, folded->sealing->payload};
    for (size_t p = 0; p < 2; p++) {
        int rc = fields_of_payload(core, parts[p], &part, &part_count);
        if (rc != 0) {
            return rc;
        }
        for (size_t i = 0; i < part_count && count < FIELDS_MAX; i++) {
            fields[count++] = part[i];
        }
    }
    return fields_encode(core, fields, count, out);
}

/* Our words went with a disk, so it can never open: said, so that nobody waits for it. */
static int
withdraw(struct core *core, const struct folded *own)
{
    if (core->copy_alert) {
        return 0; /* another copy of us may have them */
    }
    struct op op = {.type = ATTUNE__JOURNAL__OP_TYPE__PURGE, .has_entry = true};
    memcpy(op.entry, own->row.id, ID_BYTES);
    return journal_append(core, core->ours_no, &op, SPAN_EMPTY);
}

/* The seal of theirs that counts. What is too much to fold has none: it isn't waited for,
 * and no step fails of it. */
static int
seal_of_theirs(struct core *core, const struct entry_row *theirs,
               uint8_t out[static HASH_BYTES], bool *found)
{
    struct folded folded;
    const uint8_t *seal = NULL;
    bool accepted = false;
    struct arena *arena = arena_new(FOLD_BYTES_MAX);
    int rc = arena == NULL ? E_MEMORY : fold_headers(core, theirs, arena, &folded);
    rc = rc != 0 ? rc : seal_of(core, &folded, &seal, &accepted);
    *found = rc == 0 && seal != NULL;
    if (*found) {
        memcpy(out, seal, HASH_BYTES);
    }
    arena_free(arena);
    return rc == E_MEMORY ? 0 : rc;
}

static int
reveal(struct core *core, struct entry_row *own, struct entry_row *theirs, bool *sent)
{
    struct folded folded;
    struct buf payload = {0};
    uint8_t seal[HASH_BYTES];
    bool found = false;
    int rc = fold_entry(core, own, core->arena, &folded);
    rc = rc != 0 ? rc : seal_of_theirs(core, theirs, seal, &found);
    if (rc != 0 || !found || folded.reveal != NULL) {
        return rc; /* once */
    }
    rc = reveal_payload(core, &folded, &payload);
    if (rc == E_EMPTY) {
        return withdraw(core, &folded);
    }
    if (rc == 0) {
        struct op op = act_op(own, REVEAL_ACT);
        op.has_accepts = true;
        memcpy(op.accepts, seal, HASH_BYTES);
        rc = journal_append(core, core->ours_no, &op, buf_span(&payload));
    }
    *sent = rc == 0;
    buf_free(&payload);
    return rc;
}

/* Did the partner commit to this? Its log may have been re-issued since, and it may be the
 * partner of an earlier pairing. */
static int
verifies(struct core *core, const struct folded *out, const struct folded_op *item,
         const uint8_t seal[static HASH_BYTES], bool *yes)
{
    Attune__Journal__Payload *answer;
    uint8_t opens[OPENS_BYTES], hash[HASH_BYTES], person[KEY_BYTES];
    const struct log_row *from = journal_log(core, item->log);
    struct arena *arena = arena_new(PAYLOAD_BYTES_MAX * 4);
    int rc = arena == NULL ? E_MEMORY : payload_decode(item->payload, arena, &answer);
    bool whole = rc == 0 && read_opens(answer, opens);
    *yes = false;
    rc = rc == E_MEMORY ? rc : 0;
    if (whole) {
        rc = identity_partner(core, from->pairing, person);
        whole = rc == 0;
    }
    for (size_t i = 0; whole && i < core->logs_count && !*yes; i++) {
        const struct log_row *log = &core->logs[i];
        if (log->class == LOG_OURS && log->theirs) {
            seal_hash(opens, answers_round(&out->row), person, log->id, answer, hash);
            *yes = memcmp(hash, seal, HASH_BYTES) == 0;
        }
    }
    arena_free(arena);
    return rc == E_NO_ENTRY ? 0 : rc;
}

/* Whether a reveal of theirs, whose payload is fetched, opens the seal. */
static int
opens_it(struct core *core, const struct folded *folded, const struct folded_op *item,
         const uint8_t *seal, bool *yes)
{
    struct arena *arena = arena_new(PAYLOAD_BYTES_MAX + 2 * HEADER_BYTES_MAX);
    struct folded_op whole = *item;
    struct op_row row;
    int rc = arena == NULL ? E_MEMORY
                           : store_op_get(core->store, item->log, item->seq, arena, &row);
    if (rc == 0 && row.payload.size > 0) {
        whole.payload = row.payload;
        rc = verifies(core, folded, &whole, seal, yes);
    }
    arena_free(arena);
    return rc;
}

/*
 * Have they opened theirs already? Then ours gives nothing for nothing. Who floods a round
 * with reveals that open nothing is not believed: a few are looked at, in memory that is
 * given back, and what doesn't fit into it is no opening. Never a reason for a step to fail.
 */
static int
has_opened(struct core *core, const struct entry_row *theirs, bool *yes)
{
    struct folded folded;
    const uint8_t *seal = NULL;
    bool accepted = false;
    size_t tried = 0;
    struct arena *arena = arena_new(FOLD_BYTES_MAX);
    int rc = arena == NULL ? E_MEMORY : fold_headers(core, theirs, arena, &folded);
    rc = rc != 0 ? rc : seal_of(core, &folded, &seal, &accepted);
    *yes = false;
    for (size_t i = 0; rc == 0 && seal != NULL && i < folded.count && !*yes; i++) {
        const struct folded_op *item = &folded.ops[i];
        if (item->ours_log && item->by_theirs && item->here && item->op.has_accepts &&
            strcmp(item->op.act, REVEAL_ACT) == 0 && tried++ < SEALS_MAX) {
            rc = opens_it(core, &folded, item, seal, yes);
        }
    }
    arena_free(arena);
    return rc == E_MEMORY ? 0 : rc;
}

/* ---- rounds that can open ---- */

/* Value "owed": the number of the partner's entry we revealed for and that has not opened.
 * There is one at most, since nothing more is revealed meanwhile. */
static int
owed_read(struct core *core, bool *waits)
{
    struct buf value = {0};
    struct entry_row row;
    *waits = false;
    int rc = store_value_get(core->store, "owed", &value);
    if (rc == 0 && value.size == 8) {
        rc = store_entry_get(core->store, (int64_t)bytes_get_u64(value.data), &row);
        *waits = rc == 0 && row.closed && !row.faded && row.state != S_RETRACTED &&
                 !journal_past(core, &row);
    }
    buf_free(&value);
    return rc == E_NO_ENTRY ? 0 : rc;
}

static int
owed_write(struct core *core, const struct entry_row *row)
{
    uint8_t value[8];
    bytes_set_u64(value, (uint64_t)row->no);
    return state_set(core, "owed", span_of(value, sizeof value));
}

/* Still sealed, whatever was said about mending meanwhile. */
static const uint32_t sealed_states = STATE_BIT(S_SEALED) | STATE_BIT(S_AUTHOR) |
                                      STATE_BIT(S_PARTNER) | STATE_BIT(S_REPAIRED);

enum { ROUNDS_MAX = 64 }; /* opened in one step; the rest in the next */

struct rounds {
    struct core *core;
    struct { struct entry_row own, theirs; } items[ROUNDS_MAX]; /* newest first */
    size_t count;
    bool more;
};

/* Ours, where theirs is in too. */
static int
pick_ready(void *context, const struct entry_row *row)
{
    struct rounds *rounds = context;
    const struct kind *kind = kind_find(row->kind);
    struct answers theirs = {.kind = row->kind, .theirs = true, .shared = true};
    struct entry_row partner;
    if (kind == NULL || kind->sealed == SEALED_NOT || row->lamport == 0 ||
        (sealed_states & STATE_BIT(row->state)) == 0 || journal_past(rounds->core, row)) {
        return 0;
    }
    int rc = answers_first(rounds->core, answers_round(row), &theirs, &partner);
    if (rc != 0) {
        return rc == E_NO_ENTRY ? 0 : rc;
    }
    if (rounds->count == ROUNDS_MAX) { /* the oldest stay */
        memmove(&rounds->items[0], &rounds->items[1],
                (ROUNDS_MAX - 1) * sizeof rounds->items[0]);
        rounds->count--;
        rounds->more = true;
    }
    rounds->items[rounds->count].own = *row;
    rounds->items[rounds->count++].theirs = partner;
    return 0;
}

int
seal_open_rounds(struct core *core)
{
    struct entry_filter filter = {
        .live_only = true, .author = AUTHOR_ME, .reach = REACH_OURS};
    bool waits = false;
    if (!core->seals_due || !core->pairing.active || core->ours_no == 0) {
        return 0;
    }
    core->seals_due = false;
    int rc = owed_read(core, &waits);
    if (rc != 0) {
        return rc;
    }
    struct rounds *rounds = arena_alloc(core->arena, sizeof *rounds);
    if (rounds == NULL) {
        return E_MEMORY;
    }
    rounds->core = core;
    rc = store_entry_list(core->store, &filter, pick_ready, rounds);
    for (size_t i = rounds->count; rc == 0 && i-- > 0;) { /* oldest first */
        struct entry_row *partner = &rounds->items[i].theirs;
        bool sent = false, opened = true;
        rc = waits ? has_opened(core, partner, &opened) : 0;
        if (rc != 0 || !opened) {
            continue; /* what comes of it asks again */
        }
        rc = reveal(core, &rounds->items[i].own, partner, &sent);
        rc = rc != 0 ? rc : store_entry_get(core->store, partner->no, partner);
        if (rc == 0 && sent && partner->closed) { /* now they owe an opening */
            waits = true;
            rc = owed_write(core, partner);
        }
    }
    core->seals_due = core->seals_due || (rounds->more && !waits);
    return rc;
}

int
seal_settle(struct core *core, const struct entry_row *own)
{
    struct answers theirs = {.kind = own->kind, .theirs = true, .shared = true};
    int rc = answers_gather(core, answers_round(own), &theirs);
    for (size_t i = 0; rc == 0 && i < theirs.count; i++) {
        rc = fold_refresh(core, &theirs.rows[i]);
        if (rc == 0 && !theirs.rows[i].closed) {
            action_notice(core, "entries");
        }
    }
    return rc;
}

/* ---- what is shown ---- */

/* The reveal of theirs that opens the seal we accepted; what was taken back since, or has
 * faded, is believed. */
static int
find_opening(struct core *core, struct folded *out, const uint8_t seal[static HASH_BYTES],
             const struct folded_op **opening)
{
    *opening = NULL;
    for (size_t i = 0; i < out->count && *opening == NULL; i++) {
        const struct folded_op *item = &out->ops[i];
        bool yes = false;
        if (!item->ours_log || !item->by_theirs || !item->op.has_accepts ||
            strcmp(item->op.act, REVEAL_ACT) != 0) {
            continue;
        }
        int rc = item->payload.size == 0 ? 0 : verifies(core, out, item, seal, &yes);
        if (rc != 0) {
            return rc;
        }
        bool taken = item->payload_gone &&
                     (out->row.state == S_RETRACTED || out->row.faded); /* not withheld */
        *opening = yes || taken ? item : NULL;
    }
    return 0;
}

int
seal_fold(struct core *core, struct folded *out)
{
    struct entry_row *row = &out->row;
    const struct folded_op *opening = NULL;
    const uint8_t *seal;
    bool accepted;
    row->closed = false; /* private, held, or never sealed */
    int rc = seal_of(core, out, &seal, &accepted);
    if (rc != 0 || seal == NULL) {
        return rc;
    }
    if (!row->theirs) {
        if (row->state != S_RETRACTED) {
            out->text = out->reveal != NULL ? out->reveal
                        : out->home != NULL ? out->home
                                            : out->text;
            row->gone = out->reveal == NULL && out->home == NULL; /* lost with a disk */
        }
        return 0;
    }
    if (accepted) {
        rc = find_opening(core, out, seal, &opening);
    }
    row->closed = opening == NULL;
    out->text = opening;
    return rc;
}

bool
seal_hides(struct core *core, const struct entry_row *row)
{
    const struct kind *kind = kind_find(row->kind);
    return row->theirs && row->closed && kind != NULL && kind->sealed == SEALED_HIDDEN &&
           !(row->state == S_SEALED && consent_given(core, true, CONSENT_ANSWERED));
}
