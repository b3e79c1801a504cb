/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The notifier's loop, with a daemon that is this test and a display that records: what is
 * asked in which order, what is shown, what becomes of a click, and that neither side's
 * silence stops the other.
 */
#include "tests/unit/notifier_world.h"

#include <signal.h>
#include <sys/signalfd.h>

static void
shows_and_tells(void **state)
{
    struct world world;
    struct truth truth;
    (void)state;
    world_meet_with_one(&world, &truth, NULL);
    assert_int_equal(world.recorder.shows, 1);
    assert_string_equal(world.recorder.title, "attune");
    assert_string_equal(world.recorder.body, "There is something kind for you.");
    assert_string_equal(world.recorder.actions, "open later tomorrow");
    assert_true(world.recorder.alert && world.recorder.fixed && world.recorder.plain);
    /* That it was told is a change too; it is looked at and nothing comes of it. */
    world_change(&world, "notices");
    world_answer_look(&world, &truth);
    world_take_watch(&world, 0);
    assert_int_equal(world.recorder.shows, 1);
    /* Read elsewhere: gone. */
    truth.list.count = 0;
    world_change(&world, "entries");
    world_answer_look(&world, &truth);
    world_take_watch(&world, 0);
    assert_false(world.recorder.on);
    world_end(&world);
}

static void
parks_until_it_matters(void **state)
{
    struct world world;
    struct truth truth = {.silent_s = AT(60)};
    (void)state;
    world_begin(&world, NULL);
    list_add(&truth.list, 'a', "new", "thanks");
    world_meet(&world, &truth);
    world_take_watch(&world, AT(60));
    assert_int_equal(world.recorder.shows, 0);
    world_end(&world);
}

/* Before there is a socket, a folder for it, or anything. */
static void
starts_before_the_daemon(void **state)
{
    struct world world;
    struct truth truth = {0};
    (void)state;
    world_begin(&world, NULL);
    for (unsigned i = 0; i < 3; i++) {
        world_turn(&world);
    }
    assert_int_equal(mkdir(world.paths.runtime_dir, 0700), 0);
    world_turn(&world);
    world_turn(&world);
    int64_t began_ms = world_ms();
    world_start_daemon(&world);
    world_meet(&world, &truth);
    world_take_watch(&world, 0);
    assert_true(world_ms() - began_ms < DEADLINE_MS / 2);
    world_end(&world);
}

static void
a_daemon_comes_back(void **state)
{
    struct world world;
    struct truth truth;
    (void)state;
    world_meet_with_one(&world, &truth, NULL);
    world_hang_up(&world); /* its socket still listens */
    world_meet(&world, &truth);
    world_take_watch(&world, 0);
    world_stop_daemon(&world);
    world_turn(&world);
    world_start_daemon(&world);     /* another one, at the same place */
    truth.list.notices[0].told = 0; /* it lost what it was told */
    world_meet(&world, &truth);
    world_take_watch(&world, 0);
    assert_told(&world, "shown", "a", true);
    assert_int_equal(world.recorder.shows, 2);
    assert_false(world.recorder.alert); /* nobody hears it twice */
    world_end(&world);
}

static void
later(void **state)
{
    struct world world;
    struct truth truth;
    (void)state;
    world_meet_with_one(&world, &truth, NULL);
    world_press(&world, "later");
    assert_told(&world, "later", "a", false);
    truth.list.notices[0].later = AT(60);
    world_answer(&world, "");
    world_answer_look(&world, &truth);
    world_take_watch(&world, AT(60));
    assert_false(world.recorder.on);
    world_end(&world);
}

