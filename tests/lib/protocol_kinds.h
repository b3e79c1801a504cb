/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The tables of PROTOCOL.md that come from the kind table: states, kinds, when they are
 * due, what they wait for, fields, acts. Each function is a test of
 * test_protocol_tables.c, which owns `page`.
 */
#ifndef ATTUNE_TESTS_PROTOCOL_KINDS_H
#define ATTUNE_TESTS_PROTOCOL_KINDS_H

#include "tests/lib/protocol_page.h"

#include "common/kind.h"
#include "common/limits.h"

static struct page page;

static inline void
put_states(struct buf *out, uint32_t states)
{
    const char *before = "";
    for (unsigned i = 0; i < STATES_COUNT; i++) {
        if ((states & STATE_BIT(i)) != 0) {
            buf_printf(out, "%s%s", before, state_name((enum state)i));
            before = ", ";
        }
    }
}

static inline const char *
who_name(enum act_who who)
{
    return who == WHO_AUTHOR ? "author" : who == WHO_PARTNER ? "partner" : "either";
}

static inline void
states_are_all(void **state)
{
    (void)state;
    struct buf body = {0};
    buf_put_text(&body, "| number | state |\n|---|---|\n");
    for (unsigned i = 0; i < STATES_COUNT; i++) {
        buf_printf(&body, "| %u | `%s` |\n", i, state_name((enum state)i));
    }
    page_expect_table(&page, "states", &body);
}

/* What is put between commas. */
static inline void
put_item(struct buf *out, const char *text)
{
    bool first = out->size == 0 || out->data[out->size - 1] == ' ';
    buf_printf(out, "%s%s", first ? "" : ", ", text);
}

/* As put_item, and the names of states after it. */
static inline void
put_item_states(struct buf *out, const char *text, uint32_t states)
{
    put_item(out, text);
    put_states(out, states);
}

static inline void
put_policies(struct buf *out, const struct kind *kind)
{
    const struct {
        bool has;
        const char *name;
    } flags[] = {
        {kind->reply, "reply"},
        {kind->to_partner, "to the partner"},
        {kind->for_two, "for two"},
        {kind->calm, "not in a pause"},
        {kind->round_asked, "answers a question"},
        {kind->asks, "asks"},
        {kind->deals, "deals"},
        {kind->joins, "joins"},
        {kind->mends, "mends"},
        {kind->fades, "fades"},
        {kind->pauses, "pauses"},
        {kind->sealed == SEALED_SHOWN, "sealed"},
        {kind->sealed == SEALED_HIDDEN, "sealed and hidden"},
        {kind->recurring, "recurring"},
        {kind->consent != CONSENT_NONE, "consent"},
        {kind->hidden, "hidden"},
        {kind->mood != NULL, "mood"},
        {kind->drawn, "drawn"},
    };
    for (size_t i = 0; i < sizeof flags / sizeof flags[0]; i++) {
        if (flags[i].has) {
            put_item(out, flags[i].name);
        }
    }
    if (kind->rounds != 0) {
        put_item(out, "");
        buf_printf(out, "%u rounds", kind->rounds);
    }
    if (kind->with_root != NULL) {
        put_item(out, "");
        buf_printf(out, "with root `%s`", kind->with_root);
    }
}

static inline void
kinds_are_all(void **state)
{
    (void)state;
    struct buf body = {0};
    buf_put_text(&body, "| kind | reach by default | may be shared | hold | begins "
                        "| policies |\n|---|---|---|---|---|---|\n");
    for (size_t i = 0; i < kind_count(); i++) {
        const struct kind *kind = kind_at(i);
        buf_printf(&body, "| `%s` | %s | %s | %u s | %s | ", kind->name,
                   kind->mine ? "mine" : "ours", kind->shareable ? "yes" : "no",
                   kind->hold_s, state_name(kind_begins(kind)));
        put_policies(&body, kind);
        buf_put_text(&body, " |\n");
    }
    page_expect_table(&page, "kinds", &body);
}

static inline void
dues_are_all(void **state)
{
    (void)state;
    static const char *const whom[] = {
        [REMIND_NOBODY] = "nobody", [REMIND_AUTHOR] = "author", [REMIND_BOTH] = "both"};
    struct buf body = {0};
    buf_put_text(&body, "| kind | due field | reminds | while |\n|---|---|---|---|\n");
    for (size_t i = 0; i < kind_count(); i++) {
        const struct kind *kind = kind_at(i);
        if (kind->due.field != NULL) {
            buf_printf(&body, "| `%s` | `%s` | %s | ", kind->name, kind->due.field,
                       whom[kind->due.remind]);
            put_states(&body, kind->due.states);
            buf_put_text(&body, " |\n");
        }
    }
    page_expect_table(&page, "dues", &body);
}

/* Where a kind waits for somebody's word, and the acts that are one. */
static inline void
waits_are_all(void **state)
{
    (void)state;
    const struct kind_act *act;
    struct buf body = {0};
    buf_put_text(&body, "| kind | waits in | for |\n|---|---|---|\n");
    for (size_t i = 0; i < kind_count(); i++) {
        const struct kind *kind = kind_at(i);
        if (kind->waits == 0) {
            continue;
        }
        buf_printf(&body, "| `%s` | ", kind->name);
        put_states(&body, kind->waits);
        buf_put_text(&body, " | ");
        for (size_t a = 0; (act = kind_act_at(kind, a)) != NULL; a++) {
            if (act->key != 0 && !act->by_itself && (act->from & kind->waits) != 0) {
                put_item(&body, act->name);
            }
        }
        buf_put_text(&body, " |\n");
    }
    page_expect_table(&page, "waits", &body);
}

