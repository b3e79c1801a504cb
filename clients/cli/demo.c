/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * attune demo: see demo.h.
 *
 * Invariant: however it ends, every process it started is ended first, then its own
 * folder removed; only --keep leaves one.
 */
#include "clients/cli/demo.h"

#include "clients/cli/cli.h"
#include "clients/cli/demo_process.h"
#include "clients/cli/demo_tour.h"
#include "clients/cli/runs.h"
#include "clients/lib/attune.h"
#include "clients/lib/clock.h"
#include "common/error.h"
#include "common/json.h"
#include "common/text.h"

#include <errno.h>
#include <ftw.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define STEP_MS 5 /* between two looks at a home */
#define ROOT_BYTES_MAX 64u /* so that a socket's address has room below it */
#define WALK_FDS_MAX 16
#define COLUMNS_FOR_ONE 52u /* below this the last line is two */
#define COLUMNS_MIN 12u     /* for the words of a line */
#define INDENT 2u           /* of every line: print_line */
#define WORDS_AT 15u        /* after who and verb */
#define DIGEST_ENDS 4 /* hex digits shown at its beginning, half of that at its end */

const char *const demo_names[DEMO_PEOPLE] = {"ana", "ben"};

enum demo_who
demo_other(enum demo_who who)
{
    return who == ANA ? BEN : ANA;
}

int64_t
demo_story_now(const struct demo *demo)
{
    return demo->story_s + (clock_ms() - demo->story_ms) / 1000;
}

int
demo_again(const struct demo *demo, int64_t deadline_ms)
{
    return clock_ms() > deadline_ms ? E_INTERNAL
                                    : demo_process_pause(demo->signals, STEP_MS);
}

/* Its clock and its socket are two descriptors: what is asked after the line was written
 * may be answered before it was read. */
static int
wait_moved(struct demo *demo, enum demo_who who, int64_t now_s)
{
    int64_t deadline_ms = clock_ms() + DEMO_WAIT_MS;
    for (;;) {
        const Attune__Local__Reply *reply = NULL;
        Attune__Local__Request request;
        attune_request(&request, "status");
        int rc = demo_home_call(&demo->homes[who], &request, &reply);
        if (rc != 0 || reply->status == NULL) {
            return rc != 0 ? rc : E_PROTOCOL;
        }
        if (reply->status->now >= now_s) {
            return 0;
        }
        rc = demo_again(demo, deadline_ms);
        if (rc != 0) {
            return rc;
        }
    }
}

int
demo_story_move(struct demo *demo, int64_t now_s)
{
    int rc = 0;
    if (now_s <= demo_story_now(demo)) {
        return 0;
    }
    demo->story_s = now_s;
    demo->story_ms = clock_ms();
    for (enum demo_who who = ANA; rc == 0 && who < DEMO_PEOPLE; who++) {
        demo_at(demo, who, "setting %s's clock", demo_names[who]);
        rc = demo_process_clock(&demo->homes[who], now_s);
    }
    for (enum demo_who who = ANA; rc == 0 && who < DEMO_PEOPLE; who++) {
        demo_at(demo, who, "setting %s's clock", demo_names[who]);
        rc = wait_moved(demo, who, now_s);
    }
    return rc;
}

void
demo_at(struct demo *demo, enum demo_who who, const char *format, ...)
{
    va_list list;
    va_start(list, format);
    (void)vsnprintf(demo->doing, sizeof demo->doing, format, list);
    va_end(list);
    demo->at = who;
}

int
demo_tell(struct demo *demo, const char *format, ...)
{
    char text[160];
    va_list list;
    va_start(list, format);
    (void)vsnprintf(text, sizeof text, format, list);
    va_end(list);
    print_line(&demo->cli->printer, "%s", text);
    return cli_flush(demo->cli);
}

struct words {
    struct demo *demo;
    const char *who, *verb; /* of the first line */
};

static int
put_words(void *context, struct span line)
{
    struct words *words = context;
    print_line(&words->demo->cli->printer, "%-4s %-10s%.*s", words->who, words->verb,
               (int)line.size, (const char *)line.data);
    words->who = words->verb = "";
    return 0;
}

int
demo_told(struct demo *demo, const char *who, const char *verb, const char *text)
{
    struct words words = {demo, who, verb};
    size_t columns = demo->cli->printer.columns;
    columns = columns > INDENT + WORDS_AT + COLUMNS_MIN ? columns - INDENT - WORDS_AT
                                                        : COLUMNS_MIN;
    int rc = text_wrap(span_text(text), columns, put_words, &words);
    return rc != 0 ? rc : cli_flush(demo->cli);
}

/* -- the folder -- */

static int
make_temporary(struct demo *demo)
{
    const char *place = getenv("TMPDIR");
    if (place == NULL || place[0] != '/' || strlen(place) > ROOT_BYTES_MAX / 2) {
        place = "/tmp";
    }
    (void)snprintf(demo->root, sizeof demo->root, "%s/attune-demo.XXXXXX", place);
    if (mkdtemp(demo->root) == NULL) {
        demo->root[0] = '\0';
        return error_from_errno(errno);
    }
    return 0;
}