/* The act, then that it is done with, also where the act means nothing any more. */
static void
with_you(void **state)
{
    struct world world;
    struct truth truth = {0};
    char *acts[] = {attune_text("with-you")};
    (void)state;
    world_begin(&world, "notice.content = kind\n");
    Attune__Local__Notice *notice = list_add(&truth.list, 'a', "new", "need");
    notice->partner = true;
    notice->acts = acts;
    notice->n_acts = 1;
    world_meet(&world, &truth);
    world_take_watch(&world, 0);
    assert_told(&world, "shown", "a", true);
    assert_string_equal(world.recorder.actions, "open with-you later tomorrow");
    world_press(&world, "with-you");
    const Attune__Local__Act *act = world_take(&world, "act")->act;
    assert_string_equal(act->act, "with-you");
    assert_true(act->partner);
    assert_int_equal(act->id.len, ID_BYTES);
    assert_int_equal(act->id.data[0], 'a');
    assert_int_equal(act->request.len, REQUEST_BYTES);
    world_answer(&world, "E_STATE");
    assert_told(&world, "done", "a", false);
    notice->told = NOW_S;
    notice->done = true;
    world_answer(&world, "");
    world_answer_look(&world, &truth);
    world_turn(&world);
    assert_false(world_has_request(&world)); /* the watch that is parked will do */
    assert_false(world.recorder.on);
    world_end(&world);
}

/* A click while attuned starts anew reaches it, as the one act it was. */
static void
a_click_survives(void **state)
{
    struct world world;
    struct truth truth = {0};
    uint8_t request[REQUEST_BYTES];
    (void)state;
    world_begin(&world, "notice.content = kind\n");
    char *acts[] = {attune_text("back")};
    Attune__Local__Notice *notice = list_add(&truth.list, 'a', "due", "pause");
    notice->acts = acts;
    notice->n_acts = 1;
    world_meet(&world, &truth);
    world_take_watch(&world, 0);
    assert_told(&world, "shown", "a", false);
    notice->told = NOW_S;
    world_press(&world, "back");
    memcpy(request, world_take(&world, "act")->act->request.data, REQUEST_BYTES);
    world_hang_up(&world);
    world_accept(&world);
    assert_memory_equal(world_take(&world, "act")->act->request.data, request,
                        REQUEST_BYTES);
    world_answer(&world, "");
    world_take_watch(&world, 0); /* it was asked for with the act */
    assert_told(&world, "done", "a", false);
    world_end(&world);
}

static void
waved_away_and_expired(void **state)
{
    struct world world;
    struct truth truth = {0};
    (void)state;
    world_begin(&world, NULL);
    list_add(&truth.list, 'a', "new", "thanks");
    list_add(&truth.list, 'b', "question", "");
    world_meet(&world, &truth);
    world_take_watch(&world, 0);
    assert_told(&world, "shown", "ab", true);
    truth.list.notices[0].told = truth.list.notices[1].told = NOW_S;
    world_ends(&world, DISPLAY_DISMISSED);
    assert_told(&world, "done", "a", false); /* a habit is not done with by that */
    world_answer(&world, "");
    world_answer_look(&world, &truth);
    world_change(&world, "entries"); /* the watch that was parked is parked still */
    world_answer_look(&world, &truth);
    world_take_watch(&world, 0);
    assert_int_equal(world.recorder.shows, 1);
    world_end(&world);

    world_meet_with_one(&world, &truth, NULL);
    world_ends(&world, DISPLAY_EXPIRED);
    world_turn(&world);
    world_change(&world, "entries");
    world_answer_look(&world, &truth); /* nothing was told in between */
    world_take_watch(&world, 0);
    assert_int_equal(world.recorder.shows, 1);
    world_end(&world);
}

static void
locked_once(void **state)
{
    struct world world;
    struct truth truth = {.locked = true};
    (void)state;
    world_begin(&world, NULL);
    world_meet(&world, &truth);
    world_take_watch(&world, 0);
    assert_int_equal(world.recorder.shows, 1);
    assert_string_equal(world.recorder.body, "attune is locked");
    assert_string_equal(world.recorder.actions, "unlock");
    world_ends(&world, DISPLAY_DISMISSED);
    world_turn(&world);
    world_change(&world, "vault");
    world_answer_look(&world, &truth);
    world_take_watch(&world, 0);
    world_hang_up(&world);
    world_meet(&world, &truth);
    world_take_watch(&world, 0);
    assert_int_equal(world.recorder.shows, 1);
    truth.locked = false; /* unlocked, and locked again: another episode */
    world_change(&world, "vault");
    world_answer_look(&world, &truth);
    world_take_watch(&world, 0);
    truth.locked = true;
    world_change(&world, "vault");
    world_answer_look(&world, &truth);
    world_take_watch(&world, 0);
    assert_int_equal(world.recorder.shows, 2);
    world_end(&world);
}

