/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "daemon/core/answers.h"

#include "common/error.h"

#include <string.h>

const uint8_t *
answers_round(const struct entry_row *row)
{
    return row->has_parent ? row->parent : row->id;
}

static int
pick_answer(void *context, const struct entry_row *row)
{
    struct answers *answers = context;
    if (row->theirs == answers->theirs && strcmp(row->kind, answers->kind) == 0 &&
        row->state != S_NONE && row->state != S_DRAFT && !row->mine &&
        (!answers->shared || row->lamport != 0) && answers->count < ANSWERS_MAX) {
        answers->rows[answers->count++] = *row;
    }
    return 0;
}

int
answers_gather(struct core *core, const uint8_t round[static ID_BYTES],
               struct answers *answers)
{
    int rc = 0;
    for (int flag = 0; rc == 0 && flag <= 1; flag++) {
        struct entry_row root;
        rc = store_entry_children(core->store, round, flag, pick_answer, answers);
        if (rc == 0 && store_entry_find(core->store, round, flag, &root) == 0 &&
            !root.has_parent) {
            rc = pick_answer(answers, &root);
        }
    }
    return rc;
}

int
answers_first(struct core *core, const uint8_t round[static ID_BYTES],
            struct answers *answers, struct entry_row *out)
{
    const struct entry_row *first = NULL;
    int rc = answers_gather(core, round, answers);
    for (size_t i = 0; rc == 0 && i < answers->count; i++) {
        const struct entry_row *row = &answers->rows[i];
        if (row->state != S_RETRACTED && (first == NULL || row->lamport < first->lamport)) {
            first = row;
        }
    }
    if (rc == 0 && first != NULL) {
        *out = *first;
    }
    return rc != 0 ? rc : first == NULL ? E_NO_ENTRY : 0;
}
