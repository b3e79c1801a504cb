# SPDX-License-Identifier: GPL-3.0-or-later
"""Every act of every kind to every end state, from both sides, together and apart.

The model: acts_model.py lays paths through what each kind's table says. All plays go on
together, in turns: in a turn one person does what is next of hers everywhere, with the
other's daemon running or stopped; then both must hold the same, and what the model says.
Invariant: nothing here knows a kind by its name.
Homes of --demo on a clock of the test: holds end and words fade when it says so.

To cover a new kind: nothing, as long as its table says what a table can say already; else
see acts_model.py.
"""
import concurrent.futures
import datetime
import os
import time

from acts_model import (AUTHOR, PARTNER, REST, RETRACT, ROLES, Form, Play, Words, forms,
                        tables, value)
from couple import Case, Home, main, note, wait_for

BEGIN = datetime.datetime(2027, 4, 1, 9, tzinfo=datetime.timezone.utc)
LISTED_MAX = 1000   # of attune log


# ---- the couple ----

def seldom(home):
    """Home.adopt looks at every process there is; not after every one of some thousand
    commands, then."""
    last = [0.0]

    def adopt():
        if time.monotonic() > last[0] + 2.0:
            last[0] = time.monotonic()
            return Home.adopt(home)
        return home.serving()
    return adopt


