# SPDX-License-Identifier: GPL-3.0-or-later
"""Every act of every kind to every end state, from both sides, together and apart.

The model: tests/golden/kinds/NAME.txt is the table as printed; from it each kind's states
are walked here a second time (Form), and paths are laid through them until every act was
done in every state by everybody who may, every end was reached, and what can be taken back
was taken back in every state. A Play is one path with one author. All plays go on together,
in turns: in a turn one person does what is next of hers everywhere, with the other's daemon
running or stopped; then both must hold the same, and what the model says.
Invariant: nothing here knows a kind by its name, only what a table can say.
Homes of --demo on a clock of the test: holds end and words fade when it says so.

To cover a new kind: nothing, as long as its table says what a table can say already. An act
that attune does by itself has to be brought about: see Form.means; a new type of field
needs a value: see value.
"""
import concurrent.futures
import datetime
import glob
import os
import re
import time

from couple import Case, Home, main, note, wait_for

SOURCE = os.environ.get("ATTUNE_SOURCE_DIR", os.path.join(os.path.dirname(__file__), "..", ".."))
TABLES = os.path.join(SOURCE, "tests", "golden", "kinds", "*.txt")
BEGIN = datetime.datetime(2027, 4, 1, 9, tzinfo=datetime.timezone.utc)
DAY = "2027-05-01"  # still to come, until the clock has gone on for a month
STEPS_MAX = 9       # of one path, when there is a choice
AUTHOR, PARTNER = "author", "partner"
ROLES = (AUTHOR, PARTNER)
RETRACT, REST = "retract", "rest"
LISTED_MAX = 1000   # of attune log


# ---- the table ----

class Field:
    def __init__(self, line):
        name, rest = line.split(": ", 1)
        rest, _, _ = rest.partition(", prompt: ")
        self.name = name
        self.type, *more = rest.split(", ")
        self.required = "required" in more
        self.asked = "asked" in more
        self.text = self.type in ("line", "text")
        self.choices = [word for part in more if part.startswith("of: ")
                        for word in part[4:].split()]
        spans = [re.fullmatch(r"(-?\d+) to (-?\d+)", part) for part in more]
        self.min = next((int(span[1]) for span in spans if span), 0)


class Act:
    def __init__(self, line):
        shape = re.fullmatch(r"(\S+): (\S+) -> (\S+), by (\w+)(?:, (.*))?", line)
        self.name, states, self.to, who, more = shape.groups()
        self.states = states.split("|")
        self.who = ROLES if who == "either" else (who,)
        more = (more or "").split(", ")

        def after(start):
            return next((part[len(start):] for part in more if part.startswith(start)),
                        None)
        self.asks = after("asks for ") or after("may carry ")
        self.optional = after("may carry ") is not None
        self.last = after("in the last round -> ")
        self.both = "needs both" in more
        self.root = "of a root only" in more
        self.by_itself = "by itself" in more
        self.round = "opens a round" in more
        self.proposes = "proposes" in more


class Kind:
    def __init__(self, path):
        with open(path, encoding="utf-8") as table:
            lines = [line.rstrip("\n") for line in table]
        self.name = lines[0].partition(",")[0]
        found = {}
        for line in lines:
            word, _, rest = line.partition(" ")
            if word in ("field", "carried", "act"):
                found.setdefault(word, []).append(rest)
            elif ": " in line and not line.startswith(" "):
                name, _, rest = line.partition(": ")
                found.setdefault(name, []).append(rest)
        self.fields = [Field(line) for line in found.get("field", [])]
        self.carried = [Field(line) for line in found.get("carried", [])]
        self.acts = [Act(line) for line in found.get("act", [])]
        self.is_ = set(found["reach"][0].split(", "))
        self.mine = "mine" in self.is_
        self.sealed = "sealed" in self.is_
        self.unseen = "unseen" in self.is_
        self.answers = "answers a round" in self.is_
        self.child = "reply" in self.is_ or self.answers
        self.begins = "sealed" if self.sealed else found.get("begins", ["open"])[0]
        self.rounds = int(found["rounds"][0].split()[-1]) if "rounds" in found else 0
        self.with_root = found.get("with root", [None])[0]
        due = found.get("due", [""])[0].split()
        self.due, self.reminds = (due[0], due[2]) if due else (None, None)

    def field(self, name):
        return next(field for field in self.fields + self.carried if field.name == name)


