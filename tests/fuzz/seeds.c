/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Writes the seed corpora: what each parser takes when all is well, for the fuzzers to
 * start from. The files are kept in corpus/; run this again when a format changes:
 *
 *     cmake --build BUILD --target fuzz_seeds && BUILD/tests/fuzz_seeds tests/fuzz/corpus
 *
 * Everything in them is invented; the same bytes come out each time.
 */
#include "common/linkmsg.h"
#include "common/pb.h"
#include "daemon/core/inside.h"
#include "daemon/crypto/batch.h"
#include "daemon/crypto/slots.h"
#include "daemon/store/anchor.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* The bytes of a literal, NULs inside it too. */
#define LITERAL(text) span_of(text, sizeof(text) - 1)

static const char *corpus;
static uint8_t some[64]; /* bytes for ids and keys */

static void
save(const char *name, const char *file, struct span bytes)
{
    char path[1024];
    (void)snprintf(path, sizeof path, "%s/%s", corpus, name);
    (void)mkdir(path, 0755);
    (void)snprintf(path, sizeof path, "%s/%s/%s", corpus, name, file);
    FILE *out = fopen(path, "wb");
    if (out == NULL || fwrite(bytes.data, 1, bytes.size, out) != bytes.size ||
        fclose(out) != 0) {
        perror(path);
        exit(1);
    }
}

static void
save_text(const char *name, const char *file, const char *text)
{
    save(name, file, span_text(text));
}

/* `first` bytes, then the packed message. */
static void
save_message(const char *name, const char *file, struct span first,
             const ProtobufCMessage *message)
{
    struct buf out = {0};
    buf_put_span(&out, first);
    uint8_t *at = buf_reserve(&out, protobuf_c_message_get_packed_size(message));
    if (at == NULL) {
        exit(1);
    }
    buf_advance(&out, protobuf_c_message_pack(message, at));
    save(name, file, buf_span(&out));
    buf_free(&out);
}

static ProtobufCBinaryData
bytes(size_t size)
{
    return (ProtobufCBinaryData){size, some};
}

static void
texts(void)
{
    save("options", "listen",
         LITERAL("\0tcp://127.0.0.1:7401\0hold = 10s\n# a line\nlink.listen = tcp://*:7400\n"));
    save("options", "duration", LITERAL("\4" "1h30m\0closed.after = 15m\neditor = nano\n"));
    save("options", "address", LITERAL("\1tcp://ana.local:7400\0ben.local:7400"));
    save_text("text", "plain", "\x51The house is quiet, and I like it. There is more to say.\n");
    save_text("text", "wide", "\x28" "散歩 and e\u0301e\u0301 and \u202eturned\u202c, \ttab");
    save_text("text", "marks", "\x21" "a\u0301\u0302\u0303\u0304\u0305\u0306\u0307\u0308\u0309"
                                " \xff\xfe \x1b[31m");
    save("when", "days", LITERAL("\1\0\0\x65\x00\x00\x00" "next friday 18:30"));
    save("when", "date", LITERAL("\3\0\0\x65\x10\x20\x30" "2027-05-01 07:00"));
    save("when", "in", LITERAL("\5\0\0\x65\x10\x20\x30" "in 3 days"));
    save("when", "duration", LITERAL("\0\0\0\x65\x10\x20\x30" "1h30m"));
    save_text("deck", "lines", "# ours\n2 home,past What did Sunday smell of?\n\n"
                              "Where shall we be in May?\n6 home No depth.\n5 us\n");
    save_text("deck", "wide", "3 us \xe6\x95\xa3\xe6\xad\xa9?\r\n\t# not a question\n1 a-b,c  d");
    save_text("words", "code", "acorn-banjo-cabin-daisy");
    save_text("words", "id", "7h3n4qb8");
    save_text("words", "recovery",
              "abandon ability able about above absent absorb abstract absurd abuse access "
              "accident account accuse achieve acid acoustic acquire across act action actor "
              "actress actual");
}

