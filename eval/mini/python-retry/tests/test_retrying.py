import unittest

from retrying import retry


class Retry(unittest.TestCase):
    def setUp(self):
        self.calls, self.naps = 0, []

    def failing(self, times, error=OSError):
        def f():
            self.calls += 1
            if self.calls <= times:
                raise error("no %d" % self.calls)
            return "done"

        return f

    def test_the_third_attempt_counts(self):
        self.assertEqual(retry(self.failing(2), 3, 1, (OSError,), self.naps.append), "done")
        self.assertEqual(self.naps, [1, 2])

    def test_the_last_error_is_raised_without_a_nap(self):
        with self.assertRaisesRegex(OSError, "no 3"):
            retry(self.failing(9), 3, 1, (OSError,), self.naps.append)
        self.assertEqual((self.calls, self.naps), (3, [1, 2]))

    def test_others_pass(self):
        for error in (ValueError, KeyboardInterrupt):
            self.setUp()
            with self.assertRaises(error):
                retry(self.failing(9, error), 3, 1, (OSError,), self.naps.append)
            self.assertEqual(self.calls, 1)
