/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Lists, states, results, errors: everything but today and the kinds one by one. */
#include "tests/unit/print_outputs.h"

/* -- the outputs: each fills what it needs and prints once -- */

static void
out_log(struct printer *printer, struct world *world)
{
    fill_log(world);
    print_entries(printer, &world->reply);
}

static void
out_log_empty(struct printer *printer, struct world *world)
{
    print_entries(printer, &world->reply);
}

static void
out_find(struct printer *printer, struct world *world)
{
    struct made *made =
        add(world, "write", false, "First evening. The house is quiet and I like it.");
    made->entry.snippet =
        attune_bytes(span_text("The house is \002quiet\003 and I like it."));
    made->entry.mine = true;
    made = add(world, "thanks", true, "so quiet");
    made->entry.snippet = attune_bytes(span_text("so \002quiet\003"));
    print_found(printer, &world->reply);
}

static void
out_drafts(struct printer *printer, struct world *world)
{
    set_state(
        add(world, "thanks", false, "too long to be sent as it was, but not lost"),
        "draft");
    print_drafts(printer, &world->reply);
}

static void
out_show_thanks(struct printer *printer, struct world *world)
{
    add(world, "thanks", true, "you fixed the lamp unasked; it showed me you notice");
    print_show(printer, &world->reply);
}

static void
out_show_own(struct printer *printer, struct world *world)
{
    struct made *made = add(world, "thanks", false, "for the soup");
    made->acts[0] = attune_text("retract");
    made->entry.n_acts = 1;
    print_show(printer, &world->reply);
}

static void
out_show_write(struct printer *printer, struct world *world)
{
    struct made *made =
        add(world, "write", false,
            "First evening. The house is quiet and I like it. Nobody "
            "moved a chair, nobody asked where the pans are.\n\nTomorrow: "
            "the bookshelf.");
    made->entry.mine = true;
    made->acts[0] = attune_text("share");
    made->entry.n_acts = 1;
    print_show(printer, &world->reply);
}

static void
out_show_promise(struct printer *printer, struct world *world)
{
    struct made *made = add(world, "promise", false, "book the table");
    add_number(made, "due",
               NOW_S + 4 * DAY_S + (23 * 60 + 59 - 21 * 60 - 4) * MINUTE_S);
    made->entry.created = NOW_S - 2 * DAY_S;
    add_event(made, "written", false, NOW_S - 2 * DAY_S);
    Attune__Local__Event *event = add_event(made, "change", false, NOW_S - DAY_S);
    carries(made, event, "due", NULL, NOW_S + 6 * DAY_S);
    add_event(made, "accept", true, NOW_S - 60 * MINUTE_S);
    event = add_event(made, "release", true, NOW_S);
    event->crossed = true;
    made->acts[0] = attune_text("done");
    made->acts[1] = attune_text("change");
    made->acts[2] = attune_text("retract");
    made->entry.n_acts = 3;
    made = add(world, "reply", true, "Window seat, please?");
    add_text(made, "as", "question");
    made->entry.parent = world->made[0].entry.id;
    print_show(printer, &world->reply);
}

static void
out_show_unknown(struct printer *printer, struct world *world)
{
    struct made *made = add(world, "haiku", true, "old pond\nfrog leaps in");
    made->entry.unknown = true;
    add_text(made, "season", "spring");
    add_number(made, "syllables", 9);
    add_text(made, "Bad \033[31m key", "dropped from JSON");
    add_event(made, "bow", true, NOW_S);
    print_show(printer, &world->reply);
}

static void
out_show_held(struct printer *printer, struct world *world)
{
    struct made *made = add(world, "thanks", false, "for the soup");
    set_state(made, "held");
    made->entry.hold_s = 8;
    made->entry.mine = true;
    made->acts[0] = attune_text("undo");
    made->entry.n_acts = 1;
    print_show(printer, &world->reply);
}

static void
out_show_retracted(struct printer *printer, struct world *world)
{
    struct made *made = add(world, "thanks", true, NULL);
    made->entry.gone = true;
    set_state(made, "retracted");
    print_show(printer, &world->reply);
}

