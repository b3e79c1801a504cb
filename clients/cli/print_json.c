/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * JSON for scripts: one object on one line, "format":1. Keys are the contract; a change
 * of meaning is a new format. What the partner wrote is sanitized, what the person
 * wrote themselves is kept byte by byte (the writer escapes what a terminal could take
 * amiss).
 */
#include "clients/cli/print.h"

#include "common/error.h"
#include "common/id.h"
#include "common/json.h"
#include "common/kind.h"
#include "common/text.h"
#include "common/when.h"

#include <string.h>

enum { DAY_MINUTES = 24 * 60 };

static void
begin(struct json *json, struct printer *printer)
{
    json_init(json, &printer->out);
    json_begin_object(json, NULL);
    json_int(json, "format", 1);
}

static void
end(struct json *json, struct printer *printer)
{
    json_end_object(json);
    int error = json_done(json);
    if (error != 0 && printer->out.error == 0) {
        printer->out.error = error;
    }
    buf_put_text(&printer->out, "\n");
}

static void
put_id(struct json *json, const char *key, ProtobufCBinaryData id)
{
    char text[ID_CHARS + 1];
    if (id.len != ID_BYTES) {
        json_null(json, key);
        return;
    }
    id_text(id.data, text);
    json_string(json, key, text);
}

static void
put_text(struct json *json, const char *key, ProtobufCBinaryData text, bool partner)
{
    if (!partner) {
        json_text(json, key, span_of(text.data, text.len));
        return;
    }
    struct buf clean;
    buf_init(&clean, 0);
    text_sanitize(&clean, span_of(text.data, text.len), TEXT_BLOCK);
    json_text(json, key, buf_span(&clean));
    if (buf_done(&clean) != 0 && json->out->error == 0) {
        json->out->error = buf_done(&clean);
    }
    buf_free(&clean);
}

static void
put_time(struct json *json, const char *key, int64_t time_s)
{
    struct buf text;
    buf_init(&text, 0);
    when_rfc3339(&text, time_s);
    json_text(json, key, buf_span(&text));
    buf_free(&text);
}

/* A time of the local day, "20:00". */
static void
put_clock(struct json *json, const char *key, int64_t minute)
{
    char text[sizeof "00:00"] = "00:00";
    if (minute < 0 || minute >= DAY_MINUTES) {
        json_null(json, key);
        return;
    }
    text[0] = (char)('0' + minute / 600);
    text[1] = (char)('0' + minute / 60 % 10);
    text[3] = (char)('0' + minute % 60 / 10);
    text[4] = (char)('0' + minute % 10);
    json_string(json, key, text);
}

/* Names of fields this version doesn't know come from the partner: plain letters only.
 * */
static bool
key_is_plain(const char *key)
{
    size_t size = strlen(key);
    return size > 0 && size <= FIELD_NAME_BYTES_MAX &&
           strspn(key, "abcdefghijklmnopqrstuvwxyz0123456789_-") == size;
}

static void
put_field(struct json *json, const Attune__Local__Field *field, const struct kind *kind,
          bool partner)
{
    const struct kind_field *row = kind == NULL ? NULL : kind_field(kind, field->name);
    enum field_type type = row == NULL ? FIELD_NONE : row->type;
    if (type == FIELD_NONE) {
        /* A newer attune's field: a number has no text. */
        type = field->text.len > 0 || field->number == 0 ? FIELD_TEXT : FIELD_NUMBER;
    }
    switch (type) {
    case FIELD_NUMBER:
        json_int(json, field->name, field->number);
        break;
    case FIELD_TIME:
        put_time(json, field->name, field->number);
        break;
    case FIELD_DURATION: /* in seconds */
        json_int(json, field->name, field->number);
        break;
    case FIELD_CLOCK:
        put_clock(json, field->name, field->number);
        break;
    case FIELD_NONE:
    case FIELD_LINE:
    case FIELD_TEXT:
    case FIELD_CHOICE:
    case FIELD_EVERY:
    case FIELD_INNER:
        put_text(json, field->name, field->text, partner);
        break;
    }
}

/* What an entry has or an act carried; a JSON object has each name once. */
static void
fields_out(struct json *json, const char *kind_name, bool partner,
           Attune__Local__Field *const *fields, size_t count)
{
    const struct kind *kind = kind_find(kind_name);
    json_begin_object(json, "fields");
    for (size_t i = 0; i < count; i++) {
        bool twice = false;
        for (size_t before = 0; before < i; before++) {
            twice |= strcmp(fields[before]->name, fields[i]->name) == 0;
        }
        if (!twice && key_is_plain(fields[i]->name)) {
            put_field(json, fields[i], kind, partner);
        }
    }
    json_end_object(json);
}

