/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "clients/notify/ask.h"

#include "clients/lib/attune.h"

int
ask_plain(struct async *async, const char *name, uint32_t *number)
{
    Attune__Local__Request request;
    attune_request(&request, name);
    return async_send(async, &request, number);
}

int
ask_watch(struct async *async, uint64_t after, int64_t until_s, uint32_t *number)
{
    Attune__Local__Request request;
    Attune__Local__Watch watch;
    char *topics[] = {attune_text("entries"), attune_text("notices"),
                      attune_text("vault")};
    attune__local__watch__init(&watch);
    watch.topics = topics;
    watch.n_topics = sizeof topics / sizeof topics[0];
    watch.after = after;
    watch.until = until_s;
    attune_request(&request, "watch");
    attune_with_watch(&request, &watch);
    return async_send(async, &request, number);
}

int
ask_preview(struct async *async, const Attune__Local__Notice *notice, uint32_t *number)
{
    Attune__Local__Request request;
    Attune__Local__Query query;
    attune__local__query__init(&query);
    query.id = notice->id;
    query.partner = notice->partner;
    attune_request(&request, "preview");
    attune_with_query(&request, &query);
    return async_send(async, &request, number);
}

int
ask_told(struct async *async, ProtobufCBinaryData *keys, size_t count, const char *what,
         bool budget, int64_t upto, uint32_t *number)
{
    Attune__Local__Request request;
    Attune__Local__Told told;
    attune__local__told__init(&told);
    told.keys = keys;
    told.n_keys = count;
    told.what = attune_text(what);
    told.budget = budget;
    told.upto = upto;
    attune_request(&request, "told");
    request.body_case = ATTUNE__LOCAL__REQUEST__BODY_TOLD;
    request.told = &told;
    return async_send(async, &request, number);
}

int
ask_act(struct async *async, uint8_t id[static ID_BYTES], bool partner, char *act,
        uint8_t request_id[static REQUEST_BYTES], uint32_t *number)
{
    Attune__Local__Request request;
    Attune__Local__Act body;
    attune__local__act__init(&body);
    body.id = (ProtobufCBinaryData){ID_BYTES, id};
    body.partner = partner;
    body.act = act;
    body.request = (ProtobufCBinaryData){REQUEST_BYTES, request_id};
    attune_request(&request, "act");
    attune_with_act(&request, &body);
    return async_send(async, &request, number);
}
