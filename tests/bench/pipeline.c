/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The composite pipeline: what the sync of two people needs at least. A row committed
 * here, sealed, sent over ZeroMQ with CURVE on loopback, opened, committed there.
 *
 * The model: the receiver is a forked process with its own SQLite journal. It writes the
 * moment of each commit (the clock is the machine's, so comparable) to a pipe.
 */
#include "tests/bench/floor_db.h"
#include "tests/bench/floors.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <zmq.h>

enum {
    KEY = 32,
    SEAL_EXTRA = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES +
                 crypto_aead_xchacha20poly1305_ietf_ABYTES,
    BULK_MESSAGE_BYTES = 512 * 1024,
    ROWS_A_TRANSACTION = 1000,
    PAUSE_NS = 1000000, /* between single rows: they are to arrive one by one */
};

static const uint8_t seal_key[crypto_aead_xchacha20poly1305_ietf_KEYBYTES] = {7};

struct curve {
    uint8_t public_key[KEY];
    uint8_t secret_key[KEY];
};

static void
make_curve(struct curve *out)
{
    char public_text[41], secret_text[41];
    bench_must(zmq_curve_keypair(public_text, secret_text) == 0, "CURVE");
    bench_must(zmq_z85_decode(out->public_key, public_text) != NULL, "Z85");
    bench_must(zmq_z85_decode(out->secret_key, secret_text) != NULL, "Z85");
}

/* Nonce, then text and tag. */
static size_t
seal(struct span text, uint8_t *out)
{
    unsigned long long size = 0;
    randombytes_buf(out, crypto_aead_xchacha20poly1305_ietf_NPUBBYTES);
    (void)crypto_aead_xchacha20poly1305_ietf_encrypt(
        out + crypto_aead_xchacha20poly1305_ietf_NPUBBYTES, &size, text.data, text.size,
        NULL, 0, NULL, out, seal_key);
    return (size_t)size + crypto_aead_xchacha20poly1305_ietf_NPUBBYTES;
}

/* In place; the text then lies behind the nonce. */
static struct span
unseal(uint8_t *sealed, size_t size)
{
    unsigned long long text_size = 0;
    uint8_t *text = sealed + crypto_aead_xchacha20poly1305_ietf_NPUBBYTES;
    int rc = crypto_aead_xchacha20poly1305_ietf_decrypt(
        text, &text_size, NULL, text,
        size - crypto_aead_xchacha20poly1305_ietf_NPUBBYTES, NULL, 0, sealed, seal_key);
    bench_must(rc == 0, "unseal");
    return span_of(text, (size_t)text_size);
}

struct receiver {
    const struct bench *bench;
    struct curve server;
    bool text_index;
    int report;       /* pipe: the address first, then a double for each message */
    uint32_t entries; /* of all messages together */
};

static void
tell(int fd, double value)
{
    bench_must(write(fd, &value, sizeof value) == sizeof value, "pipe");
}

static double
hear(int fd)
{
    double value = 0;
    bench_must(read(fd, &value, sizeof value) == sizeof value, "pipe");
    return value;
}

/* A message is u32 length and text, again and again. */
static uint32_t
keep(struct floor_db *db, struct span message, uint32_t first)
{
    uint32_t count = 0;
    struct reader reader = reader_of(message);
    while (reader.rest.size > 0) {
        struct span text = reader_bytes(&reader, reader_u32(&reader));
        bench_must(!reader.failed, "message");
        if (count % ROWS_A_TRANSACTION == 0) {
            if (count > 0) {
                floor_db_commit(db);
            }
            floor_db_begin(db);
        }
        floor_db_put(db, first + count, text);
        count++;
    }
    floor_db_commit(db);
    return count;
}

static _Noreturn void
receive(const struct receiver *receiver)
{
    char path[256];
    int yes = 1;
    double port = 0;
    char address[64];
    size_t size = sizeof address;
    void *context = zmq_ctx_new();
    void *socket = zmq_socket(context, ZMQ_DEALER);
    (void)snprintf(path, sizeof path, "%s/pipeline-there", receiver->bench->folder);
    struct floor_db *db = floor_db_new(path, receiver->text_index);
    bench_must(zmq_setsockopt(socket, ZMQ_CURVE_SERVER, &yes, sizeof yes) == 0,
               "CURVE");
    (void)zmq_setsockopt(socket, ZMQ_CURVE_SECRETKEY, receiver->server.secret_key, KEY);
    bench_must(zmq_bind(socket, "tcp://127.0.0.1:*") == 0, "bind");
    (void)zmq_getsockopt(socket, ZMQ_LAST_ENDPOINT, address, &size);
    port = strtod(strrchr(address, ':') + 1, NULL);
    tell(receiver->report, port);
    for (uint32_t done = 0; done < receiver->entries;) {
        zmq_msg_t message;
        (void)zmq_msg_init(&message);
        bench_must(zmq_msg_recv(&message, socket, 0) > 0, "recv");
        done += keep(db, unseal(zmq_msg_data(&message), zmq_msg_size(&message)), done);
        tell(receiver->report, measure_now_us());
        (void)zmq_msg_close(&message);
    }
    floor_db_free(db);
    (void)zmq_close(socket);
    (void)zmq_ctx_term(context);
    _exit(0);
}

struct sender {
    void *context;
    void *socket;
    int report;
    pid_t receiver;
};

static struct sender
start(const struct bench *bench, bool text_index, uint32_t entries)
{
    int ends[2];
    char address[64];
    struct curve own;
    struct receiver there = {
        .bench = bench, .text_index = text_index, .entries = entries};
    make_curve(&own);
    make_curve(&there.server);
    bench_must(pipe(ends) == 0, "pipe");
    there.report = ends[1];
    struct sender here = {.report = ends[0], .receiver = fork()};
    bench_must(here.receiver >= 0, "fork");
    if (here.receiver == 0) {
        receive(&there);
    }
    (void)close(ends[1]);
    (void)snprintf(address, sizeof address, "tcp://127.0.0.1:%d",
                   (int)hear(here.report));
    here.context = zmq_ctx_new();
    here.socket = zmq_socket(here.context, ZMQ_DEALER);
    (void)zmq_setsockopt(here.socket, ZMQ_CURVE_SERVERKEY, there.server.public_key,
                         KEY);
    (void)zmq_setsockopt(here.socket, ZMQ_CURVE_PUBLICKEY, own.public_key, KEY);
    (void)zmq_setsockopt(here.socket, ZMQ_CURVE_SECRETKEY, own.secret_key, KEY);
    bench_must(zmq_connect(here.socket, address) == 0, "connect");
    return here;
}

static void
end(struct sender *sender)
{
    (void)zmq_close(sender->socket);
    (void)zmq_ctx_term(sender->context);
    (void)waitpid(sender->receiver, NULL, 0);
    (void)close(sender->report);
}

static void
put_text(struct buf *out, const struct workload_entry *entry)
{
    buf_put_u32(out, (uint32_t)entry->text_bytes);
    buf_put(out, entry->text, entry->text_bytes);
}

static void
send_sealed(struct sender *sender, struct buf *plain, uint8_t *room)
{
    size_t size = seal(buf_span(plain), room);
    bench_must(zmq_send(sender->socket, room, size, 0) == (int)size, "send");
    buf_clear(plain);
}

static void
run_single(struct bench *bench)
{
    char path[256];
    struct workload_entry entry;
    struct buf plain = {0};
    struct series series = {0};
    uint8_t *room = malloc(WORKLOAD_TEXT_BYTES_MAX + 64 + SEAL_EXTRA);
    bench_must(room != NULL, "memory");
    struct sender sender = start(bench, false, (uint32_t)bench->repeats + 1);
    (void)snprintf(path, sizeof path, "%s/pipeline-here", bench->folder);
    struct floor_db *db = floor_db_new(path, false);
    for (size_t i = 0; i <= bench->repeats; i++) {
        workload_make(&bench->workload, (uint32_t)i, &entry);
        floor_db_begin(db);
        floor_db_put(db, (int64_t)i, span_of(entry.text, entry.text_bytes));
        floor_db_commit(db);
        double committed = measure_now_us();
        put_text(&plain, &entry);
        send_sealed(&sender, &plain, room);
        double there = hear(sender.report);
        if (i > 0) { /* the first one waits for the connection */
            series_add(&series, there - committed);
        }
        (void)nanosleep(&(struct timespec){.tv_nsec = PAUSE_NS}, NULL);
    }
    floor_db_free(db);
    end(&sender);
    buf_free(&plain);
    free(room);
    report_series(&bench->report, "floor.pipeline", &series, NULL);
}

static void
run_bulk(struct bench *bench, const char *id, bool text_index)
{
    struct workload_entry entry;
    struct buf plain = {0};
    uint32_t count = bench->workload.size, messages = 0;
    uint8_t *room = malloc(BULK_MESSAGE_BYTES + SEAL_EXTRA);
    struct span *texts = calloc(count, sizeof *texts);
    bench_must(room != NULL && texts != NULL, "memory");
    for (uint32_t i = 0; i < count; i++) {
        workload_make(&bench->workload, i, &entry);
        uint8_t *copy = malloc(entry.text_bytes);
        bench_must(copy != NULL, "memory");
        memcpy(copy, entry.text, entry.text_bytes);
        texts[i] = span_of(copy, entry.text_bytes);
    }
    struct sender sender = start(bench, text_index, count);
    double begin = measure_now_us();
    for (uint32_t i = 0; i < count; i++) {
        if (plain.size + texts[i].size + 4 > BULK_MESSAGE_BYTES) {
            send_sealed(&sender, &plain, room);
            messages++;
        }
        buf_put_u32(&plain, (uint32_t)texts[i].size);
        buf_put_span(&plain, texts[i]);
    }
    send_sealed(&sender, &plain, room);
    double last = begin;
    for (messages++; messages > 0; messages--) {
        last = hear(sender.report);
    }
    end(&sender);
    for (uint32_t i = 0; i < count; i++) {
        free((void *)(uintptr_t)texts[i].data);
    }
    free(texts);
    free(room);
    buf_free(&plain);
    report_value(&bench->report, id, (last - begin) / 1e3, NULL);
}

void
pipeline_run(struct bench *bench)
{
    run_single(bench);
    run_bulk(bench, "floor.bulk", false);
    run_bulk(bench, "floor.bulk_fts", true);
}
