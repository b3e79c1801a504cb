/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/bench/workload.h"

#include "clients/lib/attune.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum {
    RARE = 6,
    COMMON = 10015,
    PER = 100000,
    VOCABULARY_ROOT = 90,
    TEXT_BYTES_MIN = 40
};

static const double median_bytes = 242;
static const double spread = 0.645; /* mean / median = exp(spread * spread / 2) */

/* splitmix64: any number is as good a start as any other. */
static uint64_t
next(uint64_t *state)
{
    *state += UINT64_C(0x9e3779b97f4a7c15);
    uint64_t value = *state;
    value = (value ^ (value >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    value = (value ^ (value >> 27)) * UINT64_C(0x94d049bb133111eb);
    return value ^ (value >> 31);
}

static uint32_t
below(uint64_t *state, uint32_t bound)
{
    return (uint32_t)(next(state) >> 33) % bound;
}

static double
unit(uint64_t *state)
{
    return ((double)(next(state) >> 11) + 0.5) / 9007199254740992.0;
}

static size_t
draw_bytes(uint64_t *state)
{
    double radius = sqrt(-2 * log(unit(state)));
    double normal = radius * cos(6.283185307179586 * unit(state));
    double bytes = median_bytes * exp(spread * normal);
    return bytes < TEXT_BYTES_MIN            ? TEXT_BYTES_MIN
           : bytes > WORKLOAD_TEXT_BYTES_MAX ? WORKLOAD_TEXT_BYTES_MAX
                                             : (size_t)bytes;
}

static uint32_t
share(uint32_t size, uint32_t of)
{
    uint64_t count = ((uint64_t)size * of + PER / 2) / PER;
    return count < 2 ? 2 : (uint32_t)count;
}

uint32_t
workload_count(const struct workload *workload, const char *word)
{
    return share(workload->size, strcmp(word, WORKLOAD_RARE) == 0 ? RARE : COMMON);
}

/* Whether one of `count` marks, spread evenly over `size`, falls on this number. */
static bool
marked(uint32_t number, uint32_t count, uint32_t size)
{
    uint64_t now = (uint64_t)number * count / size;
    uint64_t then = ((uint64_t)number + 1) * count / size;
    return then > now;
}

/* Appends a word, or false when it doesn't fit whole. */
static bool
put_word(struct workload_entry *out, size_t want, const char *word)
{
    size_t size = strlen(word);
    size_t gap = out->text_bytes > 0 ? 1 : 0;
    if (out->text_bytes + gap + size > want) {
        return false;
    }
    if (gap > 0) {
        out->text[out->text_bytes++] = ' ';
    }
    memcpy(out->text + out->text_bytes, word, size);
    out->text_bytes += size;
    return true;
}

/* Syllables of a number: pronounceable, unique, two to eight letters. */
static void
spell(uint32_t word, char *out, size_t size_max)
{
    static const char *const heads[] = {"b", "d",   "f",  "g",  "h",  "k", "l",
                                        "m", "n",   "p",  "r",  "s",  "t", "v",
                                        "w", "sch", "br", "st", "tr", "kl"};
    static const char *const tails[] = {"a",  "e",  "i",  "o",  "u",  "ä",  "ei",
                                        "au", "en", "er", "in", "el", "ar", "ol",
                                        "ut", "é",  "an", "es", "ie", "un"};
    size_t size = 0;
    do {
        size += (size_t)snprintf(out + size, size_max - size, "%s%s", heads[word % 20],
                                 tails[word / 20 % 20]);
        word /= 400;
    } while (word > 0);
}

static void
fill_text(const struct workload *workload, uint32_t number, uint64_t *state,
          size_t want, struct workload_entry *out)
{
    char word[64];
    out->text_bytes = 0;
    if (marked(number, share(workload->size, RARE), workload->size)) {
        (void)put_word(out, want, WORKLOAD_RARE);
    }
    if (marked(number, share(workload->size, COMMON), workload->size)) {
        (void)put_word(out, want, WORKLOAD_COMMON);
    }
    do {
        spell(below(state, VOCABULARY_ROOT) * below(state, VOCABULARY_ROOT), word,
              sizeof word);
    } while (put_word(out, want, word));
    while (out->text_bytes < TEXT_BYTES_MIN) {
        out->text[out->text_bytes++] = '.';
    }
    out->text[out->text_bytes] = '\0';
}

static uint64_t
start_of(const struct workload *workload, uint32_t number)
{
    return workload->seed * UINT64_C(0x9e3779b97f4a7c15) + (uint64_t)number * 1000003;
}

static void
draw_id(uint64_t *state, uint8_t id[static ID_BYTES])
{
    uint64_t halves[2] = {next(state), next(state)};
    memcpy(id, halves, ID_BYTES);
}

/* Whose entries are a text that leaves at once, whatever else there is: no seals, nothing
 * that needs a partner, no thread that is being mended, no questions for the days after. */
static bool
is_plain(const struct kind *kind)
{
    const struct kind_field *first = &kind->fields[0];
    return kind->shareable && !kind->hidden && kind->sealed == SEALED_NOT &&
           !kind->for_two && !kind->to_partner && !kind->joins && !kind->mends &&
           !kind->deals && (first->type == FIELD_LINE || first->type == FIELD_TEXT);
}

void
workload_make(const struct workload *workload, uint32_t number,
              struct workload_entry *out)
{
    uint64_t state = start_of(workload, number);
    uint64_t before = start_of(workload, number > 0 ? number - 1 : 0);
    draw_id(&state, out->id);
    draw_id(&before, out->parent);
    size_t want = draw_bytes(&state);
    do {
        out->kind = kind_at(below(&state, (uint32_t)kind_count()));
    } while ((out->kind->reply && number == 0) || !is_plain(out->kind) ||
             kind_field_bytes_max(&out->kind->fields[0]) < want);
    out->theirs = below(&state, 2) == 1;
    fill_text(workload, number, &state, want, out);
}

/* A value for a required field that isn't the text. */
static void
put_field(Attune__Local__Field *out, const struct kind_field *field)
{
    switch (field->type) {
    case FIELD_NUMBER:
    case FIELD_DURATION:
        attune_field_number(out, field->name, field->min);
        break;
    case FIELD_CLOCK:
        attune_field_number(out, field->name, field->fallback);
        break;
    case FIELD_TIME:
        attune_field_number(out, field->name, INT64_C(4102444800)); /* 2100 */
        break;
    case FIELD_CHOICE:
        attune_field_text(out, field->name,
                          span_of(field->choices, strcspn(field->choices, " ")));
        break;
    case FIELD_EVERY:
        attune_field_text(out, field->name, span_text("daily"));
        break;
    case FIELD_NONE:
    case FIELD_LINE:
    case FIELD_TEXT:
    case FIELD_INNER:
        attune_field_text(out, field->name, span_text("something"));
        break;
    }
}

Attune__Local__Entry *
workload_request(struct workload_entry *entry)
{
    Attune__Local__Entry *message = &entry->message;
    attune__local__entry__init(message);
    message->id = attune_bytes(span_of(entry->id, ID_BYTES));
    message->kind = attune_text(entry->kind->name);
    if (entry->kind->reply) {
        message->parent = attune_bytes(span_of(entry->parent, ID_BYTES));
    }
    for (size_t i = 0; i < kind_fields_count(entry->kind); i++) {
        const struct kind_field *field = &entry->kind->fields[i];
        Attune__Local__Field *out = &entry->fields[message->n_fields];
        if (i == 0) {
            attune_field_text(out, field->name,
                              span_of(entry->text, entry->text_bytes));
        } else if (field->required) {
            put_field(out, field);
        } else {
            continue;
        }
        entry->pointers[message->n_fields++] = out;
    }
    message->fields = entry->pointers;
    return message;
}
