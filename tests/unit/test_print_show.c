/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Entries of each kind as they are shown: what its row brings, and what waits below. */
#include "tests/unit/print_outputs.h"

static void
out_show_need(struct printer *printer, struct world *world)
{
    struct made *made = add(world, "need", true, NULL);
    add_text(made, "what", "hug");
    add_text(made, "text", "long day, and the train was late");
    add_number(made, "until", NOW_S + 56 * MINUTE_S);
    add_text(made, "how", "no questions yet");
    can(made, "with-you");
    print_show(printer, &world->reply);
}

static void
out_show_need_own(struct printer *printer, struct world *world)
{
    struct made *made = add(world, "need", false, NULL);
    add_text(made, "what", "space");
    set_state(made, "with");
    (void)add_event(made, "with-you", true, NOW_S);
    can(made, "done");
    print_show(printer, &world->reply);
}

static void
out_show_evening(struct printer *printer, struct world *world)
{
    struct made *made = add(world, "evening", true, NULL);
    add_text(made, "best", "the walk");
    add_text(made, "feeling", "calm");
    add_text(made, "from-you", "an hour on the sofa");
    add_number(made, "energy", 3);
    add_text(made, "may-tell", "Mia");
    print_show(printer, &world->reply);
}

static void
out_show_tell(struct printer *printer, struct world *world)
{
    struct made *made = add(world, "tell", true, "I felt left out on Sunday.");
    add_text(made, "how", "just listen");
    can(made, "hear");
    print_show(printer, &world->reply);
}

static void
out_show_topic(struct printer *printer, struct world *world)
{
    struct made *made = add(world, "tell", true, NULL);
    add_text(made, "topic", "work");
    set_state(made, "topic");
    print_show(printer, &world->reply);
}

static void
out_show_topic_own(struct printer *printer, struct world *world)
{
    struct made *made = add(world, "tell", false, "I applied elsewhere.");
    add_text(made, "topic", "work");
    set_state(made, "topic");
    made->entry.mine = true;
    can(made, "share");
    can(made, "retract");
    print_show(printer, &world->reply);
}

static void
out_show_answer(struct printer *printer, struct world *world)
{
    struct made *made = add(world, "answer", false, "Floor wax and oranges.");
    add_text(made, "question", "What did home smell like when you were seven?");
    set_state(made, "sealed");
    can(made, "retract");
    print_show(printer, &world->reply);
}

static void
out_show_answers(struct printer *printer, struct world *world)
{
    struct made *made = add(world, "answer", true, "Rain on warm stone.");
    add_text(made, "question", "What did home smell like when you were seven?");
    add_text(made, "guess", "oranges");
    (void)add_event(made, "reveal", true, NOW_S);
    made = add(world, "answer", false, "Floor wax and oranges.");
    add_text(made, "question", "What did home smell like when you were seven?");
    print_show(printer, &world->reply);
}

static void
out_show_question(struct printer *printer, struct world *world)
{
    (void)add(world, "question", true, "Where shall we be in May?");
    print_show(printer, &world->reply);
}

static void
out_show_hi(struct printer *printer, struct world *world)
{
    struct made *made = add(world, "hi", true, NULL);
    made->entry.created = NOW_S - 90 * MINUTE_S;
    set_state(made, "later");
    Attune__Local__Event *event =
        add_event(made, "later", false, NOW_S - 80 * MINUTE_S);
    carries(made, event, "at", NULL, NOW_S + 11 * 60 * MINUTE_S);
    can(made, "with-you");
    can(made, "fine");
    can(made, "yes");
    print_show(printer, &world->reply);
}

/* Three rounds at most; each turn is one verb. */
static void
out_show_hear(struct printer *printer, struct world *world)
{
    struct made *made = add(world, "tell", false, "I felt left out on Sunday.");
    made->entry.created = NOW_S - DAY_S;
    made = add(world, "hear", true, "You missed me on Sunday.");
    made->entry.created = NOW_S - 60 * MINUTE_S;
    Attune__Local__Event *event =
        add_event(made, "almost", false, NOW_S - 50 * MINUTE_S);
    carries(made, event, "missing", "that it was the third time", 0);
    event = add_event(made, "again", true, NOW_S - 40 * MINUTE_S);
    carries(made, event, "back", "For the third time you sat alone.", 0);
    can(made, "yes");
    can(made, "almost");
    can(made, "no");
    print_show(printer, &world->reply);
}

/* What the entry belongs to comes before it, what came after it behind. */
static void
out_show_inside(struct printer *printer, struct world *world)
{
    struct made *own = add(world, "reply", false, "I hear you.");
    struct made *root = add(world, "tell", true, "I felt left out on Sunday.");
    struct made *after = add(world, "reply", true, "Thank you.");
    root->entry.created = NOW_S - DAY_S;
    own->entry.created = NOW_S - 60 * MINUTE_S;
    own->entry.parent = root->entry.id;
    own->entry.parent_partner = true;
    after->entry.parent = own->entry.id;
    can(own, "retract");
    print_show(printer, &world->reply);
}

static void
out_show_heard(struct printer *printer, struct world *world)
{
    struct made *made = add(world, "hear", false, "You felt alone on Sunday.");
    made->entry.created = NOW_S - 60 * MINUTE_S;
    (void)add_event(made, "yes", true, NOW_S - 50 * MINUTE_S);
    Attune__Local__Event *event =
        add_event(made, "agree", false, NOW_S - 40 * MINUTE_S);
    carries(made, event, "agree", "Sundays are ours.", 0);
    set_state(made, "done");
    print_show(printer, &world->reply);
}

