/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "clients/notify/deeds.h"

#include "clients/notify/ask.h"

#include <string.h>
#include <sys/random.h>
#include <time.h>

enum { LIFE_MS = 10 * 60 * 1000 };

static int64_t
clock_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

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
deeds_act(struct deeds *deeds, const uint8_t id[static ID_BYTES], bool partner,
          const char *act)
{
    size_t size = strlen(act);
    struct deed *deed = size <= KIND_NAME_BYTES_MAX ? add(deeds) : NULL;
    if (deed == NULL) {
        return;
    }
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

void
deeds_send(struct deeds *deeds, struct async *async)
{
    for (size_t i = 0; i < deeds->count; i++) {
        struct deed *deed = &deeds->list[i];
        if (deed->number != 0) {
            continue;
        }
        if (send_deed(deed, async) != 0) {
            return; /* a daemon that hangs: on the next connection */
        }
    }
}

static void
drop(struct deeds *deeds, size_t index)
{
    deeds->count--;
    memmove(&deeds->list[index], &deeds->list[index + 1],
            (deeds->count - index) * sizeof deeds->list[0]);
}

void
deeds_unsent(struct deeds *deeds)
{
    int64_t now_ms = clock_ms();
    for (size_t i = deeds->count; i > 0; i--) {
        deeds->list[i - 1].number = 0;
        if (deeds->list[i - 1].until_ms < now_ms) {
            drop(deeds, i - 1);
        }
    }
}

bool
deeds_answered(struct deeds *deeds, uint32_t number)
{
    for (size_t i = 0; i < deeds->count; i++) {
        if (deeds->list[i].number == number && number != 0) {
            drop(deeds, i);
            return true;
        }
    }
    return false;
}
