/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "common/kind.h"

#include <string.h>

#define KIND(name) extern const struct kind kind_##name;
#include "common/kinds/kinds.def"
#undef KIND

static const struct kind *const kinds[] = {
#define KIND(name) &kind_##name,
#include "common/kinds/kinds.def"
#undef KIND
};

static const struct common_act common_acts[] = {
    {"share", "Let your partner see a private entry; your own later step"},
    {"retract", "Take an entry back: its text goes on both sides"},
    {"undo", "Stop what is still held, or take back your last private act"},
};

static const char *const states[STATES_COUNT] = {
#define X(name, text) text,
    STATES(X)
#undef X
};

const char *
state_name(enum state state)
{
    return (unsigned)state < STATES_COUNT ? states[state] : "unknown";
}

size_t
kind_count(void)
{
    return sizeof kinds / sizeof kinds[0];
}

const struct kind *
kind_at(size_t index)
{
    return kinds[index];
}

const struct kind *
kind_find(const char *name)
{
    for (size_t i = 0; i < kind_count(); i++) {
        if (strcmp(kinds[i]->name, name) == 0) {
            return kinds[i];
        }
    }
    return NULL;
}

size_t
kind_fields_count(const struct kind *kind)
{
    size_t count = 0;
    while (count < FIELDS_MAX && kind->fields[count].type != FIELD_NONE) {
        count++;
    }
    return count;
}

size_t
kind_acts_count(const struct kind *kind)
{
    size_t count = 0;
    while (count < sizeof kind->acts / sizeof kind->acts[0] &&
           kind->acts[count].name != NULL) {
        count++;
    }
    return count;
}

const struct kind_field *
kind_field(const struct kind *kind, const char *name)
{
    size_t count = kind_fields_count(kind);
    for (size_t i = 0; i < count; i++) {
        if (strcmp(kind->fields[i].name, name) == 0) {
            return &kind->fields[i];
        }
    }
    return NULL;
}

const struct kind_act *
kind_act(const struct kind *kind, const char *name)
{
    size_t count = kind_acts_count(kind);
    for (size_t i = 0; i < count; i++) {
        if (strcmp(kind->acts[i].name, name) == 0) {
            return &kind->acts[i];
        }
    }
    return NULL;
}

uint32_t
kind_field_bytes_max(const struct kind_field *field)
{
    if (field->bytes_max != 0) {
        return field->bytes_max;
    }
    return field->type == FIELD_TEXT ? TEXT_BYTES_MAX : LINE_BYTES_MAX;
}

size_t
common_acts_count(void)
{
    return sizeof common_acts / sizeof common_acts[0];
}

const struct common_act *
common_act_at(size_t index)
{
    return &common_acts[index];
}

/* The index-th distinct act of the kinds, or NULL. */
static const struct kind_act *
distinct_act(size_t index)
{
    for (size_t k = 0; k < kind_count(); k++) {
        size_t acts = kind_acts_count(kinds[k]);
        for (size_t a = 0; a < acts; a++) {
            bool seen = false;
            for (size_t before = 0; before < k && !seen; before++) {
                seen = kind_act(kinds[before], kinds[k]->acts[a].name) != NULL;
            }
            if (!seen && index-- == 0) {
                return &kinds[k]->acts[a];
            }
        }
    }
    return NULL;
}

size_t
act_names_count(void)
{
    size_t count = 0;
    while (distinct_act(count) != NULL) {
        count++;
    }
    return count + common_acts_count();
}

const char *
act_name_at(size_t index)
{
    const struct kind_act *act = distinct_act(index);
    if (act != NULL) {
        return act->name;
    }
    size_t distinct = act_names_count() - common_acts_count();
    return index - distinct < common_acts_count() ? common_acts[index - distinct].name
                                                  : NULL;
}

const char *
act_help(const char *name)
{
    for (size_t i = 0; i < common_acts_count(); i++) {
        if (strcmp(common_acts[i].name, name) == 0) {
            return common_acts[i].help;
        }
    }
    for (size_t i = 0; i < kind_count(); i++) {
        const struct kind_act *act = kind_act(kinds[i], name);
        if (act != NULL) {
            return act->help;
        }
    }
    return NULL;
}
