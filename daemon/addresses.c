/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "daemon/addresses.h"

#include "common/bytes.h"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { HOST_BYTES_MAX = 128, SCHEME_BYTES = 6 /* "tcp://" */ };

static void
add(struct addresses *out, const char *text, size_t size)
{
    if (size == 0 || size > PAIR_ADDRESS_BYTES_MAX || out->count == ADDRESSES_MAX) {
        return;
    }
    for (size_t i = 0; i < out->count; i++) {
        if (strlen(out->text[i]) == size && memcmp(out->text[i], text, size) == 0) {
            return;
        }
    }
    memcpy(out->text[out->count], text, size);
    out->text[out->count++][size] = '\0';
}

static void
add_list(struct addresses *out, const char *list)
{
    while (*list != '\0') {
        list += strspn(list, ", ");
        size_t size = strcspn(list, ", ");
        add(out, list, size);
        list += size;
    }
}

static void
add_host(struct addresses *out, const char *host, const char *port)
{
    char text[HOST_BYTES_MAX + 32];
    int size = snprintf(text, sizeof text, "tcp://%s:%s", host, port);
    if (size > 0 && (size_t)size < sizeof text) {
        add(out, text, (size_t)size);
    }
}

/* Private and public addresses of one family; never loopback, nor IPv6 of one link only. */
static void
add_interfaces(struct addresses *out, const char *port, int family)
{
    struct ifaddrs *all = NULL;
    if (getifaddrs(&all) != 0) {
        return;
    }
    for (const struct ifaddrs *one = all; one != NULL; one = one->ifa_next) {
        char host[INET6_ADDRSTRLEN] = "";
        char shown[INET6_ADDRSTRLEN + 2];
        if (one->ifa_addr == NULL || one->ifa_addr->sa_family != family ||
            (one->ifa_flags & IFF_UP) == 0 || (one->ifa_flags & IFF_LOOPBACK) != 0) {
            continue;
        }
        if (family == AF_INET) {
            struct sockaddr_in v4;
            memcpy(&v4, one->ifa_addr, sizeof v4);
            (void)inet_ntop(AF_INET, &v4.sin_addr, host, sizeof host);
            add_host(out, host, port);
        } else {
            struct sockaddr_in6 v6;
            memcpy(&v6, one->ifa_addr, sizeof v6);
            if (!IN6_IS_ADDR_LINKLOCAL(&v6.sin6_addr)) {
                (void)inet_ntop(AF_INET6, &v6.sin6_addr, host, sizeof host);
                snprintf(shown, sizeof shown, "[%s]", host);
                add_host(out, shown, port);
            }
        }
    }
    freeifaddrs(all);
}

static void
add_name(struct addresses *out, const char *port)
{
    char name[64] = "";
    char local[64 + 8];
    if (gethostname(name, sizeof name - 1) != 0 || name[0] == '\0' ||
        strcmp(name, "localhost") == 0) {
        return;
    }
    snprintf(local, sizeof local, strchr(name, '.') == NULL ? "%s.local" : "%s", name);
    add_host(out, local, port);
}

void
addresses_find(const struct options *options, const char *bound, struct addresses *out)
{
    const char *listen = bound[0] != '\0' ? bound : options->link_listen;
    *out = (struct addresses){0};
    add_list(out, options->link_addresses);
    const char *port = strrchr(listen, ':');
    if (out->count > 0 || port == NULL || strlen(listen) <= SCHEME_BYTES) {
        return;
    }
    bool any = strncmp(listen + SCHEME_BYTES, "*:", 2) == 0 ||
               strncmp(listen + SCHEME_BYTES, "0.0.0.0:", 8) == 0 ||
               strncmp(listen + SCHEME_BYTES, "[::]:", 5) == 0;
    if (!any) {
        add(out, listen, strlen(listen));
        return;
    }
    add_interfaces(out, port + 1, AF_INET);
    /* The name survives a change of addresses, so it must not be crowded out. */
    out->count = out->count > ADDRESSES_MAX - 2 ? ADDRESSES_MAX - 2 : out->count;
    add_name(out, port + 1);
    add_interfaces(out, port + 1, AF_INET6);
}
