/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "clients/cli/args.h"

#include "common/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define ID_CHARS_MIN 3u
#define ID_CHARS_MAX 26u

struct parser {
    int argc;
    const char *const *argv;
    int at;              /* the next word */
    const char *pending; /* after --topic: its value, or the only word; or NULL */
    enum flag pending_flag;
    struct args *out;
    struct args_problem *problem;
};

bool
args_has(const struct args *args, enum flag flag)
{
    return args->flags[flag] != NULL;
}

const char *
args_field(const struct args *args, const char *name)
{
    for (size_t i = 0; i < args->fields_count; i++) {
        if (strcmp(args->fields[i].name, name) == 0) {
            return args->fields[i].value;
        }
    }
    return NULL;
}

void
args_line(const struct args *args, struct buf *out)
{
    for (size_t i = 0; i < args->words_count; i++) {
        buf_put_text(out, i > 0 ? " " : "");
        buf_put_text(out, args->words[i]);
    }
}

bool
args_id_shaped(const char *word)
{
    if (strcmp(word, "@last") == 0) {
        return true;
    }
    size_t chars = strlen(word);
    /* Crockford's letters and digits, and those it reads as digits; never u. */
    return chars >= ID_CHARS_MIN && chars <= ID_CHARS_MAX &&
           strspn(word, "0123456789abcdefghijklmnopqrstvwxyz"
                        "ABCDEFGHIJKLMNOPQRSTVWXYZ") == chars;
}

__attribute__((format(printf, 2, 3))) static int
refuse(struct parser *parser, const char *format, ...)
{
    va_list list;
    va_start(list, format);
    (void)vsnprintf(parser->problem->why, ARGS_WHY_BYTES, format, list);
    va_end(list);
    if (parser->problem->hint[0] == '\0') {
        const char *name = parser->out->command.name;
        (void)snprintf(parser->problem->hint, ARGS_WHY_BYTES, "attune help%s%s",
                       name != NULL ? " " : "", name != NULL ? name : "");
    }
    return E_USAGE;
}

/* Keeps the nearer of two option names. */
static void
nearer(const char *word, const char *name, const char **nearest, size_t *best)
{
    size_t distance = commands_distance(word, name);
    if (distance < *best) {
        *best = distance;
        *nearest = name;
    }
}

static int
refuse_option(struct parser *parser, const char *word)
{
    const struct command *command = &parser->out->command;
    const char *nearest = NULL;
    size_t best = 3;
    if (command->kind != NULL && command->kind->for_two &&
        strcmp(word, commands_flag(FLAG_MINE)->name) == 0) {
        return refuse(parser, "attune %s is always for both of you.", command->name);
    }
    for (unsigned i = 0; i < FLAGS_COUNT; i++) {
        if ((command->flags & FLAG_BIT(i)) != 0 && commands_flag(i)->name[0] != '\0') {
            nearer(word, commands_flag(i)->name, &nearest, &best);
        }
    }
    const struct kind_field *field;
    for (size_t i = 0; (field = commands_field(command, i)) != NULL; i++) {
        nearer(word, field->name, &nearest, &best);
    }
    if (nearest != NULL) {
        (void)snprintf(parser->problem->hint, ARGS_WHY_BYTES, "Did you mean --%s?",
                       nearest);
    }
    return refuse(parser, "attune %s has no such option.", command->name);
}

/* The value of an option: after its =, or the next word. */
static int
take_value(struct parser *parser, const char *name, const char *attached,
           const char **out)
{
    if (attached != NULL) {
        *out = attached;
        return 0;
    }
    if (parser->at >= parser->argc) {
        return refuse(parser, "%s%s needs a value.", name[1] == '\0' ? "-" : "--",
                      name);
    }
    *out = parser->argv[parser->at++];
    return 0;
}

