/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The tables of PROTOCOL.md: kinds, states, errors, limits, tags, messages and requests
 * are those of the code, none missing and none too many.
 */
#include "tests/lib/protocol_kinds.h"
#include "tests/lib/protocol_page.h"

#include "common/error.h"
#include "common/limits.h"
#include "common/words.h"
#include "proto/journal.pb-c.h"
#include "proto/local.pb-c.h"
#include "proto/peer.pb-c.h"

#include <ctype.h>
#include <ftw.h>
#include <sodium.h>

#define SOURCE(path) ATTUNE_SOURCE_DIR "/" path

/* ---- errors ---- */

static void
errors_are_all(void **state)
{
    (void)state;
    struct buf body = {0};
    buf_put_text(&body, "| name | number | exit |\n|---|---|---|\n");
#define ERROR(name, number, status, text, hint)                                        \
    buf_printf(&body, "| `%s` | %d | %d |\n", #name, number, status);
#include "common/error.def"
#undef ERROR
    page_expect_table(&page, "errors", &body);
}

/* ---- limits ---- */

#define LIMITS(X)                                                                      \
    X(ID_BYTES)                                                                        \
    X(HASH_BYTES) X(KEY_BYTES) X(SIGNATURE_BYTES) X(SELF_TAG_BYTES) X(SALT_BYTES)      \
        X(REQUEST_BYTES) X(LINE_BYTES_MAX) X(TEXT_BYTES_MAX) X(NAME_BYTES_MAX) X(      \
            PASSPHRASE_BYTES_MAX) X(FIELD_NAME_BYTES_MAX) X(KIND_NAME_BYTES_MAX)       \
            X(FIELDS_MAX) X(PURGES_MAX) X(HEADER_BYTES_MAX) X(PAYLOAD_BYTES_MAX) X(    \
                LAMPORT_LEAD_MAX) X(BATCH_BYTES_MAX) X(BATCH_OPS_MAX) X(BATCH_WINDOW)  \
                X(FRAME_BYTES_MAX) X(PAIR_FRAME_BYTES) X(HEADS_MAX)                    \
                    X(LOGS_PER_PERSON_MAX) X(DAY_BYTES_MAX) X(TOTAL_BYTES_MAX)         \
                        X(REQUEST_BYTES_MAX) X(REPLY_BYTES_MAX)     \
                            X(CLIENTS_MAX) X(CLIENT_OUT_BYTES_MAX) X(QUERY_LIMIT_MAX)  \
                                X(PAIR_CODE_S) X(PAIR_INVITE_S) X(PAIR_BURNT_PER_HOUR) \
                                    X(PAIR_JOIN_S) X(ADDRESSES_MAX)                    \
                                        X(PAIR_ADDRESS_BYTES_MAX) X(HOLD_S_DEFAULT)    \
                                            X(HOLD_S_MAX) X(OPS_OF_ENTRY_MAX)          \
                                            X(ACTS_OF_ENTRY_MAX) X(NOTICES_LISTED_MAX) X(REMINDERS_MAX) X(REMINDERS_SEEN_MAX) X(QUIET_S_MAX) X(GIVE_S_MAX)         \
                                            X(FADE_S) X(FADE_LONGER_S)                 \
                                                X(EPOCH_LIFE_S) X(EPOCH_KEEP_S)        \
                                                    X(RESEND_FIRST_MS)                 \
                                                        X(RESEND_LAST_MS)              \
                                                            X(ANCHOR_OPS_MAX)          \
                                                                X(ANCHOR_IDLE_MS)

static size_t
count_of(const char *text, const char *what)
{
    size_t count = 0;
    for (const char *at = text; (at = strstr(at, what)) != NULL; at++) {
        count++;
    }
    return count;
}

static void
limits_are_all(void **state)
{
    (void)state;
    struct buf file = {0};
    char row[96];
    size_t count = 0;
#define X(name)                                                                        \
    count++;                                                                           \
    (void)snprintf(row, sizeof row, "\n| `%s` | %llu |", #name,                        \
                   (unsigned long long)(name));                                        \
    if (!page_has(&page, row)) {                                                       \
        fail_msg("PROTOCOL.md lacks the row%s", row);                                  \
    }
    LIMITS(X)
#undef X
    page_file(SOURCE("common/limits.h"), &file);
    /* The list above is whole: one #define is the include guard. */
    assert_int_equal(count_of(buf_text(&file), "\n#define "), count + 1);
    buf_free(&file);
}

/* ---- tags ---- */

static struct buf sources; /* every .c of the daemon */

static int
add_source(const char *path, const struct stat *info, int type, struct FTW *ftw)
{
    (void)info;
    (void)ftw;
    size_t size = strlen(path);
    if (type == FTW_F && size > 2 && strcmp(path + size - 2, ".c") == 0) {
        page_file(path, &sources);
    }
    return 0;
}

/* Every literal that begins so has its row. Returns how many there are. */
static size_t
check_tags(const char *begin)
{
    size_t count = 0;
    const char *text = buf_text(&sources);
    for (const char *at = text; (at = strstr(at, begin)) != NULL; at++) {
        char row[64];
        size_t size = strcspn(at + 1, "\"\n");
        (void)snprintf(row, sizeof row, "\n| `%.*s` |", (int)size, at + 1);
        if (!page_has(&page, row)) {
            fail_msg("PROTOCOL.md lacks the tag%s", row);
        }
        count++;
    }
    return count;
}

/* And no row that nobody uses. */
static void
check_tag_rows(const char *begin)
{
    const char *at = buf_text(&page.text);
    while ((at = strstr(at, begin)) != NULL) {
        char tag[40];
        at += 4;
        (void)snprintf(tag, sizeof tag, "\"%.*s\"", (int)strcspn(at, "`"), at);
        if (strstr(buf_text(&sources), tag) == NULL) {
            fail_msg("PROTOCOL.md has the tag %s, the code doesn't", tag);
        }
    }
}

static void
tags_are_all(void **state)
{
    (void)state;
    assert_int_equal(nftw(SOURCE("daemon"), add_source, 8, 0), 0);
    assert_true(check_tags("\"attune.") > 15);
    assert_true(check_tags("\"atn_") > 5);
    check_tag_rows("\n| `attune.");
    check_tag_rows("\n| `atn_");
    buf_free(&sources);
}

/* ---- messages ---- */

static const ProtobufCMessageDescriptor *const messages[] = {
    &attune__journal__op_header__descriptor, &attune__journal__field__descriptor,
    &attune__journal__payload__descriptor,   &attune__journal__op__descriptor,
    &attune__peer__head__descriptor,         &attune__peer__epoch__descriptor,
    &attune__peer__batch_head__descriptor,   &attune__peer__run__descriptor,
    &attune__peer__batch_body__descriptor,   &attune__peer__hello__descriptor,
    &attune__peer__announce__descriptor,     &attune__peer__identity__descriptor,
    &attune__local__request__descriptor,     &attune__local__secret__descriptor,
    &attune__local__field__descriptor,       &attune__local__entry__descriptor,
    &attune__local__event__descriptor,       &attune__local__act__descriptor,
    &attune__local__question__descriptor,
    &attune__local__query__descriptor,       &attune__local__pair__descriptor,
    &attune__local__option__descriptor,      &attune__local__watch__descriptor,
    &attune__local__finding__descriptor,     &attune__local__status__descriptor,
    &attune__local__notice__descriptor,      &attune__local__told__descriptor,
    &attune__local__quiet__descriptor,
    &attune__local__reply__descriptor,
};

static void
field_type(const ProtobufCFieldDescriptor *field, char *out, size_t size)
{
    const char *type = "?";
    const char *many = field->label == PROTOBUF_C_LABEL_REPEATED ? "repeated " : "";
    const void *more = field->descriptor;
    if (field->type == PROTOBUF_C_TYPE_MESSAGE) {
        type = ((const ProtobufCMessageDescriptor *)more)->short_name;
    } else if (field->type == PROTOBUF_C_TYPE_ENUM) {
        type = ((const ProtobufCEnumDescriptor *)more)->short_name;
    } else if (field->type == PROTOBUF_C_TYPE_UINT32) {
        type = "uint32";
    } else if (field->type == PROTOBUF_C_TYPE_UINT64) {
        type = "uint64";
    } else if (field->type == PROTOBUF_C_TYPE_SINT32) {
        type = "sint32";
    } else if (field->type == PROTOBUF_C_TYPE_SINT64) {
        type = "sint64";
    } else if (field->type == PROTOBUF_C_TYPE_INT64) {
        type = "int64";
    } else if (field->type == PROTOBUF_C_TYPE_BOOL) {
        type = "bool";
    } else if (field->type == PROTOBUF_C_TYPE_BYTES) {
        type = "bytes";
    } else if (field->type == PROTOBUF_C_TYPE_STRING) {
        type = "string";
    }
    (void)snprintf(out, size, "%s%s", many, type);
}

static void
check_message(const ProtobufCMessageDescriptor *message)
{
    char heading[96], row[160], type[64];
    (void)snprintf(heading, sizeof heading, "\n#### %s\n", message->name);
    const char *at = strstr(buf_text(&page.text), heading);
    if (at == NULL) {
        fail_msg("PROTOCOL.md lacks the message %s", message->name);
        return;
    }
    at = strstr(at, "\n|---|---|---|---|\n");
    assert_non_null(at);
    at += 1;
    for (unsigned i = 0; i < message->n_fields; i++) {
        const ProtobufCFieldDescriptor *field = &message->fields[i];
        at = strchr(at, '\n') + 1;
        field_type(field, type, sizeof type);
        (void)snprintf(row, sizeof row, "| %u | `%s` | %s | ", field->id, field->name,
                       type);
        if (strncmp(at, row, strlen(row)) != 0) {
            fail_msg("PROTOCOL.md, %s: expected \"%s\"", message->name, row);
        }
    }
    at = strchr(at, '\n') + 1;
    if (*at == '|') {
        fail_msg("PROTOCOL.md, %s has a field too many", message->name);
    }
}

static void
messages_are_all(void **state)
{
    (void)state;
    static const char *const files[] = {SOURCE("proto/journal.proto"),
                                        SOURCE("proto/peer.proto"),
                                        SOURCE("proto/local.proto")};
    size_t declared = 0;
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        struct buf file = {0};
        page_file(files[i], &file);
        declared += count_of(buf_text(&file), "\nmessage ");
        buf_free(&file);
    }
    assert_int_equal(declared, sizeof messages / sizeof messages[0]);
    for (size_t i = 0; i < sizeof messages / sizeof messages[0]; i++) {
        check_message(messages[i]);
    }
}