static void
link_messages(void)
{
    struct buf out = {0};
    struct linkmsg config = {
        .type = LINKMSG_CONFIG,
        .config = {.generation = 3,
                   .mode = LINKMSG_CURVE,
                   .listen = span_text("tcp://*:7400"),
                   .dial_count = 2,
                   .dials = {span_text("tcp://ben.local:7400"),
                             span_text("tcp://10.0.0.2:7400")}}};
    linkmsg_put(&out, &config);
    save("linkmsg", "config", buf_span(&out));
    buf_clear(&out);
    linkmsg_put(&out, &(struct linkmsg){.type = LINKMSG_SEND, .path = 7,
                                        .frame = span_of(some, sizeof some)});
    linkmsg_put(&out, &(struct linkmsg){.type = LINKMSG_CLOSE_PATH, .path = 7});
    save("linkmsg", "send", buf_span(&out));
    buf_clear(&out);
    linkmsg_put(&out, &(struct linkmsg){.type = LINKMSG_READY, .generation = 3,
                                        .address = span_text("tcp://127.0.0.1:7400")});
    linkmsg_put(&out, &(struct linkmsg){.type = LINKMSG_UP, .path = 1,
                                        .way = LINKMSG_OUTBOUND});
    linkmsg_put(&out, &(struct linkmsg){.type = LINKMSG_FRAME, .path = 1,
                                        .frame = span_of(some, 32)});
    linkmsg_put(&out, &(struct linkmsg){.type = LINKMSG_DOWN, .path = 1});
    save("linkmsg", "from-link", buf_span(&out));
    buf_free(&out);
}

static void
files_at_rest(void)
{
    struct buf out = {0};
    struct slots slots = {.count = 1};
    /* Not the fuzzer's key: a file on the disk never authenticates there. */
    static const uint8_t key[32] = {9}, file_id[16] = {2}, nonce[24] = {3};
    static uint8_t file[ANCHOR_BYTES];
    static struct anchor anchor = {.inode = 5, .btime_s = 6, .clean = 1, .heads_count = 2};
    memcpy(slots.vaults[0].file_id, some, ID_BYTES);
    slots.vaults[0].pass.ops = 3;
    slots.vaults[0].pass.mem_kib = 256 * 1024;
    if (slots_encode(&slots, &out) != 0 || out.size < HASH_BYTES ||
        anchor_encode(key, file_id, nonce, &anchor, file) != 0) {
        exit(1);
    }
    save("slots", "one", buf_span(&out));
    save("slots", "unchecked", span_slice(buf_span(&out), 0, out.size - HASH_BYTES));
    slots.count = 2;
    slots.vaults[1] = slots.vaults[0];
    slots.vaults[1].file_id[0] ^= 1;
    buf_clear(&out);
    if (slots_encode(&slots, &out) == 0) {
        save("slots", "two", buf_span(&out));
    }
    save("anchor", "file", span_of(file, sizeof file));
    buf_clear(&out);
    buf_put_u64(&out, anchor.inode);
    buf_put_u64(&out, (uint64_t)anchor.btime_s);
    buf_put_u32(&out, 0);
    buf_put(&out, some, 32);
    buf_put_u8(&out, 1);
    buf_put_u32(&out, 1);
    buf_put(&out, some, 16 + 8 + 32);
    save("anchor", "text", buf_span(&out));
    buf_free(&out);
}

