/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Consents: what each allows the other's attune.
 *
 * Model. A consent is an entry of a kind of its own with a known id, made of its name and
 * the couple; its state is the permission. Its acts carry nothing else. The kind whose acts
 * name levels is how deep questions may go: the newest level of each counts, and nobody is
 * shown either.
 */
#include "common/deck.h"
#include "common/error.h"
#include "daemon/core/policy.h"

#include <string.h>

static const char *const level_acts[] = {"level-one", "level-two", "level-three",
                                         "level-four", "level-five"};
enum { LEVELS = sizeof level_acts / sizeof level_acts[0] };
static_assert((int)LEVELS == (int)DECK_DEPTH_MAX, "an act for each depth");

static const struct kind *
kind_of(enum consent consent)
{
    size_t at = 0;
    while (at + 1 < kind_count() && kind_at(at)->consent != consent) {
        at++;
    }
    return kind_at(at);
}

static void
consent_id(const struct core *core, const struct kind *kind, uint8_t out[static ID_BYTES])
{
    uint8_t hash[HASH_BYTES];
    const struct span spans[] = {span_of(core->pairing.couple, ID_BYTES),
                                 span_text(kind->name)};
    hash_spans(hash, "attune.consent", spans, 2);
    memcpy(out, hash, ID_BYTES);
}

static int
find_consent(struct core *core, bool theirs, const struct kind *kind, struct entry_row *out)
{
    uint8_t id[ID_BYTES];
    consent_id(core, kind, id);
    return store_entry_find(core->store, id, theirs, out);
}

bool
consent_given(struct core *core, bool theirs, enum consent consent)
{
    const struct kind *kind = kind_of(consent);
    struct entry_row row;
    return core->pairing.active &&
           find_consent(core, theirs, kind, &row) == 0 && row.state == S_DONE;
}

bool
consent_both(struct core *core, enum consent consent)
{
    return consent_given(core, false, consent) && consent_given(core, true, consent);
}

/* Our own entry of a consent, written when it is first needed. */
static int
own_consent(struct core *core, const struct kind *kind, struct entry_row *out)
{
    struct op op = {.type = ATTUNE__JOURNAL__OP_TYPE__ENTRY, .has_entry = true};
    int rc = find_consent(core, false, kind, out);
    if (rc != E_NO_ENTRY) {
        return rc;
    }
    consent_id(core, kind, op.entry);
    memcpy(op.kind, kind->name, strlen(kind->name) + 1);
    rc = journal_append(core, core->ours_no, &op, SPAN_EMPTY);
    return rc != 0 ? rc : find_consent(core, false, kind, out);
}

static int
set_consent(struct core *core, const struct kind *kind, bool given)
{
    struct entry_row row;
    if (!core->pairing.active || core->ours_no == 0) {
        return E_NOT_PAIRED;
    }
    if (given == consent_given(core, false, kind->consent)) {
        return 0;
    }
    int rc = own_consent(core, kind, &row);
    for (size_t i = 0; rc == 0 && i < kind_acts_count(kind); i++) {
        const struct kind_act *act = kind_act_at(kind, i);
        if ((act->to == S_DONE) == given && (act->from & STATE_BIT(row.state)) != 0) {
            rc = act_append(core, core->ours_no, &row, act->name, 0, SPAN_EMPTY);
            break;
        }
    }
    return rc;
}

/* ---- levels ---- */

struct levels {
    struct core *core;
    bool theirs;
    struct level items[LEVELS_EACH]; /* the newest of this person */
    size_t count;
};

/* Only what a person chose for themselves counts. */
static int
take_level(void *context, const struct op_row *row)
{
    struct levels *levels = context;
    const struct log_row *log = journal_log(levels->core, row->log);
    struct op op;
    if (log == NULL || log->class != LOG_OURS || log->theirs != levels->theirs ||
        op_decode(row->header, levels->core->scratch, &op) != 0 || op.theirs) {
        return 0;
    }
    for (unsigned i = 0; i < LEVELS; i++) {
        if (strcmp(op.act, level_acts[i]) != 0) {
            continue;
        }
        if (levels->count == LEVELS_EACH && op.lamport < levels->items[0].lamport) {
            return 0;
        }
        if (levels->count == LEVELS_EACH) {
            memmove(levels->items, levels->items + 1,
                    (LEVELS_EACH - 1) * sizeof levels->items[0]);
            levels->count--;
        }
        size_t at = levels->count++;
        for (; at > 0 && levels->items[at - 1].lamport > op.lamport; at--) {
            levels->items[at] = levels->items[at - 1]; /* from several logs */
        }
        levels->items[at] = (struct level){.theirs = levels->theirs,
                                           .day = (int64_t)op.time / 1440,
                                           .level = i + 1,
                                           .lamport = op.lamport};
    }
    return 0;
}

