/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The one function, and the life of a core around it.
 */
#include "daemon/core/core.h"

#include "common/error.h"
#include "common/pb.h"
#include "common/when.h"
#include "daemon/core/policy.h"

#include <stdlib.h>
#include <string.h>

enum { STEP_ARENA_BYTES = 96 * 1024 * 1024, OP_ARENA_BYTES = 4 * 1024 * 1024 };

/* ---- actions ---- */

void
actions_init(struct actions *actions)
{
    *actions = (struct actions){0};
}

void
actions_clear(struct actions *actions)
{
    for (size_t i = 0; i < actions->count; i++) {
        buf_free(&actions->items[i].bytes);
    }
    free(actions->items);
    *actions = (struct actions){0};
}

struct action *
action_add(struct core *core, enum action_type type)
{
    struct actions *actions = core->actions;
    static struct action lost; /* where the bytes of a failed one go, to be dropped */
    if (actions->count == actions->capacity) {
        size_t capacity = actions->capacity == 0 ? 8 : actions->capacity * 2;
        struct action *items = calloc(capacity, sizeof *items);
        if (items == NULL) {
            actions->error = E_MEMORY;
            buf_free(&lost.bytes);
            lost = (struct action){.type = type};
            return &lost;
        }
        if (actions->count > 0) {
            memcpy(items, actions->items, actions->count * sizeof *items);
        }
        free(actions->items);
        actions->items = items;
        actions->capacity = capacity;
    }
    struct action *action = &actions->items[actions->count++];
    *action = (struct action){.type = type};
    return action;
}

void
action_notice(struct core *core, const char *topic)
{
    for (size_t i = 0; i < core->actions->count; i++) {
        const struct action *action = &core->actions->items[i];
        if (action->type == ACTION_NOTICE && strcmp(action->topic, topic) == 0) {
            return;
        }
    }
    action_add(core, ACTION_NOTICE)->topic = topic;
}

void
wake_mono(struct core *core, uint64_t at_ms)
{
    if (core->actions->wake_mono_ms == 0 || at_ms < core->actions->wake_mono_ms) {
        core->actions->wake_mono_ms = at_ms;
    }
}

void
wake_wall(struct core *core, int64_t at_s)
{
    if (core->actions->wake_s == 0 || at_s < core->actions->wake_s) {
        core->actions->wake_s = at_s;
    }
}

/* ---- life ---- */

static int
zone_minutes(void *context, int64_t t_s)
{
    const struct core *core = context;
    return core->zone_at == NULL ? core->zone_min
                                 : core->zone_at(core->zone_context, t_s);
}

static struct core *
new_core(struct store *store, core_random_fn *random, void *random_context)
{
    struct core *core = calloc(1, sizeof *core);
    if (core == NULL) {
        return NULL;
    }
    core->store = store;
    core->random = random;
    core->random_context = random_context;
    core->zone = (struct schedule_zone){zone_minutes, core};
    core->wishes = (struct core_wishes){.question_min = -1, .talk_min = -1};
    core->arena = arena_new(STEP_ARENA_BYTES);
    core->scratch = arena_new(OP_ARENA_BYTES);
    if (core->arena == NULL || core->scratch == NULL) {
        core_free(core);
        return NULL;
    }
    return core;
}

void
core_free(struct core *core)
{
    if (core == NULL) {
        return;
    }
    pair_close(core);
    arena_free(core->arena);
    arena_free(core->scratch);
    free(core->logs);
    bytes_wipe(core, sizeof *core);
    free(core);
}

int
core_new(const struct core_config *config, struct core **out)
{
    struct core *core =
        new_core(config->store, config->random, config->random_context);
    if (core == NULL) {
        return E_MEMORY;
    }
    core->new_incarnation = config->new_incarnation;
    core->zone_at = config->zone;
    core->zone_context = config->zone_context;
    int rc = state_load(core);
    if (rc == 0) {
        rc = journal_acknowledged(core, &core->acknowledged);
    }
    if (rc != 0) {
        core_free(core);
        return rc;
    }
    *out = core;
    return 0;
}

int
core_reload(struct core *core)
{
    sync_forget(core);
    core->dirty = false;
    core->started = core->started && !core->starting; /* a start taken back was none */
    int rc = state_load(core);
    if (rc == 0) {
        rc = journal_acknowledged(core, &core->acknowledged);
    }
    return rc != 0 ? rc : pair_reload(core);
}

bool
core_dirty(const struct core *core)
{
    return core->dirty;
}

