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

/* Beside its own fields, every entry that is shared may say how to take it. */
static const struct kind_field common_fields[] = {
    {"how", FIELD_LINE, .help = "hug, just listen: how to receive this, shown before it"},
    {"may-tell", FIELD_LINE, .help = "Mia, my sister: who may hear of it; else ours only"},
    {"topic", FIELD_INNER, .prompt = "Topic", .help = "what it is about"},
};

/* What a thread brings that is being mended: both have to say that it is. */
static const struct kind_act mend_acts[] = {
    {"repaired",
     STATE_BIT(S_OPEN) | STATE_BIT(S_CHANGED) | STATE_BIT(S_SEALED) | STATE_BIT(S_PAUSED) |
         STATE_BIT(S_BACK) | STATE_BIT(S_TALKED) | STATE_BIT(S_AUTHOR) | STATE_BIT(S_PARTNER),
     S_REPAIRED, WHO_EITHER, .both = true, .root = true, .said = "says it is mended",
     .help = "It is mended; counts when you both say so"},
};

/* What a sealed entry brings: attune opens it by itself. */
static const struct kind_act seal_acts[] = {
    {"reveal", STATE_BIT(S_SEALED) | STATE_BIT(S_AUTHOR) | STATE_BIT(S_PARTNER), S_OPEN,
     WHO_AUTHOR, .by_itself = true, .said = "opened it",
     .help = "Opens when both are in"},
};

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

size_t
kind_fields_count(const struct kind *kind)
{
    size_t count = 0;
    while (count < FIELDS_MAX && kind->fields[count].type != FIELD_NONE) {
        count++;
    }
    return count;
}

bool
kind_is_form(const struct kind *kind)
{
    size_t texts = 0;
    for (size_t i = 0; i < kind_fields_count(kind); i++) {
        texts += kind->fields[i].asked && kind_field_is_text(&kind->fields[i]);
    }
    return texts > 1;
}

const struct kind *
kind_that_asks(void)
{
    size_t i = 0;
    while (!kinds[i]->asks) {
        i++;
    }
    return kinds[i];
}

const struct kind *
kind_that_answers(void)
{
    size_t i = 0;
    while (!kinds[i]->round_asked) {
        i++;
    }
    return kinds[i];
}

const struct kind_field *
kind_common_field(size_t index)
{
    return index < COUNT(common_fields) ? &common_fields[index] : NULL;
}

const struct kind_act *
kind_act_at(const struct kind *kind, size_t index)
{
    size_t own = 0;
    while (own < KIND_ACTS_MAX && kind->acts[own].name != NULL) {
        own++;
    }
    if (index < own) {
        return &kind->acts[index];
    }
    index -= own;
    if (kind->fades) {
        if (index < COUNT(mend_acts)) {
            return &mend_acts[index];
        }
        index -= COUNT(mend_acts);
    }
    return kind->sealed != SEALED_NOT && index < COUNT(seal_acts) ? &seal_acts[index]
                                                                  : NULL;
}

size_t
kind_acts_count(const struct kind *kind)
{
    size_t count = 0;
    while (kind_act_at(kind, count) != NULL) {
        count++;
    }
    return count;
}

static const struct kind_field *
field_in(const struct kind_field *fields, size_t max, const char *name)
{
    for (size_t i = 0; i < max && fields[i].type != FIELD_NONE; i++) {
        if (strcmp(fields[i].name, name) == 0) {
            return &fields[i];
        }
    }
    return NULL;
}

const struct kind_field *
kind_field(const struct kind *kind, const char *name)
{
    const struct kind_field *field = field_in(kind->fields, FIELDS_MAX, name);
    if (field == NULL) {
        field = field_in(kind->said_fields, COUNT(kind->said_fields), name);
    }
    if (field == NULL && kind->shareable) {
        field = field_in(common_fields, COUNT(common_fields), name);
    }
    return field;
}

const struct kind_act *
kind_act(const struct kind *kind, const char *name)
{
    const struct kind_act *act;
    for (size_t i = 0; (act = kind_act_at(kind, i)) != NULL; i++) {
        if (strcmp(act->name, name) == 0) {
            return act;
        }
    }
    return NULL;
}

enum state
kind_begins(const struct kind *kind)
{
    if (kind->sealed != SEALED_NOT) {
        return S_SEALED;
    }
    return kind->begins == S_NONE ? S_OPEN : kind->begins;
}

bool
kind_lives(const struct kind *kind, enum state state, bool root)
{
    const struct kind_act *act;
    for (size_t i = 0; (act = kind_act_at(kind, i)) != NULL; i++) {
        if ((act->from & STATE_BIT(state)) != 0 && (root || !act->root)) {
            return true;
        }
    }
    return false;
}

bool
kind_field_is_text(const struct kind_field *field)
{
    return field->type == FIELD_LINE || field->type == FIELD_TEXT;
}

bool
kind_field_is_number(const struct kind_field *field)
{
    return field->type == FIELD_NUMBER || field->type == FIELD_TIME ||
           field->type == FIELD_DURATION || field->type == FIELD_CLOCK;
}

uint32_t
kind_field_bytes_max(const struct kind_field *field)
{
    if (field->bytes_max != 0) {
        return field->bytes_max;
    }
    return field->type == FIELD_TEXT ? TEXT_BYTES_MAX : LINE_BYTES_MAX;
}

bool
kind_field_fits(const struct kind_field *field, struct span text)
{
    size_t chars = 0;
    for (size_t i = 0; i < text.size; i++) {
        chars += (text.data[i] & 0xc0) != 0x80; /* every byte that begins one */
    }
    return text.size <= kind_field_bytes_max(field) &&
           (field->chars_max == 0 || chars <= field->chars_max);
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

bool
act_is_common(const char *name)
{
    for (size_t i = 0; i < common_acts_count(); i++) {
        if (strcmp(common_acts[i].name, name) == 0) {
            return true;
        }
    }
    return false;
}

/* Whether a person can do an act of that name to one of the first `count` kinds. */
static bool
act_before(const char *name, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const struct kind_act *act = kind_act(kinds[i], name);
        if (act != NULL && !act->by_itself) {
            return true;
        }
    }
    return false;
}

/* The *left-th distinct act of the kinds that a person can do, or NULL; then *left is what
 * lies beyond them. */
static const struct kind_act *
distinct_act(size_t *left)
{
    for (size_t k = 0; k < kind_count(); k++) {
        const struct kind_act *act;
        for (size_t a = 0; (act = kind_act_at(kinds[k], a)) != NULL; a++) {
            if (!act->by_itself && !act_before(act->name, k) && (*left)-- == 0) {
                return act;
            }
        }
    }
    return NULL;
}

size_t
act_names_count(void)
{
    size_t left = SIZE_MAX;
    (void)distinct_act(&left);
    return SIZE_MAX - left + common_acts_count();
}

const char *
act_name_at(size_t index)
{
    size_t left = index;
    const struct kind_act *act = distinct_act(&left);
    if (act != NULL) {
        return act->name;
    }
    return left < common_acts_count() ? common_acts[left].name : NULL;
}

bool
act_exists(const char *name)
{
    return act_help(name) != NULL;
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
        if (act != NULL && !act->by_itself) {
            return act->help;
        }
    }
    return NULL;
}