/* A thread that is being mended, with all that joins it. */
static void
out_show_repair(struct printer *printer, struct world *world)
{
    struct made *made = add(world, "repair", true, "Can we start over?");
    made->entry.created = NOW_S - DAY_S;
    set_state(made, "author");
    (void)add_event(made, "paused", false, NOW_S - 60 * MINUTE_S);
    (void)add_event(made, "talked", true, NOW_S - 30 * MINUTE_S);
    (void)add_event(made, "repaired", true, NOW_S - 20 * MINUTE_S);
    can(made, "repaired");
    made = add(world, "pause", false, NULL);
    add_number(made, "lasts", 1800);
    made->entry.created = NOW_S - 60 * MINUTE_S;
    made->entry.due = NOW_S + 26 * MINUTE_S;
    set_state(made, "changed");
    Attune__Local__Event *event =
        add_event(made, "change", true, NOW_S - 34 * MINUTE_S);
    carries(made, event, "lasts", NULL, 3600);
    can(made, "back");
    made = add(world, "sorry", true, "You stood there alone.");
    add_text(made, "part", "I was late and didn't call.");
    add_text(made, "will", "Call next time, before seven.");
    made = add(world, "story", true, NULL);
    set_state(made, "sealed");
    made = add(world, "story", false, "I had waited all day for that evening.");
    set_state(made, "open");
    print_show(printer, &world->reply);
}

static void
out_show_faded(struct printer *printer, struct world *world)
{
    struct made *made = add(world, "repair", false, NULL);
    made->entry.created = NOW_S - 40 * DAY_S;
    made->entry.gone = true;
    made->entry.faded = true;
    set_state(made, "repaired");
    print_show(printer, &world->reply);
}

static void
out_show_pause(struct printer *printer, struct world *world)
{
    struct made *made = add(world, "pause", true, NULL);
    add_number(made, "lasts", 12 * 3600);
    made->entry.due = made->entry.created + 12 * 3600;
    can(made, "back");
    can(made, "change");
    print_show(printer, &world->reply);
}

static void
out_show_ritual(struct printer *printer, struct world *world)
{
    struct made *made = add(world, "ritual", false, "walk");
    add_text(made, "every", "weekly sun");
    add_number(made, "at", 16 * 60);
    made->entry.created = NOW_S - 9 * DAY_S;
    made->entry.due = NOW_S + 5 * DAY_S + (16 * 60 - 21 * 60 - 4) * MINUTE_S;
    (void)add_event(made, "accept", true, NOW_S - 8 * DAY_S);
    (void)add_event(made, "done", false, NOW_S - 2 * DAY_S);
    Attune__Local__Event *event = add_event(made, "change", true, NOW_S - DAY_S);
    carries(made, event, "rest", NULL, 21 * DAY_S);
    can(made, "done");
    can(made, "change");
    can(made, "release");
    print_show(printer, &world->reply);
}

static void
out_show_suggested(struct printer *printer, struct world *world)
{
    struct made *made = add(world, "ritual", true, "tea, and no telephones");
    add_text(made, "every", "weeks 2 mon,thu");
    add_number(made, "at", 20 * 60 + 5);
    set_state(made, "suggested");
    can(made, "accept");
    can(made, "decline");
    print_show(printer, &world->reply);
}

/* As its author sees it before it leaves, in each way a kind can be shown. */
static void
out_preview_kinds(struct printer *printer, struct world *world)
{
    struct made *made = add(world, "sorry", false, "You stood there alone.");
    add_text(made, "part", "I was late.");
    add_text(made, "will", "Call next time.");
    print_preview(printer, &made->entry);
    made = add(world, "need", false, NULL);
    add_text(made, "what", "listen");
    print_preview(printer, &made->entry);
    made = add(world, "tell", false, "I applied elsewhere.");
    add_text(made, "topic", "work");
    made->entry.topic = true;
    print_preview(printer, &made->entry);
    made = add(world, "write", false, "The house is quiet.");
    made->entry.mine = true;
    print_preview(printer, &made->entry);
    made = add(world, "pause", false, NULL);
    made->entry.created = 0;
    add_number(made, "lasts", 40 * 60);
    print_preview(printer, &made->entry);
}

const struct output outputs[] = {
    {"show-need", out_show_need, false},
    {"show-need-own", out_show_need_own, false},
    {"show-evening", out_show_evening, false},
    {"show-tell", out_show_tell, false},
    {"show-topic", out_show_topic, false},
    {"show-topic-own", out_show_topic_own, false},
    {"show-answer", out_show_answer, false},
    {"show-answers", out_show_answers, false},
    {"show-question", out_show_question, false},
    {"show-hi", out_show_hi, false},
    {"show-hear", out_show_hear, false},
    {"show-inside", out_show_inside, false},
    {"show-heard", out_show_heard, false},
    {"show-repair", out_show_repair, false},
    {"show-faded", out_show_faded, false},
    {"show-pause", out_show_pause, false},
    {"show-ritual", out_show_ritual, false},
    {"show-suggested", out_show_suggested, false},
    {"preview-kinds", out_preview_kinds, false},
};
const size_t outputs_count = sizeof outputs / sizeof outputs[0];

int
main(void)
{
    return run_outputs();
}