/* ---- requests ---- */

/* What a row of the code's table needs, as the document writes it; "": it doesn't say. */
static const char *
needs_of(const char *line)
{
    static const char *const names[][2] = {
        {"NEEDS_NONE", "–"}, {"NEEDS_UNLOCKED", "U"}, {"NEEDS_OPEN", "O"}};
    size_t size = strcspn(line, "\n");
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        const char *at = strstr(line, names[i][0]);
        if (at != NULL && (size_t)(at - line) < size) {
            return names[i][1];
        }
    }
    return "";
}

/* Each row {"name", ... of a table in the code has its row in the document. */
static size_t
check_requests(const char *path)
{
    struct buf file = {0};
    char row[64];
    size_t count = 0;
    page_file(path, &file);
    const char *text = buf_text(&file);
    for (const char *at = text; (at = strstr(at, "\n    {\"")) != NULL; at++) {
        size_t size = strcspn(at + 7, "\"");
        (void)snprintf(row, sizeof row, "\n| `%.*s` | %s", (int)size, at + 7,
                       needs_of(at + 7));
        if (!page_has(&page, row)) {
            fail_msg("PROTOCOL.md lacks the request%s", row);
        }
        count++;
    }
    buf_free(&file);
    return count;
}

static void
requests_are_all(void **state)
{
    (void)state;
    assert_true(check_requests(SOURCE("daemon/core/requests.c")) > 0);
    size_t count = check_requests(SOURCE("daemon/rpc/handlers.c"));
    const char *at = strstr(buf_text(&page.text), "\n| name | needs | body |");
    assert_non_null(at);
    const char *close = strstr(at, "\n\n");
    assert_non_null(close);
    for (at = strstr(at, "\n| `"); at != NULL && at < close;
         at = strstr(at + 1, "\n| `")) {
        assert_true(count-- > 0);
    }
    assert_int_equal(count, 0); /* and none that the code doesn't have */
}

