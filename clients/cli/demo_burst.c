/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A death in the middle of things; see demo_burst.h. */
#include "clients/cli/demo_burst.h"

#include "clients/cli/demo_entry.h"
#include "clients/cli/demo_process.h"
#include "clients/lib/clock.h"
#include "common/error.h"

#include <inttypes.h>
#include <stdio.h>

#define BURST_ENTRIES 40u /* of each; half of them acknowledged when one dies */
#define TOLD_BYTES 80u

/* One SIGKILL with requests under way in both directions, then the same attuned again. */
static int
die_and_return(struct demo *demo, enum demo_who who, int64_t *back_ms)
{
    struct demo_home *home = &demo->homes[who];
    const Attune__Local__Reply *reply = NULL;
    uint32_t number = 0;
    demo_process_kill(home);
    int64_t began_ms = clock_ms();
    demo_at(demo, who, "starting %s's attuned again", home->name);
    int rc = demo_process_start(home, demo_story_now(demo));
    rc = rc == 0 ? demo_home_send_secret(home, "unlock", &number) : rc;
    rc = rc == 0 ? demo_home_reply(home, number, &reply) : rc;
    *back_ms = clock_ms() - began_ms;
    return rc;
}

/* Both in turn; nobody waits for a reply yet. */
static int
send_all(struct demo *demo, const struct demo_step *step)
{
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < (size_t)2 * BURST_ENTRIES; i++) {
        struct demo_entry *entry = NULL;
        rc = demo_entry_add(demo, step, step->label, &entry);
        if (rc == 0) {
            entry->author = i % 2 == 0 ? ANA : BEN;
            (void)snprintf(entry->text, sizeof entry->text, "line %zu of a busy minute",
                           i / 2 + 1);
            rc = demo_entry_send(demo, entry, NULL, 0);
        }
    }
    return rc;
}

int
demo_burst_play(struct demo *demo, const struct demo_step *step)
{
    char told[TOLD_BYTES];
    struct demo_entry *first = &demo->entries[demo->entries_count];
    size_t half = BURST_ENTRIES; /* of both: BURST_ENTRIES / 2 of each */
    int64_t back_ms = 0;
    demo_at(demo, step->who, "a burst of entries");
    int rc = send_all(demo, step);
    for (size_t i = 0; rc == 0 && i < half; i++) {
        rc = first[i].author == step->who ? demo_entry_written(demo, &first[i]) : 0;
    }
    rc = rc == 0 ? die_and_return(demo, step->who, &back_ms) : rc;
    for (size_t i = half; rc == 0 && i < (size_t)2 * BURST_ENTRIES; i++) {
        rc = first[i].author == step->who ? demo_entry_send(demo, &first[i], NULL, 0)
                                          : 0;
    }
    demo_at(demo, step->who, "the rest of the burst");
    for (size_t i = 0; rc == 0 && i < (size_t)2 * BURST_ENTRIES; i++) {
        rc = i >= half || first[i].author != step->who
                 ? demo_entry_written(demo, &first[i])
                 : 0;
    }
    rc = rc == 0 ? demo_entry_wait_all(demo) : rc;
    (void)snprintf(told, sizeof told,
                   "in mid-burst; back in %" PRId64 " ms, nothing lost", back_ms);
    return rc == 0 ? demo_told(demo, demo_names[step->who], step->verb, told) : rc;
}
