/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Any bytes as a file of options: parsed or refused with a line; whatever can be set is
 * read back, also into a file that is otherwise nonsense. The first byte chooses the
 * option, text up to the first NUL is the value, the rest is the file.
 */
#include "common/address.h"
#include "common/error.h"
#include "common/options.h"
#include "tests/fuzz/fuzz.h"

#include <string.h>

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct options options;
    struct buf edited = {0};
    struct buf back = {0};
    size_t line = 0;
    const uint8_t *end = size > 1 ? memchr(data + 1, '\0', size - 1) : NULL;
    if (end == NULL) {
        return 0;
    }
    const char *value = (const char *)data + 1;
    const char *name = options_row(data[0] % options_count())->name;
    struct span file = span_of(end + 1, (size_t)(data + size - end - 1));

    bool parsed = options_parse(file, &options, &line) == 0;
    require(parsed || (line >= 1 && line <= file.size + 1));
    if (options_edit(file, name, value, &edited) == 0) {
        require(!parsed || options_parse(buf_span(&edited), &options, &line) == 0);
        buf_clear(&edited);
        require(options_edit(SPAN_EMPTY, name, value, &edited) == 0);
        require(options_parse(buf_span(&edited), &options, &line) == 0);
        require(options_get(&options, name, &back) == 0);
        buf_clear(&edited);
        require(options_edit(SPAN_EMPTY, name, buf_text(&back), &edited) == 0);
        if (options_find(name)->type == OPTION_TEXT) {
            require(strcmp(buf_text(&back), value) == 0);
        }
    }
    buf_clear(&back);
    if (address_normalise(file, &back) == 0) {
        require(address_check(buf_span(&back), false) == 0);
        require(back.size < ADDRESS_BYTES_MAX);
    }
    buf_free(&edited);
    buf_free(&back);
    return 0;
}
