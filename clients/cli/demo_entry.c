/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Written by one, looked for in both homes; see demo_entry.h. */
#include "clients/cli/demo_entry.h"

#include "clients/cli/demo_process.h"
#include "clients/lib/attune.h"
#include "clients/lib/clock.h"
#include "common/error.h"

#include <string.h>
#include <sys/random.h>

struct demo_entry *
demo_entry_find(struct demo *demo, const char *label)
{
    for (size_t i = 0; label != NULL && i < demo->entries_count; i++) {
        if (strcmp(demo->entries[i].step->label, label) == 0) {
            return &demo->entries[i];
        }
    }
    return NULL;
}

/* -- writing -- */

int
demo_entry_fields(const struct kind *kind, const struct demo_step *step,
                  struct demo_fields *out)
{
    out->count = 0;
    for (size_t i = 0; i < DEMO_FIELDS_MAX && step->fields[i].name != NULL; i++) {
        const struct demo_field *from = &step->fields[i];
        const struct kind_field *row = kind_field(kind, from->name);
        Attune__Local__Field *field = &out->items[out->count];
        if (row == NULL) {
            return E_KIND;
        }
        if (kind_field_is_number(row)) {
            int64_t from_s = row->type == FIELD_TIME ? DEMO_STORY_S : 0;
            attune_field_number(field, row->name, from_s + from->number);
        } else {
            attune_field_text(field, row->name, span_text(from->text));
        }
        out->pointers[out->count++] = field;
    }
    return 0;
}

/* The same each time, so that what is shown can be compared with what was written. */
static int
entry_fields(const struct demo_entry *entry, struct demo_fields *out)
{
    int rc = demo_entry_fields(entry->kind, entry->step, out);
    if (rc == 0 && entry->text[0] != '\0') {
        attune_field_text(&out->items[0], entry->kind->fields[0].name,
                          span_text(entry->text));
        out->pointers[0] = &out->items[0];
        out->count = 1;
    }
    return rc;
}

int
demo_entry_add(struct demo *demo, const struct demo_step *step, const char *kind,
               struct demo_entry **out)
{
    if (demo->entries_count == DEMO_ENTRIES_MAX) {
        return E_LIMIT;
    }
    struct demo_entry *entry = &demo->entries[demo->entries_count];
    *entry = (struct demo_entry){
        .author = step->who, .kind = kind_find(kind), .step = step, .seen = step->sees};
    if (entry->kind == NULL) {
        return E_KIND;
    }
    if (getrandom(entry->id, ID_BYTES, 0) != (ssize_t)ID_BYTES) {
        return E_IO;
    }
    demo->entries_count++;
    *out = entry;
    return 0;
}

int
demo_entry_send(struct demo *demo, struct demo_entry *entry,
                const Attune__Local__Question *question, uint32_t hold_s)
{
    struct demo_fields fields;
    Attune__Local__Request request;
    Attune__Local__Entry body;
    attune__local__entry__init(&body);
    int rc = entry_fields(entry, &fields);
    if (rc != 0) {
        return rc;
    }
    body.id = attune_bytes(span_of(entry->id, ID_BYTES));
    body.kind = attune_text(entry->kind->name);
    body.mine = entry->kind->mine;
    body.hold_s = hold_s;
    body.topic = entry->seen != NULL && strcmp(entry->seen, state_name(S_TOPIC)) == 0;
    if (question != NULL) {
        Attune__Local__Field *asked = &fields.items[fields.count];
        attune_field_text(asked, "question", attune_span(question->text));
        fields.pointers[fields.count++] = asked;
        body.parent = question->round;
    }
    if (entry->step->under != NULL) {
        const struct demo_entry *above = demo_entry_find(demo, entry->step->under);
        if (above == NULL) {
            return E_NO_ENTRY;
        }
        body.parent = attune_bytes(span_of(above->id, ID_BYTES));
        body.parent_partner = above->author != entry->author;
    }
    body.n_fields = fields.count;
    body.fields = fields.pointers;
    attune_request(&request, "create");
    attune_with_entry(&request, &body);
    return demo_home_send(&demo->homes[entry->author], &request, &entry->number);
}

int
demo_entry_written(struct demo *demo, const struct demo_entry *entry)
{
    const Attune__Local__Reply *reply = NULL;
    return demo_home_reply(&demo->homes[entry->author], entry->number, &reply);
}

