/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "clients/notify/kept.h"

#include "common/error.h"

#include <assert.h>
#include <string.h>

static void
put(struct buf *buf, const char *text)
{
    buf_put_text(buf, text != NULL ? text : "");
    buf_put_u8(buf, 0);
}

static const char *
take(const char **at)
{
    const char *text = *at;
    *at += strlen(text) + 1;
    return text;
}

int
kept_set(struct kept *kept, const struct display_notice *notice)
{
    assert(notice->actions_count <= DISPLAY_ACTIONS_MAX);
    struct buf text;
    buf_init(&text, KEPT_BYTES_MAX);
    put(&text, notice->title);
    put(&text, notice->body);
    for (size_t i = 0; i < notice->actions_count; i++) {
        put(&text, notice->actions[i].key);
        put(&text, notice->actions[i].label);
    }
    int error = buf_done(&text);
    if (error != 0) {
        buf_free(&text);
        return error;
    }
    const struct display_notice given = *notice; /* it may be the one kept before */
    kept_free(kept);
    kept->text = text;
    kept->notice = given;
    kept->notice.actions = kept->actions;
    const char *at = (const char *)text.data;
    kept->notice.title = take(&at);
    kept->notice.body = take(&at);
    for (size_t i = 0; i < given.actions_count; i++) {
        kept->actions[i].key = take(&at);
        kept->actions[i].label = take(&at);
    }
    return 0;
}

void
kept_free(struct kept *kept)
{
    buf_free(&kept->text);
    *kept = (struct kept){0};
}

const char *
kept_label(const struct kept *kept, const char *key)
{
    for (size_t i = 0; i < kept->notice.actions_count; i++) {
        if (strcmp(kept->actions[i].key, key) == 0) {
            return kept->actions[i].label;
        }
    }
    return NULL;
}

void
kept_markup(struct buf *out, const char *text)
{
    for (; *text != '\0'; text++) {
        switch (*text) {
        case '&':
            buf_put_text(out, "&amp;");
            break;
        case '<':
            buf_put_text(out, "&lt;");
            break;
        case '>':
            buf_put_text(out, "&gt;");
            break;
        default:
            buf_put_u8(out, (uint8_t)*text);
        }
    }
}