/* What happened to it, oldest first, with what each act carried. */
static void
put_events(struct json *json, const Attune__Local__Entry *entry)
{
    json_begin_array(json, "events");
    for (size_t i = 0; i < entry->n_events; i++) {
        const Attune__Local__Event *event = entry->events[i];
        json_begin_object(json, NULL);
        put_text(json, "act",
                 (ProtobufCBinaryData){strlen(event->act), (uint8_t *)event->act},
                 event->partner);
        json_string(json, "author", event->partner ? "partner" : "me");
        put_time(json, "time", event->time);
        if (event->crossed) {
            json_bool(json, "crossed", true);
        }
        if (event->n_fields > 0) {
            fields_out(json, entry->kind, event->partner, event->fields,
                       event->n_fields);
        }
        json_end_object(json);
    }
    json_end_array(json);
}

/* The members of one entry, in the order of the contract. */
static void
put_members(struct json *json, const Attune__Local__Entry *entry)
{
    /* What is held is on its way: its reach is what it will be. */
    bool held = strcmp(entry->state, state_name(S_HELD)) == 0;
    put_id(json, "id", entry->id);
    put_text(json, "kind",
             (ProtobufCBinaryData){strlen(entry->kind), (uint8_t *)entry->kind},
             entry->partner);
    json_string(json, "author", entry->partner ? "partner" : "me");
    json_string(json, "reach", entry->mine && !held ? "mine" : "ours");
    json_string(json, "state", entry->state);
    put_time(json, "created", entry->created);
    fields_out(json, entry->kind, entry->partner, entry->fields, entry->n_fields);
    if (entry->parent.len == ID_BYTES) {
        put_id(json, "parent", entry->parent);
    }
    if (entry->faded) {
        json_bool(json, "faded", true);
    }
}

/* When it is due: always for today; elsewhere where no field of it says so. */
static void
put_due(struct json *json, const Attune__Local__Entry *entry, bool always)
{
    const struct kind *kind = kind_find(entry->kind);
    const struct kind_field *row = kind == NULL || kind->due.field == NULL
                                       ? NULL
                                       : kind_field(kind, kind->due.field);
    if (entry->due != 0 && (always || row == NULL || row->type != FIELD_TIME)) {
        put_time(json, "due", entry->due);
    }
}

static void
json_entries(struct printer *printer, const Attune__Local__Reply *reply)
{
    struct json json;
    begin(&json, printer);
    json_begin_array(&json, "entries");
    for (size_t i = 0; i < reply->n_entries; i++) {
        json_begin_object(&json, NULL);
        put_members(&json, reply->entries[i]);
        json_end_object(&json);
    }
    json_end_array(&json);
    end(&json, printer);
}

static void
json_visible(struct printer *printer, const Attune__Local__Reply *reply, bool paired)
{
    (void)paired; /* attune status --json tells */
    json_entries(printer, reply);
}

/* Today is answered while reading is closed, so it leaves the text out. */
static void
questions_array(struct json *json, const Attune__Local__Reply *reply, bool text)
{
    json_begin_array(json, "questions");
    for (size_t i = 0; i < reply->n_questions; i++) {
        const Attune__Local__Question *question = reply->questions[i];
        json_begin_object(json, NULL);
        json_string(json, "day", question->day);
        if (text) { /* a deck may be the partner's */
            put_text(json, "text", question->text, true);
        }
        json_bool(json, "answered", question->answered);
        json_bool(json, "alone", question->alone);
        json_end_object(json);
    }
    json_end_array(json);
}

static void
json_today(struct printer *printer, const Attune__Local__Reply *reply)
{
    struct json json;
    begin(&json, printer);
    json_begin_array(&json, "entries");
    for (size_t i = 0; i < reply->n_entries; i++) {
        const Attune__Local__Entry *entry = reply->entries[i];
        json_begin_object(&json, NULL);
        put_members(&json, entry);
        put_due(&json, entry, true);
        if (entry->why[0] != '\0') {
            json_string(&json, "why", entry->why);
        }
        json_end_object(&json);
    }
    json_end_array(&json);
    if (reply->n_questions > 0) {
        questions_array(&json, reply, false);
    }
    if (reply->offer[0] != '\0') {
        json_string(&json, "offer", reply->offer);
    }
    if (reply->nudge[0] != '\0') {
        json_string(&json, "nudge", reply->nudge);
    }
    end(&json, printer);
}

static void
json_questions(struct printer *printer, const Attune__Local__Reply *reply)
{
    struct json json;
    begin(&json, printer);
    questions_array(&json, reply, true);
    end(&json, printer);
}

static void
json_show(struct printer *printer, const Attune__Local__Reply *reply)
{
    struct json json;
    begin(&json, printer);
    if (reply->n_entries > 0) {
        put_members(&json, reply->entries[0]);
        put_due(&json, reply->entries[0], false);
        put_events(&json, reply->entries[0]);
    }
    json_begin_array(&json, "thread");
    for (size_t i = 1; i < reply->n_entries; i++) {
        json_begin_object(&json, NULL);
        put_members(&json, reply->entries[i]);
        put_due(&json, reply->entries[i], false);
        put_events(&json, reply->entries[i]);
        json_end_object(&json);
    }
    json_end_array(&json);
    end(&json, printer);
}