static void
answer_preview(struct world *world, const char *error, const char *text)
{
    Attune__Local__Reply reply;
    Attune__Local__Entry entry;
    Attune__Local__Field field;
    Attune__Local__Field *fields[] = {&field};
    Attune__Local__Entry *entries[] = {&entry};
    const Attune__Local__Request *request = world_take(world, "preview");
    assert_int_equal(request->query->id.len, ID_BYTES);
    assert_true(request->query->partner);
    attune__local__reply__init(&reply);
    attune__local__entry__init(&entry);
    attune_field_text(&field, "text", span_text(text));
    entry.id = request->query->id;
    entry.kind = attune_text("thanks");
    entry.partner = true;
    entry.fields = fields;
    entry.n_fields = 1;
    reply.number = request->number;
    reply.error = attune_text(error);
    reply.entries = entries;
    reply.n_entries = error[0] == '\0' ? 1 : 0;
    world_send(world, &reply);
}

static void
text_while_open(void **state)
{
    struct world world;
    struct truth truth = {0};
    (void)state;
    world_begin(&world, "notice.content = text\n");
    list_add(&truth.list, 'a', "new", "thanks")->partner = true;
    world_meet(&world, &truth);
    answer_preview(&world, "", "for the soup");
    world_take_watch(&world, 0);
    assert_told(&world, "shown", "a", true);
    truth.list.notices[0].told = NOW_S;
    assert_string_equal(world.recorder.title, "Ben thanks you");
    assert_string_equal(world.recorder.body, "for the soup");
    assert_false(world.recorder.plain);
    truth.closed = true;
    world_change(&world, "vault");
    world_answer_look(&world, &truth);
    world_take_watch(&world, 0); /* told before: not again */
    assert_string_equal(world.recorder.title, "attune");
    assert_string_equal(world.recorder.body, "There is something kind for you.");
    assert_false(world.recorder.alert);
    world_end(&world);
}

static void
text_that_closes_in_between(void **state)
{
    struct world world;
    struct truth truth = {0};
    (void)state;
    world_begin(&world, "notice.content = text\n");
    list_add(&truth.list, 'a', "new", "thanks")->partner = true;
    world_meet(&world, &truth);
    answer_preview(&world, "E_CLOSED", "");
    world_take_watch(&world, 0);
    assert_told(&world, "shown", "a", true);
    assert_string_equal(world.recorder.body, "There is something kind for you.");
    assert_string_equal(world.recorder.title, "attune");
    world_end(&world);
}

static void
options_change(void **state)
{
    struct world world;
    struct truth truth;
    (void)state;
    world_meet_with_one(&world, &truth, "notice.content = kind\n");
    assert_false(world.recorder.plain);
    FILE *file = fopen(world.paths.config, "w");
    assert_non_null(file);
    (void)fputs("# none any more\n", file);
    assert_int_equal(fclose(file), 0);
    world_change(&world, "vault");
    world_answer_look(&world, &truth);
    world_take_watch(&world, 0);
    assert_true(world.recorder.plain);
    world_end(&world);
}

/* A daemon that takes what is said and never answers. */
static void
a_daemon_that_hangs(void **state)
{
    struct world world;
    struct truth truth;
    (void)state;
    world_meet_with_one(&world, &truth, NULL);
    world_change(&world, "entries");
    (void)world_take(&world, "status");
    (void)world_take(&world, "notices");
    for (unsigned i = 0; i < 50; i++) { /* clicks and clicks */
        int64_t began_ms = world_ms();
        unsigned before = world.recorder.processes;
        world_press(&world, "later");
        world_turn(&world);
        assert_int_equal(world.recorder.processes, before + 1);
        assert_true(world_ms() - began_ms < 1000);
    }
    assert_false(world.recorder.on);
    world_hang_up(&world);
    world_accept(&world); /* and the one that does answer is told, once */
    assert_told(&world, "later", "a", false);
    world_take_watch(&world, 0);
    world_end(&world);
}

