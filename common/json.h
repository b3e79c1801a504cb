/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * JSON out: a writer with a sticky error onto a struct buf, in one line.
 *
 * The model: every value takes a key; inside an object it is the member's name, inside
 * an array and at the top it is NULL. Commas come by themselves. Misuse (a key in an
 * array, none in an object, two values at the top, something left open) is E_INTERNAL,
 * sticky. Output is ASCII-safe for terminals: whatever text_hazard names is escaped,
 * and nothing is lost; invalid UTF-8 becomes U+FFFD. Partner's text is run through
 * text_sanitize first, by the caller. The buf stays the caller's.
 */
#ifndef ATTUNE_COMMON_JSON_H
#define ATTUNE_COMMON_JSON_H

#include "common/bytes.h"

#define JSON_DEPTH_MAX 16

struct json {
    struct buf *out;
    uint32_t arrays; /* bit n: level n is an array */
    uint32_t filled; /* bit n: level n has a value already */
    unsigned depth;
    int error; /* 0 or E_INTERNAL */
};

void json_init(struct json *json, struct buf *out);
void json_begin_object(struct json *json, const char *key);
void json_end_object(struct json *json);
void json_begin_array(struct json *json, const char *key);
void json_end_array(struct json *json);
void json_text(struct json *json, const char *key, struct span text);
void json_string(struct json *json, const char *key, const char *text); /* or null */
void json_int(struct json *json, const char *key, int64_t number);
void json_bool(struct json *json, const char *key, bool truth);
void json_null(struct json *json, const char *key);

/* 0 when exactly one value is complete; else E_INTERNAL or the error of the buf. */
int json_done(const struct json *json) __attribute__((warn_unused_result));

#endif
