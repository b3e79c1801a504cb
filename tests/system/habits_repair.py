# SPDX-License-Identifier: GPL-3.0-or-later
"""When it is hard, as stories: a pause with a return, mending, what fades; and what keeps it
safe to be honest.

One story a habit, told by Ana and Ben with real daemons on the test clock (clocks.py).
"""
import re

from clocks import Clocked, at, minutes, stamp
from couple import main, wait_for


class Hard(Clocked):
    def repair(self, home, text):
        one = home.say("repair", text, "--hold", "0")
        self.couple.wait_equal()
        return one

    def sorry(self, home, *args):
        return home.say("sorry", "you stood under one umbrella", "--part", "I was late and zzhid it",
                        "--will", "I call at dusk", "--hold", "0", *args)

    def mend(self, root):
        """Ben says so first, then Ana."""
        self.ben.json("repaired", root)
        self.both_see(root, "partner" if self.sees(self.ana, root)["author"] == "me"
                      else "author")
        self.ana.json("repaired", root)
        self.both_see(root, "repaired")

    def faded(self, home, root, *words):
        """One dated line, no word of it anywhere."""
        line = self.sees(home, root, faded=True)
        self.assertEqual((line["fields"], line["state"]), ({}, "repaired"))
        self.assertTrue(line["created"])
        shown = self.shows(home, root)
        self.assertEqual((shown["thread"], shown["fields"]), ([], {}))
        self.nowhere(home, *words)
        self.assertIn("faded", home.run("log").text)
        home.check()


class Pause(Hard):
    """A break with a return."""

    def test_pause(self):
        ana, ben = self.begin()
        # Bare it is half an hour; no hold: Ben has it at once, and both see when.
        said = ana.run("pause").text
        self.assertIn("Back at 18:30", said)
        self.assertIn("Water, a walk, music. Not the argument.", said)
        pause = ana.log()[0]["id"]
        self.couple.wait_equal()
        self.assertEqual(self.today(ben)[0], ("new", pause))
        for home in self.couple:
            self.assertIn("back at 18:30", home.run("show", pause).text)
            seen = self.shows(home, pause)
            self.assertEqual((seen["state"], seen["fields"], seen["due"]),
                             ("open", {"lasts": 1800}, f"{self.day()}T18:30:00+00:00"))
        got = ana.run("undo", "--json", status=None)
        self.assertIn(got.code, ("E_LEFT", "E_NO_ENTRY"), "it has left")
        self.assertIn("retract", got.json["error"]["hint"])
        # A little longer, once, by either.
        self.jump(minutes=10)
        for home in self.couple:
            self.assertNotIn("due", str(self.today(home)), "not yet")
        ben.json("change", "--lasts", "40m")
        self.both_see(pause, "changed")
        due = {self.shows(home, pause)["due"] for home in self.couple}
        self.assertEqual(len(due), 1, "the same for both")
        until = at(due.pop())
        for home in self.couple:
            self.refused(home.run("change", pause, "--lasts", "30m", "--json", status=None),
                         "E_STATE", 1)
            with self.subTest("one return, however often it is told"):
                told = re.findall(r"back at (\d\d:\d\d)", home.run("show", pause).text)
                self.assertEqual(set(told), {until.strftime("%H:%M")})
        self.jump(stamp(until - minutes(1)))
        for home in self.couple:
            self.assertNotIn("due", str(self.today(home)), "still a little longer")
            self.assertEqual(home.json("agenda")["entries"], [])
        # Both are reminded at the return, and either is back.
        self.jump(stamp(until + minutes(1)))
        for home in self.couple:
            self.assertEqual(self.today(home)[0], ("due", pause))
            self.assertIn("a pause to come back from", home.run().text)
        self.assertEqual(ben.json("back")["id"], pause)
        self.both_see(pause, "back")
        self.read()
        for home in self.couple:
            self.assertNotIn(pause, str(self.today(home)))
            self.refused(home.run("back", "--json", status=None), "E_NO_ENTRY", 5)

        # Nobody comes back: it is for the week's talk, for both, and nobody is blamed.
        self.tomorrow()
        other = ben.say("pause", "40m")
        self.couple.wait_equal()
        self.read()
        self.jump(hours=2)
        for home in self.couple:
            self.assertEqual([entry["id"] for entry in home.json("agenda")["entries"]],
                             [other])
            self.assertNotRegex(home.run("agenda").text, "missed|late|failed|overdue")
        self.assertEqual(*[[(entry["id"], entry["state"]) for entry in
                            home.json("agenda")["entries"]] for home in self.couple])
        self.jump(days=5)
        for home in self.couple:
            self.assertNotIn(other, str(self.today(home)), "it isn't said for ever")
            self.assertIn(other, str(home.json("agenda")))
        ana.json("back", other)
        self.both_see(other, "back")
        for home in self.couple:
            self.assertEqual(home.json("agenda")["entries"], [])

        # Ben's laptop shut: his "back" and hers meet, and nothing is lost.
        third = ana.say("pause", "20m")
        self.couple.wait_equal()
        self.away(ben)
        ana.json("back")
        self.away(ana)
        self.wake(ben)
        ben.json("back")
        self.wake(ana)
        self.both_see(third, "back")
        for home in self.couple:
            self.assertIn("crossed", home.run("show", third).text)

        self.mistakes(ana, [(["pause", "19m"], "E_TIME", 2), (["pause", "25h"], "E_TIME", 2),
                            (["pause", "soon"], "E_TIME", 2),
                            (["pause", "--for", "zzzz"], "E_NO_ENTRY", 5),
                            (["back"], "E_NO_ENTRY", 5),
                            (["change", third, "--lasts", "30m"], "E_STATE", 1)])
        for length in ("20m", "24h"):
            ana.json("back", ana.json("pause", length)["id"])


