# SPDX-License-Identifier: GPL-3.0-or-later
"""The question deck keeps its format, has enough of each depth and of the tags that matter
most, and no two of its questions are cut from one template: no pair shares more than half
of the three-word pieces of the shorter one."""
import collections
import itertools
import re

import tree

DECK = "common/deck.txt"
LINE = re.compile(r"([1-5]) ([a-z]+(?:,[a-z]+)*) (\S(?:.*\S)?[?.])")
BYTES = 200
QUESTIONS = 400
EACH_DEPTH = 60
EACH_TAG = dict.fromkeys(("money", "family", "past", "friends", "hobbies", "body", "silly",
                          "work", "dreams", "us"), 10) | {"feelings": 60}


def shingles(question):
    """Each run of three words, without case and punctuation."""
    words = re.sub(r"[^\w\s]|_", "", question.lower()).split()
    return set(zip(words, words[1:], words[2:]))


def main():
    tree.arguments()
    text = tree.read(DECK)
    known = set(" ".join(re.findall(r"^# tags: (.+)$", text, re.M)).split())
    depths, tags, pieces = collections.Counter(), collections.Counter(), {}
    for number, line in tree.lines(text):
        if not line or line.startswith("#"):
            continue
        where = f"{DECK}:{number}"
        match = LINE.fullmatch(line)
        if not match:
            tree.fault(f"{where} isn't 'DEPTH TAG[,TAG...] QUESTION'")
            continue
        depth, listed, question = match[1], match[2].split(","), match[3]
        if len(question.encode()) > BYTES:
            tree.fault(f"{where} is longer than {BYTES} bytes")
        if question in pieces:
            tree.fault(f"{where} is there twice")
        if len(set(listed)) < len(listed) or not known.issuperset(listed):
            tree.fault(f"{where} has a tag twice, or one the comment doesn't list")
        depths[depth] += 1
        tags.update(listed)
        pieces[question] = shingles(question)
    if len(pieces) < QUESTIONS:
        tree.fault(f"{DECK} has {len(pieces)} questions, fewer than {QUESTIONS}")
    few = [f"depth {depth}" for depth in "12345" if depths[depth] < EACH_DEPTH]
    few += [f"tag {tag}" for tag, least in EACH_TAG.items() if tags[tag] < least]
    for name in few:
        tree.fault(f"{DECK} has too few questions of {name}")
    for (one, a), (other, b) in itertools.combinations(pieces.items(), 2):
        if 2 * len(a & b) > min(len(a), len(b)):
            tree.fault(f"{DECK}: too alike: '{one}' and '{other}'")
    tree.finish(f"{len(pieces)} questions")


main()
