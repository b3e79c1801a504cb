/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/bench/proc.h"

#include "common/bytes.h"
#include "tests/bench/measure.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/sock_diag.h>
#include <linux/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { STATE_ESTABLISHED = 1, PARENTS_MAX = 4096, NAME_BYTES = 64 };

/* The number after `key` in a file of lines; 0 when it can't be read. */
static double
read_number(const char *path, const char *key)
{
    char line[256];
    double value = 0;
    FILE *file = fopen(path, "re");
    while (file != NULL && fgets(line, sizeof line, file) != NULL) {
        if (strncmp(line, key, strlen(key)) == 0) {
            value = strtod(line + strlen(key), NULL);
        }
    }
    if (file != NULL) {
        (void)fclose(file);
    }
    return value;
}

static bool
read_text(const char *path, char *out, size_t size_max)
{
    FILE *file = fopen(path, "re");
    size_t size = file == NULL ? 0 : fread(out, 1, size_max - 1, file);
    if (file != NULL) {
        (void)fclose(file);
    }
    out[size] = '\0';
    return size > 0;
}

static bool
read_name(pid_t pid, char *name, pid_t *parent)
{
    char path[NAME_BYTES], text[512];
    (void)snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
    bool there = read_text(path, text, sizeof text);
    char *open = strchr(text, '(');
    char *end = strrchr(text, ')');
    if (!there || open == NULL || end == NULL) {
        return false;
    }
    (void)snprintf(name, NAME_BYTES, "%.*s", (int)(end - open - 1), open + 1);
    *parent = (pid_t)strtol(end + 4, NULL, 10);
    return true;
}

bool
proc_named(pid_t pid, const char *name)
{
    char found[NAME_BYTES];
    pid_t parent = 0;
    return read_name(pid, found, &parent) && strcmp(found, name) == 0;
}

static bool
belongs(const struct proc_family *family, pid_t pid)
{
    for (unsigned i = 0; i < family->count; i++) {
        if (family->ids[i] == pid) {
            return true;
        }
    }
    return false;
}

/* Children are found after their parents: until a walk finds no more. */
void
proc_family(pid_t first, struct proc_family *out)
{
    char name[NAME_BYTES];
    unsigned before = 0;
    *out = (struct proc_family){{first}, 1};
    while (before != out->count) {
        before = out->count;
        DIR *folder = opendir("/proc");
        bench_must(folder != NULL, "/proc");
        for (struct dirent *one; (one = readdir(folder)) != NULL;) {
            pid_t parent = 0;
            pid_t pid = (pid_t)strtol(one->d_name, NULL, 10);
            if (pid > 0 && !belongs(out, pid) && read_name(pid, name, &parent) &&
                belongs(out, parent) && out->count < PROC_FAMILY_MAX) {
                out->ids[out->count++] = pid;
            }
        }
        (void)closedir(folder);
    }
}

/* Sum over the threads of a family of what `read` finds in a file of each. */
static double
sum_threads(const struct proc_family *family, const char *file, const char *key)
{
    double sum = 0;
    char path[NAME_BYTES + 300];
    for (unsigned i = 0; i < family->count; i++) {
        (void)snprintf(path, sizeof path, "/proc/%d/task", (int)family->ids[i]);
        DIR *folder = opendir(path);
        for (struct dirent *one; folder != NULL && (one = readdir(folder)) != NULL;) {
            if (one->d_name[0] != '.') {
                (void)snprintf(path, sizeof path, "/proc/%d/task/%s/%s",
                               (int)family->ids[i], one->d_name, file);
                sum += read_number(path, key);
            }
        }
        if (folder != NULL) {
            (void)closedir(folder);
        }
    }
    return sum;
}

double
proc_cpu_ms(const struct proc_family *family)
{
    return sum_threads(family, "schedstat", "") / 1e6;
}

/* utime and stime: the 12th and 13th after the name. */
static double
read_ticks(pid_t pid)
{
    char path[NAME_BYTES], text[512];
    unsigned long user = 0, system = 0;
    (void)snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
    const char *end = read_text(path, text, sizeof text) ? strrchr(text, ')') : NULL;
    bench_must(end != NULL &&
                   sscanf(end + 1,
                          " %*c %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %lu %lu", &user,
                          &system) == 2,
               path);
    return (double)user + (double)system;
}