/* One line each, in every state a list has a word for. */
static void
out_log_states(struct printer *printer, struct world *world)
{
    static const struct {
        const char *kind;
        const char *field;
        const char *text;
        const char *state;
        bool partner;
    } rows[] = {
        {"need", "what", "hug", "with", false},
        {"tell", "topic", "work", "topic", true},
        {"story", NULL, NULL, "sealed", true},
        {"answer", "text", "Floor wax and oranges.", "sealed", false},
        {"ritual", "text", "walk", "suggested", true},
        {"repair", "text", "Can we start over?", "partner", false},
        {"sorry", "text", "You stood there alone.", "repaired", true},
        {"pause", NULL, NULL, "back", true},
        {"hi", NULL, NULL, "later", false},
        {"evening", "hard", "the meeting", "open", true},
        {"hear", "text", "You felt alone.", "almost", true},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct made *made = add(world, rows[i].kind, rows[i].partner, NULL);
        set_state(made, rows[i].state);
        if (rows[i].field != NULL) {
            add_text(made, rows[i].field, rows[i].text);
        }
    }
    add_text(&world->made[0], "text", "long day");
    world->made[8].entry.gone = true;
    world->made[8].entry.faded = true;
    print_entries(printer, &world->reply);
}

static void
out_visible(struct printer *printer, struct world *world)
{
    add(world, "thanks", false, "for the soup");
    set_state(add(world, "promise", false, "book the table"), "done");
    struct made *made = add(world, "thanks", false, "for the lamp");
    set_state(made, "held");
    made->entry.hold_s = 8;
    set_state(add(world, "answer", false, "floor wax and oranges"), "sealed");
    made = add(world, "tell", false, "I applied elsewhere");
    add_text(made, "topic", "work");
    made->entry.mine = true;
    set_state(made, "topic");
    print_visible(printer, &world->reply, true);
}

static void
out_visible_many(struct printer *printer, struct world *world)
{
    for (size_t i = 0; i < 10; i++) {
        add(world, "thanks", false,
            "for one of many things you did this week, and well");
    }
    /* What they don't see is not shown as if they did. */
    set_state(&world->made[2], "sealed");
    world->made[2].entry.kind = attune_text("answer");
    add_text(&world->made[5], "topic", "work");
    set_state(&world->made[5], "topic");
    world->made[5].entry.kind = attune_text("tell");
    set_state(&world->made[7], "topic");
    world->made[7].entry.kind = attune_text("tell");
    print_visible(printer, &world->reply, true);
}

static void
out_visible_nothing(struct printer *printer, struct world *world)
{
    print_visible(printer, &world->reply, true);
}

static void
out_visible_alone(struct printer *printer, struct world *world)
{
    print_visible(printer, &world->reply, false);
}

static void
out_status(struct printer *printer, struct world *world)
{
    world->status.exists = true;
    world->status.paired = true;
    world->status.verified = true;
    world->status.link_on = true;
    world->status.schema = 1;
    world->status.waiting_since = attune_text("2027-05-02");
    world->status.last_exchange = attune_text("2027-05-01");
    world->status.partner_name = attune_bytes(span_text("Ben"));
    print_status(printer, &world->status);
}

static void
out_status_closed(struct printer *printer, struct world *world)
{
    world->status.exists = true;
    world->status.closed = true;
    world->status.paired = true;
    world->status.behind = true;
    world->status.held_back = true;
    world->status.copy = true;
    world->status.demo = true;
    world->status.schema = 1;
    print_status(printer, &world->status);
}

static void
out_status_none(struct printer *printer, struct world *world)
{
    print_status(printer, &world->status);
}

static void
out_findings(struct printer *printer, struct world *world)
{
    Attune__Local__Finding finding;
    attune__local__finding__init(&finding);
    Attune__Local__Finding *list[] = {&finding, &finding};
    finding.code = attune_text("E_JOURNAL");
    finding.detail =
        attune_bytes(span_text("page 17 of 240 does not open with its key"));
    world->reply.findings = list;
    world->reply.n_findings = 2;
    world->reply.error = attune_text("E_JOURNAL");
    print_findings(printer, &world->reply);
}