static int
take_flag(struct parser *parser, enum flag flag, const char *attached)
{
    struct args *out = parser->out;
    const struct flag_row *row = commands_flag(flag);
    char letter[2] = {row->letter, '\0'};
    const char *name = row->name[0] != '\0' ? row->name : letter;
    const char *dashes = name[1] == '\0' ? "-" : "--";
    if (out->flags[flag] != NULL) {
        return refuse(parser, "%s%s stands there twice.", dashes, name);
    }
    if (commands_flag_attached(row)) {
        out->flags[flag] = attached != NULL ? attached : "";
        if (attached == NULL && parser->at < parser->argc &&
            parser->argv[parser->at][0] != '-') {
            parser->pending = parser->argv[parser->at++];
            parser->pending_flag = flag;
        }
        return 0;
    }
    if (row->value == NULL) {
        if (attached != NULL) {
            return refuse(parser, "%s%s takes no value.", dashes, name);
        }
        out->flags[flag] = "";
        return 0;
    }
    return take_value(parser, name, attached, &out->flags[flag]);
}

static int
take_field(struct parser *parser, const struct kind_field *field, const char *attached)
{
    struct args *out = parser->out;
    if (args_field(out, field->name) != NULL) {
        return refuse(parser, "--%s stands there twice.", field->name);
    }
    const char *value = NULL;
    int rc = take_value(parser, field->name, attached, &value);
    if (rc == 0) {
        /* As many as the verb has fields at most, so they fit. */
        out->fields[out->fields_count++] = (struct args_field){field->name, value};
    }
    return rc;
}

static int
take_long(struct parser *parser, const char *word)
{
    const struct command *command = &parser->out->command;
    char name[FIELD_NAME_BYTES_MAX + 1];
    const char *equals = strchr(word, '=');
    size_t size = equals != NULL ? (size_t)(equals - word) : strlen(word);
    const char *attached = equals != NULL ? equals + 1 : NULL;
    if (size >= sizeof name) {
        return refuse_option(parser, "");
    }
    memcpy(name, word, size);
    name[size] = '\0';
    for (unsigned i = 0; i < FLAGS_COUNT; i++) {
        if ((command->flags & FLAG_BIT(i)) != 0 && size > 0 &&
            strcmp(commands_flag(i)->name, name) == 0) {
            return take_flag(parser, i, attached);
        }
    }
    const struct kind_field *field = commands_field_find(command, name);
    return field != NULL ? take_field(parser, field, attached)
                         : refuse_option(parser, name);
}

static int
take_letter(struct parser *parser, const char *word)
{
    const struct command *command = &parser->out->command;
    for (unsigned i = 0; i < FLAGS_COUNT; i++) {
        if ((command->flags & FLAG_BIT(i)) != 0 && commands_flag(i)->letter != 0 &&
            commands_flag(i)->letter == word[0]) {
            /* `-n20` is `-n 20`. */
            return take_flag(parser, i, word[1] != '\0' ? word + 1 : NULL);
        }
    }
    return refuse_option(parser, word);
}

static int
take_word(struct parser *parser, const char *word)
{
    struct args *out = parser->out;
    if (parser->pending != NULL) { /* another word came, so that one was the value */
        out->flags[parser->pending_flag] = parser->pending;
        parser->pending = NULL;
    }
    bool id = out->command.takes == TAKES_ID || out->command.takes == TAKES_ID_LINE;
    bool first = out->id == NULL && out->words_count == 0;
    if (id && first && args_id_shaped(word)) {
        out->id = word;
        return 0;
    }
    switch (out->command.takes) {
    case TAKES_NOTHING:
        return refuse(parser, "attune %s takes no words.", out->command.name);
    case TAKES_ID:
        return refuse(
            parser, out->id == NULL ? "That is not an id." : "attune %s takes one id.",
            out->command.name);
    case TAKES_LINE:
    case TAKES_ID_LINE:
    case TAKES_WORDS:
    case TAKES_SIGNED:
        break;
    }
    if (out->words_count == ARGS_WORDS_MAX) {
        return refuse(parser, "Those are too many words; put them in quotes.");
    }
    out->words[out->words_count++] = word;
    return 0;
}

/* `tell "…" --topic work` has its line already; in `tell --topic "…"` the word is the line,
 * and the topic is asked for. */
