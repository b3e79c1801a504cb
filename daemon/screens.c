/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "daemon/screens.h"

#include <stdio.h>
#include <string.h>

struct screen *
screens_find(struct screen screens[static SCREENS_MAX], const char *path)
{
    for (size_t i = 0; path[0] != '\0' && i < SCREENS_MAX; i++) {
        if (strcmp(screens[i].path, path) == 0) {
            return &screens[i];
        }
    }
    return NULL;
}

struct screen *
screens_add(struct screen screens[static SCREENS_MAX], const char *path)
{
    struct screen *found = NULL;
    if (path[0] == '\0' || strlen(path) >= SCREENS_PATH_BYTES) {
        return NULL;
    }
    for (size_t i = 0; i < SCREENS_MAX; i++) {
        struct screen *screen = &screens[i];
        if (screen->path[0] == '\0') {
            found = screen;
            break;
        }
        if (screen->known && !screen->ours) {
            found = screen;
        }
    }
    if (found != NULL) {
        *found = (struct screen){0};
        snprintf(found->path, sizeof found->path, "%s", path);
    }
    return found;
}

bool
screens_hear(struct screen *screen, bool is_hint, bool locked)
{
    screen->hinted = is_hint ? locked : screen->hinted;
    screen->asked = is_hint ? screen->asked && locked : locked;
    screen->missed = !screen->known && (screen->missed || locked);
    return locked && screen->ours;
}

bool
screens_know(struct screen *screen, bool ours, bool hint)
{
    bool locked = screen->missed || screen->asked || hint;
    screen->known = true;
    screen->ours = ours;
    screen->hinted = hint;
    screen->missed = false;
    return ours && locked;
}

bool
screens_locked(const struct screen screens[static SCREENS_MAX])
{
    for (size_t i = 0; i < SCREENS_MAX; i++) {
        if (screens[i].ours && (screens[i].asked || screens[i].hinted)) {
            return true;
        }
    }
    return false;
}