int
core_create(struct store *store, core_random_fn *random, void *random_context,
            const uint8_t root[static KEY_BYTES], struct span name, int64_t now_s,
            int zone_min)
{
    uint8_t seed[KEY_BYTES];
    struct keys_ed25519 person;
    struct actions actions;
    struct core *core;
    if (name.size == 0 || name.size > NAME_BYTES_MAX) {
        return name.size == 0 ? E_EMPTY : E_LIMIT;
    }
    core = new_core(store, random, random_context);
    if (core == NULL) {
        return E_MEMORY;
    }
    actions_init(&actions);
    core->actions = &actions;
    core->now_s = now_s;
    core->zone_min = zone_min;
    struct identity *id = &core->identity;
    keys_derive(KEYS_SELF, root, id->k_self);
    keys_derive(KEYS_PIK, root, seed);
    keys_ed25519_from_seed(seed, &person);
    memcpy(id->person, person.pk, KEY_BYTES);
    core_fill(core, seed, sizeof seed);
    keys_ed25519_from_seed(seed, &id->device);
    core_fill(core, seed, sizeof seed);
    keys_x25519_from_seed(seed, &id->noise);
    core_fill(core, seed, sizeof seed);
    keys_x25519_from_seed(seed, &id->curve);
    memcpy(id->name, name.data, name.size);
    const struct span device = span_of(id->device.pk, KEY_BYTES);
    keys_sign(person.sk, "attune.device", &device, 1, id->certificate);
    bytes_wipe(&person, sizeof person);
    bytes_wipe(seed, sizeof seed);
    int rc = state_save_identity(core);
    if (rc == 0) {
        rc = journal_incarnate(core);
    }
    if (rc == 0) {
        rc = journal_note(core, "device", span_of(id->certificate, SIGNATURE_BYTES));
    }
    actions_clear(&actions);
    core_free(core);
    return rc;
}

/* ---- the step ---- */

static int
start(struct core *core)
{
    int rc = core->new_incarnation ? journal_incarnate(core) : 0;
    rc = rc != 0 ? rc : fold_learn_kinds(core);
    core->started = core->starting = rc == 0;
    if (rc == 0) {
        rc = pair_restore(core);
    }
    if (rc == 0) {
        struct buf owed = {0};
        rc = store_value_get(core->store, "rekey", &owed);
        if (rc == 0) { /* a leaving was cut off before its new keys */
            action_add(core, ACTION_REKEY);
        }
        rc = rc == E_NO_ENTRY ? 0 : rc;
        buf_free(&owed);
    }
    action_add(core, ACTION_LINK);
    return rc;
}

static int
take_addresses(struct core *core, const struct event *event)
{
    core->own_addresses_count = 0;
    for (size_t i = 0; i < event->addresses_count; i++) {
        size_t size = strlen(event->addresses[i]);
        if (size <= PAIR_ADDRESS_BYTES_MAX && core->own_addresses_count < ADDRESSES_MAX) {
            memcpy(core->own_addresses[core->own_addresses_count++], event->addresses[i],
                   size + 1);
        }
    }
    return 0;
}

static int
dispatch(struct core *core, const struct event *event)
{
    switch (event->type) {
    case CORE_START:
        return start(core);
    case CORE_REQUEST:
        return requests_run(core, event);
    case CORE_FRAME:
        return sync_frame(core, event->path, event->frame);
    case CORE_PATH_UP:
        return sync_path_up(core, event->path);
    case CORE_PATH_DOWN:
        sync_path_down(core, event->path);
        return 0;
    case CORE_CLIENT_GONE:
        parked_drop(core, event->client);
        return 0;
    case CORE_LINK_FAILED:
        pair_link_failed(core);
        return 0;
    case CORE_ADDRESSES:
        return take_addresses(core, event);
    case CORE_WISHES:
        return notice_wishes(core, event);
    case CORE_TICK:
    default:
        return 0;
    }
}