static void
out_findings_none(struct printer *printer, struct world *world)
{
    print_findings(printer, &world->reply);
}

static void
out_created(struct printer *printer, struct world *world)
{
    const struct kind *kind = kind_find("thanks");
    struct made *made = add(world, "thanks", false, NULL);
    world->reply.id = made->entry.id;
    world->reply.unique = 1;
    world->reply.state = attune_text("held");
    world->reply.hold_s = 10;
    print_created(printer, &world->reply, false, false, kind, 0);
    world->reply.hold_s = 900;
    print_created(printer, &world->reply, false, false, kind, 0);
    world->reply.hold_s = 242 * (uint32_t)DAY_S;
    print_created(printer, &world->reply, false, false, kind, 0);
    world->reply.hold_s = 0;
    world->reply.state = attune_text("open");
    print_created(printer, &world->reply, false, false, kind, 0);
    print_created(printer, &world->reply, true, false, kind, 0);
    world->reply.mine = true;
    print_created(printer, &world->reply, false, false, kind, 0);
    world->reply.state = attune_text("draft");
    print_created(printer, &world->reply, false, false, kind, 0);
}

/* Of kinds that say something to who wrote them. */
static void
out_created_kinds(struct printer *printer, struct world *world)
{
    struct made *made = add(world, "answer", false, NULL);
    world->reply.id = made->entry.id;
    world->reply.unique = 1;
    world->reply.state = attune_text("sealed");
    print_created(printer, &world->reply, false, false, kind_find("answer"), 0);
    print_created(printer, &world->reply, false, false, kind_find("story"), 0);
    world->reply.state = attune_text("topic");
    print_created(printer, &world->reply, false, false, kind_find("tell"), 0);
    world->reply.state = attune_text("open");
    print_created(printer, &world->reply, false, false, kind_find("pause"), 3660);
    print_created(printer, &world->reply, false, false, kind_find("pause"), 12 * 3600);
    print_created(printer, &world->reply, true, false, kind_find("pause"), 0);
    world->reply.hint = attune_text("share");
    print_created(printer, &world->reply, true, false, kind_find("feel"), 0);
    world->reply.hint = attune_text("");
    world->reply.state = attune_text("held");
    world->reply.hold_s = 10;
    print_created(printer, &world->reply, false, false, kind_find("repair"), 0);
    print_created(printer, &world->reply, false, false, kind_find("story"), 0);
    print_created(printer, &world->reply, false, false, kind_find("answer"), 0);
    world->reply.mine = true;
    print_created(printer, &world->reply, false, false, kind_find("reply"), 0);
    print_created(printer, &world->reply, false, true, kind_find("reply"), 0);
}

static void
out_acted(struct printer *printer, struct world *world)
{
    struct made *made = add(world, "promise", false, NULL);
    world->reply.id = made->entry.id;
    world->reply.unique = 4;
    world->reply.state = attune_text("done");
    print_acted(printer, &world->reply, "done");
    print_acted(printer, &world->reply, "undo"); /* its words */
    world->reply.mine = true;
    print_acted(printer, &world->reply, "undo");
    print_acted(printer, &world->reply, "retract"); /* it was held: undone */
    world->reply.state = attune_text("draft");
    print_acted(printer, &world->reply, "retract");
    world->reply.state = attune_text("retracted");
    print_acted(printer, &world->reply, "retract");
    print_acted(printer, &world->reply, PRINT_ACTED_DISCARD);
    world->reply.state = attune_text("topic");
    print_acted(printer, &world->reply, "share");
    world->reply.state = attune_text("author");
    print_acted(printer, &world->reply, "repaired");
    world->reply.state = attune_text("repaired");
    print_acted(printer, &world->reply, "repaired");
    world->reply.state = attune_text("held");
    world->reply.hold_s = 10;
    print_acted(printer, &world->reply, "share");
}

