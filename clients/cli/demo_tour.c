/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The steps and how each is done; see demo_tour.h. */
#include "clients/cli/demo_tour.h"

#include "clients/cli/demo_entry.h"
#include "clients/cli/demo_process.h"
#include "clients/lib/attune.h"
#include "common/error.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define STEP_MS 5         /* between two looks at the other side */
#define BURST_ENTRIES 40u /* of each; half of them acknowledged when one dies */
#define KINDS_TOLD_MAX 5u /* so that the transcript stays within thirty lines */
#define ACTS_TOLD_MAX 5u

static const char another_day[] = "saturday";

struct step;
typedef int
step_fn(struct demo *demo, const struct step *step);

struct step {
    step_fn *run;
    enum demo_who who; /* whose turn it is, where it is one person's */
};

/* -- steps: homes -- */

static int
send_secret(struct demo *demo, enum demo_who who, const char *name, uint32_t *number)
{
    struct demo_home *home = &demo->homes[who];
    Attune__Local__Request request;
    Attune__Local__Secret secret;
    attune__local__secret__init(&secret);
    secret.passphrase = attune_bytes(span_text(home->passphrase));
    if (strcmp(name, "init") == 0) {
        secret.name = attune_bytes(span_text(who == ANA ? "Ana" : "Ben"));
        secret.demo = true;
    }
    attune_request(&request, name);
    attune_with_secret(&request, &secret);
    demo_at(demo, who, "%s: %s", home->name, name);
    return demo_home_send(home, &request, number);
}

/* On both at once: most of it is the work of making a key of a passphrase. */
static int
both_secret(struct demo *demo, const char *name)
{
    uint32_t numbers[DEMO_PEOPLE];
    int rc = 0;
    for (enum demo_who who = ANA; rc == 0 && who < DEMO_PEOPLE; who++) {
        rc = send_secret(demo, who, name, &numbers[who]);
    }
    for (enum demo_who who = ANA; rc == 0 && who < DEMO_PEOPLE; who++) {
        const Attune__Local__Reply *reply = NULL;
        demo_at(demo, who, "%s: %s", demo->homes[who].name, name);
        rc = demo_home_reply(&demo->homes[who], numbers[who], &reply);
    }
    return rc;
}

static int
both_start(struct demo *demo, int64_t now_s)
{
    int rc = 0;
    for (enum demo_who who = ANA; rc == 0 && who < DEMO_PEOPLE; who++) {
        demo_at(demo, who, "starting %s's attuned", demo->homes[who].name);
        rc = demo_process_start(&demo->homes[who], now_s);
    }
    return rc;
}

static int
both_stop(struct demo *demo)
{
    int rc = 0;
    for (enum demo_who who = ANA; rc == 0 && who < DEMO_PEOPLE; who++) {
        demo_at(demo, who, "stopping %s's attuned", demo->homes[who].name);
        rc = demo_process_stop(&demo->homes[who]);
    }
    return rc;
}

/* A home takes its time from us only once it is one of the demo: so init, then again.
 * */
static int
step_begin(struct demo *demo, const struct step *step)
{
    (void)step;
    int rc = 0;
    for (enum demo_who who = ANA; rc == 0 && who < DEMO_PEOPLE; who++) {
        struct demo_home *home = &demo->homes[who];
        demo_at(demo, who, "making %s's home", demo_names[who]);
        rc = demo_home_make(home, demo->root, demo_names[who], demo->signals);
        rc = rc == 0 && demo->keep ? demo_home_keep(home) : rc;
    }
    rc = rc == 0 ? both_start(demo, 0) : rc;
    rc = rc == 0 ? both_secret(demo, "init") : rc;
    rc = rc == 0 ? both_stop(demo) : rc;
    demo->story_ms = demo_process_ms();
    rc = rc == 0 ? both_start(demo, DEMO_STORY_S) : rc;
    rc = rc == 0 ? both_secret(demo, "unlock") : rc;
    return rc == 0 ? demo_tell(demo, "Two homes, two daemons, loopback only.") : rc;
}

static int
step_end(struct demo *demo, const struct step *step)
{
    (void)step;
    return both_stop(demo);
}

/* -- steps: pairing -- */

static int
send_name(struct demo *demo, enum demo_who who, const char *name, uint32_t *number)
{
    Attune__Local__Request request;
    attune_request(&request, name);
    demo_at(demo, who, "%s: %s", demo->homes[who].name, name);
    return demo_home_send(&demo->homes[who], &request, number);
}

static int
send_pair(struct demo *demo, enum demo_who who, const char *name,
          Attune__Local__Pair *pair, uint32_t *number)
{
    Attune__Local__Request request;
    attune_request(&request, name);
    attune_with_pair(&request, pair);
    demo_at(demo, who, "%s: %s", demo->homes[who].name, name);
    return demo_home_send(&demo->homes[who], &request, number);
}