def tables():
    kinds = [Kind(path) for path in sorted(glob.glob(TABLES))]
    return {kind.name: kind for kind in kinds if "hidden" not in kind.is_}


# ---- the states ----

class Form:
    """A kind as the first of a thread, or within one: some acts are for a root only."""

    def __init__(self, kind, kinds, child):
        self.kind, self.kinds, self.child = kind, kinds, child
        # State, round, and whether it was sealed and is open now.
        self.begin = (kind.begins, 1, False)
        self.mended = {act.to for act in kind.acts if act.both}

    def __str__(self):
        return self.kind.name + (" in a thread" if self.child else "")

    def means(self, act):
        """How what attune does by itself is brought about: the kind to write, or None."""
        for kind in self.kinds.values():
            if kind.with_root == act.name:
                return None if self.child else kind
        if self.kind.sealed and "sealed" in act.states:
            return self.kind  # the partner's own
        raise AssertionError(f"{self}: how does attune come to {act.name} by itself?")

    def possible(self, act, at, role):
        if act.by_itself and self.means(act) is None:
            return False
        if self.revealing(act):  # once; what both call mended may be open still to come
            return (not at[2] and role in act.who and
                    (at[0] in act.states or at[0] in self.mended))
        return (at[0] in act.states and role in act.who and
                not (act.root and self.child) and not (act.both and at[0] == role))

    def after(self, act, at, role):
        """Where it leads to: common/kind.h, daemon/core/walk.c."""
        state, count, revealed = at
        to = act.to
        if self.revealing(act):
            return state if state in self.mended else to, count, True
        if act.both:
            other = PARTNER if role == AUTHOR else AUTHOR
            to = act.to if state == other else role
        elif act.last and count >= self.kind.rounds:
            to = act.last
        return to, count + act.round, revealed

    def revealing(self, act):
        return act.by_itself and self.kind.sealed

    def steps(self, at):
        """(role, act, carries) of everything that can be done; the author reveals when
        the partner's is in, so that step is the partner's."""
        for act in self.kind.acts:
            for role in ROLES:
                if self.possible(act, at, role):
                    does = PARTNER if self.revealing(act) else role
                    yield from ((does, act, carries) for carries in
                                ([False, True] if act.optional else [bool(act.asks)]))

    def go(self, at, step):
        role, act, _ = step
        if act in (RETRACT, REST):
            return ("retracted", 0, at[2]) if act == RETRACT else at
        return self.after(act, at, AUTHOR if self.revealing(act) else role)

    def edges(self, at):
        return [(at, step) for step in self.steps(at)]

    def states(self):
        found = [self.begin]
        for at in found:
            for _, step in self.edges(at):
                if self.go(at, step) not in found:
                    found.append(self.go(at, step))
        return found

    def way(self, start, wanted):
        """The shortest list of steps that ends with one of `wanted`, or None."""
        ways, seen = [(start, [])], {start}
        for at, steps in ways:
            for edge in self.edges(at):
                if edge in wanted:
                    return steps + [edge]
            for edge in self.edges(at):
                to = self.go(*edge)
                if to not in seen:
                    seen.add(to)
                    ways.append((to, steps + [edge]))
        return None

    def to_state(self, wanted):
        """Steps from the beginning to the first state of that name."""
        if self.begin == wanted:
            return []
        into = [edge for at in self.states() for edge in self.edges(at)
                if self.go(*edge) == wanted]
        return [step for _, step in self.way(self.begin, into)]

    def paths(self):
        """Lists of steps; together every edge, and from each state what ends it: taking
        it back, and where nothing else can be done, or not for ever, leaving it so."""
        states = self.states()
        left = [edge for at in states for edge in self.edges(at)]
        paths = []
        while left:
            at, path = self.begin, []
            while left:
                way = self.way(at, left)
                if way is None or (path and len(path) + len(way) > STEPS_MAX):
                    break
                for edge in way:
                    if edge in left:
                        left.remove(edge)
                    path.append(edge[1])
                    at = self.go(*edge)
            paths.append((path, at))
        ends = {}  # by state: the last steps of paths that come there
        for at in states:
            stays = (not self.edges(at) or
                     any(step[1].proposes for _, step in self.edges(at)))
            ends.setdefault((at[0], at[2]), [RETRACT] + ([REST] if stays else []))
        out = []
        for path, at in paths:
            lasts = ends[at[0], at[2]]
            out.append(path + ([(AUTHOR, lasts.pop(), False)] if lasts else []))
        for at in states:
            lasts = ends[at[0], at[2]]
            while lasts:
                out.append(self.to_state(at) + [(AUTHOR, lasts.pop(), False)])
        return out


