/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Any bytes as what a partner wrote, their name, the kind and why of a notice: its words are
 * valid, harmless, short, and at the level that was allowed or below it. The bytes are two
 * of choices, then a name, a zero, a text.
 */
#include "clients/lib/attune.h"
#include "clients/notify/caption.h"
#include "common/kind.h"
#include "common/text.h"
#include "tests/fuzz/fuzz.h"

#include <string.h>

/* Sentences of the table and lines of ours come together in a body. */
enum { BODY_CHARS_MAX = 400 };

static void
require_harmless(struct span text, size_t chars_max, bool lines)
{
    size_t chars = 0;
    require(text.size > 0 && text_check(text) == 0);
    while (text.size > 0) {
        uint32_t c;
        text = span_slice(text, text_next(text, &c), text.size);
        require(!text_hazard(c) && c != '\t' && (lines || c != '\n'));
        chars++;
    }
    require(chars <= chars_max);
}

static void
caption_of(const struct policy *policy, const Attune__Local__Notice *const *notices,
           const Attune__Local__Entry *preview, struct span partner)
{
    struct caption caption;
    enum option_notice level = NOTICE_TEXT;
    require(caption_make(policy, notices, preview, partner, &caption, &level) == 0);
    require(level <= policy->level);
    require_harmless(buf_span(&caption.title), NAME_BYTES_MAX + 80, false);
    require_harmless(buf_span(&caption.body),
                     level == NOTICE_TEXT ? CAPTION_CHARS_MAX : BODY_CHARS_MAX,
                     level == NOTICE_KIND);
    require(caption.actions_count > 0 && caption.actions_count <= DISPLAY_ACTIONS_MAX);
    caption_done(&caption);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const whys[] = {"new",      "news", "due",
                                       "question", "talk", "moon"};
    static uint8_t key[ID_BYTES] = {7};
    if (size < 2) {
        return 0;
    }
    const struct kind *kind = kind_at(data[0] % kind_count());
    struct span text = span_of(data + 2, size - 2);
    struct span name = span_cut(&text, '\0');

    Attune__Local__Notice notice;
    Attune__Local__Entry entry;
    Attune__Local__Field fields[FIELDS_MAX];
    Attune__Local__Field *list[FIELDS_MAX];
    attune__local__notice__init(&notice);
    attune__local__entry__init(&entry);
    notice.key = (ProtobufCBinaryData){sizeof key, key};
    notice.id = notice.key;
    notice.why = attune_text(whys[data[1] % 6]);
    notice.kind = attune_text(kind->name);
    notice.partner = (data[1] & 0x80) != 0;
    entry.id = notice.id;
    entry.kind = notice.kind;
    entry.partner = notice.partner;
    for (size_t i = 0; i < kind_fields_count(kind); i++) {
        attune_field_text(&fields[i], kind->fields[i].name, text);
        list[i] = &fields[i];
    }
    entry.fields = list;
    entry.n_fields = kind_fields_count(kind);

    const Attune__Local__Notice *notices[] = {&notice, &notice};
    struct policy policy = {.what = POLICY_SHOW, .count = 1, .items = {0, 1}};
    for (unsigned level = NOTICE_NONE; level <= NOTICE_TEXT; level++) {
        policy.level = (enum option_notice)level;
        caption_of(&policy, notices, &entry, name);
        caption_of(&policy, notices, NULL, name);
    }
    policy.count = 2;
    caption_of(&policy, notices, &entry, name);
    return 0;
}
