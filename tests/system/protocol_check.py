# SPDX-License-Identifier: GPL-3.0-or-later
"""An independent reader of proto/PROTOCOL.md: it opens the document's examples.

The model: nothing here comes from attune's code. X25519, ChaCha20-Poly1305 and the few
other primitives are written from their RFCs with the standard library alone; everything
else follows the document's words. If this prints ok, the document suffices for that.
To add an example: a fence in the document, a function here, a line in main.
"""
import hashlib
import hmac
import os
import re
import struct
import sys


def need(condition, what):
    if not condition:
        raise SystemExit("PROTOCOL.md: " + what)


# ---- the document ----

def fences(text):
    found = {}
    for kind, name, body in re.findall(r"^```(hex|values) (\S+)\n(.*?)^```$", text,
                                       re.M | re.S):
        if kind == "hex":
            found[name] = bytes.fromhex("".join(body.split()))
        else:
            found[name] = dict(line.split(": ", 1) for line in body.splitlines())
    return found


def raw(values, name):
    return bytes.fromhex(values[name])


# ---- primitives ----

P = 2**255 - 19


def x25519(scalar, point):
    """RFC 7748, section 5."""
    k = bytearray(scalar)
    k[0] &= 248
    k[31] = k[31] & 127 | 64
    k = int.from_bytes(k, "little")
    u = int.from_bytes(point, "little") & 2**255 - 1
    x2, z2, x3, z3, swap = 1, 0, u, 1, 0
    for t in range(254, -1, -1):
        bit = k >> t & 1
        if swap != bit:
            x2, x3, z2, z3 = x3, x2, z3, z2
        swap = bit
        a, b, c, d = x2 + z2, x2 - z2, x3 + z3, x3 - z3
        aa, bb, da, cb = a * a % P, b * b % P, d * a % P, c * b % P
        e = aa - bb
        x3, z3 = (da + cb)**2 % P, u * (da - cb)**2 % P
        x2, z2 = aa * bb % P, e * (aa + 121665 * e) % P
    if swap:
        x2, z2 = x3, z3
    return (x2 * pow(z2, P - 2, P) % P).to_bytes(32, "little")


BASE = bytes([9]) + bytes(31)


def chacha_rounds(state):
    x = list(state)

    def quarter(a, b, c, d):
        for p, q, r, n in ((a, b, d, 16), (c, d, b, 12), (a, b, d, 8), (c, d, b, 7)):
            x[p] = x[p] + x[q] & 0xffffffff
            v = x[r] ^ x[p]
            x[r] = (v << n | v >> (32 - n)) & 0xffffffff
    for _ in range(10):
        for i in range(4):
            quarter(i, 4 + i, 8 + i, 12 + i)
        for i in range(4):
            quarter(i, 4 + (i + 1) % 4, 8 + (i + 2) % 4, 12 + (i + 3) % 4)
    return x


SIGMA = struct.unpack("<4I", b"expand 32-byte k")


def chacha_block(key, counter, nonce):
    state = SIGMA + struct.unpack("<8I", key) + (counter,) + struct.unpack("<3I", nonce)
    mixed = chacha_rounds(state)
    return struct.pack("<16I", *((a + b) & 0xffffffff for a, b in zip(mixed, state)))


def hchacha(key, nonce16):
    mixed = chacha_rounds(SIGMA + struct.unpack("<8I", key) + struct.unpack("<4I", nonce16))
    return struct.pack("<8I", *mixed[:4], *mixed[12:])


def poly1305(key, data):
    r = int.from_bytes(key[:16], "little") & 0x0ffffffc0ffffffc0ffffffc0fffffff
    total = 0
    for at in range(0, len(data), 16):
        part = data[at:at + 16]
        total = (total + int.from_bytes(part + b"\1", "little")) * r % (2**130 - 5)
    return (total + int.from_bytes(key[16:], "little") & 2**128 - 1).to_bytes(16, "little")


def pad16(data):
    return data + bytes(-len(data) % 16)


