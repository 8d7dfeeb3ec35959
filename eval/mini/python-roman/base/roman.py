"""Roman numerals."""

VALUES = {"I": 1, "V": 5, "X": 10, "L": 50, "C": 100, "D": 500, "M": 1000}


def to_int(text):
    """The number that TEXT writes."""
    return sum(VALUES.get(letter, 0) for letter in text)