static int
make_kept(struct demo *demo, const char *folder)
{
    char full[PATHS_BYTES_MAX];
    if (mkdir(folder, 0700) != 0 && errno != EEXIST) {
        return cli_refuse(demo->cli, error_from_errno(errno),
                          "The folder %s could not be made.", folder);
    }
    char *real = realpath(folder, NULL);
    int size = real != NULL ? snprintf(full, sizeof full, "%s", real) : -1;
    free(real);
    if (size < 0) {
        return cli_refuse(demo->cli, E_USAGE, "%s is no folder.", folder);
    }
    if ((size_t)size > ROOT_BYTES_MAX) {
        return cli_refuse(demo->cli, E_USAGE,
                          "The path %s is too long for sockets below it; at most %u "
                          "bytes.",
                          folder, ROOT_BYTES_MAX);
    }
    for (enum demo_who who = ANA; who < DEMO_PEOPLE; who++) {
        struct stat file;
        char path[PATHS_BYTES_MAX + 8];
        (void)snprintf(path, sizeof path, "%s/%s", full, demo_names[who]);
        if (lstat(path, &file) == 0) {
            return cli_refuse(demo->cli, E_USAGE, "%s is there already.", path);
        }
    }
    memcpy(demo->root, full, (size_t)size + 1);
    return 0;
}

static int
remove_one(const char *path, const struct stat *file, int type, struct FTW *place)
{
    (void)file;
    (void)type;
    (void)place;
    return remove(path) == 0 || errno == ENOENT ? 0 : -1;
}

static int
remove_all(struct demo *demo)
{
    if (demo->keep || demo->root[0] == '\0') {
        return 0;
    }
    errno = 0;
    if (nftw(demo->root, remove_one, WALK_FDS_MAX, FTW_DEPTH | FTW_PHYS) != 0) {
        int number = errno;
        return cli_refuse(demo->cli, error_from_errno(number),
                          "The folder %s could not be removed.", demo->root);
    }
    return 0;
}

/* -- how it went -- */

static int
say_failed(struct demo *demo, int error)
{
    struct buf said;
    if (error == E_STOPPED || demo->cli->hint[0] != '\0') {
        return error; /* says enough */
    }
    buf_init(&said, 0);
    demo_process_said(&demo->homes[demo->at], &said);
    error = cli_refuse(demo->cli, error, "It was at this: %s.%s%s%s", demo->doing,
                       said.size > 0 ? " Its attuned said: " : "",
                       said.size > 0 ? buf_text(&said) : "",
                       demo->keep ? " The homes are still there." : "");
    buf_free(&said);
    return error;
}

static void
say_json(struct demo *demo, int64_t took_ms)
{
    struct json json;
    json_init(&json, &demo->cli->printer.out);
    json_begin_object(&json, NULL);
    json_int(&json, "format", 1);
    json_bool(&json, "ok", true);
    json_string(&json, "digest", demo->digest);
    json_int(&json, "entries", (int64_t)demo->entries_count);
    json_int(&json, "took_ms", took_ms);
    json_string(&json, "kept", demo->keep ? demo->root : NULL);
    json_end_object(&json);
    if (json_done(&json) != 0 && demo->cli->printer.out.error == 0) {
        demo->cli->printer.out.error = json_done(&json);
    }
    buf_put_text(&demo->cli->printer.out, "\n");
}

static void
say_result(struct demo *demo)
{
    struct printer *printer = &demo->cli->printer;
    int64_t took_ms = clock_ms() - demo->began_ms;
    if (demo->cli->json) {
        say_json(demo, took_ms);
        return;
    }
    size_t size = strlen(demo->digest);
    const char *tail = size > DIGEST_ENDS ? demo->digest + size - DIGEST_ENDS / 2 : "";
    const char *after = demo->keep ? "Both homes were kept." : "Nothing was kept.";
    bool one_line = printer->columns >= COLUMNS_FOR_ONE;
    print_line(printer, "Both hold %.*s…%s. %" PRId64 ".%" PRId64 " s.%s%s",
               DIGEST_ENDS, demo->digest, tail, took_ms / 1000, took_ms % 1000 / 100,
               one_line ? " " : "", one_line ? after : "");
    if (!one_line) {
        print_line(printer, "%s", after);
    }
    if (demo->keep) {
        const char *dir = demo->homes[ANA].dir;
        print_line(printer, ". %s/env", dir);
        print_line(printer, "attune unlock --passphrase-fd 3 3<%s/passphrase", dir);
    }
}

int
demo_run(struct cli *cli)
{
    struct demo *demo = calloc(1, sizeof *demo);
    if (demo == NULL) {
        return E_MEMORY;
    }
    demo->cli = cli;
    demo->keep = args_has(&cli->args, FLAG_KEEP);
    demo->began_ms = clock_ms();
    for (enum demo_who who = ANA; who < DEMO_PEOPLE; who++) {
        demo->homes[who].clock = -1;
    }
    /* The story has one zone wherever it is told; the children inherit it. */
    int rc = setenv("TZ", "UTC0", 1) == 0 ? 0 : E_MEMORY;
    demo->signals = -1;
    rc = rc == 0 ? demo_process_signals(&demo->signals) : rc;
    if (rc == 0) {
        rc = demo->keep ? make_kept(demo, cli->args.flags[FLAG_KEEP])
                        : make_temporary(demo);
    }
    if (rc == 0) {
        rc = demo_tour_play(demo);
        rc = rc != 0 ? say_failed(demo, rc) : 0;
    }
    for (enum demo_who who = ANA; who < DEMO_PEOPLE; who++) {
        demo_process_kill(&demo->homes[who]);
    }
    demo_process_end_all();
    int removed = remove_all(demo);
    rc = rc != 0 ? rc : removed;
    if (rc == 0) {
        say_result(demo);
    }
    if (demo->signals >= 0) {
        close(demo->signals);
    }
    bytes_wipe(demo, sizeof *demo);
    free(demo);
    return rc;
}
