/* SPDX-License-Identifier: GPL-3.0-or-later */
/* `attune` alone and the question of the day: at most seven lines, in their order. */
#include "tests/unit/print_outputs.h"

static struct made *
add_why(struct world *world, const char *kind, bool partner, const char *why)
{
    struct made *made = add(world, kind, partner, NULL);
    made->entry.why = attune_text(why);
    return made;
}

static void
out_today(struct printer *printer, struct world *world)
{
    (void)add_why(world, "thanks", true, "new");
    struct made *made = add_why(world, "promise", false, "due");
    made->entry.due = NOW_S + 2 * DAY_S;
    (void)add_question(world, "2027-05-04", "What did home smell like?");
    print_today(printer, &world->reply);
}

/* Each reason attuned gives, and the order of the rows; beside it a daemon that gives
 * none. */
static void
out_today_reasons(struct printer *printer, struct world *world)
{
    set_state(add_why(world, "ritual", true, "turn"), "suggested");
    (void)add_why(world, "hear", true, "turn");
    (void)add_why(world, "promise", true, "news");
    (void)add(world, "reply", true, NULL);
    (void)add_why(world, "tell", true, "new");
    (void)add_why(world, "pause", true, "due");
    print_today(printer, &world->reply);
}

static void
out_today_full(struct printer *printer, struct world *world)
{
    world->status.behind = true;
    world->reply.status = &world->status;
    for (size_t i = 0; i < 8; i++) {
        (void)add_why(world, i % 2 == 0 ? "thanks" : "reply", true, "new");
    }
    (void)add_question(world, "2027-05-04", "What did home smell like?");
    world->reply.offer = attune_text("tell");
    print_today(printer, &world->reply);
}

static void
out_today_offer(struct printer *printer, struct world *world)
{
    (void)add_why(world, "need", true, "new");
    (void)add_question(world, "2027-05-04", "What did home smell like?");
    world->reply.offer = attune_text("tell");
    print_today(printer, &world->reply);
}

/* Said once, under the rows: never under "more", never an eighth line. */
static void
out_today_nudge(struct printer *printer, struct world *world)
{
    (void)add_why(world, "thanks", true, "new");
    (void)add_question(world, "2027-05-04", "What did home smell like?");
    world->reply.nudge = attune_text("question");
    world->reply.offer = attune_text("tell");
    print_today(printer, &world->reply);
}

static void
out_today_nudge_full(struct printer *printer, struct world *world)
{
    for (size_t i = 0; i < 8; i++) {
        (void)add_why(world, "thanks", true, "new");
    }
    (void)add_question(world, "2027-05-04", "What did home smell like?");
    world->reply.nudge = attune_text("talk");
    print_today(printer, &world->reply);
}

static void
out_today_nudge_alone(struct printer *printer, struct world *world)
{
    world->reply.nudge = attune_text("talk");
    print_today(printer, &world->reply);
}

static void
out_today_empty(struct printer *printer, struct world *world)
{
    print_today(printer, &world->reply);
}

static void
out_questions(struct printer *printer, struct world *world)
{
    (void)add_question(world, "2027-05-04",
                       "What did home smell like when you were seven?");
    (void)add_question(world, "2027-05-02", "Which tiny sound gives you joy?");
    print_questions(printer, &world->reply);
}

static void
out_questions_alone(struct printer *printer, struct world *world)
{
    Attune__Local__Question *question =
        add_question(world, "2027-05-04", "What would you like to be asked?");
    question->alone = true;
    question = add_question(world, "2027-05-03", "What are you looking forward to?");
    question->alone = true;
    question->answered = true;
    print_questions(printer, &world->reply);
}

static void
out_questions_none(struct printer *printer, struct world *world)
{
    print_questions(printer, &world->reply);
}

const struct output outputs[] = {
    {"today", out_today, false},
    {"today-reasons", out_today_reasons, false},
    {"today-full", out_today_full, false},
    {"today-offer", out_today_offer, false},
    {"today-nudge", out_today_nudge, false},
    {"today-nudge-full", out_today_nudge_full, false},
    {"today-nudge-alone", out_today_nudge_alone, false},
    {"today-empty", out_today_empty, false},
    {"questions", out_questions, false},
    {"questions-alone", out_questions_alone, false},
    {"questions-none", out_questions_none, false},
};
const size_t outputs_count = sizeof outputs / sizeof outputs[0];

int
main(void)
{
    return run_outputs();
}
