/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "clients/notify/actions.h"

#include "clients/lib/start.h"
#include "common/error.h"
#include "common/kind.h"
#include "common/paths.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    WORDS_MAX = 24,        /* of the terminal and of what runs in it */
    PREFIX_CHARS_MIN = 3,  /* fewer are no id for attune */
    TOKEN_BYTES_MAX = 255, /* longer is none */
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

/* Whether it would be found. */
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

/* Its environment: ours without the names of one start, and with the token. Constant text
 * and ours, in a list that is freed. */
struct surroundings {
    char **list;
    char token[2][32 + TOKEN_BYTES_MAX];
};

static int
surround(struct surroundings *out, const char *token)
{
    static const char *const names[] = {"XDG_ACTIVATION_TOKEN=", "DESKTOP_STARTUP_ID=",
                                        "NOTIFY_SOCKET="}; /* of our own service */
    size_t count = 0, used = 0;
    while (environ[count] != NULL) {
        count++;
    }
    out->list = calloc(count + 3, sizeof *out->list);
    if (out->list == NULL) {
        return E_MEMORY;
    }
    for (size_t i = 0; i < count; i++) {
        bool ours = false;
        for (size_t n = 0; n < sizeof names / sizeof names[0]; n++) {
            ours |= strncmp(environ[i], names[n], strlen(names[n])) == 0;
        }
        if (!ours) {
            out->list[used++] = environ[i];
        }
    }
    /* Two names for the same: the second is for older ones. */
    for (size_t n = 0; n < 2 && token[0] != '\0' && strlen(token) <= TOKEN_BYTES_MAX;
         n++) {
        (void)snprintf(out->token[n], sizeof out->token[n], "%s%s", names[n], token);
        out->list[used++] = out->token[n];
    }
    return 0;
}

static bool
prepare(posix_spawn_file_actions_t *files, posix_spawnattr_t *attributes)
{
    sigset_t none, pipe;
    sigemptyset(&none);
    sigemptyset(&pipe);
    sigaddset(&pipe, SIGPIPE);
    return posix_spawn_file_actions_addopen(files, 0, "/dev/null", O_RDWR, 0) == 0 &&
           posix_spawn_file_actions_adddup2(files, 0, 1) == 0 &&
           posix_spawn_file_actions_adddup2(files, 0, 2) == 0 &&
           posix_spawn_file_actions_addclosefrom_np(files, 3) == 0 &&
           posix_spawnattr_setsigmask(attributes, &none) == 0 &&
           posix_spawnattr_setsigdefault(attributes, &pipe) == 0 &&
           posix_spawnattr_setflags(attributes, POSIX_SPAWN_SETSID |
                                                    POSIX_SPAWN_SETSIGMASK |
                                                    POSIX_SPAWN_SETSIGDEF) == 0;
}

/* 0 when it was executed; E_NO_ENTRY when it can't be. */
static int
spawn(const struct command *command, const char *token, pid_t *child)
{
    /* It takes words it could write to; it doesn't. */
    char *words[WORDS_MAX + 1] = {NULL};
    for (size_t i = 0; i < command->count; i++) {
        words[i] = (char *)(uintptr_t)command->words[i];
    }
    struct surroundings around;
    posix_spawn_file_actions_t files;
    posix_spawnattr_t attributes;
    int rc = surround(&around, token);
    if (rc != 0) {
        return rc;
    }
    if (posix_spawn_file_actions_init(&files) != 0) {
        free(around.list);
        return E_MEMORY;
    }
    if (posix_spawnattr_init(&attributes) != 0) {
        (void)posix_spawn_file_actions_destroy(&files);
        free(around.list);
        return E_MEMORY;
    }
    rc = E_MEMORY;
    if (prepare(&files, &attributes)) {
        rc = posix_spawnp(child, words[0], &files, &attributes, words, around.list);
        rc = rc == 0 ? 0 : rc == EAGAIN || rc == ENOMEM ? E_MEMORY : E_NO_ENTRY;
    }
    (void)posix_spawnattr_destroy(&attributes);
    (void)posix_spawn_file_actions_destroy(&files);
    free(around.list);
    return rc;
}

static void
say(struct actions *actions, const char *text)
{
    if (!actions->said) {
        (void)fprintf(stderr, "attune-notify: %s\n", text);
        actions->said = true;
    }
}

/* The terminal, and the shell in it that waits for a key; attune's own words follow. */
static int
begin_terminal(struct command *command, const char *terminal)
{
    static const char *const shell[] = {"sh", "-c", script, "attune"};
    int error = find_terminal(command, terminal);
    for (size_t i = 0; error == 0 && i < sizeof shell / sizeof shell[0]; i++) {
        error = add(command, shell[i]);
    }
    return error != 0 ? error : add_attune(command);
}

/* Starts what runs in a terminal, or says why not. */
static int
run_terminal(struct actions *actions, int error, const struct command *command,
             const char *token)
{
    pid_t child = 0;
    error = error != 0 ? error : spawn(command, token, &child);
    if (error == 0) {
        actions->said = false;
    } else {
        say(actions, error == E_NO_ENTRY
                         ? "No terminal could be started: attune config "
                           "set notice.terminal"
                         : error_text(error));
    }
    return error;
}

int
actions_open(struct actions *actions, const struct actions_target *target,
             const char *terminal, const char *token)
{
    struct command command = {.count = 0};
    int error = begin_terminal(&command, terminal);
    error = error != 0 ? error : add_verb(&command, target);
    return run_terminal(actions, error, &command, token);
}

static void
unlock_in_terminal(struct actions *actions, const char *terminal, const char *token)
{
    struct command command = {.count = 0};
    int error = begin_terminal(&command, terminal);
    error = error != 0 ? error : add(&command, "unlock");
    (void)!run_terminal(actions, error, &command, token);
}

void
actions_unlock(struct actions *actions, const char *terminal, const char *token)
{
    struct command command = {.count = 0};
    int error = add_attune(&command);
    error = error != 0 ? error : add(&command, "unlock");
    error = error != 0 ? error : add(&command, "--pinentry");
    error = error != 0 ? error : spawn(&command, token, &actions->unlock);
    if (error != 0) {
        actions->unlock = 0;
        unlock_in_terminal(actions, terminal, token);
    }
}

/* Whether an unlocking ended otherwise than by the person: who was asked, and gave it up or
 * didn't know it, is EXIT_REFUSED. */
static bool
asked_nobody(int status)
{
    return !WIFEXITED(status) ||
           (WEXITSTATUS(status) != EXIT_DONE && WEXITSTATUS(status) != EXIT_REFUSED);
}

void
actions_reap(struct actions *actions, const char *terminal)
{
    pid_t child;
    int status = 0;
    while ((child = waitpid(-1, &status, WNOHANG)) >
           0) { /* of signals there may be fewer */
        if (child == actions->unlock) {
            actions->unlock = 0;
            if (asked_nobody(status)) {
                unlock_in_terminal(actions, terminal, ""); /* its token was used */
            }
        }
    }
}