int
core_step(struct core *core, const struct event *event, struct actions *actions)
{
    core->actions = actions;
    core->now_s = event->now_s;
    core->mono_ms = event->mono_ms;
    core->zone_min = event->zone_min;
    core->dirty = false;
    core->pause_known = false;
    core->new_incarnation = core->new_incarnation && !core->starting;
    core->starting = false;
    int rc = core->started || event->type == CORE_START ? 0 : E_INTERNAL;
    if (rc == 0) {
        rc = state_day(core);
    }
    if (rc == 0) {
        bool dirty = core->dirty;
        core->dirty = false; /* whether a refused request wrote is asked of it alone */
        pair_resume(core);
        rc = dispatch(core, event);
        core->dirty = core->dirty || dirty;
    }
    if (rc == 0) {
        rc = fade_again(core);
    }
    if (rc == 0) {
        rc = entry_wake(core);
    }
    if (rc == 0) {
        rc = seal_open_rounds(core);
    }
    if (rc == 0) {
        rc = epoch_keep(core);
    }
    if (rc == 0) {
        rc = pair_tick(core);
    }
    if (rc == 0) {
        rc = sync_tick(core);
    }
    if (rc == 0) {
        rc = sync_flush(core);
    }
    if (rc == 0) {
        rc = notice_tick(core);
    }
    if (rc == 0) {
        rc = actions->error;
    }
    if (core->next_wake_s != 0) {
        wake_wall(core, core->next_wake_s);
    }
    /* A step that failed may have changed what is in memory alone, and loses its actions. */
    core->dirty = core->dirty || rc != 0;
    arena_reset(core->arena);
    arena_reset(core->scratch);
    core->actions = NULL;
    return rc;
}

/* ---- what the daemon asks ---- */

void
core_link(const struct core *core, struct core_link *out)
{
    *out = (struct core_link){.mode = CORE_LINK_OFF};
    const struct pairing *pairing = &core->pairing;
    if (core->pair.state == PAIR_OFFERED) {
        out->mode = CORE_LINK_PAIR_LISTEN;
        return;
    }
    if (core->pair.state == PAIR_JOINING) {
        out->mode = CORE_LINK_PAIR_JOIN;
        for (size_t i = 0; i < core->pair.address_count && i < 8; i++) {
            out->addresses[out->addresses_count++] = core->pair.address[i];
        }
        return;
    }
    if (!pairing->active) {
        return;
    }
    out->mode = CORE_LINK_CURVE;
    memcpy(out->curve_secret, core->identity.curve.sk, KEY_BYTES);
    memcpy(out->curve_public, core->identity.curve.pk, KEY_BYTES);
    memcpy(out->partner_public, pairing->cvk, KEY_BYTES);
    for (size_t i = 0; i < pairing->addresses_count && i < 8; i++) {
        out->addresses[out->addresses_count++] = pairing->addresses[i];
    }
}

int
core_rekeyed(struct store *store)
{
    return store_value_set(store, "rekey", SPAN_EMPTY);
}

size_t
core_heads(const struct core *core, struct core_head *out, size_t max)
{
    for (size_t i = 0; i < core->logs_count && i < max; i++) {
        memcpy(out[i].log, core->logs[i].id, ID_BYTES);
        out[i].seq = core->logs[i].seq;
        memcpy(out[i].hash, core->logs[i].hash, HASH_BYTES);
    }
    return core->logs_count;
}

uint64_t
core_ops_written(const struct core *core)
{
    return core->ops_written;
}

static char *
day_text(struct arena *arena, int64_t day)
{
    struct buf text = {0};
    when_day_text(&text, day);
    char *out = arena_text(arena, buf_span(&text));
    buf_free(&text);
    return out;
}

int
core_status(struct core *core, const struct event *now, struct arena *arena,
            Attune__Local__Status *out)
{
    const struct pairing *pairing = &core->pairing;
    core->now_s = now->now_s;
    core->zone_min = now->zone_min;
    out->exists = true;
    out->paired = pairing->active;
    out->schema = STORE_SCHEMA;
    out->verified = pairing->active && pairing->verified;
    out->behind = sync_behind(core);
    out->copy = core->copy_alert;
    const struct log_row *ours = journal_log(core, core->ours_no);
    out->held_back = ours != NULL && ours->previous_seq > 0 && core->acknowledged == 0;
    out->pairing = core->pair.state != PAIR_NONE;
    out->name = pb_span(arena_copy(arena, span_text(core->identity.name)));
    out->partner_name =
        pb_span(arena_copy(arena, span_text(pairing->active ? pairing->name : "")));
    if (pairing->active && core->shown_exchange != 0) {
        out->last_exchange = day_text(arena, core->shown_exchange);
    }
    if (pairing->active && core->shown_waiting != 0) {
        out->waiting_since = day_text(arena, core->shown_waiting);
    }
    return out->last_exchange == NULL || out->waiting_since == NULL ? E_MEMORY : 0;
}