def aead_open(key, nonce, ad, sealed):
    """RFC 8439, section 2.8."""
    cipher, tag = sealed[:-16], sealed[-16:]
    one_time = chacha_block(key, 0, nonce)[:32]
    mac = poly1305(one_time, pad16(ad) + pad16(cipher) +
                   struct.pack("<QQ", len(ad), len(cipher)))
    need(hmac.compare_digest(mac, tag), "a sealed part does not open")
    stream = b"".join(chacha_block(key, 1 + i, nonce) for i in range(len(cipher) // 64 + 1))
    return bytes(a ^ b for a, b in zip(cipher, stream))


def unseal(key, nonce24, ad, sealed):
    return aead_open(hchacha(key, nonce24[:16]), bytes(4) + nonce24[16:], ad, sealed)


# ---- section 1 ----

def H(tag, *inputs):
    hashed = hashlib.blake2b(digest_size=32, person=tag.encode())
    for part in inputs:
        hashed.update(struct.pack("<Q", len(part)) + part)
    return hashed.digest()


def u64(value):
    return struct.pack("<Q", value)


LETTERS = "0123456789abcdefghjkmnpqrstvwxyz"


def base32(text):
    bits = 0
    for letter in text:
        bits = bits << 5 | LETTERS.index(letter)
    size = len(text) * 5 // 8
    return (bits >> len(text) * 5 - size * 8).to_bytes(size, "big")


def varint(data, at):
    value = shift = 0
    while True:
        byte = data[at]
        value |= (byte & 127) << shift
        at, shift = at + 1, shift + 7
        if byte < 128:
            return value, at


def message(data):
    """A protobuf message as {field number: [values]}."""
    found, at = {}, 0
    while at < len(data):
        tag, at = varint(data, at)
        value, at = varint(data, at)
        need(tag & 7 in (0, 2), "an unexpected wire type")
        if tag & 7 == 2:
            need(at + value <= len(data), "a field beyond its message")
            value, at = data[at:at + value], at + value
        found.setdefault(tag >> 3, []).append(value)
    return found


# ---- the examples ----

def check_op(op):
    log = H("attune.log", b"\1", raw(op, "device"), raw(op, "incarnation"),
            raw(op, "couple"))[:16]
    need(log == raw(op, "log"), "log id")
    first = message(raw(op, "first_header"))
    need(first[4] == [3] and first[16] == [raw(op, "incarnation")] and
         first[17] == [raw(op, "device")], "the OPEN of the log")
    prev = H("attune.op", log, u64(1), bytes(32), raw(op, "first_header"))
    need(prev == raw(op, "first_hash"), "hash of the OPEN")
    header = message(raw(op, "header"))
    digest = H("attune.payload", raw(op, "payload"))
    need([digest] == header[13] and digest == raw(op, "payload_hash"), "payload hash")
    op_hash = H("attune.op", log, u64(int(op["seq"])), prev, raw(op, "header"))
    need(op_hash == raw(op, "op_hash"), "op hash")
    tag = hashlib.blake2b(op_hash, digest_size=16, key=raw(op, "k_self"),
                          person=b"attune.self").digest()
    need(tag == raw(op, "self_tag"), "self tag")
    need(header[7] == [b"thanks"], "kind")
    field = message(message(raw(op, "payload"))[2][0])
    need(field == {1: [b"text"], 2: [b"for the soup"]}, "payload")


def hkdf(chaining_key, data, count):
    def mac(key, text):
        return hmac.new(key, text, hashlib.blake2b).digest()
    key, outputs, last = mac(chaining_key, data), [], b""
    for i in range(count):
        last = mac(key, last + bytes([i + 1]))
        outputs.append(last)
    return outputs


def padme(size):
    exponent = size.bit_length() - 1
    step = 1 << exponent - exponent.bit_length()
    return -(-size // step) * step


def noise_nonce(number):
    return bytes(4) + u64(number)


def open_batch(frame, keys):
    """Section 5.2; returns head and body."""
    kind, version, _, _, _, epoch, chunks, first_bytes = struct.unpack(
        "<BB16s16s16sIHI", frame[:60])
    need((kind, version, epoch) == (1, 1, int(keys["epoch"])), "clear header")
    need(len(frame) == padme(len(frame)) and len(frame) >= 1024, "size of the frame")
    epoch_secret, ephemeral = raw(keys, "epoch_secret"), frame[60:92]
    sender = raw(keys, "sender_noise_public")
    need(x25519(epoch_secret, BASE) == raw(keys, "epoch_public"), "epoch key")

    def mix(h, data):
        return hashlib.blake2b(h + data).digest()
    h = ck = b"Noise_Kpsk0_25519_ChaChaPoly_BLAKE2b".ljust(64, b"\0")
    for data in (frame[:60], sender, raw(keys, "epoch_public")):
        h = mix(h, data)
    ck, hashed, _ = hkdf(ck, raw(keys, "psk"), 3)
    h = mix(mix(h, hashed), ephemeral)
    for secret in (ephemeral, x25519(epoch_secret, ephemeral), x25519(epoch_secret, sender)):
        ck, key = hkdf(ck, secret, 2)
    at = 92 + first_bytes + 16
    first = aead_open(key[:32], noise_nonce(0), h, frame[92:at])
    key = hkdf(ck, b"", 2)[0][:32]
    size = struct.unpack_from("<I", first)[0]
    head = first[4:4 + size]
    body_bytes = struct.unpack_from("<I", first, 4 + size)[0]
    need(not any(first[8 + size:]), "padding of the first payload")
    need(chunks == -(-(len(frame) - at) // 65535), "number of chunks")
    data = b""
    for i in range(chunks):
        sealed = frame[at + i * 65535:at + (i + 1) * 65535]
        plain = aead_open(key, noise_nonce(i), b"", sealed)
        need(plain[0] == (i == chunks - 1), "flags of a chunk")
        data += plain[1:]
    need(not any(data[body_bytes:]), "padding of the chunks")
    return head, data[:body_bytes]


def check_batch(part):
    keys, op = part["batch-keys"], part["op"]
    secret, sender = raw(keys, "ephemeral_secret"), raw(keys, "sender_noise_secret")
    need(x25519(secret, BASE) == raw(keys, "ephemeral_public") == part["batch"][60:92],
         "ephemeral key")
    need(x25519(sender, BASE) == raw(keys, "sender_noise_public"), "sender's key")
    head, body = open_batch(part["batch"], keys)
    need(head == part["batch-head"] and body == part["batch-body"], "contents of the batch")
    need(part["batch"][2:18] == raw(op, "couple") and part["batch"][18:34] == raw(op, "log"),
         "ids of the batch")
    stated = [message(item) for item in message(head)[1]]
    need({2: [2], 1: [raw(op, "log")], 3: [raw(op, "op_hash")]} in stated, "heads")
    need(message(head)[3] == [1] and message(head)[5] == [raw(op, "incarnation")], "head")
    run = message(message(body)[1][0])
    need(run[1] == [raw(op, "log")] and run[2] == [2] and run[4] == [raw(op, "first_hash")],
         "run")
    sent = message(run[3][0])
    need(sent == {1: [raw(op, "header")], 2: [raw(op, "payload")],
                  3: [raw(op, "self_tag")]}, "op in the batch")


def lv(data):
    need(len(data) < 128, "a longer length")
    return bytes([len(data)]) + data


def block_identity(block):
    size = struct.unpack_from("<H", block)[0]
    need(len(block) == 1024 and not any(block[2 + size:-32]), "identity block")
    return message(block[2:2 + size])


def check_pairing(part):
    values = part["pairing"]
    joiner, issuer = part["joiner-block"], part["issuer-block"]
    for name, block in (("joiner", joiner), ("issuer", issuer)):
        need(H("attune.identity", block) == raw(values, name + "_ad"), name + "'s AD")
        need(block_identity(block)[1] == [raw(values, name + "_person")], name + "'s PIK")
    halves = {name: lv(raw(values, name + "_share")) + lv(raw(values, name + "_ad"))
              for name in ("joiner", "issuer")}
    transcript = halves["joiner"] + halves["issuer"]
    need(transcript == raw(values, "transcript"), "transcript")
    isk, sid = raw(values, "isk"), raw(values, "sid")
    mac_key = hashlib.sha512(b"CPaceMac" + sid + isk).digest()
    for name in halves:
        tag = hmac.new(mac_key, halves[name], hashlib.sha512).digest()
        need(tag == raw(values, name + "_tag"), name + "'s tag")
    need(H("attune.psk", isk, b"", transcript) == raw(values, "psk"), "psk")
    need(values["psk"] == part["batch-keys"]["psk"], "psk of the batch")
    persons = sorted(raw(values, name + "_person") for name in halves)
    couple = H("attune.couple", *persons, raw(values, "couple_nonce"))[:16]
    need(couple == raw(values, "couple"), "couple id")
    need(H("attune.check", issuer, joiner) == raw(values, "check"), "check words' digest")
    start = b"\2\1\1\0" + sid + raw(values, "joiner_share") + raw(values, "joiner_ad")
    need(part["pair-start"] == start.ljust(512, b"\0"), "START")
    key = H("attune.pairkey", isk, b"\0")
    need(key == raw(values, "issuer_key"), "issuer's key")
    frame = part["pair-couple"]
    need(frame[:20] == b"\2\1\7\0" + sid and not any(frame[53:]), "COUPLE")
    plain = unseal(key, b"\7".ljust(24, b"\0"), sid, frame[20:53])
    need(plain == raw(values, "couple_nonce") + b"\0", "nonce in COUPLE")


def check_keys(part, source):
    keys = part["keys"]
    root = raw(keys, "root")
    k_self = hashlib.blake2b(digest_size=32, key=root, salt=u64(1) + bytes(8),
                             person=b"atn_self" + bytes(8)).hexdigest()
    need(k_self == keys["k_self"] == part["op"]["k_self"], "K_self")
    bits = int.from_bytes(root + H("attune.words", root)[:1], "big")
    list_2048 = words_of(source, "words_2048")
    words = [list_2048[bits >> 264 - 11 * (i + 1) & 2047] for i in range(24)]
    need(" ".join(words) == keys["words"], "recovery words")


def words_of(source, name):
    with open(os.path.join(source, "common", name + ".inc"), encoding="ascii") as file:
        return re.findall(r'"([a-z]+)"', file.read())


def check_words(part, source):
    for name, said in part["words"].items():
        words = words_of(source, name)
        text = "".join(word + "\n" for word in words).encode()
        digest = hashlib.blake2b(text, digest_size=32).hexdigest()
        need(said == "%d words, %s to %s, %s" % (len(words), words[0], words[-1], digest),
             name)
    bits = int.from_bytes(raw(part["pairing"], "check"), "big")
    list_2048 = words_of(source, "words_2048")
    six = [list_2048[bits >> 256 - 11 * (i + 1) & 2047] for i in range(6)]
    need(" ".join(six) == part["pairing"]["check_words"], "check words")


def check_invite(invite):
    need(invite["text"].startswith("attune1:"), "invite")
    data = base32(invite["text"][8:])
    address = invite["address"].encode()
    body = raw(invite, "secret") + u64(int(invite["expires"])) + b"\1" + lv(address)
    need(data == body + H("attune.invite", body)[:4], "bytes of the invite")


def unframe(data):
    need(struct.unpack_from("<I", data)[0] == len(data) - 4, "length of a local message")
    return message(data[4:])


def check_local(part):
    request, reply = unframe(part["local-request"]), unframe(part["local-reply"])
    need(request[1] == [1] and request[3] == [b"create"], "local request")
    need(request[2] == reply[1] and 2 not in reply, "local reply")
    entry = message(request[11][0])
    need(entry[1] == reply[3] == message(raw(part["op"], "header"))[5], "entry id")
    need(entry[2] == [b"thanks"] and reply[13] == [b"open"], "local entry")


def check_digest(part):
    """Section 3.7, from the heads that Ana's batch states and its one entry."""
    op, couple = part["op"], raw(part["op"], "couple")
    header = message(raw(op, "header"))
    view = H("attune.view", raw(part["pairing"], "joiner_person"), header[5][0], header[7][0],
             b"open", u64(header[1][0]))
    heads = sorted((m[1][0], m[2][0], m[3][0])
                   for m in map(message, message(part["batch-head"])[1]))
    inputs = [item for log, seq, digest in heads for item in (log, u64(seq), digest)]
    digest = H("attune.digest", couple, *inputs, *(view[i:i + 8] for i in range(0, 32, 8)))
    need(digest.hex() == part["digest"]["digest"], "digest")


# ---- sections 3.9, 3.11, 3.12 ----

def Hk(key, tag, *inputs):
    hashed = hashlib.blake2b(digest_size=32, key=key, person=tag.encode())
    for part in inputs:
        hashed.update(struct.pack("<Q", len(part)) + part)
    return hashed.digest()


def deck_lines(data):
    """(depth, tags, text) of each question of a deck."""
    for line in data.split(b"\n"):
        line = line.strip(b" \t\r\n\v\f")
        if not line or line.startswith(b"#"):
            continue
        own = re.match(rb"([1-5]) ([a-z,-]+) (.*)$", line, re.S)
        text = own.group(3).strip() if own else b""
        yield (int(own.group(1)), own.group(2), text) if text else (1, b"", line)


def check_deck(said, deck):
    text = b"".join(b"%d %s %s\n" % question for question in deck)
    need(int(said["questions"]) == len(deck), "number of questions")
    need(hashlib.blake2b(text, digest_size=32).hexdigest() == said["digest"], "the deck")


def check_consents(part):
    couple = raw(part["op"], "couple")
    need(set(part["consents"]) == {"answered", "longer", "depth"}, "consents")
    for name, said in part["consents"].items():
        need(H("attune.consent", couple, name.encode())[:16].hex() == said, name)


def cards_of(secret, brought):
    """What is in the game, by place; brought: (depth, text, from day, asked then)."""
    cards = {}
    for depth, text, counts, asked in brought:
        place = int.from_bytes(Hk(secret, "attune.deal", text)[:8], "little")
        card = (counts, depth, place, text, asked)
        cards[place] = min(cards.get(place, card), card)
    return [cards[place] for place in sorted(cards)]


def mix(cards):
    left, credit, mixed = [0] * 6, [0] * 6, []
    queues = [[card for card in cards if card[1] == depth] for depth in range(6)]
    for card in cards:
        left[card[1]] += 1
    while sum(left):
        credit = [have + more for have, more in zip(credit, left)]
        best = min((d for d in range(1, 6) if left[d]), key=lambda d: (-credit[d], d))
        mixed.append(queues[best].pop(0))
        credit[best] -= sum(left)
        left[best] -= 1
    return mixed


def spread(ring, more):
    gaps = [[] for _ in range(len(ring) + 1)]
    for number, card in enumerate(more):
        gaps[(2 * number + 1) * (len(ring) + 1) // (2 * len(more))].append(card)
    joined = gaps[0]
    for card, gap in zip(ring, gaps[1:]):
        joined = joined + [card] + gap
    return joined


def deal(cards, ceiling, days):
    """The card of each of so many days; ceiling: of a day."""
    ring = []
    for day in range(20454, 20454 + days):
        top = ceiling(day)
        can = [card for card in cards if card[0] <= day and card[1] <= top]
        ring = [card for card in ring if card in can]
        new = [card for card in can if card not in ring] if len(can) > len(ring) else []
        later = [card for card in new if card[4]]
        ring = spread(ring, mix([card for card in new if not card[4]])) + later
        yield ring[0]
        ring.append(ring.pop(0))


def rise(secret, level, since):
    week = Hk(secret, "attune.rise", u64(level), u64(since))[0] % 4
    return since - (since + 3) % 7 + 7 * (1 + week)


def ceiling_on(secret, wishes, day):
    """wishes: of each of the two, (day, lamport, level) in this order."""
    def reached(level, when):
        return all(([2] + [wish[2] for wish in person if wish[0] <= when])[-1] >= level
                   for person in wishes)
    top = 1
    for level in range(2, 6):
        if not reached(level, day - 1):
            break
        since = day - 1
        while level > 2 and reached(level, since - 1):
            since -= 1
        if level > 2 and rise(secret, level, since) > day:
            break
        top = level
    return top


def check_question(part, deck):
    """The pairing has no own decks and no levels yet: the ceiling is 2 on every day."""
    said, psk = part["question"], raw(part["pairing"], "psk")
    secret, wanted = H("attune.questions", psk), int(said["day"])
    need(secret == raw(said, "secret"), "secret of the questions")
    cards = cards_of(secret, [(depth, text, 0, False) for depth, _, text in deck])
    *_, (_, _, order, text, _) = deal(cards, lambda day: 2, wanted - 20454 + 1)
    need(text == said["text"].encode() and str(order) == said["order"], "the question")
    need(Hk(secret, "attune.round", u64(wanted), text)[:16] == raw(said, "round"), "round")
    need(int(said["rises"]) == rise(secret, 3, wanted), "the rise")


def shared_questions(said, name, asked):
    """What an entry brings whose ENTRY gives its text."""
    header, payload = raw(said, name + "_0"), raw(said, name + "_0_payload")
    header = message(header)
    need(header[13] == [H("attune.payload", payload)], "payload of the " + name)
    counts = header[2][0] // 1440 + 1
    for field in map(message, message(payload)[2]):
        need(field[1] == [b"text"], "first field of the " + name)
        for depth, _, text in deck_lines(field[2][0]):
            yield depth, text, counts, asked


def wishes_of(part, name):
    levels = [b"level-one", b"level-two", b"level-three", b"level-four", b"level-five"]
    wishes = []
    for key in (key for key in part["days"] if key.startswith(name + "_depth")):
        op = message(raw(part["days"], key))
        need(op[5] == [raw(part["consents"], "depth")] and 6 not in op, "a depth entry")
        if op.get(8, [b""])[0] in levels:
            level = levels.index(op[8][0]) + 1
            wishes.append((op[1][0], op[2][0] // 1440, level))
    return sorted((day, lamport, level) for lamport, day, level in sorted(wishes)[-32:])


def check_days(part, deck):
    said, secret = part["days"], raw(part["question"], "secret")
    brought = [(depth, text, 0, False) for depth, _, text in deck]
    brought += shared_questions(said, "deck", False)
    brought += shared_questions(said, "question", True)
    wishes = [wishes_of(part, "ana"), wishes_of(part, "ben")]
    need([len(person) for person in wishes] == [2, 1], "wishes")
    dealt = [card[3] for card in deal(cards_of(secret, brought),
                                      lambda day: ceiling_on(secret, wishes, day),
                                      int(said["days"]))]
    for key in (key for key in said if key.startswith("day_")):
        need(dealt[int(key[4:]) - 20454].decode() == said[key], "the question of " + key)
    own = {text for _, text, _, _ in brought[len(deck):]} - {text for _, _, text in deck}
    need(len(own) == 5 and len(own & set(dealt)) == 4, "one is too deep, all others come")
    text = b"".join(text + b"\n" for text in dealt)
    need(hashlib.blake2b(text, digest_size=32).hexdigest() == said["digest"], "the days")


def check_answer(part, name, partner):
    said, round_id = part[name], raw(part["question"], "round")
    commit, act = message(raw(said, "header")), message(raw(said, "reveal"))
    need(commit[7] == [b"answer"] and commit[10] == [round_id] and 13 not in commit,
         "a commit")
    need(act[4] == [1] and act[8] == [b"reveal"] and act[5] == commit[5], "a reveal")
    need(act[22] == message(raw(part[partner], "header"))[21], "the seal it was sent for")
    need(act[13] == [H("attune.payload", raw(said, "payload"))], "payload of a reveal")
    inputs, opens = [], None
    for field in map(message, message(raw(said, "payload"))[2]):
        if field[1] == [b"opens"]:
            opens = bytes.fromhex(field[2][0].decode())
        else:
            number = field.get(3, [0])[0]
            number = number >> 1 ^ -(number & 1)
            inputs += [field[1][0], field.get(2, [b""])[0], struct.pack("<q", number)]
    seal = H("attune.reveal", opens, round_id, raw(said, "person"), raw(said, "log"), *inputs)
    need(commit[21] == [seal], "the seal of " + name)


def main():
    here = os.path.dirname(os.path.abspath(__file__))
    source = os.environ.get("ATTUNE_SOURCE_DIR", os.path.join(here, "..", ".."))
    with open(os.path.join(source, "proto", "PROTOCOL.md"), encoding="utf-8") as file:
        part = fences(file.read())
    check_keys(part, source)
    check_op(part["op"])
    check_batch(part)
    check_pairing(part)
    check_words(part, source)
    check_invite(part["invite"])
    check_local(part)
    check_digest(part)
    with open(os.path.join(source, "common", "deck.txt"), "rb") as file:
        deck = list(deck_lines(file.read()))
    check_deck(part["deck"], deck)
    check_consents(part)
    check_question(part, deck)
    check_days(part, deck)
    check_answer(part, "ana-answer", "ben-answer")
    check_answer(part, "ben-answer", "ana-answer")
    print("ok")
    return 0


if __name__ == "__main__":
    sys.exit(main())