class Repair(Hard):
    """Mend soon: then its words fade."""

    def test_mending(self):
        ana, ben = self.begin()
        root = self.repair(ana, "can we start over?")
        self.assertEqual(self.today(ben)[0], ("new", root))
        self.assertIn("a step toward you", ben.run().text)
        # What comes now joins it by itself: a pause, a sorry, both stories.
        pause = ben.say("pause", "20m")
        self.both_see(root, "paused")
        ben.json("back")
        self.couple.wait_equal()
        sorry = self.sorry(ben)
        hers = ana.say("story", "I came late and zzafraid", "--hold", "0")
        self.couple.wait_equal()
        thread = [entry["id"] for entry in self.shows(ana, root)["thread"]]
        self.assertEqual(sorted(thread), sorted([pause, sorry, hers]))
        shown = ana.run("show", sorry).text
        order = [shown.index(text) for text in (
            "What it did to you: you stood under one umbrella", "My part: I was late and zzhid it",
            "What I'll do: I call at dusk")]
        self.assertEqual(order, sorted(order))
        # A story is sealed until both are in: that there is one may be known, no more.
        for look in (self.sees(ben, hers), self.sees(ana, hers)):
            self.assertEqual((look["state"], look["parent"]), ("sealed", root))
        self.assertEqual(self.sees(ben, hers)["fields"], {})
        self.assertIn(hers, str(self.today(ben)))
        self.nowhere(ben, "zzafraid")
        his = ben.say("story", "I had waited all day", "--hold", "0")
        for ident in (hers, his):
            self.both_see(ident, "open")
        self.assertIn("I had waited", ana.run("show", root).text)
        # Open, paused, talked, and mended when both say so.
        ana.json("talked", root)
        self.both_see(root, "talked")
        self.mend(root)
        self.assertIn("Mended", ben.run("show", root).text)
        for home in self.couple:
            self.assertEqual(home.json("agenda")["entries"], [])
            self.refused(home.run("repaired", root, "--json", status=None), "E_STATE", 1)
            self.refused(home.run("talked", root, "--json", status=None), "E_STATE", 1)

        # With none open they begin a thread of their own, mended by the same rule.
        alone = self.sorry(ben)
        self.couple.wait_equal()
        self.assertNotIn("parent", self.sees(ana, alone))
        self.mend(alone)

        # With two open it asks which: both are listed, the words are kept.
        first, second = self.repair(ana, "one thing"), self.repair(ben, "and another")
        for args in (["pause"], ["sorry", "typed once", "--part", "p", "--will", "w"],
                     ["story", "typed twice"]):
            got = ana.run(*args, "--yes", "--json", status=None)
            self.refused(got, "E_AMBIGUOUS", 2)
            with self.subTest(f"{args[0]} lists both"):
                for ident in (first, second):
                    self.assertIn(ident[:3], got.err.decode())
        self.assertTrue(self.drafted(ana, "typed once"))
        self.assertTrue(self.drafted(ana, "typed twice"))
        joined = ana.say("pause", "--for", second)
        self.both_see(second, "paused")
        self.assertEqual(self.sees(ben, joined)["parent"], second)
        self.assertEqual(self.sees(ben, first)["state"], "open")
        got = ben.run("repaired", "--json", status=None)  # an act asks in the same way
        self.refused(got, "E_AMBIGUOUS", 2)
        for ident in (first, second):
            self.assertIn(ident[:3], got.err.decode())
        self.mistakes(ana, [
            (["repair", "--yes"], "E_EMPTY", 2),
            (["sorry", "x", "--part", "y", "--yes"], "E_USAGE", 2),
            (["story", "--yes"], "E_EMPTY", 2), (["repaired", "zzzz"], "E_NO_ENTRY", 5),
            (["talked", joined], "E_STATE", 1)])
        self.refused(ana.run("sorry", "--part", "only a part", "--json", status=None,
                             stdin="piped words"), "E_USAGE", 2)
        self.assertTrue(self.drafted(ana, "piped words"))

    def test_both_at_once(self):
        """Each says it is mended, both laptops alone; it is, for both."""
        ana, ben = self.begin()
        root = self.repair(ana, "that came out wrong")
        self.away(ben)
        ana.json("repaired")
        self.assertEqual(self.sees(ana, root)["state"], "author")
        self.away(ana)
        self.wake(ben)
        ben.json("repaired")
        self.assertEqual(self.sees(ben, root)["state"], "partner")
        self.wake(ana)
        self.both_see(root, "repaired")

    def test_fade(self):
        ana, ben = self.begin()
        kept = ana.thanks("this stays")
        root = self.repair(ana, "may we talk about the zeppelin")
        sorry = self.sorry(ben)
        story = ana.say("story", "I was the marmalade", "--hold", "0")
        ben.say("story", "and I the teapot", "--hold", "0")
        self.couple.wait_equal()
        said = ("zeppelin", "umbrella", "zzhid", "dusk", "marmalade", "teapot")
        for word in said:
            self.assertEqual(len(ana.json("find", word)["entries"]), 1, word)
        # Ben says it is mended and shuts his laptop for twenty days. Ana says so too: she
        # knows of both from now on, he in twenty days.
        ben.json("repaired", root)
        self.both_see(root, "partner")
        self.away(ben)
        ana.json("repaired", root)
        self.assertEqual(self.sees(ana, root)["state"], "repaired")
        self.jump(days=20)
        self.wake(ben)
        self.both_see(root, "repaired")
        self.jump(days=9, hours=23)
        self.assertEqual(len(ana.json("find", "zeppelin")["entries"]), 1, "not yet")
        self.jump(hours=2)  # thirty days of hers
        self.faded(ana, root, *said)
        self.assertEqual(sorted(entry["id"] for entry in ana.log()), sorted([kept, root]))
        self.refused(ana.run("show", sorry, "--json", status=None), "E_NO_ENTRY", 5)
        self.assertEqual(self.sees(ben, root)["fields"],
                         {"text": "may we talk about the zeppelin"})
        self.assertEqual(ana.digest(), ben.digest(), "fading is told to nobody")
        # What he adds to it now goes on her side at once.
        ben.say("reply", root, "the balloon, rather", "--hold", "0")
        self.couple.wait_equal()
        self.nowhere(ana, "balloon")
        self.jump(days=19, hours=20)
        self.assertEqual(len(ben.json("find", "teapot")["entries"]), 1, "not yet")
        self.jump(hours=4)  # thirty days of his
        self.faded(ben, root, *said, "balloon")
        self.refused(ben.run("show", story, "--json", status=None), "E_NO_ENTRY", 5)
        self.assertEqual(sorted(entry["id"] for entry in ben.log()), sorted([kept, root]))
        for home in self.couple:
            home.stop()
            with open(home.data("journal"), "rb") as journal:
                self.assertNotIn(b"zeppelin", journal.read())

    def test_longer(self):
        """Longer only while both allow it."""
        ana, ben = self.begin()
        roots = [self.repair(ana, "the first marmalade")]
        self.mend(roots[0])
        ana.run("allow", "longer", "yes")
        self.couple.wait_equal()
        self.assertEqual(ana.json("allow")["allow"]["longer"], "yes")
        self.assertEqual(ben.json("allow")["allow"]["longer"], "no", "each for themselves")
        self.jump(days=31)  # one of two is not enough
        for home in self.couple:
            self.faded(home, roots[0], "marmalade")
        roots.append(self.repair(ben, "the second teapot"))
        ben.run("allow", "longer", "yes")
        self.couple.wait_equal()
        self.mend(roots[1])
        self.jump(days=200)
        for home in self.couple:
            self.assertEqual(self.sees(home, roots[1])["fields"],
                             {"text": "the second teapot"})
        ana.run("allow", "longer", "no")
        self.couple.wait_equal()
        self.faded(ana, roots[1], "teapot")
        self.jump(hours=1)
        with self.subTest("it counts only while both allow it: on his side too"):
            self.faded(ben, roots[1], "teapot")
        self.mistakes(ana, [(["allow", "longer", "perhaps"], "E_USAGE", 2),
                            (["allow", "depth", "yes"], "E_USAGE", 2),
                            (["allow", "longer"], "E_USAGE", 2)])


