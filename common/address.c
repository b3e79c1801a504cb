/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Address: see address.h.
 */
#include "common/address.h"

#include "common/error.h"

#include <string.h>

#define SCHEME "tcp://"
#define PORT_MAX 65535

static bool
is_scheme(struct span text)
{
    return span_equal(span_slice(text, 0, sizeof SCHEME - 1), span_text(SCHEME));
}

static bool
all_of(struct span text, const char *others)
{
    for (size_t i = 0; i < text.size; i++) {
        uint8_t c = text.data[i];
        bool plain =
            (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (!plain && (c == '\0' || strchr(others, c) == NULL)) {
            return false;
        }
    }
    return text.size > 0;
}

/* Splits "HOST:PORT" or "HOST"; an IPv6 address stands in brackets. */
static bool
split(struct span text, struct span *host, struct span *port)
{
    size_t end = 0;
    if (text.size > 0 && text.data[0] == '[') {
        while (end < text.size && text.data[end] != ']') {
            end++;
        }
        end++;
    } else {
        while (end < text.size && text.data[end] != ':') {
            end++;
        }
    }
    if (end > text.size || (end < text.size && text.data[end] != ':')) {
        return false;
    }
    *host = span_slice(text, 0, end);
    *port = end < text.size ? span_slice(text, end + 1, text.size) : SPAN_EMPTY;
    return end == text.size || port->size > 0;
}

static bool
host_valid(struct span host, bool any)
{
    if (host.size == 1 && host.data[0] == '*') {
        return any;
    }
    if (host.size > 2 && host.data[0] == '[') {
        struct span inner = span_slice(host, 1, host.size - 2);
        return host.data[host.size - 1] == ']' && inner.size <= 64 &&
               memchr(inner.data, ':', inner.size) != NULL && all_of(inner, ":.%-_");
    }
    return host.size <= 253 && all_of(host, ".-_") && host.data[0] != '-' &&
           host.data[0] != '.';
}

static bool
port_valid(struct span port)
{
    unsigned value = 0;
    if (port.size == 0 || port.size > 5) {
        return false;
    }
    for (size_t i = 0; i < port.size; i++) {
        if (port.data[i] < '0' || port.data[i] > '9') {
            return false;
        }
        value = value * 10 + (unsigned)(port.data[i] - '0');
    }
    return value >= 1 && value <= PORT_MAX;
}

int
address_check(struct span text, bool any)
{
    struct span host;
    struct span port;
    if (!is_scheme(text) ||
        !split(span_slice(text, sizeof SCHEME - 1, text.size), &host, &port)) {
        return E_OPTION;
    }
    return host_valid(host, any) && port_valid(port) ? 0 : E_OPTION;
}

int
address_normalise(struct span text, struct buf *out)
{
    struct span host;
    struct span port;
    if (is_scheme(text)) {
        text = span_slice(text, sizeof SCHEME - 1, text.size);
    }
    if (!split(text, &host, &port) || !host_valid(host, false) ||
        (port.size > 0 && !port_valid(port))) {
        return E_OPTION;
    }
    buf_put_text(out, SCHEME);
    buf_put_span(out, host);
    if (port.size > 0) {
        buf_put_text(out, ":");
        buf_put_span(out, port);
    } else {
        buf_printf(out, ":%d", ADDRESS_PORT);
    }
    return buf_done(out);
}
