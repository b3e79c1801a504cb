/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What people and scripts read: each output as text at 80 and at 40 columns and as JSON,
 * compared with tests/golden/print/NAME.{80,40,json}. Lines fit at any width.
 *
 * ATTUNE_REGENERATE=1 writes the files instead; then read the difference.
 * To add an output: a function that fills a world and prints once, a row in `outputs`.
 */
#ifndef ATTUNE_TESTS_UNIT_PRINT_OUTPUTS_H
#define ATTUNE_TESTS_UNIT_PRINT_OUTPUTS_H

#include "tests/unit/print_world.h"

#include "common/error.h"
#include "common/kind.h"

#include <time.h>

/* With a golden file; ATTUNE_REGENERATE writes it. */
static inline void
compare(const char *folder, const char *name, const char *form, const struct buf *got)
{
    char path[1024];
    struct buf want;
    uint8_t chunk[4096];
    size_t size = 0;
    (void)snprintf(path, sizeof path, "%s/%s.%s", folder, name, form);
    bool write = getenv("ATTUNE_REGENERATE") != NULL;
    FILE *file = fopen(path, write ? "wb" : "rb");
    if (file == NULL) {
        fail_msg("no golden file %s", path);
        return;
    }
    if (write) {
        assert_true(got->size == 0 || fwrite(got->data, got->size, 1, file) == 1);
        assert_int_equal(fclose(file), 0);
        return;
    }
    buf_init(&want, 0);
    while ((size = fread(chunk, 1, sizeof chunk, file)) > 0) {
        buf_put(&want, chunk, size);
    }
    (void)fclose(file);
    if (!span_equal(buf_span(&want), buf_span(got))) {
        print_error("%s.%s is now:\n%.*s", name, form, (int)got->size,
                    (const char *)got->data);
        fail();
    }
    buf_free(&want);
}

struct output {
    const char *name;
    void (*print)(struct printer *printer, struct world *world);
    bool unwrapped; /* has lines that are meant to be copied or read by programs */
};

/* Standard output, and standard error below a line. */
static inline void
render(const struct output *output, bool json, size_t columns, bool colour,
       struct buf *out)
{
    const struct term term = {.columns = columns, .colour = colour};
    struct world *world = malloc(sizeof *world);
    struct printer printer;
    assert_non_null(world);
    world_init(world);
    print_init(&printer, json, &term, NOW_S);
    print_names(&printer, span_text("Ana"), span_text("Ben"));
    output->print(&printer, world);
    assert_int_equal(buf_done(&printer.out), 0);
    assert_int_equal(buf_done(&printer.err), 0);
    buf_put_span(out, buf_span(&printer.out));
    if (printer.err.size > 0) {
        buf_put_text(out, "-- standard error --\n");
        buf_put_span(out, buf_span(&printer.err));
    }
    assert_int_equal(buf_done(out), 0);
    print_done(&printer);
    free(world);
}

/* The outputs of one program; each file of tests has its own. */
extern const struct output outputs[];
extern const size_t outputs_count;

static inline void
test_golden(void **state)
{
    (void)state;
    static const struct {
        const char *form;
        size_t columns;
        bool json;
    } forms[] = {{"80", 80, false}, {"40", 40, false}, {"json", 80, true}};
    for (size_t i = 0; i < outputs_count; i++) {
        for (size_t f = 0; f < sizeof forms / sizeof forms[0]; f++) {
            struct buf got;
            buf_init(&got, 0);
            render(&outputs[i], forms[f].json, forms[f].columns, false, &got);
            compare(ATTUNE_GOLDEN_PRINT, outputs[i].name, forms[f].form, &got);
            buf_free(&got);
        }
    }
}

static inline void
test_lines_fit(void **state)
{
    (void)state;
    for (size_t columns = TERM_COLUMNS_MIN; columns <= 130; columns++) {
        for (size_t i = 0; i < outputs_count; i++) {
            struct buf got;
            buf_init(&got, 0);
            render(&outputs[i], false, columns, false, &got);
            assert_harmless(buf_span(&got));
            struct span rest = buf_span(&got), line = SPAN_EMPTY;
            while (!outputs[i].unwrapped && next_line(&rest, &line)) {
                if (text_width(line) > columns) {
                    fail_msg("%s at %zu: %.*s", outputs[i].name, columns,
                             (int)line.size, (const char *)line.data);
                }
                assert_true(line.size == 0 || line.data[line.size - 1] != ' ');
            }
            buf_free(&got);
        }
    }
}

/* With colour on, the only escapes are ours, and each is closed on its line. */
static inline void
test_colour_is_dim_and_closed(void **state)
{
    (void)state;
    for (size_t i = 0; i < outputs_count; i++) {
        struct buf colour, plain, stripped;
        unsigned open = 0;
        buf_init(&colour, 0);
        buf_init(&plain, 0);
        buf_init(&stripped, 0);
        render(&outputs[i], false, 80, true, &colour);
        render(&outputs[i], false, 80, false, &plain);
        struct span rest = buf_span(&colour);
        while (rest.size > 0) {
            size_t step = 1;
            if (starts_with(rest, "\033[2m")) {
                assert_int_equal(open++, 0);
                step = 4;
            } else if (starts_with(rest, "\033[0m")) {
                assert_int_equal(open--, 1);
                step = 4;
            } else {
                assert_true(*rest.data != '\n' || open == 0);
                buf_put_u8(&stripped, *rest.data);
            }
            rest = span_slice(rest, step, rest.size);
        }
        assert_int_equal(open, 0);
        assert_true(span_equal(buf_span(&stripped), buf_span(&plain)));
        buf_free(&colour);
        buf_free(&plain);
        buf_free(&stripped);
    }
}

static inline int
run_outputs(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_golden),
        cmocka_unit_test(test_lines_fit),
        cmocka_unit_test(test_colour_is_dim_and_closed),
    };
    setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3", 1);
    tzset();
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#endif
