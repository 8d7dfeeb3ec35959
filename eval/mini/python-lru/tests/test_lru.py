import unittest

from lru import Cache


class Lru(unittest.TestCase):
    def test_the_one_used_longest_ago_goes(self):
        c = Cache(2)
        c.put("a", 1)
        c.put("b", 2)
        self.assertEqual(c.get("a"), 1)
        c.put("c", 3)
        self.assertEqual((c.get("a"), c.get("b"), c.get("c")), (1, None, 3))

    def test_an_old_key_throws_out_nothing(self):
        c = Cache(2)
        c.put("a", 1)
        c.put("b", 2)
        c.put("a", None)
        self.assertEqual((c.get("a", 9), c.get("b")), (None, 2))
        c.put("c", 3)
        self.assertEqual((c.get("a", 9), c.get("b"), c.get("c")), (9, 2, 3))