int
consent_levels(struct core *core, struct level out[static LEVELS_MAX], size_t *count)
{
    int rc = 0;
    *count = 0;
    for (int theirs = 0; rc == 0 && theirs <= 1; theirs++) {
        struct levels levels = {.core = core, .theirs = theirs};
        struct entry_row row;
        rc = find_consent(core, theirs, kind_of(CONSENT_DEPTH), &row);
        if (rc == 0) {
            rc = store_entry_ops(core->store, row.no, take_level, &levels);
        }
        memcpy(out + *count, levels.items, levels.count * sizeof *out);
        *count += levels.count;
        rc = rc == E_NO_ENTRY ? 0 : rc;
    }
    return rc;
}

/* One step from where one's own wish is, or from where the two of us are. */
static int
set_level(struct core *core, const struct kind *kind, bool deeper)
{
    struct level levels[LEVELS_MAX];
    struct entry_row row;
    size_t count;
    if (!core->pairing.active || core->ours_no == 0) {
        return E_NOT_PAIRED;
    }
    int rc = consent_levels(core, levels, &count);
    if (rc != 0) {
        return rc;
    }
    unsigned wish = DEPTH_FIRST;
    for (size_t i = 0; i < count; i++) {
        wish = levels[i].theirs ? wish : levels[i].level;
    }
    uint8_t secret[KEY_BYTES];
    deal_secret(core, secret);
    unsigned now = deal_ceiling(secret, levels, count,
                                core_local_day(core, core->now_s));
    unsigned level = deeper ? (wish > now ? wish : now) + 1 : (wish < now ? wish : now) - 1;
    level = level < 1 ? 1 : level > LEVELS ? LEVELS : level;
    if (level == wish) {
        return 0;
    }
    rc = own_consent(core, kind, &row);
    return rc != 0 ? rc
                   : act_append(core, core->ours_no, &row, level_acts[level - 1], 0,
                                SPAN_EMPTY);
}

/* ---- requests ---- */

static int
list_consents(struct core *core, Attune__Local__Reply *reply)
{
    reply->options = arena_alloc(core->arena, kind_count() * sizeof *reply->options);
    for (size_t i = 0; reply->options != NULL && i < kind_count(); i++) {
        const struct kind *kind = kind_at(i);
        if (kind->consent == CONSENT_NONE || kind->consent == CONSENT_DEPTH) {
            continue;
        }
        const char *value = consent_given(core, false, kind->consent) ? "yes" : "no";
        int rc = reply_option(core, reply, kind->name, span_text(value));
        if (rc != 0) {
            return rc;
        }
    }
    return reply->options == NULL ? E_MEMORY : 0;
}

int
consent_request(struct core *core, const Attune__Local__Option *option,
                Attune__Local__Reply *reply)
{
    int rc = 0;
    if (option != NULL && option->name[0] != '\0') {
        const struct kind *kind = kind_find(option->name);
        struct span value = span_of(option->value.data, option->value.len);
        bool yes = span_equal(value, span_text("yes"));
        bool deeper = span_equal(value, span_text("deeper"));
        if (kind == NULL || kind->consent == CONSENT_NONE) {
            return E_USAGE;
        }
        if (kind->consent == CONSENT_DEPTH) {
            rc = deeper || span_equal(value, span_text("lighter"))
                     ? set_level(core, kind, deeper)
                     : E_USAGE;
        } else {
            rc = yes || span_equal(value, span_text("no")) ? set_consent(core, kind, yes)
                                                           : E_USAGE;
        }
    }
    return rc != 0 ? rc : list_consents(core, reply);
}
