"""Settings that lie over each other."""


def merge(below, above):
    below.update(above)
    return below
