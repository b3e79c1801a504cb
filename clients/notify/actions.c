/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "clients/notify/actions.h"

#include "clients/lib/start.h"
#include "common/error.h"
#include "common/kind.h"
#include "common/paths.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    WORDS_MAX = 24,       /* of the terminal and of what runs in it */
    PREFIX_CHARS_MIN = 3, /* fewer are no id for attune */
};

/* The window stays until what it shows was read. */
static const char script[] =
    "\"$@\"; printf '\\nPress Enter to close. '; read -r attune_enter";

/* Terminals, the desktop's own choice first. */
static const char *const terminals[] = {
    "xdg-terminal-exec",
    "x-terminal-emulator -e",
    "gnome-terminal --",
    "konsole -e",
    "foot",
    "kitty",
    "xterm -e",
};

/* A command being put together: words, and the room of those that are not constant. */
struct command {
    const char *words[WORDS_MAX + 1]; /* ends at NULL */
    size_t count;
    char terminal[OPTIONS_VALUE_BYTES_MAX];
    char program[PATHS_BYTES_MAX];
    char prefix[ID_CHARS + 1];
};

static int
add(struct command *command, const char *word)
{
    if (command->count == WORDS_MAX) {
        return E_LIMIT;
    }
    command->words[command->count++] = word;
    return 0;
}

/* Whether execvp would find it. */
static bool
exists(const char *program)
{
    char path[PATHS_BYTES_MAX];
    if (strchr(program, '/') != NULL) {
        return access(program, X_OK) == 0;
    }
    const char *folders = getenv("PATH");
    struct span rest = span_text(folders != NULL ? folders : "/usr/bin:/bin");
    while (rest.size > 0) {
        struct span folder = span_cut(&rest, ':');
        size_t size = folder.size + 1 + strlen(program) + 1;
        if (folder.size == 0 || size > sizeof path) {
            continue;
        }
        memcpy(path, folder.data, folder.size);
        path[folder.size] = '/';
        memcpy(path + folder.size + 1, program, strlen(program) + 1);
        if (access(path, X_OK) == 0) {
            return true;
        }
    }
    return false;
}

/* Takes the words of a terminal when there is one of that name. */
static int
add_terminal(struct command *command, const char *terminal)
{
    size_t size = strlen(terminal) + 1;
    if (size > sizeof command->terminal) {
        return E_LIMIT;
    }
    memcpy(command->terminal, terminal, size);
    command->count = 0;
    char *rest = command->terminal;
    int error = 0;
    while (error == 0 && *(rest += strspn(rest, " \t")) != '\0') {
        char *end = rest + strcspn(rest, " \t");
        error = add(command, rest);
        rest = *end != '\0' ? end + 1 : end;
        *end = '\0';
    }
    if (error != 0) {
        return error;
    }
    return command->count > 0 && exists(command->words[0]) ? 0 : E_NO_ENTRY;
}

static int
find_terminal(struct command *command, const char *chosen)
{
    if (chosen[strspn(chosen, " \t")] != '\0') {
        return add_terminal(command, chosen);
    }
    for (size_t i = 0; i < sizeof terminals / sizeof terminals[0]; i++) {
        int error = add_terminal(command, terminals[i]);
        if (error != E_NO_ENTRY) {
            return error;
        }
    }
    return E_NO_ENTRY;
}

/* attune beside this program, else in PATH. */
static int
add_attune(struct command *command)
{
    bool beside = start_beside("attune", command->program, sizeof command->program);
    return add(command, beside ? command->program : "attune");
}

/* What attune is asked for. */
static int
add_verb(struct command *command, const struct actions_target *target)
{
    if (target == NULL) {
        return 0; /* today */
    }
    if (target->why == WHY_QUESTION) {
        return add(command, kind_that_answers()->name);
    }
    if (target->why == WHY_TALK) {
        return add(command, "agenda");
    }
    if (!target->has_id) {
        return 0;
    }
    id_text(target->id, command->prefix);
    uint32_t chars = target->unique;
    if (chars >= PREFIX_CHARS_MIN && chars < ID_CHARS) {
        command->prefix[chars] = '\0';
    }
    int error = add(command, "show");
    return error != 0 ? error : add(command, command->prefix);
}

/* In the child. */
static _Noreturn void
become(char *const *words, const char *token)
{
    sigset_t none;
    int null = open("/dev/null", O_RDWR);
    if (setsid() < 0 || null < 0 || dup2(null, 0) < 0 || dup2(null, 1) < 0 ||
        dup2(null, 2) < 0 || close_range(3, ~0u, 0) != 0) {
        _exit(127);
    }
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    signal(SIGPIPE, SIG_DFL);
    if (token[0] != '\0') {
        setenv("XDG_ACTIVATION_TOKEN", token, 1);
        setenv("DESKTOP_STARTUP_ID", token, 1); /* the same, for older ones */
    }
    unsetenv("NOTIFY_SOCKET"); /* of our own service, should we be one */
    execvp(words[0], words);
    _exit(127);
}

static int
spawn(const struct command *command, const char *token)
{
    /* execvp takes words it could write to; it doesn't. */
    char *words[WORDS_MAX + 1];
    for (size_t i = 0; i < command->count; i++) {
        words[i] = (char *)(uintptr_t)command->words[i];
    }
    words[command->count] = NULL;
    pid_t child = fork();
    if (child == 0) {
        become(words, token);
    }
    return child < 0 ? E_MEMORY : 0;
}

int
actions_open(const struct actions_target *target, const char *terminal,
             const char *token)
{
    struct command command = {.count = 0};
    static const char *const shell[] = {"sh", "-c", script, "attune"};
    int error = find_terminal(&command, terminal);
    for (size_t i = 0; error == 0 && i < sizeof shell / sizeof shell[0]; i++) {
        error = add(&command, shell[i]);
    }
    error = error != 0 ? error : add_attune(&command);
    error = error != 0 ? error : add_verb(&command, target);
    return error != 0 ? error : spawn(&command, token);
}

int
actions_unlock(const char *token)
{
    struct command command = {.count = 0};
    int error = add_attune(&command);
    error = error != 0 ? error : add(&command, "unlock");
    error = error != 0 ? error : add(&command, "--pinentry");
    return error != 0 ? error : spawn(&command, token);
}
