import unittest

from wordcount import count, top


class WordCount(unittest.TestCase):
    def test_case_and_punctuation(self):
        self.assertEqual(count('The cat, the "cat" -- THE end.'), {"the": 3, "cat": 2, "end": 1})
        self.assertEqual(count("don't well-known don't"), {"don't": 2, "well-known": 1})
        self.assertEqual(count(" ... "), {})

    def test_top(self):
        self.assertEqual(top("b a b a c", 2), [("a", 2), ("b", 2)])
