/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The core's request table: a name, the body it wants, the function that answers.
 *
 * Whether attune is unlocked or open was checked by the daemon's own table before. A
 * refusal is an error reply and no error of the step: nothing was written then.
 * To add a request: a row here, a row in daemon/rpc/table.c.
 */
#include "common/error.h"
#include "common/pb.h"
#include "common/words.h"
#include "daemon/core/policy.h"

#include <string.h>

typedef int request_fn(struct core *core, const Attune__Local__Request *request,
                       Attune__Local__Reply *reply);

struct request_row {
    const char *name;
    Attune__Local__Request__BodyCase body; /* 0: any or none */
    request_fn *run;
};

static int
run_create(struct core *core, const Attune__Local__Request *request,
           Attune__Local__Reply *reply)
{
    return entry_create(core, request->create, reply);
}

static int
run_act(struct core *core, const Attune__Local__Request *request,
        Attune__Local__Reply *reply)
{
    return act_run(core, request->act, reply);
}

static int
run_list(struct core *core, const Attune__Local__Request *request,
         Attune__Local__Reply *reply)
{
    return query_list(core, request->query, reply);
}

static int
run_show(struct core *core, const Attune__Local__Request *request,
         Attune__Local__Reply *reply)
{
    return query_show(core, request->query, reply);
}

static int
run_find(struct core *core, const Attune__Local__Request *request,
         Attune__Local__Reply *reply)
{
    return query_find(core, request->query, reply);
}

static int
run_visible(struct core *core, const Attune__Local__Request *request,
            Attune__Local__Reply *reply)
{
    (void)request;
    return query_visible(core, reply);
}

static int
run_agenda(struct core *core, const Attune__Local__Request *request,
           Attune__Local__Reply *reply)
{
    (void)request;
    int rc = nudge_used(core, NUDGE_TALK);
    return rc != 0 ? rc : query_agenda(core, reply);
}

static int
run_drafts(struct core *core, const Attune__Local__Request *request,
           Attune__Local__Reply *reply)
{
    (void)request;
    return query_drafts(core, reply);
}

static int
run_preview(struct core *core, const Attune__Local__Request *request,
            Attune__Local__Reply *reply)
{
    return query_preview(core, request->query, reply);
}

static int
run_notices(struct core *core, const Attune__Local__Request *request,
            Attune__Local__Reply *reply)
{
    (void)request;
    return notice_query(core, reply);
}

static int
run_told(struct core *core, const Attune__Local__Request *request,
         Attune__Local__Reply *reply)
{
    (void)reply;
    return notice_told(core, request->told);
}

static int
run_quiet(struct core *core, const Attune__Local__Request *request,
          Attune__Local__Reply *reply)
{
    return notice_quiet(core, request->quiet, reply);
}

static int
run_today(struct core *core, const Attune__Local__Request *request,
          Attune__Local__Reply *reply)
{
    (void)request;
    return today_query(core, reply);
}

static int
run_question(struct core *core, const Attune__Local__Request *request,
             Attune__Local__Reply *reply)
{
    (void)request;
    int rc = nudge_used(core, NUDGE_QUESTION);
    return rc != 0 ? rc : question_request(core, reply);
}

static const Attune__Local__Option *
option_of(const Attune__Local__Request *request)
{
    return request->body_case == ATTUNE__LOCAL__REQUEST__BODY_OPTION ? request->option
                                                                     : NULL;
}

/* A question of the day, without a trace; or the offer of a verb. */
static int
run_skip(struct core *core, const Attune__Local__Request *request,
         Attune__Local__Reply *reply)
{
    const Attune__Local__Option *option = option_of(request);
    (void)reply;
    if (option != NULL && option->name[0] != '\0') {
        return today_dismiss(core, option->name);
    }
    int rc = question_skip(core);
    return rc != 0 ? rc : nudge_used(core, NUDGE_QUESTION);
}

static int
run_draw(struct core *core, const Attune__Local__Request *request,
         Attune__Local__Reply *reply)
{
    (void)request;
    return today_draw(core, reply);
}

