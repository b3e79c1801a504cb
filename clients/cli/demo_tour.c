/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Beginning, week and end; see demo_tour.h. */
#include "clients/cli/demo_tour.h"

#include "clients/cli/demo_entry.h"
#include "clients/cli/demo_process.h"
#include "clients/cli/demo_step.h"
#include "clients/lib/attune.h"
#include "clients/lib/clock.h"
#include "common/error.h"

#include <string.h>

/* -- the homes -- */

/* On both at once: most of it is the work of making a key of a passphrase. */
static int
both_secret(struct demo *demo, const char *name)
{
    uint32_t numbers[DEMO_PEOPLE];
    int rc = 0;
    for (enum demo_who who = ANA; rc == 0 && who < DEMO_PEOPLE; who++) {
        demo_at(demo, who, "%s: %s", demo_names[who], name);
        rc = demo_home_send_secret(&demo->homes[who], name, &numbers[who]);
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

/* A home takes its time from us only once it is one of the demo: so init, then again. */
static int
begin(struct demo *demo)
{
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
    demo->story_s = DEMO_BEGINS_S;
    demo->story_ms = clock_ms();
    rc = rc == 0 ? both_start(demo, demo->story_s) : rc;
    rc = rc == 0 ? both_secret(demo, "unlock") : rc;
    return rc == 0 ? demo_tell(demo, "Two homes, two daemons, loopback only.") : rc;
}

/* -- pairing -- */

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

static bool
same_words(const Attune__Local__Reply *a, const Attune__Local__Reply *b)
{
    bool same = a->n_words > 0 && a->n_words == b->n_words;
    for (size_t i = 0; same && i < a->n_words; i++) {
        same = strcmp(a->words[i], b->words[i]) == 0;
    }
    return same;
}

static int
pair(struct demo *demo)
{
    const Attune__Local__Reply *replies[DEMO_PEOPLE] = {NULL};
    uint32_t numbers[DEMO_PEOPLE];
    int rc = send_join(demo, ANA, numbers);
    rc = rc == 0 ? demo_home_reply(&demo->homes[BEN], numbers[BEN], &replies[BEN]) : rc;
    if (rc == 0) {
        demo_at(demo, ANA, "%s: pair-wait", demo_names[ANA]);
        rc = demo_home_reply(&demo->homes[ANA], numbers[ANA], &replies[ANA]);
    }
    if (rc == 0 && !same_words(replies[ANA], replies[BEN])) {
        rc = E_PAIR_CODE;
    }
    for (enum demo_who who = ANA; rc == 0 && who < DEMO_PEOPLE; who++) {
        Attune__Local__Pair verify;
        attune__local__pair__init(&verify);
        verify.accept = true;
        rc = send_pair(demo, who, "verify", &verify, &numbers[who]);
        rc = rc == 0 ? demo_home_reply(&demo->homes[who], numbers[who], &replies[who])
                     : rc;
    }
    return rc == 0 ? demo_tell(demo, "Paired by code, the same six words.") : rc;
}

/* -- the week -- */

static int
play(struct demo *demo)
{
    const struct demo_step *step;
    int rc = 0;
    for (size_t i = 0; rc == 0 && (step = demo_story_at(i)) != NULL; i++) {
        rc = demo_step_play(demo, step);
    }
    return rc;
}

/* -- the end -- */

/* Both digests are equal, and both journals prove themselves. */
static int
compare(struct demo *demo)
{
    int rc = demo_entry_settle(demo);
    for (enum demo_who who = ANA; rc == 0 && who < DEMO_PEOPLE; who++) {
        const Attune__Local__Reply *reply = NULL;
        uint32_t number = 0;
        rc = send_name(demo, who, "check", &number);
        rc = rc == 0 ? demo_home_reply(&demo->homes[who], number, &reply) : rc;
    }
    return rc;
}

int
demo_tour_play(struct demo *demo)
{
    int rc = begin(demo);
    rc = rc == 0 ? pair(demo) : rc;
    rc = rc == 0 ? play(demo) : rc;
    rc = rc == 0 ? compare(demo) : rc;
    return rc == 0 ? both_stop(demo) : rc;
}
