def double(n):
    """Twice N."""
    return n * 2
