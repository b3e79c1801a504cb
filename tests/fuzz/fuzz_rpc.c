/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Requests as the daemon takes them from its socket: frames, then messages, then the
 * request table's one question. No descriptor is open; the bytes are put where a read
 * would have put them. What is admitted must be what its row says.
 */
#include "common/arena.h"
#include "common/error.h"
#include "common/scan.h"
#include "daemon/rpc/conn.h"
#include "daemon/rpc/table.h"
#include "tests/fuzz/fuzz.h"

#include <stdlib.h>
#include <string.h>

enum { FRAME_MAX = 4096, BUDGET_BYTES = 1024 * 1024, FIELDS = 256 };

static const struct table_row rows[] = {
    {.name = "status", .bytes_max = TABLE_SMALL_BYTES},
    {.name = "unlock", .body = ATTUNE__LOCAL__REQUEST__BODY_SECRET, .body_required = true,
     .bytes_max = TABLE_SMALL_BYTES, .secret = true},
    {.name = "create", .body = ATTUNE__LOCAL__REQUEST__BODY_CREATE, .body_required = true,
     .needs = NEEDS_UNLOCKED, .bytes_max = REQUEST_BYTES_MAX},
    {.name = "find", .body = ATTUNE__LOCAL__REQUEST__BODY_QUERY, .needs = NEEDS_OPEN,
     .bytes_max = 64},
};
static const struct table table = {rows, sizeof rows / sizeof rows[0]};

static void
admit(struct span frame, struct arena *arena, enum home_state state)
{
    static const struct scan_rules rules = {.fields_max = FIELDS};
    const struct table_row *row = NULL;
    const Attune__Local__Request *request =
        scan_unpack(frame, &attune__local__request__descriptor, &rules, arena);
    if (request == NULL) {
        return;
    }
    int rc = table_admit(&table, request, frame.size, state, &row);
    if (rc != 0) {
        if (row != NULL) {
            abort();
        }
        return;
    }
    bool none = request->body_case == ATTUNE__LOCAL__REQUEST__BODY__NOT_SET;
    if (row == NULL || strcmp(row->name, request->name) != 0 ||
        frame.size > row->bytes_max || (none && row->body_required) ||
        (!none && request->body_case != row->body) ||
        (row->needs != NEEDS_NONE && state < HOME_CLOSED) ||
        (row->needs == NEEDS_OPEN && state != HOME_OPEN)) {
        abort();
    }
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct conn conn;
    struct arena *arena = arena_new(BUDGET_BYTES);
    bool whole = arena != NULL && size > 0;
    conn_init(&conn, -1, FRAME_MAX, FRAME_MAX);
    if (whole) {
        buf_put(&conn.in, data + 1, size - 1);
    }
    while (whole) {
        struct span frame = SPAN_EMPTY;
        if (conn_frame(&conn, &whole, &frame) != 0 || !whole) {
            break;
        }
        if (frame.size == 0 || frame.size > FRAME_MAX) {
            abort();
        }
        arena_reset(arena);
        admit(frame, arena, (enum home_state)(data[0] % 4));
        conn_consume(&conn, frame);
    }
    conn_done(&conn);
    arena_free(arena);
    return 0;
}
