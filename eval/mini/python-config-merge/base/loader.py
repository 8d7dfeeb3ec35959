"""Loading of settings."""

from settings import merge

DEFAULTS = {"editor": {"tab": 8, "wrap": False}, "color": "auto"}


def load(user):
    """DEFAULTS with the USER's settings over them."""
    return merge(user, DEFAULTS)
