import os
import sys


class Store:
    def __init__(self, root):
        self.root = root
        self.items = {}

    def load(self, name):
        path = os.path.join(self.root, name)
        with open(path) as f:
            return f.read()

    def save(self, name, text):
        path = os.path.join(self.root, name)
        with open(path, "w") as f:
            f.write(text)


def main():
    store = Store(sys.argv[1])
    print(store.load("x"))
