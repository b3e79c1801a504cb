/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Any text as a time, in several zones: refused or an instant that prints and reads back.
 * The first byte chooses the zone, the next six the present.
 */
#include "common/error.h"
#include "common/when.h"
#include "tests/fuzz/fuzz.h"

#include <stdlib.h>
#include <string.h>

#define TEXT_BYTES_MAX 200

static void
round_trip(int64_t t_s, int64_t now_s)
{
    struct buf out = {0};
    int64_t back_s = 0;
    when_rfc3339(&out, t_s);
    require(when_parse_rfc3339(buf_span(&out), &back_s) == 0);
    require(back_s == t_s);
    when_format(&out, t_s, now_s);
    when_format_day(&out, t_s, now_s);
    require(buf_done(&out) == 0);
    buf_free(&out);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const zones[] = {"UTC",
                                        "Europe/Berlin",
                                        "America/Sao_Paulo",
                                        "Pacific/Apia",
                                        "Asia/Kathmandu",
                                        "Australia/Lord_Howe",
                                        "America/New_York"};
    char text[TEXT_BYTES_MAX + 1];
    if (size < 7 || size - 7 > TEXT_BYTES_MAX) {
        return 0;
    }
    setenv("TZ", zones[data[0] % (sizeof zones / sizeof *zones)], 1);
    int64_t now_s = 0;
    for (size_t i = 1; i < 7; i++) {
        now_s = now_s << 8 | data[i];
    }
    now_s %= INT64_C(5000000000); /* to 2128, since mktime is slow far out */
    memcpy(text, data + 7, size - 7);
    text[size - 7] = '\0';

    int64_t t_s = 7;
    bool has_clock = false;
    int rc = when_parse(text, now_s, &t_s, &has_clock);
    require(rc == 0 || (rc == E_TIME && t_s == 7));
    if (rc == 0 && t_s > 4 * WHEN_DAY_S && t_s < INT64_C(253402000000)) {
        round_trip(t_s, now_s);
    }
    int64_t duration_s = 0;
    if (when_duration(text, &duration_s) == 0) {
        int64_t back_s = -1;
        struct buf out = {0};
        require(duration_s >= 0 && duration_s <= WHEN_DURATION_S_MAX);
        when_format_duration(&out, duration_s);
        require(when_duration(buf_text(&out), &back_s) == 0 && back_s == duration_s);
        buf_free(&out);
    }
    int64_t day = 0;
    if (when_parse_day(span_text(text), &day) == 0 && day > 4) {
        require(day > 2900000 || when_local_day(when_day_start(day)) >= day);
    }
    return 0;
}
