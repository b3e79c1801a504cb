/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "daemon/rpc/table.h"

#include "common/error.h"

#include <string.h>

enum { FORMAT = 1 };

static const struct table_row *
find(const struct table *table, const char *name)
{
    for (size_t i = 0; i < table->count; i++) {
        if (strcmp(table->rows[i].name, name) == 0) {
            return &table->rows[i];
        }
    }
    return NULL;
}

static int
state_error(enum table_needs needs, enum home_state state)
{
    if (needs == NEEDS_NONE) {
        return 0;
    }
    if (state == HOME_NONE) {
        return E_NO_HOME;
    }
    if (state == HOME_LOCKED) {
        return E_LOCKED;
    }
    return needs == NEEDS_OPEN && state == HOME_CLOSED ? E_CLOSED : 0;
}

int
table_admit(const struct table *table, const Attune__Local__Request *request, size_t bytes,
            enum home_state state, const struct table_row **out)
{
    if (request->format != FORMAT) {
        return request->format > FORMAT ? E_VERSION_NEW : E_PROTOCOL;
    }
    const struct table_row *row = find(table, request->name);
    if (row == NULL) {
        return E_USAGE;
    }
    bool none = request->body_case == ATTUNE__LOCAL__REQUEST__BODY__NOT_SET;
    if (none ? row->body_required : request->body_case != row->body) {
        return E_USAGE;
    }
    if (bytes > row->bytes_max) {
        return E_LIMIT;
    }
    int rc = state_error(row->needs, state);
    if (rc == 0) {
        *out = row;
    }
    return rc;
}