static void
journal(void)
{
    struct buf out = {0};
    uint8_t purges[2][HASH_BYTES] = {{1}, {2}};
    Attune__Local__Field field;
    const Attune__Local__Field *fields[] = {&field};
    struct op entry = {.lamport = 9, .time = 29000000, .type = ATTUNE__JOURNAL__OP_TYPE__ENTRY,
                       .has_entry = true, .kind = "thanks", .has_payload = true};
    struct op act = {.lamport = 10, .time = 29000001, .type = ATTUNE__JOURNAL__OP_TYPE__ACT,
                     .has_entry = true, .theirs = true, .act = "done", .request = 77};
    struct op purge = {.lamport = 11, .time = 29000002,
                       .type = ATTUNE__JOURNAL__OP_TYPE__PURGE, .has_entry = true,
                       .purges_count = 2, .purges = (const uint8_t(*)[HASH_BYTES])purges};
    struct op open = {.lamport = 1, .time = 29000000, .type = ATTUNE__JOURNAL__OP_TYPE__OPEN,
                      .has_previous = true, .previous_seq = 4};
    struct op commit = {.lamport = 12, .time = 29000003,
                        .type = ATTUNE__JOURNAL__OP_TYPE__ENTRY, .has_entry = true,
                        .kind = "answer", .has_parent = true, .has_seal = true, .seal = {3}};
    struct op reveal = {.lamport = 13, .time = 29000004,
                        .type = ATTUNE__JOURNAL__OP_TYPE__ACT, .has_entry = true,
                        .act = "reveal", .has_payload = true, .has_accepts = true,
                        .accepts = {4}};
    struct op topic = {.lamport = 14, .time = 29000005,
                       .type = ATTUNE__JOURNAL__OP_TYPE__ENTRY, .has_entry = true,
                       .kind = "tell", .act = "topic", .has_payload = true};
    struct op fade = {.lamport = 15, .time = 1740000000, .zone = 60,
                      .type = ATTUNE__JOURNAL__OP_TYPE__PURGE, .has_entry = true,
                      .theirs = true, .act = "fade", .purges_count = 1,
                      .purges = (const uint8_t(*)[HASH_BYTES])purges};
    const struct op *const ops[] = {&entry,  &act,    &purge, &open,
                                    &commit, &reveal, &topic, &fade};
    static const char *const names[] = {"entry",  "act",    "purge", "open",
                                        "commit", "reveal", "topic", "fade"};
    attune__local__field__init(&field);
    for (size_t i = 0; i < sizeof ops / sizeof ops[0]; i++) {
        buf_clear(&out);
        buf_put_u8(&out, 0);
        if (op_encode(ops[i], &out) != 0) {
            exit(1);
        }
        save("op", names[i], buf_span(&out));
        buf_put_u8(&out, 0);
        out.data[0] = 5; /* of fuzz_scan: an op's header */
        memmove(out.data + 2, out.data + 1, out.size - 2);
        out.data[1] = 1;
        save("scan", names[i], buf_span(&out));
    }
    field.name = pb_text("text");
    field.text = pb_bytes("the soup", 8);
    buf_clear(&out);
    buf_put_u8(&out, 1);
    if (payload_encode(fields, 1, some, &out) != 0) {
        exit(1);
    }
    save("op", "payload", buf_span(&out));
    buf_free(&out);
}

static void
peer(void)
{
    Attune__Peer__Head head;
    Attune__Peer__Head *heads[] = {&head, &head};
    Attune__Peer__Epoch epoch;
    Attune__Peer__BatchHead batch;
    Attune__Peer__Hello hello;
    Attune__Journal__Op op;
    Attune__Journal__Op *ops[] = {&op, &op};
    Attune__Peer__Run run;
    Attune__Peer__Run *runs[] = {&run};
    Attune__Peer__BatchBody body;
    Attune__Peer__Identity identity;
    attune__peer__head__init(&head);
    attune__peer__epoch__init(&epoch);
    attune__peer__batch_head__init(&batch);
    attune__peer__hello__init(&hello);
    attune__journal__op__init(&op);
    attune__peer__run__init(&run);
    attune__peer__batch_body__init(&body);
    attune__peer__identity__init(&identity);
    head.log = bytes(ID_BYTES);
    head.seq = 300;
    head.hash = bytes(HASH_BYTES);
    epoch.epoch = 2;
    epoch.public_key = bytes(KEY_BYTES);
    epoch.signature = bytes(SIGNATURE_BYTES);
    batch.heads = heads;
    batch.n_heads = 2;
    batch.epoch = &epoch;
    batch.ops_count = 2;
    batch.challenge = bytes(ID_BYTES);
    save_message("scan", "batch-head", span_of("\2\0", 2), &batch.base);
    hello.couple = hello.log = hello.challenge = hello.incarnation = bytes(ID_BYTES);
    save_message("scan", "hello", span_of("\0\0", 2), &hello.base);
    op.header = bytes(40);
    op.payload = bytes(60);
    run.log = bytes(ID_BYTES);
    run.ops = ops;
    run.n_ops = 2;
    body.runs = runs;
    body.n_runs = 1;
    save_message("scan", "batch-body", span_of("\3\0", 2), &body.base);
    identity.person = identity.device = identity.noise = bytes(KEY_BYTES);
    identity.certificate = bytes(SIGNATURE_BYTES);
    identity.epoch = &epoch;
    save_message("scan", "identity", span_of("\4\0", 2), &identity.base);
}

