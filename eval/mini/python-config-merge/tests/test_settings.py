import copy
import unittest

from loader import DEFAULTS, load
from settings import merge


class Settings(unittest.TestCase):
    def test_every_depth(self):
        a, b = {"x": {"y": {"z": 1, "k": 2}}, "l": [1]}, {"x": {"y": {"z": 3}}, "l": [2]}
        old = copy.deepcopy((a, b))
        self.assertEqual(merge(a, b), {"x": {"y": {"z": 3, "k": 2}}, "l": [2]})
        self.assertEqual((a, b), old)

    def test_none_takes_away(self):
        self.assertEqual(merge({"a": 1, "b": {"c": 2, "d": 3}}, {"a": None, "b": {"c": None}, "n": None}), {"b": {"d": 3}})

    def test_the_users_win_and_the_defaults_stay(self):
        self.assertEqual(load({"editor": {"tab": 4}}), {"editor": {"tab": 4, "wrap": False}, "color": "auto"})
        load({})["editor"]["tab"] = 99
        self.assertEqual(DEFAULTS["editor"]["tab"], 8)
