# SPDX-License-Identifier: GPL-3.0-or-later
"""Who travels, and who changes to summer time: the day is the one where the laptop is.

The model: clocks.py's couple; travel() moves one laptop to another zone. The question of a
day tells which day it is there.
"""
from clocks import Clocked
from couple import main


class Travel(Clocked):
    @staticmethod
    def asked(home):
        return home.json("question")["questions"][0]["day"]

    def test_far_away(self):
        self.begin(start="2027-03-01T23:30:00Z")
        self.assertEqual(self.asked(self.ana), "2027-03-01")
        self.travel(self.ana, "Pacific/Auckland")
        self.assertEqual(self.asked(self.ana), "2027-03-02")
        self.assertEqual(self.asked(self.ben), "2027-03-01")
        self.travel(self.ana, "America/New_York")
        self.assertEqual(self.asked(self.ana), "2027-03-01")

    def test_summer_time(self):
        self.begin(start="2027-03-27T22:30:00Z")
        self.travel(self.ana, "Europe/Berlin")
        self.assertEqual(self.asked(self.ana), "2027-03-27")  # 23:30 there
        self.jump("2027-03-27T23:00:01Z")
        self.assertEqual(self.asked(self.ana), "2027-03-28")
        self.jump("2027-03-28T21:59:00Z")
        self.assertEqual(self.asked(self.ana), "2027-03-28")  # 23:59, in summer
        self.jump("2027-03-28T22:00:01Z")
        self.assertEqual(self.asked(self.ana), "2027-03-29")
        self.assertEqual(self.asked(self.ben), "2027-03-28")


if __name__ == "__main__":
    main()