static void
local(void)
{
    Attune__Local__Request request;
    Attune__Local__Query query;
    Attune__Local__Entry entry;
    Attune__Local__Field field;
    Attune__Local__Field *fields[] = {&field};
    Attune__Local__Entry *entries[] = {&entry};
    Attune__Local__Reply reply;
    uint8_t head[5] = {0};
    attune__local__request__init(&request);
    attune__local__query__init(&query);
    attune__local__entry__init(&entry);
    attune__local__field__init(&field);
    attune__local__reply__init(&reply);
    request.format = 1;
    request.number = 1;
    request.name = pb_text("find");
    request.body_case = ATTUNE__LOCAL__REQUEST__BODY_QUERY;
    request.query = &query;
    query.text = bytes(8);
    query.limit = 20;
    head[0] = 3; /* open */
    bytes_set_u32(head + 1, (uint32_t)protobuf_c_message_get_packed_size(&request.base));
    save_message("rpc", "find", span_of(head, 5), &request.base);
    save_message("scan", "request", span_of("\7\0", 2), &request.base);
    field.name = pb_text("text");
    field.text = bytes(20);
    entry.id = bytes(ID_BYTES);
    entry.kind = pb_text("thanks");
    entry.fields = fields;
    entry.n_fields = 1;
    request.name = pb_text("create");
    request.body_case = ATTUNE__LOCAL__REQUEST__BODY_CREATE;
    request.create = &entry;
    head[0] = 2; /* closed */
    bytes_set_u32(head + 1, (uint32_t)protobuf_c_message_get_packed_size(&request.base));
    save_message("rpc", "create", span_of(head, 5), &request.base);
    reply.number = 1;
    reply.entries = entries;
    reply.n_entries = 1;
    reply.state = pb_text("open");
    head[0] = 200; /* pieces of so many bytes */
    bytes_set_u32(head + 1, (uint32_t)protobuf_c_message_get_packed_size(&reply.base));
    save_message("frame", "reply", span_of(head, 5), &reply.base);
    head[0] = 3;
    save_message("frame", "slowly", span_of(head, 5), &reply.base);
}

static void
invites(void)
{
    static struct core core = {.own_addresses_count = 2,
                               .own_addresses = {"tcp://ana.local:7400",
                                                 "tcp://[fe80::1]:7400"}};
    struct buf out = {0};
    if (invite_encode(&core, span_of(some, KEY_BYTES), 1800000000, &out) != 0) {
        exit(1);
    }
    save("invite", "text", buf_span(&out));
    buf_clear(&out);
    buf_put(&out, some, KEY_BYTES);
    buf_put_u64(&out, 1800000000);
    buf_put_u8(&out, 1);
    buf_put_u8(&out, 20);
    buf_put_text(&out, core.own_addresses[0]);
    save("invite", "bytes", buf_span(&out));
    buf_free(&out);
}

/* The fuzzer's own ways in: sealed by it from these, or hostile. */
static void
batches(void)
{
    uint8_t data[600] = {1, 20};
    memcpy(data + 2, some, sizeof some);
    save("batch", "round-trip", span_of(data, 200));
    data[0] = 2;
    save("batch", "hostile", span_of(data, sizeof data));
    data[0] = 0;
    data[2] = BATCH_FRAME_TYPE;
    data[3] = BATCH_VERSION;
    save("batch", "frame", span_of(data, sizeof data));
}

int
main(int argc, char **argv)
{
    if (argc != 2) {
        (void)fprintf(stderr, "usage: %s CORPUS\n", argv[0]);
        return 2;
    }
    corpus = argv[1];
    for (size_t i = 0; i < sizeof some; i++) {
        some[i] = (uint8_t)('a' + i % 26);
    }
    texts();
    link_messages();
    files_at_rest();
    journal();
    peer();
    local();
    invites();
    batches();
    return 0;
}