static int
settle_pending(struct parser *parser)
{
    struct args *out = parser->out;
    const char *word = parser->pending;
    parser->pending = NULL;
    if (word == NULL) {
        return 0;
    }
    if (out->id != NULL || out->words_count > 0) {
        out->flags[parser->pending_flag] = word;
        return 0;
    }
    return take_word(parser, word);
}

/* What every verb shares: --help asks for its page. */
static int
ask_help(struct args *out)
{
    const char *verb = out->command.name;
    *out = (struct args){0};
    if (!commands_find("help", &out->command)) {
        return E_INTERNAL;
    }
    if (verb != NULL) {
        out->words[out->words_count++] = verb;
    }
    return 0;
}

static int
take_verb(struct parser *parser)
{
    const char *verb = parser->argv[parser->at++];
    struct args *out = parser->out;
    if (strcmp(verb, "--help") == 0) {
        return ask_help(out);
    }
    if (strcmp(verb, "--version") == 0) {
        verb = "version"; /* what other programs call it; the one exception */
    }
    if (commands_find(verb, &out->command)) {
        return 0;
    }
    const char *nearest = commands_nearest(verb);
    if (nearest != NULL) {
        (void)snprintf(parser->problem->hint, ARGS_WHY_BYTES, "Did you mean: attune %s",
                       nearest);
    }
    return refuse(parser, "There is no such verb.");
}

static int
parse(struct parser *parser)
{
    struct args *out = parser->out;
    if (parser->argc <= 1) {
        return 0; /* bare attune */
    }
    /* The only option without a verb is for bare attune: today as JSON. */
    if (strcmp(parser->argv[1], "--json") == 0 && parser->argc == 2) {
        out->flags[FLAG_JSON] = "";
        return 0;
    }
    int rc = take_verb(parser);
    bool ended = false;
    while (rc == 0 && parser->at < parser->argc) {
        const char *word = parser->argv[parser->at++];
        bool signed_word = out->command.takes == TAKES_SIGNED && word[1] != '-';
        if (ended || word[0] != '-' || word[1] == '\0' || signed_word) {
            rc = take_word(parser, word);
        } else if (strcmp(word, "--") == 0) {
            ended = true;
        } else if (strcmp(word, "--help") == 0) {
            return ask_help(out);
        } else if (word[1] == '-') {
            rc = take_long(parser, word + 2);
        } else {
            rc = take_letter(parser, word + 1);
        }
    }
    rc = rc == 0 ? settle_pending(parser) : rc;
    if (rc == 0 && args_has(out, FLAG_MINE) && args_has(out, FLAG_OURS)) {
        return refuse(parser, "--mine and --ours say opposite things.");
    }
    return rc;
}

int
args_parse(int argc, const char *const *argv, struct args *out,
           struct args_problem *problem)
{
    struct args parsed = {0};
    struct args_problem found = {0};
    struct parser parser = {
        .argc = argc, .argv = argv, .at = 1, .out = &parsed, .problem = &found};
    int rc = parse(&parser);
    if (rc != 0) {
        *problem = found;
        return rc;
    }
    *out = parsed;
    return 0;
}

int
args_take(int argc, char **argv, struct buf *block, const char *const **out)
{
    size_t pointers_size = ((size_t)argc + 1) * sizeof(char *);
    size_t text_size = 0;
    for (int i = 0; i < argc; i++) {
        text_size += strlen(argv[i]) + 1;
    }
    /* malloc's alignment suits the pointers at the front of the block. */
    uint8_t *memory = buf_reserve(block, pointers_size + text_size);
    if (memory == NULL) {
        return E_MEMORY;
    }
    uint8_t *text = memory + pointers_size;
    for (int i = 0; i < argc; i++) {
        size_t size = strlen(argv[i]) + 1;
        memcpy(text, argv[i], size);
        const char *copy = (const char *)text;
        memcpy(memory + (size_t)i * sizeof copy, &copy, sizeof copy);
        text += size;
        if (i > 0) {
            bytes_wipe(argv[i], size - 1);
        }
    }
    memset(memory + (size_t)argc * sizeof(char *), 0, sizeof(char *));
    buf_advance(block, pointers_size + text_size);
    *out = (const char *const *)(const void *)memory;
    return 0;
}
