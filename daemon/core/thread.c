/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Threads: what hangs below one entry, and those that are being mended.
 *
 * Model. An entry with a parent is in its parent's thread. Kinds that `join` go into the
 * one thread being mended, if there is one; with none they begin it. A pause tells the
 * thread's root that it is paused, by an act of attune's own.
 */
#include "common/error.h"
#include "daemon/core/policy.h"

#include <stdlib.h>
#include <string.h>

enum { THREAD_DEPTH_MAX = 64, MENDING_MAX = 10 };
/* What began longer ago is not joined by itself: it is another matter by now. */
enum { MENDING_DAYS = 30 };

int
thread_root(struct core *core, const struct entry_row *row, struct entry_row *root)
{
    *root = *row;
    for (int depth = 0; root->has_parent && depth < THREAD_DEPTH_MAX; depth++) {
        struct entry_row parent;
        int rc = store_entry_find(core->store, root->parent, root->parent_theirs, &parent);
        if (rc == E_NO_ENTRY || (rc == 0 && parent.state == S_NONE)) {
            return 0;
        }
        if (rc != 0) {
            return rc;
        }
        *root = parent;
    }
    return 0;
}

static int
take_row(void *context, const struct entry_row *row)
{
    struct thread *thread = context;
    if (thread->count == thread->max) {
        return 1;
    }
    if (row->state != S_NONE && row->state != S_DRAFT) {
        thread->rows[thread->count++] = *row;
    }
    return thread->count == thread->max;
}

/* As both see them: in the order they were shared; what is private comes last. */
static int
as_shared(const void *left, const void *right)
{
    const struct entry_row *a = left, *b = right;
    if ((a->lamport == 0) != (b->lamport == 0)) {
        return a->lamport == 0 ? 1 : -1;
    }
    if (a->lamport != b->lamport) {
        return a->lamport < b->lamport ? -1 : 1;
    }
    int by_id = memcmp(a->id, b->id, ID_BYTES);
    return a->lamport == 0 && a->time != b->time ? (a->time < b->time ? -1 : 1) : by_id;
}

int
thread_gather(struct core *core, const struct entry_row *root, size_t max,
              struct arena *arena, struct thread *out)
{
    *out = (struct thread){.rows = arena_alloc(arena, max * sizeof *out->rows), .max = max};
    if (out->rows == NULL) {
        return E_MEMORY;
    }
    out->rows[out->count++] = *root;
    if (root->has_parent) { /* two answers to the question of a day have no root */
        out->count = 0;
        for (int theirs = 0; theirs <= 1 && out->count < max; theirs++) {
            int rc =
                store_entry_children(core->store, root->parent, theirs, take_row, out);
            if (rc < 0) {
                return rc;
            }
        }
        qsort(out->rows, out->count, sizeof *out->rows, as_shared);
    }
    for (size_t i = 0; i < out->count && out->count < max; i++) {
        size_t from = out->count;
        int rc = store_entry_children(core->store, out->rows[i].id, out->rows[i].theirs,
                                      take_row, out);
        if (rc < 0) {
            return rc;
        }
        qsort(out->rows + from, out->count - from, sizeof *out->rows, as_shared);
    }
    return 0;
}

/* ---- threads that are being mended ---- */

struct search {
    struct core *core;
    struct thread *out;
    bool paused;
};

static int
look(void *context, const struct entry_row *row)
{
    struct search *search = context;
    struct core *core = search->core;
    const struct kind *kind = kind_find(row->kind);
    if (kind == NULL || row->lamport == 0 || journal_past(core, row)) {
        return 0;
    }
    search->paused = search->paused ||
                     (kind->pauses && (kind->due.states & STATE_BIT(row->state)) != 0 &&
                      row->due > core->now_s);
    if (search->out != NULL && kind->mends && !row->has_parent &&
        row->time + (int64_t)MENDING_DAYS * 86400 > core->now_s &&
        search->out->count < MENDING_MAX) {
        search->out->rows[search->out->count++] = *row;
    }
    return 0;
}

int
thread_mending(struct core *core, const struct kind *joins, struct thread *out)
{
    struct entry_filter filter = {.live_only = true, .reach = REACH_OURS};
    struct search search = {.core = core, .out = out};
    *out = (struct thread){.rows = arena_alloc(core->arena, MENDING_MAX * sizeof *out->rows)};
    int rc = out->rows == NULL ? E_MEMORY
                               : store_entry_list(core->store, &filter, look, &search);
    size_t others = 0, kept = 0;
    for (size_t i = 0; rc == 0 && i < out->count; i++) {
        others += !kind_find(out->rows[i].kind)->pauses;
    }
    /* A pause that began a thread is joined where nothing else is, and never by another. */
    for (size_t i = 0; rc == 0 && i < out->count; i++) {
        bool pause = kind_find(out->rows[i].kind)->pauses;
        if (!pause || (others == 0 && !joins->pauses)) {
            out->rows[kept++] = out->rows[i];
        }
    }
    out->count = kept;
    return rc;
}

int
thread_paused(struct core *core, bool *out)
{
    if (core->pause_known) { /* asked often in one step */
        *out = core->paused;
        return 0;
    }
    struct entry_filter filter = {.live_only = true, .reach = REACH_OURS};
    struct search search = {.core = core};
    int rc = store_entry_list(core->store, &filter, look, &search);
    *out = core->paused = search.paused;
    core->pause_known = rc == 0;
    return rc;
}

int
thread_left(struct core *core, const struct entry_row *row)
{
    const struct kind *kind = kind_find(row->kind);
    return kind == NULL || kind->with_root == NULL
               ? 0
               : thread_tell_root(core, row, kind->with_root);
}

int
thread_tell_root(struct core *core, const struct entry_row *row, const char *name)
{
    struct entry_row root;
    if (!row->has_parent) {
        return 0;
    }
    int rc = thread_root(core, row, &root);
    const struct kind *above = rc == 0 ? kind_find(root.kind) : NULL;
    const struct kind_act *act = above == NULL ? NULL : kind_act(above, name);
    if (act == NULL || (act->from & STATE_BIT(root.state)) == 0) {
        return rc;
    }
    return act_append(core, core->ours_no, &root, act->name, 0, SPAN_EMPTY);
}
