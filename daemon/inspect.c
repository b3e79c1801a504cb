/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "daemon/inspect.h"

#include "common/error.h"
#include "daemon/continuity.h"
#include "daemon/home.h"

#include <stdio.h>
#include <string.h>

enum { DETAIL_BYTES_MAX = 256, IDLE_MAX = 100000 };

struct inspection {
    struct arena *arena;
    Attune__Local__Reply *reply;
    Attune__Local__Finding *findings[INSPECT_FINDINGS_MAX];
    size_t count;
    int error; /* E_MEMORY */
};

static char *
plain(const char *text)
{
    union {
        const char *in;
        char *out;
    } both = {.in = text};
    return both.out;
}

static void
add(void *context, int error, const char *detail)
{
    struct inspection *inspection = context;
    if (inspection->count == INSPECT_FINDINGS_MAX) {
        return; /* that many tell as much as more */
    }
    Attune__Local__Finding *finding = arena_alloc(inspection->arena, sizeof *finding);
    size_t size = strnlen(detail, DETAIL_BYTES_MAX);
    char *text = arena_text(inspection->arena, span_of(detail, size));
    if (finding == NULL || text == NULL) {
        inspection->error = E_MEMORY;
        return;
    }
    attune__local__finding__init(finding);
    finding->code = plain(error_name(error));
    finding->detail = (ProtobufCBinaryData){size, (uint8_t *)text};
    inspection->findings[inspection->count++] = finding;
}

static void
bad_page(void *context, uint64_t page_no)
{
    char detail[64];
    snprintf(detail, sizeof detail, "page %llu", (unsigned long long)page_no);
    add(context, E_CHECK_PAGE, detail);
}

static int
check_files(struct vault *vault, struct inspection *inspection)
{
    struct slots slots;
    int broken = 0;
    int rc = home_read_keys(vault->paths, &slots);
    if (rc == 0 && slots_find(&slots, vault->file_id) == NULL) {
        rc = E_KEYS_FILE;
    }
    if (rc == E_KEYS_FILE || rc == E_JOURNAL || rc == E_VERSION_NEW) {
        add(inspection, rc, error_text(rc));
        rc = 0;
    }
    if (rc != 0) {
        return rc;
    }
    rc = continuity_check(vault->paths, vault->secrets->anchor_key, vault->file_id,
                          vault->run.store, &broken);
    if (rc == 0 && broken != 0) {
        add(inspection, broken, error_text(broken));
    }
    return rc;
}

static int
check_pages(struct vault *vault, struct inspection *inspection)
{
    bool more = true;
    int rc = 0;
    for (int i = 0; rc == 0 && more && i < IDLE_MAX; i++) {
        rc = store_idle(vault->run.store, &more);
    }
    if (rc == E_DISK_FULL || rc == E_READ_ONLY) {
        rc = 0; /* looking needs no room */
    }
    return rc != 0 ? rc
                   : vfs_scrub(vault->paths->journal, &vault->secrets->keys, bad_page,
                               inspection, NULL);
}

/* Damage that ends one part of the inspection is a finding, and the rest goes on. */
static int
note_damage(struct inspection *inspection, int rc)
{
    if (rc == 0 || error_exit(rc) != EXIT_DAMAGED) {
        return rc;
    }
    add(inspection, rc, error_text(rc));
    return 0;
}

int
inspect_run(struct vault *vault, struct arena *arena, Attune__Local__Reply *reply)
{
    struct inspection inspection = {.arena = arena, .reply = reply};
    int rc = note_damage(&inspection, check_files(vault, &inspection));
    if (rc == 0) {
        rc = note_damage(&inspection, check_pages(vault, &inspection));
    }
    if (rc == 0) {
        rc = note_damage(&inspection, store_check(vault->run.store, add, &inspection));
    }
    if (rc == 0) {
        rc = note_damage(&inspection, core_check(vault->run.core, add, &inspection));
    }
    rc = rc != 0 ? rc : inspection.error;
    if (rc != 0 || inspection.count == 0) {
        return rc;
    }
    Attune__Local__Finding **all =
        arena_alloc(arena, inspection.count * sizeof *inspection.findings);
    if (all == NULL) {
        return E_MEMORY;
    }
    memcpy(all, inspection.findings, inspection.count * sizeof *all);
    reply->findings = all;
    reply->n_findings = inspection.count;
    reply->error = all[0]->code;
    return 0;
}