def forms(kinds):
    for kind in kinds.values():
        if kind.child:
            yield Form(kind, kinds, True)
            continue
        yield Form(kind, kinds, False)
        if "joins" in kind.is_ or any(act.root for act in kind.acts):
            yield Form(kind, kinds, True)


# ---- one path ----

class Words:
    """Texts nothing else has."""
    count = 0

    @classmethod
    def new(cls):
        cls.count += 1
        return f"word-{cls.count:05d}"


def value(field):
    """What is typed for it, and the text by which it is found again."""
    if field.text:
        word = Words.new()
        return word, word
    return {"number": str(field.min), "time": DAY, "duration": f"{field.min // 60}m",
            "clock": "20:00", "every": "sun",
            "choice": (field.choices or [""])[0]}[field.type], None


class Play:
    def __init__(self, form, path, author, full):
        self.form, self.kind = form, form.kind
        self.path, self.at = list(path), form.begin
        self.home = author  # 0, 1
        self.full = full    # every field, or those that must be
        self.done = 0
        self.id = self.parent = None
        self.words = []     # of the entry
        self.said = []      # (role, word): of its acts
        self.retracted = self.shared = self.faded = False
        self.topic = self.looked = None
        self.crossed = None  # the home whose act came too late
        self.both = None     # role: what each does when both act at once
        self.start = None    # of the ladder
        self.tale = []

    def __str__(self):
        who = ("Ana", "Ben")[self.home]
        return f"{self.form} by {who} {self.id}: {' '.join(self.tale)} = {self.at[0]}"

    def home_of(self, role):
        return self.home if role == AUTHOR else 1 - self.home

    def next(self):
        """Whose turn it is: 0, 1, or None at the end."""
        return self.home_of(self.path[0][0]) if self.path else None

    def line(self, words):
        """The arguments that write one of its kind, after the verb and the id."""
        fields = [field for field in self.kind.fields if field.type != "inner"]
        several = len(self.kind.fields) > 1 and not fields[0].required
        given = [field for field in fields if self.full or field.required]
        given = given or fields[:1]
        choice = fields[0].type == "choice"
        rest = next((field for field in fields if choice and field.text), None)
        first, options = [], []
        for field in given:
            typed, word = value(field)
            words += [word] if word else []
            if field is rest or (field is fields[0] and not several):
                first.append(typed)
            else:
                options += ["--" + field.name, typed]
        return first + options


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
        self.later = False

    # -- the clock

    def tell(self, home):
        now = BEGIN + self.offset + datetime.timedelta(
            seconds=int(time.monotonic() - self.began))
        os.write(self.clocks[home][1], now.strftime("%Y-%m-%dT%H:%M:%SZ\n").encode())

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

    # -- writing

    def say(self, who, kind, *args):
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
            return "longer" in one.is_ and not one.mine and not one.acts
        parent = next(one for one in self.kinds.values() if fits(one))
        play.parent = self.plain(1 - play.home, parent)

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
        alone = not options and not play.parent and "joins" in kind.is_
        if alone:  # else it would join whatever is being mended
            args = ["--mine"]
        elif not options:
            args += ["--ours"]
        play.id = self.say(play.home, kind.name, *below, *args, *self.written(kind),
                           *play.line(play.words))
        if alone:
            self.people[play.home].json("share", play.id, "--hold", "0", "--yes")
        play.shared = share

    # -- acting

    def do(self, play, step):
        """One step, and nothing of the model."""
        role, act, carries = step
        who = play.home_of(role)
        home = self.people[who]
        play.tale.append(f"{role[0]}:{act if isinstance(act, str) else act.name}")
        if act == RETRACT:
            home.json("retract", play.id)
        elif act != REST and act.by_itself:
            kind = play.form.means(act)
            writer = Play(Form(kind, self.kinds, True), [], who, False)
            below = play.parent if play.kind.sealed and play.parent else play.id
            self.say(who, kind.name, *([below] if kind.child else ["--for", below]),
                     "--hold", "0", *writer.line([]))
        elif act != REST:
            args = []
            if act.asks and carries:
                typed, word = value(play.kind.field(act.asks))
                args = ["--" + act.asks, typed]
                play.said += [(role, word)] if word else []
            got = home.run(act.name, play.id, *args, "--json", status=None)
            if got.status != 0:
                self.fail(f"{play}: {got}")

    def step(self, play):
        """The next step of it; True: another may follow at once."""
        step = play.path.pop(0)
        self.do(play, step)
        play.at = play.form.go(play.at, step)
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
            if not play.said and play.crossed is None:
                continue
            text = home.run("show", play.id).text
            for does, word in play.said:
                here = not (play.retracted and does == AUTHOR) and not play.faded
                self.assertEqual(word in text, here, f"{play}: {role}, {word}\n{text}")
            own = play.crossed == play.home_of(role)
            for word, crossed in (("theirs", own), ("yours", not own)):
                crossed = crossed and play.crossed is not None
                self.assertEqual(text.count("crossed with " + word), int(crossed),
                                 f"{play}: {role}\n{text}")
        if len(shown) == 2:
            self.assertEqual(shown[AUTHOR]["state"], play.at[0], str(play))
            if not (self.reads(play, AUTHOR) and self.reads(play, PARTNER)):
                shown[AUTHOR].pop("fields"), shown[PARTNER].pop("fields")
            self.assertEqual(shown[AUTHOR], shown[PARTNER], str(play))

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
        others = sorted({act.name for kind in self.kinds.values() for act in kind.acts
                         if not act.by_itself} - own)
        if others:
            other = others[len(self.tried) % len(others)]
            yield other, [], "E_NO_ENTRY" if self.hides(play, role) else "E_STATE"

    def refuse(self, plays):
        """Each state once, by each person."""
        todo = []
        for play in plays:
            for role in ROLES:
                key = str(play.form), play.at[0], role
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
        self.parents()
        for pauses in (False, True):  # some kinds aren't written while one lasts
            for who in (0, 1):
                self.turn(who, away, self.write,
                          [play for play in self.plays if play.home == who and
                           ("pauses" in play.kind.is_) == pauses])
        self.calm()

    def calm(self):
        """While a pause lasts, what isn't for it is refused."""
        for play in self.plays:
            if "not in a pause" in play.kind.is_:
                got = self.people[play.home].run(
                    play.kind.name, play.parent, "--hold", "0", *play.line([]), "--yes",
                    "--json", status=None)
                self.assertEqual(got.code, "E_STATE", f"{play}: {got}")

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
        self.month()
        for home in self.people:
            home.check()

    def by_itself(self):
        """What attune does by itself, nobody types."""
        acts = [act for kind in self.kinds.values() for act in kind.acts]
        for name in {act.name for act in acts if act.by_itself} - {
                act.name for act in acts if not act.by_itself}:
            got = self.people[0].run(name, self.plays[0].id, "--json", status=None)
            self.assertEqual(got.code, "E_USAGE", str(got))

    def month(self):
        """A month on: what both called mended has faded, on both sides; nothing else has.
        The day that was promised has come, and no other can be proposed."""
        self.later = True
        self.pass_time(days=32)
        for play in self.plays:
            play.faded = (not play.retracted and "fades" in play.kind.is_ and
                          play.at[0] in play.form.mended)
        self.settle()
        left = [play for play in self.plays if not play.retracted]
        self.each(self.look, left)
        self.assertTrue(any(play.faded for play in left))
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
        # Of two acts that both count, what the list tells is enough.
        self.each(self.look, [play for play in self.plays if play.crossed is not None or
                              play.said])
        crossed = [play for play in self.plays if play.crossed is not None]
        note(f"{len(crossed)} crossed")
        both = {str(play.form) for play in self.plays
                if any(PARTNER in act.who and not act.by_itself and
                       not (act.root and play.form.child) for act in play.kind.acts)}
        self.assertEqual(both - {str(play.form) for play in crossed}, set())

    def test_crossing(self):
        """Both act on the same state, neither knows: one counts, the other is kept."""
        self.cross(0)
        self.pass_time(days=2)  # no pause lasts any more
        self.cross(1)
        for home in self.people:
            home.check()

    # -- the ladder

    def refused(self, play, role, code, verb, *args):
        got = self.people[play.home_of(role)].run(verb, play.id, *args, "--json",
                                                  status=None)
        self.assertEqual(got.code, code, f"{play}: {role} {verb}: {got}")

    def begin(self, play):
        play.at, play.shared = play.form.begin, True

    def ladder(self, play):
        """The next step of it, its author's."""
        home = self.people[play.home]
        play.tale.append(play.path[0][1])
        for word in play.path.pop(0)[1].split("+"):
            if word == "topic":
                play.topic = Words.new()
                home.json("share", play.id, "--yes", "--topic=" + play.topic)
                play.at, play.shared = ("topic", 1, False), True
            elif word == "share":
                home.json("share", play.id, "--yes", "--hold", "0")
                self.begin(play)
            elif word == "hold":
                home.json("share", play.id, "--yes", "--hold", "15m")
                play.at = play.at if play.shared else ("held", 1, False)
            elif word == "undo":
                home.json("undo", play.id)
                play.at = play.at if play.shared else ("open", 1, False)
            elif word == "wait":
                self.begin(play)
            elif word == "retract":
                home.json("retract", play.id)
                play.at, play.retracted = ("retracted", 0, False), True

    WAYS = {"mine": [["share"], ["hold+undo", "hold", "wait"]],
            "topic": [["topic", "share"], ["topic", "hold+undo", "hold", "wait"],
                      ["topic", "retract"]],
            "held": [["wait"], ["undo", "share"]]}

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
        self.parents()
        before = [home.digest() for home in self.people]
        for play in self.plays:
            alone = "joins" in play.kind.is_ and not play.form.child
            held = play.start == "held"
            play.at = ("held" if held else "open", 1, False)
            self.write(play, *(["--hold", "15m", "--ours"] if held and not alone
                               else ["--mine"]), share=False)
            if held and alone:
                self.people[play.home].json("share", play.id, "--yes", "--hold", "15m")
        self.settle()
        some = {(str(play.form), play.start): play for play in self.plays}.values()
        for play in some:
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
