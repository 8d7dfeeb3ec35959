import unittest

from flatten import flatten


class Flatten(unittest.TestCase):
    def test_any_depth(self):
        self.assertEqual(flatten([1, [2, (3, [4]), []], 5]), [1, 2, 3, 4, 5])
        self.assertEqual(flatten([]), [])

    def test_strings_stay(self):
        self.assertEqual(flatten(["ab", ["cd", {"e": 1}]]), ["ab", "cd", {"e": 1}])

    def test_deep(self):
        deep = [1]
        for _ in range(10000):
            deep = [deep]
        self.assertEqual(flatten(deep), [1])
