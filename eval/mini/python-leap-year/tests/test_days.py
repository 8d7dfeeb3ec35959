import datetime
import unittest

from days import days_between, is_leap


class Days(unittest.TestCase):
    def test_leap_years(self):
        self.assertEqual([y for y in (1900, 2000, 2023, 2024, 2100) if is_leap(y)], [2000, 2024])

    def test_as_the_library(self):
        dates = [(1899, 12, 31), (1900, 3, 1), (2000, 2, 29), (2024, 1, 1), (2100, 12, 31)]
        for a in dates:
            for b in dates:
                want = (datetime.date(*b) - datetime.date(*a)).days
                self.assertEqual(days_between(a, b), want, (a, b))