static inline void
agenda_is_all(void **state)
{
    (void)state;
    struct buf body = {0};
    buf_put_text(&body, "| kind | in |\n|---|---|\n");
    for (size_t i = 0; i < kind_count(); i++) {
        const struct kind *kind = kind_at(i);
        if (kind->agenda != 0) {
            buf_printf(&body, "| `%s` | ", kind->name);
            put_states(&body, kind->agenda);
            buf_put_text(&body, " |\n");
        }
    }
    page_expect_table(&page, "agenda", &body);
}

static inline void
put_bounds(struct buf *out, const struct kind_field *field)
{
    switch (field->type) {
    case FIELD_LINE:
    case FIELD_TEXT:
        buf_printf(out, "%u bytes", kind_field_bytes_max(field));
        if (field->chars_max != 0) {
            buf_printf(out, ", %u characters", field->chars_max);
        }
        break;
    case FIELD_INNER:
        buf_printf(out, "%u bytes", LINE_BYTES_MAX);
        break;
    case FIELD_NUMBER:
    case FIELD_DURATION:
        buf_printf(out, "%lld to %lld", (long long)field->min, (long long)field->max);
        break;
    case FIELD_CLOCK:
        buf_put_text(out, "0 to 1439");
        break;
    case FIELD_TIME:
        buf_put_text(out, "above 0");
        break;
    case FIELD_CHOICE:
        buf_put_text(out, field->choices);
        break;
    case FIELD_EVERY:
        buf_put_text(out, "a rhythm");
        break;
    case FIELD_NONE:
    default:
        break;
    }
    if (field->fallback != 0) {
        buf_printf(out, "; missing: %lld", (long long)field->fallback);
    }
}

static inline void
put_field(struct buf *out, const char *kind, const struct kind_field *field,
          const char *where)
{
    static const char *const types[] = {
        [FIELD_LINE] = "line",         [FIELD_TEXT] = "text",
        [FIELD_NUMBER] = "number",     [FIELD_TIME] = "time",
        [FIELD_CHOICE] = "choice",     [FIELD_DURATION] = "duration",
        [FIELD_CLOCK] = "clock",       [FIELD_EVERY] = "every",
        [FIELD_INNER] = "inner",
    };
    buf_printf(out, "| %s | `%s` | %s | %s | ", kind, field->name, types[field->type],
               where);
    put_bounds(out, field);
    buf_put_text(out, " |\n");
}

static inline void
fields_are_all(void **state)
{
    (void)state;
    const struct kind_field *field;
    struct buf body = {0};
    char name[32];
    buf_put_text(&body, "| kind | field | type | in | bounds |\n|---|---|---|---|---|\n");
    for (size_t i = 0; i < kind_count(); i++) {
        const struct kind *kind = kind_at(i);
        size_t said = sizeof kind->said_fields / sizeof kind->said_fields[0];
        (void)snprintf(name, sizeof name, "`%s`", kind->name);
        for (size_t f = 0; f < kind_fields_count(kind); f++) {
            field = &kind->fields[f];
            put_field(&body, name, field,
                      field->required ? "entry, required" : "entry");
        }
        for (size_t f = 0; f < said && kind->said_fields[f].type != FIELD_NONE; f++) {
            put_field(&body, name, &kind->said_fields[f], "act");
        }
    }
    for (size_t f = 0; (field = kind_common_field(f)) != NULL; f++) {
        put_field(&body, "any", field, "entry");
    }
    page_expect_table(&page, "fields", &body);
}

static inline void
put_rules(struct buf *out, const struct kind_act *act)
{
    const struct {
        bool has;
        const char *name;
    } rules[] = {
        {act->proposes, "proposes"}, {act->adopts, "adopts"}, {act->sets, "sets"},
        {act->both, "both"},         {act->root, "root"},     {act->round, "next round"},
        {act->by_itself, "by itself"},
    };
    for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++) {
        if (rules[i].has) {
            put_item(out, rules[i].name);
        }
    }
    if (act->closes) {
        put_item_states(out, "last round: ", STATE_BIT(act->last));
    }
    if (act->with_root != NULL) {
        put_item(out, "");
        buf_printf(out, "with root `%s`", act->with_root);
    }
}

static inline void
acts_are_all(void **state)
{
    (void)state;
    const struct kind_act *act;
    struct buf body = {0};
    buf_put_text(&body, "| kind | act | by | from | to | carries | rules |\n"
                        "|---|---|---|---|---|---|---|\n");
    for (size_t i = 0; i < kind_count(); i++) {
        const struct kind *kind = kind_at(i);
        for (size_t a = 0; (act = kind_act_at(kind, a)) != NULL; a++) {
            buf_printf(&body, "| `%s` | `%s` | %s | ", kind->name, act->name,
                       who_name(act->who));
            put_states(&body, act->from);
            buf_printf(&body, " | %s | %s%s | ", state_name(act->to),
                       act->asks != NULL ? act->asks : "", act->optional ? " or not" : "");
            put_rules(&body, act);
            buf_put_text(&body, " |\n");
        }
    }
    page_expect_table(&page, "acts", &body);
}

#endif
