/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Written from the kind table alone, and looked for on the other side; see
 * demo_entry.h. */
#include "clients/cli/demo_entry.h"

#include "clients/cli/demo_process.h"
#include "clients/lib/attune.h"
#include "common/error.h"
#include "common/when.h"

#include <string.h>
#include <sys/random.h>

#define STEP_MS 5 /* between two looks at the other side */

static const char day_by_default[] = "friday"; /* for a field that needs a time */
static const char text_by_default[] = "a few words";

static const struct {
    const char *kind;
    const char *text[DEMO_PEOPLE];
} lines[] = {
#define LINE(kind, ana, ben) {#kind, {ana, ben}},
#include "clients/cli/demo_lines.def"
#undef LINE
};

const char *
demo_entry_line(const struct kind *kind, enum demo_who who)
{
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        if (strcmp(lines[i].kind, kind->name) == 0) {
            return lines[i].text[who];
        }
    }
    return text_by_default;
}

int
demo_entry_field(const struct kind_field *row, const char *text, const char *day,
                 Attune__Local__Field *out)
{
    text = text != NULL ? text : text_by_default;
    day = day != NULL ? day : day_by_default;
    int64_t time_s = 0;
    bool has_clock = false;
    switch (row->type) {
    case FIELD_LINE:
    case FIELD_TEXT:
        attune_field_text(out, row->name, span_text(text));
        return 0;
    case FIELD_NUMBER:
        attune_field_number(out, row->name, row->min);
        return 0;
    case FIELD_TIME:
        if (when_parse(day, DEMO_STORY_S, &time_s, &has_clock) != 0) {
            return E_TIME;
        }
        attune_field_number(out, row->name, time_s);
        return 0;
    case FIELD_CHOICE:
        attune_field_text(out, row->name,
                          span_of(row->choices, strcspn(row->choices, " ")));
        return 0;
    case FIELD_NONE:
    default:
        return E_INTERNAL;
    }
}

struct fields {
    Attune__Local__Field items[FIELDS_MAX];
    Attune__Local__Field *pointers[FIELDS_MAX];
    size_t count;
};

/* What the kind asks for: its text, and whatever it requires. The same each time. */
static int
fill_fields(const struct demo_entry *entry, struct fields *out)
{
    out->count = 0;
    for (size_t i = 0; i < kind_fields_count(entry->kind); i++) {
        const struct kind_field *row = &entry->kind->fields[i];
        if (i > 0 && !row->required) {
            continue;
        }
        Attune__Local__Field *field = &out->items[out->count];
        int rc = demo_entry_field(row, entry->text, NULL, field);
        if (rc != 0) {
            return rc;
        }
        out->pointers[out->count++] = field;
    }
    return 0;
}

const struct demo_entry *
demo_entry_of(const struct demo *demo, enum demo_who author, const char *kind)
{
    for (size_t i = 0; i < demo->entries_count; i++) {
        const struct demo_entry *entry = &demo->entries[i];
        if (entry->author == author && !entry->mine &&
            (kind == NULL || strcmp(entry->kind->name, kind) == 0)) {
            return entry;
        }
    }
    return NULL;
}

int
demo_entry_add(struct demo *demo, enum demo_who author, const struct kind *kind,
               struct demo_entry **out)
{
    if (demo->entries_count == DEMO_ENTRIES_MAX) {
        return E_LIMIT;
    }
    struct demo_entry *entry = &demo->entries[demo->entries_count];
    *entry =
        (struct demo_entry){.author = author, .kind = kind, .mine = !kind->shareable};
    if (getrandom(entry->id, ID_BYTES, 0) != (ssize_t)ID_BYTES) {
        return E_IO;
    }
    demo->entries_count++;
    *out = entry;
    return 0;
}

