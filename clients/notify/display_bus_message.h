/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Messages of the display on the session bus: what a notice looks like to a notification
 * server that can do this and that. Without a state.
 */
#ifndef ATTUNE_NOTIFY_DISPLAY_BUS_MESSAGE_H
#define ATTUNE_NOTIFY_DISPLAY_BUS_MESSAGE_H

#include "clients/notify/kept.h"

#define DISPLAY_BUS_SERVICE "org.freedesktop.Notifications" /* its interface too */
#define DISPLAY_BUS_OBJECT "/org/freedesktop/Notifications"

struct sd_bus;
struct sd_bus_message;

/* What a server can do, as bits. */
enum {
    DISPLAY_CAN_ACTIONS = 1 << 0,
    DISPLAY_CAN_BODY = 1 << 1,
    DISPLAY_CAN_MARKUP = 1 << 2,
    DISPLAY_CAN_PERSIST = 1 << 3,
};

/* Reads the answer to GetCapabilities. 0, or a negative errno and *can is as before. */
int
display_bus_message_capabilities(struct sd_bus_message *reply, unsigned *can)
    __attribute__((warn_unused_result));

/* The call of Notify for a server (its unique name) that can do `can`; `id` is what it
 * replaces. 0, or a negative errno: -EINVAL for words that are not UTF-8. */
int
display_bus_message_notify(struct sd_bus *bus, const char *owner,
                           const struct kept *kept, unsigned can, uint32_t id,
                           struct sd_bus_message **out)
    __attribute__((warn_unused_result));

#endif