/* -- comparing -- */

static bool
same_field(const Attune__Local__Field *wrote, const Attune__Local__Field *shown)
{
    return shown != NULL && shown->number == wrote->number &&
           span_equal(attune_span(shown->text), attune_span(wrote->text));
}

/* Whether the words are those that this person is to see; `state` is theirs. */
static bool
same_words(const struct demo_entry *entry, enum demo_who reader, const char *state,
           const Attune__Local__Entry *shown)
{
    struct demo_fields fields;
    bool own = entry->author == reader;
    if (entry->faded || (!own && strcmp(state, state_name(S_SEALED)) == 0)) {
        return shown->n_fields == 0 && shown->faded == entry->faded;
    }
    if (entry_fields(entry, &fields) != 0) {
        return false;
    }
    for (size_t i = 0; i < fields.count; i++) {
        const Attune__Local__Field *wrote = fields.pointers[i];
        const Attune__Local__Field *field =
            attune_field(shown->fields, shown->n_fields, wrote->name);
        const char *due = entry->kind->due.field;
        bool first = strcmp(wrote->name, entry->kind->fields[0].name) == 0;
        bool withheld = !own && first && strcmp(state, state_name(S_TOPIC)) == 0;
        if (due != NULL && strcmp(due, wrote->name) == 0) {
            continue; /* what counts now, and not for ever: see has_due */
        }
        if (withheld ? field != NULL : !same_field(wrote, field)) {
            return false;
        }
    }
    return true;
}

/* What the step did, as an event with its fields. */
static bool
has_act(const struct demo_entry *entry, enum demo_who reader,
        const struct demo_step *step, const Attune__Local__Entry *shown)
{
    struct demo_fields fields;
    if (kind_act(entry->kind, step->verb) == NULL) {
        return true; /* no act: it wrote or shared the entry, or only looks */
    }
    if (demo_entry_fields(entry->kind, step, &fields) != 0) {
        return false;
    }
    for (size_t i = 0; i < shown->n_events; i++) {
        const Attune__Local__Event *event = shown->events[i];
        bool same = strcmp(event->act, step->verb) == 0 && !event->crossed &&
                    (event->partner != 0) == (step->who != reader);
        for (size_t k = 0; same && k < fields.count; k++) {
            same = same_field(
                fields.pointers[k],
                attune_field(event->fields, event->n_fields, fields.pointers[k]->name));
        }
        if (same) {
            return true;
        }
    }
    return false;
}

static bool
has_due(const struct demo_step *step, const Attune__Local__Entry *shown)
{
    return step->due_s == 0 || shown->due == DEMO_STORY_S + step->due_s;
}

/* -- looking -- */

static int
show(struct demo *demo, enum demo_who reader, const struct demo_entry *entry,
     const Attune__Local__Entry **shown)
{
    const Attune__Local__Reply *reply = NULL;
    Attune__Local__Request request;
    Attune__Local__Query query;
    attune__local__query__init(&query);
    query.id = attune_bytes(span_of(entry->id, ID_BYTES));
    query.partner = entry->author != reader;
    attune_request(&request, "show");
    attune_with_query(&request, &query);
    int rc = demo_home_call(&demo->homes[reader], &request, &reply);
    if (rc == 0 && reply->n_entries == 0) {
        return E_PROTOCOL;
    }
    *shown = rc == 0 ? reply->entries[0] : NULL;
    return rc;
}

int
demo_entry_wait(struct demo *demo, const struct demo_entry *entry,
                const struct demo_step *step)
{
    int64_t deadline_ms = clock_ms() + DEMO_WAIT_MS;
    int rc = 0;
    for (enum demo_who reader = ANA; rc == 0 && reader < DEMO_PEOPLE;) {
        const Attune__Local__Entry *shown = NULL;
        rc = show(demo, reader, entry, &shown);
        if (rc == 0 && strcmp(shown->state, entry->seen) == 0 &&
            same_words(entry, reader, entry->seen, shown) &&
            has_act(entry, reader, step, shown) && has_due(step, shown)) {
            reader++;
            continue;
        }
        demo_at(demo, reader,
                "%s: the %s of %s, to be \"%s\" and as it was said; it is \"%s\"",
                demo_names[reader], entry->kind->name, demo_names[entry->author],
                entry->seen, shown == NULL ? state_name(S_NONE) : shown->state);
        rc = rc == 0 || rc == E_NO_ENTRY ? demo_again(demo, deadline_ms) : rc;
    }
    return rc;
}

