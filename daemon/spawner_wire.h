/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What spawner.c (in attuned) and spawner_serve.c (in the spawner) say to each other: one
 * packet is one struct, since both ends are the same program.
 */
#ifndef ATTUNE_DAEMON_SPAWNER_WIRE_H
#define ATTUNE_DAEMON_SPAWNER_WIRE_H

#include "daemon/spawner.h"

enum spawner_ask_type {
    SPAWNER_ASK_LINK,
    SPAWNER_ASK_KILL,
    SPAWNER_ASK_DERIVE,
    SPAWNER_ASK_CANCEL,
    SPAWNER_ASK_COUNT,
};

struct spawner_ask {
    enum spawner_ask_type type;
    pid_t pid;
    uint32_t id;
    uint32_t ops;
    uint32_t mem_kib;
    uint8_t salt[SALT_BYTES];
    size_t passphrase_bytes;
    uint8_t passphrase[PASSPHRASE_BYTES_MAX];
};

struct spawner_tell {
    bool answers; /* what was `asked`; else something happened */
    enum spawner_ask_type asked; /* _LINK: pid, error, and a descriptor; _CANCEL */
    struct spawner_event event;
};

/* The life of the spawner; never returns. `fd` is its end of the socketpair. */
void
spawner_serve(int fd, const char *link_path, spawner_derive_fn *derive)
    __attribute__((noreturn));

#endif
