# SPDX-License-Identifier: GPL-3.0-or-later
"""What is ours, and what is each one's own, as stories: promises, rituals, room.

One story a habit, told by Ana and Ben with real daemons on the test clock (clocks.py).
"""
import re

from clocks import Clocked
from couple import main, wait_for

BLAME = r"missed|late|overdue|failed|broke|kept it|\d+ of \d+|\d+ times|streak"


class Trust(Clocked):
    """Keep your word: promise little, and say early when it changes."""

    def promise(self, home, text, due, *args):
        one = home.say("promise", text, "--due", due, "--hold", "0", *args)
        self.couple.wait_equal()
        self.read()
        return one

    def due(self, home, ident):
        return self.sees(home, ident)["fields"].get("due", "")

    def test_promise(self):
        ana, ben = self.begin()  # a Monday evening
        call = ana.say("promise", "call mum", "--due", "friday", "--hold", "0")
        self.couple.wait_equal()
        self.assertEqual(self.today(ben)[0], ("new", call))
        for home in self.couple:
            self.assertIn("by Friday", home.run("show", call).text)
            self.assertTrue(self.due(home, call).startswith("2027-03-05T23:59"))
        # Changed before it is due: proposed, agreed; proposed, left as it was.
        ana.json("change", call, "--due", "2027-03-08")
        self.both_see(call, "changed")
        self.assertIn(call, str(self.today(ben)))
        self.read()
        self.assertIn(("turn", call), self.today(ben), "it waits for his word")
        self.assertTrue(self.due(ana, call).startswith("2027-03-05"), "not yet agreed")
        self.assertEqual(ben.json("accept")["id"], call)
        self.both_see(call, "open")
        for home in self.couple:
            self.assertTrue(self.due(home, call).startswith("2027-03-08"))
        self.assertIn(("news", call), self.today(ana))
        ana.json("change", call, "--due", "2027-03-12")
        self.both_see(call, "changed")
        ben.json("decline")
        self.both_see(call, "open")
        for home in self.couple:
            self.assertTrue(self.due(home, call).startswith("2027-03-08"))
        self.read()
        # Due today: she is reminded, and only she.
        self.jump("2027-03-08T09:00:00Z")
        self.assertIn(("due", call), self.today(ana))
        self.assertNotIn(call, str(self.today(ben)))
        # The change of what both laptops did alone meets: both say the same.
        self.away(ben)
        ana.json("change", call, "--due", "2027-03-09")
        self.away(ana)
        self.wake(ben)
        ben.json("release", call)
        self.wake(ana)
        self.both_see(call, "released")
        self.read()
        self.assertNotIn(call, str(self.today(ana)))

        # Done, by who promised; the other can't say so.
        door = self.promise(ben, "mend the door", "tomorrow 20:00")
        self.refused(ana.run("done", door, "--json", status=None), "E_NOT_YOURS", 1)
        ben.json("done")
        self.both_see(door, "done")
        self.assertIn("Ben kept it", ana.run("show", door).text)
        for act in ("done", "change", "release"):
            more = ["--due", "friday"] if act == "change" else []
            self.refused((ana if act == "release" else ben).run(
                act, door, *more, "--json", status=None), "E_STATE", 1)

        # Released by the partner, gladly.
        tree = self.promise(ana, "plant the tree", "2027-03-20")
        ben.json("release", tree)
        self.both_see(tree, "released")
        self.assertNotRegex(ana.run("show", tree).text, BLAME)

        self.mistakes(ana, [
            (["promise", "x", "--due", "someday", "--yes"], "E_TIME", 2),
            (["promise", "x", "--due", "2020-01-01", "--yes"], "E_TIME", 2),
            (["promise", "x", "--yes"], "E_USAGE", 2),
            (["promise", "--due", "friday", "--yes"], "E_EMPTY", 2),
            (["promise", "x" * 281, "--due", "friday", "--yes"], "E_LIMIT", 2),
            (["accept", tree], "E_STATE", 1)])
        self.refused(ana.run("promise", "--due", "someday", "--json", status=None,
                             stdin="typed at length"), "E_TIME", 2)
        self.assertTrue(self.drafted(ana, "typed at length"))
        self.refused(ana.run("promise", "nobody said yes", "--due", "friday", "--json",
                             status=None), "E_CONFIRM", 2)
        self.assertTrue(self.drafted(ana, "nobody said yes"))

    @staticmethod
    def without_day(seen):
        return {look: (status, re.sub(r'  │ by (today )?20:00\n|,"due":"2027-03-03T20[^"]*"',
                                      "", text), err)
                for look, (status, text, err) in seen.items()}

    def test_passed_in_silence(self):
        """Its day goes by without an act: the partner's side tells nothing of it."""
        ana, ben = self.begin("2027-03-01T08:00:00Z")
        kept = self.promise(ana, "bring the ladder", "2027-03-03 20:00")
        other = self.promise(ana, "water the fern", "2027-03-31")
        ben.run("skip")
        for nudge in ("question", "talk"):  # his own reminders come by the clock
            ben.run("config", "set", "notice." + nudge, "off")
        self.jump("2027-03-03T18:00:00Z")
        ben.run("skip")
        before, digest, notices = self.looks(ben, kept, other), ben.digest(), self.notices(ben)
        self.jump("2027-03-03T21:00:00Z")
        self.assertEqual((digest, notices), (ben.digest(), self.notices(ben)))
        # All he can look at is as it was, but for the day itself: what went by isn't there.
        self.same(self.without_day(before), self.looks(ben, kept, other))
        self.assertNotIn("due", self.sees(ben, kept)["fields"])
        self.assertEqual(self.sees(ben, kept)["state"], "open")
        # She is reminded for a while, softly, and then no more.
        self.assertIn(("due", kept), self.today(ana))
        self.refused(ana.run("change", kept, "--due", "friday", "--json", status=None),
                     "E_STATE", 1)
        for home in self.couple:
            for args in (["log"], ["log", "promise"], ["show", kept], ["agenda"], []):
                self.assertNotRegex(home.run(*args, status=None).text, BLAME)
            self.assertEqual(home.json("agenda")["entries"], [])
        self.jump(days=5)
        self.assertNotIn(kept, str(self.today(ana)))
        # No filter lists it.
        for words in (["promise", "--late"], ["--due"], ["promise", "--state", "open"]):
            self.assertEqual(ben.run("log", *words, status=None).status, 2)
        # Done after all: it is, and nobody says when it should have been.
        ana.json("done", kept)
        self.both_see(kept, "done")
        self.assertNotRegex(ben.run("show", kept).text, r"by \d|due")


