/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * ZAP: who may finish a CURVE handshake with us. ZeroMQ RFC 27.
 *
 * The model: libzmq asks over an inproc socket, the link's loop answers. Exactly one key
 * is let in, or none. libzmq lets everybody in when nobody is bound to that inproc
 * address, so zap_init comes before any other socket, and every message is checked
 * again with zap_admits.
 */
#ifndef ATTUNE_DAEMON_LINK_ZAP_H
#define ATTUNE_DAEMON_LINK_ZAP_H

#include <stdbool.h>
#include <stdint.h>

#define ZAP_DOMAIN "attune"

enum { ZAP_KEY_BYTES = 32, ZAP_USER_BYTES = 2 * ZAP_KEY_BYTES + 1 };

struct zap {
    void *socket;
    bool open; /* false: nobody is let in */
    uint8_t key[ZAP_KEY_BYTES];
    char
        user[ZAP_USER_BYTES]; /* the key in hex: libzmq's User-Id of an admitted peer */
};

/* Binds the handler; nobody is let in yet. 0 or E_INTERNAL. */
int
zap_init(struct zap *zap, void *context) __attribute__((warn_unused_result));
void
zap_done(struct zap *zap);

/* From now on exactly this key is let in; NULL: nobody. */
void
zap_allow(struct zap *zap, const uint8_t *key);

/* Answers the questions that wait, never blocks. 0 or E_INTERNAL. */
int
zap_answer(struct zap *zap) __attribute__((warn_unused_result));

/* Does this User-Id (NULL: none) belong to the key that is let in? */
bool
zap_admits(const struct zap *zap, const char *user);

#endif