class Safety(Hard):
    """Keep it safe to be honest: what is seen, and what is taken back."""

    def test_safe(self):
        ana, ben = self.begin()
        ana.thanks("the two have spoken")
        self.couple.wait_equal()
        self.read()
        # Exactly what Ben can see, and nothing else.
        ana.say("write", "for nobody")
        held = ana.json("tell", "too soon", "--yes", "--hold", "15m")["id"]
        self.assertIn(f"{held[:3]} (leaves in 15 min)", ana.run("visible").text)
        seen = self.looks(ben), self.notices(ben), ben.digest()
        # Undo within the hold: his side never heard of it, in whatever order.
        self.jump(minutes=14)
        self.assertEqual(ana.json("undo")["id"], held)
        self.jump(minutes=10)
        self.same(seen, (self.looks(ben), self.notices(ben), ben.digest()))
        self.assertEqual(self.sees(ana, held)["reach"], "mine")
        # Held while her laptop shuts and opens: it leaves when its time has come, once.
        late = ana.json("tell", "after a zznight", "--yes", "--hold", "15m")["id"]
        self.away(ana)
        self.jump(hours=3)
        self.assertFalse(ben.has("after a zznight"))
        self.wake(ana)
        self.couple.wait_has(ben, "after a zznight")
        self.couple.wait_equal()
        self.assertEqual([entry["id"] for entry in ben.log()].count(late), 1)
        visible = {entry["id"] for entry in ana.json("visible")["entries"]}
        self.assertEqual(visible, {entry["id"] for entry in ben.log()})
        # Taken back: the words go on both sides, also on a laptop that was shut meanwhile.
        self.away(ben)
        ana.json("retract", late)
        self.refused(ana.run("retract", late, "--json", status=None), "E_ALREADY", 1)
        self.wake(ben)
        self.both_see(late, "retracted")
        for home in self.couple:
            self.nowhere(home, "zznight")
            self.assertEqual(self.sees(home, late)["fields"], {})
        self.assertNotIn(late[:3], ana.run("visible").text)
        self.refused(ben.run("retract", late, "--json", status=None), "E_NOT_YOURS", 1)
        self.assertNotIn("attune reply", ben.run("show", late).text)
        # Consents are each one's own, and shown as what they are.
        self.assertEqual(ana.json("allow")["allow"], {"answered": "no", "longer": "no"})
        # A story alone stays sealed, for as long as it takes.
        story = ben.say("story", "how it was for me", "--hold", "0")
        self.couple.wait_equal()
        self.jump(days=29)
        self.assertEqual(self.sees(ana, story)["state"], "sealed")
        self.nowhere(ana, "how it was")
        self.assertNotRegex(ana.run().text + ben.run().text, "waiting|wait for")
        ben.json("retract", story)
        self.both_see(story, "retracted")
        wait_for(self.couple.equal, "equal at the end")


if __name__ == "__main__":
    main()