class Time(Clocked):
    """Make time: something that is only yours, again and again."""

    def suggest(self, text, *args):
        one = self.ana.say("ritual", text, *args, "--hold", "0")
        self.couple.wait_equal()
        return one

    def next(self, ident):
        due = {self.shows(home, ident).get("due") for home in self.couple}
        self.assertEqual(len(due), 1, "the same for both, in one zone")
        return due.pop()

    def test_ritual(self):
        ana, ben = self.begin()  # a Monday evening
        walk = self.suggest("a walk by the river", "--every", "sun", "--at", "16:00")
        # It does not exist before both accept: nothing reminds, nothing is done.
        self.assertEqual(self.today(ben)[0], ("new", walk))
        for home, line in ((ana, "when Ben accepts"), (ben, "when you accept")):
            self.assertIn(line, home.run("show", walk).text)
            self.refused(home.run("done", walk, "--json", status=None), "E_STATE", 1)
        self.refused(ana.run("accept", walk, "--json", status=None), "E_STATE", 1)
        self.jump("2027-03-07T15:30:00Z")
        for home in self.couple:
            self.assertNotIn(("due", walk), self.today(home))
        self.assertEqual(ben.json("accept")["id"], walk)
        self.both_see(walk, "open")
        self.read()
        # Its day: both are reminded, from the morning on; one says "we did".
        self.assertEqual(self.next(walk), "2027-03-07T16:00:00+00:00")
        for home in self.couple:
            self.assertIn(("due", walk), self.today(home))
            self.assertIn("a ritual of yours", home.run().text)
        self.jump("2027-03-07T17:30:00Z")
        ben.json("done")
        self.both_see(walk, "open")
        self.assertIn("Ben did it with you", ana.run("show", walk).text)
        for home in self.couple:
            self.assertNotIn(("due", walk), self.today(home))
        with self.subTest("done: the next one is next week's"):
            self.assertEqual(self.next(walk), "2027-03-14T16:00:00+00:00")
        # A Sunday passes without a word; there is no list of misses.
        self.jump("2027-03-14T15:00:00Z")
        self.assertIn(("due", walk), self.today(ana))
        self.jump("2027-03-15T09:00:00Z")
        for home in self.couple:
            self.assertNotIn(walk, str(self.today(home)))
            self.assertNotRegex(home.run("show", walk).text, BLAME)
            self.assertEqual(home.run("show", walk).text.count("did it"), 1)
            self.assertEqual(home.json("agenda")["entries"], [])
        self.assertEqual(self.next(walk), "2027-03-21T16:00:00+00:00")
        # Three weeks of rest, by either; then it is there again by itself.
        ana.json("change", walk, "--rest", "3w")
        self.both_see(walk, "open")
        self.assertIn("resting for 3 weeks", ben.run("show", walk).text)
        for sunday, here in ((21, False), (28, False)):
            self.jump(f"2027-03-{sunday}T15:00:00Z")
            for home in self.couple:
                self.assertEqual(("due", walk) in self.today(home), here)
        self.assertEqual(self.next(walk), "2027-04-11T16:00:00+00:00")
        self.jump("2027-04-11T15:00:00Z")
        for home in self.couple:
            self.assertIn(("due", walk), self.today(home))
        # Both say so, each laptop alone: it was done once that day, and no more is made of it.
        self.away(ben)
        ana.json("done")
        self.away(ana)
        self.wake(ben)
        ben.json("done")
        self.wake(ana)
        self.both_see(walk, "open")
        for home in self.couple:
            self.assertNotIn(("due", walk), self.today(home))
        # Let go by either, gladly.
        ben.json("release", walk)
        self.both_see(walk, "released")
        self.refused(ana.run("done", walk, "--json", status=None), "E_STATE", 1)

        # Declined, it never was.
        dance = self.suggest("a dance", "--every", "daily")
        ben.json("decline", dance)
        self.both_see(dance, "declined")
        self.tomorrow()
        for home in self.couple:
            self.assertNotIn(("due", dance), self.today(home))

    def test_rhythms(self):
        ana, ben = self.begin("2027-03-03T12:00:00Z")  # a Wednesday
        rows = (("daily", "every day", "03-03"), ("weekdays", "on weekdays", "03-03"),
                ("mon,thu", "Mondays and Thursdays", "03-04"),
                ("sun", "every Sunday", "03-07"),
                ("monthly 31", "on the 31st of each month", "03-31"),
                ("2w fri", "every 2 weeks on Friday", "03-05"))
        made = []
        for every, said, day in rows:
            one = self.suggest("to " + every, "--every", every, "--at", "8pm")
            made.append(one)
            for home in self.couple:
                self.assertIn(said + " at 20:00", home.run("show", one).text)
            ben.json("accept", one)
            self.both_see(one, "open")
            self.assertEqual(self.next(one), f"2027-{day}T20:00:00+00:00", every)
        # In April the 31st is the 30th; two weeks later it is the other Friday.
        self.jump("2027-04-01T12:00:00Z")
        for one, day in zip(made, ("04-01", "04-01", "04-01", "04-04", "04-30", "04-02")):
            self.assertEqual(self.next(one), f"2027-{day}T20:00:00+00:00")
        got = ben.run("accept", "--json", status=None)
        self.refused(got, "E_NO_ENTRY", 5)
        twins = [self.suggest(text, "--every", "sat") for text in ("cinema", "market")]
        got = ben.run("accept", "--json", status=None)
        self.refused(got, "E_AMBIGUOUS", 2)
        for one in twins:
            self.assertIn(one[:3], got.err.decode())
        self.mistakes(ana, [
            (["ritual", "x", "--every", "never", "--yes"], "E_TIME", 2),
            (["ritual", "x", "--every", "0w", "--yes"], "E_TIME", 2),
            (["ritual", "x", "--every", "sun", "--at", "25:00", "--yes"], "E_TIME", 2),
            (["ritual", "x", "--yes"], "E_USAGE", 2),
            (["ritual", "--every", "sun", "--yes"], "E_EMPTY", 2),
            (["change", made[0], "--rest", "1h"], "E_TIME", 2),
            (["change", made[0], "--due", "friday"], "E_USAGE", 2)])
        self.refused(ana.run("ritual", "--every", "never", "--json", status=None,
                             stdin="piped in"), "E_TIME", 2)
        self.assertTrue(self.drafted(ana, "piped in"))


