import unittest

from roman import to_int


class Roman(unittest.TestCase):
    def test_values(self):
        for text, n in {"I": 1, "IV": 4, "IX": 9, "XLII": 42, "MCMXCIV": 1994, "MMXXVI": 2026}.items():
            self.assertEqual(to_int(text), n, text)

    def test_nonsense(self):
        for text in ("", "A", "iv", "X1"):
            with self.assertRaises(ValueError):
                to_int(text)
