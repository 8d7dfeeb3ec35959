"""Trying again."""

import time


def retry(f, attempts=3, delay=0.1, errors=(Exception,), sleep=time.sleep):
    """What F gives, called until it does not fail."""
    for i in range(attempts - 1):
        try:
            return f()
        except:
            sleep(delay)
    raise RuntimeError("gave up")