static void
out_words(struct printer *printer, struct world *world)
{
    static const char *const words[] = {
        "harbor", "velvet", "cactus", "candle", "river", "otter",  "lemon", "stone",
        "violin", "orbit",  "tulip",  "amber",  "maple", "window", "cloud", "ladder"};
    char *list[16];
    (void)world;
    for (size_t i = 0; i < 16; i++) {
        list[i] = attune_text(words[i]);
    }
    print_words(printer, PRINT_WORDS_RECOVERY, list, 16);
    print_words(printer, PRINT_WORDS_CHECK, list, 6);
}

static void
out_values(struct printer *printer, struct world *world)
{
    const struct print_pair pairs[] = {
        {"hold", span_text("10s")},
        {"link.listen", span_text("tcp://127.0.0.1:7401")},
    };
    char *topics[] = {attune_text("entries"), attune_text("pairing")};
    print_value(printer, "digest", span_text("7c1e00b2"));
    print_pairs(printer, "options", pairs, 2);
    print_plain(printer,
                "Locked. Keys are wiped; nothing syncs or reminds until unlock.");
    print_say(printer, "Pairing shares nothing you wrote. Waiting… for %s",
              "\033[31mBen");
    print_line(printer, "  attune pair %s --at 192.168.1.20",
               "amber-tulip-orbit-lemon");
    world->reply.topics = topics;
    world->reply.n_topics = 2;
    print_topics(printer, &world->reply);
}

/* Later today, past midnight, and over. */
static void
out_quiet(struct printer *printer, struct world *world)
{
    world->reply.silent_until = NOW_S + 120 * MINUTE_S;
    print_quiet(printer, &world->reply);
    world->reply.silent_until = NOW_S + DAY_S;
    print_quiet(printer, &world->reply);
    world->reply.silent_until = 0;
    print_quiet(printer, &world->reply);
}

static void
out_preview(struct printer *printer, struct world *world)
{
    struct made *made = add(world, "promise", false, "book the table");
    add_number(made, "due", NOW_S + 2 * DAY_S);
    print_preview(printer, &made->entry);
}

static void
out_error(struct printer *printer, struct world *world)
{
    (void)world;
    printer->err_columns = printer->columns;
    assert_int_equal(print_failure(printer, E_NOT_PAIRED, NULL, NULL, NULL),
                     EXIT_UNPAIRED);
    assert_int_equal(
        print_failure(printer, E_USAGE, NULL, "Did you mean: attune thanks", NULL),
        EXIT_USAGE);
    printer->err_columns = 0;
    (void)print_failure(printer, E_PASSPHRASE, NULL, NULL, NULL);
    (void)print_failure(printer, E_NO_ENTRY, "There is none to draw yet.", "", NULL);
}

static void
out_ambiguous(struct printer *printer, struct world *world)
{
    fill_log(world);
    world->reply.n_entries = 2;
    world->reply.error = attune_text("E_AMBIGUOUS");
    (void)print_failure(printer, E_AMBIGUOUS, NULL, NULL, &world->reply);
}

const struct output outputs[] = {
    {"log", out_log, false},
    {"log-states", out_log_states, false},
    {"log-empty", out_log_empty, false},
    {"find", out_find, false},
    {"drafts", out_drafts, false},
    {"show-thanks", out_show_thanks, false},
    {"show-own", out_show_own, false},
    {"show-write", out_show_write, false},
    {"show-promise", out_show_promise, false},
    {"show-unknown", out_show_unknown, false},
    {"show-held", out_show_held, false},
    {"show-retracted", out_show_retracted, false},
    {"visible", out_visible, false},
    {"visible-many", out_visible_many, false},
    {"visible-nothing", out_visible_nothing, false},
    {"visible-alone", out_visible_alone, false},
    {"status", out_status, false},
    {"status-closed", out_status_closed, false},
    {"status-none", out_status_none, false},
    {"findings", out_findings, false},
    {"findings-none", out_findings_none, false},
    {"created", out_created, false},
    {"created-kinds", out_created_kinds, false},
    {"acted", out_acted, false},
    {"words", out_words, false},
    {"values", out_values, true},
    {"quiet", out_quiet, false},
    {"preview", out_preview, false},
    {"error", out_error, true},
    {"ambiguous", out_ambiguous, true},
};
const size_t outputs_count = sizeof outputs / sizeof outputs[0];

int
main(void)
{
    return run_outputs();
}
