# SPDX-License-Identifier: GPL-3.0-or-later
"""Ways to each other: one side reachable only, dead addresses, absence, a new link."""
import os
import signal

from couple import Case, free_port, main, running, wait_for


class OneWay(Case):
    def both_ways(self, both, label):
        ana, ben = both
        ana.thanks(f"{label}, from Ana")
        ben.thanks(f"{label}, from Ben")
        both.wait_has(ben, f"{label}, from Ana")
        both.wait_has(ana, f"{label}, from Ben")
        both.wait_equal()

    def test_only_the_issuer_is_reachable(self):
        both = self.couple(paired=False)
        both.start()
        both.ben.run("config", "set", "link.addresses", f"tcp://127.0.0.1:{free_port()}")
        both.join()
        self.both_ways(both, "one way")
        both.ben.kill9()
        both.ana.thanks("while away")
        both.ben.start()
        both.wait_has(both.ben, "while away")
        both.ana.stop()
        both.ben.thanks("the other way round")
        both.ana.start()
        both.wait_has(both.ana, "the other way round")
        both.wait_equal()

    def test_only_the_joiner_is_reachable(self):
        """Ana's real address moves away once they are paired."""
        both = self.couple()
        self.both_ways(both, "before")
        both.ana.run("config", "set", "link.listen", f"tcp://127.0.0.1:{free_port()}")
        self.both_ways(both, "moved")
        for home in both:
            home.stop()
        for home in both:
            home.start()
        self.both_ways(both, "after a restart")

    def test_first_address_is_dead(self):
        both = self.couple(paired=False)
        both.start()
        ana, ben = both
        for home in both:
            dead = [f"tcp://127.0.0.1:{free_port()}" for _ in range(2)]
            home.run("config", "set", "link.addresses", ",".join(dead + [home.at]))
        both.join()
        self.both_ways(both, "the third is it")
        # Ben dials; Ana's three addresses are all he has.
        for home in both:
            home.stop()
        ben.start()
        ana.start()
        self.both_ways(both, "again")

    def test_away_for_a_while(self):
        both = self.couple()
        ana, ben = both
        ben.stop()
        for number in range(30):
            ana.thanks(f"nr {number}")
        self.assertEqual(ana.status()["link"], "on")
        ben.start()
        wait_for(lambda: len(ben.log()) == 30, "all thirty came")
        both.wait_equal()
        self.assertEqual([e["id"] for e in ben.log()], [e["id"] for e in ana.log()])

    def test_reconnect_within_seconds(self):
        both = self.couple()
        self.both_ways(both, "first")
        for home in both:
            link = wait_for(home.link_pid, "a link")
            os.kill(link, signal.SIGKILL)
            wait_for(lambda gone=link: not running(gone), "killed")
            both.ana.thanks(f"after the link of {home.name}")
            both.wait_has(both.ben, f"after the link of {home.name}", 8.0)
        # One that hangs is found out by its silence, and the partner's attune lives.
        link = both.ben.link_pid()
        os.kill(link, signal.SIGSTOP)
        both.ana.thanks("to one who hangs")
        os.kill(link, signal.SIGCONT)
        both.wait_has(both.ben, "to one who hangs", 40.0)
        both.wait_equal()

    def test_lock_stops_all(self):
        both = self.couple()
        ana, ben = both
        ben.run("lock")
        self.assertIsNone(ben.link_pid())
        ana.thanks("for later")
        self.assertIsNone(ben.link_pid())
        ben.unlock()
        both.wait_has(ben, "for later")
        both.wait_equal()


if __name__ == "__main__":
    main()
