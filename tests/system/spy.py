#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Stands between attuned and attuned-link: tells the link's public key, spoils frames.

The model: copied as `attuned-link` beside a copy of attuned, with the path of the real one
in the file `real`. It writes the public key of the last CONFIG to `key`, and does to each
FRAME what the file `mode` says: pass, garbage, flip, twice, cut.
Messages: common/linkmsg.h (u32 length, u8 type, fields).
"""
import os
import random
import socket
import struct
import subprocess
import sys
import threading

HERE = os.path.dirname(os.path.abspath(sys.argv[0] if "/" in sys.argv[0] else __file__))
CONFIG, FRAME = 1, 20


def read(name, otherwise):
    try:
        with open(os.path.join(HERE, name), encoding="utf-8") as file:
            return file.read().strip()
    except OSError:
        return otherwise


def messages(end):
    kept = b""
    while True:
        try:
            got = end.recv(1 << 16)
        except OSError:
            return
        if not got:
            return
        kept += got
        while len(kept) >= 4:
            size = struct.unpack("<I", kept[:4])[0]
            if len(kept) < 4 + size:
                break
            yield kept[4:4 + size]
            kept = kept[4 + size:]


def put(end, message):
    end.sendall(struct.pack("<I", len(message)) + message)


def from_daemon(daemon, link):
    try:
        for message in messages(daemon):
            if message[0] == CONFIG:
                made = os.path.join(HERE, "key")
                with open(made + ".new", "w", encoding="utf-8") as file:
                    file.write(message[1 + 4 + 1 + 32:][:32].hex())
                os.rename(made + ".new", made)
            put(link, message)
    except OSError:
        pass
    os._exit(0)


def spoiled(frame, mode):
    if mode == "garbage":
        return [os.urandom(random.choice((1, 2, 64, 1024, 4096, 70000)))]
    if mode == "flip":
        place = random.randrange(len(frame))
        return [frame[:place] + bytes([frame[place] ^ 1 << random.randrange(8)]) +
                frame[place + 1:]]
    if mode == "cut":
        return [frame[:random.randrange(1, len(frame) + 1)]]
    if mode == "twice":
        return [frame, frame]
    return [frame]


def run():
    daemon_fd = os.dup(3)
    ours, theirs = socket.socketpair()
    os.dup2(theirs.fileno(), 3, inheritable=True)
    theirs.close()
    link = subprocess.Popen([read("real", "")], pass_fds=[3], env={})
    os.close(3)
    daemon = socket.socket(fileno=daemon_fd)
    threading.Thread(target=from_daemon, args=[daemon, ours], daemon=True).start()
    for message in messages(ours):
        if message[0] == FRAME:
            for frame in spoiled(message[5:], read("mode", "pass")):
                put(daemon, message[:5] + frame)
        else:
            put(daemon, message)
    link.wait()
    os._exit(1)


run()
