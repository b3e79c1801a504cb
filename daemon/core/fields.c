/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Fields: what a person typed, held against the kind's table, and its way into a payload.
 *
 * A draft takes what does not fit, so that nothing typed is lost.
 */
#include "common/error.h"
#include "common/pb.h"
#include "common/recur.h"
#include "common/text.h"
#include "daemon/core/entries.h"

#include <string.h>

static bool
choice_fits(const char *choices, struct span text)
{
    size_t size;
    for (const char *at = choices; *at != '\0'; at += size + (at[size] == ' ')) {
        size = strcspn(at, " ");
        if (span_equal(span_of(at, size), text)) {
            return true;
        }
    }
    return false;
}

int
fields_check_one(const struct kind_field *row, const Attune__Local__Field *field)
{
    struct span text = span_of(field->text.data, field->text.len);
    struct recur recur;
    if (row == NULL) {
        return E_KIND;
    }
    if (text_check(text) != 0) {
        return E_UTF8;
    }
    switch (row->type) {
    case FIELD_LINE:
    case FIELD_TEXT:
        return kind_field_fits(row, text) ? 0 : E_LIMIT;
    case FIELD_INNER:
        return text.size > LINE_BYTES_MAX ? E_LIMIT : 0;
    case FIELD_EVERY:
        return recur_parse(text, 0, &recur);
    case FIELD_CLOCK:
        return field->number < 0 || field->number >= 24 * 60 ? E_TIME : 0;
    case FIELD_DURATION:
        return field->number < row->min || field->number > row->max ? E_TIME : 0;
    case FIELD_NUMBER:
        return field->number < row->min || field->number > row->max ? E_USAGE : 0;
    case FIELD_TIME:
        return field->number <= 0 ? E_TIME : 0;
    case FIELD_CHOICE:
        return choice_fits(row->choices, text) ? 0 : E_USAGE;
    case FIELD_NONE:
    default:
        return E_KIND;
    }
}

static bool
field_is_empty(const struct kind *kind, const Attune__Local__Field *field)
{
    const struct kind_field *row = kind_field(kind, field->name);
    bool text = row != NULL && kind_field_is_text(row);
    bool own = row >= &kind->fields[0] && row < &kind->fields[FIELDS_MAX];
    return !own || (text && field->text.len == 0);
}

int
fields_check_each(const struct kind *kind, Attune__Local__Field *const *fields,
                  size_t count)
{
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < count; i++) {
        rc = fields_check_one(kind_field(kind, fields[i]->name), fields[i]);
    }
    return rc;
}

int
fields_check(const struct kind *kind, Attune__Local__Field *const *fields, size_t count)
{
    if (count > FIELDS_MAX) {
        return E_LIMIT;
    }
    int rc = fields_check_each(kind, fields, count);
    if (rc != 0) {
        return rc;
    }
    size_t rows = kind_fields_count(kind);
    bool asks = false; /* where each may stay empty, not all may */
    for (size_t r = 0; r < rows; r++) {
        const struct kind_field *row = &kind->fields[r];
        bool found = !row->required;
        asks = asks || row->asked;
        for (size_t i = 0; i < count && !found; i++) {
            found = strcmp(fields[i]->name, row->name) == 0 &&
                    (!kind_field_is_text(row) || fields[i]->text.len > 0);
        }
        if (!found) {
            return E_EMPTY;
        }
    }
    for (size_t i = 0; asks && i < count; i++) {
        asks = field_is_empty(kind, fields[i]);
    }
    return asks ? E_EMPTY : 0;
}

int
fields_complete(struct core *core, const struct kind *kind, Attune__Local__Field ***fields,
                size_t *count)
{
    size_t rows = kind_fields_count(kind);
    if (*count > FIELDS_MAX) {
        return E_LIMIT;
    }
    Attune__Local__Field **out =
        arena_alloc(core->arena, (*count + rows) * sizeof *out);
    if (out == NULL) {
        return *count + rows == 0 ? 0 : E_MEMORY;
    }
    size_t given = *count, made = given;
    for (size_t i = 0; i < given; i++) {
        out[i] = (*fields)[i];
    }
    for (size_t r = 0; r < rows; r++) {
        const struct kind_field *row = &kind->fields[r];
        bool found = row->fallback == 0;
        for (size_t i = 0; i < given && !found; i++) {
            found = strcmp(out[i]->name, row->name) == 0;
        }
        if (found) {
            continue;
        }
        Attune__Local__Field *field = arena_alloc(core->arena, sizeof *field);
        if (field == NULL) {
            return E_MEMORY;
        }
        attune__local__field__init(field);
        field->name = pb_text(row->name);
        field->number = row->fallback;
        out[made++] = field;
    }
    *fields = out;
    *count = made;
    return 0;
}

/* A draft takes what does not fit, so that nothing typed is lost. */
int
fields_check_draft(Attune__Local__Field *const *fields, size_t count)
{
    if (count > FIELDS_MAX) {
        return E_LIMIT;
    }
    for (size_t i = 0; i < count; i++) {
        if (strlen(fields[i]->name) > FIELD_NAME_BYTES_MAX ||
            fields[i]->text.len > PAYLOAD_BYTES_MAX / 2) {
            return E_LIMIT;
        }
        if (text_check(span_of(fields[i]->text.data, fields[i]->text.len)) != 0) {
            return E_UTF8;
        }
    }
    return 0;
}

int
fields_encode(struct core *core, Attune__Local__Field *const *fields, size_t count,
              struct buf *payload)
{
    uint8_t salt[SALT_BYTES];
    core_fill(core, salt, sizeof salt);
    return payload_encode((const Attune__Local__Field *const *)fields, count, salt,
                          payload);
}

/* The fields of a folded entry as the local wire has them; in core->arena. */
int
fields_of(struct core *core, const struct folded *folded, Attune__Local__Field ***out,
          size_t *count)
{
    return folded->text == NULL || folded->text->payload.size == 0
               ? E_EMPTY
               : fields_of_payload(core, folded->text->payload, out, count);
}

int
fields_of_payload(struct core *core, struct span bytes, Attune__Local__Field ***out,
                  size_t *count)
{
    Attune__Journal__Payload *payload;
    int rc = payload_decode(bytes, core->arena, &payload);
    if (rc != 0) {
        return rc;
    }
    Attune__Local__Field **fields =
        arena_alloc(core->arena, (payload->n_fields + 1) * sizeof *fields);
    if (fields == NULL) {
        return E_MEMORY;
    }
    for (size_t i = 0; i < payload->n_fields; i++) {
        fields[i] = arena_alloc(core->arena, sizeof **fields);
        if (fields[i] == NULL) {
            return E_MEMORY;
        }
        attune__local__field__init(fields[i]);
        fields[i]->name = payload->fields[i]->name;
        fields[i]->text = payload->fields[i]->text;
        fields[i]->number = payload->fields[i]->number;
    }
    *out = fields;
    *count = payload->n_fields;
    return 0;
}

int
fields_check_due(const struct core *core, const struct kind *kind,
                 Attune__Local__Field *const *fields, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const struct kind_field *row = kind_field(kind, fields[i]->name);
        if (row != NULL && row->type == FIELD_TIME && fields[i]->number <= core->now_s) {
            return E_TIME;
        }
    }
    return 0;
}
