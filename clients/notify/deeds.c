/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "clients/notify/deeds.h"

#include "clients/lib/clock.h"
#include "clients/notify/ask.h"
#include "common/error.h"

#include <stdint.h>
#include <string.h>
#include <sys/random.h>

enum {
    LIFE_MS = 10 * 60 * 1000,
    BUSY_MS = 2000, /* until one that met a busy attuned is sent again */
};

/* The next of the queue, or NULL when it is full. */
static struct deed *
add(struct deeds *deeds)
{
    if (deeds->count == DEEDS_MAX) {
        return NULL;
    }
    struct deed *deed = &deeds->list[deeds->count++];
    *deed = (struct deed){.until_ms = clock_ms() + LIFE_MS};
    return deed;
}

void
deeds_told(struct deeds *deeds, const struct policy_shown *shown, const char *what)
{
    struct deed *deed = shown->count > 0 ? add(deeds) : NULL;
    if (deed != NULL) {
        deed->what = what;
        deed->keys_count = shown->count;
        memcpy(deed->keys, shown->keys, sizeof deed->keys);
    }
}

void
deeds_act(struct deeds *deeds, const struct policy_shown *shown,
          const uint8_t id[static ID_BYTES], bool partner, const char *act)
{
    size_t size = strlen(act);
    struct deed *deed = size <= KIND_NAME_BYTES_MAX ? add(deeds) : NULL;
    if (deed == NULL) {
        return;
    }
    deed->keys_count = shown->count;
    memcpy(deed->keys, shown->keys, sizeof deed->keys);
    memcpy(deed->act, act, size);
    memcpy(deed->id, id, sizeof deed->id);
    deed->partner = partner;
    if (getrandom(deed->request, sizeof deed->request, 0) !=
        (ssize_t)sizeof deed->request) {
        deeds->count--;
    }
}

static int
send_deed(struct deed *deed, struct async *async)
{
    ProtobufCBinaryData keys[POLICY_ITEMS_MAX];
    if (deed->what == NULL) {
        return ask_act(async, deed->id, deed->partner, deed->act, deed->request,
                       &deed->number);
    }
    for (size_t i = 0; i < deed->keys_count; i++) {
        keys[i] = (ProtobufCBinaryData){ID_BYTES, deed->keys[i]};
    }
    return ask_told(async, keys, deed->keys_count, deed->what, false, 0, &deed->number);
}

static void
drop(struct deeds *deeds, size_t index)
{
    deeds->count--;
    memmove(&deeds->list[index], &deeds->list[index + 1],
            (deeds->count - index) * sizeof deeds->list[0]);
}

/* It came to nothing. What was waved away or opened needn't come back for that. */
static void
lose(struct deeds *deeds, size_t index)
{
    const struct deed *deed = &deeds->list[index];
    struct policy_shown *lost = &deeds->lost;
    bool matters = deed->what == NULL || strcmp(deed->what, "done") != 0;
    for (size_t i = 0; matters && i < deed->keys_count; i++) {
        if (lost->count < POLICY_ITEMS_MAX) {
            memcpy(lost->keys[lost->count++], deed->keys[i], ID_BYTES);
        }
    }
    drop(deeds, index);
}

static void
age(struct deeds *deeds, int64_t now_ms)
{
    for (size_t i = deeds->count; i > 0; i--) {
        const struct deed *deed = &deeds->list[i - 1];
        if (deed->number == 0 && deed->until_ms < now_ms) {
            lose(deeds, i - 1);
        }
    }
}

void
deeds_send(struct deeds *deeds, struct async *async)
{
    int64_t now_ms = clock_ms();
    age(deeds, now_ms);
    for (size_t i = 0; i < deeds->count; i++) {
        struct deed *deed = &deeds->list[i];
        if (deed->number != 0 || deed->next_ms > now_ms) {
            continue;
        }
        if (send_deed(deed, async) != 0) {
            return; /* a daemon that hangs: on the next connection */
        }
    }
}

void
deeds_wait(const struct deeds *deeds, int *wait_ms)
{
    int64_t now_ms = clock_ms();
    for (size_t i = 0; i < deeds->count; i++) {
        const struct deed *deed = &deeds->list[i];
        if (deed->number != 0 || deed->next_ms == 0 || deed->next_ms == INT64_MAX) {
            continue;
        }
        int left_ms = deed->next_ms > now_ms ? (int)(deed->next_ms - now_ms) : 0;
        if (*wait_ms < 0 || left_ms < *wait_ms) {
            *wait_ms = left_ms;
        }
    }
}

void
deeds_unsent(struct deeds *deeds)
{
    for (size_t i = 0; i < deeds->count; i++) {
        deeds->list[i].number = 0;
        deeds->list[i].next_ms = 0;
    }
}

void
deeds_unlocked(struct deeds *deeds)
{
    for (size_t i = 0; i < deeds->count; i++) {
        if (deeds->list[i].next_ms == INT64_MAX) {
            deeds->list[i].next_ms = 0;
        }
    }
}

/* After an act: the notice is done with. */
static void
acted(struct deed *deed)
{
    deed->what = "done";
    deed->number = 0;
    deed->next_ms = 0;
    deed->until_ms = clock_ms() + LIFE_MS;
}

static enum deeds_answer
answered(struct deeds *deeds, size_t index, int error)
{
    struct deed *deed = &deeds->list[index];
    switch (error) {
    case E_LOCKED:
    case E_BUSY:
        deed->number = 0;
        deed->next_ms = error == E_LOCKED ? INT64_MAX : clock_ms() + BUSY_MS;
        return DEEDS_WAITS;
    case 0:
    case E_STATE: /* it means nothing any more */
    case E_NO_ENTRY:
    case E_ALREADY:
        if (deed->what == NULL) {
            acted(deed);
        } else {
            drop(deeds, index);
        }
        return DEEDS_TAKEN;
    default:
        lose(deeds, index);
        return DEEDS_REFUSED;
    }
}

enum deeds_answer
deeds_answered(struct deeds *deeds, uint32_t number, int error)
{
    for (size_t i = 0; number != 0 && i < deeds->count; i++) {
        if (deeds->list[i].number == number) {
            return answered(deeds, i, error);
        }
    }
    return DEEDS_OTHERS;
}

bool
deeds_rest(const struct deeds *deeds)
{
    for (size_t i = 0; i < deeds->count; i++) {
        if (deeds->list[i].number != 0) {
            return false;
        }
    }
    return true;
}

bool
deeds_lost(struct deeds *deeds, struct policy_shown *out)
{
    if (deeds->lost.count == 0) {
        return false;
    }
    *out = deeds->lost;
    deeds->lost = (struct policy_shown){0};
    return true;
}