class Acts(Case):
    maxDiff = None

    def setUp(self):
        super().setUp()
        self.kinds = tables()
        self.assertGreater(len(self.kinds), 10)
        self.forms = list(forms(self.kinds))
        self.hands = concurrent.futures.ThreadPoolExecutor(4)
        self.addCleanup(self.hands.shutdown)
        self.began, self.offset = time.monotonic(), datetime.timedelta()
        self.pair = self.couple(paired=False).start()
        self.people = list(self.pair)
        for home in self.people:
            home.adopt = seldom(home)
        self.clocks = {}
        for home in self.people:
            read, write = os.pipe()
            self.addCleanup(os.close, read)
            self.addCleanup(os.close, write)
            self.clocks[home] = read, write
            self.part(home)
            self.wake(home)
        self.pair.join()
        self.tried = set()
        self.later = self.pausing = False

    # -- the clock

    def tell(self, home):
        now = BEGIN + self.offset + datetime.timedelta(
            seconds=int(time.monotonic() - self.began))
        os.write(self.clocks[home][1], now.strftime("%Y-%m-%dT%H:%M:%SZ\n").encode())

    def today(self):
        return (BEGIN + self.offset).date()

    def open_(self, home):
        """Time that passed at once may have closed it."""
        def opened():
            if home.status()["closed"] or home.status()["locked"]:
                home.unlock()
            return not home.status()["closed"]
        wait_for(opened, f"{home.name} is open")

    def pass_time(self, **much):
        self.offset += datetime.timedelta(**much)
        for home in self.people:
            if home.serving():
                self.tell(home)
        now = (BEGIN + self.offset).strftime("%Y-%m-%dT%H:%M")
        for home in self.people:
            def moved(home=home):
                self.open_(home)
                mark = home.say("write", "--mine", "tick")
                return home.json("show", mark)["created"] >= now
            if home.serving():
                wait_for(moved, "the clock has moved")

    def wake(self, home):
        self.tell(home)
        home.start(clock=self.clocks[home][0])
        self.open_(home)

    def part(self, home):
        Home.adopt(home)
        home.stop()

    # -- turns

    def each(self, function, *lists):
        """In parallel: for what only reads, or whose order says nothing."""
        return list(self.hands.map(function, *lists))

    def turn(self, who, away, does, plays):
        """One person does what is next of hers; the other is away, or here."""
        other = self.people[1 - who]
        if away:
            self.part(other)
        for play in plays:
            does(play)
        if away:
            self.wake(other)
        self.settle()

    def lists(self):
        out = []
        for entries in self.each(lambda home: home.log(LISTED_MAX), self.people):
            self.assertLess(len(entries), LISTED_MAX)
            out.append({entry["id"]: entry for entry in entries})
        return out

    def settle(self):
        """Both hold the same, and it is what the model says."""
        plays = [play for play in self.plays if play.id]
        wrong = ["?"]

        def same():
            if not self.pair.equal():
                return False
            lists = self.lists()
            wrong[:] = [text for play in plays for text in self.differs(play, lists)]
            return not wrong
        try:  # seldom asked: asking is what costs here
            wait_for(self.pair.equal, "both hold the same", step_s=0.2)
        except AssertionError:
            self.pair.wait_equal(0.1)  # tells what it knows
        try:
            wait_for(same, "it is as the model says", 10.0, step_s=0.2)
        except AssertionError:
            self.fail("\n".join(wrong[:20]))

    def hides(self, play, role):
        return (role == PARTNER and
                (not play.shared or (play.kind.unseen and not play.at[2])))

    def reads(self, play, role):
        """Whether the words are there."""
        if play.retracted or play.faded:
            return False
        if role == AUTHOR:
            return True
        return play.at[0] != "topic" and (play.at[2] or not play.kind.sealed)

    def differs(self, play, lists):
        for role in ROLES:
            entry = lists[play.home_of(role)].get(play.id)
            if self.hides(play, role):
                if entry:
                    yield f"{play}: the {role} sees {entry}"
                continue
            if not entry:
                yield f"{play}: the {role} doesn't see it"
                continue
            if entry["state"] != play.at[0]:
                yield f"{play}: for the {role} it is {entry['state']}"
            if entry["author"] != ("me" if role == AUTHOR else "partner"):
                yield f"{play}: for the {role} it is by {entry['author']}"
            if entry.get("parent") != play.parent:
                yield f"{play}: for the {role} it hangs below {entry.get('parent')}"
            texts = " ".join(str(text) for text in entry["fields"].values())
            for word in play.words:
                if (word in texts) != self.reads(play, role):
                    yield f"{play}: for the {role} {word} in {entry['fields']}"
            if play.topic and role == PARTNER and (
                    (play.topic in texts) != (play.at[0] == "topic")):
                yield f"{play}: for the {role} {play.topic} in {entry['fields']}"
            if entry.get("faded", False) != play.faded:
                yield f"{play}: for the {role} it is {entry}"
            root = lists[play.home_of(role)].get(play.parent)
            if play.root and (not root or root["state"] != play.root[1][0]):
                yield f"{play}: not below {play.root[1][0]} for the {role}, but {root}"

    # -- writing

    def say(self, who, kind, *args):
        is_ = self.kinds[kind].is_
        if "15m" not in args and is_ & {"pauses", "not in a pause"}:  # one pause at a time
            if self.pausing:
                self.pass_time(hours=1)
            self.pausing = "pauses" in is_
        got = self.people[who].run(kind, "--yes", "--json", *args, status=None)
        if got.status != 0:
            self.fail(f"{('Ana', 'Ben')[who]} can't write: {got}")
        return got.json["id"]

    def written(self, kind):
        """The options without which a kind isn't written but asked about."""
        return ["--new"] if "asks both" in kind.is_ else []

    def write_parent(self, play):
        """What it hangs below, written by the partner: one may only hear the other."""
        kind = play.kind

        def fits(one):
            if kind.answers:
                return "asks both" in one.is_
            if "mends" in kind.is_:
                return "mends" in one.is_ and "joins" not in one.is_
            return ("longer" in one.is_ and not one.mine and not one.acts and
                    "deals questions" not in one.is_)
        parent = next(one for one in self.kinds.values() if fits(one))
        play.parent = self.plain(1 - play.home, parent)
        form = Form(parent, self.kinds, False)
        play.root = form, form.begin

    def plain(self, who, kind):
        """One of that kind, of which nothing is looked at."""
        writer = Play(Form(kind, self.kinds, False), [], who, False)
        return self.say(who, kind.name, "--hold", "0", *self.written(kind),
                        *writer.line([]))

    def write(self, play, *options, share=True):
        kind = play.kind
        args = list(options) or ["--hold", "0"]
        below = []
        if play.parent:
            below = [play.parent] if kind.child else ["--for", play.parent]
        alone = not options and not play.parent and "joins" in kind.is_ and not kind.for_two
        if alone:  # else it would join whatever is being mended
            args = ["--mine"]
        elif not options:
            args += ["--ours"]
        play.id = self.say(play.home, kind.name, *below, *args, *self.written(kind),
                           *play.line(play.words))
        if alone:
            self.people[play.home].json("share", play.id, "--hold", "0", "--yes")
        play.told = [(AUTHOR, "written", None, None)]
        if share:
            self.left(play)

    def left(self, play):
        """The partner has its words, or knows of them, from now on."""
        play.shared = True
        if play.kind.with_root:
            play.tell_root(play.kind.with_root, AUTHOR)

    # -- acting

    def do(self, play, step):
        """One step, and what happened by it; where it leads to is asked of the model."""
        role, act, carries = step
        who = play.home_of(role)
        home = self.people[who]
        play.tale.append(f"{role[0]}:{act if isinstance(act, str) else act.name}")
        if act == RETRACT:
            home.json("retract", play.id)
            play.told.append((AUTHOR, "retracted", None, None))
        elif act != REST and act.by_itself:
            self.bring_about(play, act, who)
            if not play.form.revealing(act):
                play.told.append((role, act.name, None, None))
        elif act != REST:
            args, carried, word = [], None, None
            if act.asks and carries:
                carried = act.asks
                typed, word = value(play.kind.field(act.asks))
                args = ["--" + act.asks, typed]
                args += ["--hold", "0"] if play.kind.field(act.asks).text else []
            got = home.run(act.name, play.id, *args, "--json", status=None)
            if got.code == "E_ALREADY" and play.form.daily(act, play.at, carried):
                self.assertEqual(play.day, self.today(), f"{play}: {got}")
                self.pass_time(days=1)
                got = home.run(act.name, play.id, *args, "--json", status=None)
            if got.status != 0:
                self.fail(f"{play}: {got}")
            if play.form.daily(act, play.at, carried):
                play.day = self.today()
            play.told.append((role, act.name, carried, word))
            if act.with_root:
                play.tell_root(act.with_root, role)

    def bring_about(self, play, act, who):
        """What attune does by itself: with the writing of another kind in the thread, or
        with an act on the one that was written there."""
        kind, does = play.form.means(act)
        if does is None or kind.name not in play.below:
            writer = Play(Form(kind, self.kinds, True), [], who, False)
            below = play.parent if play.kind.sealed and play.parent else play.id
            play.below[kind.name] = self.say(
                who, kind.name, *([below] if kind.child else ["--for", below]),
                "--hold", "0", *writer.line([]))
        if does is not None:
            self.people[who].json(does.name, play.below[kind.name])

    def step(self, play):
        """The next step of it; True: another may follow at once."""
        step = play.path.pop(0)
        self.do(play, step)
        play.at = play.form.go(play.at, step)
        play.mended = play.mended or play.at[0] in play.form.mended
        play.retracted = step[1] == RETRACT
        return isinstance(step[1], str) or not play.form.revealing(step[1])

    def steps(self, play):
        """All that is one person's before it is the other's turn; what is to be looked at
        before it goes is left."""
        who = play.next()
        while play.next() == who:
            if not self.step(play) or (play.path and play.path[0][1] == RETRACT):
                break

    # -- what is shown

    def look(self, play):
        """As a person and as a script sees it, on both sides."""
        if play.looked == (play.at, len(play.tale), play.faded):
            return
        play.looked = (play.at, len(play.tale), play.faded)
        shown = {}
        for role in ROLES:
            home = self.people[play.home_of(role)]
            if self.hides(play, role):
                got = home.run("show", play.id, "--json", status=None)
                self.assertEqual(got.code, "E_NO_ENTRY", f"{play}: {role}")
                continue
            entry = home.json("show", play.id)
            self.assertEqual(entry.pop("author"), "me" if role == AUTHOR else "partner")
            for gone in ("thread", "created"):
                entry.pop(gone)
            if self.later and play.kind.reminds == AUTHOR:
                # Of a day that went by, who isn't reminded of it sees nothing.
                entry.pop("due", None), entry["fields"].pop(play.kind.due, None)
            shown[role] = entry
            self.check_events(play, role, entry["events"])
            self.check_due(play, role, entry)
            if play.said or play.crossed is not None:
                self.check_text(play, role, home.run("show", play.id).text)
        if len(shown) == 2:
            self.assertEqual(shown[AUTHOR]["state"], play.at[0], str(play))
            if not (self.reads(play, AUTHOR) and self.reads(play, PARTNER)):
                shown[AUTHOR].pop("fields"), shown[PARTNER].pop("fields")
            for event in shown[PARTNER]["events"]:  # as the author reads them
                event["author"] = "partner" if event["author"] == "me" else "me"
            self.assertEqual(shown[AUTHOR], shown[PARTNER], str(play))

    def check_events(self, play, role, events):
        """All that happened to it and nothing else, oldest first, with what was said."""
        told = [] if play.faded else play.told
        found = [("me" if does == role else "partner", act) for does, act, _, _ in told]
        listed = [(event["author"], event["act"]) for event in events]
        if play.both:  # the order is that of the ops
            found, listed = sorted(found), sorted(listed)
        self.assertEqual(listed, found, f"{play}: {role}")
        for does, act, field, word in told:
            by = "me" if does == role else "partner"
            carried = [event["fields"] for event in events if "fields" in event and
                       (event["author"], event["act"]) == (by, act)]
            here = field is not None and not (play.retracted and does == AUTHOR)
            self.assertEqual(any(field in fields for fields in carried), here,
                             f"{play}: {role}, {field} in {events}")
            if word and here:
                self.assertIn({field: word}, carried, f"{play}: {role}")
        crossed = [event["author"] for event in events if event.get("crossed", False)]
        by = [] if play.crossed is None else [
            "me" if play.crossed == play.home_of(role) else "partner"]
        self.assertEqual(crossed, by, f"{play}: {role}, {events}")

    def check_due(self, play, role, entry):
        """What lasts is over so long after it was shared, for both; after a topic, so long
        after its words were."""
        lasts = play.kind.due and play.kind.field(play.kind.due)
        if (not lasts or lasts.type != "duration" or not play.shared or
                play.at[0] == "topic" or not self.reads(play, role) or
                any(field for _, _, field, _ in play.told)):
            return
        self.assertIn("due", entry, f"{play}: {role}")
        began, due = (datetime.datetime.fromisoformat(text)
                      for text in (entry["events"][0]["time"], entry["due"]))
        much = (due - began).total_seconds() - entry["fields"][lasts.name]
        self.assertTrue(much >= 0 if play.topic else much == 0, f"{play}: {role} {entry}")

    def check_text(self, play, role, text):
        for does, word in play.said:
            here = not (play.retracted and does == AUTHOR) and not play.faded
            self.assertEqual(word in text, here, f"{play}: {role}, {word}\n{text}")
        # What its thread began with stands before it, the rest of the thread behind.
        itself = text.strip("\n").split("\n\n")[1 if play.parent else 0]
        own = play.crossed == play.home_of(role)
        for word, crossed in (("theirs", own), ("yours", not own)):
            crossed = crossed and play.crossed is not None
            self.assertEqual(itself.count("crossed with " + word), int(crossed),
                             f"{play}: {role}\n{text}")

    # -- what is refused

    def refusals(self, play, role):
        """(verb, arguments, code) of all that can't be done with it now."""
        if self.hides(play, role):
            yield "retract", [], "E_NO_ENTRY"
        author = role == AUTHOR
        if not self.hides(play, role):
            if not (author and play.at[0] == "topic"):
                yield "share", ["--yes"], "E_ALREADY" if author else "E_NOT_YOURS"
            else:
                yield "share", ["--yes", "--topic"], "E_ALREADY"
            yield "undo", [], "E_LEFT" if author else "E_NOT_YOURS"
            if not author or play.retracted:
                yield "retract", [], "E_ALREADY" if author else "E_NOT_YOURS"
        own = set()
        for act in play.kind.acts:
            own.add(act.name)
            if act.by_itself or play.form.possible(act, play.at, role):
                continue
            code = "E_STATE"
            if role not in act.who:
                code = "E_NOT_YOURS" if act.who == (AUTHOR,) else "E_STATE"
            elif act.both and play.at[0] == role:
                code = "E_ALREADY"
            args = []
            if act.asks:
                args = ["--" + act.asks, value(play.kind.field(act.asks))[0]]
            yield act.name, args, "E_NO_ENTRY" if self.hides(play, role) else code
        names = sorted({act.name for kind in self.kinds.values() for act in kind.acts
                        if not act.by_itself} - own)
        if names:
            yield names[len(self.tried) % len(names)], [], (
                "E_NO_ENTRY" if self.hides(play, role) else "E_STATE")

    def refuse(self, plays):
        """Each state once, by each person."""
        todo = []
        for play in plays:
            for role in ROLES:
                key = str(play.form), play.at[0], role, self.hides(play, role)
                if play.id and key not in self.tried:
                    self.tried.add(key)
                    todo += [(play, role, *what) for what in self.refusals(play, role)]
        before = [home.digest() for home in self.people]

        def one(what):
            play, role, verb, args, code = what
            got = self.people[play.home_of(role)].run(verb, play.id, *args, "--json",
                                                      status=None)
            return None if got.code == code else f"{play}: {role} {verb}, {code}: {got}"
        wrong = [text for text in self.each(one, todo) if text]
        self.assertEqual(wrong, [])
        self.assertEqual([home.digest() for home in self.people], before,
                         [what[2:] for what in todo])
        return len(todo)

    # -- stories

    def parents(self):
        for play in self.plays:
            if play.form.child:
                self.write_parent(play)
        self.settle()

    def open_all(self, away):
        """What joins whatever is being mended and is never one's own comes before anything
        is; what pauses comes last, one after the other."""
        def when(play):
            return 0 if play.begins_alone else 2 if "pauses" in play.kind.is_ else 1
        for part in range(3):
            if part == 1:
                self.parents()
            for who in (0, 1):
                self.turn(who, away, self.write,
                          [play for play in self.plays if play.home == who and
                           when(play) == part])
        self.calm()

    def calm(self):
        """While a pause lasts, what isn't for it is refused, and so is another."""
        for play in self.plays:
            is_ = play.kind.is_
            below = [play.parent] if play.kind.child else (
                ["--for", play.parent] if play.parent else [])
            refused = (["E_STATE", "--ours"] if "not in a pause" in is_ else
                       ["E_ALREADY", "--ours"] if "pauses" in is_ and play.parent else
                       ["E_USAGE", "--mine"] if play.kind.for_two and not play.kind.child
                       else None)
            if refused:
                got = self.people[play.home].run(
                    play.kind.name, *below, *play.line([]), *self.written(play.kind),
                    *refused[1:], "--yes", "--json", status=None)
                self.assertEqual(got.code, refused[0], f"{play}: {got}")

    def go_all(self, away, refuse):
        refused = 0
        who = 0
        while any(play.path for play in self.plays):
            if refuse:
                refused += self.refuse(self.plays)
            ready = [play for play in self.plays
                     if play.path and play.path[0][1] in (RETRACT, REST)]
            self.each(self.look, ready)
            todo = [play for play in self.plays if play.next() == who]
            if todo:
                self.turn(who, away, self.steps, todo)
            who = 1 - who
        if refuse:
            refused += self.refuse(self.plays)
        self.each(self.look, self.plays)
        return refused

    def lay(self, first):
        """Each path once; what Ana begins here, Ben begins in the other test. She fills in
        every field, he those that must be."""
        paths = [(form, path) for form in self.forms for path in form.paths()]
        self.plays = [Play(form, path, (i + first) % 2, full=(i + first) % 2 == 0)
                      for i, (form, path) in enumerate(paths)]
        steps = sum(len(play.path) for play in self.plays)
        note(f"{len(self.kinds)} kinds, {len(self.plays)} plays, {steps} steps")

    def test_together(self):
        """Both are there; what can't be done is refused in every state."""
        self.lay(0)
        self.open_all(False)
        self.by_itself()
        note(f"{self.go_all(False, True)} refused")
        self.never_seen()
        self.month()
        for home in self.people:
            home.check()

    def never_seen(self):
        """What was taken back before the partner knew of it stays unknown, whatever they
        do."""
        plays = [play for play in self.plays if play.retracted and
                 self.hides(play, PARTNER)]
        self.assertNotEqual(plays, [])
        for play in plays:
            for act in play.kind.acts:
                if play.form.revealing(act):
                    self.bring_about(play, act, play.home_of(PARTNER))
        self.settle()
        for play in plays:
            play.looked = None
            self.look(play)

    def by_itself(self):
        """What attune does by itself, nobody types."""
        acts = [act for kind in self.kinds.values() for act in kind.acts]
        for name in {act.name for act in acts if act.by_itself} - {
                act.name for act in acts if not act.by_itself}:
            got = self.people[0].run(name, self.plays[0].id, "--json", status=None)
            self.assertEqual(got.code, "E_USAGE", str(got))

    def month(self):
        """A month on: what both called mended has faded on both sides, also what was taken
        back since; nothing else has.
        The day that was promised has come, and no other can be proposed."""
        self.later = True
        self.pass_time(days=32)
        for play in self.plays:
            play.faded = play.mended
        self.settle()
        left = [play for play in self.plays if not play.retracted]
        self.each(self.look, self.plays)
        self.assertEqual({play.retracted for play in self.plays if play.faded},
                         {False, True})
        for play in left:
            for act in play.kind.acts:
                if act.proposes and play.form.possible(act, play.at, AUTHOR):
                    got = self.people[play.home].run(
                        act.name, play.id, "--" + act.asks, "2028-01-01", "--json",
                        status=None)
                    self.assertEqual(got.code, "E_STATE", f"{play}: {got}")
        self.settle()

    def test_apart(self):
        """Whoever acts, the other's daemon doesn't run."""
        self.lay(1)
        self.open_all(True)
        self.go_all(True, False)
        for home in self.people:
            home.check()

    # -- two at once

    def lay_crossing(self, winner):
        """In each state everything each of them may do, against something of the other's;
        with each the steps that come first."""
        pairs = []
        for form in self.forms:
            seen = set()
            for at in form.states():
                can = {role: [step for step in form.steps(at) if step[0] == role and
                              step[2] == bool(step[1].asks)] for role in ROLES}
                can[AUTHOR].append((AUTHOR, RETRACT, False))
                if (at[0], at[2]) in seen or not can[PARTNER]:
                    continue
                seen.add((at[0], at[2]))
                for i in range(max(len(can[role]) for role in ROLES)):
                    steps = {role: can[role][i % len(can[role])] for role in ROLES}
                    play = Play(form, form.to_state(at), len(pairs) % 2, False)
                    pairs.append((play, steps))
        # How many ops some write depends on what came before: they come last.
        pairs.sort(key=lambda pair: any(self.opens(*pair, role) for role in ROLES))
        note(f"{len(pairs)} pairs, those of {('Ana', 'Ben')[winner]} come first")
        return pairs

    @staticmethod
    def opens(play, steps, role):
        act = steps[role][1]
        return act != RETRACT and play.form.revealing(act)

    @staticmethod
    def role_of(play, who):
        return AUTHOR if play.home == who else PARTNER

    def fill(self, pairs, loser):
        """Ops come in the order of what their writers knew: a few more, and all that the
        loser does comes after what the winner did in the same place."""
        def ops(play, who):
            act = play.both[self.role_of(play, who)][1]
            return 2 if act != RETRACT and act.by_itself else 1
        before = {0: 0, 1: 0}
        more = 0
        for play, _ in pairs:
            before[1 - loser] += ops(play, 1 - loser)
            more = max(more, before[1 - loser] - before[loser])
            before[loser] += ops(play, loser)
        kind = next(kind for kind in self.kinds.values()
                    if not kind.acts and not kind.child and not kind.mine)
        for _ in range(more + 1):
            self.plain(loser, kind)

    def meet(self, play, steps, loser):
        """What it comes to: first the winner's, then the loser's if that can be still."""
        roles = [self.role_of(play, 1 - loser), self.role_of(play, loser)]
        if self.opens(play, steps, PARTNER):
            roles = [AUTHOR, PARTNER]  # it opens when they have met
        for role in roles:
            act = steps[role][1]
            opens = self.opens(play, steps, role)
            can = (not play.retracted if act == RETRACT else
                   play.form.possible(act, play.at, AUTHOR if opens else role))
            if can:
                play.at = play.form.go(play.at, steps[role])
                play.retracted = play.retracted or act == RETRACT
            elif not opens:
                play.crossed = play.home_of(role)

    def cross(self, winner):
        pairs = self.lay_crossing(winner)
        loser = 1 - winner
        self.plays = [play for play, _ in pairs]
        for play, steps in pairs:
            play.both = steps
        self.open_all(False)
        self.go_all(False, False)
        for who in (0, 1):
            self.part(self.people[1 - who])
            if not self.people[who].serving():
                self.wake(self.people[who])
            if who == loser:
                self.fill(pairs, loser)
            for play, steps in pairs:
                self.do(play, steps[self.role_of(play, who)])
        for play, steps in pairs:
            self.meet(play, steps, loser)
        self.wake(self.people[0])
        self.settle()
        self.each(self.look, self.plays)
        crossed = [play for play in self.plays if play.crossed is not None]
        note(f"{len(crossed)} crossed")
        both = {str(play.form) for play in self.plays
                if any(PARTNER in act.who and not act.by_itself and
                       not (act.root and play.form.child) for act in play.kind.acts)}
        self.assertEqual(both - {str(play.form) for play in crossed}, set())

    def test_crossing(self):
        """Both act on the same state, neither knows: one counts, the other is kept."""
        self.cross(0)
        for home in self.people:
            home.check()

    def test_crossing_late(self):
        """The same, and the other's come first."""
        self.cross(1)
        for home in self.people:
            home.check()

    # -- the ladder

    def refused(self, play, role, code, verb, *args):
        got = self.people[play.home_of(role)].run(verb, play.id, *args, "--json",
                                                  status=None)
        self.assertEqual(got.code, code, f"{play}: {role} {verb}: {got}")

    def ladder(self, play):
        """The next step of it, its author's."""
        home = self.people[play.home]
        play.tale.append(play.path[0][1])
        for word in play.path.pop(0)[1].split("+"):
            hold = "15m" if word.startswith("hold") else "0"
            if word in ("topic", "hold-topic"):
                play.topic = Words.new()
                home.json("share", play.id, "--yes", "--hold", hold,
                          "--topic=" + play.topic)
                play.leaves = self.topic
            elif word in ("share", "hold"):
                home.json("share", play.id, "--yes", "--hold", hold)
                play.leaves = self.begin
            elif word == "undo":
                home.json("undo", play.id)
                play.at = play.at if play.shared else ("open", 1, False)
            elif word == "retract" and play.at[0] == "held":  # nothing has left
                home.json("retract", play.id)
                play.at = ("open", 1, False)
            elif word == "retract":
                home.json("retract", play.id)
                play.at, play.retracted = ("retracted", 0, False), True
                play.told.append((AUTHOR, "retracted", None, None))
            if word.startswith("hold") and not play.shared:
                play.at = ("held", 1, False)
            elif word in ("topic", "share", "wait"):
                play.leaves(play)

    def begin(self, play):
        play.at = play.form.begin
        self.left(play)

    @staticmethod
    def topic(play):
        play.at, play.shared = ("topic", 1, False), True

    WAYS = {"mine": [["share"], ["hold+undo", "hold", "wait"]],
            "topic": [["topic", "share"], ["topic", "hold+undo", "hold", "wait"],
                      ["topic", "retract"], ["hold-topic", "undo", "share"],
                      ["hold-topic+undo", "hold-topic", "wait", "hold", "wait"]],
            "held": [["wait"], ["undo", "share"], ["retract", "share"]]}

    def each_ladder(self, plays):
        """Written, and still one's own or held."""
        for play in plays:
            home = self.people[play.home]
            joins = "joins" in play.kind.is_ and not play.form.child
            held = play.start == "held"
            play.leaves = self.begin
            play.at = ("held" if held else "open", 1, False)
            if play.kind.for_two or (held and not joins):
                self.write(play, "--hold", "15m", "--ours", share=False)
                if not held:
                    home.json("undo", play.id)
            else:
                self.write(play, "--mine", share=False)
                if held:
                    home.json("share", play.id, "--yes", "--hold", "15m")

    def test_ladder(self):
        """Mine, its topic, its text: each its author's own later step, whoever is there;
        what is held leaves by itself, or is taken back."""
        self.plays = []
        for number, form in enumerate(self.forms):
            for start, ways in self.WAYS.items():
                for i, way in enumerate(ways):
                    if start == "topic" and form.kind.sealed:
                        continue
                    path = [(AUTHOR, word, False) for word in way]
                    self.plays.append(Play(form, path, (i + number) % 2, False))
                    self.plays[-1].start = start
        first = [play for play in self.plays if play.begins_alone]
        self.each_ladder(first)
        self.parents()
        before = [home.digest() for home in self.people]
        self.each_ladder([play for play in self.plays if play not in first])
        self.settle()
        some = {(str(play.form), play.start): play for play in self.plays}.values()
        for play in some:
            if play.start != "held":
                self.refused(play, AUTHOR, "E_STATE", "retract")
            for verb in ("share", "retract", "undo"):
                self.refused(play, PARTNER, "E_NO_ENTRY", verb, "--yes")
            if play.kind.sealed:
                self.refused(play, AUTHOR, "E_REFUSED", "share", "--yes", "--topic")
        self.each(self.look, some)
        self.assertEqual([home.digest() for home in self.people], before)
        away = False
        while any(play.path for play in self.plays):
            waits = [play for play in self.plays if play.path and play.path[0][1] == "wait"]
            todo = [play for play in self.plays if play.path and play not in waits]
            if not todo:
                self.pass_time(minutes=16)
                for play in waits:
                    self.ladder(play)
                self.settle()
            for who in (0, 1):
                mine = [play for play in todo if play.home == who]
                if mine:
                    self.turn(who, away, self.ladder, mine)
            away = not away
            self.refuse([play for play in self.plays if play.shared])
            self.each(self.look, some)
        self.each(self.look, self.plays)
        for home in self.people:
            home.check()


if __name__ == "__main__":
    main()
