"""Nested lists."""


def flatten(items):
    """The elements of the lists in ITEMS, in order."""
    out = []
    for item in items:
        try:
            out.extend(item)
        except TypeError:
            out.append(item)
    return out
