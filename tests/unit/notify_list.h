/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Lists of notices built by hand, for the tests of what becomes of them. */
#ifndef ATTUNE_TESTS_UNIT_NOTIFY_LIST_H
#define ATTUNE_TESTS_UNIT_NOTIFY_LIST_H

#include "clients/notify/policy.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* Tuesday 2027-05-04 21:04 in Berlin. */
#define NOW_S INT64_C(1809457440)
#define AT(minutes) (NOW_S + (minutes)*INT64_C(60))
#define BERLIN "CET-1CEST,M3.5.0,M10.5.0/3"

/* Built in place: it must not move afterwards. */
struct list {
    Attune__Local__Notice notices[64];
    uint8_t keys[64][ID_BYTES];
    const Attune__Local__Notice *pointers[64];
    size_t count;
};

/* A letter as a key. */
static inline void
fill_key(uint8_t *key, char letter)
{
    memset(key, 0, ID_BYTES);
    key[0] = (uint8_t)letter;
}

/* Of an entry whose id is the key; `why` and `kind` are borrowed. */
static inline Attune__Local__Notice *
list_add(struct list *list, char key, const char *why, const char *kind)
{
    assert_true(list->count < sizeof list->notices / sizeof list->notices[0]);
    Attune__Local__Notice *notice = &list->notices[list->count];
    attune__local__notice__init(notice);
    fill_key(list->keys[list->count], key);
    notice->key = (ProtobufCBinaryData){ID_BYTES, list->keys[list->count]};
    notice->id = notice->key;
    notice->why = (char *)(uintptr_t)why;
    notice->kind = (char *)(uintptr_t)kind;
    list->pointers[list->count++] = notice;
    return notice;
}

/* What is on the screen: letters of notices, capitals when they are under way to it; "!" that
 * attune is locked, before what that covers; NULL nothing. */
static inline void
fill_screen(struct policy_shown *shown, const char *letters)
{
    if (letters == NULL) {
        return;
    }
    shown->on = true;
    shown->locked = letters[0] == '!';
    letters += shown->locked;
    while (letters[shown->count] != '\0') {
        char letter = letters[shown->count];
        shown->fresh[shown->count] = letter >= 'A' && letter <= 'Z';
        fill_key(shown->keys[shown->count],
                 shown->fresh[shown->count] ? (char)(letter - 'A' + 'a') : letter);
        shown->count++;
    }
}

#endif
