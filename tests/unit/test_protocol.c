/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The examples of PROTOCOL.md are what two real cores say to each other, byte by byte.
 * (test_protocol_tables.c has the tables, protocol_days.h the questions and answers,
 * tests/system/protocol_check.py is an independent reader that knows the document alone.)
 */
#include "tests/lib/protocol_days.h"

#include "common/words.h"
#include "daemon/crypto/batch.h"

/* ---- keys ---- */

static void
keys_are_shown(void **state)
{
    (void)state;
    const uint8_t *root = world.sides[ANA].root;
    struct buf body = {0};
    struct span span = span_of(root, KEY_BYTES);
    uint8_t k_self[KEY_BYTES], check[HASH_BYTES];
    const char *words[WORDS_RECOVERY_COUNT];
    keys_derive(KEYS_SELF, root, k_self);
    assert_memory_equal(k_self, world.sides[ANA].core->identity.k_self, KEY_BYTES);
    page_put_value(&body, "root", root, KEY_BYTES);
    VALUE(&body, "k_self", k_self);
    hash_spans(check, "attune.words", &span, 1);
    words_recovery_encode(root, check[0], words);
    buf_put_text(&body, "words:");
    for (size_t i = 0; i < WORDS_RECOVERY_COUNT; i++) {
        buf_printf(&body, " %s", words[i]);
    }
    buf_put_text(&body, "\n");
    page_expect_fence(&page, "values", "keys", &body);
}

/* ---- invite ---- */

static void
invite_is_shown(void **state)
{
    (void)state;
    struct buf body = {0};
    char name[] = "pair-invite";
    Attune__Local__Request request = request_of(name, 1);
    world_ask(&world, BEN, &request);
    struct span text = world_reply_text(&world, BEN, arena);
    const struct pair *pair = &world.sides[BEN].core->pair;
    page_put_value(&body, "secret", pair->secret.data, pair->secret.size);
    put_number(&body, "expires", (uint64_t)pair->expires_s);
    put_text(&body, "address", span_text(world.sides[BEN].core->own_addresses[0]));
    put_text(&body, "text", text);
    page_expect_fence(&page, "values", "invite", &body);
}

/* ---- pairing ---- */

static void
pair_key(const uint8_t *isk, uint8_t role, uint8_t out[static KEY_BYTES])
{
    const struct span spans[] = {fixed(isk, CPACE_ISK_BYTES), fixed(&role, 1)};
    hash_spans(out, "attune.pairkey", spans, 2);
}

static void
check_couple_frame(const uint8_t key[static KEY_BYTES])
{
    const struct pairing *pairing = &world.sides[ANA].core->pairing;
    uint8_t nonce[KEYS_NONCE_BYTES] = {7}, plain[ID_BYTES + 1];
    struct span frame = buf_span(&world.couple);
    assert_int_equal(frame.size, PAIR_FRAME_BYTES);
    assert_int_equal(keys_unseal(key, nonce, span_slice(frame, 4, ID_BYTES),
                                 span_slice(frame, 20, sizeof plain + KEYS_SEAL_BYTES),
                                 plain),
                     0);
    assert_memory_equal(plain, pairing->nonce, ID_BYTES);
    assert_int_equal(plain[ID_BYTES], 0);
}

static void
put_cpace(struct buf *body)
{
    const struct pair *ana = &world.joiner, *ben = &world.issuer;
    uint8_t tag[CPACE_TAG_BYTES], key[KEY_BYTES], psk[KEY_BYTES];
    uint8_t isk[CPACE_ISK_BYTES];
    struct span sid = fixed(ana->sid, ID_BYTES);
    struct buf transcript = {0};
    VALUE(body, "joiner_scalar", ana->cpace.scalar);
    VALUE(body, "joiner_share", ana->cpace.share);
    VALUE(body, "joiner_ad", ana->our_ad);
    VALUE(body, "issuer_scalar", ben->cpace.scalar);
    VALUE(body, "issuer_share", ben->cpace.share);
    VALUE(body, "issuer_ad", ben->our_ad);
    assert_int_equal(cpace_finish(&ana->cpace, sid, fixed(ana->our_ad, HASH_BYTES),
                                  ben->cpace.share, fixed(ben->our_ad, HASH_BYTES), isk,
                                  &transcript),
                     0);
    assert_memory_equal(isk, ana->isk, sizeof isk);
    assert_memory_equal(isk, ben->isk, sizeof isk);
    VALUE(body, "isk", isk);
    page_put_value(body, "transcript", transcript.data, transcript.size);
    cpace_tag(isk, sid, ana->cpace.share, fixed(ana->our_ad, HASH_BYTES), tag);
    VALUE(body, "joiner_tag", tag);
    cpace_tag(isk, sid, ben->cpace.share, fixed(ben->our_ad, HASH_BYTES), tag);
    VALUE(body, "issuer_tag", tag);
    const struct span spans[] = {fixed(isk, sizeof isk), SPAN_EMPTY,
                                 buf_span(&transcript)};
    hash_spans(psk, "attune.psk", spans, 3);
    assert_memory_equal(psk, world.sides[ANA].core->pairing.psk, KEY_BYTES);
    assert_memory_equal(psk, world.sides[BEN].core->pairing.psk, KEY_BYTES);
    VALUE(body, "psk", psk);
    pair_key(isk, 1, key);
    VALUE(body, "joiner_key", key);
    pair_key(isk, 0, key);
    VALUE(body, "issuer_key", key);
    check_couple_frame(key);
    buf_free(&transcript);
}

