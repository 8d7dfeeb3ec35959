"""The cases: built from a sample of commits for each kind, written to a folder as JSON lines and read from there.

A case is independent of how many others there are: its commit and its damage are drawn from a generator seeded with its
own name."""
import json
import os
import random
from dataclasses import dataclass

import damage_answer    # noqa: F401  (the kinds register themselves)
import damage_file      # noqa: F401
import damage_hunks     # noqa: F401
import damage_repeats   # noqa: F401
import damage_text      # noqa: F401
from damage import KINDS
from scene import Scene, Unfit

TRIES = 60              # commits looked at, for each case, before a kind is given up


@dataclass
class Case:
    id: str
    kind: str
    group: str
    repo: str
    commit: str
    before: dict        # path to text
    answer: str
    truth: dict         # path to text, or None when nothing may change
    note: str = ""      # of what a mix is made


def attempt(kind, commit, name):
    """The case, or None when the commit cannot show this kind."""
    scene = Scene(commit, random.Random(name))
    try:
        kind.apply(scene)
        before, truth, answer = scene.before(), scene.truth(), scene.answer()
    except Unfit:
        return None
    if truth == before or not scene.patch:
        return None
    return Case(name, kind.name, kind.group, commit.name, commit.sha, before, answer, truth, scene.note)


def build(pool, kinds, seed, n):
    """N cases of each kind, fewer where the commits do not offer them.  No two of a kind share a commit while there
    are others."""
    for name in kinds:
        kind = KINDS[name]
        order = list(range(len(pool)))
        random.Random("%s %s" % (seed, name)).shuffle(order)
        found, tries = 0, 0
        for lap in range(3):
            for i in order:
                if found == n or tries >= TRIES * n:
                    break
                tries += 1
                case = attempt(kind, pool[i], "%s-%s-%s-%d" % (name, pool[i].name, pool[i].sha[:10], seed * 10 + lap))
                if case:
                    found += 1
                    yield case


def write(cases, folder):
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, "cases.jsonl"), "w", encoding="utf-8") as f:
        for case in cases:
            f.write(json.dumps(vars(case)) + "\n")


def read(folder):
    with open(os.path.join(folder, "cases.jsonl"), encoding="utf-8") as f:
        return [Case(**json.loads(line)) for line in f]