static int
run_limits(struct core *core, const Attune__Local__Request *request,
           Attune__Local__Reply *reply)
{
    return limits_request(core, option_of(request), reply);
}

static int
run_allow(struct core *core, const Attune__Local__Request *request,
          Attune__Local__Reply *reply)
{
    return consent_request(core, option_of(request), reply);
}

static int
run_digest(struct core *core, const Attune__Local__Request *request,
           Attune__Local__Reply *reply)
{
    (void)request;
    return digest_query(core, reply);
}

static void
put_name(struct core *core, Attune__Local__Reply *reply)
{
    char *name = arena_text(core->arena, span_text(core->pairing.name));
    if (name != NULL) {
        reply->text = (ProtobufCBinaryData){strlen(name), (uint8_t *)name};
    }
}

static int
run_verify(struct core *core, const Attune__Local__Request *request,
           Attune__Local__Reply *reply)
{
    bool accept = request->body_case == ATTUNE__LOCAL__REQUEST__BODY_PAIR &&
                  request->pair->accept;
    const char *words[WORDS_CHECK_COUNT];
    if (!core->pairing.active) {
        return E_NOT_PAIRED;
    }
    reply->words = arena_alloc(core->arena, WORDS_CHECK_COUNT * sizeof *reply->words);
    if (reply->words == NULL) {
        return E_MEMORY;
    }
    words_check_encode(core->pairing.words, words);
    for (size_t i = 0; i < WORDS_CHECK_COUNT; i++) {
        reply->words[i] = arena_text(core->arena, span_text(words[i]));
    }
    reply->n_words = WORDS_CHECK_COUNT;
    put_name(core, reply);
    return accept ? sync_accept(core) : 0;
}

/* Leaving tells the partner nothing: keys go, the link goes quiet, the entries stay. */
static int
run_leave(struct core *core, const Attune__Local__Request *request,
          Attune__Local__Reply *reply)
{
    uint8_t seed[KEY_BYTES];
    (void)request;
    (void)reply;
    if (!core->pairing.active) {
        return E_NOT_PAIRED;
    }
    int rc = entry_keep_held(core); /* what was for this partner is for nobody else */
    rc = rc != 0 ? rc : journal_note(core, "left", SPAN_EMPTY);
    pair_close(core);
    sync_forget(core);
    bytes_wipe(&core->pairing, sizeof core->pairing);
    bytes_wipe(&core->epochs, sizeof core->epochs);
    core->ours_no = 0;
    core->exchange_day = core->shown_exchange = core->shown_waiting = 0;
    core_fill(core, seed, sizeof seed);
    keys_x25519_from_seed(seed, &core->identity.curve);
    core_fill(core, seed, sizeof seed);
    keys_x25519_from_seed(seed, &core->identity.noise);
    bytes_wipe(seed, sizeof seed);
    if (rc == 0) {
        rc = state_save_identity(core);
    }
    if (rc == 0) {
        rc = state_save_pairing(core);
    }
    if (rc == 0) {
        rc = state_save_epochs(core);
    }
    if (rc == 0) {
        rc = state_save_days(core);
    }
    if (rc == 0) { /* until it is done, asked for again at every start */
        rc = state_set(core, "rekey", span_text("1"));
    }
    action_add(core, ACTION_LINK);
    action_notice(core, "pairing");
    return rc;
}