static void
an_older_daemon(void **state)
{
    struct world world;
    struct truth truth = {0};
    (void)state;
    world_begin(&world, NULL);
    world_start_daemon(&world);
    world_accept(&world);
    world_take_watch(&world, 0);
    world_change(&world, "entries");
    Attune__Local__Reply reply;
    Attune__Local__Status status;
    attune__local__reply__init(&reply);
    attune__local__status__init(&status);
    status.exists = true;
    reply.status = &status;
    reply.number = world_take(&world, "status")->number;
    world_send(&world, &reply);
    (void)world_take(&world, "notices");
    world_answer(&world, "E_USAGE");
    for (unsigned i = 0; i < 5; i++) {
        world_turn(&world);
    }
    assert_false(world_has_request(&world));
    world_hang_up(&world); /* a newer one comes */
    world_meet(&world, &truth);
    world_take_watch(&world, 0);
    world_end(&world);
}

/* A look that fails is repeated a minute later, or when something changes. */
static void
a_look_that_fails(void **state)
{
    struct world world;
    struct truth truth = {0};
    (void)state;
    world_begin(&world, NULL);
    world_start_daemon(&world);
    world_accept(&world);
    world_take_watch(&world, 0);
    world_change(&world, "entries");
    (void)world_take(&world, "status");
    world_answer(&world, "E_IO");
    (void)world_take(&world, "notices");
    world_answer(&world, "E_IO");
    world.watch = world_take(&world, "watch")->number;
    int64_t in_s = world.request->watch->until - (int64_t)time(NULL);
    assert_true(in_s > 50 && in_s <= 60);
    world_change(&world, "entries");
    world_answer_look(&world, &truth);
    world_take_watch(&world, 0);
    world_end(&world);
}

static void
nonsense_is_a_loss(void **state)
{
    struct world world;
    struct truth truth;
    (void)state;
    world_meet_with_one(&world, &truth, NULL);
    assert_int_equal(send(world.peer, "\xff\xff\xff\xff nonsense", 13, MSG_NOSIGNAL),
                     13);
    world_turn(&world);
    world_turn(&world);
    world_hang_up(&world);
    world_meet(&world, &truth);
    world_take_watch(&world, 0);
    assert_int_equal(world.recorder.shows, 1);
    world_end(&world);
}

/* -- programs -- */

/* A terminal that writes down what it should run. */
static void
opens_a_terminal(void **state)
{
    struct world world;
    struct truth truth;
    char options[2 * WORLD_BYTES], script[WORLD_BYTES], seen[WORLD_BYTES + 8];
    char text[4096] = "";
    int ends[2]; /* what is ours and not marked is not for the child either */
    (void)state;
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    char folder[] = "/tmp/attune-test-XXXXXX";
    assert_non_null(mkdtemp(folder));
    (void)snprintf(script, sizeof script, "%s/terminal", folder);
    (void)snprintf(seen, sizeof seen, "%s.seen", script);
    FILE *file = fopen(script, "w");
    assert_non_null(file);
    (void)fprintf(
        file,
        "#!/bin/sh\n"
        "{ echo \"$XDG_ACTIVATION_TOKEN\"; echo \"$1\"; shift 4; echo \"$1\"\n"
        "  shift; echo \"${1##*/}\"; shift; echo \"$@\"\n"
        "  ls -l /proc/$$/fd | grep -c socket; } > %s.part\n"
        "mv %s.part %s\n",
        seen, seen, seen);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(chmod(script, 0700), 0);
    (void)snprintf(options, sizeof options, "notice.terminal = %s   --run\n", script);
    world_meet_with_one(&world, &truth, options);
    world_press(&world, "open");
    assert_told(&world, "done", "a", false);
    int64_t end_ms = world_ms() + DEADLINE_MS;
    while ((file = fopen(seen, "r")) == NULL) {
        assert_true(world_ms() < end_ms);
        world_turn(&world);
    }
    text[fread(text, 1, sizeof text - 1, file)] = '\0';
    assert_int_equal(fclose(file), 0);
    /* The whole id: how few characters mean no other the daemon didn't say. */
    assert_string_equal(text, "token\n--run\nattune\nattune\n"
                              "show c4000000000000000000000000\n0\n");
    close(ends[0]);
    close(ends[1]);
    (void)unlink(seen);
    (void)unlink(script);
    assert_int_equal(rmdir(folder), 0);
    world_end(&world);
}