double
proc_ticks(const struct proc_family *family)
{
    double sum = 0;
    for (unsigned i = 0; i < family->count; i++) {
        sum += read_ticks(family->ids[i]);
    }
    return sum;
}

double
proc_switches(const struct proc_family *family)
{
    return sum_threads(family, "status", "voluntary_ctxt_switches:");
}

double
proc_pss_mib(const struct proc_family *family)
{
    double kib = 0;
    char path[NAME_BYTES];
    for (unsigned i = 0; i < family->count; i++) {
        (void)snprintf(path, sizeof path, "/proc/%d/smaps_rollup", (int)family->ids[i]);
        kib += read_number(path, "Pss:");
    }
    return kib / 1024;
}

double
proc_peak_mib(const struct proc_family *family)
{
    double kib = 0;
    char path[NAME_BYTES];
    for (unsigned i = 0; i < family->count; i++) {
        if (i == 0 || proc_named(family->ids[i], "attuned-link")) {
            (void)snprintf(path, sizeof path, "/proc/%d/status", (int)family->ids[i]);
            kib += read_number(path, "VmHWM:");
        }
    }
    return kib / 1024;
}

void
proc_peak_reset(const struct proc_family *family)
{
    char path[NAME_BYTES];
    for (unsigned i = 0; i < family->count; i++) {
        (void)snprintf(path, sizeof path, "/proc/%d/clear_refs", (int)family->ids[i]);
        FILE *file = fopen(path, "we");
        if (file != NULL) {
            (void)fputs("5", file);
            (void)fclose(file);
        }
    }
}

/* ---- loopback ---- */

/* One message of the kernel without its head: a socket, then attributes. */
static double
count_one(struct span message, uint16_t port, uint16_t other_port)
{
    struct inet_diag_msg diag;
    struct reader reader = reader_of(message);
    reader_copy(&reader, &diag, sizeof diag);
    uint16_t own = ntohs(diag.id.idiag_sport);
    if (own != port && own != other_port) {
        return 0;
    }
    while (reader.rest.size >= sizeof(struct rtattr)) {
        struct rtattr attribute;
        struct tcp_info info = {0};
        reader_copy(&reader, &attribute, sizeof attribute);
        size_t size = RTA_ALIGN(attribute.rta_len) - sizeof attribute;
        struct span value = reader_bytes(&reader, size);
        if (attribute.rta_type == INET_DIAG_INFO && !reader.failed) {
            memcpy(&info, value.data, size < sizeof info ? size : sizeof info);
            return (double)info.tcpi_bytes_acked + (double)info.tcpi_bytes_received;
        }
    }
    return 0;
}

/* All messages of one answer; false when there is none after it. */
static bool
count_answer(struct span answer, uint16_t port, uint16_t other_port, double *sum)
{
    struct reader reader = reader_of(answer);
    while (reader.rest.size >= sizeof(struct nlmsghdr)) {
        struct nlmsghdr head;
        reader_copy(&reader, &head, sizeof head);
        if (head.nlmsg_type == NLMSG_DONE || head.nlmsg_type == NLMSG_ERROR) {
            return false;
        }
        struct span body =
            reader_bytes(&reader, NLMSG_ALIGN(head.nlmsg_len) - sizeof head);
        *sum += reader.failed ? 0 : count_one(body, port, other_port);
    }
    return answer.size > 0;
}

double
proc_wire_bytes(uint16_t port, uint16_t other_port)
{
    static uint8_t answer[65536];
    const struct {
        struct nlmsghdr head;
        struct inet_diag_req_v2 ask;
    } request = {
        {sizeof request, SOCK_DIAG_BY_FAMILY, NLM_F_REQUEST | NLM_F_DUMP, 0, 0},
        {.sdiag_family = AF_INET,
         .sdiag_protocol = IPPROTO_TCP,
         .idiag_ext = 1 << (INET_DIAG_INFO - 1),
         .idiag_states = 1u << STATE_ESTABLISHED}};
    double sum = 0;
    int fd = socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);
    bool more = fd >= 0 && send(fd, &request, sizeof request, 0) > 0;
    while (more) {
        ssize_t got = recv(fd, answer, sizeof answer, 0);
        more = count_answer(span_of(answer, got > 0 ? (size_t)got : 0), port,
                            other_port, &sum);
    }
    if (fd >= 0) {
        (void)close(fd);
    }
    return sum;
}