static void
pairing_is_shown(void **state)
{
    (void)state;
    struct buf body = {0};
    const struct pairing *pairing = &world.sides[ANA].core->pairing;
    const char *words[WORDS_CHECK_COUNT];
    put_text(&body, "code", buf_span(&world.code));
    VALUE(&body, "sid", world.joiner.sid);
    put_cpace(&body);
    VALUE(&body, "joiner_person", world.sides[ANA].core->identity.person);
    VALUE(&body, "issuer_person", world.sides[BEN].core->identity.person);
    VALUE(&body, "couple_nonce", pairing->nonce);
    VALUE(&body, "couple", pairing->couple);
    VALUE(&body, "check", pairing->words);
    assert_memory_equal(pairing->words, world.sides[BEN].core->pairing.words,
                        HASH_BYTES);
    words_check_encode(pairing->words, words);
    buf_printf(&body, "check_words: %s %s %s %s %s %s\n", words[0], words[1], words[2],
               words[3], words[4], words[5]);
    page_expect_fence(&page, "values", "pairing", &body);
    page_expect_hex(&page, "joiner-block",
                    fixed(world.joiner.our_block, PAIR_BLOCK_BYTES));
    page_expect_hex(&page, "issuer-block",
                    fixed(world.issuer.our_block, PAIR_BLOCK_BYTES));
    page_expect_hex(&page, "pair-start", buf_span(&world.start));
    page_expect_hex(&page, "pair-couple", buf_span(&world.couple));
}

/* ---- one entry: the local wire, the op, the batch ---- */

static void
framed(struct span message, struct buf *out)
{
    buf_put_u32(out, (uint32_t)message.size);
    buf_put_span(out, message);
}

static void
entry_is_written(void **state)
{
    (void)state;
    char name[] = "create", kind[] = "thanks", field_name[] = "text",
         text[] = "for the soup";
    uint8_t id[ID_BYTES], packed[256];
    Attune__Local__Request request = request_of(name, 7);
    Attune__Local__Entry entry;
    Attune__Local__Field field, *fields[] = {&field};
    struct buf frame = {0};
    attune__local__entry__init(&entry);
    attune__local__field__init(&field);
    for (uint8_t i = 0; i < ID_BYTES; i++) {
        id[i] = (uint8_t)(0xa0 + i);
    }
    field.name = field_name;
    field.text = (ProtobufCBinaryData){strlen(text), (uint8_t *)text};
    entry.id = (ProtobufCBinaryData){sizeof id, id};
    entry.kind = kind;
    entry.n_fields = 1;
    entry.fields = fields;
    request.body_case = ATTUNE__LOCAL__REQUEST__BODY_CREATE;
    request.create = &entry;
    assert_true(attune__local__request__get_packed_size(&request) <= sizeof packed);
    framed(span_of(packed, attune__local__request__pack(&request, packed)), &frame);
    page_expect_hex(&page, "local-request", buf_span(&frame));
    buf_clear(&frame);
    world_ask(&world, ANA, &request);
    framed(buf_span(&world.sides[ANA].reply), &frame);
    page_expect_hex(&page, "local-reply", buf_span(&frame));
    buf_free(&frame);
    assert_int_equal(world.sides[ANA].frame.data[0], FRAME_BATCH);
}

static void
op_is_shown(void **state)
{
    (void)state;
    const struct core *core = world.sides[ANA].core;
    struct log_row *log = journal_log(world.sides[ANA].core, core->ours_no);
    struct op_row first, row;
    struct op op;
    struct buf body = {0};
    uint8_t hash[HASH_BYTES], tag[SELF_TAG_BYTES];
    assert_int_equal(store_op_get(world.sides[ANA].store, log->no, 1, arena, &first),
                     0);
    assert_int_equal(store_op_get(world.sides[ANA].store, log->no, 2, arena, &row), 0);
    assert_int_equal(log->seq, 2);
    VALUE(&body, "couple", core->pairing.couple);
    VALUE(&body, "device", core->identity.device.pk);
    VALUE(&body, "incarnation", core->identity.incarnation);
    VALUE(&body, "log", log->id);
    page_put_value(&body, "first_header", first.header.data, first.header.size);
    VALUE(&body, "first_hash", first.hash);
    put_number(&body, "seq", row.seq);
    page_put_value(&body, "header", row.header.data, row.header.size);
    page_put_value(&body, "payload", row.payload.data, row.payload.size);
    assert_int_equal(op_decode(row.header, arena, &op), 0);
    VALUE(&body, "payload_hash", op.payload_hash);
    keys_op_hash(log->id, 2, first.hash, row.header, hash);
    assert_memory_equal(hash, row.hash, HASH_BYTES);
    VALUE(&body, "op_hash", hash);
    VALUE(&body, "k_self", core->identity.k_self);
    keys_self_tag(core->identity.k_self, hash, tag);
    assert_memory_equal(tag, row.self_tag.data, SELF_TAG_BYTES);
    VALUE(&body, "self_tag", tag);
    page_expect_fence(&page, "values", "op", &body);
}