/* ---- words ---- */

static void
put_list(struct buf *body, const char *name, enum words_list list)
{
    crypto_generichash_state hash;
    uint8_t out[HASH_BYTES];
    size_t count = words_count(list);
    (void)crypto_generichash_init(&hash, NULL, 0, sizeof out);
    for (size_t i = 0; i < count; i++) {
        const char *word = words_get(list, i);
        (void)crypto_generichash_update(&hash, (const uint8_t *)word, strlen(word));
        (void)crypto_generichash_update(&hash, (const uint8_t *)"\n", 1);
    }
    (void)crypto_generichash_final(&hash, out, sizeof out);
    buf_printf(body, "%s: %zu words, %s to %s, ", name, count, words_get(list, 0),
               words_get(list, count - 1));
    page_put_hex(body, span_of(out, sizeof out));
}

static void
words_are_those(void **state)
{
    (void)state;
    struct buf body = {0};
    put_list(&body, "words_2048", WORDS_2048);
    put_list(&body, "words_1296", WORDS_1296);
    page_expect_fence(&page, "values", "words", &body);
}

static int
begin(void **state)
{
    (void)state;
    page_read(&page, ATTUNE_PROTOCOL_PAGE);
    return sodium_init() < 0 ? -1 : 0;
}

static int
end(void **state)
{
    (void)state;
    buf_free(&page.text);
    return 0;
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(states_are_all),
        cmocka_unit_test(kinds_are_all),
        cmocka_unit_test(dues_are_all),
        cmocka_unit_test(waits_are_all),
        cmocka_unit_test(agenda_is_all),
        cmocka_unit_test(fields_are_all),
        cmocka_unit_test(acts_are_all),
        cmocka_unit_test(errors_are_all),
        cmocka_unit_test(limits_are_all),
        cmocka_unit_test(tags_are_all),
        cmocka_unit_test(messages_are_all),
        cmocka_unit_test(requests_are_all),
        cmocka_unit_test(words_are_those),
    };
    return cmocka_run_group_tests_name("protocol_tables", tests, begin, end);
}