/* What can't be opened isn't done with, and stays; also where the server took it away for
 * the press. */
static void
no_terminal_is_survived(void **state)
{
    static const char *const interpreters[] = {NULL, "#!/nowhere/at-all\n"};
    (void)state;
    for (size_t i = 0; i < sizeof interpreters / sizeof interpreters[0]; i++) {
        struct world world;
        struct truth truth;
        char path[] = "/tmp/attune-test-XXXXXX";
        char options[WORLD_BYTES];
        int fd = mkstemp(path);
        assert_true(fd >= 0);
        if (interpreters[i] != NULL) {
            size_t size = strlen(interpreters[i]);
            assert_int_equal(write(fd, interpreters[i], size), size);
            assert_int_equal(fchmod(fd, 0700), 0);
        }
        assert_int_equal(close(fd), 0);
        (void)snprintf(options, sizeof options, "notice.terminal = %s\n", path);
        world_meet_with_one(&world, &truth, options);
        world_press(&world, "open");
        world_turn(&world);
        world_ends(&world, DISPLAY_DISMISSED);
        world_answer_look(&world, &truth); /* and no "done" before it */
        world_turn(&world);
        assert_int_equal(world.recorder.shows, 2);
        assert_true(world.recorder.on);
        assert_false(world.recorder.alert);
        world_press(&world, "later"); /* its buttons work */
        assert_told(&world, "later", "a", false);
        assert_int_equal(unlink(path), 0);
        world_end(&world);
    }
}

static void
signals_are_heard(void **state)
{
    struct world world;
    struct notifier *notifier = NULL;
    sigset_t set, before;
    (void)state;
    world_begin(&world, NULL);
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGHUP);
    assert_int_equal(sigprocmask(SIG_BLOCK, &set, &before), 0);
    int fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    assert_int_equal(notifier_new(&world.paths, fd, -1, &notifier), 0);
    notifier_display(notifier, &world.recorder.display, false);
    assert_int_equal(raise(SIGHUP), 0);
    assert_int_equal(notifier_turn(notifier, TURN_MS), 0);
    assert_int_equal(raise(SIGTERM), 0);
    assert_int_equal(notifier_turn(notifier, TURN_MS), E_STOPPED);
    notifier_free(notifier);
    close(fd);
    assert_int_equal(sigprocmask(SIG_SETMASK, &before, NULL), 0);
    world_end(&world);
}

static void
ends_with_its_display(void **state)
{
    struct world world;
    (void)state;
    world_begin(&world, NULL);
    notifier_display(world.notifier, &world.recorder.display, true);
    world_ends(&world, DISPLAY_LOST);
    assert_int_equal(notifier_turn(world.notifier, TURN_MS), E_STOPPED);
    world_end(&world);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shows_and_tells),
        cmocka_unit_test(parks_until_it_matters),
        cmocka_unit_test(starts_before_the_daemon),
        cmocka_unit_test(a_daemon_comes_back),
        cmocka_unit_test(later),
        cmocka_unit_test(with_you),
        cmocka_unit_test(a_click_survives),
        cmocka_unit_test(waved_away_and_expired),
        cmocka_unit_test(locked_once),
        cmocka_unit_test(text_while_open),
        cmocka_unit_test(text_that_closes_in_between),
        cmocka_unit_test(options_change),
        cmocka_unit_test(a_daemon_that_hangs),
        cmocka_unit_test(an_older_daemon),
        cmocka_unit_test(a_look_that_fails),
        cmocka_unit_test(nonsense_is_a_loss),
        cmocka_unit_test(opens_a_terminal),
        cmocka_unit_test(no_terminal_is_survived),
        cmocka_unit_test(signals_are_heard),
        cmocka_unit_test(ends_with_its_display),
    };
    setenv("TZ", BERLIN, 1);
    tzset();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