static void
batch_is_shown(void **state)
{
    (void)state;
    const struct side *ana = &world.sides[ANA];
    struct core *ben = world.sides[BEN].core;
    struct span frame = buf_span(&ana->frame), head, ops;
    struct buf body = {0}, plain = {0};
    struct batch_header header;
    uint8_t ephemeral[KEY_BYTES];
    assert_int_equal(batch_peek(frame, &header), 0);
    const struct epoch *epoch = epoch_find(ben, header.epoch);
    assert_non_null(epoch);
    assert_int_equal(crypto_scalarmult_base(ephemeral, ana->last), 0);
    assert_memory_equal(ephemeral, frame.data + BATCH_CLEAR_BYTES, KEY_BYTES);
    put_number(&body, "epoch", header.epoch);
    VALUE(&body, "sender_noise_secret", ana->core->identity.noise.sk);
    VALUE(&body, "sender_noise_public", ana->core->identity.noise.pk);
    VALUE(&body, "epoch_secret", epoch->key.sk);
    VALUE(&body, "epoch_public", epoch->key.pk);
    VALUE(&body, "psk", ben->pairing.psk);
    VALUE(&body, "ephemeral_secret", ana->last);
    VALUE(&body, "ephemeral_public", ephemeral);
    page_expect_fence(&page, "values", "batch-keys", &body);
    const struct batch_receiver_keys keys = {
        .epk_sk = epoch->key.sk,
        .epk_pk = epoch->key.pk,
        .their_dnk_pk = ben->pairing.dnk,
        .psk = ben->pairing.psk,
    };
    assert_int_equal(batch_open(frame, &keys, &plain, &head, &ops), 0);
    page_expect_hex(&page, "batch-head", head);
    page_expect_hex(&page, "batch-body", ops);
    page_expect_hex(&page, "batch", frame);
    buf_free(&plain);
}

/* What the examples say arrives, too. */
static void
both_see_the_same(void **state)
{
    (void)state;
    uint8_t digests[SIDES][2 * HASH_BYTES];
    char name[] = "digest";
    Attune__Local__Request request = request_of(name, 9);
    world_deliver(&world);
    for (int i = 0; i < SIDES; i++) {
        world_ask(&world, i, &request);
        struct span text = world_reply_text(&world, i, arena);
        assert_int_equal(text.size, sizeof digests[i]);
        memcpy(digests[i], text.data, text.size);
    }
    assert_memory_equal(digests[ANA], digests[BEN], sizeof digests[ANA]);
    struct buf body = {0};
    put_text(&body, "digest", span_of(digests[ANA], sizeof digests[ANA]));
    page_expect_fence(&page, "values", "digest", &body);
}

static int
begin(void **state)
{
    (void)state;
    arena = arena_new(4u << 20);
    page_read(&page, ATTUNE_PROTOCOL_PAGE);
    if (sodium_init() < 0 || arena == NULL) {
        return -1;
    }
    world_birth(&world, ANA, "Ana", "tcp://ana.example:7400");
    world_birth(&world, BEN, "Ben", "tcp://ben.example:7400");
    return 0;
}

static int
pair_up(void **state)
{
    (void)state;
    world_pair(&world, arena);
    return 0;
}

static int
end(void **state)
{
    (void)state;
    world_end(&world);
    arena_free(arena);
    buf_free(&page.text);
    return 0;
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keys_are_shown),
        cmocka_unit_test(invite_is_shown),
        cmocka_unit_test_setup(pairing_is_shown, pair_up),
        cmocka_unit_test(entry_is_written),
        cmocka_unit_test(op_is_shown),
        cmocka_unit_test(batch_is_shown),
        cmocka_unit_test(both_see_the_same),
        cmocka_unit_test(deck_is_shown),
        cmocka_unit_test(consents_are_shown),
        cmocka_unit_test(question_is_shown),
        cmocka_unit_test(answers_open_together),
        cmocka_unit_test(days_are_dealt),
    };
    return cmocka_run_group_tests_name("protocol", tests, begin, end);
}