/* One makes a code, the other types it; the first waits meanwhile. */
static int
send_join(struct demo *demo, enum demo_who host, uint32_t numbers[DEMO_PEOPLE])
{
    struct demo_home *home = &demo->homes[host];
    const Attune__Local__Reply *reply = NULL;
    Attune__Local__Pair pair;
    struct buf code;
    buf_init(&code, 0);
    attune__local__pair__init(&pair);
    int rc = send_name(demo, host, "pair-code", &numbers[host]);
    rc = rc == 0 ? demo_home_reply(home, numbers[host], &reply) : rc;
    if (rc == 0) {
        buf_put_span(&code, attune_span(reply->text));
        rc = buf_done(&code);
    }
    rc = rc == 0 ? send_name(demo, host, "pair-wait", &numbers[host]) : rc;
    pair.code = attune_bytes(buf_span(&code));
    pair.at = attune_bytes(span_text(home->address));
    enum demo_who guest = demo_other(host);
    rc = rc == 0 ? send_pair(demo, guest, "pair-join", &pair, &numbers[guest]) : rc;
    buf_free(&code);
    return rc;
}

static int
step_pair(struct demo *demo, const struct step *step)
{
    const Attune__Local__Reply *replies[DEMO_PEOPLE] = {NULL};
    uint32_t numbers[DEMO_PEOPLE];
    enum demo_who guest = demo_other(step->who);
    int rc = send_join(demo, step->who, numbers);
    rc = rc == 0 ? demo_home_reply(&demo->homes[guest], numbers[guest], &replies[BEN])
                 : rc;
    if (rc == 0) {
        demo_at(demo, step->who, "%s: pair-wait", demo->homes[step->who].name);
        rc =
            demo_home_reply(&demo->homes[step->who], numbers[step->who], &replies[ANA]);
    }
    if (rc != 0) {
        return rc;
    }
    bool same =
        replies[ANA]->n_words > 0 && replies[ANA]->n_words == replies[BEN]->n_words;
    for (size_t i = 0; same && i < replies[ANA]->n_words; i++) {
        same = strcmp(replies[ANA]->words[i], replies[BEN]->words[i]) == 0;
    }
    if (!same) {
        return E_PAIR_CODE;
    }
    for (enum demo_who who = ANA; rc == 0 && who < DEMO_PEOPLE; who++) {
        Attune__Local__Pair pair;
        attune__local__pair__init(&pair);
        pair.accept = true;
        rc = send_pair(demo, who, "verify", &pair, &numbers[who]);
        rc = rc == 0 ? demo_home_reply(&demo->homes[who], numbers[who], &replies[who])
                     : rc;
    }
    return rc == 0 ? demo_tell(demo, "Paired by code, the same six words.") : rc;
}

/* -- steps: every kind -- */

static int
write_one(struct demo *demo, enum demo_who who, const struct kind *kind)
{
    struct demo_entry *entry = NULL;
    demo_at(demo, who, "%s: %s", demo->homes[who].name, kind->name);
    int rc = demo_entry_add(demo, who, kind, &entry);
    if (rc == 0) {
        (void)snprintf(entry->text, sizeof entry->text, "%s",
                       demo_entry_line(kind, who));
        rc = demo_entry_send(demo, entry);
    }
    rc = rc == 0 ? demo_entry_written(demo, entry) : rc;
    if (rc == 0) {
        enum demo_who reader = entry->mine ? who : demo_other(who);
        demo_at(demo, reader, "%s: the %s of %s", demo->homes[reader].name, kind->name,
                demo->homes[who].name);
        rc = demo_entry_wait_shown(demo, reader, entry, state_name(S_OPEN), true);
    }
    return rc;
}

static int
step_kinds(struct demo *demo, const struct step *step)
{
    (void)step;
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < kind_count(); i++) {
        const struct kind *kind = kind_at(i);
        for (enum demo_who who = ANA; rc == 0 && who < DEMO_PEOPLE; who++) {
            rc = write_one(demo, who, kind);
            if (rc == 0 && i < KINDS_TOLD_MAX) {
                rc = demo_tell(demo, "%s  %-7s  \"%s\"", demo->homes[who].name,
                               kind->name, demo_entry_line(kind, who));
            }
        }
        if (rc == 0 && i < KINDS_TOLD_MAX) {
            rc = demo_tell(demo, kind->shareable ? "     each has the other's"
                                                 : "     each keeps their own");
        }
    }
    if (rc == 0 && kind_count() > KINDS_TOLD_MAX) {
        rc = demo_tell(demo, "     and every other kind, both ways");
    }
    return rc;
}