class Independence(Clocked):
    """Leave room: what is yours alone stays with you."""

    def test_room(self):
        ana, ben = self.begin()
        shared = ana.thanks("for the map")
        self.couple.wait_equal()
        self.read()
        before = self.looks(ben), self.notices(ben), ben.digest()
        # A day of one's own: written, felt, told to nobody; found and read again.
        own = [ana.json("write", "The house hums zephyrlike and I like it")["id"],
               ana.json("feel", "light", "--energy", "5")["id"],
               ana.json("tell", "perhaps one day", "--mine")["id"],
               ana.json("evening", "--best", "the swim", "--mine")["id"],
               ana.json("thanks", "to the tram driver", "--mine")["id"],
               ana.json("promise", "swim again", "--due", "friday", "--mine")["id"]]
        ana.run("limits", "+work", "+body")
        ana.json("find", "zephyrlike")
        ana.json("log", "--mine")
        self.same(before, (self.looks(ben), self.notices(ben), ben.digest()))
        self.assertEqual(ana.digest(), ben.digest())
        self.assertEqual({entry["id"] for entry in ana.json("visible")["entries"]}, {shared})
        self.assertIn("Nothing else", ana.run("visible").text)
        self.assertEqual({entry["id"] for entry in ana.json("log", "--mine")["entries"]},
                         set(own))
        for ident in own:
            self.refused(ben.run("show", ident, "--json", status=None), "E_NO_ENTRY", 5)
        # Her own promise reminds her; a last private act is taken back.
        self.jump("2027-03-05T09:00:00Z")
        self.assertIn(("due", own[5]), self.today(ana))
        ana.json("done", own[5])
        self.assertEqual(self.sees(ana, own[5])["state"], "done")
        self.assertEqual(ana.json("undo")["id"], own[5])
        self.assertEqual(self.sees(ana, own[5])["state"], "open")
        # Locked, nothing is read; open again, all is there. His side notices neither.
        seen = self.notices(ben), ben.digest()
        ana.json("lock")
        for args in (["log"], ["visible"], ["find", "zephyrlike"]):
            self.refused(ana.run(*args, "--json", status=None), "E_LOCKED", 3)
        ana.unlock()
        self.assertEqual(len(ana.json("log", "--mine")["entries"]), len(own))
        self.assertEqual(seen[1], ben.digest())
        self.nowhere(ben, "zephyrlike", "the swim", "tram driver", "perhaps one day")
        # One verb a week is offered, and left with a word; that is all that is said of it.
        offered = re.search(r"new to you: (\S+)", ben.run().text).group(1)
        self.assertEqual(ben.json()["offer"], offered)
        ben.run("skip", offered)
        self.assertNotIn("offer", ben.json())
        self.jump(days=7)
        self.assertNotEqual(ben.json()["offer"], offered)
        wait_for(self.couple.equal, "equal at the end")


if __name__ == "__main__":
    main()