static const struct request_row rows[] = {
    {"create",  ATTUNE__LOCAL__REQUEST__BODY_CREATE, run_create},
    {"act",     ATTUNE__LOCAL__REQUEST__BODY_ACT,    run_act},
    {"list",    ATTUNE__LOCAL__REQUEST__BODY_QUERY,  run_list},
    {"show",    ATTUNE__LOCAL__REQUEST__BODY_QUERY,  run_show},
    {"find",    ATTUNE__LOCAL__REQUEST__BODY_QUERY,  run_find},
    {"visible", 0,                                   run_visible},
    {"agenda",  0,                                   run_agenda},
    {"drafts",  0,                                   run_drafts},
    {"today",   0,                                   run_today},
    {"preview", ATTUNE__LOCAL__REQUEST__BODY_QUERY,  run_preview},
    {"notices", 0,                                   run_notices},
    {"told",    ATTUNE__LOCAL__REQUEST__BODY_TOLD,   run_told},
    {"quiet",   ATTUNE__LOCAL__REQUEST__BODY_QUIET,  run_quiet},
    {"questions", 0,                                 run_question},
    {"skip",    0,                                   run_skip},
    {"draw",    0,                                   run_draw},
    {"limits",  0,                                   run_limits},
    {"allow",   0,                                   run_allow},
    {"digest",  0,                                   run_digest},
    {"verify",  0,                                   run_verify},
    {"leave",   0,                                   run_leave},
};

int
reply_option(struct core *core, Attune__Local__Reply *reply, const char *name,
             struct span value)
{
    Attune__Local__Option *option = arena_alloc(core->arena, sizeof *option);
    if (option == NULL) {
        return E_MEMORY;
    }
    attune__local__option__init(option);
    option->name = arena_text(core->arena, span_text(name));
    option->value = pb_span(arena_copy(core->arena, value));
    reply->options[reply->n_options++] = option;
    return option->name == NULL ? E_MEMORY : 0;
}

void
reply_send(struct core *core, uint64_t client, uint32_t number,
           const Attune__Local__Reply *reply)
{
    Attune__Local__Reply copy = *reply;
    struct action *action = action_add(core, ACTION_REPLY);
    copy.number = number;
    action->client = client;
    size_t size = attune__local__reply__get_packed_size(&copy);
    uint8_t *data = buf_reserve(&action->bytes, size);
    if (data == NULL) {
        core->actions->error = action->bytes.error;
        return;
    }
    attune__local__reply__pack(&copy, data);
    buf_advance(&action->bytes, size);
}

void
reply_error(struct core *core, uint64_t client, uint32_t number, int error)
{
    Attune__Local__Reply reply;
    attune__local__reply__init(&reply);
    reply.error = pb_text(error_name(error));
    reply_send(core, client, number, &reply);
}

/* What the person did wrong, in contrast to what the disk or we did. */
bool
requests_refusal(int error)
{
    int status = error_exit(error);
    return status == EXIT_REFUSED || status == EXIT_USAGE || status == EXIT_UNPAIRED ||
           status == EXIT_NO_ENTRY;
}

int
requests_run(struct core *core, const struct event *event)
{
    const Attune__Local__Request *request = event->request;
    if (strncmp(request->name, "pair-", 5) == 0) {
        int rc = pair_request(core, event, request->name + 5);
        if (rc != 0 && requests_refusal(rc) && !core->dirty) {
            reply_error(core, event->client, request->number, rc);
            rc = 0;
        }
        return rc;
    }
    Attune__Local__Reply reply;
    attune__local__reply__init(&reply);
    int rc = E_USAGE;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (strcmp(rows[i].name, request->name) == 0 &&
            (rows[i].body == 0 || rows[i].body == request->body_case)) {
            rc = rows[i].run(core, request, &reply);
            break;
        }
    }
    if (rc != 0 && requests_refusal(rc) && !core->dirty) {
        if (rc == E_AMBIGUOUS) { /* carries the candidates */
            reply.error = pb_text(error_name(rc));
            reply_send(core, event->client, request->number, &reply);
        } else {
            reply_error(core, event->client, request->number, rc);
        }
        return 0;
    }
    if (rc == 0 && strcmp(request->name, "leave") == 0) {
        /* The journal is written anew under a new key before the person is told. */
        struct action *action = action_add(core, ACTION_REKEY);
        action->client = event->client;
        buf_put_u32(&action->bytes, request->number);
    } else if (rc == 0) {
        reply_send(core, event->client, request->number, &reply);
    }
    return rc;
}