/* -- steps: acts -- */

static int
act_on(struct demo *demo, enum demo_who who, const struct demo_entry *entry,
       const struct kind_act *rule)
{
    const Attune__Local__Reply *reply = NULL;
    Attune__Local__Field field, *fields[] = {&field};
    Attune__Local__Request request;
    Attune__Local__Act act;
    int rc = 0;
    demo_at(demo, who, "%s: %s", demo->homes[who].name, rule->name);
    attune__local__act__init(&act);
    act.id = attune_bytes(span_of(entry->id, ID_BYTES));
    act.partner = entry->author != who;
    act.act = attune_text(rule->name);
    if (rule->asks != NULL) {
        rc = demo_entry_field(kind_field(entry->kind, rule->asks), NULL, another_day,
                              &field);
        act.n_fields = 1;
        act.fields = fields;
    }
    attune_request(&request, "act");
    attune_with_act(&request, &act);
    rc = rc == 0 ? demo_home_call(&demo->homes[who], &request, &reply) : rc;
    enum demo_who reader = demo_other(who);
    if (rc == 0) {
        demo_at(demo, reader, "%s: the %s of %s", demo->homes[reader].name, rule->name,
                demo->homes[who].name);
        rc = demo_entry_wait_shown(demo, reader, entry, state_name(rule->to), false);
    }
    return rc;
}

static bool
goes_on(const struct kind *kind, enum state state)
{
    for (size_t i = 0; i < kind_acts_count(kind); i++) {
        if ((kind->acts[i].from & STATE_BIT(state)) != 0) {
            return true;
        }
    }
    return false;
}

/* The act to do next in that state: one that was not done yet, and those after which
 * something is left to do before those that end it. NULL: none. */
static const struct kind_act *
next_act(const struct kind *kind, enum state state, uint32_t done)
{
    const struct kind_act *last = NULL;
    for (size_t i = 0; i < kind_acts_count(kind); i++) {
        const struct kind_act *rule = &kind->acts[i];
        if ((rule->from & STATE_BIT(state)) == 0 || (done & UINT32_C(1) << i) != 0) {
            continue;
        }
        if (goes_on(kind, rule->to)) {
            return rule;
        }
        last = last != NULL ? last : rule;
    }
    return last;
}

/* One entry through its kind's acts, until it is over. */
static int
act_through(struct demo *demo, const struct demo_entry *entry, uint32_t *done,
            size_t *told)
{
    const struct kind *kind = entry->kind;
    const struct kind_act *rule;
    enum state state = S_OPEN;
    int rc = 0;
    while (rc == 0 && (rule = next_act(kind, state, *done)) != NULL) {
        enum demo_who who =
            rule->who == WHO_PARTNER ? demo_other(entry->author) : entry->author;
        rc = act_on(demo, who, entry, rule);
        if (rc == 0 && *told < ACTS_TOLD_MAX) {
            rc = demo_tell(demo, "%s  %-7s  %s", demo->homes[who].name, rule->name,
                           rule->said != NULL ? rule->said : "");
            (*told)++;
        }
        *done |= UINT32_C(1) << (rule - kind->acts);
        state = rule->to;
    }
    return rc;
}

/* Every kind that has acts: those of Ana's entry first, then with Ben's what is left.
 * */
static int
step_acts(struct demo *demo, const struct step *step)
{
    size_t told = 0;
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < kind_count(); i++) {
        const struct kind *kind = kind_at(i);
        uint32_t done = 0;
        const struct demo_entry *entries[] = {
            demo_entry_of(demo, step->who, kind->name),
            demo_entry_of(demo, demo_other(step->who), kind->name),
        };
        for (size_t k = 0; rc == 0 && k < DEMO_PEOPLE; k++) {
            rc = entries[k] != NULL ? act_through(demo, entries[k], &done, &told) : 0;
        }
    }
    return rc;
}

/* -- steps: a death -- */

/* One SIGKILL with requests under way in both directions, then the same attuned again.
 * */
static int
die_and_return(struct demo *demo, enum demo_who who, int64_t *back_ms)
{
    struct demo_home *home = &demo->homes[who];
    const Attune__Local__Reply *reply = NULL;
    uint32_t number = 0;
    demo_process_kill(home);
    int64_t began_ms = demo_process_ms();
    demo_at(demo, who, "starting %s's attuned again", home->name);
    int rc = demo_process_start(home, demo_story_now(demo));
    rc = rc == 0 ? send_secret(demo, who, "unlock", &number) : rc;
    rc = rc == 0 ? demo_home_reply(home, number, &reply) : rc;
    *back_ms = demo_process_ms() - began_ms;
    return rc;
}