static void
json_status(struct printer *printer, const Attune__Local__Status *status)
{
    struct json json;
    begin(&json, printer);
    json_bool(&json, "locked", status->locked);
    json_bool(&json, "closed", status->closed);
    json_bool(&json, "paired", status->paired);
    json_string(&json, "link", status->link_on ? "on" : "off");
    json_string(&json, "waiting_since",
                status->waiting_since[0] == '\0' ? NULL : status->waiting_since);
    json_string(&json, "last_exchange",
                status->last_exchange[0] == '\0' ? NULL : status->last_exchange);
    json_int(&json, "schema", status->schema);
    end(&json, printer);
}

static void
json_findings(struct printer *printer, const Attune__Local__Reply *reply)
{
    struct json json;
    begin(&json, printer);
    json_bool(&json, "ok", reply->error[0] == '\0' && reply->n_findings == 0);
    json_begin_array(&json, "findings");
    for (size_t i = 0; i < reply->n_findings; i++) {
        json_begin_object(&json, NULL);
        json_string(&json, "code", reply->findings[i]->code);
        put_text(&json, "detail", reply->findings[i]->detail, true);
        json_end_object(&json);
    }
    json_end_array(&json);
    end(&json, printer);
}

static void
json_result(struct printer *printer, const Attune__Local__Reply *reply)
{
    struct json json;
    begin(&json, printer);
    put_id(&json, "id", reply->id);
    end(&json, printer);
}

static void
json_created(struct printer *printer, const Attune__Local__Reply *reply, bool mine,
             bool paired, const struct kind *kind, int64_t back_s)
{
    (void)mine;
    (void)paired;
    (void)kind;
    (void)back_s;
    json_result(printer, reply);
}

static void
json_acted(struct printer *printer, const Attune__Local__Reply *reply, const char *act)
{
    (void)act;
    json_result(printer, reply);
}

static void
put_strings(struct json *json, const char *key, char *const *strings, size_t count)
{
    json_begin_array(json, key);
    for (size_t i = 0; i < count; i++) {
        json_string(json, NULL, strings[i]);
    }
    json_end_array(json);
}

static void
json_topics(struct printer *printer, const Attune__Local__Reply *reply)
{
    for (size_t i = 0; i < reply->n_topics; i++) {
        struct json json;
        begin(&json, printer);
        json_string(&json, "topic", reply->topics[i]);
        end(&json, printer);
    }
}

static void
json_quiet(struct printer *printer, const Attune__Local__Reply *reply)
{
    struct json json;
    begin(&json, printer);
    if (reply->silent_until != 0) {
        put_time(&json, "silent_until", reply->silent_until);
    } else {
        json_null(&json, "silent_until");
    }
    end(&json, printer);
}

static void
json_words(struct printer *printer, enum print_words which, char *const *words,
           size_t count)
{
    struct json json;
    begin(&json, printer);
    put_strings(&json, which == PRINT_WORDS_RECOVERY ? "recovery_words" : "words",
                words, count);
    end(&json, printer);
}

static void
json_value(struct printer *printer, const char *key, struct span value)
{
    struct json json;
    begin(&json, printer);
    json_text(&json, key, value);
    end(&json, printer);
}

static void
json_pairs(struct printer *printer, const char *key, const struct print_pair *pairs,
           size_t count)
{
    struct json json;
    begin(&json, printer);
    json_begin_object(&json, key);
    for (size_t i = 0; i < count; i++) {
        json_text(&json, pairs[i].name, pairs[i].value);
    }
    json_end_object(&json);
    end(&json, printer);
}

static void
json_plain(struct printer *printer, const char *said)
{
    struct json json;
    (void)said;
    begin(&json, printer);
    end(&json, printer);
}

static void
json_say(struct printer *printer, struct span text, bool wrap)
{
    (void)printer;
    (void)text;
    (void)wrap;
}

static void
json_preview(struct printer *printer, const Attune__Local__Entry *entry)
{
    (void)printer;
    (void)entry;
}

static void
json_error(struct printer *printer, int error, const char *text, const char *hint,
           const Attune__Local__Reply *reply)
{
    struct json json;
    begin(&json, printer);
    json_begin_object(&json, "error");
    json_string(&json, "code", error_name(error));
    json_string(&json, "message", text);
    json_string(&json, "hint", hint);
    json_end_object(&json);
    end(&json, printer);
    print_text.error(printer, error, text, hint, reply); /* the human line */
}

const struct print_form print_json = {
    .entries = json_entries,
    .found = json_entries,
    .drafts = json_entries,
    .show = json_show,
    .visible = json_visible,
    .today = json_today,
    .questions = json_questions,
    .status = json_status,
    .findings = json_findings,
    .created = json_created,
    .acted = json_acted,
    .quiet = json_quiet,
    .topics = json_topics,
    .words = json_words,
    .value = json_value,
    .pairs = json_pairs,
    .plain = json_plain,
    .say = json_say,
    .preview = json_preview,
    .error = json_error,
};
