/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "clients/notify/display_bus_message.h"

#include <errno.h>
#include <string.h>
#include <systemd/sd-bus.h>

enum { CAPABILITIES_MAX = 64 }; /* read of a server's list; the standard has 13 */

static unsigned
capability(const char *name)
{
    static const struct {
        const char *name;
        unsigned can;
    } all[] = {{"actions", DISPLAY_CAN_ACTIONS},
               {"body", DISPLAY_CAN_BODY},
               {"body-markup", DISPLAY_CAN_MARKUP},
               {"persistence", DISPLAY_CAN_PERSIST}};
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        if (strcmp(all[i].name, name) == 0) {
            return all[i].can;
        }
    }
    return 0;
}

int
display_bus_message_capabilities(sd_bus_message *reply, unsigned *can)
{
    unsigned found = 0;
    const char *name = NULL;
    if (sd_bus_message_has_signature(reply, "as") <= 0) {
        return -EBADMSG;
    }
    int rc = sd_bus_message_enter_container(reply, 'a', "s");
    for (int i = 0; rc > 0 && i < CAPABILITIES_MAX; i++) {
        rc = sd_bus_message_read_basic(reply, 's', &name);
        found |= rc > 0 ? capability(name) : 0;
    }
    if (rc < 0) {
        return rc;
    }
    *can = found;
    return 0;
}

/* "as": pairs of key and label. A click on the notice itself opens, where that is offered. */
static int
put_actions(sd_bus_message *message, const struct kept *kept, bool can)
{
    const char *open = can ? kept_label(kept, "open") : NULL;
    size_t count = can ? kept->notice.actions_count : 0;
    int error = sd_bus_message_open_container(message, 'a', "s");
    if (error >= 0 && open != NULL) {
        error = sd_bus_message_append(message, "ss", "default", open);
    }
    for (size_t i = 0; error >= 0 && i < count; i++) {
        const struct display_action *action = &kept->actions[i];
        error = sd_bus_message_append(message, "ss", action->key, action->label);
    }
    return error < 0 ? error : sd_bus_message_close_container(message);
}

/*
 * The category is our own: of the standard ones only `im` comes near, and servers treat
 * that as a message to be answered at once, which a notice of attune never is. A server
 * passes over what it doesn't know; a person can write a rule for it.
 */
static int
put_hints(sd_bus_message *message, const struct display_notice *notice)
{
    const char *scope = notice->plain ? "system" : "user";
    return sd_bus_message_append(
        message, "a{sv}", 5,                   /* by pairs: */
        "urgency", "y", notice->alert ? 1 : 0, /* never critical: nothing here is */
        "category", "s", "x-attune.notice",    /* see above */
        "desktop-entry", "s", "attune-notify", /* whose settings it follows */
        "suppress-sound", "b", !notice->alert, /* only the words are new */
        "x-gnome-privacy-scope", "s", scope);  /* user: not on a lock screen */
}

/* The words: a server without bodies gets all of them as the title. */
static int
put_words(sd_bus_message *message, const struct kept *kept, unsigned can, uint32_t id)
{
    struct buf made = {0};
    const char *title = kept->notice.title;
    const char *body = kept->notice.body;
    if ((can & DISPLAY_CAN_BODY) == 0) {
        buf_put_text(&made, title);
        buf_put_text(&made, body[0] != '\0' ? ": " : "");
        buf_put_text(&made, body);
        title = buf_text(&made);
        body = "";
    } else if ((can & DISPLAY_CAN_MARKUP) != 0) {
        kept_markup(&made, body);
        body = buf_text(&made);
    }
    int error = buf_done(&made) != 0 ? -ENOMEM
                                     : sd_bus_message_append(message, "susss", "attune",
                                                             id, "", title, body);
    buf_free(&made);
    return error;
}

int
display_bus_message_notify(sd_bus *bus, const char *owner, const struct kept *kept,
                           unsigned can, uint32_t id, sd_bus_message **out)
{
    bool lasts = kept->notice.fixed && (can & DISPLAY_CAN_PERSIST) != 0;
    sd_bus_message *message = NULL;
    int error = sd_bus_message_new_method_call(bus, &message, owner, DISPLAY_BUS_OBJECT,
                                               DISPLAY_BUS_SERVICE, "Notify");
    if (error < 0 || (error = sd_bus_message_sensitive(message)) < 0 ||
        (error = put_words(message, kept, can, id)) < 0 ||
        (error = put_actions(message, kept, (can & DISPLAY_CAN_ACTIONS) != 0)) < 0 ||
        (error = put_hints(message, &kept->notice)) < 0 ||
        (error = sd_bus_message_append(message, "i", lasts ? 0 : -1)) < 0) {
        goto out;
    }
    *out = message;
    message = NULL; /* transferred */
    error = 0;
out:
    sd_bus_message_unref(message);
    return error;
}