/* The first that needs nothing before it. */
static const struct kind *
burst_kind(void)
{
    for (size_t i = 0; i < kind_count(); i++) {
        if (kind_at(i)->shareable && !kind_at(i)->reply) {
            return kind_at(i);
        }
    }
    return NULL;
}

static int
step_burst(struct demo *demo, const struct step *step)
{
    struct demo_entry *first = &demo->entries[demo->entries_count];
    const struct kind *kind = burst_kind();
    size_t half = BURST_ENTRIES; /* of both: BURST_ENTRIES / 2 of each */
    int64_t back_ms = 0;
    int rc = kind != NULL ? 0 : E_KIND;
    demo_at(demo, step->who, "a burst of entries");
    for (size_t i = 0; rc == 0 && i < (size_t)2 * BURST_ENTRIES; i++) {
        struct demo_entry *entry = NULL;
        rc = demo_entry_add(demo, i % 2 == 0 ? ANA : BEN, kind, &entry);
        if (rc == 0) {
            (void)snprintf(entry->text, sizeof entry->text, "line %zu of a busy minute",
                           i / 2 + 1);
            rc = demo_entry_send(demo, entry);
        }
    }
    for (size_t i = 0; rc == 0 && i < half; i++) {
        rc = first[i].author == step->who ? demo_entry_written(demo, &first[i]) : 0;
    }
    rc = rc == 0 ? die_and_return(demo, step->who, &back_ms) : rc;
    /* What was not acknowledged is sent again, as any client would: same ids. */
    for (size_t i = half; rc == 0 && i < (size_t)2 * BURST_ENTRIES; i++) {
        rc = first[i].author == step->who ? demo_entry_send(demo, &first[i]) : 0;
    }
    demo_at(demo, step->who, "the rest of the burst");
    for (size_t i = 0; rc == 0 && i < (size_t)2 * BURST_ENTRIES; i++) {
        rc = i >= half || first[i].author != step->who
                 ? demo_entry_written(demo, &first[i])
                 : 0;
    }
    const char *name = demo->homes[step->who].name;
    rc = rc == 0 ? demo_tell(demo, "%s  killed in the middle of a burst", name) : rc;
    return rc == 0
               ? demo_tell(demo, "     back in %" PRId64 " ms, nothing lost", back_ms)
               : rc;
}

/* -- steps: the end -- */

static int
read_digest(struct demo *demo, enum demo_who who, char out[static DEMO_DIGEST_BYTES])
{
    const Attune__Local__Reply *reply = NULL;
    uint32_t number = 0;
    int rc = send_name(demo, who, "digest", &number);
    rc = rc == 0 ? demo_home_reply(&demo->homes[who], number, &reply) : rc;
    if (rc == 0 && (reply->text.len == 0 || reply->text.len >= DEMO_DIGEST_BYTES)) {
        return E_PROTOCOL;
    }
    if (rc == 0) {
        memcpy(out, reply->text.data, reply->text.len);
        out[reply->text.len] = '\0';
    }
    return rc;
}

/* Both lists are whole, both digests equal, and both journals prove themselves. */
static int
step_compare(struct demo *demo, const struct step *step)
{
    (void)step;
    int64_t deadline_ms = demo_process_ms() + DEMO_WAIT_MS;
    char theirs[DEMO_DIGEST_BYTES] = "";
    int rc = 0;
    for (enum demo_who who = ANA; rc == 0 && who < DEMO_PEOPLE; who++) {
        rc = demo_entry_wait_all(demo, who);
    }
    while (rc == 0) {
        rc = read_digest(demo, ANA, demo->digest);
        rc = rc == 0 ? read_digest(demo, BEN, theirs) : rc;
        if (rc != 0 || strcmp(demo->digest, theirs) == 0) {
            break;
        }
        demo_at(demo, BEN, "both digests");
        rc = demo_process_ms() > deadline_ms
                 ? E_CHECK_FOLD
                 : demo_process_pause(demo->signals, STEP_MS);
    }
    for (enum demo_who who = ANA; rc == 0 && who < DEMO_PEOPLE; who++) {
        const Attune__Local__Reply *reply = NULL;
        uint32_t number = 0;
        rc = send_name(demo, who, "check", &number);
        rc = rc == 0 ? demo_home_reply(&demo->homes[who], number, &reply) : rc;
    }
    return rc;
}

/* -- the tour -- */

static const struct step steps[] = {
    {step_begin, ANA}, {step_pair, ANA},    {step_kinds, ANA}, {step_acts, ANA},
    {step_burst, BEN}, {step_compare, ANA}, {step_end, ANA},
};

int
demo_tour_play(struct demo *demo)
{
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < sizeof steps / sizeof steps[0]; i++) {
        rc = steps[i].run(demo, &steps[i]);
    }
    return rc;
}
