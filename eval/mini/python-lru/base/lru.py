"""A cache of so many entries."""


class Cache:
    def __init__(self, size):
        self.size, self.entries = size, {}

    def get(self, key, default=None):
        return self.entries.get(key, default)

    def put(self, key, value):
        if len(self.entries) >= self.size:
            del self.entries[next(iter(self.entries))]
        self.entries[key] = value