int
demo_entry_send(struct demo *demo, struct demo_entry *entry)
{
    struct fields fields;
    Attune__Local__Request request;
    Attune__Local__Entry body;
    attune__local__entry__init(&body);
    int rc = fill_fields(entry, &fields);
    if (rc != 0) {
        return rc;
    }
    body.id = attune_bytes(span_of(entry->id, ID_BYTES));
    body.kind = attune_text(entry->kind->name);
    body.mine = entry->mine;
    body.n_fields = fields.count;
    body.fields = fields.pointers;
    if (entry->kind->reply) {
        const struct demo_entry *parent =
            demo_entry_of(demo, demo_other(entry->author), NULL);
        if (parent == NULL) {
            return E_NO_ENTRY;
        }
        body.parent = attune_bytes(span_of(parent->id, ID_BYTES));
        body.parent_partner = true;
    }
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

static bool
same_fields(const struct demo_entry *entry, const Attune__Local__Entry *shown)
{
    struct fields fields;
    if (fill_fields(entry, &fields) != 0) {
        return false;
    }
    for (size_t i = 0; i < fields.count; i++) {
        const Attune__Local__Field *wrote = &fields.items[i];
        const Attune__Local__Field *field =
            attune_field(shown->fields, shown->n_fields, wrote->name);
        if (field == NULL || field->number != wrote->number ||
            !span_equal(attune_span(field->text), attune_span(wrote->text))) {
            return false;
        }
    }
    return true;
}

int
demo_entry_wait_shown(struct demo *demo, enum demo_who reader,
                      const struct demo_entry *entry, const char *state, bool whole)
{
    int64_t deadline_ms = demo_process_ms() + DEMO_WAIT_MS;
    Attune__Local__Request request;
    Attune__Local__Query query;
    for (;;) {
        const Attune__Local__Reply *reply = NULL;
        attune__local__query__init(&query);
        query.id = attune_bytes(span_of(entry->id, ID_BYTES));
        query.partner = entry->author != reader;
        attune_request(&request, "show");
        attune_with_query(&request, &query);
        int rc = demo_home_call(&demo->homes[reader], &request, &reply);
        if (rc == 0 && reply->n_entries == 0) {
            return E_PROTOCOL;
        }
        if (rc == 0 && strcmp(reply->entries[0]->state, state) == 0) {
            return !whole || same_fields(entry, reply->entries[0]) ? 0 : E_INTERNAL;
        }
        if (rc != 0 && rc != E_NO_ENTRY) {
            return rc;
        }
        if (demo_process_ms() > deadline_ms) {
            return rc != 0 ? rc : E_STATE;
        }
        rc = demo_process_pause(demo->signals, STEP_MS);
        if (rc != 0) {
            return rc;
        }
    }
}

/* Whether a list has each entry once, as it was written. */
static bool
has_all(const struct demo *demo, enum demo_who reader,
        const Attune__Local__Reply *reply)
{
    size_t expected = 0;
    for (size_t i = 0; i < demo->entries_count; i++) {
        const struct demo_entry *entry = &demo->entries[i];
        size_t found = 0;
        for (size_t k = 0; k < reply->n_entries; k++) {
            const Attune__Local__Entry *shown = reply->entries[k];
            const Attune__Local__Field *text = attune_field(
                shown->fields, shown->n_fields, entry->kind->fields[0].name);
            if (span_equal(attune_span(shown->id), span_of(entry->id, ID_BYTES)) &&
                (shown->partner != 0) == (entry->author != reader) && text != NULL &&
                span_equal(attune_span(text->text), span_text(entry->text))) {
                found++;
            }
        }
        size_t wanted = entry->mine && entry->author != reader ? 0 : 1;
        if (found != wanted) {
            return false;
        }
        expected += wanted;
    }
    return reply->n_entries == expected;
}

int
demo_entry_wait_all(struct demo *demo, enum demo_who reader)
{
    int64_t deadline_ms = demo_process_ms() + DEMO_WAIT_MS;
    int rc = 0;
    demo_at(demo, reader, "%s: all that was written", demo->homes[reader].name);
    while (rc == 0) {
        const Attune__Local__Reply *reply = NULL;
        Attune__Local__Request request;
        Attune__Local__Query query;
        attune__local__query__init(&query);
        query.limit = QUERY_LIMIT_MAX;
        attune_request(&request, "list");
        attune_with_query(&request, &query);
        rc = demo_home_call(&demo->homes[reader], &request, &reply);
        if (rc == 0 && has_all(demo, reader, reply)) {
            return 0;
        }
        if (rc == 0 && demo_process_ms() > deadline_ms) {
            return E_NO_ENTRY;
        }
        rc = rc == 0 ? demo_process_pause(demo->signals, STEP_MS) : rc;
    }
    return rc;
}