int
demo_entry_absent(struct demo *demo, enum demo_who reader,
                  const struct demo_entry *entry)
{
    const Attune__Local__Entry *shown = NULL;
    const Attune__Local__Reply *reply = NULL;
    Attune__Local__Request request;
    Attune__Local__Query query;
    const char *words = entry->step->fields[0].text;
    demo_at(demo, reader, "%s: nothing of the %s of %s", demo_names[reader],
            entry->kind->name, demo_names[entry->author]);
    int rc = show(demo, reader, entry, &shown);
    if (rc != E_NO_ENTRY || words == NULL) {
        return rc == E_NO_ENTRY ? 0 : rc != 0 ? rc : E_INTERNAL;
    }
    attune__local__query__init(&query);
    query.text = attune_bytes(span_text(words));
    attune_request(&request, "find");
    attune_with_query(&request, &query);
    rc = demo_home_call(&demo->homes[reader], &request, &reply);
    return rc == 0 && reply->n_entries > 0 ? E_INTERNAL : rc;
}

/* Whether a list has each entry once, with its words. */
static bool
has_all(const struct demo *demo, enum demo_who reader,
        const Attune__Local__Reply *reply)
{
    size_t expected = 0;
    for (size_t i = 0; i < demo->entries_count; i++) {
        const struct demo_entry *entry = &demo->entries[i];
        bool own = entry->author == reader;
        size_t found = 0;
        for (size_t k = 0; k < reply->n_entries; k++) {
            const Attune__Local__Entry *shown = reply->entries[k];
            found += span_equal(attune_span(shown->id), span_of(entry->id, ID_BYTES)) &&
                     (shown->partner != 0) == !own &&
                     same_words(entry, reader, shown->state, shown);
        }
        size_t wanted = !entry->gone && (own || entry->seen != NULL);
        if (found != wanted) {
            return false;
        }
        expected += wanted;
    }
    return reply->n_entries == expected;
}

int
demo_entry_wait_all(struct demo *demo)
{
    int64_t deadline_ms = clock_ms() + DEMO_WAIT_MS;
    int rc = 0;
    for (enum demo_who reader = ANA; rc == 0 && reader < DEMO_PEOPLE;) {
        const Attune__Local__Reply *reply = NULL;
        Attune__Local__Request request;
        Attune__Local__Query query;
        demo_at(demo, reader, "%s: all that was written", demo_names[reader]);
        attune__local__query__init(&query);
        query.limit = QUERY_LIMIT_MAX;
        attune_request(&request, "list");
        attune_with_query(&request, &query);
        rc = demo_home_call(&demo->homes[reader], &request, &reply);
        if (rc == 0 && has_all(demo, reader, reply)) {
            reader++;
            continue;
        }
        rc = rc == 0 ? demo_again(demo, deadline_ms) : rc;
    }
    return rc;
}

static int
read_digest(struct demo *demo, enum demo_who who, char out[static DEMO_DIGEST_BYTES])
{
    const Attune__Local__Reply *reply = NULL;
    Attune__Local__Request request;
    attune_request(&request, "digest");
    int rc = demo_home_call(&demo->homes[who], &request, &reply);
    if (rc == 0 && (reply->text.len == 0 || reply->text.len >= DEMO_DIGEST_BYTES)) {
        return E_PROTOCOL;
    }
    if (rc == 0) {
        memcpy(out, reply->text.data, reply->text.len);
        out[reply->text.len] = '\0';
    }
    return rc;
}

int
demo_entry_settle(struct demo *demo)
{
    int64_t deadline_ms = clock_ms() + DEMO_WAIT_MS;
    for (;;) {
        char theirs[DEMO_DIGEST_BYTES] = "";
        demo_at(demo, BEN, "both digests");
        int rc = read_digest(demo, ANA, demo->digest);
        rc = rc == 0 ? read_digest(demo, BEN, theirs) : rc;
        if (rc != 0 || strcmp(demo->digest, theirs) == 0) {
            return rc;
        }
        rc = demo_again(demo, deadline_ms);
        if (rc != 0) {
            return rc == E_INTERNAL ? E_CHECK_FOLD : rc;
        }
    }
}
