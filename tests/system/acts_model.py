# SPDX-License-Identifier: GPL-3.0-or-later
"""What each kind's table says can happen: its states, and paths through all of them.

The model: tests/golden/kinds/NAME.txt is the table as printed; from it each kind's states
are walked here a second time (Form), and paths are laid through them until every act was
done in every state by everybody who may, every end was reached, and what can be taken back
was taken back in every state. A Play is one path with one author, and all that must be so
because of it; acts.py does it with real daemons.
Invariant: nothing here runs a program, and nothing knows a kind by its name, only what a
table can say.

To add what a table can say: where its line is parsed, then in Form. An act that attune does
by itself has to be brought about: see Form.means; a new type of field needs a value: see
value.
"""
import glob
import os
import re

HERE = os.path.dirname(__file__)
SOURCE = os.environ.get("ATTUNE_SOURCE_DIR", os.path.join(HERE, "..", ".."))
TABLES = os.path.join(SOURCE, "tests", "golden", "kinds", "*.txt")
DAY = "2027-05-01"  # still to come, until the clock of acts.py has gone on for a month
STEPS_MAX = 9       # of one path, when there is a choice
AUTHOR, PARTNER = "author", "partner"
ROLES = (AUTHOR, PARTNER)
RETRACT, REST = "retract", "rest"


def other(role):
    return PARTNER if role == AUTHOR else AUTHOR


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
        self.with_root = after("with root ")
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
        self.for_two = "for two" in self.is_  # never one's own
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
        """How what attune does by itself is brought about: the kind to write in its thread
        and the act on that one, None when writing it is enough; or None."""
        for kind in self.kinds.values():
            if kind.with_root == act.name:
                return None if self.child else (kind, None)
            for does in kind.acts:
                if does.with_root == act.name:
                    assert does.who == act.who, f"{kind.name} {does.name}: by whom?"
                    return None if self.child else (kind, does)
        if self.kind.sealed and "sealed" in act.states:
            return self.kind, None  # the partner's own
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
            to = act.to if state == other(role) else role
        elif act.last and count >= self.kind.rounds:
            to = act.last
        return to, count + act.round, revealed

    def revealing(self, act):
        return act.by_itself and self.kind.sealed

    def daily(self, act, at, carried):
        """What both say of a day is said once in it."""
        return "recurring" in self.kind.is_ and act.to == at[0] and not carried

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
        self.root = None    # (form, state) of what it hangs below, by the other
        self.below = {}     # by kind: the last one that hangs below it
        self.words = []     # of the entry
        self.told = []      # (role, act, whether it carried, word): what happened to it
        self.retracted = self.shared = self.mended = self.faded = False
        self.topic = self.looked = None
        self.crossed = None  # the home whose act came too late
        self.both = None     # role: what each does when both act at once
        self.start = None    # of the ladder
        self.leaves = None   # what comes of it when its hold ends
        self.day = None      # of the last that is done once a day
        self.tale = []

    def __str__(self):
        who = ("Ana", "Ben")[self.home]
        return f"{self.form} by {who} {self.id}: {' '.join(self.tale)} = {self.at[0]}"

    def home_of(self, role):
        return self.home if role == AUTHOR else 1 - self.home

    @property
    def begins_alone(self):
        """Begins a thread, where it joins one if it can; and can't be written as mine."""
        return "joins" in self.kind.is_ and self.kind.for_two and not self.form.child

    @property
    def said(self):
        """Of those that carried a text."""
        return [(role, word) for role, _, _, word in self.told if word]

    def tell_root(self, name, role):
        """With something of this one an act is done on what it hangs below, which is the
        other's; if that can take it."""
        if self.root is None:
            return
        form, at = self.root
        act = next((act for act in form.kind.acts if act.name == name), None)
        if act and form.possible(act, at, other(role)):
            self.root = form, form.after(act, at, other(role))

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
