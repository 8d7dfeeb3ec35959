import unittest

from matrix import multiply, transpose


class Matrix(unittest.TestCase):
    def test_transpose(self):
        self.assertEqual(transpose([[1, 2, 3], [4, 5, 6]]), [[1, 4], [2, 5], [3, 6]])
        self.assertEqual(transpose([]), [])

    def test_multiply(self):
        self.assertEqual(multiply([[1, 2], [3, 4]], [[5, 6], [7, 8]]), [[19, 22], [43, 50]])
        self.assertEqual(multiply([[1, 2, 3]], [[4], [5], [6]]), [[32]])

    def test_shapes(self):
        with self.assertRaisesRegex(ValueError, "1x2.*3x1"):
            multiply([[1, 2]], [[1], [2], [3]])
